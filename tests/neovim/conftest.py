"""Real Neovims with the plug-in installed as its users install it, and the real server behind it.

Run `tools/provision-neovim` first; then `pytest tests/neovim`.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from nvim_screen import GHOST_COLOUR, Neovim

from dev_cache import CACHE

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "extensions" / "neovim"
VERSIONS = ("0.10.4", "0.11.4", "0.12.4")

SENTENCE = " the sea went on over it as if nothing had been said."
SCRIPT = {
    "rules": [
        {"ends_with": "deep, and", "text": SENTENCE},
        {"ends_with": "of the first boat", "text": " and nobody on the quay had asked its name."},
    ],
    "default": "",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "neovim: drives the real Neovims that tools/provision-neovim brings")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.neovim)
            # Keys typed at a real screen race with the machine's load; a rerun is counted in the summary.
            item.add_marker(pytest.mark.flaky(reruns=2))


@dataclass
class Desk:
    """A writer's machine in a temporary folder: home, manuscript, configuration, scripted engine."""

    folder: Path
    program: Path
    script: dict[str, Any] = field(default_factory=lambda: json.loads(json.dumps(SCRIPT)))
    opened: list[Neovim] = field(default_factory=list)
    path: str = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    asked: bool = True
    """Answers the question about the folder by itself."""

    @property
    def manuscript(self) -> Path:
        return self.folder / "manuscript"

    def prepare(self) -> None:
        for name in ("home", "config/nvim", "data/nvim/site/pack/ownhand/start", "state", "cache", "run", "manuscript"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "run").chmod(0o700)
        (self.manuscript / ".ownhandignore").touch()
        plugins = self.folder / "data/nvim/site/pack/ownhand/start"
        shutil.copytree(PLUGIN, plugins / "ownhand", dirs_exist_ok=True)

    def environment(self) -> dict[str, str]:
        script = self.folder / "script.json"
        script.write_text(json.dumps(self.script), "utf-8")
        return {
            "PATH": self.path,
            "HOME": str(self.folder / "home"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "OWNHAND_HOME": str(self.folder / "ownhand"),
            "OWNHAND_SCRIPTED": str(script),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }

    def configure(self, lua: str = "", *, settings: str = '["suggestion.trigger"] = "pause"', consent: int = 2) -> None:
        """The writer's init.lua. `consent` picks that answer of every question; 0 leaves vim.ui.select as it is."""
        self.asked = consent > 0
        choose = f"vim.ui.select = function(items, _, done) done(items[{consent}]) end" if consent else ""
        (self.folder / "config/nvim/init.lua").write_text(
            f"""
            vim.o.swapfile = false
            vim.o.termguicolors = true
            vim.o.laststatus = 0
            vim.o.ruler = false
            vim.o.showmode = false
            vim.o.showcmd = false
            vim.api.nvim_set_hl(0, "OwnhandSuggestion", {{ fg = {GHOST_COLOUR} }})
            vim.g.markdown_recommended_style = 0
            {choose}
            require("ownhand").setup({{ settings = {{ ["suggestion.pauseMs"] = 1, {settings} }} }})
            {lua}
            """,
            "utf-8",
        )

    def open(self, name: str = "chapter.md", text: str = "", *, width: int = 60, height: int = 16) -> Neovim:
        """Open a file of the manuscript that holds `text`, and wait until the server serves it."""
        file = self.manuscript / name
        if text or not file.exists():
            file.write_text(text, "utf-8")
        neovim = self.start(str(file), width=width, height=height)
        neovim.wait_until(lambda: served(neovim), "a server for the buffer")
        if self.asked:
            neovim.wait_until(lambda: status(neovim).get("voice"), "the folder's question is settled")
        return neovim

    def start(self, *arguments: str, width: int = 60, height: int = 16) -> Neovim:
        neovim = Neovim(
            self.program,
            arguments,
            environment=self.environment(),
            folder=self.manuscript,
            width=width,
            height=height,
        )
        self.opened.append(neovim)
        return neovim


def served(neovim: Neovim) -> bool:
    return bool(
        neovim.lua(
            """
            local client = vim.lsp.get_clients({ name = "ownhand", bufnr = 0 })[1]
            return client ~= nil and client.initialized
            """
        )
    )


def status(neovim: Neovim) -> dict[str, Any]:
    """What the server last said about itself."""
    return dict(neovim.lua("return require('ownhand.status').of() or vim.empty_dict()") or {})


@pytest.fixture(params=VERSIONS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    program = CACHE / "bin" / f"nvim-{request.param}"
    if not program.exists():
        pytest.fail(f"{program} is missing: run tools/provision-neovim")
    desk = Desk(tmp_path, program)
    desk.prepare()
    desk.configure()
    yield desk
    for neovim in desk.opened:
        neovim.close()
