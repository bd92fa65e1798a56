"""What became of each suggestion, in a real VS Code: after each gesture the ledger is read.

One server and two windows serve the whole module, so every test writes on a page of its own. Nothing is saved: what is
saved becomes a piece, and whole sentences of other pieces are never offered.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from neighbour_extension import write_neighbour
from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.verdicts.reading import figures
from vscode_workbench import PYTHON, VIEWPORT, CodeServer, Window, copy_manuscript, new_window

pytestmark = [pytest.mark.vscode, pytest.mark.timeout(300)]

TIDE = """# Low water

The tide
    goes out
and the gulls
    walk where they swam,

the rope
    hangs slack
on its ring
    of rust,
and the boats"""
BEGUN = {
    "ferry": ("# The ferry\n\nThe ferryman looked across the river and", " saw that the water was higher."),
    "lamp": ("# The lamp\n\nMarta trimmed the lamp, set it in the window and", " waited for the boats to answer."),
    "stove": ("# Marta\n\nBy then the stove had gone out and the kitchen", " smelled of wet wool and tar."),
    "letter": ("# The letter\n\nShe read the letter twice before she", " gave it to the fire."),
    "tide": (TIDE, " lie down\n    in the mud"),
}
"""Pages by kind, and what is suggested at the end of each."""
FERRY, OFFERED = BEGUN["ferry"]
KNOWN, STRANGE = " const ferry = new Ferry();", " return river.width;"
YES_OR_NO = {"type": "boolean", "default": True}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, vsix: Path) -> Iterator[CodeServer]:
    """A VS Code with two others that suggest, one that everybody knows and one that says nothing of itself."""
    root = tmp_path_factory.mktemp("verdicts")
    script = root / "script.json"
    rules = [{"ends_with": text.split("\n")[-1], "text": offered} for text, offered in BEGUN.values()]
    script.write_text(json.dumps({"rules": rules, "default": ""}))
    server = CodeServer(
        root / "vscode",
        environment={"OWNHAND_SCRIPTED": str(script)},
        settings={"ownhand.suggestion.trigger": "manual", "ownhand.suggestion.length": "paragraph"},
        machine_settings={"ownhand.python": PYTHON},
    )
    server.root.mkdir()
    known = write_neighbour(root, "Continue.continue", KNOWN, "continue.enableTabAutocomplete", YES_OR_NO)
    strange = write_neighbour(root, "ida.quill", STRANGE, "quill.on", YES_OR_NO)
    server.start(vsix, known, strange)
    yield server
    server.stop()


@dataclass
class Desk:
    """A window whose folder Ownhand learns from, and the ledger of that folder's voice."""

    window: Window
    ledger: Path
    name: str = ""
    begun: Counter[str] = field(default_factory=Counter)

    def begin(self, kind: str = "ferry") -> Window:
        """The next page of this kind, the cursor at its end."""
        self.begun[kind] += 1
        self.name = f"{kind}-{self.begun[kind]}.md"
        self.window.open(self.name)
        return self.window

    def begin_with_a_suggestion(self, kind: str = "ferry") -> Window:
        window = self.begin(kind)
        window.ask()
        assert self.until_noted(None).text == BEGUN[kind][1]
        return window

    @property
    def noted(self) -> list[figures.Recent]:
        """What the ledger says of this page's suggestions, the last one first."""
        return [one for one in figures.recent(self.ledger) if one.document == self.name]

    def until_noted(self, fate: str | None) -> figures.Recent:
        """Wait until the only suggestion that was seen on this page has this fate."""
        self.window.until(lambda: [one.fate for one in self.noted] == [fate], f"the fate {fate} ({self.noted})")
        return self.noted[0]

    @property
    def taken(self) -> str:
        """What is in the text of the suggestion that was taken last."""
        return figures.accepted_texts(self.ledger, 1)[0]


def sit_down(browser: Browser, server: CodeServer, folder: Path) -> Desk:
    window = new_window(browser, server, folder)
    window.open("notes.md")
    window.answer("May Ownhand learn", "Learn from this folder")
    home = Home(server.root / "ownhand-home")
    window.until(lambda: find_voice(home, folder) is not None, "the folder's voice")
    voice = find_voice(home, folder)
    assert voice is not None
    return Desk(window, voice.path / "ledger.sqlite3")


def pages(settings: Mapping[str, bool]) -> dict[str, str]:
    """More pages than there are tests: a rerun needs a new one, and VS Code's list of files is slow to see it."""
    notes = {"notes.md": "# Notes\n\nAsk Ida about the boat.\n", ".vscode/settings.json": json.dumps(settings)}
    return {**notes, **{f"{kind}-{number}.md": text for kind, (text, _) in BEGUN.items() for number in range(1, 16)}}


@pytest.fixture(scope="module")
def desk(server: CodeServer, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Here the others are switched off."""
    off = pages({"continue.enableTabAutocomplete": False, "quill.on": False})
    desk = sit_down(browser, server, copy_manuscript(tmp_path_factory.mktemp("alone") / "river", off))
    yield desk
    desk.window.page.screenshot(path=server.root / "alone.png")
    desk.window.page.close()


def test_what_is_seen_is_noted_with_its_place(desk: Desk):
    desk.begin_with_a_suggestion()
    shown = desk.until_noted(None)
    assert shown.text == OFFERED
    assert shown.before.endswith("looked across the river and")


def test_tab_is_noted_once_as_the_suggestions_own_command(desk: Desk):
    window = desk.begin_with_a_suggestion()
    before = figures.read_statistics(desk.ledger).total
    window.take("Tab")
    taken = desk.until_noted("accepted")
    assert (taken.learned, taken.sure) == ("command", 1.0)
    assert desk.taken == OFFERED
    after = figures.read_statistics(desk.ledger).total
    assert (after.accepted, after.partial) == (before.accepted + 1, before.partial)


def test_a_word_is_a_part(desk: Desk):
    window = desk.begin_with_a_suggestion()
    window.take("Control+ArrowRight")
    assert desk.until_noted("partial").learned == "editor"
    assert desk.taken == " saw"


def test_an_accept_after_two_words_counts_once(desk: Desk):
    window = desk.begin_with_a_suggestion("lamp")
    before = figures.read_statistics(desk.ledger).total
    window.take("Control+ArrowRight")
    window.take("Control+ArrowRight")
    desk.until_noted("partial")
    window.take("Tab")
    desk.until_noted("accepted")
    assert desk.taken == BEGUN["lamp"][1]
    after = figures.read_statistics(desk.ledger).total
    assert (after.offered, after.accepted, after.partial) == (before.offered, before.accepted + 1, before.partial)


def test_the_key_held_down_takes_every_word(desk: Desk):
    window = desk.begin_with_a_suggestion()
    for _ in range(3):
        window.press("Control+ArrowRight")
    window.until(lambda: window.ghost == " water was higher.", "three words to be taken")
    desk.until_noted("partial")
    window.until(lambda: desk.taken == " saw that the", "the ledger to have all three")


def test_a_line_of_verse_is_a_part(desk: Desk):
    window = desk.begin_with_a_suggestion("tide")
    window.take("Control+ArrowDown")
    assert desk.until_noted("partial").learned == "editor"
    assert desk.taken == " lie down"


def test_escape_puts_away_and_judges_nothing(desk: Desk):
    window = desk.begin_with_a_suggestion("stove")
    window.press("Escape")
    window.expect_no_ghost()
    assert desk.until_noted("dismissed").learned == "command"


def test_not_mine_is_noted_at_once_and_the_reason_after_it(desk: Desk):
    window = desk.begin_with_a_suggestion("letter")
    window.press("Shift+Escape")
    window.expect_no_ghost()
    refused = desk.until_noted("rejected")
    assert (refused.learned, refused.reason) == ("command", "")
    window.page.locator(".quick-input-list .monaco-list-row").filter(has_text="Wrong rhythm").click()
    window.until(lambda: desk.noted[0].reason == "wrong rhythm", "the reason to be noted")
    assert desk.until_noted("rejected").text == BEGUN["letter"][1]
    window.press("Control+Shift+Space")
    window.until(lambda: "not yours" in str(window.status.get_attribute("aria-label")), "the answer")
    assert window.ghost == ""


def test_whoever_writes_on_after_not_mine_is_not_held_up(desk: Desk):
    window = desk.begin_with_a_suggestion("ferry")
    window.press("Shift+Escape")
    window.page.locator(".quick-input-list .monaco-list-row").first.wait_for()
    window.type(" spat into it.")
    window.until(lambda: window.text.endswith("across the river and spat into it."), "the words in the text")
    window.press("Enter")
    window.until(lambda: (desk.noted[0].instead or "").startswith(" spat into"), "what was written instead")
    assert desk.until_noted("rejected").reason == ""


def test_not_mine_can_be_said_afterwards_too(desk: Desk):
    window = desk.begin_with_a_suggestion("lamp")
    window.take("Tab")
    desk.until_noted("accepted")
    window.command("Ownhand: Not Mine")
    desk.until_noted("rejected")
    reasons = window.page.locator(".quick-input-list .monaco-list-row").filter(has_text="Wrong rhythm")
    expect(reasons).to_be_visible()
    window.press("Escape")
    expect(reasons).to_be_hidden()


def test_typing_all_of_it_takes_nothing(desk: Desk):
    window = desk.begin_with_a_suggestion("stove")
    before = figures.read_statistics(desk.ledger).total
    window.type(BEGUN["stove"][1])
    assert desk.until_noted("typed_through").learned == "inferred"
    after = figures.read_statistics(desk.ledger).total
    assert after.keystrokes_saved == before.keystrokes_saved


def test_typing_something_else_is_told_from_the_text(desk: Desk):
    window = desk.begin_with_a_suggestion("letter")
    window.type(" had to sit down.\n")
    past = desk.until_noted("typed_past")
    assert past.learned == "inferred"
    window.until(lambda: (desk.noted[0].instead or "").startswith(" had to sit down"), "what was written instead")


def test_undo_takes_it_away_again_and_redo_brings_it_back(desk: Desk):
    window = desk.begin_with_a_suggestion("lamp")
    window.take("Tab")
    desk.until_noted("accepted")
    window.press("Control+Z")
    window.until(lambda: desk.noted[0].removed, "the undo to be noted")
    assert desk.noted[0].fate == "accepted"
    window.press("Control+Y")
    window.until(lambda: not desk.noted[0].removed, "the redo to be noted")


def test_the_page_says_what_became_of_them(desk: Desk):
    window = desk.begin_with_a_suggestion()
    window.take("Tab")
    desk.until_noted("accepted")
    desk.begin_with_a_suggestion("letter")
    window.press("Escape")
    desk.until_noted("dismissed")
    window.command("Ownhand: What Became of the Suggestions")
    page = window.page.frame_locator("iframe.webview").frame_locator("#active-frame")
    expect(page.get_by_role("heading", name="What became of the suggestions in river")).to_be_visible()
    rows = page.locator("table.recent tbody tr")
    expect(rows.nth(0)).to_contain_text("She read the letter twice before she gave it to the fire.")
    expect(rows.nth(0)).to_contain_text("put away")
    expect(rows.nth(1)).to_contain_text("you took it")
    statistics = figures.read_statistics(desk.ledger)
    expect(page.locator("dl.figures div").filter(has_text="seen")).to_contain_text(str(statistics.total.shown))
    prose = statistics.by_form["prose"]
    expect(page.get_by_role("row").filter(has_text="prose")).to_contain_text(str(prose.keystrokes_saved))
    window.page.set_viewport_size({"width": 1180, "height": 1040})
    window.picture("vscode-verdicts")
    window.page.set_viewport_size(VIEWPORT)
    desk.begin_with_a_suggestion()
    window.take("Tab")
    desk.until_noted("accepted")
    window.page.locator(".tab").filter(has_text="Suggestions in river").click()
    page.get_by_role("button", name="Look again").click()
    expect(rows.nth(0)).to_contain_text("you took it")
    window.press("Control+F4")


UNDERLINED = ".editor-instance .view-overlays [class*=TextEditorDecorationType]"


def test_a_line_shows_whose_words_these_are(desk: Desk):
    window = desk.begin_with_a_suggestion()
    window.take("Tab")
    desk.until_noted("accepted")
    underlined = window.page.locator(UNDERLINED)
    expect(underlined).to_have_count(0)
    window.command("Ownhand: Show Whose Words These Are, or Hide It")
    expect(underlined).to_have_count(1)
    expect(underlined).to_have_css("border-bottom-style", "dotted")
    expect(window.page.locator(".statusbar-item").filter(has_text="% is not observed")).to_be_visible()
    window.type(" He turned back.")
    window.picture("vscode-whose-words")
    wide = underlined.bounding_box()
    assert wide is not None
    window.page.mouse.move(wide["x"] + wide["width"] / 2, wide["y"] + wide["height"] / 2)
    expect(window.page.locator(".monaco-hover").filter(has_text="from Ownhand (scripted)")).to_be_visible()
    for _ in range(len(" higher. He turned back.")):
        window.press("Backspace")
    window.until(lambda: (underlined.bounding_box() or wide)["width"] < wide["width"], "the line to be shorter")
    window.press("Control+A")
    window.press("Backspace")
    expect(underlined).to_have_count(0)


def turn_to(window: Window, wanted: str) -> None:
    """Let VS Code show this one of all that is suggested here."""
    for _ in range(20):
        if window.ghost == wanted:
            return
        window.press("Alt+BracketRight")
        window.page.wait_for_timeout(150)  # the next one may be the same one: nothing to wait for
    raise AssertionError(f"never saw {wanted!r}, at last {window.ghost!r}")


def test_an_extension_that_nobody_knows_is_met_once(desk: Desk):
    """The text shows what a key took; from then on VS Code takes what it shows, and nothing is said to be ours."""
    settings = desk.window.folder / ".vscode" / "settings.json"
    settings.write_text(settings.read_text().replace('"quill.on": false', '"quill.on": true'))
    window = desk.begin_with_a_suggestion()
    turn_to(window, STRANGE)
    window.press("Tab")  # and the same words are suggested again
    window.until(lambda: "river and" + STRANGE in window.text, "the other's words in the text")
    desk.until_noted("typed_past")
    window = desk.begin_with_a_suggestion()
    turn_to(window, STRANGE)
    window.take("Control+ArrowRight")
    window.take("Control+ArrowRight")
    assert window.text.startswith("# The ferryThe ferryman looked across the river and return")
    desk.until_noted("typed_past")


def test_the_line_is_there_again_when_the_window_is(desk: Desk):
    """The text is found again in the saved file, and the writer's wish in the folder's own state.

    The last one in this window: from now on the sentence stands in another piece.
    """
    window = desk.begin_with_a_suggestion()
    turn_to(window, OFFERED)
    window.press("Tab")
    desk.until_noted("accepted")
    expect(window.page.locator(UNDERLINED)).to_have_count(1)
    window.saved(desk.name)
    window.page.reload()
    window.ready()
    window.open(desk.name)
    expect(window.page.locator(UNDERLINED)).to_have_count(1)
    window.status.click()
    window.page.locator(".quick-input-list .monaco-list-row").filter(has_text="Hide whose words").click()
    expect(window.page.locator(UNDERLINED)).to_have_count(0)


@pytest.fixture(scope="module")
def crowded(server: CodeServer, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Here the others suggest as well."""
    desk = sit_down(browser, server, copy_manuscript(tmp_path_factory.mktemp("crowd") / "river", pages({})))
    yield desk
    desk.window.page.screenshot(path=server.root / "crowded.png")
    desk.window.page.close()


def test_before_the_first_suggestion_the_page_says_how_to_have_one(crowded: Desk):
    window = crowded.begin()
    window.command("Ownhand: What Became of the Suggestions")
    page = window.page.frame_locator("iframe.webview").frame_locator("#active-frame")
    expect(page.get_by_text("has suggested nothing in this folder yet")).to_be_visible()
    expect(page.get_by_text("Ctrl+Shift+Space")).to_be_visible()
    window.press("Control+F4")


def test_taking_another_ones_suggestion_takes_nothing_of_ours(crowded: Desk):
    window = crowded.begin_with_a_suggestion()
    turn_to(window, KNOWN)
    window.take("Tab")
    # It suggests the same again at once, and what is painted counts as text here.
    window.until(lambda: "across the river and" + KNOWN in window.text, "the other's text")
    crowded.until_noted("typed_past")


def test_a_word_of_another_one_is_no_part_of_ours(crowded: Desk):
    window = crowded.begin_with_a_suggestion()
    turn_to(window, KNOWN)
    window.take("Control+ArrowRight")
    window.take("Control+ArrowRight")
    assert window.text.startswith("# The ferryThe ferryman looked across the river and const")
    crowded.until_noted("typed_past")


def test_a_word_of_ours_is_a_part_among_others_too(crowded: Desk):
    window = crowded.begin_with_a_suggestion()
    for rest in (OFFERED, OFFERED.removeprefix(" ")):  # VS Code's own command takes the space first
        turn_to(window, rest)
        window.take("Control+ArrowRight")
    assert crowded.until_noted("partial").learned == "editor"
    turn_to(window, OFFERED.removeprefix(" saw"))
    window.take("Tab")
    crowded.until_noted("accepted")
