"""Messages for the rules to be tried on: samples with random changes, and trees made of a rule file's own words."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random

from lxml import etree

from oracle.stylesheet import SCH, concrete_patterns

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
VALUES = (
    "", " ", "0", "1", "2", "true", "false", "X Y", "åäö", "ANNAT", "9001", "1.5", "-3", "1e3", "+7", "NaN",
    "2024-01-31", "2024-13-01", "2024", "20240131", "20240131101500", "191212121212", "1.2.752.129.2.1.3.1",
)  # fmt: skip
_PATH = re.compile(r"(?:\.\./)*(?:[\w.]+:[\w.]+(?:\[@id='[^']*'\])?/?)+|@\w+")
_STEP = re.compile(r"(?:(\w+):)?([\w.]+)(?:\[@id='([^']*)')?")
_CHILD = re.compile(r"\[(\w+):(\w+)='([^']*)'\]")
_LITERAL = re.compile(r"'([^']*)'")


def samples(folder: Path) -> list[etree._Element]:
    """The published samples of a contract, in the order of their numbers."""
    return [etree.parse(path).getroot() for path in sorted(folder.glob("*.xml"), key=lambda path: int(path.stem))]


def mutant(root: etree._Element, chance: Random) -> etree._Element:
    """A copy with one to six random changes below its root."""
    copy = deepcopy(root)
    for _ in range(chance.randint(1, 6)):
        elements = [element for element in copy.iter("*") if element.getparent() is not None]
        if elements:
            chance.choice(_CHANGES)(chance.choice(elements), chance)
    return copy


def _remove(element: etree._Element, _: Random) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _duplicate(element: etree._Element, _: Random) -> None:
    element.addnext(deepcopy(element))


def _empty(element: etree._Element, _: Random) -> None:
    del element[:]
    element.text = None


def _retext(element: etree._Element, chance: Random) -> None:
    target = next(iter(chance.sample(list(element.iter("*")), 1)))
    target.text = chance.choice(VALUES)


def _split_text(element: etree._Element, chance: Random) -> None:
    comment = etree.Comment("x")
    comment.tail = chance.choice(VALUES)
    element.insert(0, comment)


def _rename(element: etree._Element, chance: Random) -> None:
    sibling = next(element.itersiblings("*", preceding=True), None)
    element.tag = str(element.tag) + "X" if sibling is None or chance.random() < 0.3 else str(sibling.tag)


def _attribute(element: etree._Element, chance: Random) -> None:
    name = chance.choice([*map(str, element.attrib), "id", "code"])
    element.set(name, chance.choice(VALUES))


_CHANGES = (_remove, _duplicate, _empty, _retext, _retext, _split_text, _rename, _attribute)


def made_of(rules: Path, chance: Random, count: int) -> Iterator[etree._Element]:
    """Envelopes of elements that the rules speak of, where they speak of them, holding values that they mention."""
    schema = etree.parse(rules).getroot()
    namespaces = {ns.get("prefix", ""): ns.get("uri", "") for ns in schema.iter(f"{SCH}ns")}
    wanted = [
        (rule.get("context", ""), [str(check.get("test")) for check in rule.iter(f"{SCH}assert")])
        for pattern in concrete_patterns(schema)
        for rule in pattern.iter(f"{SCH}rule")
        if rule.get("abstract") != "true"
    ]
    common = [str(check.get("test")) for rule in schema.iter(f"{SCH}rule") for check in rule.iter(f"{SCH}assert")]
    for _ in range(count):
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, **namespaces})
        body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
        for context, tests in chance.sample(wanted, max(1, len(wanted) // 3)):
            _plant(body, context, [*tests, *chance.sample(common, min(3, len(common)))], namespaces, chance)
        yield envelope


def _plant(body: etree._Element, context: str, tests: list[str], namespaces: dict[str, str], chance: Random) -> None:
    anchor = etree.SubElement(body, f"{{{namespaces.get('gn', 'urn:x')}}}svar", id=chance.choice(("1", "9001", "32")))
    node = _grown(anchor if chance.random() < 0.8 else body, re.sub(r" and .*?\]", "]", context), namespaces)
    for test in tests:
        literals = [word for literal in _LITERAL.findall(test) for word in (literal, *re.findall(r"[\w.]+", literal))]
        for path in _PATH.findall(test):
            if chance.random() < 0.7:
                _valued(_grown(node, path, namespaces), path, [*VALUES, *literals * 3], chance)
    if chance.random() < 0.5:
        node.text = chance.choice(VALUES)


def _valued(element: etree._Element, path: str, values: list[str], chance: Random) -> None:
    if path.startswith("@"):
        element.set(path[1:], chance.choice(values))
    elif chance.random() < 0.8 and not len(element):
        element.text = chance.choice(values)


def _grown(element: etree._Element, path: str, namespaces: dict[str, str]) -> etree._Element:
    """The element at the end of a path, made where it is missing."""
    for step in path.split("|", maxsplit=1)[0].strip("/ ").replace("//", "/").split("/"):
        match = _STEP.match(step)
        if step == "..":
            parent = element.getparent()
            element = element if parent is None else parent
        elif step.startswith("*"):
            element = etree.SubElement(element, "any")
        elif match and match[2] and not step.startswith("@"):
            name = f"{{{namespaces[match[1]]}}}{match[2]}" if match[1] in namespaces else match[2]
            made = etree.SubElement(element, name)
            if match[3]:
                made.set("id", match[3])
            for prefix, child, value in _CHILD.findall(step):
                etree.SubElement(made, f"{{{namespaces[prefix]}}}{child}").text = value
            element = made
    return element
