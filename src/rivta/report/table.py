"""The requirements as CSV that Excel opens by a double click, with nothing in it that a spreadsheet would compute."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from rivta.declaration import proven
from rivta.evidence import masked
from rivta.model.declaration import Declaration, KnownDeviation, RequirementRow, SortedDeviations
from rivta.model.words import Lang, Text, Verdict
from rivta.report import failures
from rivta.report.failures import Failure
from rivta.report.voice import Voice

_COLUMNS = (
    Text("Domän", "Domain"),
    Text("Krav", "Requirement"),
    Text("Nivå", "Level"),
    Text("Utfall", "Outcome"),
    Text("Lydelse", "Text"),
    Text("Källa", "Source"),
    Text("Testfall", "Cases"),
    Text("Avviker i", "Deviates in"),
    Text("Känd avvikelse", "Known deviation"),
    Text("Skäl", "Reason"),
)
_SEPARATORS = {"sv": ";", "en": ","}
"""What Excel separates columns by in the language's usual settings; where the comma is the decimal point it is not free."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_UNSHOWABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def render(declaration: Declaration, lang: Lang = "sv", deviations: SortedDeviations | None = None) -> bytes:
    """One line a requirement, in UTF-8 with a byte order mark, without which Excel takes it for Windows-1252.

    Give it the run as it was read: it masks.
    """
    shown = proven.of(masked(declaration.run))
    failed = _failed(shown, deviations)
    lines = (
        _cells(domain, row, failed.get((domain, row.requirement.id), []), lang)
        for domain, rows in shown.rows.items()
        for row in rows
    )
    return sheet([column.in_(lang) for column in _COLUMNS], lines, lang)


def sheet(columns: Iterable[str], lines: Iterable[Iterable[str]], lang: Lang) -> bytes:
    """A table as Excel in that language opens it by a double click."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=_SEPARATORS[lang], quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def _failed(shown: Declaration, deviations: SortedDeviations | None) -> Mapping[tuple[str, str], list[Failure]]:
    """What deviates, by domain and requirement."""
    found: dict[tuple[str, str], list[Failure]] = defaultdict(list)
    for failure in failures.of(shown, deviations):
        if failure.requirement:
            found[failure.result.domain, failure.requirement.id].append(failure)
    return found


def _cells(domain: str, row: RequirementRow, failed: list[Failure], lang: Lang) -> Iterator[str]:
    requirement, voice = row.requirement, Voice(lang)
    is_untestable = row.verdict is Verdict.NOT_PROVEN and not row.cases
    excused = requirement.not_tested if is_untestable else None
    yield domain
    yield requirement.id
    yield voice.level(requirement.level)
    yield (voice.not_tested if excused else voice.state(row.verdict)).word
    yield requirement.text.in_(lang)
    yield requirement.reference
    yield ", ".join(row.cases)
    yield ", ".join(dict.fromkeys(each.key for each in failed))
    yield ", ".join(dict.fromkeys(_decision(each.known, lang) for each in failed if each.known))
    yield excused.in_(lang) if excused else ""


def _decision(known: KnownDeviation, lang: Lang) -> str:
    return f"{known.id} ({failures.KINDS[known.kind].in_(lang)})"


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection): an apostrophe makes it text."""
    cell = _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", cell)
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
