"""A contract's schemas, ready to judge messages: lxml alone where it must be fast, both validators where it is recorded."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from threading import local

from lxml import etree

from rivta.contract import payload, validators
from rivta.contract.complaint import Complaint
from rivta.contract.envelope import for_schema
from rivta.contract.validators import Libxml
from rivta.contract.wsdl import Wsdl, read_wsdl
from rivta.model.domain import Contract
from rivta.model.words import Text
from rivta.text import xml

_REMEMBERED = 256
"""Verdicts kept a thread and contract, by the body's SHA-256: the same OK comes back from case after case."""


@dataclass(frozen=True, slots=True)
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
        found = _thread.compiled[key] = Schemas(read_wsdl(contract.wsdl))
    return found


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
        body = payload.of(root)
        if payload.is_fault(body):
            return []
        amiss = payload.complaints(root, body, self._wsdl)
        if payload.is_foreign(body, self._wsdl):
            return amiss
        found = self._libxml.complaints(for_schema(root))
        if any(each.is_doubtful for each in found):
            return list(agree(amiss, found, self._second(etree.tostring(root))).complaints)
        return amiss + found

    def verdict(self, body: bytes) -> SchemaVerdict:
        """The verdict of record on an envelope, or a bare body: both validators must accept.

        Unreadable when the body is no XML; RivtaError when a validator itself breaks down on a message that the other
        accepts. A SOAP Fault is valid: no schema speaks of it.
        """
        key = sha256(body).digest()
        found = self._verdicts.get(key)
        if found is None:
            found = self._verdicts[key] = self._judge(body)
            if len(self._verdicts) > _REMEMBERED:
                self._verdicts.popitem(last=False)
        return found

    def _judge(self, body: bytes) -> SchemaVerdict:
        root = xml.parse(body)
        carried = payload.of(root)
        if payload.is_fault(carried):
            return SchemaVerdict(valid=True)
        amiss = payload.complaints(root, carried, self._wsdl)
        if payload.is_foreign(carried, self._wsdl):
            return agree(amiss, [], [])
        first = self._libxml.complaints(for_schema(root))
        try:
            return agree(amiss, first, self._second(body))
        except validators.Breakdown:
            if not first:
                raise
            return SchemaVerdict(valid=False, complaints=(*amiss, *first))  # invalid whatever xmlschema would have said

    def _second(self, body: bytes) -> list[Complaint]:
        return validators.complaints_of_xmlschema(self._wsdl.schemas, body)


# What the two say together


def agree(ours: list[Complaint], lxml: list[Complaint], xmlschema: list[Complaint]) -> SchemaVerdict:
    """Put together what we, lxml and xmlschema have against one message.

    Where both validators complain of the same place, lxml's complaint stands and takes xmlschema's reason as explanation. What a
    validator is known to be wrong about is left out.
    """
    lxml, xmlschema = _heard(lxml, xmlschema), _heard(xmlschema, lxml)
    disagreement = _disagreement(lxml, xmlschema) if bool(lxml) != bool(xmlschema) else None
    reasons = {complaint.path: complaint.message for complaint in reversed(xmlschema)}
    named = {_element(complaint) for complaint in lxml}
    explained = [replace(each, explanation=reasons.get(_element(each), "")) for each in lxml]
    rest = [complaint for complaint in xmlschema if complaint.path not in named]
    complaints = (*ours, *explained, *rest)
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
    return Text(
        f"Schemavaliderarna är oense. {accepts}: meddelandet är giltigt. {rejects}: {first.text.sv} ({first.path}). "
        "Båda måste godta det.",
        f"The schema validators disagree. {accepts}: the message is valid. {rejects}: {first.text.en} ({first.path}). "
        "Both must accept it.",
    )
