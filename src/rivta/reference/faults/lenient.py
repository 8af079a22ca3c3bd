"""Faults of a system that lets too much through: rules, codes and business rules that it does not apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rivta.model.words import Text
from rivta.reference.faults.fault import Fault
from rivta.reference.reply import Outcome, Result, SoapFault

_MESSAGES: Mapping[str, Text] = {
    "PR": Text("remissen", "referral"),
    "PRC": Text("bekräftelsen", "confirmation"),
    "PRO": Text("remissvaret", "outcome"),
}
_RULES: Mapping[str, str] = {
    "PR": (
        "requestId typeOfRequest typeOfReason postalCode typeOfTelecom gender condition desiredActivity commitmentType "
        "paymentCommitment commitmentTypeChapter liableCountyCouncil reimbursementType ownerOfInvokedContract attachment "
        "mediaType intermediaryParticipant nonEmpty"
    ),
    "PRC": "typeOfRequestConfirmation requestId forwardingRecipient nonEmpty",
    "PRO": "requestId typeOfRequestOutcome condition accomplishedActivity attachment mediaType nonEmpty",
}
RULES: tuple[str, ...] = tuple(f"{code}-S-{rule}" for code, rules in _RULES.items() for rule in rules.split())
"""The ids of all enforced request rules."""


def _lets(
    name: str, breaks: Iterable[str], overlooks: Iterable[str], sv: str, en: str, *, touches: tuple[str, ...] = ()
) -> Fault:
    return Fault(name, tuple(breaks), Text(sv, en), overlooks=frozenset(overlooks), touches=touches)


def _ignores(rule: str) -> Fault:
    message = _MESSAGES[rule.partition("-")[0]]
    return Fault(
        f"ignores-{rule}",
        (rule,),
        Text(
            f"Regeln {rule} tillämpas inte: {message.sv} tas emot.",
            f"Rule {rule} is not applied: the {message.en} is accepted.",
        ),
        overlooks=frozenset({rule}),
        touches=("GEN-VALIDATION",),
    )


def _accepts(code: str, *more: str) -> Fault:
    return _lets(
        f"accepts-{code}",
        (f"ERR-{code}", *more),
        (code,),
        f"Tar emot meddelandet där {code} är svaret.",
        f"Accepts the message where {code} is the answer.",
        touches=("GEN-APPLICATION-ERROR",),
    )


def _skips_schema(code: str) -> Fault:
    message = _MESSAGES[code]
    return _lets(
        f"schema-not-checked-{code}",
        (f"{code}-F-schemaInvalid",),
        (f"{code}-schema",),
        f"Schemat tillämpas inte: {message.sv} tas emot även ogiltig.",
        f"The schema is not applied: the {message.en} is accepted even when it is not valid.",
        touches=("GEN-VALIDATION",),
    )


def _changed(requirement: str, field: str) -> Fault:
    return _lets(
        f"accepts-changed-{requirement}",
        (f"PR-F-amend-{requirement}",),
        (f"AR-{field}",),
        f"En komplettering (AR) som ändrar {field} tas emot.",
        f"A completion (AR) that changes {field} is accepted.",
    )


def _placed(name: str, requirement: str, reason: str, sv: str, en: str) -> Fault:
    """A message that cannot be placed, answered OK all the same."""

    def accept(outcome: Outcome, body: bytes) -> Outcome:  # noqa: ARG001 (the reason says enough)
        return Result() if isinstance(outcome, SoapFault) and outcome.reason == reason else outcome

    return Fault(name, (requirement,), Text(sv, en), answers=accept)


def _accept_dtd(outcome: Outcome, body: bytes) -> Outcome:
    return Result() if isinstance(outcome, SoapFault) and b"<!DOCTYPE" in body else outcome


LENIENT: tuple[Fault, ...] = (
    *(_ignores(rule) for rule in RULES),
    _accepts("PR001"),
    _accepts("PR002"),
    _accepts("PR003", "BR-8"),
    _accepts("PR004"),
    _accepts("PRC001"),
    _accepts("PRC002"),
    _accepts("PRC003"),
    _accepts("PRC004"),
    _accepts("PRO001"),
    _accepts("PRO002"),
    _accepts("PRO003", "BR-9-answer"),
    _accepts("PRO004", "BR-8-answer"),
    *(_skips_schema(code) for code in _MESSAGES),
    _changed("authorDate", "author.date"),
    _changed("requestOrganisation", "requestOrganisation.careUnitId"),
    _changed("recipient", "recipient.organisation.careUnitId"),
    _changed("personExtension", "patient.personId.extension"),
    _changed("personRoot", "patient.personId.root"),
    _changed("authorOrganisation", "author.healthcareProfessionalOrganisation"),
    _lets(
        "accepts-NR-not-version-1",
        ("PR-F-versionStart",),
        ("NR-version-start",),
        "En ny remiss (NR) tas emot med vilket versionsnummer som helst.",
        "A new referral (NR) is accepted with any version number.",
    ),
    _lets(
        "version-not-checked",
        ("PR-F-versionUnchanged",),
        ("AR-version-raised", "AB-version-raised", "VR-version-raised"),
        "En ny version tas emot fast versionsnumret inte är högre.",
        "A new version is accepted though its number is not higher.",
    ),
    _lets(
        "accepts-version-gap",
        ("PR-F-versionGap",),
        ("AR-version-next", "AB-version-next", "VR-version-next"),
        "En ny version tas emot fast den hoppar över ett nummer.",
        "A new version is accepted though it skips a number.",
    ),
    _lets(
        "accepts-VR-with-version-1",
        ("PR-F-forwardVersion",),
        ("VR-version-start",),
        "En vidareskickad remiss (VR) tas emot med versionsnummer 1.",
        "A forwarded referral (VR) is accepted with version number 1.",
    ),
    _lets(
        "accepts-unhandled-code-system",
        ("PR-F-activityCodeSystem",),
        ("activity-code-system",),
        "En önskad åtgärd i ett kodverk som enheten inte hanterar tas emot.",
        "A desired activity in a code system that the unit does not handle is accepted.",
        touches=("GEN-APPLICATION-ERROR",),
    ),
    _lets(
        "accepts-AR-after-assessment",
        ("BR-2",),
        ("AR-asked-or-unassessed",),
        "En komplettering (AR) som ingen har begärt tas emot fast remissen är bedömd.",
        "A completion (AR) that nobody asked for is accepted though the referral is assessed.",
    ),
    _lets(
        "accepts-change-after-rejection",
        ("BR-9",),
        ("AR-not-rejected", "AB-not-rejected", "VR-not-rejected"),
        "En ny version av en avvisad remiss tas emot.",
        "A new version of a rejected referral is accepted.",
    ),
    _lets(
        "accepts-change-after-cancellation",
        ("BR-9-cancelled",),
        ("AR-not-cancelled", "AB-not-cancelled", "VR-not-cancelled"),
        "En ny version av en avbruten remiss tas emot.",
        "A new version of a cancelled referral is accepted.",
    ),
    _lets(
        "accepts-DSV-after-SSV",
        ("BR-10",),
        ("DSV-before-final",),
        "Ett delsvar (DSV) tas emot efter slutsvar.",
        "A partial outcome (DSV) is accepted after the final one.",
    ),
    _lets(
        "accepts-PSV-after-SSV",
        ("BR-10-preliminary",),
        ("PSV-before-final",),
        "Ett preliminärt svar (PSV) tas emot efter slutsvar.",
        "A preliminary outcome (PSV) is accepted after the final one.",
    ),
    _lets(
        "accepts-too-large-PR",
        ("PR-F-overSize",),
        ("PR-size",),
        "En remiss över 10 MB tas emot.",
        "A referral over 10 MB is accepted.",
    ),
    _lets(
        "accepts-too-large-PRO",
        ("PRO-F-overSize",),
        ("PRO-size",),
        "Ett remissvar över 10 MB tas emot.",
        "An outcome over 10 MB is accepted.",
    ),
    _placed(
        "ignores-logical-address",
        "GEN-ADDRESS-HEADER",
        "no-address",
        "Ett meddelande utan logisk adressat tas emot.",
        "A message without a logical address is accepted.",
    ),
    _placed(
        "accepts-unknown-contract",
        "GEN-UNKNOWN-CONTRACT",
        "unknown-contract",
        "Ett meddelande i ett okänt kontrakts namnrymd tas emot.",
        "A message in an unknown contract's namespace is accepted.",
    ),
    Fault(
        "accepts-dtd",
        ("GEN-DTD",),
        Text(
            "Ett meddelande med dokumenttypsdeklaration tas emot.",
            "A message with a document type declaration is accepted.",
        ),
        answers=_accept_dtd,
    ),
)
