"""What the counterpart answers a consumer that reads: the records it asks for, none, some at a time, late, and how they came to be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from lxml import etree

import reading_world as world
from rivta.contract.message import open_envelope
from rivta.contract.records import value_at
from rivta.counterpart import Counterpart
from rivta.counterpart.handler import Response, request_now
from rivta.counterpart.judging import ContractCatalogue
from rivta.evidence.journal import Journal
from rivta.model.domain import Domain
from rivta.model.environment import Listening, StandingAnswer
from rivta.model.steps import Behaviour
from rivta.model.words import Headers
from rivta.text.identity import Mask
from rivta.text.yaml import compose
from rivta.text.yaml.grammar import load
from rivta.text.yaml.shape import Found
from rivta.text.yaml.values import ANSWER, behaviour
from simulated_clock import SimulatedClock

SHARED = Path(__file__).parents[2] / "shared"
HEADERS_SCHEMA = SHARED / "contracts/interoperability.headers/schemas/core_components/interoperability_headers_1.0.xsd"
BY_PATIENT = {
    "none": Behaviour("empty"),
    "few": Behaviour(most=3),
    "late": Behaviour(delay_ms=27_000),
    "broken": Behaviour("fault", code="Server"),
    "kept": Behaviour(processing="DataFromCacheSynchFailed"),
    "lost": Behaviour("empty", processing="NoDataSynchFailed"),
}
"""How calls about a patient of that name are answered; it is the environment that says so, not the caller."""


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Domain:
    there = world.folder(tmp_path_factory.mktemp("reading"))
    others = "".join(f"  - {{id: {name}}}\n" for name in BY_PATIENT)
    (there / "records.yaml").write_text(world.HELD.replace("values:", f"{others}values:", 1), encoding="utf-8")
    return world.read(there)[0]


@contextmanager
def listening(domain: Domain, folder: Path) -> Iterator[Counterpart]:
    answers = tuple(StandingAnswer({"borrower": name}, answer) for name, answer in BY_PATIENT.items())
    journal, clock = Journal(folder, mask=Mask("key", ())), SimulatedClock()
    with closing(clock), closing(journal):
        yield Counterpart(ContractCatalogue([domain]), Listening(answers=answers), journal, "http://counterpart", clock)


def told(counterpart: Counterpart, body: bytes, headers: Headers = world.HEADERS) -> Response:
    return counterpart.handler.handle(request_now("http://counterpart/GetLoans", headers, body, SimulatedClock()))


def payload(response: Response) -> etree._Element:
    assert response.answer is not None
    found = open_envelope(response.answer.body).payload
    assert found is not None
    return found


def test_a_consumer_is_given_what_it_asks_for(domain: Domain, tmp_path: Path) -> None:
    contract = domain.contracts["GetLoans"]
    with listening(domain, tmp_path) as counterpart:
        for _ in range(2):
            given = payload(told(counterpart, world.question(world.BO, "<branch>LIB-B</branch>")))
            assert world.given(contract, given) == ["GetLoans-13"]
        curious = (*world.HEADERS, ("x-rivta-original-serviceconsumer-hsaid", "CURIOUS"))
        assert world.given(contract, payload(told(counterpart, world.question(world.BO, "<branch>LIB-B</branch>"), curious))) == []  # fmt: skip
        assert value_at(given, "result/resultCode") == "OK"


def test_how_it_is_answered_is_chosen_by_the_patient(domain: Domain, tmp_path: Path) -> None:
    contract = domain.contracts["GetLoans"]
    with listening(domain, tmp_path) as counterpart:
        assert world.given(contract, payload(told(counterpart, world.question("none")))) == []
        late = told(counterpart, world.question("late"))
        assert (late.delay_seconds, len(world.given(contract, payload(late)))) == (27.0, 8)
        broken = told(counterpart, world.question("broken"))
        assert broken.answer is not None
        assert (broken.answer.status, open_envelope(broken.answer.body).fault is not None) == (500, True)
        assert world.given(contract, payload(told(counterpart, world.question("nobody")))) == []


def test_what_does_not_fit_is_had_by_asking_on(domain: Domain, tmp_path: Path) -> None:
    pages, reference = list[list[str]](), ""
    with listening(domain, tmp_path) as counterpart:
        for _ in range(3):
            filters = f"<goOn>{reference}</goOn>" if reference else ""
            given = payload(told(counterpart, world.question("few", filters)))
            pages.append(world.given(domain.contracts["GetLoans"], given))
            reference = value_at(given, "hasMore/reference")
    assert [len(page) for page in pages] == [3, 3, 2]
    assert len({each for page in pages for each in page}) == 8
    assert not reference


@pytest.mark.parametrize(("who", "cached"), [("kept", "true"), ("lost", "false")])
def test_an_aggregating_service_says_how_the_answer_came_to_be(
    who: str, cached: str, domain: Domain, tmp_path: Path
) -> None:
    with listening(domain, tmp_path) as counterpart:
        response = told(counterpart, world.question(who))
    assert response.answer is not None
    (header,) = open_envelope(response.answer.body).root[0]
    said = {etree.QName(each).localname: each.text or "" for each in header.iter("*") if not len(each)}
    assert (said["statusCode"], said["isResponseFromCache"]) == (BY_PATIENT[who].processing, cached)
    assert said["isResponseInSynch"] == "false"
    assert said["logicalAddress"] == "SE2321000016-LIB0"
    assert re.fullmatch(r"\d{14}", said["lastUnsuccessfulSynch"])
    is_kept = cached == "true"
    assert bool(said["lastSuccessfulSynch"]) is is_kept
    assert bool(world.given(domain.contracts["GetLoans"], payload(response))) is is_kept
    if HEADERS_SCHEMA.is_file():
        assert etree.XMLSchema(etree.parse(HEADERS_SCHEMA)).validate(header)


def written(text: str, folder: Path) -> tuple[Behaviour, list[str]]:
    (folder / "answer.yaml").write_text(text, encoding="utf-8")
    found = Found()
    made = behaviour(load(compose.read(folder / "answer.yaml"), ANSWER), found, folder)
    return made, [each.what for each in found]


def test_how_a_reading_consumer_is_answered_is_written_as_any_answer_is(tmp_path: Path) -> None:
    assert written("empty", tmp_path) == (Behaviour("empty"), [])
    assert written("{most: 2, delay: 27 s}", tmp_path) == (Behaviour(most=2, delay_ms=27_000), [])
    assert written("{kind: empty, processing: NoDataSynchFailed}", tmp_path) == (
        Behaviour("empty", processing="NoDataSynchFailed"),
        [],
    )
    assert written("{kind: empty, most: 2}", tmp_path)[1] == ["“most” belongs to kind: ok, and this answer is empty"]
    assert written("{kind: fault, processing: DataFromCache}", tmp_path)[1] == [
        "“processing” belongs to kind: ok or empty, and this answer is fault"
    ]
