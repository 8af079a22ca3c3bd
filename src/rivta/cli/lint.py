"""`rivta lint`: everything that a run would refuse, and which requirement is proven by which case."""

import argparse
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from rivta import contract, environment, simulator, suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.cli import arguments
from rivta.contract.packages import description
from rivta.contract.packages.description import Candidate
from rivta.contract.rules import compile_rules
from rivta.model.case import Case, Suite
from rivta.model.clock import SYSTEM, Clock
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain, contracts_of
from rivta.model.environment import Environment
from rivta.model.errors import Mistakes, NotInstalled, UsageError
from rivta.model.frozen import frozen
from rivta.model.steps import Ask, Receive, Step, Watch
from rivta.model.words import Value
from rivta.run.opening import planned_case
from rivta.run.preflight import not_given
from rivta.run.samples import Choice, SamplesOutcome
from rivta.text.yaml.shape import Found
from rivta.transport.tls import amiss, doubtful


def run(args: argparse.Namespace) -> int:
    """Print every mistake and return 4, or print the coverage and return 0."""
    domains = contract.read_domains(arguments.suites(args), vocabulary(), arguments.progress())
    settings = environment.read(args.env) if args.env else None
    if settings:
        environment.check_against(settings, domains)
    progress = arguments.progress()
    choice = Choice(is_all=args.samples, progress=progress)
    linted = _Linted(args, domains, settings, {each.name: _stated(each, progress) for each in domains}, choice)
    suites = linted.suites()
    progress("")
    roles = settings.roles if settings else ()
    wrong = of_environment(settings, domains, suites) if settings else ()
    remarks = () if args.quiet else linted.remarks(suites)
    for line in chain(unread(domains, roles, is_short=args.quiet), findings(domains), wrong, remarks):
        print(line)
    return 0


@frozen
class _Linted:
    """What is looked through: domains, what their descriptions state, by name, and the environment, where one is told."""

    args: argparse.Namespace
    domains: list[Domain]
    settings: Environment | None
    stated: Mapping[str, Sequence[Candidate]]
    choice: Choice

    def suites(self) -> list[Suite]:
        """Every suite that can be read. The mistakes that a run would meet, in whatever file, are raised together."""
        suites: list[Suite] = []
        mistakes = Found()
        for domain in (each for each in self.domains if not each.lacks):
            mistakes.extend(uncompilable(domain.contracts.values()))
            mistakes.extend(description.lost(domain, self.stated[domain.name]))
            with mistakes.catching():
                simulator.read_data(domain)
                mistakes.extend(simulator.unfit_records(domain))
            for path in suite_files(domain, arguments.scenarios(self.args)):
                with mistakes.catching():
                    suites += self._read(path, domain)
        if mistakes:
            raise Mistakes(mistakes)
        return suites

    def _read(self, path: Path, domain: Domain) -> Iterator[Suite]:
        read = readable(path, domain, self.domains, self.settings.test_data if self.settings else None)
        if read is not None:
            refuse_undeclared(read)
            yield self.choice.with_samples(read, self.settings)

    def remarks(self, suites: list[Suite]) -> Iterator[str]:
        """What is no mistake: what the environment does not give, and what each domain's cases prove."""
        known, read = contracts_of(self.domains), {each.path for each in suites}
        yield from bare_roles(self.settings, self.domains) if self.settings else ()
        for domain in (each for each in self.domains if not each.lacks):
            # What is not read proves something too.
            if read.issuperset(suite_files(domain, arguments.scenarios(self.args))):
                yield from coverage(domain, suites, known)
                yield from statements(domain, self.stated[domain.name], is_all=self.args.statements)
        for told in self.choice.told.values():
            yield from samples(told, is_all=self.args.samples)
        yield from lacking(self.settings, suites) if self.settings else ()


def unread(domains: Iterable[Domain], roles: Iterable[str], *, is_short: bool) -> Iterator[str]:
    """The domains whose packages are not at hand; where it is to be short, those alone that have one of the roles, and how many others."""
    lacking = [each for each in domains if each.lacks]
    others = [each for each in lacking if not each.roles.keys() & {*roles}] if is_short and len(lacking) > 1 else []
    yield from (f"{each.name}: not read: {each.lacks}" for each in lacking if each not in others)
    if others:
        yield f"{len(others)} domains: not read, since their release packages are not installed; without --quiet each is named"


def findings(domains: list[Domain]) -> Iterator[str]:
    """What had to be mended in the contracts' own files: each once, however many contracts share the file."""
    for domain in domains:
        told = dict.fromkeys(each.en for one in domain.contracts.values() for each in one.findings)
        yield from (f"{domain.name}: finding on the contract: {each}" for each in told)


def of_environment(
    settings: Environment, domains: list[Domain], suites: list[Suite], clock: Clock = SYSTEM
) -> Iterator[str]:
    """What is amiss with an environment beside its form: secrets in clear, certificate files, test data that nothing uses."""
    yield from environment.told_in_clear(settings.path)
    yield from (
        f"{each.what}: {each.said.en}" for each in not_given(settings, domains) if each.what in settings.endpoints
    )
    for name, files in (
        ("tls", settings.tls),
        ("counterpart: tls", settings.listening and settings.listening.tls),
        ("page: tls", settings.page_tls),
    ):
        if files and files.certificate:
            wrong = [*amiss(files, is_server=name != "tls")]
            found = wrong or doubtful(files, is_server=name != "tls", clock=clock)
            yield from (f"{name}: {each.en}" for each in found)
    yield from environment.unused_data(settings, _used(domains, suites))


def bare_roles(settings: Environment, domains: list[Domain]) -> Iterator[str]:
    """The roles for which an environment does not say where they answer, or where they may call."""
    bare = (each for each in not_given(settings, domains) if each.what not in settings.endpoints)
    yield from (f"{each.what}: {each.said.en}" for each in bare)


_USED = re.compile(r"\$\{([\w-]+(?:\.[\w-]+)*)")


def _used(domains: list[Domain], suites: list[Suite]) -> Iterator[str]:
    """The names of test data that something uses: a precondition, a suite's own data, a suite's file or one of its messages."""
    yield from (name for domain in domains for each in domain.preconditions.values() for name in each.data)
    yield from (name for each in suites for name in each.data)
    folders = {each.path.parent for each in suites}
    for file in (file for folder in folders for file in folder.rglob("*") if file.suffix in (".yaml", ".xml", ".txt")):
        yield from _USED.findall(file.read_text(encoding="utf-8", errors="replace"))


_SHOWN = 10
"""Statements that are shown where nobody asks for all."""
_WHY = {
    "legal": "it is legal too",
    "invalid": "it is not valid there",
    "disagree": "the validators disagree",
    "rule": "a rule forbids it as well",
    "business": "the business judges it",
    "person": "it names somebody who is no test person",
    "nothing": "the message has nothing that it is about",
    "none": "no change was found that breaks it alone",
    "schema": "the schema forbids whatever breaks it",
}


def samples(told: SamplesOutcome, *, is_all: bool) -> Iterator[str]:
    """What a declaration of samples gives; the rules that none of them breaks; with `is_all` everything that is left out."""
    name = f"samples “{told.samples.id}” of {told.suite.called(told.samples.accepted.contract)}"
    if told.drawn is None:
        yield f"{name}: not known without the data that its message needs"
        return
    yield f"{name}: {len(told.drawn.kept)} of {told.drawn.total}"
    for each in told.drawn.left_out:
        if is_all or each.why in ("nothing", "none", "schema"):
            yield f"  left out: {each.what}: {_WHY[each.why]}"


def _stated(domain: Domain, progress: Callable[[str], None]) -> Sequence[Candidate]:
    """What its descriptions demand; a description that cannot be read is told, and stops nothing."""
    progress(f"{domain.name}: the contract description")
    try:
        return description.stated(domain)
    except UsageError as mistake:
        progress("")
        print(mistake)
        return ()


def statements(domain: Domain, every: Sequence[Candidate], *, is_all: bool) -> Iterator[str]:
    """How much of the contract description has been taken up as requirements, and what has not; `is_all` lists all of that."""
    if not every:
        return
    left = description.not_taken_up(domain, every)
    document = " and ".join(dict.fromkeys(f"{each.document} {each.version}".strip() for each in every))
    beyond = sum(1 for each in left if each.field and not each.is_carried)
    yield f"{document}: {len(every)} statements bind somebody, {len(left)} of them no requirement has taken up"
    if beyond:
        yield f"{beyond} of those are rules of fields that the schema does not carry"
    for each in left if is_all else left[:_SHOWN]:
        about = ": ".join(filter(None, (each.rule, each.field, each.text)))
        yield f"  {each.id}  {each.level:<8}{about}{f' ({each.schema})' if each.schema else ''}"
    if not is_all and len(left) > _SHOWN:
        yield f"  and {len(left) - _SHOWN} more: rivta lint --statements"


def uncompilable(contracts: Iterable[Contract]) -> Iterator[UsageError]:
    """What a run would meet when it judges its first message: schemas and rules that do not compile."""
    for one in contracts:
        found = Found()
        with found.catching():
            contract.schemas(one).compile()
        for each in (each for files in one.rules.values() for each in files):
            with found.catching():
                compile_rules(each.path)
        yield from found


def readable(
    path: Path, domain: Domain, domains: Sequence[Domain], data: Mapping[str, Value] | None = None
) -> Suite | None:
    """A file of cases; None, and it is told, where it takes contracts of a domain whose release package is not installed."""
    try:
        return suite.read(path, domain, vocabulary(), data, lambda: domains)
    except NotInstalled as lacking:
        print(f"{domain.name}: {path.name} is not read: {lacking.what}")
        return None


def suite_files(domain: Domain, scenarios: Path) -> list[Path]:
    """The files with a domain's cases."""
    suites = [path for part in ("producer", "consumer") for path in sorted(domain.folder.glob(f"*/{part}.yaml"))]
    return [*suites, *sorted((scenarios / domain.name).glob("*.yaml"))]


def coverage(domain: Domain, suites: list[Suite], known: Contracts[Contract] | None = None) -> Iterator[str]:
    """Each requirement with the cases that verify it, in suites of any domain, or with the reason why none does."""
    found = proofs(domain, suites, known or domain.contracts)
    tested = [id_ for id_ in domain.requirements if found[id_]]
    excused = [id_ for id_, each in domain.requirements.items() if each.not_tested and not found[id_]]
    width = max(map(len, domain.requirements), default=0)
    for id_, requirement in domain.requirements.items():
        excuse = f"not tested: {requirement.not_tested.en}" if requirement.not_tested else "NO CASE AND NO REASON"
        more = f" and {len(found[id_]) - 6} more" if len(found[id_]) > 6 else ""
        how = f"{', '.join(found[id_][:6])}{more}" if found[id_] else excuse
        yield f"{id_:<{width}}  {requirement.level:<8}{how}"
    cases = sum(len(each.cases) for each in suites if each.domain is domain)
    total = len(domain.requirements)
    yield ""
    yield f"{domain.name}: {cases} cases, {len(tested)} of {total} requirements proven by cases, {len(excused)} with a reason why not"
    lost = total - len(tested) - len(excused)
    if lost:
        yield f"{lost} requirements have neither a case nor a reason"


def proofs(domain: Domain, suites: list[Suite], known: Contracts[Contract]) -> dict[str, list[str]]:
    """The cases that verify each requirement, in suites of any domain."""
    found: dict[str, list[str]] = {id_: [] for id_ in domain.requirements}
    for each in suites:
        before = "" if each.domain is domain else f"{domain.name}/"
        for case in each.cases:
            verified = each.proves(case)
            for id_, keys in found.items():
                if before + id_ in verified:
                    keys.append(known.key(planned_case(each, case).key))
        for load in each.loads:
            for id_ in (id_ for id_ in found if before + id_ in load.verified):
                found[id_].append(f"{known.key(planned_case(each, load.case).key)} (rivta load)")
    return found


def lacking(settings: Environment, suites: list[Suite]) -> Iterator[str]:
    """What the environment leaves out that cases need, and what becomes of those cases."""
    cases = [case for each in suites for case in each.cases if each.concerns(case, settings.roles)]
    roles = [each.domain.roles[role] for each in suites for role in settings.roles if role in each.domain.roles]
    produced = {name for role in roles for name in role.produces}
    if produced and not settings.endpoints:
        yield f"{len(produced)} contracts of the roles are answered by the system: without endpoints: in the environment nothing is sent to it"
    if settings.listening is None and (called := _with(cases, lambda step: isinstance(step, Receive | Watch))):
        yield f"{called} cases wait for a call: without counterpart: in the environment they are not proven"
    if settings.adapter is None and (done := _with(cases, lambda step: isinstance(step, Ask) or _is_done(step))):
        yield f"{done} cases have steps that a person takes: without adapter: in the environment only rivta serve plays them"


def _with(cases: list[Case], holds: Callable[[Step], bool]) -> int:
    """How many cases have a step of which that holds."""
    return sum(any(map(holds, case.steps)) for case in cases)


def _is_done(step: Step) -> bool:
    return isinstance(step, Receive | Watch) and step.do is not None
