"""Pieces become training samples: token ids and labels, so that nothing is appended or cut behind our back.

A piece is tokenized once, as a whole, and its tokens are dealt out to its passages: each token is learned once, and
newlines, indents and dashes are exactly what was written. Only a passage that ends its piece has the end token; one
from the middle begins with the last tokens of what stands before it, as context that is not learned again.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from ownhand.engines.special import Bounds
from ownhand.manuscript.model import Form, Piece
from ownhand.manuscript.passages import PASSAGE_WORDS, passages
from ownhand.manuscript.repeats import RUN
from ownhand.text.words import count_words, word_spans
from ownhand.training.held_out_guard import HeldOutGuard
from ownhand.training.tokens import Tokens
from ownhand.training.writers_own import own_words, touched, within

NOT_LEARNED = -100
"""Label of a token that is context: PyTorch's cross entropy passes over it."""
CONTEXT_TOKENS = 32
"""Tokens before a passage from the middle of its piece."""
TOKEN_BUDGET = 400_000
"""Most tokens that are learned in one pass over a manuscript; beyond it passages are drawn evenly."""
_VALIDATION_SHARE = 0.05
_ENOUGH_TO_VALIDATE = 2_000
"""Words below which every passage is needed for learning."""
MODEL_SHARE, MODEL_SHARE_OF_LITTLE = 0.2, 0.5
LITTLE = 2_000
"""Own words below which more of a model's text may be learned."""

_DAMAGED = "\ufffd"
"""Stands for bytes of a broken file that are no character."""

CharacterSpan = tuple[int, int]
"""Half-open stretch of a piece's text, in code points."""


@dataclass(frozen=True)
class Cut:
    """A passage of a piece: text [start, stop), white space up to the next passage included."""

    start: int
    stop: int
    words: int


@dataclass(frozen=True)
class Sample:
    """One training sample. `labels` has the length of `input_ids`: the same id, or NOT_LEARNED.

    `start` and `stop` are the passage in the piece's text; `words` those of them that are learned.
    """

    piece: str
    form: Form
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    start: int
    stop: int
    words: int

    @property
    def learned(self) -> int:
        """Tokens that are learned."""
        return sum(label != NOT_LEARNED for label in self.labels)


@dataclass(frozen=True)
class LearnedPiece:
    """A piece in tokens. `by_model` are stretches that a model wrote and nobody edited: they are not learned."""

    piece: Piece
    tokens: Tokens
    by_model: tuple[CharacterSpan, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """What is trained on. `left_out` counts passages that share words with a held-out piece."""

    pieces: tuple[LearnedPiece, ...]
    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    left_out: int = 0

    @property
    def words(self) -> int:
        return sum(sample.words for sample in self.train)

    @property
    def tokens(self) -> int:
        return sum(len(sample.input_ids) for sample in self.train)

    def at_most(self, samples: int) -> "Dataset":
        """As many samples at most, from all over the manuscript."""
        return replace(self, train=spread(self.train, samples), validation=spread(self.validation, samples))


def spread(samples: tuple[Sample, ...], most: int) -> tuple[Sample, ...]:
    """As many of them at most, at even distances."""
    chosen = min(most, len(samples))
    return tuple(samples[index * len(samples) // chosen] for index in range(chosen))


def build(pieces: Sequence[LearnedPiece], bounds: Bounds, guard: HeldOutGuard, max_tokens: int) -> Dataset:
    """The samples of all pieces, in their order."""
    samples, left_out = [], 0
    for learned in pieces:
        made, refused = samples_of(learned, bounds, guard, max_tokens)
        samples += made
        left_out += refused
    train, validation = _divided(_within_budget(samples))
    return Dataset(tuple(pieces), tuple(train), tuple(validation), left_out)


def cuts(text: str, form: Form) -> list[Cut]:
    """The passages of a piece; joined they are its text. A poem, or a page of prose, that fits is one passage."""
    words = count_words(text)
    if not words:
        return []
    if words <= PASSAGE_WORDS[form][1]:
        return [Cut(0, len(text), words)]
    spans = passages(text, form)
    starts = [0, *(span.start for span in spans[1:]), len(text)]
    return [Cut(starts[n], starts[n + 1], span.words) for n, span in enumerate(spans)]


def samples_of(learned: LearnedPiece, bounds: Bounds, guard: HeldOutGuard, max_tokens: int) -> tuple[list[Sample], int]:
    """The samples of one piece, and how many passages were left out because they touch a held-out piece."""
    text, made, left_out, first, clean_from = learned.piece.text, [], 0, 0, 0
    words = list(word_spans(text))
    for cut in cuts(text, learned.piece.form):
        after = _tokens_until(learned.tokens, cut.stop)
        if guard.touches(text[slice(*_with_neighbours(cut, words))]):
            left_out, clean_from = left_out + 1, after
        else:
            room = max_tokens - CONTEXT_TOKENS - len(bounds.always) - len(bounds.end)
            runs = [(start, min(start + room, after)) for start in range(first, after, room)]
            made += [_sample(learned, start, stop, clean_from, bounds) for start, stop in runs]
        first = after
    return [sample for sample in made if sample.learned], left_out


def _with_neighbours(cut: Cut, words: Sequence[CharacterSpan]) -> CharacterSpan:
    """The passage and the words beside it with which it could make a run that is held out. `words`: of its piece."""
    before = bisect_left(words, (cut.start, cut.start))
    after = bisect_left(words, (cut.stop, cut.stop))
    near = words[max(0, before - RUN + 1) : after + RUN - 1]
    return (min(cut.start, near[0][0]), max(cut.stop, near[-1][1])) if near else (cut.start, cut.stop)


def _tokens_until(tokens: Tokens, stop: int) -> int:
    """How many tokens begin before the character `stop`. One that spans two passages belongs to the first."""
    return min(bisect_left(tokens.ends, stop) + 1, len(tokens))


def _sample(learned: LearnedPiece, first: int, after: int, clean_from: int, bounds: Bounds) -> Sample:
    """Tokens [first, after) of a piece, with what stands around them; no context from before `clean_from`."""
    piece, ids = learned.piece, learned.tokens.ids
    begins = first == 0 and piece.part <= 1
    ends = after == len(ids) and piece.part == piece.parts
    before = bounds.start if begins else bounds.always + ids[max(clean_from, first - CONTEXT_TOKENS) : first]
    labels = [_label(learned, number) for number in range(first, after)]
    if not before:
        labels[0] = NOT_LEARNED  # nothing stands before it from which it could be told
    end = bounds.end if ends else ()
    start, stop = learned.tokens.ends[first - 1] if first else 0, learned.tokens.ends[after - 1]
    return Sample(
        piece.id,
        piece.form,
        before + ids[first:after] + end,
        (NOT_LEARNED,) * len(before) + tuple(labels) + end,
        start,
        stop,
        own_words(piece.text[start:stop], within(learned.by_model, start, stop)),
    )


def _label(learned: LearnedPiece, number: int) -> int:
    ends = learned.tokens.ends
    start, stop = ends[number - 1] if number else 0, max(ends[number], 1)
    written_by_model = touched(learned.by_model, start, stop)
    damaged = _DAMAGED in learned.piece.text[start : max(stop, start + 1)]
    return NOT_LEARNED if written_by_model or damaged else learned.tokens.ids[number]


def not_learned(
    pieces: Sequence[Piece], by_model: Mapping[str, Sequence[CharacterSpan]]
) -> dict[str, list[CharacterSpan]]:
    """Which of the stretches that a model wrote are context only, so that the others stay under the cap.

    A model that learns from its own text drifts away from the writer. So of what is learned at most a fifth is unedited
    model text; half where the writer has little of their own. The newest pieces come first.
    """
    words = {piece.id: [count_words(piece.text[a:b]) for a, b in by_model.get(piece.id, ())] for piece in pieces}
    own = sum(piece.words for piece in pieces) - sum(map(sum, words.values()))
    share = MODEL_SHARE_OF_LITTLE if own < LITTLE else MODEL_SHARE
    room = own * share / (1 - share)
    beyond: dict[str, list[CharacterSpan]] = {}
    for piece in sorted(pieces, key=lambda piece: (-piece.modified, piece.id)):
        for span, size in zip(by_model.get(piece.id, ()), words[piece.id], strict=True):
            if size <= room:
                room -= size
            else:
                beyond.setdefault(piece.id, []).append(span)
    return beyond


def _within_budget(samples: Sequence[Sample]) -> list[Sample]:
    """All samples, or as many as the budget holds, drawn evenly and the same at every call; in their order."""
    kept, tokens = set(), 0
    for sample in sorted(samples, key=_draw):
        tokens += len(sample.input_ids)
        if tokens > TOKEN_BUDGET:
            break
        kept.add(id(sample))
    return [sample for sample in samples if id(sample) in kept]


def _divided(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """(to learn from, to watch the learning by): a twentieth of the tokens, whole passages, the same at every call."""
    if sum(sample.words for sample in samples) < _ENOUGH_TO_VALIDATE:
        return list(samples), []
    wanted = _VALIDATION_SHARE * sum(sample.learned for sample in samples)
    watched, tokens = set(), 0
    for sample in sorted(samples, key=_draw):
        if tokens >= wanted:
            break
        tokens += sample.learned
        watched.add(id(sample))
    return (
        [sample for sample in samples if id(sample) not in watched],
        [sample for sample in samples if id(sample) in watched],
    )


def _draw(sample: Sample) -> bytes:
    return blake2b(f"{sample.piece}:{sample.start}".encode(), digest_size=8, person=b"training").digest()
