"""Plain language clients with the very settings that docs/other-editors.md gives."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from nvim_screen import Neovim

from conftest import ROOT, SENTENCE, Desk, served

PAGE = (ROOT / "docs" / "other-editors.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def plain(desk: Desk) -> Neovim:
    """Neovim 0.12 without the plug-in, configured as the page says."""
    shutil.rmtree(desk.folder / "data")
    (desk.folder / "config/nvim/init.lua").write_text(
        "vim.ui.select = function(items, _, done) done(items[2]) end\n" + block("lua"), "utf-8"
    )
    file = desk.manuscript / "chapter.md"
    file.write_text("The boat sank in the deep, an", "utf-8")
    neovim = desk.start(str(file))
    neovim.wait_until(lambda: served(neovim), "a server for the buffer")
    neovim.keys("Ad")
    neovim.wait(lambda frame: "the sea went on" in frame.text, "the suggestion")
    return neovim


@pytest.mark.parametrize("desk", ["0.12.4"], indirect=True)
def test_neovims_own_client_takes_the_whole(plain: Neovim) -> None:
    plain.keys("<Tab>")
    plain.wait_until(lambda: plain.buffer == ["The boat sank in the deep, and" + SENTENCE], "accepted")


@pytest.mark.parametrize("desk", ["0.12.4"], indirect=True)
def test_neovims_own_client_drops_what_was_typed_already(plain: Neovim) -> None:
    plain.keys(" the s<Tab>")
    plain.wait_until(lambda: plain.buffer == ["The boat sank in the deep, and" + SENTENCE], "nothing twice")


@pytest.mark.parametrize("desk", ["0.12.4"], indirect=True)
def test_neovims_own_client_can_say_not_mine(plain: Neovim) -> None:
    plain.keys("<M-n>")
    plain.wait(lambda frame: "the sea went on" not in frame.text, "the suggestion is gone")
    assert plain.buffer == ["The boat sank in the deep, and"]
    counts = """
      local client = vim.lsp.get_clients({ name = "ownhand" })[1]
      local answer = client:request_sync("workspace/executeCommand", { command = "ownhand.status" }, 5000, 0)
      return answer.result.counts
    """
    assert plain.lua(counts)["rejected"] == 1


def emacs(folder: Path, text: str, typed: str) -> str:
    """Type `typed` after `text` in Emacs, complete at point, and return what the buffer then holds."""
    if shutil.which("emacs") is None:
        pytest.skip("tools/provision-neovim --emacs brings Emacs")
    manuscript, script = folder / "manuscript", folder / "script.json"
    (folder / "home").mkdir()
    manuscript.mkdir()
    (manuscript / ".ownhandignore").touch()
    (manuscript / "chapter.txt").write_text(text, "utf-8")
    answers = [{"ends_with": "deep, and", "text": SENTENCE}, {"ends_with": "deep, and ", "text": SENTENCE.strip()}]
    script.write_text(json.dumps({"rules": answers, "default": ""}), "utf-8")
    drive = f"""
      (setq eglot-sync-connect 20)
      (find-file "{manuscript}/chapter.txt")
      (call-interactively #'eglot)
      (goto-char (point-max))
      (insert "{typed}")
      (completion-at-point)
      (princ (buffer-string))
      (ignore-errors (eglot-shutdown (eglot-current-server)))
    """
    (folder / "drive.el").write_text(f"(package-initialize)\n{block('elisp')}\n{drive}", "utf-8")
    environment = {**Desk(folder, Path()).environment(), "OWNHAND_SCRIPTED": str(script)}
    script.write_text(json.dumps({"rules": answers, "default": ""}), "utf-8")
    subprocess.run(["ownhand", "corpus", str(manuscript)], env=environment, check=True, capture_output=True)
    ran = subprocess.run(
        ["emacs", "--batch", "-l", str(folder / "drive.el")],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout


def test_emacs_takes_the_suggestion_from_its_completion(tmp_path: Path) -> None:
    assert emacs(tmp_path, "The boat sank in the", " deep, and ") == "The boat sank in the deep, and" + SENTENCE


def test_emacs_in_the_middle_of_a_line(tmp_path: Path) -> None:
    assert emacs(tmp_path, "The boat sank in the", " deep, and") == "The boat sank in the deep, and" + SENTENCE
