"""The lab measures what the product measures: its sums and its usual rate are the product's."""

import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.voice.anatomy import SORTS, summed  # noqa: E402
from bench.voice.choosing import beyond, gain, surely_better  # noqa: E402
from bench.voice.lab import Lab  # noqa: E402
from bench.voice.packs import Pack  # noqa: E402
from bench.voice.runs import Run, curve, figures, memorize, recipes  # noqa: E402
from bench.voice.scoring import bits  # noqa: E402
from bench.voice.variation import LabRecipe, focused  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

from ownhand.engines.special import SpecialTokens  # noqa: E402
from ownhand.training.bits import Scorer  # noqa: E402
from ownhand.training.evaluation_plan import Plan, Scored  # noqa: E402
from ownhand.training.job import BaseModel  # noqa: E402
from ownhand.training.recipe import Recipe  # noqa: E402


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def block(number: int, context: int, size: int) -> Scored:
    ids = tuple((7 * number + 3 * at * at + at) % 300 for at in range(context + size))
    return Scored("held out", f"p{number}", "prose", "en", 0, "cold", "document", size, ids[:context], ids[context:])


def test_many_blocks_at_once_take_the_bits_that_each_takes_alone(model: Any) -> None:
    blocks = [block(1, 1, 40), block(2, 90, 35), block(3, 0, 12), block(4, 17, 1), block(5, 1, 120)]
    scorer = Scorer(model)
    alone = {each.name: scorer.bits(each.context, each.ids) for each in blocks}
    for at_once in (60, 16_384):  # one block at a time, all together
        together = bits(model, blocks, at_once)
        assert together.keys() == alone.keys()
        for name, value in alone.items():
            assert together[name] == pytest.approx(value, rel=1e-5)


@pytest.fixture
def pack() -> Pack:
    samples = [
        {"input_ids": list(each.ids), "labels": list(each.ids)} for each in (block(at, 0, 30) for at in range(6))
    ]
    plan = Plan([block(9, 1, 60)])
    return Pack("tiny", 100, samples[:5], samples[5:], [], {}, plan, [])


@pytest.fixture
def lab(model: Any, tmp_path: Path) -> Lab:
    model.save_pretrained(tmp_path / "base")
    return Lab(BaseModel(tmp_path, "", "llama", tmp_path / "base", SpecialTokens(0, 1, True)), "cpu", tmp_path)


def performed(lab: Lab, pack: Pack, change: dict[str, Any], seed: int = 0) -> dict[str, float]:
    """By the name of the average, "" for what the run itself chose: bits of the kept page."""
    bare = not change
    run = Run("tiny", seed, change, write=False, bare=bare)
    return {record.get("average", ""): sum(record["bits"].values()) for record in lab.perform(run, pack)}


def test_a_soup_is_the_mean_of_its_runs_and_the_base_is_itself_afterwards(lab: Lab, pack: Pack) -> None:
    base = performed(lab, pack, {})[""]
    alone = [performed(lab, pack, {"lr": 2e-2}, seed)[""] for seed in (0, 10)]
    soup = performed(lab, pack, {"lr": 2e-2, "soup": 2})[""]
    assert len({round(bits, 2) for bits in (base, soup, *alone)}) == 4
    assert performed(lab, pack, {"lr": 2e-2}, 10)[""] == alone[1], "a run after the soup is what it was before"
    assert performed(lab, pack, {})[""] == base


def test_an_adapter_can_be_taken_in_part(lab: Lab, pack: Pack) -> None:
    base = performed(lab, pack, {})[""]
    found = performed(lab, pack, {"lr": 2e-2, "averages": ["ema0.5", "times0.0", "times1.0", "times0.5"]})
    assert found["times1.0"] == found[""]
    assert found["times0.0"] == pytest.approx(base, abs=0.01)
    assert min(found[""], base) < found["times0.5"] < max(found[""], base)


def test_a_run_is_known_by_what_it_does() -> None:
    assert Run("austen-50", 1).key == Run("austen-50", 1, whole=True, write=False).key
    assert len({run.key for run in (Run("austen-50", 1), Run("austen-50", 2), Run("austen-50", 1, {"lr": 1e-3}))}) == 3
    usual = {run.key for run in figures() if run.dtype == "float32"}
    assert usual <= {run.key for run in curve()}, "the curve's 50 samples are the figures"


def test_every_planned_change_reaches_the_recipe_or_the_lesson() -> None:
    for run in [*memorize(), *recipes()]:
        for name, value in run.change.items():
            held = getattr(run.recipe if name in LabRecipe.__dataclass_fields__ else run.variation, name)
            assert held == (tuple(value) if isinstance(value, list) else value)


def test_the_usual_rate_is_the_products() -> None:
    assert [LabRecipe().rate(step, 45) for step in range(45)] == [Recipe().rate(step, 45) for step in range(45)]
    falling = [LabRecipe(schedule="linear").rate(step, 40) for step in range(4, 40)]
    assert falling == sorted(falling, reverse=True)


def test_tokens_can_count_by_how_hard_they_are() -> None:
    nats = torch.tensor([0.1, 1.0, 6.0], requires_grad=True)
    total = focused(nats, 1.0)
    (hard,) = torch.autograd.grad(total, nats)
    (known,) = torch.autograd.grad(focused(nats, -0.5), nats)
    assert hard[0] < hard[1] < hard[2]
    assert known[0] > known[1] > known[2]
    assert float(hard.sum()) == pytest.approx(3.0) == float(known.sum()), "as much is learned as without"
    assert float(total.detach()) == pytest.approx(float((hard * nats.detach()).sum())), (
        "the weights themselves are not learned"
    )


def test_each_token_counts_for_the_word_in_which_it_begins() -> None:
    tokens = [
        b"The",
        b" sea",
        b"l",
        b",",
        b" Que",
        b"equeg",
        b" said",
        b" so",
        b" ",
        b"caf",
        "é".encode()[:1],
        "é".encode()[1:],
    ]
    ids = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
    item = Scored("held out", "p", "prose", "en", 0, "cold", "document", 20, (), ids)
    taught = ["the sea said so, and the sea said so again"]
    bits = {item.name: [2.0] * (len(ids) - 1)}  # nothing foretells the first token
    found = summed([item], (bits, {item.name: [1.0] * (len(ids) - 1)}), tokens, taught)
    assert list(found) == list(SORTS)
    counted = {sort: counts.get("tokens", 0) for sort, counts in found.items()}
    assert counted == {
        "frequent words": 2,  # said, so
        "other words of the learned pages": 0,  # the hundred most frequent are all of them
        "names": 2,  # Que-equeg
        "new words": 5,  # sea-l, caf-é, whose last letter is two tokens
        "signs and spaces": 2,
    }
    assert sum(counts.get("before", 0) for counts in found.values()) == 2 * (len(ids) - 1)


def record(author: str, seed: int, value: float, change: dict[str, Any] | None = None, bare: bool = False) -> Any:
    run = Run(f"{author}-50", seed, change or {}, bare=bare)
    return {"run": run.to_json(), "bits": {"held out/p/0/cold/document": value, "control/c/0/cold/document": 500.0}}


def test_only_what_gains_with_every_author_is_better() -> None:
    log = [record(author, 0, 1000.0, bare=True) for author in ("kalve", "melville", "austen")]
    for number, author in enumerate(("kalve", "melville", "austen")):
        for seed in range(3):
            log.append(record(author, seed, 940.0 + seed))
            log.append(record(author, seed, 936.0 + seed + 0.1 * number, {"batch": 2}))
            log.append(record(author, seed, 930.0 + seed + 6 * number, {"lr": 4e-3}))
    assert gain(log[3], log[0]) == pytest.approx(6.0)
    assert surely_better(beyond(log)) == ["batch 2"], "the other one loses with one of the three"
