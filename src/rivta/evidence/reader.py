"""Reading evidence back, whatever happened to it: what is whole is used, what is not is told in words.

A run that was killed is still evidence, so nothing that lies after a readable header raises. The lines are plain JSON objects
that say what they are and in which version of the format. A line names its contract by identity, `domain/Name@major`. Who reads
it back sees the shortest word that means one contract of the run and no other: mostly its bare name, which is all that older
evidence has.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar
from zipfile import is_zipfile

from rivta.evidence import bodies, store
from rivta.evidence.codec import Decoding, Json, Load, Misfit, Store, decode, encode
from rivta.evidence.disk import refuse_unplayed, runs_near
from rivta.model.contracts import Contracts
from rivta.model.errors import UsageError
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, Change, CheckResult, Note, PlannedCase, Run, RunFooter, RunHeader, Stray
from rivta.model.words import Headers, Source
from rivta.text import files
from rivta.text.compact import parsed

FILE = "evidence.jsonl"
VERSION = 1
"""Raised when an older reader would get a line wrong, not when it would merely miss a new field."""

Kind = Literal["header", "case", "stray", "note", "change", "footer"]
Line = dict[str, Json]
_KINDS: dict[type, Kind] = {
    RunHeader: "header",
    CaseResult: "case",
    Stray: "stray",
    Note: "note",
    Change: "change",
    RunFooter: "footer",
}


def to_line(result: CaseResult, store: Store) -> Line:
    """A result as plain JSON, its bodies handed to `store`: fit to travel from an xdist worker to the controller."""
    return line_of(result, store)


def _left_out(_: str) -> bytes:
    return b""


def from_line(line: Line, load: Load | Decoding = _left_out) -> CaseResult:
    """The result that `to_line` wrote; without `load` its bodies are empty. Raises `Misfit` if it is no such line."""
    if line.get("kind") != "case":
        raise Misfit("should be case", "kind")
    result = decode(CaseResult, line, load)
    _refuse_strange_places(result.checks, len(result.exchanges))
    return result


def stray_from(line: Line, load: Load | Decoding) -> Stray:
    """The call that no case asked for, as `line_of` wrote it. Raises `Misfit` if it is no such line."""
    stray = decode(Stray, line, load)
    _refuse_strange_places(stray.checks, 1)
    return stray


def _refuse_strange_places(checks: tuple[CheckResult, ...], exchanges: int) -> None:
    """A check is of an exchange that is there, or of the first where there is none."""
    for number, check in enumerate(checks):
        if not 0 <= check.exchange < max(exchanges, 1) or check.step < 0:
            raise Misfit(f"should be one of {exchanges} exchanges", f"checks[{number}].exchange")


def line_of(value: RunHeader | CaseResult | Stray | Note | Change | RunFooter, store: Store) -> Line:
    return {"kind": _KINDS[type(value)], "version": VERSION, **encode(value, store)}


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
    file = place if place.is_file() else place / FILE
    files.only_ordinary(place, file.parent / bodies.FOLDER)
    if place.is_file() and is_zipfile(place):
        raise UsageError(f"{place} is a zip", todo="unpack it into a new folder and name that")
    reading = _RunReading(file)
    for line in _lines(file, place):
        if line.endswith(b"\n"):
            reading.take(line[:-1])
        else:
            reading.take(line, trouble="is cut short")
    return reading.run()


def _lines(file: Path, place: Path) -> Iterator[bytes]:
    try:
        yield from files.lines(file)
    except (FileNotFoundError, NotADirectoryError) as error:
        refuse_unplayed(file.parent)
        what = f"{place} holds no {FILE}" if place.is_dir() else f"{place} does not exist"
        raise UsageError(what, todo=runs_near(place)) from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


class _RunReading:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._number = 0
        self._header: RunHeader | None = None
        self._footer: RunFooter | None = None
        self._results: list[CaseResult] = []
        self._strays: list[Stray] = []
        self._changes: list[Change] = []
        self._notes: list[Note] = []
        self._masked: set[str] = set()
        self._damage: list[str] = []
        self._store = store.BodyStore(file.parent)
        self._has_messages = (file.parent / bodies.FOLDER).exists()
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
        kind = line.get("kind")
        if kind == "header" and self._header is None:
            self._header = self._opening(line)
        elif kind == "case":
            self._take_case(line)
        elif kind == "stray":
            self._take_stray(line)
        elif kind == "note":
            self._take_note(line)
        elif kind == "change":
            self._take_change(line)
        elif kind == "footer" and self._footer is None:
            self._take_footer(line)
        else:
            self._tell(
                "is a second one of its kind, and left out" if kind in ("header", "footer") else "is of no known kind"
            )

    def _opening(self, line: dict[str, Any]) -> RunHeader:
        version = line.get("version")
        if type(version) is int and version > VERSION:
            raise self._unusable(
                f"written by a newer rivta (format {version}; this one reads {VERSION})", "upgrade rivta"
            )
        try:
            header = decode(RunHeader, line, self._reading)
        except Misfit as misfit:
            raise self._unusable(f"the header is damaged: {misfit}", "run the suites again") from misfit
        self._take_tokens(line)
        return header

    def _take_case(self, line: dict[str, Any]) -> None:
        try:
            self._results.append(from_line(line, self._reading))
        except Misfit as misfit:
            self._tell(f"is a damaged case: {misfit}")
        self._take_tokens(line)

    def _take_stray(self, line: dict[str, Any]) -> None:
        try:
            self._strays.append(stray_from(line, self._reading))
        except Misfit as misfit:
            self._tell(f"is a damaged call that no case asked for: {misfit}")
        self._take_tokens(line)

    def _take_note(self, line: dict[str, Any]) -> None:
        try:
            self._notes.append(decode(Note, line, self._reading))
        except Misfit as misfit:
            self._tell(f"is a damaged note: {misfit}")
        self._take_tokens(line)

    def _take_change(self, line: dict[str, Any]) -> None:
        try:
            self._changes.append(decode(Change, line, self._reading))
        except Misfit as misfit:
            self._tell(f"is a damaged change of the environment: {misfit}")

    def _take_footer(self, line: dict[str, Any]) -> None:
        try:
            self._footer = decode(RunFooter, line, self._reading)
        except Misfit as misfit:
            self._tell(f"is a damaged footer: {misfit}")

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
        run = Run(
            folder=self._file.parent,
            header=replace(self._header, changes=(*self._header.changes, *self._changes)),
            results=tuple(self._results),
            footer=self._footer,
            damage=(*self._damage, *self._lost(), *self._store.damage()),
            masked=tuple(sorted(self._masked)),
            strays=tuple(self._strays),
            notes=tuple(self._notes),
            without_messages=self._lacks_messages,
        )
        return run_in_words(run)

    def _lost(self) -> list[str]:
        if self._footer is None:
            return []
        counted, here = sum(self._footer.verdicts.values()), len(self._results)
        return (
            [] if counted == here else [f"line {self._number}: the footer counts {counted} cases, {here} can be read"]
        )
