"""A contract's schemas, ready to judge messages: lxml alone where it must be fast, both validators where it is recorded."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from threading import local

from lxml import etree

from rivta.contract import validators
from rivta.contract.envelope import BODY, ENVELOPE, FAULT, HEADER, for_schema
from rivta.contract.rules import rules_of
from rivta.contract.validators import Libxml
from rivta.contract.wording import Complaint, about, in_another_namespace
from rivta.contract.wsdl import Wsdl, wsdl_of
from rivta.model.domain import Contract
from rivta.model.frozen import frozen
from rivta.model.words import Direction, Text
from rivta.text import xml
from rivta.text.catalogue import text

_about = partial(about, "contract")
_MANY = 1000
"""Children of one element, of which xmlschema may complain one by one."""
_REMEMBERED = 256
"""Verdicts kept a thread and contract, by the body's SHA-256: the same OK comes back from case after case."""


@frozen
class SchemaVerdict:
    """The two validators' common verdict: valid only when both accept. `disagreement` gives both sides' reasons."""

    valid: bool
    complaints: tuple[Complaint, ...] = ()
    disagreement: Text | None = None


class _Thread(local):
    """What one thread has compiled. A libxml2 schema is not shared: its error log would mix."""

    def __init__(self) -> None:
        self.compiled: dict[tuple[Path, str], Schemas] = {}


_thread = _Thread()


def schemas(contract: Contract) -> Schemas:
    """The contract's schemas, compiled once for the calling thread. They belong to that thread.

    UsageError when they do not compile. A contract whose files have changed (another digest) compiles anew.
    """
    key = (contract.wsdl, contract.digest)
    found = _thread.compiled.get(key)
    if found is None:
        found = _thread.compiled[key] = Schemas(wsdl_of(*key))
    return found


def ready(contract: Contract) -> None:
    """Compile, once a process, all that the contract's messages are made and judged by: whoever asks first is not to wait for it.

    UsageError when any of it does not compile.
    """
    schemas(contract).compile()
    for direction in Direction:
        rules_of(contract, direction)


class Schemas:
    """One contract's two validators."""

    def __init__(self, wsdl: Wsdl) -> None:
        self._wsdl = wsdl
        self._libxml = Libxml(wsdl.schemas)
        self._verdicts: OrderedDict[bytes, SchemaVerdict] = OrderedDict()

    def compile(self) -> None:
        """Have the second validator ready too, which otherwise waits for its first message. UsageError when it does not compile."""
        validators.compiled(self._wsdl.schemas)

    def first(self, root: etree._Element) -> list[Complaint]:
        """What lxml alone has against a whole envelope, or a bare body element; empty when it accepts.

        For hot paths only: libxml2 lets some invalid messages through. xmlschema is asked where libxml2 is known to refuse valid
        ones. A SOAP Fault is outside every contract's schema and
        is never complained of.
        """
        body = carried_by(root)
        if is_fault(body):
            return []
        amiss = around(root, body, self._wsdl)
        if is_foreign(body, self._wsdl):
            return amiss
        found = self._libxml.complaints(for_schema(root))
        if any(each.is_doubtful for each in found):
            return list(agree(amiss, found, self._second(root)).complaints)
        return amiss + found

    def verdict(self, body: bytes, root: etree._Element | None = None) -> SchemaVerdict:
        """The verdict of record on an envelope, or a bare body: both validators must accept. `root` is it, where it is read already.

        Unreadable when the body is no XML; RivtaError when a validator itself breaks down on a message that the other
        accepts. A SOAP Fault is valid: no schema speaks of it.
        """
        key = sha256(body).digest()
        found = self._verdicts.get(key)
        if found is None:
            found = self._verdicts[key] = self._judge(body, xml.parse(body) if root is None else root)
            if len(self._verdicts) > _REMEMBERED:
                self._verdicts.popitem(last=False)
        return found

    def _judge(self, body: bytes, root: etree._Element) -> SchemaVerdict:
        carried = carried_by(root)
        if is_fault(carried):
            return SchemaVerdict(valid=True)
        amiss = around(root, carried, self._wsdl)
        if is_foreign(carried, self._wsdl):
            return agree(amiss, [], [])
        first = self._libxml.complaints(for_schema(root))
        is_certain = not all(each.is_doubtful for each in first)
        if is_certain and (len(body) > validators.LARGE or any(len(each) > _MANY for each in root.iter("*"))):
            # xmlschema would only explain, in a time that grows as the square of how many children are wrong.
            return SchemaVerdict(valid=False, complaints=(*amiss, *first))
        try:
            return agree(amiss, first, self._second(root, len(body)))
        except validators.Breakdown:
            if not first:
                raise
            return SchemaVerdict(valid=False, complaints=(*amiss, *first))  # invalid whatever xmlschema would have said

    def _second(self, root: etree._Element, size: int = 0) -> list[Complaint]:
        return validators.complaints_of_xmlschema(self._wsdl.schemas, root, size)


# What the two say together


def agree(ours: list[Complaint], lxml: list[Complaint], xmlschema: list[Complaint]) -> SchemaVerdict:
    """Put together what we, lxml and xmlschema have against one message.

    Where both validators complain of the same place, lxml's complaint stands: it has our words. What a validator is known to be
    wrong about is left out.
    """
    lxml, xmlschema = _heard(lxml, xmlschema), _heard(xmlschema, lxml)
    disagreement = _disagreement(lxml, xmlschema) if bool(lxml) != bool(xmlschema) else None
    named = {_element(complaint) for complaint in lxml}
    rest = [complaint for complaint in xmlschema if complaint.path not in named]
    complaints = (*ours, *lxml, *rest)
    return SchemaVerdict(not complaints, complaints, disagreement)


def _heard(mine: list[Complaint], others: list[Complaint]) -> list[Complaint]:
    places = {_element(other) for other in others}
    return [each for each in mine if not each.is_doubtful or _element(each) in places]


def _element(complaint: Complaint) -> str:
    """The element complained of: xmlschema names it where lxml names its attribute."""
    return complaint.path.partition("/@")[0]


def _disagreement(lxml: list[Complaint], xmlschema: list[Complaint]) -> Text:
    accepts, rejects = ("xmlschema", "lxml") if lxml else ("lxml", "xmlschema")
    first = (lxml or xmlschema)[0]
    return text(
        "contract",
        "disagreement",
        accepts=accepts,
        rejects=rejects,
        reason=first.words if first.is_ours else Text(f"”{first.message}”", first.message),
        path=first.path,
    )


# What a message carries and how it is addressed: the part of a contract that its schema cannot say. RIV-TA Basic Profile 2.1:
# exactly one element in the SOAP body, the operation's (rule 7), and a LogicalAddress in the header of every request (rule 8).
# A message here is an envelope, or the bare body element that would stand in one.


def carried_by(root: etree._Element) -> etree._Element | None:
    """The element that the message carries: the first one in the SOAP body, or the root itself when that is no envelope."""
    if root.tag != ENVELOPE:
        return root
    body = next(root.iterchildren(BODY), None)
    return None if body is None else next(body.iterchildren("*"), None)


def is_fault(carried: etree._Element | None) -> bool:
    return carried is not None and carried.tag == FAULT


def is_foreign(carried: etree._Element | None, wsdl: Wsdl) -> bool:
    """Whether the message is none of this contract's, so that its schema has no say."""
    return carried is None or carried.tag not in (wsdl.request_root, wsdl.response_root)


def around(root: etree._Element, carried: etree._Element | None, wsdl: Wsdl) -> list[Complaint]:
    """What is wrong with the message around its payload; empty when nothing is."""
    if carried is None:
        return [_about(root, "no-payload")]
    if is_foreign(carried, wsdl):
        request, response = wsdl.request_root, wsdl.response_root
        name = etree.QName(carried).text
        for wanted in (request, response):
            if etree.QName(wanted).localname == etree.QName(carried).localname:
                words, line = in_another_namespace(carried, etree.QName(wanted).namespace or "")
                return [Complaint(words, xml.path_of(carried), line, "contract")]
        return [_about(carried, "foreign-payload", name=name, request=request, response=response)]
    body = carried.getparent()
    extra = carried.itersiblings("*") if body is not None and body.tag == BODY else ()
    several = [_about(each, "several-payloads") for each in islice(extra, 1)]
    lacking = missing_address(root, carried, wsdl)
    return [*several, lacking] if lacking else several


def missing_address(root: etree._Element, carried: etree._Element, wsdl: Wsdl) -> Complaint | None:
    """A complaint when a request's envelope has no LogicalAddress header (Basic Profile rule 8); None for anything else.

    Its content is the schema's business, and a bare body has no header to look in.
    """
    wanted = wsdl.header_element
    if wanted is None or root.tag != ENVELOPE or carried.tag != wsdl.request_root:
        return None
    header = next(root.iterchildren(HEADER), None)
    if header is not None and next(header.iterchildren(wanted), None) is not None:
        return None
    name = etree.QName(wanted).localname
    return _about(root if header is None else header, "no-address", name=name)
