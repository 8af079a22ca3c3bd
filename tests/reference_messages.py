"""Messages for the reference system's tests, and for every requirement the messages that show whether it holds."""

from __future__ import annotations

from collections.abc import Mapping

from rivta.model.words import Headers

REM1, REM3, UNKNOWN = "SE2321000012-REM1", "SE2321000012-REM3", "SE2321000099-OKND"
MOT1, MOT2, MOT3 = "SE2321000016-MOT1", "SE2321000016-MOT2", "SE2321000016-MOT3"
TOLVAN, LILLTOLVAN = "191212121212", "201212121212"
PERSONNUMMER, SAMORDNINGSNUMMER, RESERVE_ID = "1.2.752.129.2.1.3.1", "1.2.752.129.2.1.3.3", "1.2.752.74.9.1"
LOCAL_RESERVE = "1.2.752.97.3.1.3"
HEADERS: Headers = (
    ("Content-Type", "text/xml; charset=UTF-8"),
    ("SOAPAction", '"urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2:ProcessRequest"'),
)
_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>'
_DOMAIN = "urn:riv:clinicalprocess:activity:request"


def _envelope(contract: str, content: str, address: str | None, header: str = "", prolog: str = _PROLOG) -> bytes:
    logical = "" if address is None else f"<itr:LogicalAddress>{address}</itr:LogicalAddress>"
    return (
        f'{prolog}<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:itr="urn:riv:itintegration:registry:1"><soapenv:Header>{logical}{header}</soapenv:Header><soapenv:Body>'
        f'<r:{contract} xmlns:r="{_DOMAIN}:{contract}Responder:2" xmlns:c="{_DOMAIN}:2">{content}</r:{contract}>'
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


def _unit(name: str, hsa_id: str, more: str = "") -> str:
    return f'<c:{name}><c:careUnitId extension="{hsa_id}"/>{more}</c:{name}>'


def _author(unit: str, name: str, date: str = "", profession: str = "") -> str:
    when = f'<c:date value="{date}"/>' if date else ""
    organisation = _unit("healthcareProfessionalOrganisation", unit)
    return (
        f"<c:author>{when}<c:healthcareProfessional><c:name>{name}</c:name></c:healthcareProfessional>"
        f"{profession}{organisation}</c:author>"
    )


def _recipient(unit: str, name: str = "recipient") -> str:
    return f"<c:{name}>{_unit('organisation', unit)}</c:{name}>"


def forwarder(unit: str = MOT2) -> str:
    organisation = _unit("healthcareProfessionalOrganisation", unit)
    return f'<c:intermediaryParticipant>{organisation}<c:time value="20260902080000"/></c:intermediaryParticipant>'


def coded(name: str, code: str, system: str) -> str:
    return (
        f"<c:{name}><c:code>{code}</c:code><c:codeSystem>{system}</c:codeSystem>"
        f"<c:displayName>Visas</c:displayName></c:{name}>"
    )


def attachment(media_type: str = "text/plain", value: str = "VEVYVA==", number: int = 1, ident: str = "a#b") -> str:
    name = f"<c:id>{ident}#{number}</c:id>" if ident else ""
    content = f"<c:value>{value}</c:value>" if value else ""
    return f"<c:attachment>{name}{coded('mediaType', media_type, '1.2.752.129.5.1.59')}{content}</c:attachment>"


def payment(
    *,
    kind: str = "2",
    kind_system: str = "1.2.752.129.2.2.2.44",
    chapter_system: str = "1.2.752.129.5.1.37",
    region: str = "01",
    kind_of_reimbursement: str = "1.2.752.129.5.1.36",
    owner: str = "01",
) -> str:
    """A payment commitment; without a chapter when `chapter_system` is empty."""
    chapter = coded("commitmentTypeChapter", "1", chapter_system) if chapter_system else ""
    return (
        f"<c:paymentCommitment>{coded('commitmentType', kind, kind_system)}{chapter}"
        '<c:validity low="20260101" high="20261231"/><c:validOnlyForOutpatientCare>true</c:validOnlyForOutpatientCare>'
        f"{coded('liableCountyCouncil', region, '1.2.752.129.2.2.1.18')}<c:reimbursementInformation>"
        f"{coded('reimbursementType', '1', kind_of_reimbursement)}"
        f"{coded('ownerOfInvokedContract', owner, '1.2.752.129.2.2.1.18')}</c:reimbursementInformation></c:paymentCommitment>"
    )


def referral(
    ident: str = "SE2321000012-0001#1",
    *,
    version: str = "1",
    reason: str = "NR",
    kind: str = "4",
    to: str = MOT1,
    address: str | None = "",
    sender: str = REM1,
    sender_more: str = "<c:careUnitName>Remitterande enhet</c:careUnitName>",
    author_unit: str = REM1,
    date: str = "20260901",
    profession: str = "",
    person: str = TOLVAN,
    root: str = PERSONNUMMER,
    name: str = "<c:name>Tolvan Tolvansson</c:name>",
    postal: str = "12345",
    telecom: str = "MC",
    gender: str = "1",
    time: str = "20260901101500",
    care: str = "<c:careResponsibilityRemains>true</c:careResponsibilityRemains>",
    forwarding: str = "",
    text: str = "Bedömning av höftsmärta?",
    question: str = "",
    more: str = "",
    header: str = "",
    prolog: str = _PROLOG,
) -> bytes:
    """A usual referral, with one thing or another changed. `address` is the recipient unless it is said; None leaves it out."""
    content = (
        f'<c:request><c:requestId extension="{ident}"/><c:typeOfRequest code="{kind}"/>'
        f'<c:versionTimeStamp value="{time}"/><c:versionNumber>{version}</c:versionNumber>'
        f'<c:reasonForVersion><c:typeOfReason code="{reason}"/></c:reasonForVersion>{care}'
        f'<c:patient><c:personId extension="{person}" root="{root}"/>'
        f"<c:address><c:streetName1>Provgatan 1</c:streetName1><c:postalCode>{postal}</c:postalCode>"
        "<c:postalCity>Provstad</c:postalCity></c:address>"
        f'<c:telecom><c:typeOfTelecom code="{telecom}"/><c:number>+46700000000</c:number></c:telecom>{name}'
        f'<c:gender code="{gender}"/></c:patient>{_unit("requestOrganisation", sender, sender_more)}'
        f"{_author(author_unit, 'Elin Ek', date, profession)}{_recipient(to)}{forwarding}"
        f"<c:questionFormulation><c:text>{text}</c:text>{question}</c:questionFormulation>{more}</c:request>"
    )
    return _envelope("ProcessRequest", content, to if address == "" else address, header, prolog)


def confirmation(
    ident: str = "SE2321000012-0001#1001",
    kind: str = "BEK",
    *,
    version: str = "1",
    sender: str = MOT1,
    sender_more: str = "",
    to: str = REM1,
    person: str = TOLVAN,
    name: str = "<c:name>Tolvan Tolvansson</c:name>",
    profession: str = "",
    forwarding: str = "",
    time: str = "20260902090000",
    text: str = "Remissen är bedömd.",
    number: int = 1,
    more: str = "",
) -> bytes:
    content = (
        f'<c:requestConfirmation><c:requestId extension="{ident}"/>'
        f'<c:requestConfirmationId extension="SE2321000016-0001#{number}"/><c:typeOfRequestConfirmation code="{kind}"/>'
        f"<c:requestVersionNumber>{version}</c:requestVersionNumber>"
        f'<c:requestConfirmationTime value="{time}"/><c:patient><c:personId extension="{person}" root="{PERSONNUMMER}"/>'
        f"{name}</c:patient>{_unit('confirmingOrganisation', sender, sender_more)}"
        f"{_author(sender, 'Bo Bedömare', profession=profession)}{_recipient(to)}{forwarding}"
        f"<c:outcome><c:outcomeText>{text}</c:outcomeText></c:outcome>{more}</c:requestConfirmation>"
    )
    return _envelope("ProcessRequestConfirmation", content, to)


def forwarding_notice(ident: str, *, version: str = "2", to: str = REM1) -> bytes:
    return confirmation(ident, "VID", version=version, to=to, forwarding=_recipient(MOT2, "forwardingRecipient"))


def outcome(
    ident: str = "SE2321000012-0001#1001",
    kind: str = "SSV",
    *,
    version: str = "1",
    sender: str = MOT1,
    sender_more: str = "",
    to: str = REM1,
    person: str = TOLVAN,
    name: str = "<c:name>Tolvan Tolvansson</c:name>",
    profession: str = "",
    time: str = "20260910140000",
    text: str = "Undersökt. Ingen åtgärd.",
    inside: str = "",
    number: int = 1,
    more: str = "",
    beside: str = "",
) -> bytes:
    content = (
        f'<c:requestOutcome><c:requestId extension="{ident}"/>'
        f'<c:requestOutcomeId extension="SE2321000016-0001#{number}"/><c:typeOfRequestOutcome code="{kind}"/>'
        f"<c:requestVersionNumber>{version}</c:requestVersionNumber>"
        f'<c:requestOutcomeTime value="{time}"/><c:patient><c:personId extension="{person}" root="{PERSONNUMMER}"/>'
        f"{name}</c:patient>{_unit('respondingOrganisation', sender, sender_more)}"
        f"{_author(sender, 'Siv Svarande', profession=profession)}{_recipient(to)}"
        f"<c:outcome><c:outcomeText>{text}</c:outcomeText>{inside}</c:outcome>{more}</c:requestOutcome>{beside}"
    )
    return _envelope("ProcessRequestOutcome", content, to)


_OPEN, _ANSWERED, _CANCELLED, _REJECTED = (f"SE2321000012-0001#{number}" for number in (1001, 1002, 1003, 1004))
_NO_FORWARDING, _NO_ATTACHMENTS = "SE2321000012-0001#1013", "SE2321000012-0001#1014"
_ASKED, _ASSESSED, _CONFIRMED, _RECEIVED_REJECTED, _RECEIVED_CANCELLED = (
    f"SE2321000012-0001#{number}" for number in (2001, 2002, 2003, 2004, 2005)
)
_LONG_ID = "SE2321000012-0001#" + "x" * 239
_BOTH = "<c:text>Text</c:text>" + coded("code", "M25.5", "1.2.752.116.1.1.1")
_BOTH_ACTIVITY = '<c:text>Text</c:text><c:code code="AF011" codeSystem="1.2.752.116.1.3.2.1.4"/>'
_NEW_PROFESSION = coded("typeOfHealthcareProfessional", "ZZ99", "1.2.752.29.23.1.6")
_EXTENSION = '<x:news xmlns:x="urn:example:extension:1"><x:flag>ja</x:flag></x:news>'
_MAIL = "<c:careUnitEmail>enhet@example.org</c:careUnitEmail>"
_LONG = "Lång text. " * 700

BREAKS_RULE: Mapping[str, bytes] = {
    "PR-S-requestId": referral(_LONG_ID),
    "PR-S-typeOfRequest": referral(kind="04"),
    "PR-S-typeOfReason": referral(reason="XX"),
    "PR-S-postalCode": referral(postal="1234"),
    "PR-S-typeOfTelecom": referral(telecom="XX"),
    "PR-S-gender": referral(gender="01"),
    "PR-S-condition": referral(question=f"<c:condition>{_BOTH}</c:condition>"),
    "PR-S-desiredActivity": referral(question=f"<c:desiredActivity>{_BOTH_ACTIVITY}</c:desiredActivity>"),
    "PR-S-commitmentType": referral(more=payment(kind_system="1.2.752.129.2.2.2.45")),
    "PR-S-paymentCommitment": referral(more=payment(kind="1", chapter_system="")),
    "PR-S-commitmentTypeChapter": referral(more=payment(chapter_system="1.2.752.129.5.1.38")),
    "PR-S-liableCountyCouncil": referral(more=payment(region="26")),
    "PR-S-reimbursementType": referral(more=payment(kind_of_reimbursement="1.2.752.129.5.1.35")),
    "PR-S-ownerOfInvokedContract": referral(more=payment(owner="26")),
    "PR-S-attachment": referral(more=attachment(value="")),
    "PR-S-mediaType": referral(more=attachment("application/zip")),
    "PR-S-intermediaryParticipant": referral(reason="VR", version="2"),
    "PR-S-nonEmpty": referral(sender_more="<c:careUnitName></c:careUnitName>"),
    "PRC-S-typeOfRequestConfirmation": confirmation(kind="XX"),
    "PRC-S-requestId": confirmation(_LONG_ID),
    "PRC-S-forwardingRecipient": confirmation(_OPEN, "VID", version="2"),
    "PRC-S-nonEmpty": confirmation(sender_more="<c:careUnitName></c:careUnitName>"),
    "PRO-S-requestId": outcome(_LONG_ID),
    "PRO-S-typeOfRequestOutcome": outcome(kind="XX"),
    "PRO-S-condition": outcome(inside=f"<c:condition>{_BOTH}</c:condition>"),
    "PRO-S-accomplishedActivity": outcome(inside=f"<c:accomplishedActivity>{_BOTH_ACTIVITY}</c:accomplishedActivity>"),
    "PRO-S-attachment": outcome(more=attachment(ident="")),
    "PRO-S-mediaType": outcome(more=attachment("application/zip")),
    "PRO-S-nonEmpty": outcome(sender_more="<c:careUnitName></c:careUnitName>"),
}
"""For every request rule, a message that breaks it. Where the schema has the same limit, the message breaks that too."""

BREAKS_CODE: Mapping[str, bytes] = {
    "PR001": referral(sender=UNKNOWN),
    "PR002": referral(to=MOT3, reason="VR", version="2", forwarding=forwarder()),
    "PR003": referral(to=MOT3, more=attachment()),
    "PR004": referral(to=MOT3, person="991212120001", root=LOCAL_RESERVE),
    "PRC001": confirmation(sender=UNKNOWN),
    "PRC002": confirmation("SE2321000012-0001#9999"),
    "PRC003": confirmation(_CANCELLED),
    "PRC004": forwarding_notice(_NO_FORWARDING, to=REM3),
    "PRO001": outcome(sender=UNKNOWN),
    "PRO002": outcome("SE2321000012-0001#9999"),
    "PRO003": outcome(_REJECTED),
    "PRO004": outcome(_NO_ATTACHMENTS, to=REM3, more=attachment()),
}
"""For every national error code, a message that it answers."""

REFUSED_COURSES: Mapping[str, tuple[bytes, ...]] = {
    "PR-F-versionStart": (referral(version="2"),),
    "PR-F-versionUnchanged": (referral(), referral(reason="AR", text="Värre.")),
    "PR-F-versionGap": (referral(), referral(reason="AR", version="3")),
    "PR-F-forwardVersion": (referral(reason="VR", forwarding=forwarder()),),
    "PR-F-amend-authorDate": (referral(), referral(reason="AR", version="2", date="20260102")),
    "PR-F-amend-requestOrganisation": (referral(), referral(reason="AR", version="2", sender=REM3)),
    "PR-F-amend-recipient": (referral(), referral(reason="AR", version="2", to=MOT2)),
    "PR-F-amend-personExtension": (referral(), referral(reason="AR", version="2", person=LILLTOLVAN)),
    "PR-F-amend-personRoot": (referral(), referral(reason="AR", version="2", root=SAMORDNINGSNUMMER)),
    "PR-F-amend-authorOrganisation": (referral(), referral(reason="AR", version="2", author_unit=REM3)),
    "PR-F-activityCodeSystem": (
        referral(
            to=MOT3, question='<c:desiredActivity><c:code code="1" codeSystem="1.2.752.116.2.1.1"/></c:desiredActivity>'
        ),
    ),
    "BR-2": (referral(_ASSESSED, reason="AR", version="2"),),
    "BR-9": (referral(_RECEIVED_REJECTED, reason="AR", version="2"),),
    "BR-9-cancelled": (referral(_RECEIVED_CANCELLED, reason="AR", version="2"),),
    "BR-9-answer": (outcome(_REJECTED),),
    "BR-10": (outcome(_ANSWERED, "DSV"),),
    "BR-10-preliminary": (outcome(_ANSWERED, "PSV"),),
    "unknown AR": (referral("SE2321000012-0001#9998", reason="AR", version="2"),),
    "NR of a known referral": (referral(), referral(text="En annan fråga?")),
    "VR that changes more": (
        referral(),
        referral(to=MOT2, reason="VR", version="2", forwarding=forwarder(), text="Annat?"),
    ),
    "VID without a new version": (forwarding_notice(_OPEN, version="1"),),
    "VID that skips a version": (forwarding_notice(_OPEN, version="3"),),
}
"""Courses whose last message is refused with APPLICATION_ERROR, by the requirement that says so where there is one."""

_HTML = referral(more=attachment("text/html"))
ACCEPTED_COURSES: Mapping[str, tuple[bytes, ...]] = {
    "GEN-CHARACTERS": (referral(text="åäö Ελληνικά 漢字 &lt;&amp;&gt;"),),
    "GEN-XML-FORMS": (referral(text="<![CDATA[a < b]]>&#246;<!-- ja -->"),),
    "GEN-PREFIXES": (referral().replace(b"soapenv", b"S"),),
    "GEN-PROLOG": (referral(prolog=""),),
    "GEN-BOM": (b"\xef\xbb\xbf" + referral(),),
    "GEN-CHARSET-CONFLICT": (referral(prolog='<?xml version="1.0" encoding="ISO-8859-1"?>'),),
    "GEN-SOAP-HEADERS": (referral(header='<x:trace xmlns:x="urn:example:header:1">1</x:trace>'),),
    "GEN-ADDRESS-UNIT": (referral(to=MOT2),),
    "PR-F-minimal": (referral(name=""),),
    "PR-F-full": (referral(sender_more=_MAIL, more=payment()),),
    "PR-F-longTexts": (referral(text=_LONG),),
    "PR-F-extension": (referral(more=_EXTENSION),),
    "PR-F-newCodes": (referral(profession=_NEW_PROFESSION),),
    "PR-F-kva": (
        referral(
            question='<c:desiredActivity><c:code code="AF011" codeSystem="1.2.752.116.1.3.2.1.4"/></c:desiredActivity>'
        ),
    ),
    "PR-F-nationalReserveId": (referral(person="22121212AB1C", root=RESERVE_ID),),
    "PR-F-otherPersonId": (referral(person="991212120001", root=LOCAL_RESERVE),),
    "PR-F-timeTolerant": (referral(time="202609011015"),),
    "PR-F-versionLeadingZero": (referral(version="01"),),
    "PR-F-forwardTwice": (referral(reason="VR", version="3", forwarding=forwarder() + forwarder(MOT3)),),
    **{
        f"PR-F-attachment-{name}": (referral(more=attachment(media)),)
        for name, media in {
            "pdf": "application/pdf",
            "jpeg": "image/jpeg",
            "png": "image/png",
            "html": "text/html",
            "txt": "text/plain",
            "gif": "image/gif",
            "bmp": "image/bmp",
        }.items()
    },
    **{
        f"PRO-F-attachment-{name}": (outcome(more=attachment(media)),)
        for name, media in {
            "pdf": "application/pdf",
            "jpeg": "image/jpeg",
            "png": "image/png",
            "html": "text/html",
            "txt": "text/plain",
            "gif": "image/gif",
            "bmp": "image/bmp",
        }.items()
    },
    "PR-F-attachmentSeveral": (referral(more=attachment() + attachment(number=2)),),
    "PR-F-maxSize": (referral(more=attachment(value="VEVYVFRY" * 750_000)),),
    "PRC-F-minimal": (confirmation(name=""),),
    "PRC-F-full": (confirmation(sender_more=_MAIL),),
    "PRC-F-longTexts": (confirmation(text=_LONG),),
    "PRC-F-extension": (confirmation(more=_EXTENSION),),
    "PRC-F-newCodes": (confirmation(profession=_NEW_PROFESSION),),
    "PRC-F-timeTolerant": (confirmation(time="202609020900"),),
    "PRC-F-kom": (confirmation(kind="KOM"),),
    "PRC-F-avb": (confirmation(kind="AVB"),),
    "PRC-F-avv": (confirmation(kind="AVV"),),
    "PRC-F-vidVersion": (forwarding_notice(_OPEN), confirmation(version="2", sender=MOT2)),
    "PRC-F-wrongTime": (confirmation(_ANSWERED),),
    "PRO-F-minimal": (outcome(name=""),),
    "PRO-F-full": (outcome(sender_more=_MAIL),),
    "PRO-F-longTexts": (outcome(text=_LONG),),
    "PRO-F-extension": (outcome(more=_EXTENSION),),
    "PRO-F-newCodes": (outcome(profession=_NEW_PROFESSION),),
    "PRO-F-timeTolerant": (outcome(time="202609101400"),),
    "PRO-F-psv": (outcome(kind="PSV"),),
    "PRO-F-ssv": (outcome(),),
    "PRO-F-originalRequest": (
        outcome(
            beside=referral()
            .decode()
            .partition("<c:request>")[2]
            .rpartition("</c:request>")[0]
            .join(("<r:originalRequest>", "</r:originalRequest>"))
        ),
    ),
    "PRO-F-attachmentSeveral": (outcome(more=attachment() + attachment(number=2)),),
    "PRO-F-maxSize": (outcome(more=attachment(value="VEVYVFRY" * 750_000)),),
    "BR-1": (referral(_ASKED, reason="AR", version="2"),),
    "BR-2-before": (referral(), referral(reason="AR", version="2", text="Värre.")),
    "BR-3": (referral(), referral(reason="AB", version="2", more=payment())),
    "BR-3-confirmed": (referral(_CONFIRMED, reason="AB", version="2", more=payment()),),
    "BR-4": (referral(reason="VR", version="2", forwarding=forwarder()),),
    "BR-4 forwarded to us again": (referral(), referral(reason="VR", version="2", to=MOT2, forwarding=forwarder(MOT1))),
    "BR-4-notice": (forwarding_notice(_OPEN),),
    "BR-7": (referral(more=attachment()), referral(reason="AR", version="2", more=attachment())),
    "BR-7-answer": (outcome(kind="DSV"), outcome(kind="PSV", number=2)),
    "BR-10-more": (outcome(), outcome(number=2)),
    "BR-11": (referral(person="191212721219", root=SAMORDNINGSNUMMER),),
}
"""Courses in which every message is accepted, by requirement."""

INVALID: Mapping[str, bytes] = {
    "PR-F-schemaInvalid": referral(care=""),
    "PRC-F-schemaInvalid": confirmation(time="2026-09-02"),
    "PRO-F-schemaInvalid": outcome(more="<c:news>ja</c:news>"),
    "PR-F-overSize": referral(more=attachment(value="VEVYVFRY" * 1_400_000)),
    "PRO-F-overSize": outcome(more=attachment(value="VEVYVFRY" * 1_400_000)),
}
"""Messages that are refused with VALIDATION_ERROR for other reasons than a rule, by requirement."""

TECHNICAL: Mapping[str, bytes] = {
    "GEN-MALFORMED": referral()[:-20],
    "GEN-DTD": referral(prolog=_PROLOG + '<!DOCTYPE x [<!ENTITY e "Elin">]>'),
    "GEN-UNKNOWN-CONTRACT": referral().replace(
        b"request:ProcessRequestResponder:2", b"request:ProcessRequestResponder:1"
    ),
    "GEN-ADDRESS-HEADER": referral(address=None),
    "unknown unit": referral(address=UNKNOWN),
    "unit of the other role": referral(address=REM1),
    "SOAP 1.2": referral().replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    ),
    "mandatory header": referral(header='<x:t xmlns:x="urn:x" soapenv:mustUnderstand="1">1</x:t>'),
    "nothing": b"",
    "not XML": b"hello",
}
"""Messages that are answered by a SOAP Fault, by requirement where there is one."""

_FOREIGN_ACTION: Headers = (HEADERS[0], ("SOAPAction", '"urn:example:something-else"'))
_ON_BEHALF: Headers = (*HEADERS, ("x-rivta-acting-on-behalf-of-hsaid", "SE2321000012-0001"))
_UTF_16: Headers = (("Content-Type", "text/xml; charset=UTF-16"), HEADERS[1])
Course = tuple[tuple[Headers, bytes], ...]


def courses_for(requirement: str) -> list[Course]:
    """The courses that show whether a requirement holds; for what every answer must be, a usual one and two refusals."""
    special: dict[str, list[Course]] = {
        "GEN-SOAPACTION": [((_FOREIGN_ACTION, referral()),)],
        "GEN-HTTP-HEADERS": [((_ON_BEHALF, referral()),)],
        "GEN-UTF16": [((_UTF_16, referral(prolog="").decode().encode("utf-16")),)],
    }
    if requirement in special:
        return special[requirement]
    single = {**BREAKS_RULE, **INVALID, **TECHNICAL, **{f"ERR-{code}": body for code, body in BREAKS_CODE.items()}}
    several = {**REFUSED_COURSES, **ACCEPTED_COURSES}
    found = [bodies for name, bodies in several.items() if name.split(" ")[0] == requirement]
    found += [(single[requirement],)] if requirement in single else []
    usual = [(referral(),), (BREAKS_RULE["PR-S-postalCode"],), (BREAKS_CODE["PR001"],), (TECHNICAL["GEN-MALFORMED"],)]
    return [tuple((HEADERS, body) for body in bodies) for bodies in found or usual]
