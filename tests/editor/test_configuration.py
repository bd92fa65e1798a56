"""Settings from an editor, and what a folder may not set."""

from typing import Any

from ownhand.editor.configuration import Configuration


async def pulled(configuration: Configuration, *answers: Any) -> None:
    async def ask(scopes: list[str | None]) -> list[Any]:
        assert scopes == [None, "file:///book"]
        return list(answers)

    await configuration.pull(ask, ["file:///book"])


async def test_a_folder_sets_its_own_matters_and_no_endpoint() -> None:
    configuration = Configuration({"ollama": {"host": "http://127.0.0.1:9"}}, lambda _: None)
    own = {
        "engine": "openai",
        "openai": {"baseUrl": "http://198.51.100.1/v1"},
        "ollama.host": "http://198.51.100.1",
        "ownhand.model": "stranger",
        "manuscript": {"exclude": ["drafts/"]},
        "suggestion.length": "phrase",
    }
    await pulled(configuration, {"model": "mine"}, own)
    folder = configuration.of_folder("file:///book")
    assert (folder.engine, folder.model, folder.openai_base_url) == ("auto", "mine", "")
    assert folder.ollama_host == "http://127.0.0.1:9"
    assert folder.manuscript_exclude == ("drafts/",)
    assert folder.suggestion_length == "phrase"
    assert configuration.settings.suggestion_length == "sentence"


async def test_an_answer_of_the_wrong_shape_changes_nothing() -> None:
    configuration = Configuration({"ownhand": {"model": "mine"}}, lambda _: None)
    for answers in ((), (None, None), ("nonsense", 3)):
        await pulled(configuration, *answers)
        assert configuration.settings.model == "mine"


def test_pushed_settings_count_wrapped_or_bare_and_an_empty_push_does_not() -> None:
    configuration = Configuration({}, lambda _: None)
    configuration.pushed({"ownhand": {"suggestion": {"trigger": "manual"}}})
    assert configuration.settings.suggestion_trigger == "manual"
    configuration.pushed({"suggestion.trigger": "pause"})
    assert configuration.settings.suggestion_trigger == "pause"
    for nothing in (None, {}, [], 7):
        configuration.pushed(nothing)
    assert configuration.settings.suggestion_trigger == "pause"


def test_a_bad_value_is_named_once_and_the_default_holds() -> None:
    said: list[str] = []
    configuration = Configuration({"suggestion": {"pauseMs": "long"}}, said.append)
    configuration.pushed({"suggestion": {"pauseMs": "long"}})
    configuration.of_folder("file:///book")
    assert configuration.settings.suggestion_pause_ms == 0
    assert len(said) == 1
    assert "ownhand.suggestion.pauseMs" in said[0]


async def test_a_setting_that_was_taken_back_is_gone() -> None:
    """What the client answers replaces its former answer; only what it sent of itself stays below."""
    configuration = Configuration({"suggestion": {"length": "phrase"}}, lambda _: None)
    await pulled(configuration, {"model": "mine", "suggestion.length": "paragraph"}, None)
    assert (configuration.settings.model, configuration.settings.suggestion_length) == ("mine", "paragraph")
    await pulled(configuration, {}, None)
    assert (configuration.settings.model, configuration.settings.suggestion_length) == ("", "phrase")
