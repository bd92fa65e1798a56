"""The benchmarks of typing in an editor: the relay changes nothing and notes rightly, and each key meets its answer."""

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.relay import Messages  # noqa: E402
from bench.writing import LINES, PAUSE, Answer, Felt, figures  # noqa: E402

URI = "file:///manuscript/stories/as-found.md"
SERVER = """
import pathlib, sys
heard, says = map(pathlib.Path, sys.argv[1:])
heard.write_bytes(sys.stdin.buffer.read())
sys.stdout.buffer.write(says.read_bytes())
sys.exit(7)
"""
"""Hears until its input ends, says what it was given, and exits."""


def framed(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def message(**content: Any) -> bytes:
    return framed(json.dumps({"jsonrpc": "2.0", **content}, ensure_ascii=False).encode())


def asked(number: int | str, character: int) -> bytes:
    params = {"textDocument": {"uri": URI}, "position": {"line": 4, "character": character}}
    return message(id=number, method="textDocument/inlineCompletion", params=params)


@given(st.lists(st.binary(max_size=40)), st.lists(st.integers(0, 400)))
def test_bodies_come_out_however_the_bytes_are_cut(bodies: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(framed(body) for body in bodies)
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    messages = Messages()
    parts = (whole[start:end] for start, end in itertools.pairwise(edges))
    assert [body for part in parts for body in messages.feed(part)] == bodies


def relayed(folder: Path, sent: bytes, answered: bytes) -> tuple[bytes, bytes, list[dict[str, Any]], int]:
    """What the server heard, what the editor heard, what was noted, and the exit status."""
    heard, says, noted = folder / "heard", folder / "says", folder / "noted.jsonl"
    says.write_bytes(answered)
    server = [sys.executable, "-c", SERVER, str(heard), str(says)]
    relay = [sys.executable, "-I", str(ROOT / "bench" / "relay.py"), str(noted), *server]
    done = subprocess.run(relay, input=sent, capture_output=True, check=False)
    assert done.stderr == b""
    lines = [json.loads(line) for line in noted.read_text().splitlines()]
    return heard.read_bytes(), done.stdout, lines, done.returncode


def test_the_relay_passes_every_byte_and_notes_each_answer(tmp_path: Path) -> None:
    document = {"uri": URI, "version": 2}
    change = message(method="textDocument/didChange", params={"textDocument": document, "contentChanges": []})
    sent = asked(1, 5) + change + asked("two", 6) + asked(3, 7) + asked(4, 8)
    answered = (
        message(id=1, method="workspace/configuration", params={"items": []})
        + message(method="window/logMessage", params={"message": "the sea — “went” on\u2028"})
        + message(id=1, result={"items": [{"insertText": " the sea"}]})
        + message(id="two", result=[])
        + message(id=3, error={"code": -32800, "message": "superseded"})
    )
    heard, came_back, noted, status = relayed(tmp_path, sent, answered)
    assert (heard, came_back, status) == (sent, answered, 7)
    assert [(note["line"], note["character"], note["offered"]) for note in noted] == [
        (4, 5, True),
        (4, 6, False),
        (4, 7, False),
    ]
    assert noted[0]["changed"] == noted[0]["asked"]
    assert all(note["changed"] <= note["asked"] < note["answered"] for note in noted)


def test_the_relay_lets_pass_what_is_no_message(tmp_path: Path) -> None:
    answered = b"Warning: noise\r\n\r\n" + message(id=1, result=[])
    heard, came_back, noted, _ = relayed(tmp_path, asked(1, 5) + b"Content-Length: 90\r\n\r\ncut off", answered)
    assert heard.endswith(b"cut off")
    assert came_back == answered
    assert len(noted) == 1


def test_each_key_is_set_against_its_own_answer() -> None:
    felt = Felt(alone=[8.0], through={(4, 10): 12.0, (4, 11): 9.0}, paused={(4, 9): 30.0}, frames=7, wrong=1)
    answers = [
        Answer(4, 9, asked=1.02, changed=1.0, answered=1.0 + PAUSE + 0.015, offered=True),
        Answer(4, 10, asked=2.0, changed=2.0, answered=2.001, offered=False),
        Answer(4, 10, asked=2.1, changed=2.1, answered=2.104, offered=True),
        Answer(4, 10, asked=2.2, changed=2.1, answered=2.7, offered=True),
    ]
    found = {figure.name: figure for figure in figures("Pen", felt, answers)}
    assert found["Pen: key to visible remainder / server's answer, median"].value == pytest.approx(3)
    assert "1 without an answer" in found["Pen: key to visible remainder / server's answer, median"].note
    assert found["Pen: pause to visible text / server's answer, median"].value == pytest.approx(2)
    assert found["Pen: key to visible remainder, p95"].value == 12
    assert found["Pen: frames without the right remainder"].value == 1


def test_lines_can_be_typed_and_told_apart() -> None:
    for number, (opening, text) in enumerate(LINES):
        assert (opening + text).isascii() and len(opening + text) < 80
        others = [other for other, _ in LINES[:number]] + [other + rest for other, rest in LINES]
        assert not any(other.endswith(opening) for other in others)
