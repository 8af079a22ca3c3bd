"""Imports point down the storeys of ARCHITECTURE.md: never up, never sideways between rooms."""

import ast
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).parent.parent / "src" / "rivta"
STOREYS: tuple[frozenset[str], ...] = (
    frozenset({"model"}),
    frozenset({"text"}),
    frozenset({"evidence", "contract", "suite", "environment"}),
    frozenset({"check", "transport"}),
    frozenset({"declaration", "run", "counterpart", "simulator", "reference"}),
    frozenset({"report"}),
    frozenset({"plugin", "page"}),
    frozenset({"cli"}),
)
"""From the ground up. Rooms that stand beside each other do not know each other."""
STOREY_OF = {room: storey for storey, rooms in enumerate(STOREYS) for room in rooms}


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


def test_imports_point_down() -> None:
    wrong = [
        f"{path.relative_to(SRC)}:{line}: {room_of(path)} must not import {other}"
        for path in modules()
        for other, line in imported_rooms(path)
        if other != room_of(path) and STOREY_OF[other] >= STOREY_OF[room_of(path)]
    ]
    assert wrong == []


def test_every_room_stands_on_a_storey() -> None:
    unknown = {room_of(path) for path in modules()} - STOREY_OF.keys()
    assert not unknown, "say in ARCHITECTURE.md and here where it belongs"
