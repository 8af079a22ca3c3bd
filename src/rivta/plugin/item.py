"""A case as a test of pytest's: played in its setup, judged in its test, told in its report."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from rivta import evidence
from rivta.declaration import deviations
from rivta.declaration.causes import alike
from rivta.model.case import Case, Suite
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.errors import Unwritable, hindrance
from rivta.model.run import CaseResult, superseded
from rivta.model.words import Verdict
from rivta.plugin import explain
from rivta.plugin.explain import Explanation
from rivta.plugin.options import is_worker
from rivta.plugin.stage import CAMPAIGN, Campaign

CONTRACTS: pytest.StashKey[Contracts[Contract]] = pytest.StashKey()
"""The contracts of everything that was collected: what people call them in this run."""


class CaseItem(pytest.Item):
    """One case as a test.

    The exchanges happen in `setup`, so that what hindered the case, or broke on our side, is an *error* to pytest and to
    JUnit, and only the system's own deviation is a *failure*.
    """

    def __init__(self, *, case: Case, suite: Suite, title: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.suite = suite
        self.results: tuple[CaseResult, ...] = ()
        """What it came to, each attempt that a recording has of it; of one that was played, one, or two where it was red beside others."""
        self.why: Explanation | None = None
        """Why it is red: the system deviates, the environment stood in the way, or something of ours broke."""
        self.user_properties += [
            ("contract", suite.called(case.contract)),
            ("title", title),
            *(("requirement", id_) for id_ in case.written),
        ]
        for marker in case.markers:
            self.config.addinivalue_line("markers", f"{marker}: a marker of a rivta suite")
            self.add_marker(getattr(pytest.mark, marker))

    def setup(self) -> None:
        """Play the case. Its results go home with pytest's report of this phase."""
        self.results = self.campaign.play(self.case, self.suite)
        result = self.result
        if result.verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_PROVEN, Verdict.MANUAL):
            reason = self.result.reason
            pytest.skip(self.campaign.clean(reason.en) if reason else "nothing was checked, so nothing is proven")
        if result.verdict in (Verdict.BLOCKED, Verdict.ERROR):
            self._turn_red()

    def runtest(self) -> None:
        """Fail if the system deviates. A known deviation is expected to fail: JUnit shows it as skipped, with its reason."""
        if self.result.verdict is not Verdict.FAILED:
            return
        campaign, contracts = self.campaign, self.config.stash[CONTRACTS]
        result = evidence.in_words(self.result, contracts)
        today = campaign.clock.now().date()
        known = deviations.in_words(campaign.known, contracts)
        excuse = deviations.excuse(result, known, campaign.environment.system, today, strict=campaign.strict)
        if excuse:
            pytest.xfail(campaign.clean(excuse))
        self._turn_red()

    @property
    def campaign(self) -> Campaign:
        return self.config.stash[CAMPAIGN]

    @property
    def result(self) -> CaseResult:
        """What the case came to: of several attempts that count the worst."""
        gone = superseded(self.results)
        return max((each for each in self.results if id(each) not in gone), key=lambda each: each.verdict)

    @property
    def key(self) -> str:
        return self.campaign.clean(evidence.in_words(self.result, self.config.stash[CONTRACTS]).key)

    def _turn_red(self) -> NoReturn:
        """Fail without a traceback: it would lead through our code, and costs pytest more than playing the case."""
        campaign = self.campaign
        self.why = explain.case(self.result, self.case, self.suite, campaign.environment.test_data, campaign.clean)
        pytest.fail(self.why.message, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands, for the terminal and for JUnit."""
        return self.path, self.case.source.line - 1, self.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give pytest's report of a played case its evidence, a line an attempt: that is how it travels from a worker, in one text, for
    pytest-xdist takes its time for each value.

    And put the whole cause of a red case, or the place of a skipped one, where pytest has a line or our code.
    """
    report = yield
    if not isinstance(item, CaseItem):
        return report
    vars(report)["rivta_hindrance"] = hindrance(call.excinfo.value) if call.excinfo else ""
    if item.results:
        if report.when == "setup":
            _give_evidence(item, report)
        if call.excinfo is not None:
            _tell_cause(item, report, call.excinfo.value)
    return report


def _give_evidence(item: CaseItem, report: pytest.TestReport) -> None:
    """A line for each attempt of a played case, its bodies stored, but for what is written already."""
    campaign = item.campaign
    kept = campaign.overlap.kept if campaign.overlap else ()
    try:
        lines = [campaign.line(each) for each in item.results if id(each) not in kept]
        vars(report)["rivta"] = json.dumps(lines) if is_worker(item.config) else lines
    except Unwritable as trouble:
        vars(report)["rivta_hindrance"] = str(trouble)


def _tell_cause(item: CaseItem, report: pytest.TestReport, outcome: BaseException) -> None:
    if isinstance(outcome, pytest.fail.Exception) and item.why is not None:
        report.longrepr = item.why.text
        # Its key, what it has in common with others, and its cause in a line.
        in_common = item.campaign.clean(alike(item.result, item.result.verdict))
        vars(report)["rivta_red"] = (item.key, in_common, item.why.message)
    elif isinstance(outcome, pytest.skip.Exception):
        report.longrepr = (str(item.path), item.case.source.line, f"Skipped: {outcome}")
        vars(report)["rivta_skipped"] = (item.key, str(outcome))
