"""What goes into each field: the vendor's answer if there is one, else what the evidence proposes, and the words beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rivta.model.declaration import Answer, Proposal
from rivta.model.run import CaseResult, Run
from rivta.model.words import Text, Verdict
from rivta.report.word.fields import WordField

_WORDS: Final = {"yes": "Ja", "no": "Nej", "not-applicable": "ej tillämpligt"}
_TOLD: Final = 4
"""How many cases a note names before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """What goes into a field: `value` is `yes`, `no` or text; `note` stands in parentheses after it.

    `remark` is a line for the field in which the section tells its deviations or comments.
    """

    field: WordField
    value: str
    note: str
    is_proposed: bool
    because: tuple[str, ...] = ()
    remark: str = ""


def proposed(
    field: WordField, proposal: Proposal, run: Run, look: bool, failed: Sequence[CaseResult] = ()
) -> FieldEntry:
    """The evidence's own answer, marked as no more than that."""
    mark = "förslag, ska bedömas" if look else "förslag"
    note = f"{mark}: {_evidence(proposal, run)}"
    remark = f"{_subject(field)} (förslag): {_findings(failed)}" if proposal.value == "no" and failed else ""
    return FieldEntry(field, proposal.value, note, True, proposal.because, remark)


def answered(
    field: WordField, answer: Answer, proposal: Proposal | None, run: Run | None, failed: Sequence[CaseResult] = ()
) -> FieldEntry | None:
    """The vendor's answer, beside the evidence if there is any; None if it says nothing."""
    value = answer.value or (proposal.value if answer.confirmed and proposal else "")
    if not value:
        return None
    note = _beside(value, answer, proposal, run) if proposal and run else ""
    because = proposal.because if proposal else ()
    told = f"{_subject(field)} (förslag): {_findings(failed)}" if value == "no" and failed else ""
    remark = _comment(field, value, answer) or told
    if field.kind != "yes-no":
        value = _WORDS["not-applicable"].capitalize() if value == "not-applicable" else value
    return FieldEntry(field, value, note, False, because, remark)


def _beside(value: str, answer: Answer, proposal: Proposal, run: Run) -> str:
    if " ".join(value.split()).casefold() == " ".join(proposal.value.split()).casefold():
        return f"underlag: {_evidence(proposal, run)}"
    reason = f"; skäl: {answer.reason}" if answer.reason else ""
    shown = _WORDS.get(proposal.value, proposal.value)
    return f"ändrat av leverantören, provningen visar {shown}: {_evidence(proposal, run)}{reason}"


def _comment(field: WordField, value: str, answer: Answer) -> str:
    words = "; ".join(part for part in (answer.comment, answer.reason) if part)
    if field.kind != "yes-no" or not (words or value == "not-applicable"):
        return ""
    start = "ej tillämpligt" if value == "not-applicable" else ""
    signed = f" ({answer.by})" if answer.by else ""
    return f"{_subject(field)}: {'; '.join(part for part in (start, words) if part)}{signed}"


def _evidence(proposal: Proposal, run: Run) -> str:
    keys = dict.fromkeys(each for each in proposal.because if each != run.header.run)
    told = list(keys)[:_TOLD]
    more = f" och {len(keys) - _TOLD} till" if len(keys) > _TOLD else ""
    verdict = " underkänt" if proposal.verdict is Verdict.FAILED else ""
    return ", ".join(part for part in (f"{', '.join(told)}{more}{verdict}", f"körning {run.header.run}") if part)


def _subject(field: WordField) -> str:
    """How a remark names its question: by its test case, which the form cites too, else by its first words."""
    return ", ".join(field.references) or _shortened(field.question)


def _findings(results: Iterable[CaseResult]) -> str:
    return "; ".join(f"{result.key}: {_finding(result)}" for result in results)


def _finding(result: CaseResult) -> str:
    messages = [finding.message.sv for check in result.checks for finding in check.findings]
    reason = (result.reason or Text.same("")).sv
    more = f" och {len(messages) - 1} avvikelser till" if len(messages) > 1 else ""
    return f"{messages[0]}{more}" if messages else reason or result.title.sv


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:59].rstrip() + "…"
