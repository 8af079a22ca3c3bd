"""One call of a load: a message of the case, sent by our own transport, and what its answer shows.

Every answer is looked at: is it the system's, is it what the case expects as far as result and Fault tell, and whose records does it hold?
Of some, drawn by a seed, every check of the case is made. A message that comes out the same each time is made once.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import uuid4

from lxml import etree

from rivta.check import Seen, evaluate, expects_fault, not_the_system
from rivta.contract import schemas
from rivta.contract.message import CORRELATION, open_envelope, with_headers
from rivta.contract.records import records_in, values_at
from rivta.model.case import Load
from rivta.model.domain import Contract
from rivta.model.environment import Endpoint
from rivta.model.errors import Unreadable
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.steps import Expectation, Send
from rivta.model.words import Blame, Headers, Verdict
from rivta.run import filling
from rivta.run.filling import fixed_values, no_endpoint
from rivta.run.play import Play
from rivta.run.sending import composed, scope_of, unwritten
from rivta.run.stage import Stage

_GLANCED = ("soap", "result", "fault", "http_status")
"""The checks that every answer goes through: they look at its outermost elements alone."""
_LATER = timedelta(days=1, hours=1, minutes=1, seconds=1)
"""After which a message that says when it is sent is another."""
_NOT_HERE = ("max_ms",)
"""What the limits of the load judge instead."""


@frozen
class Outcome:
    """What came of a call: it did not reach the system (`hindered`) or was not answered (`lost`), each by the kind of problem; or what
    is wrong with the answer, by kind of check. `checked`: every check was made.
    """

    exchange: Exchange
    hindered: str = ""
    lost: str = ""
    wrong: tuple[str, ...] = ()
    checked: bool = False
    says_whose: bool = False
    mixed: bool = False

    @property
    def shows(self) -> Iterator[str]:
        """What it is an example of."""
        named = {"hindered": self.hindered, "answered": self.lost, "right": self.wrong, "unmixed": self.mixed}
        yield from (name for name, is_so in named.items() if is_so)
        if self.checked and not self.wrong and not self.mixed:
            yield "sound"


@frozen
class _Made:
    """A message ready to be sent, what is expected of its answer, and which patients it asks for."""

    headers: Headers
    body: bytes
    expectations: tuple[Expectation, ...]
    patients: frozenset[str]


@dataclass(slots=True)
class _LoadMessage:
    """One message of the case. `made` is it where it is the same each time; `size` is that of its first answer, in bytes."""

    step: Send
    contract: Contract
    endpoint: Endpoint
    whose: "Callable[[etree._Element, bool], frozenset[str]]"
    made: _Made | None = None
    size: int = 0


class Work:
    """The messages of a load, for the users of one process. Raises what keeps a message from being sent at all: see `composed`."""

    def __init__(self, load: Load, stage: Stage) -> None:
        self._load = load
        self._stage = stage
        self._random = Random(stage.seed)  # noqa: S311 - which answers are looked at closely is no secret
        self._messages = [self._message(each) for each in load.case.steps if isinstance(each, Send)]
        for each in self._messages:
            first, second = self._make(each), self._make(each, _LATER)
            is_same = first.body == second.body and _without_correlation(first) == _without_correlation(second)
            each.made = first if is_same else None

    def warm(self) -> None:
        """Send each message once, and look at its answer in full, so that what is compiled or opened first is no time of a call."""
        for each in self._messages:
            self._sent(each, is_checked=True)
            each.size = 0

    def call(self, turn: int) -> Outcome:
        message = self._messages[turn % len(self._messages)]
        return self._sent(message, is_checked=self._random.random() * 100 < self._load.share)

    def probe(self) -> tuple[Outcome, float]:
        """The first message, by itself, and in how many ms its contract has it answered."""
        message = self._messages[0]
        return self._sent(message, is_checked=False), message.contract.max_ms

    def _message(self, step: Send) -> _LoadMessage:
        stage = self._stage
        contract = stage.suite.contract(step.contract)
        endpoint = stage.environment.endpoint(contract.id)
        if endpoint is None:
            raise no_endpoint(stage.suite.called(step.contract))
        domain = stage.suite.domain_of(step.contract)
        schemas(contract).compile()  # before the load begins, not by its first answer
        return _LoadMessage(step, contract, endpoint, _whose(contract, domain.fact("patient"), dict(domain.namespaces)))

    def _make(self, message: _LoadMessage, later: timedelta = timedelta()) -> _Made:
        step, stage = message.step, self._stage
        fixed = fixed_values(stage.run, stage.clock.now() + later, stage.clock, stage.seed)
        with ExitStack() as nobody:
            play = Play(self._load.case, stage, fixed, nobody)
            scope = scope_of(step, message.endpoint, play)
            headers, body = composed(step, play, scope)
            expected = (*unwritten(step, play), *(filling.expectation(each, scope) for each in step.expect))
        fitting = tuple(each for each in expected if each.kind not in _NOT_HERE and "since" not in each.args)
        try:
            patients = message.whose(open_envelope(body).root, True)
        except Unreadable:
            patients = frozenset()
        return _Made(headers, body, fitting, patients)

    def _sent(self, message: _LoadMessage, *, is_checked: bool) -> Outcome:
        made = message.made or self._make(message)
        headers = with_headers(made.headers, {CORRELATION: str(uuid4())}) if message.made else made.headers
        exchange = self._stage.peer.send(message.endpoint.url, headers, made.body, message.step.contract)
        return self._seen(exchange, message, made, is_checked=is_checked)

    def _seen(self, exchange: Exchange, message: _LoadMessage, made: _Made, *, is_checked: bool) -> Outcome:
        suite, expected = self._stage.suite, made.expectations
        seen = Seen(exchange, message.contract, suite.namespaces, fault_allowed=expects_fault(expected))
        problem = exchange.problem or not_the_system(seen, "url:", expected)
        if problem is not None:
            is_theirs = problem.blame is Blame.SYSTEM
            return Outcome(exchange, lost=problem.kind) if is_theirs else Outcome(exchange, hindered=problem.kind)
        asked = expected if is_checked else tuple(each for each in expected if each.kind in _GLANCED)
        wrong = [each.kind for each in asked if _is_wrong(each, seen)]
        if self._load.same_size:
            size = len(seen.response.body)
            message.size = message.size or size
            wrong += ["size"] if size != message.size else []
        whose = _told(seen, message)
        is_mixed = bool(whose - made.patients)
        return Outcome(
            exchange, wrong=tuple(dict.fromkeys(wrong)), checked=is_checked, says_whose=bool(whose), mixed=is_mixed
        )


def _is_wrong(expectation: Expectation, seen: Seen) -> bool:
    """Whether a check finds something. What breaks in the check itself is ours, and stops the load."""
    result = evaluate(expectation, seen, verifies=())
    if result.verdict is Verdict.ERROR:
        raise RuntimeError(result.note.en if result.note else expectation.kind)
    return result.verdict is Verdict.FAILED


def _without_correlation(made: _Made) -> Headers:
    return tuple(each for each in made.headers if each[0].lower() != CORRELATION)


def _told(seen: Seen, message: _LoadMessage) -> frozenset[str]:
    try:
        return message.whose(seen.envelope.root, False)
    except Unreadable:
        return frozenset()


def _whose(
    contract: Contract, fact: str, namespaces: dict[str, str]
) -> "Callable[[etree._Element, bool], frozenset[str]]":
    """Which patients a message is about, given its envelope and whether it is the request: by the contract's records, else by the domain's fact."""
    records = contract.records

    def by_records(root: etree._Element, is_request: bool) -> frozenset[str]:
        payload = next(root[-1].iterchildren("*"), root)
        if records is None:
            return frozenset()
        if is_request:
            return frozenset(values_at(payload, records.filters.get("patient", "")))
        return frozenset(value for each in records_in(payload, records) for value in values_at(each, records.patient))

    if records is not None and "patient" in records.filters:
        return by_records
    if not fact:
        return lambda _root, _is_request: frozenset()
    find = etree.XPath(fact, namespaces=namespaces)

    def by_fact(root: etree._Element, _is_request: bool) -> frozenset[str]:
        found = find(root)
        return frozenset(text for each in (found if isinstance(found, list) else []) if (text := _text_of(each)))

    return by_fact


def _text_of(found: object) -> str:
    return str(found.text or "").strip() if isinstance(found, etree._Element) else str(found).strip()
