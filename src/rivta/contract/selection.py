"""Which records of an answer a request asks for: by what they are chosen, and by time.

Times are compared as their digits, as far as both have them: a day holds all of its moments. They are Swedish local time on the
wire, without a zone, so nothing is converted.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache

from lxml import etree

from rivta.contract.envelope import BODY
from rivta.model.frozen import frozen
from rivta.model.records import PERIOD, UP, Records
from rivta.text.xml import parse

Said = Callable[[etree._Element, str], tuple[str, ...]]
"""What an element says where a path leads."""
_EARLIEST, _LATEST = "", "9" * 14


@frozen
class Asked:
    """What a request chooses by: each filter that it has with its values, one of which a record must have; and its period."""

    values: Mapping[str, tuple[str, ...]]
    start: str = ""
    end: str = ""
    reference: str = ""
    """From where on, where an answer before has said that there is more."""


def asked(request: etree._Element, records: Records) -> Asked:
    """What the payload of a request chooses by. A filter without a value chooses nothing."""
    said = {name: values_at(request, path) for name, path in records.filters.items()}
    chosen = {name: values for name, values in said.items() if values and name not in PERIOD}
    start, end = ((said.get(each) or ("",))[0] for each in PERIOD)
    return Asked(chosen, start, end, value_at(request, records.more.asked) if records.more else "")


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
    return response.findall("/".join(f"{{*}}{step}" for step in records.path.split("/")))


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
    record: etree._Element, records: Records, wanted: Asked, besides: Collection[str] = (), said: Said = values_at
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
