"""The checks that every received message goes through without being written, whether a case asked for it or not."""

from collections.abc import Mapping

from rivta.check.seen import Seen
from rivta.check.verdicts import evaluate, is_silent
from rivta.model.case import Expectation
from rivta.model.run import CheckResult
from rivta.model.words import Source


def of_every_received(
    seen: Seen, kinds: Mapping[str, str], *, source: Source, exchange: int = 0, step: int = 0
) -> tuple[CheckResult, ...]:
    """A result for each kind of `Domain.every_received`, proving the requirement it stands for."""
    checks = (
        evaluate(Expectation(kind, {}, source), seen, verifies=(id_,), exchange=exchange, step=step)
        for kind, id_ in kinds.items()
    )
    return tuple(check for check in checks if not is_silent(check))
