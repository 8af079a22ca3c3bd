"""Checks of whether a reading contract's answer is what was asked for: by its request, and beside an earlier answer of the same case.

What a record is chosen by the domain says of its contract (`records`).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

from lxml import etree

from rivta.check.course import changed_in
from rivta.check.kinds import NOTHING, Observation, Seen, SuiteBroke, compared, kind_of, not_applicable
from rivta.check.records import Record, description_of, finding, id_of, nothing_shown, payload_of, records_found
from rivta.contract.message import open_envelope
from rivta.contract.records import RecordQuery, asked, is_asked_for, is_in_period, records_in, value_at, values_at
from rivta.model.errors import UsageError
from rivta.model.records import Records
from rivta.model.run import Finding
from rivta.model.words import Direction
from rivta.text.catalogue import text


def _by_name(found: Iterable[Record], described: Records) -> dict[str, Record]:
    return {id_of(each, described): each for each in found}


def _request(seen: Seen) -> RecordQuery:
    return asked(payload_of(seen.envelope_of(Direction.REQUEST)), description_of(seen))


def _before(seen: Seen, since: int) -> etree._Element:
    """What an earlier step was answered first. UsageError if there is no answer: the suite counts wrong."""
    found = next((each.response for each in seen.earlier if each.step == since - 1 and each.response), None)
    if found is None:
        raise UsageError(f"step {since} has no answer to compare with")
    return payload_of(open_envelope(found.body))


def _records_of(seen: Seen, since: int) -> dict[str, Record]:
    described = description_of(seen)
    return _by_name(records_in(_before(seen, since), described), described)


def _has_more(payload: etree._Element, described: Records) -> bool:
    return described.more is not None and bool(value_at(payload, described.more.reference))


@kind_of("replies")
def filtered(seen: Seen, *, since: int | None = None, by: list[str] | None = None) -> Observation:
    """Every record is one that the request asked for, by each filter that it has: patient, unit, source system, care contact, time.

    With `by` only these filters are judged, `period` among them, each of which the request must have, by the records that all others let through. With `since`, the number of an earlier step, counted from 1, that asked for more: every record of its answer that fits is there, and no
    other. Where one of the two answers says that there is more, what the other lacks counts for nothing. Where no record of either answer
    fits, nothing is shown. Source: the contract's rules for each filter; self-declarations TF 1.1 to 1.5.
    """
    described, wanted = description_of(seen), _request(seen)
    has = [*wanted.values, *(["period"] if wanted.start or wanted.end else [])]
    if without := [name for name in by or () if name not in has]:
        raise UsageError(
            f"the request does not ask by {', '.join(without)}", todo=f"it asks by {', '.join(has) or 'nothing'}"
        )
    judged = [*wanted.values, "period"] if by is None else by
    others = [name for name in (*wanted.values, "period") if name not in judged]

    def fits(record: Record) -> bool:
        return is_asked_for(record, described, wanted, others)

    observed = _judged(seen, since, fits, judged, _words(wanted))
    before = {} if since is None else _records_of(seen, since)
    if not any(map(fits, (*before.values(), *records_found(seen)))):
        note = text("check", "no_records" if since is None else "nothing_included", step=since)
        return replace(observed, note=note, proves=False)
    if since is None or by is None or not all(map(fits, before.values())):
        return observed
    return replace(observed, note=text("check", "nothing_excluded", step=since), proves=False)


@kind_of("replies")
def time_filter(seen: Seen, *, since: int) -> Observation:
    """The records are those of an earlier, unfiltered answer that lie in the request's period, by the contract's rule, and no others.

    `since` is the number of the step with that answer, counted from 1. Rules are `any_in_range`, `span` and `fallback`:
    the domain says which, in `records`. Both days of a period are in it. Where every record of the earlier answer lies
    in the period, nothing is shown; of several periods (`for-each`) one that keeps a record out is enough. Source: the
    contract's rule for its period; self-declarations TF 1.2.
    """
    described, wanted = description_of(seen), _request(seen)
    if not (wanted.start or wanted.end):
        raise UsageError("the request has no period", todo="let its filters have start and end")

    def lies_in(record: Record) -> bool:
        return is_in_period(record, described, wanted.start, wanted.end)

    observed = _judged(seen, since, lies_in, ["period"], f"{wanted.start}–{wanted.end}")
    before = _records_of(seen, since).values()
    if not all(map(lies_in, before)):
        return observed
    note = text("check", "nothing_excluded" if before else "no_records_before", step=since)
    return replace(observed, note=note, proves=False)


def _words(wanted: RecordQuery) -> str:
    period = [f"{wanted.start}–{wanted.end}"] if wanted.start or wanted.end else []
    return ", ".join((*(f"{name} = {' | '.join(values)}" for name, values in wanted.values.items()), *period))


def _judged(
    seen: Seen, since: int | None, fits: Callable[[Record], bool], judged: list[str], words: str
) -> Observation:
    """The answer's records beside those that fit: of an earlier answer, if there is one. What other filters should have kept out is
    not looked at.
    """
    described, asked_for = description_of(seen), _request(seen)

    def is_others(record: Record) -> bool:
        return not is_asked_for(record, described, asked_for, judged)

    there = {name: each for name, each in _by_name(records_found(seen), described).items() if not is_others(each)}
    before = {} if since is None else _records_of(seen, since)
    is_whole = since is not None and not _has_more(_before(seen, since), described)
    wanted = {name: each for name, each in before.items() if fits(each) and not is_others(each)}
    unasked = [
        finding("record_unasked", words, f"{name} ({_own(each, described, judged)})", each, id=name)
        for name, each in there.items()
        if not fits(each) or (is_whole and name not in wanted)
    ]
    lacking = [] if _has_more(payload_of(seen.envelope), described) else [name for name in wanted if name not in there]
    missing = [
        finding("record_missing", f"{words}: {name} ({_own(wanted[name], described, judged)})", NOTHING, id=name)
        for name in lacking
    ]
    expected = words if since is None else f"{words}: {_listed(wanted)}"
    return Observation(expected, _listed(there), (*unasked, *missing))


def _own(record: Record, described: Records, judged: Iterable[str]) -> str:
    """What a record itself says of what it is chosen by: each value, and its times for `period`."""
    times = (*described.times, *described.ends)
    paths = [path for name in judged for path in (times if name == "period" else (described.chosen_by[name],))]
    return ", ".join(value for path in paths for value in values_at(record, path)) or NOTHING


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or NOTHING


@kind_of("replies")
def addressed(seen: Seen) -> Observation:
    """Every record comes from the source system that the request was addressed to, by its logical address.

    One endpoint may answer for several source systems. Where the records name theirs is the domain's to say (`records`, `source`). Source: the contract descriptions, addressing: an answer holds records of the
    addressed source system alone.
    """
    described, found = description_of(seen), records_found(seen)
    if not described.source:
        raise SuiteBroke(f"domain.yaml does not say where the records of {seen.contract.name} name their source system")
    address = (seen.envelope_of(Direction.REQUEST).address(seen.contract.header) or "").strip()
    sources = {id_of(each, described): value_at(each, described.source) for each in found}
    wrong = [
        finding("record_of_another", address, sources[id_of(each, described)] or NOTHING, each)
        for each in found
        if sources[id_of(each, described)].upper() != address.upper()
    ]
    if not found:
        return nothing_shown(address)
    return Observation(address, _listed(set(sources.values())), tuple(wrong))


@kind_of("calls")
def asks(seen: Seen, *, by: str, equals: str | None = None) -> Observation:
    """The call asks by this filter: it has a value where the domain's `records` have it, and if given this one.

    Filters are patient, unit, source, contact, start, end, and those that the contract has besides. Concerns calls that we receive.
    Source: self-declarations of consumers, section 2.2.1.
    """
    described = description_of(seen)
    if by not in described.asked_by:
        raise SuiteBroke(f"{seen.contract.name} has no filter “{by}”, but {', '.join(described.asked_by)}")
    path = described.asked_by[by]
    values = values_at(payload_of(seen.envelope_of(Direction.REQUEST)), path)
    expected, actual = f"{by} = “{equals}”" if equals is not None else by, ", ".join(values) or NOTHING
    wrong = None if values and equals in (None, *values) else text("check", "not_asked")
    return compared(seen, expected, actual, wrong, path)


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
    described = description_of(seen)
    before, now = _records_of(seen, since), _by_name(records_found(seen), described)
    expected, actual = f"{gives} #{since} ({len(before)})", f"{len(now)}: {_listed(now)}"
    added = [name for name in now if gives != "more" and (name in before) == (gives == "others")]
    findings = [finding("record_unasked", expected, name, now[name], id=name) for name in added]
    if gives in ("same-set", "same", "more"):
        findings += [finding("record_missing", name, NOTHING, id=name) for name in before if name not in now]
    least = {"more": len(before) + 1, "others": 1, "fewer": 1}.get(gives, 0)
    if len(now) < least or (gives == "fewer" and len(now) >= len(before)):
        wanted = f"≥ 1, < {len(before)}" if gives == "fewer" else f"≥ {least}"
        findings.append(finding("record_count", wanted, f"{len(now)}"))
    if gives == "same":
        findings += _otherwise_often(_before(seen, since), payload_of(seen.envelope), described)
    for name in now if gives == "same" else ():
        if name in before:
            findings += changed_in(before[name], now[name], but or [], seen.namespaces, Direction.RESPONSE)
    note = None if before else text("check", "no_records_before", step=since)
    return Observation(expected, actual, tuple(findings), note=note, proves=bool(before))


def _otherwise_often(before: etree._Element, now: etree._Element, described: Records) -> list[Finding]:
    """Each record that stands in both answers, and in one of them more often."""
    were, are = (Counter(id_of(each, described) for each in records_in(one, described)) for one in (before, now))
    return [
        finding("record_often", f"{were[name]} ×", f"{are[name]} ×", id=name)
        for name in were
        if are[name] not in (0, were[name])
    ]


@kind_of("replies")
def paging(seen: Seen) -> Observation:
    """A page of an answer in pieces: no record was on a page before, what says that there is more is new, and comes with records.

    The pages are the answers of one step with `for-each: page`. Source: the contract descriptions, hasMore: a follow-up has the
    same parameters and gives what was not given yet.
    """
    described = description_of(seen)
    if described.more is None:
        return not_applicable(text("check", "no_pages"))
    pages = [
        *(each.response for each in seen.earlier if each.step == seen.exchange.step and each.response),
        seen.response,
    ]
    payloads = [payload_of(open_envelope(page.body)) for page in pages]
    *before, now = [_by_name(records_in(each, described), described) for each in payloads]
    *references, reference = [value_at(each, described.more.reference) for each in payloads]
    again = [name for name in now if any(name in page for page in before)]
    findings = [finding("record_again", "1 ×", "≥ 2 ×", now[name], id=name) for name in again]
    if reference and reference in references:
        findings.append(finding("reference_again", NOTHING, reference))
    if reference and not now:
        findings.append(finding("no_records", "≥ 1", "0"))
    whole = text("check", "one_page") if not before and not reference else None
    actual = f"{len(now)}{' …' if reference else ''}"
    return Observation(f"#{len(pages)}", actual, tuple(findings), note=whole, proves=whole is None)
