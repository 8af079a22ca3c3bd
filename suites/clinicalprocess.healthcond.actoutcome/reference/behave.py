"""What records.yaml cannot say, since no path in it leads to an element twice: a laboratory answer with several analyses."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lxml import etree

from rivta.model.domain import Contract
from rivta.simulator import RecordStore
from rivta.text.xml import parse

_SEVERAL = Path(__file__).parent / "messages" / "several.xml"


def given(contract: Contract, _store: RecordStore) -> Iterable[etree._Element]:
    """The records of a contract besides those that are made."""
    return (_record(),) if contract.name == "GetLaboratoryOrderOutcome" else ()


@cache
def _record() -> etree._Element:
    return parse(_SEVERAL.read_bytes())
