"""The beginning of the report, and what it is based on: the cover, what matters first, the files and settings of the run."""

from collections.abc import Iterator, Mapping, Sequence

from rivta.declaration import proven
from rivta.model.declaration import RequirementRow
from rivta.model.domain import ContractFacts
from rivta.model.run import Change, Run
from rivta.model.words import Level, Verdict
from rivta.report import times
from rivta.report.form import fact
from rivta.report.layout import View, marks, tallies
from rivta.report.material import Material
from rivta.report.places import RED
from rivta.report.voice import State, Voice


def part(material: Material) -> View:
    run, voice = material.run, material.voice
    states = [voice.of(row) for _, row in material.rows]
    compressed = times.compression(run, voice)
    red = sum(Verdict.of(check.verdict for check in each.checks) in RED for each in run.strays)
    strayed = voice.say("strays_told", n=voice.number(len(run.strays)), red=voice.number(red))
    return {
        "warnings": [*_warnings(run, voice)],
        "headline": _headline(states, voice),
        "counted": " ".join(_counted(run, voice)),
        "strayed": strayed if run.strays else "",
        "compressed": _notice("compressed", *compressed) if compressed else None,
        "tallies": tallies(states, voice.states),
        "by_level": _overviews(_by_level(material), "level", voice),
        "by_contract": _overviews(_by_contract(material), "contract", voice),
        "times": [*times.times(run, material.contracts, voice)],
        "masked": _told("masked", voice, run.masked) if run.masked else None,
        "doubtful": _told("doubtful", voice, run.doubtful) if run.doubtful else None,
    }


def _notice(anchor: str, heading: str, text: str, points: Sequence[str] = ()) -> View:
    """Something to know: the run was cut short, evidence is damaged, identities are masked, time was compressed."""
    return {"anchor": anchor, "heading": heading, "text": text, "points": points}


def _told(key: str, voice: Voice, points: Sequence[str], **values: str) -> View:
    return _notice(key.replace("_", "-"), voice.words[f"{key}_heading"], voice.say(key, **values), points)


def proves(material: Material) -> tuple[tuple[str, str], ...]:
    """What a run proves and what it does not: each an opening and the rest of the sentence."""
    words = material.voice.words
    has_restatement = any(contract.origin != "official" for contract in material.contracts)
    said = ("does", "not", "decision", *(("restatement",) if has_restatement else ()))
    return tuple((words[f"proves_{each}"], words[f"proves_{each}_text"]) for each in said)


def _warnings(run: Run, voice: Voice) -> Iterator[View]:
    missing = proven.not_run(run)
    names = [f"{case.key} {voice.text(case.title)}" for case in missing]
    counts = {"missing": voice.number(len(missing)), "planned": voice.number(len(run.header.planned))}
    if run.footer is None:
        yield _told("truncated", voice, names, **counts)
    elif missing:
        yield _told("not_run", voice, names, **counts)
    if run.without_messages:
        yield _told("without_messages", voice, ())
    if run.damage:
        yield _told("damage", voice, run.damage)


def _headline(states: Sequence[State], voice: Voice) -> str:
    keys = [state.key for state in states]
    met = voice.say("headline", met=voice.number(keys.count("passed")), all=voice.number(len(keys)))
    failed = keys.count("failed")
    if failed > 1:
        return f"{met} {voice.say('headline_deviations', n=voice.number(failed))}"
    return f"{met} {voice.words['headline_one_deviation' if failed else 'headline_no_deviation']}"


def _counted(run: Run, voice: Voice) -> Iterator[str]:
    """How many cases were run with how many checks; how many attempts do not count, and how many samples were tried, if any."""
    checks = sum(len(result.checks) for result in run.counted)
    ran = len({(result.suite, result.case) for result in run.counted if result.exchanges or result.checks})
    yield voice.say("counted_cases", n=voice.number(ran), checks=voice.number(checks))
    if gone := len(run.results) - len(run.counted):
        yield voice.say("counted_superseded", n=voice.number(gone))
    if drawn := run.header.samples:
        values = {"n": voice.number(drawn.tried), "total": voice.number(drawn.total), "seed": str(drawn.seed)}
        yield voice.say("counted_samples_all" if drawn.is_all else "counted_samples", **values)


def _by_level(material: Material) -> Mapping[str, list[State]]:
    """The states of all requirements, a level at a time."""
    levels: dict[str, list[State]] = {}
    for _, row in sorted(material.rows, key=lambda each: [*Level].index(each[1].requirement.level)):
        levels.setdefault(material.voice.level(row.requirement.level), []).append(material.voice.of(row))
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
    yield from ((result.contract, weight) for (result, _), weight in zip(row.checks, row.weights, strict=True))
    yield from ((result.contract, verdict) for result, verdict in material.unreached(row))


def _overviews(groups: Mapping[str, Sequence[State]], kind: str, voice: Voice) -> list[View]:
    """Groups of requirements, each drawn and counted."""
    numbered = enumerate(groups.items(), 1)
    return [_overview(name, states, f"overview-{kind}-{n}", voice) for n, (name, states) in numbered]


def _overview(name: str, states: Sequence[State], anchor: str, voice: Voice) -> View:
    counted, number = tallies(states, voice.states), voice.number(len(states))
    counts = ", ".join(f"{tally.count} {tally.state.word.lower()}" for tally in counted)
    title, description = voice.say("overview_title", group=name, n=number), voice.say("overview_desc", counts=counts)
    return {
        "heading": name,
        "count": voice.say("requirements_n", n=number),
        "drawing": marks(counted, anchor, title, description),
        "words": f"{name}: {description}",
        "tallies": counted,
    }


def cover(material: Material) -> View:
    """The cover. `declared` is what ISO/IEC 17050-1, 6.1, asks of a supplier's declaration, `run` when and with what it was tested."""
    header = material.run.header
    return {
        "title": f"{header.system.product} {header.system.version}".strip(),
        "organisation": header.system.organisation,
        "scope": ", ".join(f"{material.voice.text(domain.title)} {domain.version}" for domain in header.domains),
        "declared": [*_declared(material)],
        "run": [*_run(material)],
    }


_FACTS = (
    ("address_of_issuer", "organisation-address"),
    ("contact", "contact"),
    ("source_system", "source-system"),
    ("connection_point", "connection-point"),
    ("place_of_issue", "place"),
    ("signed_on", "date"),
    ("signer", "signer"),
    ("signer_function", "signer-function"),
    ("validity", "validity"),
)
"""What only the vendor knows of what is declared: what it is called in the report, and in the vendor's file."""


def _declared(material: Material) -> Iterator[tuple[str, str]]:
    """Names and values. What only the vendor knows is said to be missing where no form tells it."""
    header, words, form = material.run.header, material.voice.words, material.declaration.form
    system = header.system
    contracts = (f"{each.word} {each.version} ({_origin(each, material.voice)})" for each in material.contracts)
    yield words["declaration_id"], header.run
    yield words["issuer"], " ".join(filter(None, (system.organisation, system.organisation_number)))
    yield words["object"], f"{system.product} {system.version}".strip()
    yield words["roles"], ", ".join(role.capitalize() for role in header.roles)
    yield words["contracts"], ", ".join(contracts) or words["no_contract"]
    yield words["declared_against"], material.voice.say("requirements_n", n=material.voice.number(len(material.rows)))
    for key, name in _FACTS:
        yield words[key], fact(form, name) or words["not_stated"]


def _run(material: Material) -> Iterator[tuple[str, str]]:
    run, voice = material.run, material.voice
    start = voice.time(run.header.started)
    ended = voice.say("took", start=start, end=voice.time(run.footer.ended)) if run.footer else ""
    yield voice.words["tested"], ended or voice.say("unfinished", start=start)
    yield voice.words["tested_with"], f"rivta {run.header.rivta}, Python {run.header.python}"


def basis(material: Material) -> View:
    """Everything that decides what a run can show: contracts, suites by their checksums, environment, test identities."""
    header, voice = material.run.header, material.voice
    identities = ", ".join(sorted(header.test_identities))
    named = f"{voice.words['test_identities_lead']} {identities}."
    return {
        "contracts": [_contract(each, voice) for each in material.contracts],
        "suites": [*header.suites.items()],
        "environment": [*header.environment.items()],
        "changes": [_change(each, voice) for each in header.changes],
        "identities": named if identities else voice.words["test_identities_none"],
    }


def _contract(contract: ContractFacts, voice: Voice) -> View:
    told = voice.told(contract, "word", "title", "version", "digest")
    return told | {"origin": _origin(contract, voice), "limit": voice.ms(contract.max_ms)}


def _change(change: Change, voice: Voice) -> tuple[str, str]:
    """From when on something is another, and what: results are those of what held when their case began."""
    none = voice.words["not_stated"]
    told = voice.say("environment_change", name=change.name, before=change.before or none, after=change.after or none)
    return voice.time(change.at), told


def _origin(contract: ContractFacts, voice: Voice) -> str:
    """Whose schema it is, in words."""
    return voice.words["origin_official" if contract.origin == "official" else "origin_restatement"]
