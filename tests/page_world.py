"""The page with a real system behind it: the reference system, the counterpart and the page on ports of their own."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page

from reference_system import read_referrals, started
from rivta import counterpart, environment, page
from rivta.model.clock import SYSTEM, Clock
from rivta.model.environment import Environment, Listening
from rivta.model.steps import Doing
from rivta.page.pages import TESTER
from rivta.page.play import Awaiting, ManualPlay, PlayState
from rivta.page.programme import Playable, Programme
from rivta.simulator import Server, serve
from rivta.text import places
from rivta.transport.http import HttpTransport

DOMAIN = "clinicalprocess.activity.request"
SCENARIO = f"{DOMAIN}.sent-completed"
"""KOM, AR, BEK, SSV: the system is the remittent."""
CONFIRMED = f"{DOMAIN}.sent-confirmed"
"""A referral, a confirmation, and the question whether it is shown."""
CALLED = f"{DOMAIN}/ProcessRequest@2"
"""The contract that a remittent calls first."""
FACTOR = 600.0


@dataclass(frozen=True)
class World:
    """Everything that runs. `url` is the page's, without a slash at the end."""

    url: str
    way_in: str
    service: page.PlayService
    system: Server

    def act(self, name: str) -> str:
        """Do in the system what the play of that name asks for, and return what came of it."""
        play = self.service.find(name)
        assert play is not None
        moment = play.state.moment
        assert isinstance(moment, Awaiting)
        assert moment.doing is not None
        return self.told(moment.doing)

    def told(self, doing: Doing) -> str:
        """What the system says to being told to do something."""
        other = self.service.setup.counterpart
        order = {
            "version": 1,
            "action": doing.action,
            "with": doing.data,
            "counterpart": {"time-factor": other.time_factor, "addresses": dict(other.addresses)},
        }
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.system.act_url, json.dumps(order).encode(), headers)  # noqa: S310 (our own)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            said: dict[str, str] = json.load(answer)
        return said["outcome"]


@contextmanager
def reference(*faults: str) -> Iterator[Server]:
    """The system that is tested."""
    with started(faults=faults, referrals=read_referrals()) as system, serve(system) as server:
        yield server


def environment_of(server: Server) -> Environment:
    """The environment of the reference system where it listens now."""
    read = environment.read(places.reference() / "environment.yaml")
    endpoints = {
        name: replace(each, url=re.sub(r"http://[^/]+", server.url, each.url)) for name, each in read.endpoints.items()
    }
    return replace(read, endpoints=endpoints, listening=Listening(time_factor=FACTOR), adapter=None)


@cache
def shipped() -> Programme:
    """Every shipped case for the page. Read once: it does not hang on where the system listens."""
    settings = environment.read(places.reference() / "environment.yaml")
    return page.programme.read(settings, places.suites(), places.scenarios())


@cache
def one_of_each() -> Programme:
    """The first case of each shipped file, for who looks at the list: to draw all, hundreds alike, takes a second, and a browser many."""
    first: dict[Path, Playable] = {}
    for each in shipped().playables.values():
        first.setdefault(each.suite.path, each)
    return replace(shipped(), playables={each.name: each for each in first.values()})


@cache
def a_few() -> Programme:
    """What most tests play: each other case makes a list longer that is drawn for every play."""
    return replace(shipped(), playables={name: shipped().playables[name] for name in (SCENARIO, CONFIRMED)})


@contextmanager
def world(
    folder: Path,
    *faults: str,
    host: str = "127.0.0.1",
    system: Server | None = None,
    clock: Clock = SYSTEM,
    found: Programme | None = None,
) -> Iterator[World]:
    """The page over the reference system. Evidence goes to, and goes on in, the folder."""
    with ExitStack() as stack:
        server = system or stack.enter_context(reference(*faults))
        settings, suites = environment_of(server), places.suites()
        yield stack.enter_context(opened(folder, server, settings, suites, found or a_few(), host=host, clock=clock))


@contextmanager
def opened(
    folder: Path,
    server: Server,
    settings: Environment,
    suites: Path,
    found: Programme,
    *,
    host: str = "127.0.0.1",
    clock: Clock = SYSTEM,
) -> Iterator[World]:
    """The page over a system, with these cases."""
    with ExitStack() as stack:
        record = page.RunRecord(folder, settings, found, "run-1", clock)
        assert settings.listening is not None
        other = stack.enter_context(
            counterpart.listen(found.domains, settings.listening, folder, mask=record.mask(), clock=clock)
        )
        setup = page.Setup(settings, found, other, stack.enter_context(closing(HttpTransport(settings))), suites)
        service = stack.enter_context(page.opened(setup, record))
        listener = stack.enter_context(page.serve(service, host, 0))
        yield World(listener.url.rstrip("/"), listener.way_in, service, server)


def until(play: ManualPlay, holds: Callable[[PlayState], bool]) -> None:
    """Wait until something holds of a play."""
    changed = threading.Event()
    end = play.listen(lambda: changed.set() if holds(play.state) else None)
    assert holds(play.state) or changed.wait(60)
    end()


def begin(shown: Page, world: World, playable: str = SCENARIO, who: str = "Karin Provare", **chosen: str) -> str:
    """Begin a play in a browser, with data of one's own by the last part of its name, and return the play's name."""
    role = world.service.setup.programme.playables[playable].role
    plays_as(shown, world, who)
    shown.goto(f"{world.url}/?role={role}")
    form = shown.locator(f'form:has(input[value="{playable}"])')
    if chosen:
        form.locator("summary").click()
    for name, text in chosen.items():
        form.locator(".field").filter(has_text=f".{name}").locator("input").fill(text)
    form.locator("button").click()
    shown.wait_for_url("**/plays/*")
    return shown.url.rsplit("/", 1)[1]


def plays_as(shown: Page, world: World, name: str = "Karin Provare") -> None:
    """Open the page in a browser, and say who plays there."""
    shown.request.get(
        world.way_in, max_redirects=0
    ).dispose()  # for its cookie: to draw what it leads to would cost as much as a step
    shown.context.add_cookies([{"name": TESTER, "value": quote(name), "url": world.url}])


def at_step(shown: Page, number: int) -> None:
    """Wait until the page shows that it is this step's turn, from 1."""
    shown.locator(f".step.now:nth-child({number})").wait_for()
