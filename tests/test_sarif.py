"""SARIF and annotations: they point at the YAML line and the rule, and follow what their readers demand."""

import json
import re
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import report_sample as sample
import strategies
from deviation_world import POSTAL, case, key_of, known, run
from rivta.declaration import deviations, proven
from rivta.model.declaration import Declaration
from rivta.model.run import Run
from rivta.model.words import Level, Source, Verdict
from rivta.report import failures, sarif
from thorough import tried

FAILED, PASSED = Verdict.FAILED, Verdict.PASSED
RED = proven.of(run([case("2.1", (FAILED, (POSTAL,))), case("4.1", (PASSED, ("ERR-PR001",)))]))

TEXT = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}
LOCATION = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": -1},
        "physicalLocation": {
            "type": "object",
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "properties": {"uri": {"type": "string", "pattern": r"^[!-~]*$"}, "uriBaseId": {"type": "string"}},
                    "required": ["uri"],
                    "additionalProperties": False,
                },
                "region": {
                    "type": "object",
                    "properties": {
                        "startLine": {"type": "integer", "minimum": 1},
                        "startColumn": {"type": "integer", "minimum": 1},
                        "snippet": TEXT,
                    },
                    "additionalProperties": False,
                },
            },
            "required": ["artifactLocation", "region"],
            "additionalProperties": False,
        },
        "logicalLocations": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "properties": {"fullyQualifiedName": {"type": "string"}, "kind": {"const": "element"}},
                "additionalProperties": False,
            },
        },
    },
    "required": ["physicalLocation"],
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}, "additionalProperties": False},
    },
    "required": ["id"],
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": TEXT,
        "locations": {"type": "array", "items": LOCATION, "minItems": 1, "maxItems": 1},
        "relatedLocations": {"type": "array", "items": LOCATION, "uniqueItems": True},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"enum": ["accepted", "underReview", "rejected"]},
                    "justification": {"type": "string"},
                },
                "required": ["kind"],
                "additionalProperties": False,
            },
        },
        "properties": {"type": "object"},
    },
    "required": ["message"],
    "additionalProperties": False,
}
UTC = {"type": "string", "format": "date-time"}
SCHEMA = {
    "type": "object",
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "tool": {
                        "type": "object",
                        "properties": {
                            "driver": {
                                "type": "object",
                                "properties": {
                                    "name": {"const": "rivta"},
                                    "version": {"type": "string"},
                                    "semanticVersion": {"type": "string"},
                                    "language": {"type": "string", "pattern": "^[a-z]{2}(-[A-Z]{2})?$"},
                                    "rules": {"type": "array", "items": RULE, "uniqueItems": True},
                                },
                                "required": ["name"],
                                "additionalProperties": False,
                            }
                        },
                        "required": ["driver"],
                        "additionalProperties": False,
                    },
                    "automationDetails": {"type": "object", "properties": {"id": {"type": "string"}}},
                    "invocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "executionSuccessful": {"type": "boolean"},
                                "startTimeUtc": UTC,
                                "endTimeUtc": UTC,
                                "toolExecutionNotifications": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "properties": {
                                            "level": LEVEL,
                                            "message": TEXT,
                                            "locations": {"type": "array", "items": LOCATION},
                                        },
                                        "required": ["message"],
                                        "additionalProperties": False,
                                    },
                                },
                            },
                            "required": ["executionSuccessful"],
                            "additionalProperties": False,
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                },
                "required": ["tool"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["version", "runs"],
    "additionalProperties": False,
}
"""The part of the schema of SARIF 2.1.0 that we use, in its own words; what we do not use is left out and so refused."""
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def document(declared: Declaration, **options: Any) -> Any:
    written = json.loads(sarif.render(declared, **options))
    VALIDATOR.validate(written)
    return written["runs"][0]


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("is_truncated", [False, True])
def test_the_rich_run_is_sarif(lang: Any, is_truncated: bool) -> None:
    written = document(sample.rich(is_truncated=is_truncated), lang=lang)
    rules = [rule["id"] for rule in written["tool"]["driver"]["rules"]]
    assert written["results"]
    for result in written["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    assert len({json.dumps(result["partialFingerprints"]) for result in written["results"]}) == len(written["results"])


def test_a_result_points_at_the_line_and_the_rule() -> None:
    (result,) = (each for each in document(sample.rich(), lang="en")["results"] if each["ruleId"] == "ERR-PR002")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {
        "uri": "suites/clinicalprocess.activity.request/ProcessRequest/producer.yaml",
        "uriBaseId": "%SRCROOT%",
    }
    assert place["region"] == {"startLine": 21, "startColumn": 9, "snippet": {"text": "      - result: OK"}}
    assert result["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "//result/subCode", "kind": "element"}]
    assert result["level"] == "error"
    assert "Expected: PR002; got: PR003." in result["message"]["text"]
    (rules,) = (each for each in document(sample.rich())["results"] if each["ruleId"] == "GEN-RULES")
    assert rules["properties"]["rules"] == ["Verify non-empty elements"]


def test_levels_follow_the_requirement() -> None:
    levels = {each["ruleId"]: each["level"] for each in document(levelled())["results"]}
    assert levels == {"R-must": "error", "R-should": "warning", "R-may": "note", "rivta.check": "error"}


def levelled() -> Declaration:
    """A red case for each level, and one for no requirement."""
    here = run(
        [case(str(n), (FAILED, verifies)) for n, verifies in enumerate([("R-may",), ("R-should",), ("R-must",), ()])]
    )
    requirements = tuple(sample.requirement(f"R-{level}", "sv", "en", level) for level in Level)
    domain = replace(here.header.domains[0], requirements=requirements)
    return proven.of(replace(here, header=replace(here.header, domains=(domain,))))


def test_what_hindered_the_run_is_a_notification_and_no_result() -> None:
    written = document(sample.rich(), lang="en")
    (invocation,) = written["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [(each["level"], each["message"]["text"]) for each in invocation["toolExecutionNotifications"]]
    assert ("warning", "ProcessRequestConfirmation/1.1 A request for completion is accepted: Nobody listens at the address: connection refused.") in told  # fmt: skip
    assert [level for level, _ in told] == ["error", "warning", "warning", "note", "warning", "note"]
    assert ("warning", "ProcessRequestConfirmation → SE2321000012-0001: No case waited for the call. (Schema)") in told
    assert document(RED)["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "accepted"),
        ({"kind": "must-fix", "fix_by": "2027-01-01"}, "accepted"),
        ({"kind": "must-fix", "fix_by": "2026-08-01"}, "underReview"),
        ({"kind": "stopping"}, "rejected"),
    ],
)
def test_a_known_deviation_carries_its_decision(changes: dict[str, Any], status: str) -> None:
    found = deviations.sort(RED.run, [known("D-1", requirement=POSTAL, **changes)])
    (result,) = document(replace(RED, deviations=found), lang="en")["results"]
    (suppression,) = result["suppressions"]
    assert suppression["status"] == status
    assert suppression["justification"].startswith("Known deviation D-1 (")
    command = failures.render(replace(RED, deviations=found), "en").decode().split(" ", 1)[0]
    assert command == ("::notice" if status == "accepted" else "::error")
    (plain,) = document(RED)["results"]
    assert "suppressions" not in plain
    assert plain["partialFingerprints"] == result["partialFingerprints"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("suites/å b/x.yaml", "suites/%C3%A5%20b/x.yaml"),
        ("suites\\a\\x.yaml", "suites/a/x.yaml"),
        ("/opt/my suites/x.yaml", "file:///opt/my%20suites/x.yaml"),
        ("C:\\work\\x.yaml", "file:///C:/work/x.yaml"),
    ],
)
def test_paths_become_uris(path: str, uri: str) -> None:
    check = sample.result_check(FAILED, (POSTAL,), "a", "b", source=Source(path, 3, 4))
    red = replace(case("2.1"), checks=(check,), verdict=FAILED, source=Source(path, 2, 1))
    (result,) = document(proven.of(run([red])))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_the_line_is_the_cases_with_the_shared_expectations_beside_it() -> None:
    shared = Source("/project/suites/riv-ta/producer.yaml", 3, 4, "result: OK")
    own = Source("/project/suites/a/producer.yaml", 9, 5, '- id: "2.1"')
    check = sample.result_check(FAILED, (POSTAL,), "a", "b", source=shared)
    red = replace(case("2.1"), checks=(check,), verdict=FAILED, source=own)
    made = run([red])
    declared = proven.of(replace(made, header=replace(made.header, repository="/project")))
    (result,) = document(declared)["results"]
    (place,) = (each["physicalLocation"] for each in result["locations"])
    assert place["artifactLocation"] == {"uri": "suites/a/producer.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] == own.line
    beside = result["relatedLocations"][-1]["physicalLocation"]
    assert beside["artifactLocation"]["uri"] == "suites/riv-ta/producer.yaml"
    assert beside["region"]["startLine"] == shared.line
    (line,) = failures.render(declared).decode().splitlines()
    assert "file=suites/a/producer.yaml,line=9," in line
    above = replace(check, source=replace(own, line=4))  # an anchor that several cases refer to
    (failure,) = failures.of(proven.of(run([replace(red, checks=(above,))])))
    assert (failure.source.line, failure.shared and failure.shared.line) == (9, 4)


@settings(max_examples=tried(50))
@given(strategies.runs())
def test_any_run_becomes_sarif_and_annotations(made: Run) -> None:
    declared = proven.of(replace(made, header=replace(made.header, started="2026-09-01T00:00:00Z")))
    written = document(declared)
    assert len(written["results"]) == len(list(failures.of(declared)))
    for line in failures.render(declared).decode().split("\n")[:-1]:
        assert line.startswith(("::error file=", "::warning file=", "::notice file="))


@pytest.mark.parametrize("render", [sarif.render, failures.render])
def test_no_one_but_test_persons_shows(render: Any) -> None:
    someone = sample.someone()
    check = sample.result_check(FAILED, (POSTAL,), "191212121212", f"patient {someone}")
    red = replace(case("2.1"), checks=(check,), verdict=FAILED)
    written = render(proven.of(run([red])), "sv").decode()
    assert someone not in written
    assert "person-" in written
    assert "191212121212" in written


# Annotations

COMMAND = re.compile(r"::(error|warning|notice) file=([^,:]*),line=(\d+),col=(\d+),title=([^,:]*)::(.*)")


def unescaped(text: str) -> str:
    for written, meant in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(written, meant)
    return text


@given(st.text(max_size=30), st.text(max_size=30))
def test_annotations_are_escaped(path: str, actual: str) -> None:
    check = sample.result_check(FAILED, (POSTAL,), "", f"x{actual}", source=Source(f"p{path}", 3, 4))
    red = replace(case("2.1"), checks=(check,), verdict=FAILED, source=Source(f"p{path}", 2, 1))
    written = failures.render(proven.of(run([red])), "en").decode()
    lines = written.split("\n")
    assert lines[1:] == [""]
    found = COMMAND.fullmatch(lines[0])
    assert found
    assert found[5] == POSTAL
    if not path.isascii() or not path.isdigit():
        assert unescaped(found[2]) == f"p{path}".replace("\\", "/")
    assert "\r" not in lines[0]


def test_what_binds_most_comes_first_and_each_place_is_named_once() -> None:
    lines = failures.render(levelled()).decode().splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::notice"]
    twice = case("2.1", (FAILED, (POSTAL,)), (FAILED, (POSTAL,)))
    assert len(failures.render(proven.of(run([twice]))).splitlines()) == 1


def test_a_run_without_deviations_says_nothing() -> None:
    green = proven.of(run([case("4.1", (PASSED, ("ERR-PR001",)))]))
    assert failures.render(green) == b""
    assert document(green)["results"] == []


def test_the_key_is_told() -> None:
    assert f"{key_of('2.1')} " in failures.render(RED).decode()
