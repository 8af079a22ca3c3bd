"""Records of a contract that reads: what `domain.yaml` says of them, held against the schema, and which of them a request asks for.

Times are compared as their digits, as far as both have them: a day holds all of its moments. They are Swedish local time on the
wire, without a zone, so nothing is converted.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import get_args

from lxml import etree

from rivta.contract.declarations import Declarations, DeclaredPlace
from rivta.contract.envelope import BODY
from rivta.contract.wsdl import Wsdl
from rivta.model.errors import did_you_mean
from rivta.model.frozen import frozen
from rivta.model.records import PERIOD, UP, Chosen, More, Records
from rivta.text.xml import parse
from rivta.text.yaml.grammar import Found
from rivta.text.yaml.tree import Entry, Node, YamlScalar, scalars

Way = tuple[DeclaredPlace, ...]
"""An element, or an attribute, behind all that it stands in."""
_OF_RECORD = (
    "id", "patient", "patient-type", "original", "unit", "source", "contact", "approved", "times", "ends", "also",
)  # fmt: skip


def read_records(wsdl: Wsdl, entry: Entry, found: Found) -> Records | None:
    """What an entry of that shape says. A path that the schema does not have, or that leads to no text, is a mistake, and so is a
    filter on what no record says.
    """
    schema = Declarations(wsdl)
    request, response = schema.element(wsdl.request_root), schema.element(wsdl.response_root)
    if request is None or response is None:
        return None
    way = _led(schema, (response,), entry.node_of("path"), found)
    for node in _nodes(entry, "filters"):
        check_text(schema, (request,), node, found)
    if "more" in entry:
        for key, root in (("reference", response), ("address", response), ("asked", request)):
            for node in _nodes(entry["more"], key):
                check_text(schema, (root,), node, found)
    if way and way[-1].occurs.most == 1:
        todo = "name the element that is there once for each record"
        found.say(f"{way[-1].name} stands there only once", entry.source_of("path"), todo)
    elif way:
        for node in (node for key in _OF_RECORD for node in _nodes(entry, key)):
            check_text(schema, way, node, found)
    more = {"more": More(**entry["more"])} if "more" in entry else {}
    records = Records(**entry.keywords() | more)
    _check_sense(entry, records, found)
    return records


def _nodes(entry: Entry, key: str) -> Iterator[YamlScalar]:
    """Every path under a key, whether one stands there, a list of them, or a map to them."""
    yield from scalars(entry.node_of(key)) if key in entry else ()


def _led(schema: Declarations, way: Way, node: Node, found: Found) -> Way:
    """The way to the element or attribute that a path leads to; empty, and a mistake under the step that leads nowhere."""
    for step in node.text.split("/") if isinstance(node, YamlScalar) else ():
        place, around = way[-1], way[:-1]
        inside = schema.inside(place)
        if step not in inside and not (step == UP and around):
            todo = did_you_mean(step, inside) or f"{place.name} holds text alone"
            source = node.place_of(step) if isinstance(node, YamlScalar) else node.source
            found.say(f"there is no {step} in {place.name}", source, todo)
            return ()
        way = around if step == UP else (*way, inside[step])
    return way


def check_text(schema: Declarations, way: Way, node: Node, found: Found) -> None:
    """A mistake where a path, from the end of a way, leads to nothing that the schema has, or to what holds no text."""
    for place in _led(schema, way, node, found)[-1:]:
        if inside := [name for name in schema.inside(place) if not name.startswith("@")]:
            todo = f"go on to one of them; {did_you_mean('', inside)}"
            found.say(f"{place.name} holds elements, no text", node.source, todo)


def _check_sense(entry: Entry, records: Records, found: Found) -> None:
    """A filter is on something that the records say, and what is said of times belongs together."""
    filters: Mapping[str, str] = entry.get("filters", {})
    known = {*records.chosen_by, *(PERIOD if records.times else ())}
    for name in (each for each in filters if each not in known):
        what = f"nothing says where a record has what the filter “{name}” chooses by"
        todo = "say times:" if name in PERIOD else f"say {name}: beside path:"
        if name not in (*PERIOD, *get_args(Chosen)):
            todo = f"{did_you_mean(name, known)}; names of your own stand under also:"
        found.say(what, entry["filters"].key_source(name), todo)
    if records.ends and records.rule != "fallback":
        what = "only rule: fallback knows of ends"
        found.say(what, entry.source_of("ends"), "say rule: fallback, or leave ends out")


# Which records of an answer a request asks for: by what they are chosen, and by time

Said = Callable[[etree._Element, str], tuple[str, ...]]
"""What an element says where a path leads."""
_EARLIEST, _LATEST = "", "9" * 14


@frozen
class RecordQuery:
    """What a request asks for: each filter that it has with its values, one of which a record must have; and its period.

    `reference` is from where on, where an answer before has said that there is more; `address` the source system that is asked, and
    `consumer` who asks, the HSA-id that the HTTP header names: empty where a request is looked at by itself.
    """

    values: Mapping[str, tuple[str, ...]]
    start: str = ""
    end: str = ""
    reference: str = ""
    address: str = ""
    consumer: str = ""


def asked(request: etree._Element, records: Records) -> RecordQuery:
    """What the payload of a request chooses by. A filter without a value chooses nothing."""
    said = {name: values_at(request, path) for name, path in records.filters.items()}
    chosen = {name: values for name, values in said.items() if values and name not in PERIOD}
    start, end = ((said.get(each) or ("",))[0] for each in PERIOD)
    return RecordQuery(chosen, start, end, value_at(request, records.more.asked) if records.more else "")


def asking_by(body: bytes, records: Records, names: Collection[str]) -> bytes:
    """The request without the filters that are not named: each element below its root that only such stand in is gone."""
    root = parse(body)
    payload = next((each for each in root.iterfind(f"{BODY}/*")), root)
    kept = {_first(path) for name, path in records.asked_by.items() if name in names}
    gone = {_first(path) for path in records.asked_by.values()} - kept
    for child in [each for each in payload.iterchildren("*") if etree.QName(each).localname in gone]:
        payload.remove(child)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _first(path: str) -> str:
    return path.partition("/")[0]


def dates_in(found: Iterable[etree._Element], records: Records) -> list[date]:
    """Every date on which one of these records has a time or an end, each once, in order. What is no date is left out."""
    paths = (*records.times, *records.ends)
    digits = {_digits(value)[:8] for each in found for path in paths for value in values_at(each, path)}
    return sorted(filter(None, map(_date, digits)))


def _date(digits: str) -> date | None:
    try:
        return datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007 - a day, in the time that the wire has
    except ValueError:
        return None


def records_in(response: etree._Element, records: Records) -> list[etree._Element]:
    """The records in the payload of an answer."""
    return led_by(response, records.path)[0]


def values_at(element: etree._Element, path: str) -> tuple[str, ...]:
    """The texts that a path leads to, without blanks around them; the empty ones are not among them."""
    found, attribute = led_by(element, path)
    texts = (each.get(attribute) if attribute else each.text for each in found)
    return tuple(text.strip() for text in texts if text and text.strip())


def led_by(element: etree._Element, path: str) -> tuple[list[etree._Element], str]:
    """The elements that a path leads to, and the attribute of theirs that it ends in, if any."""
    within, attribute = _steps(path)
    return element.findall(within) if within else [element], attribute


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, str]:
    """A path as lxml reads it, and the attribute that it ends in: the same few are asked of each of thousands of records."""
    steps, _, attribute = path.partition("@")
    return "/".join(step if step == UP else f"{{*}}{step}" for step in steps.split("/") if step), attribute


def value_at(element: etree._Element, path: str) -> str:
    """The first of them; empty if there is none."""
    return next(iter(values_at(element, path)), "")


def is_asked_for(
    record: etree._Element, records: Records, wanted: RecordQuery, besides: Collection[str] = (), said: Said = values_at
) -> bool:
    """Whether a request that wants this gets the record. The filters named `besides` are not looked at; `period` is that on time.
    Whoever asks the same records again and again has `said` remember what they say.

    A record that does not say whose it is, which some contracts allow, may be anybody's: whatever else chose it is right.
    """
    paths = records.chosen_by
    for name, values in wanted.values.items():
        if name not in besides:
            held = said(record, paths[name])
            if set(held).isdisjoint(values) and (held or name != "patient"):
                return False
    return "period" in besides or is_in_period(record, records, wanted.start, wanted.end, said)


def is_in_period(record: etree._Element, records: Records, start: str, end: str, said: Said = values_at) -> bool:
    """Whether a record lies in a period, both days of which are in it, by the contract's rule; an empty one is open.

    Whatever has no time lies in no period, but for what is open at both ends.
    """
    if not (start or end):
        return True
    times = tuple(digits for path in records.times for value in said(record, path) if (digits := _digits(value)))
    if records.rule == "any_in_range":
        return any(_overlap(time, time, start, end) for time in times)
    if records.rule == "span":
        return bool(times) and _overlap(min(times), max(times), start, end)
    ends = [_digits(value) for path in records.ends for value in said(record, path)]
    return _overlap(times[0] if times else _EARLIEST, min(ends, default=_LATEST), start, end)


def _overlap(first: str, last: str, start: str, end: str) -> bool:
    return _not_after(_digits(start), last) and (not end or _not_after(first, _digits(end)))


def _not_after(one: str, other: str) -> bool:
    length = min(len(one), len(other))
    return one[:length] <= other[:length]


def _digits(time: str) -> str:
    return re.sub(r"\D", "", time)[: len(_LATEST)]
