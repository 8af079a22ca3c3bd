"""Whom a block stops.

A block stops somebody where each of a few things holds. Each has a name by which a named fault overlooks it. It is asked for only
where it alone decides, so that a sound system says exactly where the fault would have shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rivta.model.clock import SWEDEN

Block = Mapping[str, Any]
Skip = Callable[[str], bool]
INVALID: Final = "VALIDATIONERROR"
TYPES: Final = {"lak": "Läkemedel - Ordination/förskrivning", "upp": "Uppmärksamhetsinformation"}


def time_of(text: str) -> datetime:
    """A time without a zone is Sweden's."""
    read = datetime.fromisoformat(text.strip())
    return read if read.tzinfo else read.replace(tzinfo=SWEDEN)


def status_of(blocks: Sequence[Block], asks: Block, row: Block, now: datetime, skip: Skip) -> str:
    """What somebody who asks is told of one entity."""
    if (time_of(row["end"]) < time_of(row["start"]) or not row["unit"]) and not skip("valid-entity"):
        return INVALID
    unmet = [(block, _unmet(block, asks, row, now, skip)) for block in blocks]
    stopping = [block for block, names in unmet if not names]
    if stopping:
        overlooked = [skip(name) for name in _aspects(stopping[0], row)] if len(stopping) == 1 else []
        is_one_lifted = any(names and names[0].startswith("revoke-for") for _, names in unmet)
        return "OK" if any(overlooked) or (is_one_lifted and skip("each-revoked")) else "BLOCKED"
    overlooked = [skip(names[0]) for _, names in unmet if len(names) == 1]
    has_none = not any(block["provider"] == row["provider"] for block in blocks)
    return "BLOCKED" if any(overlooked) or (has_none and skip("no-block")) else "OK"


def _unmet(block: Block, asks: Block, row: Block, now: datetime, skip: Skip) -> list[str]:
    """What does not hold, for the block to stop this: the revoke that lifts it first."""
    is_outer = block["type"] == "Outer"
    holds = {
        "patient": block["patient"] == asks["patient"],
        "provider": block["provider"] == row["provider"],
        "unit": is_outer or block["unit"] == row["unit"],
        "outside-provider": not is_outer or asks["provider"] != block["provider"],
        "outside-unit": is_outer or asks["unit"] != block["unit"],
        "type": row["type"] not in block["excluded"],
        "not-after": not block["end"] or time_of(row["start"]) <= time_of(block["end"]),
        "not-before": not block["start"] or time_of(row["end"]) >= time_of(block["start"]),
    }
    unmet = [name for name, met in holds.items() if not met]
    return [*_lifted(block, asks, now, skip, is_decided=bool(unmet)), *unmet]


def _lifted(block: Block, asks: Block, now: datetime, skip: Skip, *, is_decided: bool) -> Iterator[str]:
    """By what the block is lifted: a revoke for somebody at a unit, or for one employee there."""
    lacking = []
    for revoke in block["revokes"]:
        holds = {
            "revoked-unit": revoke["unit"] == asks["unit"],
            "revoked-employee": revoke["employee"] in ("", asks["employee"]),
            "revoked-now": time_of(revoke["end"]) >= now,
        }
        unmet = [name for name, met in holds.items() if not met]
        if not unmet:
            yield "revoke-for-employee" if revoke["employee"] else "revoke-for-unit"
            return
        lacking += unmet if len(unmet) == 1 else []
    if not is_decided and any(skip(name) for name in lacking):
        yield "revoke-by-mistake"


def _aspects(block: Block, row: Block) -> Iterator[str]:
    """What a system might think lets somebody by."""
    yield f"stopped-{block['type'].lower()}"
    start, end = (time_of(block[key]) if block[key] else None for key in ("start", "end"))
    first, last = time_of(row["start"]), time_of(row["end"])
    others = {
        "stopped-without-type": not row["type"],
        "stopped-of-unknown-type": row["type"] not in ("", *TYPES),
        "stopped-of-other-type": bool(block["excluded"]) and row["type"] in TYPES,
        "stopped-within": bool(start and end and start <= first and last <= end),
        "stopped-over-start": bool(start and first < start),
        "stopped-over-end": bool(end and end < last),
        "stopped-at-start": last == start,
        "stopped-at-end": first == end,
        "stopped-after-start": bool(start) and not end,
        "stopped-before-end": bool(end) and not start,
    }
    yield from (name for name, is_so in others.items() if is_so)
