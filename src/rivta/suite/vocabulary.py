"""What a suite may expect, described: the kinds of checks and their parameters, as the checks themselves declare them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Parameter:
    """One key below a check. The `first` one may be written alone: `result: OK` is `result: {code: OK}`.

    `words` are the only ones that its text may be, where not any will do.
    """

    name: str
    shape: Literal["text", "whole", "yes/no", "expectations", "any"]
    required: bool = False
    first: bool = False
    doc: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckKind:
    """One kind of check: its name is the key in a suite, `doc` its entry in the manual.

    `of` says which messages of the system it can judge: its replies, its calls, or both.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...] = ()
    of: Literal["any", "replies", "calls"] = "any"
