"""Who does or feels something: kinds of people in general practice and research.

    agree(analyse("Nurses saw it as cheap."), Premise.of(["Parents saw it as cheap."]))     # False

A kind of person in the sentence must stand in the quotes; where the quotes only say "participants"
or "they", what stands before them in the source will do. Whoever acts in the sentence must not
stand in the quotes only as somebody else's object.
"""

from __future__ import annotations

from ragbot.adapters.stems import stem
from ragbot.claims.words import Premise, Text, listed

_KINDS = """
doctor gp gps doctors physician physicians
nurse nurses midwife midwives
patient patients client clients sufferer sufferers
parent parents mother mothers father fathers
child children infant infants kids adolescents
pharmacist pharmacists
paramedic paramedics
physiotherapist physiotherapists physio physios
therapist therapists psychologist psychologists counsellor counsellors
surgeon surgeons consultant consultants
dentist dentists
carer carers caregiver caregivers
manager managers
commissioner commissioners
student students trainee trainees
teacher teachers
woman women
man men
researcher researchers
coach coaches
volunteer volunteers
receptionist receptionists
politician politicians minister ministers
employer employers
economist economists
"""
_ANYONE = listed("participant interviewee respondent informant they their them those")
_STAFF = listed("staff professional practitioner provider clinician")
_ANYBODY = listed("individual people person subject case adult")
_LAY = listed("patient woman man")
_PROFESSIONS = listed(
    "doctor nurse pharmacist paramedic physiotherapist therapist surgeon dentist coach manager"
)
_HEAD = 3  #: words at the head of a quote, where "they" and "participants" act
_KIND = {w: line.split()[0] for line in _KINDS.strip().split("\n") for w in line.split()}
_GENERIC = frozenset(stem(word) for word in _ANYONE)
_ANYBODY_STEMS = frozenset(stem(word) for word in _ANYBODY)
_STAFF_STEMS = frozenset(stem(word) for word in _STAFF)


def kinds(text: Text) -> list[tuple[int, str]]:
    """(index, kind) of every word that names a kind of person; "general practitioner" is one."""
    found = []
    for i, word in enumerate(text.words):
        kind = _KIND.get(word.low)
        if kind is None and word.stem == stem("practitioner") and i:
            kind = "doctor" if text.words[i - 1].low == "general" else None
        if kind:
            found.append((i, kind))
    return found


def agree(sentence: Text, premise: Premise) -> bool:
    """Whether the people of the sentence are those of the quotes, in the same part."""
    named = kinds(sentence)
    if not named or not premise.quotes:
        return True
    quoted = {kind for quote in premise.quotes for _, kind in kinds(quote)}
    if premise.stems & _ANYBODY_STEMS - sentence.stems:
        quoted |= _LAY
    around = {kind for text in premise.background for _, kind in kinds(text)}
    heads = {word.stem for quote in premise.quotes for word in quote.words[:_HEAD]}
    if not heads & _GENERIC:
        around &= _PROFESSIONS if premise.stems & _STAFF_STEMS - sentence.stems else frozenset()
    if any(kind not in quoted | around for _, kind in named):
        return False
    return not _taken_over(sentence, named, premise)


def _taken_over(sentence: Text, named: list[tuple[int, str]], premise: Premise) -> bool:
    """Whether the sentence's actor does what somebody else does in the best quote."""
    index, actor = named[0]
    if any(word.is_content for word in sentence.words[: max(0, index - 2)]):
        return False
    quote = premise.quotes[0]
    people = kinds(quote)
    if not people or actor not in {kind for _, kind in people}:
        return False
    clause = sentence.words[index].clause
    does = [w.stem for w in sentence.words[index + 1 :] if w.is_content and w.clause == clause][:3]
    votes = 0
    for i, word in enumerate(quote.words):
        if word.stem in does:
            before = [(at, kind) for at, kind in people if at < i]
            if not before:
                continue
            group = _together(quote, before)
            votes += 1 if actor in group else -1
    return votes < 0


def _together(text: Text, before: list[tuple[int, str]]) -> set[str]:
    """The last people before a word, with those joined to them: "GPs and nurses"."""
    group = {before[-1][1]}
    last = before[-1][0]
    for at, kind in reversed(before[:-1]):
        between = [word.low for word in text.words[at + 1 : last]]
        if len(between) > 3 or not ({"and", "or"} & set(between) or "," in text.raw):
            break
        group.add(kind)
        last = at
    return group
