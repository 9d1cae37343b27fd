"""Personal data in a question, found before anything else sees the question. Pure.

    question = "Mrs Patel, dob 12/03/1965, NHS 943 476 5919: which statin?"
    describe(find(question))           # "a name, a date of birth and an NHS number"
    redact(question, find(question))   # "Mrs [removed: a name], dob [removed: a date of birth], …"

Numbers are checked by libraries: python-stdnum (an NHS number's check digit), phonenumbers (is it a
number, and whose). All else needs its surroundings: a date counts next to "dob", "born" or an age,
or beside a patient; a name (``ragbot.names``) next to other personal data, or where a patient is
introduced by it. So PMIDs, DOIs, grants, page ranges, dates of studies and authors pass, and so do
0300 and 0800 numbers, which are organisations'.

It does not find a name that stands alone, a street without a postcode, a year of birth, numbers in
words, hospital numbers, other countries' identifiers: a net under a careful user, no anonymiser.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType
from stdnum.gb import nhs

from ragbot.names import Names


class Kind(StrEnum):
    """What was found, in the words a reader is told; where two overlap, the earlier one counts."""

    NHS_NUMBER = "an NHS number"
    EMAIL = "an e-mail address"
    TELEPHONE = "a telephone number"
    POSTCODE = "a postcode"
    DATE_OF_BIRTH = "a date of birth"
    PATIENT_DATE = "a full date about a patient"
    NAME = "a name"


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch ``[start, end)`` of the text that is personal data."""

    kind: Kind
    start: int
    end: int


# Every repetition is bounded or possessive, and what ends in "$" is matched in a short window: the
# work grows with the length of the text, whatever is in it.
_AREAS = """AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN
DT DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE
LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN
SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE"""
_UNITS = (
    "ng",
    "ug",
    "ul",
    "st",
    "nd",
    "rd",
    "th",
    "gs",
)  #: ends of "b12 5ug", "n1 2nd": no postcodes
_PERSONAL_LINES = (
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.VOIP,
    PhoneNumberType.PAGER,
)
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_YEAR = r"(?:19|20)\d\d"
_BIRTH = r"\b(?:d\.? ?o\.? ?b\b\.?|date of birth|birth ?date|birthday)"
_AGE = r"\b(?:aged?:? \d{1,3}|\d{1,3}[ -]?(?:years?|yrs?)(?:[ -]old)?|\d{1,3} ?(?:y/?o|[MF]))\b"


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_NHS_BARE = re.compile(r"(?<![\w./=+#£$€@-])\d{3}([ -]?)\d{3}\1\d{4}(?![\w@%]|[./-]\w)")
_NHS_LABELLED = _any_case(
    r"\b(?:NHS|CHI|H&C) ?(?:no|numbers?|id|#)[ .:;#=(]{0,3}(?:is )?(\d(?:[ -]{0,2}\d){8,10})(?!\d)"
)
_ISBN = _any_case(r"\bISBN(?:-?10)?[ :]{0,2}$")  # its check digit is reckoned like the NHS number's
_PHONE = re.compile(
    r"(?<![\w./=+#@-])(?:\(?0[1-9]\d{1,3}\)?(?:[ .-]{0,2}\d){5,8}"
    r"|(?:\+|00)[1-9]\d{0,2}(?:[ -]{0,2}\(?\d\)?){7,12})(?![\w@%]|[/-]\d)"
)
_LAST_DIGITS = re.compile(r"\D{0,4}\d{1,20}+\D{0,2}$")
_PHONE_LABELLED = _any_case(
    r"\b(?:(?:tel|telephone|phone|mobile|mob)\b(?: no\b| number)?|(?:ring|call) (?:him|her|them))"
    r"[.:]?(?: is| on)? ?((?!0[38])\d(?:[ -]{0,2}\d){8,11})(?!\d)"
)
_EMAIL = re.compile(r"(?<![\w.%+'-])[\w.%+'-]{1,64}+@(?:[\w-]{1,63}\.){1,5}[^\W\d_]{2,24}(?!\w)")
_POSTCODE = _any_case(
    rf"(?<![\w./=+#-])(?:{'|'.join(_AREAS.split())})(?:\d\d?|\d[A-HJKPSTUW-Z])( ?)"
    r"\d([ABD-HJLNP-UW-Z]{2})(?![\w/]|-\w)"
)
_LIVES = _any_case(r"\b(?:post ?code|address|lives?|living|home)\b")
_STREET = re.compile(r"(?<![\w.])\d{1,4}[A-Za-z]?,? (?:[A-Za-z'.-]{1,20},? ){1,7}$")
_DATE = _any_case(
    rf"(?<![\w/.-])(?:\d\d?([/.-])\d\d?\1(?:\d{{4}}|\d\d)|{_YEAR}([/.-])\d\d?\2\d\d?"
    rf"|\d\d?(?:st|nd|rd|th)?(?: of)?[ -]?{_MONTH}[ ,.-]{{0,2}}(?:{_YEAR}|'?\d\d)"
    rf"|{_MONTH} \d\d?(?:st|nd|rd|th)?,? {_YEAR})(?![\w/]|[.-]\d)"
)
_TO = _any_case(r" ?(?:-|to\b|and\b|until\b) ?")
_BIRTH_DIGITS = _any_case(rf"{_BIRTH}[ :=(-]{{0,3}}(\d{{8}}|\d\d? \d\d? (?:\d{{4}}|\d\d))(?!\d)")
_BIRTH_BEFORE = _any_case(rf"({_BIRTH}|\bborn\b)(?:[ :;,.=(-]|\b(?:is|was|on|in)\b){{0,5}}$")
_BIRTH_AFTER = _any_case(rf"[ ,;:(-]{{0,3}}(?:(?:is|was) )?(?:(?:his|her|their|the) )?{_BIRTH}")
_COHORT = _any_case(
    r"\b(?:babies|births|children|infants|people|persons|individuals|women|men|patients|adults|"
    r"cohorts?|those|participants|everyone|anyone|twins|mothers|all)\b[\w ]{0,12}$"
)
_AGE_BEFORE = _any_case(rf"{_AGE}[ ,;:()-]{{0,4}}$")
_AGE_AFTER = _any_case(rf"[ ,;:(-]{{0,4}}{_AGE}")
_STUDY = _any_case(
    r"(?:\b(?:between|and|to|from|until|till|since|before|after|by|on|in|at|of|for|dated)|-) ?$"
    r"|\b(?:guid|publi|updat|version|paper|report|stud|trial|article|polic|contract)[\w ,:(]{0,40}$"
)
_BESIDE = re.compile(
    r"(?:^|[,;:(-]|\b(?:patient|[Pp]t|(?:Mrs?|Ms|Miss) [\w'-]{2,30})|\b(?:seen|attended|admitted|"
    r"discharged|diagnosed|died|presented|reviewed|appointment|operation|visited)) ?$"
)


def find(text: str) -> tuple[Finding, ...]:
    """What of ``text`` is personal data: in order, without overlaps."""
    kept = [(_plain(c), i) for i, c in enumerate(text) if not _unseen(c)]
    merged: list[Finding] = []
    for new in sorted(_find("".join(c for c, _ in kept)), key=lambda f: f.start):
        if merged and new.start < merged[-1].end:
            old = merged.pop()
            kind = min(old.kind, new.kind, key=list(Kind).index)
            merged.append(Finding(kind, old.start, max(old.end, new.end)))
        else:
            merged.append(new)
    return tuple(Finding(f.kind, kept[f.start][1], kept[f.end - 1][1] + 1) for f in merged)


def describe(findings: Iterable[Finding]) -> str:
    """The kinds in plain English, each once: "a name and an NHS number"; "" for none."""
    *most, last = list(dict.fromkeys(f.kind.value for f in findings)) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def redact(text: str, findings: Iterable[Finding], *, mark: str = "[removed: {}]") -> str:
    """``text`` with ``mark`` in place of each finding; ``{}`` in it is the kind."""
    parts, place = [], 0
    for finding in findings:
        parts += [text[place : finding.start], mark.format(finding.kind.value)]
        place = finding.end
    return "".join((*parts, text[place:]))


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf") and not character.isspace()


def _plain(character: str) -> str:
    """One plain character for any digit, dash, apostrophe, space or wide letter."""
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) != 1 or plain.isspace():
        return " " if character.isspace() else character
    if plain.isdecimal():
        return str(unicodedata.decimal(plain))
    return "-" if unicodedata.category(plain) == "Pd" else "'" if plain == "’" else plain


def _find(text: str) -> list[Finding]:
    firm = [*_nhs_numbers(text), *_telephones(text), *_every(Kind.EMAIL, _EMAIL, text)]
    firm += _every(Kind.DATE_OF_BIRTH, _BIRTH_DIGITS, text, group=1)
    dates = list(_every(Kind.PATIENT_DATE, _DATE, text))
    firm += [replace(date, kind=Kind.DATE_OF_BIRTH) for date in dates if _of_birth(text, date)]
    names = Names(text)
    found = names.introduced()
    patient = bool(firm or found or names.speaks_of_a_patient())
    firm += _postcodes(text, known=patient)
    found += names.titled(known=patient or bool(firm))
    if patient or firm or found:
        firm += [date for date in dates if _of_patient(text, date, sure=bool(firm or found))]
    beside = [(f.start, f.end) for f in firm]
    small = [(f.start, f.end) for f in firm if f.kind not in (Kind.EMAIL, Kind.POSTCODE)]
    found += names.beside(beside) + names.beside(small, small=True)
    found += names.likely() if firm else []
    return firm + [Finding(Kind.NAME, *span) for span in (*found, *names.again(found))]


def _every(kind: Kind, pattern: re.Pattern[str], text: str, group: int = 0) -> Iterator[Finding]:
    return (Finding(kind, *match.span(group)) for match in pattern.finditer(text))


def _before(text: str, at: int) -> str:
    return text[max(0, at - 60) : at]


def _nhs_numbers(text: str) -> Iterator[Finding]:
    """Bare ones by their check digit; after the words "NHS number", mistyped ones too."""
    yield from _every(Kind.NHS_NUMBER, _NHS_LABELLED, text, group=1)
    for found in _every(Kind.NHS_NUMBER, _NHS_BARE, text):
        number, before = text[found.start : found.end], _before(text, found.start)
        if nhs.is_valid(number) and not _ISBN.search(before):
            yield found


def _telephones(text: str) -> Iterator[Finding]:
    yield from _every(Kind.TELEPHONE, _PHONE_LABELLED, text, group=1)
    for match in _PHONE.finditer(text):
        number = match.group()
        while sum(map(str.isdigit, number)) > 8:  # it may run on into another number
            if _personal_line(number):
                yield Finding(Kind.TELEPHONE, match.start(), match.start() + len(number))
                break
            number = _LAST_DIGITS.sub("", number)


def _personal_line(number: str) -> bool:
    try:
        parsed = phonenumbers.parse(number, "GB")
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.is_valid_number(parsed):
        return phonenumbers.number_type(parsed) in _PERSONAL_LINES
    digits = str(parsed.national_number)  # numbers not in use too: 07700 900123 is kept for drama
    return parsed.country_code == 44 and len(digits) == 10 and digits[0] in "127"


def _postcodes(text: str, *, known: bool) -> Iterator[Finding]:
    """With the street before it; in small letters some are doses ("b12 5ug")."""
    lives = bool(_LIVES.search(text))
    for match in _POSTCODE.finditer(text):
        likely = (match[1] or known) and match[2].lower() not in _UNITS
        if likely or lives or match.group().isupper():
            street = _STREET.search(_before(text, match.start()))
            start = match.start() - len(street.group() if street else "")
            yield Finding(Kind.POSTCODE, start, match.end())


def _of_birth(text: str, date: Finding) -> bool:
    before = _before(text, date.start)
    if _begins_range(text, date):
        return False
    if birth := _BIRTH_BEFORE.search(before):
        return birth[1].lower() != "born" or not _COHORT.search(before[: birth.start()])
    if _BIRTH_AFTER.match(text, date.end):
        return True
    aged = _AGE_BEFORE.search(before) or _AGE_AFTER.match(text, date.end)
    return bool(aged) and not _STUDY.search(before)


def _of_patient(text: str, date: Finding, *, sure: bool) -> bool:
    """A date set beside what comes before it; ``sure``: any but a study's."""
    before = _before(text, date.start).removesuffix("on ")
    if _STUDY.search(before) or _begins_range(text, date):
        return False
    return sure or bool(_BESIDE.search(before))


def _begins_range(text: str, date: Finding) -> bool:
    to = _TO.match(text, date.end)
    return bool(to and _DATE.match(text[to.end() : to.end() + 30]))
