"""What a question takes a report to have said: "what did the report conclude about pay?" → "pay".

    claim("Did the Trust find that pay fell?", is_report)        # "pay fell?"
    claim("what share of GPs did the report find left?", …)      # "what share of GPs left?"
    claim("What did the nurses find?", …)                        # ""

What stands under a page in its readers' words is often remembered as the page's. A reader network
takes such a question for unanswered, since the sentence that answers is not the report's.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_WHO = r"(?P<who>(?:the |this |that )?(?:[\w’'-]+ ){0,4}?[\w’'-]+)"
_SAYS = (
    r"(?:find|found|conclude[ds]?|say|said|says|finds|report(?:s|ed)?|show(?:s|ed)?|mean|meant|think"
    r"|thinks|thought|note[ds]?|observe[ds]?|argue[ds]?|claim(?:s|ed)?|state[ds]?|reckon(?:s|ed)?"
    r"|believe[ds]?|suggest(?:s|ed)?)"
)
_DID = r"(?:did|does|do|has|have)"
_ABOUT = r"(?:about|on|re|regarding|of|by|concerning|with)"
_FINDING = r"(?:findings?|conclusions?|claims?|evidence|views?|statements?|points?|figures?|data)"
_LEAD = r"^\W*(?:(?:and|so|but|ok|please|where|when|exactly|then)\W+)*"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_LEAD}what (?:exactly )?{_DID} {_WHO} {_SAYS}(?: {_ABOUT})? (?P<claim>\S.*)",
        rf"{_LEAD}(?:is it (?:true|right) )?(?:that )?(?:{_DID}|is|was)? ?{_WHO}"
        rf"(?: (?:actually|really))? {_SAYS}(?: (?:that|where|about))? (?P<claim>\S.*)",
        rf"{_LEAD}(?:(?:what|where|how|is|was|in) )*(?:is |was |are )?{_WHO}(?:['’]s?)? {_FINDING}"
        rf" (?:that|on|about|of|for|re) (?P<claim>\S.*)",
        rf"(?P<head>^.*\S) {_DID} {_WHO} {_SAYS}(?: that)? (?P<claim>\S.*)",
        rf"^\W*(?:acc(?:ording)?\.? to|as per|per) {_WHO}[,:–-] ?(?P<claim>\S.*)",
        rf"^(?P<claim>.*\S),? (?:acc(?:ording)?\.? to|as per|per) {_WHO}\W*$",
    )
)
MOST_CHARS = 400  #: a longer question is a story, and no claim


def claim(question: str, is_report: Callable[[str], bool]) -> str:
    """What is asked without whose it is; empty for nearly all questions.

    ``is_report``: whether words are what a report is called.
    """
    if len(question) > MOST_CHARS:
        return ""
    for form in _FORMS:
        found = form.match(question)
        if found and is_report(found["who"]):
            head = found.groupdict().get("head") or ""
            return f"{head} {found['claim']}".strip()
    return ""
