"""The smallest valid response of a contract in which something is said, with the records that it holds."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from rivta.contract.giving import NOTHING, Page, fill, placeholders
from rivta.contract.instance import Place, smallest
from rivta.contract.wsdl import wsdl_of
from rivta.model.domain import Contract

_MARK: Final = "\ue000%d\ue001"
_PLACE = re.compile("\ue000([0-9]+)\ue001")
"""Where something is filled in: between two characters that no schema has in a value."""


def response(contract: Contract, said: Mapping[Place, str], page: Page = NOTHING) -> str:
    """The response element. What it looks like is made of the schema once for the places; UsageError where there is none."""
    records, texts = contract.records, [*said.values()]
    form = _form(contract.wsdl, contract.digest, tuple(said), placeholders(records) if records else ())
    text = _PLACE.sub(lambda found: escape(texts[int(found[1])]), form)
    if records is None:
        return text
    root = etree.fromstring(text)
    fill(root, records, page)
    return etree.tostring(root, encoding="unicode")


@cache
def _form(path: Path, digest: str, places: tuple[Place, ...], records: tuple[Place, ...]) -> str:
    """The smallest response in which something can be said at those places, each marked by its number."""
    wsdl = wsdl_of(path, digest)
    said = {place: _MARK % number for number, place in enumerate(places)}
    return etree.tostring(smallest(wsdl, wsdl.response_root, dict.fromkeys(records, "-") | said), encoding="unicode")
