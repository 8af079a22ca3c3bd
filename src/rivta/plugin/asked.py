"""What was asked for, by contract, case or requirement: which files may hold it, and which cases it is."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rivta.model.case import Case, Suite
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.errors import Mistakes, UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.run.opening import planned_case

Chosen = tuple[Suite, Case]


@frozen
class Selection:
    """Which cases are wanted. Empty means all; several of one kind mean any of them."""

    contracts: frozenset[str]
    cases: frozenset[str]
    requirements: frozenset[str]


def selection(config: pytest.Config) -> Selection:
    return Selection(
        contracts=frozenset(config.getoption("rivta_contract")),
        cases=frozenset(config.getoption("rivta_case")),
        requirements=frozenset(config.getoption("rivta_requirement")),
    )


def may_stand_in(path: Path, wanted: Selection) -> bool:
    """Whether a file may hold a case that was asked for: it names the contract, as far as one was named, and is called as the key says."""
    keys = [key.split("/") for key in wanted.cases]
    if all(len(key) > 1 for key in keys) and keys:
        keys = [key for key in keys if path.stem in key or (path.stem == "producer" and "consumer" not in key)]
        if not keys:
            return False
    elif not wanted.contracts:
        return True  # an id alone may stand anywhere
    text = f"{path.parent.name}\n{path.read_text(encoding='utf-8', errors='replace')}"
    contracts = [[word.rpartition("/")[2]] for word in wanted.contracts]
    named = [
        [part for part in key[:-1] if part != path.stem] for key in keys
    ]  # a case of some contract, where none is said
    return _names_one(text, contracts) and (not named or any(_names_one(text, [each]) for each in named))


def _names_one(text: str, names: list[list[str]]) -> bool:
    """Whether a text has one of these contracts' names as a word, whatever the version; so it has where there are none."""
    words = [re.escape(part.partition("@")[0]) for name in names for part in name]
    return not words or re.search(rf"\b(?:{'|'.join(words)})\b", text) is not None


def resolved(wanted: Selection, there: Sequence[Chosen]) -> Selection:
    """What was asked for, its contracts by identity. A word means a contract that a case here is about; Mistakes for several."""
    about = Contracts(suite.contract(case.contract) for suite, case in there if case.contract in suite.contracts)
    mistakes: list[UsageError] = []
    for word in sorted({*wanted.contracts, *(key.partition("/")[0] for key in wanted.cases if "/" in key)}):
        if len(about.meant(word)) > 1:
            choices = ", ".join(map(about.shown, about.meant(word)))
            mistakes.append(UsageError(f"“{word}” may mean several contracts", todo=f"write one of: {choices}"))
    contracts = frozenset(str(about[word].id) if word in about else word for word in wanted.contracts)
    cases: set[str] = set()
    for name in sorted(wanted.cases):
        keys = sorted(_keys(name, contracts, there)) if "/" in name else []
        cases |= {*keys} or {about.full_key(name)}
        if len(keys) > 1:
            todo = f"say of which contract by --contract, or write all of it, such as {about.key(keys[0])}"
            mistakes.append(UsageError(f"“{name}” may mean {len(keys)} cases", todo=todo))
    if mistakes:
        raise Mistakes(mistakes)
    return replace(wanted, contracts=contracts, cases=frozenset(cases))


def _keys(name: str, contracts: frozenset[str], there: Iterable[Chosen]) -> set[str]:
    """The keys that are a name behind their contract, which is one of these if there are any: the terminal lists cases so."""
    about = ((suite, case) for suite, case in there if not contracts or case.contract in contracts)
    return {key for suite, case in about if (key := planned_case(suite, case).key) == f"{case.contract}/{name}"}


def fits(suite: Suite, case: Case, wanted: Selection) -> bool:
    """Whether a case is among what was asked for, its contracts by identity."""
    return (
        (not wanted.contracts or case.contract in wanted.contracts)
        and (not wanted.cases or not wanted.cases.isdisjoint(_names(suite, case)))
        and (not wanted.requirements or not wanted.requirements.isdisjoint(suite.proves(case)))
    )


def _names(suite: Suite, case: Case) -> set[str]:
    """What a case is called: its id, and its key, which no other case has."""
    return {case.id, planned_case(suite, case).key}


def refuse_unknown(wanted: Selection, there: list[Chosen], contracts: Contracts[Contract]) -> None:
    """Mistakes for what nothing is called, with what is called nearly so."""
    known: tuple[tuple[str, frozenset[str], Callable[[], set[str]]], ...] = (
        ("no case here calls the contract", wanted.contracts, lambda: {case.contract for _, case in there}),
        ("no case here has the id", wanted.cases, lambda: {name for one in there for name in _names(*one)}),
        (
            "no case here verifies the requirement",
            wanted.requirements,
            lambda: {id_ for suite, case in there for id_ in suite.proves(case)},
        ),
    )
    mistakes = [
        UsageError(f"{what} “{contracts.key(name)}”", todo=did_you_mean(name, map(contracts.key, near)))
        for what, names, called in known
        for near in ([called()] if names else [])
        for name in sorted(names - near)
    ]
    if mistakes:
        raise Mistakes(mistakes)
