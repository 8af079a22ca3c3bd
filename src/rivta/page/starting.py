"""The start page: what can be played in a role, and what was begun in this browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.words import Value
from rivta.page import told, values
from rivta.page.messages import Messages, RequirementView
from rivta.page.play import Acting, Asking, Editing, Play
from rivta.page.programme import Playable
from rivta.page.service import Service
from rivta.page.told import Pairs, StepInWords
from rivta.report.voice import State, Voice


@dataclass(frozen=True, slots=True)
class RoleView:
    name: str
    title: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class PlayableView:
    """A scenario or a case: what happens in it, what it proves, how it went the last time."""

    name: str
    key: str
    title: str
    begin: str
    steps_n: str
    steps: tuple[StepInWords, ...]
    requires: tuple[str, ...]
    proves: tuple[RequirementView, ...]
    last: State | None
    choices: tuple[values.FormField, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Scenarios, or the cases of one contract."""

    anchor: str
    title: str
    lead: str
    playables: tuple[PlayableView, ...]


@dataclass(frozen=True, slots=True)
class Mine:
    name: str
    title: str
    started: str
    state: State | None
    turn: str


@dataclass(frozen=True, slots=True)
class StartView:
    roles: tuple[RoleView, ...]
    mine: tuple[Mine, ...]
    addresses: Pairs
    time_factor: str
    groups: tuple[Group, ...]


def view(service: Service, voice: Voice, role: str, mine: Iterable[Play]) -> StartView:
    """The start page for one role; for one that is not the system's, its first."""
    roles = service.bench.programme.roles()
    current = role if role in dict(roles) else next((name for name, _ in roles), "")
    called = service.bench.programme.called_by(current)
    factor = service.bench.counterpart.time_factor
    spoken = voice.say("time_factor", factor=f"{factor:g}", seconds=voice.number(300 / factor, 1))
    return StartView(
        roles=tuple(RoleView(name, voice.text(title), name == current) for name, title in roles),
        mine=tuple(_mine(play, voice) for play in mine),
        addresses=tuple(
            (service.bench.programme.contracts.shown(contract), url)
            for contract, url in service.bench.counterpart.addresses.items()
            if contract in called
        ),
        time_factor=spoken if factor != 1 else "",
        groups=tuple(_groups(service, voice, current)),
    )


def _groups(service: Service, voice: Voice, role: str) -> Iterator[Group]:
    playables, contracts = service.bench.programme.of(role), service.bench.programme.contracts
    latest, data = service.book.latest(), service.bench.environment.test_data
    last = {contracts.full_key(key): voice.state(result.verdict) for key, result in latest.items()}
    scenarios = [each for each in playables if each.is_scenario]
    if scenarios:
        views = tuple(_playable(each, contracts, voice, last, data) for each in scenarios)
        yield Group("scenarios", voice.words["scenarios"], voice.words["scenarios_lead"], views)
    for contract in dict.fromkeys(each.case.contract for each in playables if not each.is_scenario):
        own = [each for each in playables if not each.is_scenario and each.case.contract == contract]
        word = contracts.shown(contract)
        title = voice.say("cases", contract=word)
        views = tuple(_playable(each, contracts, voice, last, data) for each in own)
        yield Group(f"contract-{word}", title, "", views)


def _playable(
    each: Playable,
    contracts: Contracts[Contract],
    voice: Voice,
    last: dict[str, State],
    test_data: Mapping[str, Value],
) -> PlayableView:
    case, domain = each.case, each.suite.domain
    title, count = voice.text(case.title), len(case.steps)
    known = (test_data, each.suite.data)
    return PlayableView(
        name=each.name,
        key=contracts.key(each.planned.key),
        title=title,
        begin=voice.say("begin_what", title=title),
        steps_n=voice.words["one_step"] if count == 1 else voice.say("steps_n", n=count),
        steps=tuple(told.step_in_words(step, each.suite, voice, known=known) for step in case.steps),
        requires=tuple(voice.text(domain.preconditions[needed].text) for needed in case.requires),
        proves=Messages(voice, str, domain).requirements(each.case.written),
        last=last.get(each.planned.key),
        choices=values.as_fields(each.choices().items()),
    )


def _mine(play: Play, voice: Voice) -> Mine:
    shown = play.shown
    is_yours = isinstance(shown.moment, Asking | Editing) or (
        isinstance(shown.moment, Acting) and shown.moment.doing is not None
    )
    return Mine(
        name=play.name,
        title=voice.text(play.playable.case.title),
        started=voice.time(play.started),
        state=voice.state(shown.result.verdict) if shown.result else None,
        turn=voice.words["turn_over" if shown.is_over else "turn_yours" if is_yours else "turn_wait"],
    )
