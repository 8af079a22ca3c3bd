"""What an import came to, for people as a table and for programs as data: what was carried, by level, and what is left."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rivta.importer.folder import Imported

LEVELS = {
    1: "verbs and assertions, data, headers",
    2: "idioms",
    3: "time filters",
    4: "conditions on one record, cases that run cases",
    5: "scripts by themselves",
}
"""What it took to read an assertion, or a case: the most that any part of it took."""
_SHOWN = 20


def data(imported: Imported) -> dict[str, Any]:
    """Everything that is told, by names that do not change."""
    clean = Counter(each.level for each in imported.cases if not each.left)
    levels = Counter(level for each in imported.cases for level in each.levels)
    todo = [{"case": each.id, "place": one.place, "why": one.why} for each in imported.cases for one in each.left]
    return {
        "project": imported.project.name,
        "soapui": imported.project.version,
        "cases": {
            "of": len(imported.project.cases),
            "carried": len(imported.cases),
            "without-todo": sum(clean.values()),
            "by-level": {str(level): clean[level] for level in LEVELS},
        },
        "assertions": {
            "carried": sum(levels.values()),
            "by-level": {str(level): levels[level] for level in LEVELS},
            "left": len(todo),
        },
        "answers": sum(path.parent.name == "answers" for path in imported.files),
        "todo": todo,
        "not-carried": [{"case": f"{case.suite} / {case.name}", "why": why} for case, why in imported.lost],
        "interfaces": dict(imported.left),
        "notes": [*imported.notes, *(f"{each.id}: {note}" for each in imported.cases for note in each.notes)],
        "load-tests": [
            {"case": carried.id, "name": each.name, "carried": bool(each.value), "notes": [*each.notes]}
            for carried, each in imported.loads
        ],
        "files": [str(path) for path in imported.files],
    }


def table(imported: Imported) -> Iterator[str]:
    """The same for a terminal, a line at a time; of what is left the first places."""
    told = data(imported)
    cases, assertions = told["cases"], told["assertions"]
    levels = (
        (f"{level}  {what}", *(each["by-level"][str(level)] for each in (cases, assertions)))
        for level, what in LEVELS.items()
    )
    rows: list[tuple[str, object, object]] = [
        ("level", "cases", "assertions"),
        *levels,
        ("carried", cases["without-todo"], assertions["carried"]),
        ("with a todo", cases["carried"] - cases["without-todo"], assertions["left"]),
        ("not carried", len(told["not-carried"]), ""),
        *([("canned answers of mocks", told["answers"], "")] if told["answers"] else []),
    ]
    yield from (f"{told['project']}: {cases['of']} cases", "")
    yield from (f"  {name:<58}{one:>7}{other:>12}".rstrip() for name, one, other in rows)
    yield from _listed("with a todo", [f"{each['place']}: {each['why']}" for each in told["todo"]])
    yield from _listed("not carried", [f"{each['case']}: {each['why']}" for each in told["not-carried"]])
    yield from _listed("not read", [f"{name}: {why}" for name, why in told["interfaces"].items()])
    yield from _listed("changed", told["notes"])
    loads = told["load-tests"]
    for title, is_carried in (("load tests", True), ("load tests, not carried", False)):
        lines = (each for each in loads if each["carried"] is is_carried)
        yield from _listed(title, [": ".join((f"{each['case']}, {each['name']}", *each["notes"])) for each in lines])


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield from ("", f"{title}:", *(f"  {line}" for line in lines[:_SHOWN]))
        if len(lines) > _SHOWN:
            yield f"  … and {len(lines) - _SHOWN} more: --json tells all"
