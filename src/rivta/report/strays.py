"""Calls that no case asked for, as the report shows them: each like a case of its own, with its checks and its messages.

They count for no requirement: nobody set out to show anything by them. But what they show is told.
"""

from rivta.model.run import CaseResult, Stray
from rivta.model.words import Source, Text, Verdict

PREFIX = "stray/"
"""How the key of such a call begins; its number in the run, from 1, follows."""


def as_case(stray: Stray, number: int) -> CaseResult:
    """The call in the shape of a case. Without a check it is not proven: nothing was held against anything."""
    exchange = stray.exchange
    name = stray.contract or exchange.contract
    at = f" → {stray.address}" if stray.address else ""
    return CaseResult(
        case=f"{PREFIX}{number}",
        title=Text.same(f"{name}{at}") if name else Text("Okänt kontrakt", "Unknown contract"),
        domain="",
        contract=name,
        role="consumer",
        suite="",
        verdict=Verdict.of(check.verdict for check in stray.checks),
        verifies=(),
        checks=stray.checks,
        exchanges=(exchange,),
        started=exchange.started,
        elapsed_ms=exchange.elapsed_ms,
        source=Source(""),
        reason=stray.reason,
    )
