"""An exchange in words: which way the call went, when, how long, over what connection, and what went wrong.

In a call from the system the request is its message and the answer ours, so it is the request that is looked into, and the
time to the answer is no response time of the system's.
"""

from collections.abc import Iterator

from rivta.model.exchange import Exchange
from rivta.model.run import CheckResult
from rivta.model.words import Direction
from rivta.report.links import View
from rivta.report.sequence import is_missing
from rivta.report.voice import Voice

_HEADINGS = {"out": "exchange_n", "in": "exchange_in_n", "none": "exchange_none_n"}
_PROBLEMS = {"out": "problem", "in": "problem_in", "none": "problem_none"}
_TIMES = {"out": ("sent", "answer_time"), "in": ("received", "our_time"), "none": ("waited_from", "waited_for")}
_NO_RESPONSE = {"out": "no_response", "in": "no_response_in", "none": ""}
"""Keys of the catalogue by the way that a call went: from us, to us, or that it never came."""
_LONG_MS = 60_000


def subject_of(exchange: Exchange) -> Direction:
    """Which of the two messages is the system's own."""
    return Direction.REQUEST if exchange.inbound else Direction.RESPONSE


def told(exchange: Exchange, number: int, voice: Voice) -> View:
    """The call in words. `number` is its place in the case, from 1."""
    way = "none" if is_missing(exchange) else "in" if exchange.inbound else "out"
    words, is_answered = voice.words, exchange.response is not None
    return {
        "heading": words.say(_HEADINGS[way], n=number, contract=exchange.contract),
        "facts": [*_facts(exchange, way, voice)],
        "tls": "" if way == "none" else _tls(exchange, voice),
        "problem_heading": words[_PROBLEMS[way]],
        "problem": problem(exchange, voice),
        "no_response": "" if is_answered else _NO_RESPONSE[way] and words[_NO_RESPONSE[way]],
        "opens": words["request_opens" if exchange.inbound else "reply_opens"],
        "is_inbound": exchange.inbound,
    }


def _facts(exchange: Exchange, way: str, voice: Voice) -> Iterator[tuple[str, str]]:
    """Where, when and how long."""
    words, (when, time) = voice.words, _TIMES[way]
    if exchange.url:
        yield words["address"], exchange.url
    if exchange.status is not None:
        yield words["status"], str(exchange.status)
    yield words[when], voice.time(exchange.started)
    yield words[time], lasted(exchange.elapsed_ms, voice)


def _tls(exchange: Exchange, voice: Voice) -> str:
    tls, words = exchange.tls, voice.words
    if tls is None:
        return words["tls_none"]
    told = {
        "version": tls.version,
        "cipher": tls.cipher,
        "subject": tls.peer_subject,
        "issuer": tls.peer_issuer,
        "expires": tls.peer_expires,
    }
    if exchange.inbound:
        return words.say("tls_caller" if tls.client_certificate else "tls_caller_none", **told)
    return words.say("tls_facts", **told, client=words["tls_client" if tls.client_certificate else "tls_no_client"])


def problem(exchange: Exchange, voice: Voice) -> str:
    """Why there is no readable reply, or no call, and whose fault that is; or nothing."""
    found = exchange.problem
    return f"{voice.text(found.text)} ({found.kind}, {voice.words[f'blame_{found.blame}']})" if found else ""


def message_heading(exchange: Exchange, side: Direction, voice: Voice) -> str:
    """What one of the messages is called."""
    keys = ("request_in", "response_in") if exchange.inbound else ("request", "response")
    return voice.words[keys[side is Direction.RESPONSE]]


def asked(check: CheckResult, voice: Voice) -> str:
    """In which step a person was asked, and what."""
    step = voice.say("step_n", n=check.step + 1)
    return f"{step}: {voice.text(check.asked)}" if check.asked else step


def lasted(milliseconds: float, voice: Voice) -> str:
    """How long something took: in milliseconds as far as those can be compared, else in the units of waiting."""
    return voice.duration(milliseconds / 1000) if milliseconds >= _LONG_MS else voice.ms(milliseconds)
