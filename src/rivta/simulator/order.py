"""What the system is told to do or asked, as JSON from a test runner's adapter, and what it says back.

{"version": 1, "action": "…", "with": {…}, "counterpart": {"time-factor": 600, "addresses": {…}}}
→ {"outcome": "done|refused|unsupported", "note": "…", "data": {…}}
{…, "action": "…", "question": true} → {"answer": "yes|no|not-applicable|unknown", "by": "…", "note": "…"}
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import field
from typing import Final, Literal
from urllib.parse import urlsplit

from rivta.model.contracts import ContractId
from rivta.model.frozen import frozen

VERSION: Final = 1
_BY: Final = "rivta reference"
_PLAIN: Final = (str, int, float)


class Misunderstood(Exception):
    """What was posted is no order. The text says what is wrong with it, without its values."""


@frozen
class Order:
    """Something to do, or a question. `data` is text by name; what was nested is left out, since nothing here asks for it.

    `addresses` says where each contract is answered, `factor` by how much the system's time is compressed, `case` for whom it is.
    """

    action: str
    data: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    factor: float = 1.0
    question: bool = False
    case: str = ""

    def address_of(self, contract: ContractId) -> str:
        """Where the contract is answered, by the longest of its names that is known; empty if it is nowhere."""
        return next((self.addresses[word] for word in reversed(contract.words) if word in self.addresses), "")

    def says(self, name: str, default: str = "") -> str:
        """The value of that name; the default where it is missing or empty."""
        return self.data.get(name) or default


@frozen
class Done:
    """What came of an order. `data` is what a later step of the test may want to know: the id of what was sent."""

    outcome: Literal["done", "refused", "unsupported"]
    note: str = ""
    data: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> bytes:
        more = {"data": dict(self.data)} if self.data else {}
        return _json({"outcome": self.outcome, "note": self.note, **more})


@frozen
class Display:
    """What somebody who looks at the system would say."""

    answer: Literal["yes", "no", "not-applicable", "unknown"]
    note: str = ""
    link: str = ""

    @classmethod
    def of(cls, is_so: bool, otherwise: str) -> Display:
        """Yes where it is so, else no, and why."""
        return cls("yes") if is_so else cls("no", otherwise)

    def as_json(self) -> bytes:
        return _json(
            {"answer": self.answer, "by": _BY, "note": self.note, **({"link": self.link} if self.link else {})}
        )


def read_order(body: bytes) -> Order:
    """The order that was posted. Raises Misunderstood."""
    try:
        posted = json.loads(body)
    except (ValueError, RecursionError):
        raise Misunderstood("the body is not JSON in UTF-8") from None
    if not isinstance(posted, dict):
        raise Misunderstood("the body is not a JSON object")
    if posted.get("version", VERSION) != VERSION:
        raise Misunderstood(f"version is not {VERSION}, the only one that is understood here")
    action = posted.get("action")
    if not isinstance(action, str) or not action:
        raise Misunderstood("action is missing: say what to do")
    counterpart = _mapping(posted, "counterpart")
    return Order(
        action=action,
        data={name: _text(value) for name, value in _mapping(posted, "with").items() if isinstance(value, _PLAIN)},
        addresses=_addresses(_mapping(counterpart, "addresses")),
        factor=_factor(counterpart.get("time-factor", 1)),
        question=posted.get("question") is True,
        case=str(posted.get("case", "")),
    )


def _mapping(posted: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = posted.get(name) or {}
    if not isinstance(found, dict):
        raise Misunderstood(f"{name} is not a JSON object")
    return found


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value)


def _addresses(posted: Mapping[str, object]) -> Mapping[str, str]:
    for contract, url in posted.items():
        if not isinstance(url, str) or not _is_web_address(url):
            raise Misunderstood(f"the address of {contract} is no http or https URL")
    return {contract: str(url) for contract, url in posted.items()}


def _is_web_address(url: str) -> bool:
    try:
        address = urlsplit(url)
        return address.scheme in {"http", "https"} and bool(address.hostname) and (address.port or 1) > 0
    except ValueError:
        return False


def _factor(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 1:
        raise Misunderstood("time-factor is not a number of at least 1")
    return float(value)


def _json(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
