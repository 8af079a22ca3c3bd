"""The report before it has a format: everything decided, translated, sorted and named, ready to be printed.

A template prints a `View` and decides nothing. Identities are masked here at the latest, so that no format can forget it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from markupsafe import Markup

from rivta import declaration as declared
from rivta.evidence import masked
from rivta.model import ContractFacts, Declaration, Lang, Run
from rivta.report import drawing
from rivta.report.anchors import Anchors
from rivta.report.bodies import BodyRow
from rivta.report.cases import Cases, SuiteView
from rivta.report.drawing import Tally
from rivta.report.requirements import DeviationView, DomainView, ObstacleView, Requirements, RowView
from rivta.report.states import State
from rivta.report.voice import Voice


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know before reading on: the run was cut short, evidence is damaged, identities are masked."""

    anchor: str
    heading: str
    text: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractView:
    """A contract that the run is based on."""

    name: str
    title: str
    version: str
    origin: str
    digest: str
    limit: str


@dataclass(frozen=True, slots=True)
class Overview:
    """A group of requirements, drawn and counted."""

    heading: str
    count: str
    drawing: Markup
    tallies: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """A contract's response times, drawn and in words."""

    heading: str
    drawing: Markup
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """The whole report."""

    lang: Lang
    title: str
    organisation: str
    scope: str
    cover: tuple[tuple[str, str], ...]
    warnings: tuple[Notice, ...]
    headline: str
    counted: str
    tallies: tuple[Tally, ...]
    by_level: tuple[Overview, ...]
    by_contract: tuple[Overview, ...]
    times: tuple[Times, ...]
    masked: Notice | None
    has_restatement: bool
    deviations: tuple[DeviationView, ...]
    obstacles: tuple[ObstacleView, ...]
    domains: tuple[DomainView, ...]
    unproven: tuple[RowView, ...]
    suites: tuple[SuiteView, ...]
    contracts: tuple[ContractView, ...]
    environment: tuple[tuple[str, str], ...]
    test_identities: tuple[str, ...]
    suite_digests: tuple[tuple[str, str], ...]
    bodies: tuple[BodyRow, ...]


def build(declaration: Declaration, lang: Lang) -> View:
    """The view of a declaration whose run is as it was read: the checksums of messages are those of the files."""
    original, voice, anchors = declaration.run, Voice(lang), Anchors()
    declaration = declared.of(masked(original))
    run = declaration.run
    cases = Cases(original.results, run.results, voice, anchors)
    requirements = Requirements(declaration, cases, voice, anchors)
    suites = cases.suites(requirements.links())
    states = [requirements.state(row) for rows in declaration.rows.values() for row in rows]
    contracts = [contract for domain in run.header.domains for contract in domain.contracts]
    return View(
        lang=lang,
        title=f"{run.header.system.product} {run.header.system.version}".strip(),
        organisation=run.header.system.organisation,
        scope=", ".join(f"{voice.text(domain.title)} {domain.version}" for domain in run.header.domains),
        cover=tuple(_cover(run, contracts, voice)),
        warnings=tuple(_warnings(run, voice)),
        headline=_headline(states, voice),
        counted=_counted(run, voice),
        tallies=drawing.tallies(states, voice.states),
        by_level=_overviews(requirements.by_level(), "level", voice),
        by_contract=_overviews(requirements.by_contract(), "contract", voice),
        times=tuple(_times(run, contracts, voice)),
        masked=_masked(run, voice),
        has_restatement=any(contract.origin != "official" for contract in contracts),
        deviations=requirements.deviations(),
        obstacles=requirements.obstacles(),
        domains=requirements.domains(),
        unproven=requirements.unproven(),
        suites=suites,
        contracts=tuple(_contract(contract, voice) for contract in contracts),
        environment=tuple(run.header.environment.items()),
        test_identities=tuple(sorted(run.header.test_identities)),
        suite_digests=tuple(run.header.suites.items()),
        bodies=tuple(cases.appendix()),
    )


def _cover(run: Run, contracts: Sequence[ContractFacts], voice: Voice) -> Iterator[tuple[str, str]]:
    header, words = run.header, voice.words
    yield words["organisation"], header.system.organisation
    if header.system.organisation_number:
        yield words["organisation_number"], header.system.organisation_number
    yield words["product"], f"{header.system.product} {header.system.version}"
    yield words["roles"], ", ".join(role.capitalize() for role in header.roles)
    yield words["contracts"], ", ".join(f"{each.name} {each.version} ({_origin(each, voice)})" for each in contracts)
    start = voice.time(header.started)
    ended = voice.say("took", start=start, end=voice.time(run.footer.ended)) if run.footer else ""
    yield words["tested"], ended or voice.say("unfinished", start=start)
    yield words["tested_with"], f"rivta {header.rivta}, Python {header.python}"
    yield words["run"], header.run


def _origin(contract: ContractFacts, voice: Voice) -> str:
    return voice.words["origin_official" if contract.origin == "official" else "origin_restatement"]


def _contract(contract: ContractFacts, voice: Voice) -> ContractView:
    return ContractView(
        name=contract.name,
        title=voice.text(contract.title),
        version=contract.version,
        origin=_origin(contract, voice),
        digest=contract.digest,
        limit=voice.ms(contract.max_ms),
    )


def _warnings(run: Run, voice: Voice) -> Iterator[Notice]:
    missing = declared.not_run(run)
    names = tuple(f"{declared.case_key(case)} {voice.text(case.title)}" for case in missing)
    counts = {"missing": voice.number(len(missing)), "planned": voice.number(len(run.header.planned))}
    if run.footer is None:
        yield Notice("truncated", voice.words["truncated_heading"], voice.say("truncated", **counts), names)
    elif missing:
        yield Notice("not-run", voice.words["not_run_heading"], voice.say("not_run", **counts), names)
    if run.damage:
        yield Notice("damage", voice.words["damage_heading"], voice.words["damage"], run.damage)


def _masked(run: Run, voice: Voice) -> Notice | None:
    text = voice.words["masked"]
    return Notice("masked", voice.words["masked_heading"], text, run.masked) if run.masked else None


def _headline(states: Sequence[State], voice: Voice) -> str:
    keys = [state.key for state in states]
    met = voice.say("headline", met=voice.number(keys.count("passed")), all=voice.number(len(keys)))
    failed = keys.count("failed")
    if failed > 1:
        return f"{met} {voice.say('headline_deviations', n=voice.number(failed))}"
    return f"{met} {voice.words['headline_one_deviation' if failed else 'headline_no_deviation']}"


def _counted(run: Run, voice: Voice) -> str:
    checks = sum(len(result.checks) for result in run.results)
    ran = sum(bool(result.exchanges) for result in run.results)
    return voice.say("counted_cases", n=voice.number(ran), checks=voice.number(checks))


def _overviews(groups: Sequence[tuple[str, Sequence[State]]], kind: str, voice: Voice) -> tuple[Overview, ...]:
    return tuple(_overview(name, states, f"overview-{kind}-{n}", voice) for n, (name, states) in enumerate(groups, 1))


def _overview(name: str, states: Sequence[State], anchor: str, voice: Voice) -> Overview:
    counted, number = drawing.tallies(states, voice.states), voice.number(len(states))
    counts = ", ".join(f"{tally.count} {tally.state.word.lower()}" for tally in counted)
    title, description = voice.say("overview_title", group=name, n=number), voice.say("overview_desc", counts=counts)
    drawn = drawing.marks(counted, anchor, title, description)
    return Overview(name, voice.say("requirements_n", n=number), drawn, counted)


def _times(run: Run, contracts: Sequence[ContractFacts], voice: Voice) -> Iterator[Times]:
    exchanges = [exchange for result in run.results for exchange in result.exchanges if exchange.response is not None]
    for number, contract in enumerate(contracts, 1):
        took = [exchange.elapsed_ms for exchange in exchanges if exchange.contract == contract.name]
        if took:
            yield _drawn_times(contract, took, f"times-{number}", voice)


def _drawn_times(contract: ContractFacts, took: Sequence[float], anchor: str, voice: Voice) -> Times:
    text = voice.say(
        "times_desc",
        n=voice.number(len(took)),
        median=voice.ms(median(took)),
        p95=voice.ms(quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else took[0]),
        longest=voice.ms(max(took)),
        limit=voice.ms(contract.max_ms),
        over=voice.number(sum(each > contract.max_ms for each in took)),
    )
    title = voice.say("times_title", contract=contract.name)
    label = voice.say("limit", limit=voice.ms(contract.max_ms))
    return Times(contract.name, drawing.distribution(took, contract.max_ms, anchor, (title, text, label)), text)
