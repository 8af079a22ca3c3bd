"""From files to test items. A typo in a suite stops here, with file, line and caret; nothing has been sent then."""

from collections.abc import Generator, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from rivta import contract, evidence, identity, suite
from rivta.check import vocabulary
from rivta.errors import Mistakes, RivtaError, UsageError, did_you_mean
from rivta.model import Case, CaseResult, Domain, Suite, Verdict
from rivta.plugin import explain
from rivta.plugin.options import Selection, domain_folder, selection
from rivta.plugin.stage import CAMPAIGN, RESULT, Campaign, Deviates, Hindered
from rivta.run import run_case


@cache
def _domain(folder: Path) -> Domain:
    return contract.read_domain(folder)


class SuiteFile(pytest.File):
    """One YAML file of cases."""

    def collect(self) -> Iterator[pytest.Item]:
        """Read the file and yield its cases. Every mistake in it is raised at once."""
        read = read_suite(self.path, self.config)
        for case in read.cases:
            yield CaseItem.from_parent(self, name=f"{case.id} {case.title.en}", case=case, suite=read)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        """Our errors are for people: no traceback."""
        if isinstance(excinfo.value, RivtaError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))


def read_suite(path: Path, config: pytest.Config) -> Suite:
    """A suite as this run sees it: with the environment's test data, and the environment held against the domain."""
    folder = domain_folder(path)
    if folder is None:
        raise UsageError(
            f"{path}: no domain.yaml belongs to this file", todo="a suite lies in suites/<domain>/<Contract>/"
        )
    campaign = config.stash.get(CAMPAIGN, None)
    return suite.read(path, _domain(folder), vocabulary(), campaign.environment.test_data if campaign else None)


class CaseItem(pytest.Item):
    """One case as a test.

    The exchanges happen in `setup`, so that what hindered the case, or broke on our side, is an *error* to pytest and to
    JUnit, and only the system's own deviation is a *failure*.
    """

    def __init__(self, *, case: Case, suite: Suite, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.suite = suite
        self.user_properties += [
            ("contract", case.contract),
            ("title", case.title.en),
            *(("requirement", id_) for id_ in case.verifies),
        ]
        for marker in case.markers:
            self.config.addinivalue_line("markers", f"{marker}: a marker of a rivta suite")
            self.add_marker(getattr(pytest.mark, marker))

    def setup(self) -> None:
        """Play the case. Its result goes home with pytest's report of this phase."""
        result = run_case(self.case, self.campaign.stage(self.suite))
        self.stash[RESULT] = result
        if result.verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_PROVEN, Verdict.MANUAL):
            pytest.skip(result.reason.en if result.reason else "nothing was checked, so nothing is proven")
        if result.verdict in (Verdict.BLOCKED, Verdict.ERROR):
            raise Hindered(self._explained(result))

    def runtest(self) -> None:
        """Fail if the system deviates."""
        result = self.stash[RESULT]
        if result.verdict is Verdict.FAILED:
            raise Deviates(self._explained(result))

    @property
    def campaign(self) -> Campaign:
        """The run that this case belongs to."""
        return self.config.stash[CAMPAIGN]

    def _explained(self, result: CaseResult) -> str:
        mask = identity.Mask(self.campaign.mask_key, self.campaign.environment.test_identities)
        return explain.case(result, self.case, self.suite.domain, mask.text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """The cause in one look, instead of a traceback through our code."""
        if isinstance(excinfo.value, Deviates | Hindered | RivtaError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands, for the terminal and for JUnit."""
        return self.path, self.case.source.line - 1, self.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give pytest's report of a played case its line of evidence: that is how it travels from a worker."""
    report = yield
    if report.when == "setup" and isinstance(item, CaseItem) and RESULT in item.stash:
        result = item.stash[RESULT]
        store = partial(evidence.store, item.campaign.folder, secrets=item.campaign.environment.secrets)
        vars(report)["rivta"] = evidence.to_line(result, store)
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what was asked for. A name that no case has is a mistake in the command, not an empty run."""
    wanted = selection(config)
    cases = [item for item in items if isinstance(item, CaseItem)]
    _refuse_unknown(wanted, cases)
    dropped = [item for item in cases if not _fits(item, wanted)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        gone = set(dropped)
        items[:] = [item for item in items if item not in gone]


def _fits(item: CaseItem, wanted: Selection) -> bool:
    case = item.case
    return (
        (not wanted.contracts or case.contract in wanted.contracts)
        and (not wanted.cases or case.id in wanted.cases)
        and (not wanted.requirements or not wanted.requirements.isdisjoint(_proves(item)))
    )


def _proves(item: CaseItem) -> set[str]:
    steps, every_case = item.case.steps, item.suite.domain.every_case
    written = {id_ for step in steps for each in step.expect for id_ in each.verifies}
    unwritten = {id_ for step in steps for kind, id_ in every_case.items() if kind not in step.off}
    return {*item.case.verifies, *written, *unwritten}


def _refuse_unknown(wanted: Selection, items: list[CaseItem]) -> None:
    known = {
        "contract": (wanted.contracts, {item.case.contract for item in items}),
        "case": (wanted.cases, {item.case.id for item in items}),
        "requirement": (wanted.requirements, {id_ for item in items for id_ in _proves(item)}),
    }
    mistakes = [
        UsageError(f"no case here has the {what} “{name}”", todo=did_you_mean(name, there))
        for what, (names, there) in known.items()
        for name in sorted(names - there)
    ]
    if mistakes:
        raise pytest.UsageError(str(mistakes[0] if len(mistakes) == 1 else Mistakes(mistakes)))
