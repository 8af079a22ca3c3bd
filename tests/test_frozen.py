"""Our frozen dataclasses are to everybody what the standard library makes of the same words."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, astuple, dataclass, field, fields, is_dataclass, replace
from typing import Any

import pytest

from rivta.model.frozen import frozen

STANDARD = dataclass(frozen=True, slots=True)


def classes(make: Callable[[type], Any]) -> dict[str, Any]:
    """The same classes, made by either."""

    @make
    class Nothing:
        """Without a field."""

    @make
    class One:
        a: object

    @make
    class Base:
        """To build on."""

        a: int
        b: str = "b"
        hidden: int = field(default=0, repr=False, compare=False)

    @make
    class Derived(Base):
        """With more, and a default of its own."""

        b: str = "other"
        c: list[int] = field(default_factory=list, hash=False)

        @property
        def twice(self) -> int:
            return 2 * self.a

    @make
    class Settled:
        """With what follows from the rest."""

        a: int
        double: int = field(init=False, repr=False, compare=False)
        made: list[int] = field(default_factory=list, init=False, compare=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "double", 2 * self.a)

    @make
    class Own:
        """With methods of its own."""

        a: int

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "own"

    return {each.__name__: each for each in (Nothing, One, Base, Derived, Settled, Own)}


OURS, THEIRS = classes(frozen), classes(STANDARD)
CALLS: list[tuple[str, tuple[object, ...], dict[str, object]]] = [
    ("Nothing", (), {}),
    ("One", (float("nan"),), {}),
    ("One", (), {"a": (1,)}),
    ("Base", (1,), {}),
    ("Base", (1, "c", 3), {}),
    ("Derived", (1,), {}),
    ("Derived", (1,), {"c": [1]}),
    ("Settled", (4,), {}),
    ("Own", (1,), {}),
]


@pytest.mark.parametrize(("name", "given", "named"), CALLS)
def test_a_value_is_what_the_standard_library_makes(
    name: str, given: tuple[object, ...], named: dict[str, object]
) -> None:
    ours, theirs = OURS[name](*given, **named), THEIRS[name](*given, **named)
    assert repr(ours) == repr(theirs)
    assert astuple(ours) == astuple(theirs)
    assert asdict(ours) == asdict(theirs)
    assert (ours == OURS[name](*given, **named)) == (theirs == THEIRS[name](*given, **named)) is True
    assert hash(ours) == hash(OURS[name](*given, **named))
    assert ours != theirs or name == "Own"
    assert is_dataclass(ours)
    assert OURS[name].__match_args__ == THEIRS[name].__match_args__
    assert OURS[name].__slots__ == THEIRS[name].__slots__
    assert not hasattr(ours, "__dict__")
    assert copy.copy(ours) == ours


@pytest.mark.parametrize("name", OURS)
def test_it_has_the_same_fields_and_takes_the_same_arguments(name: str) -> None:
    told = [
        [(each.name, each.type, each.default, each.init, each.compare) for each in fields(made[name])]
        for made in (OURS, THEIRS)
    ]
    assert told[0] == told[1]
    taken = [
        [
            (each.name, each.kind, each.default is each.empty)
            for each in inspect.signature(made[name]).parameters.values()
        ]
        for made in (OURS, THEIRS)
    ]
    assert taken[0] == taken[1]


def test_what_does_not_count_is_neither_compared_nor_hashed_nor_shown() -> None:
    base, derived = OURS["Base"], OURS["Derived"]
    assert base(1, "b", 2) == base(1, "b", 3)
    assert hash(base(1, "b", 2)) == hash(base(1, "b", 3))
    assert "hidden" not in repr(base(1))
    assert base(1) != base(2)
    assert base(1) != derived(1, "b"), "of another class"
    assert hash(derived(1, c=[1])) == hash(derived(1, c=[2]))
    assert derived(1, c=[1]) != derived(1, c=[2])
    assert derived(1).c is not derived(1).c


@pytest.mark.parametrize("name", ["a", "b", "nothing"])
def test_nothing_can_be_changed(name: str) -> None:
    value = OURS["Base"](1)
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, 2)
    with pytest.raises(FrozenInstanceError):
        delattr(value, name)
    assert value == OURS["Base"](1)


def test_it_is_replaced_and_matched_as_ever() -> None:
    derived = OURS["Derived"]
    assert replace(derived(1), b="x") == derived(1, "x")
    assert derived(2).twice == 4
    with pytest.raises(TypeError):
        derived()
    with pytest.raises(TypeError):
        derived(1, d=2)
    with pytest.raises(ValueError, match="init=False"):
        replace(OURS["Settled"](1), double=3)
    assert OURS["Settled"](4).double == 8


@frozen
class Pair:
    """What pickle can find again."""

    a: object
    b: object = None


def test_it_is_pickled_and_shows_itself_within_itself_once() -> None:
    pair = Pair(1, (2, [3]))
    assert pickle.loads(pickle.dumps(pair)) == pair  # noqa: S301 - written in this line
    assert copy.deepcopy(pair) == pair
    turning: list[object] = []
    turning.append(Pair(turning))
    assert "..." in repr(turning)
