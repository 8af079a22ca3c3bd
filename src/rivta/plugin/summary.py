"""What a run came to, for the terminal: requirements, calls received, deviations, where evidence and report lie."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rivta.contract import Exercised, classify
from rivta.declaration import deviations
from rivta.model.declaration import Declaration, RequirementRow, SortedDeviations
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, Run, SamplesTried
from rivta.model.words import Verdict
from rivta.plugin.stage import Campaign
from rivta.text.yaml.compose import shown_as

_MOST_OPEN = 8
"""How many reasons why requirements are not proven are told, and how many of those that have one in common; all stand in the report."""
_OIDS = {
    "personnummer": "1.2.752.129.2.1.3.1",
    "samordningsnummer": "1.2.752.129.2.1.3.3",
    "reservid": "1.2.752.74.9.1",
    "other": "other",
}
_MOST_CODES = 8


@frozen
class RunEnd:
    """What a run came to. `known` are its deviations held against the known ones, None where it did not end by itself."""

    declared: Declaration
    report: Path
    outcome: str
    known: SortedDeviations | None
    more_strays: int


def tell(terminal: Any, end: RunEnd, campaign: Campaign) -> None:
    """What the run came to, and where to read on."""
    run = end.declared.run
    terminal.section("rivta")
    for line in (*_requirements(end.declared), *_received(run, end.more_strays)):
        terminal.write_line(campaign.clean(line))
    if end.known is not None and campaign.papers.deviations:
        terminal.write_line(deviations.summary(end.known))
        for remark in deviations.remarks(run, end.known):
            terminal.write_line(str(remark), yellow=True)
    if run.header.samples:
        terminal.write_line(_drawn(run.header.samples))
    terminal.write_line(f"{counted(run)}, outcome: {end.outcome}")
    terminal.write_line(f"evidence  {shown_as(campaign.folder / 'evidence.jsonl')}")
    terminal.write_line(f"report    {shown_as(end.report)}")


def counted(run: Run) -> str:
    """How many cases were played; where some were tried again, in how many attempts; how many prove nothing, which no outcome tells."""
    played, attempts = len(run.cases), len(run.results)
    gone = attempts - len(run.counted)
    more = f" in {attempts} attempts" if attempts > played else ""
    more += f", of which {gone} are superseded and do not count" if gone else ""
    open_ = sum(each.verdict is Verdict.NOT_PROVEN for each in run.cases)
    more += f", {open_} not proven" if open_ else ""
    return f"{played} of {len(run.header.planned)} cases{more}"


def _drawn(samples: SamplesTried) -> str:
    """How many of the samples were tried, and how the others can be."""
    share = f"{samples.tried:,} of {samples.total:,} samples of schemas and rules"
    return f"{share}: all" if samples.is_all else f"{share}, drawn by seed {samples.seed}; --all-samples tries all"


def _requirements(declared: Declaration) -> Iterator[str]:
    played = {result.key: result for result in declared.run.cases}
    for name, rows in declared.rows.items():
        counted = Counter(row.verdict for row in rows)
        words = ", ".join(
            f"{counted[verdict]} {verdict.name.lower().replace('_', ' ')}" for verdict in Verdict if counted[verdict]
        )
        yield f"requirements of {name}: {words}"
        open_: dict[str, list[str]] = {}
        for row in rows:
            open_.setdefault(_why_open(row, played), []).append(row.requirement.id)
        open_.pop("", None)
        reasons = list(open_.items())
        yield from (f"  not proven: {_few(ids)}: {why}" for why, ids in reasons[:_MOST_OPEN])
        if more := sum(len(ids) for _, ids in reasons[_MOST_OPEN:]):
            yield f"  … and {more} more in the report"


def _few(ids: Sequence[str]) -> str:
    more = len(ids) - _MOST_OPEN
    return ", ".join(ids[:_MOST_OPEN]) + (f" and {more} more" if more > 0 else "")


def _why_open(row: RequirementRow, played: Mapping[str, CaseResult]) -> str:
    """Why a requirement is not proven that checks came to all the same; empty for any other."""
    if row.verdict is not Verdict.NOT_PROVEN or not row.checks:
        return ""
    notes = (check.note for _, check in row.checks if check.note and check.verdict is not Verdict.PASSED)
    cases = (case for case in map(played.get, row.cases) if case and case.verdict is Verdict.NOT_PROVEN)
    why = row.why or next(notes, None) or next((case.reason for case in cases if case.reason), None)
    return why.en.partition("\n")[0] if why else "no check of it proves anything"


# What the calls of the system exercised, and what of them nobody asked for


def _received(run: Run, more: int) -> Iterator[str]:
    """What the calls of the system exercised, contract by contract, and what of them nobody asked for."""
    exchanges = [
        *(exchange for result in run.results for exchange in result.exchanges if exchange.inbound),
        *(stray.exchange for stray in run.strays),
    ]
    for each in classify(exchanges, run.header.contracts.values()):
        if each.is_by_system:
            yield from _exercised(each)
    if run.strays:
        yield _strays(run, more)


def _exercised(each: Exercised) -> Iterator[str]:
    """Without what stands in attributes of elements that were not there: an element is in the schema's list, or is none."""
    optional = [element for element in each.optional if element.element is not None]
    seen = sum(1 for element in optional if element.messages)
    messages = f"{each.messages} message{'' if each.messages == 1 else 's'}"
    yield f"received {each.contract}: {messages}, {seen} of {len(optional)} optional elements seen"
    if each.identities:
        yield f"    identities  {', '.join(f'{_OIDS[kind]} {count} ×' for kind, count in each.identities)}"
    codes = [f"{_name(element.path)} {_values(element.values)}" for element in each.codes]
    if codes:
        left = f"; {len(codes) - _MOST_CODES} more in the report" if len(codes) > _MOST_CODES else ""
        yield f"    codes       {'; '.join(codes[:_MOST_CODES])}{left}"


def _name(path: str) -> str:
    """What a code is of: the element that it stands in, or under."""
    parts = [part for part in path.split("/") if part not in ("code", "@code")]
    last = parts[-1].lstrip("@")
    return f"{parts[-2]} {last}" if last == "codeSystem" or parts[-1] != last else last


def _values(values: Sequence[tuple[str, int]]) -> str:
    shown = [f"{value} {count} ×" for value, count in values[:_MOST_CODES]]
    return ", ".join([*shown, *(["…"] if len(values) > _MOST_CODES else [])])


def _strays(run: Run, more: int) -> str:
    failed = Counter(Verdict.of(check.verdict for check in each.checks) for each in run.strays)[Verdict.FAILED]
    count = len(run.strays) + more
    told = f"{count} call{' that no case asked for was' if count == 1 else 's that no case asked for were'} received"
    told += f", {failed} of {len(run.strays)} with findings" if failed else ""
    return f"{told}; the first {len(run.strays)} are in the report" if more else told
