"""The report, with the card of a real training on the example manuscript: what a writer reads, what stands in it."""

import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, find_voice
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.voices.card import Card, LearnedFrom
from ownhand.voices.report import write_report
from ownhand.voices.reveal import BEFORE, VOICE, YOURS, Place, Reveal
from ownhand.voices.store import ADAPTERS, GGUF, VoiceStore

DATA = Path(__file__).parent / "data"
MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    """The example manuscript, read."""
    home = Home(tmp_path_factory.mktemp("home"))
    refresh(home, MANUSCRIPT, Settings(), lambda *_: None)
    return home, MANUSCRIPT


@pytest.fixture
def voice(read: tuple[Home, Path]) -> VoiceFolder:
    found = find_voice(*read)
    assert found is not None
    for file in ("active.json", "reveal.json"):
        (found.path / file).unlink(missing_ok=True)
    for left in (found.path / ADAPTERS).glob("*/*"):
        left.unlink()
    return found


def add(voice: VoiceFolder, number: int, **changes: object) -> Card:
    folder = voice.path / ADAPTERS / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    card = replace(Card.read(DATA), **changes)
    card.write(folder)
    (folder / GGUF).write_bytes(b"GGUF")
    return card


class Reading(HTMLParser):
    """The text of a page by itself, and every tag with what it refers to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []
        self.spoken = ""
        self.text = ""
        self.feed(page)
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for key, value in attrs if key in ("src", "href", "action")]
        self.spoken += dict(attrs).get("aria-label") or ""

    def handle_data(self, data: str) -> None:
        self.text += data


def reading(read: tuple[Home, Path], voice: VoiceFolder) -> Reading:
    return Reading(write_report(read[0], voice).read_text(encoding="utf-8"))


def test_a_writer_reads_what_was_learned_from_what_and_how_it_was_proved(read, voice):
    card = add(voice, 1)
    page = reading(read, voice)
    assert card.why in page.text
    assert "from 47 pieces of yours" in page.text
    assert "waits for you: it is not switched on" in page.text
    assert "8 pieces of yours were kept aside" in page.text
    assert "5.8 points more than the bare model gets from reading pages of yours first" in page.text
    assert "made texts by other people 4.9% harder to foretell" in page.text
    assert "wrote 2,091 words" in page.text
    assert "more than 5 words in a row" in page.text
    assert "Dunnet's Gap" in page.text
    assert "What was kept aside to test it" in page.text
    assert page.text.index("What was kept aside") < page.text.index("What the surveyor left")
    assert f'ownhand voices "{MANUSCRIPT}" activate 1' in page.text
    assert "licence (Apache-2.0) lets you use" in page.text


def test_the_plot_is_spoken_for_those_who_do_not_see_it(read, voice):
    add(voice, 1)
    spoken = reading(read, voice).spoken
    assert "on an empty page: 9.7 percent, between 9.0 and 11.4" in spoken
    assert "pages of yours in front of it: 3.9 percent, between 2.9 and 5.4" in spoken
    assert "texts by other people: -4.9 percent" in spoken


def test_an_engineer_finds_every_figure_below(read, voice):
    card = add(voice, 1)
    below = reading(read, voice).text.partition("The same for an engineer")[2]
    for arm in card.metrics["arms"]:
        assert f"{arm['bits_per_byte']:.4f}".rstrip("0") in below
    for expected in (card.base.digest, card.held_out_digest, "14.5698", "0.9973", "33.1", card.versions["torch"]):
        assert expected in below
    assert "Recipe: seed" in below


def test_the_page_needs_nothing_and_is_the_writers_alone(read, voice):
    add(voice, 1)
    path = write_report(read[0], voice)
    page = Reading(path.read_text(encoding="utf-8"))
    assert path.parent == voice.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert page.references == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "://" not in path.read_text(encoding="utf-8")


def test_titles_and_texts_are_text_and_never_markup(read, voice):
    add(voice, 1, pieces=(LearnedFrom("gone", "<script>alert('Suet & lard')</script>"),))
    Reveal("1", (Place("<b>", "a & b", ("<i>one</i>", "two", "three"), (YOURS, BEFORE, VOICE)),), (2,), "use").write(
        voice.path
    )
    page = reading(read, voice)
    assert "<script>alert('Suet & lard')</script>" in page.text
    assert "<i>one</i>" in page.text
    assert not {"script", "b", "i"} & set(page.tags)


def test_a_declined_lesson_is_told_in_the_gates_words(read, voice):
    why = "It learned nothing that shows: on pages of yours that it never saw, it is hardly better than the bare model."
    add(voice, 1, decision="declined", why=why, rule="gain")
    page = reading(read, voice)
    assert why in page.text
    assert "was declined, so it doesn’t write" in page.text


def test_the_page_is_about_what_writes_and_tells_of_every_lesson(read, voice):
    add(voice, 1)
    add(voice, 2, decision="declined", why="It goes round in circles.", rule="looping")
    VoiceStore(voice.path).activate("1")
    page = reading(read, voice)
    assert "Voice 1 was made" in page.text
    assert "It writes for you now." in page.text
    lessons = page.text[page.text.index("Every lesson so far") :]
    assert "Declined. It goes round in circles." in lessons


def test_from_one_piece_nothing_is_concluded(read, voice):
    add(voice, 1, decision="undecided", metrics={**Card.read(DATA).metrics, "pieces": 1})
    page = reading(read, voice)
    assert "Only 1 piece of yours could be tested on" in page.text
    assert "is how you write, then" not in page.text
    assert "thin line" not in page.text
    add(voice, 1)
    assert "is how you write, then" in reading(read, voice).text


def test_what_could_not_be_measured_is_left_out_and_said(read, voice):
    metrics = {"gain": {"value": None, "low": None, "high": None}, "specific_gain": None, "arms": []}
    add(voice, 1, decision="undecided", why="Too little to tell.", metrics=metrics)
    page = reading(read, voice)
    assert "Nothing could be measured" in page.text
    assert "nan" not in page.text.lower().split()
    assert "svg" not in page.tags


def test_the_compared_places_stay_blind_until_the_writer_has_chosen(read, voice):
    add(voice, 1)
    texts = ("the turn in the cart road", "the church the church", "a man that they’d told")
    place = Place("The Gone", "the cart road", texts, (VOICE, BEFORE, YOURS))
    reveal = Reveal("1", (place,))
    reveal.write(voice.path)
    assert "the church the church" not in reading(read, voice).text
    reveal.choose([0]).write(voice.path)
    shown = reading(read, voice).text
    at = [shown.index(words) for words in ("What you wrote", texts[2], "The model before", texts[1], "With your voice")]
    assert at == sorted(at)
    assert "With your voice (your choice)" in shown


def test_without_an_adapter_the_page_says_what_is_there_and_how_to_begin(read, voice):
    page = reading(read, voice)
    assert "Nothing has been learned yet." in page.text
    assert "You have 10,504 words of your own to learn from." in page.text
    assert f'ownhand train "{MANUSCRIPT}"' in page.text


@pytest.fixture
def ownhand(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "ferry.md").write_text("# The ferry\n\nThe ferry left at six, and nobody waved.\n")

    def run(*arguments: str):
        command = [sys.executable, "-m", "ownhand", "report", str(tmp_path / "book"), *arguments]
        environment = os.environ | {"OWNHAND_HOME": str(tmp_path / "home")}
        return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)

    return run


def test_the_command_says_where_the_page_is_and_how_many_words_are_missing(ownhand, tmp_path):
    done = ownhand()
    assert done.returncode == 0, done.stderr
    page = Path(done.stderr.strip().removeprefix("The page is "))
    assert page.is_relative_to(tmp_path / "home")
    assert "692 more words, and Ownhand can try." in page.read_text(encoding="utf-8")


def test_the_page_can_be_written_elsewhere_and_the_facts_read_as_json(ownhand, tmp_path):
    done = ownhand("--out", "page.html", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["page"] == str(tmp_path / "page.html")
    assert (facts["adapter"], facts["words"]) == (None, 8)
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o600
    for where, words in ((".", "is a folder"), ("nowhere/page.html", "There is no folder")):
        refused = ownhand("--out", where)
        assert refused.returncode == 1
        assert words in refused.stderr
        assert refused.stderr.count("\n") == 1


def test_the_page_replaces_an_older_one_and_no_file_of_the_writer(ownhand, tmp_path):
    for _ in range(2):
        assert ownhand("--out", "page.html").returncode == 0
    for written in ("# The ferry\n", "<!doctype html>\n<html><head><title>My site</title></head></html>\n"):
        (tmp_path / "page.html").write_text(written)
        refused = ownhand("--out", "page.html")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "is there already, and it is not of Ownhand's making. Name another file." in refused.stderr
        assert (tmp_path / "page.html").read_text() == written


def test_a_folder_that_may_not_be_learned_from_is_told_so(read, voice):
    page = reading(read, replace(voice, consent=Consent.SUGGEST))
    assert "You told Ownhand not to learn from this folder." in page.text
    assert "ownhand train" not in page.text
