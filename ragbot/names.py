"""The names of persons in a text, by the company they keep. Pure; ``ragbot.personal`` asks it.

    names = Names("My patient John Smith, dob 12/03/1965: should John take statins?")
    names.introduced()        # [(11, 21)]: "John Smith"
    names.beside([(27, 37)])  # the same, because a date of birth is next to it
    names.again([(11, 21)])   # [(11, 15), (16, 21), (46, 50)]: each word of it, wherever it stands

No list of names decides: a name begins with a capital and is none of the words that also do. A name
in small letters is found only ahead of a date of birth or a number (``small``), or after "mrs". It
does not find a name that stands alone: that is how a question names an author.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]

_LABEL_WORDS = """
a address age aged and at birth born by call chi contact d.o.b date dob e-mail email f female for
her his home id in is it lives living m male mob mobile my nhs no num number of old on patient phone
postcode pt re ring tel telephone the their to whose with y/o year year-old years yo yr yrs
"""
_OTHER_WORDS = """
about access act activation advice after all also am an any appointment are as ask association
asthma avenue be before but can care case chronic clinic close contacted copd could council court
depression diabetes did do does doctor dr drive england experience from general gp group had has
have he headache health help hello him hospital house how i if imaging ireland lane let london
manager me medication mr mrs ms mx need needs next not now online or our pain participation people
please practice primary professor questionnaire removed reported research review road safety says
scan scotland see service she should since so some square street study support surgery survey takes
team tell that then there these they this trust type uk until us use voice wales wants was we were
what when where whether which while who why women would you your
"""
_LABELS = frozenset(_LABEL_WORDS.split())  #: may stand between a name and the data beside it
_NOT_NAMES = _LABELS | frozenset(_OTHER_WORDS.split())

_PERSON = "(?:patient|pt|mum|mother|dad|father|son|daughter|wife|husband|sister|brother|baby)"
_MINE = rf"\b(?:[Mm]y|[Oo]ur|[Tt]his) (?:[\w-]{{1,20}} ){{0,3}}?{_PERSON}\b"
_A_PATIENT = re.compile(
    rf"{_MINE}(?!['-])|\b[Pp]t[ :,]|\b[Pp]atient,? (?=\d\d?[/.]\d)|\b\d{{1,3}}[ -]?(?:year|yr)s?"
    r"[ -]old (?:man|woman|lady|gentleman|male|female|boy|girl|patient)\b"
)
_NAMED = re.compile(
    rf"\b(?:(?:{_PERSON}|Pt|man|woman|lady|gentleman|boy|girl|child),? (?:who is )?"
    r"(?:called|named)|(?:[Hh]is|[Hh]er|[Pp]atient(?:'s)?|[Pp]t) name(?: is|'s| ?:)|[Pp]atient ?:) "
)
_INTRODUCED = re.compile(rf"(?:{_MINE}|\b[Pp]t),? ")
_GOES_ON = re.compile(r"'s|[ ,]{1,2}(?:has|is|was|who|needs|had|takes|wants|with|came|aged|\d)")
_MY_PATIENT = re.compile(
    r",? (?:who is |is |- )?(?:my|our) patient(?: of (?:mine|ours))?"
    r"(?=[,.?!;)]|$| (?:has|is|was|who|with|and|aged)\b)"
)
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Master|mrs?)\b\.? ")
_TITLED_AGE = re.compile(r"(?:'s)?(?:,? ?\(?\d{1,3}(?= ?[,;:)FMfm?.]| y)|,? aged \d)")
_TO_NAME = re.compile(r"[ ,;:()-]{0,3}(?:(?:dob|name|patient)\b[ ,;:()-]{0,3})?", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]++(?:['./&-][^\W_]++)*+")
_POINTS = " ,;:.()'#=-"


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def key(self) -> str:
        return self.text.casefold().removesuffix("'s")

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def nameable(self) -> bool:
        if self.key in _NOT_NAMES:
            return len(self.text) == 1 and self.text.isupper() and self.text != "I"  # an initial
        return self.key.replace("'", "").replace("-", "").isalpha()


class Names:
    """The names in one text, as spans ``(start, end)``."""

    def __init__(self, text: str) -> None:
        """``text``: with plain spaces, dashes and apostrophes."""
        self._text = text
        self._words = [_Word(match.group(), *match.span()) for match in _WORD.finditer(text)]
        self._starts = [word.start for word in self._words]

    def speaks_of_a_patient(self) -> bool:
        """Whether the text is about one patient: "my patient", "pt", "a 67-year-old man"."""
        return bool(_A_PATIENT.search(self._text))

    def introduced(self) -> list[Span]:
        """As in "a patient called John", "my patient John Smith", "John Smith is my patient"."""
        runs = [self._after(cue.end()) for cue in _NAMED.finditer(self._text)]
        runs += [self._ahead(cue.start()) for cue in _MY_PATIENT.finditer(self._text)]
        for cue in _INTRODUCED.finditer(self._text):
            run = self._after(cue.end())
            if len(run) > 1 or (run and _GOES_ON.match(self._text, run[-1].end)):
                runs.append([] if all(word.text.isupper() for word in run) else run)
        return _spans(runs)

    def titled(self, *, known: bool) -> list[Span]:
        """As in "Mrs Patel, 67"; without the age where more is ``known`` of a patient."""
        cues = _TITLE.finditer(self._text)
        runs = [self._after(cue.end(), small=cue[0].islower()) for cue in cues]
        return _spans(
            run for run in runs if run and (known or _TITLED_AGE.match(self._text, run[-1].end))
        )

    def beside(self, data: Iterable[Span], *, small: bool = False) -> list[Span]:
        """Names next to other personal data; after it they have two words."""
        runs = []
        for start, end in data:
            gap = _TO_NAME.match(self._text, end)
            after = self._after(gap.end() if gap else end)
            runs += [self._ahead(start, small=small), after if len(after) > 1 else []]
        return _spans(runs)

    def likely(self) -> list[Span]:
        """Two or more capitalised words: to be left out where a question is refused anyway."""
        runs: list[list[_Word]] = []
        for word in self._words:
            if not runs or word.start >= runs[-1][-1].end:
                run = self._after(word.start)
                runs += [run] if len(run) > 1 and not all(w.text.isupper() for w in run) else []
        return _spans(runs)

    def again(self, names: Iterable[Span]) -> list[Span]:
        """Every place where a word of the ``names`` stands."""
        words = [word for name in names for word in self._within(name)]
        keys = {word.key for word in words if word.nameable and len(word.key) > 1}
        return _spans([word] for word in self._words if word.key in keys)

    def _within(self, span: Span) -> Sequence[_Word]:
        first, last = (bisect_left(self._starts, offset) for offset in span)
        return self._words[first:last]

    def _after(self, at: int, *, small: bool = False) -> list[_Word]:
        """The name that begins at ``at``; one word if ``small`` letters may be one."""
        run: list[_Word] = []
        first = bisect_left(self._starts, at)
        for word in self._words[first : first + 4]:
            gap = self._text[run[-1].end if run else at : word.start]
            joined = gap in (" ", ". ") if run else not gap
            if not (joined and word.nameable and (word.capital or (small and not run))):
                break
            run.append(word)
        return run

    def _ahead(self, at: int, *, small: bool = False) -> list[_Word]:
        """The name before ``at``, but for labels; in ``small`` letters, two or three words."""
        run: list[_Word] = []
        last = bisect_left(self._starts, at)
        for word in reversed(self._words[max(0, last - 10) : last]):
            gap = self._text[word.end : run[0].start if run else at]
            label = word.key in _LABELS or (word.text.isdigit() and len(word.text) < 4)
            if not run and label and not gap.strip(_POINTS):
                at = word.start
                continue
            joined = gap in (" ", ", ", ". ") if run else not gap.strip(_POINTS)
            if not (joined and word.nameable and len(run) < 4 and (small or word.capital)):
                break
            run.insert(0, word)
        capitals = [word for word in run if word.capital]
        return run if 1 < len(run) < 4 else capitals


def _spans(runs: Iterable[Sequence[_Word]]) -> list[Span]:
    return [(run[0].start, run[-1].end) for run in runs if run]
