"""The business rules, as a table of demands: what must hold of a message for it to be accepted.

Each is asked in turn of the messages that it concerns; the first that is not met is the answer. Sources: the contract
description of clinicalprocess:activity:request 2.2, section 5 (business rules 1–11) and section "Felhantering" (the
national codes PR001–PRO004, whose texts are quoted from there).

Where the contract leaves a choice, this system has chosen:

* A repetition of the latest message about a referral, with the same content, is answered OK again and changes nothing: the
  consumer may resend after a technical error and cannot know whether the first one arrived. An older message that is
  repeated is judged anew.
* The first version is 1, so NR has version 1. A forwarded referral that was never seen here is at least version 2.
* AR, AB and VR of an unknown or closed referral, and everything else that has no national code, is APPLICATION_ERROR
  without subCode.
* The logical address says which unit a message is for. That it is the recipient's or the referring unit's own is the
  sender's duty, and no reason to refuse.
* A confirmation or outcome may give another identity for the patient than the referral did: a reserve number may have been
  replaced by a personnummer meanwhile, and the contract has no rule and no code against it.
* A confirmation or outcome may refer to any version of the referral, for messages cross each other. VID alone is strict: it
  carries the new version number.
* Every confirmation of an open referral is taken at any time; one that comes too late to mean anything changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from rivta.simulator import Demand, IncomingMessage, Unit
from rivta.simulator.edit import Values

from .referral import (
    ANSWERS,
    CLOSED,
    FIXED,
    NATIONAL_RESERVE_ID,
    PERSONNUMMER,
    SAMORDNINGSNUMMER,
    Incoming,
    Referral,
    Status,
)

_NATIONAL_RESERVE_FORM = re.compile(r"[0-9]{8}[A-HJ-NPR-UX-Z]{2}[0-9A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Situation:
    """A message and what is known of its referral."""

    message: IncomingMessage
    said: Incoming
    known: Referral | None

    @property
    def unit(self) -> Unit:
        """The unit that it is for."""
        return self.message.unit

    @property
    def status(self) -> Status | None:
        """How far the referral has come, None if it is unknown."""
        return self.known.status if self.known else None

    @property
    def repeated(self) -> bool:
        """Whether this is the latest message about the referral once more."""
        return self.known is not None and self.known.latest == self.said.content

    @property
    def values(self) -> Values:
        """What the conditions of named faults may refer to."""
        return {
            **self.message.facts,
            "kind": self.said.kind,
            "sender": self.said.sender,
            "version": float(self.said.version),
            "latest": float(self.known.version if self.known else 0),
            "status": self.status.value if self.status else "",
            "outcomes": float(self.known.outcomes if self.known else 0),
            "course": " ".join(self.known.course if self.known else ()),
        }


Holds = Callable[[Situation], bool]


def _national(code: str, met: Holds, text: str, *kinds: str) -> Demand[Situation]:
    """A demand whose answer is one of the contract's twelve error codes."""
    return Demand(code, frozenset(kinds), met, text, code)


def _each(kinds: Iterable[str], name: str, met: Holds, text: str) -> tuple[Demand[Situation], ...]:
    """The same demand on several kinds, named for each so that one can be overlooked alone: `AR-version`."""
    return tuple(Demand(f"{kind}-{name}", frozenset({kind}), met, text) for kind in kinds)


def _sender_known(at: Situation) -> bool:
    return at.message.reference.knows(at.said.sender)


def _known(at: Situation) -> bool:
    return at.known is not None


def _open(at: Situation) -> bool:
    return at.status not in CLOSED


def _first_version(at: Situation) -> bool:
    return at.known is not None or at.said.version == 1


def _beyond_first_version(at: Situation) -> bool:
    return at.known is not None or at.said.version > 1


def _raised_version(at: Situation) -> bool:
    return at.known is None or at.said.version > at.known.version


def _no_gap(at: Situation) -> bool:
    return at.known is None or at.said.version <= at.known.version + 1


def _unchanged(field: str) -> Holds:
    def unchanged(at: Situation) -> bool:
        before = at.known.fixed if at.known else {}
        return before.get(field, at.said.fixed[field]) == at.said.fixed[field]

    return unchanged


def _same_but_forwarded(at: Situation) -> bool:
    return at.known is None or not at.known.content or at.known.content == at.said.forwardable


def _identity_handled(at: Situation) -> bool:
    root = at.said.person_root
    if root in {PERSONNUMMER, SAMORDNINGSNUMMER}:
        return True
    if root == NATIONAL_RESERVE_ID:
        return _NATIONAL_RESERVE_FORM.fullmatch(at.said.person_extension) is not None
    return at.unit.can("local-reserve-numbers")


def _attachments_handled(at: Situation) -> bool:
    return at.unit.can("attachments") or not at.said.attachments


def _forwarding_handled(at: Situation) -> bool:
    return at.unit.can("forwarding")


def _activities_handled(at: Situation) -> bool:
    handled = at.unit.abilities.get("activity-code-systems")
    return not isinstance(handled, list) or at.said.activity_code_systems <= {str(system) for system in handled}


def _asked_or_unassessed(at: Situation) -> bool:
    return at.status not in {Status.ASSESSED, Status.ANSWERED}


_PROCESS_REQUEST = (
    _national("PR001", _sender_known, "Remitterande organisations HSA-id okänt för mottagaren"),
    _national("PR004", _identity_handled, "Remissmottagaren hanterar inte angivet reservnummerformat."),
    _national("PR003", _attachments_handled, "Remissmottagare kan inte ta emot remissen med bifogad bilaga"),
    _national("PR002", _forwarding_handled, "Remissmottagaren kan inte ta emot vidareskickade remisser", "VR"),
    Demand(
        "activity-code-system",
        frozenset(),
        _activities_handled,
        "Remissmottagaren hanterar inte kodverket för önskad åtgärd.",
    ),
    *_each(("NR",), "new", lambda at: at.known is None, "En remiss med detta remiss-id finns redan."),
    *_each(("AR", "AB"), "known", _known, "Remissen som ändras är okänd hos remissmottagaren."),
    *_each(
        ("AR", "AB", "VR"),
        "not-rejected",
        lambda at: at.status is not Status.REJECTED,
        "Remissen är avvisad och kan inte ändras.",
    ),
    *_each(
        ("AR", "AB", "VR"),
        "not-cancelled",
        lambda at: at.status is not Status.CANCELLED,
        "Remissen är avbruten och kan inte ändras.",
    ),
    *_each(
        ("AR",),
        "asked-or-unassessed",
        _asked_or_unassessed,
        "Remissen är redan bedömd och komplettering har inte begärts.",
    ),
    *_each(("NR",), "version-start", _first_version, "En ny remiss ska ha versionsnummer 1."),
    *_each(
        ("VR",), "version-start", _beyond_first_version, "Vidareskickning höjer versionsnumret, som alltså inte är 1."
    ),
    *_each(
        ("AR", "AB", "VR"), "version-raised", _raised_version, "Versionsnumret är inte högre än det senast mottagna."
    ),
    *_each(("AR", "AB", "VR"), "version-next", _no_gap, "Versionsnumret är inte det närmast följande."),
    *(
        Demand(
            f"AR-{field}", frozenset({"AR"}), _unchanged(field), f"Kompletteringen ändrar {field}, som inte får ändras."
        )
        for field in FIXED
    ),
    *_each(("VR",), "unchanged", _same_but_forwarded, "Den vidareskickade remissen skiljer sig från den ursprungliga."),
)
_CONFIRMATION = (
    _national("PRC001", _sender_known, "Remissmottagande organisations HSA-id okänt"),
    _national("PRC002", _known, "Remissen är okänd hos remittent, meddelandet kan inte tas emot"),
    _national(
        "PRC003", _open, "Remissen är avbruten, makulerad eller avvisad hos remittent, meddelandet kan inte tas emot"
    ),
    _national(
        "PRC004",
        _forwarding_handled,
        "Ursprunglig remittent kan inte ta emot besked om vidareskickad remiss.",
        "VID",
    ),
    *_each(
        ("VID",),
        "version-raised",
        _raised_version,
        "Beskedet om vidareskickning bär inte remissens nya versionsnummer.",
    ),
    *_each(("VID",), "version-next", _no_gap, "Beskedet om vidareskickning hoppar över ett versionsnummer."),
)
_OUTCOME = (
    _national("PRO001", _sender_known, "Remissbesvarande organisations HSA-id okänt för mottagaren"),
    _national("PRO002", _known, "Remissen är okänd hos remittent, remissvaret kan inte tas emot"),
    _national("PRO003", _open, "Remissen är avbruten eller makulerad hos remittent, remissvaret kan inte tas emot."),
    _national(
        "PRO004",
        _attachments_handled,
        "Remissvarsmottagare kan inte ta emot remissvaret med bifogad bilaga.",
    ),
    *_each(
        ("DSV", "PSV"),
        "before-final",
        lambda at: at.status is not Status.ANSWERED,
        "Remissen är slutbesvarad: delsvar och preliminärt svar kan inte tas emot.",
    ),
)
DEMANDS: Mapping[str, tuple[Demand[Situation], ...]] = {
    "ProcessRequest": _PROCESS_REQUEST,
    "ProcessRequestConfirmation": _CONFIRMATION,
    "ProcessRequestOutcome": _OUTCOME,
}


# What the system must not send: section 5, rules 2, 9 and 10, seen from the one who sends. That nothing more is changed in or
# decided about a referral that has its final answer is this system's own choice where the contract is silent.
_AMENDING: Final = ("AR", "AB")
_CONFIRMING: Final = ("BEK", "KOM", "AVV", "AVB", "VR")
_ANSWERING: Final = ANSWERS
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
    *(
        Restraint(
            f"send-{kind}-other", f"{kind}-other", lambda _: True, "Bara enheten som remitterade ändrar remissen."
        )
        for kind in _AMENDING
    ),
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
