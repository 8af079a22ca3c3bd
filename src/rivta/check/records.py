"""Checks of the records in a reading contract's answer: one by one, as a set, and beside an earlier answer of the same case.

What a record is, and what it is chosen by, the domain says of its contract (`records`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from lxml import etree

from rivta.check.course import changed_in
from rivta.check.kinds import NOTHING, OF_CALLS, Observation, Seen, SuiteBroke, kind_of, not_applicable
from rivta.contract.message import open_envelope
from rivta.contract.selection import Asked, asked, is_asked_for, is_in_period, records_in, value_at, values_at
from rivta.model.errors import Unreadable, UsageError
from rivta.model.exchange import Exchange
from rivta.model.records import Records
from rivta.model.run import Finding
from rivta.model.words import Direction
from rivta.text.catalogue import text
from rivta.text.xml import path_of, value_of

_Record = etree._Element


def _described(seen: Seen) -> Records:
    if seen.contract.records is None:
        raise SuiteBroke(f"domain.yaml does not say what the records of {seen.contract.name} are (records:)")
    return seen.contract.records


def _payload(body: bytes) -> etree._Element:
    payload = open_envelope(body).payload
    if payload is None:
        raise Unreadable(text("check", "fault_records"))
    return payload


def _found(seen: Seen) -> list[_Record]:
    """The records of the answer. Unreadable for a SOAP Fault: who fails has not answered that there are none."""
    return records_in(_payload(seen.response.body), _described(seen))


def _name(record: _Record, described: Records) -> str:
    """What tells a record from every other: its id, or all that it says."""
    return value_at(record, described.id) or " ".join(" ".join(record.itertext()).split())


def _by_name(found: Iterable[_Record], described: Records) -> dict[str, _Record]:
    return {_name(each, described): each for each in found}


def _finding(key: str, expected: str, actual: str, record: _Record | None = None, **values: object) -> Finding:
    place, line = ("", None) if record is None else (path_of(record), record.sourceline)
    return Finding(
        text("check", key, **values), Direction.RESPONSE, location=place, line=line, expected=expected, actual=actual
    )


@kind_of("replies")
def records(seen: Seen, *, min_: int | None = None, exactly: int | None = None) -> Observation:
    """How many records the answer holds: at least so many, or exactly. Numbers are compared as numbers.

    A SOAP Fault holds none, and is no answer that there are none. Source: the contract's response; self-declarations TF 1.8 and 1.9.
    """
    wanted = f"{exactly}" if exactly is not None else f"≥ {1 if min_ is None else min_}"
    count = len(_found(seen))
    holds = count == exactly if exactly is not None else count >= (1 if min_ is None else min_)
    findings = () if holds else (_finding("record_count", wanted, f"{count}"),)
    return Observation(wanted, f"{count}", findings)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a record is to be like, in words, which values of it that concerns, and whether they fulfil it."""

    words: str
    values: Callable[[_Record], list[str]]
    holds: Callable[[list[str]], bool]

    def fits(self, record: _Record) -> bool:
        return self.holds(self.values(record))

    def seen_in(self, found: Iterable[_Record]) -> str:
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
) -> _Wish:
    where, values = _places(seen, path, part)
    if absent or exists is False:
        return _Wish(f"0 × {where}", values, lambda there: not there)
    if equals is not None:
        return _Wish(f"{where} = “{equals}”", values, lambda there: equals in there)
    if choices is not None:
        return _Wish(f"{where} = {' | '.join(choices)}", values, lambda there: bool({*choices} & {*there}))
    return _Wish(where, values, any)


def _places(seen: Seen, path: str | None, part: str | None) -> tuple[str, Callable[[_Record], list[str]]]:
    """Where to look in a record: by an XPath, or by a name of the domain's."""
    if path is not None:
        return path, lambda record: _by_xpath(record, path, seen)
    known = parts(_described(seen))
    if part not in known:
        raise SuiteBroke(f"the records of {seen.contract.name} have no part “{part}”, but {', '.join(known)}")
    return part, lambda record: [*values_at(record, known[part])]


def _by_xpath(record: _Record, path: str, seen: Seen) -> list[str]:
    """The values found, blank ones empty. A condition has the value `true` where it holds and none where it does not."""
    found = record.xpath(path, namespaces={**seen.namespaces})
    if isinstance(found, bool):
        return ["true"] if found else []
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
    or be a condition that is true. Where a record has several values, one that fits is enough.
    """
    wish = _wish(seen, path, part, exists=exists, absent=absent, equals=equals, choices=in_)
    found = _found(seen)
    expected, actual = f"∃ {wish.words}", wish.seen_in(found)
    fits = any(wish.fits(record) for record in found)
    if not found:
        return _nothing_shown(expected)
    return Observation(expected, actual, () if fits else (_finding("no_record_fits", expected, actual),))


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
    wish = _wish(seen, path, part, exists=exists, absent=absent, equals=equals, choices=in_)
    found = [each for each in _found(seen) if not or_absent or wish.values(each)]
    findings = [
        _finding("record_unfit", wish.words, wish.seen_in([each]), each, id=_name(each, _described(seen)))
        for each in found
        if not wish.fits(each)
    ]
    if not found:
        return _nothing_shown(f"∀ {wish.words}")
    return Observation(f"∀ {wish.words}", wish.seen_in(found), tuple(findings))


def _nothing_shown(expected: str) -> Observation:
    """There are no records, which is for `records` to judge."""
    return Observation(expected, NOTHING, note=text("check", "no_records"), proves=False)


@kind_of("replies")
def distinct(seen: Seen) -> Observation:
    """No two records of the answer have the same id. Source: the contract's rules for a record's id."""
    described, found = _described(seen), _found(seen)
    ids = [value_at(each, described.id) for each in found]
    again = [
        _finding("id_again", "1 ×", f"{ids.count(id_)} ×", each, id=id_)
        for id_, each in zip(ids, found, strict=True)
        if ids.count(id_) > 1
    ]
    return Observation("1 ×", f"{len({*ids})} / {len(ids)}", tuple(again), proves=bool(found))


# What was asked for: by one request, and beside what another was answered


def _request(seen: Seen) -> Asked:
    return asked(_payload(seen.exchange.request.body), _described(seen))


def _earlier(seen: Seen, since: int) -> Exchange:
    """The first exchange of an earlier step. UsageError if there is none with an answer: the suite counts wrong."""
    found = next((each for each in seen.earlier if each.step == since - 1 and each.response), None)
    if found is None:
        raise UsageError(f"step {since} has no answer to compare with")
    return found


def _before(seen: Seen, since: int) -> etree._Element:
    """What an earlier step was answered."""
    response = _earlier(seen, since).response
    assert response is not None  # noqa: S101 - `_earlier` looked
    return _payload(response.body)


def _records_of(seen: Seen, since: int) -> dict[str, _Record]:
    described = _described(seen)
    return _by_name(records_in(_before(seen, since), described), described)


def _has_more(payload: etree._Element, described: Records) -> bool:
    return described.more is not None and bool(value_at(payload, described.more.reference))


@kind_of("replies")
def filtered(seen: Seen, *, since: int | None = None, by: list[str] | None = None) -> Observation:
    """Every record is one that the request asked for, by each filter that it has: patient, unit, source system, care contact, time.

    With `by` only these filters are judged, `period` among them, by the records that all others let through. With `since`, the number of an earlier step, counted from 1, that asked for more: every record of its answer that fits is there, and no
    other. Where one of the two answers says that there is more, what the other lacks counts for nothing. Where no record of either answer
    fits, nothing is shown. Source: the contract's rules for each filter; self-declarations TF 1.1 to 1.5.
    """
    described, wanted = _described(seen), _request(seen)
    judged = [*wanted.values, "period"] if by is None else by
    others = [name for name in (*wanted.values, "period") if name not in judged]

    def fits(record: _Record) -> bool:
        return is_asked_for(record, described, wanted, others)

    observed = _judged(seen, since, fits, judged, _words(wanted))
    before = {} if since is None else _records_of(seen, since)
    if not any(map(fits, (*before.values(), *_found(seen)))):
        note = text("check", "no_records" if since is None else "nothing_included", step=since)
        return replace(observed, note=note, proves=False)
    if since is None or by is None or not all(map(fits, before.values())):
        return observed
    return replace(observed, note=text("check", "nothing_excluded", step=since), proves=False)


@kind_of("replies")
def time_filter(seen: Seen, *, since: int) -> Observation:
    """The records are those of an earlier, unfiltered answer that lie in the request's period, by the contract's rule, and no others.

    `since` is the number of the step with that answer, counted from 1. Rules are `any_in_range`, `span` and `fallback`: the domain
    says which, in `records`. Both days of a period are in it. Source: the contract's rule for its period; self-declarations TF 1.2.
    """
    described, wanted = _described(seen), _request(seen)
    if not (wanted.start or wanted.end):
        raise UsageError("the request has no period", todo="let its filters have start and end")

    def lies_in(record: _Record) -> bool:
        return is_in_period(record, described, wanted.start, wanted.end)

    observed = _judged(seen, since, lies_in, ["period"], f"{wanted.start}–{wanted.end}")
    if _records_of(seen, since):
        return observed
    return replace(observed, note=text("check", "no_records_before", step=since), proves=False)


def _words(wanted: Asked) -> str:
    period = [f"{wanted.start}–{wanted.end}"] if wanted.start or wanted.end else []
    return ", ".join((*(f"{name} = {' | '.join(values)}" for name, values in wanted.values.items()), *period))


def _judged(
    seen: Seen, since: int | None, fits: Callable[[_Record], bool], judged: list[str], words: str
) -> Observation:
    """The answer's records beside those that fit: of an earlier answer, if there is one. What other filters should have kept out is
    not looked at.
    """
    described, asked_for = _described(seen), _request(seen)

    def is_others(record: _Record) -> bool:
        return not is_asked_for(record, described, asked_for, judged)

    there = {name: each for name, each in _by_name(_found(seen), described).items() if not is_others(each)}
    before = {} if since is None else _records_of(seen, since)
    is_whole = since is not None and not _has_more(_before(seen, since), described)
    wanted = {name: each for name, each in before.items() if fits(each) and not is_others(each)}
    unasked = [
        _finding("record_unasked", words, name, each, id=name)
        for name, each in there.items()
        if not fits(each) or (is_whole and name not in wanted)
    ]
    lacking = (
        [] if _has_more(_payload(seen.response.body), described) else [name for name in wanted if name not in there]
    )
    missing = [_finding("record_missing", name, NOTHING, id=name) for name in lacking]
    expected = words if since is None else f"{words}: {_listed(wanted)}"
    return Observation(expected, _listed(there), (*unasked, *missing))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or NOTHING


@kind_of("replies")
def addressed(seen: Seen) -> Observation:
    """Every record comes from the source system that the request was addressed to, by its logical address.

    One endpoint may answer for several source systems. Source: the contract descriptions, addressing: an answer holds records of the
    addressed source system alone.
    """
    described, found = _described(seen), _found(seen)
    address = (seen.envelope_of(Direction.REQUEST).address(seen.contract.header) or "").strip()
    sources = {_name(each, described): value_at(each, described.source) for each in found}
    wrong = [
        _finding("record_of_another", address, sources[_name(each, described)] or NOTHING, each)
        for each in found
        if sources[_name(each, described)].upper() != address.upper()
    ]
    if not found:
        return _nothing_shown(address)
    return Observation(address, _listed(set(sources.values())), tuple(wrong))


@kind_of("calls")
def asks(seen: Seen, *, by: str, equals: str | None = None) -> Observation:
    """The call asks by this filter: it has a value where the domain's `records` have it, and if given this one.

    Filters are patient, unit, source, contact, start, end, and those that the contract has besides. Concerns calls that we receive.
    Source: self-declarations of consumers, section 2.2.1.
    """
    if not seen.exchange.inbound:
        return not_applicable(OF_CALLS)
    described = _described(seen)
    if by not in described.asked_by:
        raise SuiteBroke(f"{seen.contract.name} has no filter “{by}”, but {', '.join(described.asked_by)}")
    path = described.asked_by[by]
    values = values_at(_payload(seen.exchange.request.body), path)
    expected, actual = f"{by} = “{equals}”" if equals is not None else by, ", ".join(values) or NOTHING
    if values and equals in (None, *values):
        return Observation(expected, actual)
    wrong = Finding(text("check", "not_asked"), Direction.REQUEST, path, expected=expected, actual=actual)
    return Observation(expected, actual, (wrong,))


@kind_of("replies")
def compare(
    seen: Seen,
    *,
    since: int,
    gives: Literal["fewer", "more", "same-set", "same", "others"],
    but: list[str] | None = None,
) -> Observation:
    """The records beside those of an earlier step's answer: fewer of them, these and more, the same set, the very same, or none of them.

    `since` is that step's number, counted from 1. `fewer`: some of them, and not all. `more`: all of them, and others. `same-set`: the same ids. `same`: the same
    ids, and each record says the same as before, all but what the XPaths of `but`, from the record, find; their order is free.
    `others`: there are records, and none was in that answer. What stands outside the records, such as a log id, counts for nothing. Beside
    an answer without records nothing is shown.
    """
    described = _described(seen)
    before, now = _records_of(seen, since), _by_name(_found(seen), described)
    expected, actual = f"{gives} #{since} ({len(before)})", f"{len(now)}: {_listed(now)}"
    added = [name for name in now if gives != "more" and (name in before) == (gives == "others")]
    findings = [_finding("record_unasked", expected, name, now[name], id=name) for name in added]
    if gives in ("same-set", "same", "more"):
        findings += [_finding("record_missing", name, NOTHING, id=name) for name in before if name not in now]
    least = {"more": len(before) + 1, "others": 1}.get(gives, 0)
    if len(now) < least or (gives == "fewer" and len(now) >= len(before)):
        wanted = f"< {len(before)}" if gives == "fewer" else f"≥ {least}"
        findings.append(_finding("record_count", wanted, f"{len(now)}"))
    for name in now if gives == "same" else ():
        if name in before:
            findings += changed_in(before[name], now[name], but or [], seen.namespaces, Direction.RESPONSE)
    note = None if before else text("check", "no_records_before", step=since)
    return Observation(expected, actual, tuple(findings), note=note, proves=bool(before))


@kind_of("replies")
def paging(seen: Seen) -> Observation:
    """A page of an answer in pieces: no record was on a page before, what says that there is more is new, and comes with records.

    The pages are the answers of one step with `for-each: {pages: …}`. Source: the contract descriptions, hasMore: a follow-up has the
    same parameters and gives what was not given yet.
    """
    described = _described(seen)
    if described.more is None:
        return not_applicable(text("check", "no_pages"))
    pages = [
        *(each.response for each in seen.earlier if each.step == seen.exchange.step and each.response),
        seen.response,
    ]
    payloads = [_payload(page.body) for page in pages]
    *before, now = [_by_name(records_in(each, described), described) for each in payloads]
    *references, reference = [value_at(each, described.more.reference) for each in payloads]
    again = [name for name in now if any(name in page for page in before)]
    findings = [_finding("record_again", "1 ×", "≥ 2 ×", now[name], id=name) for name in again]
    if reference and reference in references:
        findings.append(_finding("reference_again", NOTHING, reference))
    if reference and not now:
        findings.append(_finding("no_records", "≥ 1", "0"))
    whole = text("check", "one_page") if not before and not reference else None
    actual = f"{len(now)}{' …' if reference else ''}"
    return Observation(f"#{len(pages)}", actual, tuple(findings), note=whole, proves=whole is None)
