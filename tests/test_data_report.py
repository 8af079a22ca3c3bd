"""`declaration.json` follows its published schema and loses nothing; the table opens in a spreadsheet and computes nothing."""

import csv
import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import report_sample as sample
import strategies
from deviation_world import POSTAL, UNKNOWN, case, known, run
from rivta.declaration import deviations, proven
from rivta.model.declaration import Declaration
from rivta.model.run import Run
from rivta.model.words import Verdict
from rivta.report import data, tables
from rivta.report.data import schema, verdict_word
from rivta.text.catalogue import text
from thorough import tried

PUBLISHED = Path(__file__).parents[1] / "docs" / "schemas" / "declaration.schema.json"
FAILED, PASSED = Verdict.FAILED, Verdict.PASSED
RED = run([case("2.1", (FAILED, (POSTAL,))), case("4.1", (PASSED, (UNKNOWN,)))])


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def document(declared: Declaration, **options: Any) -> Any:
    written = json.loads(data.render(declared, **options))
    validator().validate(written)
    return written


def test_the_published_schema_is_that_of_the_code() -> None:
    made = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("RIVTA_GOLDEN") == "write":
        PUBLISHED.write_text(made, encoding="utf-8")
    jsonschema.Draft202012Validator.check_schema(schema())
    assert PUBLISHED.read_text(encoding="utf-8") == made


def test_the_schema_would_notice() -> None:
    written = document(sample.rich())
    spoils: list[Callable[[Any], object]] = [
        lambda it: it.pop("figures"),
        lambda it: it["header"].pop("started"),
        lambda it: it["requirements"][0].update(verdict="godkänd"),
        lambda it: it["cases"][0]["exchanges"][0].update(request="abc"),
        lambda it: it["figures"]["cases"].update(godkänd=1),
        lambda it: it.update(version=2),
    ]
    for spoil in spoils:
        broken = json.loads(json.dumps(written))
        spoil(broken)
        assert not validator().is_valid(broken)


@pytest.mark.parametrize("is_truncated", [False, True])
def test_the_rich_run(is_truncated: bool) -> None:
    declared = sample.rich(is_truncated=is_truncated)
    written = document(declared)
    rows = [row for each in declared.rows.values() for row in each]
    assert [row["id"] for row in written["requirements"]] == [row.requirement.id for row in rows]
    assert [row["verdict"] for row in written["requirements"]] == [verdict_word(row.verdict) for row in rows]
    assert [each["key"] for each in written["cases"]] == [result.key for result in declared.run.results]
    assert (written["header"]["ended"] is None) is is_truncated
    assert written["not_run"] == (["ProcessRequest/7.1"] if is_truncated else [])
    assert sum(written["figures"]["requirements"].values()) == len(rows)
    assert written["deviations"] is None


def test_every_proof_leads_to_its_check_and_messages_are_named_by_their_files() -> None:
    declared = sample.rich()
    written = document(declared)
    cases = {each["key"]: each for each in written["cases"]}
    proofs = [(row["id"], proof) for row in written["requirements"] for proof in row["evidence"]]
    assert proofs
    for id_, proof in proofs:
        check = cases[proof["case"]]["checks"][proof["check"]]
        assert id_ in check["verifies"]
        assert check["verdict"] == proof["verdict"]
    for result in declared.run.results:
        names = [each["request"] for each in cases[result.key]["exchanges"]]
        bodies = [each.request.body for each in result.exchanges]
        assert names == [sha256(body).hexdigest() if body else None for body in bodies]


def test_the_handshake_is_told_of_calls_both_ways() -> None:
    exchanges = [each for case in document(sample.rich())["cases"] for each in case["exchanges"]]
    for inbound in (True, False):
        shown = next(each["tls"] for each in exchanges if each["inbound"] is inbound and each["tls"])
        assert shown["version"].startswith("TLSv1.")
        assert shown["cipher"]
        assert {"peer_subject", "peer_issuer", "peer_serial", "peer_begins", "peer_expires", "ours"} <= shown.keys()


def test_calls_from_the_system_are_told_as_what_they_are() -> None:
    written = document(sample.rich())
    completed = next(each for each in written["cases"] if each["id"] == "completed")
    assert [(each["inbound"], each["step"]) for each in completed["exchanges"]] == [
        (False, 0),
        (True, 1),
        (False, 2),
        (True, 3),
    ]
    said = [(each["step"], each["by"], each["verdict"]) for each in completed["checks"] if each["kind"] == "manual"]
    assert said == [(4, "Anna Ek", "passed"), (5, "", "manual")]
    rows = {each["id"]: each["verdict"] for each in written["requirements"]}
    assert rows["PR-U-shown"] == "manual", "a person's yes is not what a check of a message is"
    assert [each["verdict"] for each in written["strays"]] == ["passed", "failed", "not-proven"]
    assert [each["contract"] for each in written["figures"]["response_times"]] == ["ProcessRequest"]


def test_what_was_never_seen_is_in_the_coverage_too() -> None:
    coverage = document(sample.rich())["coverage"]
    assert [(each["contract"], each["inbound"], each["direction"]) for each in coverage] == [
        ("ProcessRequest", False, "request"),
        ("ProcessRequest", False, "response"),
        ("ProcessRequestConfirmation", True, "request"),
    ]
    assert coverage[2]["by_system"]
    assert coverage[2]["identities"] == {"personnummer": 9}
    elements = {each["path"].partition("/")[2]: each for each in coverage[2]["elements"]}
    assert elements["requestConfirmation/forwardingRecipient/organisation"]["messages"] == 0
    assert elements["requestConfirmation/own"]["least"] is None
    codes = elements["requestConfirmation/typeOfRequestConfirmation/@code"]["codes"]
    assert codes == {"BEK": 5, "AVB": 2, "KOM": 2}


def test_the_coverage_matrix_opens_in_a_spreadsheet() -> None:
    rows = [*csv.reader(tables.coverage(sample.rich()).decode("utf-8-sig").splitlines(), delimiter=";")]
    assert rows[0] == [
        "Kontrakt",
        "Meddelande",
        "Element",
        "Förekomst",
        "Sett",
        "I antal meddelanden",
        "Av meddelanden",
        "Koder",
    ]
    attachment = "ProcessRequest/request/attachment"
    assert ["ProcessRequest", "Provningens anrop", attachment, "0..*", "nej", "0", "12", ""] in rows
    english = tables.coverage(sample.rich(), "en").decode("utf-8-sig")
    assert '"ProcessRequestConfirmation","Calls from the system"' in english
    assert '"0..1","no","0","9",""' in english


def test_known_deviations() -> None:
    known_one, gone = (
        known("a", requirement=POSTAL, kind="must-fix", fix_by="2026-01-01"),
        known("b", requirement=UNKNOWN),
    )
    found = deviations.sort(RED, [known_one, gone, known("c", requirement="X")])
    written = document(replace(proven.of(RED), deviations=found))["deviations"]
    assert [(each["deviation"]["id"], each["cases"]) for each in written["known"]] == [("a", ["ProcessRequest/2.1"])]
    assert [[each["id"] for each in written[name]] for name in ("gone", "overdue", "unmatched")] == [
        ["b"],
        ["a"],
        ["c"],
    ]
    assert written["new"] == []


def test_why_checks_that_passed_prove_nothing() -> None:
    why = text("declaration", "all_alike")
    found = {str(each["why"]) for each in document(sample.alike(sample.small()))["requirements"]}
    assert found == {"None", str({"sv": why.sv, "en": why.en})}
    assert {each["why"] for each in document(sample.small())["requirements"]} == {None}


@settings(max_examples=tried(50))
@given(strategies.runs())
def test_any_run_follows_the_schema(made: Run) -> None:
    written = document(proven.of(made))
    assert len(written["cases"]) == len(made.results)


def test_the_log_has_a_line_a_case_by_its_number() -> None:
    declared = sample.rich()
    head, *rows = csv.reader(tables.log(declared).decode("utf-8-sig").splitlines(), delimiter=";")
    assert head == ["Kontrakt", "Testfall", "Lydelse", "Utfall", "Startat", "Anrop", "ms per anrop", "Skäl"]
    assert [row[1] for row in rows] == [each.case for each in declared.run.results]
    failed = [row for row, each in zip(rows, declared.run.results, strict=True) if each.verdict is Verdict.FAILED]
    assert failed
    assert all(row[7] for row in failed), "with what deviated"


@pytest.mark.parametrize("render", [data.render, tables.requirements])
def test_no_one_but_test_persons_shows(render: Any) -> None:
    someone = sample.someone()
    domain = replace(
        RED.header.domains[0], requirements=(sample.requirement(POSTAL, f"Som {someone}", f"As {someone}"),)
    )
    spoken = replace(RED, header=replace(RED.header, domains=(domain,)))
    written = render(proven.of(spoken)).decode()
    assert someone not in written
    assert "person-" in written


# The table


def rows(declared: Declaration, lang: Any = "sv", **options: Any) -> list[list[str]]:
    written = tables.requirements(declared, lang, **options)
    assert written.startswith(b"\xef\xbb\xbf")
    text = written.decode("utf-8-sig")
    assert "\n" not in text.replace("\r\n", "")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if lang == "sv" else ","))


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_a_line_a_requirement(lang: Any) -> None:
    declared = sample.rich()
    head, *lines = rows(declared, lang)
    wanted = [row.requirement for each in declared.rows.values() for row in each]
    assert [line[1] for line in lines] == [each.id for each in wanted]
    assert [line[4] for line in lines] == [each.text.in_(lang) for each in wanted]
    assert {len(line) for line in (head, *lines)} == {10}


def test_what_deviates_says_where_and_what_was_decided() -> None:
    found = deviations.sort(RED, [known("D-1", requirement=POSTAL)])
    line = next(line for line in rows(replace(proven.of(RED), deviations=found)) if line[1] == POSTAL)
    assert line[3] == "Avvikelse"
    assert line[7:9] == ["ProcessRequest/2.1", "D-1 (godkänd)"]
    met = next(line for line in rows(replace(proven.of(RED), deviations=found)) if line[1] == UNKNOWN)
    assert (met[3], met[7], met[8]) == ("Uppfyllt", "", "")


def test_what_no_case_can_test_says_why() -> None:
    line = next(line for line in rows(sample.rich(), "en") if line[1] == "BR-6")
    assert (line[3], line[9]) == ("Not tested", "Consent does not show in the message.")


@given(st.one_of(st.text(max_size=30), st.text("=+-@\t\r\n ;\",'A1", max_size=8)))
def test_no_cell_is_a_formula_and_none_breaks_the_table(text: str) -> None:
    requirement = sample.requirement(POSTAL, text, text, reference=text)
    domain = replace(RED.header.domains[0], requirements=(requirement,))
    declared = proven.of(replace(RED, header=replace(RED.header, domains=(domain,))))
    text_of_file = tables.requirements(declared).decode("utf-8-sig")
    _, *lines = list(csv.reader(io.StringIO(text_of_file, newline=""), delimiter=";"))
    assert [len(line) for line in lines] == [10]
    for cell in lines[0]:
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
