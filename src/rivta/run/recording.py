"""A recorded run that is to be played again: read, and refused if it does not hold.

A replay is a run with a seal of its own, so it must not be built on what somebody changed.
"""

from dataclasses import replace
from pathlib import Path

from rivta import evidence
from rivta.evidence import seal
from rivta.evidence.seal.verification import contradictions
from rivta.model.errors import UsageError
from rivta.model.run import Run


def read(place: Path) -> Run:
    """The run whose folder this is, its header saying what it is to a replay: which run, and by what it was sealed.

    UsageError if it is not as it was when it ended, or if any of it cannot be read. A run that was killed has no seal to hold
    it against; it can be played again, and its header says so.
    """
    run = evidence.read(place)
    sealed = seal.sealed_by(run.folder)
    if sealed and sealed.of_kind("message") and "message" in seal.left_out(seal.run_folder(run.folder)):
        what = f"the run in {run.folder} cannot be played again: its messages were left out when it was packed"
        raise UsageError(what, todo="ask for a zip of it with its messages")
    _refuse_changed(run, has_manifest=sealed is not None)
    if run.results and all(each.load for each in run.results):
        what = f"the run in {run.folder} is a load: what came was counted, and not kept, so it cannot be played again"
        raise UsageError(what, todo=f"judge it anew by what was measured: rivta verify {run.folder} --again --env FILE")
    told = {
        **run.header.environment,
        **{f"{change.name}, from {change.at}": change.after for change in run.header.changes},
        "replay of": run.header.run,
        "recording": f"sealed, {sealed.head}" if sealed else "not sealed: it did not end in good order",
    }
    return replace(run, header=replace(run.header, environment=told))


def _refuse_changed(run: Run, *, has_manifest: bool) -> None:
    found = contradictions(run, has_manifest=has_manifest)
    broken = next((each.text.en for each in found if each.state == "changed"), "")
    if broken:
        what = f"the run in {run.folder} cannot be played again, since not all of it holds: {broken}"
        raise UsageError(what, todo=f"say: rivta verify {run.folder}")
