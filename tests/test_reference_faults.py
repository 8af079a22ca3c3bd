"""Named faults that answer: they add up, and leave other messages alone. What each turns red is for test_faults."""

from __future__ import annotations

import re

import pytest
import yaml
from lxml import etree

from reference_messages import HEADERS, Course, courses_for, referral
from reference_system import CALLERS, FAULTS, read_referrals, started
from rivta.model.domain import Domain
from rivta.simulator import Reply
from rivta.simulator.edit import XPath
from rivta.text import places
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


@pytest.mark.parametrize("id_", ["191212121212", "201212121212", "19f0c2", "20f0c2", "a0f0c2", "SE2321000016-VE1"])
def test_what_a_call_is_about_is_another_whatever_it_was(id_: str) -> None:
    """An id that is drawn may begin in any way."""
    file = places.suites() / "clinicalprocess.healthcond.certificate" / "reference" / "faults.yaml"
    known = yaml.safe_load(file.read_text(encoding="utf-8"))
    (fault,) = (each for each in known if each["fault"] == "calls-about-something-else")
    other = XPath(fault["edit"][0]["by"]).as_text(etree.Element("id"), {"old": id_})
    assert other != id_
    assert other[2:] == id_[2:]
