"""How large the program is, room by room, and where to look at what may be simpler. Figures to look at, not to count: no test holds them.

    python -m benchmarks.sizes [ROOM …]     # with rooms: also which functions, names and modules are meant

`over 15` are functions of more than 15 lines, `once` private functions that are named at one place in their module beside their
own, `twice` class names that stand twice or more in the program, `short` modules of under 60 lines.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "rivta"
LONG, SHORT = 15, 60
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A file of the program."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Everything in its tree: walking it costs more than all that is looked for in it."""
        return list(ast.walk(ast.parse(self.text)))

    @property
    def name(self) -> str:
        return self.path.relative_to(SOURCE).as_posix()

    @property
    def room(self) -> str:
        return self.name.partition("/")[0]

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @cached_property
    def functions(self) -> list[_Function]:
        return [node for node in self.nodes if isinstance(node, _Function)]

    @cached_property
    def classes(self) -> list[str]:
        return [node.name for node in self.nodes if isinstance(node, ast.ClassDef)]

    @property
    def long(self) -> list[str]:
        return [
            f"{self.name}:{each.lineno} {each.name} {_lines(each)}" for each in self.functions if _lines(each) > LONG
        ]

    @cached_property
    def once(self) -> list[str]:
        named = Counter(_names(self.nodes))
        private = [each for each in self.functions if each.name.startswith("_") and not each.name.startswith("__")]
        return [f"{self.name}:{each.lineno} {each.name}" for each in private if named[each.name] == 1]


def _lines(function: _Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


@dataclass(frozen=True)
class Room:
    """A folder of the program, or all of it. `repeated` are the class names that stand twice or more anywhere."""

    name: str
    modules: list[Module]
    repeated: frozenset[str]
    lists: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lists["over 15"] = [line for each in self.modules for line in each.long]
        self.lists["once"] = [line for each in self.modules for line in each.once]
        self.lists["twice"] = [
            f"{each.name} {name}" for each in self.modules for name in each.classes if name in self.repeated
        ]
        self.lists["short"] = [f"{each.name} {each.lines}" for each in self.modules if 0 < each.lines < SHORT]

    @property
    def row(self) -> str:
        longest = max(self.modules, key=lambda each: each.lines)
        counts = " ".join(f"{len(found):>7}" for found in self.lists.values())
        lines = sum(each.lines for each in self.modules)
        return f"{self.name:<12} {lines:>6} {len(self.modules):>7} {counts}   {longest.lines} {longest.name}"


def read() -> list[Module]:
    return [Module(path) for path in sorted(SOURCE.rglob("*.py"))]


def rooms(modules: list[Module]) -> list[Room]:
    """Each room, and last all of it."""
    counted = Counter(name for each in modules for name in each.classes)
    repeated = frozenset(name for name, count in counted.items() if count > 1)
    names = dict.fromkeys(each.room for each in modules if "/" in each.name)
    found = [Room(name, [each for each in modules if each.room == name], repeated) for name in names]
    return [*found, Room("all", modules, repeated)]


def told(found: list[Room], asked: Iterable[str]) -> Iterator[str]:
    """The table, and of the rooms that were asked for what is counted in it."""
    yield f"{'room':<12} {'lines':>6} modules " + " ".join(f"{name:>7}" for name in found[0].lists) + "   longest file"
    yield from (room.row for room in found)
    for room in found:
        if room.name in asked:
            yield from (f"\n{room.name}, {what}:\n  " + "\n  ".join(lines) for what, lines in room.lists.items())


if __name__ == "__main__":
    print("\n".join(told(rooms(read()), sys.argv[1:])))
