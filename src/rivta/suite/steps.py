"""From a well-formed step to what a case does: send, receive, watch, ask, try a handshake, explore."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from rivta.model.frozen import frozen
from rivta.model.steps import (
    ADDRESS,
    PROPERTIES,
    Ask,
    Behaviour,
    Doing,
    Explore,
    Handshake,
    Link,
    Receive,
    Repetition,
    Send,
    Step,
    Watch,
    Writing,
)
from rivta.model.words import Text, Value
from rivta.suite.expectations import Expectations
from rivta.suite.meaning import Meaning, Names, check_pattern
from rivta.suite.templates import Templates
from rivta.text.yaml.tree import Entry, scalars
from rivta.text.yaml.values import behaviour

PATIENCE = 300.0
"""Seconds that we wait for a call where nothing is said: a person has to do something in a system first."""
CALLS = 10
"""The requests that are drawn where nothing is said."""
LONGEST_WAIT = 8 * 3600.0
"""Seconds that a step may wait for a call: a working day."""
LONGEST_WATCH = 24 * 3600.0
"""Seconds, in the system's own time, that a step may look at what it does."""

OF_CASE: Mapping[str, Value] = {
    "unique": "",
    "seed": "",
    "run": {"id": ""},
    "now": {"timestamp": "", "date": "", "minute": ""},
}
"""The names that a run gives to every case. Their values are not known here, only that they exist."""

# What a step that sends knows beside the rest. The value is not known here, only that it exists.
_OF_STEP: dict[str, Value] = {"logical-address": ""}


@frozen
class Before:
    """What a step builds on: its case's id, the contract where it names none, the names it may use, the steps so far."""

    case: str
    contract: str
    names: Names
    steps: tuple[Step, ...] = ()


@frozen
class Steps:
    meaning: Meaning
    expectations: Expectations
    templates: Templates

    def played(self, entries: Iterable[Entry], before: Before) -> Before:
        """What steps in a row leave to the next: themselves, each knowing what the ones before it captured, and the names."""
        captured: dict[str, Value] = {}
        done = before
        for one in entries:
            names = before.names.below(captured, OF_CASE) if captured else before.names.below(OF_CASE)
            step = self.step(one, replace(done, names=names))
            captured |= dict.fromkeys(step.capture, "") if isinstance(step, Send | Receive) else {}
            done = replace(done, steps=(*done.steps, step))
        return replace(done, names=before.names.below(captured, OF_CASE))

    def step(self, entry: Entry, before: Before) -> Step:
        """What it does is told by the key that it has."""
        readers: Mapping[str, Callable[[Entry, Before], Step]] = {
            "send": self.send,
            "receive": self.receive,
            "watch": self._watch,
            "ask": self._ask,
            "handshake": self._handshake,
            "explore": self._explore,
        }
        return next(read for key, read in readers.items() if key in entry)(entry, before)

    def _contract(self, entry: Entry, before: Before) -> str:
        return self.meaning.contract(entry) if "contract" in entry else before.contract

    def send(self, entry: Entry, before: Before) -> Send:
        data, contract = self.meaning.data(entry, "with"), self._contract(entry, before)
        self._check_sent(entry, replace(before, names=before.names.below(data)) if data else before)
        self._check_asked(entry, contract, before)
        self.expectations.check_results(entry, contract)
        return Send(
            contract=contract,
            template=self.meaning.folder / entry["send"],
            data=data,
            expect=self.expectations.of(entry, "replies", before.steps),
            source=entry.source,
            to=entry.get("to"),
            headers=dict(entry.get("headers", {})),
            capture=self.expectations.captures(entry),
            off=self.meaning.off(entry, self.meaning.domain_of(contract).every_case, "case"),
            change=self.meaning.data(entry, "change"),
            leave_out=tuple(entry.get("leave-out", ())),
            writing=Writing(**entry["written"].keywords()) if "written" in entry else None,
            twin=self.meaning.data(entry, "twin") if "twin" in entry else None,
            filters=tuple(entry["filters"]) if "filters" in entry else None,
            for_each=Repetition(**entry["for-each"]) if "for-each" in entry else None,
            at=self.meaning.contract(entry, "at") if "at" in entry else "",
        )

    def _check_sent(self, entry: Entry, before: Before) -> None:
        """What a message is made of, and what is said of its answer, names what there is."""
        known = before.names.below(_OF_STEP)
        for key, names in (("with", before.names), ("change", known), ("twin", before.names)):
            self.meaning.check_data(entry, key, names)
        self.expectations.check_paths(entry)
        for key, names in (("to", before.names), ("headers", known), ("expect", known)):
            self.meaning.check_texts(entry, key, names)
        self.templates.check(entry["send"], entry.source_of("send"), before.case, known, self.meaning.found)

    def _check_asked(self, entry: Entry, name: str, before: Before) -> None:
        """Filters, and what is repeated, are of contracts that read; dates come from a step before."""
        contract, again = self.meaning.known(name), entry.get("for-each")
        if again and (again["value"] == "attempt") != ("until" in again):
            todo = "say until: with an XPath for attempts, and for nothing else"
            self.meaning.found.say(
                "attempts go on until an answer is as it is to be", entry.source_of("for-each"), todo
            )
        is_asked = "filters" in entry or (again and again["value"] != "attempt")
        if contract is None or not is_asked:
            return
        key = "filters" if "filters" in entry else "for-each"
        records = contract.records
        if records is None:
            todo = "say records: of the contract in domain.yaml"
            self.meaning.found.say(f"nothing says what the records of {contract.name} are", entry.source_of(key), todo)
            return
        self.meaning.ids(entry, "filters", records.asked_by, "filter")
        if again and again["value"] not in ("page", "attempt") and again.get("of", 1) > len(before.steps):
            todo = "let a step before send the same without a period"
            self.meaning.found.say(f"step {again.get('of', 1)} is no earlier step", entry.source_of("for-each"), todo)

    def receive(self, entry: Entry, before: Before) -> Receive:
        """A call that the system is to make."""
        self.meaning.check_texts(entry, "expect", before.names)
        contract = self._contract(entry, before)
        domain = self.meaning.domain_of(contract)
        when, doing = self.meaning.facts(entry, "receive", domain, before.names), self._doing(entry, before.names)
        if "to" in entry:
            self.meaning.check_texts(entry, "to", before.names)
            when, doing = {**when, ADDRESS: entry["to"]}, self._addressed(doing, entry)
        return Receive(
            contract=contract,
            when=when,
            do=doing,
            answer=self._answer(entry, contract, before),
            within=self._seconds(entry, "within", LONGEST_WAIT) or PATIENCE,
            expect=self.expectations.of(entry, "calls", before.steps),
            source=entry.source,
            capture=self.expectations.captures(entry),
            off=self.meaning.off(entry, domain.every_received, "message received"),
        )

    def _watch(self, entry: Entry, before: Before) -> Watch:
        self.meaning.check_texts(entry, "expect", before.names)
        self._check_pace(entry)
        contract = self._contract(entry, before)
        domain = self.meaning.domain_of(contract)
        return Watch(
            contract=contract,
            when=self.meaning.facts(entry, "watch", domain, before.names),
            seconds=self._seconds(entry, "for", LONGEST_WATCH) or LONGEST_WATCH,
            most=entry.get("most"),
            apart=self._seconds(entry, "apart", LONGEST_WATCH),
            answer=self._answer(entry, contract, before),
            source=entry.source,
            do=self._doing(entry, before.names),
            grows=entry.get("grows", False),
            least=entry.get("least", 0),
            expect=self.expectations.of(entry, "calls", before.steps),
            verifies=self.meaning.requirements(entry),
            off=self.meaning.off(entry, domain.every_received, "message received"),
        )

    def _check_pace(self, entry: Entry) -> None:
        """How far apart calls are says nothing when none is allowed, or when nobody looks for so long; nor do more calls show anything than may come."""
        least, most = entry.get("least", 0), entry.get("most")
        if most is not None and least > most:
            what = f"no more than {most} calls are allowed, and {least} are to come"
            self.meaning.found.say(what, entry.source_of("least"), "write a lower least or a higher most")
        if "apart" not in entry:
            return
        source = entry.source_of("apart")
        if entry.get("most") == 0:
            self.meaning.found.say(
                "calls that are not allowed at all are never apart", source, "take apart or most away"
            )
        if entry["apart"] > entry["for"]:
            self.meaning.found.say("nobody looks for so long: “apart” is over “for”", source, "look longer, with for:")

    def _ask(self, entry: Entry, before: Before) -> Ask:
        self.meaning.check_texts(entry, "ask", before.names)
        self.meaning.check_data(entry, "with", before.names)
        return Ask(
            text=entry["ask"],
            action=entry["action"],
            source=entry.source,
            data=self.meaning.data(entry, "with"),
            verifies=self.meaning.requirements(entry),
            link=self._link(entry, before) if "link" in entry else None,
        )

    def _link(self, entry: Entry, before: Before) -> Link:
        self.meaning.check_texts(entry, "link", before.names)
        for node in scalars(entry.node_of("link")):
            check_pattern(node, self.meaning.found)
        link: Entry = entry["link"]
        named: list[Mapping[str, str]] = [dict(link.get(part, {})) for part in ("parameters", "optional")]
        return Link(link["address"], link.get("method", ""), *named)

    def _handshake(self, entry: Entry, before: Before) -> Handshake:
        tried: Entry = entry["handshake"]
        if tried["is"] == "refused" and "shows" in tried:
            self.meaning.found.say(
                "who refuses a connection shows nothing", tried.source_of("shows"), "take shows away"
            )
        return Handshake(
            outcome=tried["is"],
            certificate=tried.get("certificate", "own"),
            version=tried.get("version", ""),
            shows=tried.get("shows", ""),
            do=self._doing(entry, before.names.below({"url": ""})),
            within=self._seconds(entry, "within", LONGEST_WAIT) or PATIENCE,
            source=entry.source,
            verifies=self.meaning.requirements(entry),
        )

    def _explore(self, entry: Entry, before: Before) -> Explore:
        self.meaning.check_data(entry, "with", before.names)
        domain = self.meaning.domain
        if domain.openapi is None:
            todo = "say openapi: in domain.yaml"
            self.meaning.found.say(
                "nothing says which OpenAPI document describes this", entry.source_of("explore"), todo
            )
        elif domain.openapi.operations:
            known = domain.openapi.operations
            self.meaning.check_known(entry["explore"], known, "operation", entry.source_of("explore"))
        return Explore(
            operation=entry["explore"],
            inputs=entry["inputs"],
            calls=entry.get("calls", CALLS),
            properties=tuple(name for name in domain.every_case if entry["inputs"] in PROPERTIES.get(name, ())),
            source=entry.source,
            data=self.meaning.data(entry, "with"),
        )

    def _doing(self, entry: Entry, names: Names) -> Doing | None:
        if "do" not in entry:
            return None
        doing: Entry = entry["do"]
        self.meaning.check_data(doing, "with", names)
        for lang in ("sv", "en"):
            self.meaning.check_texts(doing, lang, names)
        return Doing(Text(doing["sv"], doing["en"]), doing["action"], self.meaning.data(doing, "with"))

    def _addressed(self, doing: Doing | None, entry: Entry) -> Doing | None:
        """The same, to a logical address that is told the tester and the adapter."""
        if doing is None:
            todo = "say do:, or receive: {address: …} where the call follows by itself"
            self.meaning.found.say("nobody is made to call that address", entry.source_of("to"), todo)
            return None
        told = Text(
            f"{doing.text.sv} Adressera anropet till {entry['to']}.",
            f"{doing.text.en} Address the call to {entry['to']}.",
        )
        return replace(doing, text=told, data={**doing.data, ADDRESS: entry["to"]})

    def _answer(self, entry: Entry, contract: str, before: Before) -> Behaviour:
        answer = entry.get("answer")
        if isinstance(answer, Entry):
            self.meaning.check_texts(answer, "text", before.names)
            self._check_error(answer, contract)
            self._check_message(answer, before)
        return behaviour(answer, self.meaning.found, self.meaning.folder)

    def _check_error(self, answer: Entry, name: str) -> None:
        """An error is told by the contract's result, in the words that its schema has for that."""
        contract = self.meaning.known(name)
        if contract is None or answer.get("kind") != "error":
            return
        grammar = contract.result
        if grammar is None:
            what = f"{name} has no result that could tell an error"
            self.meaning.found.say(what, answer.source, "write answer: fault, or a message")
            return
        known = (
            grammar.errors
            if grammar.error
            else tuple(each for each in grammar.codes if each not in (grammar.ok, grammar.info))
        )
        if "error" in answer and known:
            self.meaning.check_known(answer["error"], known, "error", answer.source_of("error"))

    def _check_message(self, answer: Entry, before: Before) -> None:
        if "message" not in answer:
            return
        of_call: dict[str, Value] = {"call": dict.fromkeys((ADDRESS, *self.meaning.domain.facts), "")}
        names = before.names.below(of_call)
        self.meaning.check_data(answer, "with", names)
        names = names.below(self.meaning.data(answer, "with"))
        self.templates.check(answer["message"], answer.source_of("message"), before.case, names, self.meaning.found)

    def _seconds(self, entry: Entry, key: str, longest: float) -> float | None:
        seconds: float | None = entry.get(key)
        if seconds is not None and seconds > longest:
            self.meaning.found.say(
                f"“{key}” is {longest / 60:g} min at most", entry.source_of(key), "write a shorter time"
            )
        return seconds
