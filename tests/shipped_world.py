"""The shipped domains whose schemas come from a release package, each played in process on its own simulator.

Their packages are put once a process, from the published material beside the project, into a store of the tests' own, unexamined: what is
amiss in them is told where packages are tested. Where a domain has several contracts that read, which are tried alike, one of them is
played, and of versions side by side the newest, unless RIVTA_FAULTS=all asks for everything.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fault_matrix import Matrix
from in_process import Bench
from rivta import contract, environment, simulator
from rivta.check import vocabulary
from rivta.contract.packages.layout import read_package
from rivta.contract.packages.store import PackageStore
from rivta.model.clock import SYSTEM
from rivta.model.environment import Listening
from rivta.text import archive, places

MATERIAL = Path(__file__).parents[2] / "shared" / "contracts"
ALL = os.environ.get("RIVTA_FAULTS") == "all"
PLAYED: Mapping[str, tuple[str, ...]] = {
    "clinicalprocess.healthcond.description": ("GetDiagnosis",),
    "clinicalprocess.logistics.logistics": ("GetCareContacts",),
    "clinicalprocess.healthcond.certificate": (
        "CertificateStatusUpdateForCare.3",
        "CreateDraftCertificate.3",
        "GetCertificate",
        "ListCertificatesForCare.3",
        "ListCertificatesForCareWithQA.3",
        "ListCertificatesForCitizen.4",
        "ListSickLeavesForCare",
        "RegisterCertificate.3",
        "RevokeCertificate",
        "SendCertificateToRecipient",
        "SendMessageToCare",
        "SendMessageToRecipient",
    ),
    "ehr.blocking": ("CheckBlocks",),
}
TWINS = {
    "clinicalprocess.healthcond.actoutcome": "clinicalprocess.healthcond.description",
    "clinicalprocess.healthcond.basic": "clinicalprocess.activity.actions",
    "clinicalprocess.activityprescription.prescribe": "ehr.blocking",
}
"""Domains that are tried like another one, of the same shape."""
_IN = {"infrastructure.itintegration.registry": "itintegration.registry"}
"""Where the material of a domain lies that is not in a folder of its name: with the contracts' first versions, of another name."""
_FAULT = re.compile(r"^- (?:\{)?fault: ([\w.-]+)", re.MULTILINE)
_PACKAGE = re.compile(r'^package: "(.+)"', re.MULTILINE)


@cache
def names() -> tuple[str, ...]:
    """The domains that build on a package and have a demo."""
    folders = (path.parent for path in places.suites().glob("*/domain.yaml") if _package_of(path.parent))
    return tuple(sorted(folder.name for folder in folders if simulator.has_demo(folder)))


@cache
def matrix(name: str, *, is_whole: bool = False) -> Matrix:
    """Its faults by its cases, in the environment of its demo."""
    folder = places.suites() / name
    domain = contract.read_domain(folder, vocabulary(), store(name) if _package_of(folder) else None)
    simulated = simulator.read(domain)
    assert simulated.reference.demo is not None, f"{name} has no demo"
    settings = environment.read(places.reference() / simulated.reference.demo.files["environment"])
    bench = Bench(simulated, settings, listening=settings.listening or Listening())
    return Matrix(bench, places.scenarios() / name, () if ALL or is_whole else PLAYED.get(name, ()))


def has_material(name: str) -> bool:
    """Whether its package is at hand."""
    return (MATERIAL / _IN.get(name, name)).is_dir()


def own_faults(folder: Path) -> tuple[str, ...]:
    """The faults that a domain wrote down itself."""
    path = folder / "reference" / "faults.yaml"
    return tuple(_FAULT.findall(path.read_text(encoding="utf-8"))) if path.is_file() else ()


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="rivta-packages-")


def store(name: str) -> PackageStore:
    store = PackageStore(Path(_folder().name))
    version = _package_of(places.suites() / name)
    roots = [path.parent for path in sorted((MATERIAL / _IN.get(name, name)).rglob("schemas"))]
    root = next((each for each in roots if each.name == version), min(roots, key=lambda each: len(each.parts)))
    with archive.opened(root) as entries, store.incoming(entries) as coming:
        package, _ = read_package(coming, root.name, version)
        contracts = {f"{each.name} {each.version}": package.place(each.wsdl.path) for each in package.operations}
        now = SYSTEM.now()
        store.keep(
            package.root, package.domain, package.version, origin=root.name, contracts=contracts, findings=(), now=now
        )
    return store


def _package_of(folder: Path) -> str:
    found = _PACKAGE.search((folder / "domain.yaml").read_text(encoding="utf-8"))
    return found[1] if found else ""
