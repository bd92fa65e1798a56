"""The writer's voice in Neovim: learning it, choosing it blind, writing with it and without."""

import shutil
from pathlib import Path

import pytest
from nvim_screen import Neovim

from conftest import ROOT, SENTENCE, Desk, status
from learned_voice import WHY, learn_by_hand
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder
from ownhand.verdicts.reading.figures import recent
from ownhand.voices.reveal import Reveal

LONG = 240
"""Seconds until a trainer of which nothing is in memory has made a step, on two cores that others use too."""


def learned(desk: Desk) -> VoiceFolder:
    """A voice waits for the writer's choice."""
    desk.configure(consent=1)
    return learn_by_hand(Home(desk.folder / "ownhand"), desk.manuscript, desk.folder / "workshop")


def line(neovim: Neovim) -> str:
    return str(neovim.lua("return require('ownhand').statusline()"))


def learning(neovim: Neovim) -> str:
    return str(status(neovim)["learning"]["state"])


def ask(neovim: Neovim, command: str, words: str) -> None:
    neovim.keys(f"<Esc>:Ownhand {command}<CR>")
    neovim.wait(lambda frame: words in " ".join(frame.text.split()), words)


def who_writes(neovim: Neovim, voice: VoiceFolder) -> str:
    """Have something suggested on a new line; the voice that the ledger says it came from, "" for none."""
    before = len(recent(voice.ledger_path)) if voice.ledger_path.exists() else 0
    neovim.keys("<Esc>Go<CR>The boat sank in the deep, an")
    neovim.keys("d")
    neovim.wait_ghost(SENTENCE.strip())
    neovim.wait_until(lambda: voice.ledger_path.exists() and len(recent(voice.ledger_path)) > before, "it is noted")
    neovim.keys("<Esc>dd")
    return recent(voice.ledger_path)[0].adapter or ""


@pytest.mark.parametrize("desk", ["0.10.4", "0.12.4"], indirect=True)
def test_a_first_voice_is_chosen_blind_and_writes_at_once(desk: Desk) -> None:
    voice = learned(desk)
    neovim = desk.open(text="It was the year of the long rain.\n", width=110, height=60)
    neovim.wait_until(lambda: "your voice waits" in line(neovim), "the voice waits in the status line")
    history = neovim.lua("return require('ownhand.messages').history")
    assert [message for message in history if "`:Ownhand reveal`" in message]
    assert who_writes(neovim, voice) == ""

    neovim.keys(":Ownhand reveal<CR>")
    neovim.wait(lambda frame: "1 of 3: Low water" in frame.text, "the first place")
    page = "\n".join(neovim.buffer)
    assert "    lies in the mud\n    like a name\n        nobody says" in page
    assert "yours" not in page.partition("1 of 3")[2]
    neovim.keys("31<CR>")
    neovim.wait(lambda frame: "choose at place 3, too" in frame.text, "a choice is missing")
    neovim.keys("1<CR>")
    neovim.wait(lambda frame: "you chose your own words at 2, the voice at 1" in frame.text, "whose they are")
    chosen = [row for row in neovim.buffer if row.startswith(">")]
    assert chosen == ["> with your voice, chosen by you", "> yours, chosen by you", "> yours, chosen by you"]
    neovim.keys("u")
    neovim.wait(lambda frame: "from now on" in frame.text, "what came of it")
    neovim.keys("q")
    neovim.wait_until(lambda: line(neovim).endswith("your voice"), "the voice writes")
    assert who_writes(neovim, voice) == f"{voice.id}-1"

    ask(neovim, "without-voice", "suggestions come without your voice now.")
    assert who_writes(neovim, voice) == ""
    ask(neovim, "without-voice", "suggestions come in your voice again.")
    ask(neovim, "rollback", "The bare model writes from now on")
    assert who_writes(neovim, voice) == ""
    assert neovim.call("nvim_call_function", "getcompletion", ["Ownhand activate ", "cmdline"]) == ["1"]
    ask(neovim, "activate 1", "Voice 1 writes")
    assert who_writes(neovim, voice) == f"{voice.id}-1"


@pytest.mark.parametrize("desk", ["0.11.4"], indirect=True)
def test_a_first_voice_without_places_is_decided_on_by_what_its_exam_found(desk: Desk) -> None:
    voice = learned(desk)
    Reveal("1", ()).write(voice.path)
    desk.configure("vim.ui.select = function(items, _, done) done(items[1]) end", consent=0)
    neovim = desk.open(text="It was the year of the long rain.\n", width=120, height=30)
    neovim.wait_until(lambda: "your voice waits" in line(neovim), "the voice waits")
    remembered = neovim.lua("return vim.g.OWNHAND_OFFERED")
    assert list(dict(remembered).values()) == [f"{voice.id}-1"], "the first voice after a forgotten one is offered too"
    ask(neovim, "reveal", "Voice 1 writes")
    history = neovim.lua("return require('ownhand.messages').history")
    assert [message for message in history if WHY in message and "no places to compare" in message]
    neovim.wait_until(lambda: line(neovim).endswith("your voice"), "the voice writes")


@pytest.mark.parametrize("desk", ["0.11.4"], indirect=True)
def test_the_voices_their_report_and_the_end(desk: Desk) -> None:
    voice = learned(desk)
    desk.configure(
        """
        vim.ui.open = function(path) vim.g.opened = path return nil, "no browser" end
        vim.ui.select = function(items, options, done)
          vim.g.asked = options.prompt
          done(items[vim.g.answer])
        end
        """,
        consent=0,
    )
    neovim = desk.open(text="It was the year of the long rain.\n", width=120, height=30)
    neovim.wait_until(lambda: "your voice waits" in line(neovim), "the voice waits")
    neovim.keys(":Ownhand voices<CR>")
    neovim.wait(lambda frame: "1 · learned 2026-11-25 · waits for your choice" in frame.text, "the list")
    assert f"    {WHY}" in neovim.buffer
    neovim.keys("q")
    ask(neovim, "report", "open this page in your browser:")
    assert Path(neovim.lua("return vim.g.opened")).read_text("utf-8").startswith("<!doctype html>")

    neovim.lua("vim.g.answer = 1")
    neovim.keys("<Esc>:Ownhand forget<CR>")
    neovim.wait_until(lambda: "1 voice that was learned" in str(neovim.lua("return vim.g.asked")), "what would go")
    assert voice.path.exists()
    neovim.lua("vim.g.answer = 2")
    ask(neovim, "forget", "Removed: 1 voice")
    assert not voice.path.exists()
    assert "your voice" not in line(neovim)


@pytest.mark.parametrize("desk", ["0.12.4"], indirect=True)
@pytest.mark.timeout(600)
def test_learning_says_how_far_it_is_and_can_be_paused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real trainer, on the model that comes along; it is given up before it has learned anything."""
    unscripted = {key: value for key, value in desk.environment().items() if key != "OWNHAND_SCRIPTED"}
    monkeypatch.setattr(desk, "environment", lambda: unscripted)
    for piece in sorted((ROOT / "examples" / "manuscript").rglob("*.md"))[:12]:
        shutil.copy(piece, desk.manuscript)
    desk.configure(consent=1)
    neovim = desk.open(text="It was the year of the long rain.\n", width=120, height=30)
    neovim.wait_until(lambda: status(neovim).get("voice") == "learn", "what the folder allows")
    neovim.keys(":Ownhand train<CR>")
    neovim.wait_until(lambda: learning(neovim) == "training", "the first step", LONG)
    assert "learning 0%" in line(neovim)
    assert "Learning your hand" in neovim.lua("return vim.lsp.status()")
    ask(neovim, "pause", "nothing is lost")
    neovim.wait_until(lambda: "learning paused" in line(neovim), "the pause")
    ask(neovim, "status", "Learning: Paused")
    neovim.keys("q")
    ask(neovim, "cancel", "learning was given up")
    neovim.wait_until(lambda: learning(neovim) == "idle", "nothing is under way")
