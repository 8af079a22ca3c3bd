"""The controller's part: evidence line by line, the report at the end, and an exit code that can be trusted."""

import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, NoReturn

import pytest

from rivta import __version__, evidence
from rivta.declaration import deviations
from rivta.model.case import Case, Suite
from rivta.model.clock import written
from rivta.model.declaration import SortedDeviations
from rivta.model.domain import Domain
from rivta.model.errors import RivtaError, Unwritable, hindrance
from rivta.model.run import MOST_STRAYS, CaseResult, Run, RunFooter, RunHeader
from rivta.model.words import Verdict
from rivta.plugin import once, otherparty, summary
from rivta.plugin.collect import choice, to_play
from rivta.plugin.explain import Explanation
from rivta.plugin.item import CaseItem
from rivta.plugin.options import is_case_file, is_worker
from rivta.plugin.replacing import ReplacedRun
from rivta.plugin.stage import CAMPAIGN, Campaign, check_forms, check_papers
from rivta.plugin.steps import CONTROLS
from rivta.plugin.summary import RunEnd, counted
from rivta.plugin.workers import planned_by
from rivta.run import replay_strays
from rivta.run.opening import Began, header_of
from rivta.run.overlap import alone
from rivta.run.preflight import explored, needs, preflight
from rivta.run.replay import as_replayed
from rivta.text.catalogue import text
from rivta.text.yaml.compose import shown_as

EXIT = {"conforms": 0, "deviates": 1, "error": 3, "usage": 4, "nothing": 5, "environment": 6}
"""Exit codes of a run. 2 is pytest's own: interrupted. docs/exit-codes.md explains them."""


def begin(config: pytest.Config) -> None:
    """Start recording in the process that sees every result."""
    campaign = config.stash[CAMPAIGN]
    if not is_worker(config) and not config.getoption("collectonly"):
        told = once.Once(config)
        recorder = Recorder(config, campaign, told)
        try:
            check_papers(campaign)
            if recorder.replaced is not None:
                recorder.replaced.set_aside()
        except RivtaError as mistake:
            raise pytest.UsageError(str(mistake)) from None
        config.add_cleanup(recorder.put_back)
        config.pluginmanager.register(recorder, "rivta-recorder")
        config.pluginmanager.register(told, "rivta-once")


class Recorder:
    """Writes the evidence of one run. Registered only where results arrive, and only when something is run."""

    def __init__(self, config: pytest.Config, campaign: Campaign, told: once.Once) -> None:
        self.config = config
        self.once = told
        self.campaign = campaign
        self.writer: evidence.EvidenceWriter | None = None
        self.began = Began(campaign.clock)
        self.suites: Path | None = None
        self.verdicts: Counter[Verdict] = Counter()
        self.failures = 0
        self.told: set[str] = set()
        self.broken_collection = False
        self.is_collected = False
        self.refused = ""
        self.broke = False
        self.domains: tuple[Domain, ...] = ()
        self.strays: list[evidence.Line] = []
        self.more_strays = 0
        self.paths: tuple[str, ...] = ()
        self.broken_report = ""
        self.hindrance = ""
        self.is_hindered = False
        self.is_stopped = False
        self.replaced = ReplacedRun(campaign.folder, campaign.clock) if config.getoption("rivta_replace") else None
        self.hold = ExitStack()
        self.end: RunEnd | None = None

    def put_back(self) -> None:
        """Where a word or a file was wrong, nothing was begun: the run that was to be replaced is as it was."""
        has_begun = self.writer is not None or self.is_stopped or self.is_hindered or self.hindrance
        if self.replaced is not None and not has_begun:
            self.replaced.put_back()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Somebody stopped the run. JUnit's file, which knows only what was played, says so too.

        Where pytest or pytest-xdist stop it for reasons of their own, these are of types of their own.
        """
        if excinfo.type in (KeyboardInterrupt, pytest.exit.Exception):
            self.is_stopped = True
            self.once.error("interrupted", f"the run was stopped when {self.verdicts.total()} cases had been played")

    def pytest_report_header(self) -> list[str]:
        """Who is tested, as what, with which environment file."""
        environment = self.campaign.environment
        system = environment.system
        tested = f"{system.product} {system.version} ({system.organisation}) as {', '.join(environment.roles)}"
        return [
            f"rivta {__version__}: {self.campaign.clean(tested).translate(CONTROLS)}",
            f"rivta evidence: {shown_as(self.campaign.folder)}",
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
        if self.writer is None and not self.broken_collection and (planned := planned_by(ids, self.config)):
            to_play(self.config, [suite for suite, _ in planned])
            self._open(planned)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """With pytest-xdist a worker that refuses to run anything says why when it is done; others hand in stray calls."""
        handed_in = getattr(node, "workeroutput", {})
        self.refused = handed_in.get("rivta_refused", "") or self.refused
        self.strays += handed_in.get("rivta_strays", [])
        self.more_strays += handed_in.get("rivta_more_strays", 0)

    def _open(self, planned: list[tuple[Suite, Case]]) -> None:
        self.domains = tuple({suite.domain.folder: suite.domain for suite, _ in planned}.values())
        try:
            check_forms(self.campaign, self.domains)
        except RivtaError as mistake:
            raise pytest.UsageError(str(mistake)) from None
        self._preflight(planned)
        try:
            self._begin_evidence(planned)
        except Unwritable as trouble:
            self.hold.close()
            self._stop(str(trouble))
        except RivtaError as mistake:
            self.hold.close()
            raise pytest.UsageError(str(mistake)) from None

    def _begin_evidence(self, planned: list[tuple[Suite, Case]]) -> None:
        folder = self.campaign.folder
        if folder.is_dir() or not folder.exists():  # what it is otherwise, the writer says
            self.hold.enter_context(evidence.held(folder))
        if self.replaced is not None:
            self.replaced.clear()
        secrets, replaces = self.campaign.environment.secrets, self.replaced is not None
        self.writer = evidence.EvidenceWriter(folder, replace=replaces, secrets=secrets)
        self.writer.header(self._header(planned))
        if self.campaign.overlap is not None:
            self.campaign.overlap.keep = self._keep
            for said in alone((case, self.campaign.stage(suite)) for suite, case in planned):
                self._tell(f"overlap: {said.en}", red=False)
        self.suites = planned[0][0].domain.folder.parent
        self.paths = tuple(dict.fromkeys(str(suite.path) for suite, _ in planned))

    def _preflight(self, planned: list[tuple[Suite, Case]]) -> None:
        """What surrounds the system, before anything of it is judged. What stands in the way ends the run before it is one."""
        campaign, option = self.campaign, self.config.getoption
        is_refused = (campaign.folder / evidence.FILE).exists() and self.replaced is None
        if is_refused or campaign.recording is not None or option("rivta_no_preflight"):
            return
        staged = [(case, campaign.stage(suite)) for suite, case in planned]
        calls, received = needs(staged)
        said: list[str] = []
        apis = explored(staged)
        for tried in preflight(campaign.environment, calls, received, campaign.folder, clock=campaign.clock, apis=apis):
            line = campaign.clean(f"preflight: {tried.what}: {tried.said.en}")
            said += [line] if tried.state == "failed" else []
            if tried.state != "ok":
                self._tell(line, red=tried.state == "failed")
        if said:
            self._tell(f"preflight: {text('preflight', 'stopped').en}", red=True)
            self._not_played("\n".join(said))

    def _not_played(self, why: str) -> NoReturn:
        """JUnit's file says why nothing was played and, where a run was to be replaced, so does a note in its place."""
        self.once.error("preflight", why.translate(CONTROLS))
        if self.replaced is not None:
            self.replaced.note(why)
        self._interrupt("the environment stands in the way")

    def _interrupt(self, why: str) -> NoReturn:
        """End the session. `pytest.exit` would tell it in the name of a module of pytest's own."""
        self.is_hindered = True
        raise pytest.Session.Interrupted(why)

    def _tell(self, line: str, *, red: bool | None = None) -> None:
        """A line in the terminal, red, yellow, or without a colour."""
        terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.ensure_newline()
            terminal.write_line(self.campaign.clean(line), red=red is True, yellow=red is False)

    def _stop(self, hindrance: str) -> NoReturn:
        """Nothing more can be kept, so there is no use in playing on."""
        self._hindered(hindrance)
        self._interrupt("the evidence cannot be written")

    def _hindered(self, hindrance: str) -> None:
        """Tell once what this computer stood in the way with; where the folder is gone, that and where everything is now."""
        if self.hindrance:
            return
        try:
            if self.writer is not None:
                self.writer.demand_place()
        except Unwritable as gone:
            hindrance = str(gone)
        self.hindrance = hindrance
        self._tell(f"ERROR: {hindrance}", red=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool | None:
        """What pytest takes for a mistake of its own may be that there is no more room, or are no more files."""
        if told := hindrance(excinfo.value):
            self._hindered(told)
        return bool(told) or None

    def _header(self, planned: list[tuple[Suite, Case]]) -> RunHeader:
        campaign = self.campaign
        header = header_of(campaign.environment, campaign.run, campaign.mask_key, planned, campaign.clock)
        header = replace(header, samples=choice(self.config).tried(planned))
        return header if campaign.recording is None else as_replayed(header, campaign.recording)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A case has been played: its line goes to disk at once, before anybody shows it."""
        sent: str | list[evidence.Line] = getattr(report, "rivta", [])
        lines: list[evidence.Line] = json.loads(sent) if isinstance(sent, str) else sent
        if self.campaign.recording is not None and lines:  # however often it is tried again, a recording says it once
            lines = [] if report.nodeid in self.told else lines
            self.told.add(report.nodeid)
        red = getattr(report, "rivta_red", None)
        self.failures += report.failed
        if red is not None:
            vars(report)["longrepr"] = Explanation(red[2], str(report.longrepr))
        elif report.failed:
            self.broke |= is_case_file(self.config.rootpath / report.nodeid.split("::", 1)[0])
        if told := getattr(report, "rivta_hindrance", ""):
            self._stop(told)
        try:
            for line in lines if self.writer else ():
                self._append(line)
        except Unwritable as trouble:
            self._stop(str(trouble))

    def _keep(self, result: CaseResult) -> None:
        """A case is over before its turn to be reported: its line goes to disk all the same."""
        try:
            self._append(self.campaign.line(result))
        except Unwritable as trouble:
            self._stop(str(trouble))

    def _append(self, line: evidence.Line) -> None:
        assert self.writer is not None  # noqa: S101 - asked for only when there is one
        self.writer.append(line)
        self.verdicts[Verdict[str(line["verdict"])]] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Close the evidence, draw up the report, and say by the exit code whose turn it is."""
        if self.refused:
            session.exitstatus = EXIT["usage"]
        self.is_stopped |= exitstatus in (pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.INTERNAL_ERROR)
        if self.writer is not None:
            with self.hold, self.writer:
                self._end(self.writer, session, exitstatus)
        if self.hindrance or self.is_hindered:
            session.exitstatus = EXIT["environment"]

    def _end(self, writer: evidence.EvidenceWriter, session: pytest.Session, exitstatus: int) -> None:
        """The last lines and the report, whatever of it is possible."""
        has_ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or self._was_to_stop_here()
        recording = self.campaign.recording
        is_whole = recording is None or recording.footer is not None
        try:
            if not self.hindrance:
                self._write_last(writer, is_over=has_ended and is_whole)
                run, is_over = evidence.read(self.campaign.folder), has_ended and is_whole
                self.end = self._over(run, session) if is_over else self._cut_short(run, session, has_ended=has_ended)
        except (RivtaError, OSError) as trouble:
            if told := hindrance(trouble):
                self._hindered(told)
            self.broken_report = str(trouble)
            session.exitstatus = EXIT["usage"]
        except KeyboardInterrupt:
            self.broken_report = "the report was interrupted"
        except Exception as broken:  # noqa: BLE001 - whatever breaks here is our fault, and the evidence is safe
            self.broken_report = f"the report broke ({type(broken).__name__}: {broken}), which is our fault"
            session.exitstatus = EXIT["error"]

    def _write_last(self, writer: evidence.EvidenceWriter, *, is_over: bool) -> None:
        """What is known at the end alone; the footer says that the run ended by itself."""
        self._write_strays(writer)
        self._write_notes(writer)
        if jump := self.began.jump():
            writer.write(jump)
        if is_over:
            verdicts = {verdict.name: count for verdict, count in self.verdicts.items()}
            writer.write(RunFooter(written(self.campaign.clock.now()), verdicts))

    def _over(self, run: Run, session: pytest.Session) -> RunEnd:
        found = deviations.sort(run, self.campaign.known)
        outcome = deviations.outcome(run, found, strict=self.campaign.strict)
        session.exitstatus = self._code(EXIT[outcome])
        return self._drawn_up(run, outcome, found)

    def _cut_short(self, run: Run, session: pytest.Session, *, has_ended: bool) -> RunEnd:
        """A run that was stopped, or one that `has_ended` and plays such a one again."""
        if has_ended:
            self._tell("the recorded run was cut short: its replay is no whole run either", red=False)
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        else:  # whoever stopped a run sees what is still done, and may stop that too
            self._tell(f"stopped after {counted(run)}; the report is drawn up (Ctrl-C leaves it out) …")
        return self._drawn_up(run, "interrupted", None)

    def _write_strays(self, writer: evidence.EvidenceWriter) -> None:
        """Calls that no case asked for are evidence too, in however many processes they came."""
        campaign = self.campaign
        if campaign.recording is not None:
            strays = replay_strays(campaign.recording, self.domains)
            self.strays += otherparty.lines_of(strays, campaign.bodies)
        elif campaign.other_party is not None:
            lines, more = otherparty.strays(campaign.other_party, campaign.bodies)
            self.strays += lines
            self.more_strays += more
        otherparty.gather(campaign.folder)
        for line in self.strays[:MOST_STRAYS]:
            writer.append(line)
        self.more_strays += len(self.strays[MOST_STRAYS:])

    def _write_notes(self, writer: evidence.EvidenceWriter) -> None:
        """What people had to say of a recorded run's cases belongs to its replay too."""
        recording = self.campaign.recording
        here = {PurePath(path).parts[-2:]: path for path in self.paths}
        for note in recording.notes if recording else ():
            writer.write(replace(note, suite=here.get(PurePath(note.suite).parts[-2:], note.suite)))

    def _drawn_up(self, run: Run, outcome: str, found: SortedDeviations | None) -> RunEnd:
        """The report, from the evidence and from what people wrote, which is kept beside it."""
        from rivta.report.formats import drawn_up  # noqa: PLC0415 - the first request must not wait for the report's libraries

        papers, lang, is_over = self.campaign.papers, self.config.getoption("rivta_lang"), found is not None
        drawn = drawn_up(run, papers, lang, suites=self.suites, read=self.domains, is_over=is_over)
        return RunEnd(drawn.declaration, run.folder / "declaration.html", outcome, found, self.more_strays)

    def _was_to_stop_here(self) -> bool:
        """Whether -x or --maxfail ended the run. pytest-xdist calls that an interruption; without it pytest does not."""
        most: int = self.config.getoption("maxfail") or 0
        return 0 < most <= self.failures

    def _code(self, outcome: int) -> int:
        """The exit code of the run, with what else is red in the session."""
        if self.broke:
            return EXIT["error"]
        has_foreign_failure = self.failures > 0 and outcome in (EXIT["conforms"], EXIT["nothing"])
        return EXIT["deviates"] if has_foreign_failure else outcome

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # pytest 8.2 has no public name for its type
        """What stood in the way of the report, and what the run came to."""
        if self.refused:
            terminalreporter.write_line(f"ERROR: {self.refused}", red=True)
        if self.broken_report:
            trouble = f"ERROR: {self.broken_report}. The evidence is kept; `rivta report` can try again."
            terminalreporter.write_line(trouble, red=True)
        if self.end is not None:
            summary.tell(terminalreporter, self.end, self.campaign)
