"""`faults.yaml`: a domain's named faults, as data. Each has a name, a text, what it breaks, and what is done wrongly.

An entry without a text is about a fault that any system can have, by its name: what it breaks in this domain.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from lxml import etree

from rivta.model import words
from rivta.model.domain import Domain
from rivta.model.errors import did_you_mean
from rivta.model.frozen import frozen
from rivta.simulator.answered import EVERY, Patience
from rivta.simulator.edit import PayloadEdit, Values
from rivta.simulator.faults.fault import Fault, Gives
from rivta.simulator.outgoing import Draft
from rivta.simulator.reference import FOLDER
from rivta.simulator.reply import Outcome, Result, SoapFault, log_id
from rivta.simulator.written import FORM, Written
from rivta.text.yaml import compose
from rivta.text.yaml.grammar import Entry, load, settle
from rivta.text.yaml.shape import Found

FILE: Final = "faults.yaml"
_NO_TEXT: Final = words.Text.same("")
_NOWHERE: Final = etree.Element("nowhere")
_FIRST: Final = ("fault", "text", "breaks", "shown-by")
"""What an entry says before it says what is done wrongly."""


def read_faults(domain: Domain, general: Iterable[Fault]) -> Mapping[str, Fault]:
    """All faults by name: those that any system can have, then those of the general part and of the domain's file in their order.

    Raises UsageError, or Mistakes with every mistake in the file.
    """
    known = {fault.name: fault for fault in general}
    paths = (
        *(path for each in reversed(domain.general) if (path := each / FILE).is_file()),
        domain.folder / FOLDER / FILE,
    )
    written: dict[str, Fault] = {}
    for path in paths:
        written |= _read(path, domain, {**known, **written}) if path.is_file() else {}
    is_called = bool(domain.contracts)
    generated = {
        name: fault for name, fault in known.items() if name not in written and (is_called or not fault.passes)
    }
    return {**generated, **written}


def read_general(path: Path, domain: Domain, coded: Mapping[str, Fault]) -> Iterator[Fault]:
    """The faults that any system can have, from our own file. Those that only code can do, and that has none here, are left out."""
    found = Found()
    for entry in load(compose.read(path), FORM["general"]):
        reading = _FaultReading(Written(domain, found), entry, coded)
        if entry["fault"] in coded or entry.keys() - {*_FIRST}:
            yield replace(reading.fault(), shown_by=entry.get("shown-by", ""))
    settle(found)


def _read(path: Path, domain: Domain, known: Mapping[str, Fault]) -> Mapping[str, Fault]:
    found = Found()
    faults: dict[str, Fault] = {}
    for entry in load(compose.read(path), FORM["faults"]):
        name = entry["fault"]
        if name in faults:
            found.say(f"there are two faults “{name}”", entry.source_of("fault"), "rename one")
        faults[name] = _FaultReading(Written(domain, found), entry, known).fault()
    settle(found)
    return faults


@frozen
class _FaultReading:
    file: Written
    entry: Entry
    known: Mapping[str, Fault]

    def fault(self) -> Fault:
        entry = self.entry
        for id_, source in entry.items_of("breaks"):
            if id_ not in self.file.domain.requirements:
                todo = did_you_mean(id_, self.file.domain.requirements)
                self.file.found.say(f"there is no requirement “{id_}”", source, todo)
        changed = self._changed()
        own = self.known.get(entry["fault"])
        if own is None and ("text" not in entry or not changed):
            self._unknown()
        fault = own or Fault(entry["fault"], entry.get("text", _NO_TEXT))
        return replace(fault, breaks=tuple(entry.get("breaks", ())), text=entry.get("text", fault.text), **changed)

    def _unknown(self) -> None:
        name, entry = self.entry["fault"], self.entry
        lacks = "a text" if "text" not in entry else "what it does"
        what = f"no system has a fault “{name}” by itself, and this one lacks {lacks}"
        self.file.found.say(what, entry.source_of("fault"), did_you_mean(name, self.known))

    def _changed(self) -> dict[str, Any]:
        entry = self.entry
        made: dict[str, Callable[[], Any]] = {
            "skip": lambda: {"skips": frozenset(entry["skip"])},
            "accept": lambda: {"accepts": self.file.expression(entry, "accept")},
            "refuse": lambda: {"refuses": (self.file.refusal(entry["refuse"]),)},
            "answer": lambda: {"answers": self._answer(entry["answer"])},
            "respond": lambda: {"writes": _responding(tuple(self.file.edits(entry, "respond")))},
            "edit": lambda: {"drafts": self._drafting()},
            "keep-back": lambda: {"keeps_back": self._keeping_back()},
            "resend": lambda: {"patience": self._patience()},
            "read": lambda: {"patience": self._patience()},
            "take": lambda: {"patience": self._patience()},
            "shun": lambda: {"shuns": entry["shun"]},
            "queue": lambda: {"queues": entry["queue"]},
            "hide": lambda: {"hides": frozenset(entry["hide"])},
            "withhold": lambda: {"gives": self._withholding()},
            "set": lambda: {"settings": dict(entry["set"])},
            "at-once": lambda: {"at_once": entry["at-once"]},
            "lasts": lambda: {"lasts": entry["lasts"]},
            "pass": lambda: {"passes": frozenset(entry["pass"])},
        }
        made["address"] = made["edit"]
        return {key: value for name, make in made.items() if name in entry for key, value in make().items()}

    def _withholding(self) -> Gives:
        which = self.file.expression(self.entry, "withhold")
        return lambda given, _archive, _question: tuple(each for each in given if not which.holds(each, {}))

    def _concerns(self, draft: Draft) -> bool:
        return not {draft.kind, draft.contract.name}.isdisjoint(self.entry.get("of", (draft.kind,)))

    def _drafting(self) -> Callable[[Draft], Draft]:
        edits, address = tuple(self.file.edits(self.entry, "edit")), self.entry.get("address")

        def drafts(draft: Draft) -> Draft:
            if not self._concerns(draft):
                return draft
            _apply(edits, draft.payload, draft.told)
            return draft if address is None else replace(draft, address=address)

        return drafts

    def _keeping_back(self) -> Callable[[Draft], bool]:
        when = self.file.expression(self.entry, "keep-back")
        return lambda draft: self._concerns(draft) and when.holds(draft.payload, draft.told)

    def _answer(self, entry: Entry) -> Callable[[Outcome, bytes], Outcome]:
        when, fault = self.file.expression(entry, "when"), entry.get("fault", "")
        named = ("code", "error-code", "sub-code", "message")
        changes: dict[str, Any] = {name.replace("-", "_"): entry[name] for name in named if name in entry}

        def answers(outcome: Outcome, _body: bytes) -> Outcome:
            if not isinstance(outcome, Result):
                return outcome
            told = {name: getattr(outcome, name.replace("-", "_")) for name in named}
            if not when.holds(_NOWHERE, told):
                return outcome
            changed = replace(outcome, **changes)
            return SoapFault(fault, changed.message, changed.log_id or log_id()) if fault else changed

        return answers

    def _patience(self) -> Callable[[Patience], Patience]:
        after, take, seconds = self.file.resends(self.entry), self.entry.get("take", {}), self.entry.get("read")
        named = [(word, take.key_source(word)) for word in take]
        for word, source in (*named, *((take[word], take.source_of(word)) for word in take)):
            if word not in EVERY:
                self.file.found.say(f"no answer is called “{word}”", source, did_you_mean(word, EVERY))
        return lambda patience: replace(
            patience,
            after={**patience.after, **after},
            read_seconds=seconds or patience.read_seconds,
            taken={**patience.taken, **take},
        )


def _responding(edits: tuple[PayloadEdit, ...]) -> Callable[[str], str]:
    def writes(text: str) -> str:
        root = etree.fromstring(text)
        before = etree.tostring(root)
        for payload in root[-1]:
            _apply(edits, payload, {})
        return text if etree.tostring(root) == before else etree.tostring(root, encoding="unicode")

    return writes


def _apply(edits: Iterable[PayloadEdit], payload: etree._Element, values: Values) -> None:
    told = {**values, "new-id": str(uuid4())}
    for edit in edits:
        edit.apply(payload, told)
