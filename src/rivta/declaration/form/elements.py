"""What the system was seen sending: the source of the questions that list a contract's elements.

An element is named `<Contract>/<path>` by local names, matched at the end of an element's own path; an attribute's value
may be demanded: `RegisterLoan/borrower/personId[@root=1.2.752.129.2.1.3.1]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from rivta.declaration.form.part import RunPart, SeenExchange
from rivta.model.declaration import Proposal
from rivta.model.errors import Unreadable
from rivta.model.words import Text, Verdict
from rivta.text import xml
from rivta.text.catalogue import text

_NAME = re.compile(r"((?:[^/@]+\.[^/@]+/)?[^/]+)/([^\[]+)(?:\[@([^=]+)=([^\]]+)\])?")
_JUDGES = ("schema", "rules")


def covered(element: str, part: RunPart) -> Proposal | Text:
    """Yes if a message with the element was valid, no if each with it broke the schema or a rule, else why nothing is known."""
    contract = part.word(contract_of(element))
    sent: list[str] = []
    broken: list[str] = []
    for seen in part.exchanges("consumer"):
        if seen.exchange.contract == contract and _holds(seen.exchange.request.body, element):
            (broken if _is_broken(seen) else sent).append(seen.key)
    if sent:
        return Proposal("yes", tuple(dict.fromkeys(sent)), Verdict.PASSED)
    if broken:
        return Proposal("no", tuple(dict.fromkeys(broken)), Verdict.FAILED)
    return text("declaration", "not_sent")


def contract_of(element: str) -> str:
    """The contract that an element is named with: before the first slash, or the second where a domain stands first."""
    match = _NAME.fullmatch(element)
    return match[1] if match else element.partition("/")[0]


def _holds(body: bytes, element: str) -> bool:
    try:
        root = xml.parse(body)
    except Unreadable:
        return False
    return any(True for _ in _found(root, element))


def _found(root: etree._Element, element: str) -> Iterator[etree._Element]:
    match = _NAME.fullmatch(element)
    if match is None:
        return
    *parents, last = match[2].split("/")
    for node in root.iter(f"{{*}}{last}"):
        above = [etree.QName(parent).localname for parent in node.iterancestors()]
        if above[: len(parents)] == parents[::-1] and (match[3] is None or node.get(match[3]) == match[4]):
            yield node


def _is_broken(seen: SeenExchange) -> bool:
    return any(check.verdict is Verdict.FAILED for check in seen.checks if check.kind in _JUDGES)
