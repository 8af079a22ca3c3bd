"""The next version of a referral: completed (AR), with another payment responsibility (AB), forwarded (VR).

Each starts from a copy of the version before, so that what is not meant to change cannot. Source: the contract description,
section 5, rules 1, 3, 5 and 7, and the sections on completion and forwarding.
"""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from .fuller import commitment
from .referral import CORE
from .writing import NAMESPACES, C, recipient_of

_COMPLETION = "Komplettering: besvären började efter ett fall."
_BEFORE_FORWARDER = ("intermediaryParticipant", "recipient")
_BEFORE_PAYMENT = ("questionFormulation",)


def completed(before: etree._Element, version: int, recipient: str, time: str) -> etree._Element:
    """A completion: more clinical information, everything else as it was. Attachments are sent along again (rule 7)."""
    payload, request = _next(before, version, "AR", time)
    _address(request, recipient)
    question = _only(request, "c:questionFormulation")
    told = question.find("c:clinicalInformation/c:text", NAMESPACES)
    if told is None:
        _only(question, "c:text").addnext(C("clinicalInformation", C("text", _COMPLETION)))
    else:
        told.text = f"{told.text} {_COMPLETION}"
    return payload


def charged(before: etree._Element, version: int, recipient: str, time: str) -> etree._Element:
    """A change of who pays: a payment commitment, in the place of an earlier one."""
    payload, request = _next(before, version, "AB", time)
    _address(request, recipient)
    for earlier in request.findall("c:paymentCommitment", NAMESPACES):
        request.remove(earlier)
    _after(request, _BEFORE_PAYMENT, commitment(time))
    return payload


def forwarded(before: etree._Element, version: int, forwarder: str, to: str, time: str) -> etree._Element:
    """Forwarded by one unit to another: identical but for what forwarding itself changes."""
    payload, request = _next(before, version, "VR", time)
    _address(request, to)
    unit = C("healthcareProfessionalOrganisation", C("careUnitId", extension=forwarder))
    _after(request, _BEFORE_FORWARDER, C("intermediaryParticipant", unit, C("time", value=time)))
    return payload


def _next(before: etree._Element, version: int, reason: str, time: str) -> tuple[etree._Element, etree._Element]:
    payload = deepcopy(before)
    request = _only(payload, "c:request")
    _only(request, "c:versionTimeStamp").set("value", time)
    _only(request, "c:versionNumber").text = str(version)
    _only(request, "c:reasonForVersion/c:typeOfReason").set("code", reason)
    return payload, request


def _address(request: etree._Element, recipient: str) -> None:
    """The unit that holds the referral now; where it is the same, nothing is touched."""
    unit = _only(request, "c:recipient/c:organisation/c:careUnitId")
    if unit.get("extension") != recipient:
        request.replace(_only(request, "c:recipient"), recipient_of("recipient", recipient))


def _after(request: etree._Element, names: tuple[str, ...], new: etree._Element) -> None:
    """Put an element after the last of the first kind that is there."""
    found = next(found for name in names if (found := request.findall(f"{{{CORE}}}{name}")))
    found[-1].addnext(new)


def _only(element: etree._Element, path: str) -> etree._Element:
    found = element.find(path, NAMESPACES)
    if found is None:
        raise LookupError(f"a referral without {path} was accepted")
    return found
