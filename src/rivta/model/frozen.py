"""What `dataclass(frozen=True, slots=True)` makes, in a quarter of the time.

A start makes two hundred and fifty such classes, and the standard library compiles six methods for each: that was a third of it. Here
only `__init__` is compiled; what is the same for all, to compare, to show, to refuse a change, is written once. To everybody else, a
type checker too, they are dataclasses: `replace`, `fields`, `match` and pickle work as ever.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")
_set = object.__setattr__


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """The class as a dataclass whose values do not change. What it defines itself of the methods of one, it keeps."""
    cls.__doc__ = (
        cls.__doc__ or cls.__name__
    )  # else the signature would be told there, which takes as long as all the rest
    own = vars(cls).keys()
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    its = fields(made)  # type: ignore[arg-type]  # mypy does not see that it is one by now
    methods = {"__init__": _init(made, its), "__setattr__": _refuse, "__delattr__": _refuse, **_methods(its)}
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _init(cls: type, its: tuple[Field[Any], ...]) -> Callable[..., None]:
    """Sets each field, from its argument, its default, or what makes its default."""
    known: dict[str, Any] = {"MISSING": MISSING}
    arguments, lines = ["self"], ["pass"]
    for each in its:
        name, default = each.name, f"default_{each.name}"
        value = name if each.init else f"{default}()"
        if each.default is not MISSING:
            known[default] = each.default
            value = name if each.init else default
        elif each.default_factory is not MISSING:
            known[default] = each.default_factory
            value = f"{default}() if {name} is MISSING else {name}" if each.init else f"{default}()"
        elif not each.init:
            continue  # for __post_init__ to set
        if each.init:
            given = default if each.default is not MISSING else "MISSING" if default in known else ""
            arguments.append(f"{name}={given}" if given else name)
        # The slot's own setter: half of what `object.__setattr__` takes, which looks for it each time.
        known[f"set_{name}"] = getattr(cls, name).__set__
        lines.append(f"set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    exec(f"def __init__({', '.join(arguments)}):\n " + "\n ".join(lines), known)  # noqa: S102 - nothing but names of fields is in it
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    made: Callable[..., None] = known["__init__"]
    return made


def _methods(its: tuple[Field[Any], ...]) -> dict[str, Callable[..., Any]]:
    """The methods that are alike but for the names of the fields."""
    names, shown = [each.name for each in its], [each.name for each in its if each.repr]
    state, compared = _values(names), _values([each.name for each in its if each.compare])
    hashed = _values([each.name for each in its if (each.compare if each.hash is None else each.hash)])

    def equal(self: object, other: object) -> Any:
        return compared(self) == compared(other) if type(self) is type(other) else NotImplemented

    @recursive_repr()
    def told(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def restore(self: object, values: tuple[Any, ...]) -> None:
        for name, value in zip(names, values, strict=True):
            _set(self, name, value)

    return {
        "__eq__": equal,
        "__hash__": lambda self: hash(hashed(self)),
        "__repr__": told,
        "__getstate__": lambda self: state(self),  # noqa: PLW0108 - an attrgetter is no method
        "__setstate__": restore,
    }


def _values(names: list[str]) -> Callable[[object], tuple[Any, ...]]:
    """What gives the values of these fields, however few they are."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _refuse(_: object, name: str, *__: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")
