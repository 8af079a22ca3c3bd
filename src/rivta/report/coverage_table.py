"""The coverage matrix as CSV: every element and attribute of the contracts, and in how many of the run's messages it was."""

from collections.abc import Iterator

from rivta.contract import Exercised, SeenElement
from rivta.evidence import masked
from rivta.model.declaration import Declaration, SortedDeviations
from rivta.model.words import Lang, Text
from rivta.report.elements import exercised, heading_key, occurs
from rivta.report.table import sheet
from rivta.text.catalogue import words

_COLUMNS = (
    Text("Kontrakt", "Contract"),
    Text("Meddelande", "Message"),
    Text("Element", "Element"),
    Text("Förekomst", "Occurrence"),
    Text("Sett", "Seen"),
    Text("I antal meddelanden", "In messages"),
    Text("Av meddelanden", "Of messages"),
    Text("Koder", "Codes"),
)
_YES, _NO = Text("ja", "yes"), Text("nej", "no")


def render(declaration: Declaration, lang: Lang = "sv", deviations: SortedDeviations | None = None) -> bytes:  # noqa: ARG001 - every format is called alike; what was seen is the same whatever is known
    """One line an element, in UTF-8 with a byte order mark. Give it the run as it was read: it masks."""
    told = exercised(masked(declaration.run))
    rows = (_cells(each, element, lang) for each in told for element in each.elements)
    return sheet([column.in_(lang) for column in _COLUMNS], rows, lang)


def _cells(seen: Exercised, element: SeenElement, lang: Lang) -> Iterator[str]:
    yield seen.contract
    yield words("report", lang)[heading_key(seen)]
    yield element.path
    yield occurs(element.element)
    yield (_YES if element.messages else _NO).in_(lang)
    yield str(element.messages)
    yield str(seen.messages)
    yield ", ".join(f"{code} ({count})" for code, count in element.values)
