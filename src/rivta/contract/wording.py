"""What a validator has against a message, with its place and in words: the one shape that both validators' errors take.

libxml2's schema errors are told in plain words here, Swedish and English. It gives each error a stable code, and words that name
elements by namespace. The codes that messages of these contracts meet are worded; any other keeps libxml2's own words, less the
namespaces.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rivta.model.words import Text
from rivta.text import identity

MOST_COMPLAINTS = 100
"""Complaints kept of one message by one validator: a large message that is wrong throughout says no more in ten thousand."""
LONGEST_VALUE = 100
_LONGEST = 300

By = Literal["lxml", "xmlschema", "contract", "soap"]
"""Who complains: a validator, or ourselves about what no schema can say: of the contract (a missing header, an unknown root), or
of SOAP 1.1."""


_DATE, _INFINITE = r"-?P[0-9YMDTHS.]+|[-0-9][-0-9T:.Z+]*", r"-?INF|NaN"


def _spaced(value: str, types: str) -> tuple[By, re.Pattern[str]]:
    """libxml2's complaint of a value with white space around it, of one of these types or of one that a schema derives."""
    quoted = rf"(?:[^:]*: )?[“'](?=\s|[^”']*\s[”'])\s*(?:{value})\s*[”']"
    return "lxml", re.compile(
        rf"{quoted} is not a valid value of the (?:local atomic type|type (?:xs:(?:{types})\w*|(?!xs:)\S+))\."
    )


WRONG: Mapping[str, tuple[By, re.Pattern[str]]] = {
    "white space around a date": _spaced(_DATE, "date|time|duration|g[A-Z]"),
    "white space around INF or NaN": _spaced(_INFINITE, "double|float"),
    "white space around xsi:type": (
        "lxml",
        re.compile(r"The QName value '(?:\s.*|.*\s)' has no corresponding namespace declaration in scope\.", re.DOTALL),
    ),
    "xsi:nil where nothing is declared": ("xmlschema", re.compile(r"element is not nillable\.")),
}
"""Where a validator is known to refuse what XML Schema allows, by what it says then. Unless the other one has something against
the same place too, it is not heard. docs/checks.md tells of each; `tests/test_schema_verdict.py` has a message for each.
"""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that makes a message invalid.

    `path` is a readable XPath to the offending element or attribute, `line` its line in the message, `value` what stood
    there, shortened. `explanation` is the other validator's reason at the same place. `swedish` is empty where the words are
    a library's own.
    """

    message: str
    path: str
    line: int | None
    by: By
    value: str = ""
    explanation: str = ""
    swedish: str = ""

    @property
    def text(self) -> Text:
        return Text(self.swedish or self.message, self.message)

    @property
    def is_doubtful(self) -> bool:
        """Whether its validator is known to be wrong when it says this, unless the other one agrees."""
        return any(self.by == by and says.fullmatch(self.message) for by, says in WRONG.values())


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Text that may be a whole attachment, cut to what a person reads, and never within a person's number."""
    return identity.shortened(text, longest)


_NAMESPACE = re.compile(r"\{[^{}]*\}")
_SUBJECT = re.compile(r"^Element '[^']*'(?:, attribute '(?P<attribute>[^']*)')?: (?P<rest>.*)$", re.DOTALL)
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (?P<names>.*?) \)\.", re.DOTALL)
_FACETS = {
    "PATTERN": (
        re.compile(r".*accepted by the pattern '(?P<limit>.*)'\.", re.DOTALL),
        "följer inte mönstret {limit}",
        "does not match the pattern {limit}",
    ),
    "ENUMERATION": (
        re.compile(r".*element of the set \{(?P<limit>.*)\}\.", re.DOTALL),
        "är inget av de tillåtna värdena: {limit}",
        "is none of the allowed values: {limit}",
    ),
    "MAXLENGTH": (
        re.compile(
            r".*length of '(?P<was>\d+)'; this exceeds the allowed maximum length of '(?P<limit>\d+)'\.", re.DOTALL
        ),
        "är {was} tecken långt; högst {limit} är tillåtna",
        "is {was} characters long; at most {limit} are allowed",
    ),
    "MINLENGTH": (
        re.compile(
            r".*length of '(?P<was>\d+)'; this underruns the allowed minimum length of '(?P<limit>\d+)'\.", re.DOTALL
        ),
        "är {was} tecken långt; minst {limit} krävs",
        "is {was} characters long; at least {limit} are needed",
    ),
    "LENGTH": (
        re.compile(r".*length of '(?P<was>\d+)'.*length of '(?P<limit>\d+)'\.", re.DOTALL),
        "är {was} tecken långt; det ska vara {limit}",
        "is {was} characters long; it must be {limit}",
    ),
}
_PLAIN = {
    "CVC_COMPLEX_TYPE_4": ("Attributet {attribute} saknas i {name}.", "The attribute {attribute} is missing from {name}."),
    "CVC_COMPLEX_TYPE_3_2_1": ("Attributet {attribute} är inte tillåtet i {name}.", "The attribute {attribute} is not allowed in {name}."),
    "CVC_TYPE_3_1_1": ("Attributet {attribute} är inte tillåtet i {name}.", "The attribute {attribute} is not allowed in {name}."),
    "CVC_TYPE_3_1_2": ("{name} får inte innehålla element.", "{name} must not hold elements."),
    "CVC_COMPLEX_TYPE_2_1": ("{name} ska vara tomt.", "{name} must be empty."),
    "CVC_COMPLEX_TYPE_2_2": ("{name} får inte innehålla element.", "{name} must not hold elements."),
    "CVC_COMPLEX_TYPE_2_3": ("{name} får bara innehålla element, inte text.", "{name} must hold elements only, no text."),
    "CVC_ELT_1": ("{name} är inte deklarerat i kontraktets schema.", "{name} is not declared in the contract's schema."),
    "CVC_ELT_3_1": ("{name} får inte vara xsi:nil.", "{name} must not be xsi:nil."),
}  # fmt: skip
_NAMED_ATTRIBUTE = re.compile(r"The attribute '(?P<attribute>[^']*)'")
_CUT = 60_000
"""Characters; libxml2 cuts at 64,000 bytes or so, the element's name included."""
_TYPE = re.compile(
    r".*is not a valid value of the (?:local )?(?:atomic|union|list) type(?: '(?P<type>[^']*)')?\.", re.DOTALL
)


def attribute_of(message: str) -> str:
    """The attribute that an error is about, by local name; empty when it is about an element."""
    subject = _SUBJECT.match(message)
    return _bare(subject["attribute"] or "") if subject else ""


def worded(code: str, message: str, name: str, value: str) -> Text:
    """An error of libxml2 in words: `code` is its type name, `name` the offending element's, `value` what stood there."""
    kind = code.removeprefix("SCHEMAV_")
    subject = _SUBJECT.match(message)
    rest = subject["rest"] if subject else message
    own = shortened(_bare(rest.strip()))
    if kind == "ELEMENT_CONTENT":
        return _content(rest, name) or Text.same(own)
    if kind in _PLAIN:
        named = _NAMED_ATTRIBUTE.search(rest)
        attribute = _bare(named["attribute"]) if named else attribute_of(message)
        swedish, english = _PLAIN[kind]
        return Text(swedish.format(name=name, attribute=attribute), english.format(name=name, attribute=attribute))
    attribute = attribute_of(message)
    where = f"{name}/@{attribute}" if attribute else name
    return (
        _facet(kind, rest, where, value) or _type(rest, where, value) or _unsaid(rest, where, value) or Text.same(own)
    )


def _content(rest: str, name: str) -> Text | None:
    expected = _EXPECTED.search(rest)
    swedish, english = _names(expected["names"]) if expected else ("", "")
    if rest.startswith("Missing child element"):
        return Text(f"Element saknas i {name}. Förväntat: {swedish}.", f"{name} lacks an element. Expected: {english}.")
    if rest.startswith("This element is not expected"):
        tail_sv, tail_en = (f" Förväntat: {swedish}.", f" Expected: {english}.") if expected else ("", "")
        return Text(f"{name} får inte stå här.{tail_sv}", f"{name} must not stand here.{tail_en}")
    return None


def _names(listed: str) -> tuple[str, str]:
    names = [name.strip() for name in listed.split(", ")]
    wild = any(name.startswith("##other") for name in names)
    bare = [_bare(name).rstrip("*") for name in names if not name.startswith("##")]
    swedish = [*bare, "ett element ur en annan namnrymd"] if wild else bare
    english = [*bare, "an element of another namespace"] if wild else bare
    return " eller ".join(swedish), " or ".join(english)


def _facet(kind: str, rest: str, where: str, value: str) -> Text | None:
    form, swedish, english = _FACETS.get(kind.removeprefix("CVC_").removesuffix("_VALID"), (None, "", ""))
    found = form.match(rest) if form else None
    if found is None:
        return None
    parts = found.groupdict()
    return Text(
        f"{where}: värdet ”{value}” {swedish.format(**parts)}.",
        f"{where}: the value “{value}” {english.format(**parts)}.",
    )


def _type(rest: str, where: str, value: str) -> Text | None:
    found = _TYPE.match(rest)
    if found is None or found["type"] is None:
        return None
    return Text(
        f"{where}: ”{value}” är inget giltigt värde av typen {found['type']}.",
        f"{where}: “{value}” is not a valid value of the type {found['type']}.",
    )


def _unsaid(rest: str, where: str, value: str) -> Text | None:
    """libxml2 cuts a message off: after a long value its reason is gone."""
    if len(rest) < _CUT:
        return None
    return Text(f"{where}: ”{value}” är inget giltigt värde.", f"{where}: “{value}” is not a valid value.")


def _bare(words: str) -> str:
    return _NAMESPACE.sub("", words)
