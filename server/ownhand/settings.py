"""Every setting, declared once: type, default, bounds, help, scope.

`package.json`, the Neovim help and `docs/settings.md` are generated from here. Values arrive as the plain JSON of
an editor's configuration; a bad one falls back to its default and is named in one message.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_address
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

Scope = Literal["machine", "window", "resource"]


@dataclass(frozen=True)
class Setting:
    """One declared setting. `key` is its name under `ownhand.`; bounds are inclusive and for numbers alone.

    A "machine" setting names an endpoint or a program: a manuscript folder's own settings file can't set it.
    """

    key: str
    type: Any
    default: Any
    help: str
    scope: Scope = "resource"
    minimum: float | None = None
    maximum: float | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        return get_args(self.type) if get_origin(self.type) is Literal else ()


def _setting(
    key: str,
    type_: Any,
    default: Any,
    text: str,
    scope: Scope = "resource",
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:
    declared = Setting(key, type_, default, text, scope, minimum, maximum)
    if isinstance(default, list):
        return field(default_factory=lambda: tuple(default), metadata={"setting": declared})
    return field(default=default, metadata={"setting": declared})


@dataclass(frozen=True)
class Settings:
    """The values in force. Built by `read_settings`; the defaults are a working configuration."""

    engine: Literal["auto", "ollama", "embedded", "openai"] = _setting(
        "engine",
        Literal["auto", "ollama", "embedded", "openai"],
        "auto",
        "Who writes the suggestions. `auto` takes the model that you chose from your own Ollama while Ollama answers, "
        "else the embedded engine with the packaged model.",
        "machine",
    )
    model: str = _setting(
        "model",
        str,
        "",
        "The model: a name in Ollama, the path of a GGUF file for the embedded engine, or the name that an "
        "OpenAI-compatible server knows. Empty: the packaged model, which shows how Ownhand works but writes poorly.",
        "machine",
    )
    ollama_host: str = _setting(
        "ollama.host",
        str,
        "http://127.0.0.1:11434",
        "Where Ollama listens. Your text goes to this address and nowhere else.",
        "machine",
    )
    openai_base_url: str = _setting(
        "openai.baseUrl",
        str,
        "",
        "Base address of an OpenAI-compatible server (vLLM, llama-server), for example http://127.0.0.1:8000/v1. "
        "Your text goes to this address.",
        "machine",
    )
    openai_api_key: str = _setting(
        "openai.apiKey", str, "", "Key for the OpenAI-compatible server, when it wants one.", "machine"
    )
    manuscript_include: tuple[str, ...] = _setting(
        "manuscript.include",
        list[str],
        [],
        "Patterns of files that belong to the manuscript, as in .gitignore. "
        "Empty: every file in a format that Ownhand reads.",
    )
    manuscript_exclude: tuple[str, ...] = _setting(
        "manuscript.exclude", list[str], [], "Patterns of files that don't belong to the manuscript, as in .gitignore."
    )
    suggestion_trigger: Literal["auto", "manual", "pause"] = _setting(
        "suggestion.trigger",
        Literal["auto", "manual", "pause"],
        "auto",
        "When suggestions start: `pause` after you stopped typing for a moment, `manual` only by a key. "
        "`auto` is `manual` while the small packaged model serves, else `pause`.",
        "window",
    )
    suggestion_pause_ms: int = _setting(
        "suggestion.pauseMs",
        int,
        0,
        "The pause before a suggestion starts by itself, in milliseconds. "
        "0: Ownhand follows your own rhythm, from half a second up.",
        "window",
        0,
        10_000,
    )
    suggestion_length: Literal["phrase", "sentence", "paragraph"] = _setting(
        "suggestion.length",
        Literal["phrase", "sentence", "paragraph"],
        "sentence",
        "How far a suggestion goes in prose. In verse it goes to the end of the line or the stanza.",
        "window",
    )
    verdicts_keep_days: int = _setting(
        "verdicts.keepDays",
        int,
        90,
        "Days for which the texts of suggestions, and what stood around them, are kept after it is known what became "
        "of them. Their figures stay.",
        "window",
        1,
        3650,
    )
    training_when: Literal["idle", "manual", "always"] = _setting(
        "training.when",
        Literal["idle", "manual", "always"],
        "idle",
        "When Ownhand learns your hand. `idle`: by itself, once there is enough new text, you have not typed for a "
        "while and the machine is not on its battery; it rests while you write. `manual`: only when you say so. "
        "`always`: by itself too, and it goes on while you write.",
        "window",
    )
    training_device: Literal["auto", "cpu", "cuda", "xpu", "mps"] = _setting(
        "training.device",
        Literal["auto", "cpu", "cuda", "xpu", "mps"],
        "auto",
        "What learns: `auto` takes a graphics card that can do it, else the processor.",
        "machine",
    )
    training_trainer: Literal["auto", "unsloth", "peft"] = _setting(
        "training.trainer",
        Literal["auto", "unsloth", "peft"],
        "auto",
        "The program that does the learning. `auto` takes the faster one that works.",
        "machine",
    )


def declared_settings() -> list[Setting]:
    """All settings in the order of declaration."""
    return [item.metadata["setting"] for item in fields(Settings)]


def as_configuration(settings: Settings) -> dict[str, Any]:
    """The values as `read_settings` takes them."""
    values = {item.metadata["setting"].key: getattr(settings, item.name) for item in fields(Settings)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def read_settings(configuration: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """Settings from the value of the `ownhand` section, nested ({"ollama": {"host": ...}}) or dotted.

    Returns the settings and one sentence per bad value, naming the value's key and what is used instead.
    Unknown keys are ignored: an extension may have settings of its own.
    """
    flat = _flatten(configuration)
    settings, complaints = Settings(), []
    for item in fields(Settings):
        setting: Setting = item.metadata["setting"]
        if flat.get(setting.key) is None:
            continue
        try:
            value = _accepted(setting, flat[setting.key])
        except ValueError as error:
            shown = json.dumps(setting.default)
            complaints.append(f"The setting ownhand.{setting.key} {error}; Ownhand uses {shown} instead.")
            continue
        settings = replace(settings, **{item.name: value})
    return settings, complaints


def read_settings_toml(text: str) -> tuple[Settings, list[str]]:
    """Settings for the command line: `settings.toml` in the data folder. Raises ValueError on broken TOML."""
    return read_settings(tomllib.loads(text))


def is_loopback(address: str) -> bool:
    """Does this URL name this very machine?"""
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _flatten(configuration: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in configuration.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}".removeprefix("ownhand.")] = value
    return flat


def _accepted(setting: Setting, value: Any) -> Any:
    """`value` as the setting's type; raises ValueError with a predicate ("must be ...")."""
    if setting.choices:
        if value not in setting.choices:
            raise ValueError(f"must be one of {', '.join(setting.choices)}")
        return value
    if setting.type is int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("must be a whole number")
        low, high = setting.minimum, setting.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"must lie between {low} and {high}")
        return value
    if setting.type is str:
        if not isinstance(value, str):
            raise ValueError("must be text")
        return value
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValueError("must be a list of texts")
    return tuple(value)
