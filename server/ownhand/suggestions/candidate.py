"""One answer of the engine, stopped at its boundary and shaped."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from ownhand.engines.protocol import Engine, Sampling, Usage
from ownhand.manuscript.model import Form
from ownhand.suggestions.boundary import Limits, boundary, last_resort
from ownhand.suggestions.clock import Clock
from ownhand.suggestions.prompt import Prompt
from ownhand.suggestions.shaping import TOO_WIDE, Dropped, Surroundings, hopeless, shape
from ownhand.text.words import count_words


@dataclass
class Candidate:
    """`text` is what could be offered or why nothing; times are milliseconds from the call of the engine."""

    text: str | Dropped
    sampling: Sampling
    usage: Usage = field(default_factory=Usage)
    first_token_ms: float = 0.0
    total_ms: float = 0.0

    @property
    def writing_ms(self) -> float:
        """Without the time to the first token: another candidate finds the prompt in the engine's cache."""
        return self.total_ms - self.first_token_ms if self.first_token_ms else 0.0


async def generate(
    engine: Engine,
    prompt: Prompt,
    sampling: Sampling,
    limits: Limits,
    around: Surroundings,
    clock: Clock,
    grown: Callable[[str], None] = lambda _: None,
) -> Candidate:
    """Ask the engine and stop it as soon as the boundary is reached. `grown` hears the raw answer after each chunk.

    Raises EngineError. Cancelling the task closes the stream, which stops the engine within a token.
    """
    candidate, started = Candidate(Dropped("empty"), sampling), clock.now()
    answer, end, given_up = "", None, None
    async with aclosing(engine.stream(prompt.text, sampling, candidate.usage)) as chunks:
        async for chunk in chunks:
            if not answer:
                candidate.first_token_ms = (clock.now() - started) * 1000
            answer += chunk.text
            grown(answer)
            end, given_up = boundary(answer, limits), hopeless(answer, around)
            if end is not None or given_up is not None:
                break
    if end is None:
        end = last_resort(answer, limits) if candidate.usage.finish == "length" else len(answer)
    if limits.form is Form.VERSE and not given_up and _is_crumb(answer, end):
        given_up = Dropped(TOO_WIDE)
    candidate.text = given_up or shape(answer[:end], around)
    candidate.total_ms = (clock.now() - started) * 1000
    return candidate


def _is_crumb(answer: str, end: int) -> bool:
    """Is what fitted on the line a single word of a longer one?"""
    cut_short = bool(answer[end:].partition("\n")[0].strip())
    return cut_short and "\n" not in answer[:end].strip() and count_words(answer[:end]) < 2
