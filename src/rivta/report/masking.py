"""No format shows who was seen and is no test person: every text of a declaration goes through the run's mask."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from rivta.declaration import proven
from rivta.evidence import masked
from rivta.evidence.redaction import mask_of
from rivta.model.declaration import Declaration

_T = TypeVar("_T")


def shown(declaration: Declaration) -> Declaration:
    """The declaration as a report may show it. What people wrote is refused earlier if it names anybody; this makes sure."""
    mask = mask_of(declaration.run.header)
    form, deviations = cleaned(declaration.form, mask.text), cleaned(declaration.deviations, mask.text)
    run = masked(declaration.run)
    run = replace(run, masked=tuple(sorted({*run.masked, *mask.found})))
    return replace(proven.of(run), form=form, deviations=deviations)


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
