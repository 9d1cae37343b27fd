"""Subjects that have hardly another word, and whether a source speaks of them at all.

    subjects = asked("As a nurse I wonder: who covers paramedics' indemnity?")
    # ("paramedic", "indemnity"): the asker's own staff is none
    speaks_of("paramedic", "An ambulance was called.")       # True

What is said of patients is no answer to what is asked of paramedics, however near it comes. Staff
other than the asker's own, illnesses, matters of running a practice: a text that answers speaks of
them in one of a few words. Of 2,654 answered questions over the invented libraries of the training
that name one, the sources that answer do in all but 25; of 4,102 unanswered ones six sources in ten
do not. General practitioners and patients are left out: they are everywhere. Whether a source
answers is the reader's business.
"""

from __future__ import annotations

import re

_DESK = r"reception|front.desk|\bdesk|\bcounter|admin|non.clinical|navigat|call.?handl|clerical"
_NURSE = r"nurs|\bhcas?\b|healthcare assistant|\ba[nc]ps?\b|advanced (?:clinical )?pract|matron"
_MIDWIFE = r"midwi|maternity"
_PHYSIO = r"physio|first.contact|\bfcps?\b|musculoskeletal"
_LINK = r"\blinks?\b|social prescri"
STAFF = {
    "receptionist": _DESK,
    "reception": _DESK,
    "nurse": _NURSE,
    "pharmacist": r"pharmac|chemist",
    "physio": _PHYSIO,
    "fcp": _PHYSIO,
    "paramedic": r"paramedic|ambulance",
    "midwife": _MIDWIFE,
    "midwives": _MIDWIFE,
    "dentist": r"\bdent(?:al|ist)",
    "link worker": _LINK,
    "splw": _LINK,
    "commissioner": r"commission|board|integrated care|health authorit|\bccgs?\b|\bicbs?\b",
    "dietitian": r"diet",
    "counsellor": r"counsel|therap",
    "health visitor": r"visitor",
    "physician associate": r"physician|\bpas?\b",
    "care coordinator": r"co-?ordinat",
    "health coach": r"coach",
    "occupational therapist": r"occupational|\bots?\b",
    "pharmacy technician": r"technician",
    "social worker": r"social (?:work|care)",
}
"""Who is asked about → how a text in small letters speaks of them."""

_MATTERS = {
    "indemnity": (r"indemni\w+", r"indemn|insur|liab|negligen|cover|protect|defence"),
    "vat": (r"vat", r"\bvat\b|\btax"),
    "tax": (r"tax(?:es|ed)?", r"\btax|\bvat\b|hmrc|\bduty"),
    "pension": (r"pensions?", r"pension|superann|retire"),
    "redundancy": (
        r"redundan\w+",
        r"redundan|\bsack|dismiss|\bla(?:y|id)\b|\blos[et]|\bjobs?\b|let go",
    ),
    "fit note": (r"(?:fit|sick) ?notes?", r"note|certif|sick"),
    "leave": (
        r"(?:maternity|paternity|parental|annual|sick) leave",
        r"leave|matern|patern|holiday|absen|sick|\boff\b",
    ),
    "data protection": (
        r"gdpr|data protection|information governance",
        r"gdpr|data protection|privacy|confiden|governance|consent|secur|law",
    ),
    "criminal record": (r"dbs|criminal records?", r"dbs|criminal|check|vett"),
    "visa": (r"visas?", r"visa|sponsor|immigra|permit|licen"),
    "parking": (r"(?:car )?parking(?! (?:the|that|this)\b)|car parks?", r"park|\bcars?\b"),
    "prescribing": (
        r"(?<!social )(?<!on )(?<!green )(?<!your )prescri(?:be|bes|bing|ber|bers|ption|ptions)"
        r"(?! scheme)",
        r"prescri|drug|medic|tablet|script|pill|dispens|antibiotic|repeat|pharmac|dose|treat|opioid"
        r"|statin|given|started|steroid|issue|cream|inhaler",
    ),
    "out of hours": (
        r"on[- ]call|out[- ]of[- ]hours|ooh",
        r"on[- ]call|out[- ]of[- ]hours|night|evening|weekend|hours|duty|closed|ooh|emergency",
    ),
    "home visit": (r"home visit\w*", r"home|visit|house|door"),
    "care home": (r"(?:care|nursing) homes?", r"\bhomes?\b|resident"),
    "vaccination": (
        r"vaccin\w+|immunis\w+",
        r"vaccin|immunis|immuniz|\bjab|inject|dose|mmr|\bflu\b|needle|shot",
    ),
    "hospital": (
        r"readmi\w+|hospital admissions?|(?<!own )admissions(?! criteria)|a&e|casualty"
        r"|emergency department",
        r"admi|hospital|emergency|casualty|a&e|attend|inpatient|\bed\b|\bwards?\b|\bbeds?\b",
    ),
    "video": (
        r"video",
        r"video|camera|screen|online|remote|zoom|film|virtual|digital|link|phone|picture|recorded",
    ),
    "interpreter": (r"interpreters?", r"interpret|translat|language|speak"),
    "diabetes": (r"diabet\w+|hba1c", r"diabet|hba1c|glucose|sugar|insulin"),
    "blood pressure": (
        r"blood pressures?|hypertensi\w+|bp",
        r"blood pressure|hypertens|mmhg|systolic|pressure",
    ),
    "smoking": (r"smok(?:e|es|ers?|ing)|vap(?:e|es|ing)", r"smok|tobacco|vap|cigar|nicotine|quit"),
    "cancer": (r"cancers?", r"cancer|tumour|oncolog|malign|melanoma|lymphoma|two.week"),
    "dementia": (r"dementia|alzheimer\w*", r"dementia|alzheimer|memory|cogniti"),
    "asthma": (r"asthma\w*|copd|inhalers?", r"asthma|copd|inhal|wheez|airway|lung|respirat|breath"),
    "pregnancy": (
        r"pregnan\w+|antenatal|postnatal",
        r"pregnan|natal|midwi|matern|birth|expect|mother|\bbab(?:y|ies)",
    ),
    "depression": (
        r"(?<!economic )depress\w+|anxiety disorders?",
        r"depress|anxi|mental|mood|\blow\b|psych|distress|wellbeing|well-being|spirits|sad",
    ),
    "menopause": (r"menopaus\w+|hrt", r"menopaus|hrt|hormon|flush"),
    "contraception": (
        r"contracepti\w+|coils?|iud",
        r"contracep|\bpills?\b|coil|implant|iud|inject|family planning",
    ),
    "obesity": (
        r"obes\w+|weight loss|bmi",
        r"obes|weight|slim|\bdiet|\bbmi\b|\bfat\b|pounds|kilo|\bkg",
    ),
    "alcohol": (r"alcohol\w*", r"alcohol|drink|drunk|\bunits\b|sober|\bliver"),
    "kidney": (r"kidneys?|renal|ckd|dialysis", r"kidney|renal|ckd|dialysis|creatin|egfr|urine"),
    "stroke": (r"(?<!at a )strokes?|tia", r"stroke|\btias?\b|brain|thromb"),
    "heart": (
        r"heart (?:failure|disease|attacks?)|cardiovascular|atrial fibrillation",
        r"heart|cardi|atrial|coronary|vascular|cvd",
    ),
    "antibiotics": (
        r"antibiotics?|antimicrobial\w*",
        r"antibiot|antimicrob|infect|penicillin|prescri|bacteri",
    ),
    "opioids": (r"opioids?|opiates?", r"opioid|opiate|morphine|codeine|painkill|pain"),
    "statins": (r"statins?", r"statin|cholesterol|lipid"),
    "insomnia": (r"insomnia|sleeping tablets?", r"sleep|insomn|\bnights?\b"),
}
"""A subject → how a question names it, and how a text in small letters speaks of it."""

_NAMES = "|".join(sorted(STAFF, key=len, reverse=True))
_OWN = re.compile(  # who asks, of whom he tells, and who is left out
    rf"\b(?:i['’]?m|i am|as) (?:an? |the )?(?:[\w-]+ ){{0,3}}?(?:{_NAMES})"
    r"|\b(?:my|our|his|her|their|we(?:['’]?ve| have)) (?:[\w'’-]+ ){0,3}?"
    rf"(?:{_NAMES})"
    rf"|\b(?:{_NAMES})s?\b.{{0,20}}\b(?:says|tells|told (?:me|us)|reckons|swears|asked me)\b"
    r"|\b(?:say,?|like|such as|e\.?g\.?,?|rather than|instead of|without|leave out|besides"
    rf"|apart from|other than|except(?: for)?|excluding) (?:(?:the|an?) )?(?:{_NAMES})"
    rf"|^\W*(?:\w+ )?(?:{_NAMES})s? here\b|\breception (?:of|among|by)\b"
    r"|\b(?:i|we) (?:work|manage|employ|run|am|are|was|were|used to be)\b(?: [\w-]+){0,3}?"
    rf" (?:{_NAMES})s?\b"
    rf"|\b(?:student|trainee|former|once|late) (?:an? )?(?:{_NAMES})",
    re.IGNORECASE | re.ASCII,
)
_ASIDE = re.compile(  # what the asker tells of himself, and what is left out
    r"^\W*(?:i['’]?m|i am|i have|i['’]?ve(?: got)?)\b[^,:;.?]{0,40}[,:;.]"
    r"|\b(?:apart from|other than|besides|except(?: for)?|excluding) [\w-]+(?: [\w-]+)?",
    re.IGNORECASE,
)
_STAFF = re.compile(rf"\b({_NAMES})s?\b", re.IGNORECASE | re.ASCII)
_MATTER = {
    name: re.compile(rf"(?<![\w-])(?:{asked})(?![\w-])", re.IGNORECASE | re.ASCII)
    for name, (asked, _) in _MATTERS.items()
}
_TOLD = {  # without IGNORECASE, which is ten times as slow: a source may be a long report
    name: re.compile(told)
    for name, told in (STAFF | {name: told for name, (_, told) in _MATTERS.items()}).items()
}


def asked(question: str) -> tuple[str, ...]:
    """The subjects that a question names; most name none."""
    staff = dict.fromkeys(name.lower() for name in _STAFF.findall(_OWN.sub(" ", question)))
    left = _ASIDE.sub(" ", question)
    return (*staff, *(name for name, words in _MATTER.items() if words.search(left)))


def speaks_of(subject: str, text: str) -> bool:
    """Whether a text speaks of it; ``subject``: as ``asked`` gave it."""
    return _TOLD[subject].search(text.lower()) is not None
