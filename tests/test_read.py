"""The reader: two forms of a question, and each sentence by the better of them."""

from __future__ import annotations

from collections.abc import Sequence

from ragbot.adapters.reader_model import Window, WindowScores
from ragbot.read import Calibration, Regression, TrainedReader
from tests.fakes import passage

EVEN = Regression(1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
PASSAGE = passage("PCNs began in 2019. Nurses left.", ["PCNs began in 2019.", "Nurses left."])


class Words:
    """Both networks: counts the words that question and sentence share."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def score(self, question: str, windows: Sequence[Window]) -> list[WindowScores]:
        self.asked.append(question)
        return [
            WindowScores(tuple(_shared(question, unit.text) for unit in window.units), 0.0)
            for window in windows
        ]

    def similarities(self, question: str, windows: Sequence[Window]) -> list[tuple[float, ...]]:
        return [tuple(0.0 for _ in window.units) for window in windows]


def _shared(question: str, text: str) -> float:
    return float(len(set(question.lower().split()) & set(text.lower().split())))


def test_a_sentence_counts_as_what_it_is_to_the_better_form() -> None:
    words = Words()
    reader = TrainedReader(scorer=words, sentences=words, calibration=Calibration(EVEN, EVEN, EVEN))
    alone = reader.read("networks began when", [PASSAGE])
    both = reader.read("networks left when", [PASSAGE], also="PCNs began when")
    assert words.asked == ["networks began when", "networks left when", "PCNs began when"]
    assert [e.text for e in both.evidence] == ["PCNs began in 2019.", "Nurses left."]
    assert both.evidence[0].score > alone.evidence[0].score
    reader.read("networks began when", [PASSAGE], also="networks began when")
    assert len(words.asked) == 4  # the same form is not read twice
