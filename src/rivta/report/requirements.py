"""The requirements as the report shows them: the tables, what no case proves, and the way from each to its messages."""

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from rivta.declaration.proven import MANUAL, is_attested, weighed
from rivta.model.declaration import KnownDeviation, RequirementRow, SortedDeviations
from rivta.model.domain import Requirement
from rivta.model.run import CaseResult, CheckResult
from rivta.model.words import Verdict
from rivta.report import times
from rivta.report.layout import ReportLink, View
from rivta.report.markup import shown
from rivta.report.material import Material
from rivta.report.voice import Voice


def part(material: Material) -> list[View]:
    """The requirement tables, a domain at a time."""
    tables: list[View] = []
    for facts in material.run.header.domains:
        title = f"{material.voice.text(facts.title)} {facts.version}"
        rows = [row_of(facts.name, row, material) for row in material.declaration.rows.get(facts.name, ())]
        caption = material.voice.say("requirements_caption", domain=title)
        tables.append({"heading": title, "caption": caption, "rows": rows})
    return tables


def unproven(domains: Sequence[View]) -> list[View]:
    """Requirements that are neither met nor deviated from, each with the reason."""
    return [row for domain in domains for row in domain["rows"] if row["reason"]]


def row_of(domain: str, row: RequirementRow, material: Material) -> View:
    """One requirement in the table. `reason` says why it is not met, where that is no deviation; `deviation` where that stands.

    `remark` says what its outcome rests on beside checks of messages: a person's word, a clock that was not the real one.
    """
    requirement, voice, places = row.requirement, material.voice, material.places
    state, known = material.voice.of(row), _behind(row, material)
    deviation = places.known(known) if known else places.deviation(domain, requirement.id)
    return {
        **voice.told(requirement, "id", "text"),
        "anchor": places.requirement(domain, requirement.id),
        "level": voice.level(requirement.level),
        "source": _source(requirement, voice),
        "state": state,
        "cases": [*map(places.by_key, row.cases)],
        "is_traced": any(material.cases(row)),
        "reason": _reason(row, material),
        "deviation": ReportLink(f"#{deviation}", state.word) if row.verdict is Verdict.FAILED else None,
        "known": voice.say("is_known", id=known.id) if known else "",
        "remark": ", ".join(dict.fromkeys(_remarks(row, material))),
    }


def _source(requirement: Requirement, voice: Voice) -> str:
    """Where it stands, and how it follows where it does not stand there itself."""
    if requirement.derived is None:
        return requirement.reference
    return voice.say("derived", source=requirement.reference, why=voice.text(requirement.derived))


def _behind(row: RequirementRow, material: Material) -> KnownDeviation | None:
    """The first known deviation, if all that failed is known."""
    deviations = material.declaration.deviations or SortedDeviations((), ())
    known = [deviations.behind(result.key, row.requirement.id) for result, _ in material.failed(row)]
    return known[0] if all(known) and known else None


def _remarks(row: RequirementRow, material: Material) -> Iterator[str]:
    factor, voice = times.factor_of(material.run.header), material.voice
    for _, check in row.checks:
        if check.kind == MANUAL and check.by:
            yield voice.say("said_by", who=check.by, what=voice.answer(check))
        elif times.is_told_by(check.kind) and factor != 1:
            yield voice.say("compressed_row", factor=times.written(factor, voice))


def _reason(row: RequirementRow, material: Material) -> str:
    """Why a requirement is neither met nor deviated from, in the order of what explains most; nothing where it is, or is shown by people."""
    if row.verdict in (Verdict.PASSED, Verdict.FAILED) or is_attested(row):
        return ""
    voice = material.voice
    told = [_told(result, row, material) for result in material.cases(row)]
    reasons = [*([voice.text(row.why)] if row.why else []), *dict.fromkeys(filter(None, told))]
    missing = [key for key in row.cases if key not in material.by_key]
    if missing:
        reasons.append(voice.say("reason_not_run", cases=", ".join(missing)))
    if row.requirement.not_tested and not row.cases:
        reasons.append(voice.text(row.requirement.not_tested))
    if not row.cases and not reasons:
        reasons.append(voice.words["reason_no_case"])
    return " ".join(reasons) or voice.say("reason_no_check", cases=", ".join(row.cases))


def _told(result: CaseResult, row: RequirementRow, material: Material) -> str:
    unmet = (check for owner, check in row.checks if owner is result and check.verdict is not Verdict.PASSED)
    note = next((check.note for check in unmet if check.note), None)
    if note:
        return material.voice.text(note)
    return material.why(result) if result.verdict is not Verdict.PASSED else ""


def trace(material: Material) -> Iterator[View] | None:
    """Every requirement that some case of the run tests, with everything that proves it, to be gone through once; None if none does."""
    tested = [(domain, row) for domain, row in material.rows if any(material.cases(row))]
    return (_trace(domain, row, material) for domain, row in tested) if tested else None


def _trace(domain: str, row: RequirementRow, material: Material) -> View:
    voice, cases = material.voice, [*_by_case(row, material)]
    looked_at = (
        (result, place) for result, checks in cases for place in dict.fromkeys(each.exchange for each in checks)
    )
    messages = {digest for result, place in looked_at for digest in material.places.messages(result, place)[0]}
    counts = voice.say("trace_counts", cases=len(cases), checks=len(row.checks), messages=len(messages))
    anchor = material.places.requirement(domain, row.requirement.id)
    told = voice.told(row.requirement, "id", "text") | {"anchor": anchor, "state": material.voice.of(row)}
    return {
        "anchor": f"trace-{anchor}",
        "requirement": told | {"source": _source(row.requirement, voice)},
        "counts": counts,
        "lines": (_line(result, checks, material) for result, checks in cases),
    }


def _by_case(row: RequirementRow, material: Material) -> Iterable[tuple[CaseResult, list[CheckResult]]]:
    """Each case, with its checks of the requirement."""
    by_case = {id(result): (result, list[CheckResult]()) for result in material.cases(row)}
    for result, check in row.checks:
        by_case.setdefault(id(result), (result, []))[1].append(check)
    return by_case.values()


def _line(result: CaseResult, checks: Sequence[CheckResult], material: Material) -> Markup:
    """A row of the table: each case has one for every requirement."""
    words, looked_at = material.voice.words, dict.fromkeys(check.exchange for check in checks)
    told = ", ".join([_checked(result, check, material) for check in checks]) or shown(words["trace_no_check"])
    messages = ", ".join(filter(None, (material.places.messages(result, place)[1] for place in looked_at)))
    return Markup(  # noqa: S704  # links escape, and so do we
        f'<tr><th scope="row">{material.places.link(result).__html__()}</th>'
        f'<td data-label="{shown(words["column_checks"])}">{told}</td>'
        f'<td data-label="{shown(words["messages"])}">{messages}</td></tr>'
    )


def _checked(result: CaseResult, check: CheckResult, material: Material) -> str:
    link = ReportLink(f"#{material.places.check(result, check)}", material.voice.check(check.kind))
    state = material.voice.state(weighed(check))
    said = "" if state.key == "passed" else f" {state.__html__()}"
    return f"{link.__html__()}{said}"
