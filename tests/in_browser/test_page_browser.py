"""The page as a tester meets it, in Chromium, with the reference system as the system: whole flows, trouble, two at once."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import Page, expect

from page_world import CONFIRMED, World, at_step, begin, plays_as, world
from rivta import evidence
from rivta.model.run import CaseResult, Superseding
from rivta.model.words import Text, Verdict
from rivta.simulator import Server
from simulated_clock import HurriedClock


def send(shown: Page) -> None:
    shown.get_by_role("button", name="Skicka", exact=True).click()


def answer(shown: Page, word: str, note: str = "") -> None:
    shown.get_by_label(word, exact=True).check()
    shown.get_by_label("Anmärkning").fill(note)
    shown.get_by_role("button", name="Svara").click()


def results(bench: World) -> tuple[CaseResult, ...]:
    return evidence.read(bench.service.record.folder).results


def test_a_whole_flow_by_hand_and_what_can_be_had_of_it(bench: World, tab: Page) -> None:
    name = begin(tab, bench)
    at_step(tab, 1)
    expect(tab.locator(".now .turn")).to_have_text("Din tur")
    expect(tab.locator(".now .instruction")).to_contain_text("Skapa en ny remiss för patienten 191212121212")
    expect(tab.locator(".now .data")).to_contain_text("SE2321000016-MOT1")
    expect(tab.locator(".now .clock")).to_contain_text("s")
    assert bench.act(name) == "done"
    at_step(tab, 2)
    expect(tab.locator(".step:nth-child(1) pre.code").first).to_contain_text('typeOfReason code="NR"')
    expect(tab.locator(".step:nth-child(1) header .state")).to_have_text("Uppfyllt")
    with tab.expect_download() as fetched:
        tab.locator(".step:nth-child(1)").get_by_role("link", name="Hämta").first.click()
    assert b'typeOfReason code="NR"' in fetched.value.path().read_bytes()
    send(tab)
    at_step(tab, 3)
    expect(tab.locator(".flow svg")).to_contain_text("KOM")
    assert bench.act(name) == "done"
    at_step(tab, 4)
    send(tab)
    at_step(tab, 5)
    send(tab)
    expect(tab.locator(".verdict")).to_have_text("Uppfyllt")
    assert [text.split()[-1] for text in tab.locator(".flow svg text").all_text_contents() if text[:1].isdigit()] == [
        "NR", "KOM", "AR", "BEK", "SSV",
    ]  # fmt: skip
    (result,) = results(bench)
    assert (result.case, result.verdict, len(result.exchanges)) == ("sent-completed", Verdict.PASSED, 5)
    assert [each.inbound for each in result.exchanges] == [True, False, True, False, False]
    with tab.expect_download() as fetched:
        tab.get_by_role("link", name="Hämta körningen").click()
    assert "evidence.jsonl" in ZipFile(BytesIO(fetched.value.path().read_bytes())).namelist()
    tab.get_by_role("link", name="Öppna rapporten").click()
    expect(tab.locator("h1")).to_contain_text("rivta reference")
    expect(tab.locator("body")).to_contain_text("sent-completed")


def test_a_question_is_answered_by_a_person(bench: World, tab: Page) -> None:
    name = begin(tab, bench, CONFIRMED)
    at_step(tab, 1)
    bench.act(name)
    at_step(tab, 2)
    send(tab)
    at_step(tab, 3)
    expect(tab.locator(".question")).to_contain_text("Visas bekräftelsen")
    answer(tab, "Nej", "Syns inte i listan")
    expect(tab.locator(".verdict")).to_have_text("Avvikelse")
    (check,) = [check for check in results(bench)[0].checks if check.kind == "manual"]
    assert (check.verdict, check.by) == (Verdict.FAILED, "Karin Provare")
    assert check.note is not None
    assert check.note.sv == "Syns inte i listan"
    tab.get_by_role("link", name="Skriv en anteckning").first.click()
    tab.get_by_label("Anteckning").fill("Listan visas först efter omladdning")
    tab.get_by_label("Bifoga filer").set_input_files(
        {"name": "lista.png", "mimeType": "image/png", "buffer": tab.screenshot()}
    )
    tab.get_by_role("button", name="Spara").click()
    expect(tab.locator(".step:nth-child(1) .said")).to_contain_text("Listan visas först efter omladdning")
    assert tab.locator(".said img").evaluate("each => each.decode().then(() => each.naturalWidth)") > 0
    tab.get_by_role("link", name="Öppna rapporten").click()
    shown = tab.locator(".said img")
    assert shown.evaluate("each => each.decode().then(() => each.naturalWidth)") > 0
    assert len(evidence.read(bench.service.record.folder).notes) == 1


def test_values_can_be_changed_before_a_message_is_sent(bench: World, tab: Page) -> None:
    name = begin(tab, bench, CONFIRMED)
    at_step(tab, 1)
    bench.act(name)
    at_step(tab, 2)
    tab.get_by_text("Ändra värden").click()
    tab.get_by_label("confirmation.type").fill("XYZ")
    send(tab)
    expect(tab.locator(".verdict")).to_be_visible()
    expect(tab.locator(".step:nth-child(2)")).to_contain_text("Ändrade värden: confirmation.type")
    assert b"XYZ" in results(bench)[0].exchanges[1].request.body


def test_a_red_check_says_what_was_expected_by_what_requirement_and_where(tab: Page, tmp_path: Path) -> None:
    with world(tmp_path, "reuses-version-in-AR") as bench:
        name = begin(tab, bench)
        at_step(tab, 1)
        bench.act(name)
        at_step(tab, 2)
        send(tab)
        at_step(tab, 3)
        bench.act(name)
        expect(tab.locator(".verdict")).to_have_text("Avvikelse")
        red = tab.locator(".step:nth-child(3) .unmet > li").first
        expect(red).to_contain_text("Väntat")
        expect(red).to_contain_text("Faktiskt")
        expect(red).to_contain_text("PR-C-AR-version")
        expect(red).to_contain_text("sent-completed.yaml:")
        expect(tab.locator(".step:nth-child(4)")).to_contain_text("Kördes inte")


def test_what_is_likely_wrong_is_said_after_ten_seconds(tmp_path: Path, system: Server, tab: Page) -> None:
    with world(tmp_path / "run", system=system, clock=HurriedClock(10)) as bench:
        begin(tab, bench)
        at_step(tab, 1)
        expect(tab.locator(".diagnosis")).to_be_visible()
        expect(tab.locator(".diagnosis")).to_contain_text("Anslutningar hittills: 0")
        expect(tab.locator("#announcer")).to_contain_text("Steg 1")
        expect(tab.locator(".clock")).to_have_text(re.compile(r"^1\d\ss$"))


def test_a_tab_that_was_closed_goes_on_where_it_was(bench: World, tab: Page) -> None:
    first = tab.context.new_page()
    name = begin(first, bench)
    at_step(first, 1)
    address = first.url
    first.close()
    bench.act(name)
    tab.goto(address)
    at_step(tab, 2)
    tab.goto(f"{bench.url}/")
    tab.locator(".mine a").click()
    assert tab.url == address


def test_two_testers_at_once_do_not_mix(bench: World, tab: Page, colleague: Page) -> None:
    one, two = tab, colleague
    first, second = begin(one, bench), begin(two, bench, who="Omar Provare")
    assert first != second
    expect(two.get_by_text("Ett annat genomförande väntar")).to_be_visible()
    # The call goes to the one that began to wait last.
    bench.act(second)
    at_step(two, 2)
    at_step(one, 1)
    bench.act(first)
    at_step(one, 2)
    for each in (two, one):
        send(each)
        at_step(each, 3)
    bench.act(first)
    bench.act(second)
    for each in (one, two):
        for number in (4, 5):
            at_step(each, number)
            send(each)
        expect(each.locator(".verdict")).to_have_text("Uppfyllt")
    ids = [
        {re.findall(rb'requestId extension="([^"]+)"', each.request.body)[0] for each in result.exchanges}
        for result in results(bench)
    ]
    assert [len(each) for each in ids] == [1, 1]
    assert ids[0] != ids[1]
    one.goto(f"{bench.url}/plays")
    expect(one.locator("tbody tr")).to_have_count(2)
    expect(one.locator("tbody tr").first).to_contain_text("Omar Provare")


def test_two_testers_with_test_persons_of_their_own_get_their_own_calls(
    bench: World, tab: Page, colleague: Page
) -> None:
    one, two = tab, colleague
    first, second = begin(one, bench), begin(two, bench, id="201212121212")
    expect(two.locator(".instruction")).to_contain_text("201212121212")
    bench.act(first)
    at_step(one, 2)
    at_step(two, 1)
    bench.act(second)
    at_step(two, 2)
    expect(two.locator("pre.code").first).to_contain_text("201212121212")


def test_the_page_works_without_scripts(bench: World, scriptless: Page) -> None:
    tab = scriptless
    name = begin(tab, bench, CONFIRMED)
    at_step(tab, 1)
    assert tab.locator("noscript meta[http-equiv=refresh]").count() or 'http-equiv="refresh"' in tab.content()
    bench.act(name)
    at_step(tab, 2)  # by reloading itself
    assert 'http-equiv="refresh"' not in tab.content(), "a page with a form must not empty it"
    send(tab)
    at_step(tab, 3)
    answer(tab, "Ja")
    expect(tab.locator(".verdict")).to_have_text("Uppfyllt")


def test_a_pause_is_one_and_a_colleague_takes_over(bench: World, tab: Page, colleague: Page) -> None:
    name = begin(tab, bench, CONFIRMED)
    at_step(tab, 1)
    expect(tab.get_by_text("Det finns ingen gräns")).to_be_visible()
    tab.get_by_role("button", name="Pausa").click()
    expect(tab.get_by_text("Pausat av Karin Provare")).to_be_visible()
    expect(tab.get_by_role("link", name="Mitt system kan inte")).to_have_count(0)
    other = colleague
    plays_as(other, bench, "Omar Provare")
    other.goto(tab.url)
    other.get_by_role("button", name="Ta över").click()
    expect(other.locator(".now .instruction")).to_be_visible()
    expect(tab.get_by_text("Omar Provare genomför det här.")).to_be_visible()
    bench.act(name)
    at_step(other, 2)
    send(other)
    at_step(tab, 3)
    tab.get_by_role("button", name="Ta över").click()
    answer(tab, "Ja")
    expect(other.locator(".verdict")).to_have_text("Uppfyllt")
    assert [check.by for check in results(bench)[0].checks if check.kind == "manual"] == ["Karin Provare"]


def test_what_is_not_applicable_says_why(bench: World, tab: Page) -> None:
    begin(tab, bench)
    at_step(tab, 1)
    tab.get_by_role("link", name="Mitt system kan inte det här").click()
    tab.get_by_label("Ej tillämpligt, därför att").check()
    tab.get_by_role("button", name="Avsluta väntan").click()
    expect(tab.get_by_text("Skriv varför det inte är tillämpligt")).to_be_visible()
    tab.get_by_label("Ej tillämpligt, därför att").check()
    tab.get_by_label("Anmärkning").fill("Mottagningen tar inte emot remisser")
    tab.get_by_role("button", name="Avsluta väntan").click()
    expect(tab.locator(".verdict")).to_have_text("Ej tillämpligt")
    (result,) = results(bench)
    (check,) = result.checks
    assert check.verdict is Verdict.NOT_APPLICABLE
    assert check.note == Text.same("Mottagningen tar inte emot remisser")


def test_a_system_that_cannot_is_said_so_by_name(bench: World, tab: Page) -> None:
    begin(tab, bench)
    at_step(tab, 1)
    tab.get_by_role("link", name="Mitt system kan inte det här").click()
    tab.get_by_label("Systemet kan inte det här steget").check()
    tab.get_by_label("Anmärkning").fill("Funktionen finns inte")
    tab.get_by_role("button", name="Avsluta väntan").click()
    expect(tab.locator(".verdict")).to_be_visible()
    (result,) = results(bench)
    assert result.verdict not in (Verdict.PASSED, Verdict.ERROR)
    assert "Karin Provare" in [check.by for check in result.checks]


def test_what_went_wrong_is_played_again_and_the_new_attempt_counts(bench: World, tab: Page) -> None:
    tab.goto(bench.way_in)
    tab.goto(f"{bench.url}/?role=remittent")
    tab.locator(f'form:has(input[value="{CONFIRMED}"]) button').click()
    tab.get_by_label("Ditt namn").fill("Karin Provare")
    tab.get_by_role("button", name="Fortsätt").click()
    tab.wait_for_url("**/plays/*")
    for word, reason in (("Nej", "Fel flik var uppe"), ("Ja", "")):
        at_step(tab, 1)
        bench.act(tab.url.rsplit("/", 1)[1])
        at_step(tab, 2)
        send(tab)
        at_step(tab, 3)
        answer(tab, word)
        expect(tab.locator(".verdict")).to_be_visible()
        if reason:
            first = tab.url
            tab.get_by_role("link", name="Gör om").click()
            tab.get_by_label("Varför görs det om?").fill(reason)
            tab.get_by_role("button", name="Gör om").click()
            expect(
                tab.get_by_text("Ersätter ett tidigare genomförande. Karin Provare: Fel flik var uppe")
            ).to_be_visible()
    run = evidence.read(bench.service.record.folder)
    assert [each.verdict for each in run.results] == [Verdict.FAILED, Verdict.PASSED]
    assert run.results[1].supersedes == Superseding(1, "Karin Provare", "Fel flik var uppe")
    assert run.counted == run.results[1:]
    tab.goto(first)
    tab.get_by_role("link", name="Öppna det nya genomförandet").click()
    tab.get_by_role("link", name="Öppna rapporten").click()
    expect(tab.get_by_text("Räknas inte: ersatt av försök 2. Karin Provare: Fel flik var uppe")).to_be_attached()
    expect(tab.get_by_text("Ersätter försök 1, som inte räknas.")).to_be_attached()


def test_a_form_that_is_being_filled_in_is_not_emptied(bench: World, tab: Page) -> None:
    name = begin(tab, bench, CONFIRMED)
    at_step(tab, 1)
    bench.act(name)
    at_step(tab, 2)
    tab.get_by_text("Ändra värden").click()
    tab.get_by_label("confirmation.type").fill("half-writ")
    other = tab.context.new_page()
    other.goto(tab.url)
    send(other)
    at_step(other, 3)
    expect(tab.locator("#stale")).to_be_visible()
    expect(tab.get_by_label("confirmation.type")).to_have_value("half-writ")


def test_the_inbox_shows_everything_and_narrows(bench: World, tab: Page) -> None:
    name = begin(tab, bench)
    at_step(tab, 1)
    bench.act(name)
    at_step(tab, 2)
    tab.goto(f"{bench.url}/inbox")
    expect(tab.locator(".received tbody tr")).to_have_count(1)
    expect(tab.locator(".received tbody tr")).to_contain_text("191212121212")
    tab.get_by_label("Identitet eller id").fill("nobody")
    tab.get_by_role("button", name="Visa").click()
    expect(tab.get_by_text("Inget mottaget meddelande passar urvalet.")).to_be_visible()
    tab.get_by_role("link", name="Visa allt").click()
    tab.locator(".received a").click()
    with tab.expect_download() as fetched:
        tab.get_by_role("link", name="Hämta").first.click()
    assert b"ProcessRequest" in fetched.value.path().read_bytes()


def test_the_page_speaks_english_when_asked(bench: World, tab: Page) -> None:
    tab.goto(bench.way_in)
    tab.get_by_role("link", name="English").click()
    expect(tab.locator("html")).to_have_attribute("lang", "en")
    tab.goto(f"{bench.url}/inbox")
    expect(tab.locator("h1")).to_have_text("Inbox")


def test_a_scenario_is_played_with_the_keyboard_alone(bench: World, tab: Page) -> None:
    name = begin(tab, bench, CONFIRMED)
    at_step(tab, 1)
    bench.act(name)
    at_step(tab, 2)
    tab.get_by_role("button", name="Skicka", exact=True).focus()
    tab.keyboard.press("Enter")
    at_step(tab, 3)
    tab.get_by_label("Ja", exact=True).focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    tab.keyboard.type("Ser bra ut")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.locator(".verdict")).to_have_text("Uppfyllt")


def test_a_play_is_ended_before_a_message_is_sent(bench: World, tab: Page) -> None:
    name = begin(tab, bench, CONFIRMED)
    at_step(tab, 1)
    bench.act(name)
    at_step(tab, 2)
    tab.get_by_role("button", name="Avsluta här").click()
    expect(tab.locator(".verdict")).to_have_text("Ej visat")
    (result,) = results(bench)
    assert len(result.exchanges) == 1
