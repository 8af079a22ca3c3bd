"""Every domain that there is, each played in process on its own simulator, both roles: `make domains`.

    PYTHONPATH=tests python -m benchmarks.domains [--faults] [--only NAME …] [--begun [PACKAGES]] [--write docs/domains.md]

Every case of each shipped domain is played on the sound system, two domains at a time; what is red there is a false alarm, and the exit code
1. With --faults each fault that breaks a requirement is tried, on cases in which it changes something. With --begun each release package in a
folder is installed into a store of its own, a domain begun from it, and played likewise, with its faults. What is not played or tried this time keeps what
the table says of it.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import across_world
import begun_world
import reference_system
import shipped_world
from fault_matrix import RED, Matrix
from rivta import simulator
from rivta.contract.packages.installing import Arrival, install
from rivta.contract.packages.starting import start
from rivta.contract.packages.store import PackageStore
from rivta.model.errors import UsageError
from rivta.text import places

PACKAGES = Path(__file__).parents[2] / "shared" / "contracts"
_HEAD = """\
# Every domain

Made by `make domains`, which plays every case of the shipped domains, in both roles, each on its own simulator; `make domains FAULTS=all` tries
their faults too, and domains begun from the published release packages at hand. Such a one has what holds of every contract, and nothing yet of what its
contract description says beside; each of its requirements is general or waits to be confirmed. *Faults* are those that break one of its requirements and change something in
a case: how many were tried, and of how many exactly those cases turned red that verify what they break, or proved nothing of it any more (of samples, which a
general requirement has many of, some may see nothing of a fault). Where the two differ (`errorcode-with-ok`, `misunderstands-utf-16`) a contract's result has no
part that names an error, so the fault says nothing there that could be seen.
What is not tried this time keeps what it came to when it last was. *Proven* are the requirements that a case proves on the sound system; *derived* those that do not stand in the
document in so many words but follow from it, each with how it follows. Domains without a demo (`riv.platform`, `skltp.cooperation`,
`riv-application.sob.apps.resident`, `crm.requeststatus`) are not here: their cases need real connections, or files that are not at hand.
What is written of the domains at hand, without playing them, `rivta domains` prints; what has become of each statement of their descriptions stands
[on a page of its own](statements.md).

| domain | version | from | contracts | findings | cases | requirements | proven | derived | faults: tried, caught | false alarms |
|---|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """What one domain came to. `proven` are the requirements that a case proves on the sound system; `faults` says how many were tried and
    how many of those caught, nothing where none was tried.
    """

    name: str
    version: str
    origin: str
    contracts: str
    findings: str
    cases: int
    requirements: int
    proven: int
    derived: int
    faults: str
    alarms: int

    def __str__(self) -> str:
        return f"| {' | '.join(map(str, astuple(self)))} |"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--faults", action="store_true", help="try the faults too")
    options.add_argument("--only", nargs="+", metavar="NAME", default=[], help="these shipped domains")
    options.add_argument(
        "--begun", type=Path, nargs="?", const=PACKAGES, metavar="PACKAGES", help="the release packages in a folder too"
    )
    options.add_argument("--write", type=Path, help="where the table is put")
    given = options.parse_args()
    if unknown := {*given.only} - {*shipped()}:
        options.error(f"there is no shipped domain {', '.join(sorted(unknown))}")
    names = [name for name in shipped() if not given.only or name in given.only]
    rows: list[Row] = []
    with ProcessPoolExecutor(2) as two:
        for row in chain(
            two.map(partial(_shipped, with_faults=given.faults), names), _begun(given.begun) if given.begun else ()
        ):
            rows.append(row)
            print(row, flush=True)
    if given.write:
        page = given.write.read_text(encoding="utf-8")
        kept = ("package",) * (given.begun is None) + ("shipped",) * bool(given.only)
        given.write.write_text(_HEAD + table(rows, page, kept), encoding="utf-8")
    return 1 if any(row.alarms for row in rows) else 0


def table(rows: Sequence[Row], page: str, kept: Sequence[str]) -> str:
    """The rows, shipped domains first, by name. Of an earlier page those of these origins stay that are no others' now, and of a domain whose
    faults were not tried now what came of them then.
    """
    earlier = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in page.splitlines() if " | " in line]
    faults = {(each[0], each[2]): each[-2] for each in earlier}
    drawn = [replace(row, faults=row.faults or faults.get((row.name, row.origin), "–")) for row in rows]
    played = {(row.name, row.origin) for row in rows}
    lines = [
        *map(str, drawn),
        *(_line(each) for each in earlier if each[2] in kept and (each[0], each[2]) not in played),
    ]
    lines.sort(key=lambda line: (True, "") if "| package |" in line else (False, line))
    return "".join(f"{line}\n" for line in lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def shipped() -> list[str]:
    """The shipped domains that have a simulator and can be played here, those first that have the most to read."""
    packaged, own = shipped_world.names(), places.suites().glob("*/domain.yaml")
    rest = [path.parent.name for path in own if path.parent.name not in packaged and simulator.has_demo(path.parent)]
    there = [name for name in packaged if shipped_world.has_material(name)]
    there += [name for name in rest if name != across_world.NAME or across_world.has_material()]
    return sorted(
        there, key=lambda name: -sum(each.stat().st_size for each in (places.suites() / name).rglob("*.yaml"))
    )


def _shipped(name: str, *, with_faults: bool) -> Row:
    matrix = _matrix(name)
    return _played(matrix, "shipped", f"{len(matrix.domain.contracts)}", "", with_faults=with_faults)


def _matrix(name: str) -> Matrix:
    if name in (reference_system.NAME, across_world.NAME):
        return reference_system.matrix() if name == reference_system.NAME else across_world.matrix()
    return shipped_world.matrix(name, is_whole=True)


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
    store = PackageStore(folder / "store")
    arrival = install(root, store)
    start(arrival.installed, folder / "suites")
    matrix = begun_world.matrix(folder / "suites" / arrival.installed.domain, store)
    usable, there = len(arrival.installed.contracts), len(arrival.package.operations)
    return _played(
        matrix,
        "package",
        f"{usable}" if usable == there else f"{usable} of {there}",
        _findings(arrival),
        with_faults=True,
    )


def _findings(arrival: Arrival) -> str:
    counted = Counter(each.level for each in arrival.findings)
    return ", ".join(f"{number} {level}{'s' * (number > 1)}" for level, number in sorted(counted.items()))


def _played(matrix: Matrix, origin: str, contracts: str, findings: str, *, with_faults: bool) -> Row:
    domain = matrix.domain
    proven = {id_ for sound in matrix.sound.values() for id_ in sound.proven}
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
        _faults(matrix) if with_faults else "",
        sum(sound.verdict in RED for sound in matrix.sound.values()),
    )


def _faults(matrix: Matrix) -> str:
    tried = [name for name in matrix.faults if matrix.faults[name].breaks and matrix.touched(name)]
    return f"{len(tried)}, {sum(matrix.is_caught(name) for name in tried)}"


if __name__ == "__main__":
    sys.exit(main())
