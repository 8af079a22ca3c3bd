"""What is tried, in which order: our files, where the system answers, where it calls us, the disk."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from rivta.model.case import Case
from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Contract, Domain, contracts_of
from rivta.model.environment import Environment
from rivta.model.steps import Explore, Send, WithoutContract
from rivta.run.conductor import not_played
from rivta.run.preflight import endpoints, ours
from rivta.run.preflight.ours import State, Tried
from rivta.run.stage import Stage
from rivta.text.catalogue import text
from rivta.transport import tls

_TLS, _SERVING = "tls", "counterpart: tls"
_LITTLE_BYTES, _NONE_BYTES = 1 << 30, 1 << 26
"""Free space that is told of, and that no run should begin with: a message may have 50 MB."""


def preflight(
    environment: Environment,
    calls: Mapping[str, Contract],
    received: Iterable[Contract],
    folder: Path,
    *,
    clock: Clock = SYSTEM,
    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    apis: Iterable[str] = (),
) -> Iterator[Tried]:
    """Try everything that a run needs. `calls` are the contracts that we call, by what people call them; `received` those that the
    system calls us with; `folder` is where the run is to lie; `apis` are the domains whose OpenAPI document is tried.
    """
    files = [*_certificates(environment, clock)]
    yield from files
    unusable = {each.what for each in files if each.state == "failed"}
    yield from endpoints.tried(environment, calls, clock, usable=_TLS not in unusable)
    yield from endpoints.apis_tried(environment, apis, clock)
    if environment.cooperation is not None:
        yield from endpoints.registered(environment.cooperation, environment, calls)
    contracts = [*received]
    if environment.listening and environment.listening.first_offer:
        yield from ours.offers(environment.listening)
    if contracts and environment.listening and _SERVING not in unusable:
        yield from ours.listener(environment, environment.listening, contracts[0])
        yield from ours.adapter_tried(environment)
    yield _space(folder, free)


def needs(cases: Iterable[tuple[Case, Stage]]) -> tuple[dict[str, Contract], tuple[Contract, ...]]:
    """What the cases that will be played call, by what people call it, and what they are to be called with."""
    calls: dict[str, Contract] = {}
    received: dict[str, Contract] = {}
    for case, stage in cases:
        if not_played(case, stage) is None:
            for step in (each for each in case.steps if not isinstance(each, WithoutContract)):
                needed = calls if isinstance(step, Send) else received
                needed[stage.suite.called(step.contract)] = stage.suite.contract(step.contract)
    return calls, tuple(received.values())


def explored(cases: Iterable[tuple[Case, Stage]]) -> tuple[str, ...]:
    """The domains whose OpenAPI document is tried by the cases that will be played."""
    played = (
        stage.suite.domain.name
        for case, stage in cases
        if any(isinstance(step, Explore) for step in case.steps) and not_played(case, stage) is None
    )
    return tuple(dict.fromkeys(played))


def not_given(environment: Environment, domains: Iterable[Domain]) -> Iterator[Tried]:
    """What the tested roles need and the environment does not have, and the endpoints that none of them answers."""
    known = contracts_of(here := [each for each in domains if not each.lacks])
    roles = [domain.roles[name] for domain in here for name in environment.roles if name in domain.roles]
    given = {str(known[word].id): word for word in environment.endpoints if word in known}
    for role in roles:
        if lacking := [known.shown(each) for each in role.produces if each not in given]:
            yield Tried(role.name, "told", text("preflight", "no_endpoint", contracts=", ".join(lacking)))
        if role.consumes and environment.listening is None:
            yield Tried(role.name, "told", text("preflight", "no_counterpart"))
    if {*environment.roles} <= {
        role.name for role in roles if role.produces or role.consumes
    }:  # others try the connection to any
        answered = {each for role in roles for each in role.produces}
        for word in (word for identity, word in given.items() if identity not in answered):
            said = text("preflight", "not_asked", roles=", ".join(environment.roles))
            yield Tried(word, "told", said)


# Our certificates


def _certificates(environment: Environment, clock: Clock) -> Iterator[Tried]:
    listening = environment.listening
    for what, files in ((_TLS, environment.tls), (_SERVING, listening.tls if listening else None)):
        if files is None or (files.certificate, files.ca, files.crl) == (None, None, None):
            continue
        wrong = [*tls.amiss(files, is_server=what == _SERVING)]
        doubts = [] if wrong else [*tls.doubtful(files, is_server=what == _SERVING, clock=clock)]
        yield from (Tried(what, "failed", each) for each in wrong)
        yield from (Tried(what, "told", each) for each in doubts)
        if not wrong:
            names = ", ".join(path.name for path in (files.certificate, files.key, files.ca, files.crl) if path)
            yield Tried(what, "ok", text("preflight", "files", names=names))


# This computer


def _space(folder: Path, free: Callable[[Path], int]) -> Tried:
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        key = "space_forbidden" if there.is_dir() else "space_no_folder"
        return Tried("disk", "failed", text("preflight", key, folder=there))
    left = free(there)
    state: State = "ok" if left >= _LITTLE_BYTES else "told" if left >= _NONE_BYTES else "failed"
    return Tried("disk", state, text("preflight", f"space_{state}", mb=f"{left >> 20:,}", folder=there))
