"""`reference.yaml`, read: its shape first, then what it says is held against the domain."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rivta.contract.giving import RecordArchive, archives
from rivta.model.domain import Domain
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.simulator.answered import Patience
from rivta.simulator.edit import XPath
from rivta.simulator.reference import (
    LIMIT_BYTES,
    READ_SECONDS,
    AnswerWhen,
    Demo,
    Reference,
    SentMessage,
    Shows,
    Turn,
    Unit,
)
from rivta.simulator.written import FORM, Written
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.grammar import Entry
from rivta.text.yaml.shape import Found

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
        self._known_keys("contracts", self.file.domain.contracts, "contract")
        self._known_keys("answers", self.file.domain.contracts, "contract")
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
            courses={name: tuple(map(_turn, turns)) for name, turns in written.get("courses", {}).items()},
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

    def _known_keys(self, key: str, known: Mapping[str, Any], what: str) -> None:
        for name in self.written.get(key, {}):
            self.file.known(name, known, what, self.written[key].key_source(name))


def _turn(each: Entry) -> Turn:
    return Turn(each["action"], dict(each.get("with", {})), each.get("stops", ""))


def _items(entry: Entry, key: str) -> list[Any]:
    return list(getattr(entry.node_of(key), "items", ())) if key in entry else []
