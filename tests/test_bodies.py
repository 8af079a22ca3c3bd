"""The files that bodies are appended to: found again after whatever happened to them."""

from hashlib import sha256
from pathlib import Path

import pytest

from bodies_kept import apart, kept
from rivta.evidence.bodies import RunBodies, clear, mend, own_file
from rivta.model.errors import Unwritable

BODIES = (b"<svar/>", b"", b"<a>\n</a>\n", b"\xff\xfe<\0", b"0" * 64 + b" 3\nabc\n")
"""The last one has in it what begins a record."""


def name_of(body: bytes) -> str:
    return sha256(body).hexdigest()


def filled(folder: Path) -> Path:
    """The file that BODIES were appended to."""
    bodies = RunBodies(folder)
    for body in BODIES:
        assert bodies.keep(body) == name_of(body)
    [path] = (folder / "messages").iterdir()
    return path


def test_a_body_is_found_by_whoever_looks_and_kept_once(tmp_path: Path) -> None:
    before, path = RunBodies(tmp_path), filled(tmp_path)
    size = path.stat().st_size
    for bodies in (before, RunBodies(tmp_path)):
        assert [bodies.find(bodies.keep(body)) for body in BODIES] == [(body, "") for body in BODIES]
    assert path.stat().st_size == size
    later = RunBodies(tmp_path).keep(b"<later/>")
    assert before.find(later) == (b"<later/>", "")
    assert before.find(name_of(b"never")) == (b"", f"messages/{name_of(b'never')}.xml is missing")


def test_each_in_a_file_of_its_own_is_the_same_run(tmp_path: Path) -> None:
    filled(tmp_path)
    before = kept(tmp_path)
    apart(tmp_path)
    assert kept(tmp_path) == before
    assert own_file(tmp_path, BODIES[0]).read_bytes() == BODIES[0]
    assert RunBodies(tmp_path).find(RunBodies(tmp_path).keep(BODIES[0])) == (BODIES[0], "")
    clear(tmp_path)
    assert kept(tmp_path) == {}


def test_a_run_with_a_file_a_body_is_looked_through_once(tmp_path: Path) -> None:
    class Counted(RunBodies):
        looked = 0

        def _look(self) -> None:
            self.looked += 1
            super()._look()

    filled(tmp_path)
    apart(tmp_path)
    bodies = Counted(tmp_path)
    assert [bodies.find(name_of(body)) for body in BODIES] == [(body, "") for body in BODIES]
    assert bodies.looked == 1


def test_wherever_it_is_cut_what_is_whole_is_found_and_the_next_one_too(tmp_path: Path) -> None:
    whole = filled(tmp_path).read_bytes()
    ends = [0]
    for body in BODIES:
        ends.append(ends[-1] + len(f"{name_of(body)} {len(body)}\n") + len(body) + 1)
    assert ends[-1] == len(whole)
    for at in range(len(whole)):
        [path] = (tmp_path / "messages").iterdir()
        path.write_bytes(whole[:at])
        there = {name_of(body): body for body, end in zip(BODIES, ends[1:], strict=True) if end <= at}
        assert kept(tmp_path) == dict(sorted(there.items()))
        told = [] if at in ends else [f"messages/{path.name} is cut short"]
        assert [*RunBodies(tmp_path).damage()] == told, at
        mend(tmp_path)
        assert path.stat().st_size == max(end for end in ends if end <= at)
        added = RunBodies(tmp_path).keep(b"<more/>")
        assert kept(tmp_path).keys() == {*there, added}
        assert [*RunBodies(tmp_path).damage()] == []


def test_whichever_byte_is_changed_it_is_told_and_costs_no_other_body(tmp_path: Path) -> None:
    path = filled(tmp_path)
    whole = path.read_bytes()
    for at, byte in enumerate(whole):
        path.write_bytes(whole[:at] + bytes([byte ^ 1]) + whole[at + 1 :])
        bodies = RunBodies(tmp_path)
        troubles = [bodies.find(name_of(body))[1] for body in BODIES]
        assert any(troubles) or [*bodies.damage()], at
        assert sum(map(bool, troubles)) <= 1, at


def test_a_second_record_of_the_same_name_must_be_the_same(tmp_path: Path) -> None:
    RunBodies(tmp_path, part="gw0").keep(b"<svar/>")
    RunBodies(tmp_path, part="gw1").keep(b"<svar/>")
    assert [*RunBodies(tmp_path).damage()] == []
    path = tmp_path / "messages" / "gw1.bodies"
    path.write_bytes(path.read_bytes().replace(b"<svar/>", b"<nej />"))
    assert RunBodies(tmp_path).find(name_of(b"<svar/>")) == (b"<svar/>", "")
    assert [*RunBodies(tmp_path).damage()] == ["messages/gw1.bodies was changed after it was written"]


def test_a_file_that_was_taken_away_is_begun_anew(tmp_path: Path) -> None:
    bodies = RunBodies(tmp_path)
    names = [bodies.keep(body) for body in BODIES]
    clear(tmp_path)
    assert [bodies.keep(body) for body in BODIES] == names
    assert kept(tmp_path).keys() == {*names}


def test_what_stands_in_its_place_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "run.bodies").mkdir()
    with pytest.raises(Unwritable, match="Is a directory"):
        RunBodies(tmp_path).keep(b"<svar/>")
    (tmp_path / "messages" / "run.bodies").rmdir()
