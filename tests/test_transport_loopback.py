"""The loopback transport: a function, seen as a system."""

import pytest

from loopback import Loopback
from rivta.model.exchange import Message
from rivta.model.words import Headers


def test_a_function_is_asked_and_its_answer_recorded() -> None:
    def system(headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        return 500, (*headers, ("X-Seen", "1")), body[::-1]

    exchange = Loopback(system).send("loopback:", (("SOAPAction", '""'),), b"abc", "Ask")
    assert exchange.request == Message((("SOAPAction", '""'),), b"abc")
    assert exchange.response == Message((("SOAPAction", '""'), ("X-Seen", "1")), b"cba")
    assert (exchange.status, exchange.contract, exchange.problem, exchange.tls) == (500, "Ask", None, None)
    assert exchange.started.endswith("Z")
    assert exchange.elapsed_ms >= 0


def test_what_the_function_raises_goes_through() -> None:
    def broken(headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Loopback(broken).send("loopback:", (), b"", "Ask")
