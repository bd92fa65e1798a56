"""The writer's n-gram model, and what it chooses."""

import threading

from ownhand.manuscript.model import Form
from ownhand.suggestions.ngram import NgramModel, tokens
from ownhand.suggestions.rerank import OwnHand
from ownhand.suggestions.stock_phrases import count_stock_phrases, stock_share

OWN = [
    "I says to him it wants greasing. He says it's been greased. I says well it's been greased wi' summat else then. "
    "57 miles and not a bearing out & him stood there wi' a torch. I took the tools a flask and 2 of the ladies. "
] * 40


def test_own_words_are_likelier_than_others() -> None:
    model = NgramModel.of(OWN)
    own = model.log_probability(" I says to him it's been greased.")
    other = model.log_probability(" Notwithstanding the aforementioned committee proceedings.")
    assert own > other


def test_probabilities_after_a_history_sum_to_at_most_one() -> None:
    model = NgramModel.of(OWN)
    words = set(tokens(OWN[0])) | {"greater", "x"}
    for history in (["i", "says"], ["\x02", "\x02"], ["never", "seen"]):
        total = sum(model._probability(history, word) for word in words)
        assert 0 < total <= 1 + 1e-9


def test_japanese_is_read_by_characters() -> None:
    assert tokens("彼は海を見た。") == ["彼", "は", "海", "を", "見", "た", "。"]
    model = NgramModel.of(["彼は海を見ていた。風が吹いた。" * 30])
    assert model.log_probability("海を見ていた。") > model.log_probability("経済政策会議。")


async def test_the_candidate_in_the_writers_hand_wins_and_stock_phrases_lose(clock, corpus_of) -> None:
    hand = OwnHand(corpus_of(OWN), clock)
    plain, stock = " He says it's been greased.", " A sense of wonder hung in the air."
    assert hand.best([stock, plain], "", Form.PROSE) == plain
    hand.prepare(Form.PROSE)
    await hand.ready()
    assert hand.best([" The proceedings were adjourned.", plain], "", Form.PROSE) == plain
    assert hand.best([plain, plain + " "], "", Form.PROSE) == plain


async def test_the_model_is_built_again_when_the_manuscript_changed(clock, corpus_of, monkeypatch) -> None:
    """The question whether it did reads a file, so it is put in a thread and never in the event loop."""
    corpus, asked_in, generation = corpus_of(OWN), set[threading.Thread](), [1]

    def now(_: object) -> int:
        asked_in.add(threading.current_thread())
        return generation[0]

    monkeypatch.setattr(corpus_of, "generation", now)
    hand = OwnHand(corpus, clock)
    built = []
    for number in (1, 1, 2):
        generation[0] = number
        hand.prepare(Form.PROSE)
        await hand.ready()
        built.append(hand._models[Form.PROSE][0])
        clock.time += 1000
    assert built[0] is built[1] is not built[2]
    assert threading.main_thread() not in asked_in


def test_stock_phrases_in_four_languages() -> None:
    assert count_stock_phrases("Her voice was barely above a whisper, a testament to her grief.") == 2
    assert count_stock_phrases("He couldn’t help but smile; shivers ran down, shivers down her spine.") == 2
    assert count_stock_phrases("Ein Schauer lief ihm über den Rücken.") >= 1
    assert count_stock_phrases("Un frisson parcourut la salle.") == 1
    assert count_stock_phrases("彼女は息を呑んだ。") == 1
    assert count_stock_phrases("57 miles (58, they've dug up Howden). I took the tools a flask.") == 0
    assert stock_share(["a symphony of gulls", "gulls"]) == 0.5
    assert stock_share([]) == 0.0
