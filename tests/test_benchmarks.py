"""The scripts that show how large the program is and how long a case's way through it run on the program as it is. What they
show is to be looked at: no figure of theirs is judged here.
"""

from pathlib import Path

import pytest
from benchmarks import attack, domains, figures, sizes, way


def test_sizes_count_every_module_of_every_room_once() -> None:
    found = sizes.rooms(sizes.read())
    *rooms, everything = found
    assert {room.name for room in rooms} == {path.parent.name for path in sizes.SOURCE.glob("*/__init__.py")}
    assert sum(len(room.modules) for room in rooms) + len([*sizes.SOURCE.glob("*.py")]) == len(everything.modules)
    table = list(sizes.told(found, ["page"]))
    assert len(table) > len(found)
    assert table[len(found)].split()[:2] == ["all", str(sum(each.lines for each in everything.modules))]


def test_what_sizes_lists_is_what_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "SOURCE", tmp_path)
    (tmp_path / "room").mkdir()
    body = "\n".join("    x = 1" for _ in range(sizes.LONG))
    (tmp_path / "room/one.py").write_text(
        f"class A: ...\ndef _far():\n{body}\ndef f():\n    _far()\n", encoding="utf-8"
    )
    (tmp_path / "room/two.py").write_text(
        "class A: ...\nclass B: ...\ndef _near(): ...\nx = _near() or _near()\n", "utf-8"
    )
    room, _ = sizes.rooms(sizes.read())
    assert room.lists == {
        "over 15": ["room/one.py:2 _far 16"],
        "once": ["room/one.py:2 _far"],
        "twice": ["room/one.py A", "room/two.py A"],
        "short": ["room/one.py 19", "room/two.py 4"],
    }


def test_the_way_of_a_case_is_traced_from_its_file_to_its_line_of_evidence(tmp_path: Path) -> None:
    """Against nobody, so that no system need be started; whether one answers changes the way only in `check`."""
    found = way.of("producer", way.CASES["producer"], "http://127.0.0.1:1", tmp_path)
    passed = {"suite/reader", "run/conductor", "transport/http", "evidence/writer"}
    assert passed <= found.passed.keys()
    assert "EvidenceWriter.append" in found.passed["evidence/writer"]
    assert not {name for names in found.passed.values() for name in names if "<" in name}
    at = {
        "read": "suite/reader",
        "played": "run/conductor",
        "written": "evidence/writer",
        way.ONCE: "environment/reader",
    }
    assert all(module in found.stations[station] for station, module in at.items())
    lines = list(way.told(found))
    assert lines[-1].startswith(f"{len(found.passed)} modules")
    assert str(tmp_path) not in "\n".join(lines)


def test_what_was_not_attacked_this_time_keeps_its_row() -> None:
    page = (sizes.SOURCE.parents[1] / "docs" / "trust.md").read_text(encoding="utf-8")
    assert attack.redrawn(page, [], 1) == page
    tally = attack.Tally("TLS", tries=3, kinds={"a", "b"}, losses=["a"])
    now, before = (text.splitlines() for text in (attack.redrawn(page, [tally], 1), page))
    assert [line for line in now if line not in before] == ["| TLS | 2 | 3 | 1 |"]
    assert len(now) == len(before)


def test_a_table_of_some_domains_keeps_the_rows_of_the_others() -> None:
    def row(name: str, origin: str = "shipped", cases: int = 1, faults: str = "3, 2") -> domains.Row:
        return domains.Row(name, "1.0", origin, "1", "none", cases, 1, 1, 0, faults, 0)

    page = domains.table([row("b"), row("c"), row("z", "package"), row("b", "package")], "", ())
    assert page == "".join(f"{each}\n" for each in (row("b"), row("c"), row("z", "package"), row("b", "package")))
    kept = [row("a", faults="–"), row("b", cases=2), row("c"), row("z", "package"), row("b", "package")]
    drawn = [row("b", cases=2, faults=""), row("a", faults="")]
    assert domains.table(drawn, page, ("shipped", "package")).splitlines() == [*map(str, kept)]
    assert str(row("c")) not in domains.table(drawn, page, ("package",))


def test_the_page_of_costs_is_drawn_from_what_was_measured() -> None:
    page = (sizes.SOURCE.parents[1] / "docs" / "performance.md").read_text(encoding="utf-8")
    measured = figures.kept()
    assert figures.redrawn(page, measured) == page
    assert [each for each in figures.NAMED if each in {one.key for one in measured}] == [each.key for each in measured]
    missed = [each for each in measured if each.is_reached is False]
    assert all(figures.NAMED[each.key]["why"] in page for each in missed)
    assert all("why" in said for said in figures.NAMED.values() if {"most", "least"} & said.keys())


@pytest.mark.parametrize(
    ("key", "value", "floor", "reached"),
    [("case", 2.0, 1.0, True), ("case", 3.0, 1.0, False), ("counterpart", 4.0, 10.0, False), ("check", 9.0, 1.0, None)],
)
def test_a_figure_is_held_against_its_aim(key: str, value: float, floor: float, reached: bool | None) -> None:
    assert figures.Figure(key, value, floor, 7, "2026-09-01").is_reached is reached


def test_a_figure_is_kept_beside_those_that_were_measured_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "KEPT", tmp_path / "kept")
    figures.tell("end", [3.0, 1.0, 2.0], [1.0])
    figures.tell("case", [5.0], [2.0])
    figures.tell("end", [4.0], [2.0])
    assert [(each.key, each.value, each.ratio, each.rounds) for each in figures.kept()] == [
        ("case", 5.0, 2.5, 1),
        ("end", 4.0, 2.0, 1),
    ]
