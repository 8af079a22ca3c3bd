"""An exchange in words: which way the call went, when, how long, over what connection, and what went wrong.

In a call from the system the request is its message and the answer ours, so it is the request that is looked into, and the
time to the answer is no response time of the system's.
"""

from dataclasses import dataclass

from markupsafe import Markup

from rivta.model.exchange import Exchange, Tls
from rivta.model.run import CheckResult
from rivta.model.words import Blame, Direction, Headers
from rivta.report.bodies import BodyUse
from rivta.report.sequence import is_missing
from rivta.report.voice import Voice

_BLAMES = {Blame.SYSTEM: "blame_system", Blame.ENVIRONMENT: "blame_environment", Blame.OURS: "blame_ours"}

_LONG_MS = 60_000


@dataclass(frozen=True, slots=True)
class MessageView:
    """One of an exchange's two messages."""

    heading: str
    headers: Headers
    body: BodyUse


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """One call. `opening` are the first lines of the system's own message, where the case shows no lines of it as findings.

    A call that was waited for and never came has no request. `no_response` says that there is no answer, where there is none.
    """

    anchor: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    tls: str
    problem_heading: str
    problem: str
    request: MessageView | None
    response: MessageView | None
    no_response: str
    opens: str
    opening: Markup | None
    is_inbound: bool


def subject_of(exchange: Exchange) -> Direction:
    """Which of the two messages is the system's own."""
    return Direction.REQUEST if exchange.inbound else Direction.RESPONSE


class ExchangeWords:
    """What is said of exchanges, in one language."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def heading(self, exchange: Exchange, number: int) -> str:
        """Its number in the case, from 1, the contract, and which way the call went where that was to us."""
        key = "exchange_none_n" if is_missing(exchange) else "exchange_in_n" if exchange.inbound else "exchange_n"
        return self._voice.say(key, n=number, contract=exchange.contract)

    def facts(self, exchange: Exchange) -> tuple[tuple[str, str], ...]:
        """Where, when and how long."""
        words, voice = self._voice.words, self._voice
        when, time = ("received", "our_time") if exchange.inbound else ("sent", "answer_time")
        if is_missing(exchange):
            when, time = "waited_from", "waited_for"
        facts = [(words["address"], exchange.url)] if exchange.url else []
        if exchange.status is not None:
            facts.append((words["status"], str(exchange.status)))
        lasted = self.lasted(exchange.elapsed_ms)
        return (*facts, (words[when], voice.time(exchange.started)), (words[time], lasted))

    def asked(self, check: CheckResult) -> str:
        """In which step a person was asked, and what."""
        step = self._voice.say("step_n", n=check.step + 1)
        return f"{step}: {self._voice.text(check.asked)}" if check.asked else step

    def lasted(self, milliseconds: float) -> str:
        """How long something took: in milliseconds as far as those can be compared, else in the units of waiting."""
        is_long = milliseconds >= _LONG_MS
        return self._voice.duration(milliseconds / 1000) if is_long else self._voice.ms(milliseconds)

    def tls(self, exchange: Exchange) -> str:
        """The connection. Of a call that never came there is none to tell of."""
        if is_missing(exchange):
            return ""
        if exchange.tls is None:
            return self._voice.words["tls_none"]
        return self._called(exchange.tls) if exchange.inbound else self._calling(exchange.tls)

    def _calling(self, tls: Tls) -> str:
        return self._voice.say(
            "tls_facts",
            version=tls.version,
            cipher=tls.cipher,
            subject=tls.peer_subject,
            issuer=tls.peer_issuer,
            expires=tls.peer_expires,
            client=self._voice.words["tls_client" if tls.client_certificate else "tls_no_client"],
        )

    def _called(self, tls: Tls) -> str:
        if not tls.client_certificate:
            return self._voice.say("tls_caller_none", version=tls.version, cipher=tls.cipher)
        return self._voice.say(
            "tls_caller",
            version=tls.version,
            cipher=tls.cipher,
            subject=tls.peer_subject,
            issuer=tls.peer_issuer,
            expires=tls.peer_expires,
        )

    def problem(self, exchange: Exchange) -> str:
        """Why there is no readable reply, or no call, and whose fault that is; or nothing."""
        if exchange.problem is None:
            return ""
        blame = self._voice.words[_BLAMES[exchange.problem.blame]]
        return f"{self._voice.text(exchange.problem.text)} ({exchange.problem.kind}, {blame})"

    def problem_heading(self, exchange: Exchange) -> str:
        """What the problem is headed by."""
        key = "problem_none" if is_missing(exchange) else "problem_in" if exchange.inbound else "problem"
        return self._voice.words[key]

    def message(self, exchange: Exchange, side: Direction) -> str:
        """What one of the messages is called."""
        keys = ("request_in", "response_in") if exchange.inbound else ("request", "response")
        return self._voice.words[keys[side is Direction.RESPONSE]]

    def no_response(self, exchange: Exchange) -> str:
        """That there was no answer; nothing where there was no call either."""
        if is_missing(exchange):
            return ""
        return self._voice.words["no_response_in" if exchange.inbound else "no_response"]

    def opens(self, exchange: Exchange) -> str:
        """What the first lines of the system's own message are headed by."""
        return self._voice.words["request_opens" if exchange.inbound else "reply_opens"]
