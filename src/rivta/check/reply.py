"""Checks of what kind of message this is: SOAP at all, a result, a fault, in time."""

import re

from lxml import etree

from rivta.check.faults import generic_code, no_refusal
from rivta.check.kinds import NOTHING, SILENT, Observation, Seen, compared, kind, kind_of
from rivta.contract import envelope
from rivta.contract.message import FaultFacts, ResultFacts, codes_in
from rivta.contract.wording import in_another_namespace
from rivta.model.domain import ResultGrammar
from rivta.model.errors import Unreadable, UsageError
from rivta.model.run import Finding
from rivta.model.words import Text
from rivta.text.catalogue import text


@kind
def soap(seen: Seen) -> Observation:
    """The message is a SOAP 1.1 envelope with the contract's response in it, and no SOAP Fault unless the case counts on one.

    A call that we received has the contract's request in it, and is never a SOAP Fault. Runs in every case. Source: RIV-TA Basic Profile 2.1 rules #1 and #7; WS-I Basic Profile 1.1.
    """
    findings = [*_content_type(seen), *_envelope(seen)]
    return _called(seen, findings) if seen.exchange.inbound else _replied(seen, findings)


def _called(seen: Seen, findings: list[Finding]) -> Observation:
    findings += _root_findings(seen, seen.contract.request_root)
    return Observation(f"SOAP 1.1: {seen.contract.request_root}", seen.envelope.payload_name, tuple(findings))


def _replied(seen: Seen, findings: list[Finding]) -> Observation:
    opened = seen.envelope
    if opened.fault is not None:
        findings += [] if seen.fault_allowed else [_unexpected_fault(opened.fault, seen)]
        return Observation(_wanted(seen), f"SOAP Fault {opened.fault.code}", tuple(findings))
    findings += _root_findings(seen, seen.contract.response_root)
    if seen.exchange.status != 200:
        status = str(seen.exchange.status)
        findings.append(Finding(text("check", "not_200"), location="HTTP status", expected="200", actual=status))
    return Observation(_wanted(seen), f"HTTP {seen.exchange.status}, {opened.payload_name}", tuple(findings))


def _root_findings(seen: Seen, root: str) -> list[Finding]:
    wanted, opened = f"{{{seen.contract.namespace}}}{root}", seen.envelope
    if opened.payload_name == wanted:
        return []
    place, payload = "/soapenv:Envelope/soapenv:Body/*", opened.payload
    if payload is not None and etree.QName(payload).localname == root:
        words, line = in_another_namespace(payload, seen.contract.namespace)
        return [Finding(words, seen.direction, location=place, line=line)]
    line = payload.sourceline if payload is not None else None
    return [Finding(text("check", "root_other"), seen.direction, place, line, wanted, opened.payload_name)]


def _wanted(seen: Seen) -> str:
    wanted = f"SOAP 1.1: {seen.contract.response_root}"
    return f"{wanted} | SOAP Fault" if seen.fault_allowed else wanted


def _content_type(seen: Seen) -> list[Finding]:
    several = [value for name, value in seen.message.headers if name.lower() == "content-type"]
    declared = ", ".join(dict.fromkeys(several))  # two that differ are no type at all
    if declared.split(";")[0].strip().lower() == "text/xml" and len(set(several)) == 1:
        return []
    wrong, place = text("check", "not_text_xml"), "HTTP Content-Type"
    return [Finding(wrong, seen.direction, place, expected="text/xml", actual=declared or NOTHING)]


def _envelope(seen: Seen) -> list[Finding]:
    """What SOAP 1.1 forbids in the envelope itself. A caller may demand that its address be understood, an answer nothing."""
    understood = (seen.contract.header,) if seen.exchange.inbound else ()
    return [
        Finding(each.text, seen.direction, location=each.path, line=each.line, rule="SOAP 1.1")
        for each in envelope.complaints(seen.envelope.root, understood)
    ]


def _unexpected_fault(fault: FaultFacts, seen: Seen) -> Finding:
    return Finding(
        text("check", "fault_unexpected"),
        location="/soapenv:Envelope/soapenv:Body/soapenv:Fault",
        expected=seen.contract.response_root,
        actual=f"{fault.code}: {fault.text}",
    )


@kind_of("replies")
def result(seen: Seen, *, code: str, error: str | None = None, sub: str | None = None) -> Observation:
    """The reply's result has this code and, where given, this error and finer code.

    Where a contract's result stands and what its parts are called is the domain's to say: resultCode, errorCode or errorId,
    subCode. The code for done (OK) is met by that for done with a remark (INFO) too; the report then says which was seen.
    Where a reply holds several results they must all have the same code.
    Source: the contract description's error handling.
    """
    grammar = seen.contract.result
    if grammar is None:
        raise UsageError(f"the responses of {seen.contract.name} have no result that could be {code}")
    expected = _said(code, error, sub)
    facts = seen.result
    if facts is None:
        fault = seen.envelope.fault
        actual = f"SOAP Fault {fault.code}: {fault.text}" if fault else seen.envelope.payload_name
        return compared(seen, expected, actual, text("check", "result_lacking"))
    findings = [*_result_findings(facts, grammar, code, error, sub)]
    codes = codes_in(seen.envelope, grammar)
    if len({*codes}) > 1:
        several = text("check", "result_several", count=len(codes))
        findings.append(
            Finding(several, location=_place(grammar, grammar.code), expected=code, actual=", ".join(codes))
        )
    note = None
    if code == grammar.ok and facts.code == grammar.info:
        note = text("check", "result_info", code=grammar.info)
    return Observation(expected, _result_words(facts), tuple(findings), note)


def _result_words(facts: ResultFacts) -> str:
    return _said(facts.code, facts.error_code, facts.sub_code)


def _said(*words: str | None) -> str:
    return " ".join(filter(None, words)) or NOTHING


def _result_findings(
    facts: ResultFacts, grammar: ResultGrammar, code: str, error: str | None, sub: str | None
) -> list[Finding]:
    accepted = (grammar.ok, grammar.info) if code == grammar.ok else (code,)
    rows = [(grammar.code, facts.code in accepted, code, facts.code)]
    if error is not None:
        rows.append((grammar.error or grammar.code, facts.error_code == error, error, facts.error_code))
    if sub is not None:
        rows.append((grammar.sub or grammar.code, facts.sub_code == sub, sub, facts.sub_code))
    said = f" “{facts.message}”" if facts.message else ""
    return [
        Finding(
            text("check", "result_other", name=name, said=said),
            location=_place(grammar, name),
            expected=wanted,
            actual=actual or NOTHING,
        )
        for name, holds, wanted, actual in rows
        if not holds
    ]


@kind_of("replies")
def fault(
    seen: Seen, *, code: str | None = None, contains: str | None = None, status: int | None = None
) -> Observation:
    """The reply is a SOAP 1.1 Fault that refuses what was sent; where given, with this faultcode, text and HTTP status.

    `code` is without its prefix and without what is finer behind a dot: Client, Server. `contains` is looked for in faultstring
    and detail. Without a `code` it must be a refusal: HTTP 500, the code Client or one of the system's own, and no sign that the
    system broke; else nothing is proven, and the report says “refused technically”. Source: RIV-TA Basic Profile 3.1, section
    3.1; WS-I Basic Profile 1.1 (a fault travels with HTTP 500).
    """
    expected = " ".join(str(word) for word in ("SOAP Fault", code, contains, status and f"HTTP {status}") if word)
    found = seen.envelope.fault
    if found is None:
        actual = _result_words(seen.result) if seen.result else seen.envelope.payload_name
        return compared(seen, expected, actual, text("check", "fault_lacking"))
    actual = f"SOAP Fault {found.code}: {found.text} (HTTP {seen.exchange.status})"
    rows = [
        ("faultcode", code is None or generic_code(seen) == code, code, found.code),
        ("faultstring/detail", contains is None or contains in f"{found.text} {found.detail}", contains, found.text),
        ("HTTP status", status is None or seen.exchange.status == status, status, seen.exchange.status),
    ]
    findings = [
        Finding(text("check", "fault_other", name=name), location=name, expected=str(wanted), actual=str(got))
        for name, holds, wanted, got in rows
        if not holds
    ]
    doubt = no_refusal(seen) if code is None else None
    return Observation(expected, actual, tuple(findings), note=doubt, proves=doubt is None)


@kind_of("replies")
def max_ms(seen: Seen, *, limit: int) -> Observation:
    """The whole reply had come within so many milliseconds of the request's first byte. What our own machine was late does not count.

    Runs in every case, with the contract's response time for its limit. Source: the contract description's SLA.
    """
    took = seen.exchange.elapsed_ms
    expected, actual = f"≤ {limit} ms", f"{took:.0f} ms"
    return compared(seen, expected, actual, None if took <= limit else text("check", "too_late"), "response time")


def is_answer(seen: Seen) -> bool:
    """Whether the reply is the contract's response: what something else lacks, a SOAP Fault or a page, the system has not left out."""
    try:
        return seen.envelope.payload_name == f"{{{seen.contract.namespace}}}{seen.contract.response_root}"
    except Unreadable:
        return False


def says_nothing(seen: Seen, path: str) -> Text | None:
    """Why it says nothing that an XPath finds nothing in the system's reply: it is none of the contract's, it has no result, or none that is an error."""
    grammar = seen.contract.result
    if seen.exchange.inbound or (seen.envelope.fault is not None and "fault" in path.lower()):
        return None
    if not is_answer(seen):
        return text("check", "no_answer")
    if grammar is None:
        return None
    if seen.result is None:
        return text("check", "no_result")
    is_error = seen.result.code not in (grammar.ok, grammar.info)
    return text("check", "no_error", code=seen.result.code) if not is_error and _is_of_errors(path, grammar) else None


def _is_of_errors(path: str, grammar: ResultGrammar) -> bool:
    """Whether the path names a part of a result that tells an error. The text counts where the result is named beside it."""
    steps = set(re.findall(r"[\w.-]+", path))
    holder = grammar.path[-1:] or ("",)
    return bool(steps & ({grammar.error, grammar.sub} - {""})) or {grammar.text, holder[0]} <= steps


def _told(seen: Seen) -> tuple[ResultGrammar, ResultFacts] | None:
    grammar = seen.contract.result
    try:
        return (grammar, seen.result) if grammar and seen.result else None
    except Unreadable:
        return None


@kind_of("replies")
def error_codes(seen: Seen) -> Observation:
    """An error code, and a finer one, stand beside an error and beside nothing else. Says nothing of a result that is an error, or
    that has no part for such a code.
    """
    told = _told(seen)
    if told is None or told[1].code not in (told[0].ok, told[0].info) or not (told[0].error or told[0].sub):
        return SILENT
    grammar, result = told
    actual = _said(result.error_code, result.sub_code)
    wrong = None if actual == NOTHING else text("check", "error_codes")
    return compared(seen, NOTHING, actual, wrong, _place(grammar, grammar.error if result.error_code else grammar.sub))


@kind_of("replies")
def sub_codes(seen: Seen) -> Observation:
    """A finer code stands beside the error that the business gives, and is one of those that the contract has.

    Which error that is, and which codes there are, is the domain's to say (`result: {refused: …}`, `sub-codes`). Says nothing of a
    result without a finer code.
    """
    told = _told(seen)
    if told is None or not told[1].sub_code:
        return SILENT
    grammar, result = told
    expected = " ".join((grammar.refused, " | ".join(grammar.subs))).strip() or NOTHING
    actual = " ".join((result.error_code or result.code, result.sub_code))
    is_known = not grammar.subs or result.sub_code in grammar.subs
    is_placed = not grammar.refused or result.error_code in ("", grammar.refused)
    wrong = None if is_known and is_placed else text("check", "sub_codes")
    return compared(seen, expected, actual, wrong, _place(grammar, grammar.sub))


def _place(grammar: ResultGrammar, part: str) -> str:
    return "/".join(("/", *grammar.path[-1:], part))


@kind_of("replies")
def http_status(seen: Seen, *, codes: list[int], absent: bool = False) -> Observation:
    """The answer has one of these HTTP status codes, or with `absent: yes` none of them.

    The checks of every case say already what status goes with which answer; this is for a code that means something by itself.
    """
    wanted = " | ".join(map(str, codes))
    expected = f"HTTP ≠ {wanted}" if absent else f"HTTP {wanted}"
    wrong = None if (seen.exchange.status in codes) != absent else text("check", "status")
    return compared(seen, expected, f"HTTP {seen.exchange.status}", wrong, "HTTP status")
