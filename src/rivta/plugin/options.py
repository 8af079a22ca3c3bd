"""What a run can be told, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest

_SUITES = ("producer.yaml", "consumer.yaml")


OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "env": {"type": Path, "metavar": "FILE", "help": "the environment: who is tested, where, with what data"},
        "report": {"type": Path, "metavar": "DIR", "help": "where evidence and report go (default: reports/<time>)"},
        "replace": {"action": "store_true", "help": "write over evidence that is there already"},
        "lang": {"choices": ("sv", "en"), "default": "sv", "help": "the report's language (default: sv)"},
        "answers": {"type": Path, "metavar": "FILE", "help": "the vendor's file, for the report's form"},
        "deviations": {
            "type": Path,
            "metavar": "FILE",
            "help": "known deviations, which do not fail the run (default: deviations.yaml beside the environment)",
        },
        "strict-deviations": {
            "action": "store_true",
            "help": "fail on known deviations that are stopping, overdue, gone or match nothing",
        },
        "previous": {"type": Path, "metavar": "RUN", "help": "an earlier run, for the report to compare with"},
        "no-preflight": {
            "action": "store_true",
            "help": "begin without trying first what surrounds the system: certificates, endpoints, our own port, the disk",
        },
        "replay": {
            "type": Path,
            "metavar": "RUN",
            "help": "play a recorded run again: nothing is sent, every check is made anew",
        },
        "overlap": {
            "type": int,
            "metavar": "N",
            "help": "cases under way at once, all but one of them watching; 1: one after the other (default: the environment's)",
        },
        "contract": {"action": "append", "default": [], "metavar": "NAME", "help": "only this service contract"},
        "case": {
            "action": "append",
            "default": [],
            "metavar": "ID",
            "help": "only the case with this id or key, such as RegisterLoan/consumer/1.1; consumer/1.1 where that means one",
        },
        "all-samples": {
            "action": "store_true",
            "help": "try every sample that schemas and rules give, not as many as the suites say",
        },
        "seed": {"type": int, "metavar": "N", "default": 1, "help": "which samples and periods are drawn (default: 1)"},
        "requirement": {"action": "append", "default": [], "metavar": "ID", "help": "only cases that verify this"},
    }
)
"""Every option of a run by its name, as argparse and pytest both take it: `rivta run --env`, `pytest --rivta-env`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run, each named `--rivta-…` so that it stays out of other plugins' way."""
    group = parser.getgroup("rivta", "conformance to Swedish e-health service contracts (RIV-TA)")
    for name, meaning in OPTIONS.items():
        group.addoption(f"--rivta-{name}", **meaning)


def is_case_file(path: Path) -> bool:
    """Whether a file is a suite or a scenario: by its place under a domain, so that no other YAML is mistaken for one."""
    return path.suffix == ".yaml" and domain_folder(path) is not None


def domain_folder(path: Path) -> Path | None:
    """The domain that a file belongs to: the folder above a suite's, or the one that a scenario's folder is named after.

    None for a file that is neither.
    """
    suite = path.parent.parent
    if path.name in _SUITES and (suite / "domain.yaml").is_file():
        return suite
    beside = path.parent.parent.parent / "suites" / path.parent.name
    is_scenario = path.parent.parent.name == "scenarios" and (beside / "domain.yaml").is_file()
    return beside if is_scenario else None


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a pytest-xdist worker: it plays cases, the controller records them."""
    return hasattr(config, "workerinput")


def by_controller(config: pytest.Config) -> Mapping[str, Any]:
    """What a pytest-xdist worker has been told by its controller; nothing in any other process."""
    told: Mapping[str, Any] = getattr(config, "workerinput", {})
    return told
