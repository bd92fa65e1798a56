"""Small fingerprints of a text's words: is this the same piece, an edited one, a part of one?

A sketch holds the hashes of a text's three-word shingles that fall under a bound (FracMinHash: Irber et al. 2022,
bioRxiv 2022.01.11.475838; the bound halves until at most `_SKETCH_SIZE` remain). Two sketches compared under the
smaller bound estimate how much of one text lies in the other, which tells an edit, a split and a merge apart.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from ownhand.text.words import matching_words

SHINGLE = 3
_SKETCH_SIZE = 1024
KEYS = 64
"""Hashes of a sketch by which it is looked up."""
_MASK = (1 << 64) - 1
_MULTIPLIER = 0x9E3779B97F4A7C15


@lru_cache(maxsize=1 << 17)
def word_hash(word: str) -> int:
    """64 bits, the same in every process."""
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def hashed_words(text: str) -> list[int]:
    """The hash of each word, in the form in which texts are matched."""
    return [word_hash(word) for word in matching_words(text)]


def gram_hashes(hashes: Sequence[int], size: int, stride: int = 1) -> list[int]:
    """Hashes (64 bits) of the runs of `size` words that start at every `stride`-th word."""
    found = []
    for start in range(0, len(hashes) - size + 1, stride):
        value = size
        for item in hashes[start : start + size]:
            value = (value * _MULTIPLIER + item) & _MASK
        found.append(((value ^ (value >> 29)) * _MULTIPLIER) & _MASK)
    return found


def digest(words: Sequence[str]) -> bytes:
    """16 bytes that stand for exactly these words in this order."""
    return blake2b("\x1f".join(words).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True)
class Sketch:
    """`hashes`: the shingle hashes (upper 32 bits, sorted) below 2**32 >> `level`."""

    level: int
    hashes: "array[int]"

    @classmethod
    def of(cls, word_hashes: Sequence[int]) -> "Sketch":
        size = min(SHINGLE, max(len(word_hashes), 1))
        shingles = sorted({value >> 32 for value in gram_hashes(word_hashes, size)})
        level = 0
        while len(shingles) > _SKETCH_SIZE:
            level += 1
            shingles = [value for value in shingles if value < (1 << 32) >> level]
        return cls(level, array("I", shingles))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Sketch":
        hashes = array("I")
        hashes.frombytes(data[1:])
        return cls(data[0], hashes)

    def to_bytes(self) -> bytes:
        return bytes([self.level]) + self.hashes.tobytes()

    def smallest(self) -> list[int]:
        """The smallest hashes, by which texts that may have much in common are looked up."""
        return list(self.hashes[:KEYS])

    def may_overlap(self, shared: int, others: int, others_largest: int) -> bool:
        """Can half of the shorter text lie in the other, when `shared` of their smallest hashes are the same?

        The other has so many smallest hashes, `others_largest` is the last of them. Below the smaller of both bounds
        the sparser text has an expected number of hashes; an eighth of it is well under half, chance included.
        """
        mine = self.smallest()
        if not mine or not others:
            return False
        bound = min(mine[-1], others_largest) + 1
        expected = bound * min(len(mine) / (mine[-1] + 1), others / (others_largest + 1))
        return shared >= max(1, int(expected / 8))

    def overlap(self, other: "Sketch") -> "Overlap":
        bound = (1 << 32) >> max(self.level, other.level)
        mine = {value for value in self.hashes if value < bound}
        theirs = {value for value in other.hashes if value < bound}
        return Overlap(len(mine & theirs), len(mine), len(theirs))


@dataclass(frozen=True)
class Overlap:
    """Shingles (of the sampled ones) that two texts share, and how many each has."""

    shared: int
    mine: int
    theirs: int

    @property
    def of_mine(self) -> float:
        """Share of my text that lies in the other, 0 to 1."""
        return self.shared / self.mine if self.mine else 0.0

    @property
    def of_theirs(self) -> float:
        return self.shared / self.theirs if self.theirs else 0.0

    @property
    def jaccard(self) -> float:
        union = self.mine + self.theirs - self.shared
        return self.shared / union if union else 0.0
