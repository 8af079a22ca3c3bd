"""XML as bytes and as text for people: parsed without trust, named by path, laid out to be read.

Everything here may come from a system that we test, so nothing in it is believed: no entities, no document types, no
network, no more than a set size.
"""

import codecs
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import lru_cache
from math import isfinite, isnan

from lxml import etree

from rivta.model.errors import Unreadable
from rivta.model.words import Source, Text
from rivta.text.catalogue import text

LIMIT_BYTES = 50 * 1024 * 1024
"""The largest body that is read. Contracts allow 10 to 15 MB; beyond this a body is an attack or a slip."""

PREFIXES: Mapping[str, str] = {
    "http://schemas.xmlsoap.org/soap/envelope/": "soapenv",
    "urn:riv:itintegration:registry:1": "itr",
}
"""Namespace → the prefix it goes by in a path when the document itself gives it none."""
NAMESPACES: dict[str, str] = {prefix: namespace for namespace, prefix in PREFIXES.items()}
"""The prefixes that every XPath of a domain and of its suites may use."""

CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "�")
"""What a system sends goes to a terminal: control characters, which could command it, are shown as what they are, noise."""
_LINE_WIDTH = 120
_LONG_BASE64 = 200
_SHOWN_BASE64 = 60
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+", re.ASCII)
_MAY_BE_LONG = re.compile(rb">[^<]{%d}" % _LONG_BASE64)
_has_mixed = etree.XPath("boolean(//text()[normalize-space()][preceding-sibling::node() or following-sibling::node()])")
"""Whether text stands beside elements somewhere: blanks there would be another text."""
# Possessive throughout: a prolog of many comments must not be tried in every split.
_BOM = rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?"
_TO_DOCTYPE = re.compile(_BOM + rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+(?=<!DOCTYPE)", re.DOTALL)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
_PROLOG = re.compile(_BOM + rb"\s*(?P<prolog><\?xml\s[^>]*\?>)")
_ENCODING = re.compile(r"""\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DECODABLE = re.compile(r"(?:utf|iso|latin|us-ascii|ascii|windows|cp)[-_0-9a-z]*", re.IGNORECASE | re.ASCII)
"""Encodings of text; Python has codecs of that kind for much that is none."""
_WIDE = re.compile(r"utf-?16|ucs-?2|iso-10646-ucs-2|utf-?32|ucs-?4", re.IGNORECASE)
_PROLOG_BYTES = 400


def parse(body: bytes, *, limit: int = LIMIT_BYTES, path: str = "message", is_message: bool = True) -> etree._Element:
    """The root of a well-formed document, comments kept.

    Unreadable, with line and column, for anything else, for a document type declaration (SOAP 1.1 section 3 forbids it in a
    message, we in any other file) and for a body over `limit` bytes. `path` is what the body is called in that error.
    """
    no_doctype = "doctype" if is_message else "doctype-in-file"
    if len(body) > limit:
        raise Unreadable(text("nature", "too-large", size=len(body), limit=limit), source=Source(path))
    if (other := nature(body)) is not None:
        raise Unreadable(other, source=_source(body, path, 1, 1))
    return _tree(body, path, no_doctype)


def _tree(body: bytes, path: str, no_doctype: str) -> etree._Element:
    """The root of what is XML, be it a page or a message."""
    _refuse_doctype(body, path, no_doctype)
    try:
        root = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        line, column = (max(place or 1, 1) for place in error.position)
        raise Unreadable(_sentence(body, error), source=_source(body, path, line, column)) from error
    if root.getroottree().docinfo.internalDTD is not None:  # written in an encoding such as UTF-7
        raise Unreadable(text("nature", no_doctype), source=Source(path))
    return root


def _parser() -> etree.XMLParser:
    # Made anew for each body: that costs less than the lock around a shared one.
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,  # a 10 MB attachment is one text node; LIMIT_BYTES is the cap instead
        remove_blank_text=False,
    )


def _refuse_doctype(body: bytes, path: str, key: str) -> None:
    # Before parsing, so that no declaration is acted upon. UTF-16 is seen by its zero bytes.
    start = _TO_DOCTYPE.match(body.replace(b"\0", b"") if b"\0" in body[:4] else body)
    if start:
        line = 1 + start[0].count(b"\n")
        raise Unreadable(text("nature", key), source=_source(body, path, line, 1 + len(start[0].rpartition(b"\n")[2])))


def _sentence(body: bytes, error: etree.XMLSyntaxError) -> Text:
    declared = prolog_encoding(body)
    if error.code == etree.ErrorTypes.ERR_INVALID_ENCODING or _is_falsely_wide(body, declared):
        return text("nature", "bytes-declared" if declared else "bytes-undeclared", encoding=declared)
    if error.code == etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING:
        return text("nature", "encoding", declared=declared or "?")
    return malformed(error, body)


def _is_falsely_wide(body: bytes, declared: str | None) -> bool:
    return declared is not None and _WIDE.match(declared) is not None and b"\0" not in body[:4]


def _source(body: bytes, path: str, line: int, column: int) -> Source:
    lines = decoded(body).replace("\r\n", "\n").split("\n")
    text = lines[line - 1] if line <= len(lines) else ""
    if column > _LINE_WIDTH:  # what stands before the place says more than how the line began
        return Source(path, line, column, "…" + text[column - _LINE_WIDTH : column - 1])
    return Source(path, line, column, text if len(text) <= _LINE_WIDTH else text[: _LINE_WIDTH - 1] + "…")


def prolog_encoding(body: bytes) -> str | None:
    """The encoding that the XML declaration names, as it is written there; None if it names none."""
    prolog = _prolog(body)
    encoding = _ENCODING.search(prolog) if prolog else None
    return encoding[1] if encoding else None


def charset_of(content_type: str | None) -> str | None:
    """The encoding that a Content-Type declares, as it is written there; None where it declares none."""
    found = _CHARSET.search(content_type or "")
    return found[1] if found else None


def codec_of(declared: str | None) -> str:
    """The Python codec of a declared encoding; UTF-8 if none was declared, or one that is no encoding of text."""
    try:
        return codecs.lookup(declared).name if declared and _DECODABLE.fullmatch(declared) else "utf-8"
    except LookupError:
        return "utf-8"


def _prolog(body: bytes) -> str:
    prolog = _PROLOG.match(body[:_PROLOG_BYTES].replace(b"\0", b""))
    return prolog["prolog"].decode("utf-8", "replace") if prolog else ""


def path_of(element: etree._Element, prefixes: Mapping[str, str] = PREFIXES) -> str:
    """Where an element stands, for people: `/soapenv:Envelope/soapenv:Body/r:RegisterLoan/c:loan/c:book[2]`.

    Prefixes are the document's own, else those of `prefixes` (namespace → prefix), else none. A position stands only
    where siblings share a name.
    """
    steps = [_step(element, prefixes), *(_step(ancestor, prefixes) for ancestor in element.iterancestors())]
    return "/" + "/".join(reversed(steps))


def _step(element: etree._Element, prefixes: Mapping[str, str]) -> str:
    if not isinstance(element.tag, str):
        return "comment()" if isinstance(element, etree._Comment) else "processing-instruction()"  # noqa: SLF001 (lxml names the class no other way)
    name = _name(etree.QName(element), element, prefixes)
    before = len(list(element.itersiblings(element.tag, preceding=True)))
    is_repeated = before or next(element.itersiblings(element.tag), None) is not None
    return f"{name}[{before + 1}]" if is_repeated else name


def _name(name: etree.QName, element: etree._Element, prefixes: Mapping[str, str]) -> str:
    own = (prefix for prefix, namespace in element.nsmap.items() if prefix and namespace == name.namespace)
    prefix = element.prefix or next(own, None) or prefixes.get(name.namespace or "")
    return f"{prefix}:{name.localname}" if prefix else name.localname


def expanded(element: etree._Element, name: str) -> str:
    """A name that stands in an element as a value, with a prefix or without, as `{namespace}local`."""
    prefix, _, local = name.strip().rpartition(":")
    namespace = element.nsmap.get(prefix or None)
    return f"{{{namespace}}}{local}" if namespace else local


def text_of(element: etree._Element) -> str:
    """The text that stands straight in an element, whatever comments stand in it."""
    others = "".join(child.tail or "" for child in element)
    return (element.text or "") + others


def value_of(found: object) -> str:
    """What an XPath 1 expression found, as XPath's own `string()` tells it; libxml2's and Python's write 1234567 as 1.23457e+06."""
    if isinstance(found, etree._Element):
        return "".join(str(piece) for piece in found.itertext())
    if isinstance(found, bool):
        return str(found).lower()
    if not isinstance(found, float):
        return str(found)
    if not isfinite(found):
        return "NaN" if isnan(found) else "Infinity" if found > 0 else "-Infinity"
    return str(int(found)) if found.is_integer() else f"{Decimal(repr(found)):f}"


def unfit(found: object, wishes: Collection[str]) -> str:
    """What an XPath 1 gives, where wishes of these names could not fail on it; empty where they can.

    Nodes are there or not, and a condition is true or false. A number or a text always is there, so a wish has to compare it.
    """
    if isinstance(found, list):
        return ""
    if isinstance(found, bool):
        return "a condition, of which there is always one" if _COUNTING & {*wishes} else ""
    kind = "number" if isinstance(found, float) else "text"
    return "" if _COMPARING & {*wishes} else f"a {kind}, which is always there"


_COMPARING = frozenset({"equals", "matches", "in"})
_COUNTING = frozenset({"count", "or_absent"})


def compiled(path: str, namespaces: Mapping[str, str]) -> etree.XPath:
    """An XPath 1.0, made once: to make one costs more than to ask most messages. XPathError if it is none."""
    return _compiled(path, tuple(namespaces.items()))


@lru_cache(maxsize=512)
def _compiled(path: str, namespaces: tuple[tuple[str, str], ...]) -> etree.XPath:
    return etree.XPath(path, namespaces=dict(namespaces))


def pretty(body: bytes) -> str:
    """The body laid out for people: indented where that changes no text, long base64 shortened with a note of its size.

    A body that cannot be parsed comes back as it is, decoded, with replacement characters where the bytes make no sense.
    """
    try:
        root = _tree(body, "message", "doctype")
    except Unreadable:
        return decoded(body)
    if _MAY_BE_LONG.search(body):
        _shorten(root)
    if _has_mixed(root):
        _indent(root)
    else:
        etree.indent(root)
    prolog = _prolog(body)
    return (prolog + "\n" if prolog else "") + etree.tostring(root.getroottree(), encoding="unicode")


def decoded(body: bytes) -> str:
    """The text of a body in the encoding that it declares, with replacement characters where the bytes make no sense."""
    declared = prolog_encoding(body)
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        declared = "utf-16"
    codec = "utf-8" if _is_falsely_wide(body, declared) else codec_of(declared)
    return body.decode(codec, "replace").removeprefix("\ufeff")


def _shorten(root: etree._Element) -> None:
    for element in root.iter(etree.Element):
        text = element.text or ""
        if len(text) > _LONG_BASE64 and _BASE64.fullmatch(text) and " " not in text.strip():
            size = f"{len(text):,}".replace(",", " ")
            element.text = f"{text.strip()[:_SHOWN_BASE64]}… {size} characters"


def _indent(root: etree._Element) -> None:
    """As lxml does it, but for what holds text beside elements."""
    waiting = [(root, 1)]  # a stack of our own: huge_tree allows more depth than Python's
    while waiting:
        element, depth = waiting.pop()
        children = list(element)
        texts = (element.text, *(child.tail for child in children))
        if not children or any(text and not text.isspace() for text in texts):
            continue
        element.text = "\n" + "  " * depth
        for child in children:
            child.tail = "\n" + "  " * depth
        children[-1].tail = "\n" + "  " * (depth - 1)
        waiting += [(child, depth + 1) for child in children if isinstance(child.tag, str)]


# What bytes are that are no XML, and what keeps XML from being well-formed: in our own words, whatever a parser would say


HTML = re.compile(
    rb"\s*(?:\xef\xbb\xbf|<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
"""How a page for people begins."""
_LOOKED_AT = 4000
"""Bytes that are looked at: what a body is shows at its beginning."""
_MOST_SHOWN = 40
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
    return text("nature", "plain", shown=first[:_MOST_SHOWN] + ("…" if len(first) > _MOST_SHOWN else ""))


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
