"""The report before it has a format: everything decided, translated, sorted and named, ready to be printed.

A template prints a `View` and decides nothing. Identities are masked here at the latest, so that no format can forget it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from rivta.declaration import proven
from rivta.evidence import masked
from rivta.evidence.redaction import mask_of
from rivta.model.declaration import Declaration
from rivta.model.domain import ContractFacts
from rivta.model.run import Run
from rivta.model.words import Lang, Verdict
from rivta.report import compression, drawing
from rivta.report.anchors import Anchors
from rivta.report.bodies import BodyRow
from rivta.report.cases import RED, Cases
from rivta.report.caseviews import CaseView, SuiteView
from rivta.report.changes import Changes, ChangesView
from rivta.report.cleaning import cleaned
from rivta.report.cover import Pairs, of_run, origin, verification_object
from rivta.report.deviations import Deviations, DeviationsView
from rivta.report.drawing import Tally
from rivta.report.earlier import Earlier
from rivta.report.elements import ContractCoverage, coverage
from rivta.report.manual import ManualView, manual
from rivta.report.questions import Attested, FormView, Questions
from rivta.report.requirements import DeviationView, DomainView, ObstacleView, Requirements, RowView
from rivta.report.times import Times, times
from rivta.report.tracing import TraceView, Tracing
from rivta.report.voice import State, Voice
from rivta.text.identity import Mask


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
class View:
    """The whole report."""

    lang: Lang
    title: str
    organisation: str
    scope: str
    verified: Pairs
    cover: Pairs
    warnings: tuple[Notice, ...]
    headline: str
    counted: str
    tallies: tuple[Tally, ...]
    by_level: tuple[Overview, ...]
    by_contract: tuple[Overview, ...]
    times: tuple[Times, ...]
    masked: Notice | None
    compressed: Notice | None
    strayed: str
    has_restatement: bool
    changes: ChangesView | None
    form: FormView | None
    deviations: tuple[DeviationView, ...]
    sorted: DeviationsView
    obstacles: tuple[ObstacleView, ...]
    domains: tuple[DomainView, ...]
    unproven: tuple[RowView, ...]
    traces: tuple[TraceView, ...]
    traced: frozenset[str]
    coverage: tuple[ContractCoverage, ...]
    manual: tuple[ManualView, ...]
    attested: tuple[Attested, ...]
    suites: tuple[SuiteView, ...]
    strays: tuple[CaseView, ...]
    contracts: tuple[ContractView, ...]
    environment: tuple[tuple[str, str], ...]
    test_identities: tuple[str, ...]
    suite_digests: tuple[tuple[str, str], ...]
    bodies: tuple[BodyRow, ...]


def build(declaration: Declaration, lang: Lang, *, previous: Earlier | None = None, is_packed: bool = False) -> View:
    """The view of a declaration whose run is as it was read: the checksums of messages are those of the files.

    `previous` is what changed since an earlier run. `is_packed` says that the format packs what it does not show at once, so that there is room for more.
    """
    original, voice, anchors = declaration.run, Voice(lang), Anchors()
    mask = mask_of(original.header)
    declaration, previous = _without_identities(declaration, mask), cleaned(previous, mask.text)
    run = declaration.run
    cases = Cases(original, run, voice, anchors, is_packed=is_packed)
    requirements = Requirements(declaration, cases, voice, anchors)
    form = (
        Questions(declaration.form, run, requirements, voice, anchors, cases.stray_links())
        if declaration.form
        else None
    )
    changes = Changes(previous, declaration, requirements, voice) if previous else None
    deviations = Deviations(declaration, cases, requirements, voice, anchors)
    traces = Tracing(declaration, cases, requirements, voice).views()
    suites, strays = cases.parts(requirements.links())
    states = [requirements.state(row) for rows in declaration.rows.values() for row in rows]
    contracts = [contract for domain in run.header.domains for contract in domain.contracts]
    return View(
        lang=lang,
        title=f"{run.header.system.product} {run.header.system.version}".strip(),
        organisation=run.header.system.organisation,
        scope=", ".join(f"{voice.text(domain.title)} {domain.version}" for domain in run.header.domains),
        verified=verification_object(run, contracts, form, voice),
        cover=of_run(run, form, voice),
        warnings=tuple(_warnings(run, voice)),
        headline=_headline(states, voice),
        counted=_counted(run, voice),
        tallies=drawing.tallies(states, voice.states),
        by_level=_overviews(requirements.by_level(), "level", voice),
        by_contract=_overviews(requirements.by_contract(), "contract", voice),
        times=tuple(times(run, contracts, voice)),
        masked=_masked(run, voice),
        compressed=_compressed(run, voice),
        strayed=_strayed(run, voice),
        has_restatement=any(contract.origin != "official" for contract in contracts),
        changes=changes.view() if changes else None,
        form=form.view() if form else None,
        deviations=deviations.all(),
        sorted=deviations.view(),
        obstacles=requirements.obstacles(),
        domains=requirements.domains(),
        unproven=requirements.unproven(),
        traces=traces,
        traced=frozenset(trace.requirement.anchor for trace in traces),
        coverage=coverage(run, contracts, voice),
        manual=manual(run.results, requirements, voice),
        attested=form.attested() if form else (),
        suites=suites,
        strays=strays,
        contracts=tuple(_contract(contract, voice) for contract in contracts),
        environment=tuple(run.header.environment.items()),
        test_identities=tuple(sorted(run.header.test_identities)),
        suite_digests=tuple(run.header.suites.items()),
        bodies=tuple(cases.appendix()),
    )


def _without_identities(declaration: Declaration, mask: Mask) -> Declaration:
    """The declaration as a report may show it. What people wrote is refused earlier if it names anybody; this makes sure."""
    form, deviations = cleaned(declaration.form, mask.text), cleaned(declaration.deviations, mask.text)
    run = masked(declaration.run)
    run = replace(run, masked=tuple(sorted({*run.masked, *mask.found})))
    return replace(proven.of(run), form=form, deviations=deviations)


def _contract(contract: ContractFacts, voice: Voice) -> ContractView:
    return ContractView(
        name=contract.name,
        title=voice.text(contract.title),
        version=contract.version,
        origin=origin(contract, voice),
        digest=contract.digest,
        limit=voice.ms(contract.max_ms),
    )


def _warnings(run: Run, voice: Voice) -> Iterator[Notice]:
    missing = proven.not_run(run)
    names = tuple(f"{proven.case_key(case)} {voice.text(case.title)}" for case in missing)
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


def _compressed(run: Run, voice: Voice) -> Notice | None:
    told = compression.told(run, voice)
    return Notice("compressed", *told, ()) if told else None


def _strayed(run: Run, voice: Voice) -> str:
    """How many calls no case asked for, in a sentence; nothing where there was none."""
    red = sum(Verdict.of(check.verdict for check in each.checks) in RED for each in run.strays)
    return voice.say("strays_told", n=voice.number(len(run.strays)), red=voice.number(red)) if run.strays else ""


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
