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
from rivta.plugin.options import is_worker
from rivta.plugin.stage import CAMPAIGN, RESULTS, WHY, Campaign

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
        self.stash[RESULTS] = self.campaign.play(self.case, self.suite)
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
        attempts = self.stash[RESULTS]
        gone = superseded(attempts)
        return max((each for each in attempts if id(each) not in gone), key=lambda each: each.verdict)

    @property
    def key(self) -> str:
        return self.campaign.clean(evidence.in_words(self.result, self.config.stash[CONTRACTS]).key)

    def _turn_red(self) -> NoReturn:
        """Fail without a traceback: it would lead through our code, and costs pytest more than playing the case."""
        campaign = self.campaign
        why = explain.case(self.result, self.case, self.suite, campaign.environment.test_data, campaign.clean)
        self.stash[WHY] = why
        pytest.fail(why.message, pytrace=False)

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
    if RESULTS not in item.stash:
        return report
    if report.when == "setup":
        try:
            lines = _lines(item)
            vars(report)["rivta"] = json.dumps(lines) if is_worker(item.config) else lines
        except Unwritable as trouble:
            vars(report)["rivta_hindrance"] = str(trouble)
    if call.excinfo is not None and isinstance(call.excinfo.value, pytest.fail.Exception) and WHY in item.stash:
        report.longrepr = item.stash[WHY].text
        # Its key, what it has in common with others, and its cause in a line.
        in_common = item.campaign.clean(alike(item.result, item.result.verdict))
        vars(report)["rivta_red"] = (item.key, in_common, item.stash[WHY].message)
    elif call.excinfo is not None and isinstance(call.excinfo.value, pytest.skip.Exception):
        report.longrepr = (str(item.path), item.case.source.line, f"Skipped: {call.excinfo.value}")
        vars(report)["rivta_skipped"] = (item.key, str(call.excinfo.value))
    return report


def _lines(item: CaseItem) -> list[evidence.Line]:
    """The evidence of a played case, its bodies stored, but for what is written already."""
    campaign = item.campaign
    kept = campaign.overlap.kept if campaign.overlap else ()
    return [campaign.line(each) for each in item.stash[RESULTS] if id(each) not in kept]
