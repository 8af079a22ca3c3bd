"""The journal of plays: what was begun by hand goes on after a restart, and evidence can be added to."""

from pathlib import Path

import pytest

import report_sample as sample
from rivta import evidence
from rivta.evidence import progress
from rivta.evidence.progress import Came, Fixed, Opened, PlayBegun, PlayEnded, PlayJournal
from rivta.model.errors import Unwritable
from rivta.model.run import RunFooter

RESULT = sample.results()[0]
HEADER = sample.header(sample.results())
OPENED = Opened("abc", "scenarios/x.yaml", "x", "2031-05-06T07:08:09Z")


def came(step: int, **captured: str) -> Came:
    return Came("abc", step, RESULT.exchanges, RESULT.checks, captured)


def begun(folder: Path, *more: progress.PlayEvent) -> PlayBegun:
    """A play as it reads back."""
    with PlayJournal(folder, HEADER) as journal:
        for entry in (OPENED, Fixed("abc", {"unique": "0a1b2c", "now.timestamp": "20310506070809"}), *more):
            journal.note(entry)
    return read(folder)


def read(folder: Path) -> PlayBegun:
    with PlayJournal(folder, HEADER) as journal:
        return journal.plays["abc"]


def test_a_play_reads_back_as_far_as_it_came(tmp_path: Path) -> None:
    play = begun(tmp_path, came(0, requestId="SE2321000012-0001#1"), came(1))
    assert play.opened == OPENED
    assert play.fixed == {"unique": "0a1b2c", "now.timestamp": "20310506070809"}
    assert play.came == (came(0, requestId="SE2321000012-0001#1"), came(1))
    assert play.result is None


def test_a_play_that_is_over_has_its_result(tmp_path: Path) -> None:
    assert begun(tmp_path, came(0), PlayEnded("abc", RESULT)).result == RESULT


def test_a_line_that_was_cut_short_costs_that_step_and_no_other_line(tmp_path: Path) -> None:
    begun(tmp_path, came(0), came(1))
    file = tmp_path / progress.FILE
    file.write_bytes(file.read_bytes()[:-20])
    with PlayJournal(tmp_path, HEADER) as again:
        assert again.plays["abc"].came == (came(0),)
        again.note(came(1))
    assert read(tmp_path).came == (came(0), came(1))


def test_a_step_whose_message_is_gone_is_played_again(tmp_path: Path) -> None:
    begun(tmp_path, came(0), came(1))
    for body in (tmp_path / "messages").iterdir():
        body.unlink()
    assert read(tmp_path).came == ()


def test_people_and_secrets_do_not_stand_in_the_journal(tmp_path: Path) -> None:
    with PlayJournal(tmp_path, HEADER, secrets=("hush-hush",)) as journal:
        journal.note(Fixed("abc", {"a": f"{sample.someone()} hush-hush"}))
    written = (tmp_path / progress.FILE).read_text(encoding="utf-8")
    assert sample.someone() not in written
    assert "hush-hush" not in written


def test_evidence_goes_on_after_its_footer(tmp_path: Path) -> None:
    first, second = sample.results()[:2]
    with evidence.EvidenceWriter(tmp_path) as writer:
        writer.header(HEADER)
        writer.write(first)
        writer.write(RunFooter("2031-05-06T08:00:00Z", {"PASSED": 1}))
    with evidence.EvidenceWriter(tmp_path, goes_on=evidence.read(tmp_path).header) as writer:
        writer.write(second)
    run = evidence.read(tmp_path)
    assert [each.case for each in run.results] == [first.case, second.case]
    assert run.footer is None
    assert not run.damage


def test_evidence_goes_on_after_a_line_that_was_cut_short(tmp_path: Path) -> None:
    first, second = sample.results()[:2]
    with evidence.EvidenceWriter(tmp_path) as writer:
        writer.header(HEADER)
        writer.write(first)
    with (tmp_path / evidence.FILE).open("ab") as file:
        file.write(b'{"kind":"case","ver')
    with evidence.EvidenceWriter(tmp_path, goes_on=HEADER) as writer:
        writer.write(second)
    run = evidence.read(tmp_path)
    assert [each.case for each in run.results] == [first.case, second.case]
    assert not run.damage


def test_evidence_that_is_not_there_does_not_go_on(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="cannot be written"):
        evidence.EvidenceWriter(tmp_path, goes_on=HEADER)
