"""The system's memory: referrals in SQLite, in memory by default, in a file where state is to survive a restart.

No message is kept, only what later messages are judged by. One connection with a lock: a decision and what it changes are
one transaction, so that two versions of a referral that arrive at once cannot both be the next one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from rivta.reference.referral import Referral, Status

_TABLE = """
CREATE TABLE IF NOT EXISTS referral (
    side TEXT NOT NULL, request_id TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, recipient TEXT NOT NULL,
    fixed TEXT NOT NULL, content TEXT NOT NULL, latest TEXT NOT NULL, outcomes INTEGER NOT NULL,
    PRIMARY KEY (side, request_id)
) STRICT
"""
_FIND = "SELECT version, status, recipient, fixed, content, latest, outcomes FROM referral WHERE side = ? AND request_id = ?"
_SAVE = "INSERT OR REPLACE INTO referral VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Store:
    """Referrals by side (sent by us as remittent, received by us as remissmottagare) and requestId."""

    def __init__(self, database: str | Path = ":memory:") -> None:
        self._lock = RLock()
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._connection.execute(_TABLE)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens at once or not at all, and nothing else meanwhile."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def find(self, side: str, request_id: str) -> Referral | None:
        """The referral as it is now, or None if it is unknown."""
        with self._lock:
            row = self._connection.execute(_FIND, (side, request_id)).fetchone()
        if row is None:
            return None
        version, status, recipient, fixed, *rest = row
        return Referral(side, request_id, version, Status(status), recipient, json.loads(fixed), *rest)

    def save(self, referral: Referral) -> None:
        """Remember the referral in its new state."""
        with self._lock:
            self._connection.execute(
                _SAVE,
                (
                    referral.side,
                    referral.request_id,
                    referral.version,
                    referral.status,
                    referral.recipient,
                    json.dumps(dict(referral.fixed)),
                    referral.content,
                    referral.latest,
                    referral.outcomes,
                ),
            )

    def close(self) -> None:
        """Let go of the database. A memory database is gone."""
        with self._lock:
            self._connection.close()
