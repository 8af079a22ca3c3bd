"""What a producer of a reading contract gives: records that are made of the contract's own schema, and those of them that a request
asks for, in a response that says whether there are more.

    Archive(contract, held) ──question(request)──► RecordQuery ──right(…)──► records ──page(…)──► Page ──fill(…)──► response

Both of our producers are this one: the simulator, which may be given faults, and the counterpart, which answers a consumer.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from elementpath.regex import translate_pattern
from lxml import etree

from rivta.contract.declarations import Declarations
from rivta.contract.envelope import SOAP
from rivta.contract.held import Held, Patient, read_held
from rivta.contract.instance import Place, smallest
from rivta.contract.records import RecordQuery, asked, is_asked_for, led_by, records_in, value_at, values_at
from rivta.contract.rules import rules_of
from rivta.contract.wsdl import Wsdl, read_wsdl
from rivta.model.domain import Contract, Domain
from rivta.model.frozen import frozen
from rivta.model.records import UP, Records
from rivta.model.words import Direction
from rivta.text.xml import path_of

Given = tuple[etree._Element, ...]
DAY = "20260310"
"""The day of most of the records; where days meet there are two more, and each further time is ten days later than the one before."""
_NOON, _FIRST, _LAST = f"{DAY}120000", "20260311000000", "20260309235959"
_LATER = ("20260320120000", "20260330120000", "20260409120000", "20260419120000", "20260429120000", "20260509120000")


@frozen
class Page:
    """What one answer holds. With a `reference` there is more, which a request with it gets at the address."""

    records: Given = ()
    reference: str = ""
    address: str = ""


NOTHING = Page()


class RecordArchive:
    """The records of one contract, in memory: those that are `kept`, else some that are made at first need.

    Safe to use from many threads.
    """

    def __init__(self, contract: Contract, records: Records, held: Held, kept: Given = ()) -> None:
        self.records = records
        self._kept = kept
        self._contract = contract
        self._held = held
        self._linked = {patient.id: patient.linked for patient in held.patients}
        self._types = {patient.id: patient.type for patient in held.patients}
        self._said = lru_cache(maxsize=None)(values_at)  # no record of an archive is ever changed

    @cached_property
    def all(self) -> Given:
        """Every record, the newest first."""
        made = self._kept or tuple(self._sound(self._making.made()))
        return (
            tuple(sorted(made, key=lambda each: value_at(each, self.records.times[0]), reverse=True))
            if self.records.times
            else made
        )

    def _sound(self, made: Iterable[etree._Element]) -> Iterator[etree._Element]:
        """Those that keep the contract's own rules on responses: the schema alone does not always say what a record must have."""
        for record in made:
            envelope = etree.Element(f"{{{SOAP}}}Envelope")
            etree.SubElement(envelope, f"{{{SOAP}}}Body").append(record.getroottree().getroot())
            # What a rule demands of the response around it, such as a result, is no flaw of the record.
            within = path_of(whole(record, self.records))
            rules = rules_of(self._contract, Direction.RESPONSE, envelope)
            if not any(outcome.location.startswith(within) for outcome in rules.run(envelope)):
                yield record

    @cached_property
    def sources(self) -> frozenset[str]:
        """The source systems that the records come from."""
        return (
            frozenset(value_at(each, self.records.source).upper() for each in self.all)
            if self.records.source
            else frozenset()
        )

    def written(self, said: Mapping[str, str], moment: str) -> etree._Element:
        """A new record of that moment, 14 digits: it says what is said by the names of its parts, and else what most of them say."""
        return self._making.written(said, moment)

    @cached_property
    def _making(self) -> "_Making":
        return _Making(self._contract, self.records, self._held)

    def keeping(self, kept: Given) -> "RecordArchive":
        """The same with other records, or itself where there are none."""
        return RecordArchive(self._contract, self.records, self._held, kept) if kept else self

    def question(self, request: etree._Element, address: str = "", consumer: str = "") -> RecordQuery:
        """What the payload of a request asks for."""
        return replace(asked(request, self.records), address=address, consumer=consumer)

    def knows(self, question: RecordQuery) -> bool:
        """Whether there is any record of the patient."""
        asked_for = question.values.get("patient", ())
        return any(self._value(each, self.records.patient) in asked_for for each in self.all)

    def right(self, question: RecordQuery, besides: Collection[str] = ()) -> Given:
        """The records that a question is about, those of linked identities under the one that is asked for.

        What is named in `besides` is not looked at: a filter, `period`, `address`, `linked`, `consumer`.
        """
        patients = question.values.get("patient", ())
        linked = tuple(
            each for patient in patients if "linked" not in besides for each in self._linked.get(patient, ())
        )
        wanted = replace(question, values={**question.values, "patient": (*patients, *linked)}) if linked else question
        found = (each for each in self.all if is_asked_for(each, self.records, wanted, besides, self._said))
        return tuple(self._as_of(each, patients, linked) for each in found if self._is_given(each, question, besides))

    def page(self, given: Given, question: RecordQuery, most: int = 0) -> Page:
        """As much of it as one answer holds, from where the question goes on."""
        most = most or self._held.holds(self._contract).most
        if not (most and self.records.more):
            return Page(given)
        reference = question.reference
        start = int(reference) if reference.isdecimal() else 0
        is_all = start + most >= len(given)
        return Page(given[start : start + most], "" if is_all else str(start + most), question.address)

    def _is_given(self, record: etree._Element, question: RecordQuery, besides: Collection[str]) -> bool:
        address = question.address.upper()
        is_here = (
            "address" in besides
            or address not in self.sources
            or self._value(record, self.records.source).upper() == address
        )
        withheld = () if "consumer" in besides else self._held.withheld.get(question.consumer, ())
        return is_here and (not withheld or self._value(record, self.records.unit) not in withheld)

    def _as_of(self, record: etree._Element, patients: tuple[str, ...], linked: tuple[str, ...]) -> etree._Element:
        """A record of a linked identity as one of the patient's, the same each time."""
        own = self._value(record, self.records.patient)
        return record if own not in linked or own in patients else self._moved(record, own, patients[0])

    def _value(self, record: etree._Element, path: str) -> str:
        return next(iter(self._said(record, path)), "")

    @lru_cache(maxsize=1024)  # noqa: B019 - an archive lives as long as the system that holds it
    def _moved(self, record: etree._Element, own: str, patient: str) -> etree._Element:
        """The record under another identity, which says under which it was made where the contract has a place for that."""
        moved = copied(record, self.records)
        put(moved, self.records.patient, patient)
        put(moved, self.records.patient_type, self._types.get(patient, ""))
        put(moved, self.records.original, own)
        return moved


def archives(domain: Domain) -> Mapping[str, RecordArchive]:
    """Those of a domain's reading contracts, by identity. UsageError, or Mistakes, for what its `records.yaml` says wrongly."""
    held = read_held(domain)
    return {name: RecordArchive(one, one.records, held) for name, one in domain.contracts.items() if one.records}


@dataclass(frozen=True)
class _Making:
    """The records of one contract in the making: for each patient one of each kind that tells right from wrong."""

    contract: Contract
    records: Records
    held: Held

    def made(self) -> Iterator[etree._Element]:
        count = 0
        for patient in self.held.patients:
            for holds in self._kinds(is_first=patient is self.held.patients[0]):
                count += 1
                own = {self.records.id: f"{self._name}-{count}", **self._approved(count), **self._of(patient)}
                yield self._record({**own, **holds})

    @cached_property
    def _name(self) -> str:
        """How ids begin: with the contract's name, in small letters where the schema's patterns do not take it as it is."""
        wsdl, name = self._wsdl, self.contract.name
        schema = Declarations(wsdl)
        way = schema.way(schema.element(wsdl.response_root), _within(self.records, _steps(self.records.id)))
        facets = (each.partition(" ") for place in way[-1:] for each in schema.facets(place))
        patterns = [translate_pattern(f"^({text})$") for kind, _, text in facets if kind == "pattern"]
        return name if all(re.search(each, f"{name}-1") for each in patterns) else name.lower()

    def written(self, said: Mapping[str, str], moment: str) -> etree._Element:
        patients = self.held.patients
        patient = next((each for each in patients if each.id == said.get("patient")), patients[0])
        places = {"id": self.records.id, **self.records.chosen_by}
        told = {places[name]: text for name, text in said.items() if name in places}
        own = {**self._approved(1), **self._of(patient), **self._at(self.records.times[:1], moment)}
        return self._record({**self._usual, **own, **told})

    @property
    def _chosen(self) -> dict[str, tuple[str, ...]]:
        """What records are chosen by, and what they say there; every one has an id of its own."""
        own = (self.records.patient, self.records.id)
        return {path: self.held.values_of(name) for name, path in self.records.chosen_by.items() if path not in own}

    @property
    def _usual(self) -> dict[str, str]:
        """What most of them say."""
        return {**{path: values[0] for path, values in self._chosen.items()}, **self.held.holds(self.contract).each}

    def _kinds(self, *, is_first: bool) -> Iterator[dict[str, str]]:
        """What tells records apart: those around the day's ends, one of another unit, source …, one for each further time and end."""
        holds, first, times = self.held.holds(self.contract), self._usual, self.records.times
        yield from (
            ({**first, **self._at(times[:1], moment)} for moment in (_NOON, _FIRST, _LAST)) if times else (first,)
        )
        at_noon = {**first, **self._at(times[:1], _NOON)}
        yield from ({**at_noon, path: value} for path, values in self._chosen.items() for value in values[1:])
        for path, moment in zip((*times[1:], *self.records.ends), _LATER, strict=False):
            yield {**at_noon, **self._at((path,), moment)}
        yield from ({**at_noon, **some} for some in (holds.some if is_first else ()))

    def _of(self, patient: Patient) -> dict[str, str]:
        """Whose record it is; what is made under an older identity names that besides."""
        is_older = any(patient.id in each.linked for each in self.held.patients)
        said = {self.records.patient: patient.id, self.records.patient_type: patient.type}
        said |= {self.records.original: patient.id} if is_older else {}
        return {path: text for path, text in said.items() if path}

    def _approved(self, count: int) -> dict[str, str]:
        return {self.records.approved: "true" if count % 2 else "false"} if self.records.approved else {}

    def _at(self, paths: Sequence[str], moment: str) -> dict[str, str]:
        return {path: _written_like(self._forms.get(path, ""), moment) for path in paths}

    @cached_property
    def _forms(self) -> Mapping[str, str]:
        """How a time is written at each path: as the value that the schema's own types give."""
        known = (*self.records.times, *self.records.ends)
        record = self._smallest({(*_steps(path), ""): "" for path in known})
        return {path: value_at(record, path) for path in known}

    def _record(self, holds: Mapping[str, str]) -> etree._Element:
        """One that holds this; a further time that it must have, and of which nothing is said, is that of the first."""
        record = self._smallest({_steps(path): text for path, text in holds.items() if text})
        times = self.records.times
        for path in (each for each in times[1:] if not holds.get(each) and value_at(record, each)):
            put(record, path, _written_like(self._forms[path], holds.get(times[0], "")))
        return record

    @cached_property
    def _wsdl(self) -> Wsdl:
        return read_wsdl(self.contract.wsdl)

    def _smallest(self, said: Mapping[Place, str]) -> etree._Element:
        root = smallest(
            self._wsdl, self._wsdl.response_root, {_within(self.records, place): text for place, text in said.items()}
        )
        (record,) = records_in(root, self.records)
        return record


def placeholders(records: Records) -> tuple[Place, ...]:
    """What a smallest response must have for `fill` to find its places in it."""
    more = (records.more.reference, records.more.address) if records.more else ()
    return (_within(records, _steps(records.id)), *(_steps(path) for path in more if path))


def fill(response: etree._Element, records: Records, page: Page) -> None:
    """Put what an answer holds into a response that was made with `placeholders`."""
    (placed,) = records_in(response, records)
    around = whole(placed, records)
    for record in page.records:
        around.addprevious(whole(copied(record, records), records))
    _remove(around)
    if more := records.more:
        if page.reference:
            put(response, more.reference, page.reference)
            put(response, more.address, page.address)
        else:
            _remove(next(iter(led_by(response, more.reference.rpartition("/")[0])[0]), None))
    etree.cleanup_namespaces(response)


def whole(record: etree._Element, records: Records) -> etree._Element:
    """The element that holds all that is said of a record: itself, or the group that it stands in."""
    for _ in range(records.up):
        parent = record.getparent()
        assert parent is not None  # noqa: S101 - the paths were held against the schema
        record = parent
    return record


def copied(record: etree._Element, records: Records) -> etree._Element:
    """The record anew, alone in its group."""
    if not records.up:
        return deepcopy(record)
    group = whole(record, records)
    path = "/".join(_steps(records.path)[-records.up :])
    copy, mine = deepcopy(group), led_by(group, path)[0].index(record)
    mates = led_by(copy, path)[0]
    for mate in (each for each in mates if each is not mates[mine]):
        _remove(mate)
    return mates[mine]


def put(element: etree._Element, path: str, text: str) -> None:
    """Give another text to what a path leads to, where that is there."""
    leads, attribute = led_by(element, path) if path else ([], "")
    for found in leads:
        if attribute:
            found.set(attribute, text)
        else:
            found.text = text


def _remove(element: etree._Element | None) -> None:
    parent = None if element is None else element.getparent()
    if element is not None and parent is not None:
        parent.remove(element)


def _steps(path: str) -> Place:
    return tuple(path.split("/"))


def _within(records: Records, place: Place) -> Place:
    """A place in a record, or around it, from the response's root."""
    up = place.count(UP)
    steps = _steps(records.path)
    return (*steps[: len(steps) - up], *place[up:])


def _written_like(example: str, moment: str) -> str:
    """A moment of 14 digits as a schema's own value is written: `20260101`, `2026-01-01`, `2026-01-01T12:00:00`, or as it is."""
    if "-" not in example:
        return moment[:8] if len(example) == len(DAY) else moment
    day = f"{moment[:4]}-{moment[4:6]}-{moment[6:8]}"
    return f"{day}T{moment[8:10]}:{moment[10:12]}:{moment[12:14]}" if "T" in example else day
