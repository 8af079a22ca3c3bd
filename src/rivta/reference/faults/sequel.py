"""Faults of a system that does not keep to a referral's course: what it never sends, sends wrongly next, or sends though it
must not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import uuid4

from rivta.model.words import Text
from rivta.reference.compose import referring_unit
from rivta.reference.faults.editing import Edit, attribute, elements, only, sends, text, without
from rivta.reference.faults.fault import Fault
from rivta.reference.letter import Draft
from rivta.reference.settings import SAMORDNINGSNUMMER

_OTHER_PERSON = "201212121212"
_OTHER_UNIT = "SE2321000012-REM3"
_OTHER_RECIPIENT = "SE2321000016-MOT3"
_NUMBER = "c:request/c:versionNumber"
_FORWARDER = "c:request/c:intermediaryParticipant[last()]/c:healthcareProfessionalOrganisation/c:careUnitId"
_SENT = {
    "AR": ("PR-C-AR", "En begärd komplettering (AR)", "A completion (AR) that was asked for"),
    "AB": ("PR-C-AB", "Ändrat betalningsansvar (AB)", "A change of payment responsibility (AB)"),
    "VR": ("PR-C-VR", "Den vidareskickade remissen (VR)", "The forwarded referral (VR)"),
    "BEK": ("PRC-C-BEK", "Bekräftelsen (BEK)", "The confirmation (BEK)"),
    "KOM": ("PRC-C-KOM", "Begäran om komplettering (KOM)", "The request for completion (KOM)"),
    "AVV": ("PRC-C-AVV", "Avvisningen (AVV)", "The rejection (AVV)"),
    "AVB": ("PRC-C-AVB", "Beskedet om avbruten remiss (AVB)", "The notice of a cancelled referral (AVB)"),
    "VID": ("BR-5", "Beskedet om vidareskickning (VID)", "The notice of forwarding (VID)"),
    "DSV": ("PRO-C-DSV", "Delsvaret (DSV)", "The partial outcome (DSV)"),
    "PSV": ("PRO-C-PSV", "Det preliminära svaret (PSV)", "The preliminary outcome (PSV)"),
    "SSV": ("PRO-C-SSV", "Slutsvaret (SSV)", "The final outcome (SSV)"),
}


def _fault(name: str, requirement: str, drafts: Edit, sv: str, en: str) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), drafts=drafts)


def _does(name: str, requirement: str, restraints: Iterable[str], sv: str, en: str) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), overlooks=frozenset(restraints))


def _plus(more: int) -> Callable[[str, Draft], str]:
    return lambda number, _: str(max(1, int(number) + more))


def _changes(what: str, requirement: str, path: str, name: str, value: str) -> Fault:
    kind = "AR"
    return _fault(
        f"changes-{what}-in-{kind}",
        requirement,
        only({kind}, attribute(path, name, lambda _, __: value)),
        f"{_SENT[kind][1]} ändrar {what}.",
        f"{_SENT[kind][2]} changes {what}.",
    )


def _new_request_id(kind: str, requirement: str) -> Fault:
    new = attribute("c:request/c:requestId", "extension", lambda ident, _: f"{ident.partition('#')[0]}#{uuid4()}")
    return _fault(
        f"changes-requestId-in-{kind}",
        requirement,
        only({kind}, new),
        f"{_SENT[kind][1]} får ett nytt remiss-id.",
        f"{_SENT[kind][2]} has a new requestId.",
    )


def _to_other_recipient(draft: Draft) -> Draft:
    for unit in elements(draft.payload, "c:request/c:recipient/c:organisation/c:careUnitId"):
        unit.set("extension", _OTHER_RECIPIENT)
    return replace(draft, address=_OTHER_RECIPIENT)


def _forwarder_is_remittent(draft: Draft) -> Draft:
    unit = referring_unit(draft.payload)
    return attribute(_FORWARDER, "extension", lambda _, __: unit)(draft)


_UNSENT = tuple(
    Fault(
        f"never-sends-{kind}",
        (requirement,),
        Text(f"{sv} sänds inte, fast systemet tror det.", f"{en} is not sent, though the system thinks so."),
        keeps_back=sends({kind}),
    )
    for kind, (requirement, sv, en) in _SENT.items()
)
_VERSIONS = (
    _fault(
        "sends-new-referral-as-change",
        "PR-C-NR",
        only({"NR"}, attribute("c:request/c:reasonForVersion/c:typeOfReason", "code", lambda _, __: "AB")),
        "En ny remiss sänds med orsaken AB.",
        "A new referral is sent with reason AB.",
    ),
    _fault(
        "numbers-versions-from-2",
        "PR-C-NR-version",
        only({"NR"}, text(_NUMBER, _plus(1))),
        "En ny remiss får versionsnummer 2.",
        "A new referral has version number 2.",
    ),
    *(
        _fault(
            f"reuses-version-in-{kind}",
            f"PR-C-{kind}-version",
            only({kind}, text(_NUMBER, _plus(-1))),
            f"{_SENT[kind][1]} får samma versionsnummer som versionen före.",
            f"{_SENT[kind][2]} has the version number of the version before.",
        )
        for kind in ("AR", "AB", "VR")
    ),
    *(
        _fault(
            f"skips-version-in-{kind}",
            f"PR-C-{kind}-version",
            only({kind}, text(_NUMBER, _plus(1))),
            f"{_SENT[kind][1]} hoppar över ett versionsnummer.",
            f"{_SENT[kind][2]} skips a version number.",
        )
        for kind in ("AR", "AB", "VR")
    ),
    _fault(
        "confirms-first-version",
        "PRC-C-version",
        only({"BEK", "KOM", "AVB", "AVV"}, text("*/c:requestVersionNumber", lambda _, __: "1")),
        "Ett besked gäller alltid remissens första version.",
        "A confirmation is always of the referral's first version.",
    ),
    _fault(
        "answers-other-version",
        "PRO-C-version",
        only({"DSV", "PSV", "SSV"}, text("*/c:requestVersionNumber", _plus(1))),
        "Ett svar gäller en version av remissen som inte finns.",
        "An outcome is for a version of the referral that does not exist.",
    ),
    _fault(
        "tells-old-version-in-VID",
        "PRC-C-VID-version",
        only({"VID"}, text("*/c:requestVersionNumber", _plus(-1))),
        "Beskedet om vidareskickning bär det gamla versionsnumret.",
        "The notice of forwarding carries the old version number.",
    ),
    _fault(
        "tells-own-unit-in-VID",
        "PRC-C-VID-recipient",
        only(
            {"VID"},
            attribute(
                "*/c:forwardingRecipient/c:organisation/c:careUnitId", "extension", lambda _, draft: draft.sender
            ),
        ),
        "Beskedet om vidareskickning anger den egna enheten som ny mottagare.",
        "The notice of forwarding names its own unit as the new recipient.",
    ),
)
_AMENDED = (
    _new_request_id("AR", "PR-F-amend-requestId"),
    _new_request_id("AB", "AB-requestId"),
    _changes("author.date", "AR-authorDate", "c:request/c:author/c:date", "value", "20260102"),
    _changes(
        "requestOrganisation",
        "AR-requestOrganisation",
        "c:request/c:requestOrganisation/c:careUnitId",
        "extension",
        _OTHER_UNIT,
    ),
    _fault(
        "changes-recipient-in-AR",
        "AR-recipient",
        only({"AR"}, _to_other_recipient),
        "En begärd komplettering (AR) ändrar recipient.",
        "A completion (AR) that was asked for changes recipient.",
    ),
    _changes("personId.extension", "AR-personExtension", "c:request/c:patient/c:personId", "extension", _OTHER_PERSON),
    _changes("personId.root", "AR-personRoot", "c:request/c:patient/c:personId", "root", SAMORDNINGSNUMMER),
    _changes(
        "author-organisation",
        "AR-authorOrganisation",
        "c:request/c:author/c:healthcareProfessionalOrganisation/c:careUnitId",
        "extension",
        _OTHER_UNIT,
    ),
    _fault(
        "drops-attachments-in-AR",
        "BR-7-resend",
        only({"AR"}, without("c:request/c:attachment")),
        "En begärd komplettering (AR) sänds utan remissens bilagor.",
        "A completion (AR) that was asked for is sent without the referral's attachments.",
    ),
    _fault(
        "changes-text-when-forwarding",
        "PR-F-forwardUnchanged",
        only({"VR"}, text("c:request/c:questionFormulation/c:text", lambda said, _: f"{said} Vidareskickad.")),
        "Frågeställningen ändras när remissen vidareskickas.",
        "The question is changed when the referral is forwarded.",
    ),
    _fault(
        "names-remittent-as-forwarder",
        "PR-C-VR-intermediary",
        only({"VR"}, _forwarder_is_remittent),
        "Den vidareskickade remissen anger remittenten som den som vidareskickat.",
        "The forwarded referral names the referring unit as the one that forwarded it.",
    ),
)
_FORBIDDEN = (
    _does(
        "completes-assessed-referral",
        "BR-2-sender",
        ("send-AR-assessed",),
        "En bedömd remiss kompletteras utan att någon har begärt det.",
        "An assessed referral is completed though nobody asked for it.",
    ),
    *(
        _does(
            f"amends-{status}-referral",
            f"BR-9-sender-{status}",
            (f"send-AR-{status}", f"send-AB-{status}"),
            f"En {sv} remiss kompletteras och ändras.",
            f"A {status} referral is completed and changed.",
        )
        for status, sv in (("rejected", "avvisad"), ("cancelled", "avbruten"))
    ),
    *(
        _does(
            f"answers-{status}-referral",
            f"BR-9-answer-{status}",
            (f"send-DSV-{status}", f"send-PSV-{status}", f"send-SSV-{status}"),
            f"En {sv} remiss besvaras.",
            f"A {status} referral is answered.",
        )
        for status, sv in (("rejected", "avvisad"), ("cancelled", "avbruten"))
    ),
    _does(
        "sends-DSV-after-SSV",
        "BR-10-sender",
        ("send-DSV-answered",),
        "Ett delsvar (DSV) sänds efter slutsvar.",
        "A partial outcome (DSV) is sent after the final one.",
    ),
    _does(
        "sends-PSV-after-SSV",
        "BR-10-sender-preliminary",
        ("send-PSV-answered",),
        "Ett preliminärt svar (PSV) sänds efter slutsvar.",
        "A preliminary outcome (PSV) is sent after the final one.",
    ),
    Fault(
        "never-sends-second-SSV",
        ("PRO-C-SSV-more",),
        Text(
            "Ett ytterligare slutsvar sänds inte, fast systemet tror det.",
            "A further final outcome is not sent, though the system thinks so.",
        ),
        keeps_back=lambda draft: draft.kind == "SSV" and draft.is_further,
    ),
)
SEQUEL: tuple[Fault, ...] = (*_UNSENT, *_VERSIONS, *_AMENDED, *_FORBIDDEN)
