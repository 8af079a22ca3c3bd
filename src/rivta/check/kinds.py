"""The kinds of checks: a check's name is its YAML key, its keyword-only parameters are the keys below it."""

import inspect
import types
import typing
from collections.abc import Callable, Mapping

from rivta.check.seen import Observation, Seen
from rivta.model import Expectation
from rivta.suite import CheckKind, Parameter

Check = Callable[..., Observation]
F = typing.TypeVar("F", bound=Check)

KINDS: dict[str, Check] = {}
"""Every kind of check by its YAML key, in the order of the manual."""


def kind(check: F) -> F:
    """Make a function a kind of check. Its docstring is its entry in the manual."""
    KINDS[check.__name__] = check
    return check


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
        )
        for item in keywords
    )
    return CheckKind(name=name, doc=inspect.getdoc(check) or "", parameters=parameters)


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
