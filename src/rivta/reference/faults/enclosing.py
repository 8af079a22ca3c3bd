"""Faults of a system that does not send attachments as it should: formats, number, ids, descriptions, where the content is."""

from __future__ import annotations

from lxml import etree

from rivta.model.words import Text
from rivta.reference.enclosure import FORMATS
from rivta.reference.faults.editing import OUTCOMES, Edit, elements, only, text, without
from rivta.reference.faults.fault import Fault
from rivta.reference.letter import Draft

_XOP = "http://www.w3.org/2004/08/xop/include"
_ATTACHMENT = "*/c:attachment"
_SHORT = {"application/pdf": "pdf", "text/html": "html", "text/plain": "txt"}


def _fault(name: str, requirement: str, drafts: Edit, sv: str, en: str) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), drafts=drafts)


def _mistyped(wanted: str, other: str) -> Edit:
    return text(f"{_ATTACHMENT}/c:mediaType/c:code", lambda code, _: other if code == wanted else code)


def _as_xop(draft: Draft) -> Draft:
    for number, value in enumerate(elements(draft.payload, f"{_ATTACHMENT}/c:value"), start=1):
        value.text = None
        value.append(etree.Element(f"{{{_XOP}}}Include", nsmap={"xop": _XOP}, href=f"cid:{number}@rivta.invalid"))
    return draft


def _attachments_of(code: str, kinds: frozenset[str], sv: str, en: str) -> tuple[Fault, ...]:
    """What can go wrong with attachments, in one contract."""
    mistyped = tuple(
        _fault(
            f"mistypes-attachment-{short}-{code}",
            f"{code}-C-attachment-{short}",
            only(kinds, _mistyped(media_type, FORMATS[(number + 1) % len(FORMATS)])),
            f"En bilaga i formatet {short} till {sv} sänds som ett annat format.",
            f"An attachment in format {short} to {en} is sent as another format.",
        )
        for number, media_type in enumerate(FORMATS)
        for short in (_SHORT.get(media_type, media_type.rpartition("/")[2]),)
    )
    return (
        *mistyped,
        _fault(
            f"sends-first-attachment-only-{code}",
            f"{code}-C-attachmentSeveral",
            only(kinds, without(f"{_ATTACHMENT}[position() > 1]")),
            f"Av flera bilagor till {sv} sänds bara den första.",
            f"Of several attachments to {en} only the first is sent.",
        ),
        _fault(
            f"numbers-attachments-only-{code}",
            f"{code}-F-attachmentId",
            only(kinds, text(f"{_ATTACHMENT}/c:id", lambda ident, _: ident.rpartition("#")[2])),
            f"En bilagas id till {sv} är bara ett löpnummer.",
            f"The id of an attachment to {en} is a running number only.",
        ),
        _fault(
            f"describes-attachments-at-length-{code}",
            f"{code}-F-attachmentDescription",
            only(kinds, text(f"{_ATTACHMENT}/c:description", lambda said, _: f"{said} ".ljust(300, "."))),
            f"En bilagas beskrivning till {sv} är 300 tecken.",
            f"The description of an attachment to {en} is 300 characters.",
        ),
    )


ENCLOSING: tuple[Fault, ...] = (
    *_attachments_of("PR", frozenset({"NR"}), "en remiss", "a referral"),
    *_attachments_of("PRO", OUTCOMES, "ett remissvar", "an outcome"),
    _fault(
        "sends-attachments-as-xop",
        "GEN-NO-MTOM",
        _as_xop,
        "En bilagas innehåll sänds som en XOP-referens.",
        "An attachment's content is sent as an XOP reference.",
    ),
)
