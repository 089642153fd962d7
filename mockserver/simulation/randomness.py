"""Draw random numbers, and know how many were drawn: a seed and that number are the whole state."""

from __future__ import annotations

import random

#: Words that may be drawn over to come to where another randomness is.
MAX_DRAWN = 10_000_000

_CHUNK = 10_000


class Randomness(random.Random):
    """Be Python's generator, counting the words of 32 bits that it takes from the Mersenne Twister."""

    def __init__(self, seed: int) -> None:
        self.drawn = 0
        super().__init__(seed)

    def random(self) -> float:
        """Draw a number from 0 up to, not including, 1."""
        self.drawn += 2
        return super().random()

    def getrandbits(self, k: int, /) -> int:
        """Draw ``k`` bits."""
        self.drawn += (k + 31) // 32
        return super().getrandbits(k)

    def skip(self, words: int) -> None:
        """Draw some words for nothing."""
        while words > 0:
            self.getrandbits(32 * min(words, _CHUNK))
            words -= _CHUNK
