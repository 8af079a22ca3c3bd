"""What bytes are that are no XML, and what keeps XML from being well-formed: in our own words, whatever a parser would say."""

import re

from lxml import etree

from rivta.model.words import Text
from rivta.text.catalogue import text

HTML = re.compile(
    rb"\s*(?:\xef\xbb\xbf|<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
"""How a page for people begins."""
_LOOKED_AT = 4000
"""Bytes that are looked at: what a body is shows at its beginning."""
_SHOWN = 40
_KINDS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("gzip", re.compile(rb"\x1f\x8b")),
    ("zip", re.compile(rb"PK\x03\x04")),
    ("pdf", re.compile(rb"%PDF-")),
    ("multipart", re.compile(rb"\s*--[^\r\n]{1,200}\r?\n(?:[!-9;-~]+:[^\r\n]*\r?\n)*?\s*Content-", re.IGNORECASE)),
    ("json", re.compile(rb'\s*(?:\{\s*(?:"|\})|\[\s*(?:[\[{"\d\]-]|true|false|null))')),
)
_BEFORE = b"\xef\xbb\xbf\xff\xfe \r\n\t"
"""What may stand before the first < of a document."""


def nature(body: bytes) -> Text | None:
    """What a body is that is no XML: JSON, a page for people, several parts, compressed, text, nothing. None for what may be XML."""
    head = body[:_LOOKED_AT]
    if head.isspace() or not head:
        head = body.lstrip()[:_LOOKED_AT]
        if not head:
            return text("nature", "blank" if body else "empty")
    if head.replace(b"\0", b"").lstrip(_BEFORE).startswith(b"<"):
        return text("nature", "html") if HTML.match(head) else None
    key = next((key for key, pattern in _KINDS if pattern.match(head)), "")
    return text("nature", key) if key else _no_markup(head)


def _no_markup(head: bytes) -> Text:
    try:
        said = head.decode()
    except UnicodeDecodeError as wrong:
        said = head[: wrong.start].decode() if len(head) - wrong.start < 4 else "\0"
    if not all(letter.isprintable() or letter in "\r\n\t" for letter in said):
        return text("nature", "binary")
    first = said.split("\n", 1)[0].strip()
    return text("nature", "plain", shown=first[:_SHOWN] + ("…" if len(first) > _SHOWN else ""))


_SAID: dict[str, tuple[str, str]] = {
    "ERR_TAG_NAME_MISMATCH": ("mismatch", r".*mismatch: (?P<opened>\S+) line (?P<line>\d+) and (?P<closed>\S+)"),
    "ERR_TAG_NOT_FINISHED": ("cut-short", r".* in tag (?P<name>\S+) line (?P<line>\d+)"),
    "ERR_GT_REQUIRED": ("tag-open", r".*Tag (?P<name>\S+)"),
    "ERR_DOCUMENT_END": ("extra", ""),
    "ERR_DOCUMENT_EMPTY": ("no-start", ""),
    "ERR_INVALID_CHAR": ("character", r".*?(?P<number>(?:0x)?[0-9A-Fa-f]+)\s*$"),
    "ERR_INVALID_CHARREF": ("character", r".*?(?P<number>(?:0x)?[0-9A-Fa-f]+)\s*$"),
    "ERR_ENTITYREF_SEMICOL_MISSING": ("ampersand", ""),
    "ERR_UNDECLARED_ENTITY": ("entity", r"Entity '(?P<name>[^']*)'"),
    "ERR_LT_IN_ATTRIBUTE": ("lt-in-attribute", ""),
    "ERR_ATTRIBUTE_NOT_STARTED": ("no-quotes", ""),
    "ERR_ATTRIBUTE_NOT_FINISHED": ("no-quotes", ""),
    "ERR_ATTRIBUTE_WITHOUT_VALUE": ("no-quotes", ""),
    "ERR_ATTRIBUTE_REDEFINED": ("attribute-twice", r"Attribute (?P<name>\S+)"),
    "ERR_RESERVED_XML_NAME": ("late-declaration", ""),
    "NS_ERR_UNDEFINED_NAMESPACE": ("prefix", r"Namespace prefix (?P<prefix>\S+)(?: for \S+)? on (?P<name>\S+)"),
}
"""By the name of libxml2's error: the key of our words, and where in its message the names stand."""
_IN_A_TAG = (
    etree.ErrorTypes.ERR_NAME_REQUIRED,
    etree.ErrorTypes.ERR_GT_REQUIRED,
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_FINISHED,
    etree.ErrorTypes.ERR_SPACE_REQUIRED,
)
"""What libxml2 finds where a document ends in the middle of a tag."""
_BARE_AMPERSAND = "EntityRef"


def malformed(error: etree.XMLSyntaxError, body: bytes) -> Text:
    """What keeps a document from being well-formed. What libxml2 seldom says is told by its number."""
    if not body.replace(b"\0", b"").rstrip().endswith(b">") and error.code in _IN_A_TAG:
        return text("nature", "cut-in-tag")
    number = error.code or 0
    name = next((name for name in vars(etree.ErrorTypes) if getattr(etree.ErrorTypes, name) == number), "")
    key, pattern = _SAID.get(name, ("other", ""))
    if name == "ERR_NAME_REQUIRED":
        key = "ampersand" if _BARE_AMPERSAND in (error.msg or "") else "no-name"
    found = re.match(pattern, error.msg or "") if pattern else None
    if pattern and found is None:
        key = "other"
    return text("nature", key, number=number) if found is None else text("nature", key, **found.groupdict())
