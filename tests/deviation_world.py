"""Runs of a few cases and files of known deviations, for the tests of what is known, of what changed and of the reports."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import report_sample as sample
from rivta.model.declaration import KnownDeviation
from rivta.model.run import CaseResult, Run, RunFooter
from rivta.model.words import Source, Text, Verdict

GENERAL, POSTAL, UNKNOWN = "GEN-VALIDATION", "PR-S-postalCode", "ERR-PR001"


def case(id_: str, *verdicts: tuple[Verdict, tuple[str, ...]], verdict: Verdict | None = None) -> CaseResult:
    """A case of ProcessRequest with one check for each verdict and what it verifies."""
    checks = tuple(sample.result_check(each, verifies, "ERROR", "OK") for each, verifies in verdicts)
    verifies = tuple(dict.fromkeys(id_ for _, ids in verdicts for id_ in ids)) or (POSTAL,)
    made = sample.case(id_, Text.same(f"Case {id_}"), verifies, checks, (sample.exchange(1, b"<a/>", 12.0),))
    return made if verdict is None else replace(made, verdict=verdict)


def run(cases: Iterable[CaseResult], *, planned: Iterable[CaseResult] = (), version: str = "4.2.1") -> Run:
    """A whole run of these cases; `planned` are further ones that it did not come to."""
    done = tuple(cases)
    header = sample.header((*done, *planned))
    requirements = (*sample.REQUIREMENTS, sample.requirement(GENERAL, "Fel avvisas", "Errors are refused"))
    domain = replace(sample.DOMAIN_FACTS, requirements=requirements)
    header = replace(header, domains=(domain,), system=replace(header.system, version=version))
    counted = Counter(result.verdict.name for result in done)
    return Run(Path("reports/some"), header, done, RunFooter(sample.CLOCK.format(59), dict(counted)))


def known(id_: str = "known", requirement: str = "", case: str = "", **changes: object) -> KnownDeviation:
    """A deviation that is approved, unless changed."""
    plain = KnownDeviation(id_, "approved", "It may stand.", requirement, case, source=Source("deviations.yaml", 2, 5))
    return replace(plain, **changes)  # type: ignore[arg-type]  # whatever the test names


def key_of(id_: str) -> str:
    """The key of one of these cases."""
    return f"ProcessRequest/{id_}"
