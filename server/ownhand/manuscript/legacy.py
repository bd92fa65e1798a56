"""Which encoding an old file is in, when it is neither UTF-8 nor UTF-16.

charset-normalizer tells scripts apart well, but takes Shift-JIS for Korean and a lone curly apostrophe for a Chinese
sign when there is little to go by. So three questions that writing itself answers come first: in which Western
reading do capitals, accents and quotation marks stand where writers put them; does it hold kana; do the commonest
Cyrillic letters come up as often as they do in Slavic languages?
"""

import codecs

import regex

_WESTERN = ("cp1252", "mac_roman", "cp1250")
_JAPANESE = ("cp932", "euc_jp")
_CYRILLIC = ("cp1251", "koi8-r", "mac_cyrillic", "cp866", "iso8859_5")
_SPARSE = 0.3
"""Share of bytes above ASCII, up to which a text is in the Latin script."""

# What no writer types: a capital within a word, a small letter glued before a capital, a lone accented letter in
# place of a dash, a symbol or a raised figure inside a word, bytes without a meaning.
_ODD = regex.compile(
    r"(?<=\p{Ll})[\p{Lu}--[A-Z]]|(?<!\p{L})[\p{Ll}--[a-z]](?=[A-Z])|(?<=[a-z])[\p{Ll}--[a-z]](?=[A-Z])"
    r"|(?<!\p{L})[\p{Lu}--[A-ZÀÔÓ]](?!\p{L})|(?<!\p{L})[\p{Ll}--[a-zàéè]](?!\p{L})"
    r"|[\p{Lu}--[A-Z]](?=[A-Z]\p{Ll})|(?<=\p{L})[[\p{S}\p{No}\p{Lm}¡¿ªº‰]--[\x00-\x7f]](?=\p{L})"
    r"|[\x80-\x9f\ufffd]",
    regex.V1,
)
_KANA = regex.compile(r"[\u3041-\u309f\u30a1-\u30ff]")
_HALF_WIDTH = regex.compile(r"[\uff61-\uff9f]")


def legacy_encoding(sample: bytes) -> str | None:
    """The name of the encoding, or None. `sample` may end within a character; some kilobytes are enough."""
    high = sum(1 for byte in sample if byte > 0x7F)
    if high <= _SPARSE * len(sample):
        western = _western(sample, high)
        if western:
            return western
    return _japanese(sample) or _cyrillic(sample, high) or _guess(sample)


def _western(sample: bytes, high: int) -> str | None:
    """The most natural reading; the commonest encoding wins a tie. None when none is natural."""
    oddities = {encoding: len(_ODD.findall(sample.decode(encoding, errors="replace"))) for encoding in _WESTERN}
    best = min(_WESTERN, key=lambda encoding: oddities[encoding])
    return best if oddities[best] <= max(1, high // 4) else None


def _japanese(sample: bytes) -> str | None:
    shares = {encoding: _kana_share(sample, encoding) for encoding in _JAPANESE}
    best = max(_JAPANESE, key=lambda encoding: shares[encoding])
    return best if shares[best] >= 0.2 else None


def _kana_share(sample: bytes, encoding: str) -> float:
    """How much of what isn't ASCII is kana; 0 for a sample that isn't in this encoding."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return 0.0
    signs = sum(1 for character in text if character > "\x7f")
    if not signs or len(_HALF_WIDTH.findall(text)) * 20 > signs:
        return 0.0
    return len(_KANA.findall(text)) / signs


def _cyrillic(sample: bytes, high: int) -> str | None:
    """The reading in which the six commonest letters of Russian make up their two fifths, small and not capital."""
    commonest = {encoding: sum(sample.count(letter) for letter in _letters(encoding)) for encoding in _CYRILLIC}
    best = max(_CYRILLIC, key=lambda encoding: commonest[encoding])
    return best if commonest[best] > 0.33 * high else None


def _letters(encoding: str) -> list[bytes]:
    return [letter.encode(encoding) for letter in "оеаинт"]


def _guess(sample: bytes) -> str | None:
    # Costs a tenth of a second to import, and most manuscripts never need it.
    from charset_normalizer import from_bytes

    best = from_bytes(sample, steps=8, chunk_size=1024, threshold=0.3).best()
    return best.encoding if best else None
