"""Bytes become text as the writer's program meant them."""

import codecs
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.manuscript.encoding import Unreadable, decode

ENGLISH = (
    "“Not yet,” she said — the sluice was still open. He’d gone to the café on Zoë’s say-so,\n"
    "naïve as ever, and it cost him £5…\n\n    ‘Mind the edge.’\n"
)
GERMAN = "Das Mädchen ging über die Brücke, und die Vögel schwiegen.\nStraße um Straße, größer, kälter.\n"
FRENCH = "Où êtes-vous né ? Ça va déjà très bien, dit-il à la fenêtre.\n«\u00a0Voilà\u00a0», fit-elle.\n"
CZECH = "Řeka tu jaro stála vysoko a nikdo o mostě nemluvil. Žluťoučký kůň.\n"
RUSSIAN = "Река стояла в ту весну высоко, и никто не говорил о мосте.\nОна спросила: ты идёшь?\n"
JAPANESE = "水門は、まだ開いていた。彼女は黙って、その水を見ていた。\n「行くの?」と彼は言った。\n"
CHINESE = "那年的水很大,他站在堤上,一句话也没有说。\n她问:你走吗?他摇摇头。\n"
KOREAN = "그해 봄 강물은 높았고 아무도 다리 이야기를 하지 않았다.\n그녀가 물었다. 가니?\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", ENGLISH),
        ("mac_roman", ENGLISH),
        ("cp1252", GERMAN),
        ("latin-1", GERMAN),
        ("latin-1", FRENCH),
        ("mac_roman", FRENCH),
        ("cp1250", CZECH),
        ("koi8-r", RUSSIAN),
        ("cp1251", RUSSIAN),
        ("shift_jis", JAPANESE),
        ("euc_jp", JAPANESE),
        ("gb18030", CHINESE),
        ("euc_kr", KOREAN),
        ("utf-8", JAPANESE),
        ("utf-8-sig", ENGLISH),
        ("utf-16", ENGLISH),
        ("utf-32", JAPANESE),
        ("utf-16-le", ENGLISH),
        ("utf-16-be", JAPANESE),
        ("utf-32-le", FRENCH),
    ],
)
@pytest.mark.parametrize("times", [1, 40, 2000])
def test_an_encoding_is_found(encoding: str, text: str, times: int) -> None:
    assert decode((text * times).encode(encoding)) == text * times


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_a_single_curly_apostrophe_in_a_long_text_is_enough(encoding: str) -> None:
    plain = "The fen is a mile of sky and a ditch to keep it in.\n" * 4000
    text = plain + "He’d gone.\n" + plain
    assert decode(text.encode(encoding)) == text


def test_both_marks_of_utf16_are_known() -> None:
    assert decode(codecs.BOM_UTF16_BE + "ditch".encode("utf-16-be")) == "ditch"
    assert decode(codecs.BOM_UTF16_LE + "ditch".encode("utf-16-le")) == "ditch"


def test_line_ends_become_one_kind_and_nothing_else_changes() -> None:
    text = "one\r\ntwo\rthree\n\r\n  four  \r\n"
    assert decode(text.encode()) == "one\ntwo\nthree\n\n  four  \n"
    odd = "a\u2028b\u2029c\x0bd\x0ce\x85f\u00a0g\u200bh\ttab  \n"
    assert decode(odd.encode()) == odd


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_letters_stay(form: str) -> None:
    text = unicodedata.normalize(form, GERMAN + FRENCH)  # type: ignore[arg-type]
    assert decode(text.encode()) == text


def test_a_broken_byte_in_utf8_costs_one_character() -> None:
    data = (GERMAN * 50).encode()
    assert decode(data[:2000] + b"\xff" + data[2000:]).replace("\ufffd", "") == GERMAN * 50


def test_a_broken_spot_of_several_bytes_costs_no_other_character() -> None:
    page = "„Das ist nicht dein Stuhl“, said my grandmother, and all of us got up. " * 3
    assert decode(b"A line with \xff\xfe\x80 bytes.\n" + page.encode()).endswith(page)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4,
        b"\x7fELF\x02\x01\x01\0\0\0\0\0",
        b"some text\0and more of it\n" * 20,
        b"\0" * 4096,
        random.Random(7).randbytes(20_000),
        bytes(byte for byte in random.Random(8).randbytes(20_000) if byte),
        b"PK\x03\x04" + random.Random(9).randbytes(3000),
        codecs.BOM_UTF16_BE + b"\0\0\0\0",
        b"\x01\x02\x03" * 100,
    ],
    ids=["png", "elf", "NULs in text", "NULs", "noise", "noise without NULs", "zip", "UTF-16 of NULs", "controls"],
)
def test_what_is_no_text_is_refused_in_plain_words(data: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        decode(data)
    assert "text" in refused.value.reason
    assert len(refused.value.reason) < 80


def test_nothing_is_an_empty_text() -> None:
    assert decode(b"") == ""
    assert decode(codecs.BOM_UTF8) == ""


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        assert "\r" not in decode(data)
    except Unreadable as refused:
        assert refused.reason


@given(st.text(alphabet=st.characters(exclude_characters="\r\0", exclude_categories=("Cs", "Cc")), max_size=200))
def test_utf8_is_read_back_exactly(text: str) -> None:
    if not text.startswith("\ufeff") and text.count("\ufffd") <= 2:
        assert decode(text.encode()) == text
