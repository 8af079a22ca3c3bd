"""A package from the zip or folder that it came in to the store: opened without trust, examined, kept if a contract of it is usable."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from rivta.contract import openapi
from rivta.contract.packages.examination import examine
from rivta.contract.packages.layout import Package, PackageFinding, read_package
from rivta.contract.packages.store import Installed, PackageStore
from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.text import archive
from rivta.text.files import contents


@frozen
class Arrival:
    """What came of an installation: the package as it lies in the store, what was installed there, and what was found.

    `before` is another package of the same name and version, whose place it took.
    """

    package: Package
    installed: Installed
    findings: tuple[PackageFinding, ...]
    before: Installed | None = None


def install(
    source: Path,
    store: PackageStore,
    *,
    version: str = "",
    name: str = "",
    progress: Callable[[str], None] = lambda _: None,
    clock: Clock = SYSTEM,
) -> Arrival:
    """Install a release package, and say what is amiss in it. `version` is said where the package's name does not have it.

    UsageError, and a store as it was, for what cannot be opened, holds no contract, or none that can be used.
    """
    name = name or source.resolve().name
    progress(f"opening {name}")
    with archive.opened(source) as entries, store.incoming(entries) as coming:
        package, found = read_package(coming, name, version)
        usable, more = examine(package, progress)
        findings, before = (*found, *more), store.there(package.domain, package.version)
        if not usable:
            told = "\n".join(map(str, findings))
            raise UsageError(f"no contract of {name} can be used, so nothing was installed:\n{told}")
        installed = store.keep(
            package.root,
            package.domain,
            package.version,
            origin=name,
            contracts={f"{each.name} {each.version}": package.place(each.wsdl.path) for each in usable},
            findings=[str(each) for each in findings],
            now=clock.now(),
        )
    is_another = before is not None and before.digest != installed.digest
    return Arrival(replace(package, root=installed.folder), installed, findings, before if is_another else None)


def install_document(
    source: Path, store: PackageStore, domain: str, *, version: str = "", clock: Clock = SYSTEM
) -> Installed:
    """Install an OpenAPI document as the package of a domain. `version` is the document's own where it is not said.

    UsageError, and a store as it was, for what is no such document, or where nobody says which domain it is of.
    """
    description = openapi.read(source)
    if not domain:
        what = f"{source.name} does not say which domain it is of"
        raise UsageError(what, todo="say --domain, as in --domain org.example.library")
    if not re.fullmatch(r"\w+(\.\w+)*", domain):
        raise UsageError(
            f"“{domain}” is no name of a domain", todo="words with dots between them, as in org.example.library"
        )
    version = version or description.version
    if not re.fullmatch(r"\d+(\.\d+)*", version):
        raise UsageError(f"“{version}” is no version", todo="say --version, as in --version 1.0")
    entry = archive.ArchiveEntry(PurePosixPath(source.name), source.stat().st_size, lambda: contents(source))
    with store.incoming((entry,)) as coming:
        return store.keep(
            coming,
            domain,
            version,
            origin=source.name,
            contracts=dict.fromkeys(description.operations, source.name),
            findings=(),
            now=clock.now(),
        )
