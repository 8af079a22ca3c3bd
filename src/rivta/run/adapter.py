"""Adapters: what makes a system under test act without a person, a program that is given JSON or a URL that it is posted to.

An order says what the system is to do, for which case, and where it can call us, or asks what only who sits at it can see; the answer says
what came of it, and anything else that is answered is trouble. Whatever else happens (no program, no connection, no time, no JSON) is
trouble of the environment's, never the system's fault. What an adapter notes is cleaned before it is kept and shown: short, on one line,
without secrets and without people.
"""

import json
import logging
import os
import signal
import ssl
import subprocess
import tempfile
import unicodedata
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from dataclasses import field, replace
from pathlib import Path
from typing import IO, Any, Literal, Protocol, TypeVar, get_args
from urllib.parse import urlsplit

from rivta.check import link
from rivta.model.case import Case
from rivta.model.clock import SYSTEM, Clock
from rivta.model.contracts import ContractId, Contracts
from rivta.model.environment import Environment, TlsFiles
from rivta.model.errors import did_you_mean
from rivta.model.exchange import Acted, Problem, Said
from rivta.model.frozen import frozen
from rivta.model.run import PlannedCase
from rivta.model.steps import Ask, Doing, Handshake, Send
from rivta.model.words import Headers, Text, Value
from rivta.run.stage import Party
from rivta.text import identity
from rivta.transport import problems
from rivta.transport.connection import Target, Way, completed, connect, head, target_of
from rivta.transport.problems import Trouble
from rivta.transport.tls import context_of, speaks_tls

_LOG = logging.getLogger("rivta.adapter")
VERSION = 1
"""The version of what is asked and answered."""


def to_do(doing: Doing, case: Case, counterpart: Party) -> bytes:
    known = Contracts(ContractId.parse(identity) for identity in counterpart.addresses)
    addresses = {known.shown(identity): url for identity, url in counterpart.addresses.items()}
    reached = {"time-factor": counterpart.time_factor, "addresses": addresses}
    return _written(doing.action, doing.data, case, doing.text, {"counterpart": reached})


def to_answer(question: Ask, case: Case) -> bytes:
    return _written(question.action, question.data, case, question.text, {"question": True})


def _written(action: str, data: Mapping[str, Value], case: Case, text: Text, more: Mapping[str, object]) -> bytes:
    order = {
        "version": VERSION,
        "action": action,
        "with": dict(data),
        "case": _key(case),
        "text": {"sv": text.sv, "en": text.en},
        **more,
    }
    return json.dumps(order, ensure_ascii=False).encode("utf-8", "replace")


def _key(case: Case) -> str:
    """The case by its contract's identity: no other case of any domain or major version is called that."""
    return PlannedCase(case.id, case.title, case.contract, case.role, case.source.path, case.verifies).key


LIMIT_CHARACTERS = 300
"""The most of a note that is kept."""
LIMIT_LINK = 4000
"""The most of a link that is kept."""
_HIDDEN = "…"


@frozen
class Notes:
    """Cleans what an adapter says. `allowed` are the identities of test persons, who may be named."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    allowed: Collection[str] = ()

    def cleaned(self, text: str) -> str:
        """The text on one line, secrets and real people hidden, cut where it is long."""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        line = " ".join("".join(" " if _steers(letter) else letter for letter in self._without_people(text)).split())
        return line if len(line) <= LIMIT_CHARACTERS else line[:LIMIT_CHARACTERS].rstrip() + _HIDDEN

    def link(self, given: object) -> str:
        """A link that was given, on its lines, secrets and real people hidden; empty for what is no text."""
        text = given[:LIMIT_LINK] if isinstance(given, str) else ""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        return self._without_people(text).replace(_HIDDEN, link.HIDDEN)

    def _without_people(self, text: str) -> str:
        for one in reversed(identity.find(text)):
            if one.value not in self.allowed:
                text = text[: one.start] + _HIDDEN + text[one.end :]
        return text


def _steers(letter: str) -> bool:
    """Whether a letter says something to a terminal or to a reader's eyes, not to the reader."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


Outcome = Literal["done", "refused", "unsupported"]
Answer = Literal["yes", "no", "not-applicable", "unknown"]
LIMIT_BYTES = 64 * 1024
"""The most that an answer may be: it is a word or two and a note."""
_UNNAMED = "adapter"
"""Who answered, where the adapter does not say."""
Word = TypeVar("Word", Outcome, Answer)


class AdapterTrouble(Exception):
    """The adapter broke, or was not reached: what happened, in a few words."""


def acted(reply: bytes, notes: Notes) -> Acted:
    """What came of an order to act. Raises `AdapterTrouble` for what is no answer to it."""
    told = _object(reply)
    outcome: Outcome = _word(told, "outcome", get_args(Outcome), notes)
    return Acted(outcome, _text(told, "note", notes))


def said(reply: bytes, notes: Notes) -> Said | None:
    """The answer to a question; None where the adapter cannot know. Raises `AdapterTrouble` for what is no answer to it."""
    told = _object(reply)
    if told.get("outcome") == "unsupported":
        return None
    answer: Answer = _word(told, "answer", get_args(Answer), notes)
    if answer == "unknown":
        return None
    return Said(answer, _text(told, "by", notes) or _UNNAMED, _text(told, "note", notes), notes.link(told.get("link")))


def _object(reply: bytes) -> dict[str, Any]:
    if len(reply) > LIMIT_BYTES:
        raise AdapterTrouble(f"its answer is over {LIMIT_BYTES // 1024} kB")
    if not reply.strip():
        raise AdapterTrouble("it answered nothing; JSON is wanted")
    try:
        told = json.loads(reply)
    except (ValueError, RecursionError) as problem:
        raise AdapterTrouble("its answer is not JSON") from problem
    if not isinstance(told, dict):
        raise AdapterTrouble("its answer is no JSON object")
    return told


def _word(told: dict[str, Any], key: str, known: tuple[Word, ...], notes: Notes) -> Word:
    word = told.get(key)
    if word in known:
        return next(one for one in known if one == word)
    if word is None:
        raise AdapterTrouble(f"its answer lacks “{key}”: {', '.join(known)}")
    shown = notes.cleaned(str(word))
    raise AdapterTrouble(f"“{shown}” is no {key}; {did_you_mean(str(word), known)}")


def _text(told: dict[str, Any], key: str, notes: Notes) -> str:
    text = told.get(key)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise AdapterTrouble(f"“{key}” in its answer is no text")
    return notes.cleaned(text)


# An adapter as the conductor knows whoever makes a system act


class AdapterWay(Protocol):
    def give(self, order: bytes) -> bytes:
        """What it answers to an order. Raises `AdapterTrouble`."""


@frozen
class AdapterActor:
    """Gives orders to an adapter, from any thread. Keeps nothing between them."""

    way: AdapterWay
    notes: Notes

    def act(self, doing: Doing, case: Case, counterpart: Party) -> Acted:
        """Make the system do something. What goes wrong on the way is `trouble`, never raised."""
        try:
            return acted(self.way.give(to_do(doing, case, counterpart)), self.notes)
        except AdapterTrouble as trouble:
            return Acted("trouble", self.notes.cleaned(str(trouble)))

    def ask(self, question: Ask, case: Case) -> Said | None:
        """Ask what only who sits at the system sees. None: it does not know, or it broke, which the log tells."""
        try:
            return said(self.way.give(to_answer(question, case)), self.notes)
        except AdapterTrouble as trouble:
            _LOG.warning("the adapter did not answer %s: %s", question.action, self.notes.cleaned(str(trouble)))
            return None

    def edit(self, step: Send | Handshake, number: int, data: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002 - a person's
        """Nobody is there to edit anything: the data as it is."""
        return data


def of(environment: Environment) -> AdapterActor | None:
    adapter = environment.adapter
    if adapter is None:
        return None
    notes = Notes(environment.secrets, environment.test_identities | identity.PUBLISHED.keys())
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
