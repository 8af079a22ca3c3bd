"""What the system sends: a draft, which is a message's content, and the request that it becomes, with everything on the wire."""

from dataclasses import field

from lxml import etree

from rivta.contract.message import ACTING_FOR, CLOSING, ORIGINAL_CONSUMER, opening
from rivta.model.domain import Contract
from rivta.model.frozen import frozen
from rivta.model.words import Headers
from rivta.simulator.edit import Values
from rivta.simulator.reply import CONTENT_TYPE, PROLOG

PRINCIPAL = "SE2321000016-0001"
"""The organisation on whose behalf the system calls: it is an agent, as the profile knows them (RIV-TA Basic Profile 3.1, rule #24)."""


@frozen
class Draft:
    """A message that is to be sent. `payload` is the SOAP body's element, nobody else's; `address` the logical address.

    `kind` is the domain's own word for what sort of message it is, `about` the id of what it is about, by which the user asks
    for it. `party` is who is given up when nothing more is sent after a technical error. `values` are what named faults may
    refer to as `$name`: texts, numbers, and other messages as lists of one element.
    """

    contract: Contract
    address: str
    sender: str
    payload: etree._Element = field(repr=False, compare=False)
    kind: str = ""
    about: str = ""
    party: str = ""
    values: Values = field(default_factory=dict, repr=False, compare=False)

    @property
    def told(self) -> Values:
        """All that a condition or an edit may refer to."""
        return {
            **self.values,
            "contract": self.contract.name,
            "major": float(self.contract.id.major),
            "kind": self.kind,
            "address": self.address,
            "sender": self.sender,
        }


@frozen
class Outgoing:
    """A request ready to be sent, and sent again: these bytes, to this URL. `role` is the part in which we send it.

    Without `shows_certificate` the client certificate is kept back where it goes by TLS.
    """

    kind: str
    about: str
    role: str
    contract: Contract
    url: str
    headers: Headers
    body: bytes = field(repr=False)
    values: Values = field(default_factory=dict, repr=False, compare=False)
    shows_certificate: bool = True


def write(draft: Draft, role: str, url: str) -> Outgoing:
    """The draft as a request, in UTF-8, which the HTTP header and the prolog both say."""
    contract = draft.contract
    headers: Headers = (
        ("Content-Type", CONTENT_TYPE),
        ("SOAPAction", f'"{contract.soap_action}"'),
        (ORIGINAL_CONSUMER, draft.sender),
        (ACTING_FOR, PRINCIPAL),
        ("User-Agent", "rivta-reference"),
    )
    said = tuple(header for header in headers if header[1])
    content = etree.tostring(draft.payload, encoding="unicode", with_tail=False)
    body = (
        PROLOG + f"{opening(draft.address, draft.contract.header if draft.address else '')}{content}{CLOSING}"
    ).encode()
    return Outgoing(draft.kind, draft.about, role, contract, url, said, body, draft.told)
