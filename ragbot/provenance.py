"""Questions whose the answer before was: "who said that?", "is that the report's view?".

    asks_whose("is that from the report or a comment?", named=names.named)   # True
    speakers("Adams et al., 2020 (study abstract): “…” [1]", documents)      # [Adams]

It is told by the words that every quote is introduced with. Whether the one who is asked about said
it is for the reader to see: the answer names those who did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from ragbot.compose import attribution
from ragbot.types import SourceDocument

_IT = r"(?:that|this|it|so|these|those)"
_KIND = (
    r"(?:stud(?:y|ies)|papers?|articles?|reports?|trials?|reviews?|abstracts?|evaluations?|sources?"
    r"|pages?|comment(?:s|er|ers|ator|ators)?|readers?|authors?|researchers?)"
)
_SAID = r"(?:said|says?|wrote|writes?|claim(?:s|ed)?|found|finds?|report(?:s|ed)|thinks?|thought)"
_WHOSE = re.compile(
    r"(?:(?:and|so|but|ok|okay|wait|sorry)\W+)*(?:"
    rf"who {_SAID} {_IT}"
    rf"|(?:which|what|whose) {_KIND} {_SAID} {_IT}"
    rf"|(?:which|what|whose) {_KIND}(?:['’]s| is| was| are| were) {_IT}(?: from| in| by)?"
    r"|(?:what(?:['’]?s| is| are| was) (?:the|your) )?(?:sources?|references?|citations?|refs?)"
    rf"(?: (?:for|of) {_IT})?(?: please| pls)?"
    rf"|where(?:['’]s| is| was| does| did)? (?:{_IT}|you get {_IT})(?: come)?(?: from)?"
    r"|says who"
    r")",
    re.IGNORECASE,
)
_IS_IT = re.compile(
    rf"(?:(?:and|so|but|ok|okay|wait|sorry)\W+)*(?:is|was|are|were) {_IT}\b(?P<rest>.{{3,80}})",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"from|by|in|according|to|what|the|a|an|or|and|just|only|really|actually|own|official|one|of"
    r"|views?|opinions?|positions?|findings?|conclusions?|words?|claims?|else|someone|somebody|s"
    rf"|{_SAID}",
    re.IGNORECASE,
)
_FROM = re.compile(  # "is that the study with nine GPs" asks something else
    r"\b(?:from|by|in|according|views?|opinions?|positions?|findings?|conclusions?|words?|claims?"
    rf"|or|what)\b|\b{_SAID}\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")


def asks_whose(question: str, *, named: Callable[[str], Collection[str]]) -> bool:
    """Whether all of a question is whose the answer before was. ``named``: sources in a text."""
    plain = question.strip(" \t.?!")
    if _WHOSE.fullmatch(plain):
        return True
    found = _IS_IT.fullmatch(plain)
    if found is None or not _FROM.search(found["rest"]):
        return False
    rest = [word for word in _WORD.findall(found["rest"]) if not _PLAIN.fullmatch(word)]
    others = [word for word in rest if not re.fullmatch(_KIND, word, re.IGNORECASE)]
    return bool(rest) and (not others or bool(named(" ".join(others))))


def speakers(answer: str, documents: Iterable[SourceDocument]) -> list[SourceDocument]:
    """The sources whose words begin a line of an answer, in its order."""
    lines = [line.replace("\\", "").strip("*- ") for line in answer.split("\n")]
    first: list[tuple[int, SourceDocument]] = []
    for document in documents:
        lead = attribution(document, None).removesuffix(")")
        at = next((i for i, line in enumerate(lines) if line.startswith(lead)), None)
        if at is not None:
            first.append((at, document))
    return [document for _, document in sorted(first, key=lambda pair: pair[0])]
