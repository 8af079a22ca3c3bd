"""What stands beside a project: the values of `data.xml`, by the published loader's rules, and the words of its page for people."""

import re
from collections.abc import Mapping
from dataclasses import field
from html import unescape
from pathlib import Path

from lxml import etree

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
    return Data(
        found.everywhere,
        found.own,
        (_described(doc) if doc else {}) | {name: text for name, text in found.texts.items() if text},
    )


def _data(path: Path) -> Data:
    root = parse(contents(path, LIMIT_BYTES), path=str(path), is_message=False)
    own: dict[str, Mapping[str, str]] = {}
    texts: dict[str, str] = {}
    for case in root.iter("{*}testcase"):
        name = case.get("id", "")
        if name in own:
            todo = "the published loader stops there too: keep one of them"
            raise UsageError(
                f"the case “{name}” is there twice", source=Source(str(path), case.sourceline or 1), todo=todo
            )
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
