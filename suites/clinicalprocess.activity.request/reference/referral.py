"""A referral's life: what a message says of it, what is remembered, and what a message that was accepted makes of it.

Reading is forgiving: what is missing reads as empty, so that a system that was told not to validate (a named fault) still
has something to decide from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Final

from lxml import etree

from rivta.simulator import RecordStore

CORE: Final = "urn:riv:clinicalprocess:activity:request:2"
REMITTENT: Final = "remittent"
RECIPIENT: Final = "remissmottagare"
REQUEST: Final = "ProcessRequest"
CONFIRMATION: Final = "ProcessRequestConfirmation"
OUTCOME: Final = "ProcessRequestOutcome"
ANSWERS: Final = ("DSV", "PSV", "SSV")
PERSONNUMMER: Final = "1.2.752.129.2.1.3.1"
SAMORDNINGSNUMMER: Final = "1.2.752.129.2.1.3.3"
NATIONAL_RESERVE_ID: Final = "1.2.752.74.9.1"
KVA: Final = "1.2.752.116.1.3.2.1.4"

NAMESPACES = {"c": CORE}
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
    found = payload.find(root, NAMESPACES)
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
        attachments=len(message.findall("c:attachment", NAMESPACES)),
        activity_code_systems=frozenset(_texts(message, "c:questionFormulation/c:desiredActivity/c:code/@codeSystem")),
        fixed={name: _text(message, path) for name, path in FIXED.items()},
        content=_fingerprint(payload, frozenset()),
        forwardable=_fingerprint(message, _FORWARDING_CHANGES),
        payload=payload,
    )


@cache
def _xpath(path: str) -> etree.XPath:
    return etree.XPath(path, namespaces=NAMESPACES)


def _texts(element: etree._Element, path: str) -> list[str]:
    found = _xpath(path)(element)
    nodes = found if isinstance(found, list) else []
    return [str(node.text or "" if isinstance(node, etree._Element) else node).strip() for node in nodes]


def _text(element: etree._Element, path: str) -> str:
    return next(iter(_texts(element, path)), "")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() else 0


def _fingerprint(element: etree._Element, without: frozenset[str]) -> str:
    """SHA-256 of names, attributes and texts: the same whatever prefixes, indentation and comments the sender chose."""
    return sha256("".join(f"{part}\0" for part in _parts(element, without)).encode()).hexdigest()


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
            yield "".join((node.text or "", *(child.tail or "" for child in node))).strip()


class Status(StrEnum):
    """How far a referral has come."""

    NEW = "new"
    """Not yet assessed (bedömd) by the recipient."""
    ASKED = "completion-requested"
    """The recipient has asked for a completion (KOM)."""
    ASSESSED = "assessed"
    """Accepted and confirmed (BEK)."""
    ANSWERED = "answered"
    """A final answer (SSV) has been given."""
    REJECTED = "rejected"
    """Avvisad (AVV)."""
    CANCELLED = "cancelled"
    """Avbruten (AVB)."""


CLOSED = frozenset({Status.REJECTED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Referral:
    """What is remembered of a referral. `side` is the role in which we hold it: remittent (sent) or remissmottagare (received).

    `fixed` is what an amendment may not change, `content` the fingerprint of what forwarding may not change (empty where
    unknown), `latest` that of the latest message about it. `course` is what has been sent and accepted about it, each by its kind.
    """

    side: str
    request_id: str
    version: int
    status: Status
    recipient: str
    fixed: Mapping[str, str]
    content: str = ""
    latest: str = ""
    course: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, str | float]:
        """What the conditions of named faults may refer to."""
        return {"status": self.status.value, "latest": float(self.version), "course": " ".join(self.course)}

    @property
    def outcomes(self) -> int:
        """How many answers it has had."""
        return sum(kind in ANSWERS for kind in self.course)


_NAMES = tuple(each.name for each in fields(Referral))


def side_of(contract: str) -> str:
    """The role in which the contract is answered."""
    return RECIPIENT if contract == REQUEST else REMITTENT


def next_status(kind: str, status: Status) -> Status:
    """How far a referral has come when a message of that kind has been sent or received about it."""
    return _NEXT.get((kind, status), status)


_NEXT: Mapping[tuple[str, Status], Status] = {
    ("BEK", Status.NEW): Status.ASSESSED,
    ("BEK", Status.ASKED): Status.ASSESSED,
    ("KOM", Status.NEW): Status.ASKED,
    ("KOM", Status.ASSESSED): Status.ASKED,
    **{("AVV", status): Status.REJECTED for status in (Status.NEW, Status.ASKED, Status.ASSESSED)},
    **{("AVB", status): Status.CANCELLED for status in (Status.NEW, Status.ASKED, Status.ASSESSED)},
    **{("SSV", status): Status.ANSWERED for status in (Status.NEW, Status.ASKED, Status.ASSESSED)},
}


def find(store: RecordStore, side: str, request_id: str) -> Referral | None:
    """The referral as it is now, or None if it is unknown."""
    kept = store.get("referral", f"{side} {request_id}")
    if kept is None:
        return None
    return Referral(**{**kept, "status": Status(kept["status"]), "course": tuple(kept["course"])})


def save(store: RecordStore, referral: Referral) -> None:
    """Remember the referral in its new state."""
    store.put("referral", f"{referral.side} {referral.request_id}", {name: getattr(referral, name) for name in _NAMES})


def keep(store: RecordStore, side: str, said: Incoming) -> None:
    """Keep the latest version of a referral, for the next one is made from it."""
    store.put("version", f"{side} {said.request_id}", etree.tostring(said.payload, encoding="unicode", with_tail=False))


def kept(store: RecordStore, side: str, request_id: str) -> str | None:
    """The latest version of a referral that was kept, None where there is none."""
    found: str | None = store.get("version", f"{side} {request_id}")
    return found
