"""A named fault: one thing that the reference system does wrong on purpose, and what it breaks.

A fault touches the system at a few places only, in the order in which a message passes them:

* `turns_away`: messages that are called invalid before they are read;
* `overlooks`: demands that are not made, by name: a rule's id, a national error code, a business rule, a contract's schema.
  Where a rule is overlooked, the schema is not asked either, for the schema enforces some rules too;
* `demands`: demands that the contract does not make;
* `answers`: the result or the SOAP Fault is made into another;
* `writes`: the envelope's text is made into another;
* `sends`: the HTTP answer (status, headers, bytes, delay) is made into another.

And where the system itself calls:

* `overlooks`: restraints that are lifted, by name;
* `drafts`: the content of a message is made into another, before it is remembered as sent;
* `keeps_back`: messages that are never sent, though the system thinks that they were;
* `posts`: the letter (URL, headers, bytes) is made into another;
* `repeats`: the same when it is sent again;
* `patience`: how long an answer is waited for, when and how often a letter is sent again;
* `shuns`: nothing more is sent to who once answered by a technical error;
* `hidden`: what the user is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rivta.model.words import Headers, Text
from rivta.reference.demands import Demand
from rivta.reference.letter import Draft, Letter
from rivta.reference.patience import Patience
from rivta.reference.referral import Situation
from rivta.reference.reply import APPLICATION_ERROR, Outcome, Reply

CONTRACTS: Mapping[str, str] = {
    "PR": "ProcessRequest",
    "PRC": "ProcessRequestConfirmation",
    "PRO": "ProcessRequestOutcome",
}
"""The contracts by the short names that their requirements and error codes begin with."""

Concerns = Callable[[Situation], bool]


def _same_outcome(outcome: Outcome, body: bytes) -> Outcome:  # noqa: ARG001 (the message is of no interest to a sound system)
    return outcome


def _same_text(text: str) -> str:
    return text


def _same_reply(reply: Reply, outcome: Outcome) -> Reply:  # noqa: ARG001 (nor does it look back at the outcome)
    return reply


def _nobody(headers: Headers, body: bytes) -> bool:  # noqa: ARG001 (a sound system turns nobody away unheard)
    return False


def _same_draft(draft: Draft) -> Draft:
    return draft


def _same_letter(letter: Letter) -> Letter:
    return letter


def _none_kept(draft: Draft) -> bool:  # noqa: ARG001 (a sound system sends all that it says it sends)
    return False


def _same_patience(patience: Patience) -> Patience:
    return patience


@dataclass(frozen=True, slots=True)
class Fault:
    """One deliberate fault.

    `breaks` are the ids of the requirements that no longer hold at all: whatever message shows one of them shows the fault.
    `touches` are other requirements, mostly wider ones, that hold no longer for those same messages only.
    """

    name: str
    breaks: tuple[str, ...]
    text: Text
    turns_away: Callable[[Headers, bytes], bool] = _nobody
    overlooks: frozenset[str] = frozenset()
    demands: tuple[Demand, ...] = ()
    answers: Callable[[Outcome, bytes], Outcome] = _same_outcome
    writes: Callable[[str], str] = _same_text
    sends: Callable[[Reply, Outcome], Reply] = _same_reply
    touches: tuple[str, ...] = ()
    drafts: Callable[[Draft], Draft] = _same_draft
    keeps_back: Callable[[Draft], bool] = _none_kept
    posts: Callable[[Letter], Letter] = _same_letter
    repeats: Callable[[Letter], Letter] = _same_letter
    patience: Callable[[Patience], Patience] = _same_patience
    shuns: bool = False
    hidden: frozenset[str] = frozenset()


def refusing(
    name: str,
    breaks: str,
    concerns: Concerns,
    sv: str,
    en: str,
    *,
    error: str = APPLICATION_ERROR,
    sub_code: str = "",
    touches: str = "",
) -> Fault:
    """A fault that refuses the messages it concerns, without an error code by a SOAP Fault.

    `breaks` and `touches` are ids with blanks between them.
    """
    demand = Demand(name, frozenset(), lambda at: not concerns(at), "Meddelandet kan inte tas emot.", sub_code, error)
    return Fault(name, tuple(breaks.split()), Text(sv, en), demands=(demand,), touches=tuple(touches.split()))
