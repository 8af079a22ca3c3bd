"""Checks of the records in a reading contract's answer: one by one, and as a set. What a record is the domain says of its contract (`records`)."""

from collections.abc import Callable, Collection, Iterable

from lxml import etree

from rivta.check.kinds import NOTHING, Observation, Seen, SuiteBroke, kind_of
from rivta.check.reply import is_answer
from rivta.contract.message import Envelope
from rivta.contract.records import led_by, records_in, value_at, values_at
from rivta.model.errors import Unreadable
from rivta.model.frozen import frozen
from rivta.model.records import Records
from rivta.model.run import Finding
from rivta.text.catalogue import text
from rivta.text.xml import path_of, unfit, value_of

Record = etree._Element


def description_of(seen: Seen) -> Records:
    if seen.contract.records is None:
        raise SuiteBroke(f"domain.yaml does not say what the records of {seen.contract.name} are (records:)")
    return seen.contract.records


def payload_of(envelope: Envelope) -> etree._Element:
    if envelope.payload is None:
        raise Unreadable(text("check", "fault_records"))
    return envelope.payload


def records_found(seen: Seen) -> list[Record]:
    """The records of the answer. Unreadable for what is none of the contract's, such as a SOAP Fault: it does not say that there are none."""
    if not is_answer(seen):
        raise Unreadable(text("check", "fault_records" if seen.envelope.fault is not None else "other_records"))
    return records_in(payload_of(seen.envelope), description_of(seen))


def id_of(record: Record, described: Records) -> str:
    """What tells a record from every other: its id, or all that it says."""
    return value_at(record, described.id) or " ".join(" ".join(record.itertext()).split())


def finding(key: str, expected: str, actual: str, record: Record | None = None, **values: object) -> Finding:
    place, line = ("", None) if record is None else (path_of(record), record.sourceline)
    return Finding(
        text("check", key, **values),
        location=place,
        line=line,
        expected=expected,
        actual=actual,
        record=str(values.get("id", "")),
    )


@kind_of("replies")
def records(seen: Seen, *, min_: int | None = None, exactly: int | None = None) -> Observation:
    """How many records the answer holds: at least so many, or exactly. Numbers are compared as numbers.

    With both it must be both. A SOAP Fault holds none, and is no answer that there are none. Source: the contract's response; self-declarations TF 1.8 and 1.9.
    """
    least = min_ if min_ is not None else 1 if exactly is None else None
    if least == 0 and exactly is None:
        raise SuiteBroke("every answer holds at least 0 records: the check could not fail")
    told = (None if exactly is None else f"{exactly}", None if least is None else f"≥ {least}")
    wanted = ", ".join(each for each in told if each)
    count = len(records_found(seen))
    holds = exactly in (None, count) and count >= (least or 0)
    findings = () if holds else (finding("record_count", wanted, f"{count}"),)
    return Observation(wanted, f"{count}", findings)


@frozen
class _Wish:
    """What a record is to be like, in words, which values of it that concerns, and whether they fulfil it."""

    words: str
    values: Callable[[Record], list[str]]
    holds: Callable[[list[str]], bool]

    def fits(self, record: Record) -> bool:
        return self.holds(self.values(record))

    def seen_in(self, found: Iterable[Record]) -> str:
        """Every value once, of whichever record."""
        return ", ".join(dict.fromkeys(value for each in found for value in self.values(each))) or NOTHING


def _wish(
    seen: Seen,
    path: str | None,
    part: str | None,
    *,
    exists: bool | None,
    absent: bool | None,
    equals: str | None,
    choices: list[str] | None,
    or_absent: bool | None = None,
) -> _Wish:
    wishes = {"equals": equals, "in": choices, "or_absent": or_absent}
    where, values = _places(seen, path, part, [name for name, wish in wishes.items() if wish is not None])
    wanted: list[tuple[str, Callable[[list[str]], bool]]] = []
    if absent or exists is False:
        wanted.append((f"0 × {where}", lambda there: not there))
    if equals is not None:
        wanted.append((f"{where} = “{equals}”", lambda there: equals in there))
    if choices is not None:
        wanted.append((f"{where} = {' | '.join(choices)}", lambda there: bool({*choices} & {*there})))
    if exists or not wanted:
        wanted.append((where, any))
    words = ", ".join(words for words, _ in wanted)
    return _Wish(words, values, lambda there: all(holds(there) for _, holds in wanted))


def _places(
    seen: Seen, path: str | None, part: str | None, wishes: Collection[str]
) -> tuple[str, Callable[[Record], list[str]]]:
    """Where to look in a record: by an XPath, or by a name of the domain's."""
    if path is not None and part is not None:
        raise SuiteBroke("path and part both say where to look")
    if path is not None:
        return path, lambda record: _by_xpath(record, path, seen, wishes)
    known = parts(description_of(seen))
    if part not in known:
        raise SuiteBroke(f"the records of {seen.contract.name} have no part “{part}”, but {', '.join(known)}")
    return part, lambda record: [*values_at(record, known[part])]


def _by_xpath(record: Record, path: str, seen: Seen, wishes: Collection[str]) -> list[str]:
    """The values found, blank ones empty. A condition that does not hold has none, but where it is compared: then it is `false`."""
    found = record.xpath(path, namespaces={**seen.namespaces})
    if what := unfit(found, wishes):
        raise SuiteBroke(f"{path} gives {what}: the check could not fail")
    if found is False and not wishes:
        return []
    return [value_of(each).strip() for each in (found if isinstance(found, list) else [found])]


def parts(described: Records) -> dict[str, str]:
    """What the records of a contract have by a name of the domain's → where it stands in them."""
    own = {"id": described.id, **described.chosen_by, "approved": described.approved}
    return {name: path for name, path in own.items() if path}


@kind_of("replies")
def any_(
    seen: Seen,
    *,
    path: str | None = None,
    part: str | None = None,
    exists: bool | None = None,
    absent: bool | None = None,
    equals: str | None = None,
    in_: list[str] | None = None,
) -> Observation:
    """At least one record is so: what an XPath 1.0 from the record finds exists, is absent, equals a text, or is one of several.

    `path` starts at a record (`d:header/d:id`, no slash first) and may use the suite's `namespaces`; `part` names what the domain
    knows of its records by name instead: id, patient, unit, source, contact, approved. Without a wish it must be there and not be blank,
    or be a condition that is true; `absent` wants a condition to be false. A number or a text has to be compared, by `equals` or `in`. All that is asked must hold. Where a record has several values, one that fits is enough.
    """
    wish = _wish(seen, path, part, exists=exists, absent=absent, equals=equals, choices=in_)
    found = records_found(seen)
    expected, actual = f"∃ {wish.words}", wish.seen_in(found)
    fits = any(wish.fits(record) for record in found)
    if not found:
        return nothing_shown(expected)
    return Observation(expected, actual, () if fits else (finding("no_record_fits", expected, actual),))


@kind_of("replies")
def all_(
    seen: Seen,
    *,
    path: str | None = None,
    part: str | None = None,
    exists: bool | None = None,
    absent: bool | None = None,
    equals: str | None = None,
    in_: list[str] | None = None,
    or_absent: bool | None = None,
) -> Observation:
    """Every record is so. An answer without records shows nothing: let `records` say that there are some. Wishes are those of `any`.

    With `or_absent` those that say nothing there are not looked at; if none says anything, nothing is shown.
    """
    wish = _wish(seen, path, part, exists=exists, absent=absent, equals=equals, choices=in_, or_absent=or_absent)
    found = [each for each in records_found(seen) if not or_absent or wish.values(each)]
    findings = [
        finding("record_unfit", wish.words, wish.seen_in([each]), each, id=id_of(each, description_of(seen)))
        for each in found
        if not wish.fits(each)
    ]
    if not found:
        return nothing_shown(f"∀ {wish.words}")
    return Observation(f"∀ {wish.words}", wish.seen_in(found), tuple(findings))


def nothing_shown(expected: str) -> Observation:
    """There are no records, which is for `records` to judge."""
    return Observation(expected, NOTHING, note=text("check", "no_records"), proves=False)


@kind_of("replies")
def distinct(seen: Seen) -> Observation:
    """No two records of the answer have the same id, and none has a blank one. Source: the contract's rules for a record's id."""
    described, found = description_of(seen), records_found(seen)
    ids = [value_at(each, described.id) for each in found]
    again = [
        finding("id_again", "1 ×", f"{ids.count(id_)} ×", each, id=id_)
        for id_, each in zip(ids, found, strict=True)
        if ids.count(id_) > 1
    ]
    blank = [finding("id_blank", described.id, NOTHING, each) for each in found if _is_blank(each, described.id)]
    return Observation("1 ×", f"{len({*ids})} / {len(ids)}", (*again, *blank), proves=bool(found))


def _is_blank(record: Record, path: str) -> bool:
    """Whether it stands there and says nothing. Whether it must stand there is the schema's to say."""
    found, attribute = led_by(record, path)
    return not value_at(record, path) and any(not attribute or attribute in each.attrib for each in found)
