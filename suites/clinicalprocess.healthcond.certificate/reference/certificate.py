"""The certificates that the simulated services keep, and how their messages are read and written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree
from lxml.builder import ElementMaker

from rivta.simulator import IncomingMessage, RecordStore, filled

Certificate = dict[str, Any]
_BASE: Final = "urn:riv:clinicalprocess:healthcond:certificate"
_PREFIXES: Final = {"c": f"{_BASE}:3", "t": f"{_BASE}:types:3"}
C: Final = ElementMaker(namespace=_PREFIXES["c"], nsmap=_PREFIXES)
T: Final = ElementMaker(namespace=_PREFIXES["t"], nsmap=_PREFIXES)
CARE, CITIZEN = "HSVARD", "INVANA"


@dataclass(slots=True)
class Kept:
    """The certificates, the questions about them by id, and of care systems the events that they were told of by certificate."""

    store: RecordStore
    certificates: list[Certificate]
    questions: dict[str, dict[str, str]]
    events: dict[str, list[list[str]]]

    @classmethod
    def of(cls, message: IncomingMessage, store: RecordStore) -> Kept:
        known: Any = store.get("kept", "") or {
            "certificates": list(_from_before(message)),
            "questions": {},
            "events": {},
        }
        return cls(store, known["certificates"], known["questions"], known["events"])

    def keep(self) -> None:
        self.store.put(
            "kept", "", {"certificates": self.certificates, "questions": self.questions, "events": self.events}
        )


def _from_before(message: IncomingMessage) -> Iterator[Certificate]:
    template = message.reference.actions["register-certificate-3"]
    written: Any = message.reference.data["certificates"]
    for each in written:
        made = etree.fromstring(filled(template.template, {**template.data, **each}))
        found = made.find("{*}intyg")
        assert found is not None  # noqa: S101 - our own template
        if each.get("is-draft"):
            found.remove(first_at(found, "signeringstidpunkt"))
        sent = [[each["sent"], "SENTTO", "2026-01-02T08:00:00"]] if "sent" in each else []
        yield {**entry(found), "statuses": sent, "events": each.get("events", [])}


def first_at(found: etree._Element, path: str) -> etree._Element:
    return next(found.iterfind("/".join(f"{{*}}{step}" for step in path.split("/"))))


def text_at(found: etree._Element, path: str) -> str:
    return (found.findtext("/".join(f"{{*}}{step}" for step in path.split("/"))) or "").strip()


def entry(found: etree._Element) -> Certificate:
    paths = {
        "id": "intygs-id/extension",
        "type": "typ/code",
        "signed": "signeringstidpunkt",
        "patient": "patient/person-id/extension",
        "unit": "skapadAv/enhet/enhets-id/extension",
        "provider": "skapadAv/enhet/vardgivare/vardgivare-id/extension",
    }
    xml = etree.tostring(found, encoding="unicode")
    return {**{name: text_at(found, path) for name, path in paths.items()}, "xml": xml, "statuses": [], "events": []}
