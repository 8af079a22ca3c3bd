"""An adapter as the conductor knows whoever makes a system act."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from rivta.model.case import Ask, Case, Doing, Send
from rivta.model.exchange import Acted, Said
from rivta.model.words import Value
from rivta.run.adapter import order, reply
from rivta.run.adapter.note import Notes
from rivta.run.adapter.order import Party
from rivta.run.adapter.reply import Trouble

_LOG = logging.getLogger("rivta.adapter")


class Way(Protocol):
    """How an adapter is reached."""

    def give(self, order: bytes) -> bytes:
        """What it answers to an order. Raises `Trouble`."""
        ...


@dataclass(frozen=True, slots=True)
class AdapterActor:
    """Gives orders to an adapter, from any thread. Keeps nothing between them."""

    way: Way
    notes: Notes

    def act(self, doing: Doing, case: Case, counterpart: Party) -> Acted:
        """Make the system do something. What goes wrong on the way is `trouble`, never raised."""
        try:
            return reply.acted(self.way.give(order.to_do(doing, case, counterpart)), self.notes)
        except Trouble as trouble:
            return Acted("trouble", self.notes.cleaned(str(trouble)))

    def ask(self, question: Ask, case: Case) -> Said | None:
        """Ask what only who sits at the system sees. None: it does not know, or it broke, which the log tells."""
        try:
            return reply.said(self.way.give(order.to_answer(question, case)), self.notes)
        except Trouble as trouble:
            _LOG.warning("the adapter did not answer %s: %s", question.action, self.notes.cleaned(str(trouble)))
            return None

    def edit(self, step: Send, number: int, data: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002 - a person's
        """Nobody is there to edit anything: the data as it is."""
        return data
