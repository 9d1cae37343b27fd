"""The accessibility statement, in the form that UK public-sector bodies use.

    GET /accessibility

Its words are true of what ``tests/browser/test_accessibility.py`` and ``docs/accessibility.md`` say
was tried, on the day it says. Whoever changes the pages or tests them better changes it too. The
operator's own name and address come from ``RAGBOT_CONTACT``.
"""

from __future__ import annotations

from importlib import metadata

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ragbot.render import escape
from ragbot.web import page

TESTED = "22 November 2026"  #: the day on which the tests below were last done by a person

SCOPE = """
<h1>Accessibility statement for ragbot</h1>
<p>This statement applies to the question-answering service at this address: the chat (also where
another site shows it in a frame), the list of sources, the page of each source, the privacy page
and this page.</p>
<p>{run_by}We want as many people as possible to be able to use it. For example, you should be able
to:</p>
<ul>
<li>ask a question, read the answer, open its sources and give feedback with a keyboard alone</li>
<li>zoom in to 400% without scrolling sideways</li>
<li>change the spacing of the text without losing any of it</li>
<li>use light colours, dark colours or the contrast colours of your own device</li>
<li>have an answer read out once, when it is whole, by a screen reader</li>
</ul>
<p><a href="https://mcmw.abilitynet.org.uk/">AbilityNet</a> has advice on making your device easier
to use if you have a disability.</p>
"""

KNOWN = """
<h2>How accessible this service is</h2>
<p>We know that some parts are not fully accessible:</p>
<ul>
<li>in the text of a source, the names of its sections look like headings but are not marked as
headings</li>
<li>a marker such as [2] is announced as “Source 2” with the name of the source, so if you use your
voice you may have to say “click source 2”</li>
<li>sources are shown as the plain text that the library holds: tables, pictures and changes of
language in the original are lost</li>
<li>the chat does not work without JavaScript; the sources do</li>
</ul>
"""

CONTACT = """
<h2>Feedback and contact information</h2>
<p>If you need information from this service in a different form, or if you find a problem that is
not listed here, or think that it does not meet accessibility requirements, contact {contact}.</p>
<h2>Enforcement procedure</h2>
<p>The Equality and Human Rights Commission (EHRC) is responsible for enforcing the Public Sector
Bodies (Websites and Mobile Applications) (No. 2) Accessibility Regulations 2018 (the
“accessibility regulations”). If you are not happy with how we respond to your complaint, contact
the <a href="https://www.equalityadvisoryservice.com/">Equality Advisory and Support Service
(EASS)</a>.</p>
"""

TECHNICAL = """
<h2>Technical information about this service’s accessibility</h2>
<p>We are committed to making this service accessible, in accordance with the Public Sector Bodies
(Websites and Mobile Applications) (No. 2) Accessibility Regulations 2018.</p>
<h3>Compliance status</h3>
<p>This service is partially compliant with the <a href="https://www.w3.org/TR/WCAG22/">Web Content
Accessibility Guidelines version 2.2</a> AA standard, due to the non-compliances listed below and
because nobody outside the project has audited it yet.</p>
<h2>Non-accessible content</h2>
<p>The content listed below is non-accessible for the following reasons.</p>
<h3>Non-compliance with the accessibility regulations</h3>
<ul>
<li>The names of sections inside the text of a source are put there by the style sheet, because
the text must stay what was stored, character for character. This fails WCAG 2.2 success criterion
1.3.1 (info and relationships). A list of links to the sections stands above the text.</li>
<li>The name of a citation marker begins with “Source 2” where “[2]” is seen. This may fail success
criterion 2.5.3 (label in name) for people who use speech recognition.</li>
<li>Passages in another language than English are not marked as such. This fails success criterion
3.1.2 (language of parts).</li>
</ul>
<h3>Content that is not within the scope of the accessibility regulations</h3>
<p>The sources were written and published by others. Where a source names its publisher, the
original may be available there in another form.</p>
"""

PREPARED = """
<h2>Preparation of this accessibility statement</h2>
<p>This statement was prepared on {tested} for version {version} of ragbot, by the people who make
it. It was last reviewed on {tested}.</p>
<p>The service was last tested on {tested}, by its makers, in the Chromium browser on Linux:</p>
<ul>
<li>with the automatic checks of axe-core, on every page and in every state of the chat, in light
and dark colours, and at 1,280 and 320 pixels: no violation was found</li>
<li>with real key presses, from the first question to the open source and back</li>
<li>at 200% and 400% zoom, with the text spacing of success criterion 1.4.12, and with forced
colours</li>
<li>by recording what is announced to a screen reader, and when</li>
</ul>
<p>It has not been tested by people who use a screen reader, a screen magnifier or speech
recognition every day, nor in other browsers. Automatic checks find only some of the problems
there can be. All these tests run again whenever the software is changed.</p>
"""


def router(*, contact: str, root_path: str) -> APIRouter:
    """The one route. ``contact``: see ``RAGBOT_CONTACT``."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @routes.head("/accessibility")
    @routes.get("/accessibility")
    async def statement() -> HTMLResponse:
        return HTMLResponse(statement_page(contact=contact, root_path=root_path))

    return routes


def statement_page(*, contact: str, root_path: str) -> str:
    """The whole page."""
    run_by = f"It is run by {escape(contact)}. " if contact else ""
    reach = escape(contact) if contact else "the team that gave you the address of this service"
    body = (
        SCOPE.format(run_by=run_by)
        + KNOWN
        + CONTACT.format(contact=reach)
        + TECHNICAL
        + PREPARED.format(tested=TESTED, version=escape(metadata.version("ragbot")))
    )
    return page.document(title="Accessibility statement", body=body, root_path=root_path)
