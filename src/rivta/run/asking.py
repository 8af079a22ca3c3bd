"""What only who sits at the system sees: a question, and what a person answered."""

from __future__ import annotations

from dataclasses import replace

from rivta.model.case import Ask
from rivta.model.exchange import Said
from rivta.model.run import CheckResult, Finding
from rivta.model.words import Source, Text, Verdict
from rivta.run import filling
from rivta.run.play import Play
from rivta.run.refusal import only_test_persons_told
from rivta.run.stage import Ran

KIND = "manual"
"""The kind of check whose verdict a person gave."""
_VERDICTS = {"yes": Verdict.PASSED, "no": Verdict.FAILED, "not-applicable": Verdict.NOT_APPLICABLE}


def ask(step: Ask, number: int, play: Play) -> Ran:
    """Play the step. A question that nobody answers is left to a human, and the case goes on."""
    question = filling.question(step, play.scope())
    only_test_persons_told(question.text, question.data, play.stage.environment)
    assert play.stage.actor is not None  # noqa: S101 - admission.py saw to it
    said = play.stage.actor.ask(question, play.case)
    verifies = step.verifies or play.case.verifies
    at = max(len(play.exchanges) - 1, 0)
    return Ran(number, (), (_answered(question, said, verifies, at, number),))


def _answered(question: Ask, said: Said | None, verifies: tuple[str, ...], at: int, number: int) -> CheckResult:
    if said is None:
        note = Text(f"Obesvarad: {question.text.sv}", f"Not answered: {question.text.en}")
        return CheckResult(
            KIND,
            Verdict.MANUAL,
            verifies,
            "yes",
            note=note,
            source=question.source,
            exchange=at,
            step=number,
            asked=question.text,
        )
    return manual(said, question.text, verifies, question.source, at, number)


def manual(  # noqa: PLR0917 - what a check result is made of
    said: Said, what: Text, verifies: tuple[str, ...], source: Source, at: int, number: int
) -> CheckResult:
    """What a person said, as a check: who said so, and what they noted."""
    verdict = _VERDICTS[said.answer]
    findings = (Finding(what, expected="yes", actual=said.answer),) if verdict is Verdict.FAILED else ()
    return CheckResult(
        kind=KIND,
        verdict=verdict,
        verifies=verifies,
        expected="yes",
        actual=said.answer,
        findings=findings,
        note=Text.same(said.note) if said.note else None,
        source=source,
        exchange=at,
        step=number,
        by=said.by,
        asked=what,
    )


def as_it_should(check: CheckResult) -> CheckResult:
    """The same check where “no” is what was wanted: the system will not do what it must not."""
    return replace(check, verdict=Verdict.PASSED, expected=check.actual, findings=())
