"""A run that is left and taken up again: of the same system in the same environment, and what else is another is told with its time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rivta import evidence
from rivta.declaration import proven
from rivta.evidence import progress, seal
from rivta.model.clock import SystemClock
from rivta.model.environment import Adapter, Endpoint, Environment, Listening, StandingAnswer, System
from rivta.model.errors import UsageError
from rivta.model.steps import Behaviour
from rivta.page.programme import Playable, Programme
from rivta.page.record import RunRecord
from rivta.report import html
from rivta.run import recording
from rivta.run.opening import Began
from simulated_clock import SimulatedClock
from stage_world import DOMAIN, case, doing, environment, receive, suite

CASE = case(receive(doing()))
PROGRAMME = Programme({"one": Playable("one", suite(CASE), CASE, "remittent")}, (DOMAIN,))
PLACE = Endpoint("ProcessRequest", "http://127.0.0.1:1/", "SE1")
BEGUN = environment(endpoints={"ProcessRequest": PLACE}, listening=Listening(time_factor=60))


def kept(folder: Path, settings: Environment, day: int = 1) -> RunRecord:
    """The run in this folder, opened on a day."""
    clock = SimulatedClock()
    clock.sleep(timedelta(days=day - 1).total_seconds() or 1)
    record = RunRecord(folder, settings, PROGRAMME, "run-1", clock)
    record.end()
    record.close()
    return record


def test_a_run_that_nobody_played_by_hand_and_that_is_over_does_not_go_on(tmp_path: Path) -> None:
    kept(tmp_path, BEGUN)
    (tmp_path / progress.FILE).unlink()
    before = (tmp_path / evidence.FILE).read_bytes()
    with pytest.raises(UsageError, match="was played by rivta run, and is over") as refused:
        RunRecord(tmp_path, BEGUN, PROGRAMME, "run-2", SimulatedClock())
    assert "another folder" in refused.value.todo
    assert (tmp_path / evidence.FILE).read_bytes() == before


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "product": ({"system": System("Vendor AB", "Journal 2", "7")}, "product was Journal, is Journal 2"),
    "version": ({"system": System("Vendor AB", "Journal", "8")}, "version was 7, is 8"),
    "organisation": ({"system": System("Other AB", "Journal", "7")}, "organisation was Vendor AB, is Other AB"),
    "roles": ({"roles": ("remissmottagare", "remittent")}, "roles was remittent, is remissmottagare, remittent"),
    "place": (
        {"endpoints": {"ProcessRequest": replace(PLACE, url="http://127.0.0.1:2/")}},
        "endpoint ProcessRequest was http://127.0.0.1:1/ (SE1), is http://127.0.0.1:2/ (SE1)",
    ),
    "address": (
        {"endpoints": {"ProcessRequest": replace(PLACE, logical_address="SE2")}},
        "endpoint ProcessRequest was http://127.0.0.1:1/ (SE1), is http://127.0.0.1:1/ (SE2)",
    ),
    "time": ({"listening": Listening(time_factor=600)}, "time factor was 60, is 600"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_run_does_not_go_on_with_another_system_or_environment(what: str, tmp_path: Path) -> None:
    kept(tmp_path / "run", BEGUN)
    before = (tmp_path / "run" / "evidence.jsonl").read_bytes()
    changes, told = OTHERS[what]
    with pytest.raises(UsageError) as refused:
        kept(tmp_path / "run", replace(BEGUN, **changes), day=2)
    assert told in refused.value.what
    assert "name another folder" in refused.value.todo
    # Nothing was touched: the run is as sealed as it was.
    assert (tmp_path / "run" / "evidence.jsonl").read_bytes() == before
    assert seal.verify_run(seal.run_folder(tmp_path / "run")).outcome == "holds"


SUM = "SHA-256 …"
"""What stands for a value that is known by its sum."""


def _sum(told: str) -> str:
    return SUM if re.fullmatch("SHA-256 [0-9a-f]{12}…", told) else told


OF_MANY_WORDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "test data": ({"test_data": {"units": {"second": "SE1"}}}, {"test_data": {"units": {"second": "SE2"}}}),
    "headers": ({"headers": {"X-Token": "one"}}, {"headers": {"X-Token": "two"}}),
    "not applicable": ({"not_applicable": {"second-unit": "None."}}, {"not_applicable": {"second-unit": "Later."}}),
    "adapter call": ({"adapter": Adapter(url="http://a/")}, {"adapter": Adapter(url="http://b/")}),
    "standing answers": (
        {"listening": Listening(time_factor=60, answers=(StandingAnswer({}, Behaviour()),))},
        {"listening": Listening(time_factor=60, answers=(StandingAnswer({}, Behaviour("silence")),))},
    ),
}


@pytest.mark.parametrize("what", OF_MANY_WORDS)
def test_what_is_not_told_in_full_is_seen_to_be_another(what: str, tmp_path: Path) -> None:
    one, other = (replace(BEGUN, **changes) for changes in OF_MANY_WORDS[what])
    kept(tmp_path / "run", one)
    kept(tmp_path / "run", one, day=2)
    kept(tmp_path / "run", other, day=3)
    (change,) = evidence.read(tmp_path / "run").header.changes
    assert (change.at[:10], change.name) == ("2026-03-04", what)
    assert _sum(change.before) == _sum(change.after) == SUM


def test_a_secret_has_no_sum_by_which_it_could_be_guessed(tmp_path: Path) -> None:
    for secret in ("one", "two"):
        kept(tmp_path / "run", replace(BEGUN, headers={"X-Token": secret}, secrets=(secret,)))
    assert evidence.read(tmp_path / "run").header.changes == ()


def test_what_else_is_another_is_evidence_with_its_time(tmp_path: Path) -> None:
    run = tmp_path / "run"
    kept(run, BEGUN)
    kept(run, BEGUN, day=2)
    assert evidence.read(run).header.changes == ()
    kept(run, replace(BEGUN, read_seconds=9, adapter=Adapter(url="http://127.0.0.1:3/act")), day=3)
    kept(run, replace(BEGUN, read_seconds=9), day=4)
    read = evidence.read(run)
    assert not read.damage
    assert [(each.at[:10], each.name, _sum(each.before), _sum(each.after)) for each in read.header.changes] == [
        ("2026-03-04", "timeouts", "connect 1 s, read 1 s", "connect 1 s, read 9 s"),
        ("2026-03-04", "adapter", "", "a URL"),
        ("2026-03-04", "adapter call", "", SUM),
        ("2026-03-05", "adapter", "a URL", ""),
        ("2026-03-05", "adapter call", SUM, ""),
    ]
    # The report says from when, the seal covers it, and a replay carries it on.
    page = html.render(proven.of(read), "en").decode()
    assert "2026-03-04 08:00:00 UTC" in page
    assert "timeouts: connect 1 s, read 1 s, then connect 1 s, read 9 s" in page
    assert seal.verify_run(seal.run_folder(run)).outcome == "holds"
    changed = {name: value for name, value in recording.read(run).header.environment.items() if ", from " in name}
    assert changed[f"timeouts, from {read.header.changes[0].at}"] == "connect 1 s, read 9 s"


class Set(SystemClock):
    """A clock that somebody sets."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.mark.parametrize(("ahead", "is_noted"), [(0.5, False), (3600, True), (-3600, True)])
def test_a_clock_that_is_set_during_a_run_is_noted(ahead: float, is_noted: bool) -> None:
    clock = Set()
    began = Began(clock)
    clock.ahead = timedelta(seconds=ahead)
    jump = began.jump()
    assert (jump is not None) is is_noted
    if jump is not None:
        shown = datetime.fromisoformat(jump.after) - datetime.fromisoformat(jump.before)
        assert abs(shown.total_seconds() - ahead) < 2
