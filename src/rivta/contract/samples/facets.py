"""The boundaries of a simple type: for each facet a value on either side of it, and values of another form or kind.

A text may be on the right side of one facet and fall to another: whoever uses these asks the validators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final, Literal

from rivta.contract.pattern import bases, examples
from rivta.model.frozen import frozen
from rivta.text import identity

_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_FORMS: Final = ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")
"""How people and standards write a day or a moment."""
_OF_NO_TYPE: Final = ("maybe", "1.5", "2026-02-30", "2026-13-01T12:00:00", "=")
"""Texts of which each is outside of some types that are not texts: no boolean, whole number, day, moment, base64."""
_TEXTS: Final = frozenset({"string", "anyURI", "anySimpleType", "anyAtomicType"})
_MORE: Final = (0, 1, 3)
"""How many times oftener than it must a part of a pattern is there in an example."""


@frozen
class Boundary:
    """A value outside of a boundary of some kind, and one right inside of it, where that can be said.

    A value is a text, or how long the message's own text is to be.
    """

    kind: str
    outside: str
    inside: str | None = None
    do: Literal["text", "length"] = "text"


def boundaries(type_: Any, own: str) -> Iterator[Boundary]:
    """Each boundary of the type, of which a message has `own` as a value."""
    yield from _lengths(type_)
    if type_.enumeration:
        inside = next((each for each in map(str, type_.enumeration) if each != own), None)
        yield from (Boundary("beside", text, inside) for text in _beside(type_))
    else:  # a list has no bounds but its own, whatever it is made from
        yield from _bounds(type_)
        yield from _digits(type_)
    if any(getattr(base, "patterns", None) for base in bases(type_)):
        yield from (Boundary("form", text) for text in _malformed(type_, own))
    wrong = (text for text in spellings(own) if not takes(type_, text))
    yield from (Boundary("spelling", text) for text in islice(wrong, 1))
    if _primitive(type_) not in _TEXTS:
        wrong = (text for text in _OF_NO_TYPE if not takes(type_, text))
        yield from (Boundary("type", text) for text in islice(wrong, 2))
    yield Boundary("empty", "")


def takes(type_: Any, text: str) -> bool:
    """Whether a text is a value of the type. A year that no computer counts to is none."""
    try:
        return bool(type_.text_is_valid(text))
    except OverflowError:
        return False


def alternatives(type_: Any, own: str) -> Iterator[tuple[str, str]]:
    """Other values that the type takes, each with the kind that it is of."""
    for each in map(str, type_.enumeration or ()):
        if each != own:
            yield "value", each
    spelt = list(spellings(own))
    if not type_.enumeration and not spelt:
        yield from (("other", text) for text in examples(type_, _MORE) if text != own and takes(type_, text))
    yield from (("spelling", text) for text in spelt if takes(type_, text))


def spellings(own: str) -> Iterator[str]:
    """The same day or moment written in other ways. A person's number is none, though it can look like one."""
    moment, form = _read(own)
    if moment is not None:
        alike = sorted(_FORMS, key=lambda each: ("%H" in each) != ("%H" in form))
        yield from (text for each in alike if (text := moment.strftime(each)) != own)


def neighbours(own: str) -> Iterator[str]:
    """The day before and the day after, or the numbers beside it, written as it is. A person's number has none."""
    if _read(own)[0] is not None:
        yield from filter(None, (_moved(own, days, _FORMS) for days in (-1, 1)))
    elif re.fullmatch(r"\d{1,9}", own) and not identity.find(own):
        yield from (str(int(own) + more).zfill(len(own)) for more in (-1, 1) if int(own) + more >= 0)


def _read(own: str, forms: Sequence[str] = _FORMS) -> tuple[datetime | None, str]:
    """A text as the day or moment that it may be, and in which form it is written; a person's number is none."""
    for form in () if identity.find(own) else forms:
        with suppress(ValueError):
            return datetime.strptime(own, form), form  # noqa: DTZ007 - a text of a message, which has no zone
    return None, ""


def _facet(type_: Any, name: str) -> Any:
    found = (getattr(base, "facets", {}).get(_XS + name) for base in bases(type_))
    return next((each.value for each in found if each is not None), None)


def _lengths(type_: Any) -> Iterator[Boundary]:
    exact = _facet(type_, "length")
    longest, shortest = (_facet(type_, name) if exact is None else exact for name in ("maxLength", "minLength"))
    if longest is not None:
        yield Boundary("longer", str(longest + 1), str(longest), "length")
    if shortest:
        yield Boundary("shorter", str(shortest - 1), str(shortest), "length")


def _bounds(type_: Any) -> Iterator[Boundary]:
    """A step beyond a bound and the bound itself; the bound and a step before it where it is excluded itself."""
    for name, kind, out in (("max", "greater", 1), ("min", "less", -1)):
        for bound, steps in (("Inclusive", (out, 0)), ("Exclusive", (0, -out))):
            if (value := _facet(type_, name + bound)) is not None:
                outside, inside = (_moved(str(value), each) for each in steps)
                if outside is not None:
                    yield Boundary(kind, outside, inside)


def _moved(bound: str, steps: int, forms: Sequence[str] = _FORMS[3:]) -> str | None:
    """So many days, or whole numbers, on; None where that cannot be said."""
    moment, form = _read(bound, forms)
    with suppress(OverflowError, InvalidOperation):
        if not steps:
            return bound
        return str(Decimal(bound) + steps) if moment is None else (moment + timedelta(days=steps)).strftime(form)
    return None


def _digits(type_: Any) -> Iterator[Boundary]:
    if (total := _facet(type_, "totalDigits")) is not None:
        yield Boundary("digits", "1" * (total + 1), "1" * total)
    fraction = _facet(type_, "fractionDigits")
    if fraction is not None and _primitive(type_) == "decimal":
        inside = f"1.{'1' * fraction}" if fraction else "1"
        yield Boundary("fraction", f"1.{'1' * (fraction + 1)}", inside)


def _beside(type_: Any) -> Iterator[str]:
    """Right beside the last of a list, by number or by letter."""
    last = str(type_.enumeration[-1])
    for text in (*neighbours(last), f"{last}X", last.lower(), last[:-1]):
        if text and not takes(type_, text):
            yield text
            return


def _malformed(type_: Any, own: str) -> Iterator[str]:
    """The message's own text with something wrong in its form; at most two."""
    tried = (
        own[:-1],
        f"{own}{own[-1:]}",
        re.sub(r"\d", "x", own, count=1),
        re.sub(r"\W", "", own),
        f" {own} ",
        f"{own}\u00e5",
    )
    wrong = dict.fromkeys(text for text in tried if text != own and text.strip() and not takes(type_, text))
    yield from list(wrong)[:2]


def _primitive(type_: Any) -> str:
    found = getattr(type_, "primitive_type", None)
    return str(getattr(found, "local_name", "") or "string")
