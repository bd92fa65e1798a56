"""Figures from bits, checked by hand on a manuscript of two pieces of prose and a poem."""

from dataclasses import replace

import pytest

from ownhand.training.evaluation_plan import (
    COLD,
    CONTROL,
    DOCUMENT,
    HELD_OUT,
    PASSAGES,
    TRAINED,
    WARM,
    Plan,
    Scored,
)
from ownhand.training.metrics import BASE, BEST_KEPT, CHALLENGER, CHAMPION, metrics


def scored(group, piece, form, heat, prompt, block=0, language="en"):
    before = (2, 7, 8) if prompt == PASSAGES else (2,)
    return Scored(group, piece, form, language, block, heat, prompt, 100, before, (5, 6))


def plan(*, control=True):
    items = [
        scored(HELD_OUT, piece, form, heat, prompt)
        for piece, form in (("maize", "prose"), ("goole", "prose"), ("fog", "verse"))
        for heat in (COLD, WARM)
        for prompt in (DOCUMENT, PASSAGES)
    ]
    items += [scored(TRAINED, "ward", "prose", COLD, DOCUMENT)]
    if control:
        items += [scored(CONTROL, f"{form}-{n}", form, COLD, DOCUMENT) for form in ("prose", "verse") for n in (1, 2)]
    return Plan(tuple(items))


def bits(of, **models):
    """Bits of each block by model: a function of the block."""
    return {name.replace("_", " "): {item.name: rule(item) for item in of.scored} for name, rule in models.items()}


def base(item):
    return 180.0 if item.prompt == PASSAGES else 200.0


def challenger(item):
    if item.group == TRAINED:
        return 150.0
    if item.group == CONTROL:
        return 196.0
    return 170.0 if item.prompt == PASSAGES else 176.0


def test_bits_per_byte_and_gains():
    found = metrics(plan(), bits(plan(), base=base, challenger=challenger))
    assert found.bpb(BASE) == 2.0
    assert found.bpb(BASE, PASSAGES) == 1.8
    assert found.bpb(CHALLENGER, form="verse") == 1.76
    assert found.gain.value == pytest.approx(12.0)
    assert (found.gain.low, found.gain.high) == pytest.approx((12.0, 12.0))
    assert found.context_gain.value == pytest.approx(10.0)
    assert found.gain_over_context.value == pytest.approx(2.0)  # (1.8 - 1.76) / 2
    assert found.capture_ratio == pytest.approx(1.2)
    assert found.specific_gain.value == pytest.approx(10.0)  # 12 points here, 2 on other people's text
    assert found.train_gap == pytest.approx(13.0)  # 25 points on what was seen, 12 on what was not
    assert found.context == PASSAGES
    assert found.over_today == pytest.approx({COLD: 5.0, WARM: 5.0})  # 170 for the base's 180, of 200
    assert found.over_best_kept == {}
    assert (found.blocks, found.pieces, found.size) == (3, 3, 300)


def test_what_train_promises_is_there():
    facts = metrics(plan(), bits(plan(), base=base, challenger=challenger)).to_json()
    assert list(facts)[:8] == [
        "base_bpb",
        "context_bpb",
        "challenger_bpb",
        "challenger_context_bpb",
        "champion_bpb",
        "gain_over_context",
        "capture_ratio",
        "specific_gain",
    ]
    assert facts["champion_bpb"] is None
    assert facts["challenger_context_bpb"] == 1.7


def test_the_champion_is_what_serves_today_in_its_own_way():
    given = bits(plan(), base=base, challenger=challenger, champion=lambda item: challenger(item) - 2)
    assert metrics(plan(), given, champion_context=PASSAGES).over_today == pytest.approx({COLD: -1.0, WARM: -1.0})
    assert metrics(plan(), given, champion_context=DOCUMENT).over_today == pytest.approx({COLD: 2.0, WARM: 2.0})
    assert metrics(plan(), given).bpb(CHAMPION) == 1.74


def test_an_earlier_adapter_that_was_better_is_seen():
    given = bits(plan(), base=base, challenger=challenger, best_kept=lambda item: 160.0)
    assert metrics(plan(), given).over_best_kept == pytest.approx({COLD: -5.0, WARM: -5.0})
    assert BEST_KEPT in given


def test_the_document_alone_serves_where_passages_do_not_help():
    given = bits(plan(), base=base, challenger=lambda item: 176.0 if item.prompt == DOCUMENT else 177.0)
    assert metrics(plan(), given).context == DOCUMENT


def test_no_capture_where_passages_gain_nothing():
    given = bits(plan(), base=lambda item: 199.0 if item.prompt == PASSAGES else 200.0, challenger=challenger)
    found = metrics(plan(), given)
    assert found.capture_ratio is None
    assert "less than 1%" in found.capture_reason


def test_a_manuscript_in_one_file_has_nothing_to_stand_in_the_prompt():
    alone = Plan(tuple(replace(item, context=(2,)) for item in plan().scored))
    found = metrics(alone, bits(alone, base=lambda item: 200.0, challenger=lambda item: 180.0))
    assert found.capture_ratio is None
    assert "no other passage" in found.capture_reason


def test_no_capture_where_what_passages_gain_may_be_chance():
    def uneven(item):
        return 200.0 if item.prompt == DOCUMENT else 150.0 if item.piece == "maize" else 203.0

    found = metrics(plan(), bits(plan(), base=uneven, challenger=challenger))
    assert found.context_gain.value > 1
    assert found.context_gain.low < 0
    assert found.capture_ratio is None
    assert "chance" in found.capture_reason


def test_gains_on_other_peoples_text_are_taken_off_form_by_form():
    def mixed(item):
        if item.group == CONTROL:
            return 190.0 if item.form == "prose" else 200.0
        return 180.0

    found = metrics(plan(), bits(plan(), base=lambda item: 200.0, challenger=mixed))
    assert found.specific_gain.value == pytest.approx((2 * 5.0 + 10.0) / 3)


def test_without_text_by_others_nothing_specific_is_claimed():
    found = metrics(plan(control=False), bits(plan(control=False), base=base, challenger=challenger))
    assert found.specific_gain is None
    assert "no text by others" in found.specific_reason
    assert found.to_json()["specific_gain"] is None


def test_nothing_held_out_gives_no_figures_and_no_error():
    given = Plan(tuple(item for item in plan().scored if item.group != HELD_OUT))
    facts = metrics(given, bits(given, base=base, challenger=challenger)).to_json()
    assert facts["gain"] == {"value": None, "low": None, "high": None}
    assert facts["base_bpb"] is facts["gain_over_context"] is facts["capture_ratio"] is None


def test_forms_are_told_apart():
    given = bits(plan(), base=base, challenger=lambda item: 150.0 if item.form == "verse" else 200.0)
    assert metrics(plan(), given).by_form == pytest.approx({"prose": 0.0, "verse": 25.0})


def bilingual(*others, own=(("maize", "en"), ("goole", "en"), ("fähre", "de"))):
    """Prose in two languages; `others` are the languages of the texts by other people."""
    items = [
        scored(HELD_OUT, piece, "prose", heat, prompt, language=language)
        for piece, language in own
        for heat in (COLD, WARM)
        for prompt in (DOCUMENT, PASSAGES)
    ]
    items += [scored(CONTROL, f"{code}-{n}", "prose", COLD, DOCUMENT, language=code) for code in others for n in (1, 2)]
    return Plan(tuple(items))


def german_for_anybody(item):
    """12 points on all that is the writer's; on other people's 2 in English and 11 in German."""
    return (178.0 if item.language == "de" else 196.0) if item.group == CONTROL else 176.0


def test_two_languages_are_each_compared_with_their_own():
    given = bits(bilingual("en", "de"), base=lambda _: 200.0, challenger=german_for_anybody)
    assert metrics(bilingual("en", "de"), given).specific_gain.value == pytest.approx((2 * 10 + 1) / 3)


def test_a_language_without_other_people_is_left_out_where_it_is_the_smaller_part():
    given = bits(bilingual("en"), base=lambda _: 200.0, challenger=german_for_anybody)
    assert metrics(bilingual("en"), given).specific_gain.value == pytest.approx(10.0)
    mostly = bilingual("en", own=(("maize", "en"), ("fähre", "de"), ("deich", "de")))
    found = metrics(mostly, bits(mostly, base=lambda _: 200.0, challenger=german_for_anybody))
    assert found.specific_gain is None
    assert "language" in found.specific_reason
