"""What the system must not send: the contract's business rules, seen from the one who sends.

Each restraint has a name, by which a named fault can lift it: `send-AR-rejected`. Source: the contract description, section 5,
rules 2, 9 and 10. That nothing more is changed in or decided about a referral that has its final answer is this system's own
choice where the contract is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rivta.reference.referral import Referral, Status

_AMENDING: Final = ("AR", "AB")
_CONFIRMING: Final = ("BEK", "KOM", "AVV", "AVB", "VR")
_ANSWERING: Final = ("DSV", "PSV", "SSV")
_ENDED: Final = {Status.REJECTED: "avvisad", Status.CANCELLED: "avbruten"}


@dataclass(frozen=True, slots=True)
class Restraint:
    """A kind of message that is not sent about a referral in a certain state, and why."""

    name: str
    kind: str
    forbids: Callable[[Referral], bool]
    why: str


def why_not(kind: str, referral: Referral, lifted: Callable[[str], bool]) -> str:
    """Why a message of that kind may not be sent now, empty if it may. `lifted` tells which restraints do not count."""
    forbidding = (each for each in RESTRAINTS if each.kind == kind and each.forbids(referral) and not lifted(each.name))
    return next((each.why for each in forbidding), "")


def _in(*statuses: Status) -> Callable[[Referral], bool]:
    return lambda referral: referral.status in statuses


def _ended(kinds: Iterable[str], why: str) -> Iterator[Restraint]:
    for kind in kinds:
        for status, word in _ENDED.items():
            yield Restraint(f"send-{kind}-{status}", kind, _in(status), f"Remissen är {word}: {why}")


RESTRAINTS: Final = (
    *_ended(_AMENDING, "den kan inte ändras."),
    *_ended(_CONFIRMING, "ingenting mer meddelas om den."),
    *_ended(_ANSWERING, "den besvaras inte."),
    Restraint("send-AR-assessed", "AR", _in(Status.ASSESSED), "Remissen är bedömd och komplettering har inte begärts."),
    *(
        Restraint(f"send-{kind}-answered", kind, _in(Status.ANSWERED), "Remissen är slutbesvarad.")
        for kind in ("AR", "AB", "VR", "AVV", "AVB", "DSV", "PSV")
    ),
)
"""All that the system keeps from, each under the name by which a named fault lifts it."""
