"""What happens to one request: read, judged, put on disk, answered, in that order and no other."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from typing import Final, Literal, cast

from aiohttp import web

from rivta.counterpart import diagnosis, intake
from rivta.counterpart.answers import UNHEARD, Answer, answer_to, fault
from rivta.counterpart.arrival import Arrival, Why
from rivta.counterpart.connection import ENDED, KEPT, Connection
from rivta.counterpart.desk import OK, Desk
from rivta.counterpart.door import DoorBook
from rivta.counterpart.intake import BROKEN_OFF, Refused, Request
from rivta.counterpart.judging import Catalogue, Judged
from rivta.counterpart.platform import about_call
from rivta.counterpart.published import Published
from rivta.evidence.journal import Journal
from rivta.evidence.received import Entry, Settled
from rivta.model.case import Behaviour
from rivta.model.exchange import Exchange, Message, Problem
from rivta.model.words import Blame, Text

LARGE_BYTES: Final = 1024 * 1024
"""Larger bodies are judged beside the loop: ten megabytes take it fifty milliseconds."""
_BODY_SECONDS: Final = 60.0
_CORRELATION: Final = "x-skltp-correlation-id"
_SENDER: Final = "SERIALNUMBER="
_LOG = logging.getLogger("rivta.counterpart")

_HUNG_UP = Problem(
    "hung-up",
    Text("Systemet lade på innan det fått sitt svar.", "The system hung up before it had its answer."),
    Blame.SYSTEM,
)
_ON_PURPOSE: Mapping[str, Problem] = {
    "silence": Problem(
        "silence", Text("Motparten svarade med avsikt inte.", "The counterpart gave no answer, on purpose."), Blame.OURS
    ),
    "reset": Problem(
        "reset",
        Text("Motparten bröt med avsikt anslutningen.", "The counterpart broke the connection, on purpose."),
        Blame.OURS,
    ),
}
_NOT_RECORDED = Text(
    "Ett anrop kom men kunde inte sparas i körningens mapp, och avvisades därför.",
    "A call came but could not be kept in the run's folder, and was refused for that reason.",
)


_ALWAYS_THE_SAME = ("ok", "info", "html", "invalid-xml", "breaks-schema")
"""The behaviours whose answer has no log id and nothing of the call in it."""


class Reception:
    """Receives every request. `watch` is called with each entry as it is made and as it is settled."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        desk: Desk,
        journal: Journal,
        book: DoorBook,
        published: Published,
        base: str,
        limit: int,
        silence: float,
        pool: Executor,
        watch: Callable[[int], None],
    ) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._journal = journal
        self._book = book
        self._published = published
        self._base = base
        self._limit = limit
        self._silence = silence
        self._pool = pool
        self._watch = watch
        self._number = journal.last
        self._answers: dict[tuple[str, Behaviour], Answer] = {}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request, whatever it is."""
        connection = cast("Connection", request.protocol)
        if request.method != "POST":
            return self._no_call(request, connection)
        try:
            return await self._receive(request, connection)
        except OSError as error:
            _LOG.error("a call cannot be recorded: %s", error.strerror)
            self._book.note(connection.number, "http", _NOT_RECORDED)
            connection.send(fault("Server", "Meddelandet kunde inte sparas."), keep=False)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not look like the system's
            _LOG.error("a call cannot be handled: %s", type(error).__name__, exc_info=_LOG.isEnabledFor(logging.DEBUG))
            connection.send(fault("Server", "Ett internt fel har uppstått."), keep=False)
        return ENDED

    async def _receive(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        taken = intake.taken(request, self._base)
        try:
            body = await intake.body_of(request, connection, self._limit)
        except Refused as refused:
            return self._refuse(taken, refused.status)
        except BROKEN_OFF:
            connection.force_close()
            return ENDED
        self._book.called(connection.number)
        return await self._call(taken, body)

    async def _call(self, taken: Request, body: bytes) -> web.StreamResponse:
        judged, name = await self._judged(body)
        placed = self._desk.receive(self._arrival(taken, judged))
        answer = None if placed.answer.kind in UNHEARD else self._answer(taken, judged, placed.answer)
        is_at_once = answer is not None and not placed.answer.delay_ms and taken.connection.is_there
        entry = self._entry(taken, placed, body, answer, "answered" if is_at_once else "answering")
        try:
            self._journal.received(entry, name, self._journal.keep_answer(answer.body) if answer else "")
        except OSError:
            self._desk.forget(placed.number)
            raise
        if is_at_once and answer is not None:
            return self._say(taken, placed, answer, entry)
        self._watch(placed.number)
        return await self._respond(taken, placed, answer, entry)

    def _say(self, taken: Request, placed: Arrival, answer: Answer, entry: Entry) -> web.StreamResponse:
        # Settled first: whoever hears our answer may ask at once for what came of the call.
        self._desk.settle(placed.number, time.monotonic())
        self._watch(placed.number)
        headers = entry.exchange.response.headers if entry.exchange.response else ()
        taken.connection.send(answer, keep=taken.keep, headers=headers)
        return KEPT if taken.keep else ENDED

    async def _judged(self, body: bytes) -> tuple[Judged, str]:
        if len(body) <= LARGE_BYTES:
            return self._catalogue.judge(body), self._journal.keep(body)
        loop = asyncio.get_running_loop()
        judged = await loop.run_in_executor(self._pool, self._catalogue.judge, body)
        return judged, await loop.run_in_executor(self._pool, self._journal.keep, body)

    def _arrival(self, taken: Request, judged: Judged) -> Arrival:
        self._number += 1
        why: Why = judged.standing if judged.standing in ("unrouted", "unreadable") else "nobody"
        return Arrival(
            number=self._number,
            contract=judged.contract,
            namespace=judged.namespace,
            address=judged.address,
            facts=judged.facts,
            standing=judged.standing,
            arrived=taken.arrived,
            answer=judged.forced or OK,
            forced=judged.forced is not None,
            why=why,
            detail=judged.trouble,
        )

    def _answer(self, taken: Request, judged: Judged, behaviour: Behaviour) -> Answer:
        about = judged.about
        if behaviour.code == "VP007":
            subject = taken.connection.tls.peer_subject if taken.connection.tls else ""
            about = about_call(judged.namespace, judged.address, subject.rpartition(_SENDER)[2].partition(",")[0])
        elif behaviour.kind == "platform" and behaviour.code in ("", "VP009"):
            about = taken.url
        shape = self._catalogue.shapes.get(judged.contract)
        if behaviour.kind not in _ALWAYS_THE_SAME:
            return answer_to(behaviour, shape, about)
        key = (judged.contract, behaviour)
        if key not in self._answers:
            self._answers[key] = answer_to(behaviour, shape, about)
        return self._answers[key]

    def _entry(
        self,
        taken: Request,
        placed: Arrival,
        body: bytes,
        answer: Answer | None,
        state: Literal["answering", "answered"],
    ) -> Entry:
        response = None
        if answer is not None:
            headers = taken.connection.completes(answer, taken.correlation, keep=taken.keep)
            response = Message(headers, answer.body)
        exchange = Exchange(
            contract=placed.contract,
            url=taken.url,
            request=Message(taken.headers, body),
            response=response,
            status=answer.status if answer else None,
            started=taken.started,
            elapsed_ms=taken.elapsed_ms if state == "answered" else 0.0,
            tls=taken.connection.tls,
            inbound=True,
        )
        return Entry(placed.number, placed.address, placed.facts, placed.standing, exchange, state)

    async def _respond(
        self, taken: Request, placed: Arrival, answer: Answer | None, entry: Entry
    ) -> web.StreamResponse:
        behaviour, connection = placed.answer, taken.connection
        is_there = not behaviour.delay_ms or await connection.outlasts(behaviour.delay_ms / 1000)
        if answer is None:
            await self._say_nothing(behaviour, connection)
            self._journal.settled(Settled(placed.number, taken.elapsed_ms, False, _ON_PURPOSE[behaviour.kind]))
            self._desk.settle(placed.number, time.monotonic())
            self._watch(placed.number)
            return ENDED
        is_there = is_there and connection.is_there
        self._journal.settled(Settled(placed.number, taken.elapsed_ms, is_there, None if is_there else _HUNG_UP))
        return self._say(taken, placed, answer, entry)

    async def _say_nothing(self, behaviour: Behaviour, connection: Connection) -> None:
        if behaviour.kind == "reset":
            connection.reset()
            return
        await connection.outlasts(self._silence)
        connection.force_close()

    def _refuse(self, taken: Request, status: int) -> web.StreamResponse:
        """Said by HTTP alone. It is recorded all the same, without the body that was not taken in."""
        self._book.called(taken.connection.number)
        arrival = self._arrival(taken, Judged("", "", "", {}, "refused", Behaviour("platform"), str(status)))
        placed = self._desk.receive(replace(arrival, why="refused"))
        answer = Answer(status, b"", ())
        taken = replace(taken, keep=False)
        entry = self._entry(taken, placed, b"", answer, "answered")
        self._journal.received(entry, self._journal.keep_answer(b""), self._journal.keep_answer(b""))
        return self._say(taken, placed, answer, entry)

    def _no_call(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """A look at the WSDL and its schemas, or a mistake."""
        answer = self._published.answer(request.raw_path) if request.method == "GET" else Answer(405, b"", ())
        self._book.note(connection.number, "http", diagnosis.no_post(request.method))
        connection.send(answer, keep=request.keep_alive)
        return KEPT if request.keep_alive else ENDED
