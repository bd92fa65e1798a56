"""The child's part with the real packaged model: the same figures every time, the base asked once, the adapter made."""

import json
from dataclasses import replace

import pytest

from ownhand.engines.gguf_header import read_header
from ownhand.training.evaluation_files import BITS_FILE, read_bits, read_plan, write_plan
from ownhand.training.evaluation_plan import COLD, CONTROL, DOCUMENT, HELD_OUT, PASSAGES, WARM, Plan, Scored
from ownhand.training.metrics import BASE, CHALLENGER, CHAMPION, metrics
from ownhand.training.wishes import Stopped
from ownhand.voices.probe import Place
from ownhand.voices.store import GGUF
from peft_files import write_peft

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]
IDS = (260, 1413, 281, 260, 7154, 1154, 1836, 30)
PLACES = [Place("The whale rose", (504, 24338, 8739)), Place("The whale", (504, 24338))]


def scored(group, piece, heat, prompt, context):
    return Scored(group, piece, "prose", "en", 0, heat, prompt, 30, context, IDS)


PLAN = Plan(
    (
        scored(HELD_OUT, "maize", COLD, DOCUMENT, (2,)),
        scored(HELD_OUT, "maize", COLD, PASSAGES, (504, 8739, 314)),
        scored(HELD_OUT, "maize", WARM, DOCUMENT, (504, 8739, 28)),
        scored(HELD_OUT, "maize", WARM, PASSAGES, (504, 8739, 314, 28)),
        scored(CONTROL, "sea-tale", COLD, DOCUMENT, (2,)),
    )
)


@pytest.fixture
def job(tmp_path, base_header):
    adapters = {CHALLENGER: tmp_path / "adapter", CHAMPION: tmp_path / "champion"}
    write_peft(adapters[CHALLENGER], base_header, kinds=("self_attn.v_proj",), strength=0.2)
    write_peft(adapters[CHAMPION], base_header, kinds=("mlp.up_proj",), strength=0.2)
    write_plan(tmp_path, PLAN, adapters, base_header.path, PLACES)
    return tmp_path


def measured(job, plain_base, cache="cache"):
    from ownhand.training.evaluation import evaluate

    heard = []
    evaluate(job, plain_base, "sha256:5a", job / cache, threads=1, progress=lambda *told: heard.append(told))
    return read_bits(job), heard


def test_figures_repeat(job, plain_base, base_header):
    first, heard = measured(job, plain_base)
    assert heard[-1] == (5 + 5 + 4, 14, 0)  # the champion is not asked about other people's text; nothing is left
    assert all(left > 0 for _, _, left in heard[:-1])
    assert set(first.bits) == {BASE, CHALLENGER, CHAMPION}
    assert set(first.bits[CHALLENGER]) == {item.name for item in PLAN.scored}
    again, heard = measured(job, plain_base, "another cache")
    assert heard[-1] == (14, 14, 0)
    for arm, found in first.bits.items():
        assert {name: round(bits / 30, 4) for name, bits in found.items()} == {
            name: round(bits / 30, 4) for name, bits in again.bits[arm].items()
        }
    facts = metrics(PLAN, first.bits)
    assert facts.bpb(BASE) != facts.bpb(CHALLENGER) != facts.bpb(CHAMPION)
    header = read_header(job / "adapter" / GGUF)
    assert header.is_adapter
    assert len(header.tensors) == 60


def test_an_evaluation_that_is_stopped_goes_on_where_it_was(job, plain_base):
    from ownhand.training.evaluation import evaluate

    def stop_after_seven(done, *_):
        if done == 7:
            raise Stopped

    with pytest.raises(Stopped):
        evaluate(job, plain_base, "sha256:5a", job / "cache", threads=1, progress=stop_after_seven)
    _, heard = measured(job, plain_base)
    # Of the seven that are left one has the same tokens as one of those that were done.
    assert [told[:2] for told in heard] == [(done, 6) for done in range(1, 7)]


def test_what_is_left_is_told_from_the_scoring_alone():
    """Not from the loading of a model, nor from a pause."""
    from ownhand.training.evaluation import _Counter

    now, heard = 0.0, []

    def progress(_done, _of, left):
        nonlocal now
        heard.append(left)
        now += 600  # paused

    items = [scored(HELD_OUT, "maize", COLD, DOCUMENT, (2,))] * 4
    count = _Counter(items, progress, lambda: now)
    for of_a_model in (items[:2], items[2:]):
        now += 300  # it is loaded
        count.begin()
        for item in of_a_model:
            now += 5
            count(item)
    assert heard == [15, 10, 5, 0]


def test_nothing_is_asked_twice_and_new_pages_ask_for_what_is_new(job, plain_base, base_header):
    """Another adapter is asked about everything, the models that are known only about blocks that they never saw."""
    first, _ = measured(job, plain_base)
    again, heard = measured(job, plain_base)
    assert (heard, again.bits) == ([], first.bits)
    new = scored(HELD_OUT, "maize", COLD, PASSAGES, (504, 8739, 315))
    adapters = {CHALLENGER: job / "second", CHAMPION: job / "adapter"}
    write_peft(adapters[CHALLENGER], base_header, kinds=("self_attn.v_proj",), strength=0.3)
    plan = Plan((PLAN.scored[0], new, *PLAN.scored[2:]))
    write_plan(job, plan, adapters, base_header.path, PLACES)
    later, heard = measured(job, plain_base)
    assert heard[-1][:2] == (1 + 5 + 1, 7)
    assert later.bits[CHAMPION][PLAN.scored[0].name] == first.bits[CHALLENGER][PLAN.scored[0].name]
    assert later.bits[CHALLENGER][PLAN.scored[0].name] != first.bits[CHALLENGER][PLAN.scored[0].name]
    assert later.bits[BASE][new.name] != first.bits[BASE][new.name]


def test_what_was_measured_is_known_again_unless_other_tokens_count(job, plain_base, base_header):
    """Blocks in which all tokens count keep the keys that they had when all always did."""
    from ownhand.training.evaluation import _key
    from ownhand.training.kept import digest

    block = PLAN.scored[1]
    assert _key(block) == digest(json.dumps([block.context, block.ids]))
    first, _ = measured(job, plain_base)
    part = replace(block, left_out=((2, 5),), size=20)
    adapters = {CHALLENGER: job / "adapter", CHAMPION: job / "champion"}
    write_plan(job, Plan((PLAN.scored[0], part, *PLAN.scored[2:])), adapters, base_header.path, PLACES)
    assert read_plan(job).plan.scored[1] == part
    later, heard = measured(job, plain_base)
    assert heard[-1][:2] == (3, 3)
    assert 0 < later.bits[BASE][part.name] < first.bits[BASE][part.name]


def test_the_trainers_shifts_are_told_for_each_place(job, plain_base):
    found, _ = measured(job, plain_base)
    assert len(found.shifts) == 2
    assert all(len(place) == 20 for place in found.shifts)
    assert b" from" in found.shifts[0] or b"," in found.shifts[0]
    assert any(abs(shift) > 0.01 for place in found.shifts for shift in place.values())


def test_a_plan_of_a_newer_ownhand_is_refused(job, plain_base):
    from ownhand.errors import WriterError

    values = json.loads((job / "evaluation.json").read_text())
    (job / "evaluation.json").write_text(json.dumps(values | {"format": 99}))
    with pytest.raises(WriterError, match="newer Ownhand"):
        measured(job, plain_base)
    assert not (job / BITS_FILE).exists()
