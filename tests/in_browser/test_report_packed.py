"""A large report: small enough to mail, quick to open, whole with scripts, and enough to judge by without."""

import re
import zlib
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from functools import cache
from html import unescape

import pytest
from playwright.sync_api import Page

import report_form_sample as form_sample
import report_sample as sample
from in_browser.test_report_browser import Opened
from rivta.declaration import proven
from rivta.model.exchange import Exchange, Message
from rivta.report import bodies, html
from rivta.report.html import render
from rivta.text import xml
from thorough import tried

CASES = tried(1000)
BYTES = CASES * 5_000
"""What a report of a thousand cases may have, with ten kilobytes each way: five megabytes."""
CHUNK = re.compile(r'<script type="text/plain" id="pack-(\w+)">([^<]*)</script>')


def messages_of(exchange: Exchange) -> list[Message]:
    return [each for each in (exchange.request, exchange.response) if each is not None]


@cache
def large() -> bytes:
    """The report of so many cases: rendered once, and only where a test asks for it."""
    return render(sample.large(CASES, 10_000))


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> str:
    """The rich run as if it were large."""
    monkeypatch.setattr(html, "PLAIN_BYTES", 0)
    return render(form_sample.declared(is_truncated=True), previous=form_sample.earlier()).decode()


def parts(shown: str) -> dict[str, str]:
    """Every packed part by its place."""
    found = {}
    for name, data in CHUNK.findall(shown):
        for index, part in enumerate(zlib.decompress(b64decode(data)).decode().split("\x1e")):
            found[f"{name}.{index}"] = part
    return found


def bare(shown: str) -> str:
    """The page without what is packed in it."""
    return re.sub(r"<script>.*?</script>", "", CHUNK.sub("", shown), flags=re.DOTALL)


def test_many_cases_with_ten_kilobytes_each_way_can_be_mailed() -> None:
    assert len(large()) < BYTES
    assert bare(large().decode()).count('<article class="case') == CASES


def test_every_message_of_them_is_in_the_report_byte_for_byte() -> None:
    shown = {
        unescape(part.removeprefix('<pre class="code">\n').removesuffix("</pre>"))
        for part in parts(large().decode()).values()
        if part.startswith("<pre")
    }
    green = [result for number, result in enumerate(sample.large(CASES, 10_000).run.results) if number % 10]
    assert len(green) == CASES * 9 // 10
    assert {one.body.decode() for result in green for each in result.exchanges for one in messages_of(each)} <= shown


def test_what_packs_badly_is_named_and_left_in_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "PLAIN_BYTES", 0)
    monkeypatch.setattr(bodies, "BUDGET_BYTES", 20_000)
    shown = parts(render(sample.large(50, 5_000)).decode())
    left_out = sum(part.count("för att rapporten inte ska bli för stor") for part in shown.values())
    assert 50 < left_out < 100


def test_a_small_report_has_no_script() -> None:
    assert "<script" not in render(form_sample.declared()).decode()


def test_every_link_leads_somewhere_with_and_without_scripts(packed: str) -> None:
    plain, inside = bare(packed), parts(packed)
    everything = plain + "".join(inside.values())
    ids = Counter(re.findall(r' id="([^"]+)"', everything))
    assert [id_ for id_, count in ids.items() if count > 1] == []
    here = set(re.findall(r' id="([^"]+)"', plain))
    assert [link for link in re.findall(r'href="#([^"]+)"', plain) if link not in here] == []
    assert [link for link in re.findall(r'data-at="([^"]+)"', plain) if link not in ids] == []
    assert [link for link in re.findall(r'href="#([^"]+)"', "".join(inside.values())) if link not in ids] == []
    places = re.findall(r'data-part="([^"]+)"', everything)
    assert set(places) == set(inside), "everything that is packed can be unpacked"
    assert len(places) > 50


def test_the_policy_allows_the_one_script_by_its_hash(packed: str) -> None:
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', packed)[0]
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]+';", policy)
    assert "unsafe" not in policy
    assert len(re.findall(r"<script>", packed)) == 1


UNFOLD = """async () => {
  const folded = () => document.querySelectorAll("details:not([open]), [data-part]");
  while (folded().length) {
    folded().forEach(each => { each.open = true });
    await new Promise(requestAnimationFrame);
  }
}"""
IN_SIGHT = """async each => {
  const top = () => each.getBoundingClientRect().top;
  while (top() < -1 || top() > innerHeight) await new Promise(requestAnimationFrame);
}"""
UNFOLDED_WORDS = """each => {
  const copy = each.cloneNode(true);
  copy.querySelectorAll("details:not([open]) > :not(summary)").forEach(part => part.remove());
  return copy.textContent;
}"""
"""What a reader without scripts has before them, on whatever part of the page they are."""


def at(id_: str) -> str:
    """A selector for an id that may hold dots."""
    return f'[id="{id_}"]'


def test_without_scripts_every_red_case_can_be_judged(scriptless: Page, packed: str) -> None:
    page = Opened(scriptless, packed.encode()).page
    assert page.locator(".unscripted").is_visible()
    words = page.locator("main").evaluate(UNFOLDED_WORDS)
    for result in sample.results():
        for check in result.checks:
            for finding in check.findings:
                assert finding.message.sv in words
                assert finding.expected in words
                assert finding.actual in words
    for line in (
        "<c:status>MOTTAGEN</c:status>",
        "<c:subCode>PR003</c:subCode>",
        "<h1>502 Bad Gateway</h1>",
        "Internal error",
    ):
        assert line in words, "the lines that matter of each red case's reply"
    assert "Förslag, ej bekräftat" in words
    assert "Uppfyllt" in page.inner_text("#requirements")
    assert page.locator("text=Packat: visas med skript.").first.is_visible() is False, "folded until somebody asks"


def test_with_scripts_a_case_unfolds_in_place(tab: Page, packed: str) -> None:
    opened = Opened(tab, packed.encode())
    page = opened.page
    assert page.locator(".unscripted").is_hidden()
    case = page.locator("article.case", has=page.locator(".id", has_text=re.compile(r"^4\.1$")))
    case.locator("summary").first.focus()
    page.keyboard.press("Enter")
    case.locator("table.checks").wait_for()
    assert "ERROR APPLICATION_ERROR PR001" in case.inner_text()
    assert case.locator(".packed:visible").count() == 0
    message = case.locator("details[data-layout]").first
    message.locator("summary").click()
    message.locator("pre").wait_for()
    assert "  <soapenv:Body>" in message.inner_text()
    assert opened.asked == [opened.asked[0]], "nothing is fetched"


def test_with_scripts_a_link_leads_to_the_very_line(tab: Page, packed: str) -> None:
    page = Opened(tab, packed.encode()).page
    link = page.locator("ul.findings a", has_text="i råtexten").first
    target = str(link.get_attribute("href"))
    assert page.locator(at(target[1:])).count() == 0
    link.click()
    line = page.locator(at(target[1:]))
    line.wait_for()
    assert "MOTTAGEN" in line.inner_text()
    assert line.evaluate("e => e.matches(':target')")
    line.evaluate(IN_SIGHT)


def test_a_link_from_outside_finds_what_is_packed(tab: Page) -> None:
    page = Opened(tab, large()).page
    place = next(
        id_ for part in parts(large().decode()).values() for id_ in re.findall(r' id="(m-[0-9a-f]{12})"', part)
    )
    page.evaluate("id => { location.hash = id }", place)
    page.locator(at(place)).wait_for()
    assert page.locator(at(place)).is_visible()


def test_a_message_is_laid_out_as_we_lay_it_out(tab: Page, packed: str) -> None:
    """The reader's script indents what the report keeps once; it must say the same as our own indentation."""
    page = Opened(tab, packed.encode()).page
    page.evaluate(UNFOLD)
    shown = page.eval_on_selector_all("details[data-layout] > pre", "all => all.map(each => each.textContent)")
    ours = {
        xml.pretty(one.body).strip()
        for each in (
            *(each for result in sample.results() for each in result.exchanges),
            *(stray.exchange for stray in sample.strays()),
        )
        for one in messages_of(each)
        if b"8901019" not in one.body
    }
    assert len(shown) > 8
    assert {each.strip() for each in shown if "person-" not in each} <= ours


def test_markup_in_what_is_packed_is_text(tab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "PLAIN_BYTES", 0)
    payload = "</script></pre><img src=http://evil.test/x onerror=window.pwned=1 class=injected>\x1e"
    hostile = sample.every_text(sample.run(), lambda each: each + payload)
    shown = render(replace(proven.of(hostile), form=form_sample.form()))
    bare_of_policy = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", shown)
    page = Opened(tab, bare_of_policy).page
    page.evaluate(UNFOLD)
    assert page.evaluate("document.querySelectorAll('.injected').length") == 0
    assert page.evaluate("typeof window.pwned") == "undefined"
