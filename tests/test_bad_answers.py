"""An answer that no sound producer gives is refused: no case is green that got one."""

from dataclasses import replace
from functools import cache

import pytest

from bad_answers import NOT_REFUSED, faults
from in_process import Bench
from reference_system import NAME, matrix
from rivta.model.words import Verdict

ACCEPTED = f"{NAME}/ProcessRequest@2/1.1"
"""A case in which a message is accepted."""


@cache
def bench() -> Bench:
    known = matrix().bench
    return replace(known, simulated=replace(known.simulated, faults=faults()))


@cache
def refused() -> frozenset[str]:
    """The bad answers that no case is green with."""
    pair = matrix().cases[ACCEPTED]
    return frozenset(name for name in faults() if bench().play(*pair, (name,)).verdict is not Verdict.PASSED)


def test_each_differs_from_what_a_sound_system_answers() -> None:
    _, system = bench().observed(*matrix().cases[ACCEPTED], observing=True)
    assert system.touched == faults().keys()


@pytest.mark.parametrize("name", [*faults()])
def test_it_is_refused(name: str) -> None:
    assert name in refused() or name in NOT_REFUSED
