"""The system's memory: referrals in SQLite, in memory by default, in a file where state is to survive a restart.

Of each referral the latest version is kept, for the next version is made from it; of other messages only what later ones are
judged by, and what the user is shown. One connection with a lock: a decision and what it changes are
one transaction, so that two versions of a referral that arrive at once cannot both be the next one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Final

from rivta.reference.referral import Referral, Status

_TABLES = """
CREATE TABLE IF NOT EXISTS referral (
    side TEXT NOT NULL, request_id TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, recipient TEXT NOT NULL,
    fixed TEXT NOT NULL, content TEXT NOT NULL, latest TEXT NOT NULL, outcomes INTEGER NOT NULL,
    PRIMARY KEY (side, request_id)
) STRICT;
CREATE TABLE IF NOT EXISTS paper (
    side TEXT NOT NULL, request_id TEXT NOT NULL, xml TEXT NOT NULL, PRIMARY KEY (side, request_id)
) STRICT;
CREATE TABLE IF NOT EXISTS seen (side TEXT NOT NULL, request_id TEXT NOT NULL, what TEXT NOT NULL, kind TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sent (topic TEXT PRIMARY KEY, message_id TEXT NOT NULL) STRICT
"""
_FIND = "SELECT version, status, recipient, fixed, content, latest, outcomes FROM referral WHERE side = ? AND request_id = ?"
_SAVE = "INSERT OR REPLACE INTO referral VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


CONFIRMATION: Final = "confirmation"
ANSWER: Final = "answer"
WARNING: Final = "warning"
"""What a user is shown about a referral, besides the referral itself."""


class Store:
    """Referrals by side (sent by us as remittent, received by us as remissmottagare) and requestId."""

    def __init__(self, database: str | Path = ":memory:") -> None:
        self._lock = RLock()
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._connection.executescript(_TABLES)

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

    def keep(self, side: str, request_id: str, xml: str) -> None:
        """Keep the latest version of a referral: the SOAP body's element, as text."""
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO paper VALUES (?, ?, ?)", (side, request_id, xml))

    def paper(self, side: str, request_id: str) -> str | None:
        """The latest version of a referral that was kept, None where there is none."""
        return self._one("SELECT xml FROM paper WHERE side = ? AND request_id = ?", side, request_id)

    def show(self, side: str, request_id: str, what: str, kind: str) -> None:
        """Show the user something about a referral: a confirmation or an answer of a kind, a warning after an error."""
        with self._lock:
            self._connection.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (side, request_id, what, kind))

    def shown(self, request_id: str, what: str) -> frozenset[str]:
        """The kinds of what the user has been shown about a referral."""
        query = "SELECT kind FROM seen WHERE request_id = ? AND what = ?"
        with self._lock:
            return frozenset(kind for (kind,) in self._connection.execute(query, (request_id, what)))

    def last_sent(self, topic: str) -> str:
        """The id of the latest message that was sent on a topic, empty without one."""
        return self._one("SELECT message_id FROM sent WHERE topic = ?", topic) or ""

    def note_sent(self, topic: str, message_id: str) -> None:
        """Remember the id of the latest message that was sent on a topic."""
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO sent VALUES (?, ?)", (topic, message_id))

    def _one(self, query: str, *values: str) -> str | None:
        with self._lock:
            row = self._connection.execute(query, values).fetchone()
        return None if row is None else str(row[0])

    def close(self) -> None:
        """Let go of the database. A memory database is gone."""
        with self._lock:
            self._connection.close()
