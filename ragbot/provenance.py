"""Questions whose the answer before was: "who said that?", "is that the report's view?".

    asks_whose("is that from the report or a comment?", called=names.called)    # True
    speakers("Adams et al., 2020 (study abstract): “…” [1]", documents, text)   # [Adams]

It is told by the words that every quote is introduced with, so not of a model's prose. Whether the
one who is asked about said it is for the reader to see: the answer names those who did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ragbot.compose import attribution
from ragbot.types import SourceDocument

_IT = r"(?:that|this|it)"
_KIND = (
    r"(?:stud(?:y|ies)|papers?|articles?|reports?|trials?|reviews?|abstracts?|evaluations?|sources?"
    r"|pages?|comment(?:s|er|ers|ator|ators)?|readers?|authors?|researchers?)"
)
_SAID = r"(?:said|says?|wrote|writes?|claim(?:s|ed)?|found|thinks?|thought)"
_BEFORE = r"(?:(?:and|so|but|ok|okay|wait|sorry)\W+)*"
_WHOSE = re.compile(
    rf"{_BEFORE}(?:"
    rf"who {_SAID} (?:{_IT}|so)"
    rf"|(?:which|what|whose) {_KIND} {_SAID} (?:{_IT}|so)"
    rf"|(?:which|what|whose) {_KIND}(?:['’]s| is| was) {_IT}(?: from| in| by)?"
    r"|(?:what(?:['’]?s| is| are| was) (?:the|your) )?(?:sources?|references?|citations?|refs?)"
    rf"(?: (?:for|of) {_IT})?(?: please| pls)?"
    rf"|where(?:['’]s| is| was| does| did)? {_IT} (?:come |taken |quoted )?from"
    rf"|where (?:do|did) you get {_IT}(?: from)?"
    r"|says who"
    r")",
    re.IGNORECASE,
)
_IS_IT = re.compile(rf"{_BEFORE}(?:is|was) {_IT}\b(?P<rest>.{{3,80}})", re.IGNORECASE)
_PLAIN = re.compile(
    r"from|by|in|according|to|what|the|a|an|or|and|just|only|really|actually|own|official|one|of"
    r"|views?|opinions?|positions?|findings?|conclusions?|words?|claims?|else|someone|somebody|s"
    rf"|{_SAID}",
    re.IGNORECASE,
)
_FROM = re.compile(  # "is it a trial or a review" asks something else
    r"\b(?:from|by|in|according|views?|opinions?|positions?|findings?|conclusions?|words?|claims?)\b"
    rf"|\bwhat\b.*\b{_SAID}\b|\b(?:report|page|comment\w*|readers?) or\b|\belse\b",
    re.IGNORECASE,
)
_ENDS = (":", ",", ")", " (")  #: what follows the name of who speaks
_QUOTE = re.compile(r"“([^“”]{8,60})")
_WORD = re.compile(r"[^\W_]+")


def asks_whose(question: str, *, called: Callable[[str], bool]) -> bool:
    """Whether all of a question is whose the answer before was.

    ``called``: whether a text is what some source is called, by its label or publisher.
    """
    plain = question.strip(" \t.?!")
    if _WHOSE.fullmatch(plain):
        return True
    found = _IS_IT.fullmatch(plain)
    if found is None or not _FROM.search(found["rest"]):
        return False
    words = _WORD.findall(re.sub("['’]", "", found["rest"]))
    rest = [word for word in words if not _PLAIN.fullmatch(word)]
    others = [word for word in rest if not re.fullmatch(f"{_KIND}s?", word, re.IGNORECASE)]
    return bool(rest) and (not others or called(" ".join(others)))


def speakers(
    answer: str, documents: Iterable[SourceDocument], text: Callable[[SourceDocument], str]
) -> list[SourceDocument]:
    """The sources whose words begin a line of an answer, in its order.

    ``text``: of a source; where two are called the same, it has said what is quoted.
    """
    lines = [line.replace("\\", "").strip("*- ") for line in answer.split("\n")]
    first: dict[int, list[SourceDocument]] = {}
    for document in documents:
        lead = attribution(document, None).removesuffix(")")
        begins = tuple(lead + end for end in _ENDS)
        at = next((i for i, line in enumerate(lines) if line.startswith(begins)), None)
        if at is not None:
            first.setdefault(at, []).append(document)
    found = []
    for _, named in sorted(first.items(), key=lambda pair: pair[0]):
        if len(named) > 1:
            quotes = _QUOTE.findall("\n".join(lines))
            named = [one for one in named if any(quote in text(one) for quote in quotes)] or named
        found += named
    return found
