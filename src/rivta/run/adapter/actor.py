"""An adapter as the conductor knows whoever makes a system act."""

import http.client
import logging
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import field, replace
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

from rivta.model.case import Case
from rivta.model.clock import SYSTEM, Clock
from rivta.model.environment import Environment, TlsFiles
from rivta.model.exchange import Acted, Said
from rivta.model.frozen import frozen
from rivta.model.steps import Ask, Doing, Handshake, Send
from rivta.model.words import Value
from rivta.run.adapter import orders
from rivta.run.adapter.orders import LIMIT_BYTES, AdapterTrouble, Notes
from rivta.run.stage import Party
from rivta.text.catalogue import text
from rivta.text.identity import PUBLISHED
from rivta.transport.openssl import in_words
from rivta.transport.problems import Trouble
from rivta.transport.tls import context_of, speaks_tls

_LOG = logging.getLogger("rivta.adapter")


class AdapterWay(Protocol):
    """How an adapter is reached."""

    def give(self, order: bytes) -> bytes:
        """What it answers to an order. Raises `AdapterTrouble`."""
        ...


@frozen
class AdapterActor:
    """Gives orders to an adapter, from any thread. Keeps nothing between them."""

    way: AdapterWay
    notes: Notes

    def act(self, doing: Doing, case: Case, counterpart: Party) -> Acted:
        """Make the system do something. What goes wrong on the way is `trouble`, never raised."""
        try:
            return orders.acted(self.way.give(orders.to_do(doing, case, counterpart)), self.notes)
        except AdapterTrouble as trouble:
            return Acted("trouble", self.notes.cleaned(str(trouble)))

    def ask(self, question: Ask, case: Case) -> Said | None:
        """Ask what only who sits at the system sees. None: it does not know, or it broke, which the log tells."""
        try:
            return orders.said(self.way.give(orders.to_answer(question, case)), self.notes)
        except AdapterTrouble as trouble:
            _LOG.warning("the adapter did not answer %s: %s", question.action, self.notes.cleaned(str(trouble)))
            return None

    def edit(self, step: Send | Handshake, number: int, data: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002 - a person's
        """Nobody is there to edit anything: the data as it is."""
        return data


def of(environment: Environment) -> AdapterActor | None:
    """The adapter that an environment names; None if it names none."""
    adapter = environment.adapter
    if adapter is None:
        return None
    notes = Notes(environment.secrets, environment.test_identities | PUBLISHED.keys())
    if adapter.url:
        return AdapterActor(Posting(adapter.url, adapter.seconds, environment.tls), notes)
    return AdapterActor(Command(adapter.command, environment.path.absolute().parent, adapter.seconds), notes)


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


_HEADERS = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json", "Connection": "close"}
_OK = 200
_GREETS_WITHIN = 1.0
"""Seconds that a server which answered no HTTP may take to show that it speaks TLS."""


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
        with closing(self._connected()) as connection:
            return self._answer(connection, order, until)

    def _connected(self) -> http.client.HTTPConnection:
        try:
            connection = self._connection()
            connection.connect()
        except Trouble as trouble:
            raise AdapterTrouble(str(trouble)) from trouble
        except OSError as problem:
            raise AdapterTrouble(f"{self._place}: {_unreached(problem, self.seconds)}") from problem
        return connection

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            context = context_for(self.tls)
            return http.client.HTTPSConnection(host, parts.port, timeout=self.seconds, context=context)
        return http.client.HTTPConnection(host, parts.port, timeout=self.seconds)

    @property
    def _place(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")

    def _answer(self, connection: http.client.HTTPConnection, order: bytes, until: float) -> bytes:
        """The answer, if all of it comes in time: a peer that sends a byte now and then is cut off as well."""
        late, sock = threading.Event(), connection.sock
        limit = self.clock.timer(until - self.clock.monotonic(), lambda: _cut_off(sock, late))
        try:
            status, body = self._asked(connection, order)
        except (OSError, http.client.HTTPException) as problem:
            in_time = f"{self._place}: no answer in {self.seconds:g} s"
            what = (
                in_time
                if late.is_set() or isinstance(problem, TimeoutError)
                else f"{self._place}: {self._broken(problem)}"
            )
            raise AdapterTrouble(what) from problem
        finally:
            limit.cancel()
        if late.is_set():
            raise AdapterTrouble(f"{self._place}: no answer in {self.seconds:g} s")
        if status != _OK:
            raise AdapterTrouble(f"{self._place}: HTTP {status}")
        return body

    def _broken(self, problem: Exception) -> str:
        if isinstance(problem, ssl.SSLError):
            return in_words(problem, "server").en
        parts = urlsplit(self.url)
        if parts.scheme == "http" and speaks_tls(
            parts.hostname or "", parts.port or http.client.HTTP_PORT, _GREETS_WITHIN
        ):
            return text("transport", "speaks_tls").en
        if isinstance(problem, http.client.RemoteDisconnected | http.client.IncompleteRead | ConnectionError):
            perhaps = ", perhaps because it wants another certificate of us (tls:)" if parts.scheme == "https" else ""
            return f"the connection ended before the answer did{perhaps}"
        return "its answer is no HTTP"

    def _asked(self, connection: http.client.HTTPConnection, order: bytes) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, order, _HEADERS)
        with connection.getresponse() as response:  # of a connection that is to close, it alone holds the socket
            body = response.read(LIMIT_BYTES + 1)
            if response.length and len(body) <= LIMIT_BYTES:
                raise http.client.IncompleteRead(body, response.length)
            return response.status, body


def _cut_off(sock: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        socket.socket.shutdown(
            sock, socket.SHUT_RDWR
        )  # not TLS's own, which takes the connection from under the reader
    except OSError:
        return  # it ended by itself just now


def _unreached(problem: OSError, seconds: float) -> str:
    if isinstance(problem, TimeoutError):
        return f"no connection in {seconds:g} s"
    if isinstance(problem, ConnectionRefusedError):
        return "refuses connections"
    if isinstance(problem, socket.gaierror):
        return "the name cannot be resolved"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({problem.verify_message})"
    if isinstance(problem, ssl.SSLError):
        return in_words(problem, "server").en
    return problem.strerror or type(problem).__name__
