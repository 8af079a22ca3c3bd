"""What changed from one version of a release package to another, and which requirements and cases of a domain that touches."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import SequenceMatcher
from itertools import chain, islice
from pathlib import Path
from typing import Final, Literal

from rivta.contract.declarations import Declarations, details, outline_of
from rivta.contract.packages.description import Candidate, candidates, descriptions
from rivta.contract.packages.examination import rule_files
from rivta.contract.packages.store import Installed
from rivta.contract.rules.compiler import children, concrete_patterns, read_document
from rivta.contract.wsdl import Wsdl, read_wsdl
from rivta.model.case import Case, Suite
from rivta.model.domain import Requirement
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.steps import Send, Step, WithoutContract

What = Literal["contract", "schema", "rule", "description"]
_ALIKE: Final = 0.6
"""How many of the words of two statements of one field or heading must be the same for one to be the other, reworded."""
_TELLING: Final = re.compile("[a-z][A-Z]")
"""What a name has that stands for an element and nothing else: lentFrom, not title."""
_BESIDE: Final = 50
"""Statements of one field or heading among which that is looked for."""


@frozen
class PackageChange:
    """One thing that is another in the newer version.

    `how` is added, removed, changed, or moved (a statement to another section). `place` is where: an element's path, a rule's
    file and context, a section. `old` and `new` say what stands there, empty where nothing does. `names` are what a requirement
    may know it by: a rule's id, the ids of statements.
    """

    what: What
    how: Literal["added", "removed", "changed", "moved"]
    contract: str
    place: str
    old: str = ""
    new: str = ""
    names: tuple[str, ...] = ()


def changes(old: Installed, new: Installed, progress: Callable[[str], None] = lambda _: None) -> list[PackageChange]:
    """Everything that changed: contracts, then schemas, rules and descriptions."""
    read: list[_Contents] = []
    for each in (old, new):
        progress(f"{each.domain} {each.version}")
        read.append(_contents(each, new))
    before, after = read
    gone, come = before.schemas.keys() - after.schemas.keys(), after.schemas.keys() - before.schemas.keys()
    contracts = [
        *(PackageChange("contract", "removed", name, name, old=name) for name in sorted(gone)),
        *(PackageChange("contract", "added", name, name, new=name) for name in sorted(come)),
    ]
    shared = [name for name in before.schemas if name in after.schemas]
    schemas = (each for name in shared for each in _of_schema(name, before.schemas[name], after.schemas[name]))
    return [*contracts, *schemas, *_of_rules(before.rules, after.rules), *_of_statements(before.said, after.said)]


@frozen
class _Contents:
    """A version, read: path → what the schema says of it, by contract; (file and context) → (id, test) of each rule; statements."""

    schemas: Mapping[str, Mapping[str, str]]
    rules: Mapping[tuple[str, str], Sequence[tuple[str, str]]]
    said: Sequence[Candidate]


def _contents(package: Installed, newest: Installed) -> _Contents:
    """`newest` is whose schemas the description is held against: what changed in them is told of them alone."""
    said: list[Candidate] = []
    messages = {name.partition("@")[0]: outline_of(wsdl.path, wsdl.schemas.digest) for name, wsdl in _wsdls(newest)}
    for path in descriptions([package.folder]):
        with suppress(UsageError):  # it was told at the installation
            said += candidates(path, messages)
    return _Contents({name: _schema(wsdl) for name, wsdl in _wsdls(package)}, _rules(package.folder), said)


def _wsdls(package: Installed) -> Iterator[tuple[str, Wsdl]]:
    """Each contract as `Name@major`: minor versions are one contract on the wire."""
    for title, wsdl in package.contracts.items():
        name, _, version = title.partition(" ")
        yield f"{name}@{version.partition('.')[0]}", read_wsdl(package.folder / wsdl)


def _schema(wsdl: Wsdl) -> Mapping[str, str]:
    schema = Declarations(wsdl)
    return dict(chain.from_iterable(details(schema, root) for root in (wsdl.request_root, wsdl.response_root)))


def _rules(root: Path) -> Mapping[tuple[str, str], Sequence[tuple[str, str]]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for path in rule_files(root):
        with suppress(UsageError):
            for pattern in concrete_patterns(read_document(path)):
                for rule in children(pattern, "rule"):
                    own = rule.get("id") or pattern.get("id") or pattern.get("name") or ""
                    context = " ".join(rule.get("context", "").split())
                    for check in children(rule):
                        test = " ".join(check.get("test", "").split())
                        found[path.parent.name, context] += [(check.get("id") or own, test)] if test else []
    return found


def _of_schema(contract: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[PackageChange]:
    """Element by element; of what is within one that came or went nothing is told besides."""
    for how, here, there in (("removed", old, new), ("added", new, old)):
        for path in here:
            above = path.rpartition("/")[0]
            if path not in there and (above in there or not above):
                yield PackageChange("schema", how, contract, path, old.get(path, ""), new.get(path, ""))  # type: ignore[arg-type]  # one of the two words
    for path in (path for path in old if path in new and old[path] != new[path]):
        yield PackageChange("schema", "changed", contract, path, old[path], new[path])


def _of_rules(
    old: Mapping[tuple[str, str], Sequence[tuple[str, str]]], new: Mapping[tuple[str, str], Sequence[tuple[str, str]]]
) -> Iterator[PackageChange]:
    for key in dict.fromkeys((*old, *new)):
        gone = [each for each in old.get(key, ()) if each not in new.get(key, ())]
        come = [each for each in new.get(key, ()) if each not in old.get(key, ())]
        for id_, test in gone:
            after = next((each for each in come if each[0] == id_), None)
            if after is not None:
                come.remove(after)
            how: Literal["removed", "changed"] = "changed" if after else "removed"
            yield PackageChange("rule", how, "", ": ".join(key), test, after[1] if after else "", (id_,))
        yield from (PackageChange("rule", "added", "", ": ".join(key), new=test, names=(id_,)) for id_, test in come)


def _of_statements(old: Sequence[Candidate], new: Sequence[Candidate]) -> Iterator[PackageChange]:
    """A statement that says the same elsewhere has moved; one of the same field or heading that says nearly the same is reworded."""
    known = {each.id for each in old}, {each.id for each in new}
    gone = [each for each in old if each.id not in known[1]]
    come = [each for each in new if each.id not in known[0]]
    left = []
    for each in gone:
        twin = next((one for one in come if one.fingerprint == each.fingerprint and one.text == each.text), None)
        if twin is None:
            left.append(each)
            continue
        come.remove(twin)
        yield _statement("moved", each, twin)
    for each in left:
        about = islice((one for one in come if _about(one) == _about(each)), _BESIDE)
        nearest = max(about, key=lambda one: _likeness(each, one), default=None)
        if nearest is None or _likeness(each, nearest) < _ALIKE:
            yield _statement("removed", each, None)
            continue
        come.remove(nearest)
        yield _statement("changed", each, nearest)
    yield from (_statement("added", None, each) for each in come)


def _about(each: Candidate) -> str:
    return each.field or each.heading


def _likeness(one: Candidate, other: Candidate) -> float:
    return SequenceMatcher(None, one.text.split(), other.text.split(), autojunk=False).ratio()


def _statement(
    how: Literal["added", "removed", "changed", "moved"], old: Candidate | None, new: Candidate | None
) -> PackageChange:
    both = [each for each in (old, new) if each is not None]
    place = " → ".join(dict.fromkeys(each.id for each in both))
    before, after = old.text if old else "", new.text if new else ""
    return PackageChange("description", how, both[-1].contract, place, before, after, tuple(each.id for each in both))


# What a change touches


@frozen
class Touched:
    """The requirements and the cases, each by what people call it, that a change may make wrong."""

    requirements: tuple[str, ...]
    cases: tuple[str, ...]


def touched(
    changed: Iterable[PackageChange], suites: Sequence[Suite], key: Callable[[Suite, Case], str]
) -> list[Touched]:
    """Of each change, the cases by their `key`: a requirement by what it cites, by the rule that it is, or by the element that it names; a case by what it
    proves, or by the element in its messages, data and expectations.
    """
    domains = {suite.domain.name: suite.domain for suite in suites}.values()
    requirements = [each for domain in domains for each in domain.requirements.values()]
    cases = [_Known.of(key(suite, case), case, suite) for suite in suites for case in suite.cases]
    return [_touched(change, requirements, cases) for change in changed]


def _touched(change: PackageChange, requirements: Iterable[Requirement], cases: Iterable[_Known]) -> Touched:
    steps = [step.lstrip("@") for step in change.place.split("/")[1:]] if change.what == "schema" else []
    words = [re.compile(rf"\b{re.escape(step)}\b") for step in steps[-2:]]
    own = words[-1:] if steps and _TELLING.search(steps[-1]) else []
    named = {each.id for each in requirements if _is_named(each, change, own)}
    found = (
        each.key
        for each in cases
        if not named.isdisjoint(each.proves)
        or (words and each.contract == change.contract and all(word.search(each.text) for word in words))
    )
    return Touched(tuple(sorted(named)), tuple(dict.fromkeys(found)))


def _is_named(each: Requirement, change: PackageChange, own: Iterable[re.Pattern[str]]) -> bool:
    said = f"{each.text.en} {each.reference}"
    return not {each.id, *each.cites}.isdisjoint(change.names) or any(word.search(said) for word in own)


@frozen
class _Known:
    """A case as changes are held against it: what people call it, its contract, what it proves, and all that it says."""

    key: str
    contract: str
    proves: frozenset[str]
    text: str

    @classmethod
    def of(cls, key: str, case: Case, suite: Suite) -> _Known:
        contract = suite.contract(case.contract)
        text = "\n".join(chain.from_iterable(_words(step) for step in case.steps))
        return cls(key, f"{contract.name}@{contract.id.major}", frozenset(suite.proves(case)), text)


def _words(step: Step) -> Iterator[str]:
    """What a step says, and the templates of its messages."""
    yield from (repr(getattr(step, name, "")) for name in ("data", "change", "leave_out", "capture", "when"))
    yield from (repr(each.args) for each in step.expect)
    template = (
        step.template if isinstance(step, Send) else None if isinstance(step, WithoutContract) else step.answer.template
    )
    if template is not None:
        yield template.read_text(encoding="utf-8")
