"""Faults of a system that has the wrong idea of a referral's course: what it refuses at a time when it must not."""

from __future__ import annotations

from rivta.reference.faults.fault import CONTRACTS, Concerns, Fault, refusing
from rivta.reference.referral import Status


def _kind(kind: str, *statuses: Status) -> Concerns:
    """Messages of a kind, about referrals that have come so far if that is named."""
    return lambda at: at.said.kind == kind and (not statuses or at.status in statuses)


COURSE: tuple[Fault, ...] = (
    refusing(
        "refuses-second-unit",
        "GEN-ADDRESS-UNIT",
        lambda at: at.said.contract == CONTRACTS["PR"] and at.unit == at.settings.units_of(at.unit.role)[1],
        "Bara den första mottagande enheten tar emot remisser.",
        "Only the first receiving unit accepts referrals.",
    ),
    refusing(
        "refuses-komplettering",
        "BR-1",
        _kind("AR", Status.ASKED),
        "En begärd komplettering (AR) tas inte emot.",
        "A completion (AR) that was asked for is not accepted.",
    ),
    refusing(
        "refuses-unsolicited-komplettering",
        "BR-2-before",
        _kind("AR", Status.NEW),
        "En komplettering (AR) som ingen har begärt tas inte emot, fast remissen inte är bedömd.",
        "A completion (AR) that nobody asked for is not accepted, though the referral is not assessed.",
        touches="BR-7",
    ),
    refusing(
        "refuses-AB",
        "BR-3",
        _kind("AB", Status.NEW),
        "Ändrat betalningsansvar (AB) tas inte emot.",
        "A change of payment responsibility (AB) is not accepted.",
    ),
    refusing(
        "refuses-AB-after-assessment",
        "BR-3-confirmed",
        _kind("AB", Status.ASSESSED),
        "Ändrat betalningsansvar (AB) tas inte emot när remissen är bekräftad.",
        "A change of payment responsibility (AB) is not accepted once the referral is confirmed.",
    ),
    refusing(
        "refuses-VR-without-PR002",
        "BR-4 PR-F-forwardTwice",
        _kind("VR"),
        "En vidareskickad remiss (VR) avvisas utan PR002.",
        "A forwarded referral (VR) is refused without PR002.",
    ),
    refusing(
        "refuses-VID-without-PRC004",
        "BR-4-notice",
        _kind("VID"),
        "Ett besked om vidareskickning (VID) avvisas utan PRC004.",
        "A notice of forwarding (VID) is refused without PRC004.",
    ),
    refusing(
        "refuses-attachment-again",
        "BR-7",
        lambda at: at.said.kind == "AR" and at.said.attachments > 0,
        "En komplettering (AR) med bilaga tas inte emot.",
        "A completion (AR) with an attachment is not accepted.",
        touches="BR-2-before",
    ),
    refusing(
        "refuses-second-outcome",
        "BR-7-answer",
        lambda at: at.said.kind == "PSV" and at.known is not None and at.known.outcomes > 0,
        "Ett preliminärt svar (PSV) som ersätter ett tidigare svar tas inte emot.",
        "A preliminary outcome (PSV) in place of an earlier outcome is not accepted.",
        touches="PRO-F-psv",
    ),
    refusing(
        "refuses-second-SSV",
        "BR-10-more",
        _kind("SSV", Status.ANSWERED),
        "Ytterligare slutsvar (SSV) tas inte emot.",
        "A further final outcome (SSV) is not accepted.",
    ),
    refusing(
        "refuses-KOM",
        "PRC-F-kom",
        _kind("KOM"),
        "En begäran om komplettering (KOM) tas inte emot.",
        "KOM is not accepted.",
    ),
    refusing(
        "refuses-AVB",
        "PRC-F-avb",
        _kind("AVB"),
        "Besked om avbruten remiss (AVB) tas inte emot.",
        "AVB is not accepted.",
    ),
    refusing(
        "refuses-AVV",
        "PRC-F-avv",
        _kind("AVV"),
        "Besked om avvisad remiss (AVV) tas inte emot.",
        "AVV is not accepted.",
    ),
    refusing(
        "refuses-PSV",
        "PRO-F-psv BR-7-answer",
        _kind("PSV"),
        "Preliminärt svar (PSV) tas inte emot.",
        "PSV is not accepted.",
    ),
    refusing(
        "refuses-first-SSV",
        "PRO-F-ssv",
        _kind("SSV", Status.NEW, Status.ASKED, Status.ASSESSED),
        "Ett första slutsvar (SSV) tas inte emot.",
        "A first final outcome (SSV) is not accepted.",
    ),
    refusing(
        "forgets-forwarded-version",
        "PRC-F-vidVersion PRC-F-newVersion",
        lambda at: at.said.kind == "BEK" and at.said.version > 1,
        "En bekräftelse av den vidareskickade versionen tas inte emot.",
        "A confirmation of the forwarded version is not accepted.",
    ),
    refusing(
        "breaks-down-at-wrong-time",
        "PRC-F-wrongTime",
        lambda at: at.said.contract == CONTRACTS["PRC"] and at.status is Status.ANSWERED,
        "En bekräftelse i fel läge ger ett SOAP Fault.",
        "A confirmation at the wrong time gives a SOAP Fault.",
        error="",
        touches="GEN-SOAP",
    ),
)
