"""The first screen: whether the system conforms, what is new and known, what was not tried, and who stands behind it."""

import re
from dataclasses import replace

import pytest

import report_form_sample as form_sample
import report_sample as sample
from rivta.declaration import proven
from rivta.declaration.form import fill
from rivta.model.declaration import Answer, Answers, Declaration, FilledForm, SortedDeviations
from rivta.model.run import CaseResult, Run
from rivta.model.words import Lang, Verdict
from rivta.report.layout import View
from rivta.report.view import build
from test_pdf import flat, pages_of
from test_report import at, page, select, text

V = Verdict


def first(declaration: Declaration, lang: Lang = "en") -> View:
    told: View = build(declaration, lang)["verdict"]
    return told


def run_of(*results: CaseResult) -> Run:
    return replace(sample.run(), results=results, header=sample.header(results))


def case_that(verdict: Verdict) -> CaseResult:
    return next(each for each in sample.run().results if each.verdict is verdict)


def declared(*verdicts: Verdict, known: SortedDeviations | None = None) -> Declaration:
    return replace(proven.of(run_of(*map(case_that, verdicts))), deviations=known)


def known_only(*verdicts: Verdict) -> Declaration:
    """What failed is known, each case of it."""
    keys = tuple(case_that(each).key for each in verdicts if each is V.FAILED)
    behind = tuple((form_sample.known("AVV-7", "approved", 1, case=key), (key,)) for key in keys)
    return declared(*verdicts, known=SortedDeviations(behind, ()))


@pytest.mark.parametrize(
    ("declaration", "key", "said"),
    [
        (declared(V.PASSED), "passed", "Conforms in what was tested"),
        (known_only(V.PASSED, V.FAILED), "passed", "Conforms in what was tested, but for known deviations"),
        (declared(V.PASSED, V.FAILED), "failed", "Does not conform. New deviations: "),
        (declared(V.BLOCKED, V.FAILED, V.ERROR), "failed", "Does not conform. New deviations: "),
        (declared(V.PASSED, V.BLOCKED), "blocked", "Not tested to the end: something stood in the way"),
        (declared(V.PASSED, V.BLOCKED, V.ERROR), "error", "Not tested to the end: the test broke"),
        (declared(V.NOT_APPLICABLE), "not-proven", "Nothing is shown"),
    ],
)
def test_the_heading_says_whether_it_conforms(declaration: Declaration, key: str, said: str) -> None:
    told = first(declaration)
    assert (told["key"], told["heading"].startswith(said)) == (key, True)
    assert ("but for" in told["heading"]) == ("but for" in said)


def test_a_run_that_is_not_whole_does_not_conform_yet() -> None:
    whole = declared(V.PASSED)
    for run in (
        replace(whole.run, footer=None),
        replace(whole.run, damage=("line 3",)),
        replace(whole.run, header=sample.header((case_that(V.PASSED), case_that(V.FAILED)))),
    ):
        told = first(replace(whole, run=run))
        assert (told["key"], told["heading"]) == ("blocked", "Not tested to the end: the run is not whole")
    assert told["left"] == ["1 of 2 planned cases have no result."]


def test_new_and_known_deviations_are_named_and_lead_on() -> None:
    new, known, untried = first(form_sample.declared())["rows"]
    assert [each["link"].words for each in new["links"]] == [
        "GEN-SCHEMA",
        "GEN-RULES",
        "GEN-RESPONSE-TIME",
        "ERR-PR004",
        "GEN-ADDRESS",
    ]
    assert (new["more"].words, new["more"].href) == ("and 1 more", "#deviations")
    assert new["links"][0]["text"] == "The reply follows the contract's schema"
    assert [(each["link"].words, each["text"]) for each in known["links"]] == [
        ("AVV-2", "Must be fixed"),
        ("AVV-1", "Approved deviation"),
    ]
    assert "BR-6" in [each["link"].words for each in untried["links"]]
    root = page(form_sample.declared())
    links = [str(each.get("href")) for each in select(at(root, "verdict"), ".//a")]
    assert links
    assert [each for each in links if not select(root, f"//*[@id='{each[1:]}']")] == []


def test_nothing_new_or_known_is_said_in_a_word() -> None:
    new, known, untried = first(declared(V.PASSED))["rows"]
    assert (new["text"], known["text"]) == ("None.", "None.")
    assert untried["text"] == "", "what the one case does not prove is named"


def test_that_only_some_cases_were_chosen_is_said() -> None:
    whole = declared(V.PASSED)
    chosen = replace(whole.run, header=replace(whole.run.header, selection="1 cases were selected"))
    told = first(replace(whole, run=chosen))
    assert told["left"] == ["Only some of the cases were chosen, 1."]
    assert (told["key"], told["heading"]) == ("not-proven", "Only partly tested. No new deviations")


def test_who_confirmed_and_when_is_said_and_what_nobody_did() -> None:
    said = first(form_sample.declared())["confirmed"]
    assert said[0] == "Anna Ek, answers: 1, without a date."
    assert said[1:] == [
        "Proposals that nobody has confirmed: 3.",
        "Questions without an answer: 1.",
        "Answers that are contradicted: 1.",
    ]
    assert first(sample.rich())["confirmed"] == ["Nobody has confirmed any answer."]


def with_answers(**vendor: str) -> FilledForm:
    """A form of one question that a case decides, and of the vendor's facts, held against the run and what the vendor says."""
    declaration = sample.rich()
    facts = [
        form_sample.fact(name, name, name, name, "").question for name in vendor if not name.startswith("confirmed")
    ]
    about = form_sample.question("pr001", "PR001?", "PR001?", requirements=("ERR-PR001",))
    part, _ = form_sample.form().sections[0]
    asked = replace(form_sample.form().form, sections=(replace(part, questions=(about, *facts)),))
    answers = {} if "confirmed-run" in vendor else {"pr001": Answer("pr001", "yes")}
    return fill(asked, declaration, Answers(form_sample.Source("a.yaml").path, vendor, answers))  # type: ignore[arg-type]  # a path is only shown


@pytest.mark.parametrize(
    ("vendor", "name"),
    [
        ({"confirmed-run": sample.run().header.run, "confirmed-by": "Siv Signerare"}, "Siv Signerare"),
        ({"signer": "Bo Bedömare"}, "Bo Bedömare"),
        ({}, ""),
    ],
)
def test_every_confirmed_answer_shows_by_whom(vendor: dict[str, str], name: str) -> None:
    form = with_answers(**vendor)
    confirmed = form.sections[0][1][0]
    assert (confirmed.state, confirmed.by) == ("confirmed", name)
    root = page(replace(sample.rich(), form=form))
    assert (name or "ingen angiven") in text(at(root, "q-pr001"))


def test_what_iso_17050_1_asks_of_a_declaration_is_on_the_cover() -> None:
    facts = {
        "organisation-address": "Provgatan 1, 123 45 Provstad",
        "place": "Provstad",
        "date": "2026-09-03",
        "signer": "Siv Signerare",
        "signer-function": "IT-chef",
        "validity": "Till och med 2027-08-31",
    }
    told = dict(build(replace(sample.rich(), form=with_answers(**facts)), "en")["cover"]["declared"])
    assert {*facts.values()} <= {*told.values()}
    assert told["Identification of the declaration"] == sample.run().header.run
    assert told["Issuer"] == "Region Exempel 232100-0016"
    assert told["Object"] == "Journalia Remiss 4.2.1"
    assert re.match(r"ProcessRequest 2\.2 \(.+\), ", told["Service contracts"])
    assert told["Requirements declared"] == "21 requirements"
    lacking = dict(build(sample.rich(), "en")["cover"]["declared"])
    assert {name for name, value in lacking.items() if value == "Not stated"} == {
        "Address",
        "Contact",
        "Source system",
        "Connection point",
        "Place",
        "Date",
        "Signed by",
        "Function",
        "Limits of validity",
    }


def test_an_answer_that_rests_on_one_attempt_of_several_says_so() -> None:
    declaration = form_sample.declared()
    again = next(each for each in declaration.run.results if each.key == "ProcessRequest/4.1")
    results = (*declaration.run.results, again, again)
    tried = replace(declaration, run=replace(declaration.run, results=results))
    said = "Vilar på ett försök av flera: ProcessRequest/4.1 (3)."
    assert said in text(at(page(tried), "q-unknown-organisation"))
    assert "Vilar på ett försök av flera" not in text(page(declaration))


def test_the_pdf_begins_with_the_verdict_and_not_with_contents() -> None:
    cover, contents = pages_of("declared")[:2]
    assert flat("Uppfyller inte. Nya avvikelser: 6") in cover
    for named in ("GEN-RESPONSE-TIME", "AVV-2", "BR-6", "Anna Ek", "ISO/IEC 17050-1", "Begränsningar i giltighet"):
        assert flat(named) in cover
    assert flat("Innehåll") not in cover
    assert flat("Innehåll") in contents
