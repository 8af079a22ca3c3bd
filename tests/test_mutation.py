"""A small part of `make mutants`: random mutants of the reference systems, on some cases. See tests/mutation.py."""

from collections.abc import Callable

import pytest

import reference_system
import tiny_world
from fault_matrix import Matrix
from in_process import Heard
from mutation import Fate, Mutation, meaning
from random_mutants import ONCE

SEED = 7
MISSED = 0.15
"""The share that may go unseen of so few, on so few cases; on all of them, by `make mutants`, it is one in twenty."""


def some(of: Matrix, every: int) -> tuple[str, ...]:
    return tuple(of.cases)[::every]


@pytest.mark.parametrize(
    ("of", "every", "count"), [(reference_system.matrix, 30, 24), (tiny_world.matrix, 1, 40)], ids=["eremiss", "tiny"]
)
def test_random_mutants_are_caught_and_nobody_is_accused(of: Callable[[], Matrix], every: int, count: int) -> None:
    mutation = Mutation(of(), SEED, count, some(of(), every))
    done = list(mutation.played())
    assert mutation.alarms == {}
    assert len({one.mutant.name for one in done}) == count
    assert {one.mutant.kind for one in done} >= {"answer", "response", "http", "message", "call", "refusal", "patience"}
    caught = [one for one in done if one.fate is Fate.CAUGHT]
    missed = [f"{one}: {one.shown}" for one in done if one.fate is Fate.MISSED]
    assert len(caught) >= count / 2
    assert len(missed) <= MISSED * (len(caught) + len(missed)), missed


def test_a_seed_gives_the_same_mutants_again() -> None:
    def names() -> list[str]:
        mutation = Mutation(tiny_world.matrix(), SEED, 30, some(tiny_world.matrix(), 3))
        return [ONCE.sub("…", one.mutant.name) for one in mutation.played()]

    assert names() == names()


def test_what_a_contract_can_be_about_is_told_from_what_is_the_systems_own_affair() -> None:
    reference = reference_system.simulated().reference
    said = (
        b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>s:%b</faultcode>"
    )
    said += b"<faultstring>%b</faultstring></s:Fault></s:Body></s:Envelope>"

    def told(status: int, code: bytes, text: bytes, *headers: tuple[str, str]) -> list[str]:
        return list(meaning([Heard("answer", status, 0.0, headers, said % (code, text))], reference))

    sound = told(500, b"Client", b"Nej")
    assert told(500, b"Client", b"Aldrig", ("Server", "x")) == sound
    others = [
        told(200, b"Client", b"Nej"),
        told(500, b"Server", b"Nej"),
        told(500, b"Client", b"Nej", ("content-type", "x")),
    ]
    assert all(other != sound for other in others)
