"""Questions for what letters stand for, and sentences that spell them out.

    asked("what does CLP stand for")                                     # "CLP"
    spells_out("Nine community links practitioners (CLPs) met.", "CLP")  # True

A sentence spells letters out where they stand in brackets behind words that hold them in order, the
first at the beginning of a word, or where such words stand in brackets behind the letters (after
Schwartz and Hearst 2003). What the letters may mean elsewhere is no answer from the sources.
"""

from __future__ import annotations

import re

_LETTERS = r"(?P<letters>[A-Za-z][A-Za-z0-9&/-]{1,8})"
_CALLED = r"(?:the )?(?:acronym |abbreviation |initials |letters |short form )?"
_ASKED = (  # all of a question: "how can practices expand access" asks for no letters
    rf"^\W*wh?[ao]t(?: do| does|['’]?s| is| are)? {_CALLED}['\"“‘]?{_LETTERS}['\"”’]?"
    r"(?: actually| even)? (?:stands? for|short for|(?:an? )?(?:acronym|abbreviation) (?:of|for))\b"
    r"(?: (?:in|here)\b.{0,60})?\W*$",
    rf"^\W*(?:what(?:['’]?s| is) )?(?:the )?(?:full|long) form (?:of|for) {_CALLED}"
    rf"['\"“‘]?{_LETTERS}['\"”’]?\W*$",
    rf"^\W*{_CALLED}['\"“‘]?{_LETTERS}['\"”’]?,? (?:(?:is )?short for|stands? for)(?: what)?\W*$",
)
_COMPILED = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _ASKED)
_BRACKETS = re.compile(r"[(\[]([^()\[\]]{2,120})[)\]]")
_NOT_LETTERS = frozenset(("it", "that", "this", "they", "these", "those", "he", "she", "you"))
_LOOK_BACK = 8  #: words more than letters in which the long form must lie


def asked(question: str) -> str | None:
    """The letters that a question wants spelt out, in capitals; None for other questions."""
    found = next((match for p in _COMPILED if (match := p.search(question))), None)
    if found is None or found["letters"].lower() in _NOT_LETTERS:
        return None
    letters = found["letters"]
    return letters.removesuffix("s").upper() if letters[:-1].isupper() else letters.upper()


def spells_out(sentence: str, letters: str) -> bool:
    """Whether a sentence says what the letters stand for."""
    for match in _BRACKETS.finditer(sentence):
        inside = re.split(r"[,;]", match.group(1))[0].strip()
        before = sentence[: match.start()].split()
        if _same(inside, letters):
            near = before[-len(letters) - _LOOK_BACK :]
            if any(holds(near[i:], letters) for i in range(len(near))):
                return True
        elif before and _same(before[-1], letters) and holds(inside.split(), letters):
            return True
    return bool(re.search(rf"\b{re.escape(letters)}s? (?:stands?|is short) for\b", sentence))


def missing(letters: str) -> str:
    """What to say where no source spells them out."""
    return f"Nothing that was found in this library says what {letters} stands for."


def _same(word: str, letters: str) -> bool:
    plain = word.strip(".,;:'\"“”‘’")
    return plain.upper() in (letters, f"{letters}S", f"{letters}'S", f"{letters}’S") and any(
        char.isupper() for char in plain
    )


def holds(words: list[str], letters: str) -> bool:
    """Whether letters occur in order in the words, the first at their very beginning."""
    if not words or len(words) > 2 * len(letters) + 1:
        return False
    rest = iter(" ".join(words).lower())
    wanted = [char for char in letters.lower() if char.isalnum()]
    return words[0].strip("'\"“‘(")[:1].lower() == wanted[0] and all(
        char in rest for char in wanted
    )
