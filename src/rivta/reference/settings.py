"""The small world of the reference system: its own units, what each can do, and the organisations it can look up.

The default world is made of invented HSA-ids. Identity types are OIDs from the contract description, section "Format för
personidentifierare": personnummer and samordningsnummer must always be handled, and so is nationellt reservId by its form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

REMITTENT = "remittent"
RECIPIENT = "remissmottagare"

PERSONNUMMER = "1.2.752.129.2.1.3.1"
SAMORDNINGSNUMMER = "1.2.752.129.2.1.3.3"
NATIONAL_RESERVE_ID = "1.2.752.74.9.1"
KVA = "1.2.752.116.1.3.2.1.4"
SNOMED_CT = "1.2.752.116.2.1.1"

_NATIONAL_RESERVE_FORM = re.compile(r"[0-9]{8}[A-HJ-NPR-UX-Z]{2}[0-9A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that the system answers for, and its abilities. What it cannot do, it says with the contract's own subCode."""

    hsa_id: str
    role: str
    forwarding: bool = True
    """Takes a forwarded referral (PR002), or the notice that one was forwarded (PRC004)."""
    attachments: bool = True
    """Takes attachments (PR003, PRO004)."""
    local_reserve_numbers: bool = True
    """Takes reserve numbers of other kinds than nationellt reservId (PR004)."""
    activity_code_systems: frozenset[str] = frozenset({KVA, SNOMED_CT})
    """Code systems of desiredActivity. KVÅ must always be among them."""

    def takes_identity(self, root: str, extension: str) -> bool:
        """Whether the unit can handle a patient identity of this type and form."""
        if root in {PERSONNUMMER, SAMORDNINGSNUMMER}:
            return True
        if root == NATIONAL_RESERVE_ID:
            return _NATIONAL_RESERVE_FORM.fullmatch(extension) is not None
        return self.local_reserve_numbers


_UNITS = (
    Unit("SE2321000012-REM1", REMITTENT),
    Unit("SE2321000012-REM3", REMITTENT, forwarding=False, attachments=False),
    Unit("SE2321000016-MOT1", RECIPIENT),
    Unit("SE2321000016-MOT2", RECIPIENT),
    Unit(
        "SE2321000016-MOT3",
        RECIPIENT,
        forwarding=False,
        attachments=False,
        local_reserve_numbers=False,
        activity_code_systems=frozenset({KVA}),
    ),
)
_ORGANISATIONS = ("SE2321000012-0001", "SE2321000016-0001")


@dataclass(frozen=True, slots=True)
class Settings:
    """Units, the directory of other organisations, the largest message (bytes) that is received, the wait for an answer.

    Of the organisations the first is that of the referring units, the last that of the receiving ones. `read_seconds` is how
    long an answer to a call of ours may take, in real time: a little more than the two seconds that the contract allows it.

    The contract says 10 MB for a whole message. It is read as 10 × 1024 × 1024, so that no message that someone could hold
    to be within the limit is refused.
    """

    units: tuple[Unit, ...] = _UNITS
    organisations: tuple[str, ...] = _ORGANISATIONS
    limit_bytes: int = 10 * 1024 * 1024
    read_seconds: float = 4.0
    _directory: dict[str, Unit] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_directory", {unit.hsa_id.upper(): unit for unit in self.units})

    def unit(self, hsa_id: str) -> Unit | None:
        """The unit of that HSA-id, or None. HSA-ids are compared without regard to case, as the national platform does."""
        return self._directory.get(hsa_id.strip().upper())

    def units_of(self, role: str) -> tuple[Unit, ...]:
        """The units of one role, in order."""
        return tuple(unit for unit in self.units if unit.role == role)

    def organisation_of(self, role: str) -> str:
        """The organisation that a role's messages are numbered by."""
        return self.organisations[0] if role == REMITTENT else self.organisations[-1]

    def knows(self, hsa_id: str) -> bool:
        """Whether the HSA-id can be looked up at all: one of our units or another organisation."""
        wanted = hsa_id.strip().upper()
        return wanted in self._directory or wanted in {known.upper() for known in self.organisations}
