"""A link out of the system under test, as who follows it gives it: an address, what is posted to it, or HTML with the form that posts.

`https://…?name=value` is an address, as is `GET https://…`; `POST https://…` has what is posted on the lines after it, form-urlencoded.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

from lxml import etree, html

from rivta.model.frozen import frozen
from rivta.model.run import Finding
from rivta.model.steps import Link
from rivta.model.words import Text
from rivta.text import identity
from rivta.text.catalogue import text

HIDDEN = quote("…")
"""What stands in a given link where it said what must not be kept."""
_REQUEST = re.compile(r"(?:(GET|POST)\s+)?(\S+)(?:\s*\n\s*(.*))?", re.DOTALL)
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_UNSAFE = re.compile(r"[^\x21-\x7e]|%(?![0-9A-Fa-f]{2})")
"""What must not stand as it is in an address, nor in what is posted by a form."""


@frozen
class _Followed:
    """What a browser asks for. `query` and `posted` are parameters as they are encoded; a form's fields are told as it reads them."""

    method: str
    url: str
    query: str
    posted: str
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def written(self) -> str:
        return "&".join(filter(None, (self.query, self.posted)))

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        return (*parse_qsl(self.written, keep_blank_values=True, errors="replace"), *self.fields)


def amiss(wanted: Link, given: str) -> tuple[Finding, ...]:
    """What of the link is not as it is to be, each with its cause. Nothing where all is."""
    followed = _form(given) if given.lstrip().startswith("<") else _request(given.strip())
    if followed is None:
        return (Finding(text("check", "link_none"), actual=given),)
    return tuple(
        _finding(*told) for told in (*_place(wanted, followed), *_encoding(followed), *_named(wanted, followed))
    )


_Told = tuple[Text, str, str]


def _finding(message: Text, expected: str, actual: str) -> Finding:
    return Finding(message, expected=expected, actual=actual)


def _request(given: str) -> _Followed | None:
    found = _REQUEST.fullmatch(given)
    if found is None or "://" not in found[2]:
        return None
    address, _, query = found[2].partition("#")[0].partition("?")
    return _Followed(found[1] or "GET", address, query, "".join((found[3] or "").splitlines()))


def _form(given: str) -> _Followed | None:
    """The first form of the page that posts somewhere."""
    try:
        forms = html.fromstring(given).xpath("descendant-or-self::form[@action]")
    except (etree.ParserError, ValueError):
        return None
    if not forms:
        return None
    for each in forms[0].iterfind(".//input[@name]"):
        if each.get("type") not in ("checkbox", "radio"):
            each.set("value", each.get("value", ""))  # a browser sends a field that says nothing, and lxml does not
    address, _, query = forms[0].get("action").partition("?")
    return _Followed(forms[0].get("method", "get").upper(), address, query, "", tuple(forms[0].form_values()))


def _place(wanted: Link, followed: _Followed) -> Iterator[_Told]:
    if urlsplit(followed.url).scheme != "https":
        yield text("check", "link_https"), "https", followed.url
    if not re.fullmatch(wanted.address, followed.url.partition("://")[2]):
        yield text("check", "link_address"), f"~ https://{wanted.address}", followed.url
    if wanted.method and followed.method != wanted.method:
        yield text("check", "link_method"), wanted.method, followed.method
    shown = f"{followed.url}?{followed.query}"
    if identity.find(shown) or HIDDEN in shown:
        yield text("check", "link_person"), "", shown


def _encoding(followed: _Followed) -> Iterator[_Told]:
    written = followed.written
    if unsafe := _UNSAFE.search(written):
        yield text("check", "link_unencoded"), quote(unsafe[0]), unsafe[0]
    try:
        unquote_to_bytes(written).decode()
    except UnicodeDecodeError as broken:
        yield text("check", "link_charset"), "UTF-8", repr(broken.object[broken.start : broken.start + 1])[2:-1]
    for name, value in followed.parameters:
        if again := _ESCAPED.search(value):
            yield text("check", "link_twice_encoded", name=name), "", again[0]


def _named(wanted: Link, followed: _Followed) -> Iterator[_Told]:
    names = [name for name, _ in followed.parameters]
    patterns = {**wanted.optional, **wanted.parameters}
    yield from ((text("check", "link_lacks", name=name), name, "") for name in wanted.parameters if name not in names)
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield text("check", "link_repeats", name=name), "1", str(names.count(name))
    for name, value in followed.parameters:
        if name not in patterns and patterns:
            yield text("check", "link_unknown", name=name), ", ".join(patterns), name
        elif patterns and not re.fullmatch(patterns[name], value):
            yield text("check", "link_value", name=name), f"~ {patterns[name]}", value
