"""Imports point down the storeys of ARCHITECTURE.md: never up, never sideways between rooms."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

SRC = Path(__file__).parent.parent / "src" / "rivta"
STOREYS: tuple[frozenset[str], ...] = (
    frozenset({"model"}),
    frozenset({"text"}),
    frozenset({"evidence", "contract", "suite", "environment"}),
    frozenset({"check", "transport"}),
    frozenset({"declaration", "run", "counterpart", "simulator", "importer"}),
    frozenset({"report"}),
    frozenset({"plugin", "page"}),
    frozenset({"cli"}),
)
"""From the ground up. Rooms that stand beside each other do not know each other."""
STOREY_OF = {room: storey for storey, rooms in enumerate(STOREYS) for room in rooms}


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All of a module's tree: to read and walk it costs more than all that is looked for in it."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def room_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return [path for path in sorted(SRC.rglob("*.py")) if room_of(path) != "__init__"]


def imported_rooms(path: Path) -> Iterator[tuple[str, int]]:
    for node in nodes_of(path):
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


CLOCK = "model/clock.py"
WAITS_ON_ITS_LOOP = {
    "transport/incoming.py": "asyncio's own loop: the rest of a body, and a caller that may hang up while it waits",
    "transport/server.py": "asyncio's own loop: out of file descriptors, it listens again a second later",
    "page/server.py": "asyncio's own loop: lets what was cancelled end",
    "page/pages.py": "asyncio's own loop: a sign of life to a reader's browser",
}
"""Where a server's loop waits for the network, which no clock of ours could make come sooner."""
STANDS_FOR_NOBODY = {
    "cli/serve.py": "a program begins here",
    "plugin/stage.py": "a program begins here",
    "plugin/workers.py": "a program begins here",
    "evidence/signature.py": "a signature tells the signer's own time",
    "text/identity.py": "in which century somebody was born",
}
"""Where the machine's clock is named although nobody was given the chance to hand in another."""
_CLOCKS = {"time", "sched"}
_READS = {"now", "utcnow", "today"}
_WAITS = {"sleep", "call_later", "call_at", "Timer"}


def clocks_in(path: Path) -> Iterator[tuple[int, str]]:
    """Where a module reads the machine's clock or waits by it; a call on something named clock is none."""
    for node in nodes_of(path):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, each.name) for each in names if each.name in _CLOCKS)
            case ast.ImportFrom(module=module, names=names):
                yield from (
                    (node.lineno, each.name)
                    for each in names
                    if module in _CLOCKS or (each.name == "Timer" and module == "threading")
                )
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in _READS | _WAITS:
                if not ast.unparse(value).endswith(("clock", "SYSTEM")):
                    yield node.lineno, ast.unparse(node.func)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio"), attr="wait_for" | "wait" | "timeout")):
                yield node.lineno, ast.unparse(node.func)


def test_no_clock_but_the_one_that_is_handed_in() -> None:
    found = [
        f"{name}:{line}: {what}"
        for name, path in named_modules()
        if name != CLOCK and name not in WAITS_ON_ITS_LOOP
        for line, what in clocks_in(path)
    ]
    assert found == [], "take a Clock (rivta.model.clock) instead"


def test_the_machines_clock_is_only_a_default() -> None:
    """Whoever uses it lets others hand in another one: it stands as the value of a parameter or a field."""
    found = [
        f"{name}:{line}"
        for name, path in named_modules()
        if name != CLOCK and name not in STANDS_FOR_NOBODY
        for line in uses_of_the_machines_clock(path)
    ]
    assert found == []


def uses_of_the_machines_clock(path: Path) -> Iterator[int]:
    defaults = {
        id(default)
        for node in nodes_of(path)
        for default in (
            (*node.args.defaults, *node.args.kw_defaults)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            else (node.value,)
            if isinstance(node, ast.AnnAssign)
            else ()
        )
    }
    names = (node for node in nodes_of(path) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    yield from (name.lineno for name in names if name.id in {"SYSTEM", "SystemClock"} and id(name) not in defaults)


def named_modules() -> list[tuple[str, Path]]:
    return [(path.relative_to(SRC).as_posix(), path) for path in modules()]


def test_the_search_for_clocks_finds_them(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "import time\nfrom time import sleep\nfrom threading import Timer\n"
        "datetime.now(UTC)\nasyncio.sleep(1)\nself.clock.sleep(1)\nclock.now()\nasyncio.wait_for(x, 1)\n",
        encoding="utf-8",
    )
    assert [line for line, _ in clocks_in(module)] == [1, 2, 3, 4, 5, 8]


def test_no_exception_is_left_that_nothing_needs() -> None:
    waits = {name for name, path in named_modules() if any(clocks_in(path))}
    assert waits - {CLOCK} >= WAITS_ON_ITS_LOOP.keys()
    assert {name for name, path in named_modules() if any(uses_of_the_machines_clock(path))} >= STANDS_FOR_NOBODY.keys()


MODULES_OF = {"pyyaml": "yaml"}
BROUGHT_ALONG = {"markupsafe", "multidict", "pyhanko_certvalidator", "asn1crypto", "hypothesis", "requests"}
"""What jinja2, aiohttp, pyhanko and schemathesis cannot be without."""


def test_every_runtime_dependency_is_imported_and_nothing_else() -> None:
    project = tomllib.loads((SRC.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed, optional = (
        modules_of(project["dependencies"]),
        modules_of(
            [*extras["pdf"], *extras["sign"], *extras["load"], *extras["rest"], *extras["saml"], *extras["fast"]]
        ),
    )
    imported = {name.split(".")[0] for path in SRC.rglob("*.py") for name in every_import(path)}
    assert needed <= imported
    assert imported - sys.stdlib_module_names - {"rivta"} <= needed | optional | BROUGHT_ALONG


def modules_of(declared: Iterable[str]) -> set[str]:
    names = {re.split(r"[^\w-]", each)[0] for each in declared}
    return {MODULES_OF.get(name, name) for name in names}


def every_import(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
