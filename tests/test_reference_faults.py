"""Named faults that answer: they add up, and leave other messages alone. What each turns red is for test_faults."""

from __future__ import annotations

import re

import pytest

from reference_messages import HEADERS, Course, courses_for, referral
from reference_system import CALLERS, FAULTS, read_referrals, started
from rivta.model.domain import Domain
from rivta.simulator import Reply
from test_reference import domain  # noqa: F401 (a fixture)

LOG_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
KNOWN = read_referrals()


def answers(domain: Domain, course: Course, *faults: str) -> list[Reply]:  # noqa: F811 (the fixture's value)
    with started(faults=faults, referrals=KNOWN, domain=domain) as system:
        return [_without_log_id(system.answer(headers, body)) for headers, body in course]


def _without_log_id(reply: Reply) -> Reply:
    return Reply(reply.status, reply.headers, LOG_ID.sub(b"-", reply.body), reply.delay_seconds)


ANSWERERS = [name for name in FAULTS if name not in CALLERS]


def test_there_are_enough_faults() -> None:
    assert len(ANSWERERS) >= 80
    assert len(CALLERS) >= 40
    assert all(fault.name == name and fault.text.sv != fault.text.en for name, fault in FAULTS.items())


@pytest.mark.parametrize("rule", [name for name in FAULTS if name.startswith("ignores-PR")])
def test_a_rule_that_is_ignored_is_not_answered_by(domain: Domain, rule: str) -> None:  # noqa: F811 (the fixture's value)
    (course,) = courses_for(FAULTS[rule].breaks[0])
    answer = answers(domain, course, rule)[-1].body
    assert b">OK<" in answer or b"002<" in answer, "a requestId that is too long is nobody's, which is seen next"


def test_faults_add_up(domain: Domain) -> None:  # noqa: F811 (the fixture's value)
    (reply,) = answers(domain, ((HEADERS, referral(sender="SE2321000099-OKND")),), "accepts-PR001", "slow-answer")
    assert b">OK<" in reply.body
    assert reply.delay_seconds > 2


def test_a_fault_leaves_other_messages_alone(domain: Domain) -> None:  # noqa: F811 (the fixture's value)
    usual: Course = ((HEADERS, referral()),)
    clean = answers(domain, usual)
    touched = {name for name in ANSWERERS if answers(domain, usual, name) != clean}
    everywhere = {"GEN-SOAP", "GEN-SCHEMA", "GEN-RULES", "GEN-ENCODING", "GEN-RESPONSE-TIME", "GEN-ERROR-CODES-ONLY"}
    assert {requirement for name in touched for requirement in FAULTS[name].breaks} == everywhere
