"""Nothing is learned before the writer said so; the answer is kept and found again."""

import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, consent_for, find_voice, grant, matching_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import refresh
from ownhand.manuscript.toml import to_toml
from ownhand.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "novel"
    (path / "part one").mkdir(parents=True)
    return path


def test_asking_writes_nothing(home: Home, folder: Path) -> None:
    assert find_voice(home, folder) is None
    assert consent_for(home, folder / "part one" / "a.md") is None
    assert not home.root.exists()


def test_the_answer_is_kept(home: Home, folder: Path) -> None:
    voice = grant(home, folder, Consent.SUGGEST)
    found = find_voice(home, folder)
    assert found == voice
    assert found is not None
    assert found.consent is Consent.SUGGEST
    assert (voice.path / "voice.toml").stat().st_mode & 0o077 == 0
    assert voice.path.stat().st_mode & 0o077 == 0


def test_a_newer_answer_counts_and_unknown_keys_stay(home: Home, folder: Path) -> None:
    voice = grant(home, folder, Consent.NEITHER)
    file = voice.path / "voice.toml"
    file.write_text(file.read_text() + 'nickname = "the ferry book"\n\n[later]\nanswer = 42\n')
    again = grant(home, folder, Consent.LEARN)
    values = tomllib.loads(file.read_text())
    assert again.path == voice.path
    assert (values["consent"], values["nickname"], values["later"]) == ("learn", "the ferry book", {"answer": 42})
    assert isinstance(values["created"], date)


def test_the_nearest_folder_decides(home: Home, folder: Path) -> None:
    grant(home, folder, Consent.LEARN)
    grant(home, folder / "part one", Consent.NEITHER)
    answers = [consent_for(home, folder / name) for name in ("a.md", "part one/b.md", "part two/c.md")]
    assert [voice.consent for voice in answers if voice] == [Consent.LEARN, Consent.NEITHER, Consent.LEARN]
    assert consent_for(home, folder.parent / "novella" / "a.md") is None


def test_a_link_to_the_folder_is_the_folder(home: Home, folder: Path, tmp_path: Path) -> None:
    voice = grant(home, folder, Consent.LEARN)
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert find_voice(home, link) == voice


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_text("x")])
def test_no_folder_and_no_answer(home: Home, tmp_path: Path, make: Callable[[Path], Any]) -> None:
    make(tmp_path / "page")
    with pytest.raises(WriterError):
        grant(home, tmp_path / "page", Consent.LEARN)
    assert not home.root.exists()


def test_a_newer_format_is_refused_and_left_alone(home: Home, folder: Path) -> None:
    file = grant(home, folder, Consent.LEARN).path / "voice.toml"
    file.write_text(file.read_text().replace("format = 1", "format = 9"))
    with pytest.raises(WriterError, match="newer Ownhand"):
        find_voice(home, folder)
    with pytest.raises(WriterError, match="newer Ownhand"):
        grant(home, folder, Consent.NEITHER)
    assert "format = 9" in file.read_text()


def test_a_newer_voice_of_another_folder_is_no_hindrance(home: Home, folder: Path, tmp_path: Path) -> None:
    file = grant(home, folder, Consent.LEARN).path / "voice.toml"
    file.write_text(file.read_text().replace("format = 1", "format = 9"))
    (tmp_path / "poems").mkdir()
    assert grant(home, tmp_path / "poems", Consent.LEARN) == find_voice(home, tmp_path / "poems")


def test_a_damaged_voice_is_passed_over(home: Home, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = grant(home, folder, Consent.LEARN).path / "voice.toml"
    file.write_bytes(b"\xff\xfe = [")
    assert find_voice(home, folder) is None
    assert "left alone" in caplog.text


def test_a_home_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "wall").write_text("")
    with pytest.raises(WriterError, match="can't write"):
        grant(Home(tmp_path / "wall" / "home"), folder, Consent.LEARN)


def test_a_renamed_folder_is_offered_its_voice(home: Home, manuscript: Any, make_prose: Callable[..., str]) -> None:
    for number in range(5):
        manuscript.write(f"{number}.md", make_prose(number))
    refresh(home, manuscript.folder, Settings(), lambda files, of: None)
    old = find_voice(home, manuscript.folder)
    new_folder = manuscript.folder.rename(manuscript.folder.with_name("moved"))
    (new_folder / "extra.md").write_text(make_prose(77))
    refresh(home, new_folder, Settings(), lambda files, of: None)
    interim = find_voice(home, new_folder)
    assert old and interim and interim.id != old.id
    digests = Corpus.open(interim.index_path).digests()
    offered = matching_voice(home, digests)
    assert offered == old
    assert offered is not None
    grant(home, new_folder, Consent.LEARN, voice=offered)
    found = find_voice(home, new_folder)
    assert found is not None
    assert found.id == old.id
    assert not interim.index_path.exists()


def test_a_stranger_is_offered_nothing(home: Home, manuscript: Any, make_prose: Callable[..., str]) -> None:
    manuscript.write("a.md", make_prose(1))
    refresh(home, manuscript.folder, Settings(), lambda files, of: None)
    manuscript.folder.rename(manuscript.folder.with_name("moved"))
    assert matching_voice(home, {b"another piece"}) is None
    assert matching_voice(home, set()) is None


def test_a_damaged_index_offers_nothing(home: Home, manuscript: Any, make_prose: Callable[..., str]) -> None:
    manuscript.write("a.md", make_prose(1))
    refresh(home, manuscript.folder, Settings(), lambda files, of: None)
    voice = find_voice(home, manuscript.folder)
    assert voice is not None
    digests = Corpus.open(voice.index_path).digests()
    manuscript.folder.rename(manuscript.folder.with_name("moved"))
    voice.index_path.write_bytes(b"no index any more" * 500)
    assert matching_voice(home, digests) is None


@pytest.mark.parametrize("answer", [Consent.SUGGEST, Consent.NEITHER])
def test_an_index_is_not_looked_into_once_consent_was_withdrawn(
    home: Home, manuscript: Any, make_prose: Callable[..., str], answer: Consent
) -> None:
    manuscript.write("a.md", make_prose(1))
    refresh(home, manuscript.folder, Settings(), lambda files, of: None)
    voice = grant(home, manuscript.folder, answer)
    digests = Corpus.open(voice.index_path).digests()
    manuscript.folder.rename(manuscript.folder.with_name("moved"))
    assert matching_voice(home, digests) is None


plain = st.one_of(
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
values = st.dictionaries(
    keys,
    st.recursive(
        plain | st.lists(plain, max_size=3), lambda inner: st.dictionaries(keys, inner, max_size=3), max_leaves=8
    ),
    max_size=5,
)


@given(values)
def test_what_is_written_as_toml_reads_back(table: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(table)) == table


def test_toml_has_no_place_for_other_things() -> None:
    assert to_toml({"at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC)}) == "at = 2026-01-02T03:04:00+00:00\n"
    with pytest.raises(TypeError):
        to_toml({"x": None})
