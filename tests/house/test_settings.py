"""Settings: whatever an editor or a file hands over, there are settings in force and a sentence per bad value."""

import contextlib
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.settings import Settings, declared_settings, is_loopback, read_settings, read_settings_toml

KEYS = [setting.key for setting in declared_settings()]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def nested(key: str, value: object) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def good_values() -> st.SearchStrategy[tuple[str, Any]]:
    def of(setting: Any) -> st.SearchStrategy[tuple[str, Any]]:
        if setting.choices:
            values: Any = st.sampled_from(setting.choices)
        elif setting.type is int:
            values = st.integers(int(setting.minimum), int(setting.maximum))
        else:
            values = st.text() if setting.type is str else st.lists(st.text())
        return values.map(lambda value: (setting.key, value))

    return st.one_of([of(setting) for setting in declared_settings()])


def value_of(settings: Settings, key: str) -> Any:
    return next(getattr(settings, item.name) for item in fields(settings) if item.metadata["setting"].key == key)


@given(good_values())
def test_a_good_value_counts_however_it_is_written(chosen: tuple[str, Any]) -> None:
    key, value = chosen
    expected = tuple(value) if isinstance(value, list) else value
    for configuration in ({key: value}, {f"ownhand.{key}": value}, nested(key, value)):
        settings, complaints = read_settings(configuration)
        assert complaints == []
        assert value_of(settings, key) == expected


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(), JSON, max_size=6))
def test_any_configuration_gives_working_settings(configuration: dict[str, Any]) -> None:
    settings, complaints = read_settings(configuration)
    again, none = read_settings(
        {setting.key: _plain(value_of(settings, setting.key)) for setting in declared_settings()}
    )
    assert (again, none) == (settings, [])
    for complaint in complaints:
        assert complaint.startswith("The setting ownhand.")
        assert complaint.endswith("instead.")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    ("key", "bad", "said"),
    [
        ("engine", "quill", "must be one of auto, ollama, embedded, openai"),
        ("suggestion.pauseMs", -1, "must lie between 0 and 10000"),
        ("suggestion.pauseMs", True, "must be a whole number"),
        ("suggestion.pauseMs", "500", "must be a whole number"),
        ("model", 7, "must be text"),
        ("manuscript.exclude", "drafts/", "must be a list of texts"),
        ("manuscript.exclude", ["drafts/", 3], "must be a list of texts"),
    ],
)
def test_a_bad_value_falls_back_and_is_named_once(key: str, bad: object, said: str) -> None:
    settings, complaints = read_settings({key: bad, "engine" if key != "engine" else "model": "embedded"})
    assert len(complaints) == 1
    assert f"ownhand.{key} {said}" in complaints[0]
    assert value_of(settings, key) == value_of(Settings(), key)


def test_null_is_the_default_and_strangers_are_left_alone() -> None:
    assert read_settings({"engine": None, "somebody.elses": 3, "ollama": None}) == (Settings(), [])


def test_defaults_obey_their_own_rules() -> None:
    for setting in declared_settings():
        assert read_settings({setting.key: setting.default})[1] == []
        assert setting.help.endswith(".")


def test_what_names_an_endpoint_or_a_program_is_machine_scoped() -> None:
    for setting in declared_settings():
        if setting.key.startswith(("engine", "model", "ollama", "openai")):
            assert setting.scope == "machine", setting.key


def test_toml_as_a_writer_would_write_it() -> None:
    lines = ['engine = "ollama"', 'model = "qwen3:1.7b-base"', "[suggestion]", 'length = "phrase"']
    settings, complaints = read_settings_toml("\n".join([*lines, "[manuscript]", 'exclude = ["old/"]']))
    assert complaints == []
    assert (settings.engine, settings.model, settings.suggestion_length) == ("ollama", "qwen3:1.7b-base", "phrase")
    assert settings.manuscript_exclude == ("old/",)


@given(st.text())
def test_broken_toml_is_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        read_settings_toml(text)


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:11434", True),
        ("http://localhost:8000/v1", True),
        ("localhost:11434", True),
        ("127.0.0.5", True),
        ("http://[::1]:8000", True),
        ("http://ollama.localhost", True),
        ("http://192.168.1.20:11434", False),
        ("https://example.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("", False),
    ],
)
def test_what_is_this_very_machine(address: str, local: bool) -> None:
    assert is_loopback(address) is local
