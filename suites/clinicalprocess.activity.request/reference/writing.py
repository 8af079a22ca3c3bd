"""The messages that the system writes from nothing: a new referral, a confirmation, an outcome.

People and texts are invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree
from lxml.builder import ElementMaker

from rivta.model.domain import Contract

from .enclosure import enclose
from .referral import CORE, KVA, PERSONNUMMER, SAMORDNINGSNUMMER

C: Final = ElementMaker(namespace=CORE, nsmap={"c": CORE})
NAMESPACES: Final = {"c": CORE}
_NAMES = {"191212121212": "Tolvan Tolvansson", "201212121212": "Lilltolvan Tolvansson"}
ICD_10 = "1.2.752.116.1.1.1"
_PROFESSIONS = "1.2.752.29.23.1.6"
_CONFIRMING = {
    "BEK": "Remissen är mottagen och bedömd. Patienten kallas.",
    "KOM": "Remissen behöver kompletteras: när började besvären?",
    "VID": "Remissen är vidareskickad till den enhet som anges.",
    "AVB": "Remissen är avbruten på patientens begäran.",
    "AVV": "Remissen är avvisad: utredning i primärvården först.",
}
_ANSWERING = {
    "DSV": "Delsvar: provsvar väntas. Undersökt, måttlig nedsättning.",
    "PSV": "Preliminärt svar: sannolikt artros. Slutsvar följer.",
    "SSV": "Slutsvar: artros i vänster höft. Åter till remittenten.",
}


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient by identity: the number, without hyphen, and the OID of its kind."""

    extension: str
    root: str

    @classmethod
    def of(cls, extension: str, root: str = "") -> Patient:
        """The patient of that number. Without a kind, a day of birth over 60 tells a samordningsnummer from a personnummer."""
        day = extension[6:8]
        guess = SAMORDNINGSNUMMER if day.isdecimal() and int(day) > 60 else PERSONNUMMER
        return cls(extension, root or guess)

    @property
    def name(self) -> str:
        """The test person's customary name, else one that says what it is."""
        return _NAMES.get(self.extension, "Test Testsson")


def referral(
    contract: Contract,
    request_id: str,
    patient: Patient,
    *,
    time: str,
    sender: str,
    recipient: str,
    attachments: Sequence[str] = (),
    text: str = "",
    written: str = "",
) -> etree._Element:
    """A new referral (NR, version 1), short. `written` is author.date, today if it is not said."""
    return _payload(
        contract,
        C(
            "request",
            _id("requestId", request_id),
            C("typeOfRequest", code="4"),
            C("versionTimeStamp", value=time),
            C("versionNumber", "1"),
            C("reasonForVersion", C("typeOfReason", code="NR")),
            C("careResponsibilityRemains", "true"),
            _whole_patient(patient),
            _unit("requestOrganisation", sender, "Remitterande mottagning"),
            _author(sender, "Elin Ek", C("date", value=written or time[:8])),
            recipient_of("recipient", recipient),
            C(
                "questionFormulation",
                C("text", text or "Tacksam för bedömning av höftsmärta."),
                C("clinicalInformation", C("text", "Smärta i vänster höft sedan tre månader.")),
            ),
            *enclose(request_id, attachments),
        ),
    )


def confirmation(
    contract: Contract,
    kind: str,
    about: etree._Element,
    message_id: str,
    *,
    time: str,
    version: int,
    sender: str,
    forwarded_to: str = "",
    text: str = "",
) -> etree._Element:
    """What is said of a referral (`about`, its payload): BEK, KOM, VID, AVB or AVV."""
    return _payload(
        contract,
        C(
            "requestConfirmation",
            _id("requestId", _said(about, "c:requestId/@extension")),
            _id("requestConfirmationId", message_id),
            C("typeOfRequestConfirmation", code=kind),
            C("requestVersionNumber", str(version)),
            C("requestConfirmationTime", value=time),
            _simple_patient(about),
            _unit("confirmingOrganisation", sender, "Mottagande mottagning"),
            _author(sender, "Bo Bedömare"),
            recipient_of("recipient", referring_unit(about)),
            *([recipient_of("forwardingRecipient", forwarded_to)] if forwarded_to else []),
            C("outcome", C("outcomeText", text or _CONFIRMING[kind])),
        ),
    )


def outcome(
    contract: Contract,
    kind: str,
    about: etree._Element,
    message_id: str,
    *,
    time: str,
    version: int,
    sender: str,
    attachments: Sequence[str] = (),
    text: str = "",
) -> etree._Element:
    """An answer to a referral (`about`, its payload): DSV, PSV or SSV."""
    return _payload(
        contract,
        C(
            "requestOutcome",
            _id("requestId", _said(about, "c:requestId/@extension")),
            _id("requestOutcomeId", message_id),
            C("typeOfRequestOutcome", code=kind),
            C("requestVersionNumber", str(version)),
            C("requestOutcomeTime", value=time),
            _simple_patient(about),
            _unit("respondingOrganisation", sender, "Mottagande mottagning"),
            _author(sender, "Siv Svarande"),
            recipient_of("recipient", referring_unit(about)),
            C(
                "outcome",
                C("outcomeText", text or _ANSWERING[kind]),
                C("condition", coded("code", "M16.1", ICD_10, "Annan primär koxartros")),
                C("accomplishedActivity", C("id", extension="1"), C("code", code="AF011", codeSystem=KVA)),
            ),
            *enclose(message_id, attachments),
        ),
    )


def referring_unit(about: etree._Element) -> str:
    """The unit that sent a referral, to which everything about it goes."""
    return _said(about, "c:requestOrganisation/c:careUnitId/@extension")


def numbered(payload: etree._Element, version: int) -> etree._Element:
    """A referral's payload with another version number."""
    for number in payload.iterfind("c:request/c:versionNumber", NAMESPACES):
        number.text = str(version)
    return payload


def coded(name: str, code: str, system: str, shown: str) -> etree._Element:
    """A coded value with what it reads as."""
    return C(name, C("code", code), C("codeSystem", system), C("displayName", shown))


def recipient_of(name: str, hsa_id: str) -> etree._Element:
    """A receiving unit, as an element of that name."""
    return C(name, C("organisation", C("careUnitId", extension=hsa_id)))


def _payload(contract: Contract, content: etree._Element) -> etree._Element:
    root = contract.request_root.rpartition("}")[2]
    payload = etree.Element(f"{{{contract.namespace}}}{root}", nsmap={"r": contract.namespace, "c": CORE})
    payload.append(content)
    return payload


def _said(payload: etree._Element, path: str) -> str:
    found = payload.xpath(f"c:request/{path}", namespaces=NAMESPACES)
    return str(found[0]) if isinstance(found, list) and found else ""


def _id(name: str, extension: str) -> etree._Element:
    return C(name, extension=extension)


def _whole_patient(patient: Patient) -> etree._Element:
    """With sex and date of birth, where the identity is a number that tells them."""
    told = []
    if patient.root == PERSONNUMMER and len(patient.extension) == 12 and patient.extension.isdecimal():
        sex = "1" if int(patient.extension[10]) % 2 else "2"
        told = [C("gender", code=sex), C("dateOfBirth", value=patient.extension[:8])]
    return C(
        "patient",
        C("personId", extension=patient.extension, root=patient.root),
        C("address", C("streetName1", "Provgatan 1"), C("postalCode", "12345"), C("postalCity", "Provstad")),
        C("telecom", C("typeOfTelecom", code="MC"), C("number", "+46700000000")),
        C("name", patient.name),
        *told,
    )


def _simple_patient(about: etree._Element) -> etree._Element:
    name = _said(about, "c:patient/c:name/text()")
    root, extension = (_said(about, f"c:patient/c:personId/@{part}") for part in ("root", "extension"))
    return C("patient", C("personId", extension=extension, root=root), *([C("name", name)] if name else []))


def _unit(name: str, hsa_id: str, shown: str) -> etree._Element:
    return C(name, C("careUnitId", extension=hsa_id), C("careUnitName", shown))


def _author(unit: str, name: str, *before: etree._Element) -> etree._Element:
    return C(
        "author",
        *before,
        C("healthcareProfessional", C("name", name)),
        coded("typeOfHealthcareProfessional", "LK", _PROFESSIONS, "Läkare"),
        C("healthcareProfessionalOrganisation", C("careUnitId", extension=unit)),
    )
