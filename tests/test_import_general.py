"""SoapUI projects of other makers carried over: what moves values, repeats, runs others, waits; a small project for each construct."""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import yaml
from benchmarks import originals

from in_process import Bench
from rivta import environment, simulator
from rivta.cli import main
from rivta.importer import cases, data, folder, reading
from rivta.model.errors import Unreadable, UsageError
from rivta.model.words import Verdict
from soapui_world import (
    DATA,
    LIBRARY,
    LOANS,
    PLAIN,
    asserted,
    body,
    carried,
    case,
    imported,
    named,
    request,
    script,
    scripted,
    step,
    verb,
    whole,
)  # fmt: skip


def moved(*transfers: str, name: str = "Move", **values: str) -> str:
    """A step that transfers a property; other ones as they stand."""
    one = "".join(f"<con:{key}>{escape(value)}</con:{key}>" for key, value in values.items())
    return step("transfer", "".join((f"<con:transfers>{one}</con:transfers>" if one else "", *transfers)), name)


def why(done: object) -> list[str]:
    return [each.why for one in done.imported.cases for each in one.left]  # type: ignore[attr-defined]


BRANCH = f"declare namespace k='{LIBRARY}'; //k:branchId"


def test_a_contract_in_two_versions_has_a_suite_for_each_whatever_interface_calls_it(tmp_path: Path) -> None:
    text = whole(
        case("1", request()),
        case("2", request().replace("Binding<", "Again<")),
        case("3", request(sent=body().replace("Responder:1", "Responder:2")).replace("Binding<", "Newer<")),
    )
    start, end = text.index("<con:interface "), text.index("</con:interface>") + len("</con:interface>")
    one = text[start:end]
    newer = one.replace("Responder:1", "Responder:2").replace("_1.0", "_2.0").replace('name="Binding"', 'name="Newer"')
    done = imported(tmp_path, text.replace(one, one + one.replace('name="Binding"', 'name="Again"') + newer))
    written = {
        each.parent.name: yaml.safe_load(each.read_text(encoding="utf-8"))
        for each in (tmp_path / "out").rglob("producer.yaml")
    }
    assert {name: [one["id"] for one in each["cases"]] for name, each in written.items()} == {
        "GetLoans.1": ["1", "2"],
        "GetLoans.2": ["3"],
    }
    assert len(done.cases) == 3


# Property transfers


def test_a_value_goes_from_an_answer_into_a_message_by_a_path(tmp_path: Path) -> None:
    at = "declare namespace g='urn:riv:tiny:library:loan:GetLoansResponder:1'; //g:patientId/@extension"
    move = moved(
        sourceType="ResponseAsXml",
        sourceStep="First",
        sourcePath=BRANCH,
        targetType="Request",
        targetStep="Second",
        targetPath=at,
    )
    done = carried(tmp_path, case("1.1", request(name="First"), move, request(name="Second")))
    first, second = done.written["cases"][0]["steps"]
    assert first["capture"] == {"from_First_1": "string(//k:branchId)"}
    assert second["change"] == {"//g:patientId/@extension": "${from_First_1}"}
    assert done.written["namespaces"] == {"g": "urn:riv:tiny:library:loan:GetLoansResponder:1", "k": LIBRARY}
    assert why(done) == []


def test_a_value_goes_from_property_to_property(tmp_path: Path) -> None:
    props = step("properties", named({"x": "3"}), "Props")
    move = moved(sourceType="x", sourceStep="Props", targetType="y", targetStep="#TestCase#")
    asked = request(sent=body(borrower="${#TestCase#y}"))
    done = carried(tmp_path, case("1.1", props, move, asked, more=named({"y": "1"})))
    assert done.written["cases"][0]["with"] == {"case_y": "${Props_x}", "Props_x": "3"}


def test_a_value_holds_until_another_is_put_there(tmp_path: Path) -> None:
    props = step("properties", named({"y": "3"}), "Props")
    move = moved(sourceType="Response", sourceStep="First", sourcePath=BRANCH, targetType="y", targetStep="Props")
    asked = body(borrower="${Props#y}")
    done = carried(
        tmp_path, case("1.1", props, request(sent=asked, name="First"), move, request(sent=asked, name="Second"))
    )
    first, second = done.written["cases"][0]["steps"]
    assert (first["with"], first["capture"]) == ({"Props_y": "3"}, {"Props_y": "string(//k:branchId)"})
    assert "with" not in second
    assert first["send"] == second["send"]


NOT_MOVED = [
    ({"sourceType": "Response", "sourceStep": "First", "sourcePath": "//a", "targetType": "y", "targetStep": "Props", "transferChildNodes": "true"},
     "it takes a piece of XML from Response of First, no text"),
    ({"sourceType": "Response", "sourceStep": "Other", "sourcePath": "//a", "targetType": "y", "targetStep": "Props"},
     "it takes Response of Other, which is not there before"),
    ({"sourceType": "Response", "sourceStep": "First", "targetType": "y", "targetStep": "Props"}, "it takes Response of First as a whole"),
    ({"sourceType": "Request", "sourceStep": "First", "sourcePath": "//a", "targetType": "y", "targetStep": "Props"}, "it takes Request of First"),
    ({"sourceType": "Response", "sourceStep": "First", "sourcePath": "$.a", "type": "JSONPATH", "targetType": "y", "targetStep": "Props"},
     "it takes what is at $.a in Response of First"),
    ({"sourceType": "x", "sourceStep": "Props", "sourcePath": "//a", "targetType": "y", "targetStep": "Props"}, "it takes what is at //a in x of Props"),
    ({"sourceType": "Response", "sourceStep": "First", "sourcePath": "//a", "targetType": "Request", "targetStep": "Second"},
     "it puts a value into Request of Second as a whole"),
    ({"sourceType": "Response", "sourceStep": "First", "sourcePath": "//a", "targetType": "y", "targetStep": "Props", "targetPath": "//b"},
     "it puts a value into y of Props at //b"),
]  # fmt: skip


@pytest.mark.parametrize(("how", "told"), NOT_MOVED)
def test_a_transfer_that_has_no_counterpart_is_left(tmp_path: Path, how: dict[str, str], told: str) -> None:
    done = carried(tmp_path, case("1.1", request(name="First"), moved(**how), request(name="Second")))
    assert why(done) == [told]


def test_a_transfer_that_is_disabled_is_none(tmp_path: Path) -> None:
    idle = '<con:transfers disabled="true"><con:sourceType>Response</con:sourceType></con:transfers>'
    assert why(carried(tmp_path, case("1.1", request(), moved(idle)))) == []


# Property expansion


def test_a_path_may_have_a_property_in_it(tmp_path: Path) -> None:
    asked = body(borrower="${First#ResponseAsXml#//*[.='${#Project#branch}']}")
    done = carried(tmp_path, case("1.1", request(name="First"), request(sent=asked)), properties={"branch": "B"})
    assert done.written["cases"][0]["steps"][0]["capture"] == {"from_First_1": "string(//*[.='B'])"}


PREFIXED = {
    "//ns1:loan[2]/ns2:branchId": "//*[local-name()='loan'][2]/*[local-name()='branchId']",
    "//child::q:loan[@q:x='a:b']": "//child::*[local-name()='loan'][@*[local-name()='x']='a:b']",
    "//*[name()='q:loan']": "//*[name()='q:loan']",
}


@pytest.mark.parametrize("path", PREFIXED)
def test_a_path_without_declarations_means_what_is_called_so_in_the_answer(tmp_path: Path, path: str) -> None:
    asked = body(borrower=f"${{First#Response#{path}}}")
    done = carried(tmp_path, case("1.1", request(name="First"), request(sent=asked)))
    first, _ = done.written["cases"][0]["steps"]
    assert (first["capture"], why(done)) == ({"from_First_1": f"string({PREFIXED[path]})"}, [])


def test_a_message_as_a_whole_is_no_value(tmp_path: Path) -> None:
    done = carried(tmp_path, case("1.1", request(name="First"), request(sent=body(borrower="${First#Request#//a}"))))
    assert why(done) == ["it takes Request of First"]


def test_levels_that_are_no_part_of_a_project_are_empty_and_told(tmp_path: Path) -> None:
    asked = request(sent=body(borrower="${#Global#a}${#System#b}${#TestSuite#c}"))
    done = carried(tmp_path, case("1.1", asked))
    assert done.written["data"] == {"global_a": "", "system_b": "", "suite_c": ""}
    assert {f"nothing gives ${{{each}}} a value: it is empty" for each in done.written["data"]} <= {
        *done.imported.notes
    }


# Environments


LISTED = "<con:property><con:name>who</con:name><con:value>2</con:value></con:property><con:property><con:name>unused</con:name></con:property>"
"""The properties of an environment as its schema has them, without a list around them."""
ENVIRONMENTS = "".join(
    f'<con:environment name="{name}"><con:service name="Binding"><con:endpoint>{url}</con:endpoint></con:service>{LISTED if name == "B" else ""}{named({"who": who, "unused": "x"}) if name != "B" else ""}</con:environment>'
    for name, url, who in (("Test A", "https://a.example/loans", "1"), ("B", "https://b.example/loans", "2"))
)


def test_an_environment_of_readyapi_becomes_one_of_ours(tmp_path: Path) -> None:
    done = carried(tmp_path, case("1.1", request(sent=body(borrower="${#Env#who}"))), more=ENVIRONMENTS)
    assert done.written["data"] == {"env_who": "1"}
    written = {
        path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((tmp_path / "out").glob("environment*"))
    }
    urls = {name: each["endpoints"]["GetLoans"]["url"] for name, each in written.items()}
    assert urls == {
        "environment.yaml": "http://localhost:8088/mock",
        "environment-Test_A.yaml": "https://a.example/loans",
        "environment-B.yaml": "https://b.example/loans",
    }
    assert written["environment-B.yaml"]["test-data"] == {"env_who": "2"}, "what no suite asks for is left out"
    for name in written:
        assert environment.read(tmp_path / "out" / name).roles == ("producer",)


def test_an_environment_may_know_a_service_by_its_id_alone(tmp_path: Path) -> None:
    service = '<con:service type="SOAP"><con:interfaceId>i-1</con:interfaceId><con:endpoint mode="COMPLEMENT">https://c.example/</con:endpoint></con:service>'
    text = whole(case("1.1", request()), more=f'<con:environment name="C">{service}</con:environment>')
    imported(tmp_path, text.replace('name="Binding" definition', 'id="i-1" name="Binding" definition'))
    written = yaml.safe_load((tmp_path / "out" / "environment-C.yaml").read_text(encoding="utf-8"))
    assert written["endpoints"]["GetLoans"]["url"] == "https://c.example/"


# Data sources


def grid(*values: str, name: str = "Rows") -> str:
    """A data source with rows of its own, with one column."""
    entry = '<con:entry xmlns:con="http://eviware.com/soapui/config">{}</con:entry>'
    each = "".join(
        f"<row>{escape('<xml-fragment>' + entry.format(value) + entry.format('') + '</xml-fragment>')}</row>"
        for value in (*values, "")
    )
    config = f'<con:dataSource type="Grid"><con:configuration>{each}</con:configuration></con:dataSource><con:property>id</con:property>'
    return step("datasource", config, name)


def loop(target: str = "Call", source: str = "Rows") -> str:
    return step("datasourceloop", f"<dataSourceStep>{source}</dataSourceStep><targetStep>{target}</targetStep>", "Loop")


def test_a_data_source_is_played_row_by_row(tmp_path: Path) -> None:
    asked = request(sent=body(borrower="${Rows#id}"))
    done = carried(tmp_path, case("1.1", grid("1", "2", "3"), asked, loop()))
    steps = done.written["cases"][0]["steps"]
    assert [each["with"] for each in steps] == [{"Rows_id": "1"}, {"Rows_id": "2"}, {"Rows_id": "3"}]
    assert len({each["send"] for each in steps}) == 1, "one message, with other values"
    assert why(done) == []


def test_a_data_source_without_a_loop_gives_its_first_row(tmp_path: Path) -> None:
    done = carried(tmp_path, case("1.1", grid("1", "2"), request(sent=body(borrower="${Rows#id}"))))
    assert done.written["cases"][0]["with"] == {"Rows_id": "1"}


def of_file(name: str, separator: str = ";") -> str:
    config = f"<con:configuration><fileName>{name}</fileName><separator>{separator}</separator></con:configuration>"
    columns = "<con:property>id</con:property><con:property>other</con:property>"
    return step("datasource", f'<con:dataSource type="File">{config}</con:dataSource>{columns}', "Rows")


def test_a_data_source_may_be_a_file_beside_the_project(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "some rows.csv").write_text('1;a\n"2;2"\n', encoding="utf-8")
    asked = request(sent=body(borrower="${Rows#id}${Rows#other}"))
    done = carried(tmp_path, case("1.1", of_file("${projectDir}/some rows.csv"), asked, loop()))
    assert [each["with"] for each in done.written["cases"][0]["steps"]] == [
        {"Rows_other": "a", "Rows_id": "1"},
        {"Rows_other": "", "Rows_id": "2;2"},
    ]


@pytest.mark.parametrize("name", ["../rows.csv", "/etc/passwd", "..", "gone.csv", "linked.csv"])
def test_no_file_elsewhere_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "rows.csv").write_text("secret\n", encoding="utf-8")
    (tmp_path / "project" / "linked.csv").symlink_to(tmp_path / "rows.csv")
    done = carried(tmp_path, case("1.1", of_file(name), request()))
    assert why(done) == [f"its rows come from {name}, which is no such file beside the project"]


@pytest.mark.parametrize("named_so", [r"C:\data\rows.csv", "${projectDir}/data/rows.csv", "rows.csv"])
def test_a_file_of_rows_is_looked_for_beside_the_project_as_it_was_saved(tmp_path: Path, named_so: str) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "rows.csv").write_bytes("å\t1\n".encode("cp1252"))
    source = of_file(named_so, r"\t").replace("<separator>", "<charset>cp1252</charset><separator>")
    done = carried(tmp_path, case("1.1", source, request(sent=body(borrower="${Rows#id}")), loop()))
    assert (done.written["cases"][0]["with"], why(done)) == ({"Rows_id": "å"}, [])


def test_a_part_of_the_rows_is_left(tmp_path: Path) -> None:
    part = grid("1", "2").replace("<con:property>id", "<con:startRow>2</con:startRow><con:endRow/><con:property>id")
    assert why(carried(tmp_path, case("1.1", part, request()))) == ["it plays a part of its rows: startRow 2"]


def test_what_is_no_text_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "rows.csv").write_bytes(b"\xff\xfe")
    (told,) = why(carried(tmp_path, case("1.1", of_file("rows.csv"), request())))
    assert told.startswith("its rows come from rows.csv: ")


def test_rows_of_other_kinds_are_left(tmp_path: Path) -> None:
    jdbc = step("datasource", '<con:dataSource type="JDBC"/>', "Rows")
    done = carried(tmp_path, case("1.1", jdbc, grid(name="None"), request(), loop()))
    assert why(done) == [
        "its rows come from JDBC",
        "it has no rows",
        "it repeats Call for the rows of Rows, and they are not there",
    ]


def test_a_source_of_very_many_rows_is_cut_and_told(tmp_path: Path) -> None:
    done = carried(tmp_path, case("1.1", grid(*map(str, range(data.MOST_ROWS + 1))), request(), loop()))
    assert len(done.written["cases"][0]["steps"]) == data.MOST_ROWS
    assert f"Rows: has more than the {data.MOST_ROWS} rows that are played" in done.imported.cases[0].notes


# Goto


def goto(*conditions: tuple[str, str], name: str = "Again") -> str:
    each = "".join(
        f"<con:condition><con:name>c</con:name><con:type>XPATH</con:type><con:expression>{escape(one)}</con:expression><con:targetStep>{target}</con:targetStep></con:condition>"
        for one, target in conditions
    )
    return step("goto", each, name)


NONE, DONE = "count(//*[local-name()='loan']) = 0", "boolean(//*[local-name()='loan'])"
WAIT = step("delay", "<delay>500</delay>", "Wait")
ATTEMPTS = {
    "back while a condition holds": ([goto((NONE, "First"))], f"not({NONE})", 20),
    "back by way of what only waits": ([goto((NONE, "Before"))], f"not({NONE})", 20),
    "ahead when it is done, else back": ([goto((DONE, "Last"), ("true()", "First"))], DONE, 20),
    "ahead when it is done, then a delay, then back": ([goto((DONE, "Last")), WAIT, goto(("1 = 1", "First"), name="Back")], DONE, 520),
    "with a delay to go to": ([goto((DONE, "Last"), ("true()", "Wait")), WAIT, goto(("true()", "Before"), name="Back")], DONE, 520),
    "what is no truth value leads nowhere": ([goto(("//loan", "Last"), ("false()", "Last"), (NONE, "First"))], f"not({NONE})", 20),
}  # fmt: skip


@pytest.mark.parametrize("which", ATTEMPTS)
def test_going_back_until_an_answer_is_as_it_is_to_be_is_a_message_sent_again(tmp_path: Path, which: str) -> None:
    jumps, until, apart = ATTEMPTS[which]
    before = step("delay", "<delay>20</delay>", "Before")
    done = carried(tmp_path, case("1.1", before, request(name="First"), *jumps, request(name="Last")))
    first, last = done.written["cases"][0]["steps"]
    assert first["for-each"] == {"value": "attempt", "until": until, "number": 10, "apart": f"{apart} ms"}
    assert (why(done), "for-each" in last) == ([], False)
    assert not [each for each in done.imported.cases[0].notes if "begins when the one before is answered" in each]


def test_the_condition_of_a_jump_has_the_prefixes_of_the_file_and_the_values_of_the_case(tmp_path: Path) -> None:
    condition = f"declare namespace k='{LIBRARY}'; //k:branchId = '${{#TestCase#x}}'"
    steps = (request(name="First"), goto((condition, "Last"), ("true()", "First")), request(name="Last"))
    done = carried(tmp_path, case("1.1", *steps, more=named({"x": "LIB1"})))
    assert done.written["cases"][0]["steps"][0]["for-each"]["until"] == "//k:branchId = 'LIB1'"
    assert done.written["namespaces"] == {"k": LIBRARY}


def test_what_a_jump_passes_over_is_left_out_and_told(tmp_path: Path) -> None:
    over = request(name="Over", sent=body(borrower="5"))
    done = carried(
        tmp_path, case("1.1", request(name="First"), goto(("true()", "Last")), over, WAIT, request(name="Last"))
    )
    assert [each.name for each in done.imported.cases[0].steps] == ["First", "Last"]
    assert why(done) == []
    assert done.imported.cases[0].notes == ["Again: passes over Over, which are left out"]


LEFT_JUMPS = {
    "by a script": ([goto((NONE, "First")).replace("XPATH", "GROOVY")], "it has a condition of the type GROOVY", ["First", "Over", "Last"]),
    "ahead by an answer": ([goto((DONE, "Last"))], "what was answered decides whether Over are played, and they are left out", ["First", "Last"]),
    "ahead in two ways": ([goto((DONE, "Over"), (NONE, "Last"))], "what was answered decides whether Over are played, and they are left out", ["First", "Last"]),
    "back without end": ([goto(("true()", "First"))], "what was answered decides how often it goes back", ["First"]),
    "back over several": ([request(name="Second"), goto((NONE, "First"))], "what was answered decides how often it goes back", ["First", "Second", "Over", "Last"]),
    "to a step that is not there": ([goto((NONE, "Gone"))], "it goes on with Gone, which is not there", ["First", "Over", "Last"]),
    "back by no XPath 1.0": ([goto(("matches(//a, 'x')", "First"))], "it has a function that XPath 1.0 has not, or a prefix that nothing declares", ["First", "Over", "Last"]),
    "back by an earlier answer": ([goto(("${First#Response#//a} = 1", "First"))], "it goes back by what only a run knows: from_First_1", ["First", "Over", "Last"]),
}  # fmt: skip


@pytest.mark.parametrize("which", LEFT_JUMPS)
def test_a_jump_that_answers_decide_is_left_with_its_conditions(tmp_path: Path, which: str) -> None:
    steps, told, played = LEFT_JUMPS[which]
    done = carried(tmp_path, case("1.1", request(name="First"), *steps, request(name="Over"), request(name="Last")))
    assert why(done) == [told]
    assert [each.name for each in done.imported.cases[0].steps] == played


def test_a_jump_back_to_a_message_that_is_left_out_is_left_too(tmp_path: Path) -> None:
    gone = request(name="First").replace("GetLoans</con:operation>", "Gone</con:operation>")
    assert gone != request(name="First")
    done = carried(tmp_path, case("1.1", gone, goto((NONE, "First")), request(name="Last")))
    assert why(done)[1:] == ["the message that it goes back to is left out"]


def test_a_jump_that_is_left_tells_its_conditions(tmp_path: Path) -> None:
    done = carried(tmp_path, case("1.1", request(name="First"), goto((NONE, "Last")), request(), request(name="Last")))
    (left,) = (each for one in done.imported.cases for each in one.left)
    assert left.original == f"Last: {NONE}"


def test_very_many_jumps_to_jumps_end(tmp_path: Path) -> None:
    names = [f"G{number}" for number in range(60)]
    many = [
        goto((NONE, one), (DONE, other), name=name)
        for name, one, other in zip(names, names[1:], names[2:], strict=False)
    ]
    ends = [goto(("true()", "G59"), name="G58"), goto(("true()", "G58"), name="G59")]
    done = carried(tmp_path, case("1.1", request(name="First"), *many, *ends, request(name="Last")))
    assert why(done) == [
        "what was answered decides where it goes on",
        "what was answered decides how often it goes back",
    ]


def test_a_jump_to_the_next_step_is_none(tmp_path: Path) -> None:
    done = carried(tmp_path, case("1.1", request(name="First"), goto(("true()", "Last")), request(name="Last")))
    assert (why(done), done.imported.cases[0].notes) == ([], [])


# Cases that run others


def call(target: str, **given: str) -> str:
    return step("calltestcase", f"<con:targetTestCase>{target}</con:targetTestCase>{named(given)}", "Run")


def test_a_case_is_run_with_the_values_that_it_is_given(tmp_path: Path) -> None:
    asked = request(sent=body(borrower="${#TestCase#x}-${#TestCase#y}"))
    runs = case(
        "2", call("1", x="of ${#TestCase#x}"), asked, request(sent=body(borrower="${Run#x}")), more=named({"x": "2"})
    )
    done = carried(tmp_path, case("1", asked, more=named({"x": "1", "y": "y"})), runs)
    first, second, third = done.written["cases"][1]["steps"]
    assert first["with"] == {"case_y": "y", "case_x": "of 2"}
    assert second["with"] == {"case_x": "2"}, "afterwards its own hold again"
    assert third["with"] == {"Run_x": "of 2"}


def test_cases_that_run_very_many_others_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_MOST_STEPS", 200)
    each = [case(str(number), call(str(number + 1)), call(str(number + 1))) for number in range(30)]
    done = carried(tmp_path, *each, case("30", request()))
    assert f"it goes on for more than {cases._MOST_STEPS} steps" in why(done)
    assert max(len(one.steps) for one in done.imported.cases) < cases._MOST_STEPS


def test_cases_that_run_others_very_deep_end(tmp_path: Path) -> None:
    deep = [case(str(number), call(str(number + 1))) for number in range(400)]
    done = imported(tmp_path, whole(*deep, case("400", request())))
    assert len(done.cases) == cases._DEEPEST
    assert "it runs cases that run cases, more than 50 deep" in {reason for _, reason in done.lost}


# Scripts that are run before and after


def test_what_a_suite_or_a_case_sets_up_is_read(tmp_path: Path) -> None:
    before = '<con:setupScript>context.patientId = "5"</con:setupScript><con:tearDownScript>x</con:tearDownScript>'
    done = carried(tmp_path, case("1.1", request(), more=before))
    assert done.written["cases"][0]["with"] == {"patientId": "5"}
    assert done.imported.cases[0].notes == ["the script of the case that tears down is not carried"]


def test_what_the_suite_sets_up_by_a_script_of_its_own_is_left(tmp_path: Path) -> None:
    text = whole(case("1.1", request()), more="<con:afterLoadScript>x</con:afterLoadScript>")
    done = imported(
        tmp_path, text.replace("</con:testSuite>", "<con:setupScript>x.y()</con:setupScript></con:testSuite>")
    )
    assert [each.why for each in done.cases[0].left] == ["its script is not read: a script of its own"]
    assert "the project's afterLoadScript is not carried" in done.notes


# Messages


def test_a_message_by_http_that_is_soap_is_one(tmp_path: Path) -> None:
    config = f"<con:endpoint>http://x/</con:endpoint><con:request>{escape(body())}</con:request>{asserted('Valid HTTP Status Codes', codes='200')}"
    done = carried(tmp_path, case("1.1", step("httprequest", config)))
    assert done.written["cases"][0]["send"] == "messages/1.1.xml"
    assert done.expected == [{"http_status": {"codes": ["200"]}}]
    other = step("httprequest", "<con:request>{}</con:request>")
    (tmp_path / "b").mkdir()
    assert why(carried(tmp_path / "b", case("1.1", request(), other))) == ["it is HTTP, no SOAP"]


DROPS_EMPTY = (
    '<con:settings><con:setting id="com.eviware.soapui.impl.wsdl.WsdlRequest@remove_empty_content">true</con:setting>'
)


def test_what_is_empty_is_left_out_where_soapui_does(tmp_path: Path) -> None:
    empty, full = (
        request(sent=body(f"<g:fromDate>{each}</g:fromDate>")).replace("<con:settings>", DROPS_EMPTY)
        for each in ("${none}", "${patientId}")
    )
    done = carried(tmp_path, case("1.1", empty), case("1.2", full), case("1.3", request(sent=body("<g:fromDate/>"))))
    left_out = [each.get("leave-out") for each in done.written["cases"]]
    assert left_out == [
        [
            "//*[namespace-uri() != 'http://schemas.xmlsoap.org/soap/envelope/' and not(@* or *) and normalize-space() = '']"
        ],
        None,
        None,
    ]


def test_the_assertions_of_a_mock_step_judge_the_call(tmp_path: Path) -> None:
    asserts = "".join(
        (
            asserted(PLAIN[2]),
            asserted("XPath Match", path="count(//*)", content="1"),
            scripted("assert mockRequest", "own"),
        )
    )
    done = carried(tmp_path, case("1.1", request(), step("mockresponse", f"<con:response/>{asserts}", "Called")))
    called = done.written["cases"][0]["steps"][1]
    assert called["expect"][0] == {"xpath": {"path": "count(//*)", "equals": "1"}}
    assert called["expect"][1]["todo"]["why"] == "a script of its own"


def test_what_no_check_of_ours_says_is_listed_by_its_type(tmp_path: Path) -> None:
    types = ("JsonPath Match", "WSS Status Assertion", "WS-A Response Assertion", "Response Attachments")
    done = carried(tmp_path, case("1.1", request(*(asserted(each) for each in types))))
    assert why(done) == [f"an assertion of the type {each} has no counterpart" for each in types]
    assert {each.original for one in done.imported.cases for each in one.left} == {""}, "it says nothing more of itself"


# Played


def test_what_is_moved_repeated_and_left_out_is_sent_so(tmp_path: Path) -> None:
    found = f"declare namespace k='{LIBRARY}'; //k:patientId/@extension"
    at = f"declare namespace g='{LOANS}'; //g:patientId/@extension"
    move = moved(
        sourceType="ResponseAsXml",
        sourceStep="First",
        sourcePath=found,
        targetType="Request",
        targetStep="Second",
        targetPath=at,
    )
    second = request(sent=body(borrower="somebody"), name="Second")
    asked = request(sent=body("<g:fromDate>${none}</g:fromDate>", borrower="${Rows#id}")).replace(
        "<con:settings>", DROPS_EMPTY
    )
    rows_ = case("1.1", grid("191212121212", "201212121212"), asked, loop())
    done = carried(tmp_path, rows_, case("1.2", request(name="First"), move, second))
    bench = Bench(simulator.read(done.suite.domain), environment.read(tmp_path / "out" / "environment.yaml"))
    played = [bench.play(each, done.suite, ()) for each in done.suite.cases]
    assert [each.verdict for each in played] == [Verdict.PASSED, Verdict.PASSED]
    sent = [one.request.body.decode() for each in played for one in each.exchanges]
    persons = ["191212121212", "201212121212", "191212121212", "191212121212"]
    assert [re.findall(r'extension="(\w+)"', each) for each in sent] == [[each] for each in persons]
    assert not any("fromDate" in each for each in sent)


def test_what_draws_the_manual_s_table_of_faults_has_its_environment() -> None:
    assert originals.SETTINGS.is_file()


# Projects in a folder, old ones


def composite(at: Path, text: str) -> Path:
    """A project as ReadyAPI keeps it: a folder, with a folder for the interface and the suite, and a file for what they have."""
    head, _, rest = text.partition("<con:interface ")
    interface, _, rest = rest.partition("</con:interface>")
    suite, _, tail = rest.partition("</con:testSuite>")
    spaces = 'xmlns:con="http://eviware.com/soapui/config" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    before, *each = suite.split("<con:testCase ")
    operation = '<con:operation name="GetLoans" action="x"/>'
    files = {
        "settings.xml": head + tail,
        "Binding/settings.xml": f"<con:interface {spaces} {interface.replace(operation, '')}</con:interface>",
        "Binding/GetLoans.xml": operation.replace("<con:operation", f"<con:operation {spaces}"),
        "1 Basic/settings.xml": f"{before.replace('<con:testSuite', f'<con:testSuite {spaces}')}</con:testSuite>",
        "1 Basic/element.order": "case1.xml\ncase0\n",
        "1 Basic/notes.txt": "x",
    } | {f"1 Basic/case{number}.xml": f"<con:testCase {spaces} {one}" for number, one in enumerate(each)}
    for name, written in files.items():
        file = at / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written, encoding="utf-8")
    return at


def test_a_composite_project_is_put_together(tmp_path: Path) -> None:
    text = whole(*(case(f"1.{number}", request()) for number in range(3)))
    read = reading.read(composite(tmp_path / "Loans", text))
    assert [each.name for each in read.cases] == ["1.1", "1.0", "1.2"], "in the order that it says, then by name"
    assert [(each.name, each.is_soap, [*each.operations]) for each in read.interfaces] == [
        ("Binding", True, ["GetLoans"])
    ]
    assert read.properties["RecordElementPath"] == "//g:loan"
    done = folder.imported(read, data.read(None, None), tmp_path / "out")
    assert [each.left for each in done.cases] == [[], [], []]


def test_nothing_outside_of_a_composite_project_is_read(tmp_path: Path) -> None:
    kept = composite(tmp_path / "Loans", whole(case("1.1", request())))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "settings.xml").write_text("<con:testSuite/>", encoding="utf-8")
    (kept / "Linked").symlink_to(tmp_path / "elsewhere")
    (kept / "1 Basic" / "linked.xml").symlink_to(tmp_path / "elsewhere" / "settings.xml")
    deep = kept.joinpath(*["x"] * 6)
    deep.mkdir(parents=True)
    for each in (deep, *deep.parents[:5]):
        (each / "settings.xml").write_text("<x/>", encoding="utf-8")
    assert len(reading.read(kept).cases) == 1


def test_a_project_is_read_up_to_a_limit_in_all_its_files(tmp_path: Path) -> None:
    kept = composite(tmp_path / "Loans", whole(case("1.1", request())))
    size = sum(each.stat().st_size for each in kept.rglob("*.xml"))
    assert reading.read(kept, limit=size).cases
    with pytest.raises(UsageError, match=f"over the {size - 1} that are read"):
        reading.read(kept, limit=size - 1)


def test_a_folder_that_is_no_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no composite project: it has no"):
        reading.read(tmp_path)


def test_an_interface_of_an_old_version_is_soap(tmp_path: Path) -> None:
    old = whole(case("1.1", request())).replace('xsi:type="con:WsdlInterface"', 'bindingName="{x}Binding"')
    assert [each.is_soap for each in reading.read(_file(tmp_path, old)).interfaces] == [True]


def test_a_long_text_that_soapui_has_packed_is_read(tmp_path: Path) -> None:
    packed = b64encode(gzip.compress(body(borrower="packed").encode())).decode()
    text = whole(case("1.1", request(sent="HERE")), case("1.2", request(sent="HERE")))
    text = text.replace("<con:request>HERE", f'<con:request compression="gzip">{packed}', 1)
    one, other = reading.read(
        _file(tmp_path, text.replace("<con:request>HERE", '<con:request compression="gzip">no'))
    ).cases
    assert (one.steps[0].body, other.steps[0].body) == (body(borrower="packed").replace("\\r\n", "\n"), "no")


def test_packed_texts_count_as_what_they_come_to_all_together(tmp_path: Path) -> None:
    packed = b64encode(gzip.compress(b"a" * 6000)).decode()
    text = whole(*(case(f"1.{number}", request(sent="HERE")) for number in range(3)))
    path = _file(tmp_path, text.replace("<con:request>HERE", f'<con:request compression="gzip">{packed}'))
    assert [each.steps[0].body for each in reading.read(path, path.stat().st_size + 18000).cases] == ["a" * 6000] * 3
    with pytest.raises(UsageError, match="that are read"):
        reading.read(path, path.stat().st_size + 17999)


def test_a_project_whose_encryption_was_taken_away_is_read(tmp_path: Path) -> None:
    text = whole(case("1.1", request()), more="<con:encryptedContent/>")
    assert len(reading.read(_file(tmp_path, text)).cases) == 1


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "p.xml"
    path.write_text(text, encoding="utf-8")
    return path


# Hostile projects


DOUBLING = "\n".join(["def a0 = 'x'", *(f"def a{number} = a{number - 1} + a{number - 1}" for number in range(1, 60))])
BRANCHING = (
    "def c = { record ->\n"
    + "if (record.firstElementAt(p) == 'a') { log.info('x') }\n" * 60
    + "return record.firstElementAt(p) == 'b' }"
)
ITSELF = "def a = a\n"
HOSTILE = [
    (verb("assertSpecificValueInAnyRecord('/g:loan/c:loanId', a59)", DOUBLING), "it comes to very much"),
    (verb("assertSpecificValueInAnyRecord('/g:loan/c:loanId', a)", ITSELF), "it is nested too deep"),
    (
        verb("assertForAnyRecord(c)", "def p = '/g:loan/c:loanId'\n" + BRANCHING),
        "it comes to very much",
    ),
    ("\n" * 19_000 + "assert x", "a script of its own"),
    ("context.allRecords " * 1000, "“context”"),
    ("x" * 20_001, "it is 20001 characters long"),
    ("/*" * 9_000, "“*”"),
]


def test_a_script_that_would_never_end_is_left(tmp_path: Path) -> None:
    done = carried(tmp_path, *(case(str(number), request(each)) for number, (each, _) in enumerate(HOSTILE)))
    assert why(done) == [told for _, told in HOSTILE]
    steps = [script(each) for each, _ in HOSTILE[3:]]
    found = why(carried(_folder(tmp_path, "steps"), case("1", request(), *steps)))
    assert len(found) == len(steps)
    assert all(each.startswith("its script is not read: ") for each in found)


def _folder(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name


def test_values_that_name_each_other_without_end_are_refused(tmp_path: Path) -> None:
    many = {f"v{number}": f"${{#Project#v{number + 1}}}" * 2000 for number in range(4)}
    call_ = call("1", x="${#Project#v0}")
    with pytest.raises(UsageError, match="with its values a text comes to more than 50000000 characters"):
        imported(tmp_path, whole(case("1", request()), case("2", call_, request()), properties=many))


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb">]>'


def test_an_entity_is_expanded_nowhere(tmp_path: Path) -> None:
    in_wsdl = whole(case("1", request())).replace(escape("<wsdl:definitions"), escape(f"{BOMB}<wsdl:definitions"))
    assert "document type declaration" in imported(tmp_path, in_wsdl).left["Binding/GetLoans"]
    rows_ = grid("1").replace(escape("<xml-fragment>"), escape(f"{BOMB}<xml-fragment>"), 1)
    with pytest.raises(Unreadable, match="a list in the project:1"):
        imported(_folder(tmp_path, "rows"), whole(case("1", rows_)))
    with pytest.raises(Unreadable, match="document type declaration"):
        imported(_folder(tmp_path, "data"), whole(case("1", request())), f"{BOMB}<testsuite/>")
    body_ = f"{BOMB}{body()}"
    http = step("httprequest", f"<con:request>{escape(body_)}</con:request>")
    assert [reason for _, reason in imported(_folder(tmp_path, "http"), whole(case("1", http))).lost] == [
        "it is HTTP, no SOAP"
    ]


def test_a_schema_that_declares_what_is_no_name_is_told(tmp_path: Path) -> None:
    element = '<xs:element name="GetLoans"'
    text = whole(case("1", request())).replace(escape(element), escape(element.replace("Loans", "${Loans")))
    assert "GetLoans" in imported(tmp_path, text).left["Binding/GetLoans"]


def test_very_many_carriage_returns_are_taken_away_at_once(tmp_path: Path) -> None:
    text = whole(case("1", request())).replace(
        "</con:soapui-project>",
        f"{named({'a': chr(92) + 'r', 'b': (chr(92) + 'r') * 200_000 + 'x'})}</con:soapui-project>",
    )
    read = reading.read(_file(tmp_path, text))
    assert (read.properties["a"], len(read.properties["b"])) == ("", 400_001)


def test_a_composite_project_has_its_data_and_rows_in_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = request(sent=body(borrower="${patientId}${Rows#id}"))
    kept = composite(tmp_path / "Loans", whole(case("1.1", of_file("rows.csv"), asked)))
    (kept / "rows.csv").write_text("-5;x\n", encoding="utf-8")
    (kept / "data.xml").write_text(DATA.format(cases=""), encoding="utf-8")
    assert main(["import", "soapui", str(kept), "-o", str(tmp_path / "out")]) == 0
    assert "Loans: 1 cases" in capsys.readouterr().out
    written = yaml.safe_load(
        (tmp_path / "out" / "tiny.library.loan" / "GetLoans" / "producer.yaml").read_text(encoding="utf-8")
    )
    assert (written["data"], written["cases"][0]["with"]) == ({"patientId": "191212121212"}, {"Rows_id": "-5"})
