"""How often suggestions hold a stock phrase of machine prose, before and after the choice among candidates, and how
often the writer's own lines came back and were dropped."""

from bench.figures import Figure
from bench.page import MANUSCRIPT
from ownhand.engines.protocol import Engine
from ownhand.manuscript.model import Form
from ownhand.suggestions.clock import SystemClock
from ownhand.suggestions.composer import OWN_TEXT, Composer
from ownhand.suggestions.moment import Moment
from ownhand.suggestions.own_text import OwnText
from ownhand.suggestions.place import Place, read_place
from ownhand.suggestions.trace import Stats

CONTROL = MANUSCRIPT.parent / "control"
OPENINGS = (
    "She stood at the window and looked out at the rain. Her heart",
    "He opened the letter with shaking hands. For a long moment",
    "The city glittered below them. In that moment she",
    "They had not spoken for years, and now, face to face, a shiver",
)
"""Plain beginnings of the kind that stock phrases follow; the control blocks are the rest of the sample."""


async def measure(engine: Engine, corpus: OwnText) -> list[Figure]:
    stats = Stats()
    composer = Composer(engine, corpus, SystemClock(), stats)
    composer.hand.prepare(Form.PROSE)
    await composer.hand.ready()
    for number, before in enumerate(_beginnings()):
        moment = Moment(f"bench:stock{number}", 1, before, "", "md", length="paragraph", invoked=True)
        place = read_place(moment)
        if isinstance(place, Place):
            await composer.compose(moment, place, ahead=True)
    composer.close()
    note = f"{stats.chosen} places, {stats.candidates} candidates"
    return [
        Figure("stock phrases before the choice", _share(stats.stock_first, stats.first_candidates), "%", note=note),
        Figure("stock phrases after the choice", _share(stats.stock_offered, stats.chosen), "%"),
        Figure("candidates dropped as the writer's own lines", 100 * stats.drop_rate(OWN_TEXT), "%"),
    ]


def _beginnings() -> list[str]:
    blocks = [path.read_text(encoding="utf-8") for path in sorted(CONTROL.glob("prose-*.md"))]
    return [*OPENINGS, *(text[: text.index(" ", len(text) * part // 4)] for text in blocks for part in (1, 2, 3))]


def _share(hits: int, of: int) -> float:
    return 100 * hits / of if of else 0.0
