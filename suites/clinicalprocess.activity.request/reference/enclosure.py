"""Attachments that the system can send: one small, whole file of each format that the contract allows.

Source: the contract description of clinicalprocess:activity:request 2.2, section "Bilagor": PDF, JPEG, PNG, HTML, TXT, GIF and
BMP, embedded as base64, each with an id made of the message's own id and a running number.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Final

from lxml import etree
from lxml.builder import ElementMaker

from .referral import CORE

MEDIA_TYPES: Final = "1.2.752.129.5.1.59"
_C = ElementMaker(namespace=CORE, nsmap={"c": CORE})
_PDF = (
    b"%PDF-1.4\n"
    b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\n"
    b"xref\n"
    b"0 4\n"
    b"0000000000 65535 f \n"
    b"0000000009 00000 n \n"
    b"0000000052 00000 n \n"
    b"0000000101 00000 n \n"
    b"trailer<</Size 4/Root 1 0 R>>\n"
    b"startxref\n"
    b"162\n"
    b"%%EOF\n"
)
_CONTENT: Final[dict[str, str]] = {
    "application/pdf": b64encode(_PDF).decode(),
    "image/jpeg": (
        "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////"
        "////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQAB"
        "PxA="
    ),
    "image/png": ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="),
    "text/html": b64encode("<!DOCTYPE html><title>Bilaga</title><p>Bilaga för test.</p>\n".encode()).decode(),
    "text/plain": b64encode("Bilaga för test.\n".encode()).decode(),
    "image/gif": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
    "image/bmp": "Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAATCwAAEwsAAAAAAAAAAAAA////AA==",
}
FORMATS: Final = tuple(_CONTENT)
"""The media types of the formats that the contract allows."""


def enclose(owner: str, media_types: Iterable[str]) -> list[etree._Element]:
    """An attachment of each of those formats, in a message whose own id is `owner`."""
    return [_attachment(f"{owner}#{number}", media_type) for number, media_type in enumerate(media_types, start=1)]


def _attachment(ident: str, media_type: str) -> etree._Element:
    return _C(
        "attachment",
        _C("id", ident),
        _C(
            "mediaType",
            _C("code", media_type),
            _C("codeSystem", MEDIA_TYPES),
            _C("displayName", media_type.rpartition("/")[2].upper()),
        ),
        _C("value", _CONTENT[media_type]),
        _C("description", "Bilaga för test"),
    )
