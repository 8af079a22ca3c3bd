"""Faults of a system that is narrow about content: sound values, elements and identities that it does not take."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from rivta.reference.faults.fault import CONTRACTS, Concerns, Fault, refusing
from rivta.reference.referral import Situation
from rivta.reference.reply import CORE, VALIDATION_ERROR
from rivta.reference.settings import KVA, NATIONAL_RESERVE_ID, PERSONNUMMER, SAMORDNINGSNUMMER, SNOMED_CT

_NAMESPACES = {"c": CORE}
_PROFESSIONS = frozenset(
    ["AP", "AT", "BA", "DT", "FT", "HA", "LG", "LK", "OP", "OT", "PS", "PT", "RS", "SF", "SJ", "TH", "TL"]
)
"""Codes of the licensed professions, as they were in version 1 of the contract."""
_FORMATS = {"pdf": "pdf", "jpeg": "jpeg", "png": "png", "html": "html", "txt": "plain", "gif": "gif", "bmp": "bmp"}
"""The allowed attachment formats, and what tells each in its media type."""


def _holds(path: str, contract: str = "") -> Concerns:
    """Messages, of one contract if it is named, in which an XPath finds something."""
    search = etree.XPath(path, namespaces=_NAMESPACES)
    return lambda at: contract in {"", at.said.contract} and bool(search(at.said.payload))


def _root(root: str) -> Concerns:
    return lambda at: at.said.person_root == root


def _each_contract(name: str, requirement: str, path: str, sv: str, en: str) -> tuple[Fault, ...]:
    """The same fault in each contract by itself."""
    return tuple(
        refusing(
            f"{name}-{code}",
            f"{code}-F-{requirement}",
            _holds(path, contract),
            f"{sv} ({contract})",
            f"{en} ({contract})",
        )
        for code, contract in CONTRACTS.items()
    )


def _has_unknown_profession(at: Situation) -> bool:
    codes = at.said.payload.iterfind(".//c:typeOfHealthcareProfessional/c:code", _NAMESPACES)
    return any(code.text not in _PROFESSIONS for code in codes)


def _in(code: str, concerns: Concerns) -> Concerns:
    return lambda at: at.said.contract == CONTRACTS[code] and concerns(at)


_FIELDS = (
    *_each_contract(
        "refuses-unknown-extension",
        "extension",
        "descendant::*[not(starts-with(namespace-uri(), 'urn:riv:clinicalprocess:activity:request:'))]",
        "Element ur andra namnrymder tas inte emot.",
        "Elements of other namespaces are not accepted.",
    ),
    *_each_contract(
        "refuses-long-text",
        "longTexts",
        "descendant::text()[string-length() > 4000][not(parent::c:value)]",
        "Texter över 4000 tecken tas inte emot.",
        "Texts over 4000 characters are not accepted.",
    ),
    *_each_contract(
        "requires-seconds",
        "timeTolerant",
        "*/c:versionTimeStamp/@value[string-length() < 14] | */c:requestConfirmationTime/@value[string-length() < 14]"
        " | */c:requestOutcomeTime/@value[string-length() < 14]",
        "En tidpunkt utan sekunder tas inte emot.",
        "A time without seconds is not accepted.",
    ),
    *(
        refusing(
            f"refuses-unknown-code-{code}",
            f"{code}-F-newCodes",
            _in(code, _has_unknown_profession),
            f"En ny yrkeskod tas inte emot ({contract}).",
            f"A new code for a profession is not accepted ({contract}).",
        )
        for code, contract in CONTRACTS.items()
    ),
    refusing(
        "requires-patient-name-PR",
        "PR-F-minimal",
        _holds("c:request/c:patient[not(c:name)]", "ProcessRequest"),
        "En remiss utan patientens namn tas inte emot.",
        "A referral without the patient's name is not accepted.",
    ),
    refusing(
        "requires-patient-name-PRC",
        "PRC-F-minimal",
        _holds("c:requestConfirmation/c:patient[not(c:name)]"),
        "En bekräftelse utan patientens namn tas inte emot.",
        "A confirmation without the patient's name is not accepted.",
    ),
    refusing(
        "requires-patient-name-PRO",
        "PRO-F-minimal",
        _holds("c:requestOutcome/c:patient[not(c:name)]"),
        "Ett remissvar utan patientens namn tas inte emot.",
        "An outcome without the patient's name is not accepted.",
    ),
    refusing(
        "refuses-care-unit-email-PR",
        "PR-F-full",
        _holds("c:request/c:requestOrganisation/c:careUnitEmail"),
        "En remiss med enhetens e-postadress tas inte emot.",
        "A referral with the unit's e-mail address is not accepted.",
        touches="PR-F-kva",
    ),
    refusing(
        "refuses-care-unit-email-PRC",
        "PRC-F-full",
        _holds("c:requestConfirmation/c:confirmingOrganisation/c:careUnitEmail"),
        "En bekräftelse med enhetens e-postadress tas inte emot.",
        "A confirmation with the unit's e-mail address is not accepted.",
    ),
    refusing(
        "refuses-care-unit-email-PRO",
        "PRO-F-full",
        _holds("c:requestOutcome/c:respondingOrganisation/c:careUnitEmail"),
        "Ett remissvar med enhetens e-postadress tas inte emot.",
        "An outcome with the unit's e-mail address is not accepted.",
    ),
    refusing(
        "refuses-leading-zero",
        "PR-F-versionLeadingZero",
        _holds("c:request/c:versionNumber[starts-with(., '0')]"),
        "Ett versionsnummer med inledande nolla tas inte emot.",
        "A version number with a leading zero is not accepted.",
    ),
    refusing(
        "refuses-kva",
        "PR-F-kva PR-F-full",
        lambda at: KVA in at.said.activity_code_systems,
        "En önskad åtgärd kodad enligt KVÅ tas inte emot.",
        "A desired activity coded by KVÅ is not accepted.",
    ),
    replace(
        refusing(
            "refuses-snomed-ct-as-invalid",
            "PR-F-activityCodeSystem",
            lambda at: SNOMED_CT in at.said.activity_code_systems,
            "En önskad åtgärd kodad enligt Snomed CT kallas ogiltig.",
            "A desired activity coded by Snomed CT is called invalid.",
            error=VALIDATION_ERROR,
            touches="GEN-APPLICATION-ERROR",
        ),
        overlooks=frozenset({"activity-code-system"}),
    ),
    refusing(
        "refuses-second-forwarding",
        "PR-F-forwardTwice",
        _holds("c:request/c:intermediaryParticipant[2]"),
        "En remiss som har vidareskickats två gånger tas inte emot.",
        "A referral that was forwarded twice is not accepted.",
        touches="BR-4",
    ),
    *(
        refusing(
            f"refuses-{name}-attachment-{code}",
            f"{code}-F-attachment-{name}",
            _holds(f"*/c:attachment/c:mediaType/c:code[contains(., '{mark}')]", CONTRACTS[code]),
            f"En bilaga i formatet {name} kallas ogiltig.",
            f"An attachment in format {name} is called invalid.",
            touches=f"{code}-F-attachmentSeveral" if name == "txt" else "",
            error=VALIDATION_ERROR,
        )
        for code in ("PR", "PRO")
        for name, mark in _FORMATS.items()
    ),
    refusing(
        "refuses-second-attachment-PR",
        "PR-F-attachmentSeveral",
        _holds("c:request/c:attachment[2]"),
        "Mer än en bilaga i en remiss tas inte emot.",
        "More than one attachment in a referral is not accepted.",
        touches="PR-F-attachment-txt",
    ),
    refusing(
        "refuses-second-attachment-PRO",
        "PRO-F-attachmentSeveral",
        _holds("c:requestOutcome/c:attachment[2]"),
        "Mer än en bilaga i ett remissvar tas inte emot.",
        "More than one attachment in an outcome is not accepted.",
        touches="PRO-F-attachment-txt",
    ),
    refusing(
        "refuses-original-request",
        "PRO-F-originalRequest",
        _holds("*[local-name() = 'originalRequest']", "ProcessRequestOutcome"),
        "Ett remissvar där remissen följer med tas inte emot.",
        "An outcome that carries the referral is not accepted.",
    ),
)
_IDENTITIES = (
    refusing(
        "refuses-samordningsnummer",
        "BR-11",
        _root(SAMORDNINGSNUMMER),
        "Samordningsnummer tas inte emot.",
        "Samordningsnummer is not accepted.",
        sub_code="PR004",
    ),
    refusing(
        "refuses-national-reserve-id",
        "PR-F-nationalReserveId",
        _root(NATIONAL_RESERVE_ID),
        "Nationellt reservId kallas ogiltigt.",
        "A national reservId is called invalid.",
        error=VALIDATION_ERROR,
    ),
    refusing(
        "refuses-local-reserve-number",
        "PR-F-otherPersonId",
        lambda at: at.said.person_root not in {PERSONNUMMER, SAMORDNINGSNUMMER, NATIONAL_RESERVE_ID},
        "Lokalt reservnummer kallas ogiltigt.",
        "A local reserve number is called invalid.",
        error=VALIDATION_ERROR,
    ),
)
NARROW: tuple[Fault, ...] = (*_FIELDS, *_IDENTITIES)
