"""The reference system: a message in, an answer out, with or without sockets."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lxml import etree

from rivta.model.domain import Contract, Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.words import Headers
from rivta.reference.acting import act
from rivta.reference.asking import ask
from rivta.reference.demands import DEMANDS, first_unmet
from rivta.reference.desk import Office
from rivta.reference.faults import Flaws
from rivta.reference.incoming import Incoming, read
from rivta.reference.letter import OUTCOME, REQUEST
from rivta.reference.order import Answer, Order, Reading
from rivta.reference.post import Post
from rivta.reference.referral import Referral, Situation, after, side_of
from rivta.reference.reply import Outcome, Reply, Result, SoapFault, log_id, reply, write
from rivta.reference.settings import Settings, Unit
from rivta.reference.store import ANSWER, CONFIRMATION, Store
from rivta.reference.validation import Received, Reception, contracts_by_root

_LOG = logging.getLogger("rivta.reference")


class ReferenceSystem:
    """A small system that implements the contracts of its roles, with state, and with the named faults that it is given.

    `roles` are role names of the domain: remissmottagare answers ProcessRequest, remittent answers
    ProcessRequestConfirmation and ProcessRequestOutcome. `referrals` are known from before. `database` is an SQLite file
    that keeps state over a restart. Raises UsageError for an unknown role or fault. Safe to call from many threads.
    """

    def __init__(
        self,
        roles: Sequence[str] = ("remissmottagare", "remittent"),
        faults: Sequence[str] = (),
        referrals: Sequence[Referral] = (),
        *,
        domain: Domain,
        database: str | Path = ":memory:",
        settings: Settings | None = None,
    ) -> None:
        self.contracts = _produced(domain, roles)
        self._settings = settings or Settings()
        self._flaws = Flaws.of(faults)
        self._reception = Reception(contracts_by_root(self.contracts), self._settings, self._flaws)
        self._store = Store(database)
        self._office = Office(self._store, self._settings, self._flaws, domain.contracts, frozenset(roles))
        self._remember(referrals)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    def answer(self, headers: Headers, body: bytes) -> Reply:
        """The answer to one message. Never raises for what a message may hold; what goes wrong here is a SOAP Fault."""
        try:
            outcome, contract = self._outcome(headers, body)
        except Exception as error:  # noqa: BLE001 (a technical error is the contract's answer to whatever breaks in us)
            outcome, contract = SoapFault("Server", "Internt fel i systemet.", log_id()), None
            _LOG.error("%s: %s", outcome.log_id, type(error).__name__)
        _LOG.info("%s", outcome)
        outcome = self._flaws.answer(outcome, body)
        text = self._flaws.write(write(outcome, contract or self._named_in(body)))
        correlation = next((value for name, value in headers if name.lower() == "x-skltp-correlation-id"), None)
        return self._flaws.send(reply(outcome, text, correlation), outcome)

    def act(self, order: Order, post: Post) -> Answer | Reading:
        """Do what the order says, or answer its question. The first attempt to send is over then. Raises Misunderstood."""
        return ask(self._office, order) if order.question else act(self._office, order, post)

    def _named_in(self, body: bytes) -> Contract:
        """The contract that a message seems to mean: what a system answers by that accepts what it cannot place."""
        named = (contract for contract in self.contracts if f"{contract.name}Responder".encode() in body)
        return next(named, self.contracts[0])

    def _outcome(self, headers: Headers, body: bytes) -> tuple[Outcome, Contract | None]:
        received = self._reception.place(headers, body)
        if not isinstance(received, Received):
            return received, None
        return self._reception.verdict(received) or self._decide(received), received.contract

    def _decide(self, received: Received) -> Outcome:
        said = read(received.contract.name, received.payload)
        with self._store.transaction():
            situation = self._situation(said, received.unit)
            if situation.repeated:
                return Result()
            demands = [demand for demand in DEMANDS[said.contract] if not self._flaws.overlook(demand.name)]
            unmet = first_unmet([*demands, *self._flaws.demands], situation)
            if unmet:
                return unmet.refusal()
            self._store.save(after(situation))
            self._take_in(said)
        return Result()

    def _take_in(self, said: Incoming) -> None:
        """Keep a referral for its next version, and show the user what has come about one."""
        side = side_of(said.contract)
        if said.contract == REQUEST:
            self._store.keep(side, said.request_id, etree.tostring(said.payload, encoding="unicode", with_tail=False))
        else:
            what = ANSWER if said.contract == OUTCOME else CONFIRMATION
            self._store.show(side, said.request_id, what, said.kind)

    def _situation(self, said: Incoming, unit: Unit) -> Situation:
        return Situation(said, unit, self._store.find(side_of(said.contract), said.request_id), self._settings)

    def _remember(self, referrals: Sequence[Referral]) -> None:
        """What was known before; what a database already holds has moved on and is left alone."""
        with self._store.transaction():
            for referral in referrals:
                if self._store.find(referral.side, referral.request_id) is None:
                    self._store.save(referral)


def _produced(domain: Domain, roles: Sequence[str]) -> tuple[Contract, ...]:
    for role in roles:
        if role not in domain.roles:
            raise UsageError(f"{domain.name} has no role “{role}”", todo=did_you_mean(role, domain.roles))
    return tuple(domain.contracts[name] for role in roles for name in domain.roles[role].produces)
