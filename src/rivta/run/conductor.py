"""The conductor: the only place that knows the order of things in a case.

Whether it is played at all, then its steps in order, whoever of the two parties speaks first in each. A step that deviates,
or gets no reply or no call, ends the case, since the next step would ask about a state that was never reached. A waiter, once
opened, stays open until the case ends, so that what the system repeats is answered as it was before.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from rivta.model.case import Case
from rivta.model.clock import written
from rivta.model.domain import Domain, Precondition
from rivta.model.errors import RivtaError, Unwritable
from rivta.model.run import CaseResult, CheckResult
from rivta.model.steps import Ask, Explore, Handshake, Receive, Send, Step, Watch
from rivta.model.words import Text, Value, Verdict
from rivta.run.acting import MANUAL, ask, to_show
from rivta.run.exploring import explore
from rivta.run.filling import Ended, fixed_values
from rivta.run.handshaking import handshake
from rivta.run.play import Play
from rivta.run.receiving import receive
from rivta.run.sending import send
from rivta.run.stage import Ran, Stage, at_once, lacks_the_message
from rivta.run.watching import watch
from rivta.text.catalogue import text

UNPLAYED = "unplayed"
"""The kind of check of a step whose turn did not come."""


def run_case(case: Case, stage: Stage) -> CaseResult:
    """Run one case against the system under test. Never raises for what the system or its environment does."""
    return at_once(playing(case, stage))


def playing(case: Case, stage: Stage) -> Generator[float, float, CaseResult]:
    """The same for whoever has other things to do while the case only watches: see `stage.at_once`."""
    clock = stage.clock
    started, began = clock.now(), clock.monotonic()
    fixed = fixed_values(stage.run, started, clock, stage.seed) | dict(stage.begun.fixed)
    refused = not_played(case, stage)
    verdict, reason, ran = (*refused, []) if refused else (yield from _play(case, stage, fixed))
    elapsed_ms = (clock.monotonic() - began) * 1000
    return case_result(
        case, stage, started, verdict, ran, elapsed_ms=elapsed_ms, reason=reason, fixed={} if refused else fixed
    )


def case_result(
    case: Case, stage: Stage, started: datetime, verdict: Verdict, ran: Sequence[Ran] = (), **more: Any
) -> CaseResult:
    """What a case came to by its steps, with what else there is to tell of it."""
    return CaseResult(
        case=case.id,
        title=case.title,
        domain=stage.suite.domain.name,
        contract=case.contract,
        role=case.role,
        suite=str(stage.suite.path),
        verdict=verdict,
        verifies=case.verifies,
        checks=tuple(check for each in ran for check in each.checks),
        exchanges=tuple(exchange for each in ran for exchange in each.exchanges),
        started=written(started),
        source=case.source,
        **more,
    )


def _play(
    case: Case, stage: Stage, fixed: Mapping[str, str]
) -> Generator[float, float, tuple[Verdict, Text | None, list[Ran]]]:
    if stage.audience is not None:
        stage.audience.begins(case, fixed)
    why, left = None, Verdict.NOT_PROVEN
    with ExitStack() as waiters:
        play = Play(case, stage, fixed, waiters, ran=list(stage.begun.ran))
        try:
            yield from _play_steps(play)
        except Ended as ended:
            why, left = ended.text, ended.verdict
        except Unwritable:
            raise
        except RivtaError as ours:
            why, left = Text.same(str(ours)), Verdict.ERROR
    verdict = max(left, play.verdict) if why else play.verdict
    return verdict, why or _open_question(play) or _cut_short(play), [*play.ran, *_left_open(play, left)]


def _left_open(play: Play, verdict: Verdict) -> Iterator[Ran]:
    """What the steps that were not played leave open: a step before them that showed something of the same requirement does not prove it.
    The first of them came to that verdict, the others to nothing.
    """
    played, at = len(play.ran), max(len(play.exchanges) - 1, 0)
    shown = {id_ for check in play.checks if check.verdict is Verdict.PASSED for id_ in check.verifies}
    for number, step in list(enumerate(play.case.steps))[played:]:
        open_ = tuple(id_ for id_ in to_show(step, play.case) if id_ in shown)
        its, note = (verdict if number == played else Verdict.NOT_PROVEN), text("run", "unplayed", step=number + 1)
        left = CheckResult(UNPLAYED, its, open_, note=note, source=step.source, exchange=at, step=number)
        yield Ran(number, (), (left,) if open_ else ())


def _play_steps(play: Play) -> Generator[float, float, None]:
    """From where the case was left, if it was begun before."""
    for step in play.case.steps[len(play.ran) :]:
        if play.ran and (not play.ran[-1].goes_on or _was_not_sent(play.ran[-1], play.case)):
            return
        play.ran.append((yield from _ran(step, play)))
        if play.stage.audience is not None:
            play.stage.audience.played(play.case, play.ran[-1])


def _ran(step: Step, play: Play) -> Generator[float, float, Ran]:
    match step:
        case Send():
            return send(step, play)
        case Receive():
            return receive(step, play)
        case Watch():
            return (yield from watch(step, play))
        case Ask():
            return ask(step, play)
        case Handshake():
            return handshake(step, play)
        case Explore():
            return explore(step, play)


def _open_question(play: Play) -> Text | None:
    """Why nothing was proven, or what waits for a human, where that is the worst there is to say."""
    if play.verdict not in (Verdict.NOT_PROVEN, Verdict.MANUAL):
        return None
    return next((check.note for check in play.checks if check.verdict is play.verdict), None)


def _cut_short(play: Play) -> Text | None:
    left = len(play.case.steps) - len(play.ran)
    if not left:
        return None
    why = text("run", _why_it_ended(play.ran[-1]))
    return text("run", "step_left" if left == 1 else "steps_left", left=left, last=len(play.ran), why=why)


def _was_not_sent(ran: Ran, case: Case) -> bool:
    """Whether a person says why the message of the step is not to be sent."""
    return isinstance(case.steps[ran.step], Send) and any(check.kind == MANUAL for check in ran.checks)


def _why_it_ended(ran: Ran) -> str:
    missing = next((each for each in ran.exchanges if lacks_the_message(each)), None)
    if missing is not None:
        return "ended_no_call" if missing.inbound else "ended_no_reply"
    has_deviated = any(check.verdict is Verdict.FAILED for check in ran.checks)
    if has_deviated:
        return "ended_deviated"
    return "ended_not_answered" if ran.exchanges else "ended_not_sent"


def not_played(case: Case, stage: Stage) -> tuple[Verdict, Text] | None:
    reason = _other_role(case, stage)
    if reason:
        return Verdict.NOT_APPLICABLE, reason
    declared = stage.environment.not_applicable
    for needed in case.requires:
        if needed in declared:
            return Verdict.NOT_APPLICABLE, Text.same(f"{needed}: {declared[needed]}")
    reason = _lacking(case, stage) or _nobody_there(case, stage)
    return (Verdict.NOT_PROVEN, reason) if reason else None


def _other_role(case: Case, stage: Stage) -> Text | None:
    roles = stage.environment.roles
    if stage.suite.concerns(case, roles):
        return None
    return text("run", f"other_role_{case.role}", played=", ".join(roles))


def _lacking(case: Case, stage: Stage) -> Text | None:
    for needs, missing in lacking(case, stage.suite.domain, stage.environment.test_data):
        return text("run", "missing_data", needs=needs.text, names=", ".join(missing))
    return None


def lacking(case: Case, domain: Domain, data: Mapping[str, Value]) -> Iterator[tuple[Precondition, tuple[str, ...]]]:
    """The preconditions of a case whose test data is not there, each with the names of what is missing."""
    for precondition in (domain.preconditions[needed] for needed in case.requires):
        if missing := tuple(name for name in precondition.data if not _has(data, name)):
            yield precondition, missing


def _has(data: Mapping[str, Value], dotted: str) -> bool:
    found: Value = dict(data)
    for part in dotted.split("."):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return found not in (None, "")


def _nobody_there(case: Case, stage: Stage) -> Text | None:
    """Why a case in which the system must act by itself would only be waited for in vain."""
    if all(
        isinstance(step, Send | Explore) or (isinstance(step, Handshake) and step.do is None) for step in case.steps
    ):
        return None
    if stage.counterpart is None and waits_for_calls(case):
        return text("run", "no_counterpart")
    return text("run", "no_actor") if stage.actor is None else None


def waits_for_calls(case: Case) -> bool:
    return any(isinstance(step, Receive | Watch) or getattr(step, "do", None) for step in case.steps)
