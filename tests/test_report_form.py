"""What people add to a report: the form, known deviations, and what the run shows beside them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from lxml import etree

import report_form_sample as form_sample
import report_sample as sample
from rivta.declaration import proven
from rivta.model.declaration import Answer, Declaration, FilledForm, Proposal
from rivta.model.words import Verdict
from rivta.report.html import render
from rivta.report.voice import ANSWER_KEYS
from test_report import at, page, select, text, values


@cache
def whole() -> etree._Element:
    """The page, drawn when a test asks for it."""
    return page(form_sample.declared())


def spaced(element: etree._Element) -> str:
    """All words of an element, also where only its layout parts them."""
    return " ".join(" ".join(str(part) for part in element.itertext()).split())


def reply(id_: str, root: etree._Element | None = None) -> str:
    return spaced(select(at(whole() if root is None else root, f"q-{id_}"), ".//div[contains(@class, 'reply')]")[0])


def test_every_question_stands_in_its_section_with_its_number() -> None:
    numbers = [text(each) for each in select(whole(), "//section[@id='form']//h3")]
    assert numbers == [
        "Kvar innan formuläret kan lämnas in",
        "2.1.1 Anslutande organisation",
        "2.2.1 Inparametrar och tjänstens funktion",
        "2.5.2 SLA-krav och övrigt",
        "3 Resultat",
    ]
    asked = [each.question for _, some in form_sample.form().sections for each in some]
    shown = [text(each) for each in select(whole(), "//li[@class='question']/div[@class='asked']/p[1]")]
    assert len(shown) == len(asked)
    assert all(each.text.sv in one for each, one in zip(asked, shown, strict=True))
    assert "(TF 1.5, TF 1.6)" in text(at(whole(), "q-forwarded"))


def test_a_proposal_is_told_from_an_answer() -> None:
    assert reply("minimal").startswith("Ja Förslag, ej bekräftat En människa ska läsa underlaget")
    assert reply("unknown-organisation").startswith("Ja Bekräftat av Anna Ek")
    tentative = set(values(whole(), "//div[contains(@class, 'tentative')]/../@id"))
    assert tentative == {"q-minimal", "q-typical-time", "q-schema"}


def test_what_was_changed_against_the_evidence_shows_both_values_and_the_reason() -> None:
    said = reply("forwarded")
    assert said.startswith("Ja Ändrat mot underlaget av Anna Ek")
    assert "Underlaget visar Nej Leverantörens skäl Felet fanns i testmiljöns inställningar" in said
    assert "Rättat i 4.2.2" in said


def test_evidence_is_one_click_away() -> None:
    links = values(at(whole(), "q-forwarded"), ".//a/@href")
    assert text(at(whole(), links[0])).startswith("4.2 ")
    assert links[1] == "#req-ERR-PR002"
    every = values(at(whole(), "q-schema"), ".//details//a/@href")
    assert len(every) == sum(bool(result.exchanges) for result in sample.results())


def test_what_is_missing_or_contradictory_is_marked_and_listed_first() -> None:
    left = [text(each) for each in select(at(whole(), "form-left"), ".//li")]
    assert left == [
        "2.2.1 En avbruten remiss höjer versionsnumret Går inte ihop",
        "2.5.2 Hur långt tillbaka finns uppgifter? Svar saknas",
    ]
    assert "inget skäl är angivet" in reply("cancelled")
    assert "Svar saknas" in reply("history")
    assert reply("remark") == "Frivillig fråga utan svar"


def test_a_form_of_two_parts_with_much_left_is_still_in_order() -> None:
    form = form_sample.form()
    part, questions = form.sections[2]
    history = questions[2]
    many = tuple(replace(history, question=replace(history.question, id=f"history-{number}")) for number in range(13))
    empty = replace(questions[0], proposal=Proposal("–", (sample.run().header.run,), Verdict.PASSED))
    sections = (
        (replace(part, number="TP 2.2.1"), many),
        (replace(part, number="TK 2.2.1"), (*questions[3:], empty)),
        form.sections[1],
        form.sections[1],
    )
    root = page(replace(form_sample.declared(), form=FilledForm(form.form, sections)))
    left = at(root, "form-left")
    assert text(select(left, ".//li")[0]) == "2.2.1 En avbruten remiss höjer versionsnumret Går inte ihop"
    assert len(select(left, "./ul/li")) == 10
    assert text(select(left, "./details/summary")[0]) == "5 frågor till"
    assert text(select(at(root, "form-result"), "./h3")[0]) == "3 Resultat"
    assert values(root, "//section[@class='chapter']/@id") == [
        "form-TP-2.2.1",
        "form-TK-2.2.1",
        "form-2.2.1",
        "form-2.2.1-2",
    ]
    assert [id_ for id_, count in Counter(values(root, "//@id")).items() if count > 1] == []
    assert reply("typical-time", root) == "Inga Förslag, ej bekräftat Underlag: körningen"


def test_every_state_of_an_answer_has_its_word_and_its_symbol() -> None:
    assert {key for key in ANSWER_KEYS if not select(whole(), f"//*[@id='s-{key}']")} == set()
    counted = {
        str(each.get("class")).rpartition("s-")[2]
        for each in select(whole(), "//section[@id='form']/ul[@class='figures']//span[contains(@class, 'state')]")
    }
    assert counted == set(ANSWER_KEYS)


def test_the_reviewers_part_is_left_empty() -> None:
    block = at(whole(), "form-result")
    assert [text(each) for each in select(block, ".//dt")] == ["Godkänd", "Underkänd", "Avvikelser", "Datum", "Namn"]
    assert {text(each) for each in select(block, ".//dd")} == {"Tomt fält"}
    everything, own = text(whole()).lower(), text(block).lower()
    assert everything.count("underkänd") == own.count("underkänd")


def test_the_cover_names_the_verification_object() -> None:
    cover = spaced(select(whole(), "//header")[0])
    assert "Källsystem Journalia Journal 11.2" in cover
    assert "Anslutningspunkt Regional tjänsteplattform" in cover
    assert "Källsystem Inte angivet" in spaced(select(page(sample.rich()), "//header")[0])


def test_deviations_stand_apart_by_what_was_decided() -> None:
    part = at(whole(), "deviations")
    headings = [text(each) for each in select(part, "./h3")]
    assert headings == [
        "Godkända avvikelser",
        "Kända avvikelser som inte är godkända",
        "Nya avvikelser",
        "Att rätta i listan över kända avvikelser",
    ]
    approved, late = at(whole(), "known-AVV-1"), at(whole(), "known-AVV-2")
    assert "INAV-231" in spaced(approved)
    assert "Avvikelsegruppen 2026-05-12" in text(approved)
    assert "subCode är inte den väntade." in text(approved)
    assert "Kräver åtgärd Tiden har gått ut" in text(late)
    assert "SOAP Fault" in text(late)
    new = [text(each) for each in select(part, "./article[h4/a]/h4/a")]
    assert new == ["GEN-SCHEMA", "GEN-RULES", "GEN-RESPONSE-TIME", "ERR-PR004", "GEN-ADDRESS", "GEN-RESEND-APART"]


def test_the_requirement_table_leads_to_the_decision() -> None:
    row = at(whole(), "req-ERR-PR002")
    assert "#known-AVV-1" in values(row, ".//a/@href")
    assert "känd: AVV-1" in text(row)
    assert "#dev-GEN-SCHEMA" in values(at(whole(), "req-GEN-SCHEMA"), ".//a/@href")


def test_without_a_file_everything_is_new() -> None:
    part = at(page(sample.rich()), "deviations")
    assert "Nya avvikelser" not in text(part)
    assert len(select(part, ".//article")) == 8


def test_a_file_that_no_longer_tells_the_truth_is_told() -> None:
    told = [text(each) for each in select(at(whole(), "deviations"), "./ul/li")]
    assert told == [
        "AVV-3 Visade sig inte: ERR-PR001 är uppfyllt. deviations.yaml, rad 19",
        "AVV-2 Skulle ha varit åtgärdad 2026-06-30. deviations.yaml, rad 11",
        "AVV-4 Stämmer inte in på körningen: ProcessRequest/9.9. deviations.yaml, rad 24",
    ]


def test_a_deviation_of_which_only_a_part_is_known_is_new_as_well() -> None:
    run = sample.run()
    known = form_sample.deviations().known[0]
    red = next(each for each in run.results if each.case == "4.2")
    twice = replace(run, results=(red, replace(red, case="4.3")))
    sorted_ = replace(form_sample.deviations(), known=(known,), new=("ProcessRequest/4.3",))
    part = at(page(replace(proven.of(twice), deviations=sorted_)), "deviations")
    assert "4.2" in text(at(part, "known-AVV-1"))
    assert "4.3" not in text(at(part, "known-AVV-1"))
    assert "4.3" in text(at(part, "dev-ERR-PR002"))


def test_from_each_requirement_one_comes_to_the_cases_their_checks_and_the_messages() -> None:
    run = sample.run()
    for rows in proven.of(run).rows.values():
        for row in rows:
            if not row.cases:
                continue
            traced = at(whole(), f"trace-req-{row.requirement.id}")
            cases = {text(each) for each in select(traced, ".//tbody/tr/th")}
            assert cases == {*row.cases}
            links = values(traced, ".//tbody//td[1]//a/@href")
            assert len(links) == len(row.checks)
            assert all(select(whole(), f"//*[@id='{link[1:]}']") for link in links)
            messages = values(traced, ".//tbody//td[2]//a/@href")
            assert bool(messages) == bool(row.checks)
            assert {link[:3] for link in messages} <= {"#m-"}


def elements(heading: str) -> dict[str, str]:
    """What is said of each element below one of the headings of ProcessRequest, then of ProcessRequestConfirmation."""
    path = f".//h4[starts-with(., '{heading}')]/following-sibling::div[1]//span[contains(@class, 'element')]"
    found = select(at(whole(), "coverage"), path)
    return {text(select(each, "./span[@class='name']")[0]): text(select(each, "./b")[0]) for each in found}


def test_elements_are_counted_by_message() -> None:
    counts = elements("Systemets svar")
    calls = [each for result in sample.results() for each in result.exchanges if not each.inbound]
    answers = [each.response.body for each in calls if each.response is not None]
    assert counts["subCode PR001 (1), PR003 (1)"] == str(sum(b"<c:subCode>" in body for body in answers)) == "2"
    assert [name.split()[0] for name in counts][:2] == ["result", "resultCode"]
    assert counts["status finns inte i schemat"] == "1"


def test_what_was_never_seen_is_told_by_its_outermost_element() -> None:
    sent = elements("Provningens anrop")
    assert sent["attachment 1 element inuti"] == "–aldrig"
    assert sent["paymentCommitment 2 element inuti"] == "–aldrig"
    assert "costCenter" not in sent
    assert sent["careOf"] == "–aldrig"
    occurs = select(
        at(whole(), "coverage"), ".//span[span='attachment 1 element inuti' or @class]/span[@class='occurs']"
    )
    assert {"0..1", "0..2", "0..*", "1..1"} == {text(each) for each in occurs}


def test_what_the_system_sent_is_told_with_its_codes_and_identities() -> None:
    sent = elements("Systemets anrop")
    # Five cases and two strays; a resend is a message of its own.
    assert sent["typeOfRequestConfirmation BEK (5), AVB (2), KOM (2)"] == "9"
    assert sent["own finns inte i schemat"] == "1"
    assert sent["forwardingRecipient 2 element inuti"] == "–aldrig"
    part = text(at(whole(), "coverage"))
    assert "Identiteter: personnummer 9" in part
    assert "7 av 11 element, varav 0 av 2 valfria, i 9 meddelanden" in part


def test_a_course_of_several_calls_is_drawn_and_told() -> None:
    figure = select(select(whole(), "//article[h4/span='3.1']")[0], ".//figure")[0]
    steps = [text(each) for each in select(figure, ".//li")]
    assert steps == [
        "Provningen skickar ProcessRequest NR till Journalia Remiss. Svar: OK efter 16 ms.",
        "Provningen skickar ProcessRequest AB till Journalia Remiss. Svar: SOAP Fault efter 19 ms.",
    ]
    assert len(select(figure, ".//path[@class='call']")) == 6, "two calls and one good reply, each a line and a head"
    assert len(select(figure, ".//path[@class='over']")) == 2
    assert text(select(figure, ".//svg/title")[0]) == "Förloppet i 3.1"
    assert len(select(whole(), "//figure")) == sum(len(each.exchanges) > 1 for each in sample.results())


def test_a_call_without_a_reply_is_crossed_and_a_call_from_the_system_runs_the_other_way() -> None:
    run = sample.run()
    two = next(each for each in run.results if each.case == "3.1")
    silent = replace(two.exchanges[1], response=None, status=None)
    lost = replace(two, exchanges=(replace(two.exchanges[0], inbound=True), silent))
    root = page(proven.of(replace(run, results=(lost,))))
    steps = [text(each) for each in select(root, "//figure//li")]
    assert steps[0].startswith("Journalia Remiss skickar ProcessRequest NR till Provningen.")
    assert steps[1] == "Provningen skickar ProcessRequest AB till Journalia Remiss. Svar: inget svar."


def drawn(case: str) -> etree._Element:
    return select(select(whole(), f"//article[h4/span='{case}']")[-1], ".//figure")[0]


def test_a_scenario_is_told_both_ways_with_what_people_said_in_between() -> None:
    figure = drawn("completed")
    assert [text(each) for each in select(figure, ".//li")] == [
        "Provningen skickar ProcessRequest NR till Journalia Remiss. Svar: OK efter 12 ms.",
        "Journalia Remiss skickar ProcessRequestConfirmation KOM till Provningen. Svar: OK efter 4,2 ms.",
        "Provningen skickar ProcessRequest AR till Journalia Remiss. Svar: OK efter 15 ms.",
        "Journalia Remiss skickar ProcessRequestConfirmation BEK till Provningen. Svar: OK efter 4,2 ms.",
        "5 Anna Ek: ja. Visas remissen för rätt person? skärmbild 4",
        "6 fråga utan svar. Visas kompletteringen?",
    ]
    labels = [text(each) for each in select(figure, ".//svg/text")]
    assert [label for label in labels if label[0].isdigit()] == [
        "1 ProcessRequest NR",
        "2 ProcessRequestConfirmation KOM",
        "3 ProcessRequest AR",
        "4 ProcessRequestConfirmation BEK",
        "5 Anna Ek: ja",
        "6 fråga utan svar",
    ]
    # Calls from the system go from the right lifeline to the left.
    starts = [each.get("d", "").split()[0] for each in select(figure, ".//path[@class='call' and @fill='none']")]
    assert starts == ["M40", "M380", "M380", "M40", "M40", "M380", "M380", "M40"]


def test_calls_made_again_are_told_with_the_time_in_between() -> None:
    run = sample.run()
    again = next(each for each in run.results if any(check.kind == "resends" for check in each.checks))
    figure = select(page(proven.of(replace(run, results=(again,)))), "//figure")[0]
    steps = [text(each) for each in select(figure, ".//li")]
    assert steps == [
        "Journalia Remiss skickar ProcessRequestConfirmation BEK till Provningen. Svar: SOAP Fault efter 4,2 ms.",
        (
            "5 min 3 s efter svaret (506 ms i provningen): Journalia Remiss skickar ProcessRequestConfirmation BEK till "
            "Provningen. Svar: SOAP Fault efter 4,2 ms."
        ),
        (
            "57,5 s efter svaret (96 ms i provningen): Journalia Remiss skickar ProcessRequestConfirmation BEK till "
            "Provningen. Svar: inget svar."
        ),
    ]
    labels = [text(each) for each in select(figure, ".//svg/text")]
    assert [each.split()[0] for each in labels if "Confirmation" in each] == ["1", "2.1", "2.2"]
    red = select(figure, ".//path[@class='over']/@d | .//path[@class='over']")
    assert len(red) == 2, "the call that came too soon, a line and a head: our own silence is nothing red"


def test_a_call_that_never_came_is_told_without_a_message() -> None:
    root = page(proven.of(replace(sample.run(), results=sample.inbound()[3:4])))
    exchange = select(root, "//section[contains(@class, 'exchange')]")[0]
    assert "inget anrop kom" in text(select(exchange, "./h5")[0])
    assert select(exchange, ".//div[@class='message']") == []
    assert "Väntade i 5 min" in spaced(exchange)
    assert "Inget anrop: Inget sådant anrop kom på 5 min. (no-call, beror på miljön)" in text(exchange)
    assert "TLS" not in text(exchange)
    assert "Inget svar kom" not in text(exchange)


def test_a_call_from_the_system_is_told_from_its_side() -> None:
    red = select(whole(), "//article[h4[contains(., 'Remissen bekräftas')]]")[0]
    exchange = select(red, ".//section[contains(@class, 'exchange')]")[0]
    assert "anrop från systemet" in text(select(exchange, "./h5")[0])
    assert [text(each) for each in select(exchange, ".//h6")] == ["Systemets begäran", "Vårt svar"]
    assert "Mottaget" in text(exchange)
    assert "Vår tid till svar" in text(exchange)
    assert "Anroparens certifikat: CN=journalia.example.se" in text(exchange)
    finding = select(red, ".//ul[@class='findings']/li")[0]
    assert "rad 4 i begäran" in text(finding)
    assert "SE2321000016-MOT1" in text(select(finding, ".//mark")[0])


def test_calls_that_no_case_asked_for_have_a_part_of_their_own() -> None:
    part = at(whole(), "strays")
    headings = [text(each) for each in select(part, ".//h4")]
    assert headings == [
        "Anrop 1 ProcessRequestConfirmation → SE2321000012-0001",
        "Anrop 2 ProcessRequestConfirmation → SE2321000012-0001",
        "Anrop 3 Okänt kontrakt",
    ]
    states = [text(select(each, "./p/span")[0]) for each in select(part, ".//article")]
    assert states == ["Uppfyllt", "Avvikelse", "Ej visat"]
    assert "Inget fall väntade på anropet." in text(part)
    assert "3 anrop väntade inget testfall på; 1 av dem avviker." in text(at(whole(), "summary"))
    assert "stray" not in text(at(whole(), "deviations"))
    assert select(page(proven.of(replace(sample.run(), strays=()))), "//*[@id='strays']") == []


def test_the_time_factor_stands_where_rules_over_time_were_tested() -> None:
    told = text(at(whole(), "compressed"))
    assert "tidsfaktor 600" in told
    assert "5 min i systemets tid är 500 ms i provningen" in told
    assert "tidsfaktor 600" in text(at(whole(), "req-GEN-RESEND-APART"))
    run = sample.run()
    real = replace(run.header, environment={**run.header.environment, "time factor": "1"})
    assert select(page(proven.of(replace(run, header=real))), "//*[@id='compressed']") == []
    without = tuple(each for each in run.results if not any(check.kind == "resends" for check in each.checks))
    assert select(page(proven.of(replace(run, results=without))), "//*[@id='compressed']") == []


def test_what_rests_on_a_persons_word_says_whose() -> None:
    row = at(whole(), "req-PR-U-shown")
    assert "Manuell bedömning Anna Ek: ja" in spaced(row)
    unproven = [text(each) for each in select(whole(), "//section[@id='unproven']//tbody/tr/th")]
    assert "PR-U-shown" not in unproven
    assert "PRC-F-view" in unproven


def test_human_judgements_stand_together_with_their_names() -> None:
    words = [spaced(each) for each in select(at(whole(), "manual"), ".//table[1]/tbody/tr")]
    assert words == [
        "ProcessRequest/6.3 Komplettering visas Manuell bedömning – – Skärmbild granskad av Anna Ek 2026-09-02.",
        (
            "ProcessRequest/completed En remiss kompletteras och bekräftas, Steg 5: Visas remissen för rätt person? "
            "Manuell bedömning ja Anna Ek skärmbild 4"
        ),
        (
            "ProcessRequest/completed En remiss kompletteras och bekräftas, Steg 6: Visas kompletteringen? "
            "Manuell bedömning inget svar – Obesvarad: Visas kompletteringen?"
        ),
    ]
    rows = [text(each) for each in select(at(whole(), "manual"), ".//table[2]/tbody/tr")]
    assert len(rows) == 2
    assert all("Anna Ek" in row for row in rows)


def test_the_report_tells_what_changed_since_an_earlier_run() -> None:
    compared = etree.HTML(render(form_sample.declared(), previous=form_sample.earlier()).decode())
    assert compared is not None
    part = at(compared, "changes")
    words = spaced(part)
    assert "Jämfört med körning 2026-06-01T090000-77aa av Journalia Remiss 4.2.0" in words
    assert "ProcessRequest: Deklarera igen Nya avvikelser: ERR-PR002" in words
    rows = {text(row[0]).split()[0]: text(row[1]).split()[0] for row in select(part, ".//tbody/tr[th/a]")}
    assert rows["ERR-PR002"] == "Sämre"
    assert rows["PR-S-postalCode"] == "Bättre"
    assert rows["ProcessRequest/1.1"] == "Nytt"
    assert "4.2.0 4.2.1" in words
    assert select(whole(), "//*[@id='changes']") == []


def with_comment(words: str) -> Declaration:
    form = form_sample.form()
    part, questions = form.sections[0]
    answer = Answer(questions[0].question.id, "Region Exempel", comment=words, by=words)
    sections = ((part, (replace(questions[0], answer=answer), *questions[1:])), *form.sections[1:])
    deviations = form_sample.deviations()
    known = ((replace(deviations.known[0][0], rationale=words), deviations.known[0][1]),)
    return replace(
        form_sample.declared(), form=FilledForm(form.form, sections), deviations=replace(deviations, known=known)
    )


def test_a_person_in_what_people_wrote_is_masked() -> None:
    root = page(with_comment(f"Ring {sample.someone()} först"))
    assert sample.someone() not in text(root)
    tokens = [text(item) for item in select(at(root, "masked"), ".//li")]
    assert text(at(root, "form")).count(f"Ring {tokens[0]} först") == 2
    assert f"Ring {tokens[0]} först" in text(at(root, "deviations"))


def parts_of(root: etree._Element) -> Iterator[str]:
    yield from (text(each) for each in select(root, "//nav//a"))


@pytest.mark.parametrize("declared", [sample.rich(), form_sample.declared()], ids=["bare", "whole"])
def test_the_contents_name_every_part_that_is_there(declared: Declaration) -> None:
    root = page(declared)
    parts = [text(each) for each in select(root, "//main/section/h2")]
    assert [*parts_of(root)] == parts
