"""The twin of a message that is refused: the same message without what is wrong with it, which must be accepted.

A system that refuses everything refuses rightly by chance. So a step that expects a refusal, and gets one, is followed by its
twin, in the same state: where that is refused too, nothing is proven. Mostly nobody has to write it. The twin is

- where a sample is sent, the same message with what lies on the other side of the boundary, or as it was written
- what the step says under `twin`: data over its own, `logical-address` over its address
- else nothing more to send, where an earlier step of the case had a message accepted: then the state is what is wrong, and a
  message of the same kind that was accepted before it came to be so is the twin
- else the template with all that it asks by, for a step that asks by nothing
- else the step without what it changes in the message; without its own data and headers, if it changes nothing; without its
  address, if it has none of these
- else the first message of the file that is accepted, for a step whose template itself is wrong

A system that refuses every message of a kind is no better than one that refuses all. Where what was accepted is of another kind,
or nothing could be sent, the refusal counts only if a message of its kind is accepted somewhere in the run: see `declaration.proven`.
"""

from collections.abc import Mapping
from dataclasses import replace

from rivta.check import NOTHING, Seen, refuses
from rivta.model.errors import UsageError
from rivta.model.run import CheckResult
from rivta.model.steps import Send
from rivta.model.words import Text, Value, Verdict
from rivta.run.filling import Ended
from rivta.run.play import Play, Sends, accepted, kind_of, verified
from rivta.run.stage import Ran
from rivta.text.catalogue import text

TWIN = "twin"
"""The kind of check that tells whether a refusal has its accepted twin."""
ADDRESS = "logical-address"
"""The name under which a step's `twin` says that it goes to another address."""


def with_twin(ran: Ran, step: Send, sends: Sends, play: Play) -> Ran:
    """The step with what its twin shows: that the system refuses this message, and not all messages."""
    verdict = Verdict.of(check.verdict for check in ran.checks)
    if verdict is Verdict.FAILED and ran.exchanges[-1].accepted is not None:
        return ran.and_then(_told(step, play, ran, Verdict.NOT_APPLICABLE, text("run", "twin_unsent")))
    if verdict is not Verdict.PASSED and not _is_refused(step, ran):
        return ran
    refused, twin = ran.exchanges[-1], _twin_of(step, play)
    kind = kind_of(Seen(refused, play.contract(refused.contract), play.stage.suite.namespaces), play)
    if twin is None:
        return ran.and_then(_shown_before(step, play, ran, kind))
    try:
        more = sends(replace(twin, expect=(accepted(step, play),)), ran.exchanges)
    except Ended as ended:
        return ran.and_then(_told(step, play, ran, Verdict.NOT_PROVEN, ended.text))
    except UsageError:  # the step's own data are all that fill it in
        return ran.and_then(_left_open(step, play, ran, kind))
    red = {check.kind for check in ran.checks if check.verdict is Verdict.FAILED}  # not told again of the twin's answer
    told = (check for check in _judged(step, play, ran, more, kind) if check.kind not in red)
    return ran.and_then(*told, exchanges=more.exchanges)


def _is_refused(step: Send, ran: Ran) -> bool:
    """Whether what is red leaves a refusal: in part as demanded, say the right code with the wrong text; or with what no case has to write.

    A Fault without a log id refuses all the same. What the refusal shows needs its twin then too.
    """
    expected = {each.kind for each in step.expect}
    return any(check.verdict is Verdict.PASSED for check in ran.checks if check.kind in expected)


def _twin_of(step: Send, play: Play) -> Send | None:
    """The message to send, without expectations; None where the case has shown it already, or nothing is known to be accepted."""
    bare = replace(
        step, expect=(), capture={}, off={}, twin=None, change={}, leave_out=(), writing=None, edits=step.right
    )
    if step.twin is not None:
        return replace(bare, data=_over(step.data, step.twin), to=_address(step.twin) or step.to)
    has_state = any(isinstance(each, Send) and _is_accepted(each, play) for each in play.case.steps[: play.number])
    if has_state and not step.edits:
        return None
    if step.change or step.leave_out or step.writing or step.edits:
        return bare
    if step.data or step.headers or step.filters == ():
        return replace(bare, data={}, headers={}, filters=step.filters or None)
    if step.to is not None:
        return replace(bare, to=None)
    return next((replace(bare, template=each.template, data=each.data) for each in _twin_accepted(step, play)), None)


def _twin_accepted(step: Send, play: Play) -> list[Send]:
    sent = (each for case in play.stage.suite.cases for each in case.steps if isinstance(each, Send))
    return [each for each in sent if each.contract == step.contract and _is_accepted(each, play)]


def _is_accepted(step: Send, play: Play) -> bool:
    return bool(step.expect) and not refuses(step.expect, play.contract(step.contract))


def _told(step: Send, play: Play, ran: Ran, verdict: Verdict, note: Text, *, expected: str = "") -> CheckResult:
    """What became of the twin. It names what the refusal proves: without an accepted twin that is not proven."""
    proves = verified(play, step.expect) if verdict is not Verdict.NOT_APPLICABLE else ()
    return play.check(TWIN, verdict, proves, step, ran.checks[-1].exchange, note=note, expected=expected)


def _left_open(step: Send, play: Play, ran: Ran, kind: str) -> CheckResult:
    """What is told where no message of this kind was accepted here. It names the kind, which must be accepted somewhere in the run."""
    kind = kind or NOTHING
    return _told(step, play, ran, Verdict.NOT_APPLICABLE, text("run", "twin_elsewhere", kind=kind), expected=kind)


def _shown_before(step: Send, play: Play, ran: Ran, kind: str) -> CheckResult:
    """The earlier step of the case in which a message of that kind was accepted, if there is one."""
    accepted = ((each.contract, each.accepted, each.step) for each in play.exchanges)
    before = next((number for contract, its, number in accepted if (contract, its) == (step.contract, kind)), None)
    if before is None:
        return _left_open(step, play, ran, kind)
    return _told(step, play, ran, Verdict.PASSED, text("run", "twin_before", step=before + 1))


def _judged(step: Send, play: Play, ran: Ran, twin: Ran, kind: str) -> tuple[CheckResult, ...]:
    """The twin's checks. Whether it was accepted comes last among them; where it was not, that it is a Fault is no deviation.

    That it was not is one only where the twin is a sample of its own, right by schema and rules, that proves something.
    """
    *others, acceptance = twin.checks
    if acceptance.verdict is Verdict.BLOCKED:
        return (acceptance,)
    if acceptance.verdict is not Verdict.PASSED:
        others = [*(check for check in others if check.kind != "soap"), *([acceptance] if step.proves else [])]
        return (*others, _told(step, play, twin, Verdict.NOT_PROVEN, text("run", "twin_refused")))
    is_known_right = step.twin is not None or bool(step.change or step.leave_out or step.writing or step.edits)
    others = [*others, acceptance] if step.proves else others
    if is_known_right or kind in ("", twin.exchanges[-1].accepted):
        return (*others, _told(step, play, twin, Verdict.PASSED, text("run", "twin_accepted")))
    return (*others, _left_open(step, play, ran, kind))


def _address(data: Mapping[str, Value]) -> str | None:
    address = data.get(ADDRESS)
    return address if isinstance(address, str) else None


def _over(data: Mapping[str, Value], more: Mapping[str, Value]) -> dict[str, Value]:
    """Data with other data over it, key by key however deep."""
    merged = dict(data)
    for name, value in more.items():
        old = merged.get(name)
        merged[name] = _over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
