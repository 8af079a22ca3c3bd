"""Whether a case is played at all: the system's role, what was declared not to apply, what must be there first."""

from __future__ import annotations

from collections.abc import Mapping

from rivta.model.case import Ask, Case, Send
from rivta.model.words import Text, Value, Verdict
from rivta.run.stage import Stage


def not_played(case: Case, stage: Stage) -> tuple[Verdict, Text] | None:
    """The verdict and the reason if it is not played, None if it is."""
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
    domain, mine = stage.suite.domain, stage.environment.roles
    roles = [domain.roles[name] for name in mine if name in domain.roles]
    if stage.suite.party:
        fits = stage.suite.party in mine
    elif case.role == "consumer":
        fits = any(case.contract in role.consumes for role in roles)
    else:
        fits = any(case.contract in role.produces for role in roles)
    if fits:
        return None
    does = Text("skickar", "send") if case.role == "consumer" else Text("tar emot", "receive")
    played = ", ".join(mine)
    return Text(
        f"Systemet provas som {played}, som inte {does.sv} detta.",
        f"The system is tested as {played}, which does not {does.en} this.",
    )


def _lacking(case: Case, stage: Stage) -> Text | None:
    for precondition in (stage.suite.domain.preconditions[needed] for needed in case.requires):
        missing = [name for name in precondition.data if not _has(stage.environment.test_data, name)]
        if missing:
            return _missing_data(precondition.text, missing)
    return None


def _has(data: Mapping[str, Value], dotted: str) -> bool:
    found: Value = dict(data)
    for part in dotted.split("."):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return found not in (None, "")


def _missing_data(needs: Text, missing: list[str]) -> Text:
    names = ", ".join(missing)
    return Text(
        f"Kräver: {needs.sv} Saknas i miljöns test-data: {names}.",
        f"Requires: {needs.en} Missing in the environment's test-data: {names}.",
    )


def _nobody_there(case: Case, stage: Stage) -> Text | None:
    """Why a case in which the system must act by itself would only be waited for in vain."""
    if all(isinstance(step, Send) for step in case.steps):
        return None
    if stage.counterpart is None and waits_for_calls(case):
        return Text(
            "Systemet ska anropa oss, men miljön har ingen counterpart: som säger var vi lyssnar.",
            "The system is to call us, but the environment has no counterpart: that says where we listen.",
        )
    if stage.actor is None:
        return Text(
            "Någon måste få systemet att göra sin del: ange adapter: i miljön, eller prova för hand med rivta serve.",
            "Somebody must make the system do its part: name an adapter: in the environment, or test by hand with rivta serve.",
        )
    return None


def waits_for_calls(case: Case) -> bool:
    """Whether the system calls us in this case."""
    return any(not isinstance(step, Send | Ask) for step in case.steps)
