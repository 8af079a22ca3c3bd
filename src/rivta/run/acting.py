"""Making the system act, and asking what only who sits at it sees: through an adapter, by a tester, or from a recording."""

from collections.abc import Iterator
from dataclasses import replace

from rivta.check import link
from rivta.model.case import Case
from rivta.model.exchange import Acted, Said
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Ask, Doing, Expectation, Explore, Handshake, Receive, Send, Step, Watch
from rivta.model.words import Text, Verdict
from rivta.run import filling
from rivta.run.filling import only_test_persons_told
from rivta.run.play import Play
from rivta.run.stage import Party, Ran
from rivta.text.catalogue import text
from rivta.text.placeholder import Scope

ACT = "act"
"""The kind of check that says why the system was not made to act."""
BY_ITSELF = Acted("by-hand")
"""Nobody was told anything: the call follows from what was done before, or from a person."""

_HINDERED = {"refused": Verdict.FAILED, "unsupported": Verdict.NOT_PROVEN, "trouble": Verdict.BLOCKED}


def act(told: Doing | None, play: Play, scope: Scope) -> Acted:
    """Make the system do something, if the step says what."""
    if told is None:
        return BY_ITSELF
    doing = filling.doing(told, scope)
    play.prompts()
    acted = ordered(doing, play, play.counterpart())
    play.is_done = acted.outcome == "done"
    return acted


def ordered(doing: Doing, play: Play, there: Party) -> Acted:
    """Who acts is told to do it. Raises `NotSent` rather than naming a real person."""
    only_test_persons_told(doing.text, doing.data, play.stage.environment)
    assert play.stage.actor is not None  # noqa: S101 - the conductor, or the step, saw to it
    return play.stage.actor.act(doing, play.case, there)


def hindrance(
    acted: Acted, step: Receive | Watch, play: Play, verifies: tuple[str, ...], at: int
) -> CheckResult | None:
    """What it comes to that the system was not made to act; None if it was, or may have been."""
    why = why_not(acted, step.do)
    if step.do is None or why is None:
        return None
    verdict, expected, actual = _HINDERED[acted.outcome], step.do.action, acted.outcome
    if verdict is Verdict.NOT_PROVEN:
        return play.check(ACT, verdict, verifies, step, at, expected=expected, actual=actual, note=why)
    note, findings = Text.same(acted.note) if acted.note else why, (Finding(why, expected=expected, actual=actual),)
    told = {"expected": expected, "actual": actual, "findings": findings, "note": note}
    return play.check(ACT, verdict, verifies, step, at, **told)


def why_not(acted: Acted, told: Doing | None) -> Text | None:
    """Why the system was not made to act; None if it was, or may have been."""
    if told is None or acted.outcome not in _HINDERED:
        return None
    return text("run", acted.outcome, action=told.action, note=f": {acted.note}" if acted.note else ".")


def of_doing(step: Step, case: Case) -> tuple[str, ...]:
    """What of a case's requirements is broken, or does not apply, where the system cannot do what the step asks for.

    That other steps are to show is theirs; and that something is not in a message holds of one that was never sent.
    """
    here = {id_ for each in step.expect if not is_absence(each) for id_ in each.verifies}
    without = {id_ for each in step.expect for id_ in each.verifies} - here
    others = {id_ for each in case.steps if each is not step for id_ in _named(each)}
    return tuple(id_ for id_ in case.verifies if id_ in here or id_ not in without | others)


def to_show(step: Step, case: Case) -> tuple[str, ...]:
    """What a step by itself is to show: by each expectation, and by what it waits for, watches or asks."""
    own = () if isinstance(step, Send | Receive | Explore) else step.verifies
    by_itself = () if isinstance(step, Send) else own or of_doing(step, case)
    return tuple(dict.fromkeys((*by_itself, *(id_ for each in step.expect for id_ in each.verifies or case.verifies))))


def is_absence(each: Expectation) -> bool:
    return bool(each.args.get("absent")) or each.args.get("exists") is False or each.args.get("count") == 0


def _named(step: Step) -> Iterator[str]:
    yield from (id_ for each in step.expect for id_ in each.verifies)
    yield from step.proves if isinstance(step, Send) else () if isinstance(step, Receive | Explore) else step.verifies


MANUAL = "manual"
"""The kind of check whose verdict a person gave."""
_VERDICTS = {"yes": Verdict.PASSED, "no": Verdict.FAILED, "not-applicable": Verdict.NOT_APPLICABLE}


def ask(step: Ask, play: Play) -> Ran:
    """Play the step. A question that nobody answers is left to a human, and the case goes on."""
    question = filling.question(step, play.scope())
    only_test_persons_told(question.text, question.data, play.stage.environment)
    assert play.stage.actor is not None  # noqa: S101 - the conductor saw to it
    said = play.stage.actor.ask(question, play.case)
    verifies = step.verifies or of_doing(step, play.case)
    if said is None:
        told = {"expected": "yes", "note": text("run", "not_answered", question=question.text), "asked": question.text}
        return Ran(play.number, (), (play.check(MANUAL, Verdict.MANUAL, verifies, step, play.at, **told),))
    answered = manual(said, question.text, verifies, step, play.at, play)
    is_given = question.link is not None and answered.verdict is Verdict.PASSED
    return Ran(play.number, (), (answered, *(_link(question, said, answered) if is_given else ())))


LINK = "link"
"""The kind of check that judges a link out of the system, whose `actual` it is."""


def _link(question: Ask, said: Said, answered: CheckResult) -> Iterator[CheckResult]:
    """What the link that was given comes to; without one nothing is proven, whatever was said of it."""
    assert question.link is not None  # noqa: S101 - asked only then
    findings = link.amiss(question.link, said.link) if said.link else ()
    verdict = Verdict.FAILED if findings else Verdict.PASSED if said.link else Verdict.NOT_PROVEN
    expected = f"{question.link.method} https://{question.link.address}".strip()
    note = None if said.link else text("run", "no_link")
    judged = replace(answered, kind=LINK, verdict=verdict, expected=expected, actual=said.link, asked=None)
    yield replace(judged, findings=findings, note=note)


def manual(said: Said, what: Text, verifies: tuple[str, ...], step: Step, at: int, play: Play) -> CheckResult:  # noqa: PLR0917 - what a check result is made of
    """What a person said, as a check: who said so, and what they noted."""
    verdict, note = _VERDICTS[said.answer], Text.same(said.note) if said.note else None
    findings = (Finding(what, expected="yes", actual=said.answer),) if verdict is Verdict.FAILED else ()
    told = {"expected": "yes", "actual": said.answer, "findings": findings, "note": note, "by": said.by, "asked": what}
    return play.check(MANUAL, verdict, verifies, step, at, **told)


def given_up(said: Said, step: Send | Receive | Handshake, play: Play) -> CheckResult:
    """What a person says of a step that the system cannot take part in, or that does not concern it."""
    # A call that never came is an exchange of its own; of a message that is not sent the one before it is the nearest.
    at = len(play.exchanges) if isinstance(step, Receive) else play.at
    return manual(said, text("run", "cannot"), of_doing(step, play.case), step, at, play)
