"""A message that was received, as the facts that decisions rest on.

Reading is forgiving: what is missing reads as empty, so that a system that was told not to validate (a named fault) still
has something to decide from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from lxml import etree

from rivta.reference.reply import CORE

_NAMESPACES = {"c": CORE}
_FORWARDING_CHANGES = frozenset(
    f"{{{CORE}}}{name}"
    for name in ("versionTimeStamp", "versionNumber", "reasonForVersion", "intermediaryParticipant", "recipient")
)
_SHAPES = {
    "ProcessRequest": (
        "c:request",
        "c:reasonForVersion/c:typeOfReason/@code",
        "c:versionNumber",
        "c:requestOrganisation",
    ),
    "ProcessRequestConfirmation": (
        "c:requestConfirmation",
        "c:typeOfRequestConfirmation/@code",
        "c:requestVersionNumber",
        "c:confirmingOrganisation",
    ),
    "ProcessRequestOutcome": (
        "c:requestOutcome",
        "c:typeOfRequestOutcome/@code",
        "c:requestVersionNumber",
        "c:respondingOrganisation",
    ),
}
FIXED = {
    "typeOfRequest": "c:typeOfRequest/@code",
    "author.date": "c:author/c:date/@value",
    "requestOrganisation.careUnitId": "c:requestOrganisation/c:careUnitId/@extension",
    "recipient.organisation.careUnitId": "c:recipient/c:organisation/c:careUnitId/@extension",
    "patient.personId.extension": "c:patient/c:personId/@extension",
    "patient.personId.root": "c:patient/c:personId/@root",
    "author.healthcareProfessionalOrganisation": "c:author/c:healthcareProfessionalOrganisation/c:careUnitId/@extension",
}
"""What an amended referral (AR) must keep, besides its requestId: the contract's name of it, and where it stands."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message about one referral.

    `kind` is the contract's own code: NR, AR, VR, AB; BEK, VID, KOM, AVB, AVV; DSV, PSV, SSV. `version` is 0 where it could
    not be read. `sender` is the organisation that speaks, `fixed` what an amended referral may not change (by the contract's
    element path). `content` is the whole message's fingerprint, `forwardable` that of what forwarding may not change.
    """

    contract: str
    kind: str
    request_id: str
    version: int
    sender: str
    recipient: str
    forwarded_to: str
    person_root: str
    person_extension: str
    attachments: int
    activity_code_systems: frozenset[str]
    fixed: Mapping[str, str]
    content: str
    forwardable: str
    payload: etree._Element = field(repr=False, compare=False)


def read(contract: str, payload: etree._Element) -> Incoming:
    """The facts of a payload (the SOAP body's element) of one of the three contracts."""
    root, kind, version, sender = _SHAPES[contract]
    found = payload.find(root, _NAMESPACES)
    message = payload if found is None else found
    return Incoming(
        contract=contract,
        kind=_text(message, kind),
        request_id=_text(message, "c:requestId/@extension"),
        version=_number(_text(message, version)),
        sender=_text(message, f"{sender}/c:careUnitId/@extension"),
        recipient=_text(message, FIXED["recipient.organisation.careUnitId"]),
        forwarded_to=_text(message, "c:forwardingRecipient/c:organisation/c:careUnitId/@extension"),
        person_root=_text(message, FIXED["patient.personId.root"]),
        person_extension=_text(message, FIXED["patient.personId.extension"]),
        attachments=len(message.findall("c:attachment", _NAMESPACES)),
        activity_code_systems=frozenset(_texts(message, "c:questionFormulation/c:desiredActivity/c:code/@codeSystem")),
        fixed={name: _text(message, path) for name, path in FIXED.items()},
        content=_fingerprint(payload, frozenset()),
        forwardable=_fingerprint(message, _FORWARDING_CHANGES),
        payload=payload,
    )


def _texts(element: etree._Element, path: str) -> list[str]:
    found = element.xpath(path, namespaces=_NAMESPACES)
    nodes = found if isinstance(found, list) else []
    return [str(node.text or "" if isinstance(node, etree._Element) else node).strip() for node in nodes]


def _text(element: etree._Element, path: str) -> str:
    return next(iter(_texts(element, path)), "")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() else 0


def _fingerprint(element: etree._Element, without: frozenset[str]) -> str:
    """SHA-256 of names, attributes and texts: the same whatever prefixes, indentation and comments the sender chose."""
    digest = sha256()
    for part in _parts(element, without):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _parts(element: etree._Element, without: frozenset[str]) -> Iterator[str]:
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        if node.tag in without:
            if event == "start":
                walk.skip_subtree()
        elif event == "end":
            yield "/"
        else:
            yield str(node.tag)
            yield from (f"{name}={value}" for name, value in sorted(node.attrib.items()))
            yield "".join(str(text) for text in node.xpath("text()")).strip()
