"""Imports point down the storeys of ARCHITECTURE.md: never up, never sideways between rooms."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src" / "rivta"
STOREYS = {
    1: {"model", "errors"},
    2: {"yamltext", "xmltext", "placeholder", "identity", "places", "certificate"},
    3: {
        "suite",
        "contract",
        "rules",
        "message",
        "environment",
        "evidence",
        "declaration",
        "manifest",
        "form",
        "answers",
    },
    4: {
        "check",
        "transport",
        "counterpart",
        "adapter",
        "report",
        "importer",
        "reference",
        "deviations",
        "comparison",
        "signature",
        "wordform",
    },
    5: {"run", "dossier", "opening"},
    6: {"plugin", "page"},
    7: {"cli"},
}
STOREY_OF = {room: storey for storey, rooms in STOREYS.items() for room in rooms}
WITHIN_NOUNS = {("errors", "model")}


def room_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return [path for path in sorted(SRC.rglob("*.py")) if room_of(path) != "__init__"]


def imported_rooms(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            is_package = node.module == "rivta"
            names = [f"rivta.{alias.name}" for alias in node.names] if is_package else [node.module]
        for name in names:
            assert not name.startswith("_pytest"), f"{path}:{node.lineno}: nothing from _pytest"
            parts = name.split(".")
            if parts[0] == "rivta" and len(parts) > 1 and parts[1] != "__version__":
                yield parts[1], node.lineno


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SRC)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    assert room in STOREY_OF, f"{room} stands on no storey: say in ARCHITECTURE.md and here where it belongs"
    for other, line in imported_rooms(path):
        if other == room or (room, other) in WITHIN_NOUNS:
            continue
        assert STOREY_OF[other] < STOREY_OF[room], f"{path}:{line}: {room} must not import {other}"


def test_there_is_something_to_check() -> None:
    assert {room_of(path) for path in modules()} >= {"model", "errors"}
