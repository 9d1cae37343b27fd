"""Verification with the real embedder: verdicts, repairs, and the figures on a fixed sample."""

from __future__ import annotations

import pytest

from eval.verification.corrupt import KINDS, Material, corrupt
from eval.verification.items import PARAPHRASES, half_of, items
from eval.verification.measure import judge, shares
from eval.verification.passages import file_passages
from ragbot.adapters.sentence_transformers import bundled_model_path, load_embeddings
from ragbot.adapters.support_model import load_support_model
from ragbot.errors import ModelProblem
from ragbot.remember import RememberingEmbeddings
from ragbot.resources import folder
from ragbot.support import Parameters, Signals
from ragbot.types import EvidenceType
from ragbot.verify import Verifier
from tests.fakes import document, passage

GPS = "We interviewed nine GPs who used the booking service. Most GPs were positive about it."
NURSES = "Nurses may find the booking service hard to use. They asked for training."
SAID = "I think the booking service saved our practice a day each week."


@pytest.fixture(scope="module")
def embeddings():
    return RememberingEmbeddings(load_embeddings("", threads=1), capacity=100_000)


@pytest.fixture(scope="module")
def network():
    return load_support_model(folder("weights"), bundled_model_path())


@pytest.fixture(scope="module")
def verifier(embeddings, network):
    parameters = Parameters.read(folder("weights"))
    return Verifier(embeddings=embeddings, network=network, parameters=parameters)


@pytest.fixture(scope="module")
def library():
    adams = document(GPS, source_id="adams", label="Adams et al., 2020")
    baker = document(NURSES, source_id="baker", label="Baker et al., 2021")
    comment = document(
        SAID,
        source_id="comment",
        label="Reader comment: nurse",
        evidence_type=EvidenceType.READER_COMMENT,
        about="The Fund report",
    )
    return (
        passage(GPS, GPS.replace(". M", ".|M").split("|"), source=adams),
        passage(NURSES, NURSES.replace(". T", ".|T").split("|"), source=baker, rank=2),
        passage(SAID, [SAID], source=comment, rank=3),
    )


def verdict(verifier, library, sentence, *cited):
    return verifier.verify(sentence, cited, library, question="What about the booking service?")


def test_a_supported_sentence_gets_exact_quotes(verifier, library):
    found = verdict(verifier, library, "Nine GPs using the booking service were interviewed.", 1)
    assert found.supported
    assert found.failures == ()
    assert found.cited == (1,)
    assert not found.repaired
    quote = found.quotes[0]
    assert quote.text == "We interviewed nine GPs who used the booking service."
    assert quote.passage.text[quote.start : quote.end] == quote.text
    assert 0 < found.score <= 1


@pytest.mark.parametrize("cited", [(2,), (), (9, 0, -1)])
def test_a_wrong_or_missing_marker_is_repaired(verifier, library, cited):
    found = verdict(verifier, library, "Nine GPs used the booking service.", *cited)
    assert found.supported
    assert found.repaired
    assert found.cited == (1,)


@pytest.mark.parametrize(
    ("sentence", "cited", "failure"),
    [
        ("Ten GPs who used the booking service were interviewed.", 1, "number"),
        ("Most GPs were not positive about it.", 1, "negation"),
        ("All GPs were positive about it.", 1, "quantity"),
        ("Nurses will find the booking service hard to use.", 2, "modality"),
        ("Patients may find the booking service hard to use.", 2, "people"),
        ("Nurses may find the booking service easy to use.", 2, "direction"),
        ("Nurses in Norway may find the booking service hard to use.", 2, "name"),
        ("The booking service saved the practice a day each week.", 3, "attribution"),
        ("The Fund found that the booking service saved a day each week.", 3, "attribution"),
        ("Chroma stores vectors on disk and in memory.", 1, "support"),
    ],
)
def test_what_is_wrong_is_out_and_named(verifier, library, sentence, cited, failure):
    found = verdict(verifier, library, sentence, cited)
    assert not found.supported
    assert failure in found.failures


def test_a_comment_that_is_called_one(verifier, library):
    said = "A reader’s comment says the booking service saved their practice a day each week."
    assert verdict(verifier, library, said, 3).supported


def test_nothing_to_go_by(verifier, library):
    for sentence, passages in (("", library), ("GPs met.", ())):
        found = verifier.verify(sentence, [1], passages, question="")
        assert (found.supported, found.quotes, found.failures) == (False, (), ("support",))


def test_the_question_supports_nothing(verifier, library):
    claim = "The booking service costs 40 pounds a year."
    found = verifier.verify(claim, [1], library, question="Does it cost 40 pounds a year?")
    assert not found.supported


def test_a_second_opinion_has_the_last_word(embeddings, network, library):
    class No:
        def __init__(self) -> None:
            self.asked: list[tuple[str, str]] = []

        def entails(self, premise: str, sentence: str) -> bool:
            self.asked.append((premise, sentence))
            return False

    second = No()
    parameters = Parameters.read(folder("weights"))
    strict = Verifier(
        embeddings=embeddings, network=network, parameters=parameters, entailment=second
    )
    found = verdict(strict, library, "Most GPs were positive about it.", 1)
    assert found.failures == ("entailment",)
    assert second.asked[0][1] == "Most GPs were positive about it."
    before = len(second.asked)
    verdict(strict, library, "Ten GPs were interviewed about their pay.", 1)
    assert len(second.asked) == before  # nobody is asked about what has failed already


class Says:
    """A network that says the same of everything."""

    def __init__(self, logit: float) -> None:
        self.logit = logit
        self.read: list[tuple[str, str, str]] = []

    def entailed(self, sentence: str, premise: str, *, title: str) -> float:
        self.read.append((sentence, premise, title))
        return self.logit


def test_the_network_overrules_checks_but_no_veto(embeddings, library):
    parameters = Parameters.read(folder("weights"))
    sure = Verifier(embeddings=embeddings, network=Says(50.0), parameters=parameters)
    own_words = "Nurses might not find the booking service easy."
    assert verdict(sure, library, own_words, 2).supported
    for sentence, cited, failure in (
        ("Nurses in Norway may find the booking service hard to use.", 2, "name"),
        ("The Fund found that the booking service saved a day each week.", 3, "attribution"),
        ("The booking service saved the practice a day each week.", 3, "attribution"),
    ):
        assert failure in verdict(sure, library, sentence, cited).failures


def test_words_near_their_quote_are_for_the_checks_alone(embeddings, library):
    parameters = Parameters.read(folder("weights"))
    network = Says(50.0)
    sure = Verifier(embeddings=embeddings, network=network, parameters=parameters)
    assert "quantity" in verdict(sure, library, "All GPs were positive about it.", 1).failures
    assert not network.read
    doubting = Verifier(embeddings=embeddings, network=Says(-50.0), parameters=parameters)
    assert verdict(doubting, library, "Most GPs were positive about it.", 1).supported


def test_the_network_doubts_what_has_passed(embeddings, library):
    network = Says(-50.0)
    parameters = Parameters.read(folder("weights"))
    doubting = Verifier(embeddings=embeddings, network=network, parameters=parameters)
    said = "Nine GPs took part in interviews about using the booking service."
    found = verdict(doubting, library, said, 1)
    assert found.failures == ("support",)
    quote = "We interviewed nine GPs who used the booking service."
    assert network.read[0] == (said, quote, "")
    sure = Verifier(embeddings=embeddings, network=Says(0.0), parameters=parameters)
    assert verdict(sure, library, said, 1).supported


def test_the_card(tmp_path):
    parameters = Parameters.read(folder("weights"))
    assert parameters.probability(Signals(1, 1, 1, 1)) > 0.9
    assert parameters.probability(Signals(0, 0, 0, 0)) < 0.1
    with pytest.raises(ModelProblem, match="cannot be read"):
        Parameters.read(tmp_path)


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("number", "Five GPs may use it."),
        ("negation", "Nine GPs may not use it."),
        ("modality", "Nine GPs will use it."),
        ("study", "According to Baker et al. (2021), nine GPs may use it."),
        ("over-generalisation", None),
    ],
)
def test_corruptions_are_what_they_say(kind, made):
    material = Material(other_labels=["Baker et al. (2021)"])
    found = corrupt("Nine GPs may use it.", kind, material, key="k")
    if kind == "number":
        assert found is not None
        assert found.split()[0].lower() not in ("nine", "")
        assert found.endswith("GPs may use it.")
    else:
        assert found == made


def test_halves_are_stable():
    halves = [half_of(key) for key in "abcdef"]
    assert halves == ["held-out", "dev", "held-out", "held-out", "dev", "held-out"]


def test_a_sample_of_the_three_sources(embeddings, verifier, seeds):
    """A fast part of ``python -m eval.verification --seeds-only``: every twelfth true sentence."""
    library = file_passages(sorted(seeds.glob("*.txt")), seeds.parent)
    judged = judge(items(library, embeddings, PARAPHRASES, every=12), verifier, timed=False)
    found = shares(judged)
    assert found["true"].of >= 30
    assert found["corrupted"].of >= 80
    assert set(KINDS) <= set(found)
    assert found["verbatim"].share == 1
    assert found["true"].share >= 0.9
    assert found["corrupted"].share >= 0.95
    quotes = [quote for one in judged for quote in one.verdict.quotes]
    assert all(q.passage.slice(q.start, q.end) == q.text for q in quotes)
