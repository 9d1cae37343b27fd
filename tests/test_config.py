"""Settings: the environment wins, nonsense is refused with a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragbot.config import Settings, load_settings
from ragbot.errors import ConfigError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RAGBOT_{name.upper()}", raising=False)


def test_defaults_keep_everything_on_this_machine() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.llm) == ("127.0.0.1", 7860, "")
    assert settings.log_questions is False
    assert settings.index_dir == Path("index")


def test_the_environment_wins_over_the_file_and_arguments_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ragbot.toml").write_text('port = 8001\nhost = "10.0.0.1"\n')
    assert load_settings().port == 8001
    monkeypatch.setenv("RAGBOT_PORT", "8002")
    assert (load_settings().port, load_settings().host) == (8002, "10.0.0.1")
    assert load_settings(port=8003, host=None).port == 8003


def test_an_unknown_variable_names_the_nearest_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGBOT_FRAME_ANCESTOR", "https://intranet.example")
    with pytest.raises(ConfigError, match=r"RAGBOT_FRAME_ANCESTOR.*RAGBOT_FRAME_ANCESTORS"):
        load_settings()


def test_an_unknown_key_in_the_file_names_the_nearest_known_one(tmp_path: Path) -> None:
    (tmp_path / "ragbot.toml").write_text("prot = 8001\n")
    with pytest.raises(ConfigError, match=r"'prot' in ragbot\.toml; did you mean 'port'"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "90000"), ("AUTH", "maybe"), ("ROOT_PATH", "chat/")]
)
def test_a_value_that_does_not_fit_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"RAGBOT_{name}", value)
    with pytest.raises(ConfigError, match=f"RAGBOT_{name}"):
        load_settings()


def test_broken_toml_is_reported(tmp_path: Path) -> None:
    (tmp_path / "ragbot.toml").write_text("port = \n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_settings()


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGBOT_LLM_API_KEY", "sk-secret")
    assert "sk-secret" not in repr(load_settings())
