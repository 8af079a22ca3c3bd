"""The way of a call, from the request to its answer, with or without a socket.

    read        a request is bytes, headers and when they came
    judged      its contract and address are found, and whether it holds
    kept        its body is on disk
    matched     with whoever waits for it, which says how it is answered
    answered    the answer is composed
    recorded    the call is on disk with its answer, before anybody hears that

What is done about it then (said, after a while, or not at all) is a value: a `Response`. Whoever carries it out tells how that
went by `settle`.
"""

from collections.abc import Callable
from dataclasses import field, replace
from typing import Final, Literal

from rivta.contract.giving import NOTHING, Page
from rivta.contract.message import CORRELATION, original_consumer
from rivta.contract.platform import about_call, processing_status
from rivta.counterpart.composing import UNHEARD, Composer, answer_to, refusal
from rivta.counterpart.judging import ContractCatalogue, Judged
from rivta.counterpart.matching import ReceivedCall, Waiters
from rivta.evidence.journal import Journal, KeptCall, Settled
from rivta.model.clock import SWEDEN, Clock, written
from rivta.model.errors import Unwritable
from rivta.model.exchange import Exchange, Message, Problem, Tls
from rivta.model.frozen import frozen
from rivta.model.steps import ADDRESS, Behaviour
from rivta.model.words import Blame, Headers, Text
from rivta.text.catalogue import text
from rivta.transport.incoming import Reply

_SENDER: Final = "SERIALNUMBER="
_ALWAYS_THE_SAME: Final = ("ok", "empty", "info", "html", "invalid-xml", "breaks-schema")
"""The behaviours whose answer has no log id, and nothing of the call in it but the records that it asks for."""
_GIVING: Final = ("ok", "info", "invalid-xml", "breaks-schema")
"""Those whose answer holds records."""


@frozen
class Request:
    """A POST that came: `started` is when, as evidence writes it, and `arrived` the same in monotonic seconds.

    `keeps`: another request may come on the same connection. `is_there` says whether somebody is there to get an answer still.
    """

    url: str
    message: Message = field(repr=False)
    started: str
    arrived: float
    tls: Tls | None = None
    keeps: bool = True
    is_there: Callable[[], bool] = field(default=lambda: True, repr=False)

    @property
    def body(self) -> bytes:
        return self.message.body


def request_now(url: str, headers: Headers, body: bytes, clock: Clock) -> Request:
    """A request of this moment that comes over no connection."""
    return Request(url, Message(headers, body), written(clock.now()), clock.monotonic())


@frozen
class Response:
    """What is done about a request: an answer is said after a while, or there is none, by silence or by a broken connection.

    `is_settled`: the answer is said at once, and is recorded as said.
    """

    request: Request = field(repr=False)
    call: ReceivedCall
    answer: Reply | None
    is_settled: bool = False

    @property
    def delay_seconds(self) -> float:
        return self.call.answer.delay_ms / 1000

    @property
    def is_reset(self) -> bool:
        """Whether the connection is broken, so that the caller sees it at once."""
        return self.call.answer.kind == "reset"


class Handler:
    """Handles requests, from any thread. `came` is told the number of each call that has been handled."""

    def __init__(
        self,
        catalogue: ContractCatalogue,
        waiters: Waiters,
        journal: Journal,
        clock: Clock,
        *,
        came: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._catalogue = catalogue
        self._waiters = waiters
        self._journal = journal
        self._clock = clock
        self._came = came
        self._answers: dict[tuple[str, Behaviour], Reply] = {}

    def handle(self, request: Request) -> Response:
        """One call, whatever it holds. Unwritable where it cannot be put on disk; then it has not come."""
        said = self._catalogue.judge(request.body)
        name = self._journal.keep(request.body)
        call = self._waiters.match(said, request.arrived)
        is_lower = call.answer.header_names == "lower"
        answer = None if call.answer.kind in UNHEARD else _completed(self._answer(request, call), request, is_lower)
        is_at_once = answer is not None and not call.answer.delay_ms and request.is_there()
        response = Response(request, call, answer, is_settled=is_at_once)
        self._record(response, name)
        self._came(call.number)
        return response

    def refuse(self, request: Request, status: int) -> Response:
        """A call that HTTP itself refuses. It is recorded all the same, without the body that was not taken in."""
        said = Judged("", "", "", {}, "refused", Behaviour("platform"), Text.same(str(status)))
        request = replace(request, keeps=False)
        call = self._waiters.match(said, request.arrived)
        answer = _completed(refusal(status), request)
        response = Response(request, call, answer, is_settled=True)
        self._record(response, self._journal.keep_answer(b""))
        return response

    def settle(self, response: Response, *, is_heard: bool) -> None:
        """How a response that took its time went: whether its answer was heard. Before it is said, since whoever hears it may
        ask at once for what came of the call.
        """
        if response.is_settled:
            return
        number, problem = response.call.number, None
        if response.answer is None:
            kind = response.call.answer.kind
            is_heard, problem = False, Problem(kind, text("counterpart", kind), Blame.OURS)
        elif not is_heard:
            problem = Problem("hung-up", text("counterpart", "hung-up"), Blame.SYSTEM)
        self._journal.settled(Settled(number, self._elapsed_ms(response.request), is_heard, problem))
        self._waiters.settle(number)

    def _record(self, response: Response, name: str) -> None:
        number, answer = response.call.number, response.answer
        entry = self._entry(response, "answered" if response.is_settled else "answering")
        try:
            self._journal.received(entry, name, self._journal.keep_answer(answer.body) if answer else "")
        except Unwritable:
            self._waiters.forget(number)
            raise
        if response.is_settled:
            self._waiters.settle(number)

    def _entry(self, response: Response, state: Literal["answering", "answered"]) -> KeptCall:
        request, said, answer = response.request, response.call.said, response.answer
        exchange = Exchange(
            contract=said.contract,
            url=request.url,
            request=request.message,
            response=Message(answer.headers, answer.body) if answer else None,
            status=answer.status if answer else None,
            started=request.started,
            elapsed_ms=self._elapsed_ms(request) if state == "answered" else 0.0,
            tls=request.tls,
            inbound=True,
        )
        return KeptCall(response.call.number, said.address, said.facts, said.standing, exchange, state)

    def _elapsed_ms(self, request: Request) -> float:
        return round((self._clock.monotonic() - request.arrived) * 1000, 3)

    def _answer(self, request: Request, call: ReceivedCall) -> Reply:
        behaviour, contract = call.answer, call.said.contract
        composer = self._catalogue.composers.get(contract)
        is_its_own = behaviour.processing or (composer is not None and composer.reads)
        if behaviour.kind in _ALWAYS_THE_SAME and not is_its_own:
            if (contract, behaviour) not in self._answers:
                self._answers[contract, behaviour] = answer_to(behaviour, composer, "", {})
            return self._answers[contract, behaviour]
        known = {**call.said.facts, ADDRESS: call.said.address}
        page, header = self._page(request, call, composer), self._header(call)
        return answer_to(behaviour, composer, _about(request, call), known, page=page, header=header)

    @staticmethod
    def _page(request: Request, call: ReceivedCall, composer: Composer | None) -> Page:
        """The records that the call asks for, where its answer holds any."""
        if composer is None or call.answer.kind not in _GIVING:
            return NOTHING
        consumer = original_consumer(request.message.headers)
        return composer.page(request.body, call.said.address, consumer, call.answer.most)

    def _header(self, call: ReceivedCall) -> str:
        """How the answer came to be, as XML for the SOAP header; empty where nothing is to say so."""
        now = self._clock.now().astimezone(SWEDEN).strftime("%Y%m%d%H%M%S")
        status = call.answer.processing
        return processing_status(status, call.said.address, now) if status else ""


def _about(request: Request, call: ReceivedCall) -> str:
    """What the call was about, as the platform puts it in a fault."""
    if call.answer.code == "VP007":
        subject = request.tls.peer_subject if request.tls else ""
        sender = subject.rpartition(_SENDER)[2].partition(",")[0]
        return about_call(call.said.namespace, call.said.address, sender)
    if call.answer.kind == "platform" and call.answer.code in ("", "VP009"):
        return request.url
    return call.said.about


def _completed(answer: Reply, request: Request, is_lower: bool = False) -> Reply:
    """The answer with its headers as they go out; with their names in small letters where it is to be so."""
    correlation = request.message.header(CORRELATION)
    headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
    headers += [(CORRELATION, correlation)] if correlation else []
    headers += [] if request.keeps else [("Connection", "close")]
    if is_lower:
        headers = [(name.lower(), value) for name, value in headers]
    return replace(answer, headers=tuple(headers))
