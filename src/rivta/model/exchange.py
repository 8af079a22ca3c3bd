"""What was on the wire: messages, exchanges and calls, and what came of making the system act."""

from collections.abc import Mapping
from dataclasses import field
from hashlib import sha256
from typing import Literal

from rivta.model.frozen import frozen
from rivta.model.words import Blame, Direction, Headers, Moment, Text, header_in


@frozen
class Message:
    """An HTTP message as it was on the wire: headers in order and the raw body."""

    headers: Headers
    body: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of its body, in hex."""
        return sha256(self.body).hexdigest()

    @property
    def size(self) -> int:
        """The size of its body in bytes."""
        return len(self.body)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case, or None."""
        return header_in(self.headers, name)


@frozen
class Shown:
    """What a certificate says, as it was shown in a handshake. The serial number is hexadecimal."""

    subject: str
    issuer: str
    serial: str
    begins: str
    expires: str


@frozen
class Tls:
    """What the handshake showed: protocol, cipher, and both sides' certificates. `ours` is None where we showed none."""

    version: str
    cipher: str
    peer_subject: str
    peer_issuer: str
    peer_expires: str
    client_certificate: bool
    peer_serial: str = ""
    peer_begins: str = ""
    ours: Shown | None = None
    resumed: bool = False
    """Whether it went on with a session of an earlier connection."""


@frozen
class Problem:
    """Why there is no readable reply, and whose fault that is. `kind` is a stable word: refused, timeout, reset, tls and so on."""

    kind: str
    text: Text
    blame: Blame


@frozen
class Exchange:
    """One call: what was sent, what came back, when (UTC) and how long it took (ms). No response means `problem` says why.

    `inbound`: the system under test called us, so the request is its message and the response our answer. `step` is the
    step of the case that it belongs to, from 0. `accepted` is the kind of message that the system accepted by its answer, as the
    domain has it, empty where it knows no kinds; None where it accepted none. `method` is HTTP's.
    """

    contract: str
    url: str
    request: Message
    response: Message | None
    status: int | None
    started: Moment
    elapsed_ms: float
    tls: Tls | None = None
    problem: Problem | None = None
    inbound: bool = False
    step: int = 0
    accepted: str | None = None
    method: str = "POST"

    @property
    def messages(self) -> Mapping[Direction, Message]:
        """Those that there are of its two."""
        sides = {Direction.REQUEST: self.request, Direction.RESPONSE: self.response}
        return {side: message for side, message in sides.items() if message is not None}


@frozen
class Call:
    """A call that the counterpart received and answered.

    `facts` are what the domain knows a message by, `address` its logical address. `arrived` and `answered` are seconds of
    the monotonic clock. `number` counts the calls of the run from 1.
    """

    exchange: Exchange
    address: str
    facts: Mapping[str, str]
    arrived: float
    answered: float
    number: int


@frozen
class Acted:
    """What came of making the system act.

    `done`: it did. `refused`: it says that it will not, or cannot. `unsupported`: the adapter knows no such action.
    `by-hand`: a person was told to, and nobody knows whether they did. `trouble`: the adapter broke, or was not reached.
    """

    outcome: Literal["done", "refused", "unsupported", "by-hand", "trouble"]
    note: str = ""


@frozen
class Said:
    """The answer to a question that only who sits at the system can answer, who gave it, and the link where one was asked for."""

    answer: Literal["yes", "no", "not-applicable"]
    by: str
    note: str = ""
    link: str = ""
