"""What the published GetDiagnosis suite finds beside ours: `make originals PROJECT=…/GetDiagnosis-soapui-project.xml`.

    PYTHONPATH=tests python -m benchmarks.originals PROJECT [--write docs/from-soapui.md]

The project is imported, its data fitted to the simulator's records by originals.yaml, and both suites are played in process: on the sound
system, and with each fault that breaks a requirement of the contract. The table says which published cases turn red, and how many of ours.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from fault_matrix import RED
from in_process import Bench
from rivta import contract, environment, simulator, suite
from rivta.check import vocabulary
from rivta.contract.packages.installing import install
from rivta.contract.packages.store import PackageStore
from rivta.importer import data, folder, reading
from rivta.model.case import Case, Suite
from rivta.model.errors import UsageError
from rivta.model.words import Verdict
from rivta.simulator import Fault
from rivta.text import places

DOMAIN, NAME, KEY = "clinicalprocess.healthcond.description", "GetDiagnosis", "GD"
PACKAGE = Path(__file__).parents[2] / "shared" / "contracts" / DOMAIN
SETTINGS = Path(__file__).parents[1] / "examples" / "reference" / f"{DOMAIN}.yaml"
WRITTEN = re.compile(r"(?<=<!-- by make originals -->\n).*?(?=<!-- end of it -->)", re.DOTALL)
_FIT = Path(__file__).with_suffix(".yaml")
_HEAD = """
The published suite has {published} cases, of which {passed} pass on the sound system; {unproven} not proven. Ours has {own} for the contract.
Published and not in ours: {theirs}. In ours and not published: {ours}.

| the system | published cases that turn red | of ours |
|---|---|---|
"""


@dataclass(frozen=True)
class Played:
    """A suite on one bench: `sound` are the verdicts of its cases on a system without faults."""

    bench: Bench
    suite: Suite
    cases: tuple[Case, ...]

    @property
    def sound(self) -> Mapping[str, Verdict]:
        return {each.id: self.bench.play(each, self.suite, ()).verdict for each in self.cases}

    def red(self, fault: str, sound: Mapping[str, Verdict]) -> list[str]:
        """The cases that pass on the sound system and do not with the fault."""
        good = (each for each in self.cases if sound[each.id] is Verdict.PASSED)
        return [each.id for each in good if self.bench.play(each, self.suite, (fault,)).verdict in RED]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("project", type=Path)
    options.add_argument("--write", type=Path, help="the page whose table is written anew")
    given = options.parse_args()
    with TemporaryDirectory() as kept:
        made = table(given.project, Path(kept))
    if given.write:
        page = given.write.read_text(encoding="utf-8")
        given.write.write_text(WRITTEN.sub(lambda _: made, page), encoding="utf-8")
    print(made)
    return 0


def table(path: Path, kept: Path) -> str:
    """Both suites on each system that has a fault, as Markdown."""
    store = PackageStore(kept / "store")
    if not PACKAGE.exists():
        raise UsageError(f"the release package of {DOMAIN} is not at {PACKAGE}")
    install(PACKAGE, store, version="3.0.5")
    domain = contract.read_domain(places.suites() / DOMAIN, vocabulary(), store)
    bench = Bench(simulator.read(domain), environment.read(SETTINGS))
    read = suite.read(domain.folder / NAME / "producer.yaml", domain, vocabulary(), bench.settings.test_data)
    ours, theirs = Played(bench, read, read.cases), _published(path, kept / "imported", bench)
    sound = ours.sound, theirs.sound
    concern = {name: fault for name, fault in bench.simulated.faults.items() if _concerns(fault)}
    red = ((fault, theirs.red(name, sound[1]), ours.red(name, sound[0])) for name, fault in concern.items())
    # What shows in neither is what a system that asks does wrong, or what samples alone try.
    rows = [_row(fault, published, own) for fault, published, own in red if published or own]
    return _HEAD.format(
        published=len(theirs.cases),
        passed=sum(each is Verdict.PASSED for each in sound[1].values()),
        unproven=_listed([id_ for id_, each in sound[1].items() if each is not Verdict.PASSED]),
        own=len(ours.cases),
        theirs=_listed([id_ for id_ in sound[1] if id_ not in sound[0]]),
        ours=_listed([id_ for id_ in sound[0] if id_ not in sound[1]]),
    ) + "\n".join([*rows, "", ""])  # fmt: skip


def _published(path: Path, out: Path, bench: Bench) -> Played:
    """The suite as it is imported, on the simulator's own domain."""
    fit, read = yaml.safe_load(_FIT.read_text(encoding="utf-8")), data.read(path.with_name("data.xml"), None)
    own = {
        name: {key: fit["everywhere"].get(key, text) for key, text in values.items()}
        | fit["cases"].get(name.split()[0], {})
        for name, values in read.own.items()
    }
    everywhere = {key: fit["everywhere"].get(key, text) for key, text in read.everywhere.items()}
    folder.imported(reading.read(path), data.Data(everywhere, own, {}), out)
    written = next(out.glob(f"*/{NAME}/producer.yaml"))
    said = yaml.safe_load(written.read_text(encoding="utf-8"))
    for case in said["cases"]:
        del case["verifies"]
    written.write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), encoding="utf-8")
    imported = suite.read(written, bench.simulated.domain, vocabulary(), bench.settings.test_data)
    return Played(bench, imported, imported.cases)


def _concerns(fault: Fault) -> bool:
    return any(each.startswith(f"{KEY}-") for each in fault.breaks)


def _row(fault: Fault, published: list[str], ours: list[str]) -> str:
    return f"| {fault.text.en.rstrip('.')} | {_listed(published)} | {len(ours)} |"


def _listed(ids: list[str]) -> str:
    return ", ".join(ids) or "none"


if __name__ == "__main__":
    sys.exit(main())
