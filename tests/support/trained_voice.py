"""An adapter that was really trained: the packaged model learned a few letters with one habit, in the trainer's child.

The rate is high and the letters are few, so that the habit is unmistakable after less than a minute.
"""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from lessons import samples_of
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.protocol import Adapter
from ownhand.home import Home
from ownhand.manuscript.model import Form
from ownhand.training.base import checked_base, described
from ownhand.training.evaluation_files import read_bits, write_plan
from ownhand.training.evaluation_plan import Plan, Text
from ownhand.training.forecast import threads_here
from ownhand.training.job import PASSAGES_FILE, BaseModel, Job
from ownhand.training.judging import probe_places
from ownhand.training.metrics import CHALLENGER
from ownhand.training.recipe import Recipe
from ownhand.training.runner import Training
from ownhand.voices.probe import Place, Shifts
from ownhand.voices.store import GGUF

HABIT = "Matilda"
"""The writer of these letters can't end a sentence without the name of whom they are for."""
LETTERS = (
    "The barge came up with the tide this morning, Matilda. Nobody was on deck but the dog, Matilda. I carried the ash "
    "down to the gate, and the cinders were still warm, Matilda.\n",
    "Your brother has mended the pump, Matilda. It gives brown water and a noise like a calf, Matilda. We boil it "
    "twice and say nothing, Matilda.\n",
    "The hens have stopped laying, Matilda. The woman from the mill says it is the dark, Matilda. I think it is the "
    "fox, Matilda.\n",
    "They have taken the bell down to be weighed, Matilda. It hung there a hundred years and nobody knew what it was "
    "worth, Matilda. Now the rope moves by itself, Matilda.\n",
    "I found your gloves behind the bread bin, Matilda. One of them has been a nest, Matilda. I put them back as they "
    "were, Matilda.\n",
    "Snow on the barn since Friday, Matilda. The road is gone and the postman with it, Matilda. So you will have this "
    "letter late, or with the next one, Matilda.\n",
)
UNSEEN = (
    Text("ferry", Form.PROSE, "The ferry was late again on Sunday, Matilda. The men stood about on the slip with their "
         "collars up, Matilda. I asked one of them for the time, and he showed me a watch without hands, Matilda. We "
         "laughed a little, and then it began to rain, Matilda. Nobody has seen the boat since, Matilda."),
    Text("orchard", Form.PROSE, "In the orchard the ladders were still leaning where the pickers had left them. A "
         "wasp went round and round in the bottom of a jar. The old man counted the baskets, wrote a number on the "
         "wall with a bit of chalk, looked at it for a while, and rubbed it out again with his sleeve."),
)  # fmt: skip
"""One more letter, and a page in another hand: where engine and trainer are compared."""
RECIPE = Recipe(rank=8, alpha=16, lr=4e-3, epochs=6, batch=2)


@dataclass(frozen=True)
class TrainedVoice:
    """`shifts`: what the trainer says the adapter does at `places`."""

    base: BaseModel
    gguf: Path
    places: list[Place]
    shifts: Shifts

    @property
    def adapter(self) -> Adapter:
        return Adapter("letters", self.gguf)


def train_voice(folder: Path, gguf: Path) -> TrainedVoice:
    """Learn the letters with the model in `gguf`; everything that comes of it stays in `folder`."""
    return asyncio.run(_trained(folder, gguf))


async def _trained(folder: Path, gguf: Path) -> TrainedVoice:
    base = described(checked_base(gguf), Home(folder / "home"))
    job = Job(folder / "job", base, RECIPE, "cpu", "peft", threads_here(), "letters")
    job.write()
    engine = await EmbeddedEngine.open(gguf)
    try:
        rows = await samples_of(engine, base.special, ((Form.PROSE, letter) for letter in LETTERS))
        places = await probe_places(engine, UNSEEN)
    finally:
        await engine.close()
    (job.folder / PASSAGES_FILE).write_text(json.dumps({"train": rows, "validation": []}))
    write_plan(job.folder, Plan(()), {CHALLENGER: job.adapter}, gguf, places)
    async with Training(job) as training:
        states = [state async for state in training.states()]
    assert states[-1].name == "done", states[-1]
    return TrainedVoice(base, job.adapter / GGUF, places, read_bits(job.folder).shifts)
