"""What something costs when it is longer: its own measure, which a slow or busy machine does not change."""

import time
from collections.abc import Callable

SQUARE = 50
"""Ten times as long costs ten times as much where each part is seen once, and a hundred times where each is held against all."""


def growth(cost: Callable[[int], object], size: int) -> float:
    """How many times the CPU time it takes where it is ten times as long."""
    short, long = (_seconds(cost, each) for each in (size, 10 * size))
    return long / short


def _seconds(cost: Callable[[int], object], size: int) -> float:
    """The least of three: what disturbs only ever adds."""
    tries = []
    for _ in range(3):
        begun = time.process_time()
        cost(size)
        tries.append(time.process_time() - begun)
    return min(tries)
