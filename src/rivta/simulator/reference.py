"""`reference.yaml`: the small world of a domain's simulator, as data. Its units, what it sends when told to, what it answers with.

A domain without the file has a simulator too: it answers at any address, and does nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml import etree

from rivta.model.domain import Contract, Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.words import Source, Text, Value
from rivta.simulator.demand import Refusal
from rivta.simulator.edit import REGULAR, Expression, Values, without_names
from rivta.simulator.reply import APPLICATION_ERROR, VALIDATION_ERROR
from rivta.text.xml import PREFIXES
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.grammar import AnyData, Bilingual, Duration, Entry, Field, ListOf, MapOf, OneOf, Record
from rivta.text.yaml.shape import Found, Size
from rivta.text.yaml.tree import YamlScalar
from rivta.text.yaml.xpath import check_xpath

FOLDER: Final = "reference"
FILE: Final = "reference.yaml"
_ALWAYS: Final = {prefix: namespace for namespace, prefix in PREFIXES.items()}
_NOUN: Final = Text("meddelandet", "message")
_LIMIT_BYTES: Final = 10 * 1024 * 1024
_READ_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that the system answers for, in one role. `abilities` are what `reference.yaml` says of it besides."""

    hsa_id: str
    role: str
    abilities: Mapping[str, Value] = field(default_factory=dict)

    def can(self, name: str) -> bool:
        """Whether it has an ability, as all have that do not say `no`."""
        return self.abilities.get(name) not in {"no", "false"}


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that an action sends: a template, and texts with placeholders for what surrounds it."""

    role: str
    contract: str
    template: Path
    to: str
    sender: str
    about: str
    id_name: str
    data: Mapping[str, Value]
    shows: Expression | None = None
    """What the user is then shown, where the answer is more than a result: ids in it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What messages for which `when` holds are answered with: a message, as it stands."""

    when: Expression
    message: Path


@dataclass(frozen=True, slots=True)
class Shows:
    """A question: whether the user is shown `what` about the id that the order gives under the name `about`."""

    what: str
    about: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What `rivta demo` plays, in the folder of environments: files by what they are for, and the faults of its system."""

    files: Mapping[str, str]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A domain's small world.

    `organisations` can be looked up besides the units. `limit_bytes` is the largest message that is received, `read_seconds` how
    long an answer to a call may take, in real time. `codes` and `nouns` are what the names and texts of a contract's faults
    call it and its message. `answers` are what a contract is answered with that has no result, the first that fits; `refuses` are
    what is refused though it is valid. `data` is the domain's own.
    """

    domain: Domain
    units: tuple[Unit, ...] = ()
    organisations: tuple[str, ...] = ()
    limit_bytes: int = _LIMIT_BYTES
    read_seconds: float = _READ_SECONDS
    codes: Mapping[str, str] = field(default_factory=dict)
    nouns: Mapping[str, Text] = field(default_factory=dict)
    base64: tuple[Expression, ...] = ()
    actions: Mapping[str, SentMessage] = field(default_factory=dict)
    questions: Mapping[str, Shows] = field(default_factory=dict)
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    refuses: tuple[Refusal, ...] = ()
    data: Mapping[str, Value] = field(default_factory=dict)
    demo: Demo | None = None
    _facts: Mapping[str, Expression] = field(init=False, repr=False, compare=False)
    _directory: Mapping[str, Unit] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        namespaces = {**_ALWAYS, **self.domain.namespaces}
        facts = {name: Expression(path, namespaces) for name, path in self.domain.facts.items()}
        object.__setattr__(self, "_facts", facts)
        object.__setattr__(self, "_directory", {unit.hsa_id.upper(): unit for unit in self.units})

    def role_of(self, contract: Contract) -> str:
        """The role in which the contract is answered."""
        known = self.domain.contracts
        roles = self.domain.roles.values()
        return next((role.name for role in roles if any(known[word] is contract for word in role.produces)), "")

    def unit(self, hsa_id: str, contract: Contract) -> Unit | None:
        """The unit of that HSA-id that answers the contract, or None; where no units are declared, any will do.

        HSA-ids are compared without regard to case, as the national platform does.
        """
        role = self.role_of(contract)
        if not self.units:
            return Unit(hsa_id, role) if hsa_id else None
        found = self._directory.get(hsa_id.strip().upper())
        return found if found and found.role == role else None

    def units_of(self, role: str) -> tuple[Unit, ...]:
        """The units of one role, in order."""
        return tuple(unit for unit in self.units if unit.role == role)

    def knows(self, hsa_id: str) -> bool:
        """Whether the HSA-id can be looked up at all: one of our units or another organisation."""
        wanted = hsa_id.strip().upper()
        return wanted in self._directory or wanted in {known.upper() for known in self.organisations}

    def code(self, contract: Contract) -> str:
        """The contract's short name: the one that it was given, else its own, with the major version where two have it."""
        named = [each for each in self.domain.contracts.values() if each.name == contract.name]
        usual = contract.name if len(named) == 1 else f"{contract.name}-{contract.id.major}"
        return self.codes.get(str(contract.id), usual)

    def noun(self, contract: Contract) -> Text:
        """What people call the contract's message."""
        return self.nouns.get(str(contract.id), _NOUN)

    def facts(self, root: etree._Element) -> Values:
        """What a message is known by; empty text where it does not say."""
        return {name: expression.as_text(root, {}).strip() for name, expression in self._facts.items()}

    def answer(self, contract: Contract, payload: etree._Element, facts: Values) -> Path | None:
        """The message that this one is answered with; None where its contract's own shape says enough."""
        choices = self.answers.get(str(contract.id), ())
        return next((each.message for each in choices if each.when.holds(payload, facts)), None)

    def encoded(self, payload: etree._Element) -> Iterator[etree._Element]:
        """The elements whose content is base64."""
        for path in self.base64:
            yield from path.elements(payload, {})


_WHEN = Field(
    grammar.Text("", "an XPath expression"),
    "which messages: XPath from the payload, over its facts as $name; all without it",
)
_ANSWER = Record(
    "answer",
    {"message": Field(grammar.Text(), "the message, relative to the domain's folder", required=True), "when": _WHEN},
)
_ERRORS = {
    APPLICATION_ERROR: "the message is understood and not accepted",
    VALIDATION_ERROR: "the message is called invalid",
    "fault": "a SOAP Fault",
}
_REFUSAL = Record(
    "refusal",
    {
        "name": Field(
            grammar.Text(r"[A-Za-z0-9.-]+", "a name", "unknown-unit"), "what a named fault skips it by", required=True
        ),
        "when": _WHEN,
        "error": Field(OneOf(_ERRORS), "how (default: APPLICATION_ERROR)"),
        "sub-code": Field(grammar.Text(), "the national code that goes with it"),
        "text": Field(grammar.Text(), "what it says to people", required=True),
    },
)
_FILE_NAMES = {"environment": "", "records": "", "answers": "", "deviations": ""}
SHAPE: Final = Record(
    "reference",
    {
        "units": Field(
            ListOf(AnyData()), "the units it answers for: {id: HSA-id, role: …} and what the domain says of each"
        ),
        "organisations": Field(ListOf(grammar.Text()), "HSA-ids that can be looked up besides the units"),
        "limit": Field(Size(), "the largest message that is received (default: 10 MB)"),
        "read": Field(Duration(), "how long an answer to a call may take (default: 4 s)"),
        "contracts": Field(
            MapOf(
                Record(
                    "contract's names",
                    {
                        "code": Field(grammar.Text(r"[A-Za-z0-9-]+", "a short name", "PR"), "its short name in faults"),
                        "message": Field(Bilingual(), "what people call its message"),
                    },
                )
            ),
            "what the contracts are called in the names and texts of faults",
        ),
        "base64": Field(ListOf(grammar.Text()), "XPaths from the payload to what is base64"),
        "answers": Field(
            MapOf(ListOf(_ANSWER, some=True)), "what a contract without result is answered with, the first that fits"
        ),
        "refuses": Field(ListOf(_REFUSAL), "what is refused though it is valid: the first that fits"),
        "actions": Field(
            MapOf(
                Record(
                    "action",
                    {
                        "role": Field(grammar.Text(), "the role in which it is done", required=True),
                        "contract": Field(grammar.Text(), "the contract that is called", required=True),
                        "message": Field(
                            grammar.Text(), "the template, relative to the domain's folder", required=True
                        ),
                        "to": Field(grammar.Text(), "the logical address (default: ${recipient})"),
                        "from": Field(grammar.Text(blank=True), "the unit that calls (default: none)"),
                        "about": Field(grammar.Text(blank=True), "the id of what it is about (default: ${new-id})"),
                        "id": Field(grammar.Text(), "the name under which that id is told (default: id)"),
                        "with": Field(MapOf(AnyData()), "data for the template, where the order gives none"),
                        "shows": Field(grammar.Text(), "ids of what the user is then shown: XPath into the answer"),
                    },
                )
            ),
            "what it can be told to do: a template that is filled in and sent",
        ),
        "questions": Field(
            MapOf(
                Record(
                    "question",
                    {
                        "shows": Field(
                            grammar.Text(), "what the user is shown: a contract that was accepted", required=True
                        ),
                        "about": Field(
                            grammar.Text(), "the fact, and the name in `with`, that says which (default: id)"
                        ),
                    },
                )
            ),
            "what somebody who looks at it can be asked",
        ),
        "data": Field(MapOf(AnyData()), "whatever the domain's own behave.py reads"),
        "demo": Field(
            Record(
                "demo",
                {
                    **{
                        name: Field(grammar.Text(), f"its {name}, in the folder of environments")
                        for name in _FILE_NAMES
                    },
                    "faults": Field(ListOf(grammar.Text()), "what the demo's system does wrong"),
                },
            ),
            "what `rivta demo` plays",
        ),
    },
)


def read_reference(domain: Domain) -> Reference:
    """The domain's small world. Raises UsageError, or Mistakes with every mistake in the file."""
    path = domain.folder / FOLDER / FILE
    if not path.is_file():
        return Reference(domain)
    written = grammar.load(compose.read(path), SHAPE)
    found: Found = []
    reference = _Reading(domain, written, found).reference()
    grammar.settle(found)
    return reference


@dataclass(frozen=True, slots=True)
class _Reading:
    """The second look at the file, which holds it against the domain."""

    domain: Domain
    written: Entry
    found: Found

    def reference(self) -> Reference:
        written, names = self.written, self.written.get("contracts", {})
        self._known_keys("contracts", self.domain.contracts, "contract")
        self._known_keys("answers", self.domain.contracts, "contract")
        return Reference(
            self.domain,
            units=tuple(self._units()),
            organisations=tuple(written.get("organisations", ())),
            limit_bytes=written.get("limit", _LIMIT_BYTES),
            read_seconds=written.get("read", _READ_SECONDS),
            codes={self._identity(name): each["code"] for name, each in names.items() if "code" in each},
            nouns={self._identity(name): each["message"] for name, each in names.items() if "message" in each},
            base64=tuple(self._expressions("base64")),
            actions={name: self._sent(each) for name, each in written.get("actions", {}).items()},
            questions={
                name: Shows(each["shows"], each.get("about", "id"))
                for name, each in written.get("questions", {}).items()
            },
            answers={
                self._identity(name): tuple(map(self._answer, choices))
                for name, choices in written.get("answers", {}).items()
            },
            refuses=tuple(map(self._refusal, written.get("refuses", ()))),
            data=dict(written.get("data", {})),
            demo=self._demo(),
        )

    def _identity(self, word: str) -> str:
        return str(self.domain.contracts[word].id) if word in self.domain.contracts else word

    def _answer(self, each: Entry) -> Answer:
        return Answer(self._when(each, "when", "true()"), self._file(each["message"], each.source_of("message")))

    def _refusal(self, each: Entry) -> Refusal:
        error = each.get("error", APPLICATION_ERROR)
        when = self._when(each, "when", "true()")
        return Refusal(when, "" if error == "fault" else error, each.get("sub-code", ""), each["text"], each["name"])

    def _when(self, each: Entry, key: str, otherwise: str) -> Expression:
        if key not in each:
            return Expression(otherwise)
        node: Any = each.node_of(key)
        return next(expression(each[key], node, self.domain, self.found), Expression(otherwise))

    def _units(self) -> Iterator[Unit]:
        for each, source in self.written.items_of("units"):
            if not isinstance(each, dict) or not isinstance(each.get("id"), str):
                self.found.append(UsageError("this unit lacks “id”", source=source, todo="add id: its HSA-id"))
                continue
            role = str(each.get("role", ""))
            self._known(role, self.domain.roles, "role", source)
            yield Unit(each["id"], role, {name: value for name, value in each.items() if name not in {"id", "role"}})

    def _sent(self, each: Entry) -> SentMessage:
        self._known(each["role"], self.domain.roles, "role", each.source_of("role"))
        self._known(each["contract"], self.domain.contracts, "contract", each.source_of("contract"))
        return SentMessage(
            each["role"],
            each["contract"],
            self._file(each["message"], each.source_of("message")),
            to=each.get("to", "${recipient}"),
            sender=each.get("from", ""),
            about=each.get("about", "${new-id}"),
            id_name=each.get("id", "id"),
            data=dict(each.get("with", {})),
            shows=self._when(each, "shows", "/..") if "shows" in each else None,
        )

    def _demo(self) -> Demo | None:
        demo = self.written.get("demo")
        if demo is None:
            return None
        return Demo({name: demo[name] for name in _FILE_NAMES if name in demo}, tuple(demo.get("faults", ())))

    def _expressions(self, key: str) -> Iterator[Expression]:
        for (text, _), node in zip(self.written.items_of(key), _items(self.written, key), strict=True):
            yield from expression(text, node, self.domain, self.found)

    def _file(self, name: str, source: Source) -> Path:
        path = self.domain.folder / name
        if not path.is_file():
            todo = "write its path from the domain's folder"
            self.found.append(UsageError(f"there is no file {name}", source=source, todo=todo))
        return path

    def _known_keys(self, key: str, known: Mapping[str, Any], what: str) -> None:
        for name in self.written.get(key, {}):
            self._known(name, known, what, self.written[key].key_source(name))

    def _known(self, name: str, known: Mapping[str, Any], what: str, source: Source) -> None:
        if name not in known:
            sentence = f"{self.domain.name} has no {what} “{name}”"
            self.found.append(UsageError(sentence, source=source, todo=did_you_mean(name, known)))


def expression(text: str, node: YamlScalar, domain: Domain, found: Found) -> Iterator[Expression]:
    """The XPath that stands there; none, and a mistake, when it is none."""
    namespaces = {**_ALWAYS, **domain.namespaces}
    before = len(found)
    check_xpath(without_names(text), node, {**namespaces, "re": REGULAR}, found)
    if len(found) == before:
        yield Expression(text, namespaces)


def _items(entry: Entry, key: str) -> list[Any]:
    return list(getattr(entry.node_of(key), "items", ())) if key in entry else []
