"""The conductor: plays a case against the system under test, whoever of the two speaks first.

conductor   whether a case is played at all, and the order of things in it
stage       where a case is played: suite, environment, the way to the system and from it, who acts, who looks on
play        a case under way: what was done, what later steps build on
sending, receiving, watching, acting, handshaking, exploring    the kinds of step; what makes the system act is what an ask has too
filling     placeholders, wherever a step may have them; what ends a case before its steps are through
opening     what is known before the first case is played
apart, overlap    which cases may be under way at the same time, and playing them so
replay      a recorded run played again
"""

from rivta.model.exchange import Acted, Said
from rivta.run.conductor import run_case, waits_for_calls
from rivta.run.filling import Ended
from rivta.run.overlap import Overlap
from rivta.run.play import stray
from rivta.run.receiving import described, spoken
from rivta.run.replay import replay_case, replay_strays
from rivta.run.stage import (
    Actor,
    Audience,
    Begun,
    Counterpart,
    Exhausted,
    GivenUp,
    HandshakePort,
    Party,
    Peer,
    Ran,
    Stage,
    Waiter,
    Waiting,
    lacks_the_message,
)
