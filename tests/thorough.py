"""How much is tried of what is tried by the hundred: `make test` tries a part, the same each time, and `make thorough` all.

A part is enough for what breaks a kind of thing; what breaks one thing alone among many alike is found by all. Of the faults
.ci/run tries all, by `make faults`.
"""

import os
from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

THOROUGH = os.environ.get("RIVTA_TRY") == "all"
T = TypeVar("T")


def part(of: Iterable[T], one_in: int) -> list[T]:
    """One of so many, spread evenly from the first on; all of them where it is to be thorough."""
    return list(islice(of, 0, None, 1 if THOROUGH else one_in))


def tried(times: int, one_in: int = 4) -> int:
    """How often something random is tried."""
    return times if THOROUGH else -(-times // one_in)
