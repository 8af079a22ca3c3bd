"""A domain's own half of its simulator: what stands in `suites/<domain>/reference/`.

`reference.yaml` and `faults.yaml` are data. `behave.py` is there where the contract has a state that decides: it may define

    decide(message, store) -> Result or SoapFault   what a valid message is answered, and what the store remembers of it
    ACTIONS      what the system can be told to do, by name
    QUESTIONS    what somebody who looks at it can be asked, by name
    RECORDS      the shape of a file of what is known from before, and
    remember(records, store)   which keeps that
    given(contract, store)     the records that a reading contract answers with besides its own: what the system was told

and may import its neighbours in the folder, as `from .neighbour import …`.
"""

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from lxml import etree

from rivta.contract import schemas
from rivta.contract.giving import Given, Page
from rivta.contract.held import FILE as RECORDS
from rivta.contract.message import open_envelope
from rivta.contract.records import records_in
from rivta.contract.rules import rules_of
from rivta.model.domain import Contract, Domain
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Direction, Source
from rivta.simulator.acting import Action, Context, Question, from_template, shows, write_record
from rivta.simulator.faults import Fault, general
from rivta.simulator.faults.fault import by_hook
from rivta.simulator.faults.file import read_faults
from rivta.simulator.order import Display, Order
from rivta.simulator.reference import FILE as REFERENCE
from rivta.simulator.reference import FOLDER, Reference, read_reference
from rivta.simulator.reply import Outcome, Result, write
from rivta.simulator.store import TROUBLE, WARNING, RecordStore
from rivta.simulator.validation import IncomingMessage
from rivta.simulator.written import FORM
from rivta.text import placeholder
from rivta.text.yaml import compose
from rivta.text.yaml.grammar import load
from rivta.text.yaml.shape import Shape

BEHAVE: Final = "behave.py"


def accept(message: IncomingMessage, store: RecordStore) -> Outcome:
    """What a domain without state decides: a valid message is accepted, and the user is shown it."""
    facts = message.facts
    refused = message.refused(facts) or message.refusal((), None, "", facts)
    if refused is None:
        for question in message.reference.questions.values():
            if question.what in message.contract.id.words:
                store.show(str(facts.get(question.about, "")), question.what, str(facts.get("kind", "")))
    return refused or Result()


@frozen
class SystemBehaviour:
    """What the system does with a message, and what it does by itself."""

    decide: Callable[[IncomingMessage, RecordStore], Outcome] = accept
    actions: Mapping[str, Action] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)
    records: Shape[Any] | None = None
    remember: Callable[[Any, RecordStore], None] | None = None
    given: Callable[[Contract, RecordStore], Iterable[etree._Element]] | None = None
    """The records that a reading contract's answers may hold besides those that are kept or made: what the system was told."""


@dataclass(frozen=True)
class Simulated:
    """All that there is to know of a domain's simulator before it is started."""

    reference: Reference
    behaviour: SystemBehaviour
    faults: Mapping[str, Fault]

    @property
    def domain(self) -> Domain:
        return self.reference.domain

    @cached_property
    def observed(self) -> Mapping[str, tuple[Fault, ...]]:
        """Its faults by the hooks at which they show."""
        return by_hook(self.faults.values())

    def read_records(self, path: Path) -> Any:
        """What the system is to know from before: of a domain with a state a file of its own shape, of one that reads a response with
        records, or a folder of those. Raises UsageError, or Mistakes with every mistake in it.
        """
        if self.behaviour.records is not None:
            return load(compose.read(path), self.behaviour.records)
        if not self.reference.archives:
            raise UsageError(f"a system of {self.domain.name} keeps no records", todo="leave --records out")
        kept: dict[str, Given] = {}
        for file in sorted(path.glob("*.xml")) if path.is_dir() else [path]:
            contract, records = self._records_in(file)
            kept[contract] = (*kept.get(contract, ()), *records)
        return kept

    def _records_in(self, file: Path) -> tuple[str, Given]:
        """The contract whose response a file is, by identity, and the records in it."""
        payload = open_envelope(file.read_bytes()).payload
        for name, archive in self.reference.archives.items():
            contract = self.domain.contracts[name]
            if payload is not None and payload.tag == f"{{{contract.namespace}}}{contract.response_root}":
                return name, tuple(records_in(payload, archive.records))
        what = f"{compose.shown_as(file)} is no response of a contract of {self.domain.name} that reads records"
        raise UsageError(what, todo="give an envelope with such a response, or a folder of them")


def read(domain: Domain) -> Simulated:
    """The domain's simulator, by the files in its folder. Raises UsageError, or Mistakes with every mistake in one file."""
    reference, faults = read_data(domain)
    return Simulated(reference, _behaviour(reference), faults)


def read_data(domain: Domain) -> tuple[Reference, Mapping[str, Fault]]:
    """What is data of it: nothing of the domain's own code is run. Raises UsageError, or Mistakes."""
    reference = read_reference(domain)
    return reference, read_faults(domain, general(reference))


def unfit_records(domain: Domain) -> Iterator[UsageError]:
    """What the schema or a rule has against the records that the system would give: the first for each contract."""
    for name, archive in read_reference(domain).archives.items():
        contract = domain.contracts[name]
        body = write(Result(), contract, page=Page(archive.all))
        complaints = [each.message for each in schemas(contract).verdict(body.encode()).complaints]
        made = etree.fromstring(body)
        broken = (each.message for each in rules_of(contract, Direction.RESPONSE, made).run(made))
        if told := next(chain(complaints, broken), ""):
            what = f"the records that are made for {contract.name} are not valid: {told}"
            todo = f"say what they must hold under contracts: {contract.name}:"
            yield UsageError(what, source=Source(compose.shown_as(domain.folder / RECORDS)), todo=todo)


def has_demo(folder: Path) -> bool:
    """Whether a domain's folder says that it is the one that `rivta demo` plays."""
    path = folder / FOLDER / REFERENCE
    return path.is_file() and "demo" in load(compose.read(path), FORM["reference"])


def _behaviour(reference: Reference) -> SystemBehaviour:
    path = reference.domain.folder / FOLDER / BEHAVE
    own = vars(_module(path)) if path.is_file() else {}
    actions = {name: from_template(name, sent) for name, sent in reference.actions.items()}
    questions = {name: shows(one.what, "Det visas inte.", one.about, name) for name, one in reference.questions.items()}
    questions |= {name: _meets(name, reference.links.get(name, "")) for name in (*reference.meets, *reference.links)}
    domain, archives = reference.domain, reference.archives
    for role in (name for name, each in domain.roles.items() if archives.keys() & {*map(str, each.produces)}):
        actions["write-record"] = Action(role, write_record, ())
    return SystemBehaviour(
        own.get("decide", accept),
        {**actions, **own.get("ACTIONS", {})},
        {
            "warned-user": _warned,
            "told-of-answer": _told_of_answer,
            "took-answer": _took_answer,
            **questions,
            **own.get("QUESTIONS", {}),
        },
        own.get("RECORDS"),
        own.get("remember"),
        own.get("given"),
    )


def _meets(name: str, link: str) -> Question:
    """A question that a sound system says yes to, with a link where it has one."""

    def shown(context: Context, order: Order) -> Display:
        if context.flaws.hide(name):
            return Display("no", "Det är inte så här.")
        followed = (context.flaws.setting(name) or link) if link else ""
        return Display("yes", link=placeholder.fill(followed, placeholder.Scope([order.data]), path=name))

    return shown


def _warned(context: Context, order: Order) -> Display:
    """Whether the user was told that a message has not arrived; `with` names it by any one id."""
    is_there = any(context.store.shown(each, WARNING) for each in order.data.values())
    return Display.of(is_there and not context.flaws.hide(WARNING), "Ingen felsignal har getts.")


def _told_of_answer(context: Context, _order: Order) -> Display:
    """Whether the user was told that a call has failed."""
    return Display.of(context.store.has_shown(TROUBLE) and not context.flaws.hide(TROUBLE), "Anropet visas som lyckat.")


def _took_answer(context: Context, order: Order) -> Display:
    """Whether the latest call of the case arrived."""
    return Display.of(context.took.get(order.case, False), "Svaret godtogs inte.")


def _module(path: Path) -> ModuleType:
    """The domain's own module, as one of a package that is named for the domain and lies in its folder."""
    package = "rivta_reference_" + re.sub(r"\W", "_", str(path.parent.resolve()))
    if package not in sys.modules:
        made = ModuleType(package)
        made.__path__ = [str(path.parent)]
        sys.modules[package] = made
    try:
        return importlib.import_module(f"{package}.{path.stem}")
    except Exception as error:
        raise UsageError(f"{compose.shown_as(path)} cannot be used: {type(error).__name__}: {error}") from error
