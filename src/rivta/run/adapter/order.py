"""What is said to an adapter: JSON with what the system is to do, for which case, and where it can call us."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from rivta.model.case import Ask, Case, Doing
from rivta.model.run import PlannedCase
from rivta.model.words import Text, Value

VERSION = 1
"""The version of what is asked and answered."""


class Party(Protocol):
    """The other party: how fast its time goes, and where it is called."""

    @property
    def time_factor(self) -> float:
        """By how much time is compressed."""
        ...

    @property
    def addresses(self) -> Mapping[str, str]:
        """Contract name → the URL where the system can call us."""
        ...


def to_do(doing: Doing, case: Case, counterpart: Party) -> bytes:
    """The order to make the system do something."""
    reached = {"time-factor": counterpart.time_factor, "addresses": dict(counterpart.addresses)}
    return _written(doing.action, doing.data, case, doing.text, {"counterpart": reached})


def to_answer(question: Ask, case: Case) -> bytes:
    """The order to answer what only who sits at the system can see."""
    return _written(question.action, question.data, case, question.text, {"question": True})


def _written(action: str, data: Mapping[str, Value], case: Case, text: Text, more: Mapping[str, object]) -> bytes:
    order = {
        "version": VERSION,
        "action": action,
        "with": dict(data),
        "case": _key(case),
        "text": {"sv": text.sv, "en": text.en},
        **more,
    }
    return json.dumps(order, ensure_ascii=False).encode("utf-8", "replace")


def _key(case: Case) -> str:
    return PlannedCase(case.id, case.title, case.contract, case.role, case.source.path, case.verifies).key
