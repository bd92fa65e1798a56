"""Every kind of weight, in a family whose Q and K are reordered and in one where they are not: what the engine makes of
a probe adapter is what the trainer makes of it, and each way to write the file wrongly shows. The models are small and
random, in 32 bits."""

import asyncio
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.gguf_header import Header, read_header
from ownhand.engines.protocol import Adapter, NextToken
from ownhand.engines.vocabulary import token_bytes
from ownhand.text.words import word_spans
from ownhand.training.base_weights import write_base
from ownhand.voices.gguf_export import PERMUTED, export_gguf
from ownhand.voices.peft_folder import CONFIG
from ownhand.voices.probe import PROBE_LIMITS, TOP, Agreement, Place, agreement, complaint, shifts
from ownhand.voices.store import GGUF
from tiny_models import write_tiny

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
PROSE = Path(__file__).parents[2] / "examples" / "manuscript" / "prose"
KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
WRONG = {
    "Q in the other order": "wrong order|too weakly",
    "K in the other order": "wrong order|too weakly",
    "a module dropped": "wrong order|too weakly",
    "twice the scale": "too strongly",
}
"""What is done wrongly, and what is said of it."""
_ASKED = 60


@dataclass
class Bench:
    """A small model: the trainer's side of it and the engine's, at the same places of a text."""

    header: Header
    side: Any
    engine: EmbeddedEngine
    places: list[Place]
    plain: list[list[NextToken]]

    async def compared(self, adapter: Path, truth: Path) -> Agreement:
        """The engine's shifts under `adapter`, exported, beside the trainer's under `truth`."""
        file = export_gguf(adapter, self.header, adapter / GGUF)
        await self.engine.use_adapter(Adapter(f"probe-{adapter.name}", file))
        after = [await self.engine.next_tokens(place.prompt, _ASKED) for place in self.places]
        seen = [shifts(before, late) for before, late in zip(self.plain, after, strict=True)]
        return agreement(seen, self.side.shifts(truth))

    async def in_the_other_order(self, adapter: Path) -> Agreement:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(PERMUTED, self.header.architecture, not PERMUTED[self.header.architecture])
            return await self.compared(adapter, adapter)

    async def twice(self, adapter: Path) -> Agreement:
        louder = shutil.copytree(adapter, adapter.with_name(f"{adapter.name}-twice"))
        values = json.loads((louder / CONFIG).read_text())
        (louder / CONFIG).write_text(json.dumps(values | {"lora_alpha": 2 * values["lora_alpha"]}))
        return await self.compared(louder, adapter)


async def _bench(gguf: Path, folder: Path) -> Bench:
    import torch
    from transformers import AutoModelForCausalLM

    from ownhand.training.log_probabilities import TrainerSide

    header, engine = read_header(gguf), await EmbeddedEngine.open(gguf)
    write_base(header, folder, 4)
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval().requires_grad_(False)
    places = [
        Place(text[:end], tuple(await engine.token_ids(text[:end])))
        for text in ((PROSE / name).read_text(encoding="utf-8") for name in ("maize.md", "nacelle.md"))
        for _, end in list(word_spans(text))[8:88:4]
    ]
    plain = [await engine.next_tokens(place.prompt, TOP) for place in places]
    return Bench(header, TrainerSide(model, places, token_bytes(header.metadata)), engine, places, plain)


async def _proofs(gguf: Path, folder: Path) -> dict[str, Agreement]:
    from ownhand.training.log_probabilities import make_probe

    (folder / "base").mkdir()
    bench = await _bench(gguf, folder / "base")
    probes = {kind: folder / kind for kind in (*KINDS, "v_proj-o_proj")}
    for name, place in probes.items():
        make_probe(bench.side, name.split("-"), place)
    found = {kind: await bench.compared(probes[kind], probes[kind]) for kind in KINDS}
    found["Q in the other order"] = await bench.in_the_other_order(probes["q_proj"])
    found["K in the other order"] = await bench.in_the_other_order(probes["k_proj"])
    found["a module dropped"] = await bench.compared(probes["o_proj"], probes["v_proj-o_proj"])
    found["twice the scale"] = await bench.twice(probes["up_proj"])
    await bench.engine.close()
    return found


@pytest.fixture(scope="module", params=("llama", "qwen2", "qwen3", "gemma3"))
def proofs(request, tmp_path_factory, packaged_gguf):
    folder = tmp_path_factory.mktemp(request.param)
    gguf = write_tiny(folder / "tiny.gguf", request.param, packaged_gguf)
    return asyncio.run(_proofs(gguf, folder))


@pytest.mark.parametrize("kind", KINDS)
def test_a_probe_of_each_kind_agrees(proofs, kind):
    assert complaint(proofs[kind], PROBE_LIMITS) == "", proofs[kind]
    assert proofs[kind].spread > 0.2


@pytest.mark.parametrize("wrong", WRONG)
def test_each_wrong_file_shows(proofs, wrong):
    assert re.search(WRONG[wrong], complaint(proofs[wrong], PROBE_LIMITS)), proofs[wrong]
