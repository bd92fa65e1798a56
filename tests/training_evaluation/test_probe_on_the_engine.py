"""The log-probability test with the real engine and the real trainer: a right file agrees, each wrong one fails."""

import asyncio
import json
from pathlib import Path

import pytest

from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.protocol import Adapter
from ownhand.engines.vocabulary import token_bytes
from ownhand.text.words import word_spans
from ownhand.voices import gguf_export
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.peft_folder import CONFIG
from ownhand.voices.probe import PROBE_LIMITS, Place, agreement, complaint, engine_shifts
from ownhand.voices.store import GGUF

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
PROSE = Path(__file__).parents[2] / "examples" / "manuscript" / "prose"
STRENGTH = {"q_proj": 0.14, "k_proj": 0.14, "v_proj": 0.05, "o_proj": 0.05}
"""Of B: brings the shifts of a probe to about 0.3 nats on the packaged model."""


@pytest.fixture(scope="module")
def places(packaged_gguf):
    """40 places in two texts."""
    return asyncio.run(_places(packaged_gguf))


async def _places(gguf):
    engine, chosen = await EmbeddedEngine.open(gguf), []
    for name in ("maize.md", "nacelle.md"):
        text = (PROSE / name).read_text(encoding="utf-8").split("\n\n", 1)[1]
        for _, end in list(word_spans(text))[8:88:4]:
            chosen.append(Place(text[:end], tuple(await engine.token_ids(text[:end]))))
    await engine.close()
    return chosen


@pytest.fixture(scope="module")
def trainer(model, places, base_header):
    from ownhand.training.log_probabilities import TrainerSide

    return TrainerSide(model, places, token_bytes(base_header.metadata))


@pytest.fixture
async def engine(packaged_gguf):
    made = await EmbeddedEngine.open(packaged_gguf)
    yield made
    await made.close()


def probe(trainer, kinds, folder):
    from ownhand.training.log_probabilities import write_probe

    write_probe(trainer.model, kinds, folder, max(STRENGTH[kind] for kind in kinds))
    return folder


async def found(engine, adapter, header, places, shifts):
    path = export_gguf(adapter, header, adapter / GGUF)
    shown = agreement(await engine_shifts(engine, Adapter("probe", path), places), shifts)
    return shown, complaint(shown, PROBE_LIMITS)


async def test_queries_and_keys(engine, trainer, places, base_header, tmp_path, monkeypatch):
    adapter = probe(trainer, ("q_proj", "k_proj"), tmp_path / "qk")
    shifts = trainer.shifts(adapter)
    right, nothing = await found(engine, adapter, base_header, places, shifts)
    assert nothing == "", right
    values = json.loads((adapter / CONFIG).read_text())
    (adapter / CONFIG).write_text(json.dumps(values | {"lora_alpha": 2 * values["lora_alpha"]}))
    doubled, said = await found(engine, adapter, base_header, places, shifts)
    assert said != "", doubled
    (adapter / CONFIG).write_text(json.dumps(values))
    monkeypatch.setitem(gguf_export.PERMUTED, "llama", False)
    unpermuted, said = await found(engine, adapter, base_header, places, shifts)
    assert said != "", unpermuted
    assert unpermuted.correlation < 0.6 < right.correlation


async def test_a_dropped_module(engine, trainer, places, base_header, tmp_path):
    whole = probe(trainer, ("v_proj", "o_proj"), tmp_path / "vo")
    shifts = trainer.shifts(whole)
    right, nothing = await found(engine, whole, base_header, places, shifts)
    assert nothing == "", right
    part = probe(trainer, ("o_proj",), tmp_path / "o")
    short, said = await found(engine, part, base_header, places, shifts)
    assert said != "", short
    assert engine.adapter is None
