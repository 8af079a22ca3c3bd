"""The conductor: plays a case against the system under test, whoever of the two speaks first.

conductor   the order of things in a case
stage       where a case is played: suite, environment, the way to the system and from it, who acts, who looks on
admission   whether it is played at all
play        a case under way: what was done, what later steps build on
sending, receiving, watching, asking    the four kinds of step
acting, waiting, inbound, capturing, filling, refusal    what they have in common
replay      a recorded run played again
strays      calls that no case asked for
"""

from rivta.run.admission import waits_for_calls
from rivta.run.conductor import run_case
from rivta.run.refusal import Ended
from rivta.run.replay import as_replayed, replay_case, replay_strays
from rivta.run.stage import (
    Acted,
    Actor,
    Audience,
    Begun,
    Counterpart,
    Exhausted,
    GivenUp,
    Peer,
    Ran,
    Said,
    Stage,
    Waiter,
    Waiting,
    lacks_the_message,
)
from rivta.run.strays import stray
from rivta.run.waiting import described, spoken

__all__ = [
    "Acted",
    "Actor",
    "Audience",
    "Begun",
    "Counterpart",
    "Ended",
    "Exhausted",
    "GivenUp",
    "Peer",
    "Ran",
    "Said",
    "Stage",
    "Waiter",
    "Waiting",
    "as_replayed",
    "described",
    "lacks_the_message",
    "replay_case",
    "replay_strays",
    "run_case",
    "spoken",
    "stray",
    "waits_for_calls",
]
