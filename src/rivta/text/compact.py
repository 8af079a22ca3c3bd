"""JSON on one line without a blank, the same bytes whichever encoder made them, and read back.

orjson makes them ten times as fast where it is installed; nothing depends on it.
"""

import json
import re
from contextlib import suppress
from typing import Any

try:
    import orjson  # type: ignore[import-not-found, unused-ignore]  # it need not be there
except ImportError:
    _fast = _read_fast = None
else:
    _fast, _read_fast = orjson.dumps, orjson.loads

_EXPONENT = re.compile(rb"[:,\[]-?(?:[0-9][0-9.]*e|0\.0000)")
"""A number, or what may be one, that each encoder spells in another way: one of them with an exponent."""


def compact(value: object, *, has_exponents: bool = True) -> bytes:
    """A dict with text for keys or a list, and whatever of that kind is in it, as UTF-8.

    Of milliseconds and counts none is so small or so large that it is spelt with an exponent: then nobody need look for one, which
    takes ten times as long as all the rest.
    """
    if _fast is not None:
        try:
            made: bytes = _fast(value)
        except TypeError:  # a lone surrogate, a number of more than 64 bits, or more nested than it may be
            return slowly(value)
        if not has_exponents or not _EXPONENT.search(made):
            return made
    return slowly(value)


def parsed(line: bytes) -> Any:
    """What a line says. ValueError or RecursionError where it is no JSON, of which NaN and infinity are none."""
    if _read_fast is not None:
        with suppress(ValueError):  # half a character, spelt as JSON may, is one that only the standard library reads
            return _read_fast(line)
    return json.loads(line, parse_constant=_no_number)


def _no_number(name: str) -> float:
    raise ValueError(name)


def slowly(value: object) -> bytes:
    """The same by the standard library alone."""
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:  # a lone surrogate, as in a file name that is no UTF-8: JSON can spell it, UTF-8 cannot
        return json.dumps(value, separators=(",", ":")).encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""One for all: `json.dumps` makes a new one each time for these separators."""
