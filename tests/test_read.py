"""The reader: what its networks are given, and what it hands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ragbot.adapters.reader_model import Window, WindowScores
from ragbot.longforms import LongForms
from ragbot.outline import Outline
from ragbot.read import READ, Calibration, Regression, TrainedReader
from ragbot.types import MetadataField
from tests.fakes import document, passage

EVEN = Regression(1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
NEAR = replace(EVEN, logit=0.0, window=0.0)
PASSAGE = passage("PCNs began in 2019. Nurses left.", ["PCNs began in 2019.", "Nurses left."])


class Words:
    """Both networks: counts the words that question and sentence share."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.read: list[str] = []
        self.headers: list[str] = []

    def score(self, question: str, windows: Sequence[Window]) -> list[WindowScores]:
        self.asked.append(question)
        self.headers = [window.header for window in windows]
        self.read = [unit.text for window in windows for unit in window.units]
        return [
            WindowScores(tuple(_shared(question, unit.text) for unit in window.units), 0.0)
            for window in windows
        ]

    def similarities(self, question: str, windows: Sequence[Window]) -> list[tuple[float, ...]]:
        return [
            tuple(_shared(question, unit.text) / 10 for unit in window.units) for window in windows
        ]


def _reader(words: Words) -> TrainedReader:
    return TrainedReader(
        scorer=words,
        sentences=words,
        calibration=Calibration(NEAR, EVEN, EVEN, EVEN),
        long_forms=LongForms({"pcn": ("primary care network",)}),
    )


def _shared(question: str, text: str) -> float:
    return float(len(set(question.lower().split()) & set(text.lower().split())))


def test_networks_read_what_short_forms_stand_for_and_quotes_stay_as_they_are() -> None:
    words = Words()
    reader = _reader(words)
    found = reader.read("when did primary care networks begin", [PASSAGE])
    assert words.read == ["primary care networks began in 2019.", "Nurses left."]
    assert [e.text for e in found.evidence] == ["PCNs began in 2019.", "Nurses left."]
    again = reader.read("when did pcns begin", [PASSAGE])
    assert words.asked == ["when did primary care networks begin"] * 2
    assert again == found


def test_a_source_without_title_is_headed_by_its_aim_and_one_with_neither_by_its_label() -> None:
    words = Words()
    reader = _reader(words)
    source = PASSAGE.document
    assert source.title is None
    reader.read("who left", [PASSAGE])
    assert words.headers == [source.label]
    reader.read("who left", [PASSAGE], outline=Outline(aims={source.source_id: "To count PCNs."}))
    assert words.headers == ["To count primary care networks."]
    titled = replace(source, fields=(MetadataField("title", "Who stays", 0, 9),))
    passage = replace(PASSAGE, document=titled)
    reader.read("who left", [passage], outline=Outline(aims={source.source_id: "To count PCNs."}))
    assert words.headers == ["Who stays"]


def test_how_all_that_is_read_scores_is_one_signal_of_every_sentence() -> None:
    words = Words()
    reader = _reader(words)
    candidates = reader.candidates("nurses left", [PASSAGE])
    found = [signals for *_, signals in reader.signals("nurses left", candidates)]
    assert [signals.logit for signals in found] == [0.0, 1.0]
    assert [signals.overall for signals in found] == [0.5, 0.5]


def test_the_likeliest_passages_are_read_and_no_other() -> None:
    words = Words()
    reader = _reader(words)
    far = [f"Day {n} was dull." for n in range(READ)]
    near = [f"Nurses left on day {n}." for n in range(READ - 2)]
    passages = [
        passage(text, [text], source=document(text, source_id=f"s{rank}"), rank=rank)
        for rank, text in enumerate(far + near, start=1)
    ]
    found = reader.read("when had nurses left", passages)
    assert set(words.read) == {*near, *far[:2]}  # of those as near, what was found first
    assert len(found.evidence) == READ
    assert {e.text for e in found.evidence} == set(words.read)
    assert reader.read("when had nurses left", []).evidence == ()


def test_what_is_known_of_a_passage_before_it_is_read() -> None:
    other = passage("Nurses stayed.", ["Nurses stayed."], rank=2)
    asked = ("nurses left", [PASSAGE, other])
    first, second = _reader(Words()).candidates(*asked, focus=frozenset({"adams-2020-1a2b3c4d"}))
    assert (first.cosines, second.cosines) == ((0.0, 0.1), (0.1,))
    assert (first.signals.cosine, first.signals.named, first.signals.logit) == (0.1, 1.0, 0.0)
    assert (second.signals.retrieved, second.signals.source) == (0.5, 1.0)


def test_other_words_for_a_question_lift_what_answers_and_not_the_support() -> None:
    words = Words()
    reader = _reader(words)
    plain = reader.read("who quit", [PASSAGE])
    reworded = reader.read("who quit", [PASSAGE], reworded="who left: nurses")
    assert words.asked[-2:] == ["who quit", "who left: nurses"]
    assert reworded.support == plain.support
    assert reworded.evidence[0].text == "Nurses left."
    assert reworded.evidence[0].score > plain.evidence[0].score
    assert {e.score for e in plain.evidence} >= {reworded.evidence[1].score}
    assert reader.read("who quit", [PASSAGE], reworded="who quit") == plain
    assert len(words.asked) == 4


def test_the_likeliest_passage_of_a_named_source_is_read_whatever_is_nearer() -> None:
    words = Words()
    near = [f"Nurses left on day {n}." for n in range(READ)]
    texts = [*near, "Day one was dull.", "Day two was dull."]
    passages = [
        passage(text, [text], source=document(text, source_id=f"s{rank}"), rank=rank)
        for rank, text in enumerate(texts, start=1)
    ]
    _reader(words).read("when had nurses left", passages, focus=frozenset({f"s{READ + 1}"}))
    assert set(words.read) == {*near[: READ - 1], texts[READ]}
