"""No statement of the national descriptions is forgotten: each is a requirement that a case proves, or that says why none does."""

from functools import cache

import pytest

import shipped_world
import statements
from rivta import contract
from rivta.check import vocabulary
from rivta.text import places
from statements import STATED, Statement


@cache
def stated() -> tuple[Statement, ...]:
    """Each with what became of it."""
    return tuple(statements.statements())


def test_there_are_as_many_as_were_read() -> None:
    assert sum(count for kinds in STATED.values() for count in kinds.values()) == 228


def test_each_is_a_requirement() -> None:
    lost = [each.id for each in stated() if not each.taken_up]
    assert lost == []


@pytest.mark.parametrize("name", shipped_world.names())
def test_each_is_proven_by_a_case_or_says_why_not(name: str) -> None:
    if not any(name == area or name.startswith(f"{area}.") for area in STATED):
        pytest.skip("its description has not been read statement by statement")
    if not shipped_world.has_material(name):
        pytest.skip(f"the release package of {name} is not at hand")
    domain = contract.read_domain(places.suites() / name, vocabulary(), shipped_world.store(name))
    cases = statements.cases_of(domain)
    of_domain = [one for each in stated() for own, one in each.taken_up if own.name == name]
    assert of_domain
    assert [one.id for one in of_domain if not one.not_tested and not cases[one.id]] == []
