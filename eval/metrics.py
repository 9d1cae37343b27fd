"""One answer against one case: every per-question figure of ``eval.catalogue``. Pure.

    scored = score(case, reply, library)
    scored.values["quote_recall"]      # 0.5; a figure that cannot be scored is absent, never 0

The answer is the contract's JSON (docs: CONTRACT, "Answer"), so other engines' answers can be
scored too. A failed question has no values at all: it is counted apart, not averaged in.
Definitions and their origins stand in the catalogue; passage ranks are ``eval.passages``' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.attribution import attribution_errors, own_words
from eval.case import Case
from eval.catalogue import COVERED
from eval.library import Library
from eval.textmatch import Span, contains, covered, normalise, visible, visible_overlap

SUPPORTED = frozenset({"verbatim", "verified"})
REFUSALS = frozenset({"not_in_sources", "refused"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What one system made of one case."""

    case_id: str
    system: str
    repeat: int  #: 1-based
    answer: Mapping[str, Any] | None  #: the contract's Answer without timings; None: it failed
    passages: tuple[Mapping[str, Any], ...] = ()  #: best first: path, start, end
    error: str | None = None  #: why it failed

    @property
    def failed(self) -> bool:
        """No answer came: an exception, or the status "error"."""
        return self.answer is None or self.answer["status"] == "error"


@dataclass(frozen=True, slots=True)
class Scored:
    """One reply's figures."""

    case: Case
    reply: Reply
    values: Mapping[str, float]  #: by metric name; absent: not scored
    gold_shares: tuple[float, ...] = ()  #: of each gold passage, the share that is cited
    precise: tuple[bool, ...] = ()  #: of each citation, whether it overlaps gold
    in_right_source: tuple[bool, ...] = ()  #: of each citation
    facts_found: tuple[bool, ...] = ()  #: of each key fact
    forbidden_found: tuple[str, ...] = ()
    attribution: tuple[str, ...] = ()  #: what is wrong, in words

    @property
    def support(self) -> float | None:
        """The answer's own number for "the library answers this"."""
        value = None if self.reply.answer is None else self.reply.answer.get("support")
        return None if value is None else float(value)

    @property
    def answered(self) -> bool:
        """The status is "answered"."""
        return self.reply.answer is not None and self.reply.answer["status"] == "answered"


def score(case: Case, reply: Reply, library: Library) -> Scored:
    """Every figure that this case and this reply allow."""
    if reply.failed or reply.answer is None:
        return Scored(case, reply, {})
    answer = reply.answer
    cited = answer["citations"]
    shares = _gold_shares(case, cited, library)
    precise = tuple(_overlaps_gold(case, citation, library) for citation in cited)
    right = tuple(_in_right_source(case, citation, library) for citation in cited)
    facts = tuple(any(contains(_said(answer), w) for w in words) for words in case.facts)
    answered = answer["status"] == "answered"
    forbidden = _forbidden(case, answer) if answered else ()
    attribution = attribution_errors(answer, library)
    values: dict[str, float] = {}
    values |= _of_any(answer, library, attribution)
    if case.forbidden:
        values["forbidden_claim"] = float(bool(forbidden))
    if case.answerable is not None:
        refused = float(answer["status"] in REFUSALS)
        values["false_refusal" if case.answerable else "refusal_recall"] = refused
    if case.answerable and case.facts:
        values["fact_recall"] = _mean(facts)
    if case.gold:
        values |= _of_gold(case, cited, library, shares=shares, precise=precise, right=right)
        whole = answered and not (forbidden or attribution) and values.get("quote_exact", 1) == 1
        whole = whole and values["quote_recall"] == 1 and all(facts)
        values["complete"] = float(whole)
        values["fully_right"] = float(whole and all(precise))
    return Scored(case, reply, values, shares, precise, right, facts, forbidden, attribution)


def gold_sources(case: Case, library: Library) -> list[frozenset[str]]:
    """For each gold passage the sources that hold it or an alternative; each set once."""
    sets = [
        frozenset(
            key for part in gold.ranges for key in _owners(part.path, part.start, part.end, library)
        )
        for gold in case.gold or ()
    ]
    return list(dict.fromkeys(sets))


def _of_any(
    answer: Mapping[str, Any], library: Library, attribution: Sequence[str]
) -> dict[str, float]:
    values = {}
    quotes = [*answer["citations"], *answer["nearest"]]
    if quotes:
        values["quote_exact"] = _mean([_exact(quote, library) for quote in quotes])
    if answer["status"] == "answered":
        sentences = answer["sentences"]
        values["attribution_error"] = float(bool(attribution))
        values["words"] = float(sum(len(s["text"].split()) for s in sentences))
        if sentences:
            values["citation_recall"] = _mean([supported(s, answer) for s in sentences])
            values["sentence_supported"] = _mean([s["support"] in SUPPORTED for s in sentences])
        written = _model_written(answer)
        if written is not None:
            values["model_written"] = written
    return values


def _model_written(answer: Mapping[str, Any]) -> float | None:
    """1 or 0 where a language model was asked, None where none was."""
    if answer["engine"].count(":"):
        return 1.0
    return 0.0 if answer["reason"] else None


def _of_gold(
    case: Case,
    cited: Sequence[Mapping[str, Any]],
    library: Library,
    *,
    shares: Sequence[float],
    precise: Sequence[bool],
    right: Sequence[bool],
) -> dict[str, float]:
    needed = gold_sources(case, library)
    found = {key for c in cited for key in _owners(c["path"], c["start"], c["end"], library)}
    hit = [bool(sources & found) for sources in needed]
    values = {
        "right_source": float(any(hit)),
        "all_sources": float(all(hit)),
        "source_recall": _mean(hit),
        "quote_recall": _mean([share >= COVERED for share in shares]),
        "quote_recall_strict": _mean([share == 1.0 for share in shares]),
    }
    if cited:
        values["citation_precision"] = _mean(precise)
        values["citation_in_right_source"] = _mean(right)
        values["quoted_gold_share"] = _quoted_gold_share(case, cited, library)
    return values


def _gold_shares(
    case: Case, cited: Sequence[Mapping[str, Any]], library: Library
) -> tuple[float, ...]:
    """The cited share of each gold passage, or of the alternative that is cited best."""
    spans = _spans(cited)
    return tuple(
        max(
            covered(library.texts[part.path], (part.start, part.end), spans.get(part.path, []))
            for part in gold.ranges
        )
        for gold in case.gold or ()
    )


def _overlaps_gold(case: Case, citation: Mapping[str, Any], library: Library) -> bool:
    gold = _gold_spans(case).get(citation["path"], [])
    text = library.texts.get(citation["path"], "")
    return visible_overlap(text, (citation["start"], citation["end"]), gold) > 0


def _in_right_source(case: Case, citation: Mapping[str, Any], library: Library) -> bool:
    owners = _owners(citation["path"], citation["start"], citation["end"], library)
    return any(set(owners) & sources for sources in gold_sources(case, library))


def _quoted_gold_share(case: Case, cited: Sequence[Mapping[str, Any]], library: Library) -> float:
    gold = _gold_spans(case)
    all_visible, in_gold = 0, 0
    for citation in cited:
        text = library.texts.get(citation["path"], "")
        span = (citation["start"], citation["end"])
        all_visible += visible(text, span)
        in_gold += visible_overlap(text, span, gold.get(citation["path"], []))
    return in_gold / all_visible if all_visible else 0.0


def _gold_spans(case: Case) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = {}
    for gold in case.gold or ():
        for part in gold.ranges:
            spans.setdefault(part.path, []).append((part.start, part.end))
    return spans


def _spans(cited: Sequence[Mapping[str, Any]]) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = {}
    for citation in cited:
        spans.setdefault(citation["path"], []).append((citation["start"], citation["end"]))
    return spans


def _owners(path: str, start: int, end: int, library: Library) -> tuple[str, ...]:
    """The source of a range; the file itself where no source owns it (a page's chrome)."""
    return library.sources_at(path, start, end) or (f"file:{path}",)


def _exact(quote: Mapping[str, Any], library: Library) -> bool:
    text = library.texts.get(quote["path"])
    return text is not None and text[quote["start"] : quote["end"]] == quote["quote"]


def supported(sentence: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Verbatim: a cited quote stands in the sentence, or the sentence stands in its quotes."""
    quotes = [c["quote"] for c in answer["citations"] if c["n"] in sentence["citations"]]
    text = normalise(sentence["text"])
    joined = " ".join(normalise(quote) for quote in quotes)
    inner = text.strip("\"' ")
    return bool(quotes) and (inner in joined or own_words(sentence["text"], quotes) != text)


def _said(answer: Mapping[str, Any]) -> str:
    """What the answer says: its sentences and its quotes; never the nearest passages."""
    if answer["status"] != "answered":
        return ""
    return "\n".join([_claims(answer), *(c["quote"] for c in answer["citations"])])


def _claims(answer: Mapping[str, Any]) -> str:
    """The sentences without the sources' labels: "Vennik et al., 2018" claims nothing of 2018."""
    said = normalise("\n".join(s["text"] for s in answer["sentences"]) or answer["text"])
    for label in sorted({normalise(c["label"]) for c in answer["citations"]}, key=len)[::-1]:
        said = said.replace(label, " ") if label else said
    return said


def _forbidden(case: Case, answer: Mapping[str, Any]) -> tuple[str, ...]:
    said = _claims(answer)
    return tuple(w for w in case.forbidden if contains(said, w, whole_words=True))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
