"""Servers as processes, each with a data folder of its own."""

import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pytest_lsp import LanguageClient, make_test_lsp_client

from lsp_editor import Editor, Start, plain
from verdict_desk import Desk

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for this folder, because tests that leave nothing behind share a server."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


async def launch(
    folder: Path,
    script: Any = None,
    configuration: dict[str, Any] | None = None,
    before: Callable[[LanguageClient], None] | None = None,
    home: Path | None = None,
    largest_file: int | None = None,
    plain_user: bool = False,
    **environment: str,
) -> Editor:
    """Start a server. `script` is the scripted engine's; `before` may give the client more to understand.

    `largest_file` (bytes): a write beyond it fails, as on a full disk. `plain_user`: what is read-only is read-only,
    also where the superuser runs the tests.
    """
    if script is not None:
        path = folder / "script.json"
        path.write_text(json.dumps(script))
        environment["OWNHAND_SCRIPTED"] = str(path)
    home = home or folder / "home"
    client = make_test_lsp_client()
    client.set_configuration({"ownhand": configuration or {}})
    editor = Editor(client, home)
    client.feature("ownhand/status")(lambda params: editor.statuses.append(plain(params)))
    if before is not None:
        before(client)
    command = (sys.executable, "-m", "ownhand", "serve")
    if largest_file is not None:
        command = ("prlimit", f"--fsize={largest_file}", *command)
    if plain_user and os.geteuid() == 0:
        command = ("setpriv", "--bounding-set=-dac_override", *command)
    await client.start_io(*command, env={**os.environ, "OWNHAND_HOME": str(home), **environment})
    return editor


async def put_away(editor: Editor) -> None:
    if editor.process.returncode is None:
        editor.process.kill()
        await editor.process.wait()
    await editor.client.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts servers for one test; arguments as of `launch`."""
    editors: list[Editor] = []

    async def begin(**wanted: Any) -> Editor:
        folder = tmp_path / f"server{len(editors)}"
        folder.mkdir()
        editors.append(await launch(folder, **wanted))
        return editors[-1]

    yield begin
    for editor in editors:
        await put_away(editor)


@pytest.fixture
def desk(tmp_path: Path, start: Start) -> Desk:
    return Desk(tmp_path, start)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def editor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """A shared, initialized plain client before the scripted engine, outside of any folder."""
    script = {"rules": [], "default": " and the water came back without a sound."}
    editor = await launch(tmp_path_factory.mktemp("shared"), script=script)
    await editor.initialize()
    yield editor
    await put_away(editor)
