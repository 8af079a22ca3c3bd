"""The program knows no domain: nothing that a shipped domain.yaml or suite names is a word of `src/`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from rivta import contract
from rivta.model.domain import Domain
from rivta.text import places

SOURCE = Path(__file__).parent.parent / "src" / "rivta"
_WORD = re.compile(r"[^\W\d_](?:[\w.-]*\w)?")
_ACTION = re.compile(r"\baction: ([a-z0-9-]+)")
EXEMPT: Mapping[str, str] = {
    "GEN-VALIDATION": "a requirement of the general part, which a suite that is begun from a package verifies",
    "answer": "a common English word",
    "call": "the order that every simulator can carry out: make a call, whichever; and a common English word",
    "cancel": "a common English word",
    "confirm": "a common English word",
    "forward": "a common English word",
    "kind": "a role of a fact, and a common English word",
    "message-id": "a role of a fact",
    "patient": "a role of a fact",
    "recipient": "a role of a fact",
    "samordningsnummer": "one of the national kinds of identity",
    "unit": "a common English word",
    "version": "a common English word",
    "warned-user": "the question that every simulator can answer: was whoever sits at it told",
    "told-of-answer": "another such question: was whoever sits at it told that a call did not succeed",
    "took-answer": "another such question: was the latest answer taken for a right one",
    "write-record": "what the user of every simulated record system can do",
}
"""Names of the shipped domains that are words of the program too, each with the reason."""


@cache
def domains() -> Sequence[Domain]:
    return [contract.read_domain(folder) for folder in contract.find_domains(places.suites())]


@cache
def names() -> Mapping[str, str]:
    """Contracts, roles, requirements, preconditions, facts and actions of every shipped domain, and what each is."""
    found: dict[str, str] = {}
    for domain in domains():
        found[domain.name] = "domain"
        for what, known in (
            ("contract", (each.name for each in domain.contracts.values())),
            ("role", domain.roles),
            ("requirement", domain.requirements),
            ("precondition", domain.preconditions),
            ("fact", domain.facts),
        ):
            found |= dict.fromkeys(known, what)
    for root in (places.suites(), places.scenarios()):
        for path in sorted(root.rglob("*.yaml")):
            found |= dict.fromkeys(_ACTION.findall(path.read_text(encoding="utf-8")), "action")
    return found


@cache
def words() -> Sequence[tuple[str, str]]:
    """Every word of the source that is shipped, with where it stands."""
    return list(_words())


def _words() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in {".py", ".yaml", ".j2", ".js", ".css", ".typ", ".json"} and "shipped" not in path.parts:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                place = f"{path.relative_to(SOURCE)}:{number}"
                yield from ((word, place) for word in _WORD.findall(line))


def test_no_name_of_a_domain_is_a_word_of_the_program() -> None:
    known = names()
    assert {"action", "contract", "domain", "fact", "precondition", "requirement", "role"} <= set(known.values())
    said = [f"{place}: {known[word]} {word}" for word, place in words() if word in known and word not in EXEMPT]
    assert said == []


def test_every_exemption_is_needed() -> None:
    assert set(EXEMPT) <= set(names()) & {word for word, _ in words()}


def test_no_title_of_a_domain_is_said() -> None:
    titles = {title for domain in domains() for title in (domain.title.sv, domain.title.en)}
    assert titles
    told = [path for path in sorted(SOURCE.rglob("*")) if path.suffix in (".py", ".yaml", ".j2", ".typ", ".js")]
    said = {path.name: title for path in told for title in titles if title in path.read_text(encoding="utf-8")}
    assert said == {}


def test_a_shipped_domain_lies_in_a_folder_of_its_name() -> None:
    """It is found there when a run is verified."""
    for folder in contract.find_domains(places.suites()):
        assert f"\ndomain: {folder.name}\n" in "\n" + (folder / "domain.yaml").read_text(encoding="utf-8")
