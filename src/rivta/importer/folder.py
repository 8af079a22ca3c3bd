"""A project as domains of ours: a folder a domain with its contracts, a suite and messages a contract, environments to start from."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rivta.importer import cases as cases_
from rivta.importer import contracts as contracts_
from rivta.importer.carried import ADDRESS, Carried, Carrier
from rivta.importer.contracts import ImportedContract
from rivta.importer.data import Data
from rivta.importer.domain import Environments, ImportedDomain
from rivta.importer.project import Project, SoapUiCase
from rivta.importer.scope import Expectation
from rivta.importer.values import ALWAYS, Spaces, named_in
from rivta.importer.writing import Flow, FolderWriter, said
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen

_REPEATED: Mapping[str, object] = {"interval": {"start": "", "end": ""}, "page": {"reference": ""}}
"""Names that a message which is sent again and again has, for the steps that are not."""
_CARRIED = (
    "# From the SoapUI project {}. A case with a `todo:` is not proven until somebody has written what it says.\n"
)


@frozen
class Loaded:
    """A load case to write, and what of the load test it does not say; `value` is empty where there is none, and `notes` say why."""

    name: str
    value: Mapping[str, object]
    notes: tuple[str, ...]


@frozen
class Imported:
    """What an import came to. `cases` are written, `lost` are not, each with the reason; `left` are interfaces that are no contracts."""

    project: Project
    cases: tuple[Carried, ...]
    lost: tuple[tuple[SoapUiCase, str], ...]
    left: Mapping[str, str]
    files: tuple[Path, ...]
    notes: tuple[str, ...]
    loads: tuple[tuple[Carried, Loaded], ...] = ()
    """The load tests, each with its case: those that are written, and those that are not."""


def imported(project: Project, data: Data, folder: Path) -> Imported:
    """Write a project below a folder. UsageError where something is in there already."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", todo="name another folder with -o")
    contracts, left = contracts_.written(project, folder)
    writer, spaces = FolderWriter(folder), dict[str, Spaces]()
    writer.notes += [f"the project's {name} is not carried" for name in dict.fromkeys(project.scripts)]
    carrier = Carrier(project, data, contracts, lambda each: spaces.setdefault(each.id, Spaces()))
    cases, lost = _carried(carrier)
    every = list({each.id: each for each in contracts.values()}.values())
    suites = [_Suite(writer, carrier, each, [one for one in cases if one.contract is each]) for each in every]
    for suite in suites:
        suite.write()
    for name in dict.fromkeys(each.domain for each in every):
        own = [each for each in every if each.domain == name]
        ImportedDomain(writer, carrier, own, [each for each in cases if each.contract in own]).write()
    if project.mask.found:
        writer.notes.append(f"titles name {len(project.mask.found)} persons by number, and each has a token there")
    if every:
        used = frozenset(name for suite in suites for name in suite.data)
        Environments(carrier, every, cases, used).write(writer)
    loaded = tuple(pair for suite in suites for pair in suite.loads)
    return Imported(project, tuple(cases), tuple(lost), left, tuple(writer.files), tuple(writer.notes), loaded)


def _carried(carrier: Carrier) -> tuple[list[Carried], list[tuple[SoapUiCase, str]]]:
    """The cases that call, each with an id of its own in its file, and those that are lost."""
    cases: list[Carried] = []
    lost: list[tuple[SoapUiCase, str]] = []
    taken: set[tuple[str, str]] = set()
    for case in carrier.project.cases:
        one = cases_.carry(carrier, case)
        if case.is_disabled:
            lost.append((case, "it is disabled"))
        elif one.contract is None:
            lost.append((case, "; ".join(dict.fromkeys(each.why for each in one.left)) or "it sends nothing"))
        else:
            key, whole = one.contract.id, cases_.called(carrier, case)
            ids = (one.id, whole, *(f"{whole}-{number}" for number in range(2, len(carrier.project.cases) + 2)))
            cases.append(replace(one, id=next(each for each in ids if each and (key, each) not in taken)))
            taken.add((key, cases[-1].id))
    return cases, lost


@dataclass(slots=True)
class _Suite:
    """One contract's suite in the making: `templates` are its messages by text, `data` the values that every case has."""

    writer: FolderWriter
    carrier: Carrier
    contract: ImportedContract
    cases: list[Carried]
    templates: dict[str, str] = field(default_factory=dict)
    data: dict[str, object] = field(default_factory=dict)
    loads: list[tuple[Carried, Loaded]] = field(default_factory=list)

    @property
    def _place(self) -> str:
        return f"{self.contract.domain}/{self.contract.folder}"

    def write(self) -> None:
        if not self.cases:
            return
        written = [self._case(each) for each in self.cases]
        suite = {
            "contract": self.contract.key,
            "role": "producer",
            "title": f"{self.contract.name} {self.contract.version}",
            "namespaces": dict(self.carrier.spaces(self.contract).prefixes),
            "data": self.data,
            "cases": written,
            **({"load": loaded} if (loaded := [*self._loaded()]) else {}),
        }
        comment = _CARRIED.format(self.carrier.project.path.name)
        self.writer.write(f"{self._place}/producer.yaml", said(suite), comment)

    def _loaded(self) -> Iterator[Mapping[str, object]]:
        taken = {each.id for each in self.cases}
        self.loads += ((each, loaded) for each in self.cases for loaded in load_tests(each, taken))
        yield from (loaded.value for _, loaded in self.loads if loaded.value)

    def _case(self, carried: Carried) -> dict[str, object]:
        steps = [self._step(carried, number) for number in range(len(carried.steps))]
        title = self.carrier.project.mask.text(carried.case.name.strip()) or carried.id
        head: dict[str, object] = {"id": carried.id, "title": title}
        head["verifies"] = [f"{self.contract.folder}-{carried.id}"]
        return head | (steps[0] if len(steps) == 1 and "capture" not in steps[0] else {"steps": steps})

    def _step(self, carried: Carried, number: int) -> dict[str, object]:
        sent, name = carried.steps[number], carried.id if len(carried.steps) == 1 else f"{carried.id}-{number + 1}"
        other = {"contract": sent.contract.id} if sent.contract is not self.contract else {}
        values = self._with(carried, number)
        if sent.told is not None:
            message = {"message": self._template(name, sent.body), "with": values} if sent.body else {}
            answer = {"answer": {key: value for key, value in message.items() if value}} if message else {}
            expect = {"expect": [*map(_flowing, sent.expect)]} if sent.expect else {}
            return (other if "receive" in sent.told else {}) | dict(sent.told) | answer | expect
        step: dict[str, object] = {**other, "send": self._template(name, sent.body)}
        to = values.pop(ADDRESS, "")
        more: dict[str, object] = {"with": values, "change": sent.change, "leave-out": [*sent.leave_out], "to": to}
        more |= {"headers": sent.headers, "without": sent.without}
        more |= {"capture": sent.capture, "for-each": Flow(sent.for_each or {})}
        more["expect"] = [*map(_flowing, sent.expect)]
        if "${page." in sent.body or "${interval." in sent.body:
            self.data = dict(_REPEATED) | self.data
        return step | said(more)

    def _template(self, name: str, body: str) -> str:
        """The path of a message, which is written if none is like it."""
        path = f"messages/{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}.xml"
        if body not in self.templates:
            self.templates[body] = path
            self.writer.write(f"{self._place}/{path}", f"{body.strip()}\n")
        return self.templates[body]

    def _with(self, carried: Carried, number: int) -> dict[str, str]:
        """The values of the case's own that a step asks for. Those that every case has go to `data`: empty where nobody has them."""
        sent, everywhere = carried.steps[number], carried.values.everywhere()
        captured = {name for each in carried.steps[:number] for name in each.capture}
        texts = json.dumps([sent.body, sent.headers, sent.change, sent.expect], ensure_ascii=False)
        wanted = [*named_in([texts]), *({ADDRESS} & sent.values.keys())]
        found: dict[str, str] = {}
        while wanted:
            name = wanted.pop()
            if name in ALWAYS or name in found or name in captured:
                continue
            value, _ = carried.values.lenient(sent.values.get(name, everywhere.get(name, "")))
            if name in sent.values:
                found[name] = value
            elif self.data.setdefault(name, value) == "" and name not in everywhere:
                note = f"nothing gives ${{{name}}} a value: it is empty"
                self.writer.notes += [note] if note not in self.writer.notes else []
            wanted += [each for each in named_in([value]) if each not in found and each not in self.data]
        return found


def _flowing(expected: Expectation) -> Expectation:
    """An expectation on one line, unless it has a script."""
    return expected if "todo" in expected else Flow(expected)


# The load tests of a project as `load:` of the suite. Where one says what ours have no word for, the nearest is written and that is told


_UNLIMITED_SECONDS = 60
_KNOWN = ("", "Simple", "Thread")
_SLA = "max_ms"


def load_tests(carried: Carried, taken: set[str]) -> Iterator[Loaded]:
    """The load tests that hang on a case. `taken` are the ids of the suite so far, and gets theirs."""
    for load in carried.case.loads:
        name = load["name"] or "load"
        if why := _unplayable(carried):
            yield Loaded(name, {}, (why,))
            continue
        word = name.split()[0] if name.split() else "load"
        id_ = next(each for each in (word, *(f"{word}-{number}" for number in range(2, 1000))) if each not in taken)
        taken.add(id_)
        yield Loaded(name, _load_case(carried, load, id_), tuple(_notes(load)))


def _unplayable(carried: Carried) -> str:
    """Why many users cannot play the case at a time; empty where they can."""
    if not carried.steps or any(each.told is not None for each in carried.steps):
        return "its case does more than send"
    if any(each.capture or each.for_each for each in carried.steps):
        return "the steps of its case build on one another"
    return ""


def _load_case(carried: Carried, load: Mapping[str, str], id_: str) -> dict[str, object]:
    folder = carried.contract.folder if carried.contract else ""
    limits = [Flow(within=f"{ms} ms") for ms in sorted(_slas(carried))[-1:]]
    compared = (each.get("compare") for sent in carried.steps for each in sent.expect)
    is_same = any(isinstance(each, dict) and each.get("gives") == "same" for each in compared)
    value = {
        "id": id_,
        "title": load["name"].strip() or id_,
        "verifies": [f"{folder}-{carried.id}"],
        "source": f"Testsvit, {load['name'] or id_}",
        "plays": [carried.id],
        **_course(load),
        "pause": f"{delay} ms" if (delay := _whole(load, "testDelay")) else "",
        "same-size": is_same,
        "limits": limits,
    }
    return said(value)


def _slas(carried: Carried) -> Iterator[int]:
    """The response times, in ms, that the case itself asserts."""
    for value in (each[_SLA] for sent in carried.steps for each in sent.expect if _SLA in each):
        text = str(value.get("limit", "") if isinstance(value, dict) else value)
        if text.isdigit():
            yield int(text)


def _course(load: Mapping[str, str]) -> dict[str, object]:
    """How many users for how long; with the strategy Thread from one number to another."""
    lasts = f"{_seconds(load)} s"
    if load.get("strategy") != "Thread":
        return {"users": max(_whole(load, "threadCount"), 1), "for": lasts}
    first, last = (max(_whole(load, f"{end}ThreadCount"), 1) for end in ("start", "end"))
    return {"stages": [Flow({"from": first, "users": last, "for": lasts})]}


def _seconds(load: Mapping[str, str]) -> int:
    is_time = load.get("limitType", "TIME") == "TIME"
    return (_whole(load, "testLimit") if is_time else 0) or _UNLIMITED_SECONDS


def _notes(load: Mapping[str, str]) -> Iterator[str]:
    strategy, limit = load.get("strategy", ""), _whole(load, "testLimit")
    if strategy not in _KNOWN:
        yield f"its strategy is {strategy}, and here the number of users stays the same"
    if load.get("limitType", "TIME") != "TIME":
        yield f"it ends after {limit} calls, and here after {_UNLIMITED_SECONDS} s"
    elif not limit:
        yield f"it has no end, and here ends after {_UNLIMITED_SECONDS} s"
    if load.get("asserts"):
        yield f"what it asserts ({load['asserts']}) is what every load case is held to: all calls are answered, and rightly"


def _whole(load: Mapping[str, str], name: str) -> int:
    text = load.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
