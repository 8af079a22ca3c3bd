"""A call that no case asked for, and what the checks of every received message say of it all the same."""

from collections.abc import Iterable, Mapping

from rivta.check import Seen, of_every_received
from rivta.contract import message
from rivta.model.domain import Contract, Domain
from rivta.model.errors import Unreadable
from rivta.model.exchange import Call
from rivta.model.run import Stray
from rivta.model.words import Source, Text

_OF_A_CONTRACT = ("schema", "rules", "soapaction", "addressing")
"""What a Fault is not held against: it is of no contract."""


def stray(call: Call, domains: Iterable[Domain], reason: Text) -> Stray:
    """The call with what the checks say of it. Without a contract of these domains there is nothing to hold it against, unless
    it is a SOAP Fault, which is held against what holds of every Fault.
    """
    exchange, domains = call.exchange, tuple(domains)
    domain = domain_of(exchange.contract, domains)
    home = (
        (domain, domain.contracts[exchange.contract], domain.every_received) if domain else _of_a_fault(call, domains)
    )
    if home is None:
        return Stray(exchange, exchange.contract, call.address, (), reason)
    domain, contract, kinds = home
    seen = Seen(exchange, contract, domain.namespaces, recipient=domain.said("recipient", call.facts))
    checks = of_every_received(seen, kinds, source=Source(str(domain.folder / "domain.yaml")))
    return Stray(exchange, exchange.contract, call.address, checks, reason)


def _of_a_fault(call: Call, domains: tuple[Domain, ...]) -> tuple[Domain, Contract, Mapping[str, str]] | None:
    """What a SOAP Fault that was sent as a call is held against: what holds of every Fault, and of all that is received.

    Where several contracts are at hand it is taken for one of that to whose address it came.
    """
    at_hand = [(domain, each) for domain in domains for each in domain.contracts.values()]
    if not at_hand or not _is_fault(call.exchange.request.body):
        return None
    domain, contract = next((each for each in at_hand if call.exchange.url.endswith(each[1].path)), at_hand[0])
    always = {kind: id_ for kind, id_ in domain.every_case.items() if kind.startswith("fault_")}
    received = {kind: id_ for kind, id_ in domain.every_received.items() if kind not in _OF_A_CONTRACT}
    return domain, contract, {**received, **always}


def _is_fault(body: bytes) -> bool:
    try:
        return message.open_envelope(body).fault is not None
    except Unreadable:
        return False


def domain_of(contract: str, domains: Iterable[Domain]) -> Domain | None:
    return next((domain for domain in domains if contract in domain.contracts), None)
