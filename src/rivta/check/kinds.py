"""The kinds of checks: a check's name is its YAML key, its keyword-only parameters are the keys below it."""

import inspect
import types
import typing
from collections.abc import Callable, Mapping

from rivta.check.seen import NOTHING, Observation, Seen
from rivta.model.case import Expectation
from rivta.model.run import Finding
from rivta.model.words import Text
from rivta.suite import CheckKind, Parameter

Check = Callable[..., Observation]
F = typing.TypeVar("F", bound=Check)

KINDS: dict[str, Check] = {}
"""Every kind of check by its YAML key, in the order of the manual."""
Of = typing.Literal["replies", "calls"]
_OF: dict[str, Of] = {}


def kind(check: F) -> F:
    """Make a function a kind of check. Its docstring is its entry in the manual."""
    KINDS[check.__name__] = check
    return check


def kind_of(message: Of) -> Callable[[F], F]:
    """Make a function a kind of check that judges only the system's replies, or only the calls that it makes."""

    def named(check: F) -> F:
        _OF[check.__name__] = message
        return kind(check)

    return named


def observe(expectation: Expectation, seen: Seen) -> Observation:
    """What the expectation's check sees. Raises whatever the check raises."""
    return KINDS[expectation.kind](seen, **expectation.args)


def vocabulary() -> Mapping[str, CheckKind]:
    """What a suite may expect, described for the suite reader, the editor's JSON Schema and the manual."""
    return {name: _described(name, check) for name, check in KINDS.items()}


def _described(name: str, check: Check) -> CheckKind:
    hints = typing.get_type_hints(check)
    keywords = [item for item in inspect.signature(check).parameters.values() if item.kind is item.KEYWORD_ONLY]
    parameters = tuple(
        Parameter(
            name=item.name,
            shape=_shape(hints[item.name]),
            required=item.default is item.empty,
            first=item is keywords[0],
            words=_words(hints[item.name]),
        )
        for item in keywords
    )
    return CheckKind(name=name, doc=inspect.getdoc(check) or "", parameters=parameters, of=_OF.get(name, "any"))


def _words(hint: object) -> tuple[str, ...]:
    """The words of a `Literal`, alone or beside None."""
    options = (hint, *typing.get_args(hint))
    return next((typing.get_args(one) for one in options if typing.get_origin(one) is typing.Literal), ())


def _shape(hint: object) -> typing.Literal["text", "whole", "yes/no", "expectations", "any"]:
    options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    if bool in options:
        return "yes/no"
    if int in options:
        return "whole"
    origins = [typing.get_origin(option) for option in (hint, *options)]
    if list in origins:
        return "any"
    return "expectations" if tuple in origins else "text"


# A check made of checks: when two answers both conform


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
