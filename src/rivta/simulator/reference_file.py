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
from rivta.simulator.written import EDITS, NAMED_REFUSAL, RESENDS, WHEN, XPATH, Written
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.grammar import AnyData, Bilingual, Duration, Entry, Field, ListOf, MapOf, Record
from rivta.text.yaml.shape import Found, Size

FOLDER: Final = "reference"
FILE: Final = "reference.yaml"
_ANSWER = Record(
    "answer",
    {
        "message": Field(grammar.String(), "the message, relative to the domain's folder", required=True),
        "when": Field(XPATH, f"{WHEN} (default: all)"),
        "name": Field(grammar.String(r"[A-Za-z0-9.-]+", "a name", "no-hit"), "what a named fault passes it over by"),
    },
)
_TURN = Record(
    "turn",
    {
        "action": Field(grammar.String(), "the action", required=True),
        "with": Field(MapOf(grammar.String(blank=True)), "data for it, over the order's"),
        "stops": Field(
            grammar.String(), "a name under the action's tells: where that holds of the answer the course ends here"
        ),
    },
)
_FILE_NAMES = {"environment": "", "records": "", "answers": "", "deviations": ""}
SHAPE: Final = Record(
    "reference",
    {
        "units": Field(
            ListOf(AnyData()), "the units it answers for: {id: HSA-id, role: …} and what the domain says of each"
        ),
        "organisations": Field(ListOf(grammar.String()), "HSA-ids that can be looked up besides the units"),
        "limit": Field(Size(), "the largest message that is received (default: 10 MB)"),
        "read": Field(Duration(), "how long an answer to a call may take (default: 4 s)"),
        "resend": RESENDS,
        "contracts": Field(
            MapOf(
                Record(
                    "contract's names",
                    {
                        "code": Field(
                            grammar.String(r"[A-Za-z0-9-]+", "a short name", "PR"), "its short name in faults"
                        ),
                        "message": Field(Bilingual(), "what people call its message"),
                    },
                )
            ),
            "what the contracts are called in the names and texts of faults",
        ),
        "base64": Field(ListOf(grammar.String()), "XPaths from the payload to what is base64"),
        "answers": Field(
            MapOf(ListOf(_ANSWER, some=True)), "what a message that is accepted is answered with, the first that fits"
        ),
        "refuses": Field(
            ListOf(Record("refusal", NAMED_REFUSAL)), "what is refused though it is valid: the first that fits"
        ),
        "actions": Field(
            MapOf(
                Record(
                    "action",
                    {
                        "role": Field(grammar.String(), "the role in which it is done", required=True),
                        "contract": Field(grammar.String(), "the contract that is called", required=True),
                        "message": Field(
                            grammar.String(), "the template, relative to the domain's folder", required=True
                        ),
                        "to": Field(grammar.String(), "the logical address (default: ${recipient})"),
                        "from": Field(grammar.String(blank=True), "the unit that calls (default: none)"),
                        "about": Field(grammar.String(blank=True), "the id of what it is about (default: ${new-id})"),
                        "id": Field(grammar.String(), "the name under which that id is told (default: id)"),
                        "with": Field(MapOf(AnyData()), "data for the template, where the order gives none"),
                        "shows": Field(grammar.String(), "ids of what the user is then shown: XPath into the answer"),
                        "tells": Field(
                            MapOf(XPATH), "what the user is told then: a name → XPath into the answer, when it is told"
                        ),
                        "keeps": Field(
                            MapOf(XPATH), "data for the next such message about the same: name → XPath into the answer"
                        ),
                        "again": Field(
                            XPATH, "when it is sent again at once, with what is kept: XPath into the answer"
                        ),
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
                            grammar.String(),
                            "what the user is shown: a contract that was accepted, a name under tells",
                            required=True,
                        ),
                        "about": Field(
                            grammar.String(), "the fact, and the name in `with`, that says which (default: id)"
                        ),
                    },
                )
            ),
            "what somebody who looks at it can be asked",
        ),
        "meets": Field(
            MapOf(grammar.String()),
            "what it is asked besides, and says yes to: by the question, the requirement that it meets so. Each has a fault, denies-…, "
            "that says no",
        ),
        "links": Field(
            MapOf(grammar.String()),
            "what it is asked for a link by → the link, as who follows it would give it, with ${…} for what the question says. A fault "
            "that sets that name has another one",
        ),
        "made-of": Field(
            ListOf(grammar.String(), some=True), "the domains whose systems it is, of a domain without contracts"
        ),
        "courses": Field(
            MapOf(ListOf(_TURN, some=True)), "what a user does that takes several actions of those, one after the other"
        ),
        "edits": Field(MapOf(EDITS), "changes of messages, by the names that the domain's own behave.py makes them by"),
        "data": Field(MapOf(AnyData()), "whatever the domain's own behave.py reads"),
        "demo": Field(
            Record(
                "demo",
                {
                    **{
                        name: Field(grammar.String(), f"its {name}, in the folder of environments")
                        for name in _FILE_NAMES
                    },
                    "faults": Field(ListOf(grammar.String()), "what the demo's system does wrong"),
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
        return Reference(domain, archives=archives(domain))
    written = grammar.load(compose.read(path), SHAPE)
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
