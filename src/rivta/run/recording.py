"""A run that is to be played again: read, refused if it does not hold, and case by case what it has.

A replay is a run with a seal of its own, so it must not be built on what somebody changed: that would make a new seal of it.
"""

from dataclasses import replace
from pathlib import Path

from rivta import evidence
from rivta.evidence import seal
from rivta.evidence.seal.verification import contradictions
from rivta.model.case import Case, Suite
from rivta.model.errors import UsageError
from rivta.model.run import CaseResult, Run, RunHeader

FACTOR = "time factor"
"""The name, in a run's header, of the fact by how much time was compressed."""


def read(place: Path) -> Run:
    """The run whose folder this is, its header saying what it is to a replay: which run, and by what it was sealed.

    UsageError if it is not as it was when it ended, or if any of it cannot be read. A run that was killed has no seal to hold
    it against; it can be played again, and its header says so.
    """
    run = evidence.read(place)
    sealed = seal.sealed_by(run.folder)
    found = contradictions(run, has_manifest=sealed is not None)
    broken = next((each.text.en for each in found if each.state == "changed"), "")
    if broken:
        raise UsageError(
            f"the run in {run.folder} cannot be played again, since not all of it holds: {broken}",
            todo=f"say: rivta verify {run.folder}",
        )
    told = {
        **run.header.environment,
        **{f"{change.name}, from {change.at}": change.after for change in run.header.changes},
        "replay of": run.header.run,
        "recording": f"sealed, {sealed.head}" if sealed else "not sealed: it did not end in good order",
    }
    return replace(run, header=replace(run.header, environment=told))


def as_replayed(header: RunHeader, recording: Run) -> RunHeader:
    """The header of a run that plays another again: what the system was reached by is the recorded run's."""
    told = recording.header
    return replace(
        header,
        system=told.system,
        environment=told.environment,
        test_identities=tuple(sorted({*header.test_identities, *told.test_identities})),
    )


def attempts(case: Case, suite: Suite, recording: Run) -> tuple[CaseResult, ...]:
    """Every time that the recording played the case, in order: the same id in the file of the same name, for the same contract."""
    contracts = recording.header.contracts
    likely = (each for each in recording.results if each.case == case.id and each.suite.endswith(suite.path.name))
    found = (evidence.by_identity(each, contracts) for each in likely)
    return tuple(each for each in found if each.contract == case.contract)


def factor(recording: Run) -> float:
    """By how much time was compressed."""
    try:
        return float(recording.header.environment.get(FACTOR, "1"))
    except ValueError:
        return 1.0
