"""What a pinged system answers: its version, when it does so, and something of how it is set up."""

from __future__ import annotations

from typing import Final

from lxml.builder import ElementMaker

from rivta.simulator import IncomingMessage, Outcome, RecordStore, Result

__all__ = ["decide"]

_P: Final = ElementMaker(namespace="urn:riv:itintegration:monitoring:PingForConfigurationResponder:1")


def decide(message: IncomingMessage, _store: RecordStore) -> Outcome:
    """Nothing is kept of a ping."""
    refused = message.flaws.refusal(message.payload, message.facts)
    now = f"{message.received:%Y%m%d%H%M%S}"
    told = (_P.version("1.0"), _P.pingDateTime(now), _P.configuration(_P.name("encoding"), _P.value("UTF-8")))
    return refused or Result(beside=told)
