"""A check made of checks: when two answers both conform."""

from rivta.check.kinds import kind, observe
from rivta.check.seen import NOTHING, Observation, Seen
from rivta.model.case import Expectation
from rivta.model.run import Finding
from rivta.model.words import Text

Alternative = Expectation | tuple[Expectation, ...]


@kind
def one_of(seen: Seen, *, expectations: tuple[Alternative, ...]) -> Observation:
    """At least one of the alternatives holds; an alternative is one expectation or a list that must hold together.

    The report says which alternative was seen. For invalid input most contracts leave a choice between a result that says so
    and a SOAP Fault. Source: the contract descriptions, error handling.
    """
    observed = [_all_of(seen, alternative) for alternative in expectations]
    expected = " | ".join(each.expected for each in observed)
    seen_so = [each for each in observed if not each.findings and each.applies]
    for each in sorted(seen_so, key=lambda one: not one.proves):
        return Observation(expected, each.actual, note=each.note, proves=each.proves)
    actual = observed[0].actual if observed else NOTHING
    message = Text("Inget av de tillåtna svaren gavs.", "None of the answers that conform was given.")
    reasons = tuple(finding for each in observed for finding in each.findings)
    return Observation(expected, actual, (Finding(message, seen.direction, expected=expected, actual=actual), *reasons))


def _all_of(seen: Seen, alternative: Alternative) -> Observation:
    parts = [observe(part, seen) for part in (alternative if isinstance(alternative, tuple) else (alternative,))]
    return Observation(
        expected=", ".join(part.expected for part in parts),
        actual="; ".join(dict.fromkeys(part.actual for part in parts)),
        findings=tuple(finding for part in parts for finding in part.findings),
        note=next((part.note for part in parts if part.note), None),
        applies=all(part.applies for part in parts),
        proves=all(part.proves for part in parts),
    )
