"""The page looked over by axe-core in every state, on wide and narrow screens and in the dark, and under attack by markup."""

from __future__ import annotations

import http.client
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from playwright.sync_api import Page, ViewportSize, expect

from browser import misbuilt, pale, violations
from page_world import CALLED, CONFIRMED, World, at_step, begin, environment_of, one_of_each, opened, shipped, world
from reference_messages import HEADERS, referral
from rivta.simulator import Server
from rivta.text import places
from simulated_clock import HurriedClock

WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
PAYLOAD = (
    "\"'><script>window.pwned=1</script><img src=x onerror=window.pwned=1 class=injected></code></pre></title></textarea>"
    "</svg><a class=injected href=javascript:window.pwned=1>{{7*7}}{% raw %}<!--]]>\u202e"
)


class Axe:
    """Looks over one state of a page after the other."""

    def __init__(self, page: Page) -> None:
        page.set_viewport_size(WIDE)
        self.found: list[str] = []
        self._page = page
        self._dresses: set[str] = set()

    def look(self) -> None:
        """What axe finds in this state with everything unfolded: on a wide screen, in the dark, on a narrow screen."""
        self._page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        self.found += violations(self._page, self._dresses)
        self._page.emulate_media(color_scheme="dark")
        self.found += pale(self._page, self._dresses)
        self._page.emulate_media(color_scheme="light")
        self._page.set_viewport_size(NARROW)
        self.found += misbuilt(self._page)
        self._page.set_viewport_size(WIDE)


def test_axe_finds_nothing_in_any_state(unguarded: Page, tmp_path: Path, system: Server) -> None:
    page, axe = unguarded, Axe(unguarded)
    # After 10 s it says what is likely wrong.
    with world(tmp_path / "run", system=system, clock=HurriedClock(10), found=one_of_each()) as bench:
        page.goto(bench.way_in)
        page.goto(f"{bench.url}/?role=remittent")
        axe.look()
        name = begin(page, bench, CONFIRMED)
        at_step(page, 1)
        page.locator(".diagnosis").wait_for()
        axe.look()
        page.goto(f"{bench.url}/plays/{name}/cannot")
        axe.look()
        page.goto(f"{bench.url}/plays/{name}")
        bench.act(name)
        at_step(page, 2)
        axe.look()
        page.goto(f"{bench.url}/plays/{name}/cannot")
        axe.look()
        page.goto(f"{bench.url}/plays/{name}")
        page.get_by_role("button", name="Skicka", exact=True).click()
        at_step(page, 3)
        axe.look()
        page.get_by_label("Nej", exact=True).check()
        page.get_by_role("button", name="Svara").click()
        page.locator(".verdict").wait_for()
        axe.look()
        more = (f"/plays/{name}/again", f"/plays/{name}/note?step=0", "/who", "/plays", "/plan")
        for path in (*more, "/inbox", "/inbox/1", "/inbox/1/note", "/inbox?who=nobody", "/nowhere"):
            page.goto(f"{bench.url}{path}")
            axe.look()
    assert axe.found == []


def test_axe_finds_nothing_where_data_is_missing(unguarded: Page, tmp_path: Path, system: Server) -> None:
    settings = replace(environment_of(system), test_data={})
    lacking = max(shipped().playables.values(), key=lambda each: sum(len(names) for _, names in each.lacks({})))
    programme = replace(shipped(), playables={lacking.name: lacking})
    page, axe = unguarded, Axe(unguarded)
    with opened(tmp_path / "run", system, settings, places.suites(), programme) as bench:
        page.goto(bench.way_in)
        page.goto(f"{bench.url}/?role={lacking.role}")
        axe.look()
        page.get_by_role("link", name="Fyll i uppgifter").click()
        for written in ("${a}", "SE2321000012-X1"):
            axe.look()
            page.set_viewport_size(NARROW)
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
            page.set_viewport_size(WIDE)
            for each in page.locator("form.reply input:not([type=hidden])").all():
                each.fill(written if each.get_attribute("id") != "by" else "Karin Provare")
            page.get_by_role("button", name="Spara").click()
        page.get_by_role("heading", name="Ifyllda uppgifter").wait_for()
        axe.look()
    assert axe.found == []


def test_nothing_is_wider_than_the_screen(tab: Page, tmp_path: Path, system: Server) -> None:
    with world(tmp_path / "run", system=system, found=one_of_each()) as bench:
        name = begin(tab, bench)
        at_step(tab, 1)
        bench.act(name)
        at_step(tab, 2)
        note = f"/plays/{name}/note?step=0"
        for path in ("/?role=remittent", f"/plays/{name}", note, "/plays", "/plan", "/inbox", "/inbox/1"):
            tab.goto(f"{bench.url}{path}")
            for size in (NARROW, WIDE):
                tab.set_viewport_size(size)
                assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def attacked(bench: World) -> None:
    """A call with markup wherever a text can be: in the message, and in the headers that may hold it."""
    target = urlsplit(bench.service.setup.counterpart.addresses[CALLED])
    payload = PAYLOAD.rstrip("\u202e")
    body = referral("MARK").decode().replace("MARK", quoteattr(payload)[1:-1]).replace("Tolvan", escape(payload))
    connection = http.client.HTTPConnection(target.netloc, timeout=60)
    headers = dict(HEADERS) | {"X-Evil": quote(PAYLOAD), "User-Agent": "<img src=x class=injected>"}
    connection.request("POST", target.path, body.encode(), headers)
    connection.getresponse().read()
    connection.close()


def test_markup_in_any_field_is_text(unguarded: Page, bench: World) -> None:
    page = unguarded  # nothing but the escaping between the reader and the markup
    attacked(bench)
    page.goto(bench.way_in)
    for path in ("/inbox", f"/inbox?who={quote(PAYLOAD)}&contract={quote(PAYLOAD)}&from={quote(PAYLOAD)}", "/inbox/1"):
        page.goto(f"{bench.url}{path}")
        assert page.locator(".injected").count() == 0, path
    expect(page.locator("pre.code").first).to_contain_text("&lt;script&gt;")
    expect(page.locator(".facts-list").first).to_contain_text("<script>")
    page.goto(f"{bench.url}/?role={quote(PAYLOAD)}&lang={quote(PAYLOAD)}")
    assert page.locator(".injected").count() == 0
    name = begin(page, bench, CONFIRMED, PAYLOAD[:100])
    at_step(page, 1)
    bench.act(name)
    at_step(page, 2)
    page.get_by_role("button", name="Skicka", exact=True).click()
    at_step(page, 3)
    page.get_by_label("Nej", exact=True).check()
    page.get_by_label("Anmärkning").fill(PAYLOAD)
    page.get_by_role("button", name="Svara").click()
    page.locator(".verdict").wait_for()
    expect(page.locator(".step:nth-child(3)")).to_contain_text("<script>")
    assert page.locator(".injected").count() == 0
    assert "\u202e" not in page.content(), "what turns the direction of text is not shown"
    page.goto(f"{bench.url}/")
    assert page.locator(".injected").count() == 0
    assert page.evaluate("window.pwned") is None


def test_the_page_asks_nobody_but_us(bench: World, tab: Page) -> None:
    page = tab.context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    begin(page, bench)
    at_step(page, 1)
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(bench.url).netloc}
    assert complaints == []
