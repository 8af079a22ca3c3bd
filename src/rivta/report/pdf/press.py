"""Data and template to PDF, by typst. The data goes in as JSON: nothing in it is read as markup."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from rivta.model.errors import RivtaError, UsageError
from rivta.report import layout
from rivta.report.pdf.content import shown

if TYPE_CHECKING:
    from typst import PDFStandard

STANDARDS: "Final[list[PDFStandard]]" = ["a-2a", "ua-1"]
"""PDF/A-2a: lasts, and may be signed. PDF/UA-1: can be read by ear."""
_OLDEST = (0, 15)
"""The first typst with both standards in one file and a fixed moment."""
_COMPILES_TO_FORGET = 12
_has_printed = False


def ready() -> None:
    """UsageError if typst is not installed, or is too old."""
    todo = "say: pip install 'pytest-rivta[pdf]'"
    try:
        version = metadata.version("typst")
    except metadata.PackageNotFoundError as missing:
        raise UsageError("the PDF needs typst, which is not installed", todo=todo) from missing
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < _OLDEST:
        raise UsageError(
            f"the PDF needs typst {'.'.join(map(str, _OLDEST))} or later; {version} is installed", todo=todo
        )


def printed(content: Mapping[str, Any], moment: str) -> bytes:
    """The content as PDF, dated with that moment (ISO 8601). RivtaError if typst cannot set it."""
    from typst import TypstError  # noqa: PLC0415  # 80 MB, only for those who print

    try:
        return _compiled(_printable(content), moment)
    except TypstError:
        # An archivable PDF may hold no character that has no glyph. That shows only now, and seldom.
        pass
    try:
        return _compiled(_printable(content, only_common=True), moment)
    except TypstError as trouble:
        todo = "this is a mistake of rivta's: please report it. declaration.html says the same as the PDF"
        raise RivtaError(f"typst could not set the PDF: {trouble.message}", todo=todo) from trouble


def _printable(content: Mapping[str, Any], *, only_common: bool = False) -> Mapping[str, Any]:
    """All but our own words, which need no help."""
    return {**shown(dict(content), only_common=only_common), "words": content["words"]}


def _compiled(content: Mapping[str, Any], moment: str) -> bytes:
    import typst  # noqa: PLC0415  # 80 MB, only for those who print

    _forget()
    pdf = typst.compile(
        layout.packaged("pdf/declaration.typ").encode(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
        pdf_standards=STANDARDS,
        timestamp=_seconds(moment),
    )
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no PDF")
    return pdf


def _forget() -> None:
    """Typst keeps what it has laid out until ten compiles have not asked for it: 3 MB a page, of no use to the next report."""
    global _has_printed  # noqa: PLW0603  # the wheel's cache is the process's, too
    if _has_printed:
        import typst  # noqa: PLC0415  # as above

        for _ in range(_COMPILES_TO_FORGET):
            typst.compile(b"", ignore_system_fonts=True)
    _has_printed = True


def _seconds(moment: str) -> int:
    """Seconds since 1970; a moment that cannot be read is 1970, for the same file must come out every time."""
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return 0
    return max(int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()), 0)
