"""A play as its page shows it. The template only prints what is decided here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from rivta.model.case import Ask, Send, Watch
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.exchange import Exchange
from rivta.model.words import Value, Verdict
from rivta.page import told, values
from rivta.page.messages import CheckView, Messages, MessageView, RequirementView
from rivta.page.play import Acting, Asking, Busy, Editing, Play, Shown
from rivta.page.told import StepInWords
from rivta.report.sequence import Course, SequenceView, draw
from rivta.report.voice import State, Voice
from rivta.run import Ran

Phase = Literal["done", "now", "later", "left"]


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """One call of a step: the message, what was answered, and what is said where one of them is missing."""

    anchor: str
    messages: tuple[MessageView, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class WaitView:
    """What we wait for: how long so far and at most, in seconds and in words, and what is likely wrong. In `pattern`, `{}` is
    where the seconds so far stand.
    """

    seconds: int
    within: int
    words: str
    pattern: str
    diagnosis: str
    connections: int


@dataclass(frozen=True, slots=True)
class NowView:
    """The step that it is the turn of: what kind of thing is waited for, and whose turn that is."""

    kind: Literal["busy", "act", "send", "ask"]
    turn: str
    is_yours: bool
    step: int
    wait: WaitView | None = None
    adapter: str = ""
    is_adapter_working: bool = False
    has_action: bool = False
    is_watch: bool = False
    target: str = ""
    fields: tuple[values.FormField, ...] = ()


@dataclass(frozen=True, slots=True)
class StepView:
    """One step: as it is written, and what came of it."""

    number: int
    phase: Phase
    told: StepInWords
    state: State | None
    exchanges: tuple[ExchangeView, ...]
    unmet: tuple[CheckView, ...]
    met: tuple[CheckView, ...]
    now: NowView | None
    edited: str


@dataclass(frozen=True, slots=True)
class PlayView:
    """A play. `announcement` is what a screen reader is told when something changes."""

    name: str
    version: int
    title: str
    case: str
    started: str
    steps: tuple[StepView, ...]
    proves: tuple[RequirementView, ...]
    is_over: bool
    result: State | None
    reason: str
    trouble: str
    turn: str
    announcement: str
    flow: SequenceView | None
    rivalry: bool
    refreshes: bool


@dataclass(frozen=True, slots=True)
class Around:
    """What a play's page knows from outside the play: the system's name, where each contract is sent, the environment's data."""

    product: str
    targets: Mapping[str, str]
    factor: float
    test_data: Mapping[str, Value]
    contracts: Contracts[Contract]


class PlayViews:
    """Makes the view of a play in one language."""

    def __init__(self, voice: Voice, messages: Messages, around: Around) -> None:
        self._voice = voice
        self._messages = messages
        self._around = around

    def of(self, play: Play, *, rivalry: bool = False) -> PlayView:
        shown, case = play.shown, play.playable.case
        steps = tuple(self._steps(play, shown))
        current = steps[shown.step] if shown.step < len(steps) and not shown.is_over else None
        turn = (
            current.now.turn
            if current and current.now
            else self._voice.words["turn_over" if shown.is_over else "turn_ours"]
        )
        result = shown.result
        state = self._voice.state(result.verdict) if result else None
        return PlayView(
            name=play.name,
            version=shown.version,
            title=self._voice.text(case.title),
            case=self._around.contracts.key(play.playable.planned.key),
            started=self._voice.time(play.started),
            steps=steps,
            proves=self._messages.requirements(play.playable.case.written),
            is_over=shown.is_over,
            result=state,
            reason=self._voice.text(result.reason) if result and result.reason else "",
            trouble=self._voice.say("interrupted", why=shown.trouble) if shown.trouble else "",
            turn=turn,
            announcement=self._announcement(current, turn, state),
            flow=self._flow(play, shown),
            rivalry=rivalry,
            refreshes=not shown.is_over and isinstance(shown.moment, Acting | Busy),
        )

    def _announcement(self, current: StepView | None, turn: str, state: State | None) -> str:
        if current is None:
            return f"{turn}: {state.word}" if state else turn
        diagnosis = current.now.wait.diagnosis if current.now and current.now.wait else ""
        return " ".join(
            filter(None, (f"{self._voice.say('step_n', n=current.number)}. {turn}: {current.told.title}.", diagnosis))
        )

    def _steps(self, play: Play, shown: Shown) -> Iterator[StepView]:
        case, suite = play.playable.case, play.playable.suite
        exchanges = _exchanges(shown)
        captured = tuple(ran.captured for ran in reversed(shown.ran))
        known = (*captured, self._around.test_data, play.playable.suite.data)
        for number, step in enumerate(case.steps):
            ran = shown.ran[number] if number < len(shown.ran) else None
            phase = _phase(number, shown, ran)
            moment = shown.moment if phase == "now" else Busy()
            doing = moment.doing if isinstance(moment, Acting) else None
            asked = moment.question if isinstance(moment, Asking) else step
            checks = self._messages.checks(ran.checks, exchanges) if ran else ()
            yield StepView(
                number=number + 1,
                phase=phase,
                told=told.step_in_words(asked if isinstance(step, Ask) else step, suite, self._voice, doing, known),
                state=self._voice.state(Verdict.of(check.verdict for check in ran.checks)) if ran else None,
                exchanges=tuple(self._exchanges_of(ran, play, shown)) if ran else (),
                unmet=tuple(check for check in checks if not check.is_met),
                met=tuple(check for check in checks if check.is_met),
                now=self._now(play, shown, number) if phase == "now" else None,
                edited=self._edited(shown, number),
            )

    def _edited(self, shown: Shown, number: int) -> str:
        names = shown.edited.get(number, ())
        return self._voice.say("edited", names=", ".join(names)) if names else ""

    def _now(self, play: Play, shown: Shown, number: int) -> NowView:
        words, moment, step = self._voice.words, shown.moment, play.playable.case.steps[number]
        if isinstance(moment, Asking):
            return NowView("ask", words["turn_yours"], True, number)
        if isinstance(moment, Editing):
            fields = values.fields(moment.data)
            target = self._around.targets.get(moment.step.contract, "")
            return NowView("send", words["turn_yours"], True, number, target=target, fields=fields)
        if isinstance(step, Send) or isinstance(moment, Busy):
            return NowView("busy", words["turn_ours"], False, number)
        return self._acting(moment, number, is_watch=isinstance(step, Watch))

    def _acting(self, moment: Acting, number: int, *, is_watch: bool) -> NowView:
        words = self._voice.words
        is_yours = moment.doing is not None
        turn = words["turn_yours"] if is_yours else words["turn_watch" if is_watch else "turn_wait"]
        outcome = moment.adapter.outcome.replace("-", "_") if moment.adapter else ""
        said = " ".join(filter(None, (words[f"adapter_{outcome}"], moment.adapter.note))) if moment.adapter else ""
        return NowView(
            "act",
            turn,
            is_yours,
            number,
            wait=self._wait(moment),
            adapter=words["adapter_working"] if moment.is_adapter_working else said,
            is_adapter_working=moment.is_adapter_working,
            is_watch=is_watch,
            has_action=is_yours and bool(moment.doing and moment.doing.action),
        )

    def _wait(self, moment: Acting) -> WaitView | None:
        waiting = moment.waiting
        if waiting is None:
            return None
        within, seconds = self._voice.duration(waiting.within), int(waiting.seconds)
        pattern = self._voice.say("waits_of", seconds="{}", within=within)
        spoken = pattern.replace("{}", f"{seconds}\N{NO-BREAK SPACE}s")
        diagnosis = self._voice.text(waiting.diagnosis) if waiting.diagnosis else ""
        return WaitView(seconds, int(waiting.within), spoken, pattern, diagnosis, waiting.connections)

    def _exchanges_of(self, ran: Ran, play: Play, shown: Shown) -> Iterator[ExchangeView]:
        before = sum(len(each.exchanges) for each in shown.ran[: ran.step])
        is_news = ran is shown.ran[-1] or any(check.verdict is Verdict.FAILED for check in ran.checks)
        for place, exchange in enumerate(ran.exchanges):
            place_in_case = before + place
            yield ExchangeView(
                anchor=f"flow-x{place_in_case + 1}",
                messages=tuple(self._messages_of(exchange, f"/plays/{play.name}/messages/{place_in_case}", is_news)),
                problem=self._voice.text(exchange.problem.text) if exchange.problem else "",
            )

    def _messages_of(self, exchange: Exchange, href: str, is_news: bool) -> Iterator[MessageView]:
        words = self._voice.words
        headings = ("received_message", "our_answer") if exchange.inbound else ("sent_message", "their_answer")
        if exchange.request.body:
            yield self._messages.message(
                words[headings[0]], exchange.request, f"{href}-request.xml", is_open=is_news and exchange.inbound
            )
        if exchange.response is not None:
            yield self._messages.message(
                words[headings[1]], exchange.response, f"{href}-response.xml", is_open=is_news and not exchange.inbound
            )

    def _flow(self, play: Play, shown: Shown) -> SequenceView | None:
        domain, case = play.playable.suite.domain, play.playable.case
        course = Course(
            system=self._around.product,
            exchanges=tuple(
                replace(each, contract=play.playable.suite.called(each.contract)) for each in _exchanges(shown)
            ),
            checks=tuple(check for ran in shown.ran for check in ran.checks),
            factor=self._around.factor,
            kind=domain.fact("kind"),
            namespaces=domain.namespaces,
        )
        if not course.exchanges and not course.said:
            return None
        title = self._voice.text(case.title)
        return draw(course, Voice(self._voice.lang), title, "flow", lambda place: f"#flow-x{place + 1}")


def _exchanges(shown: Shown) -> tuple[Exchange, ...]:
    return tuple(exchange for ran in shown.ran for exchange in ran.exchanges)


def _phase(number: int, shown: Shown, ran: Ran | None) -> Phase:
    if ran is not None:
        return "done"
    if shown.is_over:
        return "left"
    return "now" if number == shown.step else "later"
