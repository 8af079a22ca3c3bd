"""`rivta new message --with`: plain data in a message, by the names of elements, with whatever else must be there."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

import tiny_world
from rivta import contract
from rivta.cli import main

DOMAIN = contract.read_domain(tiny_world.SUITES / tiny_world.NAME)


def new(tmp_path: Path, data: str, *words: str) -> int:
    path = tmp_path / "data.yaml"
    path.write_text(data, encoding="utf-8")
    return main(["new", "message", *words, "--suites", str(tiny_world.SUITES), "--with", str(path)])


def texts(message: str, name: str) -> list[str]:
    return [each.text or "" for each in etree.fromstring(message.encode()).iter(f"{{*}}{name}")]


LOANS = """\
loan:
  - {title: Kallocain, note: [Slitet., Läst.]}
  - {title: Aniara, borrowerId: {extension: "191212121212"}, borrowerName: Åsa & Örjan}
"""


def test_what_is_said_stands_there_and_what_else_must_be_there_does_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new(tmp_path, LOANS, "GetLoans", "--response") == 0
    message = capsys.readouterr().out
    assert texts(message, "title") == ["Kallocain", "Aniara"]
    assert texts(message, "note") == ["Slitet.", "Läst."]
    assert texts(message, "borrowerName") == ["Åsa & Örjan"]
    assert [each.get("extension") for each in etree.fromstring(message.encode()).iter("{*}borrowerId")][
        1
    ] == "191212121212"
    assert contract.schemas(DOMAIN.contracts.find("GetLoans")).verdict(message.encode()).valid


def test_a_placeholder_is_left_for_whoever_fills_it_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(tmp_path, 'lentFrom: "${from}"\nborrowerId: {"@root": "1.2"}', "GetLoans") == 0
    message = capsys.readouterr().out
    assert texts(message, "lentFrom") == ["${from}"]
    assert 'root="1.2"' in message


def test_the_fullest_takes_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(tmp_path, "loan: {note: Slitet.}", "GetLoans", "--response", "--full") == 0
    message = capsys.readouterr().out
    assert texts(message, "note") == ["Slitet."]
    assert len(texts(message, "borrowerName")) == 1


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("loan: {titel: x}", ["data.yaml:1:8: there is no titel in loan", "did you mean “title”?"]),
        ("lan: 1", ["data.yaml:1:1: there is no lan in the message", "did you mean “loan”?"]),
        ("loan: text", ["data.yaml:1:7: text stands here; loan holds none itself", "known here: "]),
        ("loan: [{borrowerId: x}]", ["1:21: text stands here; borrowerId holds none itself", "known here: extension, root"]),
        ("loan: {title: {name: x}}", ["1:16: there is no name in title", "title holds text alone"]),
        ("loan: [[{title: x}]]", ["1:8: a list within a list stands here"]),
        ("loan: [{title: x}, {lentDate: i går}]", ["1:31: ", "“i går” is not a valid value"]),
        ("loan: {title: [x, y]}", ["1:19: title must not stand here"]),
    ],
)  # fmt: skip
def test_what_the_schema_does_not_have_is_told_at_its_place(
    data: str, told: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new(tmp_path, data, "GetLoans", "--response") == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert all(each in shown.err for each in told), shown.err
