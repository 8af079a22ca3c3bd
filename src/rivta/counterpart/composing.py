"""What the counterpart says back: a contract's response as XML, and each behaviour as an HTTP answer.

A response is the contract's result, by its own grammar, in the smallest response that is valid. A contract without a result is
answered with that smallest response alone, or with a message that the case itself has; one that reads, with the records that
are asked for. Texts hold nothing of the message that
was received but places in it and names of rules, so no personal data can leak through an answer.
"""

import os.path
import posixpath
import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

from lxml import etree

from rivta.contract import message, platform
from rivta.contract.giving import NOTHING, Page, RecordArchive
from rivta.contract.instance import Place
from rivta.contract.message import CLOSING, PROLOG, open_envelope, wrap
from rivta.contract.response import response
from rivta.contract.wsdl import read_wsdl
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, ResultGrammar
from rivta.model.errors import UsageError
from rivta.model.steps import Behaviour
from rivta.model.words import Headers
from rivta.text.catalogue import text
from rivta.transport.incoming import Reply

_OUT_OF_RANGE = "PERHAPS"
"""A result code that no schema knows."""
_UNDECLARED = "undeclared"
"""An attribute that no schema knows, where there is no result code to spoil."""
_OF_CALL = re.compile(r"\$\{call\.([\w-]+)\}", re.ASCII)
"""What a message that answers may hold of the call: one of its facts, or `address`."""


class Composer:
    """Composes the responses of one contract."""

    def __init__(self, contract: Contract, archive: RecordArchive | None = None) -> None:
        self._contract = contract
        self._archive = archive

    def can_say(self, behaviour: Behaviour) -> bool:
        """Whether there is a response that says this: an error can only be told by a result."""
        if behaviour.kind == "message":
            return True
        return self._is_possible and (self._contract.result is not None or behaviour.kind != "error")

    @property
    def reads(self) -> bool:
        """Whether what it is answered depends on what a request asks for."""
        return self._archive is not None

    def page(self, body: bytes, address: str, consumer: str, most: int) -> Page:
        """The records that answer a request, `most` of them: the request as it came, its address, and who asks."""
        payload = open_envelope(body).payload if self._archive else None
        if self._archive is None or payload is None:
            return NOTHING
        question = self._archive.question(payload, address, consumer)
        return self._archive.page(self._archive.right(question), question, most)

    def composed(self, behaviour: Behaviour, call: Mapping[str, str], page: Page = NOTHING) -> str:
        """The response element. `call` is what the call is known by: its facts and its address."""
        if behaviour.kind == "message":
            return _OF_CALL.sub(lambda found: escape(call.get(found[1], ""), {'"': "&quot;"}), behaviour.text)
        grammar = self._contract.result
        said = said_in(grammar, behaviour) if grammar else {}
        whole = response(self._contract, said, page)
        if said or behaviour.kind != "breaks-schema":
            return whole
        root = etree.fromstring(whole)
        root.set(_UNDECLARED, "")
        return etree.tostring(root, encoding="unicode")

    @cached_property
    def _is_possible(self) -> bool:
        try:
            response(self._contract, {})
        except UsageError:
            return False
        return True


def said_in(grammar: ResultGrammar, behaviour: Behaviour) -> dict[Place, str]:
    """What a behaviour says, part by part where the contract has it. Without a part that names errors, the code does."""
    error = behaviour.error or grammar.refused
    parts: dict[str, str] = {}
    match behaviour.kind:
        case "breaks-schema":
            parts = {grammar.code: _OUT_OF_RANGE}
        case "info":
            parts = {grammar.code: grammar.info, grammar.text: behaviour.text or "Mottaget."}
        case "error":
            parts = {
                grammar.code: grammar.failed if grammar.error else error or grammar.failed,
                grammar.error: error,
                grammar.log: str(uuid4()),
                grammar.sub: behaviour.sub,
                grammar.text: behaviour.text or "Meddelandet kunde inte behandlas.",
            }
        case _:
            parts = {grammar.code: grammar.ok, grammar.text: behaviour.text}
    return {(*grammar.path, part): text for part, text in parts.items() if part and text}


# Each behaviour as an HTTP answer


_XML: Headers = (("Content-Type", "text/xml; charset=UTF-8"),)
_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>500 Internal Server Error</title></head>"
    "<body><h1>Internal Server Error</h1></body></html>\n"
)
_BODY = "<soapenv:Body>"
UNHEARD = ("silence", "reset")
"""The behaviours that say nothing back."""


def refusal(status: int) -> Reply:
    """What HTTP itself refuses, in a sentence for whoever looks into what the system got."""
    told = text("counterpart", f"http_{status}")
    return Reply(status, (("Content-Type", "text/plain; charset=utf-8"),), f"{told.sv}\n{told.en}\n".encode())


def answer_to(
    behaviour: Behaviour,
    composer: Composer | None,
    about: str,
    call: Mapping[str, str],
    *,
    page: Page = NOTHING,
    header: str = "",
) -> Reply:
    """The answer of a behaviour that gives one. What the contract's responses cannot say is said by a fault; `composer` is
    None where the contract is none of ours. `about` says what the call was about, as the platform puts it, `call` what it is
    known by. `page` are the records that it holds, `header` is XML for the SOAP header.
    """
    kind = behaviour.kind
    if kind == "html":
        return Reply(500, (("Content-Type", "text/html; charset=UTF-8"),), _PAGE.encode())
    if kind == "http":
        return Reply(int(behaviour.code), (), b"")
    if kind == "platform":
        return _xml(500, platform.fault(behaviour.code or "VP009", about))
    if kind == "fault" or composer is None or not composer.can_say(behaviour):
        return fault(behaviour.code or "Server", behaviour.text or "Ett tekniskt fel har uppstått.")
    text = wrap(composer.composed(behaviour, call, page), "", "")
    if header:
        text = text.replace(_BODY, f"<soapenv:Header>{header}</soapenv:Header>{_BODY}", 1)
    return Reply(200, _XML, (text[: -len(CLOSING)] if kind == "invalid-xml" else text).encode())


def fault(code: str, text: str) -> Reply:
    """A SOAP 1.1 Fault with a log id of its own. `code` is `Client` or `Server`."""
    return _xml(500, message.fault(code, text, str(uuid4())))


def _xml(status: int, text: str) -> Reply:
    return Reply(status, _XML, (PROLOG + text).encode())


# What it shows of its contracts: `?wsdl` at each address, and the schemas that a WSDL refers to. Only the files of the contracts themselves,
# each under the one path where a client that follows the WSDL's relative references will look for it; no path from outside is ever opened.


_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap/}address"


def paths_of(contracts: Contracts[Contract]) -> dict[str, str]:
    """Where each contract is published, by identity. The domain stands first where two domains share the name."""
    paths = Counter(each.path for each in contracts.values())
    return {
        identity: each.path if paths[each.path] == 1 else f"/{each.domain}{each.path}"
        for identity, each in contracts.items()
    }


class Published:
    """The documents of some contracts, by path. `base` is the URL that the paths stand below."""

    def __init__(self, contracts: Contracts[Contract], base: str) -> None:
        self._base = base
        self._wsdls = {path: contracts[identity].wsdl for identity, path in paths_of(contracts).items()}
        self._schemas: dict[str, Path] = {}
        for path, wsdl in self._wsdls.items():
            for file in read_wsdl(wsdl).schemas.files[1:]:
                relative = Path(os.path.relpath(file, wsdl.parent.resolve())).as_posix()
                self._schemas.setdefault(posixpath.normpath(posixpath.join(posixpath.dirname(path), relative)), file)

    def answer(self, raw_path: str) -> Reply:
        """A WSDL with our own address in it, or a schema; 404 for what is not there, 405 for an address without `?wsdl`."""
        asked = urlsplit(raw_path)
        if asked.path in self._wsdls:
            return Reply(200, _XML, self._wsdl(asked.path)) if asked.query.lower() == "wsdl" else refusal(405)
        schema = self._schemas.get(asked.path)
        return refusal(404) if schema is None else Reply(200, _XML, schema.read_bytes())

    def _wsdl(self, path: str) -> bytes:
        root = etree.parse(self._wsdls[path], etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        for address in root.iter(_ADDRESS):
            address.set("location", self._base + path)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
