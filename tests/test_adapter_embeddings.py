"""The bundled encoder: number by number what the libraries give, faster to load and to run."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ragbot.adapters.sentence_transformers import (
    BUNDLED_SHA256,
    bundled_model_path,
    embedder_info,
    has_bfloat16,
    load_embeddings,
)
from ragbot.errors import ModelProblem

SEEDS = Path(__file__).parent.parent / "seeds"


def texts():
    """Real text of every length, and what is awkward."""
    words = sorted(SEEDS.glob("0*.txt"))[0].read_text("utf-8").split()
    cut = [" ".join(words[at : at + n]) for at, n in ((0, 3), (50, 40), (300, 120), (900, 700))]
    return [*cut, "", "İstanbul ﬁ 日本語 naïve", "a" * 3000, "\udcff asthma", "[SEP] [CLS] mask"]


@pytest.fixture(scope="module")
def library():
    """sentence-transformers itself, on the same weights."""
    load_embeddings()  # keeps the libraries offline before they are imported
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(str(bundled_model_path()), device="cpu")


def test_float32_vectors_are_those_of_sentence_transformers(library):
    usable = [text for text in texts() if text.isprintable() and "\udcff" not in text]
    wanted = library.encode(usable, normalize_embeddings=True, show_progress_bar=False)
    found = load_embeddings(dtype="float32").encode(usable)
    np.testing.assert_allclose(found, wanted, atol=2e-6)


def test_bfloat16_vectors_agree_with_float32():
    exact = load_embeddings(dtype="float32").encode(texts())
    fast = load_embeddings(dtype="bfloat16").encode(texts())
    assert (exact * fast).sum(1).min() > 0.999
    np.testing.assert_allclose(np.linalg.norm(fast, axis=1), 1, atol=1e-5)


def test_the_order_of_texts_and_their_neighbours_change_little():
    embeddings = load_embeddings(dtype="float32", batch_size=4)
    together = embeddings.encode(texts())
    alone = np.stack([embeddings.encode([text])[0] for text in texts()])
    np.testing.assert_allclose(together, alone, atol=2e-6)
    assert embeddings.encode([]).shape == (0, 384)


def test_word_pieces_are_those_of_transformers(library):
    from ragbot.adapters.bert import WordPieces

    pieces = WordPieces.load(bundled_model_path())
    for text in (text for text in texts() if "\udcff" not in text):
        wanted = library.tokenizer(text, add_special_tokens=False, truncation=True, max_length=60)
        assert pieces.ids(text, 60) == list(wanted["input_ids"])


def test_the_network_is_hugging_faces(library):
    import torch
    from transformers import BertModel

    from ragbot.adapters.bert import load_encoder

    ours = load_encoder(bundled_model_path())
    theirs = BertModel.from_pretrained(str(bundled_model_path()), add_pooling_layer=False).eval()
    named = {name: value.shape for name, value in theirs.named_parameters()}
    assert {name: value.shape for name, value in ours.named_parameters()} == named
    ids = torch.randint(5, 30_000, (3, 40))
    mask = torch.ones_like(ids)
    mask[1, 25:] = 0
    segments = torch.zeros_like(ids)
    segments[:, 10:] = 1
    with torch.inference_mode():
        found = ours(ids, mask, segments).last_hidden_state
        wanted = theirs(ids, mask, segments).last_hidden_state
    np.testing.assert_allclose(found[mask == 1], wanted[mask == 1], atol=2e-5)


def test_what_the_index_records_is_known_before_anything_is_loaded():
    info = embedder_info()
    assert info == load_embeddings().info
    assert (info.dimension, info.weights_sha256) == (384, BUNDLED_SHA256)
    assert info.dtype == ("bfloat16" if has_bfloat16() else "float32")
    assert embedder_info("another") is None


def test_another_model_is_loaded_by_sentence_transformers():
    other = load_embeddings(str(bundled_model_path()))
    assert other.info.name == str(bundled_model_path())
    assert (other.info.dimension, other.info.dtype) == (384, "float32")
    near = other.encode(["asthma"]) @ load_embeddings().encode(["asthma"]).T
    assert near[0, 0] > 0.999
    assert other.words() == load_embeddings().words()
    assert len(other.embed_query("asthma")) == 384


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelProblem, match="no-such"):
        load_embeddings(str(tmp_path / "no-such"))


def test_the_bundled_model_loads_without_the_heavy_libraries():
    code = (
        "import json, sys; from ragbot.adapters.sentence_transformers import load_embeddings;"
        "from ragbot.adapters.reader_model import load_reader;"
        "from ragbot.adapters.sentence_transformers import bundled_model_path;"
        "from ragbot.resources import folder;"
        "load_reader(folder('weights'), bundled_model_path());"
        "load_embeddings().embed_query('asthma');"
        "print(json.dumps([m for m in ('transformers', 'sentence_transformers', 'sklearn')"
        " if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
