"""Random mutants of the reference system, played in process over the cases that each can reach: `make mutants`.

A mutant is *observable* when, in some case, the system does something else that a contract can be about: what an HTTP answer or
a call is (status, content type, form, validity by schema and rules), what it says by the domain's own facts and by the grammar
of its results, when and how often it comes, and what a user is shown. Wording, log ids and what the domain has no name for are
the system's own affair. It is *caught* when a case is red that is green on the sound system.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from zlib import crc32

from fault_matrix import RED, Matrix
from in_process import Bench, Heard
from random_mutants import Mutant, Seen, Watched, as_it_is, mutants
from rivta.contract import rules, schemas
from rivta.contract.envelope import complaints
from rivta.contract.message import Envelope, open_envelope, result_of
from rivta.model.errors import Unreadable
from rivta.model.words import Direction, Headers, Verdict
from rivta.simulator import Reference

USUAL = 240
_MEANT = ("content-type", "soapaction", "content-encoding")
_NUMBERED = "x-rivta-original-serviceconsumer-hsaid"
"""Whom a system names there, or whether it does, is its own affair: not that it names two."""
_ID = re.compile(r"(?<=#)[0-9a-f]{12}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Fate(StrEnum):
    """What came of a mutant."""

    CAUGHT = "caught"
    MISSED = "missed"
    """It does something else that a contract can be about, and every case is green."""
    FREE = "free"
    """It does something else, but nothing that a contract can be about."""
    UNREACHED = "not reached"
    """No case comes to where it is wrong."""


@dataclass(frozen=True)
class Played:
    """What came of one mutant. `case` is the one that caught it, or in which it did something else: `shown`."""

    mutant: Mutant
    fate: Fate
    case: str = ""
    shown: str = ""

    def __str__(self) -> str:
        return f"{self.fate:11}  {self.mutant.name}  {self.case}"


@dataclass
class Mutation:
    """Mutants of one domain's simulator, and the cases that they are played on."""

    matrix: Matrix
    seed: int
    count: int
    cases: tuple[str, ...] = ()
    """Those that are played, all of the domain's without any."""
    watched: Watched = field(default_factory=Watched)
    alarms: dict[str, Verdict] = field(default_factory=dict)
    """The cases that are not green on the sound system."""
    _seen: Seen = field(default_factory=Seen)
    _sound: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _reach: dict[str, set[str]] = field(default_factory=dict)

    def played(self) -> Iterator[Played]:
        """What came of each, one after the other."""
        made = self._made()
        bench = self._bench(made)
        for mutant in made:
            yield self._play(mutant, bench)

    def _made(self) -> list[Mutant]:
        """The mutants, after two looks at the sound system: what it does, and where each of them would show."""
        self._seen.names = tuple({contract.name: None for contract in self.matrix.domain.contracts.values()})
        collector = self._seen.collector()
        simulated = self.matrix.bench.simulated
        bench = replace(
            self.matrix.bench,
            simulated=self.watched.over(replace(simulated, faults={collector.name: collector})),
        )
        keeps = self._looked_at(bench, collector.name)
        made = mutants(self._seen, self.matrix.domain, self.seed, self.count)
        bench = self._bench(made)
        for key in self._keys():
            heard: list[Heard] = []
            result, system = bench.observed(*self.matrix.cases[key], observing=True, heard=heard)
            self._sound[key] = self._meaning(heard)
            self._reach[key] = set(system.touched) | {one.name for one in made if one.kept in keeps[key]}
            if result.verdict is not Verdict.PASSED:
                self.alarms[key] = result.verdict
        return made

    def _looked_at(self, bench: Bench, collector: str) -> Mapping[str, set[str]]:
        """The kinds of records that are kept in each case; what else the system does is with the collector."""
        keeps: dict[str, set[str]] = {}
        for key in self._keys():
            kinds = keeps[key] = set()

            def change(kind: str, value: object, kinds: set[str] = kinds) -> object:
                kinds.add(kind)
                self._seen.records[kind].append(json.loads(json.dumps(value)))
                return value

            self.watched.change = change
            bench.play(*self.matrix.cases[key], (collector,))
        self.watched.change = as_it_is
        return keeps

    def _keys(self) -> Iterable[str]:
        return self.cases or tuple(self.matrix.cases)

    def _bench(self, made: Iterable[Mutant]) -> Bench:
        simulated = replace(self.matrix.bench.simulated, faults={mutant.name: mutant.fault for mutant in made})
        return replace(self.matrix.bench, simulated=self.watched.over(simulated))

    def _play(self, mutant: Mutant, bench: Bench) -> Played:
        reached = [key for key in self._keys() if mutant.name in self._reach[key]]
        reached.sort(key=lambda key: crc32(f"{mutant.name} {key}".encode()))
        missed = Played(mutant, Fate.FREE if reached else Fate.UNREACHED)
        for key in reached:
            verdict, done = self._once(mutant, bench, key)
            if verdict in RED and key not in self.alarms:
                return Played(mutant, Fate.CAUGHT, key, _first_difference(self._sound[key], done))
            if missed.fate is Fate.FREE and done != self._sound[key] and self._is_steady(key):
                missed = Played(mutant, Fate.MISSED, key, _first_difference(self._sound[key], done))
        return missed

    def _once(self, mutant: Mutant, bench: Bench, key: str) -> tuple[Verdict, tuple[str, ...]]:
        heard: list[Heard] = []
        self.watched.change = mutant.memory or as_it_is
        try:
            result, _ = bench.observed(*self.matrix.cases[key], (mutant.name,), heard=heard)
        finally:
            self.watched.change = as_it_is
        return result.verdict, self._meaning(heard)

    def _is_steady(self, key: str) -> bool:
        """Whether the sound system does the same each time that the case is played."""
        heard: list[Heard] = []
        self.matrix.bench.observed(*self.matrix.cases[key], heard=heard)
        return self._meaning(heard) == self._sound[key]

    def _meaning(self, heard: Iterable[Heard]) -> tuple[str, ...]:
        return tuple(meaning(heard, self.matrix.bench.simulated.reference))


def _first_difference(sound: tuple[str, ...], done: tuple[str, ...]) -> str:
    pairs = zip((*sound, "nothing"), (*done, "nothing"), strict=False)
    return next((f"{before} ⇒ {after}" for before, after in pairs if before != after), "")


def meaning(heard: Iterable[Heard], reference: Reference) -> Iterator[str]:
    """What a contract can be about in what the system did, one line each. Ids of its own making are numbered as they come."""
    known: dict[str, str] = {}
    domain = reference.domain
    slowest = max(contract.max_ms for contract in domain.contracts.values()) / 1000
    for each in heard:
        late = each.seconds > slowest if each.kind == "answer" else round(each.seconds, 1)
        said = f"{each.kind} {each.status} {late} {_headers(each.headers)} {_body(each, reference)}"
        yield _ID.sub(lambda found: known.setdefault(found[0], f"#{len(known)}"), said)


def _headers(headers: Headers) -> str:
    named = sum(name.lower() == _NUMBERED for name, _ in headers)
    return str(
        sorted((name.lower(), value) for name, value in headers if name.lower() in _MEANT) + ["two"] * (named > 1)
    )


def _body(each: Heard, reference: Reference) -> str:
    if each.kind == "act":
        return str(
            {name: value for name, value in json.loads(each.body).items() if name in ("outcome", "answer", "data")}
        )
    try:
        envelope = open_envelope(each.body)
    except Unreadable:
        return "unreadable"
    form = complaints(envelope.root, [contract.header for contract in reference.domain.contracts.values()])
    if envelope.fault is not None:
        return f"{len(form)} fault {envelope.fault.code}"
    return f"{len(form)} {_content(envelope, reference)}"


def _content(envelope: Envelope, reference: Reference) -> str:
    namespace, _, local = envelope.payload_name[1:].partition("}")
    contract = next((one for one in reference.domain.contracts.values() if one.namespace == namespace), None)
    if contract is None:
        return envelope.payload_name
    is_request = local == contract.request_root.rpartition("}")[2]
    direction = Direction.REQUEST if is_request else Direction.RESPONSE
    broken = [one.path for one in schemas(contract).first(envelope.root)]
    broken += [
        one.rule
        for one in rules.rules_of(contract, direction, envelope.root).run(envelope.root)
        if one.kind == "failed"
    ]
    result = None if is_request else result_of(envelope, contract.result)
    said = (result.code, result.error_code, result.sub_code) if result else ()
    facts = reference.facts(envelope.root) if is_request else {}
    address = envelope.address(contract.header) if is_request else ""
    return f"{local} {address} {broken} {said} {facts}"
