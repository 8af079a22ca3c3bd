"""`declaration.pdf`: the report on paper, and the file that is signed and sent.

It says what the HTML report says in print: the same view, set by typst (the extra `pdf`; a wheel without system
libraries). PDF/UA-1 and PDF/A-2a: tagged, with bookmarks, a title and a language. The same declaration gives the same
bytes: its moment is the run's, and no font is taken from the machine. The view goes in as JSON (`content`): nothing in it is
read as markup.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from rivta.declaration.comparison import Comparison
from rivta.model.declaration import Declaration
from rivta.model.errors import RivtaError, UsageError
from rivta.model.words import Lang
from rivta.report import layout
from rivta.report.pdf.content import content_of, shown
from rivta.report.view import build

if TYPE_CHECKING:
    from typst import PDFStandard


def render(declaration: Declaration, lang: Lang = "sv", *, previous: Comparison | None = None, head: str = "") -> bytes:
    """The self-declaration as PDF. Give it the run as it was read: it masks identities itself.

    `previous` adds what changed since an earlier run. `head` is the head of the manifest's chain
    (`manifest.for_report(…).head`) and is printed on the cover; without it the report names the checksums of messages,
    suites and schemas alone. UsageError if the extra is not installed.
    """
    ready()
    # Packed: whole messages are not printed, so the view need not lay them out.
    view = build(declaration, lang, previous=previous, is_packed=True)
    content = content_of(view, declaration.run, head)
    return printed(content, declaration.run.header.started)


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


def printed(content: Mapping[str, Any], moment: str, setting: str = "") -> bytes:
    """The content as PDF, dated with that moment (ISO 8601), by the report's setting or another. RivtaError if typst cannot set it."""
    from typst import TypstError  # noqa: PLC0415  # 80 MB, only for those who print

    found: TypstError | None = None
    for only_common in (False, True):
        # Our own words need no help. And an archivable PDF may hold no character that has no glyph: that shows only now, and seldom.
        printable = {**shown(dict(content), only_common=only_common), "words": content["words"]}
        try:
            return _compiled(printable, moment, setting)
        except TypstError as trouble:
            found = trouble
    todo = "this is a mistake of rivta's: please report it. declaration.html says the same as the PDF"
    raise RivtaError(f"typst could not set the PDF: {found and found.message}", todo=todo) from found


def _compiled(content: Mapping[str, Any], moment: str, setting: str) -> bytes:
    import typst  # noqa: PLC0415  # 80 MB, only for those who print

    _forget()
    pdf = typst.compile(
        (setting or layout.packaged("pdf/declaration.typ")).encode(),
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
