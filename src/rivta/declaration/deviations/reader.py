"""`deviations.yaml`: what is registered and decided on, read with its places."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from rivta.model.declaration import KnownDeviation
from rivta.model.errors import UsageError
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.grammar import Field, Forms, Found, ListOf, OneOf, Record, String
from rivta.text.yaml.tree import Entry

FILE = "deviations.yaml"
"""The file's name when it lies beside the environment and nobody names another."""

_STOPPING = "it stops an approval; it counts as known, and fails a strict run"
_MUST_FIX = "it may stand until fix-by, and is to be fixed"
_APPROVED = "it may stand"
_CLASSES: Mapping[str, tuple[Literal["stopping", "must-fix", "approved"], str]] = {
    "stopping": ("stopping", _STOPPING),
    "must-fix": ("must-fix", _MUST_FIX),
    "approved": ("approved", _APPROVED),
    "stoppande": ("stopping", _STOPPING),
    "kräver åtgärd": ("must-fix", _MUST_FIX),
    "godkänd": ("approved", _APPROVED),
}
"""The process's three classes, in either language."""

_ONE_OR_MORE = Forms(ListOf(String(), some=True), String())
_SCOPE = Record(
    "scope",
    {
        "product": Field(_ONE_OR_MORE, "the product or products that it concerns, as the environment names them"),
        "version": Field(
            _ONE_OR_MORE, "the version or versions that it concerns; 4.2.* means all that begin with 4.2."
        ),
    },
)
_DEVIATION = Record(
    "deviation",
    {
        "id": Field(String(), "a name of your own, once in the file", required=True),
        "requirement": Field(String(), "the requirement that the system deviates from"),
        "case": Field(
            String(r"[^\s/]+(?:/[^/]*\S)+", "a case by its contract", "RegisterLoan/1.2"),
            "the case in which it shows; beside a requirement: in this case only",
        ),
        "reference": Field(String(), "where it is registered, such as the number of the errand"),
        "class": Field(
            OneOf({word: meaning for word, (_, meaning) in _CLASSES.items()}), "what was decided", required=True
        ),
        "rationale": Field(String(), "why it stands, and what it means in the care process", required=True),
        "scope": Field(_SCOPE, "which product and versions it concerns; without it all"),
        "fix-by": Field(
            String(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date", "2026-12-31"), "the last day that it may stand"
        ),
        "decided-by": Field(String(), "who decided"),
    },
)
_SHAPE = Record(
    "deviations file",
    {"deviations": Field(ListOf(_DEVIATION), "the known deviations", required=True)},
    doc="Known deviations for pytest-rivta: registered, decided on, and held against each run",
)


def read(path: Path) -> tuple[KnownDeviation, ...]:
    """The known deviations of a file, in its order. UsageError, or Mistakes with all of them, for what is wrong with it."""
    entries = grammar.load(compose.read(path), _SHAPE)
    assert entries is not None  # noqa: S101 - load raises rather than give nothing
    found = Found()
    known = tuple(_deviation(entry, found) for entry in entries["deviations"])
    found.extend(_repeated(entries["deviations"]))
    grammar.settle(found)
    return known


def json_schema() -> dict[str, Any]:
    """The form of the file as JSON Schema (draft 2020-12), for editors."""
    return grammar.json_schema(_SHAPE, "Known deviations of pytest-rivta")


def _deviation(entry: Entry, found: Found) -> KnownDeviation:
    scope: Mapping[str, Any] = entry.get("scope", {})
    kind, _ = _CLASSES[entry["class"]]
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
