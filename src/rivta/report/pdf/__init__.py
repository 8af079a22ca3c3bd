"""`declaration.pdf`: the report on paper, and the file that is signed and sent.

It says what the HTML report says in print: the same view, set by typst (the extra `pdf`; a wheel without system
libraries). PDF/UA-1 and PDF/A-2a: tagged, with bookmarks, a title and a language. The same declaration gives the same
bytes: its moment is the run's, and no font is taken from the machine.

    content     the view, the form and the deviations as data
    shown       what in a text cannot be printed as it is
    press       data and template to PDF
"""

from rivta.declaration.comparison import Comparison
from rivta.model.declaration import Declaration
from rivta.model.words import Lang
from rivta.report.pdf import press
from rivta.report.pdf.content import content_of
from rivta.report.view import build


def render(declaration: Declaration, lang: Lang = "sv", *, previous: Comparison | None = None, head: str = "") -> bytes:
    """The self-declaration as PDF. Give it the run as it was read: it masks identities itself.

    `previous` adds what changed since an earlier run. `head` is the head of the manifest's chain
    (`manifest.for_report(…).head`) and is printed on the cover; without it the report names the checksums of messages,
    suites and schemas alone. UsageError if the extra is not installed.
    """
    press.ready()
    # Packed: whole messages are not printed, so the view need not lay them out.
    view = build(declaration, lang, previous=previous, is_packed=True)
    content = content_of(view, declaration.run, head)
    return press.printed(content, declaration.run.header.started)
