"""Mocks of SoapUI projects: as what our counterpart answers, and as what an imported suite is tried on, with SoapUI's verdict beside ours."""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import yaml

import test_check
from rivta import contract, suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.cli import main
from rivta.importer import data, folder, parity, project, reading
from rivta.importer.original import Original, SoapUiAnswer
from rivta.importer.parity import Proof
from rivta.importer.scope import ScriptScope
from rivta.model.steps import Receive
from rivta.model.words import Verdict
from soapui_world import (
    DATA,
    PLAIN,
    SCHEMAS,
    answer,
    asserted,
    body,
    case,
    imported,
    mock,
    request,
    script,
    scripted,
    verb,
    whole,
)  # fmt: skip
from test_import import COUNT, DATES, FEWER, FILTERED, LOOP, PERIOD, RECORDS, WITHIN

FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode>'
    "<faultstring>x</faultstring></s:Fault></s:Body></s:Envelope>"
)


def test_mocks_become_a_suite_of_systems_that_call(tmp_path: Path) -> None:
    answers = {"Basic response": answer("L1").replace("Kallocain", "${title} ${now}"), "Its fault": FAULT}
    imported(tmp_path, mock(answers))
    place = tmp_path / "out" / "tiny.library.loan"
    read = suite.read(place / "GetLoans" / "consumer.yaml", contract.read_domain(place, vocabulary()), vocabulary())
    refuse_undeclared(read)
    assert [(each.id, each.verifies) for each in read.cases] == [
        ("Basic_response", ("GetLoans-calls",)),
        ("Its_fault", ("GetLoans-calls",)),
    ]
    first, second = (each.steps[0] for each in read.cases)
    assert isinstance(first, Receive)
    assert isinstance(second, Receive)
    assert (first.answer.kind, second.answer.kind) == ("message", "fault")
    message = (place / "GetLoans" / "answers" / "Basic_response.xml").read_text(encoding="utf-8")
    assert 'extension="${call.patient}"' in message, "what the mock's script read of the call is what ours knows of it"
    assert "${title} ${now.timestamp}" in message
    assert read.data == {"title": ""}
    environment = yaml.safe_load((tmp_path / "out" / "environment.yaml").read_text(encoding="utf-8"))
    assert (environment["roles"], [*environment["counterpart"]]) == (["consumer"], ["listen"])


def test_the_rules_that_a_mock_holds_its_calls_against_come_along(tmp_path: Path) -> None:
    rules = Path(__file__).parent / "domains" / "suites" / "tiny.library.loan" / "GetLoans" / "rules-response.sch"
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "constraints.xml").write_bytes(rules.read_bytes())
    imported(tmp_path, mock({"Basic": answer()}, check='helper.getSchematronErrorsInRequest("constraints.xml")'))
    domain = yaml.safe_load((tmp_path / "out" / "tiny.library.loan" / "domain.yaml").read_text(encoding="utf-8"))
    assert domain["contracts"][0]["rules"] == {"request": "GetLoans/rules-request.sch"}


def test_an_answer_that_no_message_may_be_as_large_as_is_told(tmp_path: Path) -> None:
    done = imported(tmp_path, mock({"Large": answer("L" * 2_000_001)}))
    assert done.notes == ("the answer Large is larger than the 2000000 bytes that a message may have",)
    assert not (tmp_path / "out" / "tiny.library.loan" / "GetLoans").exists()


# Parity


def tried(tmp_path: Path, *cases: str, **answers: str) -> list[Proof]:
    """The cases on these answers."""
    done = imported(tmp_path, whole(*cases))
    (tmp_path / "mock.xml").write_text(mock(answers, default=next(iter(answers))), encoding="utf-8")
    return list(parity.proofs(done, reading.read(tmp_path / "mock.xml"), tmp_path / "out"))


def asking(name: str, *assertions: str, step: str = "Call") -> str:
    return request(*assertions, headers={"x-mock-response": name}, name=step)


AGREED = [
    ("assertNonEmptyResponse()", True, False),
    ("assertExactNumberOfRecords(0)", False, True),
    ("assertElementExistsInAnyRecord('/g:loan/c:loanId')", True, False),
    ("assertElementExistsInAllRecords('g:loan/c:note')", False, False),
    ("assertElementExcludedInAnyRecord('//g:loan/c:note')", True, False),
    ("assertSpecificValueInAnyRecord('/g:loan/c:loanId', 'L2')", True, False),
    ("assertSpecificValueInAllRecords('/g:loan/c:loanId', 'L2')", False, False),
    ("assertSpecificValueInAllRecords('/g:loan/c:patientId/@extension', context.patientId)", True, False),
]


def test_ours_and_theirs_agree_where_nothing_is_odd(tmp_path: Path) -> None:
    assertions = [verb(call) for call, _, _ in AGREED]
    found = tried(
        tmp_path,
        case("1", asking("Two", *assertions)),
        case("2", asking("None", *assertions)),
        Two=answer("L1", "L2"),
        None_=answer(),
        **{"None": answer()},
    )
    one, two = (
        [each for each in found if each.case == name and each.assertion == "an assertion"] for name in ("1", "2")
    )
    assert [(each.theirs, each.ours) for each in one] == [(with_two, with_two) for _, with_two, _ in AGREED]
    assert [(each.theirs, each.ours) for each in two] == [(with_none, with_none) for _, _, with_none in AGREED]
    always = [each for each in found if each.assertion != "an assertion"]
    assert {(each.theirs, each.ours) for each in always} == {(True, True)}, "SOAP, no Fault and the schema too"


def test_a_fault_is_one_for_both(tmp_path: Path) -> None:
    found = tried(
        tmp_path,
        case("1", asking("Fault")),
        case("2", asking("Fault", asserted("Not SOAP Fault Assertion"))),
        Fault=FAULT,
    )
    by_type = {(each.case, each.assertion): (each.theirs, each.ours) for each in found if each.was_tried}
    assert by_type["1", "SOAP Fault Assertion"] == (False, False)
    assert by_type["2", "Not SOAP Fault Assertion"] == (True, True)


def test_counts_that_are_compared_as_texts_are_told_apart(tmp_path: Path) -> None:
    ten, nine = (answer(*(f"L{each}" for each in range(number))) for number in (10, 9))
    steps = [
        asking("Ten", step="First"),
        script(COUNT.format("First")),
        asking("Nine", scripted(FEWER, "fewer"), step="Second"),
    ]
    (differing,) = (
        each for each in tried(tmp_path, case("7.1", *steps), Ten=ten, Nine=nine) if each.theirs != each.ours
    )
    assert (differing.assertion, differing.theirs, differing.ours) == ("fewer", False, True)
    assert differing.why.startswith("it counts records there, as texts")
    assert differing.explained


def in_base64(text: str) -> str:
    """A project whose notes are base64Binary."""
    return text.replace(escape('name="note" type="xs:string"'), escape('name="note" type="xs:base64Binary"'))


def noted(note: str) -> str:
    return answer("L1").replace("</g:loan>", f"<c:note>{note}</c:note></g:loan>")


def test_content_stands_where_soapui_writes_cid_for_an_attachment(tmp_path: Path) -> None:
    answers = {
        "Placed": noted("cid:1"),
        "File": noted(" file:x.png"),
        "Broken": noted("c?"),
        "Text": noted("QUJD").replace("Kallocain", "cid:2"),
    }
    cases = [case(each, asking(each)) for each in answers]
    done = imported(tmp_path, in_base64(whole(*cases)))
    (tmp_path / "mock.xml").write_text(in_base64(mock(answers)), encoding="utf-8")
    found = list(parity.proofs(done, reading.read(tmp_path / "mock.xml"), tmp_path / "out"))
    assert parity.data(found)["filled-in"] == 2
    assert "  2 of the answers have content now where something stood for attachments" in parity.table(found)
    by_schema = {each.case: (each.theirs, each.ours) for each in found if each.assertion == "Schema Compliance"}
    assert by_schema == {"Placed": (True, True), "File": (True, True), "Broken": (False, False), "Text": (True, True)}


def test_the_library_has_content_in_the_place_of_cid_and_it_is_told(tmp_path: Path) -> None:
    done = imported(
        tmp_path, in_base64(mock({"One": noted("cid:1"), "Two": noted("QUJD").replace("Kallocain", "cid:2")}))
    )
    library = tmp_path / "out" / "tiny.library.loan" / "GetLoans" / "answers"
    one, two = ((library / f"{name}.xml").read_text(encoding="utf-8") for name in ("One", "Two"))
    assert "<c:note>AAAA</c:note>" in one
    assert "<c:title>cid:2</c:title>" in two, "a text is no place for content"
    assert done.notes == ("the answer One: content stands in the place of 1 that stood for attachments",)
    loans = contract.read_domain(library.parents[1], vocabulary()).contracts["GetLoans"]
    assert contract.schemas(loans).verdict(one.replace("${call.patient}", "191212121212").encode()).valid


def test_a_message_that_is_sent_has_content_in_the_place_of_cid_too(tmp_path: Path) -> None:
    text = whole(case("1", request(sent=body("<g:fromDate>cid:7</g:fromDate>"))))
    done = imported(
        tmp_path, text.replace(escape('name="fromDate" type="xs:date"'), escape('name="fromDate" type="xs:hexBinary"'))
    )
    (message,) = (tmp_path / "out").rglob("messages/*.xml")
    assert "<g:fromDate>AAAA</g:fromDate>" in message.read_text(encoding="utf-8")
    assert done.cases[0].notes == ["Call: content stands in the place of 1 that stood for attachments"]


def test_a_difference_that_no_rule_makes_up_for_is_told_as_that(tmp_path: Path) -> None:
    blank = answer("L1").replace("Kallocain", " ")
    (differing,) = (
        each
        for each in tried(
            tmp_path, case("1", asking("Blank", verb("assertElementExistsInAnyRecord('/g:loan/c:title')"))), Blank=blank
        )
        if each.theirs != each.ours
    )
    assert not differing.explained
    assert differing.why == "an element that holds blanks alone, or other elements, is something there"


def test_the_answer_that_a_script_gives_by_itself_is_the_last_that_it_names(tmp_path: Path) -> None:
    done = imported(tmp_path, whole(case("1", request(verb("assertNonEmptyResponse()")))))
    check = 'return helper.find(context.response) ? context.response : "Basic"\n// "None of them"'
    (tmp_path / "mock.xml").write_text(
        mock({"Other": answer(), "Basic": answer("L1")}, "Gone", check), encoding="utf-8"
    )
    found = list(parity.proofs(done, reading.read(tmp_path / "mock.xml"), tmp_path / "out"))
    assert {(each.theirs, each.ours) for each in found} == {(True, True)}
    (tmp_path / "mock.xml").write_text(mock({"Other": answer()}, "Gone"), encoding="utf-8")
    found = list(parity.proofs(done, reading.read(tmp_path / "mock.xml"), tmp_path / "out"))
    assert {each.why for each in found} == {"the mock has no such answer"}


def test_rules_and_encoding_are_held_against_the_original_too(tmp_path: Path) -> None:
    rules = SCHEMAS.parent / "GetLoans" / "rules-response.sch"
    (tmp_path / "project").mkdir()
    text = rules.read_text(encoding="utf-8").replace("borrowerId", "patientId")
    (tmp_path / "project" / "constraints.xml").write_text(text, encoding="utf-8")
    asked = [
        scripted(verb("assertSchematronConstraints()"), "rules"),
        scripted(verb("assertValidEncoding()"), "encoding"),
    ]
    late = answer("L1").replace("2026-09-29", "2026-08-01")
    latin = f'<?xml version="1.0" encoding="latin-1"?>{answer("L1")}'
    cases = [case(each, asking(each, *asked)) for each in ("Right", "Late", "Latin")]
    found = tried(tmp_path, *cases, Right=answer("L1"), Late=late, Latin=latin)
    told = {(each.case, each.assertion): (each.theirs, each.ours) for each in found}
    assert [told[each, "rules"] for each in ("Right", "Late")] == [(True, True), (False, False)]
    assert [told[each, "encoding"] for each in ("Right", "Latin")] == [(True, True), (False, False)]


def test_what_no_canned_answer_can_tell_is_not_tried(tmp_path: Path) -> None:
    size = "if (context.a==null){ context.a = messageExchange.responseContent.size() } else { assert context.a==messageExchange.responseContent.size() }"
    asked = [asserted("Response SLA Assertion", "time", SLA="30000"), scripted(size, "size"), scripted(RECORDS, "kept")]
    found = tried(tmp_path, case("6.1", asking("One", *asked)), One=answer("L1"))
    assert {each.assertion: each.why for each in found if not each.was_tried} == {
        "size": "it asserts nothing, or nothing the first time",
        "kept": "it asserts nothing, or nothing the first time",
    }
    own = {each.assertion: (each.theirs, each.ours) for each in found if each.was_tried and each.assertion not in PLAIN}
    assert own == {"time": (True, True), "size": (True, True)}, "the second time the size is what it was"


@pytest.mark.parametrize(("took", "holds"), [(30000.0, True), (30001.0, False)])
def test_the_limit_of_a_time_is_within_it_for_both(took: float, holds: bool) -> None:
    limit = project.Assertion("Response SLA Assertion", "", {"SLA": "30000"}, "", 1)
    seen = test_check.seen(ms=took)
    theirs = Original(ScriptScope("", is_described=False), seen.contract, str).verdict(
        limit, SoapUiAnswer(b"<a/>", 200, (), took)
    )
    ours = test_check.verdict("max_ms", seen, limit=30000)
    assert (theirs, ours.verdict is Verdict.PASSED) == (holds, holds)


def test_counts_and_whole_answers_that_are_to_be_the_same_are_emulated(tmp_path: Path) -> None:
    same = 'def holder = groovyUtils.getXmlHolder( "Second#Response" )\ncontext.response2 = holder.getXml()\nassert context.response1 == context.response2'
    save = script('def holder = groovyUtils.getXmlHolder( "First#Response" )\ncontext.response1 = holder.getXml()')
    equal = scripted(FEWER.replace(">", "=="), "equal")
    before = [asking("One", step="First"), save, script(COUNT.format("First"))]
    cases = [case(name, *before, asking(name, equal, scripted(same, "same"), step="Second")) for name in ("One", "Two")]
    found = tried(tmp_path, *cases, One=answer("L1"), Two=answer("L1", "L2"))
    told = {
        (each.case, each.assertion): (each.theirs, each.ours) for each in found if each.assertion in ("equal", "same")
    }
    assert told == {(name, kind): (name == "One",) * 2 for name in ("One", "Two") for kind in ("equal", "same")}


def test_what_holds_of_every_answer_is_tried_where_periods_are_drawn_too(tmp_path: Path) -> None:
    filtered = asking("One", scripted(verb(FILTERED, WITHIN), "filtered"), step="Filtered").replace(
        "&lt;/g:GetLoans", f"{escape(PERIOD)}&lt;/g:GetLoans"
    )
    steps = [asking("One", scripted(RECORDS), step="All"), script(DATES, "Dates"), filtered, script(LOOP)]
    found = [*tried(tmp_path, case("1.2", *steps), One=answer("L1"))][4:]
    assert [(each.assertion, each.was_tried) for each in found] == [
        *((each, True) for each in PLAIN),
        ("filtered", False),
    ]
    assert found[-1].why == "it takes a system that filters"


def test_what_is_not_emulated_is_counted_and_not_guessed(tmp_path: Path) -> None:
    closure = verb("assertForAnyRecord(c)", "def c = { record -> record.firstElementAt('/g:loan/c:loanId') == 'L1' }")
    found = [
        each for each in tried(tmp_path, case("5.1", asking("One", closure)), One=answer("L1")) if not each.was_tried
    ]
    assert [(each.ours, each.why) for each in found] == [(True, "its script is not emulated")]


def test_the_command_compares_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Loans.xml").write_text(
        whole(case("1.1", asking("One", verb("assertNonEmptyResponse()")))), encoding="utf-8"
    )
    (tmp_path / "data.xml").write_text(DATA.format(cases=""), encoding="utf-8")
    (tmp_path / "mock.xml").write_text(mock({"One": answer("L1")}), encoding="utf-8")
    words = ["import", "soapui", str(tmp_path / "Loans.xml"), "--prove", str(tmp_path / "mock.xml"), "-o"]
    assert main([*words, str(tmp_path / "one")]) == 0
    assert "on the project's own answers: 4 assertions, 4 tried, 4 with one verdict" in capsys.readouterr().out
    assert main([*words, str(tmp_path / "two"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parity"] == {
        "assertions": 4,
        "tried": 4,
        "agree": 4,
        "filled-in": 0,
        "explained": 0,
        "differ": [],
        "not-tried": {},
    }


def test_a_project_without_data_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "mock.xml"
    path.write_text(mock({"One": answer("L1")}), encoding="utf-8")
    assert folder.imported(reading.read(path), data.read(None, None), tmp_path / "out").cases == ()
