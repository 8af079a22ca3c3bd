"""Checks over several messages of a case: what must stay the same from one to the next, and what must go up by one.

The messages are the two exchanges' requests: what that step sent, or what it received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import NamedTuple

from lxml import etree

from rivta.check.kinds import NOTHING, Observation, Seen, kind_of
from rivta.contract.message import Envelope, open_envelope
from rivta.contract.validators import is_base64
from rivta.model.errors import Unreadable, UsageError
from rivta.model.exchange import Exchange
from rivta.model.run import Finding
from rivta.model.words import Direction
from rivta.text.catalogue import text

Paths = list[str] | dict[str, str]
"""XPath expressions, alone or with a name each that a finding is told by."""
_LONGEST_NUMBER = 100
"""Digits that a number may have: beyond them it is none of ours, and costly to read."""
_LEAST_BASE64 = 40
"""Characters from which on a text is taken for base64 where it may be: words are shorter."""
_MOST_FINDINGS = 20
"""How many differences are told one by one; a wholly different message differs everywhere."""


class _Said(NamedTuple):
    """What a message says at one place. The same content always says the same, however it is laid out."""

    place: str
    value: str | None
    line: int | None = None

    def says(self, other: _Said) -> bool:
        return self[:2] == other[:2] or (self.place == other.place and _same_bytes(self.value or "", other.value or ""))


def _same_bytes(one: str, other: str) -> bool:
    """Whether both are base64 of the same, whatever lines it is written in."""
    bare = "".join(one.split())
    return len(bare) >= _LEAST_BASE64 and bare == "".join(other.split()) and is_base64(one) and is_base64(other)


_SILENT = _Said("", None)


@kind_of("calls")
def unchanged(seen: Seen, *, since: int, paths: Paths | None = None, but: Paths | None = None) -> Observation:
    """The message says the same as that of an earlier step: in the parts that `paths` find, or all of it `but` some parts.

    `since` is that step's number, counted from 1. `paths` and `but` are lists of XPath expressions, or name → XPath;
    without `paths` all of the SOAP Body is compared. Of an element everything below it counts: text, attributes, order;
    prefixes, comments and layout do not, nor the lines that base64 is written in. A part that is in neither message is unchanged. Concerns calls that we receive.
    Source: the contract description's rules for a course of several messages.
    """
    before, now = _earlier(seen, since), seen.envelope
    findings = (
        [*_in_parts(seen, before, now, paths)] if paths is not None else [*_but_for(seen, before, now, _list(but))]
    )
    names = ", ".join(paths) if paths is not None else " ".join(("soap:Body", *(f"− {path}" for path in but or ())))
    actual = f"= #{since}" if not findings else f"≠ #{since} ({len(findings)})"
    return Observation(f"= #{since}: {names}", actual, tuple(findings[:_MOST_FINDINGS]))


def _list(paths: Paths | None) -> list[str]:
    return [*paths.values()] if isinstance(paths, dict) else [*(paths or ())]


def _earlier(seen: Seen, since: int) -> Envelope:
    """The latest message of that step. UsageError if there is none: the suite counts wrong, or the conductor does."""
    found = [each for each in seen.earlier if each.step == since - 1 and each.request.body]
    if not found:
        steps = ", ".join(str(step + 1) for step in dict.fromkeys(each.step for each in seen.earlier))
        raise UsageError(f"step {since} has no message to compare with", todo=f"steps with one: {steps or 'none'}")
    return _opened(found[-1])


def _opened(exchange: Exchange) -> Envelope:
    try:
        return open_envelope(exchange.request.body)
    except Exception as unreadable:
        raise UsageError(f"the message of step {exchange.step + 1} cannot be read: {unreadable}") from unreadable


def _in_parts(seen: Seen, before: Envelope, now: Envelope, paths: Paths) -> Iterable[Finding]:
    named = paths.items() if isinstance(paths, dict) else [(path, path) for path in paths]
    pairs = [(name, path, _found(before, path, seen), _found(now, path, seen)) for name, path in named]
    if not any(was or is_ for _, _, was, is_ in pairs):
        what = f"none of the paths finds anything, now or then: {', '.join(_list(paths))}"
        raise UsageError(what, todo="check the XPath expressions")
    for name, path, was, is_ in pairs:
        for old, new in zip_longest(was, is_, fillvalue=_SILENT):
            if not old.says(new):
                yield _changed(f"{name} {new.place or old.place}".strip(), path, old, new)


def _found(envelope: Envelope, path: str, seen: Seen) -> list[_Said]:
    found = envelope.root.xpath(path, namespaces={**seen.namespaces})
    return [said for node in (found if isinstance(found, list) else [found]) for said in _says(node)]


def _says(node: object) -> Iterable[_Said]:
    if isinstance(node, etree._Element):
        return _flat(node, frozenset())
    holder, _ = _place_of(node)
    return (_Said("", str(node).strip(), None if holder is None else holder.sourceline),)


def _place_of(node: object) -> tuple[etree._Element | None, str | None]:
    """The element that an attribute or a text found by XPath stands in, and the attribute's name."""
    if isinstance(node, etree._ElementUnicodeResult):  # noqa: SLF001 (lxml names the class no other way)
        return node.getparent(), node.attrname
    return None, None


_Left = frozenset[tuple[etree._Element, str | None]]
"""What is left out: elements, and attributes of elements by name."""


def _flat(element: etree._Element, without: _Left, above: str = "") -> Iterable[_Said]:
    """Every text and attribute in an element, by its place in local names."""
    if (element, None) in without:
        return
    here, line = f"{above}/{etree.QName(element).localname}", element.sourceline
    for name, value in sorted(element.attrib.items()):
        if (element, str(name)) not in without:
            yield _Said(f"{here}/@{etree.QName(name).localname}", str(value).strip(), line)
    children = [*element.iterchildren(etree.Element)]
    if not children:
        yield _Said(here, "".join(element.itertext(etree.Element)).strip(), line)
    for child in children:
        yield from _flat(child, without, here)


def _but_for(seen: Seen, before: Envelope, now: Envelope, but: list[str]) -> Iterable[Finding]:
    if before.payload is None or now.payload is None:
        raise Unreadable(text("check", "fault_content"))
    left = _left_out(before.root, but, seen.namespaces) | _left_out(now.root, but, seen.namespaces)
    return _changes(before.payload, now.payload, left, Direction.REQUEST)


def changed_in(
    before: etree._Element, now: etree._Element, but: list[str], namespaces: Mapping[str, str], direction: Direction
) -> Iterable[Finding]:
    """Where one element says something else than the other, but for what the XPaths of `but`, from either, find."""
    left = _left_out(before, but, namespaces) | _left_out(now, but, namespaces)
    return _changes(before, now, left, direction)


def _changes(before: etree._Element, now: etree._Element, left: _Left, direction: Direction) -> Iterable[Finding]:
    was, is_ = (_by_place(each, left) for each in (before, now))
    for place in dict.fromkeys((*was, *is_)):
        for old, new in zip_longest(was.get(place, ()), is_.get(place, ()), fillvalue=_SILENT):
            if not old.says(new):
                yield _changed(place.rpartition("/")[2], place, old, new, direction)


def _by_place(element: etree._Element, left: _Left) -> dict[str, list[_Said]]:
    """What an element says, by place, without what is left out."""
    found: dict[str, list[_Said]] = {}
    for said in _flat(element, left):
        found.setdefault(said.place, []).append(said)
    return found


def _left_out(root: etree._Element, but: list[str], namespaces: Mapping[str, str]) -> _Left:
    left: set[tuple[etree._Element, str | None]] = set()
    for node in (node for path in but for node in root.xpath(path, namespaces={**namespaces})):
        if isinstance(node, etree._Element):
            left.add((node, None))
            continue
        holder, attribute = _place_of(node)
        if holder is not None and attribute is not None:
            left.add((holder, attribute))
    return frozenset(left)


def _changed(name: str, place: str, old: _Said, new: _Said, direction: Direction = Direction.REQUEST) -> Finding:
    return Finding(
        text("check", "changed", name=name),
        direction,
        location=place,
        line=new.line,
        expected=NOTHING if old.value is None else old.value,
        actual=NOTHING if new.value is None else new.value,
    )


@kind_of("calls")
def next_version(seen: Seen, *, since: int, path: str) -> Observation:
    """The number that `path` finds is one more than in the message of an earlier step.

    `since` is that step's number, counted from 1. Concerns calls that we receive. Source: the contract description,
    versionNumber: it starts at 1 and goes up by one with each version.
    """
    before, now = _number(_earlier(seen, since), path, seen), _number(seen.envelope, path, seen)
    if not before.isdecimal() or len(before) > _LONGEST_NUMBER:
        raise UsageError(f"{path} finds no number in the message of step {since}, but “{before}”")
    expected = f"#{since}: {before} + 1"
    wanted, actual = str(int(before) + 1), now or NOTHING
    if now.lstrip("0") == wanted:
        return Observation(expected, now)
    finding = Finding(text("check", "not_next"), seen.direction, path, None, wanted, actual)
    return Observation(expected, actual, (finding,))


def _number(envelope: Envelope, path: str, seen: Seen) -> str:
    return ", ".join(said.value or "" for said in _found(envelope, path, seen))
