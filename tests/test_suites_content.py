"""The shipped suites hold what they say: valid messages are valid, and a message that breaks a rule breaks just that rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

import pytest
from lxml import etree

import reference_system
from rivta import check, suite
from rivta.contract import message, schemas
from rivta.contract.editing import changed
from rivta.contract.rules import rules_of
from rivta.model.case import Case, Suite
from rivta.model.domain import Contract, Domain
from rivta.model.errors import Unreadable
from rivta.model.steps import Ask, Expectation, Receive, Send, Watch
from rivta.model.words import Direction, Level, Value
from rivta.run.filling import changes
from rivta.text import identity, places, xml
from rivta.text.placeholder import Scope, fill
from thorough import part

NAME = "clinicalprocess.activity.request"
FOLDER = places.suites() / NAME
SCENARIOS = places.scenarios() / NAME
HEADER = "{urn:riv:itintegration:registry:1}LogicalAddress"
ENFORCED_RULES = 29
TEN_MB = 10_000_000
TEN_MIB = 10 * 1024 * 1024
OF_SIZE = 1_000_000
"""A message of more bytes than this is sent for its size."""

BREAK_THE_SCHEMA_TOO = {
    "ProcessRequest-3.1",
    "ProcessRequest-3.3",
    "ProcessRequest-3.5.2",
    "ProcessRequest-3.6",
    "ProcessRequest-3.7.2",
    "ProcessRequestConfirmation-3.1",
    "ProcessRequestConfirmation-3.2",
    "ProcessRequestOutcome-3.1",
    "ProcessRequestOutcome-3.2",
}
"""Rule cases whose value the schema refuses as well: no message can break those rules alone."""


def sum_digit(digits: str) -> int:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def samordningsnummer() -> str:
    """That of a published test person: 60 more on the day of birth, and the check digit that follows."""
    person = next(iter(sorted(identity.PUBLISHED)))
    digits = f"{person[2:6]}{int(person[6:8]) + 60}{person[8:11]}"
    return f"{person[:2]}{digits}{sum_digit(digits)}"


VALUES: Mapping[str, str] = {
    "requestId": "SE2321000012-0001#1",
    "versionNumber": "1",
    "nextVersion": "2",
    "authorDate": "20260901",
    "unit": "SE2321000012-REM3",
    "samordningsnummer": samordningsnummer(),
    "national-reserve-id": "22121212AB1C",
    "extension": "99-test-1",
    "root": "1.2.752.97.3.1.3",
}
FIXED: Mapping[str, Value] = {
    "unique": "0123456789ab",
    "run": {"id": "run-1"},
    "now": {"timestamp": "20260901101500", "date": "20260901", "minute": "202609011015"},
    "logical-address": "SE2321000016-MOT1",
}


CAPTURED: Mapping[str, str] = {
    "requestId": "SE2321000012-0001#1",
    "sentId": "SE2321000012-0001#1",
    "versionNumber": "1",
    "firstVersion": "1",
    "unit": "SE2321000012-REM1",
}
"""What a scenario captures from what it receives, and sends back."""


def prepared(domain: Domain) -> dict[str, Value]:
    """What an environment would hold to meet every precondition."""
    names = chain.from_iterable(one.data for one in domain.preconditions.values())
    return {name: VALUES.get(name.rpartition(".")[2], "SE2321000016-MOT2") for name in names}


@dataclass(frozen=True)
class Sent:
    """One message of one case, as it goes out."""

    suite: Suite
    case: Case
    step: Send
    contract: Contract
    body: bytes

    @property
    def name(self) -> str:
        file = "" if self.case.role == "producer" else "-consumer"
        return f"{self.suite.party or self.contract.name}{file}-{self.case.id}"

    @property
    def large(self) -> bool:
        return "large" in self.case.markers and len(self.body) > OF_SIZE

    def broken_rules(self) -> list[str]:
        outcomes = rules_of(self.contract, Direction.REQUEST).run(xml.parse(self.body))
        assert not [outcome for outcome in outcomes if outcome.kind == "error"]
        return [outcome.rule for outcome in outcomes]


DOMAIN = reference_system.domain()
FILES = [*sorted(FOLDER.glob("*/*er.yaml")), *sorted(SCENARIOS.glob("*.yaml"))]


@cache
def suites() -> list[Suite]:
    """What is read and written here is read when a test asks for it: who only collects need not wait."""
    return [suite.read(path, DOMAIN, check.vocabulary()) for path in FILES]


@cache
def sent() -> list[Sent]:
    return list(_sent())


def _sent() -> Iterator[Sent]:
    data = prepared(DOMAIN)
    for one in suites():
        for case in one.cases:
            for step in (step for step in case.steps if isinstance(step, Send)):
                scope = Scope((FIXED, step.data, data, one.data, CAPTURED))
                text = fill(step.template.read_text(encoding="utf-8"), scope, path=str(step.template))
                body = message.compose(text, "SE2321000016-MOT1", HEADER, str(step.template))
                if step.change or step.leave_out:
                    texts = changes(step.change, scope)
                    body = changed(body, texts, step.leave_out, one.namespaces, step.source)
                if (
                    step.template.name == "latin1-question.xml"
                ):  # its bytes are what the HTTP header says, not what it says
                    body = body.replace(b"ISO-8859-1", b"UTF-8")
                yield Sent(one, case, step, DOMAIN.contracts[step.contract], body)


def flat(expectations: tuple[Expectation, ...]) -> Iterator[Expectation]:
    for one in expectations:
        yield one
        alternatives = one.args.get("expectations", ())
        assert isinstance(alternatives, tuple)
        for alternative in alternatives:
            yield from flat(alternative if isinstance(alternative, tuple) else (alternative,))


def allows(step: Send, kind: str, **args: str) -> bool:
    return any(one.kind == kind and args.items() <= one.args.items() for one in flat(step.expect))


def proven(case: Case) -> set[str]:
    own = chain.from_iterable(one.verifies for step in case.steps for one in step.expect)
    seen = chain.from_iterable(step.verifies for step in case.steps if isinstance(step, Watch | Ask))
    return {*case.verifies, *own, *seen}


class Kinds(NamedTuple):
    """Every message that is sent, by what is meant to be wrong with it."""

    unreadable: list[Sent]
    """What cannot be read at all, by design: the answer is a SOAP Fault."""
    misplaced: list[Sent]
    """What the contract does not know or cannot be placed."""
    breaks_rule: list[Sent]
    breaks_schema: list[Sent]
    valid: list[Sent]


@cache
def kinds() -> Kinds:
    unreadable = [one for one in sent() if one.step.template.name in {"not-well-formed.xml", "document-type.xml"}]
    misplaced = [one for one in sent() if one.step.template.name in {"version-1.xml", "no-address.xml"}]
    invalid = [
        one
        for one in sent()
        if allows(one.step, "result", error="VALIDATION_ERROR") and (one.case.id.startswith("3.") or one.suite.party)
    ]
    others = {id(one) for one in (*unreadable, *misplaced, *invalid)}
    return Kinds(
        unreadable,
        misplaced,
        [one for one in invalid if any("-S-" in id_ for id_ in one.case.verifies)],
        [one for one in invalid if any("-F-schemaInvalid" in id_ for id_ in one.case.verifies)],
        [one for one in sent() if id(one) not in others],
    )


def test_every_message_is_of_one_kind() -> None:
    assert all(kinds())
    assert not [one.name for one in kinds().valid if one.case.id.startswith("3.") and one.case.role == "producer"]
    assert sum(map(len, kinds())) == len(sent())


def test_every_message_that_is_to_be_read_is_valid() -> None:
    small = [one for one in kinds().valid if not one.large]
    judged = [(one.name, schemas(one.contract).verdict(one.body), one.broken_rules()) for one in part(small, 3)]
    assert [each for each in judged if not each[1].valid or each[2]] == []
    assert len(small) > 100


def test_a_large_message_is_valid_but_for_its_size() -> None:
    large = [one for one in kinds().valid if one.large]
    assert large
    for one in large:
        assert not schemas(one.contract).first(xml.parse(one.body)), one.name
        assert one.broken_rules() == [], one.name
        is_taken = allows(one.step, "result", code="OK")
        assert (0.9 * TEN_MB < len(one.body) < TEN_MB) if is_taken else (len(one.body) > TEN_MIB), one.name


def test_every_rule_case_breaks_the_rule_that_it_names_and_no_other() -> None:
    named_rules = [(one.name, [next(id_ for id_ in one.case.verifies if "-S-" in id_)]) for one in kinds().breaks_rule]
    assert [(one.name, one.broken_rules()) for one in kinds().breaks_rule] == named_rules
    valid = [(one.name, schemas(one.contract).verdict(one.body).valid) for one in kinds().breaks_rule]
    assert valid == [(one.name, one.name not in BREAK_THE_SCHEMA_TOO) for one in kinds().breaks_rule]


def test_a_schema_case_breaks_the_schema_to_both_validators_and_no_rule() -> None:
    for one in kinds().breaks_schema:
        assert not schemas(one.contract).verdict(one.body).valid, one.name
        assert one.broken_rules() == [], one.name


def test_an_unreadable_message_cannot_be_opened() -> None:
    for one in kinds().unreadable:
        with pytest.raises(Unreadable):
            message.open_envelope(one.body)


def test_a_misplaced_message_is_sound_xml_that_the_contract_does_not_take() -> None:
    for one in kinds().misplaced:
        envelope = message.open_envelope(one.body)
        foreign = envelope.payload_name.startswith(f"{{{one.contract.namespace}}}") is False
        assert foreign is (one.step.template.name == "version-1.xml"), one.name
        assert (envelope.address(HEADER) is None) is (one.step.template.name == "no-address.xml"), one.name


def test_each_enforced_rule_has_a_case_and_each_case_a_rule_of_the_files() -> None:
    written = set()
    for one in DOMAIN.contracts.values():
        trees = [etree.parse(each.path) for each in one.rules[Direction.REQUEST]]
        written |= {str(node) for tree in trees for node in tree.xpath("//*[local-name()='assert']/@id")}
    tried = {id_ for one in kinds().breaks_rule for id_ in one.case.verifies if "-S-" in id_}
    assert tried == written
    assert len(written) == ENFORCED_RULES


def test_each_requirement_is_proven_or_says_why_not() -> None:
    cases = {id_ for one in suites() for case in one.cases for id_ in proven(case)}
    samples = [each for one in suites() for each in one.samples]
    cases |= {id_ for each in samples for side in (each.accepted, each.refused) for id_ in side.verifies}
    cases |= {*DOMAIN.every_case.values(), *DOMAIN.every_received.values()}
    testable = {id_ for id_, requirement in DOMAIN.requirements.items() if requirement.not_tested is None}
    assert cases == testable


def test_the_lists_of_the_contract_description_are_complete() -> None:
    ids = set(DOMAIN.requirements)
    codes = [f"ERR-{prefix}00{number}" for prefix in ("PR", "PRC", "PRO") for number in (1, 2, 3, 4)]
    assert {id_ for id_ in ids if id_.startswith("ERR-")} == set(codes)
    assert {f"BR-{number}" for number in range(1, 12)} <= ids
    listed = {prefix: [id_ for id_ in ids if id_.startswith(f"{prefix}-S-")] for prefix in ("PR", "PRC", "PRO")}
    assert {prefix: len(rules) for prefix, rules in listed.items()} == {"PR": 19, "PRC": 5, "PRO": 8}
    not_enforced = {id_ for id_ in chain(*listed.values()) if DOMAIN.requirements[id_].not_tested}
    assert not_enforced == {"PR-S-personId", "PRC-S-personId", "PRO-S-personId"}


def test_each_precondition_and_each_template_is_used() -> None:
    required = {id_ for one in suites() for case in one.cases for id_ in case.requires}
    assert required == set(DOMAIN.preconditions)
    used = {one.step.template.resolve() for one in sent()}
    own = FOLDER / "reference" / "messages"  # what the simulator writes by
    assert used == {path.resolve() for path in FOLDER.glob("**/messages/*.xml") if path.parent != own}


def test_a_case_can_be_named_and_read_in_both_languages() -> None:
    for one in suites():
        ids = [case.id for case in one.cases]
        assert len(ids) == len(set(ids)), one.path
        for case in one.cases:
            assert case.title.sv != case.title.en, case.source
            assert case.verifies, case.source
            assert all(step.expect for step in case.steps if isinstance(step, Send | Receive)), case.source
            assert all(step.verifies for step in case.steps if isinstance(step, Watch | Ask)), case.source
            assert one.party or re.fullmatch(r"[1-6](\.\d+){1,2}", case.id), case.source


def test_requirements_read_in_both_languages_and_name_their_source() -> None:
    for id_, requirement in DOMAIN.requirements.items():
        assert requirement.text.sv != requirement.text.en, id_
        assert requirement.reference.strip(), id_
        if requirement.not_tested:
            assert requirement.not_tested.sv != requirement.not_tested.en, id_


REFUSED_BY_DERIVATION = {
    *(f"PR-F-amend-{what}" for what in ("authorDate", "requestOrganisation", "recipient", "authorOrganisation")),
    *("PR-F-amend-personExtension", "PR-F-amend-personRoot"),
    *("PR-F-versionStart", "PR-F-versionUnchanged", "PR-F-versionGap", "PR-F-forwardVersion", "GEN-DTD"),
    *("BR-2", "BR-9", "BR-9-cancelled", "BR-9-answer", "BR-10", "BR-10-preliminary"),
}
"""The contract binds the sender here, and asks the receiver to be forgiving."""


def test_what_is_derived_is_no_must_and_the_senders_duty_that_it_names_is() -> None:
    derived = {id_: each for id_, each in DOMAIN.requirements.items() if each.derived}
    assert derived.keys() >= REFUSED_BY_DERIVATION
    assert {id_ for id_, each in derived.items() if each.level is Level.MUST} == set()
    for each in derived.values():
        assert each.derived
        assert each.derived.sv != each.derived.en
        duties = [id_ for id_ in DOMAIN.requirements if re.search(rf"(?<![\w-]){id_}(?![\w-])", each.derived.en)]
        assert all(DOMAIN.requirements[id_].level is Level.MUST for id_ in duties)
        assert duties or each.id not in REFUSED_BY_DERIVATION


def test_only_test_identities_are_sent() -> None:
    declared = frozenset({VALUES["samordningsnummer"], VALUES["national-reserve-id"]})
    for one in sent():
        if not one.large:
            strangers = [
                found
                for found in identity.find(one.body.decode("utf-8", "replace"))
                if not identity.is_test(found.value, declared)
            ]
            assert strangers == [], one.name


STARTS: Mapping[str, bytes] = {
    "pdf": b"%PDF-",
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
    "gif": b"GIF89a",
    "bmp": b"BM",
    "html": b"<!DOCTYPE html>",
    "txt": "Bilaga för test.".encode(),
}


@pytest.mark.parametrize(("kind", "start"), STARTS.items())
def test_an_attachment_is_what_its_name_says(kind: str, start: bytes) -> None:
    assert (FOLDER / "attachments" / f"page.{kind}").read_bytes().startswith(start)


def test_special_encodings_are_on_the_wire() -> None:
    bodies = {one.step.template.name: one.body for one in sent()}
    assert bodies["byte-order-mark.xml"].startswith(b"\xef\xbb\xbf<?xml")
    assert bodies["utf-16.xml"].startswith((b"\xff\xfe", b"\xfe\xff"))
    assert bodies["latin1-prolog.xml"].isascii()
    assert bodies["no-prolog.xml"].startswith(b"<soapenv:Envelope")
