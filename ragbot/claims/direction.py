"""Opposites: more and less, better and worse, before and after, easy and hard.

    agree(analyse("Waits went up."), Premise.of(["Waits fell."]))                 # False
    agree(analyse("Waits did not fall."), Premise.of(["Waits went up."]))         # True

A word of one side needs a word of that side in the quotes, or one of the other side with a
negation on exactly one of the two; where neither side stands in the quotes, nothing is said here.
"""

from __future__ import annotations

from ragbot.claims.negation import denied
from ragbot.claims.words import Premise, Text, stems_of

_PAIRS = """
increase increased increasing more higher rise rose risen grow grew growing growth greater gain up
 upward raise raised expand extend accelerate | decrease decreased decreasing fewer less lower fall
 fell fallen decline declined reduce reduced reduction drop dropped shrink down downward diminish
 cut lessen slow
better improve improved improvement enhance enhanced benefit beneficial advantage positive
 favourable favorable | worse worsen worsened deteriorate deteriorated harm harmful detriment
 disadvantage negative adverse unfavourable unfavorable drawback impair impaired undermine
similar same equal unchanged identical alike comparable | different differ difference differed
 unequal
easy easier easily simple straightforward | difficult difficulty hard harder complex complicated
 struggle challenging challenge
high large big major great substantial | low small little minor slight slim negligible
before prior earlier early preceding | after later late subsequent following
effective success successful successfully succeed | ineffective unsuccessful failure unsuccessfully
strong strengthen strengthened | weak weaken weakened
common frequent frequently often | rare uncommon infrequent infrequently rarely seldom
support encourage encouraged promote promoted enable enabled facilitate facilitated help helped |
 oppose discourage discouraged prevent prevented hinder hindered obstruct inhibit inhibited block
 hamper
facilitator enabler strength | barrier obstacle weakness
acceptable satisfied satisfaction welcome welcomed valued value | unacceptable dissatisfied
 dissatisfaction resent resented dislike
accept accepted agree agreed | reject rejected refuse refused disagree disagreed
include included inclusion | exclude excluded exclusion
urban | rural
primary | secondary
formal formally | informal informally
qualitative | quantitative
cheap low-cost inexpensive | expensive costly
short brief | long lengthy
visible | invisible hidden
adequate sufficient enough plentiful | inadequate insufficient scarce lacking
clear clarity certain certainty | unclear ambiguous ambiguity confusion confusing uncertain
 uncertainty
activate activated activation | inactivate inactivated suppress suppressed inhibition deactivate
directly direct | indirectly indirect
internal | external
voluntary optional | mandatory compulsory
presence present | absence absent
sensitive sensitivity | resistant resistance
upregulate upregulated upregulation | downregulate downregulated downregulation
"""
_REACH = 4  #: words on each side that tell what a word is about


def _sides() -> dict[str, list[tuple[int, int]]]:
    """Stem → (number of the pair, side)."""
    table: dict[str, list[tuple[int, int]]] = {}
    pairs = [pair.split("|") for pair in _PAIRS.replace("\n ", " ").strip().split("\n")]
    for number, pair in enumerate(pairs):
        for side, listed in enumerate(pair):
            for stem in stems_of(listed):
                table.setdefault(stem, []).append((number, side))
    return table


_SIDES = _sides()


def agree(sentence: Text, premise: Premise) -> bool:
    """Whether no word of the sentence is the opposite of what the quotes say."""
    out = denied(sentence)
    for i, word in enumerate(sentence.words):
        if word.stem in premise.stems and not _turned(sentence, i, premise):
            continue
        for pair, side in _SIDES.get(word.stem, ()):
            same, other = _found(premise, pair, side)
            if other and not same and _about(sentence, i, other) and not _balanced(i in out, other):
                return False
            if same and not other and i not in out and all(j in denied(q) for q, j in same):
                return False
            if other and same and _about(sentence, i, other) > _about(sentence, i, same) + 1:
                return False
    return True


Place = tuple[Text, int]


def _found(premise: Premise, pair: int, side: int) -> tuple[list[Place], list[Place]]:
    """Where the quotes have this side of a pair, and where the other."""
    same: list[Place] = []
    other: list[Place] = []
    for quote in premise.quotes:
        for i, word in enumerate(quote.words):
            for number, which in _SIDES.get(word.stem, ()):
                if number == pair:
                    (same if which == side else other).append((quote, i))
    return same, other


def _balanced(denied_here: bool, other: list[Place]) -> bool:
    """Whether exactly one of the two is denied: "not worse" for "better"."""
    return any((i in denied(quote)) != denied_here for quote, i in other)


def _about(sentence: Text, index: int, places: list[Place]) -> int:
    """How many neighbours a word of the sentence shares with the best of some places."""
    own = sentence.near(index, _REACH)
    return max(len(own & quote.near(i, _REACH)) for quote, i in places)


def _turned(sentence: Text, index: int, premise: Premise) -> bool:
    """Whether the quotes have the word, but about something else, and its opposite about this."""
    stem = sentence.words[index].stem
    places = [
        (quote, i)
        for quote in premise.quotes
        for i, word in enumerate(quote.words)
        if word.stem == stem
    ]
    return bool(places) and _about(sentence, index, places) == 0
