"""The system's memory: records in SQLite, in memory by default, in a file where state is to survive a restart.

A record is found by its kind and its key and holds whatever JSON can. One connection with a lock: a decision and what it
changes are one transaction, so that two messages that arrive at once cannot both be the first.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final

_TABLES = """
CREATE TABLE IF NOT EXISTS record (kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key)) STRICT;
CREATE TABLE IF NOT EXISTS shown (about TEXT NOT NULL, what TEXT NOT NULL, kind TEXT NOT NULL) STRICT
"""
WARNING: Final = "warning"
"""What the user is shown when a message has been given up."""
TROUBLE: Final = "trouble"
"""What the user is shown when an attempt to send has failed, whether it is tried again or not."""


class RecordStore:
    """Records by kind and key, and what the user has been shown. Safe to use from many threads."""

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

    def get(self, kind: str, key: str) -> Any:
        """The record as it is now, or None if there is none."""
        with self._lock:
            query = "SELECT value FROM record WHERE kind = ? AND key = ?"
            row = self._connection.execute(query, (kind, key)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, kind: str, key: str, value: object) -> None:
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (kind, key, json.dumps(value)))

    def show(self, about: str, what: str, kind: str = "") -> None:
        """Show the user something about what has that id: a warning after an error, or what the domain calls `what`."""
        with self._lock:
            self._connection.execute("INSERT INTO shown VALUES (?, ?, ?)", (about, what, kind))

    def shown(self, about: str, what: str) -> frozenset[str]:
        """The kinds of what the user has been shown about it."""
        query = "SELECT kind FROM shown WHERE about = ? AND what = ?"
        with self._lock:
            return frozenset(kind for (kind,) in self._connection.execute(query, (about, what)))

    def has_shown(self, what: str) -> bool:
        with self._lock:
            return self._connection.execute("SELECT 1 FROM shown WHERE what = ?", (what,)).fetchone() is not None

    def close(self) -> None:
        with self._lock:
            self._connection.close()
