"""A message that is sent several times: for the periods of a time filter, the pages of an answer, or until an answer is as it is to be."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from lxml import etree

from rivta.contract.message import capture, open_envelope
from rivta.contract.records import dates_in, records_in, value_at
from rivta.model.errors import Unreadable
from rivta.model.exchange import Exchange, Message
from rivta.model.records import Records
from rivta.model.run import CheckResult
from rivta.model.steps import Behaviour, Matcher, Repetition, Send
from rivta.model.words import Value, Verdict
from rivta.run.filling import Ended, literal
from rivta.run.play import Play, Sends, verified
from rivta.run.stage import Ran, Waiting, lacks_the_message
from rivta.text.catalogue import text

_TELLS_EVERY = 1.0
"""Seconds between two words to the audience while the next attempt is waited for."""
KIND = "for-each"
"""The kind of check that tells by which seed periods were drawn, and whether pages came to an end."""
_BEFORE = (timedelta(days=15), timedelta(days=1))
"""How long before the first date the empty period begins and ends, as the published suites have it."""


def sent_again(step: Send, again: Repetition, sends: Sends, play: Play) -> Ran:
    """The message with each of its values, until an answer does not come."""
    ran = Ran(play.number)
    answered: list[Exchange] = []
    for one in _each(step, again, answered, play):
        more = sends(one, ran.exchanges)
        answered += more.exchanges
        # What an attempt before the last has not to capture yet is no deviation.
        kept = [each for each in ran.checks if each.kind != "capture" or again.value != "attempt"]
        ran = Ran(play.number, tuple(answered), (*kept, *more.checks), more.captured)
        if not more.goes_on and (not more.exchanges or lacks_the_message(answered[-1])):
            return ran
    ran = replace(ran, checks=_together(again, ran.checks))
    return ran.and_then(_told(step, again, answered, play))


def _each(step: Send, again: Repetition, answered: Sequence[Exchange], play: Play) -> Iterator[Send]:
    """The step as it is sent each time. `answered` is what came of it so far. Ends the case where there are no dates to ask by."""
    if again.value == "attempt":
        yield from _attempts(step, again, answered, play)
        return
    records = play.contract(step.contract).records
    assert records is not None  # noqa: S101 - the suite reader asked for it
    if again.value == "page":
        yield from _pages(step, again, records, answered)
        return
    dates = _dates(again.of, records, play)
    if not dates:
        raise Ended(Verdict.NOT_PROVEN, text("run", "no_dates", step=again.of))
    for start, end in _periods(again, dates, random.Random(f"{play.fixed['seed']} {play.case.id}")):  # noqa: S311 - nothing is kept secret by it
        iso: dict[str, Value] = {"start-iso": f"{start}", "end-iso": f"{end}"}
        yield _with(step, "interval", {"start": f"{start:%Y%m%d}", "end": f"{end:%Y%m%d}", **iso})


def _with(step: Send, name: str, value: dict[str, Value]) -> Send:
    return replace(step, data={**step.data, name: value})


def _dates(step: int, records: Records, play: Play) -> list[date]:
    first = next((each.response for each in play.exchanges if each.step == step - 1), None)
    payload = _payload(first)
    return [] if payload is None else dates_in(records_in(payload, records), records)


def _periods(again: Repetition, dates: list[date], draw: random.Random) -> list[tuple[date, date]]:
    first, last = dates[0], dates[-1]
    if again.value == "before":
        return [(first - _BEFORE[0], first - _BEFORE[1])]
    if again.value == "date":
        some = dates if len(dates) <= again.number else sorted(draw.sample(dates, again.number))
        return [(day, day) for day in some]
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    pairs = [(draw.choice(days), draw.choice(days)) for _ in range(again.number)]
    return [(min(pair), max(pair)) for pair in pairs]


def _pages(step: Send, again: Repetition, records: Records, answered: Sequence[Exchange]) -> Iterator[Send]:
    filters = records.asked_by if step.filters is None else step.filters
    yield replace(step, filters=tuple(name for name in filters if name != "more"))
    while (page := _next(records, answered[-1])) and len(answered) < again.number:
        reference, address = page
        yield replace(_with(step, "page", {"reference": literal(reference)}), to=literal(address) or step.to)


def _attempts(step: Send, again: Repetition, answered: Sequence[Exchange], play: Play) -> Iterator[Send]:
    yield step
    while not _shows(again.until, answered[-1], play) and len(answered) < again.number:
        _pause(step, again.apart, len(answered), play)
        yield step


def _pause(step: Send, apart: float, attempts: int, play: Play) -> None:
    """Wait for the next attempt; who looks on is told at least each second."""
    wanted = Matcher(play.stage.suite.called(step.contract), {"attempt": str(attempts + 1)}, Behaviour(), 0.0)
    waited = 0.0
    while waited < apart:
        if play.stage.audience is not None:
            play.stage.audience.waits(play.case, play.number, Waiting(wanted, waited, apart, None, 0))
        play.stage.clock.sleep(min(_TELLS_EVERY, apart - waited))
        waited += _TELLS_EVERY


def _shows(until: str, answered: Exchange, play: Play) -> bool:
    try:
        root = open_envelope(answered.response.body).root if answered.response else None
        return root is not None and capture(root, f"boolean({until})", play.stage.suite.namespaces) == "true"
    except Unreadable:
        return False


def _next(records: Records, answered: Exchange) -> tuple[str, str] | None:
    """What the next request is to repeat, and the logical address that it goes to, if one is named; None where there is no more."""
    payload = _payload(answered.response)
    if payload is None or records.more is None:
        return None
    address = value_at(payload, records.more.address) if records.more.address else ""
    reference = value_at(payload, records.more.reference)
    return (reference, address) if reference else None


def _payload(message: Message | None) -> etree._Element | None:
    try:
        return open_envelope(message.body).payload if message else None
    except Unreadable:
        return None


def _together(again: Repetition, checks: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
    """The checks of all the times. Of periods one that shows what is to be proven is enough: another may well have all records in it."""
    if again.value not in ("date", "interval"):
        return checks
    shown = {(each.kind, each.source) for each in checks if each.verdict is Verdict.PASSED}
    left = [each for each in checks if each.verdict is Verdict.NOT_PROVEN and (each.kind, each.source) in shown]
    return tuple(replace(each, verdict=Verdict.PASSED) if each in left else each for each in checks)


def _goes_on(again: Repetition, last: Exchange, records: Records | None, play: Play) -> bool:
    """Whether the last answer is none that ends it."""
    if again.value == "attempt":
        return not _shows(again.until, last, play)
    return again.value == "page" and records is not None and _next(records, last) is not None


def _told(step: Send, again: Repetition, answered: Sequence[Exchange], play: Play) -> CheckResult:
    """How often it was sent, and by which seed; of pages and attempts that did not come to an end, that nothing is proven."""
    is_endless = bool(answered) and _goes_on(again, answered[-1], play.contract(step.contract).records, play)
    sent = text("run", f"sent_by_{again.value}", n=len(answered), seed=play.fixed["seed"])
    note = text("run", f"{again.value}s_without_end", n=len(answered)) if is_endless else sent
    verdict = Verdict.NOT_PROVEN if is_endless else Verdict.NOT_APPLICABLE
    proves = verified(play, step.expect) if is_endless else ()
    at = len(play.exchanges) + max(0, len(answered) - 1)
    return play.check(KIND, verdict, proves, step, at, note=note)
