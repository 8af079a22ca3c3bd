"""Which elements a consumer's requests have carried without a validation error: what the TK forms ask, element by element."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from lxml import etree

from rivta.declaration.form.part import Seen
from rivta.model.declaration import Proposal
from rivta.model.errors import Unreadable
from rivta.model.words import Text, Verdict
from rivta.report.word.fields import WordField
from rivta.text import identity, xml
from rivta.text.catalogue import text

_ELEMENT = re.compile(r"\((?P<name>[A-Za-z]\w*)(?:\s*=\s*(?P<value>\w+))?\)\s*\Z")
_PERSONS = {"personnummer": "personnummer", "samordningsnummer": "samordningsnummer", "reservnummer": "reservid"}
_VALIDATION = frozenset({"schema", "rules"})


def asks_for_element(field: WordField) -> bool:
    """Whether the question is one of “Ange vilka element som verifierats utan valideringsfel”."""
    in_contents = field.heading.startswith("Innehåll i tjänstekontraktet")
    return in_contents and field.kind == "yes-no" and _ELEMENT.search(field.question) is not None


class SentElements:
    """The elements seen with a value in the system's own requests that had no schema or rule deviation, and where."""

    def __init__(self, sent: Iterable[Seen]) -> None:
        self._seen: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for seen in sent:
            if not _is_invalid(seen):
                for name, value in _values(seen.exchange.request.body):
                    self._note(name.lower(), value, seen.key)

    def _note(self, name: str, value: str, key: str) -> None:
        kinds = (found.kind for found in identity.find(value))
        for what in ("", value.lower(), *kinds):
            self._seen[name, what][key] = None

    def proposal(self, field: WordField) -> Proposal | Text:
        """Ja where the element was sent; nothing proves that it cannot be, so never Nej."""
        match = _ELEMENT.search(field.question)
        what = _PERSONS.get(field.question.split()[0].lower(), "")
        name, value = (match["name"], match["value"] or what) if match else ("", what)
        keys = tuple(self._seen.get((name.lower(), value.lower()), ()))
        if keys:
            return Proposal("yes", keys, Verdict.PASSED)
        shown = f"{name} = {value}" if value else name
        return text("word", "not_sent", element=shown)


def _is_invalid(seen: Seen) -> bool:
    return any(check.kind in _VALIDATION and check.verdict is Verdict.FAILED for check in seen.checks)


def _values(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        root = xml.parse(body)
    except Unreadable:
        return
    for element in root.iter(etree.Element):
        own = (element.text or "").strip() or " ".join(element.attrib.values())
        below = " ".join(value for child in element.iterdescendants(etree.Element) for value in _own(child))
        if own or below:
            yield etree.QName(element).localname, own or below


def _own(element: etree._Element) -> Iterator[str]:
    said = (element.text or "").strip()
    if said:
        yield said
    yield from element.attrib.values()
