"""Pure checks of an exchange: one function a kind.

A check gets what was `Seen` and returns an `Observation`; it decides nothing else. `evaluate` makes that a verdict. To add
a kind, write a function under `@kind` in the file where it fits.
"""

from rivta.check import calling, content, course, faults, filters, records, reply, texts
from rivta.check.kinds import KINDS, NOTHING, Observation, Seen, observe, vocabulary
from rivta.check.names import refuse_undeclared
from rivta.check.overtime import Attempts, is_late, over_time
from rivta.check.verdicts import (
    MOST_FINDINGS,
    PLATFORM,
    before_the_service,
    evaluate,
    expects_fault,
    is_page,
    is_redirect,
    is_silent,
    not_the_system,
    of_every_received,
    refuses,
)
