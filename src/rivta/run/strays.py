"""Calls that no case asked for: they go through the checks of every received message too."""

from __future__ import annotations

from rivta.check import Seen, of_every_received
from rivta.model.domain import Domain
from rivta.model.exchange import Call
from rivta.model.run import Stray
from rivta.model.words import Source, Text

_NOBODY_ASKED = Text("Inget fall väntade på anropet.", "No case waited for the call.")


def stray(call: Call, domain: Domain | None, reason: Text = _NOBODY_ASKED, *, is_checked: bool = True) -> Stray:
    """The call with what the checks say of it. Without a domain, or a contract of it, there is nothing to hold it against."""
    contract = domain.contracts.get(call.exchange.contract) if domain else None
    if domain is None or contract is None or not is_checked:
        return Stray(call.exchange, call.exchange.contract, call.address, (), reason)
    seen = Seen(call.exchange, contract, domain.namespaces, recipient=domain.said("recipient", call.facts))
    source = Source(str(domain.folder / "domain.yaml"))
    checks = of_every_received(seen, domain.every_received, source=source)
    return Stray(call.exchange, contract.name, call.address, checks, reason)
