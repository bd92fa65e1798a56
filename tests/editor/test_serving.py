"""The suggesters over one engine."""

import json
from pathlib import Path

import pytest

from ownhand.editor.serving import Serving
from ownhand.home import Home
from ownhand.manuscript.corpus import Corpus
from ownhand.suggestions.own_text import OwnText

FOLDER = "file:///book"


async def test_what_was_read_is_let_go_when_the_folder_is_forbidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suggester went on to hold the writer's passages, and an answer that was under way still came of them."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps([]))
    monkeypatch.setenv("OWNHAND_SCRIPTED", str(script))
    corpora: dict[str | None, OwnText] = {FOLDER: Corpus(tmp_path / "index.sqlite3")}
    serving = Serving(Home(tmp_path / "home"), corpora.get, can_ask=True)
    learned = await serving.suggester(FOLDER)
    await serving.suggester(None)
    serving.forbidden(FOLDER)
    assert serving.known(FOLDER) is learned, "nothing was forbidden"
    corpora.clear()
    serving.forbidden(FOLDER)
    assert serving.known(FOLDER) is None
    assert serving.known(None) is not None
    await serving.close()
