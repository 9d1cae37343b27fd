"""Names, labels, references and ids of sources. Pure.

    author_label(["Anita Jensen", "Hilary Bungay"], cut=False)    # "Jensen & Bungay"
    vancouver_name("Josephine M. Wildman")                         # "Wildman JM"
    source_id("Sinnott et al., 2020", "2020 ◽ …")                  # "sinnott-et-al-2020-1f0c2a7b"

References follow the Vancouver style (ICMJE) as far as a source gives the parts. Nothing is filled
in: what a source does not give is left out, and ``not_given`` says so. Names are read as in
English, the family name last, unless a comma marks it off ("O'Byrne, Paul M"; a group that is no
person is "WHO Study Group,").
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

NO_DATE = "no date given"
_SUFFIX = re.compile(r"^(jr|sr|ii|iii|iv)\.?$", re.IGNORECASE)
_INITIALS = re.compile(r"[A-Z]{2,3}")  #: "PM" in "O'Byrne, PM": two given names, not one
_SLUG_CHARS = 40
_LISTED_IN_FULL = 3  #: authors in the label of an undated source: its only mark besides the names


@dataclass(frozen=True, slots=True)
class Work:
    """The parts of a reference that a source gives."""

    authors: Sequence[str] = ()
    cut: bool = False  #: the source cuts its list of authors short
    title: str | None = None
    journal: str | None = None
    date: str | None = None  #: as printed: a year, or a full date
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None  #: pages or the article's identifier
    doi: str | None = None


def family_name(name: str) -> str:
    """The family name with its particles: "Ana de la Cruz" → "de la Cruz"."""
    return _split_name(name)[1]


def vancouver_name(name: str) -> str:
    """Family name and initials: "Nai Rui Chng" → "Chng NR"."""
    given, family = _split_name(name)
    parts = [part for part in re.split(r"[\s.]+|(?<=\w)-(?=[^\W\d_a-z])", given) if part]
    suffix = f" {parts.pop()}" if len(parts) > 1 and _SUFFIX.match(parts[-1]) else ""
    initials = "".join(part if _INITIALS.fullmatch(part) else part[0] for part in parts).upper()
    return f"{family} {initials}{suffix}".strip()


def author_label(authors: Sequence[str], *, cut: bool, dated: bool = True) -> str:
    """Who wrote it, short: one name, two, or the first and "et al."."""
    names = [family_name(author) for author in authors]
    if len(names) == 1 and not cut:
        return names[0]
    most = 2 if dated else _LISTED_IN_FULL
    if cut or len(names) > most:
        return f"{names[0]} et al."
    return f"{', '.join(names[:-1])} & {names[-1]}"


def reference(work: Work) -> str:
    """The reference in Vancouver style, as far as ``work`` goes."""
    names = [vancouver_name(author) for author in work.authors]
    people = ", ".join([*names, "et al"] if work.cut else names)
    numbers = work.volume or ""
    if work.issue:
        numbers += f"({work.issue})"
    date = work.date or ""
    if numbers:
        date = f"{date};{numbers}".strip(";")
        if work.pages:
            date += f":{work.pages}"
    elif work.pages:
        date = f"{date}. {work.pages}".strip(". ")
    doi = f"doi:{work.doi}" if work.doi else ""
    return " ".join(
        _sentence(part) for part in (people, work.title, work.journal, date, doi) if part
    )


def not_given(work: Work) -> str:
    """A remark on what the source does not say: "[Title and journal not given.]", or ""."""
    parts = (("title", work.title), ("journal", work.journal), ("date", work.date))
    missing = [name for name, value in parts if not value]
    if not missing:
        return ""
    listed = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
    return f"[{listed.capitalize()} not given.]"


def source_id(label: str, text: str) -> str:
    """An id that is safe in a URL; from label and text, never from the file's name."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug(label)}-{digest}"


def slug(label: str) -> str:
    """Letters, digits, hyphens; forty at most: "Sinnott et al., 2020" → "sinnott-et-al-2020"."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    plain = plain.replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_CHARS].strip("-") or "source"


def _split_name(name: str) -> tuple[str, str]:
    before, comma, after = name.partition(",")
    if comma and not _SUFFIX.match(after.strip()):
        return after.strip(), " ".join(before.split())
    parts = name.split()
    if len(parts) < 2:
        return "", name.strip()
    last = len(parts) - 1
    if last > 1 and _SUFFIX.match(parts[last]):
        last -= 1
    while last > 1 and parts[last - 1].islower():
        last -= 1
    return " ".join(parts[:last]), " ".join(parts[last:])


def _sentence(part: str) -> str:
    return part if part[-1] in ".?!" else f"{part}."
