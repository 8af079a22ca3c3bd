"""The rows of a data source: the values that a case has, one row after the other."""

import csv
import re
from collections.abc import Iterable
from itertools import islice

from rivta.importer.groovy import Strange
from rivta.importer.project import Project, SoapUiStep
from rivta.text.files import contents

MOST = 100
"""How many rows of a source are played."""
_PART = ("startRow", "endRow")
_NAMES, _SEPARATORS = ("fileName", "filename", "file", "path"), ("separator", "delimiter")


def rows(step: SoapUiStep, project: Project) -> list[dict[str, str]]:
    """The rows, one more than `MOST` where there are more. Strange where they are neither in the project nor in a file beside it."""
    match step.source:
        case "Grid":
            found: Iterable[Iterable[str]] = step.rows
        case "File":
            found = _lines(step, project)
        case kind:
            raise Strange(f"its rows come from {kind or 'nowhere'}")
    if part := [f"{name} {step.settings[name]}" for name in _PART if step.settings.get(name, "").strip()]:
        raise Strange(f"it plays a part of its rows: {', '.join(part)}")
    empty = dict.fromkeys(step.columns, "")
    some = [empty | dict(zip(step.columns, row, strict=False)) for row in found if any(row)]
    if not some:
        raise Strange("it has no rows")
    return some[: MOST + 1]


def _lines(step: SoapUiStep, project: Project) -> list[list[str]]:
    """The lines of a file with separators. It is looked for beside the project, wherever it lay for who wrote the project."""
    named = next(filter(None, map(step.settings.get, _NAMES)), "")
    separator = next(filter(None, map(step.settings.get, _SEPARATORS)), ",").replace("\\t", "\t")
    path = project.beside(re.split(r"[/\\]", named)[-1])
    if path is None or len(separator) != 1:
        raise Strange(f"its rows come from {named}, which is no such file beside the project")
    try:
        text = contents(path).decode(step.settings.get("charset", "").strip() or "utf-8-sig")
        return [*islice(csv.reader(text.splitlines(), delimiter=separator), MOST + 1)]
    except (csv.Error, UnicodeDecodeError, LookupError, OSError) as trouble:
        raise Strange(f"its rows come from {named}: {trouble}") from None
