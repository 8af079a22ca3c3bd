"""An order on its way to an adapter: to a program that is run for it, or to a URL that it is posted to."""

import os
import signal
import ssl
import subprocess
import tempfile
from contextlib import closing, suppress
from dataclasses import field, replace
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

from rivta.model.clock import SYSTEM, Clock
from rivta.model.environment import TlsFiles
from rivta.model.exchange import Problem
from rivta.model.frozen import frozen
from rivta.model.words import Headers
from rivta.transport import problems
from rivta.transport.connection import Target, Way, completed, connect, head, target_of
from rivta.transport.problems import Trouble
from rivta.transport.tls import context_of, speaks_tls

LIMIT_BYTES = 64 * 1024
"""The most that an answer may be: it is a word or two and a note."""


class AdapterTrouble(Exception):
    """The adapter broke, or was not reached: what happened, in a few words."""


class AdapterWay(Protocol):
    def give(self, order: bytes) -> bytes:
        """What it answers to an order. Raises `AdapterTrouble`."""


# A program as an adapter: run for each order without a shell, the order on stdin, its answer on stdout. What it says on stderr is
# kept, shortened, where it fails. It may leave work in the background when it ends; when its time is up, it and everything that
# it started are killed.


_KILL_SECONDS = 5.0
"""How long a killed program may take to be gone."""
_LAST_LINES = 3


@frozen
class Command:
    """A program and its arguments, run in a folder; `seconds` is how long it may take."""

    command: tuple[str, ...]
    folder: Path
    seconds: float

    def give(self, order: bytes) -> bytes:
        """What the program wrote for an order. Raises `AdapterTrouble`, with what it said, when it failed.

        Files stand where pipes could: whatever it leaves in the background may keep them open.
        """
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(order)
            given.seek(0)
            code = self._run(given, out, err)
            if code is None or code != 0:
                what = f"no answer in {self.seconds:g} s" if code is None else _ended(code)
                raise AdapterTrouble(": ".join(filter(None, (what, _last_words(err)))))
            out.seek(0)
            return out.read(LIMIT_BYTES + 1)

    def _run(self, given: IO[bytes], out: IO[bytes], err: IO[bytes]) -> int | None:
        """The exit code; None if the program had to be killed."""
        try:
            process = subprocess.Popen(  # noqa: S603 - the person who runs us wrote the command, and no shell reads it
                self.command, stdin=given, stdout=out, stderr=err, cwd=self.folder, start_new_session=True
            )
        except (OSError, ValueError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else str(problem)
            raise AdapterTrouble(f"{Path(self.command[0]).name} cannot be run: {why}") from problem
        try:
            return process.wait(self.seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program with everything that it started, which is why it was given a session of its own."""
    with suppress(ProcessLookupError, PermissionError):  # it ended just now
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait(_KILL_SECONDS)


def _ended(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"ended by signal {-code}"


def _last_words(err: IO[bytes]) -> str:
    """The last lines of what was said: where it went wrong, and not how it came there."""
    start = max(err.seek(0, os.SEEK_END) - LIMIT_BYTES, 0)
    err.seek(start)
    lines = err.read().decode("utf-8", "replace").splitlines()[1 if start else 0 :]
    return " ".join([line.strip() for line in lines if line.strip()][-_LAST_LINES:])


# A URL as an adapter: each order is posted to it, and its answer is the body of HTTP 200


_HEADERS: Headers = (
    ("Content-Type", "application/json; charset=utf-8"),
    ("Accept", "application/json"),
    ("Connection", "close"),
)
_OK = 200
_GREETS_WITHIN = 1.0
"""Seconds that a server which answered no HTTP may take to show that it speaks TLS."""
_TROUBLE = {
    "timeout": "no answer in {seconds:g} s",
    "connect-timeout": "no connection in {seconds:g} s",
    "refused": "refuses connections",
    "dns": "the name cannot be resolved",
    "reset": "the connection ended before the answer did{perhaps}",
    "malformed": "its answer is no HTTP",
}
"""What is said of an adapter, by the kind of problem; any other is told as it is of a system."""
_PERHAPS = ", perhaps because it wants another certificate of us (tls:)"


def context_for(files: TlsFiles) -> ssl.SSLContext:
    """Our side of a handshake with an adapter: our certificate, and trust in the authorities of this machine too. Trouble for an unusable file."""
    context = context_of(replace(files, crl=None))
    context.load_default_certs()
    return context


@frozen
class Posting:
    """A URL, which may hold a secret and is never shown; `seconds` is how long all of it may take.

    Over https our certificate is shown where one is asked for, and the authorities of this machine are trusted beside those in `tls`.
    """

    url: str = field(repr=False)
    seconds: float
    tls: TlsFiles = TlsFiles()
    clock: Clock = SYSTEM

    def give(self, order: bytes) -> bytes:
        """What was answered to an order. Raises `AdapterTrouble` for no connection, no time, and any other status."""
        until = self.clock.monotonic() + self.seconds
        try:
            target = target_of(self.url)
            context = context_for(self.tls) if target.scheme == "https" else None
            connection = connect(target, Way(context, None, "", None, self.seconds), self.clock)
        except Trouble as trouble:
            raise AdapterTrouble(self._told(trouble.problem, trouble.__cause__)) from trouble
        with closing(connection):
            asked = head(target, completed(_HEADERS, target, order)) + order
            answer = connection.ask(asked, until - self.clock.monotonic())
        if answer.problem is not None and answer.problem.kind != "too-large":
            raise AdapterTrouble(self._told(self._explained(answer.problem, target)))
        if answer.status != _OK or answer.response is None:
            raise AdapterTrouble(f"{self._place}: HTTP {answer.status}")
        return answer.response.body

    @property
    def _place(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")

    def _told(self, problem: Problem, error: BaseException | None = None) -> str:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"{self._place}: its certificate is not trusted ({error.verify_message})"
        perhaps = _PERHAPS if self.url.startswith("https:") else ""
        said = _TROUBLE.get(problem.kind, "").format(seconds=self.seconds, perhaps=perhaps)
        return f"{self._place}: {said or problem.text.en}"

    @staticmethod
    def _explained(problem: Problem, target: Target) -> Problem:
        """The problem, or that there is TLS where the URL says http."""
        is_plain = target.scheme == "http" and problem.kind in ("reset", "malformed")
        return problems.speaks_tls() if is_plain and speaks_tls(target.host, target.port, _GREETS_WITHIN) else problem
