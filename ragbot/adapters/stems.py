"""English stems, by tantivy's Snowball stemmer: the same that the lexical index uses.

    stem("recommendations")    # 'recommend'

It knows single words in lower case only, and no irregular forms.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a lower-case word; a word that has none is its own."""
    tokens = _analyzer().analyze(word.encode("utf-8", "replace").decode("utf-8"))
    return str(tokens[0]) if len(tokens) == 1 else word


@cache
def _analyzer() -> Any:  # noqa: ANN401 (vendor type)
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple())
    return builder.filter(Filter.ascii_fold()).filter(Filter.stemmer("english")).build()
