"""The bodies of a run that is read back: each looked at once, and those that were asked for last kept at hand."""

from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

from rivta.evidence.bodies import RunBodies
from rivta.evidence.stored import Stored
from rivta.model.errors import UsageError
from rivta.model.words import Headers
from rivta.text import files

ROOM_BYTES = 16_000_000
"""So much of what was asked for last is kept, for a report asks for a message some ten times."""


class BodyStore:
    """The bodies of a run's folder, by name. Each is held against its name once, by whoever names it first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bodies = RunBodies(folder)
        self._left = files.MOST_BYTES
        self._told: dict[str, tuple[str, int, str]] = {}
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._room = ROOM_BYTES

    def look(self, name: str) -> tuple[str, int, str]:
        """A body's SHA-256 and size as it is now, and what is wrong with it in words: none is taken beyond what a run may hold."""
        known = self._told.get(name)
        if known is None:
            body, trouble = self._bodies.find(name) if self._left > 0 else (b"", f"{name} is left out: too much")
            self._left -= len(body)
            digest = sha256(body).hexdigest() if trouble else name
            known = self._told[name] = (digest, len(body), trouble)
            self._keep(name, body)
        return known

    def body(self, name: str) -> bytes:
        """What was looked at. UsageError if it is no longer what it was."""
        if name in self._recent:
            self._recent.move_to_end(name)
            return self._recent[name]
        digest, size, _ = self.look(name)
        body = self._bodies.find(name)[0] if size else b""
        if size and (len(body) != size or sha256(body).hexdigest() != digest):
            what = f"a message of {self._folder} was changed or taken away while the run was read: {name}"
            raise UsageError(what, todo="say it again when nobody touches the run")
        self._keep(name, body)
        return body

    def message(self, headers: Headers, name: str) -> Stored:
        digest, size, trouble = self.look(name)
        return Stored(headers, partial(self.body, name), digest, size, is_as_named=not trouble)

    def _keep(self, name: str, body: bytes) -> None:
        if len(body) > ROOM_BYTES // 4:
            return
        self._recent[name] = body
        self._room -= len(body)
        while self._room < 0:
            self._room += len(self._recent.popitem(last=False)[1])

    def damage(self) -> Iterator[str]:
        """What is wrong with the files that the bodies lie in, beside what shows in one of them."""
        return self._bodies.damage()
