"""The twin of a message that is refused: the same message without what is wrong with it, which must be accepted.

A system that refuses everything refuses rightly by chance. So a step that expects a refusal, and gets one, is followed by its
twin, in the same state: where that is refused too, nothing is proven. Nobody has to write it. The twin is

- what the step says under `twin`: data over its own, where the state decides and not the data alone
- else nothing more to send, where an earlier step of the case had a message accepted: then the state is what is wrong
- else the step without what it changes in the message; without its own data and headers, if it changes nothing; without its
  address, if it has none of these
- else the first message of the file that is accepted, for a step whose template itself is wrong

Where none of these can be sent, the refusal counts if the contract has shown the difference elsewhere in the run: see
`declaration.proven`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rivta.check import refuses
from rivta.model.case import Expectation, Send
from rivta.model.run import CheckResult
from rivta.model.words import Text, Value, Verdict
from rivta.run.play import Play, verified
from rivta.run.stage import Ran
from rivta.text.catalogue import text

TWIN = "twin"
"""The kind of check that tells whether a refusal has its accepted twin."""


def twin_of(step: Send, number: int, play: Play) -> Send | None:
    """The message to send, without expectations; None where the case has shown it already, or nothing is known to be accepted."""
    bare = replace(step, expect=(), capture={}, off={}, twin=None, change={}, leave_out=())
    if step.twin is not None:
        return replace(bare, data=_over(step.data, step.twin))
    if shown_by(number, play) is not None:
        return None
    if step.change or step.leave_out:
        return bare
    if step.data or step.headers:
        return replace(bare, data={}, headers={})
    if step.to is not None:
        return replace(bare, to=None)
    return next((replace(bare, template=each.template, data=each.data) for each in _accepted(step, play)), None)


def shown_by(number: int, play: Play) -> int | None:
    """The earlier step of the case in which a message was accepted; None where there is none."""
    before = enumerate(play.case.steps[:number])
    return next((at for at, each in before if isinstance(each, Send) and _is_accepted(each, play)), None)


def _accepted(step: Send, play: Play) -> list[Send]:
    sent = (each for case in play.stage.suite.cases for each in case.steps if isinstance(each, Send))
    return [each for each in sent if each.contract == step.contract and _is_accepted(each, play)]


def _is_accepted(step: Send, play: Play) -> bool:
    return bool(step.expect) and not refuses(step.expect, play.contract(step.contract))


def accepted(step: Send, play: Play) -> Expectation:
    """What shows that a message was accepted: a result that says so, or a valid answer where there are no results."""
    grammar = play.contract(step.contract).result
    if grammar is None:
        return Expectation("schema", {}, step.source)
    return Expectation("result", {"code": grammar.ok}, step.source)


def told(step: Send, play: Play, ran: Ran, verdict: Verdict, note: Text) -> CheckResult:
    """What became of the twin. It names what the refusal proves: without an accepted twin that is not proven."""
    proves = verified(play, step.expect) if verdict is not Verdict.NOT_APPLICABLE else ()
    at = ran.checks[-1].exchange
    return CheckResult(TWIN, verdict, proves, note=note, source=step.source, exchange=at, step=ran.step)


def judged(step: Send, play: Play, twin: Ran) -> tuple[CheckResult, ...]:
    """The twin's checks. Whether it was accepted comes last among them; where it was not, that it is a Fault is no deviation."""
    *others, acceptance = twin.checks
    if acceptance.verdict is Verdict.BLOCKED:
        return (acceptance,)
    if acceptance.verdict is Verdict.PASSED:
        return (*others, told(step, play, twin, Verdict.PASSED, text("run", "twin_accepted")))
    others = [check for check in others if check.kind != "soap"]
    return (*others, told(step, play, twin, Verdict.NOT_PROVEN, text("run", "twin_refused")))


def _over(data: Mapping[str, Value], more: Mapping[str, Value]) -> dict[str, Value]:
    """Data with other data over it, key by key however deep."""
    merged = dict(data)
    for name, value in more.items():
        old = merged.get(name)
        merged[name] = _over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
