"""Settings from the environment or ``ragbot.toml``; the environment wins.

    RAGBOT_INDEX_DIR=/srv/ragbot/index RAGBOT_PORT=8080 ragbot serve

A setting nobody knows is an error that names the nearest known one: a misspelt
``RAGBOT_FRAME_ANCESTOR`` must not silently leave the chat unframed. Settings are passed as an
object; nothing in ragbot reads the environment on its own.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ragbot.errors import ConfigError

PREFIX = "RAGBOT_"
CONFIG_FILE = Path("ragbot.toml")


class Settings(BaseSettings):
    """Every setting of ragbot. Field names are the environment's names in lower case."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    index_dir: Path = Field(Path("index"), description="where index generations are kept")
    embedding_model: str = Field(
        "", description="sentence-transformers model, by name or path; empty: the bundled MiniLM"
    )
    reranker: str = Field("", description="cross-encoder, by name or path; empty: none")
    llm: str = Field("", description="LangChain provider:model; empty: extractive answers")
    llm_base_url: str = Field("", description="address of an OpenAI-compatible server")
    llm_api_key: SecretStr = Field(SecretStr(""), description="key for the model's provider")
    llm_timeout: float = Field(
        60, gt=0, description="seconds for a written answer; then exact quotes instead"
    )
    llm_first_timeout: float = Field(
        20, gt=0, description="seconds until its first verified sentence; then exact quotes"
    )
    llm_retries: int = Field(2, ge=0, le=5, description="times a failed call is tried again")
    show_unverified: bool = Field(
        False, description="show, marked, what the model wrote without support"
    )
    verifier: str = Field(
        "", description="second checker of written sentences: provider:model, or a folder"
    )
    suggestions: bool = Field(True, description="offer follow-up questions under an answer")
    chroma_url: str = Field("", description="a Chroma server instead of the embedded store")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(7860, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    root_path: str = Field(
        "", pattern=r"^(/[^\s?#]*[^/\s?#])?$", description="path prefix behind a proxy, e.g. /chat"
    )
    frame_ancestors: str = Field(
        "", description="origins that may frame the chat, separated by spaces or commas"
    )
    auth: Literal["none", "basic", "proxy-header", "oidc"] = Field(
        "none", description="who may use the server"
    )
    auth_file: Path = Field(
        Path("users.htpasswd"), description="basic: names and hashes; see ragbot user add"
    )
    auth_header: str = Field(
        "X-Remote-User", description="proxy-header: the header in which the proxy names the user"
    )
    public_origin: str = Field(
        "", description="where users see ragbot, e.g. https://ragbot.example.nhs.uk; needed by oidc"
    )
    oidc_discovery: str = Field(
        "", description="oidc: the provider's …/.well-known/openid-configuration"
    )
    oidc_client_id: str = Field("", description="oidc: ragbot's id with the provider")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="oidc: ragbot's secret with the provider; empty: public client"
    )
    oidc_user_claim: str = Field(
        "sub", description="oidc: the claim that names the user, e.g. preferred_username or email"
    )
    session_key: SecretStr = Field(
        SecretStr(""), description="oidc: signs sessions; empty: a new one at each start"
    )
    session_hours: int = Field(8, ge=1, le=168, description="oidc: hours until the next sign-in")
    metrics_from: str = Field(
        "", description="addresses or networks that may read /metrics without signing in"
    )
    log_questions: bool = Field(
        False,
        description="write questions to the log; readers' words in feedback are kept only with it",
    )
    feedback: str = Field(
        "", description="file for readers' feedback; empty: feedback.db in the index folder; off"
    )
    contact: str = Field(
        "", description="who runs this and how to reach them, for the accessibility statement"
    )
    top_k: int = Field(30, ge=1, le=100, description="passages found for one question")
    max_question_chars: int = Field(2000, ge=100, description="a longer question is refused")
    file_seconds: float = Field(60, gt=0, description="seconds that parsing one file may take")
    file_memory_mb: int = Field(
        2048, ge=256, description="memory that parsing one file may take, in MB"
    )
    ocr: bool = Field(
        False, description="read scanned PDF pages by tesseract or ocrmypdf, where installed"
    )
    originals: str = Field(
        "", description="ingested folders, by commas, whose PDFs readers may open; empty: none"
    )
    threads: int = Field(0, ge=0, description="torch threads; 0: one in the server, all in ingest")
    trusted_proxies: str = Field(
        "", description="addresses or networks of proxies whose X-Forwarded-… headers count"
    )
    max_running: int = Field(1, ge=1, le=64, description="questions computed at once")
    max_waiting: int = Field(64, ge=0, le=10_000, description="questions waiting for their turn")
    time_limit: float = Field(90, gt=0, description="seconds for one question, waiting included")
    limit_user: str = Field("30/minute", description="questions of one signed-in user; empty: any")
    limit_address: str = Field("300/minute", description="questions from one address; empty: any")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="info: a JSON line a question and request on stderr; warning: trouble"
    )
    audit_log: str = Field("", description="file of the hash-chained audit log; empty: none")
    audit_days: int = Field(0, ge=0, description="days an audit record is kept; 0: for ever")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then ``ragbot.toml`` in the working directory."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=CONFIG_FILE)
        return init_settings, env_settings, toml


def load_settings(**overrides: object) -> Settings:
    """Read the settings; ``overrides`` (from the command line) win, None means "not given".

    Raises:
        ConfigError: an unknown setting, or a value that does not fit.
    """
    _refuse_unknown_variables()
    given = {key: value for key, value in overrides.items() if value is not None}
    try:
        settings = Settings(**cast("dict[str, Any]", given))
    except ValidationError as error:
        raise ConfigError(_in_plain_words(error), hint="See the settings in the README.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{CONFIG_FILE} is not valid TOML: {error}.") from error
    return settings


def _known() -> list[str]:
    return [PREFIX + name.upper() for name in Settings.model_fields]


def _refuse_unknown_variables() -> None:
    known = _known()
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            raise ConfigError(f"Unknown setting {name}.", hint=_nearest(name, known))


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return f"Did you mean {near[0]}?" if near else ""


def _in_plain_words(error: ValidationError) -> str:
    parts = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            near = _nearest(PREFIX + name.upper(), _known()).removeprefix("Did you mean ")
            near = near.removeprefix(PREFIX).removesuffix("?").lower()
            parts.append(f"Unknown setting {name!r} in {CONFIG_FILE}; did you mean {near!r}?")
        else:
            parts.append(f"Setting {PREFIX}{name.upper()}: {item['msg']}.")
    return " ".join(parts)
