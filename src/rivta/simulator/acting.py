"""What the system does when it is told to. An action is the domain's own (`behave.py`), or a template sent as `reference.yaml` says.

`Acting` is one order being carried out: what an action has at hand to send a message and to remember that it did.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from lxml import etree

from rivta.contract.instance import smallest
from rivta.contract.message import open_envelope, wrap
from rivta.contract.records import asking_by, records_in
from rivta.contract.wsdl import read_wsdl
from rivta.model.clock import SWEDEN, Clock
from rivta.model.contracts import ContractId
from rivta.model.domain import Contract
from rivta.model.frozen import frozen
from rivta.model.words import Value
from rivta.simulator.answered import OK, Answered
from rivta.simulator.edit import PayloadEdit, XPath
from rivta.simulator.faults.fault import Flaws
from rivta.simulator.order import Display, Done, Misunderstood, Order
from rivta.simulator.outgoing import Draft, write
from rivta.simulator.post import Delivery, Post, Then, nothing
from rivta.simulator.reference import Reference, SentMessage
from rivta.simulator.store import TROUBLE, WARNING, RecordStore
from rivta.text import placeholder
from rivta.text.xml import NAMESPACES

_KEPT = "kept"
"""The kind of record that holds what the next message is filled in with."""
_WRITTEN = "written"
"""The kind of record that holds what the system's user has written, by contract."""
_AT_MOST = 100
"""How many times in a row an answer may have the system ask again."""


CALL: Final = "call"
"""The order to make a call, whichever: where the connection is what is tried."""


_QUEUED: Final = 3600.0
"""Seconds, in the system's own time, that a message waits for its turn where it wrongly has one."""
_SOMEBODY: Final = "SE2321000016-0001"


class NotDone(Exception):
    """The system will not, or cannot, do what it was told. The text says why."""


@frozen
class Context:
    """What all orders share. `shunned` are the parties that a fault no longer sends to, `took` tells by case whether its latest call arrived."""

    store: RecordStore
    reference: Reference
    flaws: Flaws
    contracts: Mapping[str, Contract]
    roles: frozenset[str]
    clock: Clock
    shunned: set[str] = field(default_factory=set)
    took: dict[str, bool] = field(default_factory=dict)

    def sweden(self) -> datetime:
        return self.clock.now().astimezone(SWEDEN)


@frozen
class Acting:
    """One order being carried out in one role."""

    context: Context
    post: Post
    order: Order
    role: str

    def new_id(self) -> str:
        return str(self.context.clock.new_id())

    def stamp(self) -> str:
        """The time in Sweden, as RIV-TA writes it: YYYYMMDDhhmmss."""
        return self.context.sweden().strftime("%Y%m%d%H%M%S")

    def edited(self, payload: etree._Element, *edits: str, **values: str) -> etree._Element:
        """The payload, changed in place by the edits of those names in `reference.yaml`, with `$now` and `$new-id` besides."""
        told = {**values, "now": self.stamp(), "new-id": self.new_id()}
        for edit in (one for name in edits for one in self.context.reference.edits[name]):
            edit.apply(payload, told)
        return payload

    def told(self, what: str, name: str) -> str:
        """What `reference.yaml` says of something by that name, under `data:`; empty if nothing."""
        told = self.context.reference.data.get(what)
        return str(told.get(name, "")) if isinstance(told, dict) else ""

    def flawed(self, draft: Draft) -> Draft:
        """The draft as it will be sent: to the logical address that the order names, if it names one."""
        address = self.order.says("address", draft.address)
        if address != draft.address:
            self._redirect(draft.payload, address)
            draft = replace(draft, address=address, party=address if draft.party == draft.address else draft.party)
        return self.context.flaws.draft(draft)

    def _redirect(self, payload: etree._Element, address: str) -> None:
        """Have the message itself say that it is for that address, where it says for whom it is."""
        domain = self.context.reference.domain
        if path := domain.fact("recipient"):
            recipient = XPath(path, {**NAMESPACES, **domain.namespaces})
            PayloadEdit("set", recipient, address).apply(payload.getroottree().getroot(), {})

    def deliver(
        self, draft: Draft, then: Then = nothing, read: Callable[[Answered], None] = lambda _: None, after: float = 0.0
    ) -> Sequence[str]:
        """Send a flawed draft, `read` the answer and do what follows when it has arrived. What came of each first attempt, in words.

        `after` is for how many seconds, in the system's own time, it is kept before it is sent.
        """
        flaws = self.context.flaws
        if draft.party in self.context.shunned:
            return (OK,)
        if flaws.keep_back(draft):
            return (OK, *then())
        if self.post.tries_another(draft.address) and flaws.queues:
            after = _QUEUED
        return self.post.send(self._delivery(draft, then, read), after)

    def _delivery(self, draft: Draft, then: Then, read: Callable[[Answered], None]) -> Delivery:
        flaws = self.context.flaws
        return Delivery(
            flaws.post(write(draft, self.role, self.order.address_of(draft.contract.id))),
            flaws.patience(self.context.reference.patience),
            self.order.factor,
            repeat=flaws.repeat,
            answered=flaws.answered,
            failed=lambda answered: self._failed(draft, answered),
            given_up=lambda answered: self._warn(draft, answered),
            delivered=then,
            read=lambda answered: self._took(answered, read),
        )

    def _took(self, answered: Answered, read: Callable[[Answered], None]) -> None:
        self.context.took[self.order.case] = True
        read(answered)

    def _failed(self, draft: Draft, answered: Answered) -> None:
        self.context.took[self.order.case] = False
        self.context.store.show(draft.about, TROUBLE, answered.kind)
        if answered.technical and self.context.flaws.shuns:
            self.context.shunned.add(draft.party)

    def _warn(self, draft: Draft, answered: Answered) -> None:
        """The user is told, who has to see to it that the message gets there some other way."""
        self.context.store.show(draft.about, WARNING, answered.kind)


@frozen
class Action:
    """Something that the system does in one role, and the contracts that it calls by."""

    role: str
    do: Callable[[Acting], Done]
    calls: tuple[str, ...]


Question = Callable[[Context, Order], Display]
"""Something that somebody who looks at the system can be asked."""


def act(context: Context, order: Order, post: Post, actions: Mapping[str, Action]) -> Done:
    """Do what was ordered. Returns when the first attempt to send is over. Raises Misunderstood when it cannot be tried."""
    action = actions.get(order.action) or (_any(context, order) if order.action == CALL else None)
    if action is None or action.role not in context.roles:
        return Done("unsupported", f"Systemet har ingen åtgärd {order.action!r}.")
    for contract in action.calls:
        if not order.address_of(context.contracts[contract].id):
            raise Misunderstood(f"counterpart.addresses has no address of {contract}")
    try:
        return action.do(Acting(context, post, order, action.role))
    except NotDone as refusal:
        return Done("refused", str(refusal), order.data)


def _any(context: Context, order: Order) -> Action | None:
    """The smallest message of a contract that the system calls by, and that the order has an address for."""
    roles = (context.reference.domain.roles[name] for name in sorted(context.roles))
    able = ((role.name, context.contracts[each]) for role in roles for each in role.consumes)
    found = next((pair for pair in able if order.address_of(pair[1].id)), None)
    if found is None:
        return None
    role, contract = found

    def do(acting: Acting) -> Done:
        wsdl = read_wsdl(contract.wsdl)
        payload = smallest(wsdl, wsdl.request_root)
        draft = Draft(contract, _SOMEBODY, "", payload, about=acting.new_id(), party=_SOMEBODY)
        return Done("done", "; ".join(acting.deliver(acting.flawed(draft))))

    return Action(role, do, (str(contract.id),))


def ask(context: Context, order: Order, questions: Mapping[str, Question]) -> Display:
    """The answer to a question about what the system shows. Whether its user was warned, every system knows."""
    question = questions.get(order.action)
    return question(context, order) if question else Display("unknown", f"Frågan {order.action!r} är okänd här.")


def shows(what: str, missing: str, about: str, name: str = "") -> Question:
    """Whether the user is shown that about the id in `with`, under the name `about`; of the kind `with` names, if it does.

    A fault hides `what` from every question, or from the one of this `name`.
    """

    def shown(context: Context, order: Order) -> Display:
        kinds = context.store.shown(order.says(about), what)
        wanted = order.says("kind")
        is_there = wanted in kinds if wanted else bool(kinds)
        return Display.of(is_there and not any(map(context.flaws.hide, (what, name))), missing)

    return shown


def from_template(name: str, sent: SentMessage) -> Action:
    def do(acting: Acting) -> Done:
        notes: list[str] = []
        told: tuple[str, ...] = ()
        draft, goes_on = None, True
        while goes_on and len(notes) < _AT_MOST:
            draft = _filled_in(acting, name, sent)
            reading = _Reading(acting.context.store, sent, draft, f"{name} {draft.about}")
            notes += acting.deliver(acting.flawed(draft), read=reading)
            goes_on, told = reading.goes_on, reading.told
        named = {sent.id_name: draft.about} if draft and draft.about else {}
        return Done("done", "; ".join(notes), {**dict.fromkeys(told, "yes"), **named})

    return Action(sent.role, do, (sent.contract,))


def write_record(acting: Acting) -> Done:
    """A user of the system writes a record of a contract that reads: what is said by the names of its parts (`id`, `patient`, `unit` …),
    the rest as most records have it.
    """
    context, id_ = acting.context, acting.order.says("id") or acting.new_id()
    names = [
        name
        for name in context.reference.archives
        if acting.order.says("contract") in ("", *ContractId.parse(name).words)
    ]
    if len(names) != 1:
        raise NotDone("Ordern anger inte vilket läsande kontrakt posten hör till, under contract.")
    record = context.reference.archives[names[0]].written({**acting.order.data, "id": id_}, acting.stamp())
    root = etree.tostring(record.getroottree(), encoding="unicode")
    with context.store.transaction():
        context.store.put(_WRITTEN, names[0], [*(context.store.get(_WRITTEN, names[0]) or ()), root])
    return Done("done", "", {"record": id_})


def written(contract: Contract, store: RecordStore) -> Iterator[etree._Element]:
    """The records of the contract that the system's user has written."""
    for root in store.get(_WRITTEN, str(contract.id)) or ():
        yield from records_in(etree.fromstring(root), contract.records) if contract.records else ()


@dataclass(slots=True)
class _Reading:
    """What is done with the answer to a message that a template made: what the user is shown, and what the next one is filled in with."""

    store: RecordStore
    sent: SentMessage
    draft: Draft
    key: str
    goes_on: bool = False
    told: tuple[str, ...] = ()

    def __call__(self, answered: Answered) -> None:
        if answered.envelope is None:
            return
        root, known = answered.envelope.root, {**self.draft.values, **(self.store.get(_KEPT, self.key) or {})}
        for found in self.sent.shows.texts(root, known) if self.sent.shows else ():
            self.store.show(found, self.draft.contract.name)
        self.told = tuple(name for name, path in self.sent.tells.items() if path.holds(root, known))
        for name in self.told:
            self.store.show("", name)
        if self.sent.keeps:
            self.store.put(_KEPT, self.key, {name: path.as_text(root, known) for name, path in self.sent.keeps.items()})
        self.goes_on = bool(self.sent.again and self.sent.again.holds(root, known))


def _filled_in(acting: Acting, name: str, sent: SentMessage) -> Draft:
    """The message as the order has it, else as an earlier answer, else as `reference.yaml`."""
    told = {"new-id": acting.new_id(), "now": acting.stamp(), "today": acting.stamp()[:8]}
    values: dict[str, Value] = {**sent.data, **acting.order.data, **told}
    draft = _draft(acting.context, name, sent, values, acting.order.data)
    kept = acting.context.store.get(_KEPT, f"{name} {draft.about}")
    if not kept:
        return draft
    return _draft(acting.context, name, sent, {**sent.data, **kept, **acting.order.data, **told}, acting.order.data)


def _draft(
    context: Context, name: str, sent: SentMessage, values: Mapping[str, Value], ordered: Collection[str]
) -> Draft:
    """The message that a template gives. One that reads asks by what was ordered, if by anything, and leaves its other filters out."""
    contract = context.contracts[sent.contract]
    reads = contract.records if contract.records and contract.records.asked_by.keys() & set(ordered) else None
    scope = placeholder.Scope([values])
    address, sender, about = (placeholder.fill(text, scope, path=name) for text in (sent.to, sent.sender, sent.about))
    body = wrap(filled(sent.template, values), address, contract.header).encode()
    envelope = open_envelope(asking_by(body, reads, ordered) if reads else body)
    if envelope.payload is None:
        raise NotDone("Mallen är inget meddelande.")
    facts = context.reference.facts(envelope.root)
    draft = Draft(contract, address, sender, envelope.payload, about=about, values=facts)
    return replace(draft, kind=str(facts.get("kind", "")), party=address)


def filled(template: Path, values: Mapping[str, Value]) -> str:
    return placeholder.fill(template.read_text(encoding="utf-8"), placeholder.Scope([values]), path=str(template))
