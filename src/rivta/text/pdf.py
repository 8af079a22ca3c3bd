"""What a PDF says, so that it can be looked through: what its pages show as text, and every text that lies beside that."""

import logging
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from rivta.model.errors import Unreadable

if TYPE_CHECKING:
    from pypdf import PdfReader


def text_of(body: bytes) -> str:
    """All text of a PDF, a line for each piece. Unreadable where it is broken or locked, or has other files in it.

    What is drawn, or is a picture, has no text.
    """
    from pypdf import PdfReader  # noqa: PLC0415 - a tenth of a second, for which only who attaches a PDF is to wait

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # nothing of a file is logged
    try:
        reader = PdfReader(BytesIO(body))
        return "\n".join((*(page.extract_text() for page in reader.pages), *_beside(reader)))
    except Unreadable:
        raise
    except Exception as trouble:  # the library makes any of a dozen errors of a broken file
        raise Unreadable(type(trouble).__name__) from trouble


def _beside(reader: "PdfReader") -> Iterator[str]:
    """What stands in notes and fields, in the outline, and in what the PDF says of itself."""
    from pypdf.generic import IndirectObject, StreamObject  # noqa: PLC0415 - for the same reason

    seen: set[int] = set()
    left: list[Any] = [reader.trailer]
    while left:
        each = left.pop()
        if isinstance(each, IndirectObject):
            if each.idnum in seen:
                continue
            seen.add(each.idnum)
            each = each.get_object()
        if isinstance(each, dict):
            if "/EF" in each:
                raise Unreadable("has files in it")
            if isinstance(each, StreamObject) and each.get("/Type") == "/Metadata":
                yield each.get_data().decode("utf-8", "replace")
            left += dict.values(each)
        elif isinstance(each, list):
            left += each
        elif isinstance(each, str | bytes):
            yield each if isinstance(each, str) else each.decode("latin-1")
