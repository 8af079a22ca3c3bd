"""Whose fault it was: the only place that turns what a check saw into a verdict."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from rivta.check.kinds import NOTHING, SILENT, Observation, Seen, SuiteBroke, not_applicable, observe
from rivta.contract.message import counted_in_characters
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable, UsageError, hindrance
from rivta.model.exchange import Message, Problem
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Expectation
from rivta.model.words import Blame, Source, Text, Verdict
from rivta.text import identity
from rivta.text.catalogue import text
from rivta.text.xml import HTML, decoded

MOST_FINDINGS = 100
"""How many findings of one check are told; the rest is counted."""
_LONGEST = 1000
"""How many characters of a value are told: a system may answer with an element of 10 MB, whose place is the body."""


def evaluate(expectation: Expectation, seen: Seen, *, verifies: tuple[str, ...]) -> CheckResult:
    """The verdict of one expectation on one exchange.

    A finding, or a reply that cannot be read, is the system's; any other exception is ours, and the requirement is then
    not proven.
    """
    observed, is_broken = _observed(expectation, seen)
    if observed is SILENT:
        return _silent(expectation.kind)
    return CheckResult(
        kind=expectation.kind,
        verdict=Verdict.ERROR if is_broken else _verdict(observed),
        verifies=verifies,
        expected=identity.shortened(observed.expected, _LONGEST),
        actual=identity.shortened(observed.actual, _LONGEST),
        findings=tuple(_bearable(finding) for finding in observed.findings[:MOST_FINDINGS]),
        note=_with_the_rest(observed),
        source=expectation.source,
        exchange=seen.at,
        step=seen.exchange.step,
    )


def _observed(expectation: Expectation, seen: Seen) -> tuple[Observation, bool]:
    """What the check saw, and whether it broke."""
    try:
        return observe(expectation, seen), False
    except Unreadable as unreadable:
        return _unreadable(unreadable, seen), False
    except (SuiteBroke, UsageError) as broken:
        key, what = "suite_broke", str(broken)
    except Exception as broken:
        if hindrance(broken):
            raise
        # Whatever else breaks in a check is our fault, and must not stop the run.
        key, what = "we_broke", f"{type(broken).__name__}: {broken}"
    return not_applicable(text("check", key, kind=expectation.kind, what=what)), True


def _with_the_rest(observed: Observation) -> Text | None:
    """The note, and how many findings are not told."""
    more = observed.more + max(0, len(observed.findings) - MOST_FINDINGS)
    if not more:
        return observed.note
    return Text.joined(filter(None, (observed.note, text("check", "more_findings", more=more))))


def _unreadable(unreadable: Unreadable, seen: Seen) -> Observation:
    it = text("check", "the_call" if seen.exchange.inbound else "the_reply")
    why = counted_in_characters(seen.message.body) or unreadable.text
    message = text("check", "unreadable", it=it, why=why, facts=_beside_the_body(seen))
    line = unreadable.source.line if unreadable.source else None
    actual = "≠ SOAP 1.1" if seen.exchange.inbound else f"HTTP {seen.exchange.status}"
    return Observation("SOAP 1.1", actual, (Finding(message, seen.direction, line=line),))


def _beside_the_body(seen: Seen) -> Text:
    """What beside the body tells why there is no message in it: status and type, compression, a redirect."""
    packed = seen.message.header("Content-Encoding") or "identity"
    said = [] if seen.exchange.inbound else [Text.same(f"HTTP {seen.exchange.status}")]
    said.append(Text.same(f"Content-Type: {seen.message.header('Content-Type') or NOTHING}"))
    if packed.lower() != "identity":
        said.append(text("check", "packed", packed=packed))
    return Text.joined(said, ", ")


def _verdict(observed: Observation) -> Verdict:
    if not observed.applies:
        return Verdict.NOT_APPLICABLE
    if observed.findings:
        return Verdict.FAILED
    return Verdict.PASSED if observed.proves else Verdict.NOT_PROVEN


def _bearable(finding: Finding) -> Finding:
    told = (finding.message.sv, finding.message.en, finding.expected, finding.actual)
    sv, en, expected, actual = (identity.shortened(each, _LONGEST) for each in told)
    return replace(finding, message=Text(sv, en), expected=expected, actual=actual)


@cache
def _silent(kind: str) -> CheckResult:
    """What nobody is told of need not be made for each answer."""
    return CheckResult(kind, Verdict.NOT_APPLICABLE, ())


def is_silent(check: CheckResult) -> bool:
    """Whether the check had nothing to look at and nothing to tell of it: a check of Faults where there is none."""
    return check.verdict is Verdict.NOT_APPLICABLE and check.note is None


def expects_fault(expectations: tuple[Expectation, ...]) -> bool:
    """Whether any of the expectations, or an alternative of a `one_of`, counts on a SOAP Fault."""
    return any(each.kind == "fault" or any(map(expects_fault, _alternatives(each))) for each in expectations)


def refuses(expectations: tuple[Expectation, ...], contract: Contract) -> bool:
    """Whether what is expected is that the message is refused: by a SOAP Fault, HTTP 403, or a result that is neither done nor a remark."""
    grammar = contract.result
    done = (grammar.ok, grammar.info) if grammar else ()
    return any(_is_refusal(each, done) for each in expectations)


def expects_status(expectations: tuple[Expectation, ...], status: int | None) -> bool:
    """Whether any of the expectations, or an alternative of a `one_of`, counts on that HTTP status: then it is the system that answers by it."""
    return any(
        status in _statuses(each) or any(expects_status(one, status) for one in _alternatives(each))
        for each in expectations
    )


def _is_refusal(one: Expectation, done: tuple[str, ...]) -> bool:
    if _FORBIDDEN in _statuses(one):
        return True
    if one.kind != "one_of":
        return one.kind == "fault" or (one.kind == "result" and one.args.get("code") not in done)
    return all(any(_is_refusal(part, done) for part in each) for each in _alternatives(one))


def _statuses(one: Expectation) -> Sequence[object]:
    codes = one.args.get("codes", ()) if one.kind == "http_status" else ()
    return codes if isinstance(codes, list) and not one.args.get("absent") else ()


def _alternatives(expectation: Expectation) -> Iterator[tuple[Expectation, ...]]:
    alternatives = expectation.args.get("expectations", ())
    assert isinstance(alternatives, tuple)  # noqa: S101 - the suite reader makes it one
    return (each if isinstance(each, tuple) else (each,) for each in alternatives)


def of_every_received(seen: Seen, kinds: Mapping[str, str], *, source: Source) -> tuple[CheckResult, ...]:
    """A result for each kind of `Domain.every_received`, proving the requirement it stands for."""
    checks = (evaluate(Expectation(kind, {}, source), seen, verifies=(id_,)) for kind, id_ in kinds.items())
    return tuple(check for check in checks if not is_silent(check))


# Who answered


PLATFORM = re.compile(r"\bVP0(?:0[1-9]|1[0-6])\b")
"""A code of the national platform's own."""
_FORBIDDEN = 403
_BEFORE: Mapping[int, str] = {
    **dict.fromkeys((502, 503, 504), "gateway"),
    429: "too-often",
    **dict.fromkeys((401, 403, 407, 511), "turned-away"),
}
"""What is told by these statuses is of whoever stands before a service, or of who calls, whatever the service."""
_ADDRESS = (404, 405, 415, 421)
"""By these a web server says that there is nothing that takes SOAP at the address."""
_INTERNAL = 500
_DONE = 200
"""Whatever answers answers by it, a login as well."""
_TITLE = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
_LOOKED_AT = 4000
"""Characters of a page that are looked at for what it is."""
_SHOWN = 300


def not_the_system(seen: Seen, place: str, expected: tuple[Expectation, ...] = ()) -> Problem | None:
    """Why the answer is somebody else's; None where it is the system's own.

    What is told by something in front of the system proves nothing of it: the national platform's own Fault (VP001 to
    VP016), a gateway that does not reach the system or lets us ask no more, a page made for people, a refusal of the
    address or the caller, a redirect. A SOAP message of any status is the system's own, and so is its own error page
    with status 500, and what has a status above 200 that the case expects. `place` says where the URL that was called
    is written, for the text: that may be what is wrong. Source: RIV-TA Basic Profile 3.1 rule #28; the national
    platform's list of errors.
    """
    fault = _fault_text(seen)
    if fault is not None:
        said = PLATFORM.search(fault)
        return _told("platform", seen, place, code=said[0], said=fault[:_SHOWN]) if said else None
    status = seen.exchange.status or 0
    if status != _DONE and expects_status(expected, status):
        return None
    kind = before_the_service(status) or ("turned-away" if status in _ADDRESS else "")
    if kind:
        return _told(kind, seen, place)
    if is_redirect(status):
        return _told("redirected", seen, place, to=seen.response.header("Location") or "?")
    return _told("page", seen, place) if is_page(seen.response) and status != _INTERNAL else None


def before_the_service(status: int) -> str:
    """What kind of trouble it is that an HTTP status tells of whoever stands before a service, SOAP or not; empty for none."""
    return _BEFORE.get(status, "")


def is_redirect(status: int) -> bool:
    return 300 <= status < 400


def _fault_text(seen: Seen) -> str | None:
    """What a Fault says; empty for a SOAP message that is none, None for what is no SOAP message."""
    try:
        fault = seen.envelope.fault
    except Unreadable:
        return None
    return f"{fault.code} {fault.text} {fault.detail}".strip() if fault else ""


def is_page(answer: Message) -> bool:
    """Whether it begins as a page does, or is told to be one and has something in it, such as a script that leads to a login."""
    kind = (answer.header("Content-Type") or "").partition(";")[0].strip().lower()
    is_told = kind in ("text/html", "application/xhtml+xml") and bool(answer.body.strip())
    return is_told or bool(HTML.match(answer.body[:_LOOKED_AT]))


def _beginning(seen: Seen) -> str:
    return decoded(seen.response.body[:_LOOKED_AT])


def _told(kind: str, seen: Seen, place: str, **values: str) -> Problem:
    told = text("check", kind, status=seen.exchange.status, who=_who(seen), url=seen.exchange.url, **values)
    return Problem(kind, Text.joined((told, text("check", "address", place=place))), Blame.ENVIRONMENT)


def _who(seen: Seen) -> str:
    """What the answer says of who gave it: the headers that name a server or a proxy, and a page's title."""
    named = [f"{name}: {value.strip()}" for name in ("Server", "Via") if (value := seen.response.header(name))]
    title = _TITLE.search(_beginning(seen)) if is_page(seen.response) else None
    said = ", ".join((*named, *([f"“{title[1][:_SHOWN]}”"] if title else [])))
    return f" ({said})" if said else ""
