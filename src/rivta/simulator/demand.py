"""What must hold of a message for it to be accepted, as a table that `behave.py` writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rivta.simulator.reply import APPLICATION_ERROR, Result

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Demand(Generic[S]):
    """Something that must hold for messages of some kinds (of all kinds of its contract when none is named).

    `name` is what a named fault calls it by; `text`, `sub_code` and `error_code` are the answer when it is not met.
    """

    name: str
    kinds: frozenset[str]
    met: Callable[[S], bool]
    text: str
    sub_code: str = ""
    error_code: str = APPLICATION_ERROR

    def refusal(self) -> Result:
        """The answer when the demand is not met."""
        return Result.error(self.error_code, self.text, self.sub_code)
