"""True sentences → false ones, by rule: one kind of error at a time.

    corrupt("Nine GPs may use it.", "modality", Material(), key="s1")    # "Nine GPs will use it."

The kinds are those of issue 7: number, negation, subject, study, modality, over-generalisation.
The rules share nothing with those of the verifier but the English language. What a rule cannot
change sensibly it leaves alone (None). Choices hang on a hash of ``key``, so a set is repeatable.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

KINDS = ("number", "negation", "subject", "study", "modality", "over-generalisation")

_NUMBERS = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_NUMBER_WORDS = _NUMBERS.split()
_PEOPLE = (
    "GPs|general practitioners|doctors|patients|parents|children|nurses|pharmacists|providers|"
    "practitioners|participants|interviewees|clinicians|staff|PCNs|primary care networks|networks|"
    "practices|CCGs|CLPs|women|men|adults|mice|cells|infants|students|physicians|individuals"
)
_STAND_INS = (
    "hospital consultants",
    "nurses",
    "patients",
    "teachers",
    "parents",
    "practice managers",
    "GPs",
    "pharmacists",
    "politicians",
    "receptionists",
)
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|can|could|may|might|will|would|should|does|do|did)\b(?! not)"
)
_PAST = {
    "reported": "report",
    "found": "find",
    "described": "describe",
    "perceived": "perceive",
    "identified": "identify",
    "showed": "show",
    "increased": "increase",
    "reduced": "reduce",
    "improved": "improve",
    "interviewed": "interview",
    "included": "include",
    "undertook": "undertake",
    "imposed": "impose",
    "recognised": "recognise",
    "felt": "feel",
    "thought": "think",
    "saw": "see",
    "conducted": "conduct",
    "said": "say",
    "did": "do",
    "received": "receive",
    "demonstrated": "demonstrate",
}
_PRESENT = {
    "provide": "do not provide",
    "provides": "does not provide",
    "face": "do not face",
    "value": "do not value",
    "lack": "have plenty of",
    "requires": "does not require",
    "require": "do not require",
    "enhances": "does not enhance",
    "reveals": "does not reveal",
    "increases": "does not increase",
    "reduces": "does not reduce",
    "improves": "does not improve",
    "suggests": "does not suggest",
    "recommends": "does not recommend",
}
_DROPPED = (
    (r"\bare not\b", "are"),
    (r"\bis not\b", "is"),
    (r"\bwas not\b", "was"),
    (r"\bwere not\b", "were"),
    (r"\bcannot\b", "can"),
    (r"\bcould not\b", "could"),
    (r"\bdid not (\w+)", r"did \1"),
    (r"\bdo not (\w+)", r"\1"),
    (r"\bdoes not (\w+)", r"does \1"),
    (r"\bhas not been\b", "has been"),
    (r"\bhave not\b", "have"),
    (r"\bthere is inadequate\b", "there is ample"),
    (r"\bwithout\b", "with"),
    (r"\bmust not\b", "must"),
    (r"\bunable to\b", "able to"),
)
_SURER = (
    (r"\bmay not\b", "will not"),
    (r"\b(?:may|might) (?:potentially )?(\w+)", r"will \1"),
    (r"\bcould (\w+)", r"will \1"),
    (r"\bcan (\w+)", r"always must \1"),
    (r"\bappears? to be\b", "is"),
    (r"\bappears? a\b", "is definitely a"),
    (r"\b(?:are|is) (?:more |most )?likely to (\w+)", r"will certainly \1"),
    (r"\bwere more likely to (\w+)", r"were certain to \1"),
    (r"\b(?:have|has) the potential to (\w+)", r"will \1"),
    (r"\btends? to be\b", "are invariably"),
    (r"\bsuggests\b", "proves"),
    (r"\bsuggest\b", "prove"),
    (r"\bshould (\w+)", r"must \1"),
    (r"\b(?:was|were) felt to have the potential to\b", "was proved to"),
    (r"\b(?:perceived|felt|thought) that\b", "proved that"),
    (r"\bassociated with\b", "caused by"),
    (r"\blinked to\b", "caused by"),
    (r"\bcorrelated with\b", "caused by"),
    (r"\bseems? to\b", "does definitely"),
    (r"\bpossibl[ey]\b", "certain"),
)
_WIDER = (
    (r"\b[Ii]n many cases\b", "in all cases"),
    (r"\b[Ii]n many areas\b", "in all areas"),
    (r"\b[Ii]n some areas\b", "in all areas"),
    (r"\b(Most|Many|Some|Several) (of the )?(?=\w)", "All "),
    (r"\bmost of (the|these)\b", r"all of \1"),
    (r"\b(most|many|some|several) (?=\w)", "all "),
    (r"(?<!how )\boften\b", "always"),
    (r"\b(?:usually|typically|mostly|largely|sometimes|frequently|mainly|generally)\b", "always"),
    (r"\b(?:[Tt]he majority of|[Aa] number of|[Aa] few)\b", "All"),
    (rf"(?:^|(?<=\. ))(?:The )?(?=(?:{_PEOPLE})\b)", "All "),
    (rf"(?<=that )(?:the )?(?=(?:{_PEOPLE})\b)", "all "),
    (r"\bnot universally\b", "not at all"),
)


@dataclass(frozen=True, slots=True)
class Material:
    """What a sentence can be corrupted with."""

    numbers: Sequence[str] = ()  #: other numbers of the same source
    label: str = ""  #: the source as a sentence may name it, "" where it has no name
    other_labels: Sequence[str] = ()  #: of other sources
    other_subjects: Sequence[str] = ()  #: subjects of sentences of other sources
    publisher: str = ""  #: for a reader's comment: what it hangs on


def corrupt(sentence: str, kind: str, material: Material, *, key: str) -> str | None:
    """A false sentence, None where the kind does not apply."""
    made = _RULES[kind](sentence, material, pick(f"{kind}:{key}"))
    return None if made is None or made == sentence else made


def pick(key: str) -> int:
    """A number that hangs on the key alone."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4])


def _number(sentence: str, material: Material, choice: int) -> str | None:
    spots = list(re.finditer(r"(?<![\w/.,-])\d[\d,.]*(?![\w/-])", sentence))
    words = list(re.finditer(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", sentence, re.IGNORECASE))
    if spots:
        spot = spots[choice % len(spots)]
        old = spot.group().rstrip(".,")
        alike = [n for n in material.numbers if (len(n) == 4) == (len(old) == 4)]
        others = [n for n in alike if n != old and n not in sentence]
        here = [s.group().rstrip(".,") for s in spots]
        here = [n for n in here if n != old and (len(n) == 4) == (len(old) == 4)]
        if here and choice % 3 == 0:
            return _put(sentence, (spot.start(), spot.start() + len(old)), here[0])
        if others and choice % 3 == 1:
            return _put(sentence, (spot.start(), spot.start() + len(old)), others[0])
        return _put(sentence, (spot.start(), spot.start() + len(old)), _changed(old, choice))
    if words:
        spot = words[choice % len(words)]
        at = _NUMBER_WORDS.index(spot.group().lower())
        new = _NUMBER_WORDS[(at + 1 + choice % 5) % len(_NUMBER_WORDS)]
        new = new.capitalize() if spot.group()[0].isupper() else new
        return _put(sentence, spot.span(), new)
    return None


def _changed(number: str, choice: int) -> str:
    digits = [i for i, character in enumerate(number) if character.isdigit()]
    at = digits[-1] if len(digits) > 2 or choice % 2 else digits[0]
    new = str((int(number[at]) + 1 + choice % 7) % 10)
    if at == digits[0] and new == "0":
        new = "9" if number[at] != "9" else "5"
    return number[:at] + new + number[at + 1 :]


def _negation(sentence: str, _: Material, choice: int) -> str | None:
    for pattern, plain in _DROPPED:
        if re.search(pattern, sentence):
            return re.sub(pattern, plain, sentence, count=1)
    auxiliaries = list(_AUXILIARY.finditer(sentence))
    if auxiliaries:
        spot = auxiliaries[choice % min(2, len(auxiliaries))]
        return sentence[: spot.end()] + " not" + sentence[spot.end() :]
    for word, base in _PAST.items():
        if re.search(rf"\b{word}\b", sentence):
            return re.sub(rf"\b{word}\b", f"did not {base}", sentence, count=1)
    for word, negated in _PRESENT.items():
        if re.search(rf"\b{word}\b", sentence):
            return re.sub(rf"\b{word}\b", negated, sentence, count=1)
    return None


def _subject(sentence: str, material: Material, choice: int) -> str | None:
    found = re.search(rf"\b(?:{_PEOPLE})\b", sentence)
    if found:
        usable = [p for p in _STAND_INS if p.lower() not in sentence.lower()]
        new = usable[choice % len(usable)]
        at_head = not sentence[: found.start()].strip() and new[0].islower()
        return _put(sentence, found.span(), new.capitalize() if at_head else new)
    own = subject_of(sentence)
    others = [s for s in material.other_subjects if s.lower() not in sentence.lower()]
    if own and others:
        return _put(sentence, own, others[choice % len(others)])
    return None


def subject_of(sentence: str) -> tuple[int, int] | None:
    """What stands before the first finite verb, if it is short enough to be a subject."""
    verb = re.search(
        rf"\s(?:{'|'.join([*_PAST, *_PRESENT])}|is|are|was|were|has|have|had|can|could|may|might|"
        r"will|would|should|did|remains?|leads?)\s",
        sentence,
    )
    if not verb or "," in sentence[: verb.start()]:
        return None
    words = sentence[: verb.start()].split()
    pronoun = words and words[0].lower() in (
        "this",
        "these",
        "it",
        "they",
        "there",
        "we",
        "i",
        "to",
    )
    return (0, verb.start()) if 1 <= len(words) <= 7 and not pronoun else None


def _study(sentence: str, material: Material, choice: int) -> str | None:
    if not material.other_labels:
        return None
    if material.publisher:
        says = re.search(
            r"^.*?(?:comments?|commenter|commented)\b.*?(?:says?|writes|notes|that|,)\s", sentence
        )
        rest = sentence[says.end() :] if says else sentence
        return f"{material.publisher} found that {_inner(rest)}"
    other = material.other_labels[choice % len(material.other_labels)]
    if material.label:
        head = re.escape(material.label.split(",")[0].split(" et al")[0].split(" &")[0].split()[-1])
        named = re.search(
            rf"(?:The )?[\w’' -]{{0,24}}?{head}(?:,? [A-Z]\w+)*(?: and [A-Z]\w+)?"
            r"(?: et al\.?| and colleagues)?"
            r"(?:,? \(?(?:19|20)\d\d\)?)?",
            sentence,
        )
        if named:
            return _put(sentence, named.span(), other)
    return f"According to {other}, {_inner(sentence)}"


def _modality(sentence: str, _: Material, choice: int) -> str | None:
    return _first(_SURER, sentence, choice)


def _over_generalisation(sentence: str, _: Material, choice: int) -> str | None:
    return _first(_WIDER, sentence, choice)


def _first(rules: Sequence[tuple[str, str]], sentence: str, _: int) -> str | None:
    for pattern, new in rules:
        found = re.search(pattern, sentence)
        if found:
            made = re.sub(pattern, new, sentence, count=1)
            return made[0].upper() + made[1:] if sentence[0].isupper() else made
    return None


def _inner(sentence: str) -> str:
    """A sentence inside another: no capital, unless it begins with a name."""
    first = sentence.split(maxsplit=1)[0]
    return sentence if sum(c.isupper() for c in first) > 1 else sentence[0].lower() + sentence[1:]


def _put(sentence: str, span: tuple[int, int], new: str) -> str:
    return sentence[: span[0]] + new + sentence[span[1] :]


_RULES: Mapping[str, Callable[[str, Material, int], str | None]] = {
    "number": _number,
    "negation": _negation,
    "subject": _subject,
    "study": _study,
    "modality": _modality,
    "over-generalisation": _over_generalisation,
}
