"""`reference.yaml`: the small world of a domain's simulator, as data. Its units, what it sends when told to, what it answers with.

A domain without the file has a simulator too: it answers at any address, and does nothing by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Final

from lxml import etree

from rivta.contract.giving import RecordArchive, archives
from rivta.model.domain import Contract, Domain
from rivta.model.frozen import frozen
from rivta.model.words import Source, Text, Value
from rivta.simulator.answered import Patience
from rivta.simulator.edit import PayloadEdit, Values, XPath
from rivta.simulator.reply import Refusal
from rivta.simulator.written import FORM, Written
from rivta.text.xml import NAMESPACES
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.grammar import Entry
from rivta.text.yaml.shape import Found

_NOUN: Final = Text("meddelandet", "message")
LIMIT_BYTES: Final = 10 * 1024 * 1024
READ_SECONDS: Final = 4.0


@frozen
class Unit:
    """A unit that the system answers for, in one role. `abilities` are what `reference.yaml` says of it besides."""

    hsa_id: str
    role: str
    abilities: Mapping[str, Value] = field(default_factory=dict)

    def can(self, name: str) -> bool:
        """Whether it has an ability, as all have that do not say `no`."""
        return self.abilities.get(name) not in {"no", "false"}


@frozen
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
    shows: XPath | None = None
    """What the user is then shown, where the answer is more than a result: ids in it."""
    tells: Mapping[str, XPath] = field(default_factory=dict)
    """What the user is told of such an answer, by name, about nothing that has an id."""
    keeps: Mapping[str, XPath] = field(default_factory=dict)
    """What the answer says that the next such message about the same is filled in with, by name."""
    again: XPath | None = None
    """Whether the answer says that there is more to ask for at once."""


@frozen
class AnswerWhen:
    """What messages for which `when` holds are answered with: a message, as it stands. `name` is what a named fault passes it over by."""

    when: XPath
    message: Path
    name: str = ""


@frozen
class Shows:
    """A question: whether the user is shown `what` about the id that the order gives under the name `about`."""

    what: str
    about: str


@frozen
class Turn:
    """An action of a course, with its data, and what the user may be told then (`tells`) that ends the course there."""

    action: str
    data: Mapping[str, str] = field(default_factory=dict)
    stops: str = ""


@frozen
class Demo:
    """What `rivta demo` plays, in the folder of environments: files by what they are for, and the faults of its system."""

    files: Mapping[str, str]
    faults: tuple[str, ...]


@frozen
class Reference:
    """A domain's small world.

    `organisations` can be looked up besides the units. `limit_bytes` is the largest message that is received, `patience` for
    how long an answer to a call is waited for, and what follows it. `codes` and `nouns` are what the names and texts of a contract's faults
    call it and its message. `answers` are what a contract is answered with that has no result, the first that fits; `refuses` are
    what is refused though it is valid. `archives` are the records of its reading contracts, by identity. `edits` and `data` are for the domain's own `behave.py`.
    """

    domain: Domain
    units: tuple[Unit, ...] = ()
    organisations: tuple[str, ...] = ()
    limit_bytes: int = LIMIT_BYTES
    patience: Patience = field(default_factory=lambda: Patience(READ_SECONDS))
    codes: Mapping[str, str] = field(default_factory=dict)
    nouns: Mapping[str, Text] = field(default_factory=dict)
    base64: tuple[XPath, ...] = ()
    actions: Mapping[str, SentMessage] = field(default_factory=dict)
    questions: Mapping[str, Shows] = field(default_factory=dict)
    meets: Mapping[str, str] = field(default_factory=dict)
    """What else it is asked, and says yes to: by the question, the requirement that it meets so."""
    links: Mapping[str, str] = field(default_factory=dict)
    """What it is asked for a link by, and that link, with placeholders for what the question says."""
    made_of: tuple[str, ...] = ()
    """The domains whose systems it is, where it has no contracts of its own."""
    courses: Mapping[str, tuple[Turn, ...]] = field(default_factory=dict)
    """What a user does in it that takes several of their actions, by name."""
    answers: Mapping[str, tuple[AnswerWhen, ...]] = field(default_factory=dict)
    archives: Mapping[str, RecordArchive] = field(default_factory=dict)
    refuses: tuple[Refusal, ...] = ()
    edits: Mapping[str, tuple[PayloadEdit, ...]] = field(default_factory=dict)
    data: Mapping[str, Value] = field(default_factory=dict)
    demo: Demo | None = None
    _facts: Mapping[str, XPath] = field(init=False, repr=False, compare=False)
    _directory: Mapping[str, Unit] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        namespaces = {**NAMESPACES, **self.domain.namespaces}
        facts = {name: XPath(path, namespaces) for name, path in self.domain.facts.items()}
        object.__setattr__(self, "_facts", facts)
        object.__setattr__(self, "_directory", {unit.hsa_id.upper(): unit for unit in self.units})

    def role_of(self, contract: Contract) -> str:
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

    def answer(
        self, contract: Contract, payload: etree._Element, facts: Values, skip: Callable[[str], bool]
    ) -> Path | None:
        """The message that this one is answered with, unless a fault passes it over; None where its contract's own shape says enough."""
        choices = (each for each in self.answers.get(str(contract.id), ()) if each.when.holds(payload, facts))
        return next((each.message for each in choices if not (each.name and skip(each.name))), None)

    def encoded(self, payload: etree._Element) -> Iterator[etree._Element]:
        """The elements whose content is base64."""
        for path in self.base64:
            yield from path.elements(payload, {})


# `reference.yaml`, read: its shape first, then what it says is held against the domain


FOLDER: Final = "reference"
FILE: Final = "reference.yaml"
_FILE_NAMES = ("environment", "records", "answers", "deviations")


def read_reference(domain: Domain) -> Reference:
    """The domain's small world. Raises UsageError, or Mistakes with every mistake in the file."""
    path = domain.folder / FOLDER / FILE
    if not path.is_file():
        return Reference(domain, archives=archives(domain))
    written = grammar.load(compose.read(path), FORM["reference"])
    found = Found()
    reference = _ReferenceReading(Written(domain, found), written).reference()
    grammar.settle(found)
    return reference


@frozen
class _ReferenceReading:
    """The second look at the file, which holds it against the domain."""

    file: Written
    written: Entry

    def reference(self) -> Reference:
        written, names = self.written, self.written.get("contracts", {})
        for key in ("contracts", "answers"):
            for name in written.get(key, {}):
                self.file.known(name, self.file.domain.contracts, "contract", written[key].key_source(name))
        return Reference(
            self.file.domain,
            units=tuple(self._units()),
            organisations=tuple(written.get("organisations", ())),
            limit_bytes=written.get("limit", LIMIT_BYTES),
            patience=self._patience(),
            codes={self._identity(name): each["code"] for name, each in names.items() if "code" in each},
            nouns={self._identity(name): each["message"] for name, each in names.items() if "message" in each},
            base64=tuple(self._expressions("base64")),
            actions={name: self._sent(each) for name, each in written.get("actions", {}).items()},
            questions={
                name: Shows(each["shows"], each.get("about", "id"))
                for name, each in written.get("questions", {}).items()
            },
            meets=self._meets(),
            links=dict(written.get("links", {})),
            made_of=tuple(written.get("made-of", ())),
            courses={
                name: tuple(Turn(each["action"], dict(each.get("with", {})), each.get("stops", "")) for each in turns)
                for name, turns in written.get("courses", {}).items()
            },
            answers={
                self._identity(name): tuple(map(self._answer, choices))
                for name, choices in written.get("answers", {}).items()
            },
            archives=self._archives(),
            refuses=tuple(map(self.file.refusal, written.get("refuses", ()))),
            edits={name: tuple(self.file.edits(written["edits"], name)) for name in written.get("edits", {})},
            data=dict(written.get("data", {})),
            demo=self._demo(),
        )

    def _meets(self) -> Mapping[str, str]:
        meets: Mapping[str, str] = self.written.get("meets", {})
        for name, id_ in meets.items():
            self.file.known(id_, self.file.domain.requirements, "requirement", self.written["meets"].source_of(name))
        return dict(meets)

    def _archives(self) -> Mapping[str, RecordArchive]:
        """The records of its reading contracts, but for those that have answers of their own."""
        answered = {self._identity(name) for name in self.written.get("answers", {})}
        return {name: each for name, each in archives(self.file.domain).items() if name not in answered}

    def _patience(self) -> Patience:
        usual = Patience(self.written.get("read", READ_SECONDS))
        return replace(usual, after={**usual.after, **self.file.resends(self.written)})

    def _identity(self, word: str) -> str:
        return str(self.file.domain.contracts[word].id) if word in self.file.domain.contracts else word

    def _answer(self, each: Entry) -> AnswerWhen:
        return AnswerWhen(
            self.file.expression(each, "when", "true()"),
            self._file(each["message"], each.source_of("message")),
            each.get("name", ""),
        )

    def _units(self) -> Iterator[Unit]:
        for each, source in self.written.items_of("units"):
            if not isinstance(each, dict) or not isinstance(each.get("id"), str):
                self.file.found.say("this unit lacks “id”", source, "add id: its HSA-id")
                continue
            role = str(each.get("role", ""))
            self.file.known(role, self.file.domain.roles, "role", source)
            yield Unit(each["id"], role, {name: value for name, value in each.items() if name not in {"id", "role"}})

    def _sent(self, each: Entry) -> SentMessage:
        self.file.known(each["role"], self.file.domain.roles, "role", each.source_of("role"))
        self.file.known(each["contract"], self.file.domain.contracts, "contract", each.source_of("contract"))
        return SentMessage(
            each["role"],
            each["contract"],
            self._file(each["message"], each.source_of("message")),
            to=each.get("to", "${recipient}"),
            sender=each.get("from", ""),
            about=each.get("about", "${new-id}"),
            id_name=each.get("id", "id"),
            data=dict(each.get("with", {})),
            shows=self.file.expression(each, "shows") if "shows" in each else None,
            tells={name: self.file.expression(each["tells"], name) for name in each.get("tells", {})},
            keeps={name: self.file.expression(each["keeps"], name) for name in each.get("keeps", {})},
            again=self.file.expression(each, "again") if "again" in each else None,
        )

    def _demo(self) -> Demo | None:
        demo = self.written.get("demo")
        if demo is None:
            return None
        return Demo({name: demo[name] for name in _FILE_NAMES if name in demo}, tuple(demo.get("faults", ())))

    def _expressions(self, key: str) -> Iterator[XPath]:
        for (text, _), node in zip(self.written.items_of(key), _items(self.written, key), strict=True):
            expression = self.file.xpath(text, node)
            if expression is not None:
                yield expression

    def _file(self, name: str, source: Source) -> Path:
        path = self.file.domain.folder / name
        if not path.is_file():
            self.file.found.say(f"there is no file {name}", source, "write its path from the domain's folder")
        return path


def _items(entry: Entry, key: str) -> list[Any]:
    return list(getattr(entry.node_of(key), "items", ())) if key in entry else []
