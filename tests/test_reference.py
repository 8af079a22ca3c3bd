"""The reference system's answers, message by message: rules, codes, courses, technical errors, memory."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree

from reference_messages import (
    ACCEPTED_COURSES,
    BREAKS_CODE,
    BREAKS_RULE,
    HEADERS,
    INVALID,
    REFUSED_COURSES,
    TECHNICAL,
    TOLVAN,
    confirmation,
    outcome,
    referral,
)
from reference_system import FAULTS, own, read_referrals, started
from reference_system import domain as remiss
from rivta import environment
from rivta.contract import schemas
from rivta.contract.message import FaultFacts, ResultFacts, open_envelope
from rivta.contract.result import likely_result
from rivta.model.domain import Domain
from rivta.model.errors import Mistakes, UsageError
from rivta.model.words import Value
from rivta.simulator import Reply, Simulator
from rivta.text import identity, places

REFERRALS = places.reference() / "referrals.yaml"
ENVIRONMENT = places.reference() / "environment.yaml"
RULES = [name.removeprefix("ignores-") for name in FAULTS if name.startswith("ignores-P")]
NATIONAL_TEXTS = Path(__file__).parents[1].parent / "shared" / "facts" / "eremiss.json"


@pytest.fixture(scope="module")
def domain() -> Domain:
    return remiss()


@pytest.fixture
def system(domain: Domain) -> Iterator[Simulator]:
    with started(referrals=read_referrals(REFERRALS), domain=domain) as clean:
        yield clean


def said(reply: Reply) -> ResultFacts | FaultFacts:
    envelope = open_envelope(reply.body)
    answer = envelope.fault or likely_result(envelope)
    assert answer is not None
    return answer


def result(reply: Reply) -> ResultFacts:
    answer = said(reply)
    assert isinstance(answer, ResultFacts), answer
    assert reply.status == 200
    return answer


@pytest.mark.parametrize("name", ACCEPTED_COURSES)
def test_what_the_contract_allows_is_accepted(system: Simulator, name: str) -> None:
    for body in ACCEPTED_COURSES[name]:
        assert result(system.answer(HEADERS, body)) == ResultFacts("OK", "", "", "", "")


@pytest.mark.parametrize("rule", BREAKS_RULE)
def test_a_message_that_breaks_one_rule_is_not_valid(system: Simulator, rule: str) -> None:
    answer = result(system.answer(HEADERS, BREAKS_RULE[rule]))
    assert (answer.code, answer.error_code, answer.sub_code) == ("ERROR", "VALIDATION_ERROR", "")
    assert answer.log_id
    assert "schemat" in answer.message or rule in answer.message


def test_the_29_rules_in_force_are_all_shown() -> None:
    assert len(RULES) == 29
    assert set(BREAKS_RULE) == set(RULES)


@pytest.mark.parametrize("code", BREAKS_CODE)
def test_each_national_code(system: Simulator, code: str) -> None:
    answer = result(system.answer(HEADERS, BREAKS_CODE[code]))
    assert (answer.code, answer.error_code, answer.sub_code) == ("ERROR", "APPLICATION_ERROR", code)
    assert answer.log_id


@pytest.mark.skipif(not NATIONAL_TEXTS.exists(), reason="../shared with the contract's own list of codes is not here")
def test_the_national_codes_have_the_contract_s_own_texts() -> None:
    codes = json.loads(NATIONAL_TEXTS.read_text(encoding="utf-8"))["contract_error_codes"]
    ours = {
        demand.sub_code: demand.text
        for demands in own("demands").DEMANDS.values()
        for demand in demands
        if demand.sub_code
    }
    assert ours == {code["code"]: code["klartext"] for code in codes}


def _of(value: Value, key: str) -> Value:
    assert isinstance(value, dict)
    return value[key]


@pytest.mark.parametrize("name", REFUSED_COURSES)
def test_the_business_rules_refuse(system: Simulator, name: str) -> None:
    *before, last = REFUSED_COURSES[name]
    for body in before:
        assert result(system.answer(HEADERS, body)).code == "OK"
    answer = result(system.answer(HEADERS, last))
    assert (answer.code, answer.error_code) == ("ERROR", "APPLICATION_ERROR")
    assert answer.message


@pytest.mark.parametrize("name", INVALID)
def test_what_is_not_valid_is_refused(system: Simulator, name: str) -> None:
    answer = result(system.answer(HEADERS, INVALID[name]))
    assert (answer.code, answer.error_code) == ("ERROR", "VALIDATION_ERROR")


@pytest.mark.parametrize("name", TECHNICAL)
def test_what_cannot_be_read_or_placed_is_a_fault(system: Simulator, name: str) -> None:
    reply = system.answer(HEADERS, TECHNICAL[name])
    answer = said(reply)
    assert isinstance(answer, FaultFacts)
    assert reply.status == 500
    assert answer.code == ("MustUnderstand" if name == "mandatory header" else "Client")
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.detail)


ALL_MESSAGES = [
    *BREAKS_RULE.values(),
    *BREAKS_CODE.values(),
    *TECHNICAL.values(),
    *(body for bodies in REFUSED_COURSES.values() for body in bodies),
    *INVALID.values(),
]


def test_no_answer_names_a_person_and_every_answer_is_valid(system: Simulator, domain: Domain) -> None:
    for body in ALL_MESSAGES:
        reply = system.answer(HEADERS, body)
        text = reply.body.decode()
        assert not identity.find(text)
        assert "Tolvan" not in text
        envelope = open_envelope(reply.body)
        if envelope.payload is not None:
            contract = next(one for one in domain.contracts.values() if one.namespace in envelope.payload_name)
            assert schemas(contract).verdict(reply.body).valid
            assert all(element.text for element in envelope.root.iter(etree.Element) if not len(element))


def test_a_message_in_another_encoding_is_read_as_it_says(system: Simulator) -> None:
    headers = (("content-type", "text/xml; charset=utf-16"),)
    assert result(system.answer(headers, referral(prolog="").decode().encode("utf-16"))).code == "OK"
    latin = referral("a#2", prolog='<?xml version="1.0" encoding="ISO-8859-1"?>').decode().encode("latin-1")
    assert result(system.answer((), latin)).code == "OK"
    assert result(system.answer(HEADERS, latin.replace(b"a#2", b"a#3"))).code == "OK", "the document is believed then"
    undeclared = referral("a#4", prolog="").decode().encode("latin-1")
    assert result(system.answer((("Content-Type", "text/xml; charset=ISO-8859-1"),), undeclared)).code == "OK"
    assert isinstance(said(system.answer((("Content-Type", "text/xml; charset=klingon"),), undeclared)), FaultFacts)


def test_a_correlation_id_comes_back(system: Simulator) -> None:
    reply = system.answer((("X-SKLTP-Correlation-ID", "abc-1"),), referral())
    assert dict(reply.headers) == {"Content-Type": "text/xml; charset=UTF-8", "x-skltp-correlation-id": "abc-1"}


def test_the_latest_message_may_be_sent_again(system: Simulator) -> None:
    first, second = referral(), referral(reason="AR", version="2")
    for body in (first, first, first.replace(b"c:", b"core:").replace(b":c=", b":core="), second, second):
        assert result(system.answer(HEADERS, body)).code == "OK"
    assert result(system.answer(HEADERS, first)).code == "ERROR", "an older one is judged anew"


def test_an_outcome_that_is_repeated_after_the_final_one_is_judged_anew(system: Simulator) -> None:
    answers = [result(system.answer(HEADERS, outcome(kind=kind))).code for kind in ("DSV", "DSV", "SSV", "SSV", "DSV")]
    assert answers == ["OK", "OK", "OK", "OK", "ERROR"]


def test_a_whole_course_towards_a_remittent(system: Simulator) -> None:
    course = [
        (confirmation(kind="KOM"), "OK"),
        (confirmation(kind="BEK"), "OK"),
        (outcome(kind="PSV"), "OK"),
        (outcome(kind="SSV"), "OK"),
        (confirmation(kind="KOM", number=2), "OK"),
        (outcome(kind="PSV", number=3), "ERROR"),
        (outcome(kind="SSV", number=4), "OK"),
        (confirmation(kind="AVB", number=5), "OK"),
        (outcome(kind="SSV", number=6), "OK"),
    ]
    assert [result(system.answer(HEADERS, body)).code for body, _ in course] == [code for _, code in course]


@pytest.mark.parametrize("end", ["AVV", "AVB"])
def test_nothing_more_is_said_of_a_closed_referral(system: Simulator, end: str) -> None:
    assert result(system.answer(HEADERS, confirmation(kind=end))).code == "OK"
    assert result(system.answer(HEADERS, confirmation(kind="BEK"))).sub_code == "PRC003"
    assert result(system.answer(HEADERS, outcome())).sub_code == "PRO003"


def test_a_person_may_have_another_identity_in_an_answer(system: Simulator) -> None:
    assert result(system.answer(HEADERS, confirmation(person="201212121212"))).code == "OK"
    assert result(system.answer(HEADERS, outcome(person="201212121212"))).code == "OK"


def test_only_the_contracts_of_its_roles_are_answered(domain: Domain) -> None:
    with started(roles=["remissmottagare"], domain=domain) as receiving:
        assert [contract.name for contract in receiving.contracts] == ["ProcessRequest"]
        assert result(receiving.answer(HEADERS, referral())).code == "OK"
        assert isinstance(said(receiving.answer(HEADERS, confirmation())), FaultFacts)


def test_what_goes_wrong_in_the_system_itself_is_a_fault_without_the_message(
    system: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    system.close()
    with caplog.at_level(logging.DEBUG):
        answer = said(system.answer(HEADERS, referral()))
    assert isinstance(answer, FaultFacts)
    assert answer.code == "Server"
    assert answer.detail in caplog.text
    assert TOLVAN not in caplog.text


def test_one_of_many_versions_at_once_is_the_next_one(system: Simulator) -> None:
    assert result(system.answer(HEADERS, referral())).code == "OK"
    bodies = [referral(reason="AB", version="2", text=f"Variant {number}") for number in range(64)]
    with ThreadPoolExecutor(16) as threads:
        codes = [result(reply).code for reply in threads.map(lambda body: system.answer(HEADERS, body), bodies)]
    assert sorted(set(codes)) == ["ERROR", "OK"]
    assert codes.count("OK") == 1


def test_many_referrals_at_once_do_not_mix(system: Simulator) -> None:
    def whole(number: int) -> list[str]:
        ident = f"SE2321000012-0001#{number}"
        course = (referral(ident), referral(ident, reason="AR", version="3"), referral(ident, reason="AB", version="2"))
        return [result(system.answer(HEADERS, body)).code for body in course]

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(whole, range(50, 114))) == [["OK", "ERROR", "OK"]] * 64


def test_a_database_file_keeps_state_over_a_restart(domain: Domain, tmp_path: Path) -> None:
    known, database = read_referrals(REFERRALS), tmp_path / "state.sqlite"
    with started(referrals=known, domain=domain, database=database) as before:
        assert result(before.answer(HEADERS, referral())).code == "OK"
        assert result(before.answer(HEADERS, confirmation(kind="AVB"))).code == "OK"
    with started(referrals=known, domain=domain, database=database) as after:
        assert result(after.answer(HEADERS, referral(reason="AR", version="2"))).code == "OK"
        assert result(after.answer(HEADERS, outcome())).sub_code == "PRO003"


def test_unknown_roles_and_faults_are_told(domain: Domain) -> None:
    with pytest.raises(UsageError, match=r"remitent[\s\S]*did you mean “remittent”"):
        started(roles=["remitent"], domain=domain)
    with pytest.raises(UsageError, match=r"slow-anser[\s\S]*did you mean “slow-answer”"):
        started(faults=["slow-anser"], domain=domain)


def test_known_referrals_are_read(tmp_path: Path) -> None:
    known = read_referrals(REFERRALS)
    assert {referral["status"] for referral in known} == {status.value for status in own("referral").Status}
    assert len({(referral["side"], referral["requestId"]) for referral in known}) == len(known)
    wrong = tmp_path / "referrals.yaml"
    wrong.write_text('- {side: sent, requestId: "a#1", versionNumber: 0, status: open, patient: "1", from: A}\n')
    with pytest.raises(Mistakes) as mistakes:
        read_referrals(wrong)
    assert len(mistakes.value.mistakes) == 3


def test_the_example_environment_meets_every_precondition(domain: Domain) -> None:
    example = environment.read(ENVIRONMENT)
    missing = [
        name for need in domain.preconditions.values() for name in need.data if not _has(example.test_data, name)
    ]
    assert missing == []
    known = {referral["requestId"] for referral in read_referrals(REFERRALS)}
    for group in ("received", "referrals"):
        entries = example.test_data[group]
        assert isinstance(entries, dict)
        assert {_of(entry, "requestId") for entry in entries.values()} <= known
    assert {str(domain.contracts[word].id) for word in example.endpoints} == set(domain.contracts)


def _has(data: object, dotted: str) -> bool:
    for part in dotted.split("."):
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return True


def test_faults_break_requirements_that_the_domain_lists(domain: Domain) -> None:
    named = {requirement for fault in FAULTS.values() for requirement in fault.breaks}
    assert named <= set(domain.requirements)
    assert all(fault.breaks for fault in FAULTS.values())
    testable = {name for name, requirement in domain.requirements.items() if requirement.not_tested is None}
    assert testable - named == set()
