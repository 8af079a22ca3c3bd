"""Referrals that the system knows before anything is sent, read from YAML: what a suite's preconditions point at."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rivta.reference.referral import Referral, Status
from rivta.reference.settings import RECIPIENT, REMITTENT
from rivta.text.yaml import compose
from rivta.text.yaml.grammar import Entry, Field, ListOf, OneOf, Record, Text, Whole, load

_SIDES: Final = {"sent": REMITTENT, "received": RECIPIENT}
_SIDE: Final = {
    "sent": "sent by this system as remittent; confirmations and outcomes are about it",
    "received": "received by this system as remissmottagare; amendments and forwarding are about it",
}
_STATUS: Final = {
    Status.NEW.value: "not yet assessed",
    Status.ASKED.value: "a completion has been asked for (KOM)",
    Status.ASSESSED.value: "accepted (BEK)",
    Status.ANSWERED.value: "finally answered (SSV)",
    Status.REJECTED.value: "avvisad (AVV)",
    Status.CANCELLED.value: "avbruten (AVB)",
}
SHAPE: Final = ListOf(
    Record(
        "referral",
        {
            "side": Field(OneOf(_SIDE), "whose it is: sent or received by this system", required=True),
            "requestId": Field(Text(".*#.*", "a requestId", "SE2321000012-0001#1001"), "its id", required=True),
            "versionNumber": Field(Whole(positive=True), "its latest version", required=True),
            "status": Field(OneOf(_STATUS), "how far it has come", required=True),
            "patient": Field(Text(), "the patient's identity, without hyphen", required=True),
            "from": Field(Text(), "the HSA-id of the referring unit", required=True),
            "to": Field(Text(), "the HSA-id of the receiving unit", required=True),
            "authorDate": Field(
                Text("[0-9]{8}", "a date", "20260901"), "author.date, which an amendment may not change"
            ),
        },
    )
)
"""The file: a list of referrals."""


def read_referrals(path: Path) -> tuple[Referral, ...]:
    """The referrals of a file, in its order. Raises UsageError, or Mistakes with every mistake in the file."""
    return tuple(_referral(entry) for entry in load(compose.read(path), SHAPE))


def _referral(entry: Entry) -> Referral:
    fixed = {
        "requestOrganisation.careUnitId": entry["from"],
        "recipient.organisation.careUnitId": entry["to"],
        "patient.personId.extension": entry["patient"],
        **({"author.date": entry["authorDate"]} if "authorDate" in entry else {}),
    }
    return Referral(
        _SIDES[entry["side"]],
        entry["requestId"],
        entry["versionNumber"],
        Status(entry["status"]),
        entry["to"],
        fixed,
    )
