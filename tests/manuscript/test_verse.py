"""Verse or prose, on the kinds of text that a manuscript holds."""

import textwrap
from pathlib import Path

import pytest

from ownhand.manuscript.model import Form
from ownhand.manuscript.passages import passages
from ownhand.manuscript.verse import is_verse

EXAMPLES = Path(__file__).parents[2] / "examples"

VERSE = {
    "free, no punctuation": """
the ferry left without its light
    and nobody on the slip
said so

we had the rope in our hands
        still
""",
    "rhymed, capitals, punctuated": """
The kettle sings, the window weeps,
The dog that hunted all day sleeps,
And down the lane the lanterns go
To count the sheep beneath the snow.

I had a coat, I had a name,
I left them both the way I came.
""",
    "pentameter of even length with capitals": """
The harbour kept its hundred masts in rows
And every mast a shadow on the stone
That lengthened when the evening tide withdrew
And drew the fishing women from the doors
To stand along the wall and count the sails
And some who counted came to one too few
And some who counted did not wait to know
But turned and put the supper on the fire
""",
    "long lines in the manner of a psalm": """
I have walked the whole length of the sea wall in November with the salt coming over it like thrown gravel,
And I have said the names of the boats aloud, the ones laid up and the ones that are only paint now on a board,
And the men who gave the names, I have said them, though none of them would have thanked me for the saying,
O long low town, with your lamps lit at three and your one road out, you have never asked me where I was going.
""",
    "every line a sentence": """
The lamp is out.
The bread is cut.
Nobody came.

The lamp is lit.
The bread is gone.
""",
    "haiku": "old scale in the yard\nthe pan fills with rain, tips, fills\nweighing the same rain",
    "lines set wide": """
nobody told the river

it went on under the bridge

as if the bridge were a sentence

and it had not got to the verb
""",
    "German": """
Am Abend stehen die Kräne still,
ein Schiff hat sich vertan,
und einer, der nicht schlafen will,
sieht lange Lichter an.

Er hat den Schlüssel in der Hand
und keine Tür dazu;
""",
    "German, unpunctuated": "im hof die leiter\nlehnt an nichts\nich zähle die sprossen\nbis eine fehlt",
    "French": """
Je garde au fond du tiroir
une clef qui n'ouvre rien,
le nom d'un chien,
la moitié d'un miroir.

Le soir, quand la pluie revient
compter les tuiles du toit,
""",
    "Japanese": "駅前の古い秤に\n雪が積もる\n誰もいない朝\n針だけがゆれて\n\n父の手袋\nまだ温かい",
    "long couplets": """
It was the custom of the town to ring the bell at four,
and nobody remembered now what it was rung there for.

The sexton said his father had, and his before him too,
and ringing it was all there was for anyone to do.
""",
    "even lines that are sentences": """
I think the house is listening to the rain.
The gutters talk all night and nothing stays.
I count the rooms and start the count again.

My mother's coat still hangs behind the pane.
It keeps her shape for days and days and days.
I think the house is listening to the rain.
""",
    "alexandrines": """
Le vent du soir descend la rue des Tanneurs,
Il pousse devant lui les papiers et les feuilles,
Et l'on entend au loin, derrière les lenteurs
Du fleuve, une péniche à qui personne n'accueille
Ni cloche ni fanal ; elle passe et s'éteint.
""",
    "indents and one-word lines": "so\n    it goes\n        down\n    to the water\nand\n         the water\n  lets it",
}

PROSE = {
    "paragraphs": "He came in late and wouldn't say where he'd been. " * 8
    + "\n\n"
    + "She put the plate down in front of him. It was cold by then, and she knew it, and so did he. " * 4,
    "dialogue": """
“Where's the key?”

“On the hook.”

“It isn't.”

“Then you've had it.”

He looked at the hook. There was a hook, he'd give her that.
""",
    "dialogue with dashes and no blank lines": """
– You're late.
– I know I'm late.
– It's gone cold.
– I like it cold.
– Nobody likes it cold.
""",
    "French dialogue": "— Tu viens ?\n\n— Non.\n\n— Pourquoi ?\n\n— Parce qu'il pleut, dit-elle, et tu le sais.",
    "German dialogue": "»Hast du den Schlüssel?«\n\n»Nein.«\n\n»Dann warten wir«, sagte er und setzte sich.",
    "a list": "- flour\n- eggs, six of them\n- the good butter\n- string\n- a stamp for the letter to the bank",
    "a numbered list": "1. Ring the bank\n2. Fetch the dog from the vet\n3. Write chapter nine again\n4. Sleep",
    "prose poem": "The orchard was a sentence without a verb, and we walked in it naming the trees for want of "
    "anything better to do, and each tree, as it was named, let go of one apple, and the apple took its time.",
    "hard-wrapped": textwrap.fill(
        "The tide had gone out as far as it ever went and left the boats on their sides like cattle. "
        "A man in a brown coat was walking among them with a hammer, tapping each hull once and listening, and then "
        "writing something in a book that he held against the wind with his chin. Nobody knew who paid him. "
        "My aunt said that it was the insurance, my uncle that it was the devil, and the man himself, when I asked, "
        "told me that he had always done it and that somebody must.",
        70,
    )
    + "\n\n"
    + textwrap.fill("I followed him as far as the last boat. He tapped that one twice and shook his head. " * 3, 70),
    "hard-wrapped German": textwrap.fill(
        "Als der Vater aus dem Krieg zurückkam, brachte er eine Waage mit, von der niemand wusste, wem sie gehört "
        "hatte. Er stellte sie auf die Fensterbank, und dort blieb sie, obwohl die Mutter jeden Samstag sagte, dass "
        "sie das Licht wegnehme. Abends legte er die Hand auf die Schale und las sein Gewicht ab, als könne es sich "
        "geändert haben.",
        66,
    ),
    "hard-wrapped without blank lines": "\n".join(
        textwrap.fill(paragraph, 68)
        for paragraph in (
            "He went down to the yard at six and found the gate open, which it never was, and the dog not there.",
            "There was a boot on the step. It was a left boot. He carried it into the kitchen and put it on a "
            "newspaper and sat and looked at it until it was time to go to work.",
            "When he came home there were two boots, and the dog was lying between them as though it had been told to.",
        )
    ),
    "wrapped narrowly": textwrap.fill(
        "He went down to the yard at six and found the gate open, which it never was, and the dog not there. He "
        "called twice. There was a boot on the step. It was a left boot. He carried it into the kitchen and put it on "
        "a chair.",
        45,
    ),
    "a scene for the stage": """
MR LACEY
It's wrong.

MO
What is.

MR LACEY
All of it. I followed it to the letter. She never had it flat in her life.

He gets the lid off. They look in the tin. A long time: the rain, and a van that doesn't stop.
""",
    "one line per paragraph": "The first day it rained and we stayed in, and nobody minded much, there were cards.\n"
    "The second day it rained as well, and somebody had lost the queen of hearts, and it was minded rather more.\n"
    "The third day was fine. We sat inside with the curtains drawn and made a new queen out of a cereal box.",
    "Japanese": "　駅前の古い秤のことを、父はよく話した。子どものころ、その秤に乗るのが楽しみだったという。\n"
    "「今でもあるの」と私は聞いた。\n"
    "「もうない」と父は答えて、それきり何も言わなかった。窓の外では雪が降りはじめていた。",
    "one line": "Nothing happened on Tuesday",
    "nothing": "",
    "letter": "Dear Anna,\n\n"
    + "I have your letter and the photograph and I don't know which is worse. " * 9
    + "\n\nYours,\nM.",
}


@pytest.mark.parametrize("name", VERSE)
def test_verse_is_recognized(name: str) -> None:
    assert is_verse(VERSE[name].strip("\n"))


@pytest.mark.parametrize("name", PROSE)
def test_prose_stays_prose(name: str) -> None:
    assert not is_verse(PROSE[name].strip("\n"))


@pytest.mark.parametrize("width", [55, 60, 65, 72, 80])
def test_prose_wrapped_at_any_margin_stays_prose(width: int) -> None:
    text = "\n\n".join(textwrap.fill(part, width) for part in PROSE["one line per paragraph"].split("\n"))
    assert not is_verse(text)


def test_passages_of_verse_end_at_stanzas() -> None:
    stanza = "the ferry left without its light\nand nobody on the slip\nsaid so\nor said it twice"
    text = "\n\n".join([stanza] * 30)
    for span in passages(text, Form.VERSE):
        part = text[span.start : span.end]
        assert part.startswith("the ferry") and part.endswith("or said it twice")
        assert span.words <= 250
