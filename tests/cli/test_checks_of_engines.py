"""What the doctor says of the engine that would write."""

import pytest

from ownhand.commands.checks import engines
from ownhand.commands.checks.finding import State
from ownhand.engines.scripted import ScriptedEngine
from ownhand.home import Home
from ownhand.settings import Settings


class Named(ScriptedEngine):
    def __init__(self, name: str) -> None:
        super().__init__({"": " a word"})
        self._called = name

    @property
    def name(self) -> str:
        return self._called


@pytest.mark.parametrize(
    ("name", "settings", "elsewhere"),
    [
        ("ollama", Settings(), False),
        ("ollama", Settings(ollama_host="http://attic.home.arpa:11434"), True),
        ("openai", Settings(openai_base_url="http://127.0.0.1:8000/v1"), False),
        ("openai", Settings(openai_base_url="https://models.example.org/v1"), True),
        ("embedded", Settings(ollama_host="http://attic.home.arpa:11434"), False),
    ],
)
async def test_an_engine_elsewhere_is_named_as_such(tmp_path, monkeypatch, name, settings, elsewhere):
    async def chosen(*_: object) -> Named:
        return Named(name)

    monkeypatch.setattr(engines, "choose_engine", chosen)
    found = await engines.chosen_engine(Home(tmp_path), settings)
    assert (found.state is State.NOTE) is elsewhere
    assert ("your text goes there" in found.sentence) is elsewhere
    assert (f"ownhand.{name}." in found.fix) is elsewhere
