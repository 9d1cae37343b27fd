"""The network that reads a sentence beside its quotes, with the weights that ship."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.support_model import SupportModel, load_support_model
from ragbot.errors import ModelProblem
from ragbot.resources import folder

QUOTE = "Parents found the nasal balloon acceptable, but uptake was low."


@pytest.fixture(scope="module")
def model() -> SupportModel:
    return load_support_model(folder("weights"), bundled_model_path())


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("Few parents took the balloon up.", "Most parents took the balloon up."),
        ("Uptake of the balloon was poor.", "Uptake of the balloon was good."),
        ("Parents were happy with it.", "GPs were unhappy with it."),
    ],
)
def test_what_is_said_is_likelier_than_what_is_not(
    model: SupportModel, true: str, false: str
) -> None:
    assert model.entailed(true, QUOTE, title="Glue ear") > model.entailed(
        false, QUOTE, title="Glue ear"
    )


def test_of_what_is_not_read_whole_it_says_nothing(model: SupportModel) -> None:
    assert model.entailed("It was liked. " * 60, QUOTE, title="") == 0.0
    assert model.entailed("It was liked.", QUOTE * 40, title="") == 0.0
    assert model.entailed("It was liked.", QUOTE, title="") != 0.0


def test_weights_from_another_reader_are_refused(tmp_path: Path) -> None:
    copy = tmp_path / "weights"
    shutil.copytree(folder("weights"), copy)
    card = json.loads((copy / "reader.json").read_text("utf-8"))
    card["support_belongs_to"] = "0" * 64
    (copy / "reader.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelProblem, match="another reader"):
        load_support_model(copy, bundled_model_path())
