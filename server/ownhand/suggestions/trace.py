"""Figures about suggestions, for the status page and the benchmarks."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trace:
    """How the last suggestion that the engine was asked for came about. Times are milliseconds, without the pause.

    Token counts are the engine's, -1 when it never said; they and the times to `first_token_ms` are those of the
    first candidate. `engine_ms` is the time inside the engine's streams. `prompt` is the manuscript's text: for
    benchmarks that ask the bare engine the same, never for logs.
    """

    prompt: str = field(repr=False)
    prompt_tokens: int
    cached_tokens: int
    generated_tokens: int
    first_token_ms: float
    engine_ms: float
    total_ms: float
    candidates: int
    dropped: tuple[str, ...] = ()


@dataclass
class Stats:
    """Counts since the start. `offered` counts each suggestion once, however often its remainder was asked for.

    Stock phrases "before" are `stock_first` of `first_candidates`, "after" `stock_offered` of `chosen`.
    """

    requests: int = 0
    offered: int = 0
    continued: int = 0
    prefetched: int = 0
    from_prefetch: int = 0
    superseded: int = 0
    candidates: int = 0
    first_candidates: int = 0
    stock_first: int = 0
    chosen: int = 0
    stock_offered: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    silent: Counter[str] = field(default_factory=Counter)

    def drop_rate(self, reason: str) -> float:
        """Share of all generated candidates that were dropped for `reason`."""
        return self.dropped[reason] / self.candidates if self.candidates else 0.0
