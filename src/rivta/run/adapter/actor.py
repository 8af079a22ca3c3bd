"""An adapter as the conductor knows whoever makes a system act."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from rivta.model.case import Ask, Case, Doing, Send
from rivta.model.environment import Environment
from rivta.model.exchange import Acted, Said
from rivta.model.words import Value
from rivta.run.adapter import orders
from rivta.run.adapter.command import Command
from rivta.run.adapter.orders import AdapterTrouble, Notes, Party
from rivta.run.adapter.posting import Posting
from rivta.text.identity import PUBLISHED

_LOG = logging.getLogger("rivta.adapter")


class Way(Protocol):
    """How an adapter is reached."""

    def give(self, order: bytes) -> bytes:
        """What it answers to an order. Raises `AdapterTrouble`."""
        ...


@dataclass(frozen=True, slots=True)
class AdapterActor:
    """Gives orders to an adapter, from any thread. Keeps nothing between them."""

    way: Way
    notes: Notes

    def act(self, doing: Doing, case: Case, counterpart: Party) -> Acted:
        """Make the system do something. What goes wrong on the way is `trouble`, never raised."""
        try:
            return orders.acted(self.way.give(orders.to_do(doing, case, counterpart)), self.notes)
        except AdapterTrouble as trouble:
            return Acted("trouble", self.notes.cleaned(str(trouble)))

    def ask(self, question: Ask, case: Case) -> Said | None:
        """Ask what only who sits at the system sees. None: it does not know, or it broke, which the log tells."""
        try:
            return orders.said(self.way.give(orders.to_answer(question, case)), self.notes)
        except AdapterTrouble as trouble:
            _LOG.warning("the adapter did not answer %s: %s", question.action, self.notes.cleaned(str(trouble)))
            return None

    def edit(self, step: Send, number: int, data: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002 - a person's
        """Nobody is there to edit anything: the data as it is."""
        return data


def of(environment: Environment) -> AdapterActor | None:
    """The adapter that an environment names; None if it names none."""
    adapter = environment.adapter
    if adapter is None:
        return None
    notes = Notes(environment.secrets, environment.test_identities | PUBLISHED.keys())
    if adapter.url:
        return AdapterActor(Posting(adapter.url, adapter.seconds, environment.tls.ca), notes)
    return AdapterActor(Command(adapter.command, environment.path.absolute().parent, adapter.seconds), notes)
