"""A package from the zip or folder that it came in to the store: opened without trust, examined, kept if a contract of it is usable."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rivta.contract.packages.examination import examine
from rivta.contract.packages.layout import Finding, Package, read_package
from rivta.contract.packages.store import Installed, Store
from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import UsageError
from rivta.text import archive


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of an installation: the package as it lies in the store, what was installed there, and what was found."""

    package: Package
    installed: Installed
    findings: tuple[Finding, ...]


def install(
    source: Path,
    store: Store,
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
        findings = (*found, *more)
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
    return Arrival(replace(package, root=installed.folder), installed, findings)
