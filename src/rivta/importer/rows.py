"""The rows of a data source: the values that a case has, one row after the other."""

import csv
from collections.abc import Iterable
from itertools import islice

from rivta.importer.groovy import Strange
from rivta.importer.project import Project, Step
from rivta.text.files import contents

MOST = 100
"""How many rows of a source are played."""
_NAMES, _SEPARATORS = ("fileName", "filename", "file", "path"), ("separator", "delimiter")


def rows(step: Step, project: Project) -> list[dict[str, str]]:
    """The rows, one more than `MOST` where there are more. Strange where they are neither in the project nor in a file beside it."""
    match step.source:
        case "Grid":
            found: Iterable[Iterable[str]] = step.rows
        case "File":
            found = _lines(step, project)
        case kind:
            raise Strange(f"its rows come from {kind or 'nowhere'}")
    empty = dict.fromkeys(step.columns, "")
    some = [empty | dict(zip(step.columns, row, strict=False)) for row in found if any(row)]
    if not some:
        raise Strange("it has no rows")
    return some[: MOST + 1]


def _lines(step: Step, project: Project) -> list[list[str]]:
    """The lines of a file with separators."""
    named = next(filter(None, map(step.settings.get, _NAMES)), "")
    separator = next(filter(None, map(step.settings.get, _SEPARATORS)), ",")
    path = project.beside(named.removeprefix("${projectDir}/"))
    if path is None or len(separator) != 1:
        raise Strange(f"its rows come from {named}, which is no such file beside the project")
    try:
        return [*islice(csv.reader(contents(path).decode().splitlines(), delimiter=separator), MOST + 1)]
    except (csv.Error, UnicodeDecodeError, OSError) as trouble:
        raise Strange(f"its rows come from {named}: {trouble}") from None
