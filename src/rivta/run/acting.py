"""Making the system act: through an adapter, by a tester, or from a recording."""

from __future__ import annotations

from rivta.model.case import Doing
from rivta.model.exchange import Acted
from rivta.model.run import CheckResult, Finding
from rivta.model.words import Source, Text, Verdict
from rivta.run import filling
from rivta.run.play import Play
from rivta.run.refusal import only_test_persons_told
from rivta.text.placeholder import Scope

KIND = "act"
"""The kind of check that says why the system was not made to act."""
BY_ITSELF = Acted("by-hand")
"""Nobody was told anything: the call follows from what was done before, or from a person."""

_HINDERED: dict[str, tuple[Verdict, Text]] = {
    "refused": (
        Verdict.FAILED,
        Text("Systemet säger att det inte gör detta", "The system says that it does not do this"),
    ),
    "unsupported": (
        Verdict.NOT_PROVEN,
        Text("Adaptern kan inte denna åtgärd", "The adapter knows no such action"),
    ),
    "trouble": (
        Verdict.BLOCKED,
        Text("Adaptern fungerade inte", "The adapter did not work"),
    ),
}


def act(told: Doing | None, play: Play, scope: Scope) -> Acted:
    """Make the system do something, if the step says what. Raises `NotSent` rather than naming a real person to it."""
    if told is None:
        return BY_ITSELF
    doing = filling.doing(told, scope)
    only_test_persons_told(doing.text, doing.data, play.stage.environment)
    assert play.stage.actor is not None  # noqa: S101 - admission.py saw to it
    play.stirs()
    acted = play.stage.actor.act(doing, play.case, play.counterpart())
    play.is_done = acted.outcome == "done"
    return acted


def hindrance(
    acted: Acted, told: Doing | None, *, verifies: tuple[str, ...], source: Source, exchange: int, step: int
) -> CheckResult | None:
    """What it comes to that the system was not made to act; None if it was, or may have been."""
    if told is None or acted.outcome not in _HINDERED:
        return None
    verdict, said = _HINDERED[acted.outcome]
    note = f": {acted.note}" if acted.note else "."
    text = Text(f"{said.sv} ({told.action}){note}", f"{said.en} ({told.action}){note}")
    is_finding = verdict is not Verdict.NOT_PROVEN
    return CheckResult(
        kind=KIND,
        verdict=verdict,
        verifies=verifies,
        expected=told.action,
        actual=acted.outcome,
        findings=(Finding(text, expected=told.action, actual=acted.outcome),) if is_finding else (),
        note=Text.same(acted.note) if is_finding and acted.note else text,
        source=source,
        exchange=exchange,
        step=step,
    )
