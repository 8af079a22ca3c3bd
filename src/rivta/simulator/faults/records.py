"""What a producer of a reading contract may give wrongly, made from what the contract says of its records alone.

Each fault breaks the requirement that is named for the contract, by its short name, and for what is wrong: `XY-unit` for a filter on
the unit that is dropped where the contract is called XY. The texts stand in `general.yaml`, by the names below.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from rivta.contract.giving import Given, RecordArchive, copied, put
from rivta.contract.records import RecordQuery, value_at
from rivta.model.records import PERIOD, Records
from rivta.simulator.faults.fault import Fault, Gives

Concerned = Callable[[Records], object]


def filters_of(records: Records) -> tuple[str, ...]:
    """What a contract's requests choose by; start and end together are the `period`."""
    own = tuple(name for name in records.filters if name not in PERIOD)
    return (*own, "period") if set(PERIOD) & set(records.filters) else own


def _every(_records: Records) -> bool:
    return True


def _has(name: str) -> Concerned:
    return lambda records: getattr(records, name)


def _asks(name: str) -> Concerned:
    return lambda records: name in records.filters


def _without(name: str) -> Gives:
    """What is given where one thing is not looked at."""
    return lambda _, archive, question: archive.right(question, (name,))


def _shifted(key: str, days: int) -> Gives:
    """A period that begins or ends a day too early or too late."""

    def gives(given: Given, archive: RecordArchive, question: RecordQuery) -> Given:
        day = getattr(question, key)
        if not day:
            return given
        form, length = ("%Y-%m-%d", 10) if "-" in day else ("%Y%m%d", 8)
        moved = datetime.strptime(day[:length], form) + timedelta(days=days)  # noqa: DTZ007 (a day, of no zone)
        return archive.right(replace(question, **{key: moved.strftime(form) + day[length:]}))

    return gives


def _inverted(name: str) -> Gives:
    """Just those are given that a filter should leave out, where it is asked for."""

    def gives(given: Given, archive: RecordArchive, question: RecordQuery) -> Given:
        is_asked = question.start or question.end if name == "period" else name in question.values
        return tuple(each for each in archive.right(question, (name,)) if each not in given) if is_asked else given

    return gives


def _mixed(given: Given, archive: RecordArchive, question: RecordQuery) -> Given:
    asked = question.values.get("patient", ())
    others = (
        each for each in archive.right(question, ("patient",)) if value_at(each, archive.records.patient) not in asked
    )
    return (*given, *list(others)[:1]) if given else given


def _with_an_id_twice(given: Given, archive: RecordArchive, _question: RecordQuery) -> Given:
    if len(given) < 2:
        return given
    last = copied(given[-1], archive.records)
    put(last, archive.records.id, value_at(given[0], archive.records.id))
    return (*given[:-1], last)


def _by_consumer(given: Given, _archive: RecordArchive, question: RecordQuery) -> Given:
    """Another record is missing for each who asks."""
    lacking = crc32(question.consumer.encode()) % (len(given) or 1)
    return given[:lacking] + given[lacking + 1 :] if question.consumer else given


def _approved_alone(given: Given, archive: RecordArchive, _question: RecordQuery) -> Given:
    return tuple(each for each in given if value_at(each, archive.records.approved) in ("true", "1"))


def _marked(value: str) -> Gives:
    """Each record says the same of whether the patient may see it."""

    def gives(given: Given, archive: RecordArchive, _question: RecordQuery) -> Given:
        path = archive.records.approved
        if all(value_at(each, path) == value for each in given):
            return given
        copies = tuple(copied(each, archive.records) for each in given)
        for each in copies:
            put(each, path, value)
        return copies

    return gives


_FAULTS: Final[Mapping[str, tuple[str, Gives | None, Concerned]]] = {
    "{code}-starts-late": ("period", _shifted("start", 1), _asks("start")),
    "{code}-starts-early": ("period", _shifted("start", -1), _asks("start")),
    "{code}-ends-early": ("period", _shifted("end", -1), _asks("end")),
    "{code}-ends-late": ("period", _shifted("end", 1), _asks("end")),
    "{code}-mixes-patients": ("patient", _mixed, _every),
    "{code}-mixes-patients-under-load": ("unmixed", _mixed, _every),
    "{code}-overlooks-linked": ("linked", _without("linked"), _every),
    "{code}-faults-on-unknown": ("unknown", None, _every),
    "{code}-empties": ("records answers", lambda _given, _archive, _question: (), _every),
    "{code}-loses-the-last": ("records", lambda given, _archive, _question: given[:-1], _every),
    "{code}-turns-round": ("order", lambda given, _archive, _question: given[::-1], _every),
    "{code}-repeats-an-id": ("id", _with_an_id_twice, _every),
    "{code}-differs-by-consumer": ("consumer", _by_consumer, _every),
    "{code}-gives-what-is-withheld": ("access", _without("consumer"), _has("unit")),
    "{code}-ignores-address": ("address", _without("address"), _has("source")),
    "{code}-hides-unapproved": ("unapproved", _approved_alone, _has("approved")),
    "{code}-approves-all": ("unapproved", _marked("true"), _has("approved")),
    "{code}-approves-none": ("approved", _marked("false"), _has("approved")),
    "{code}-forgets-more": ("more", None, _has("more")),
}
"""By name: what each breaks (several with blanks between them), what it gives, and which contracts can have it."""
_OF_FILTERS: Final[Mapping[str, Callable[[str], Gives]]] = {
    "{code}-ignores-{filter}": _without,
    "{code}-inverts-{filter}": _inverted,
}
NAMES: Final = (*_FAULTS, *_OF_FILTERS)


def made(template: Fault, records: Records) -> Iterator[tuple[Fault, str, str]]:
    """The faults of one name that a contract can have: each with what it breaks, and with the filter that it is about."""
    if template.name in _OF_FILTERS:
        for name in filters_of(records):
            yield replace(template, gives=_only(records, _OF_FILTERS[template.name](name))), name, name
        return
    what, gives, concerns = _FAULTS[template.name]
    if concerns(records):
        yield replace(template, gives=gives and _only(records, gives)), what, ""


def _only(records: Records, gives: Gives) -> Gives:
    """What one contract's answers give; those of all others are right."""
    return lambda given, archive, question: gives(given, archive, question) if archive.records is records else given
