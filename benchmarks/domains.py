"""Every domain that there is: the shipped ones, and each release package in a folder, begun with and played as it is: `make domains`.

    PYTHONPATH=tests python -m benchmarks.domains [PACKAGES] [--shipped] [--only NAME] [--write docs/domains.md]

A package is installed into a store of its own, a domain is begun from it, every case is played in process on the domain's own
sound simulator, and each fault that breaks a requirement on cases in which it changes something. What is red on the sound
system is a false alarm, and the exit code 1. With --shipped only the shipped ones are played, with --only those that are named, and
the table keeps its other rows.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import begun_world
import reference_system
import shipped_world
from fault_matrix import RED, Matrix
from rivta.contract.packages.installing import Arrival, install
from rivta.contract.packages.starting import start
from rivta.contract.packages.store import Store
from rivta.model.errors import UsageError

PACKAGES = Path(__file__).parents[2] / "shared" / "contracts"
_HEAD = """\
# Every domain

Made by `make domains`, from the shipped domains and from the published release packages at hand. A domain that is begun from its
package has what holds of every contract, both roles, and nothing yet of what its contract description says beside; each of its
requirements is general or waits to be confirmed. *Faults* are those that break one of its requirements and change something in
a case: how many were tried, and of how many exactly those cases turned red that verify what they break, or proved nothing of it any more (of samples, which a
general requirement has many of, some may see nothing of a fault). Where the two differ (`errorcode-with-ok`, `misunderstands-utf-16`) a contract's result has no
part that names an error, so the fault says nothing there that could be seen.
What is written of the domains at hand, without playing them, `rivta domains` prints; what has become of each statement of their descriptions stands
[on a page of its own](statements.md).

| domain | version | from | contracts | findings | cases | requirements | proven | derived | faults: tried, caught | false alarms |
|---|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """What one domain came to. `proven` are the requirements that a case proves on the sound system."""

    name: str
    version: str
    origin: str
    contracts: str
    findings: str
    cases: int
    requirements: int
    proven: int
    derived: int
    tried: int
    caught: int
    alarms: int

    def __str__(self) -> str:
        figures = (
            self.cases,
            self.requirements,
            self.proven,
            self.derived,
            f"{self.tried}, {self.caught}",
            self.alarms,
        )
        shown = (self.name, self.version, self.origin, self.contracts, self.findings, *figures)
        return f"| {' | '.join(map(str, shown))} |"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("packages", type=Path, nargs="?", default=PACKAGES)
    options.add_argument("--shipped", action="store_true", help="the shipped domains alone")
    options.add_argument(
        "--only", nargs="+", metavar="NAME", default=[], help="these shipped domains; all other rows stay"
    )
    options.add_argument("--write", type=Path, help="where the table is put")
    given = options.parse_args()
    if unknown := {*given.only} - {reference_system.matrix().domain.name, *shipped_world.names()}:
        options.error(f"there is no shipped domain {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    is_part = given.shipped or given.only
    for row in chain(_shipped(given.only), () if is_part else _begun(given.packages)):
        rows.append(row)
        print(row, flush=True)
    if given.write:
        page = given.write.read_text(encoding="utf-8") if is_part else ""
        given.write.write_text(_HEAD + table(rows, page, is_all=not given.only), encoding="utf-8")
    return 1 if any(row.alarms for row in rows) else 0


def table(rows: Sequence[Row], page: str, *, is_all: bool) -> str:
    """The rows among those of an earlier page that stay: what was begun from a package, and, unless all shipped domains were played,
    the others of these. Shipped domains stand first, by name.
    """
    played, lines = {row.name for row in rows}, [*map(str, rows)]
    for line in page.splitlines():
        is_other = "| shipped |" in line and line.split(" | ")[0].removeprefix("| ") not in played
        lines += [line] if "| package |" in line or (is_other and not is_all) else []
    lines.sort(key=lambda line: (True, "") if "| package |" in line else (False, line))
    return "".join(f"{line}\n" for line in lines)


def _shipped(only: Sequence[str]) -> Iterator[Row]:
    first = reference_system.matrix()
    if not only or first.domain.name in only:
        yield _played(first, "shipped", f"{len(first.domain.contracts)}", "")
    for name in (
        each for each in shipped_world.names() if shipped_world.has_material(each) and (not only or each in only)
    ):
        matrix = shipped_world.matrix(name, is_whole=True)
        yield _played(matrix, "shipped", f"{len(matrix.domain.contracts)}", "")


def _begun(packages: Path) -> Iterator[Row]:
    for root in sorted({path.parent for path in packages.rglob("schemas") if path.is_dir()}):
        began = time.monotonic()
        with TemporaryDirectory(prefix="rivta-domains-") as folder:
            try:
                yield _of_package(root, Path(folder))
            except UsageError as mistake:
                print(f"{root.relative_to(packages)}: {mistake.what}", file=sys.stderr, flush=True)
        print(f"{root.name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _of_package(root: Path, folder: Path) -> Row:
    store = Store(folder / "store")
    arrival = install(root, store)
    start(arrival.installed, folder / "suites")
    matrix = begun_world.matrix(folder / "suites" / arrival.installed.domain, store)
    usable, there = len(arrival.installed.contracts), len(arrival.package.operations)
    return _played(matrix, "package", f"{usable}" if usable == there else f"{usable} of {there}", _findings(arrival))


def _findings(arrival: Arrival) -> str:
    counted = Counter(each.level for each in arrival.findings)
    return ", ".join(f"{number} {level}{'s' * (number > 1)}" for level, number in sorted(counted.items()))


def _played(matrix: Matrix, origin: str, contracts: str, findings: str) -> Row:
    domain = matrix.domain
    proven = {id_ for sound in matrix.sound.values() for id_ in sound.proven}
    tried = [name for name in matrix.faults if matrix.faults[name].breaks and matrix.touched(name)]
    return Row(
        domain.name,
        domain.version,
        origin,
        contracts,
        findings or "none",
        len(matrix.cases),
        len(domain.requirements),
        len(proven & domain.requirements.keys()),
        sum(bool(each.derived) for each in domain.requirements.values()),
        len(tried),
        sum(matrix.is_caught(name) for name in tried),
        sum(sound.verdict in RED for sound in matrix.sound.values()),
    )


if __name__ == "__main__":
    sys.exit(main())
