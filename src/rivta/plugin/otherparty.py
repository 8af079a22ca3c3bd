"""The other party in a process: it listens from the first case that needs it, and tells at the end what nobody asked for.

What it received beside the cases is told here too, and the journals of processes that listened each for itself are put together.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from rivta import evidence
from rivta.evidence.bodies import FOLDER
from rivta.evidence.disk import compact, writing
from rivta.evidence.journal import FILE
from rivta.evidence.writer import line_of
from rivta.model.domain import Domain
from rivta.model.environment import Environment, Listening, Offer
from rivta.model.errors import RivtaError, Unwritable
from rivta.model.run import Stray
from rivta.model.steps import Matcher
from rivta.model.words import Text, Verdict
from rivta.run import Ended, HandshakePort, Waiter, stray
from rivta.text.identity import Mask

if TYPE_CHECKING:
    from rivta.counterpart import Counterpart
    from rivta.counterpart.shared import RemoteCounterpart, SharedAddress


class OtherParty:
    """A counterpart that starts listening when it is first needed. `journal` is the folder for what it receives.

    With `remote` another process of this run has it: on a port that all of them need, one listens.
    """

    def __init__(
        self,
        settings: Environment,
        listening: Listening,
        mask_key: str,
        journal: Path,
        remote: RemoteCounterpart | None = None,
    ) -> None:
        self._settings = settings
        self._listening = listening
        self._mask_key = mask_key
        self._journal = journal
        self._remote = remote
        self._open, self._sharing = ExitStack(), ExitStack()
        self._beginning = Lock()
        self._counterpart: Counterpart | None = None
        self._domains: Callable[[], tuple[Domain, ...]] = tuple

    def answers_for(self, domains: Callable[[], tuple[Domain, ...]]) -> None:
        """The domains of everything that is to be played; asked for when listening begins."""
        self._domains = domains

    @property
    def time_factor(self) -> float:
        return self._listening.time_factor

    @property
    def addresses(self) -> Mapping[str, str]:
        """Contract, by identity → the URL where it can call us."""
        return self._there().addresses

    def wait(self, matcher: Matcher) -> AbstractContextManager[Waiter]:
        """Wait for calls of this kind until the block ends."""
        return self._there().wait(matcher)

    def handshake_port(self, offer: Offer) -> AbstractContextManager[HandshakePort]:
        """A port of its own where this is offered, until the block ends."""
        return self._there().handshake_port(offer)

    def _there(self) -> Counterpart | RemoteCounterpart:
        """The counterpart, listening. That it cannot is the environment's fault, and ends the case."""
        if self._remote is not None:
            return self._remote
        with self._beginning:
            if self._counterpart is None:
                try:
                    self._counterpart = self._open.enter_context(self._listens())
                except Unwritable:
                    raise
                except RivtaError as trouble:
                    raise Ended(Verdict.BLOCKED, Text.same(str(trouble))) from trouble
            return self._counterpart

    def _listens(self) -> AbstractContextManager[Counterpart]:
        from rivta.counterpart import listen  # noqa: PLC0415 - most runs need no server, and must not wait for its library

        return listen(
            self._domains(),
            self._listening,
            self._journal,
            secrets=self._settings.secrets,
            mask=Mask(self._mask_key, self._settings.test_identities),
        )

    @contextmanager
    def turn(self, claims: tuple[Matcher, ...]) -> Iterator[None]:
        """A case that may take such calls. While it lasts no other process plays one that the same call could be meant for."""
        with self._remote.turn(claims) if self._remote else nullcontext():
            yield
        if self._counterpart is not None and self._counterpart.journal.trouble is not None:
            raise self._counterpart.journal.trouble

    @property
    def is_on_one_port(self) -> bool:
        """Whether whoever listens has to listen there, so that only one can."""
        return bool(self._listening.port)

    @cached_property
    def place(self) -> SharedAddress:
        """Where other processes have it too, until we hang up."""
        from rivta.counterpart.shared import sharing  # noqa: PLC0415 - few runs have several processes

        return self._sharing.enter_context(sharing(self))

    def hang_up(self) -> None:
        self._sharing.close()
        self._open.close()

    def strays(self) -> tuple[tuple[Stray, ...], int]:
        """The calls that no case took, with what the checks say of them, and how many more there were."""
        if self._counterpart is None:
            return (), 0
        domains = self._domains()
        told = tuple(stray(call, domains, reason) for call, reason in self._counterpart.unclaimed())
        return told, self._counterpart.more_unclaimed


def strays(party: OtherParty, bodies: evidence.RunBodies) -> tuple[list[evidence.Line], int]:
    """A line of evidence for each call that nobody asked for, its bodies kept, and how many more there were."""
    told, more = party.strays()
    return lines_of(told, bodies), more


def lines_of(told: Iterable[Stray], bodies: evidence.RunBodies) -> list[evidence.Line]:
    return [line_of(each, bodies.keep) for each in told]


def gather(folder: Path) -> None:
    """Make one journal of those that the processes of a run kept: their calls are numbered on, in the order of processes."""
    journals = sorted(folder.glob(f"gw*/{FILE}"))
    if not journals:
        return
    with writing(folder), (folder / FILE).open("ab") as whole:
        last = 0
        for journal in journals:
            for line in _renumbered(journal, last):
                last = max(last, line["number"])
                whole.write(compact(line) + b"\n")
            _move_bodies(journal.parent, folder)
            journal.unlink()
            journal.parent.rmdir()


def clear(folder: Path) -> None:
    """Take away journals that a run which was killed had not put together."""
    for journal in folder.glob(f"gw*/{FILE}"):
        shutil.rmtree(journal.parent)


def _renumbered(journal: Path, offset: int) -> Iterator[dict[str, Any]]:
    for raw in journal.read_bytes().split(b"\n"):
        try:
            line = json.loads(raw)
        except ValueError:  # a process that was killed may leave half a line; its call was never answered
            continue
        if isinstance(line, dict) and type(line.get("number")) is int:
            yield {**line, "number": line["number"] + offset}


def _move_bodies(one: Path, whole: Path) -> None:
    bodies = one / FOLDER
    if not bodies.is_dir():
        return
    (whole / FOLDER).mkdir(exist_ok=True)
    for body in bodies.iterdir():
        body.replace(whole / FOLDER / f"{one.name}-{body.name}")
    bodies.rmdir()
