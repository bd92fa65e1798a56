"""The language server as an editor meets it: start, memory, type-through, stalls. The scripted engine answers at once,
so that only the server is measured."""

import asyncio
import json
import time
from pathlib import Path

import psutil

from bench.figures import Figure, quantile
from bench.lsp import Server
from bench.page import STORY

TYPED = {
    "The water": " came up under the floor without a sound, the way a cat comes in, and sat there.",
    "By then": " Toby had the tape round the gatepost and was reading me the wrong end of it.",
    "Nobody": " had told the hens, who went on laying in the chair until the chair went.",
    "A letter": " was leaning on the kettle with its window open and my name spelled for a man.",
    "In the shop": " the long lever hung where he left it, and I hung my coat on that.",
    "Monday": " was weighed and found to be a good half hour short of what they charge for one.",
}
"""What is typed, and the suggestion that is then typed through."""


async def measure(home: Path, folder: Path, starts: int = 7) -> list[Figure]:
    """`folder` is a manuscript whose consent is already given in `home`."""
    script, stalls = home / "script.json", home / "stalls.json"
    script.write_text(json.dumps([{"ends_with": typed, "text": text} for typed, text in TYPED.items()]))
    environment = {"OWNHAND_SCRIPTED": str(script), "OWNHAND_STALLS": str(stalls)}
    started = [await _start(home, folder, environment) for _ in range(starts)]
    async with Server(home, environment) as server:
        await server.initialize(folder)
        uri = (folder / STORY.path).as_uri()
        server.open(uri, STORY.text)
        asked, through = await _type_through(server, uri)
        memory = psutil.Process(server.process.pid).memory_info().rss / 2**20
    stall = json.loads(stalls.read_text())["longest_ms"]
    return [
        Figure(
            "initialize answered after process start, median", quantile(started, 0.5), "s", 0.6, note=f"{starts} starts"
        ),
        Figure("type-through answer, p99", quantile(through, 0.99), "ms", 5, note=f"{len(through)} keystrokes"),
        Figure(
            "the server's share of an asked-for suggestion, median", quantile(asked, 0.5), "ms", note="scripted engine"
        ),
        Figure("server memory without engine", memory, "MB", 120, note="resident, after typing"),
        Figure("longest event-loop stall", stall, "ms", 25, note="start, scan and typing"),
    ]


async def _start(home: Path, folder: Path, environment: dict[str, str]) -> float:
    async with Server(home, environment) as server:
        return await server.initialize(folder)


async def _type_through(server: Server, uri: str) -> tuple[list[float], list[float]]:
    """Milliseconds of each invoked suggestion, and of each answer while its text is typed letter by letter."""
    asked, through, version = [], [], 1
    first_line = STORY.text.count("\n")
    for number, opening in enumerate(TYPED):
        line, column, version = first_line + 2 * number, len(opening), version + 1
        server.insert(uri, version, line, 0, opening + "\n\n")
        started = time.perf_counter()
        items = await server.inline_completion(uri, line, column, invoked=True)
        asked.append(1000 * (time.perf_counter() - started))
        assert items, server.notifications[-1]
        rest: str = items[0]["insertText"]
        while rest:
            version += 1
            server.insert(uri, version, line, column, rest[0])
            column, rest = column + 1, rest[1:]
            if not rest:
                break
            started = time.perf_counter()
            items = await server.inline_completion(uri, line, column, invoked=False)
            through.append(1000 * (time.perf_counter() - started))
            assert items[0]["insertText"] == rest, "the remainder was not served"
            await asyncio.sleep(0.02)
    return asked, through
