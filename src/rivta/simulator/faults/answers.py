"""What a system's answer is made into, where a fault needs code: another outcome, another envelope, another HTTP answer."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from lxml import etree

from rivta.contract.envelope import SOAP
from rivta.contract.message import PROLOG
from rivta.simulator.faults import calls
from rivta.simulator.faults.calls import LATIN_1, other_major
from rivta.simulator.reply import APPLICATION_ERROR, VALIDATION_ERROR, Outcome, Result, SoapFault
from rivta.text import identity
from rivta.transport.incoming import Reply

Hooks = Mapping[str, Any]
_SOAP_1_2: Final = "http://www.w3.org/2003/05/soap-envelope"
_HTML: Final = '<!DOCTYPE html>\n<html lang="sv"><head><title>Fel</title></head><body><h1>500 Internal Server Error</h1></body></html>'
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_DTD: Final = b"<!DOCTYPE"
_TEST_PERSON: Final = "191212121212"
_GREETING: Final = "Hälsningar från Åre vårdcentral."
_PARTS = re.compile(r"(</?)(faultcode|faultstring|detail)\b")
_DETAIL = re.compile(r"<detail>.*</detail>", re.DOTALL)
_TOO_MUCH: Final = 1.1
"""By how much a slow answer takes longer than the contract allows."""
_OF_LOAD: Final = 2.0
"""The same under load, where more may be allowed than for one call."""


def outcomes() -> Iterator[tuple[str, Hooks]]:
    """A result or a Fault is made into another."""
    yield "ignores-logical-address", _placed("no-address")
    yield "accepts-unknown-contract", _placed("unknown-contract")
    yield "accepts-dtd", _of_faults(lambda fault, body: Result() if _DTD in body else fault)
    yield "malformed-accepted", _of_malformed(Result)
    yield "malformed-as-result", _of_malformed(lambda: Result.error(VALIDATION_ERROR, "Meddelandet kan inte läsas."))
    yield (
        "misunderstands-utf-16",
        {"answers": lambda outcome, body: _unknown() if body.startswith(_WIDE_MARKS) else outcome},
    )
    yield "foreign-subcode", {"answers": _with_foreign_code}
    yield "fault-blames-server", _of_faults(lambda fault, _: replace(fault, code="Server"))
    yield "fault-with-personal-data", _naming(lambda value: value)
    yield "fault-with-spelt-out-identity", _naming(lambda value: f"{value[:8]}\u00a0{value[8:]}")
    yield "fault-quotes-message", _of_faults(_quoting)


def envelopes() -> Iterator[tuple[str, Hooks]]:
    """What is written is made into something else."""
    yield "fault-with-qualified-parts", {"writes": lambda text: _PARTS.sub(r"\1soapenv:\2", text)}
    yield (
        "fault-with-unlike-log-id",
        {"writes": lambda text: _DETAIL.sub("<detail><logId>okänt</logId></detail>", text)},
    )
    yield "fault-without-log-id", {"writes": lambda text: _DETAIL.sub("", text)}
    yield "soap12-answer", {"writes": lambda text: text.replace(SOAP, _SOAP_1_2)}
    yield "answer-demands-understanding", {"writes": calls.demanding}
    yield "answer-without-envelope", {"writes": _bare}
    yield "response-breaks-schema", {"writes": _with_an_unknown_element}
    yield "wrong-namespace", {"writes": lambda text: _moved(text, lambda namespace, root: namespace == root)}
    yield "result-in-wrong-namespace", {"writes": lambda text: _moved(text, lambda namespace, root: namespace != root)}


def replies(max_ms: int) -> Iterator[tuple[str, Hooks]]:
    """The HTTP answer is made into another. `max_ms` is how long the slowest contract allows one to take."""
    yield "fault-without-500", {"sends": _with_status(200)}
    yield "fault-with-status-400", {"sends": _with_status(400)}
    yield (
        "html-error-page",
        _sending(lambda reply: replace(_typed("text/html; charset=UTF-8")(reply), status=500, body=_HTML.encode())),
    )
    yield "empty-answer", _sending(lambda reply: replace(reply, body=b""))
    yield "truncated-answer", _sending(lambda reply: replace(reply, body=reply.body[: len(reply.body) // 2]))
    yield "wrong-charset-declared", _encoding(_typed(f"text/xml; charset={LATIN_1}"))
    yield (
        "prolog-disagrees",
        _recoded(lambda body: body.replace(PROLOG.encode(), PROLOG.replace("UTF-8", LATIN_1).encode())),
    )
    yield "latin1-undeclared", _encoding(_undeclared_latin_1)
    yield "latin1-declared-utf8", _recoded(lambda body: body.decode().encode(LATIN_1))
    yield "wrong-content-type", _sending(_typed("application/soap+xml; charset=UTF-8"))
    yield "two-content-types", _sending(_with("Content-Type", "text/xml; charset=utf-16"))
    yield "names-a-compression-it-lacks", _sending(_with("Content-Encoding", "gzip"))
    yield "slow-answer", _taking(max_ms * _TOO_MUCH)
    yield from ((name, _taking(max_ms * _OF_LOAD)) for name in ("answers-slowly-under-load", "does-not-recover"))
    yield "loses-answers-under-load", _sending(lambda reply: replace(reply, status=0, body=b""))


def _taking(ms: float) -> Hooks:
    return _sending(lambda reply: replace(reply, delay_seconds=ms / 1000))


def _of_faults(change: Callable[[SoapFault, bytes], Outcome]) -> Hooks:
    """A change of every SOAP Fault, by that and the message it answers; results stay as they are."""
    return {"answers": lambda outcome, body: change(outcome, body) if isinstance(outcome, SoapFault) else outcome}


def _placed(reason: str) -> Hooks:
    """A message that cannot be placed, answered OK all the same."""
    return _of_faults(lambda fault, _: Result() if fault.reason == reason else fault)


def _unknown() -> Result:
    return Result.error(APPLICATION_ERROR, "Meddelandet är okänt.")


def _of_malformed(made: Callable[[], Result]) -> Hooks:
    """What cannot be read is answered by a result."""

    def change(fault: SoapFault, body: bytes) -> Outcome:
        return made() if fault.reason == "unreadable" and _DTD not in body else fault

    return _of_faults(change)


def _with_foreign_code(outcome: Outcome, _body: bytes) -> Outcome:
    if isinstance(outcome, Result) and outcome.sub_code:
        return replace(outcome, sub_code=f"GTA{outcome.sub_code[-3:]}")
    return outcome


def _naming(spelt: Callable[[str], str]) -> Hooks:
    """A Fault that names the person of the message, spelt so."""

    def change(fault: SoapFault, body: bytes) -> Outcome:
        found = identity.find(body.decode("utf-8", "replace"))
        return replace(fault, text=f"{fault.text} Patient: {spelt(found[0].value if found else _TEST_PERSON)}")

    return _of_faults(change)


def _quoting(fault: SoapFault, body: bytes) -> Outcome:
    said = body.decode("utf-8", "replace")
    # What is about nobody may be said again.
    return replace(fault, text=f"{fault.text} {said}") if identity.find(said) else fault


def _with_status(status: int) -> Callable[[Reply, Outcome], Reply]:
    return lambda reply, outcome: replace(reply, status=status) if isinstance(outcome, SoapFault) else reply


def _sending(change: Callable[[Reply], Reply]) -> Hooks:
    return {"sends": lambda reply, _: change(reply)}


def _encoding(change: Callable[[Reply], Reply]) -> Hooks:
    """A fault of encoding, in answers that hold letters which no two encodings write alike."""
    return {**_sending(change), "answers": _with_swedish_text}


def _recoded(change: Callable[[bytes], bytes]) -> Hooks:
    return _encoding(lambda reply: replace(reply, body=change(reply.body)))


def _with_swedish_text(outcome: Outcome, _body: bytes) -> Outcome:
    if isinstance(outcome, Result):
        return replace(outcome, message=f"{outcome.message} {_GREETING}".strip())
    return replace(outcome, text=f"{outcome.text} {_GREETING}")


def _payload(root: etree._Element) -> etree._Element | None:
    """What the Body holds, if it is no fault."""
    payload = root.find(f"{{{SOAP}}}Body/*")
    return None if payload is None or payload.tag == f"{{{SOAP}}}Fault" else payload


def _with_an_unknown_element(text: str) -> str:
    """The envelope with one element more, in the first element of its payload that has only leaves."""
    root = etree.fromstring(text)
    payload = _payload(root)
    if payload is None:
        return text
    holders = (each for each in payload.iter(etree.Element) if len(each) and not any(len(child) for child in each))
    parts = next(holders, payload)
    namespace = etree.QName(parts[-1] if len(parts) else parts).namespace
    etree.SubElement(parts, f"{{{namespace}}}errorText").text = "Inget fel"
    return etree.tostring(root, encoding="unicode")


def _moved(text: str, is_meant: Callable[[str, str], bool]) -> str:
    """Elements of some namespaces in that of another major version."""
    payload = _payload(etree.fromstring(text))
    if payload is None:
        return text
    root = etree.QName(payload).namespace or ""
    names = {etree.QName(each).namespace or "" for each in payload.iter(etree.Element)}
    for namespace in sorted(name for name in names if is_meant(name, root)):
        text = text.replace(f'"{namespace}"', f'"{other_major(namespace)}"')
    return text


def _bare(text: str) -> str:
    inside = text.partition("<soapenv:Body>")[2].rpartition("</soapenv:Body>")[0]
    return (
        inside.replace(" xmlns:", f' xmlns:soapenv="{SOAP}" xmlns:', 1)
        if " xmlns:" in inside
        else inside.replace("<soapenv:Fault>", f'<soapenv:Fault xmlns:soapenv="{SOAP}">', 1)
    )


def _typed(value: str) -> Callable[[Reply], Reply]:
    def sends(reply: Reply) -> Reply:
        others = tuple(header for header in reply.headers if header[0] != "Content-Type")
        return replace(reply, headers=(("Content-Type", value), *others))

    return sends


def _with(name: str, value: str) -> Callable[[Reply], Reply]:
    return lambda reply: replace(reply, headers=(*reply.headers, (name, value)))


def _undeclared_latin_1(reply: Reply) -> Reply:
    text = reply.body.decode().removeprefix(PROLOG)
    if text.isascii():  # which is the same in both
        return reply
    return replace(_typed("text/xml")(reply), body=text.encode(LATIN_1))
