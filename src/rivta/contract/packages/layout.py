"""What a release package holds: its root, its domain and version, and one WSDL for each contract.

Layouts vary: `schemas/interactions/<Name>Interaction/`, a level more between, or everything in one folder. So nothing is looked
for by place: each WSDL says itself which contract it is, by the namespace of what it sends.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from rivta.contract.wsdl import Wsdl, read_wsdl
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Source

_ASIDE = {"test-suite", "docs", "code_gen", "test"}
"""Folders of a package that hold other things than contracts."""
_NAMESPACE = re.compile(
    r"urn:(?:riv:|(?=riv-application:))(?P<domain>[\w.:-]+):(?P<name>\w+?)(?:Responder)?:(?P<major>\d+)(?::rivtabp2\d)?"
)
"""Of a national contract, or of one that an application has for itself, whose domain begins with that word."""
_IN_FILE = re.compile(r"_(\d+(?:\.\d+)+)")
_IN_NAME = re.compile(r"(?<![\d.])\d+(?:[._]\d+)+")


@frozen
class PackageFinding:
    """Something about a package that its user should know. `level` is error, warning or note; `place` is relative to the package.

    An error is that a contract cannot be used; a warning, that something is not as it was meant; a note, what was left out.
    """

    level: str
    place: str
    text: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.place}:{self.line}" if self.line else self.place
        return f"{where}: {self.level}: {self.text}"


@frozen
class Operation:
    """One contract of a package: its name, its version as its file says it, and what its WSDL says."""

    name: str
    version: str
    domain: str
    wsdl: Wsdl

    @property
    def order(self) -> tuple[tuple[int, ...], str]:
        """The newest minor version last, and of two profiles the newer."""
        return tuple(map(int, self.version.split("."))), self.wsdl.path.name


@frozen
class Package:
    """A release package as it lies in a folder. `is_guessed` says that its version is the newest of its contracts' only."""

    root: Path
    domain: str
    version: str
    is_guessed: bool
    operations: tuple[Operation, ...]

    def place(self, path: Path | str) -> str:
        """A file's name within the package, if it is in it."""
        path = Path(path)
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name


def files(root: Path, *endings: str) -> Iterator[Path]:
    """The files in a folder with one of these endings, wherever they lie."""
    return (path for path in sorted(root.rglob("*")) if path.suffix.lower() in endings and path.is_file())


def read_package(folder: Path, origin: str, version: str = "") -> tuple[Package, list[PackageFinding]]:
    """The package in a folder, and what of it could not be read.

    `origin` is the name that the package came under: most say their version in it. UsageError when there is no contract in it.
    """
    root, *others = _roots(folder)
    found = [
        PackageFinding("note", each.relative_to(root).as_posix(), "another package lies here; it was left out")
        for each in others
    ]
    operations: list[Operation] = []
    for path in sorted(root.rglob("*.wsdl")):
        if not _is_aside(path, root, others):
            try:
                operations.append(_operation(read_wsdl(path)))
            except UsageError as mistake:
                found.append(finding_of(mistake, path, root))
    if not operations:
        why = "".join(f"\n{each}" for each in found)
        raise UsageError(f"there is no WSDL that can be read in {origin}{why}", todo="give the release package itself")
    chosen, left = _one_each(root, operations)
    said = version or _version_in(origin)
    newest = max(chosen, key=lambda each: each.order)
    domain = _shared([each.domain.split(":") for each in operations]) or newest.domain.split(":")
    return Package(root, ".".join(domain), said or newest.version, not said, chosen), found + left


def _shared(names: list[list[str]]) -> list[str]:
    """The parts that all begin with: a package may hold several branches of one domain."""
    return [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*names, strict=False))]


def finding_of(mistake: UsageError, path: Path, root: Path) -> PackageFinding:
    """A mistake in a file of the package, told as the package's."""
    source = mistake.source or Source(str(path), 0)
    inside = Path(source.path).is_relative_to(root)
    place = Path(source.path).relative_to(root).as_posix() if inside else path.relative_to(root).as_posix()
    todo = f" ({mistake.todo})" if mistake.todo else ""
    return PackageFinding(
        "error", place, mistake.what.replace(f"{root}/", "") + todo, source.line if inside and source.line else None
    )


def _roots(folder: Path) -> list[Path]:
    """Where the package begins, at what holds `schemas`, else at what holds everything; then other packages within it."""
    found = sorted(path.parent for path in folder.rglob("schemas") if path.is_dir())
    holders = sorted(found, key=lambda each: len(each.parts))
    if len(holders) > 1 and not holders[1].is_relative_to(holders[0]):
        names = ", ".join(each.relative_to(folder).as_posix() for each in holders)
        raise UsageError(f"several packages lie in it: {names}", todo="give the folder of one of them")
    return holders or [folder]


def _is_aside(path: Path, root: Path, others: Iterable[Path]) -> bool:
    """Whether a WSDL is no contract of the package itself: a test's, or another package's."""
    parts = path.relative_to(root).parts[:-1]
    return not _ASIDE.isdisjoint(parts) or any(path.is_relative_to(each) for each in others)


def _operation(wsdl: Wsdl) -> Operation:
    known = _NAMESPACE.fullmatch(wsdl.namespace) or _NAMESPACE.fullmatch(wsdl.target_namespace)
    if known is None:
        raise UsageError(f"{wsdl.namespace} is no namespace of a service contract (urn:riv:…)")
    written = _IN_FILE.search(wsdl.path.name)
    version = written[1] if written and written[1].split(".")[0] == known["major"] else f"{known['major']}.0"
    return Operation(wsdl.operation, version, known["domain"], wsdl)


def _one_each(root: Path, operations: Iterable[Operation]) -> tuple[tuple[Operation, ...], list[PackageFinding]]:
    """One WSDL for each name and major version, and a note for each of the others."""
    chosen: dict[tuple[str, str], Operation] = {}
    left: list[PackageFinding] = []
    for each in sorted(operations, key=lambda each: each.order, reverse=True):
        key = (each.name, each.version.split(".")[0])
        if key in chosen:
            text = f"{each.name} is taken from {chosen[key].wsdl.path.name}; minor versions and profiles are one contract on the wire"
            left.append(PackageFinding("note", each.wsdl.path.relative_to(root).as_posix(), text))
        chosen.setdefault(key, each)
    return tuple(sorted(chosen.values(), key=lambda each: (each.name, each.order))), left


def _version_in(origin: str) -> str:
    found = _IN_NAME.findall(origin.removesuffix(".zip"))
    return found[-1].replace("_", ".") if found else ""
