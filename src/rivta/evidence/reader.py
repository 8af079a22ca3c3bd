"""Reading evidence back, whatever happened to it: what is whole is used, what is not is told in words.

A run that was killed is still evidence, so nothing that lies after a readable header raises. The lines are plain JSON objects
that say what they are and in which version of the format. A line names its contract by identity, `domain/Name@major`. Who reads
it back sees the shortest word that means one contract of the run and no other: mostly its bare name, which is all that older
evidence has.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from rivta.evidence.bodies import FOLDER, RunBodies
from rivta.evidence.codec import Decoding, Load, Misfit, decode, left_out
from rivta.evidence.disk import file_of_run, parsed
from rivta.evidence.stored import Stored
from rivta.evidence.writer import KINDS, VERSION, Line
from rivta.model.contracts import Contracts
from rivta.model.errors import UsageError
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, CheckResult, PlannedCase, Run, RunFooter, RunHeader, Stray
from rivta.model.words import Headers, Source
from rivta.text import files

_TYPES = {kind: type_ for type_, kind in KINDS.items()}
_CALLED = {"stray": "call that no case asked for", "change": "change of the environment"}
"""What people call a line of a kind, where that is another word."""


def from_line(line: Line, load: Load | Decoding = left_out) -> CaseResult:
    """The result that `line_of` wrote; without `load` its bodies are empty. Raises `Misfit` if it is no such line."""
    if line.get("kind") != "case":
        raise Misfit("should be case", "kind")
    return cast("CaseResult", _value("case", line, load))


def _value(kind: str, line: Line, load: Load | Decoding) -> object:
    """What a line of that kind says. Raises `Misfit` if it is no such line."""
    value: object = decode(_TYPES[kind], line, load)
    if isinstance(value, CaseResult):
        _refuse_strange_places(value.checks, len(value.exchanges))
    if isinstance(value, Stray):
        _refuse_strange_places(value.checks, 1)
    return value


def _refuse_strange_places(checks: tuple[CheckResult, ...], exchanges: int) -> None:
    """A check is of an exchange that is there, or of the first where there is none."""
    for number, check in enumerate(checks):
        if not 0 <= check.exchange < max(exchanges, 1) or check.step < 0:
            raise Misfit(f"should be one of {exchanges} exchanges", f"checks[{number}].exchange")


# Contracts in words, and back


Named = TypeVar("Named", CaseResult, Stray, PlannedCase, Exchange)


def in_words(value: Named, contracts: Contracts[Any]) -> Named:
    """The same with its contracts by the words that people use for them."""
    return _renamed(value, contracts.shown, contracts.key)


def by_identity(value: Named, contracts: Contracts[Any]) -> Named:
    """The same with its contracts by identity, as far as the words mean one."""
    return _renamed(value, lambda word: str(contracts[word].id) if word in contracts else word, contracts.full_key)


def run_in_words(run: Run) -> Run:
    """The whole run in the words that people use."""
    contracts = run.header.contracts
    planned = tuple(in_words(each, contracts) for each in run.header.planned)
    domains = tuple(
        replace(each, contracts=tuple(replace(one, called=contracts.shown(str(one.id))) for one in each.contracts))
        for each in run.header.domains
    )
    return replace(
        run,
        header=replace(run.header, planned=planned, domains=domains),
        results=tuple(in_words(each, contracts) for each in run.results),
        strays=tuple(in_words(each, contracts) for each in run.strays),
    )


def _renamed(value: Named, name: Callable[[str], str], key: Callable[[str], str]) -> Named:
    renamed: dict[str, Any] = {"contract": name(value.contract)}
    if isinstance(value, CaseResult):
        renamed["beside"] = tuple(map(key, value.beside))
        renamed["exchanges"] = tuple(_renamed(each, name, key) for each in value.exchanges)
    if isinstance(value, Stray):
        renamed["exchange"] = _renamed(value.exchange, name, key)
    return replace(value, **renamed)


def read(place: Path) -> Run:
    """The run whose folder, or whose `evidence.jsonl`, this is, its contracts by the words that people use for them.

    UsageError if there is none, if its header is missing or damaged, or if a newer rivta wrote it. All else that is wrong
    is told in `Run.damage`, by line; a missing footer is no damage, but a run that was cut short.
    """
    file = file_of_run(place)
    reading = _RunReading(file)
    try:
        for line in files.lines(file):
            if line.endswith(b"\n"):
                reading.take(line[:-1])
            else:
                reading.take(line, trouble="is cut short")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    return reading.run()


class _RunReading:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._number = 0
        self._header: RunHeader | None = None
        self._read: dict[str, list[Any]] = {kind: [] for kind in _TYPES}
        """What was read of each kind."""
        self._masked: set[str] = set()
        self._damage: list[str] = []
        self._store = _BodyStore(file.parent)
        self._has_messages = (file.parent / FOLDER).exists()
        self._lacks_messages = False
        self._reading = Decoding(self._load, self._message)

    def take(self, piece: bytes, *, trouble: str = "is not JSON") -> None:
        """The next line. `trouble` says what it means that it cannot be parsed."""
        self._number += 1
        try:
            line = parsed(piece)
        except (ValueError, RecursionError):
            self._tell(trouble)
            return
        if type(line) is dict:
            self._take_object(line)
        else:
            self._tell("is no object")

    def _take_object(self, line: dict[str, Any]) -> None:
        kind = str(line.get("kind"))
        if kind not in _TYPES:
            self._tell("is of no known kind")
        elif (kind == "header" and self._header) or (kind == "footer" and self._read["footer"]):
            self._tell("is a second one of its kind, and left out")
        elif kind == "header":
            self._header = self._opening(line)
        else:
            try:
                self._read[kind].append(_value(kind, line, self._reading))
            except Misfit as misfit:
                self._tell(f"is a damaged {_CALLED.get(kind, kind)}: {misfit}")
            self._take_tokens(line)

    def _opening(self, line: dict[str, Any]) -> RunHeader:
        version = line.get("version")
        if type(version) is int and version > VERSION:
            what = f"written by a newer rivta (format {version}; this one reads {VERSION})"
            raise self._unusable(what, "upgrade rivta")
        try:
            header = decode(RunHeader, line, self._reading)
        except Misfit as misfit:
            raise self._unusable(f"the header is damaged: {misfit}", "run the suites again") from misfit
        self._take_tokens(line)
        return header

    def _take_tokens(self, line: dict[str, Any]) -> None:
        found = line.get("masked")
        if type(found) is list:
            self._masked.update(token for token in found if type(token) is str)

    def _load(self, name: str) -> bytes:
        self._look(name)
        return self._store.body(name)

    def _message(self, headers: Headers, name: str) -> Message:
        self._look(name)
        return self._store.message(headers, name)

    def _look(self, name: str) -> None:
        trouble = self._store.look(name)[2]
        if trouble and self._has_messages:
            self._damage.append(f"line {self._number}: {trouble}")
        self._lacks_messages |= bool(trouble) and not self._has_messages

    def _tell(self, what: str) -> None:
        self._damage.append(f"line {self._number} {what}")

    def _unusable(self, what: str, todo: str) -> UsageError:
        return UsageError(what, source=Source(str(self._file), max(self._number, 1)), todo=todo)

    def run(self) -> Run:
        """All that was read. UsageError if there was no header: nothing says what was tested."""
        if self._header is None:
            what = "no header can be read in it" if self._number else "empty: the run ended before it wrote anything"
            raise self._unusable(what, "run the suites again")
        footer: RunFooter | None = next(iter(self._read["footer"]), None)
        counted, here = sum(footer.verdicts.values()) if footer else 0, len(self._read["case"])
        if footer and counted != here:
            self._damage.append(f"line {self._number}: the footer counts {counted} cases, {here} can be read")
        run = Run(
            folder=self._file.parent,
            header=replace(self._header, changes=(*self._header.changes, *self._read["change"])),
            results=tuple(self._read["case"]),
            footer=footer,
            damage=(*self._damage, *self._store.bodies.damage()),
            masked=tuple(sorted(self._masked)),
            strays=tuple(self._read["stray"]),
            notes=tuple(self._read["note"]),
            without_messages=self._lacks_messages,
        )
        return run_in_words(run)


_ROOM_BYTES = 16_000_000
"""So much of what was asked for last is kept, for a report asks for a message some ten times."""


class _BodyStore:
    """The bodies of a run's folder, by name. Each is held against its name once, by whoever names it first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.bodies = RunBodies(folder)
        self._left = files.MOST_BYTES
        self._told: dict[str, tuple[str, int, str]] = {}
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._room = _ROOM_BYTES

    def look(self, name: str) -> tuple[str, int, str]:
        """A body's SHA-256 and size as it is now, and what is wrong with it in words: none is taken beyond what a run may hold."""
        known = self._told.get(name)
        if known is None:
            body, trouble = self.bodies.find(name) if self._left > 0 else (b"", f"{name} is left out: too much")
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
        body = self.bodies.find(name)[0] if size else b""
        if size and (len(body) != size or sha256(body).hexdigest() != digest):
            what = f"a message of {self._folder} was changed or taken away while the run was read: {name}"
            raise UsageError(what, todo="say it again when nobody touches the run")
        self._keep(name, body)
        return body

    def message(self, headers: Headers, name: str) -> Stored:
        digest, size, trouble = self.look(name)
        return Stored(headers, partial(self.body, name), digest, size, is_as_named=not trouble)

    def _keep(self, name: str, body: bytes) -> None:
        if len(body) > _ROOM_BYTES // 4:
            return
        self._recent[name] = body
        self._room -= len(body)
        while self._room < 0:
            self._room += len(self._recent.popitem(last=False)[1])
