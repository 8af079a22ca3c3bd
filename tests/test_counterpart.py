"""The counterpart: calls over real sockets, judged, recorded, answered, and taken by whoever waits for them."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from counterpart_world import ADDRESS, CHILD, PATIENT, Wanted, call, counterpart, domain, invalid_referral, referral
from rivta import contract
from rivta.counterpart import Counterpart
from rivta.model import Behaviour, StandingAnswer

ERROR = Behaviour("error", error="APPLICATION_ERROR", sub="PR001")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Counterpart]:
    with counterpart(tmp_path) as one:
        yield one


def test_a_valid_call_is_answered_ok_and_taken(running: Counterpart) -> None:
    body = referral()
    with running.wait(Wanted(when={"patient": PATIENT, "kind": "NR"})) as waiter:
        heard = call(running.addresses["ProcessRequest"], body, {"x-skltp-correlation-id": "one"})
        taken = waiter.take(5)
    assert (heard.status, heard.text("resultCode")) == (200, "OK")
    assert heard.headers["x-skltp-correlation-id"] == "one"
    assert taken is not None
    exchange = taken.exchange
    assert exchange.inbound
    assert exchange.request.body == body
    assert exchange.response is not None
    assert exchange.response.body == heard.body
    assert dict((name.lower(), value) for name, value in exchange.response.headers) == heard.headers
    assert (exchange.contract, taken.address, exchange.status, taken.number) == ("ProcessRequest", ADDRESS, 200, 1)
    assert exchange.url == running.addresses["ProcessRequest"]
    assert taken.facts == {"patient": PATIENT, "request-id": "SE2321000012-0001#1", "kind": "NR", "version": "1"}
    assert taken.arrived <= taken.answered <= time.monotonic()
    assert not list(running.unclaimed())


def test_the_answer_holds_by_both_validators(running: Counterpart) -> None:
    for name, one in domain().contracts.items():
        answer = running.catalogue.shapes[name]
        assert answer is not None
        assert contract.schemas(one).verdict(answer.written({"resultcode": "OK"}).encode()).valid
