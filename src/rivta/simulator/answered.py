"""What an answer means to the one who called: delivered, refused, or a technical error of one kind or another."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rivta.contract import schemas
from rivta.contract.message import Envelope, open_envelope, result_of
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.simulator.patience import (
    APPLICATION,
    DELIVERED,
    FAULT,
    HTTP_ERROR,
    INFO,
    INVALID,
    OK,
    PLATFORM,
    TECHNICAL,
    UNREADABLE,
    VALIDATION,
)

_PLATFORM = re.compile(r"\s*VP0\d\d\b")


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one call. `kind` is one of the words of `patience`; `sub_code` is the answer's, empty without one."""

    kind: str
    sub_code: str = ""
    envelope: Envelope | None = field(default=None, repr=False, compare=False)

    @property
    def delivered(self) -> bool:
        """Whether the message has been accepted."""
        return self.kind in DELIVERED

    @property
    def technical(self) -> bool:
        """Whether nobody knows if the message was accepted."""
        return self.kind in TECHNICAL

    def __str__(self) -> str:
        return f"{self.kind} {self.sub_code}".strip()


def read_answer(status: int, body: bytes, contract: Contract) -> Answered:
    """The meaning of an HTTP answer to a call by this contract."""
    try:
        envelope = open_envelope(body)
    except Unreadable:
        return Answered(UNREADABLE if status == 200 else HTTP_ERROR)
    if envelope.fault is not None:
        return Answered(PLATFORM if _PLATFORM.match(envelope.fault.text) else FAULT)
    if status != 200:
        return Answered(HTTP_ERROR)
    return _result(envelope, contract)


def _result(envelope: Envelope, contract: Contract) -> Answered:
    grammar, result = contract.result, result_of(envelope, contract.result)
    expected = f"{{{contract.namespace}}}{contract.response_root.rpartition('}')[2]}"
    if (grammar and result is None) or envelope.payload_name != expected or schemas(contract).first(envelope.root):
        return Answered(INVALID)
    if grammar is None or result is None or result.code == grammar.ok:
        return Answered(OK, envelope=envelope)
    if result.code == grammar.info:
        return Answered(INFO, envelope=envelope)
    # An error without an errorCode is allowed by the schema; the cautious reading is that somebody has to look at it.
    is_invalid = (result.error_code or result.code) == grammar.invalid
    return Answered(VALIDATION if is_invalid else APPLICATION, result.sub_code)
