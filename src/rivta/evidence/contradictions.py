"""What the lines of a run say against one another: sums that are right say nothing of what was written before they were made."""

from collections.abc import Iterator

from rivta.evidence.seal import EVIDENCE, Statement
from rivta.model.run import CaseResult, Run
from rivta.model.words import Text, Verdict
from rivta.text.catalogue import text

_GOOD = (Verdict.PASSED, Verdict.NOT_APPLICABLE)


def contradictions(run: Run, *, has_manifest: bool) -> Iterator[Statement]:
    """Each contradiction in one sentence; none in a run as the program wrote it, ended by itself.

    `has_manifest` says whether the run's own manifest lies beside the evidence: a run that ends by itself leaves one.
    """
    yield from (Statement("evidence-damaged", EVIDENCE, {"what": Text.same(damage)}) for damage in run.damage)
    if run.footer is None:
        yield Statement("footer-none", EVIDENCE)
    elif not has_manifest:
        yield Statement("manifest-gone", EVIDENCE)
    for result in run.results:
        yield from _of_case(result)


def _of_case(result: CaseResult) -> Iterator[Statement]:
    for check in result.checks:
        if check.findings and check.verdict in _GOOD:
            yield Statement("verdict-with-findings", result.key, {"kind": check.kind, "verdict": _word(check.verdict)})
    worst = max((check.verdict for check in result.checks), default=Verdict.PASSED)
    if result.verdict in _GOOD and worst is Verdict.FAILED:
        yield Statement("verdict-too-good", result.key, {"verdict": _word(result.verdict), "worst": _word(worst)})


def _word(verdict: Verdict) -> Text:
    return text("seal", f"verdict-{verdict.name.lower().replace('_', '-')}")
