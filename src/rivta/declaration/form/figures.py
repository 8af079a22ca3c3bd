"""Figures of a run that answer a form's questions by themselves: times, counts, versions, what was seen.

A figure is a value and what it follows from, or a sentence that says why the run has none. Times are whole milliseconds,
percentiles by the nearest rank. Values read the same in every language; yes and no are `yes` and `no`.
"""

from collections.abc import Callable, Iterable, Mapping
from statistics import median

from rivta.declaration.form.part import RunPart, Side
from rivta.declaration.proven import p95
from rivta.model.declaration import Proposal
from rivta.model.domain import ContractFacts
from rivta.model.exchange import Message
from rivta.model.load import percentile
from rivta.model.words import Text, Verdict
from rivta.text import xml
from rivta.text.catalogue import text

NONE = "–"
"""Written where a list that was asked for is empty."""
Answer = Proposal | Text


def _is(value: str, *because: str, verdict: Verdict = Verdict.PASSED) -> Proposal:
    return Proposal(value, because, verdict)


def _known(value: str, missing: str, *because: str) -> Answer:
    """The value, or the sentence that says why there is none."""
    return _is(value, *because) if value else text("declaration", missing)


def _response_time(part: RunPart, share: float, of: Callable[[list[float]], float]) -> Answer:
    """How long the system took to answer our calls. How long we took to answer its calls is no time of its."""
    calls = (seen.exchange for seen in part.exchanges("producer"))
    times = [call.elapsed_ms for call in calls if call.response is not None]
    own = _known(_milliseconds(of(times)) if times else "", "no_answer", f"n = {len(times)}")
    return _of_load(part, share) or own


def _of_load(part: RunPart, share: float) -> Answer | None:
    """The same of the run's load cases, where it has any: there every answer was measured, and few were kept."""
    slices = [each for result in part.results if result.load is not None for each in result.load.slices]
    took = percentile(slices, share)
    return _is(_milliseconds(took), f"n = {sum(each.answered for each in slices)}") if took is not None else None


def _milliseconds(time: float) -> str:
    return f"{round(time)} ms" if time >= 1 else "< 1 ms"


def _case_count(part: RunPart) -> Answer:
    done = len({(result.suite, result.case) for result in part.results})
    planned = done + len(part.left)
    return _is(f"{done}/{planned}") if planned else text("declaration", "no_cases")


def _contracts(part: RunPart) -> list[ContractFacts]:
    return [each for each in (part.domain.contracts if part.domain else ()) if each.word in part.contracts]


def _contract_versions(part: RunPart) -> Answer:
    return _known(", ".join(f"{each.word} {each.version}" for each in _contracts(part)), "no_domain")


def _schema_origin(part: RunPart) -> Answer:
    facts = _contracts(part)
    origin = "official" if all(each.origin == "official" for each in facts) else "restatement"
    return _known(origin if facts else "", "no_domain", *(f"{each.word} sha256:{each.digest[:12]}" for each in facts))


def _encodings(messages: Iterable[Message]) -> Answer:
    seen = {found for message in messages if (found := _encoding(message))}
    return _known(", ".join(sorted(seen)), "no_encoding")


def _encoding(message: Message) -> str:
    declared = xml.charset_of(message.header("Content-Type"))
    return (declared or xml.prolog_encoding(message.body) or "").upper()


def _encoding_seen(part: RunPart) -> Answer:
    answers = (seen.exchange.response for seen in part.exchanges("producer"))
    return _encodings(answer for answer in answers if answer is not None)


def _encoding_sent(part: RunPart) -> Answer:
    return _encodings(seen.exchange.request for seen in part.exchanges("consumer") if seen.exchange.request.body)


def _tls_seen(part: RunPart) -> Answer:
    sides: tuple[Side, ...] = ("producer", "consumer")
    shakes = {seen.exchange.tls for side in sides for seen in part.exchanges(side) if seen.exchange.tls}
    versions = sorted({shake.version for shake in shakes})
    mutual = ["mTLS"] if shakes and all(shake.client_certificate for shake in shakes) else []
    return _known(", ".join((*versions, *mutual)), "no_tls")


def _suite_executed(part: RunPart) -> Answer:
    if part.is_whole:
        return _is("yes", part.run.header.run)
    return text("declaration", "not_whole", missing=len(part.left))


def _unexpected_results(part: RunPart) -> Answer:
    if part.failed:
        return _is("yes", *part.failed, verdict=Verdict.FAILED)
    return _is("no", part.run.header.run) if part.is_whole else _suite_executed(part)


def _noted(admitted: Answer) -> Answer:
    """Whether what another figure admits is told in the declaration: it is, case by case, as soon as there is any."""
    if isinstance(admitted, Text):
        return admitted
    return _is("yes", *admitted.because) if admitted.value == "yes" else _is("not-applicable")


def _schema_deviations(part: RunPart) -> Answer:
    found = list(part.checks("schema", "rules"))
    failed = dict.fromkeys(result.key for result, check in found if check.verdict is Verdict.FAILED)
    if failed:
        return _is("yes", *failed, verdict=Verdict.FAILED)
    if not any(check.verdict is Verdict.PASSED for _, check in found):
        return text("declaration", "no_validation")
    return _is("no", part.run.header.run) if part.is_whole else _suite_executed(part)


def _approved_deviations(part: RunPart) -> Answer:
    if part.deviations is None:
        return text("declaration", "no_deviations")
    failed = frozenset(part.failed)
    known = [each for each, cases in part.deviations.known if each.kind == "approved" and failed.intersection(cases)]
    return _is("\n".join(f"{each.id} {each.reference}".strip() for each in known) or NONE)


def _new_deviations(part: RunPart) -> Answer:
    if not part.failed:
        return _is(NONE) if part.is_whole else _suite_executed(part)
    approved = part.known("approved")
    new = [key for key in part.failed if key not in approved]
    return _is(", ".join(new) or NONE, *new, verdict=Verdict.FAILED if new else Verdict.PASSED)


def _deviations_may_stay(part: RunPart) -> Answer:
    """An opinion on the whole run: it is asked once for all forms, so it must not hang on one role's part."""
    deviates = any(result.verdict is Verdict.FAILED for result in part.run.counted)
    if not deviates and part.is_whole:
        return _is("not-applicable")
    return text("declaration", "party_only")


FIGURES: Mapping[str, Callable[[RunPart], Answer]] = {
    "typical-response-time": lambda part: _response_time(part, 50, median),
    "response-time-p95": lambda part: _response_time(part, 95, p95),
    "case-count": _case_count,
    "domain-version": lambda part: _known(part.domain.version if part.domain else "", "no_domain"),
    "contract-versions": _contract_versions,
    "schema-origin": _schema_origin,
    "encoding-seen": _encoding_seen,
    "encoding-sent": _encoding_sent,
    "tls-seen": _tls_seen,
    "run-date": lambda part: _is(part.run.header.started[:10]),
    "run-id": lambda part: _is(part.run.header.run),
    "rivta-version": lambda part: _is(part.run.header.rivta),
    "suite-executed": _suite_executed,
    "unexpected-results": _unexpected_results,
    "unexpected-noted": lambda part: _noted(_unexpected_results(part)),
    "schema-deviations": _schema_deviations,
    "schema-noted": lambda part: _noted(_schema_deviations(part)),
    "results-attached": lambda part: _is("yes", part.run.header.run) if part.results else _suite_executed(part),
    "approved-deviations": _approved_deviations,
    "new-deviations": _new_deviations,
    "deviations-may-stay": _deviations_may_stay,
}
"""How each figure is found, by its name; what it means stands in `form.yaml`."""
