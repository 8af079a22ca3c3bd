"""Large base64 values, judged in milliseconds.

xmlschema puts each value through regular expressions several times: seconds for a 10 MB attachment. A value that is of the
plain type xs:base64Binary and clearly right by the type's own grammar is therefore taken off its hands. Anything else, and
anything doubtful, it judges itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xmlschema import XsdElement

LARGE = 64 * 1024
"""Characters from which on a value is worth the look; also the body size in bytes below which nothing is looked at."""

_TYPE = "{http://www.w3.org/2001/XMLSchema}base64Binary"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# XML Schema Part 2, 3.2.16: the bits that padding leaves over are zero.
_LAST_FOUR = re.compile(rb"[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==")


def is_settled(element: Any, declaration: XsdElement) -> bool:
    """Whether an element needs no more judging: a large, sound base64 value and nothing besides.

    Shaped as xmlschema's validation hook, which passes over the elements for which it is true.
    """
    text = element.text
    if text is None or len(text) < LARGE or len(element) or element.attrib:
        return False
    return declaration.type.name == _TYPE and declaration.fixed is None and is_base64(text)


def is_base64(text: str) -> bool:
    """Whether text is in the lexical space of xs:base64Binary, white space collapsed."""
    if not text.isascii():
        return False
    data = text.encode("ascii").translate(None, b" \t\r\n")
    head, tail = data[:-4], data[-4:]
    return not data or (len(data) % 4 == 0 and not head.translate(None, _ALPHABET) and bool(_LAST_FOUR.fullmatch(tail)))
