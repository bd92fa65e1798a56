"""How to draw tokens, by the form of the place and the length that the writer wants."""

from dataclasses import replace

from ownhand.engines.protocol import Sampling
from ownhand.manuscript.model import Form
from ownhand.suggestions.moment import Length

# Enough for the longest unit that is still a suggestion; the boundary stops the engine long before, as a rule.
_MAX_TOKENS: dict[tuple[Form, Length], int] = {
    (Form.PROSE, "phrase"): 20,
    (Form.PROSE, "sentence"): 56,
    (Form.PROSE, "paragraph"): 200,
    (Form.VERSE, "phrase"): 32,
    (Form.VERSE, "sentence"): 32,
    (Form.VERSE, "paragraph"): 128,
}

# Verse is drawn wider, since its next word is less foreseeable and its lines are short enough to stay on course.
# The repeat penalty is low: it reaches into the prompt, and a writer's own names and refrains come back.
_PROSE = Sampling(temperature=0.7, top_p=0.95, top_k=60, min_p=0.05, repeat_penalty=1.05)
_VERSE = Sampling(temperature=0.85, top_p=0.97, top_k=80, min_p=0.04, repeat_penalty=1.02)

# Prose never holds a newline, so the engine need not write past one. Verse may cross one blank line.
_STOPS: dict[Form, tuple[str, ...]] = {Form.PROSE: ("\n",), Form.VERSE: ("\n\n\n",)}


def sampling_for(form: Form, length: Length, *, attempt: int = 0, seed: int | None = None) -> Sampling:
    """The sampling of the first candidate (`attempt` 0) or of a later one, which is drawn a little wider."""
    base = _VERSE if form is Form.VERSE else _PROSE
    return replace(
        base,
        max_tokens=_MAX_TOKENS[form, length],
        temperature=min(base.temperature + 0.1 * attempt, 1.1),
        seed=None if seed is None else seed + attempt,
        stop=_STOPS[form],
    )


def longest_answer(form: Form, length: Length) -> int:
    """Tokens to leave free for the answer."""
    return _MAX_TOKENS[form, length]
