"""A thing that was tried, and for how long."""

from typing import Literal

from rivta.model.frozen import frozen
from rivta.model.words import Text

State = Literal["ok", "told", "failed"]
PATIENCE_SECONDS = 5.0
"""How long a question is waited for. A system that needs longer is told, and the cases wait as long as they may."""


@frozen
class Tried:
    """What was tried, what came of it, and what to do about it. What `failed` stops a run; what is `told` does not."""

    what: str
    state: State
    said: Text
