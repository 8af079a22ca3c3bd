"""With pytest-xdist: which run a worker belongs to, what the workers are going to play, and that they end with their controller."""

import gc
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rivta.model.clock import SYSTEM
from rivta.plugin.asked import Chosen
from rivta.plugin.collect import read_suite
from rivta.plugin.options import by_controller, is_case_file, is_worker
from rivta.plugin.stage import CAMPAIGN

_LOOKS_EACH_SECONDS = 0.5


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a pytest-xdist worker which run it belongs to."""
    campaign = node.config.stash[CAMPAIGN]
    node.workerinput |= {"rivta_run": campaign.run, "rivta_folder": str(campaign.folder)}
    node.workerinput |= {"rivta_mask_key": campaign.mask_key, "rivta_gc": gc.get_threshold()}
    party = campaign.other_party
    if party is not None and party.is_on_one_port:
        node.workerinput["rivta_counterpart"] = tuple(party.place)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """What a pytest-xdist worker has read it needs until its end: nobody need look through it for what can be thrown away."""
    if is_worker(session.config):
        gc.freeze()


def begin(config: pytest.Config) -> None:
    """What a worker does before anything else."""
    if is_worker(config):
        gc.set_threshold(*by_controller(config)["rivta_gc"])
        SYSTEM.timer(0, partial(_end_with, os.getppid()))


def _end_with(controller: int) -> None:
    """A pytest-xdist worker whose controller was killed plays on for nobody. What it kept is on disk."""
    while os.getppid() == controller:
        SYSTEM.sleep(_LOOKS_EACH_SECONDS)
    os._exit(1)


def planned_by(ids: Iterable[str], config: pytest.Config) -> list[Chosen]:
    """The cases that a worker has collected, by the ids that pytest has for them."""
    wanted, clean = set(ids), config.stash[CAMPAIGN].clean
    files = dict.fromkeys(id_.split("::", 1)[0] for id_ in wanted if "::" in id_)
    paths = {name: Path(os.path.normpath(config.rootpath / name)) for name in files}
    suites = {name: read_suite(path, config) for name, path in paths.items() if is_case_file(path)}
    return [
        (suite, case)
        for name, suite in suites.items()
        for case in suite.cases
        if f"{name}::{clean(case.id)} {clean(case.title.en)}" in wanted
    ]
