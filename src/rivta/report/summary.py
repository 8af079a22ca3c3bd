"""The summary: what to know before reading on, how many requirements came to what, and how fast the system answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rivta.declaration import proven
from rivta.declaration.proven import weighed
from rivta.model.declaration import RequirementRow
from rivta.model.run import Run
from rivta.model.words import Level, Verdict
from rivta.report import drawing, times
from rivta.report.drawing import StateCount
from rivta.report.material import Material
from rivta.report.places import RED
from rivta.report.times import TimesView
from rivta.report.voice import State, Voice


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know: the run was cut short, evidence is damaged, identities are masked, time was compressed."""

    anchor: str
    heading: str
    text: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """A group of requirements, drawn and counted."""

    heading: str
    count: str
    drawing: Markup
    words: str
    tallies: tuple[StateCount, ...]


@dataclass(frozen=True, slots=True)
class SummaryView:
    """What the run came to."""

    warnings: tuple[Notice, ...]
    headline: str
    counted: str
    strayed: str
    compressed: Notice | None
    tallies: tuple[StateCount, ...]
    by_level: tuple[Overview, ...]
    by_contract: tuple[Overview, ...]
    times: tuple[TimesView, ...]
    masked: Notice | None


def part(material: Material) -> SummaryView:
    """What the run came to."""
    run, voice = material.run, material.voice
    states = [material.state(row) for _, row in material.rows]
    compressed = times.compression(run, voice)
    return SummaryView(
        warnings=tuple(_warnings(run, voice)),
        headline=_headline(states, voice),
        counted=_counted(run, voice),
        strayed=_strayed(run, voice),
        compressed=Notice("compressed", *compressed) if compressed else None,
        tallies=drawing.tallies(states, voice.states),
        by_level=_overviews(_by_level(material), "level", voice),
        by_contract=_overviews(_by_contract(material), "contract", voice),
        times=tuple(times.times(run, material.contracts, voice)),
        masked=Notice("masked", voice.words["masked_heading"], voice.words["masked"], run.masked)
        if run.masked
        else None,
    )


def proves(material: Material) -> tuple[tuple[str, str], ...]:
    """What a run proves and what it does not: each an opening and the rest of the sentence."""
    words = material.voice.words
    has_restatement = any(contract.origin != "official" for contract in material.contracts)
    said = ("does", "not", "decision", *(("restatement",) if has_restatement else ()))
    return tuple((words[f"proves_{each}"], words[f"proves_{each}_text"]) for each in said)


def _warnings(run: Run, voice: Voice) -> Iterator[Notice]:
    missing = proven.not_run(run)
    names = tuple(f"{case.key} {voice.text(case.title)}" for case in missing)
    counts = {"missing": voice.number(len(missing)), "planned": voice.number(len(run.header.planned))}
    if run.footer is None:
        yield Notice("truncated", voice.words["truncated_heading"], voice.say("truncated", **counts), names)
    elif missing:
        yield Notice("not-run", voice.words["not_run_heading"], voice.say("not_run", **counts), names)
    if run.damage:
        yield Notice("damage", voice.words["damage_heading"], voice.words["damage"], run.damage)


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


def _strayed(run: Run, voice: Voice) -> str:
    """How many calls no case asked for, in a sentence; nothing where there was none."""
    red = sum(Verdict.of(check.verdict for check in each.checks) in RED for each in run.strays)
    return voice.say("strays_told", n=voice.number(len(run.strays)), red=voice.number(red)) if run.strays else ""


def _by_level(material: Material) -> Mapping[str, list[State]]:
    """The states of all requirements, a level at a time."""
    levels: dict[str, list[State]] = {}
    for _, row in sorted(material.rows, key=lambda each: [*Level].index(each[1].requirement.level)):
        levels.setdefault(material.voice.level(row.requirement.level), []).append(material.state(row))
    return levels


def _by_contract(material: Material) -> Mapping[str, list[State]]:
    """The states of the requirements that were tested in each contract, as that contract's own cases have them."""
    found: dict[str, dict[str, list[Verdict]]] = {}
    for _, row in material.rows:
        for contract, verdict in _verdicts(row, material):
            found.setdefault(contract, {}).setdefault(row.requirement.id, []).append(verdict)
    state = material.voice.state
    return {name: [state(Verdict.of(verdicts)) for verdicts in by_id.values()] for name, by_id in found.items()}


def _verdicts(row: RequirementRow, material: Material) -> Iterator[tuple[str, Verdict]]:
    yield from ((result.contract, weighed(check)) for result, check in row.checks)
    yield from ((result.contract, result.verdict) for result in material.unreached(row))


def _overviews(groups: Mapping[str, Sequence[State]], kind: str, voice: Voice) -> tuple[Overview, ...]:
    numbered = enumerate(groups.items(), 1)
    return tuple(_overview(name, states, f"overview-{kind}-{n}", voice) for n, (name, states) in numbered)


def _overview(name: str, states: Sequence[State], anchor: str, voice: Voice) -> Overview:
    counted, number = drawing.tallies(states, voice.states), voice.number(len(states))
    counts = ", ".join(f"{tally.count} {tally.state.word.lower()}" for tally in counted)
    title, description = voice.say("overview_title", group=name, n=number), voice.say("overview_desc", counts=counts)
    drawn = drawing.marks(counted, anchor, title, description)
    return Overview(name, voice.say("requirements_n", n=number), drawn, f"{name}: {description}", counted)
