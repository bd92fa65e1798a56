"""Writers with known intentions, to see whether their suggestions' fates are told rightly.

An episode is a page, a suggestion for its end, and what a writer does then, in steps that any editor could send: single
keys, keys in one batch, input methods, dictation, corrections by the system, pastes, undo. `fate` is what the writer
meant, None where the text alone can't tell (a dictated or pasted text that is the very suggestion's).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

ACCEPTED, PARTIAL, TYPED_THROUGH, TYPED_PAST = "accepted", "partial", "typed_through", "typed_past"
DISMISSED, REJECTED, IGNORED, UNSEEN = "dismissed", "rejected", "ignored", "unseen"
FATES = (ACCEPTED, PARTIAL, TYPED_THROUGH, TYPED_PAST, DISMISSED, REJECTED, IGNORED, UNSEEN)

PAGES = (
    ("The tide went out, and Marta walked the flats alone", "prose"),
    ("Nobody would say who had lit the lamp. Ida", "prose"),
    ("Der Regen hatte aufgehört, und die Hühner", "prose"),
    ("Она долго стояла у окна, пока поезд", "prose"),
    ("Le café était froid, et pourtant", "prose"),
    ("salt on the sill\n\tno boat yet,\n\nno boat, only", "verse"),
    ("😀 said the card, and nothing else. I turned it over and", "prose"),
    ("朝、祖母は井戸へ", "prose"),
)
SUGGESTIONS = (
    " and the water came back without a sound.",
    " put the kettle on again, since nobody else would think of it.",
    " standen da, als hätten sie etwas vergessen.",
    " медленно уходил в темноту, как будто ничего не случилось.",
    " il restait assis, l’oreille tendue vers l’escalier.",
    " the bell\nand under it\n\tthe other bell",
    " found a second face, smaller, on the back 😶 of it.",
    "水を二杯くんで、ゆっくりと帰ってきた。",
)
ELSE = (
    " nothing moved on the mud but her own shadow.",
    " had gone to bed an hour ago, they thought.",
    " schliefen schon.",
    " остановился прямо напротив.",
    " elle resta, par habitude.",
    " my own breath\nagain",
    " read the stamp instead, which was from Lisbon.",
    "空を見ていた。",
)


@dataclass(frozen=True)
class Keys:
    """Typed, each character a change of its own. `batch`: so many keys in one change, as a slow editor sends them."""

    text: str
    batch: int = 1


@dataclass(frozen=True)
class Together:
    """Keys in one notification with a change for each."""

    text: str


@dataclass(frozen=True)
class Chunk:
    """Put in with one change."""

    text: str


@dataclass(frozen=True)
class Swap:
    """The last `count` characters are replaced by `text` in one change."""

    count: int
    text: str


@dataclass(frozen=True)
class Compose:
    """An input method: each stage replaces the one before."""

    stages: tuple[str, ...]


@dataclass(frozen=True)
class Elsewhere:
    """Text typed at the start of the page."""

    text: str


@dataclass(frozen=True)
class Take:
    """The editor puts in what is left and runs the item's command."""

    command_first: bool = False


@dataclass(frozen=True)
class Gesture:
    """ "dismiss" or "reject"."""

    name: str
    reason: str = ""


@dataclass(frozen=True)
class Undo:
    """The inverse of the last change."""


@dataclass(frozen=True)
class Redo:
    """The last undone change once more."""


@dataclass(frozen=True)
class Whole:
    """The editor sends the whole document, as some do after a file was saved or formatted."""

    line_ends: str = "\n"


@dataclass(frozen=True)
class Reopen:
    """The document is closed and opened again."""


@dataclass(frozen=True)
class Ask:
    """By a key, for another suggestion here. What becomes of that one is another episode's matter."""


@dataclass(frozen=True)
class Wait:
    """Until a suggestion counts as seen."""


Step = Keys | Together | Chunk | Swap | Compose | Elsewhere | Take | Gesture | Undo | Redo | Whole | Reopen | Ask | Wait


@dataclass(frozen=True)
class Episode:
    name: str
    page: str
    suggestion: str
    fate: str | None
    steps: tuple[Step, ...]
    typed_instead: str = ""


@dataclass(frozen=True)
class _Scene:
    """What an intention is acted out on."""

    random: random.Random
    page: str
    suggestion: str
    other: str
    is_verse: bool

    def cut(self) -> int:
        """Somewhere inside of the suggestion, behind its first word."""
        return self.random.randint(3, len(self.suggestion) - 2)

    def words(self) -> int | None:
        """The end of two or three words of it; None where nothing stands between words."""
        ends = [at for at in range(2, len(self.suggestion)) if self.suggestion[at] in " ,.\n" and at > 1]
        ends = [at for at in ends if len(self.suggestion[:at].split()) in (2, 3) and self.suggestion[at - 1].isalnum()]
        return self.random.choice(ends) if ends else None

    def away(self) -> str:
        """Something else to write, which parts from the suggestion at its first letters."""
        return self.other


Acted = tuple[str | None, tuple[Step, ...]]


def _takes(scene: _Scene) -> Acted:
    return ACCEPTED, (Wait(), Take())


def _takes_at_once(scene: _Scene) -> Acted:
    return ACCEPTED, (Take(),)


def _takes_command_first(scene: _Scene) -> Acted:
    return ACCEPTED, (Wait(), Take(command_first=True))


def _takes_the_rest(scene: _Scene) -> Acted:
    return ACCEPTED, (Wait(), Keys(scene.suggestion[: scene.cut()]), Take())


def _takes_and_goes_on(scene: _Scene) -> Acted:
    return ACCEPTED, (Wait(), Take(), Keys(scene.other))


def _takes_and_undoes(scene: _Scene) -> Acted:
    return ACCEPTED, (Wait(), Take(), Undo())


def _takes_undoes_and_redoes(scene: _Scene) -> Acted:
    return ACCEPTED, (Wait(), Take(), Undo(), Redo(), Keys(scene.other[:9]))


def _takes_and_saves(scene: _Scene) -> Acted:
    return ACCEPTED, (Wait(), Take(), Whole(scene.random.choice(["\n", "\r\n"])), Keys(scene.other))


def _takes_and_reopens(scene: _Scene) -> Acted:
    return ACCEPTED, (Wait(), Take(), Reopen(), Keys(scene.other))


def _slips_and_takes(scene: _Scene) -> Acted:
    return ACCEPTED, (Wait(), Keys("x"), Swap(1, ""), Take())


def _takes_words(scene: _Scene) -> Acted:
    end = scene.words()
    if end is None:
        return _takes(scene)
    return PARTIAL, (Wait(), Chunk(scene.suggestion[:end]), Keys(scene.other))


def _takes_words_and_the_rest(scene: _Scene) -> Acted:
    end = scene.words()
    return ACCEPTED, (Wait(), *([Chunk(scene.suggestion[:end])] if end else []), Take())


def _takes_a_line(scene: _Scene) -> Acted:
    if not scene.is_verse:
        return _takes(scene)
    return PARTIAL, (Wait(), Chunk(scene.suggestion[: scene.suggestion.index("\n")]), Keys(scene.other))


def _types_through(scene: _Scene) -> Acted:
    return TYPED_THROUGH, (Wait(), Keys(scene.suggestion, batch=scene.random.choice([1, 1, 2, 3])), Keys(scene.other))


def _types_through_together(scene: _Scene) -> Acted:
    return TYPED_THROUGH, (Wait(), Together(scene.suggestion))


def _slips_and_types_through(scene: _Scene) -> Acted:
    at = scene.cut()
    head, tail = scene.suggestion[:at], scene.suggestion[at:]
    return TYPED_THROUGH, (Wait(), Keys(head), Keys("zq"), Swap(1, ""), Swap(1, ""), Keys(tail))


def _is_corrected_through(scene: _Scene) -> Acted:
    at = scene.cut()
    head, tail = scene.suggestion[:at], scene.suggestion[at:]
    wrong = head[:-2] + head[-1] + head[-2]
    return TYPED_THROUGH, (Wait(), Keys(wrong), Swap(2, head[-2:]), Keys(tail))


def _completes_words_through(scene: _Scene) -> Acted:
    """A popup of words finishes each longer word in one change."""
    steps: list[Step] = [Wait()]
    for number, word in enumerate(scene.suggestion.split(" ")):
        lead = " " if number else ""
        if len(word) > 4 and word.isalpha() and word.isascii():
            steps += [Keys(lead + word[:2]), Chunk(word[2:])]
        else:
            steps.append(Keys(lead + word))
    return TYPED_THROUGH, tuple(steps)


def _composes_through(scene: _Scene) -> Acted:
    """An input method that writes word by word, each by way of a stage that is not its text."""
    steps: list[Step] = [Wait()]
    text = scene.suggestion
    step = 2 if " " not in text else 1
    parts = [text[at : at + step] for at in range(0, len(text), step)]
    for part in parts:
        steps.append(Compose(("k", "ka", part)) if part.strip() else Keys(part))
    return TYPED_THROUGH, tuple(steps)


def _types_past(scene: _Scene) -> Acted:
    return TYPED_PAST, (Wait(), Keys(scene.other, batch=scene.random.choice([1, 1, 2, 3])))


def _types_some_and_past(scene: _Scene) -> Acted:
    return TYPED_PAST, (Wait(), Keys(scene.suggestion[: scene.cut()]), Keys("zwar"), Keys(scene.other))


def _goes_back_and_past(scene: _Scene) -> Acted:
    return TYPED_PAST, (Wait(), Swap(1, ""), Swap(1, ""), Keys("q, then"), Keys(scene.other))


def _dictates_past(scene: _Scene) -> Acted:
    return TYPED_PAST, (Wait(), Chunk(scene.other))


def _pastes_past(scene: _Scene) -> Acted:
    return TYPED_PAST, (Wait(), Chunk(scene.other + " " + scene.page[:40]))


def _composes_past(scene: _Scene) -> Acted:
    return TYPED_PAST, (Wait(), Compose(("s", "so", "sora", scene.other[:5])), Keys(scene.other[5:]))


def _takes_too_long_a_part(scene: _Scene) -> Acted:
    """One change that begins as the suggestion does and goes on otherwise: the writer's own words, in one piece."""
    end = scene.words()
    return TYPED_PAST, (Wait(), Chunk(scene.suggestion[: end or 4] + " zwar nicht" + scene.other))


def _leaves(scene: _Scene) -> Acted:
    return IGNORED, (Wait(), Elsewhere("Notes for later. "))


def _dismisses(scene: _Scene) -> Acted:
    return DISMISSED, (Wait(), Gesture("dismiss"))


def _dismisses_and_writes(scene: _Scene) -> Acted:
    return DISMISSED, (Wait(), Gesture("dismiss"), Keys(scene.other))


def _rejects(scene: _Scene) -> Acted:
    return REJECTED, (Wait(), Gesture("reject", scene.random.choice(["", "cliché", "wrong rhythm"])))


def _rejects_and_writes(scene: _Scene) -> Acted:
    return REJECTED, (Wait(), Gesture("reject", "wrong word"), Keys(scene.other))


def _rejects_and_writes_the_same(scene: _Scene) -> Acted:
    return REJECTED, (Wait(), Gesture("reject"), Keys(scene.suggestion))


def _never_sees_it(scene: _Scene) -> Acted:
    return UNSEEN, (Keys(scene.other), Wait())


def _puts_away_asks_and_takes_the_next(scene: _Scene) -> Acted:
    """The next one says the same: to take it is no word for the first."""
    return DISMISSED, (Wait(), Gesture("dismiss"), Ask(), Take())


def _takes_back_and_writes_again(scene: _Scene) -> Acted:
    """What is typed by hand and comes back in one change, by undo and redo, was not taken."""
    typed = scene.suggestion[: scene.cut()]
    return TYPED_PAST, (Wait(), Keys(typed), Swap(len(typed), ""), Chunk(typed), Keys("zwar nicht"), Keys(scene.other))


def _slips_at_once_and_asks_again(scene: _Scene) -> Acted:
    return TYPED_THROUGH, (Keys("x"), Swap(1, ""), Ask(), Wait(), Keys(scene.suggestion))


def _dictates_the_same(scene: _Scene) -> Acted:
    end = scene.words()
    return None, (Wait(), Chunk(scene.suggestion[:end] if end else scene.suggestion))


def _pastes_the_same(scene: _Scene) -> Acted:
    return None, (Wait(), Chunk(scene.suggestion))


INTENTIONS: tuple[Callable[[_Scene], Acted], ...] = (
    _takes,
    _takes_at_once,
    _takes_command_first,
    _takes_the_rest,
    _takes_and_goes_on,
    _takes_and_undoes,
    _takes_undoes_and_redoes,
    _takes_and_saves,
    _takes_and_reopens,
    _slips_and_takes,
    _takes_words,
    _takes_words_and_the_rest,
    _takes_a_line,
    _types_through,
    _types_through_together,
    _slips_and_types_through,
    _is_corrected_through,
    _completes_words_through,
    _composes_through,
    _types_past,
    _types_some_and_past,
    _goes_back_and_past,
    _dictates_past,
    _pastes_past,
    _composes_past,
    _takes_too_long_a_part,
    _leaves,
    _dismisses,
    _dismisses_and_writes,
    _rejects,
    _rejects_and_writes,
    _rejects_and_writes_the_same,
    _never_sees_it,
    _puts_away_asks_and_takes_the_next,
    _takes_back_and_writes_again,
    _slips_at_once_and_asks_again,
    _dictates_the_same,
    _pastes_the_same,
)


def episodes(count: int, seed: int = 7) -> list[Episode]:
    """`count` episodes: every intention in turn, each on a page drawn at random."""
    chance, acted = random.Random(seed), []
    for number in range(count):
        act = INTENTIONS[number % len(INTENTIONS)]
        at = chance.randrange(len(PAGES))
        text, form = PAGES[at]
        # A page of its own, that starts otherwise than any: what is rejected on one may still be offered on another.
        page = " ".join(str(number + 1000 * count) for count in range(1, 12)) + f" {text}"
        scene = _Scene(chance, page, SUGGESTIONS[at], ELSE[at], form == "verse")
        fate, steps = act(scene)
        acted.append(Episode(act.__name__.strip("_").replace("_", " "), page, scene.suggestion, fate, steps))
    return acted


@dataclass
class Confusion:
    """How often which fate was meant and which was told."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, episode: Episode, told: str) -> None:
        meant = episode.fate or "(can't be told)"
        self.counts[meant, told] = self.counts.get((meant, told), 0) + 1
        if episode.fate is not None and told != episode.fate:
            self.wrong.append((episode.name, meant, told))

    @property
    def share_right(self) -> float:
        """Of the fates that can be told."""
        decidable = {key: count for key, count in self.counts.items() if key[0] in FATES}
        return sum(count for (meant, told), count in decidable.items() if meant == told) / sum(decidable.values())

    @property
    def rejections_taken_for_acceptance(self) -> int:
        taken = (ACCEPTED, PARTIAL)
        turned_down = (REJECTED, DISMISSED, TYPED_PAST)
        return sum(count for (meant, told), count in self.counts.items() if meant in turned_down and told in taken)

    def __str__(self) -> str:
        meant = [*FATES, "(can't be told)"]
        told = sorted({key[1] for key in self.counts}, key=lambda name: [*FATES, name].index(name))
        head = "meant \\ told".ljust(16) + "".join(name.rjust(15) for name in told)
        rows = [
            name.ljust(16) + "".join(str(self.counts.get((name, other), 0) or "·").rjust(15) for other in told)
            for name in meant
        ]
        return "\n".join([head, *rows, f"right: {100 * self.share_right:.1f}%"])
