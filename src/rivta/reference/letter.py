"""What the system sends: a draft, which is a message's content, and the letter that it becomes, with everything on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from rivta.model.domain import Contract
from rivta.model.words import Headers
from rivta.reference.reply import CONTENT_TYPE, CORE, PROLOG, SOAP

ADDRESSING: Final = "urn:riv:itintegration:registry:1"
REQUEST: Final = "ProcessRequest"
CONFIRMATION: Final = "ProcessRequestConfirmation"
OUTCOME: Final = "ProcessRequestOutcome"
CONTRACT_OF: Final = {
    **dict.fromkeys(("NR", "AR", "AB", "VR"), REQUEST),
    **dict.fromkeys(("BEK", "KOM", "VID", "AVB", "AVV"), CONFIRMATION),
    **dict.fromkeys(("DSV", "PSV", "SSV"), OUTCOME),
}
"""The contract that a message of each kind goes by."""
ID_OF: Final = {REQUEST: "requestId", CONFIRMATION: "requestConfirmationId", OUTCOME: "requestOutcomeId"}
"""The element with a message's own id, by contract."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is to be sent. `payload` is the SOAP body's element, nobody else's; `address` the logical address.

    `about` is the referral in its latest version, which an amendment starts from and a confirmation or an outcome is about;
    a new referral has none. `earlier` is the id of the message before this one: the latest new referral to the same unit, the
    latest confirmation or outcome about the same referral; empty if there was none.
    """

    kind: str
    request_id: str
    address: str
    sender: str
    payload: etree._Element = field(repr=False, compare=False)
    about: etree._Element | None = field(default=None, repr=False, compare=False)
    earlier: str = ""
    is_further: bool = False
    """An answer to a referral that has its final answer already."""

    @property
    def contract(self) -> str:
        """The contract's name."""
        return CONTRACT_OF[self.kind]

    @property
    def message_id(self) -> str:
        """The message's own id: the referral's for a referral, the confirmation's, the outcome's."""
        found = self.payload.find(f"*/{{{CORE}}}{ID_OF[self.contract]}")
        return "" if found is None else found.get("extension", "")

    @property
    def topic(self) -> str:
        """What it continues: new referrals to one unit, confirmations of or outcomes for one referral."""
        return f"NR {self.address}" if self.kind == "NR" else f"{self.contract} {self.request_id}"

    @property
    def party(self) -> str:
        """Who is spoken to: the unit that is to have a referral, the remittent of one."""
        return self.address if self.contract == REQUEST else self.request_id


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to be sent, and sent again: these bytes, to this URL. `side` is the role in which we send it."""

    kind: str
    request_id: str
    side: str
    contract: Contract
    url: str
    headers: Headers
    body: bytes = field(repr=False)


def write(draft: Draft, contract: Contract, side: str, url: str) -> Letter:
    """The draft as a letter, in UTF-8, which the HTTP header and the prolog both say."""
    headers: Headers = (
        ("Content-Type", CONTENT_TYPE),
        ("SOAPAction", f'"{contract.soap_action}"'),
        ("x-rivta-original-serviceconsumer-hsaid", draft.sender),
        ("User-Agent", "rivta-reference"),
    )
    body = (PROLOG + _envelope(draft)).encode()
    return Letter(draft.kind, draft.request_id, side, contract, url, headers, body)


def _envelope(draft: Draft) -> str:
    address = f"<itr:LogicalAddress>{escape(draft.address)}</itr:LogicalAddress>" if draft.address else ""
    content = etree.tostring(draft.payload, encoding="unicode", with_tail=False)
    return (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:itr="{ADDRESSING}"><soapenv:Header>{address}</soapenv:Header>'
        f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    )
