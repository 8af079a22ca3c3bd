"""Tables as CSV that Excel opens by a double click, with nothing in them that a spreadsheet would compute.

`requirements` has a line a requirement, `coverage` a line an element of the contracts, `log` a line a case. Give them the run as it was read: they
mask. UTF-8 with a byte order mark, without which Excel takes it for Windows-1252.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from rivta.contract import Exercised, SeenElement
from rivta.declaration.answers import value_in_words
from rivta.evidence import masked
from rivta.model.declaration import Declaration, RequirementRow
from rivta.model.load import Slice, percentile
from rivta.model.run import CaseResult
from rivta.model.words import Lang
from rivta.report import failures, material
from rivta.report.coverage import exercised, heading_key, occurs
from rivta.report.failures import Failure
from rivta.report.places import superseding
from rivta.report.voice import Voice
from rivta.text.catalogue import words

_REQUIREMENT = ("domain", "requirement", "level", "outcome", "text", "source", "cases", "deviates", "known", "reason")
_ELEMENT = ("contract", "message", "element", "occurs", "seen", "messages", "of_messages", "codes")
_CASE = ("contract", "case", "text", "outcome", "started", "calls", "ms", "reason")
_CALLS = ("begins", "seconds", "users", "calls", "answered", "lost", "hindered", "not_right", "mixed")
_STRETCH = ("case", *_CALLS, "p50", "p95", "p99")
"""The columns, as the catalogue calls them after `csv_`."""
_SEPARATORS = {"sv": ";", "en": ","}
"""What Excel separates columns by in the language's usual settings; where the comma is the decimal point it is not free."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_UNSHOWABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def requirements(declaration: Declaration, lang: Lang = "sv") -> bytes:
    """Every requirement, what it came to, and what deviates from it."""
    shown = material.shown(declaration)
    failed: dict[tuple[str, str], list[Failure]] = defaultdict(list)
    for each in failures.of(shown):
        if each.requirement:
            failed[each.result.domain, each.requirement.id].append(each)
    rows = ((domain, row) for domain, own in shown.rows.items() for row in own)
    return _sheet(_REQUIREMENT, (_cells(name, row, failed[name, row.requirement.id], lang) for name, row in rows), lang)


def _cells(domain: str, row: RequirementRow, failed: list[Failure], lang: Lang) -> Iterator[str]:
    requirement, voice = row.requirement, Voice(lang)
    state, known = voice.of(row), (each.known for each in failed if each.known)
    yield domain
    yield requirement.id
    yield voice.level(requirement.level)
    yield state.word
    yield requirement.text.in_(lang)
    yield requirement.reference
    yield ", ".join(row.cases)
    yield ", ".join(dict.fromkeys(each.result.key for each in failed))
    yield ", ".join(dict.fromkeys(f"{each.id} ({failures.kind_word(each, lang)})" for each in known))
    yield requirement.not_tested.in_(lang) if requirement.not_tested and state is voice.not_tested else ""


def coverage(declaration: Declaration, lang: Lang = "sv") -> bytes:
    """Every element and attribute of the contracts, and in how many of the run's messages it was."""
    told = exercised(masked(declaration.run))
    return _sheet(_ELEMENT, (_element(each, element, lang) for each in told for element in each.elements), lang)


def _element(seen: Exercised, element: SeenElement, lang: Lang) -> Iterator[str]:
    said = words("report", lang)
    yield seen.contract
    yield said[heading_key(seen)]
    yield element.path
    yield occurs(element.element)
    yield value_in_words("yes" if element.messages else "no").in_(lang)
    yield str(element.messages)
    yield str(seen.messages)
    yield ", ".join(f"{code} ({count})" for code, count in element.values)


def log(declaration: Declaration, lang: Lang = "sv") -> bytes:
    """Every case by its published number: how it went, when, in how many calls, and how long an answer took on average.

    Of one that was tried again there is a line an attempt, and what does not count says so.
    """
    results, voice = material.shown(declaration).run.results, Voice(lang)
    again = superseding(results, voice)
    return _sheet(_CASE, (_case(each, again.get(id(each), ""), voice) for each in results), lang)


def _case(result: CaseResult, again: str, voice: Voice) -> Iterator[str]:
    lang, calls = voice.lang, result.exchanges
    found = [finding.message.in_(lang) for check in result.checks for finding in check.findings]
    yield from (result.contract, result.case, result.title.in_(lang), voice.state(result.verdict).word, result.started)
    yield str(len(calls))
    reason = result.reason.in_(lang) if result.reason else ""
    yield f"{sum(each.elapsed_ms for each in calls) / len(calls):.0f}" if calls else ""
    yield "; ".join(dict.fromkeys((*filter(None, (again, reason)), *found)))


def load(declaration: Declaration, lang: Lang = "sv") -> bytes:
    """Every stretch of every load case: users, what came of their calls, and within how many ms so many of the answers came."""
    played = ((each.key, each.load) for each in material.shown(declaration).run.results if each.load)
    return _sheet(_STRETCH, (_stretch(key, one) for key, load in played for one in load.slices), lang)


def _stretch(key: str, one: Slice) -> Iterator[str]:
    yield key
    lost, hindered = sum(one.lost.values()), sum(one.hindered.values())
    counts = (one.users, one.sent, one.answered, lost, hindered, one.not_right, one.mixed)
    yield from (f"{each:g}" for each in (one.begins, one.seconds, *counts))
    yield from ("" if (ms := percentile([one], share)) is None else f"{ms:.4g}" for share in (50, 95, 99))


def _sheet(columns: Iterable[str], lines: Iterable[Iterable[str]], lang: Lang) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=_SEPARATORS[lang], quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([words("report", lang)[f"csv_{column}"] for column in columns])
    writer.writerows([_harmless(cell) for cell in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection): an apostrophe makes it text."""
    cell = _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", cell)
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
