"""What a sentence claims, part by part, and whether its quotes claim the same. Pure, no models.

    premise = Premise.of(["Nine GPs may use it."])
    numbers.agree(analyse("Ten GPs may use it."), premise)      # False
    strength.modality(analyse("Nine GPs use it."), premise)     # False

One module a kind of claim; each has functions ``(sentence, premise) -> bool`` that are False where
the sentence says something else than its quotes. Rules of English, no corpus: they know set words
and near neighbours, not grammar, so ``ragbot.verify`` puts a measured score beside them.
"""
