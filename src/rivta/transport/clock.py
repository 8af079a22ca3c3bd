"""When a call was made."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """The time now: ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
