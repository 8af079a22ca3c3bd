"""`rivta serve` as a process: killed in the middle of a scenario it goes on, and ended in order its run is whole."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import report_sample as sample
import tiny_world
from page_world import CALLED, SCENARIO, at_step, until, world
from projects import free_port
from reference_messages import HEADERS, referral
from rivta import evidence
from rivta.counterpart import counterpart, matching
from rivta.counterpart.handler import request_now
from rivta.evidence import progress
from rivta.model.exchange import Said
from rivta.model.words import Verdict
from rivta.page.play import Awaiting
from rivta.simulator import Server
from rivta.text import places
from simulated_clock import SimulatedClock

LENT = f"{tiny_world.NAME}.lent-and-shown"


def written(folder: Path, server: Server) -> Path:
    """An environment file for the system where it listens, with its adapter, and a counterpart on a port that stays."""
    file = folder / "environment.yaml"
    tiny_world.environment_at(server.url, file)
    # In real time: a call that a busy machine answers late is not sent again before the test is over.
    text = file.read_text(encoding="utf-8").replace("time-factor: 6000", "time-factor: 1")
    file.write_text(text.replace("listen: 127.0.0.1:0", f"listen: 127.0.0.1:{free_port()}"), encoding="utf-8")
    return file


@contextmanager
def serving(file: Path, run: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the address by which its page is opened."""
    command = [sys.executable, "-c", "import sys; from rivta.cli import main; sys.exit(main())", "serve"]
    listen = ["--env", str(file), "--report", str(run), "--listen", f"127.0.0.1:{port}"]
    suites = ["--suites", str(tiny_world.SUITES), "--scenarios", str(tiny_world.SCENARIOS)]
    with subprocess.Popen([*command, *listen, *suites], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = process.stdout.readline()
            assert "The page is at" in told
            yield process, told.split()[-1]
        finally:
            process.kill()


def press(tab: Page, name: str) -> None:
    tab.get_by_role("button", name=name, exact=True).click()


def test_a_process_that_is_killed_goes_on_in_the_middle_also_on_the_page_that_is_open(
    tab: Page, tmp_path: Path
) -> None:
    run, port = tmp_path / "run", free_port()
    with tiny_world.system() as server:
        file = written(tmp_path, server)
        with serving(file, run, port) as (_, way_in):
            tab.goto(way_in)
            tab.goto(f"http://127.0.0.1:{port}/?role=counter")
            tab.locator(f'form:has(input[value="{LENT}"]) button').click()
            tab.get_by_label("Ditt namn").fill("Karin Provare")
            press(tab, "Fortsätt")
            at_step(tab, 1)
            press(tab, "Låt adaptern göra det")
            at_step(tab, 2)
        expect(tab.locator("#lost")).to_be_visible()
        with serving(file, run, port) as (process, _):
            expect(tab.locator("#lost")).to_be_hidden()
            other = tab.context.new_page()
            other.goto(tab.url)
            at_step(other, 2)
            expect(other.locator(".step.done")).to_have_count(1)
            for number in (3, 4):
                press(tab, "Låt adaptern göra det")
                at_step(tab, number)
            tab.get_by_label("Ja", exact=True).check()
            press(tab, "Svara")
            expect(tab.locator(".verdict")).to_have_text("Uppfyllt")
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
    read = evidence.read(run)
    assert [(each.case, each.verdict, len(each.exchanges)) for each in read.results] == [
        ("lent-and-shown", Verdict.PASSED, 3)
    ]
    assert not read.damage
    assert read.footer is not None
    assert read.strays == ()


def test_what_is_not_over_is_told_when_it_is_stopped(tmp_path: Path) -> None:
    run, port = tmp_path / "run", free_port()
    with tiny_world.system() as server, serving(written(tmp_path, server), run, port) as (process, way_in):
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        opener.open(way_in).close()
        page = opener.open(f"http://127.0.0.1:{port}/?role=counter").read().decode()
        token = re.findall(r'name="token" value="([0-9a-f]+)"', page)[0]
        opener.open(f"http://127.0.0.1:{port}/plays", f"token={token}&what={LENT}&by=Karin".encode()).read()
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert "1 begun and not over" in process.stdout.read()
        assert process.wait() == 0
    assert evidence.read(run).footer is None


def test_what_nobody_asked_for_is_told_once(system: Server, tmp_path: Path) -> None:
    for _ in range(2):
        with world(tmp_path, system=system) as bench:
            url = bench.service.setup.counterpart.addresses[CALLED]
            call = urllib.request.Request(url, referral("SE1#7"), dict(HEADERS))  # noqa: S310 (our own counterpart)
            urllib.request.urlopen(call).read()  # noqa: S310
    read = evidence.read(tmp_path)
    assert [stray.contract for stray in read.strays] == ["ProcessRequest"] * 2
    assert not read.damage


def test_of_calls_that_nobody_asked_for_only_the_first_are_held_against_the_checks(
    system: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where in (matching, counterpart):
        monkeypatch.setattr(where, "MOST_STRAYS", 2)
    with world(tmp_path, system=system) as bench:
        clock, running = SimulatedClock(), bench.service.setup.counterpart
        for number in range(4):
            running.handler.handle(request_now("http://x/", HEADERS, referral(f"SE1#{number}"), clock))
        assert running.more_unclaimed == 2
    assert len(evidence.read(tmp_path).strays) == 2


def test_a_result_that_did_not_reach_the_evidence_is_written_on_the_next_start(system: Server, tmp_path: Path) -> None:
    result = sample.results()[0]
    with world(tmp_path, system=system) as bench:
        header = bench.service.record.header
    with progress.PlayJournal(tmp_path, header) as journal:
        journal.note(progress.Opened("a" * 22, result.suite, result.case, result.started))
        journal.note(progress.PlayEnded("a" * 22, result))
    for _ in range(2):
        with world(tmp_path, system=system):
            assert [each.case for each in evidence.read(tmp_path).results] == [result.case]


def test_a_case_that_was_repeated_is_in_the_report_twice(system: Server, tmp_path: Path) -> None:
    with world(tmp_path, system=system) as bench:
        playable = bench.service.setup.programme.playables[SCENARIO]
        for _ in range(2):
            play = bench.service.begin(playable, {})
            until(play, lambda shown: isinstance(shown.moment, Awaiting))
            assert play.give_up(0, Said("no", "Karin Provare"))
            until(play, lambda shown: shown.is_over)
        report = bench.service.record.report("sv", places.suites()).decode()
    assert report.count("Karin Provare") >= 2
    assert evidence.read(tmp_path).footer is not None
