"""A contract description as Word writes one, small and made up: numbered headings by style, tables of fields and of rules."""

from xml.sax.saxutils import escape

from wordform_world import NAMESPACE, document, packed, paragraph

STYLES = f"""<w:styles xmlns:w="{NAMESPACE}">
<w:style w:styleId="Rubrik1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="Rubrik2"><w:name w:val="heading 2"/></w:style>
<w:style w:styleId="Kapitel"><w:name w:val="Kapitel"/><w:basedOn w:val="Rubrik1"/><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="Avsnitt"><w:name w:val="Avsnitt"/><w:basedOn w:val="Rubrik2"/><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="3"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="Slinga"><w:name w:val="Slinga"/><w:basedOn w:val="Slinga"/></w:style>
<w:style w:styleId="Innehall"><w:name w:val="TOC Heading"/><w:basedOn w:val="Rubrik1"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>
</w:styles>"""

FRONT = (
    paragraph("Tjänstekontraktsbeskrivning Version 2.0.1")
    + paragraph("Innehållsförteckning", style="Innehall")
    + paragraph("Den som läser detta ska läsa vidare.")
)


def chapter(title: str) -> str:
    return paragraph(title, style="Kapitel")


def section(title: str) -> str:
    return paragraph(title, style="Avsnitt")


def item(text: str) -> str:
    return paragraph(text, level=0)


def table(*rows: tuple[str, ...]) -> str:
    """A table; a cell's lines are paragraphs of their own."""
    cells = ("".join(f"<w:tc>{''.join(map(paragraph, cell.split(chr(10))))}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def spanning(text: str, columns: int) -> str:
    """A table of one cell that reaches over several columns."""
    span = f'<w:tcPr><w:gridSpan w:val="{columns}"/></w:tcPr>'
    return f"<w:tbl><w:tr><w:tc>{span}{paragraph(escape(text))}</w:tc></w:tr></w:tbl>"


FIELDS = ("Namn", "Typ", "Beskrivning", "Kardi-nalitet")
LOANS = (
    chapter("Inledning")
    + paragraph("Dokumentet beskriver lån. Katalogen bör svara fort, t.ex. Inom en sekund. Katalogen kan stängas.")
    + table(("Version", "Datum", "Kommentar"), ("1", "2026-01-01", "Fältet ska heta lån."))
    + chapter("Tjänstekontrakt")
    + section("GetLoans")
    + paragraph("Katalogen ska:")
    + item("svara med alla lån")
    + item("utelämna återlämnade lån")
    + paragraph("Ett lån får under inga omständigheter visas för någon annan.")
    + table(
        FIELDS,
        ("Begäran", "", "", ""),
        ("borrowerId", "IIType", "borrowerId är obligatoriskt.\nBara låntagare med lånekort.", "1..1"),
        ("../root", "string", "Ska vara lånekortens OID.", "1..1"),
        ("lentFrom", "string", "Format ÅÅÅÅMMDD.", "1..1"),
        ("Svar", "", "", ""),
        ("loan", "LoanType", "Alla lån.", "0..*"),
        ("../title", "string", "Om titel saknas ska verkets namn anges.", "1..1"),
        ("../shelf", "string", "Hyllan.", "0..1"),
    )
    + table(("Namn", "Regel", "Element"), ("Unika lån", "Samma lån bara en gång.", "loan/loanId"))
)


def described(content: str = LOANS) -> bytes:
    """A description with that content behind its front page."""
    members = {"[Content_Types].xml": b"<Types/>", "word/document.xml": document(content, opening=FRONT)}
    return packed({**members, "word/styles.xml": STYLES.encode()})
