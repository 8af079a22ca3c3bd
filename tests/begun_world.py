"""A domain that was begun from a release package, played in both roles on its own simulator."""

from pathlib import Path

from fault_matrix import Matrix
from in_process import Bench
from rivta import contract, environment, simulator
from rivta.check import vocabulary
from rivta.contract.packages.store import PackageStore

_COUNTERPART = """
counterpart: {listen: "127.0.0.1:0", time-factor: 600}
adapter: {url: "http://127.0.0.1:8020/act", settle: 5 s}
"""


def matrix(folder: Path, store: PackageStore | None = None) -> Matrix:
    """Its faults by its cases. `store` is where its package is installed, where that is not the user's own."""
    path = folder / "both-roles.yaml"
    written = (folder / "environment.yaml").read_text(encoding="utf-8").replace("[producer]", "[producer, consumer]")
    path.write_text(written + _COUNTERPART, encoding="utf-8")
    domain = contract.read_domain(folder, vocabulary(), store)
    return Matrix(Bench(simulator.read(domain), environment.read(path)), folder / "scenarios")
