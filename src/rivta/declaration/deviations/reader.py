"""`deviations.yaml`: what is registered and decided on, read with its places."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from rivta.model.declaration import KnownDeviation
from rivta.model.errors import UsageError
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.grammar import Found
from rivta.text.yaml.tree import Entry

FILE = "deviations.yaml"
"""The file's name when it lies beside the environment and nobody names another."""

_CLASSES: Mapping[str, Literal["stopping", "must-fix", "approved"]] = {
    "stopping": "stopping",
    "must-fix": "must-fix",
    "approved": "approved",
    "stoppande": "stopping",
    "kräver åtgärd": "must-fix",
    "godkänd": "approved",
}
"""The process's three classes, in either language."""
_FORM = FormFile(Path(__file__).with_name("form.yaml"))
"""What may stand in the file: which keys there are, what stands under them, what they mean."""


def read(path: Path) -> tuple[KnownDeviation, ...]:
    """The known deviations of a file, in its order. UsageError, or Mistakes with all of them, for what is wrong with it."""
    entries, found = grammar.load(compose.read(path), _FORM["file"]), Found()
    known = tuple(_deviation(entry, found) for entry in entries["deviations"])
    found.extend(_repeated(entries["deviations"]))
    grammar.settle(found)
    return known


def json_schema() -> dict[str, Any]:
    """The form of the file as JSON Schema (draft 2020-12), for editors."""
    return grammar.json_schema(_FORM["file"], "Known deviations of pytest-rivta")


def _deviation(entry: Entry, found: Found) -> KnownDeviation:
    scope: Mapping[str, Any] = entry.get("scope", {})
    kind = _CLASSES[entry["class"]]
    found.extend(_lacks(entry, kind))
    return KnownDeviation(
        id=entry["id"],
        kind=kind,
        rationale=entry["rationale"],
        requirement=entry.get("requirement", ""),
        case=entry.get("case", ""),
        reference=entry.get("reference", ""),
        products=_several(scope.get("product", ())),
        versions=_several(scope.get("version", ())),
        fix_by=entry.get("fix-by", ""),
        decided_by=entry.get("decided-by", ""),
        source=entry.source,
    )


def _several(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _lacks(entry: Entry, kind: str) -> Iterator[UsageError]:
    """What the class, or sense, asks for beyond the form."""
    if "requirement" not in entry and "case" not in entry:
        todo = "add requirement: its id, or case: such as RegisterLoan/1.2"
        yield UsageError("this deviation names neither a requirement nor a case", source=entry.source, todo=todo)
    if kind == "must-fix" and "fix-by" not in entry:
        todo = "add fix-by: the day that was agreed on, such as 2026-12-31"
        yield UsageError("what must be fixed lacks its date", source=entry.source_of("class"), todo=todo)
    if kind == "approved" and "decided-by" not in entry:
        todo = "add decided-by: who approved it"
        yield UsageError("what is approved lacks who approved it", source=entry.source_of("class"), todo=todo)
    if "fix-by" in entry and not _is_date(entry["fix-by"]):
        what = f"“{entry['fix-by']}” stands here; the calendar has no such day"
        yield UsageError(what, source=entry.source_of("fix-by"), todo="write it like 2026-12-31")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _repeated(entries: list[Entry]) -> Iterator[UsageError]:
    seen: set[str] = set()
    for entry in entries:
        if entry["id"] in seen:
            what = f"the id “{entry['id']}” is taken by a deviation above"
            yield UsageError(what, source=entry.source_of("id"), todo="give each deviation an id of its own")
        seen.add(entry["id"])
