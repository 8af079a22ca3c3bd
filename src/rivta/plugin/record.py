"""The controller's part: evidence line by line, the report at the end, and an exit code that can be trusted."""

import os
import platform
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from rivta import __version__, declaration, evidence
from rivta.errors import RivtaError
from rivta.model import (
    Case,
    CaseResult,
    Contract,
    ContractFacts,
    Declaration,
    Domain,
    DomainFacts,
    Environment,
    PlannedCase,
    Run,
    RunFooter,
    RunHeader,
    Suite,
    Verdict,
)
from rivta.plugin.collect import CaseItem, read_suite
from rivta.plugin.explain import Explanation, shown
from rivta.plugin.options import is_case_file, language
from rivta.plugin.stage import CAMPAIGN, Campaign, is_worker
from rivta.report import html
from rivta.run import utc_now

EXIT = {"conforms": 0, "deviates": 1, "error": 3, "usage": 4, "nothing": 5, "environment": 6}
"""Exit codes of a run. 2 is pytest's own: interrupted. docs/exit-codes.md explains them."""


def begin(config: pytest.Config) -> None:
    """Start recording in the process that sees every result."""
    campaign = config.stash[CAMPAIGN]
    if not is_worker(config) and not config.getoption("collectonly"):
        config.pluginmanager.register(Recorder(config, campaign), "rivta-recorder")


class Recorder:
    """Writes the evidence of one run. Registered only where results arrive, and only when something is run."""

    def __init__(self, config: pytest.Config, campaign: Campaign) -> None:
        self.config = config
        self.campaign = campaign
        self.writer: evidence.Writer | None = None
        self.verdicts: Counter[Verdict] = Counter()
        self.failures = 0
        self.broken_collection = False
        self.is_collected = False
        self.refused = ""
        self.broke = False
        self.broken_report = ""
        self.declared: Declaration | None = None
        self.report: Path | None = None

    def pytest_report_header(self) -> list[str]:
        """Who is tested, as what, with which environment file."""
        environment = self.campaign.environment
        system = environment.system
        return [
            f"rivta {__version__}: {system.product} {system.version} ({system.organisation}) as {', '.join(environment.roles)}",
            f"rivta evidence: {shown(self.campaign.folder)}",
        ]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember that something could not be collected: pytest runs nothing then, unless told to."""
        self.broken_collection |= report.failed and not self.config.getoption("continue_on_collection_errors")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self) -> None:
        """Not reached when somebody before us refused what was asked for."""
        self.is_collected = True

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Open the evidence once it is known what is to be run. pytest says so in any case, also when it was refused."""
        planned = [(item.suite, item.case) for item in session.items if isinstance(item, CaseItem)]
        if planned and self.is_collected and not self.broken_collection:
            self._open(planned)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """With pytest-xdist the workers collect; the first of them to finish tells what is to be run."""
        if self.writer is None and not self.broken_collection and (planned := self._planned_from(ids)):
            self._open(planned)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """With pytest-xdist a worker that refuses to run anything says why when it is done."""
        self.refused = getattr(node, "workeroutput", {}).get("rivta_refused", "") or self.refused

    def _planned_from(self, ids: Iterable[str]) -> list[tuple[Suite, Case]]:
        wanted = set(ids)
        files = dict.fromkeys(id_.split("::", 1)[0] for id_ in wanted if "::" in id_)
        paths = {name: Path(os.path.normpath(self.config.rootpath / name)) for name in files}
        suites = {name: read_suite(path, self.config) for name, path in paths.items() if is_case_file(path)}
        return [
            (suite, case)
            for name, suite in suites.items()
            for case in suite.cases
            if f"{name}::{case.id} {case.title.en}" in wanted
        ]

    def _open(self, planned: list[tuple[Suite, Case]]) -> None:
        replace = bool(self.config.getoption("rivta_replace"))
        try:
            self.writer = evidence.Writer(
                self.campaign.folder, replace=replace, secrets=self.campaign.environment.secrets
            )
            self.writer.header(_header(self.campaign, planned))
        except RivtaError as mistake:
            raise pytest.UsageError(str(mistake)) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A case has been played: its line goes to disk at once, before anybody shows it."""
        line = getattr(report, "rivta", None)
        cause = getattr(report, "rivta_cause", None)
        self.failures += report.failed
        if cause is not None:
            vars(report)["longrepr"] = Explanation(cause, str(report.longrepr))
        elif report.failed:
            self.broke |= is_case_file(self.config.rootpath / report.nodeid.split("::", 1)[0])
        if line is not None and self.writer is not None:
            self._append(self.writer, line)

    def _append(self, writer: evidence.Writer, line: evidence.Line) -> None:
        self.verdicts[evidence.from_line(line).verdict] += 1
        try:
            writer.append(line)
        except OSError as error:
            pytest.exit(f"the evidence cannot be written: {error.strerror}", returncode=EXIT["environment"])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Close the evidence, draw up the report, and say by the exit code whose turn it is."""
        if self.refused:
            session.exitstatus = EXIT["usage"]
        if self.writer is None:
            return
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or self._was_to_stop_here()
        if ended:
            self.writer.footer(RunFooter(utc_now(), {verdict.name: count for verdict, count in self.verdicts.items()}))
        self.writer.close()
        run = evidence.read(self.campaign.folder)
        if ended:
            session.exitstatus = self._code(run.results)
        try:
            self._draw_up(run)
        except Exception as broken:  # noqa: BLE001 - whatever breaks here is our fault, and the evidence is safe
            self.broken_report = f"{type(broken).__name__}: {broken}"
            session.exitstatus = EXIT["error"]

    def _draw_up(self, run: Run) -> None:
        self.declared = declaration.of(run)
        report = self.campaign.folder / "declaration.html"
        report.write_bytes(html.render(self.declared, language(self.config)))
        self.report = report

    def _was_to_stop_here(self) -> bool:
        """Whether -x or --maxfail ended the run. pytest-xdist calls that an interruption; without it pytest does not."""
        most: int = self.config.getoption("maxfail") or 0
        return 0 < most <= self.failures

    def _code(self, results: Iterable[CaseResult]) -> int:
        outcome = EXIT[declaration.outcome(results)]
        if self.broke:
            return EXIT["error"]
        has_foreign_failure = self.failures > 0 and outcome in (EXIT["conforms"], EXIT["nothing"])
        return EXIT["deviates"] if has_foreign_failure else outcome

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """What the run came to, and where to read on. The reporter has no public name in pytest 8.2."""
        if self.refused:
            terminalreporter.write_line(f"ERROR: {self.refused}", red=True)
        if self.declared is None:
            return
        terminalreporter.section("rivta")
        results = self.declared.run.results
        for line in _summary(self.declared):
            terminalreporter.write_line(line)
        terminalreporter.write_line(
            f"{len(results)} of {len(self.declared.run.header.planned)} cases, outcome: {declaration.outcome(results)}"
        )
        terminalreporter.write_line(f"evidence  {shown(self.campaign.folder / 'evidence.jsonl')}")
        if self.report:
            terminalreporter.write_line(f"report    {shown(self.report)}")
        else:
            trouble = f"the report broke ({self.broken_report}); that is our fault, and `rivta report` can try again"
            terminalreporter.write_line(trouble, red=True)


def _summary(declared: Declaration) -> Iterable[str]:
    for name, rows in declared.rows.items():
        counted = Counter(row.verdict for row in rows)
        words = ", ".join(
            f"{counted[verdict]} {verdict.name.lower().replace('_', ' ')}" for verdict in Verdict if counted[verdict]
        )
        yield f"requirements of {name}: {words}"


def _header(campaign: Campaign, planned: list[tuple[Suite, Case]]) -> RunHeader:
    environment = campaign.environment
    suites = {str(suite.path): suite for suite, _ in planned}
    domains = {suite.domain.name: suite.domain for suite in suites.values()}
    return RunHeader(
        run=campaign.run,
        started=utc_now(),
        rivta=__version__,
        python=platform.python_version(),
        system=environment.system,
        roles=environment.roles,
        environment=_environment_facts(environment),
        domains=tuple(_domain_facts(domain) for domain in domains.values()),
        suites={path: suite.digest for path, suite in suites.items()},
        planned=tuple(_planned(suite, case) for suite, case in planned),
        test_identities=tuple(sorted(environment.test_identities)),
        mask_key=campaign.mask_key,
    )


def _planned(suite: Suite, case: Case) -> PlannedCase:
    return PlannedCase(case.id, case.title, case.contract, case.role, str(suite.path), case.verifies)


def _environment_facts(environment: Environment) -> dict[str, str]:
    facts = {
        f"endpoint {name}": f"{endpoint.url} ({endpoint.logical_address})"
        for name, endpoint in environment.endpoints.items()
    }
    facts["original consumer"] = environment.original_consumer
    facts["timeouts"] = f"connect {environment.connect_seconds:g} s, read {environment.read_seconds:g} s"
    tls = environment.tls
    named = (("certificate", tls.certificate), ("key", tls.key), ("ca", tls.ca))
    return facts | {f"tls {what}": path.name for what, path in named if path}


def _domain_facts(domain: Domain) -> DomainFacts:
    contracts = tuple(_contract_facts(contract) for contract in domain.contracts.values())
    return DomainFacts(domain.name, domain.version, domain.title, contracts, tuple(domain.requirements.values()))


def _contract_facts(contract: Contract) -> ContractFacts:
    return ContractFacts(
        domain=contract.domain,
        name=contract.name,
        version=contract.version,
        title=contract.title,
        origin=contract.origin,
        digest=contract.digest,
        soap_action=contract.soap_action,
        max_ms=contract.max_ms,
    )
