"""JSON on one line without a blank, the same bytes whichever encoder made them.

orjson makes them ten times as fast where it is installed; nothing depends on it.
"""

import json

try:
    import orjson  # type: ignore[import-not-found, unused-ignore]  # it need not be there
except ImportError:
    _fast = None
else:
    _fast = orjson.dumps

SMALLEST = 1e-4
"""The smallest number beside zero that both spell without an exponent, which each would write in another way."""


def compact(value: object) -> bytes:
    """A value of dicts with text for keys, lists, texts and numbers (none below SMALLEST but zero) as UTF-8."""
    if _fast is not None:
        try:
            return _fast(value)
        except TypeError:  # a lone surrogate, a number of more than 64 bits, or more nested than it may be
            pass
    return slowly(value)


def slowly(value: object) -> bytes:
    """The same by the standard library alone."""
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:  # a lone surrogate, as in a file name that is no UTF-8: JSON can spell it, UTF-8 cannot
        return json.dumps(value, separators=(",", ":")).encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""One for all: `json.dumps` makes a new one each time for these separators."""
