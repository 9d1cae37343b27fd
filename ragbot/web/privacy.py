"""``GET /privacy``: what happens to what somebody types, made from the running settings.

    sections(load_settings())     # (("Where it goes", ("Nothing you type leaves …",)), …)

Each sentence is about what this server does as it is set up; a test holds them against the
settings. What the organisation that runs it does besides (a proxy's own log, backups, its legal
basis) is for that organisation to say, at ``RAGBOT_CONTACT``.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ragbot.config import Settings
from ragbot.render import escape
from ragbot.web import page

TITLE = "What happens to what I type"
Section = tuple[str, tuple[str, ...]]


def router(settings: Settings) -> APIRouter:
    """The route of the page."""
    routes = APIRouter(include_in_schema=False)
    html = privacy_page(settings)

    @routes.head("/privacy")
    @routes.get("/privacy")
    async def privacy() -> HTMLResponse:
        return HTMLResponse(html)

    return routes


def privacy_page(settings: Settings) -> str:
    """The page as HTML."""
    parts = [
        f"<h2>{escape(title)}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
        for title, lines in sections(settings)
    ]
    return page.document(
        title=TITLE,
        body=f"<h1>{TITLE}</h1>{''.join(parts)}",
        root_path=settings.root_path,
    )


def sections(settings: Settings) -> Sequence[Section]:
    """Headings and sentences, as plain text."""
    return (
        ("Personal information", PERSONAL),
        ("Where it goes", _where(settings)),
        ("What this server keeps", _kept(settings)),
        ("What your browser keeps", _browser(settings)),
        ("Who you are", _who(settings)),
        ("Who runs this", _contact(settings)),
    )


PERSONAL = (
    "Do not type anything about a patient or anybody else. This service looks up published "
    "evidence and needs no names.",
    "Before a question is looked up, written down or sent anywhere, it is searched for NHS "
    "numbers, dates of birth, telephone numbers, postcodes, e-mail addresses and names next to "
    "them. If one is found, the question is not looked up and you are asked to take it out.",
    "That is a net, not a guarantee: a name that stands alone is not found, for example.",
)


def _where(settings: Settings) -> tuple[str, ...]:
    lines = []
    if settings.llm:
        base = urlsplit(settings.llm_base_url).hostname
        at = f"the server {base}" if base else "that provider’s own servers, unless it runs here"
        lines.append(
            f"Answers are written by the language model {settings.llm}. Your question, what you "
            f"asked before in the same chat and the passages that were found are sent to {at}."
        )
        lines.append("If it fails, exact quotes are shown instead, and nothing more is sent.")
        if ":" in settings.verifier:
            lines.append(
                f"Sentences of the answer, with their quotes, are sent to {settings.verifier} to "
                "be checked. What cannot be checked is not shown."
            )
    if settings.chroma_url:
        host = urlsplit(settings.chroma_url).hostname or "another server"
        lines.append(
            f"To find passages, numbers computed from your question (not its words) are sent to "
            f"the search database on {host}."
        )
    if not lines:
        return (
            "Your question is answered on the server that shows you this page, from the sources it "
            "holds. It is sent nowhere else, and no language model outside is asked.",
        )
    return tuple(lines)


def _kept(settings: Settings) -> tuple[str, ...]:
    lines = ["A question is held in memory while it is answered."]
    if settings.log_level in ("debug", "info"):
        lines.append(
            "The server’s log notes, for each question, a random number, the time, how long it "
            "took, whether there was an answer, and which sources it cited. No name and no address."
        )
    else:
        lines.append("The server’s log notes nothing about questions, except faults.")
    if settings.log_questions:
        lines.append(
            "The words of your question are written into the log"
            + (" and the audit log" if settings.audit_log else "")
            + ", with the personal information that was found cut out."
        )
    else:
        lines.append("The words of your question are not written down anywhere on this server.")
    if settings.audit_log:
        who = "the address of your device" if settings.auth == "none" else "your user name"
        life = f"{settings.audit_days} days" if settings.audit_days else "no set time"
        lines.append(
            f"An audit log records who asked when ({who}), whether there was an answer, and which "
            f"passages it cited. Records are kept for {life}"
            + ("." if settings.audit_days else ": until the operator removes the log.")
        )
    if settings.feedback.lower() != "off":
        words = (
            "Your question is kept with it only if you agree."
            if settings.log_questions
            else "Your question is not kept with it."
        )
        lines.append(
            "If you say whether an answer helped, your opinion and the places it cited are kept. "
            + words
        )
    return tuple(lines)


def _browser(settings: Settings) -> tuple[str, ...]:
    lines = [
        "Your browser keeps this chat, so that it is there after a reload. “New chat” removes it. "
        "On a shared computer, press it before you leave.",
        "Nothing on these pages is loaded from anywhere else, and nobody tracks you.",
    ]
    if settings.auth == "oidc":
        lines.append("Cookies of this server keep you signed in. There are no others.")
    return tuple(lines)


def _who(settings: Settings) -> tuple[str, ...]:
    count = "to count how many questions you ask in a minute or a day, in memory"
    address = f"The address of your device is used {count}."
    match settings.auth:
        case "none":
            return ("You do not sign in, so your questions carry no name.", address)
        case "basic":
            how = "You sign in with a user name and a password; only a hash of it is stored here."
        case "proxy-header":
            how = "Your organisation signs you in and tells this server your user name."
        case "oidc":
            how = "Your organisation’s sign-in service tells this server your user name."
    return (how, f"Your user name and the address of your device are used {count}.")


def _contact(settings: Settings) -> tuple[str, ...]:
    if settings.contact:
        return (settings.contact,)
    return ("The organisation that gave you this address runs it; it set no contact here.",)
