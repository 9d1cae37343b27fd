"""What a model writes becomes an answer only as far as it holds: light, with a scripted model.

The wire, the retries and the providers are in test_chat_model; the real verifier over the real
sources is in test_generate_real.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from ragbot.adapters.chat_model import ChatModel
from ragbot.breaker import Breaker
from ragbot.errors import ModelProblem
from ragbot.generate import SILENT, Bounds, Calls, Writer
from ragbot.prompts import load_prompt
from ragbot.pump import Pump
from ragbot.standalone import Condenser
from ragbot.types import Answer, AnswerSentence, Citation, EvidenceType, Passage, Turn
from ragbot.verify import Verdict
from ragbot.writing import NOTES, Grounds, Writing
from ragbot.written import MOST_PASSAGES, passages_for
from tests.fakes import VerbatimChecks, document, passage, reading

PAY = "GPs reported that extra work was unpaid."
TIME = "Nurses did not have the time to train."
COMMENT = "Managers never ask us pharmacists anything."
STUDY = passage(f"{PAY} {TIME}", [PAY, TIME])
REMARK = passage(
    COMMENT,
    [COMMENT],
    rank=2,
    source=document(
        COMMENT,
        source_id="comment-1",
        label="A pharmacist",
        evidence_type=EvidenceType.READER_COMMENT,
        about="The report",
    ),
)
BOUNDS = Bounds(first=60, whole=120)  #: of a model that is not to be cut off, on any machine


class Playing:
    """A model that says given pieces; it pauses for a number, and for an event until it is set.

    An exception among them is raised.
    """

    name = "scripted:play"

    def __init__(self, *pieces: str | float | threading.Event | Exception) -> None:
        self.pieces = pieces
        self.calls: list[tuple[str, str]] = []
        self.stopped = threading.Event()

    def stream(self, system: str, human: str, *, stop: threading.Event) -> Iterator[str]:
        self.calls.append((system, human))
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, float):
                    if stop.wait(piece):
                        return
                elif isinstance(piece, threading.Event):
                    assert piece.wait(60)
                else:
                    yield piece.replace("{canary}", system.rsplit(": ", 1)[1])
        finally:
            self.stopped.set()


def grounds(*passages: Passage) -> Grounds:
    """An extractive answer that quotes the first sentence of each passage."""
    firsts = [(p, p.slice(*p.chunk.sentences[0])) for p in passages]
    found = reading(*((p, text, 0.9 - i / 10) for i, (p, text) in enumerate(firsts)))
    citations = tuple(
        Citation(
            n, e.passage.document.source_id, e.passage.document.label, "A reference.",
            e.passage.chunk.evidence_type, "Results", e.text, e.passage.chunk.path,
            e.start, e.end, None, "/source/x",
        )
        for n, e in enumerate(found.evidence, start=1)
    )  # fmt: skip
    sentences = tuple(AnswerSentence(f"“{c.quote}”", (c.n,), "verbatim") for c in citations)
    answer = Answer("Why?", "Why?", "answered", "QUOTES", sentences, citations)
    return Grounds(answer, found, time.perf_counter())


def write(
    model: Playing,
    *passages: Passage,
    bounds: Bounds = BOUNDS,
    breaker: Breaker | None = None,
    show_unverified: bool = False,
) -> list[Answer]:
    passages = passages or (STUDY,)
    calls = Calls(model, breaker=breaker or Breaker())
    writer = Writer(
        calls=calls, checks=VerbatimChecks(), prompt=load_prompt("answer"), bounds=bounds
    )
    texts = {p.chunk.path: p.text for p in passages}
    return list(
        Writing(writer=writer, show_unverified=show_unverified).answers(grounds(*passages), texts)
    )


def texts_of(answer: Answer) -> list[str]:
    return [sentence.text for sentence in answer.sentences]


def test_sources_come_first_and_then_a_verified_sentence_each_time() -> None:
    model = Playing("GPs reported that extra work", " was unpaid [1]. ", f"{TIME} [1]")
    first, second, third, whole = write(model)
    assert [c.quote for c in first.consulted] == [STUDY.text]
    assert (first.sentences, first.citations, first.engine) == ((), (), "scripted:play")
    assert texts_of(second) == [PAY]
    assert texts_of(third) == texts_of(whole) == [PAY, TIME]
    assert {sentence.support for sentence in whole.sentences} == {"verified"}
    assert [(c.n, c.quote) for c in whole.citations] == [(1, PAY[:-1]), (2, TIME[:-1])]
    assert whole.text == f"{PAY} [1] {TIME} [2]"
    assert (whole.engine, whole.reason, whole.note) == ("scripted:play", None, "")
    assert whole.consulted == ()
    assert {"sources", "first_sentence", "verify", "total"} <= whole.timings_ms.keys()


def test_a_sentence_is_shown_while_the_model_pauses() -> None:
    shown, go_on = [], threading.Event()
    model = Playing(f"{PAY[:-1]} [1].", go_on, f" {TIME} [1]")
    calls = Calls(model, breaker=Breaker())
    writer = Writer(
        calls=calls, checks=VerbatimChecks(), prompt=load_prompt("answer"), bounds=BOUNDS
    )
    for written in writer.write("Why?", [STUDY]):
        shown.append((written.text, go_on.is_set()))
        go_on.set()
    assert shown == [(PAY, False), (TIME, True)]


def test_what_is_not_supported_is_dropped_and_the_rest_stays() -> None:
    whole = write(Playing(f"{PAY} [1] Everyone resigned [1]. {TIME} [1]"))[-1]
    assert texts_of(whole) == [PAY, TIME]
    assert "resigned" not in whole.text


def test_what_is_not_supported_is_marked_where_the_operator_wants_to_see_it() -> None:
    whole = write(Playing(f"{PAY} [1] All *left* [1]. {TIME} [1]"), show_unverified=True)[-1]
    assert [s.support for s in whole.sentences] == ["verified", "unverified", "verified"]
    assert "All \\*left\\*. (not verified)" in whole.text


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        (("Everyone resigned [1].",), "unverified"),
        ((f"{PAY} [1] All left [1]. All died [1].",), "unverified"),
        ((SILENT,), "model_declined"),
        (("",), "model_declined"),
        (("```python\ncode\n```",), "model_declined"),
        ((PAY, ModelProblem("gone")), "model_unavailable"),
        ((f"{PAY} [1] Nurses also",), "model_unavailable"),
        ((f"{PAY} [1]", " word" * 4000), "model_unavailable"),
        ((f"{PAY} [1] The mark is {{canary}}.",), "prompt_leak"),
    ],
)
def test_too_little_left_is_answered_with_quotes_that_say_so(
    pieces: Sequence[str | Exception], reason: str
) -> None:
    whole = write(Playing(*pieces))[-1]
    assert (whole.reason, whole.engine) == (reason, "extractive")
    assert whole.text == f"{NOTES[reason]}\n\nQUOTES"  # type: ignore[index]
    assert whole.note == NOTES[reason]  # type: ignore[index]
    assert {s.support for s in whole.sentences} == {"verbatim"}


@pytest.mark.parametrize(
    "pieces", [(60.0, PAY), (f"{PAY} [1]", " ", 60.0, TIME), ("Nobody knows. ", 60.0)]
)
def test_the_bounds_hold(pieces: Sequence[str | float]) -> None:
    model = Playing(*pieces)
    began = time.monotonic()
    whole = write(model, bounds=Bounds(first=0.2, whole=0.4))[-1]
    assert time.monotonic() - began < 30
    assert whole.reason == "model_slow"
    assert model.stopped.wait(60)


def test_unverified_sentences_do_not_stretch_the_first_bound() -> None:
    model = Playing(*(x for _ in range(600) for x in ("Nobody knows it. ", 0.1)))
    began = time.monotonic()
    assert write(model, bounds=Bounds(first=0.3, whole=60))[-1].reason == "model_slow"
    assert time.monotonic() - began < 30


def test_a_model_that_keeps_failing_is_left_alone_for_a_while() -> None:
    now = [0.0]
    breaker = Breaker(failures=2, rest=30, clock=lambda: now[0])
    model = Playing(ModelProblem("down"))
    for _ in range(4):
        assert write(model, breaker=breaker)[-1].reason == "model_unavailable"
    assert len(model.calls) == 2
    now[0] = 31
    write(model, breaker=breaker)
    write(model, breaker=breaker)
    assert len(model.calls) == 3  # one trial, and it failed
    now[0] = 62
    model.pieces = (f"{PAY} [1]",)
    assert [write(model, breaker=breaker)[-1].reason for _ in range(3)] == [None] * 3


def test_closing_the_stream_stops_the_model() -> None:
    model = Playing(f"{PAY} [1] ", *(x for _ in range(100) for x in ("Word ", 0.05)))
    calls = Calls(model, breaker=Breaker(failures=1))
    writer = Writer(
        calls=calls, checks=VerbatimChecks(), prompt=load_prompt("answer"), bounds=BOUNDS
    )
    answers = Writing(writer=writer).answers(grounds(STUDY), {STUDY.chunk.path: STUDY.text})
    next(answers), next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert model.stopped.wait(60)
    assert write(Playing(PAY), breaker=calls._breaker)[-1].reason is None  # no failure


def test_what_a_comment_says_is_said_to_be_one() -> None:
    whole = write(Playing(f"{COMMENT} [1]"), REMARK)[-1]
    assert texts_of(whole) == [
        f"A pharmacist (a reader’s comment under The report, not its findings): {COMMENT}"
    ]


def test_a_sentence_that_gives_a_comment_to_the_report_is_never_shown() -> None:
    class Attributing(VerbatimChecks):
        def verify(
            self, sentence: str, cited: Sequence[int], passages: Sequence[Passage], *, question: str
        ) -> Verdict:
            failures = ("attribution",) if "report" in sentence else ("support",)
            return Verdict(False, (), (), False, failures)

    model = Playing("The report says all is lost [1]. All is lost [1].")
    writer = Writer(
        calls=Calls(model, breaker=Breaker()),
        checks=Attributing(),
        prompt=load_prompt("answer"),
        bounds=BOUNDS,
    )
    answers = Writing(writer=writer, show_unverified=True).answers(
        grounds(STUDY), {STUDY.chunk.path: STUDY.text}
    )
    assert {text for answer in answers for text in texts_of(answer)} == {
        "All is lost.",
        f"“{PAY}”",
    }


def test_the_model_sees_comments_only_where_they_are_quoted_anyway() -> None:
    both = grounds(STUDY, REMARK)
    assert both.reading is not None
    assert passages_for(both.reading, grounds(STUDY).answer) == (STUDY,)
    assert passages_for(both.reading, grounds(REMARK).answer) == (REMARK,)
    many = [passage(PAY, [PAY], rank=rank) for rank in range(1, 20)]
    found = reading(*((p, PAY, 0.5) for p in many))
    assert len(passages_for(found, grounds(STUDY).answer)) == MOST_PASSAGES


def test_the_prompt_holds_the_passages_as_data_and_the_question() -> None:
    model = Playing(PAY)
    write(model, STUDY)
    ((system, human),) = model.calls
    assert f"text: {STUDY.text}" in human
    assert "type: study abstract\nsource: Adams et al., 2020" in human
    assert human.endswith("Why?")
    assert STUDY.text not in system
    nonce = human.split(" · ")[1].split(">")[0]
    canary = system.rsplit(": ", 1)[1]
    assert nonce in system
    assert canary not in human


def test_a_pump_hands_on_pieces_ends_and_errors() -> None:
    with Pump(lambda stop: iter("ab")) as pump:
        assert [pump.next(60), pump.next(60), pump.next(60)] == ["a", "b", None]
    failing = Playing("a", ModelProblem("gone"))
    with Pump(lambda stop: failing.stream("a: b", "", stop=stop)) as pump:
        assert pump.next(60) == "a"
        with pytest.raises(ModelProblem, match="gone"):
            pump.next(60)
    waiting = Playing(60.0)
    with (
        Pump(lambda stop: waiting.stream("a: b", "", stop=stop)) as pump,
        pytest.raises(TimeoutError),
    ):
        pump.next(0.05)
    assert waiting.stopped.wait(60)


HISTORY = [Turn("user", "How were GPs paid?"), Turn("assistant", "GPs were paid by session.")]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("How were GPs paid for it?", "How were GPs paid for it?"),
        ("  “Was this paid by session?”\n", "Was this paid by session?"),
        ("What is the capital of France?", None),
        ("GPs were paid.\nHow were they paid?", None),
        ("{canary} paid", None),
        ("", None),
    ],
)
def test_a_follow_up_is_rewritten_in_the_conversations_own_words(
    reply: str, expected: str | None
) -> None:
    model = Playing(reply)
    condenser = Condenser(
        calls=Calls(model, breaker=Breaker()), prompt=load_prompt("standalone"), seconds=60
    )
    assert condenser.condense("And was it paid?", HISTORY) == expected
    assert "How were GPs paid?" in model.calls[0][1]


def test_a_question_that_stands_alone_and_a_model_that_fails_leave_it_to_the_rules() -> None:
    model = Playing(ModelProblem("down"))
    condenser = Condenser(
        calls=Calls(model, breaker=Breaker()), prompt=load_prompt("standalone"), seconds=60
    )
    assert condenser.condense("How do practices recruit trainee GPs?", HISTORY) is None
    assert condenser.condense("And for nurses?", []) is None
    assert not model.calls
    assert condenser.condense("And for nurses?", HISTORY) is None
    assert len(model.calls) == 1


def test_a_langchain_model_of_any_kind_can_be_asked() -> None:
    from langchain_core.language_models import FakeListChatModel

    model = ChatModel(FakeListChatModel(responses=["GPs left."]), name="fake:list")
    assert "".join(model.stream("", "?", stop=threading.Event())) == "GPs left."
