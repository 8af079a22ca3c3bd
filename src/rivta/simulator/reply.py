"""What the system says back: a result of the contract, or a SOAP Fault, what it demands of a message, and the bytes they become.

Texts never hold anything of the message that was received, so no personal data can leak through them.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import field
from pathlib import Path
from typing import Generic, TypeVar
from uuid import uuid4

from lxml import etree

from rivta.contract.giving import NOTHING, Page
from rivta.contract.instance import Place
from rivta.contract.message import CLOSING, CORRELATION, PROLOG, fault, opening
from rivta.contract.response import response
from rivta.model.domain import Contract, ResultGrammar
from rivta.model.frozen import frozen
from rivta.model.words import Headers
from rivta.simulator.edit import XPath
from rivta.transport.incoming import Reply

CONTENT_TYPE = "text/xml; charset=UTF-8"

S = TypeVar("S")
VALIDATION_ERROR = "VALIDATION_ERROR"
APPLICATION_ERROR = "APPLICATION_ERROR"


def log_id() -> str:
    """A name for one answer, so that it can be found in the log."""
    return str(uuid4())


@frozen
class Result:
    """The contract's `result`: OK, INFO or ERROR; with ERROR an errorCode, a logId, perhaps a subCode, and a message.

    `beside` are the elements that stand after it in the response, where it is no error; without a result they are all that stands there.
    `before` are those that stand before it.
    """

    code: str = "OK"
    error_code: str = ""
    log_id: str = ""
    sub_code: str = ""
    message: str = ""
    beside: tuple[etree._Element, ...] | None = field(default=None, repr=False)
    before: tuple[etree._Element, ...] = field(default=(), repr=False)

    @classmethod
    def error(cls, error_code: str, message: str, sub_code: str = "") -> Result:
        """A refusal with a log id of its own."""
        return cls("ERROR", error_code, log_id(), sub_code, message)

    @property
    def is_refusal(self) -> bool:
        """Whether nothing is given with it: an errorCode beside OK, which a fault may give, is none."""
        return self.code == "ERROR" and bool(self.error_code)


@frozen
class SoapFault:
    """A technical error. `code` is the local name of a SOAP 1.1 fault code: Client, Server, VersionMismatch, MustUnderstand.

    `reason` is a word for what kind of error it is, which stays with us.
    """

    code: str
    text: str
    log_id: str
    reason: str = "internal"
    status: int = 500
    """Another than 500 is told by HTTP alone, without a body: 403 to who may not ask (RIV-TA Basic Profile 3.1, rule #28)."""


Outcome = Result | SoapFault


@frozen
class Demand(Generic[S]):
    """Something that must hold for messages of some kinds (of all kinds of its contract when none is named).

    `name` is what a named fault calls it by; `text`, `sub_code` and `error_code` are the answer when it is not met.
    """

    name: str
    kinds: frozenset[str]
    met: Callable[[S], bool]
    text: str
    sub_code: str = ""
    error_code: str = APPLICATION_ERROR

    def refusal(self) -> Result:
        return Result.error(self.error_code, self.text, self.sub_code)


@frozen
class Refusal:
    """Messages for which `when` holds are refused; without an `error_code` by a SOAP Fault.

    `name` is what a named fault calls it by: empty for what no system should refuse.
    """

    when: XPath
    error_code: str = APPLICATION_ERROR
    sub_code: str = ""
    text: str = "Meddelandet kan inte tas emot."
    name: str = ""
    status: int = 0
    """The HTTP status by which it is refused, in place of a message; 0 for none."""

    def outcome(self) -> Outcome:
        if self.status:
            return SoapFault("Client", self.text, log_id(), status=self.status)
        if not self.error_code:
            return SoapFault("Server", self.text, log_id())
        return Result.error(self.error_code, self.text, self.sub_code)


def write(outcome: Outcome, contract: Contract, message: Path | None = None, page: Page = NOTHING) -> str:
    """The envelope as text, without a prolog. A result is written as the contract's response, with the records of a page.

    `message` is what is answered instead, as a whole.
    """
    if isinstance(outcome, SoapFault):
        return fault(outcome.code, outcome.text, outcome.log_id)
    if message is not None:
        return _envelope(etree.tostring(etree.parse(message).getroot(), encoding="unicode", with_tail=False))
    return _envelope(_response(outcome, contract, page))


def sayable(outcome: Outcome, contract: Contract) -> Outcome:
    """The outcome as its contract can say it: without a result, a refusal is a SOAP Fault."""
    if contract.result is None and isinstance(outcome, Result) and outcome.error_code:
        return SoapFault("Client", outcome.message, outcome.log_id or log_id(), "refused")
    return outcome


def reply(outcome: Outcome, text: str, correlation: str | None) -> Reply:
    """The HTTP answer: status 500 for a fault, the prolog and the header saying the same encoding."""
    status = outcome.status if isinstance(outcome, SoapFault) else 200
    headers: Headers = (("Content-Type", CONTENT_TYPE),)
    if correlation:
        headers = (*headers, (CORRELATION, correlation))
    return Reply(status, headers, (PROLOG + text).encode())


def _envelope(content: str) -> str:
    return f"{opening()}{content}{CLOSING}"


def _response(result: Result, contract: Contract, page: Page) -> str:
    """The contract's response: its result where it has one, in its own words, its records, and the least that its schema demands."""
    grammar = contract.result
    said = _said(result, grammar) if grammar else {}
    if result.beside is None and not result.before:
        return response(contract, said, page)
    root = etree.fromstring(response(contract, said, page))
    if grammar:
        holder = next(root.iterfind("/".join(f"{{*}}{step}" for step in grammar.path))) if grammar.path else root
        is_done = said.get((*grammar.path, grammar.code)) in (grammar.ok, grammar.info)
        _put_beside(holder, (is_done and result.beside) or ())
        root[:0] = [deepcopy(each) for each in result.before]
    elif result.beside is not None and not contract.records:
        root[:] = [deepcopy(each) for each in result.beside]
    return etree.tostring(root, encoding="unicode")


def _put_beside(holder: etree._Element, elements: tuple[etree._Element, ...]) -> None:
    """The elements in the place of whatever the schema demands after the result."""
    parent = holder.getparent()
    if parent is not None and elements:
        for least in list(holder.itersiblings()):
            parent.remove(least)
        parent.extend(deepcopy(elements))


def _said(result: Result, grammar: ResultGrammar) -> dict[Place, str]:
    """What stands in each part, by its place. What is not one of our own words stands as it is."""
    codes = {"OK": grammar.ok, "INFO": grammar.info, "ERROR": grammar.failed}
    errors = {VALIDATION_ERROR: grammar.invalid, APPLICATION_ERROR: grammar.refused}
    code, error = codes.get(result.code, result.code), errors.get(result.error_code) or result.error_code
    is_the_code = result.code == "ERROR" and not grammar.error and (error in grammar.codes or not grammar.codes)
    parts = {
        grammar.code: error if error and is_the_code else code,
        grammar.error: error,
        grammar.log: result.log_id,
        grammar.sub: result.sub_code,
        grammar.text: result.message,
    }
    return {(*grammar.path, name): text for name, text in parts.items() if name and text}
