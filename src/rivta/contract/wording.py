"""What a validator has against a message, with its place and in words: the one shape that both validators' errors take.

libxml2's schema errors are told in plain words here, Swedish and English. It gives each error a stable code, and words that name
elements by namespace. The codes that messages of these contracts meet are worded; any other keeps libxml2's own words, less the
namespaces.
"""

import re
from collections.abc import Mapping
from typing import Literal

from lxml import etree

from rivta.model.frozen import frozen
from rivta.model.words import Text
from rivta.text import identity, xml
from rivta.text.catalogue import text

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


@frozen
class Complaint:
    """One thing that makes a message invalid.

    `words` are a library's own, English ones, where they are the same in both languages. `path` is a readable XPath to the offending
    element or attribute, `line` the line of the message where it is to be mended, `value` what stood there, shortened.
    """

    words: Text
    path: str
    line: int | None
    by: By
    value: str = ""

    @property
    def message(self) -> str:
        """What it says, in English."""
        return self.words.en

    @property
    def is_ours(self) -> bool:
        """Whether it is in words of our own."""
        return self.words.sv != self.words.en

    @property
    def text(self) -> Text:
        """What it says; a library's own words as a quotation."""
        return self.words if self.is_ours else text("contract", "own-words", by=self.by, words=self.message)

    @property
    def is_doubtful(self) -> bool:
        """Whether its validator is known to be wrong when it says this, unless the other one agrees."""
        return any(self.by == by and says.fullmatch(self.message) for by, says in WRONG.values())


def shortened(words: str, longest: int = _LONGEST) -> str:
    """Text that may be a whole attachment, cut to what a person reads, and never within a person's number."""
    return identity.shortened(words, longest)


def about(by: By, node: etree._Element, key: str, attribute: str = "", **values: object) -> Complaint:
    """Our own complaint of an element, or of its `attribute`, by the key of its sentence."""
    said = text("contract", key, attribute=attribute.lstrip("@"), **values)
    place = f"{xml.path_of(node)}/{attribute}" if attribute else xml.path_of(node)
    return Complaint(Text(shortened(said.sv), shortened(said.en)), place, node.sourceline, by)


_NAMESPACE = re.compile(r"\{[^{}]*\}")
_SUBJECT = re.compile(r"^Element '[^']*'(?:, attribute '(?P<attribute>[^']*)')?: (?P<rest>.*)$", re.DOTALL)
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (?P<names>.*?) \)\.", re.DOTALL)
_SAID = (
    ("ELEMENT_CONTENT", r"Missing child element", "child-missing"),
    ("ELEMENT_CONTENT", r"This element is not expected.*Expected is", "child-expected"),
    ("ELEMENT_CONTENT", r"This element is not expected", "child-unexpected"),
    ("CVC_COMPLEX_TYPE_4", "", "lacks-attribute"),
    ("CVC_COMPLEX_TYPE_3_2_1", "", "attribute-not-allowed"),
    ("CVC_TYPE_3_1_1", "", "attribute-not-allowed"),
    ("CVC_TYPE_3_1_2", "", "no-elements"),
    ("CVC_COMPLEX_TYPE_2_1", "", "not-empty"),
    ("CVC_COMPLEX_TYPE_2_2", "", "no-elements"),
    ("CVC_COMPLEX_TYPE_2_3", "", "elements-only"),
    ("CVC_ELT_1", "", "not-declared"),
    ("CVC_ELT_3_1", "", "no-nil"),
    ("CVC_PATTERN_VALID", r".*accepted by the pattern '(?P<limit>.*)'\.", "facet-pattern"),
    ("CVC_ENUMERATION_VALID", r".*element of the set \{(?P<limit>.*)\}\.", "facet-enumeration"),
    ("CVC_MAXLENGTH_VALID", r".*length of '(?P<was>\d+)'.* maximum length of '(?P<limit>\d+)'\.", "facet-maxlength"),
    ("CVC_MINLENGTH_VALID", r".*length of '(?P<was>\d+)'.* minimum length of '(?P<limit>\d+)'\.", "facet-minlength"),
    ("CVC_LENGTH_VALID", r".*length of '(?P<was>\d+)'.*length of '(?P<limit>\d+)'\.", "facet-length"),
    ("", r".*is not a valid value of the (?:local )?(?:atomic|union|list) type '(?P<type>[^']*)'\.", "not-of-type"),
    ("", r".{60000}", "not-valid"),
)
"""How libxml2 says what is wrong, by its code and its words, with the key of ours for it. A message that it cuts off, at 64,000 bytes or
so with the element's name, is about a long value whose reason is gone.
"""
_NAMED_ATTRIBUTE = re.compile(r"The attribute '(?P<attribute>[^']*)'")


def attribute_of(message: str) -> str:
    """The attribute that an error is about, by local name; empty when it is about an element."""
    subject = _SUBJECT.match(message)
    return _bare(subject["attribute"] or "") if subject else ""


def worded(code: str, message: str, name: str, value: str) -> Text:
    """An error of libxml2 in words: `code` is its type name, `name` the offending element's, `value` what stood there."""
    subject = _SUBJECT.match(message)
    rest = subject["rest"] if subject else message
    named, expected = _NAMED_ATTRIBUTE.match(rest), _EXPECTED.search(rest)
    attribute = _bare(named["attribute"]) if named else attribute_of(message)
    values = {
        "name": name,
        "attribute": attribute,
        "value": value,
        "where": f"{name}/@{attribute}" if attribute else name,
    }
    for kind, says, key in _SAID:
        if (not kind or code == f"SCHEMAV_{kind}") and (found := re.match(says, rest, re.DOTALL)):
            return text(
                "contract", key, **values, **found.groupdict(), names=_names(expected["names"] if expected else "")
            )
    return Text.same(shortened(_bare(rest.strip())))


def is_only_in_another_namespace(code: str, message: str, element: etree._Element) -> str:
    """The namespace that an element belongs in, where libxml2 would have it there by the same name; else empty."""
    name = etree.QName(element)
    if code != "SCHEMAV_ELEMENT_CONTENT" or "This element is not expected" not in message:
        return ""
    expected = _EXPECTED.search(message)
    wanted = (each.strip().rstrip("*") for each in expected["names"].split(", ")) if expected else ()
    return next((each[1:].partition("}")[0] for each in wanted if _NAMESPACE.sub("", each) == name.localname), "")


def in_another_namespace(element: etree._Element, wanted: str) -> tuple[Text, int | None]:
    """That an element is right but for its namespace: both namespaces, where its own was declared, and on which line that is."""
    name, prefix = etree.QName(element), element.prefix
    holder = element
    while (above := holder.getparent()) is not None and above.nsmap.get(prefix) == name.namespace:
        holder = above
    line = holder.sourceline
    key = "nothing-declared" if not name.namespace else "prefix-declared" if prefix else "default-declared"
    where = text("contract", key, prefix=prefix, line=line)
    kind = "other-namespace" if name.namespace else "no-namespace"
    told = text("contract", kind, name=name.localname, given=name.namespace, wanted=wanted, where=where)
    return told, line if name.namespace else element.sourceline


def _names(listed: str) -> Text:
    names = [name.strip() for name in listed.split(", ")]
    told = [Text.same(_bare(name).rstrip("*")) for name in names if not name.startswith("##")]
    told += [text("contract", "foreign-element")] if any(name.startswith("##other") for name in names) else []
    return Text(" eller ".join(each.sv for each in told), " or ".join(each.en for each in told))


def _bare(words: str) -> str:
    return _NAMESPACE.sub("", words)
