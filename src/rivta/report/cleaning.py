"""Texts of any value cleaned, however deep they lie."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

_T = TypeVar("_T")


def cleaned(value: _T, clean: Callable[[str], str]) -> _T:
    """A copy of a value of the model in which every text went through `clean`."""
    done: Any = _cleaned(value, clean)
    return done  # type: ignore[no-any-return]  # a copy of its own kind


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    if type(value) is str:
        return clean(value)
    if type(value) is tuple:
        return tuple(_cleaned(each, clean) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _cleaned(getattr(value, each.name), clean) for each in fields(value)})
    return value
