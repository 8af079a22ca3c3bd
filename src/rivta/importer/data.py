"""Where values come from: `data.xml` beside a project, by the published loader's rules, its page for people, and the rows of data sources."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from html import unescape
from itertools import islice
from pathlib import Path

from lxml import etree

from rivta.importer.groovy import Unsupported
from rivta.importer.project import Project, SoapUiStep
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.text.files import contents
from rivta.text.xml import LIMIT_BYTES, parse

_TITLED = re.compile(
    rb"<h\d[^>]*>\s*(?:<li[^>]*>)?([^<]+)(?:</li>)?\s*</h\d>(.*?)(?=<h\d|\Z)", re.DOTALL | re.IGNORECASE
)
_FIRST = re.compile(r"<p[^>]*>(.*?)</p>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")


@frozen
class Data:
    """`everywhere` are the values of every case, `own` those of a case by its whole name; `texts` say what a case is for."""

    everywhere: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def read(data: Path | None, doc: Path | None) -> Data:
    """Both files, as far as they are there. UsageError where a case stands twice in the data: the published loader refuses that too."""
    found = _data(data) if data else Data()
    texts = (_described(doc) if doc else {}) | {name: text for name, text in found.texts.items() if text}
    return replace(found, texts=texts)


def _data(path: Path) -> Data:
    root = parse(contents(path, LIMIT_BYTES), path=str(path), is_message=False)
    own: dict[str, Mapping[str, str]] = {}
    texts: dict[str, str] = {}
    for case in root.iter("{*}testcase"):
        name = case.get("id", "")
        if name in own:
            todo = "the published loader stops there too: keep one of them"
            source = Source(str(path), case.sourceline or 1)
            raise UsageError(f"the case “{name}” is there twice", source=source, todo=todo)
        own[name] = _values(case.find("{*}data"))
        description = case.find("{*}description")
        texts[name] = "" if description is None else _plain("".join(map(str, description.itertext())))
    return Data(_values(root.find("{*}globaldata")), own, texts)


def _values(holder: etree._Element | None) -> dict[str, str]:
    """Name → text of each element; of a name that stands twice the last one counts."""
    children = holder.iterchildren(etree.Element) if holder is not None else ()
    return {etree.QName(each).localname: "".join(map(str, each.itertext())) for each in children}


def _described(path: Path) -> dict[str, str]:
    """Case → the first paragraph below its heading."""
    found = {}
    for title, below in _TITLED.findall(contents(path, LIMIT_BYTES)):
        first = _FIRST.search(_decoded(below))
        if first:
            found[_plain(_decoded(title))] = _plain(_TAG.sub(" ", first[1]))
    return found


def _decoded(written: bytes) -> str:
    try:
        return written.decode()
    except UnicodeDecodeError:
        return written.decode("cp1252", "replace")


def _plain(text: str) -> str:
    return " ".join(unescape(text).split())


# The rows of a data source: the values that a case has, one row after the other


MOST_ROWS = 100
"""How many rows of a source are played."""
_PART = ("startRow", "endRow")
_NAMES, _SEPARATORS = ("fileName", "filename", "file", "path"), ("separator", "delimiter")


def rows(step: SoapUiStep, project: Project) -> list[dict[str, str]]:
    """The rows, one more than `MOST_ROWS` where there are more. Unsupported where they are neither in the project nor in a file beside it."""
    match step.source:
        case "Grid":
            found: Iterable[Iterable[str]] = step.rows
        case "File":
            found = _lines(step, project)
        case kind:
            raise Unsupported(f"its rows come from {kind or 'nowhere'}")
    if part := [f"{name} {step.settings[name]}" for name in _PART if step.settings.get(name, "").strip()]:
        raise Unsupported(f"it plays a part of its rows: {', '.join(part)}")
    empty = dict.fromkeys(step.columns, "")
    some = [empty | dict(zip(step.columns, row, strict=False)) for row in found if any(row)]
    if not some:
        raise Unsupported("it has no rows")
    return some[: MOST_ROWS + 1]


def _lines(step: SoapUiStep, project: Project) -> list[list[str]]:
    """The lines of a file with separators. It is looked for beside the project, wherever it lay for who wrote the project."""
    named = next(filter(None, map(step.settings.get, _NAMES)), "")
    separator = next(filter(None, map(step.settings.get, _SEPARATORS)), ",").replace("\\t", "\t")
    path = project.beside(re.split(r"[/\\]", named)[-1])
    if path is None or len(separator) != 1:
        raise Unsupported(f"its rows come from {named}, which is no such file beside the project")
    try:
        text = contents(path).decode(step.settings.get("charset", "").strip() or "utf-8-sig")
        return [*islice(csv.reader(text.splitlines(), delimiter=separator), MOST_ROWS + 1)]
    except (csv.Error, UnicodeDecodeError, LookupError, OSError) as trouble:
        raise Unsupported(f"its rows come from {named}: {trouble}") from None
