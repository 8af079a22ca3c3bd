"""A referral filled out: almost everything that the contract leaves to the one who writes, each element at its place."""

from __future__ import annotations

from uuid import uuid4

from lxml import etree

from .referral import KVA
from .writing import ICD_10, NAMESPACES, C, coded

_REGIONS = "1.2.752.129.2.2.1.18"
_PROFESSIONAL = "SE2321000012-P001"


def filled_out(payload: etree._Element, time: str) -> etree._Element:
    """The payload of a new referral with most of what is optional. It is changed, and returned."""
    request = _only(payload, "c:request")
    _patient(_only(request, "c:patient"))
    _unit(_only(request, "c:requestOrganisation"))
    _only(request, "c:author/c:healthcareProfessional").insert(0, C("id", extension=_PROFESSIONAL))
    put_after(_only(request, "c:recipient"), *_information())
    question = _only(request, "c:questionFormulation")
    for element in _findings():
        question.append(element)
    put_after(question, commitment(time))
    request.append(C("careProcessId", str(uuid4())))
    return payload


def put_after(place: etree._Element, *new: etree._Element) -> None:
    """Put elements after another, in order."""
    for element in reversed(new):
        place.addnext(element)


def commitment(time: str) -> etree._Element:
    """A promise to pay (paymentCommitment)."""
    return C(
        "paymentCommitment",
        C("paymentCommitmentId", extension=str(uuid4())),
        coded("commitmentType", "1", "1.2.752.129.2.2.2.44", "Valfrihet"),
        coded("commitmentTypeChapter", "1", "1.2.752.129.5.1.37", "Kapitel 1"),
        C("validity", low=time[:8]),
        C("clinicalResponsibilityDescription", "Bedömning och behandling"),
        C("administrativeResponsibilityDescription", "Återbesök ingår"),
        C("validOnlyForOutpatientCare", "true"),
        coded("liableCountyCouncil", "01", _REGIONS, "Region Stockholm"),
        C("dateOfApproval", value=time),
        C("issuedInConsultationWith", "Vera Verksamhetschef"),
        C("costCenter", "4711"),
        C(
            "reimbursementInformation",
            coded("reimbursementType", "1", "1.2.752.129.5.1.36", "Avtal"),
            coded("ownerOfInvokedContract", "01", _REGIONS, "Region Stockholm"),
        ),
        C("approvedBy", C("id", extension=_PROFESSIONAL), C("name", "Vera Verksamhetschef")),
    )


def _patient(patient: etree._Element) -> None:
    street = _only(patient, "c:address/c:streetName1")
    street.addprevious(C("careOf", "c/o Provsson"))
    put_after(street, C("streetName2", "Uppgång B"))
    put_after(_only(patient, "c:address/c:postalCity"), C("postBox", "Box 12"))
    home = C("telecom", C("typeOfTelecom", code="H"), C("number", "+46800000000"))
    put_after(_only(patient, "c:telecom"), home)


def _unit(unit: etree._Element) -> None:
    put_after(
        _only(unit, "c:careUnitName"),
        C("careUnitTelephone", "+46800000001"),
        C("careUnitEmail", "mottagning@example.org"),
        C("careUnitAddress", "Vårdgatan 2, 123 45 Provstad"),
        C("careUnitLocation", "Provstad"),
    )


def _information() -> tuple[etree._Element, ...]:
    return (
        C(
            "additionalInformation",
            C("desiredRequestRecipient", "Doktor Mottagare"),
            C("administrativeInformation", "Patienten nås bäst på eftermiddagen."),
            C("interpreterRequirement", "Finska"),
        ),
        C("awarenessInformation", C("text", "Överkänslig mot penicillin.")),
    )


def _findings() -> tuple[etree._Element, ...]:
    return (
        C("condition", coded("code", "M25.5", ICD_10, "Ledvärk")),
        C("condition", C("text", "Trötthet")),
        C("desiredActivity", C("id", extension="1"), C("code", code="AF011", codeSystem=KVA)),
        C("desiredActivity", C("id", extension="2"), C("text", "Röntgen av höft")),
    )


def _only(element: etree._Element, path: str) -> etree._Element:
    found = element.find(path, NAMESPACES)
    if found is None:
        raise LookupError(f"a new referral has no {path}")
    return found
