"""What a counterpart remembers: of a million calls no more than of a thousand."""

import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from rivta.counterpart.judging import Judged
from rivta.counterpart.matching import LATEST, OK, Waiters
from rivta.evidence.journal import FILE, Journal, KeptCall
from rivta.model.exchange import Exchange, Message
from rivta.model.run import MOST_STRAYS
from rivta.model.steps import Matcher
from rivta.text.identity import Mask
from simulated_clock import SimulatedClock

MOST = MOST_STRAYS + LATEST
BYTES_A_CALL = 64
"""What a call may leave in memory; what it is known by alone took more than a thousand."""


def said(number: int) -> Judged:
    facts = {"request-id": f"unit#{number}", "patient": "191212121212"}
    return Judged("d/Contract@1", "urn:contract", "SE1", facts, "valid", message_id=f"unit#{number}")


def waiters() -> Waiters:
    clock = SimulatedClock()
    return Waiters((), lambda _: pytest.fail("nobody asks"), lambda _: (None, 0), lambda _: None, clock=clock, last=0)


def kept(number: int) -> KeptCall:
    """A call as the journal keeps it."""
    came = Exchange(
        "d/Contract@1", "http://x", Message((), b""), None, None, "2026-11-29T10:00:00.000Z", 1.5, inbound=True
    )
    return KeptCall(number, "SE1", {"kind": "NR"}, "valid", came, "answered")


def growth(do: Callable[[int], object], numbers: range) -> float:
    """Bytes that remain of each, when it has been done often already."""
    tracemalloc.start()
    try:
        for number in numbers[: len(numbers) // 2]:
            do(number)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for number in numbers[len(numbers) // 2 :]:
            do(number)
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / (len(numbers) - len(numbers) // 2)
    finally:
        tracemalloc.stop()


def test_calls_that_nobody_asked_for_do_not_add_up() -> None:
    mine = waiters()

    def come(number: int) -> None:
        mine.settle(mine.match(said(number), 0.0).number)

    assert growth(come, range(2 * MOST)) < BYTES_A_CALL
    assert [each.number for each in mine.unclaimed()] == [
        *range(1, MOST_STRAYS + 1),
        *range(2 * MOST - LATEST + 1, 2 * MOST + 1),
    ]
    assert mine.more == 2 * MOST - MOST_STRAYS


def test_the_latest_of_very_many_may_still_be_had() -> None:
    mine = waiters()
    for number in range(MOST + 100):
        mine.settle(mine.match(said(number), 1.0).number)
    wanted = Matcher("d/Contract@1", {"request-id": f"unit#{MOST + 99}"}, OK, since=0.0)
    with mine.open(wanted, 0) as waiter:
        assert [*waiter.promised] == [MOST + 100]


def test_calls_on_disk_do_not_add_up_in_memory(tmp_path: Path) -> None:
    journal = Journal(tmp_path, mask=Mask("key", ()))
    name = journal.keep(b"<x/>")

    def come(number: int) -> None:
        journal.received(kept(number + 1), name, name)

    assert growth(come, range(2000)) < BYTES_A_CALL
    assert journal.last == 2000
    assert [each.number for each in journal.entries(after=1998)] == [1999, 2000]
    journal.claimed(1)
    assert len(journal.unclaimed()) == 1999
    with pytest.raises(KeyError):
        journal.entry(2001)
    journal.close()


def test_a_number_that_no_journal_can_have_takes_no_room(tmp_path: Path) -> None:
    journal = Journal(tmp_path, mask=Mask("key", ()))
    name = journal.keep(b"<x/>")
    journal.received(kept(1), name, name)
    journal.close()
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes() * 2 + file.read_bytes().replace(b'"number":1', b'"number":99999999999999'))
    again = Journal(tmp_path, mask=Mask("key", ()))
    assert again.last == 1
    again.close()
