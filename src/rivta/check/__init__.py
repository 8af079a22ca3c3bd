"""Pure checks of an exchange: one function a kind.

A check gets what was `Seen` and returns an `Observation`; it decides nothing else. `evaluate` makes that a verdict. To add
a kind, write a function under `@kind` in the file where it fits.
"""

from rivta.check import content, contract_rules, either, reply
from rivta.check.kinds import KINDS, observe, vocabulary
from rivta.check.seen import Observation, Seen
from rivta.check.verdicts import evaluate, expects_fault

__all__ = [
    "KINDS",
    "Observation",
    "Seen",
    "content",
    "contract_rules",
    "either",
    "evaluate",
    "expects_fault",
    "observe",
    "reply",
    "vocabulary",
]
