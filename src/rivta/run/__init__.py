"""The conductor: plays a case against the system under test, whoever of the two speaks first.

`conductor` has the order of things; there is a module for each kind of step, and `play` is the case under way.
"""

from rivta.model.exchange import Acted, Said
from rivta.run.conductor import run_case, waits_for_calls
from rivta.run.filling import Ended
from rivta.run.overlap import Overlap
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
from rivta.run.strays import stray
