"""The simulator of Elektronisk remiss for the tests: started with the referrals that it knows, and its own modules."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from fault_matrix import Matrix
from in_process import Bench
from rivta import contract, environment, simulator
from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Domain
from rivta.simulator import Fault, Simulated, Simulator
from rivta.text import places

NAME = "clinicalprocess.activity.request"
REFERRALS = places.reference() / "referrals.yaml"


@cache
def domain() -> Domain:
    """Elektronisk remiss as it is shipped: read once for all tests."""
    return contract.read_domain(places.suites() / NAME)


@cache
def simulated() -> Simulated:
    return simulator.read(domain())


def own(module: str) -> Any:
    """A module of the domain's own half: `referral`, `demands`, `enclosure`."""
    package = simulated().behaviour.decide.__module__.rpartition(".")[0]
    return importlib.import_module(f"{package}.{module}")


@cache
def matrix() -> Matrix:
    """Its faults by its cases."""
    settings = environment.read(places.reference() / "environment.yaml")
    return Matrix(Bench(simulated(), settings, read_referrals()), places.scenarios() / NAME)


FAULTS: Mapping[str, Fault] = {name: fault for name, fault in simulated().faults.items() if fault.breaks}
CALLERS = frozenset(
    name
    for name, fault in FAULTS.items()
    if any((fault.drafts, fault.keeps_back, fault.posts, fault.repeats, fault.patience, fault.shuns, fault.hides))
    or any(demand.startswith("send-") for demand in fault.skips)
)
"""The faults that show in what the system sends, or shows its user, and not in how it answers."""


@cache
def _referrals() -> Any:
    return simulated().read_records(REFERRALS)


def read_referrals(path: Path = REFERRALS) -> Any:
    """Those of the demo are read once: hundreds of systems are started with them."""
    return _referrals() if path == REFERRALS else simulated().read_records(path)


def started(
    *,
    faults: Sequence[str] = (),
    roles: Sequence[str] = (),
    referrals: Any = None,
    domain: Domain | None = None,
    database: str | Path = ":memory:",
    read_seconds: float = 4.0,
    organisations: Sequence[str] = (),
    clock: Clock = SYSTEM,
    observing: bool = False,
) -> Simulator:
    """The system. More organisations than its own can be looked up if they are named."""
    known = simulated().reference
    first, *others = known.organisations
    reference = replace(
        known,
        patience=replace(known.patience, read_seconds=read_seconds),
        organisations=(first, *organisations, *others),
    )
    return Simulator(
        simulated(),
        faults,
        roles,
        referrals,
        database=database,
        clock=clock,
        reference=reference,
        observing=observing,
    )


def formats() -> list[str]:
    """The media types of what the system can attach."""
    attachments = simulated().reference.data["attachments"]
    assert isinstance(attachments, dict)
    return list(attachments)
