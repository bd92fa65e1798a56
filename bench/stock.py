"""How often suggestions hold a stock phrase of machine prose, before and after the choice among candidates.

Asked without passages of the writer's in front: with those of the demo manuscript the packaged model wrote none in
57 suggestions, and there was nothing to choose.
"""

from bench.figures import Figure
from ownhand.engines.protocol import Engine
from ownhand.manuscript.model import Form
from ownhand.suggestions.clock import SystemClock
from ownhand.suggestions.composer import Composer
from ownhand.suggestions.moment import Moment
from ownhand.suggestions.place import Place, read_place
from ownhand.suggestions.trace import Stats

OPENINGS = (
    "She stood at the window and looked out at the rain. Her heart",
    "He opened the letter with shaking hands. For a long moment",
    "The city glittered below them. In that moment she",
    "The sun was setting over the village, and",
    "It was a quiet evening, and the garden",
    "The old lighthouse had stood on the cliff for a hundred years. Inside,",
    "She looked at him across the table, and for a moment",
    "He took a deep breath and opened the door. The room",
    "When the war was over, he came home to find",
    "The forest was silent. She felt",
    "The painting on the wall seemed",
    '"I never meant to hurt you," he said. She looked at him, her',
    "As they walked through the park, they talked about",
    "The letter was from her mother. She sat down and",
    "In the heart of the old city,",
    "Her grandmother's kitchen smelled of",
    "The stars came out one by one. He thought of",
    "The door creaked open, and a figure",
    "For years she had dreamed of this day. Now,",
)
"""Beginnings of the most ordinary kind of story, after which machine prose leans on stock phrases most."""
TIMES = 3


async def measure(engine: Engine) -> list[Figure]:
    stats = Stats()
    composer = Composer(engine, None, SystemClock(), stats)
    composer.hand.prepare(Form.PROSE)
    await composer.hand.ready()
    for number, before in enumerate(OPENINGS * TIMES):
        moment = Moment(f"bench:stock{number}", 1, before, "", "md", length="paragraph", invoked=True)
        place = read_place(moment)
        if isinstance(place, Place):
            await composer.compose(moment, place, ahead=True)
    composer.close()
    note = f"{len(OPENINGS)} openings, {stats.chosen} suggestions out of {stats.candidates} candidates"
    return [
        Figure("stock phrases before the choice", _share(stats.stock_first, stats.first_candidates), "%", note=note),
        Figure("stock phrases after the choice", _share(stats.stock_offered, stats.chosen), "%"),
    ]


def _share(hits: int, of: int) -> float:
    return 100 * hits / of if of else 0.0
