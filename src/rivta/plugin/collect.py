"""From files to test items. A typo in a suite stops here, with file, line and caret; nothing has been sent then."""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import astuple
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rivta import environment
from rivta.model.case import Suite
from rivta.model.domain import Domain, contracts_of
from rivta.model.environment import Environment
from rivta.model.errors import NotInstalled, RivtaError, Unwritable, UsageError, hindrance
from rivta.model.steps import Handshake
from rivta.plugin import otherparty
from rivta.plugin.asked import Chosen, Selection, fits, may_stand_in, refuse_unknown, resolved, selection
from rivta.plugin.item import CONTRACTS, CaseItem
from rivta.plugin.options import domain_folder, is_case_file, is_worker
from rivta.plugin.reading import read_in
from rivta.plugin.stage import CAMPAIGN
from rivta.run.samples import Choice, may_be_sample

_FILES: pytest.StashKey[list[Path]] = pytest.StashKey()
"""The files of cases that were found, whether or not anything was collected from them."""
_FOLDERS: pytest.StashKey[list[Path]] = pytest.StashKey()
"""Folders of domains that do not concern the system, which nobody looked into."""
_PASSED_OVER: pytest.StashKey[bool] = pytest.StashKey()
"""Whether any of them was passed over, since what was asked for cannot stand in it."""
_CHOICE: pytest.StashKey[Choice] = pytest.StashKey()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The folder of a domain, or of its scenarios, that does not concern the system: pytest takes its time for each folder and file in it."""
    folder = _domain_at(collection_path)
    if folder is None or _concerns(folder, config, config.stash[CAMPAIGN].environment):
        return None
    config.stash[_PASSED_OVER] = True
    config.stash.setdefault(_FOLDERS, []).append(collection_path)
    return True


def _domain_at(folder: Path) -> Path | None:
    """The domain whose suites, or whose scenarios, lie in a folder; None where it is neither's."""
    beside = folder.parent.parent / "suites" / folder.name
    at = (folder, beside) if folder.parent.name == "scenarios" else (folder,)
    return next((each for each in at if (each / "domain.yaml").is_file()), None)


def suite_file(path: Path, parent: pytest.Collector) -> pytest.File | None:
    """The file, if it may hold a case that was asked for: to pytest each one costs as much as a small case."""
    parent.config.stash.setdefault(_FILES, []).append(path)
    is_named = parent.session.isinitpath(path)  # then pytest itself would complain that nothing is in it
    return SuiteFile.from_parent(parent, path=path) if _is_wanted(path, parent.config) or is_named else None


def _is_wanted(path: Path, config: pytest.Config) -> bool:
    """Whether a file may hold what was asked for. What failed the last time pytest itself looks for in what is collected."""
    is_wanted = config.getoption("lf", False) or may_stand_in(path, selection(config))
    config.stash[_PASSED_OVER] = config.stash.get(_PASSED_OVER, False) or not is_wanted
    return is_wanted


class SuiteFile(pytest.File):
    """One YAML file of cases."""

    def collect(self) -> Iterator[pytest.Item]:
        """Read the file and yield its cases, if the system plays a role in its domain. Every mistake in it is raised at once.

        Without an environment cases can be listed but not run.
        """
        if CAMPAIGN not in self.config.stash and not self.config.getoption("collectonly"):
            todo = "add --rivta-env FILE; examples/ has one to start from"
            raise UsageError("suites need an environment that says whom to test", todo=todo)
        campaign = self.config.stash.get(CAMPAIGN, None)
        if not _is_wanted(self.path, self.config):
            return
        if campaign and not _concerns(domain_folder(self.path), self.config, campaign.environment):
            self.config.stash[_PASSED_OVER] = True
            return
        try:
            read = read_suite(self.path, self.config)
        except NotInstalled as lacking:
            pytest.skip(lacking.what)
        except (OSError, RivtaError) as trouble:
            if told := hindrance(trouble):
                gate: Any = self.config.pluginmanager.get_plugin("rivta-gate")
                gate.is_hindered = True
                raise Unwritable(told) from trouble
            raise
        for case in read.cases:
            name, title = (campaign.clean(text) if campaign else text for text in (case.id, case.title.en))
            yield CaseItem.from_parent(self, name=_sayable(f"{name} {title}"), case=case, suite=read, title=title)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:  # noqa: ARG002 - pytest's signature
        """Our errors are for people: no traceback."""
        if isinstance(excinfo.value, RivtaError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))


def _sayable(name: str) -> str:
    """A name as the system's encoding has it: pytest puts it into the process environment, which takes no other letters."""
    encoding = sys.getfilesystemencoding()
    return name.encode(encoding, "replace").decode(encoding)


def _concerns(folder: Path | None, config: pytest.Config, settings: Environment) -> bool:
    """Whether a domain has any of the system's roles; so has one that cannot be read, which is to be told. A package that lacks is told
    only where the system takes part in its domain, and not in another alone that has a role of the same name.
    """
    try:
        if folder is None:
            return True
        if not _speaks_of(folder, settings.roles):
            return False
        domain = read_in(config).domain(folder)
        if not domain.roles.keys() & {*settings.roles}:
            return False
        return not domain.lacks or environment.concerns(settings, domain, _namesakes(folder, config, settings))
    except UsageError:
        return True


def _namesakes(folder: Path, config: pytest.Config, settings: Environment) -> Iterator[Domain]:
    """The domains beside one that may have a role of the same name."""
    for path in folder.parent.glob("*/domain.yaml"):
        if _speaks_of(path.parent, settings.roles):
            yield read_in(config).domain(path.parent)


@cache
def _speaks_of(folder: Path, roles: tuple[str, ...]) -> bool:
    """Whether a domain's file has any of the roles as a word: to read it whole, with its schemas, takes a hundred times as long."""
    written = (folder / "domain.yaml").read_bytes()
    if b"roles:" not in written:
        return True
    named = [role for role in roles if role.encode() in written]
    text = written.decode(errors="replace") if named else ""
    return any(re.search(rf"(?<!\w){re.escape(role)}(?!\w)", text) for role in named)


def read_suite(path: Path, config: pytest.Config) -> Suite:
    """A suite as this run sees it: with the environment's test data, and the environment held against the domain."""
    folder = domain_folder(path)
    if folder is None:
        todo = "a suite lies in suites/<domain>/<Contract>/"
        raise UsageError(f"{path}: no domain.yaml belongs to this file", todo=todo)
    campaign = config.stash.get(CAMPAIGN, None)
    data = campaign.environment.test_data if campaign else None
    read = read_in(config).suite(path, folder, data)
    named = selection(config).cases
    if named and not any(may_be_sample(name, read) for name in named):
        return read  # nobody waits for schemas to be compiled that none of the cases wanted is made from
    return choice(config).with_samples(read, campaign.environment if campaign else None)


def choice(config: pytest.Config) -> Choice:
    """How samples are drawn in this run: as its recording has it, else as the command line says."""
    campaign = config.stash.get(CAMPAIGN, None)
    recorded = campaign.recording.header.samples if campaign and campaign.recording else None
    asked = Choice(config.getoption("rivta_seed"), config.getoption("rivta_all_samples"))
    return config.stash.setdefault(_CHOICE, Choice(recorded.seed, recorded.is_all) if recorded else asked)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what was asked for. A name that nothing has is a mistake in what was written, not an empty run."""
    wanted = selection(config)
    cases = [item for item in items if isinstance(item, CaseItem)]
    try:
        # What --lf has thinned out is there all the same: it has only not failed.
        is_thin = config.getoption("lf", False)
        there = _everything(config) if is_thin else [(item.suite, item.case) for item in cases]
        config.stash[CONTRACTS] = contracts_of(_domains(suite for suite, _ in there))
        settings, domains = config.stash[CAMPAIGN].environment, _domains(item.suite for item in cases)
        environment.check_against(settings, domains, lambda: read_in(config).found(_roots(config)))
        wanted = _chosen(config, wanted, there)
        _refuse_other_roles(config, wanted, cases)
    except UsageError as mistake:
        _refuse(config, items, str(mistake))
    dropped = [item for item in cases if not fits(item.suite, item.case, wanted)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        gone = set(dropped)
        items[:] = [item for item in items if item not in gone]


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is to be played is known."""
    read_in(session.config).keep()
    campaign, cases = session.config.stash[CAMPAIGN], [item for item in session.items if isinstance(item, CaseItem)]
    to_play(session.config, [item.suite for item in cases])
    if campaign.overlap is not None:
        campaign.overlap.plan((item.case, campaign.stage(item.suite)) for item in cases)


def to_play(config: pytest.Config, suites: list[Suite]) -> None:
    """Tell the other party whose contracts it is to answer for, when it comes to that."""
    party = config.stash[CAMPAIGN].other_party
    if party is not None:
        party.answers_for(lambda: (*_domains(suites), *_besides(config, suites)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Call and listen no longer. A pytest-xdist worker hands in what nobody asked for; the controller writes it."""
    campaign = session.config.stash[CAMPAIGN]
    if campaign.overlap is not None:
        campaign.overlap.stop()
    campaign.transport.close()
    if campaign.other_party is None:
        return
    campaign.other_party.hang_up()
    if is_worker(session.config):
        lines, more = otherparty.strays(campaign.other_party, campaign.bodies)
        vars(session.config)["workeroutput"] |= {"rivta_strays": lines, "rivta_more_strays": more}


def _refuse(config: pytest.Config, items: list[pytest.Item], mistake: str) -> None:
    """Let nothing run. A pytest-xdist worker can only hand the mistake in, for the controller to tell."""
    if not is_worker(config):
        raise pytest.UsageError(mistake)
    vars(config)["workeroutput"]["rivta_refused"] = mistake
    items.clear()


def _chosen(config: pytest.Config, wanted: Selection, there: list[Chosen]) -> Selection:
    """What was asked for, its contracts by identity. Mistakes for what nothing is called, with what everything is called."""
    try:
        found = resolved(wanted, there)
        refuse_unknown(found, there, contracts_of(_domains(suite for suite, _ in there)))
    except UsageError:
        if not config.stash.get(_PASSED_OVER, False):
            _refuse_not_installed(config, wanted)
            raise
        config.stash[_PASSED_OVER] = False
        return _chosen(config, wanted, _everything(config))
    return found


def _refuse_not_installed(config: pytest.Config, wanted: Selection) -> None:
    """Say which package lacks, where what was asked for is of a contract of its domain."""
    keys = (key.split("/") for key in wanted.cases)
    words = {*wanted.contracts, *("/".join(key[:count]) for key in keys for count in (1, 2) if len(key) > count)}
    for folder in sorted({folder for path in _all_files(config) if (folder := domain_folder(path))}):
        domain = read_in(config).domain(folder)
        if domain.lacks and any(words & role.contract_words for role in domain.roles.values()):
            raise NotInstalled(domain.lacks)


def _refuse_other_roles(config: pytest.Config, wanted: Selection, cases: list[CaseItem]) -> None:
    """Say which roles what was asked for is tested in, where the environment has none of them and so nothing is there to play."""
    asked = selection(config)
    if not any(astuple(asked)) or any(fits(item.suite, item.case, wanted) for item in cases):
        return
    about = [suite for suite, case in _everything(config) if fits(suite, case, wanted)]
    tested = sorted({role for suite in about for role in ((suite.party,) if suite.party else suite.domain.roles)})
    roles = config.stash[CAMPAIGN].environment.roles
    if tested and not {*tested} & {*roles}:
        named = ", ".join(f"“{word}”" for words in astuple(asked) for word in sorted(words))
        what = f"{named}: tested in the roles {', '.join(tested)}, and the environment has none of them but {', '.join(roles)}"
        raise UsageError(what, todo="if the system has one of them, add it to roles in the environment")


def _everything(config: pytest.Config) -> list[Chosen]:
    """The cases of every file that was found, also those that nobody asked for."""
    there: list[Chosen] = []
    for path in _all_files(config):
        with suppress(NotInstalled):
            read = read_suite(path, config)
            there += [(read, case) for case in read.cases]
    return there


def _all_files(config: pytest.Config) -> Iterator[Path]:
    """The files of cases that were found, and those in folders that were passed over."""
    yield from config.stash.get(_FILES, [])
    for folder in config.stash.get(_FOLDERS, []):
        yield from filter(is_case_file, sorted(folder.rglob("*.yaml")))


def _roots(config: pytest.Config) -> set[Path]:
    """The folders in which the domains lie of all that was found."""
    return {folder.parent for folder in map(domain_folder, _all_files(config)) if folder}


def _besides(config: pytest.Config, suites: list[Suite]) -> Iterator[Domain]:
    """The domains by whose contracts the system may call, where the connection is tried and no contract is named."""
    if any(isinstance(step, Handshake) for suite in suites for case in suite.cases for step in case.steps):
        here = {each.folder for each in _domains(suites)}
        roles = set(config.stash[CAMPAIGN].environment.roles)
        known = (each for each in read_in(config).found([]) if each.folder not in here and not each.lacks)
        yield from (each for each in known if each.roles.keys() & roles)


def _domains(suites: Iterable[Suite]) -> tuple[Domain, ...]:
    return tuple({domain.folder: domain for suite in suites for domain in suite.domains}.values())
