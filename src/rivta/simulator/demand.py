"""What must hold of a message for it to be accepted: as a table that `behave.py` writes, or as data."""

from collections.abc import Callable
from typing import Generic, TypeVar

from rivta.model.frozen import frozen
from rivta.simulator.edit import XPath
from rivta.simulator.reply import APPLICATION_ERROR, Outcome, Result, SoapFault, log_id

S = TypeVar("S")


@frozen
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
        return Result.error(self.error_code, self.text, self.sub_code)


@frozen
class Refusal:
    """Messages for which `when` holds are refused; without an `error_code` by a SOAP Fault.

    `name` is what a named fault calls it by: empty for what no system should refuse.
    """

    when: XPath
    error_code: str = APPLICATION_ERROR
    sub_code: str = ""
    text: str = "Meddelandet kan inte tas emot."
    name: str = ""
    status: int = 0
    """The HTTP status by which it is refused, in place of a message; 0 for none."""

    def outcome(self) -> Outcome:
        if self.status:
            return SoapFault("Client", self.text, log_id(), status=self.status)
        if not self.error_code:
            return SoapFault("Server", self.text, log_id())
        return Result.error(self.error_code, self.text, self.sub_code)
