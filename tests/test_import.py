"""SoapUI projects carried over, a small one for each construct; whatever is written is read by our own reader."""

from __future__ import annotations

import importlib
import json
import re
import shutil
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import yaml

import soapui_world
import test_check
import tiny_world
from projects import person
from rivta import environment, suite
from rivta.check import vocabulary
from rivta.cli import main
from rivta.contract.packages.installing import install
from rivta.contract.packages.store import PackageStore
from rivta.importer import reading, tally
from rivta.importer.scripts import VERBS
from rivta.model.errors import Unreadable, UsageError
from rivta.model.words import Verdict
from rivta.text import identity
from rivta.text.xml import LIMIT_BYTES
from soapui_world import (
    DATA,
    LOAD,
    SCHEMAS,
    answer,
    asserted,
    body,
    carried,
    case,
    data_of,
    imported,
    mocked,
    named,
    published,
    request,
    script,
    scripted,
    step,
    verb,
    whole,
)  # fmt: skip

ID, BORROWER = "'/g:loan/c:loanId'", "'/g:loan/c:patientId/@extension'"


# The verbs and the types of assertions


VERBS_TRIED: list[tuple[str, dict[str, object]]] = [
        ("assertNonEmptyResponse()", {"records": {"min": 1}}),
        ("assertExactNumberOfRecords(0)", {"records": {"exactly": 0}}),
        (f"assertElementExistsInAnyRecord({ID})", {"any": {"path": "c:loanId", "exists": True}}),
        ('assertElementExistsInAllRecords("//g:loan/c:loanId")', {"all": {"path": "c:loanId", "exists": True}}),
        ("assertElementExcludedInAnyRecord('g:loan/c:note')", {"any": {"path": "c:note", "absent": True}}),
        ("assertElementExcludedInAllRecords('/g:loan/c:note')", {"all": {"path": "c:note", "absent": True}}),
        (f"assertSpecificValueInAnyRecord({ID}, 'L1')", {"any": {"path": "c:loanId", "equals": "L1"}}),
        (f"assertSpecificValueInAllRecords({BORROWER}, context.patientId)", {"all": {"path": "c:patientId/@extension", "equals": "${patientId}"}}),
        (f"assertValidValuesInAllRecords({ID}, ['L1', 'L2'])", {"all": {"path": "c:loanId", "in": ["L1", "L2"]}}),
        (f"assertNoForbiddenValueInAnyRecord({ID}, ['L1'])", {"all": {"path": "not(c:loanId = 'L1')"}}),
        ("assertValidEncoding()", {"encoding": {}}),
        ("assertBase64ContentInAnyElement('/g:loan/c:note', context.file, 1000)", {"base64": {"path": "//g:loan/c:note", "max_bytes": 1000}}),
        ("assertDocBookContentInAnyElement('/g:loan/c:note', ['para'])", {"docbook": {"path": "//g:loan/c:note", "elements": ["para"]}}),
    ]  # fmt: skip


def judged(expected: dict[str, object]) -> list[dict[str, object]]:
    """The check that a verb becomes, and that there are records, without which every verb on them fails."""
    some: dict[str, object] = {"records": {"min": 1}}
    return [some, expected] if expected.keys() & {"any", "all"} else [expected]


def test_a_verb_becomes_a_check_of_records(tmp_path: Path) -> None:
    done = carried(
        tmp_path, *(case(f"1.{number}", request(verb(call))) for number, (call, _) in enumerate(VERBS_TRIED))
    )
    assert [each["expect"] for each in done.written["cases"]] == [judged(expected) for _, expected in VERBS_TRIED]
    assert {(each.level, len(each.left)) for each in done.imported.cases} == {(1, 0)}


def test_every_verb_is_tried() -> None:
    elsewhere = {"assertSchematronConstraints", "assertForAnyRecord", "assertForAllRecords"}
    assert elsewhere | {call.partition("(")[0] for call, _ in VERBS_TRIED} == VERBS.keys()


def test_names_are_resolved_and_texts_put_together(tmp_path: Path) -> None:
    before = "def loan = '/g:loan'\ndef id = loan + \"/c:loanId\"\nlog.info('ids: ' + id)"
    done = carried(
        tmp_path, case("1.1", request(verb("assertSpecificValueInAnyRecord(id, 'L' + context.number)", before)))
    )
    assert done.expected == judged({"any": {"path": "c:loanId", "equals": "L${number}"}})


def test_a_prefix_may_stand_for_the_same_as_another(tmp_path: Path) -> None:
    properties = {"RecordElementPath": "//g:loan", "xmlns:g": "urn:riv:tiny:library:loan:GetLoansResponder:1"}
    more = properties | {"xmlns:other": properties["xmlns:g"], "xmlns:c": "urn:riv:tiny:library:loan:2"}
    done = carried(
        tmp_path, case("1.1", request(verb("assertElementExistsInAnyRecord('/other:loan/c:title')"))), properties=more
    )
    assert done.expected == judged({"any": {"path": "c:title", "exists": True}})


def test_where_records_are_not_described_they_are_found_in_the_envelope(tmp_path: Path) -> None:
    where = script(
        "testRunner.testCase.testSuite.project.setPropertyValue('RecordElementPath', '//g:GetLoansResponse')"
    )
    asserts = [
        verb("assertSpecificValueInAllRecords('/g:GetLoansResponse/g:loan/c:loanId', 'L1')"),
        verb("assertNonEmptyResponse()"),
    ]
    done = carried(tmp_path, case("1.1", where, request(*asserts)))
    assert done.expected == [
        {"xpath": {"path": "//g:GetLoansResponse and not(//g:GetLoansResponse[not(g:loan/c:loanId = 'L1')])", "equals": "true"}},
        {"xpath": {"path": "count(//g:GetLoansResponse) > 0", "equals": "true"}},
    ]  # fmt: skip


def test_the_type_called_fault_wants_none_and_the_other_one_does(tmp_path: Path) -> None:
    done = carried(tmp_path, case("1.1", request()), case("1.2", request(asserted("Not SOAP Fault Assertion"))))
    cases = done.written["cases"]
    assert "expect" not in cases[0], "the checks of every case say it already"
    assert cases[1]["expect"] == [
        {"xpath": {"path": "boolean(/soapenv:Envelope/soapenv:Body/soapenv:Fault)", "equals": "true"}}
    ]
    assert [*cases[1]["without"]] == ["soap"]


ASSERTIONS: list[tuple[str, object]] = [
        (asserted("Response SLA Assertion", SLA="30000"), {"max_ms": 30000}),
        (asserted("Simple Contains", "", "<b>", ignoreCase="false", useRegEx="false"), {"contains": {"text": "<b>", "raw": True}}),
        (asserted("Simple NotContains", "", "${x}", ignoreCase="true", useRegEx="false"), {"contains": {"text": "${x}", "raw": True, "absent": True, "any_case": True}}),
        (asserted("Valid HTTP Status Codes", codes="200, 500"), {"http_status": {"codes": ["200", "500"]}}),
        (asserted("Invalid HTTP Status Codes", codes="500"), {"http_status": {"codes": ["500"], "absent": True}}),
        (asserted("XPath Match", path="declare namespace n='urn:riv:tiny:library:loan:2';\n//n:loanId", content="L1"), {"xpath": {"path": "//n:loanId", "equals": "L1"}}),
        (asserted("XPath Match", path="declare namespace g='urn:riv:tiny:library:loan:2'; exists(//g:loanId)", content="true"), {"xpath": {"path": "boolean(//g:loanId)", "equals": "true"}}),
        (asserted("XQuery Match", path="count(//*[local-name()='loan'])", content="1"), {"xpath": {"path": "count(//*[local-name()='loan'])", "equals": "1"}}),
        (asserted("XPath Match", path="string(//*[local-name()='title'])", content="Kallo*", allowWildcards="true"), {"xpath": {"path": "string(//*[local-name()='title'])", "matches": "Kallo.*"}}),
]  # fmt: skip


def test_an_assertion_of_soapui_becomes_a_check(tmp_path: Path) -> None:
    done = carried(tmp_path, *(case(f"1.{number}", request(one)) for number, (one, _) in enumerate(ASSERTIONS)))
    assert [each["expect"] for each in done.written["cases"]] == [[expected] for _, expected in ASSERTIONS]


def test_a_prefix_that_two_scripts_use_for_two_namespaces_is_told_apart(tmp_path: Path) -> None:
    other = asserted(
        "XPath Match",
        path="declare namespace c='urn:riv:tiny:library:loan:GetLoansResponder:1'; count(//c:loan)",
        content="1",
    )
    done = carried(tmp_path, case("1.1", request(verb(f"assertElementExistsInAnyRecord({ID})"), other)))
    assert done.written["namespaces"] == {
        "c": "urn:riv:tiny:library:loan:2",
        "c2": "urn:riv:tiny:library:loan:GetLoansResponder:1",
    }
    assert done.expected[2] == {"xpath": {"path": "count(//c2:loan)", "equals": "1"}}


# What is left


LEFT: list[tuple[str, str]] = [
        (scripted("assert messageExchange.timeTaken > 2000"), "a script of its own"),
        (verb("assertSomethingElse('/g:loan')"), "assertSomethingElse(…) is no verb that is known"),
        (verb("assertElementExistsInAnyRecord('/g:loan/c:shelf')"), "no schema of the contract declares c:shelf, so that it is never found"),
        (asserted("XPath Match", path="count(//*[local-name()='shelf'])", content="1"), "no schema of the contract declares shelf, so that it is never found"),
        (asserted("Valid HTTP Status Codes", codes=""), "it names no HTTP status code"),
        (asserted("Invalid HTTP Status Codes", codes=" , "), "it names no HTTP status code"),
        (asserted("Simple Contains", "", "", ignoreCase="false", useRegEx="false"), "no text that is looked for"),
        (asserted("Simple NotContains", "", "", ignoreCase="true", useRegEx="false"), "no text that is looked for"),
        (verb("assertElementExistsInAnyRecord('/g:book/c:title')"), "the path starts at g:book, and the records are g:loan"),
        (asserted("JsonPath Match", path="$.x", content="1"), "an assertion of the type JsonPath Match has no counterpart"),
        (asserted("XPath Match", path="for $x in //a return $x", content="1"), "it is no XPath 1.0"),
        (asserted("XPath Match", path="matches(//a, 'x')", content="true"), "it has a function that XPath 1.0 has not, or a prefix that nothing declares"),
        (asserted("XPath Match", path="//q:a", content="1"), "it has a function that XPath 1.0 has not, or a prefix that nothing declares"),
        (asserted("XPath Match", path="//a", content="<a/>"), "a piece of XML that is compared"),
        (asserted("Simple Contains", "", "a.*b", useRegEx="true"), "a pattern, which is looked for in the whole message"),
]  # fmt: skip


def test_what_is_not_read_is_left_to_a_person(tmp_path: Path) -> None:
    done = carried(tmp_path, *(case(f"1.{number}", request(one)) for number, (one, _) in enumerate(LEFT)))
    todos = [one["todo"] for each in done.written["cases"] for one in each["expect"]]
    assert [each["why"] for each in todos] == [why for _, why in LEFT]
    assert all(
        re.fullmatch(r"Loans-soapui-project\.xml:\d+: 1 Basic / 1\.\d+ / Call / [\w ]+", each["place"])
        for each in todos
    )
    assert [one.why for each in done.imported.cases for one in each.left] == [why for _, why in LEFT]


def test_the_original_stands_beside_the_reason(tmp_path: Path) -> None:
    written = 'def x = messageExchange.response\nassert x == "${context.y}"'
    done = carried(tmp_path, case("1.1", request(scripted(written))))
    assert done.expected[0]["todo"]["original"] == written.replace("${", "$${")
    (expectation,) = (each for step in done.suite.cases[0].steps for each in step.expect)
    assert expectation.kind == "todo"


# Idioms


RECORDS = verb("getContentRecords()").replace("ca.getContent", "context.allRecords = ca.getContent")
COUNT = """def holder = groovyUtils.getXmlHolder( "{}#Response" )
def numberOfposts = holder["count(//g:loan)"]
context.testCase.setPropertyValue("A", numberOfposts)"""
FEWER = COUNT.format("Second") + "\nassert AntalPosterRequest1 > AntalPosterRequest2 : 'not filtered'"


def test_fewer_records_are_counted_as_numbers(tmp_path: Path) -> None:
    steps = [request(name="First"), script(COUNT.format("First")), request(scripted(FEWER), name="Second")]
    assert carried(tmp_path, case("7.1", *steps)).expected == [{"compare": {"since": 1, "gives": "fewer"}}]


def test_the_same_answer_is_looked_for_in_the_records(tmp_path: Path) -> None:
    same = """def holder1 = groovyUtils.getXmlHolder( "First#Response" )
def holder2 = groovyUtils.getXmlHolder( "Second#Response" )
assert xml1.Body == xml2.Body : 'differ'"""
    done = carried(tmp_path, case("7.3", request(name="First"), request(name="Second"), script(same)))
    assert done.expected == [{"compare": {"since": 1, "gives": "same"}}]
    assert done.imported.cases[0].level == 2


def test_a_size_that_is_the_same_each_time_is_asked_for_once_more(tmp_path: Path) -> None:
    size = verb("x").replace(
        "ca.x",
        "if (context.a==null){ context.a = messageExchange.responseContent.size() } else { assert context.a==messageExchange.responseContent.size() }",
    )
    done = carried(tmp_path, case("6.1", request(scripted(size), name="First"), request(name="Other")))
    steps = done.written["cases"][0]["steps"]
    assert [each.get("expect") for each in steps] == [None, None, [{"compare": {"since": 1, "gives": "same"}}]]
    assert steps[0]["send"] == steps[2]["send"]


def test_special_characters_and_a_log_are_known_as_a_whole(tmp_path: Path) -> None:
    special = "def unescapedXml = xml\nassert unescapedXml.indexOf(unescapedTestString) > -1 : 'lost'"
    log = "new ContextHelperTK(context, messageExchange, log).logTestData()"
    values = data_of(**{"2.2": "<testString>a &amp; b</testString>"})
    done = carried(tmp_path, case("2.2", request(scripted(special), scripted(log))), values=values)
    assert done.expected == [{"special_characters": "${testString}"}]
    assert done.written["cases"][0]["with"] == {"testString": "a & b"}


# Time filters


PERIOD = "<g:fromDate>${timePeriodStart}</g:fromDate>"
DATES = """if (!context.dates) { context.dates = context.allRecords.collect { it } }
context.timePeriodStart = context.dates.pop()
context.timePeriodEnd = context.timePeriodStart"""
DRAWN = "context.dates = context.allRecords\nMath.random()\ncontext.timePeriodStart = dates[0]"
EARLIER = "def dates = context.allRecords\ncontext.timePeriodStart = Date.parse(f, dates.min()).minus(15).format(f)"
LOOP = "if (context.dates.any()) { testRunner.gotoStepByName('Dates') }"
WITHIN = """def lent = '/g:loan/c:lentDate'
def condition = { record -> record.timestampInRange(lent, context.timePeriodStart + '000000', context.timePeriodEnd + '235959') }
def recordInfo = { record -> sprintf('%s', [lent].collect{record.firstElementAt(it)}) }"""
SPAN = """def a = '/g:loan/c:lentDate'
def b = '/g:loan/c:dueDate'
def condition = { record ->
  def before = [a, b].every { xPath -> record.firstElementAt(xPath) == null || record.timestampIsBefore(xPath, context.s) }
  return !before }"""
FALLBACK = """def a = '/g:loan/c:lentDate'
def b = '/g:loan/c:title'
def end = '/g:loan/c:dueDate'
def condition = { record ->
  def start = record.firstElementAt(a) ?: record.firstElementAt(b)
  def stop = record.firstElementAt(end) ?: '2050'
  return start <= context.e }"""
FILTERED = "assertFilteredResponse(context.allRecords, condition, recordInfo)"


@pytest.mark.parametrize(
    ("steps", "again"),
    [(DATES, {"value": "date", "of": 1, "number": 366}), (DRAWN, {"value": "interval", "of": 1, "number": 12}), (EARLIER, {"value": "before", "of": 1})],
)  # fmt: skip
def test_a_loop_over_periods_is_one_message_sent_again(tmp_path: Path, steps: str, again: object) -> None:
    values = data_of(**{"1.2": "<numberOfIntervals>12</numberOfIntervals>"})
    filtered = request(verb(FILTERED, WITHIN), sent=body(PERIOD), name="Filtered")
    done = carried(
        tmp_path,
        case("1.2", script(LOAD), request(scripted(RECORDS)), script(steps, "Dates"), filtered, script(LOOP)),
        values=values,
    )
    first, second = done.written["cases"][0]["steps"]
    assert first["expect"] == [{"records": {"min": 1}}], "without any there is nothing to draw from"
    assert second["for-each"] == again
    assert second["expect"] == [{"time_filter": {"since": 1}}]
    assert "${interval.start}" in (done.folder / "GetLoans" / second["send"]).read_text(encoding="utf-8")
    assert done.imported.cases[0].level == 3


def test_periods_are_not_drawn_where_nobody_knows_what_records_are(tmp_path: Path) -> None:
    where = script(
        "testRunner.testCase.testSuite.project.setPropertyValue('RecordElementPath', '//g:GetLoansResponse')"
    )
    steps = [request(scripted(RECORDS)), script(DATES, "Dates"), request(sent=body(PERIOD)), script(LOOP)]
    done = carried(
        tmp_path, case("1.2", where, *steps), values=data_of(**{"1.2": "<timePeriodStart>x</timePeriodStart>"})
    )
    assert [each.why for each in done.imported.cases[0].left] == [
        "it draws periods from records that are not described"
    ]


PAGES = """def xml = new XmlSlurper().parseText(holder.getXml())
if (xml.Body.GetLoansResponse.hasMore.size() > 0) { context.more = escapedReference
testRunner.gotoStepByName('Next') }"""
MORE = "assert xml.Body.GetLoansResponse.hasMore.size() != 0 : 'none'"


def test_a_loop_over_pages_is_one_message_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loan, more = '<xs:element name="loan"', '<xs:element name="hasMore" type="xs:string" minOccurs="0"/>'
    monkeypatch.setattr(soapui_world, "published", lambda path: published(path).replace(loan, more + loan))
    following = request(sent=body("<g:fromDate>${more}</g:fromDate>"), name="Next")
    done = carried(tmp_path, case("5.18", request(scripted(MORE)), following, script(PAGES)))
    first, second = done.written["cases"][0]["steps"]
    assert first["expect"] == [{"xpath": {"path": "count(//*[local-name()='hasMore']) > 0", "equals": "true"}}]
    assert (second["for-each"], second["expect"]) == ({"value": "page", "number": 10}, [{"paging": {}}])
    assert ">${page.reference}<" in (done.folder / "GetLoans" / second["send"]).read_text(encoding="utf-8")


def test_pages_are_not_asked_for_where_nobody_knows_what_records_are(tmp_path: Path) -> None:
    following = request(sent=body("<g:fromDate>${more}</g:fromDate>"))
    done = carried(tmp_path, case("5.18", following, script(PAGES)), properties={})
    assert [each.why for each in done.imported.cases[0].left] == [
        "it asks for the next page of records that are not described"
    ]


@pytest.mark.parametrize(
    ("condition", "records"),
    [
        (WITHIN, {"times": ["lentDate"], "rule": "any_in_range"}),
        (SPAN, {"times": ["lentDate", "dueDate"], "rule": "span"}),
        (FALLBACK, {"times": ["lentDate", "title"], "ends": ["dueDate"], "rule": "fallback"}),
    ],
)
def test_the_rule_of_a_time_filter_is_that_of_the_records(
    tmp_path: Path, condition: str, records: dict[str, object]
) -> None:
    filtered = request(verb(FILTERED, condition), sent=body(PERIOD))
    done = carried(
        tmp_path,
        case("1.2.4", request(scripted(RECORDS)), filtered),
        values=data_of(**{"1.2.4": "<timePeriodStart>2026-09-01</timePeriodStart>"}),
    )
    described = next(iter(done.suite.domain.contracts.values())).records
    assert described is not None
    assert {
        key: list(value) if isinstance(value := getattr(described, key), tuple) else value for key in records
    } == records


# Conditions on one record


CONDITIONS: list[tuple[str, str]] = [
        ("{ record -> record.allElementsAt(id).size() + record.allElementsAt(note).size() > 0 }", "count(c:loanId) + count(c:note) > 0"),
        ("{ record -> record.firstElementAt(id) == 'L1' || record.firstElementAt(note) == 'x' }", "string(c:loanId) = 'L1' or string(c:note) = 'x'"),
        ("{ record ->\n def a = record.firstElementAt(id)\n def b = record.firstElementAt(note)\n log.info('a: ' + a)\n return a && !b }", "string(c:loanId) != '' and not(string(c:note) != '')"),
        ("{ record ->\n for (i = 0; i < 3; i++) {\n if (record.allElementsAt(note)[i].equals('x')) { return true }\n }\n return false }", "c:note = 'x'"),
        ("{ record -> record.firstElementAt(id) != null }", "boolean(c:loanId)"),
        ("{ record -> record.firstElementAt(id) <= record.firstElementAt(note) }", "(not(c:loanId) or number(c:loanId) <= number(c:note))"),
        ("{ record ->\n def decides = record.firstElementAt(id)\n if (record.firstElementAt(note) != null) decides = record.timestampIsAfter(note, record.firstElementAt(id))\n return decides }",
         "boolean(c:note) and number(substring(c:note, 1, string-length(c:loanId))) > number(substring(c:loanId, 1, string-length(c:note))) or not(boolean(c:note)) and string(c:loanId) != ''"),
]  # fmt: skip


def test_a_condition_on_one_record_becomes_xpath(tmp_path: Path) -> None:
    before = "def id = '/g:loan/c:loanId'\ndef note = '/g:loan/c:note'\ndef condition = "
    scripts = [verb("assertForAnyRecord(condition, 'none')", before + closure) for closure, _ in CONDITIONS]
    done = carried(tmp_path, *(case(f"5.{number}", request(each)) for number, each in enumerate(scripts)))
    assert [each["expect"] for each in done.written["cases"]] == [
        judged({"any": {"path": xpath}}) for _, xpath in CONDITIONS
    ]
    assert {each.level for each in done.imported.cases} == {4}


UNREAD = ["record.somethingElse(id)", "['a', 'b'].contains('a')", "id =~ /x/", "id ? true : false"]


def test_a_condition_that_is_not_read_is_left(tmp_path: Path) -> None:
    before = "def id = '/g:loan/c:loanId'\ndef condition = { record -> %s }"
    scripts = [verb("assertForAnyRecord(condition)", before % each) for each in UNREAD]
    done = carried(tmp_path, *(case(f"5.{number}", request(each)) for number, each in enumerate(scripts)))
    assert [[*each["expect"][0]] for each in done.written["cases"]] == [["todo"]] * len(UNREAD)


# Data


def test_a_case_has_its_own_values_over_those_of_all(tmp_path: Path) -> None:
    values = data_of(**{"1.2 Another": "<patientId>198001012388</patientId><logicalAddress>SE2</logicalAddress>"})
    headers = {"x-rivta-original-serviceconsumer-hsaid": "${consumer}", "x-mock-response": "Basic"}
    done = carried(
        tmp_path,
        case("1.1", script(LOAD), request(headers=headers)),
        case("1.2 Another", script(LOAD), request()),
        values=values,
    )
    assert done.written["data"] == {"patientId": "191212121212", "consumer": ""}
    one, two = done.written["cases"]
    assert one["headers"] == {"x-rivta-original-serviceconsumer-hsaid": "${consumer}"}, (
        "what chose a mock's answer is gone"
    )
    assert (two["id"], two["title"], two["with"], two["to"]) == (
        "1.2",
        "1.2 Another",
        {"patientId": "198001012388"},
        "SE2",
    )
    assert "nothing gives ${consumer} a value: it is empty" in done.imported.notes
    message = (done.folder / "GetLoans" / one["send"]).read_text(encoding="utf-8")
    assert ">${logical-address}<" in message
    assert "\\r" not in message
    assert one["send"] == two["send"], "a message is written once"


def test_numbers_that_may_be_a_person_s_are_listed_for_who_knows_them(tmp_path: Path) -> None:
    carried(tmp_path, case("1.1", request()), values=data_of(**{"1.1": "<patientId>189001019802</patientId>"}))
    written = (tmp_path / "out" / "environment.yaml").read_text(encoding="utf-8")
    assert '# test-identities: ["189001019802"]' in written
    assert environment.read(tmp_path / "out" / "environment.yaml").roles == ("producer",)


def test_values_of_every_level_have_names_of_their_own(tmp_path: Path) -> None:
    asked = body(borrower="${#Project#a b}-${#TestCase#x}-${Props#y}-${=java.util.UUID.randomUUID()}")
    props = step("properties", named({"y": "3"}), "Props")
    done = carried(tmp_path, case("1.1", props, request(sent=asked), more=named({"x": "2"})), properties={"a b": "1"})
    assert done.written["data"] == {"project_a_b": "1"}
    assert done.written["cases"][0]["with"] == {"case_x": "2", "Props_y": "3"}
    message = (done.folder / "GetLoans" / "messages" / "1.1.xml").read_text(encoding="utf-8")
    assert "${project_a_b}-${case_x}-${Props_y}-${unique}" in message


def test_a_value_that_a_script_computes_is_left(tmp_path: Path) -> None:
    done = carried(tmp_path, case("1.1", request(sent=body(borrower="${=1+1}"))))
    assert done.expected[0]["todo"]["why"] == "a value that a script computes: =1+1"


def test_a_value_of_an_answer_is_captured(tmp_path: Path) -> None:
    asked = body(borrower="${First#Response#declare namespace k='urn:riv:tiny:library:loan:2'; //k:branchId}")
    moved = "<con:transfers><con:sourceType>Response</con:sourceType><con:sourceStep>First</con:sourceStep><con:sourcePath>//*[1]</con:sourcePath><con:targetType>z</con:targetType><con:targetStep>Props</con:targetStep></con:transfers>"
    transfer = step("transfer", moved)
    done = carried(
        tmp_path,
        case("1.1", request(name="First"), transfer, request(sent=asked), request(sent=body(borrower="${Props#z}"))),
    )
    assert done.written["cases"][0]["steps"][0]["capture"] == {
        "Props_z": "string(//*[1])",
        "from_First_2": "string(//k:branchId)",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_what_a_case_is_for_is_said_by_the_suite_s_page(tmp_path: Path, encoding: str) -> None:
    page = "<h2>1.1 Lån</h2><p>Lånen  <b>finns</b> &amp; visas.</p><p>Mer.</p><h3><li>1.2 Inget</li></h3><div/><h2>1.3 Annat</h2><p>Sägs i data.</p>"
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "Loans.xml").write_text(
        whole(*(case(each, request()) for each in ("1.1 Lån", "1.2 Inget", "1.3 Annat"))), encoding="utf-8"
    )
    (kept / "Loans-doc.html").write_bytes(page.encode(encoding))
    said = '<testcase id="1.3 Annat"><description>Av data.xml.</description></testcase>'
    (kept / "data.xml").write_text(DATA.format(cases=said), encoding="utf-8")
    assert main(["import", "soapui", str(kept / "Loans.xml"), "-o", str(tmp_path / "out")]) == 0
    domain = yaml.safe_load((tmp_path / "out" / "tiny.library.loan" / "domain.yaml").read_text(encoding="utf-8"))
    assert {each["id"]: each["text"] for each in domain["requirements"]} == {
        "GetLoans-1.1": "Lånen finns & visas.",
        "GetLoans-1.2": "1.2 Inget",
        "GetLoans-1.3": "Av data.xml.",
    }


def test_data_with_a_case_twice_is_refused_as_the_loader_does(tmp_path: Path) -> None:
    twice = DATA.format(cases='<testcase id="1.1"/><testcase id="1.1"/>')
    with pytest.raises(UsageError, match="the case “1\\.1” is there twice"):
        imported(tmp_path, whole(), twice)


# Steps


def test_a_case_that_runs_another_has_its_steps(tmp_path: Path) -> None:
    call = step("calltestcase", "<con:targetTestCase>1.1</con:targetTestCase>")
    values = data_of(**{"8.1": "<patientId>198001012388</patientId>"})
    done = carried(
        tmp_path, case("1.1", request(verb("assertNonEmptyResponse()"))), case("8.1", call, request()), values=values
    )
    steps = done.written["cases"][1]["steps"]
    assert [each.get("expect") for each in steps] == [[{"records": {"min": 1}}], None]
    assert {each["with"]["patientId"] for each in steps} == {"198001012388"}, "with the values of the case that runs it"
    assert [sum(each.levels) for each in done.imported.cases] == [4, 3], "an assertion is counted where it stands"


def test_cases_that_run_each_other_end(tmp_path: Path) -> None:
    calls = [step("calltestcase", f"<con:targetTestCase>{each}</con:targetTestCase>") for each in ("1.2", "1.1")]
    done = carried(tmp_path, case("1.1", calls[0], request()), case("1.2", calls[1], request()))
    assert [each.why for one in done.imported.cases for each in one.left] == [
        "it runs itself, by other cases or at once"
    ] * 2


def test_what_is_no_soap_is_listed(tmp_path: Path) -> None:
    rest = step("restrequest", "<con:restRequest/>", "Ask REST")
    done = carried(
        tmp_path,
        case("1.1", request()),
        case("1.2", rest),
        case("1.3", rest, request()),
        case("1.4", request(), attributes='disabled="true"'),
    )
    assert [(one.name, why) for one, why in done.imported.lost] == [
        ("1.2", "it is REST, no SOAP"),
        ("1.4", "it is disabled"),
    ]
    assert [each["todo"]["why"] for each in done.written["cases"][1]["expect"]] == ["it is REST, no SOAP"]


def test_a_manual_step_asks_and_a_delay_is_told(tmp_path: Path) -> None:
    manual = step("manualTestStep", "<con:expectedResult>It is empty.</con:expectedResult>", "Look")
    manual = manual.replace("<con:config>", "<con:description>Look at the shelf.</con:description><con:config>")
    done = carried(tmp_path, case("1.1", step("delay", "<delay>500</delay>", "Wait"), request(), manual))
    assert done.written["cases"][0]["steps"][1] == {"ask": "Look at the shelf. It is empty.", "action": "look"}
    assert done.imported.cases[0].notes == [
        "Wait: waits for 500 ms; a step of ours begins when the one before is answered"
    ]


def test_a_mock_step_waits_for_a_call_and_gives_its_answer(tmp_path: Path) -> None:
    given = f"<con:response><con:responseContent>{escape(answer('L1'))}</con:responseContent></con:response>"
    mocks = [
        step("mockresponse", config, name) for config, name in ((given, "Called"), ("<con:response/>", "Called again"))
    ]
    done = carried(tmp_path, case("1.1", request(), *mocks))
    _, first, second = done.written["cases"][0]["steps"]
    assert first == {"receive": {}, "answer": {"message": "messages/1.1-2.xml"}}
    assert second == {"receive": {}}


def test_what_a_request_has_besides_its_text_is_told(tmp_path: Path) -> None:
    sent = request(asserted("Schema Compliance").replace("<con:assertion", '<con:assertion disabled="true"', 1))
    more = "<con:attachment/><con:credentials><con:username>u</con:username></con:credentials></con:request>"
    sent = sent.replace("<con:request><con:settings>", '<con:request outgoingWss="x"><con:settings>').replace(
        "</con:request></con:config>", f"{more}</con:config>"
    )
    idle = script("x").replace("<con:testStep", '<con:testStep disabled="true"')
    done = carried(tmp_path, case("1.1", sent, idle))
    assert [each["todo"]["why"] for each in done.expected] == [
        f"it is sent with {each}" for each in ("attachments", "WS-Security", "a user name and a password")
    ]
    assert done.imported.cases[0].notes == [
        "Call: 1 of its assertions are disabled there",
        "a script: is disabled there",
    ]


def test_ids_are_those_of_the_suite_and_never_taken_twice(tmp_path: Path) -> None:
    names = ["1.1.1 A", "1.1.1 B", "NTP-7.1 C", "Whatever it is", "9. D"]
    done = carried(tmp_path, *(case(each, request()) for each in names))
    assert [each["id"] for each in done.written["cases"]] == ["1.1.1", "1.1.1-B", "NTP-7.1", "Whatever-it-is", "9"]


# Hostile and unusual projects


@pytest.mark.parametrize(
    ("text", "error", "what"),
    [
        ('<!DOCTYPE a [<!ENTITY b "b">]><con:soapui-project xmlns:con="x">&b;</con:soapui-project>', Unreadable, "document type declaration"),
        ('<con:soapui-project xmlns:con="http://eviware.com/soapui/config"><con:encryptedContent>x</con:encryptedContent></con:soapui-project>', UsageError, "is encrypted, and nothing can be read"),
        ("<project/>", UsageError, "is no SoapUI project: its root is project"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, text: str, error: type[Exception], what: str
) -> None:
    with pytest.raises(error, match=what):
        imported(tmp_path, text)


def test_a_project_over_the_limit_is_not_even_opened(tmp_path: Path) -> None:
    large = tmp_path / "large.xml"
    with large.open("wb") as file:
        file.truncate(4 * LIMIT_BYTES)
    with pytest.raises(UsageError, match=rf"over the {LIMIT_BYTES} that are read"):
        reading.read(large)


def test_a_project_of_an_older_version_has_its_scripts_without_a_prefix_or_with_one(tmp_path: Path) -> None:
    old = (
        whole(case("1.1", script(LOAD), request(verb("assertNonEmptyResponse()"))))
        .replace("<script>", "<con:script>")
        .replace("</script>", "</con:script>")
    )
    assert [
        each.left for each in imported(tmp_path, old.replace('soapui-version="5.7.2"', 'soapui-version="3.6.1"')).cases
    ] == [[]]


def test_no_path_of_a_project_leads_out_of_the_folder(tmp_path: Path) -> None:
    rules = verb("assertSchematronConstraints('../secret.sch')")
    hostile = (
        whole(case("1.1/../../up", request(rules)))
        .replace("somewhere/", "somewhere/../../../../")
        .replace("somewhere\\", "somewhere\\..\\..\\")
    )
    (tmp_path / "secret.sch").write_text("<x/>", encoding="utf-8")
    before = {*tmp_path.rglob("*")}
    done = imported(tmp_path, hostile)
    made = {each for each in tmp_path.rglob("*") if each not in before and each.is_file()}
    assert {each for each in made if not each.is_relative_to(tmp_path / "out")} <= {*(tmp_path / "project").iterdir()}
    assert "../secret.sch is not beside the project, so that GetLoans has no rules for a response" in done.notes


def test_a_script_that_is_nested_without_end_is_left(tmp_path: Path) -> None:
    deep = verb(f"assertNonEmptyResponse({'(' * 5000}1{')' * 5000})")
    assert carried(tmp_path, case("1.1", request(deep))).expected[0]["todo"]["why"] == "it is nested too deep"


# The command


def test_the_command_writes_a_folder_and_tells_what_was_carried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "Loans.xml"
    path.write_text(
        whole(case("1.1", request(verb("assertNonEmptyResponse()"))), case("1.2", request(scripted("assert 1")))),
        encoding="utf-8",
    )
    assert main(["import", "soapui", str(path), "-o", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "Loans: 2 cases" in told
    assert "1.2 / Call / an assertion: a script of its own" in told
    assert main(["import", "soapui", str(path), "-o", str(tmp_path / "out")]) == 4
    assert "is not empty" in capsys.readouterr().err
    assert main(["import", "soapui", str(path), "-o", str(tmp_path / "other"), "--json"]) == 0
    told_ = json.loads(capsys.readouterr().out)
    assert told_["cases"] == {
        "of": 2,
        "carried": 2,
        "without-todo": 1,
        "by-level": {"1": 1, "2": 0, "3": 0, "4": 0, "5": 0},
    }
    assert (told_["assertions"]["carried"], told_["answers"], told_["load-tests"]) == (7, 0, [])
    assert main(["lint", "--suites", str(tmp_path / "out")]) == 0


def test_the_command_names_nobody_and_writes_all_or_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, file, who = tmp_path / "Loans.xml", tmp_path / "file", person("19470811")
    named_so = (case(f"1.1 {who}", request(scripted("assert 1")), script("x")), case(who, request()))
    path.write_text(whole(*named_so, more=mocked({f"To {who}": answer("L1")})), encoding="utf-8")
    file.touch()
    for more in ((), ("--json",)):
        assert main(["import", "soapui", str(path), "-o", str(tmp_path / f"out{len(more)}"), *more]) == 0
        told = capsys.readouterr().out
        assert identity.strangers(told, ()) == []
        assert "titles name 1 persons by number, and each has a token there" in told
        written = [each for each in (tmp_path / f"out{len(more)}").rglob("*") if each.is_file()]
        assert [each for each in written if identity.strangers(f"{each}{each.read_text(encoding='utf-8')}", ())] == []
    assert [each.read_bytes() for each in sorted((tmp_path / "out0").rglob("*.yaml"))] == [
        each.read_bytes() for each in sorted((tmp_path / "out1").rglob("*.yaml"))
    ], "of the same project the same tokens"
    assert main(["import", "soapui", str(path), "-o", str(file / "out")]) == 6
    assert "cannot be written" in capsys.readouterr().err


def load_test(name: str, threads: int, limit: str, strategy: str, *more: str) -> str:
    """A load test as SoapUI writes it."""
    return (
        f'<con:loadTest name="{name}"><con:threadCount>{threads}</con:threadCount><con:loadStrategy><con:type>{strategy}</con:type>'
        f"<con:config>{''.join(more[:1])}</con:config></con:loadStrategy>{limit}{''.join(more[1:])}</con:loadTest>"
    )


LOADS = (
    load_test("6.1.1 Grund", 10, "<con:testLimit>180</con:testLimit><con:limitType>TIME</con:limitType>", "Simple", "<testDelay>1000</testDelay>")
    + load_test("6.1.2", 5, "<con:testLimit>1800</con:testLimit>", "Variance", "<interval>60000</interval><variance>1.0</variance>", '<con:assertion type="Max Errors"/>')
    + load_test("6.2.1", 10, "<con:testLimit>300</con:testLimit>", "Thread", "<startThreadCount>10</startThreadCount><endThreadCount>100</endThreadCount>")
    + load_test("6.2.1", 3, "<con:testLimit>50</con:testLimit><con:limitType>COUNT</con:limitType>", "Simple")
)  # fmt: skip


def test_load_tests_are_load_cases_of_the_suite(tmp_path: Path) -> None:
    done = imported(tmp_path, whole(case("6.1", request(asserted("Response SLA Assertion", SLA="15000")), more=LOADS)))
    written = yaml.safe_load(next(each for each in done.files if each.name == "producer.yaml").read_text("utf-8"))
    shared = {"verifies": ["GetLoans-6.1"], "plays": ["6.1"], "limits": [{"within": "15000 ms"}]}
    assert [{key: each[key] for key in each if key not in ("title", "source")} for each in written["load"]] == [
        {"id": "6.1.1", "users": 10, "for": "180 s", "pause": "1000 ms"} | shared,
        {"id": "6.1.2", "users": 5, "for": "1800 s"} | shared,
        {"id": "6.2.1", "stages": [{"from": 10, "users": 100, "for": "300 s"}]} | shared,
        {"id": "6.2.1-2", "users": 3, "for": "60 s"} | shared,
    ]
    assert main(["lint", "--suites", str(tmp_path / "out"), "-q"]) == 0
    told = [each["notes"] for each in tally.data(done)["load-tests"]]
    assert [len(each) for each in told] == [0, 2, 0, 1]
    assert told[1][0] == "its strategy is Variance, and here the number of users stays the same"
    assert told[3] == ["it ends after 50 calls, and here after 60 s"]
    assert "  6.1, 6.1.1 Grund" in [*tally.table(done)]


def test_a_load_test_whose_case_cannot_be_played_by_many_is_listed(tmp_path: Path) -> None:
    seen = step("manualTestStep", "<con:description>Is it shown?</con:description>", "Look")
    done = imported(tmp_path, whole(case("6.1", request(), seen, more=LOADS)))
    assert {each["carried"] for each in tally.data(done)["load-tests"]} == {False}
    assert "  6.1, 6.1.1 Grund: its case does more than send" in [*tally.table(done)]


def test_the_command_s_module_is_named_as_it_is_typed() -> None:
    assert importlib.import_module("rivta.cli.import").run


def test_the_manual_s_case_is_what_comes_of_its_script(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "from-soapui.md").read_text(encoding="utf-8")
    (groovy,) = re.findall(r"```groovy\n(.*?)```", page, re.DOTALL)
    side, left = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    asked = body("<g:fromDate>${branch}</g:fromDate>")
    done = carried(
        tmp_path,
        case("1.3 Branch", request(groovy, sent=asked)),
        case("5.4", request(scripted(left["expect"][0]["todo"]["original"]))),
        values=data_of(**{"1.3 Branch": "<branch>SE2321000016-LIB2</branch>"}),
    )
    one, other = done.written["cases"]
    assert [one] == side
    assert other["expect"][0]["todo"].keys() == left["expect"][0]["todo"].keys()
    assert other["expect"][0]["todo"]["why"] == left["expect"][0]["todo"]["why"]


def test_a_todo_is_neither_right_nor_wrong_and_proves_nothing() -> None:
    told = test_check.verdict("todo", test_check.seen(), why="a script of its own", original="assert x")
    assert (told.verdict, told.findings, told.verifies) == (Verdict.NOT_PROVEN, (), ("GEN-SOAP",))
    assert told.note is not None
    assert "a script of its own" in told.note.en


def test_an_installed_package_goes_before_the_project_s_own_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in SCHEMAS.rglob("*.*"):
        file = tmp_path / "package" / "schemas" / path.relative_to(SCHEMAS)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(published(path), encoding="utf-8")
    monkeypatch.setenv("RIVTA_CONTRACTS", str(tmp_path / "store"))
    install(tmp_path / "package", PackageStore(), version="7.1")
    done = carried(tmp_path, case("1.1", request(verb("assertNonEmptyResponse()"))))
    assert done.suite.domain.homes[1].is_relative_to(tmp_path / "store")
    assert not (done.folder / "schemas").exists()
    assert done.expected == [{"records": {"min": 1}}]


def test_what_only_looks_like_a_placeholder_is_sent_as_it_stands(tmp_path: Path) -> None:
    done = carried(tmp_path, case("1.1", request(sent=body("<!-- ${ and ${a b} -->"))))
    assert "<!-- $${ and ${a_b} -->" in (done.folder / "GetLoans" / "messages" / "1.1.xml").read_text(encoding="utf-8")


def test_a_case_with_a_todo_is_played_and_is_not_proven(tmp_path: Path) -> None:
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, tmp_path / tiny_world.NAME)
    path = tmp_path / tiny_world.NAME / "GetLoans" / "producer.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('"//g:loan", absent: yes}]', '"//g:loan", absent: yes}, todo: a script of its own]'),
        encoding="utf-8",
    )
    bench = tiny_world.matrix().bench
    read = suite.read(path, bench.simulated.domain, vocabulary(), bench.settings.test_data)
    with_todo, without = (next(each for each in read.cases if each.id == name) for name in ("1.2", "1.1"))
    assert bench.play(without, read).verdict is Verdict.PASSED
    played = bench.play(with_todo, read)
    assert played.verdict is Verdict.NOT_PROVEN
    assert played.exchanges, "it was sent all the same, so that what is wrong besides is seen"
