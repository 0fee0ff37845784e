"""Which rows to try first: the longest, the shortest and the oddest, where trouble shows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain, zip_longest


def choose_pilot(texts: Sequence[str], most: int) -> frozenset[int]:
    """The positions of the rows to try.

    Args:
        texts: what is spoken of each row
        most: how many to choose at most

    Returns:
        In turn the longest, the shortest and the oddest (whose letters are the rarest among all), as far as
        `most` reaches.
    """
    by_length = sorted(range(len(texts)), key=lambda position: len(texts[position]))
    oddness = _oddness(texts)
    by_oddness = sorted(range(len(texts)), key=lambda position: -oddness[position])
    in_turn = chain.from_iterable(zip_longest(reversed(by_length), by_length, by_oddness))
    return frozenset(list(dict.fromkeys(position for position in in_turn if position is not None))[:most])


def _oddness(texts: Sequence[str]) -> list[float]:
    """How rare a text's letters are on the average: the number of texts that have them, logarithmically."""
    holders = Counter(chain.from_iterable(set(text) for text in texts))
    rarity = {letter: math.log(len(texts) / held) for letter, held in holders.items()}
    return [sum(rarity[letter] for letter in set(text)) / max(len(set(text)), 1) for text in texts]
