"""Where a reveal finds its places, whatever marks the end of a sentence."""

import pytest

from ownhand.manuscript.model import Form
from ownhand.training.evaluation_plan import Text
from ownhand.training.reveal_places import beginnings

ENDS = {
    "English": "He went slowly down the hill. “The road was wet,” he wrote.” His mother called from far away. ",
    "Japanese": "彼は長い坂を下りていった。雨はもう止んでいたが、道はまだ濡れていた。「母の声が遠くから聞こえた。」",
    "Hindi": "वह धीरे धीरे पहाड़ी से नीचे उतरा। बारिश रुक चुकी थी पर रास्ता अब भी गीला था। माँ की आवाज़ दूर से आई। ",
    "Urdu": "وہ آہستہ آہستہ پہاڑی سے نیچے اترا۔ بارش رک چکی تھی مگر راستہ ابھی گیلا تھا۔ ماں کی آواز دور سے آئی۔ ",
}


@pytest.mark.parametrize("language", ENDS)
def test_a_place_is_after_a_sentence_in_any_script(language: str) -> None:
    text = ENDS[language] * 40
    found = beginnings([Text(str(number), Form.PROSE, text, "a.md", title="x") for number in range(3)])
    assert len(found) == 3
    assert found[0].text.rstrip()[-1] in ".।。۔」”"
    assert abs(len(found[0].text) - len(text) / 2) < len(ENDS[language])
