"""What the system says back: a result of the contract, or a SOAP Fault, and the bytes they become.

Texts never hold anything of the message that was received, so no personal data can leak through them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4
from xml.sax.saxutils import escape

from lxml import etree

from rivta.contract.wsdl import read_wsdl
from rivta.model.domain import Contract
from rivta.model.words import Headers

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
CONTENT_TYPE = "text/xml; charset=UTF-8"

VALIDATION_ERROR = "VALIDATION_ERROR"
APPLICATION_ERROR = "APPLICATION_ERROR"


def log_id() -> str:
    """A name for one answer, so that it can be found in the log."""
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class Result:
    """The contract's `result`: OK, INFO or ERROR; with ERROR an errorCode, a logId, perhaps a subCode, and a message."""

    code: str = "OK"
    error_code: str = ""
    log_id: str = ""
    sub_code: str = ""
    message: str = ""

    @classmethod
    def error(cls, error_code: str, message: str, sub_code: str = "") -> Result:
        """A refusal with a log id of its own."""
        return cls("ERROR", error_code, log_id(), sub_code, message)


@dataclass(frozen=True, slots=True)
class SoapFault:
    """A technical error. `code` is the local name of a SOAP 1.1 fault code: Client, Server, VersionMismatch, MustUnderstand.

    `reason` is a word for what kind of error it is, which stays with us.
    """

    code: str
    text: str
    log_id: str
    reason: str = "internal"


Outcome = Result | SoapFault


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `delay_seconds` is how long a server waits before it sends it."""

    status: int
    headers: Headers
    body: bytes
    delay_seconds: float = 0.0


def write(outcome: Outcome, contract: Contract, message: Path | None = None) -> str:
    """The envelope as text, without a prolog. A result is written as the contract's response.

    `message` is what a contract without result is answered with, as a whole.
    """
    if isinstance(outcome, SoapFault):
        return _envelope(_fault(outcome))
    if message is not None:
        return _envelope(etree.tostring(etree.parse(message).getroot(), encoding="unicode", with_tail=False))
    return _envelope(_response(outcome, contract))


def reply(outcome: Outcome, text: str, correlation: str | None) -> Reply:
    """The HTTP answer: status 500 for a fault, the prolog and the header saying the same encoding."""
    status = 500 if isinstance(outcome, SoapFault) else 200
    headers: Headers = (("Content-Type", CONTENT_TYPE),)
    if correlation:
        headers = (*headers, ("x-skltp-correlation-id", correlation))
    return Reply(status, headers, (PROLOG + text).encode())


def _envelope(content: str) -> str:
    return f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>'


def _fault(fault: SoapFault) -> str:
    return (
        f"<soapenv:Fault><faultcode>soapenv:{fault.code}</faultcode><faultstring>{escape(fault.text)}</faultstring>"
        f"<detail><logId>{escape(fault.log_id)}</logId></detail></soapenv:Fault>"
    )


def _response(result: Result, contract: Contract) -> str:
    parts = (
        ("resultCode", result.code),
        ("errorCode", result.error_code),
        ("logId", result.log_id),
        ("subCode", result.sub_code),
        ("message", result.message),
    )
    inside = "".join(f"<core:{name}>{escape(value)}</core:{name}>" for name, value in parts if value)
    root = contract.response_root.rpartition("}")[2]
    core = _namespace_of_parts(contract.wsdl)
    return f'<r:{root} xmlns:r="{contract.namespace}" xmlns:core="{core}"><r:result>{inside}</r:result></r:{root}>'


@cache
def _namespace_of_parts(wsdl: Path) -> str:
    """The namespace that a result's parts are declared in."""
    for document in read_wsdl(wsdl).schemas.documents.values():
        schema = etree.fromstring(document)
        if schema.find(".//{*}element[@name='resultCode']") is not None:
            return schema.get("targetNamespace", "")
    return ""
