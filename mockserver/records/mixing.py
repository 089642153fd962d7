"""Mix integers: the only source of chance in the data set.

`splitmix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014) is a bijection of
64-bit integers. The mixed number of a record is therefore unique in its service, and can be turned back into
the record's index: keys made from it need no lookup table.
"""

from __future__ import annotations

from hashlib import blake2b

__all__ = ["GOLDEN", "MASK", "key", "splitmix", "unsplitmix"]

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
FIRST = 0xBF58476D1CE4E5B9
SECOND = 0x94D049BB133111EB
_INVERSE_GOLDEN = pow(GOLDEN, -1, 1 << 64)
_INVERSE_FIRST = pow(FIRST, -1, 1 << 64)
_INVERSE_SECOND = pow(SECOND, -1, 1 << 64)


def key(seed: int, *names: str) -> int:
    """Derive an odd 64-bit number from a seed and names; slow, meant for start-up."""
    text = "\x1f".join((str(seed), *names)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") | 1


def splitmix(start: int, index: int) -> int:
    """Return element `index` of the splitmix64 sequence that begins at `start`."""
    x = (start + index * GOLDEN) & MASK
    x = ((x ^ (x >> 30)) * FIRST) & MASK
    x = ((x ^ (x >> 27)) * SECOND) & MASK
    return x ^ (x >> 31)


def unsplitmix(start: int, mixed: int) -> int:
    """Return the index whose element is `mixed`; the inverse of `splitmix`."""
    x = _unshift(mixed, 31)
    x = _unshift((x * _INVERSE_SECOND) & MASK, 27)
    x = _unshift((x * _INVERSE_FIRST) & MASK, 30)
    return ((x - start) * _INVERSE_GOLDEN) & MASK


def _unshift(mixed: int, bits: int) -> int:
    """Undo `x ^ (x >> bits)` on 64 bits."""
    x = mixed
    for _ in range(64 // bits):
        x = mixed ^ (x >> bits)
    return x
