"""What an answer means to the one who called (delivered, refused, or a technical error of one kind or another), and what follows.

How long the system waits for an answer, and when it sends again. Source: the contract description, section "Felhantering", and
the consumer's self-declaration: no resend after VALIDATION_ERROR, a limited number after APPLICATION_ERROR, and after a technical
error a limited number, five minutes after the first attempt and longer and longer after each. After a refusal nothing, nor after a
SOAP Fault that blames the caller: RIV-TA Basic Profile 3.1, section 3.1 and rules 22 and 28.
"""

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final

from rivta.contract import schemas
from rivta.contract.envelope import HEADER
from rivta.contract.message import Envelope, open_envelope, result_of
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.model.frozen import frozen
from rivta.model.words import Headers

_PLATFORM = re.compile(r"\s*VP0\d\d\b")
_REFUSING = re.compile(r"\s*VP0(07|16)\b")
_FORBIDDEN: Final = 403


@frozen
class Answered:
    """What came of one call. `kind` is one of the words below; `sub_code` is the answer's, empty without one."""

    kind: str
    sub_code: str = ""
    envelope: Envelope | None = field(default=None, repr=False, compare=False)

    @property
    def delivered(self) -> bool:
        return self.kind in DELIVERED

    @property
    def technical(self) -> bool:
        """Whether nobody knows if the message was accepted."""
        return self.kind in TECHNICAL

    def __str__(self) -> str:
        return f"{self.kind} {self.sub_code}".strip()


def read_answer(status: int, body: bytes, contract: Contract, headers: Headers = ()) -> Answered:
    if status == _FORBIDDEN:
        return Answered(REFUSED)
    try:
        envelope = open_envelope(body)
    except Unreadable:
        return Answered(UNREADABLE if status == 200 else HTTP_ERROR)
    if envelope.fault is not None and _REFUSING.match(envelope.fault.text):
        return Answered(REFUSED)
    if envelope.fault is not None:
        is_ours = envelope.fault.code == "Client"
        return Answered(PLATFORM if _PLATFORM.match(envelope.fault.text) else OUR_FAULT if is_ours else FAULT)
    if status != 200:
        return Answered(HTTP_ERROR)
    answered = _result(envelope, contract)
    return replace(answered, kind=RESPELT) if answered.kind == OK and _is_respelt(headers) else answered


def _is_respelt(headers: Headers) -> bool:
    return any(name != "Content-Type" and name.lower() == "content-type" for name, _ in headers)


def _result(envelope: Envelope, contract: Contract) -> Answered:
    grammar, result = contract.result, result_of(envelope, contract.result)
    expected = f"{{{contract.namespace}}}{contract.response_root.rpartition('}')[2]}"
    if (grammar and result is None) or envelope.payload_name != expected or schemas(contract).first(envelope.root):
        return Answered(INVALID)
    if grammar is None or result is None or result.code == grammar.ok:
        return Answered(OK if envelope.root.find(f"{HEADER}/*") is None else HEADED, envelope=envelope)
    if result.code == grammar.info:
        return Answered(INFO, envelope=envelope)
    # An error without an errorCode is allowed by the schema; the cautious reading is that somebody has to look at it.
    said = result.error_code or result.code
    kind = VALIDATION if said == grammar.invalid else TECHNICAL_RESULT if said == TECHNICAL_RESULT else APPLICATION
    return Answered(kind, result.sub_code)


# When it is sent again: after what, how many times, how long after


OK: Final = "OK"
HEADED: Final = "OK with a SOAP header"
RESPELT: Final = "OK with header names in another case"
INFO: Final = "INFO"
VALIDATION: Final = "VALIDATION_ERROR"
APPLICATION: Final = "APPLICATION_ERROR"
TECHNICAL_RESULT: Final = "TECHNICAL_ERROR"
FAULT: Final = "SOAP Fault"
OUR_FAULT: Final = "SOAP Fault that blames the caller"
PLATFORM: Final = "VP fault"
REFUSED: Final = "refused access"
HTTP_ERROR: Final = "HTTP error"
UNREADABLE: Final = "unreadable answer"
INVALID: Final = "answer that breaks the schema"
TIMEOUT: Final = "no answer in time"
BROKEN: Final = "broken connection"
UNREACHED: Final = "no connection"
TECHNICAL: Final = (
    TECHNICAL_RESULT,
    FAULT,
    OUR_FAULT,
    PLATFORM,
    REFUSED,
    HTTP_ERROR,
    UNREADABLE,
    INVALID,
    TIMEOUT,
    BROKEN,
    UNREACHED,
)
"""What can come of a call where something technical went wrong, in words that a note can hold."""
EVERY: Final = (OK, HEADED, RESPELT, INFO, VALIDATION, APPLICATION, *TECHNICAL)
"""All that can come of a call."""
DELIVERED: Final = frozenset({OK, HEADED, RESPELT, INFO})

MINUTE: Final = 60.0


@frozen
class Resends:
    """At most how many times a message is sent again, and how many seconds after the answer, in the system's own time.

    Each wait is `grows` times the one before it.
    """

    most: int
    seconds: float
    grows: float = 1.0

    def after(self, times: int) -> float:
        """How many seconds pass when it has been sent again so many times already."""
        return self.seconds * self.grows**times


NEVER: Final = Resends(0, 0.0)


def _usual() -> Mapping[str, Resends]:
    after = {APPLICATION: Resends(3, MINUTE), **dict.fromkeys(TECHNICAL, Resends(3, 5 * MINUTE, 3))}
    # Who gave no answer learns a little later than we that it is no longer waited for, and counts from then.
    return {**after, TIMEOUT: Resends(3, 6 * MINUTE, 3), REFUSED: NEVER, OUR_FAULT: NEVER}


@frozen
class Patience:
    """`read_seconds` is how long an answer may take, in real time. `after` is what follows each kind of answer, `taken` what a
    kind is wrongly taken for.
    """

    read_seconds: float = 30.0
    after: Mapping[str, Resends] = field(default_factory=_usual)
    taken: Mapping[str, str] = field(default_factory=dict)

    def heard(self, answered: Answered) -> Answered:
        kind = self.taken.get(answered.kind)
        return answered if kind is None else Answered(kind)

    def resends(self, heard: str) -> Resends:
        """What follows an answer of that kind; of one that is not named, nothing."""
        return self.after.get(heard, NEVER)
