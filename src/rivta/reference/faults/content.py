"""Faults of a system that writes the wrong thing in its messages: identities, numbers, times, texts."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from rivta.model.words import Text
from rivta.reference.faults.editing import (
    CONFIRMATIONS,
    OUTCOMES,
    REFERRALS,
    Edit,
    attribute,
    elements,
    only,
    text,
    without,
)
from rivta.reference.faults.fault import Fault
from rivta.reference.letter import CONFIRMATION, OUTCOME, REQUEST, Draft
from rivta.reference.reply import CORE
from rivta.reference.settings import NATIONAL_RESERVE_ID, PERSONNUMMER, SAMORDNINGSNUMMER

_OTHER_PERSON = "201212121212"
_PERSON = "c:request/c:patient/c:personId"
_WRITTEN = frozenset({"NR", "AR", "AB"})
"""The referrals that the system writes itself; a forwarded one is another's."""


def _fault(name: str, requirement: str, drafts: Edit, sv: str, en: str) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), drafts=drafts)


def _id_of_earlier(path: str) -> Edit:
    return attribute(path, "extension", lambda own, draft: draft.earlier or own)


def _wrong_root(kind: str, is_meant: Callable[[str], bool], wrong: str) -> Edit:
    return only({kind}, attribute(_PERSON, "root", lambda root, _: wrong if is_meant(root) else root))


def _in_latin_1(draft: Draft) -> Draft:
    for element in elements(draft.payload, "descendant::*"):
        if element.text:
            element.text = element.text.encode("iso-8859-1", "replace").decode("iso-8859-1")
    return draft


def _with_original_request(draft: Draft) -> Draft:
    source = None if draft.about is None else draft.about.find(f"{{{CORE}}}request")
    if source is None:
        return draft
    namespace = etree.QName(draft.payload).namespace
    original = etree.Element(f"{{{namespace}}}originalRequest")
    for child in list(deepcopy(source)):
        original.append(child)
    draft.payload.append(original)
    return draft


def _without_organisation(draft: Draft) -> Draft:
    """The referral's id by its number alone, and the ids that begin with it."""
    for named in elements(draft.payload, "c:request/c:requestId"):
        own = named.get("extension", "")
        new = f"remiss#{own.rpartition('#')[2]}"
        named.set("extension", new)
        for ident in elements(draft.payload, "*/c:attachment/c:id"):
            ident.text = (ident.text or "").replace(own, new)
    return draft


def _first_unit(draft: Draft) -> Draft:
    for unit in elements(draft.payload, "c:request/c:requestOrganisation/c:careUnitId"):
        unit.set("extension", "SE2321000012-REM1")
    return draft


def _without_seconds(path: str) -> Edit:
    return attribute(path, "value", lambda time, _: time[:12])


_IDENTITIES = (
    _fault(
        "numbers-referrals-without-organisation",
        "PR-F-requestId",
        only({"NR"}, _without_organisation),
        "Ett remiss-id inleds inte av organisationens HSA-id.",
        "A requestId does not begin with the organisation's HSA-id.",
    ),
    _fault(
        "reuses-request-id",
        "PR-F-requestId-unique",
        only({"NR"}, _id_of_earlier("c:request/c:requestId")),
        "En ny remiss till samma enhet får den förras remiss-id.",
        "A new referral to the same unit has the requestId of the one before.",
    ),
    _fault(
        "reuses-confirmation-id",
        "PRC-C-id-unique",
        only(CONFIRMATIONS, _id_of_earlier("c:requestConfirmation/c:requestConfirmationId")),
        "Ett nytt besked om samma remiss får det förras id.",
        "A new confirmation of the same referral has the id of the one before.",
    ),
    _fault(
        "reuses-outcome-id",
        "PRO-C-id-unique",
        only(OUTCOMES, _id_of_earlier("c:requestOutcome/c:requestOutcomeId")),
        "Ett nytt svar på samma remiss får det förras id.",
        "A new outcome for the same referral has the id of the one before.",
    ),
    _fault(
        "sends-personnummer-as-samordningsnummer",
        "PR-C-personnummer",
        _wrong_root("NR", lambda root: root == PERSONNUMMER, SAMORDNINGSNUMMER),
        "Ett personnummer sänds som samordningsnummer.",
        "A personnummer is sent as a samordningsnummer.",
    ),
    _fault(
        "sends-samordningsnummer-as-personnummer",
        "PR-C-samordningsnummer",
        _wrong_root("NR", lambda root: root == SAMORDNINGSNUMMER, PERSONNUMMER),
        "Ett samordningsnummer sänds som personnummer.",
        "A samordningsnummer is sent as a personnummer.",
    ),
    _fault(
        "sends-national-reserve-id-as-personnummer",
        "PR-C-nationalReserveId",
        _wrong_root("NR", lambda root: root == NATIONAL_RESERVE_ID, PERSONNUMMER),
        "Ett nationellt reservId sänds som personnummer.",
        "A national reservId is sent as a personnummer.",
    ),
    _fault(
        "sends-local-reserve-number-as-personnummer",
        "PR-C-localReserve",
        _wrong_root(
            "NR", lambda root: root not in {PERSONNUMMER, SAMORDNINGSNUMMER, NATIONAL_RESERVE_ID}, PERSONNUMMER
        ),
        "Ett lokalt reservnummer sänds som personnummer.",
        "A local reserve number is sent as a personnummer.",
    ),
    _fault(
        "sends-for-first-unit-only",
        "PR-C-unit",
        only({"NR"}, _first_unit),
        "Remitterande enhet är alltid den första enheten.",
        "The referring unit is always the first one.",
    ),
    _fault(
        "confirms-for-other-patient",
        "PRC-C-patient",
        only(CONFIRMATIONS, attribute("*/c:patient/c:personId", "extension", lambda _, __: _OTHER_PERSON)),
        "Ett besked gäller en annan patient än remissen.",
        "A confirmation concerns another patient than the referral.",
    ),
    _fault(
        "answers-for-other-patient",
        "PRO-C-patient",
        only(OUTCOMES, attribute("*/c:patient/c:personId", "extension", lambda _, __: _OTHER_PERSON)),
        "Ett svar gäller en annan patient än remissen.",
        "An outcome concerns another patient than the referral.",
    ),
)
_FIELDS = (
    _fault(
        "writes-versionTimeStamp-without-seconds",
        "PR-F-timestamps",
        only(REFERRALS, _without_seconds("c:request/c:versionTimeStamp")),
        "Remissens versionstidpunkt saknar sekunder.",
        "The referral's version time has no seconds.",
    ),
    _fault(
        "writes-hour-25",
        "PR-F-realTime",
        only(REFERRALS, attribute("c:request/c:versionTimeStamp", "value", lambda time, _: f"{time[:8]}25{time[10:]}")),
        "Remissens versionstidpunkt är klockan 25.",
        "The referral's version time is at 25 hours.",
    ),
    _fault(
        "writes-confirmation-time-without-seconds",
        "PRC-C-timestamps",
        _without_seconds("c:requestConfirmation/c:requestConfirmationTime"),
        "Beskedets tidpunkt saknar sekunder.",
        "The confirmation's time has no seconds.",
    ),
    _fault(
        "writes-outcome-time-without-seconds",
        "PRO-C-timestamps",
        _without_seconds("c:requestOutcome/c:requestOutcomeTime"),
        "Svarets tidpunkt saknar sekunder.",
        "The outcome's time has no seconds.",
    ),
    _fault(
        "writes-numbers-without-country",
        "PR-F-telecomNumber",
        only(_WRITTEN, text("c:request/c:patient/c:telecom/c:number", lambda number, _: number.replace("+46", "0"))),
        "Telefonnummer saknar landsnummer.",
        "Telephone numbers have no country code.",
    ),
    *(
        _fault(
            f"writes-latin1-letters-only-{code}",
            f"{code}-C-characters",
            only(kinds, _in_latin_1),
            f"Tecken utanför Latin-1 blir frågetecken ({contract}).",
            f"Letters outside Latin-1 become question marks ({contract}).",
        )
        for code, contract, kinds in (
            ("PR", REQUEST, _WRITTEN),
            ("PRC", CONFIRMATION, CONFIRMATIONS),
            ("PRO", OUTCOME, OUTCOMES),
        )
    ),
    *(
        _fault(f"leaves-out-{name}", f"PR-C-optional-{name}", only({"NR"}, without(path)), sv, en)
        for name, path, sv, en in (
            (
                "activity",
                "c:request/c:questionFormulation/c:desiredActivity",
                "Önskad åtgärd följer inte med remissen.",
                "The desired activity is left out of the referral.",
            ),
            (
                "payment",
                "c:request/c:paymentCommitment",
                "Betalningsförbindelsen följer inte med remissen.",
                "The payment commitment is left out of the referral.",
            ),
            (
                "condition",
                "c:request/c:questionFormulation/c:condition",
                "Diagnosen följer inte med remissen.",
                "The condition is left out of the referral.",
            ),
        )
    ),
    _fault(
        "sends-original-request-to-remittent",
        "PRO-F-originalRequestUse",
        only(OUTCOMES, _with_original_request),
        "Remissen följer med svaret till den som själv sände den.",
        "The referral goes with the outcome to who sent it.",
    ),
)
CONTENT: tuple[Fault, ...] = (*_IDENTITIES, *_FIELDS)
