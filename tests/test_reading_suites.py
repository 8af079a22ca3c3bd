"""The suites of the contracts of a patient's history, beside the numbers of the published suites, which the self-declarations refer to.

Their schemas come from the release package, so without the published contracts nothing here can be read. How they do on a sound system
and on faulty ones is played with all shipped domains, in tests/test_shipped_domains.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import shipped_world
from rivta import suite
from rivta.check import Seen, evaluate, refuse_undeclared, vocabulary
from rivta.model.domain import Contract, Domain
from rivta.model.exchange import Exchange, Message
from rivta.model.steps import Expectation
from rivta.model.words import Level, Source, Verdict
from rivta.report.word import read_form

HISTORY, OUTCOMES = "clinicalprocess.healthcond.description", "clinicalprocess.healthcond.actoutcome"
NUMBERED = {
    HISTORY: ("GetDiagnosis", "GetAlertInformation", "GetCareDocumentation", "GetFunctionalStatus"),
    OUTCOMES: ("GetLaboratoryOrderOutcome", "GetReferralOutcome", "GetImagingOutcome", "GetMaternityMedicalHistory"),
}
DERIVED = (
    "clinicalprocess.logistics.logistics",
    "clinicalprocess.activity.actions",
    "clinicalprocess.healthcond.basic",
)
INDEX = "itintegration.engagementindex"
RESPONSES = shipped_world.MATERIAL.parent / "messages" / "responses"
FORMS = shipped_world.MATERIAL.parent / "forms"
LOAD = {"6.2"}
"""What is of load alone, which is measured by itself."""
HERE = Source("suite.yaml", 1, 1, "")
OF_ANY = ("soap", "schema", "rules", "encoding", "fault_form", "fault_code")
OF_RECORDS = (
    Expectation("distinct", {}, HERE),
    *(Expectation("all", {"part": each}, HERE) for each in ("id", "source", "approved")),
    Expectation("all", {"part": "patient", "or_absent": True}, HERE),
)
FOUND: dict[str, set[str]] = {
    **{f"GetReferralOutcome/{each}.xml": {"schema"} for each in (0, 1, 2, 3, 4, 9, 10, 12, 13)},
    **{f"GetImagingOutcome/{each}.xml": {"schema"} for each in (0, 1, *range(5, 14))},
    "GetMaternityMedicalHistory/12.xml": {"schema"},
    "GetDiagnosis/2.xml": {"fault_code"},
    "GetAlertInformation/4.xml": {"fault_code"},
    **{f"GetLaboratoryOrderOutcome/{each}.xml": {"distinct"} for each in (2, 3, 4)},
    **{f"FindContent/{each}.xml": {"schema"} for each in (0, 1)},
}
"""What is wrong in which, each with its reason in docs/published-defects.md."""


def domain(name: str) -> Domain:
    if not shipped_world.has_material(name):
        pytest.skip(f"the release package of {name} is not at hand (../shared/contracts)")
    return shipped_world.matrix(name).domain


@pytest.mark.parametrize(("name", "contract"), [(name, each) for name in NUMBERED for each in NUMBERED[name]])
def test_every_number_of_the_published_suite_is_a_case(name: str, contract: str) -> None:
    read = suite.read(domain(name).folder / contract / "producer.yaml", domain(name), vocabulary())
    refuse_undeclared(read)
    data = (shipped_world.MATERIAL / name / "test-suite" / contract / "data.xml").read_text(encoding="utf-8")
    published = set(re.findall(r'<testcase id="([\d.]+) ', data))
    assert len(published) > 30
    assert published - {case.id for case in read.cases} == LOAD
    assert all(read.proves(case) for case in read.cases)


@pytest.mark.parametrize("name", DERIVED)
def test_where_no_suite_is_published_what_follows_from_all_reading_contracts_is_derived_and_binds_less(
    name: str,
) -> None:
    own = [each for each in domain(name).requirements.values() if not each.id.startswith(("GEN-", "SENT-"))]
    derived = [each for each in own if each.derived]
    assert len(derived) > 20
    assert all(each.level is not Level.MUST for each in derived)
    assert all(each.reference.startswith("TKB") for each in own if not each.derived and each.level is Level.MUST)


@pytest.mark.parametrize("name", [*NUMBERED, *DERIVED])
def test_each_fault_that_a_contracts_records_give_it_breaks_a_requirement(name: str) -> None:
    """But those of what only some contracts demand: an order, linked identities, a contract's own filters."""
    domain(name)
    faults = shipped_world.matrix(name).faults.values()
    idle = {each.name.partition("-")[2] for each in faults if each.gives and not each.breaks}
    assert idle <= {"turns-round", "overlooks-linked"}


@pytest.mark.parametrize("name", [*NUMBERED, *DERIVED])
def test_all_that_they_share_is_played_and_what_a_suite_leaves_out_has_its_reason(name: str) -> None:
    for contract in (each.name for each in domain(name).contracts.values()):
        consumer = suite.read(domain(name).folder / contract / "consumer.yaml", domain(name), vocabulary())
        ids = {case.id for case in consumer.cases}
        assert {"1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6"} <= ids
        assert ("1.7" in ids) == ("contact" in asked_by(domain(name), contract))


def asked_by(of: Domain, contract: str) -> set[str]:
    records = of.contracts[contract].records
    return set(records.filters) if records else set()


def findings(contract: Contract, body: bytes, read: Domain) -> set[str]:
    """The kinds of checks that find something."""
    answered = Message((("Content-Type", "text/xml; charset=utf-8"),), body)
    status = 500 if b":Fault>" in body else 200
    exchange = Exchange(
        contract.name, "http://here/", Message((), b""), answered, status, "2026-11-21T10:00:00.000Z", 1.0
    )
    seen = Seen(exchange, contract, read.namespaces, fault_allowed=True)
    asked = [Expectation(kind, {}, HERE) for kind in OF_ANY]
    if contract.records and contract.records.approved and status == 200:
        asked += OF_RECORDS
    results = [evaluate(each, seen, verifies=()) for each in asked]
    assert not [each for each in results if each.verdict is Verdict.ERROR], results
    return {each.kind for each in results if each.findings}


@pytest.mark.parametrize("name", [*NUMBERED, INDEX])
def test_nothing_is_found_in_a_published_response_but_what_is_wrong_in_it(name: str) -> None:
    """As far as no request is needed: what the suites ask of every answer, and of its records."""
    read = domain(name)
    paths = [each for contract in read.contracts.values() for each in sorted((RESPONSES / contract.name).glob("*.xml"))]
    if not paths:
        pytest.skip("the published responses are not at hand (../shared/messages)")
    told = {
        f"{path.parent.name}/{path.name}": findings(read.contracts[path.parent.name], path.read_bytes(), read)
        for path in paths
    }
    wrong = {path: kinds for path, kinds in told.items() if kinds}
    assert wrong == {path: kinds for path, kinds in FOUND.items() if path in told}


def test_the_page_of_defects_tells_of_each() -> None:
    page = (Path(__file__).parents[1] / "docs" / "published-defects.md").read_text(encoding="utf-8")
    named = {path.partition("/")[0] for path in FOUND}
    assert [each for each in named if f"messages/responses/{each}" not in page] == []


CITED_WRONGLY = {
    "GetDiagnosis": {"TF 1.1.3"},
    "GetFunctionalStatus": {"TF 1.1.3"},
    "GetMaternityMedicalHistory": {"TF 1.2.5"},
}
OF_LOAD = {"TF 6.1.1", "TF 6.1.2", "TF 6.2.1"}
"""Load tests, which a form cites one by one; that answers are not mixed is case 6.1."""


def cited() -> Iterator[tuple[str, set[str]]]:
    """The contract of each form, and the test cases that it cites."""
    for path in sorted(FORMS.glob("SjD_*.docx")):
        form = read_form(path)
        yield form.title.split()[1], {each for field in form.fields for each in field.references}


def test_every_test_that_a_form_cites_is_a_case_or_an_error_of_the_form() -> None:
    homes = {each: name for name, contracts in NUMBERED.items() for each in contracts} | {"Update": INDEX}
    ids = {"EI_TF": case_ids(INDEX, "Update", "consumer")}
    forms = list(cited())
    if not forms:
        pytest.skip("the published forms are not at hand (../shared/forms)")
    assert len(forms) == 16
    for contract, references in forms:
        known = ids | {"TF": case_ids(homes[contract], contract, "producer")}
        unknown = {each for each in references if each.split()[1] not in known[each.split()[0]]}
        assert unknown - OF_LOAD == CITED_WRONGLY.get(contract, set()) & references, contract
    page = (Path(__file__).parents[1] / "docs" / "published-defects.md").read_text(encoding="utf-8")
    assert [each for each in ("TF 1.1.3", "TF 1.2.5", "TF 6.1.1, 6.1.2 and 6.2.1") if each not in page] == []


def case_ids(name: str, contract: str, part: str) -> set[str]:
    read = domain(name)
    return {case.id for case in suite.read(read.folder / contract / f"{part}.yaml", read, vocabulary()).cases}
