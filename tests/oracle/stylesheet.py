"""Schematron → XSLT: as the ISO implementation does it, with one difference.

There a dynamic error ends the transformation. Here each test is tried by itself (`xsl:try`) and an error is recorded, so that
the asserts around it can be compared as well.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

from lxml import etree
from lxml.builder import ElementMaker

SCH = "{http://purl.oclc.org/dsdl/schematron}"
XSL_URI = "http://www.w3.org/1999/XSL/Transform"
XSL = ElementMaker(namespace=XSL_URI, nsmap={"xsl": XSL_URI})
OUT = ElementMaker()
XS_URI = "http://www.w3.org/2001/XMLSchema"

Lets = list[etree._Element]


def stylesheet(path: Path) -> str:
    """The rules of a file as XSLT that writes `<outcomes>` of `<failed>` and `<error>`."""
    schema = etree.parse(path).getroot()
    namespaces = {ns.get("prefix", ""): ns.get("uri", "") for ns in schema.iter(f"{SCH}ns")}
    make = ElementMaker(namespace=XSL_URI, nsmap={"xsl": XSL_URI, "xs": XS_URI, **namespaces})
    sheet = make.stylesheet(version="3.0")
    patterns = list(concrete_patterns(schema))
    calls = [XSL("apply-templates", select=".", mode=f"M{number}") for number, _ in enumerate(patterns)]
    sheet.append(XSL.template(OUT.outcomes(*calls), match="/", priority="9999"))
    for number, pattern in enumerate(patterns):
        lets = [*schema.findall(f"{SCH}let"), *pattern.findall(f"{SCH}let")]
        sheet.extend(_for_contexts(let, f"M{number}-") for let in lets)
        sheet.extend(_templates(pattern, f"M{number}", lets, _abstract_rules(schema)))
    return etree.tostring(sheet, encoding="unicode")


def concrete_patterns(schema: etree._Element) -> Iterator[etree._Element]:
    """The patterns to run, abstract ones filled in."""
    for pattern in schema.findall(f"{SCH}pattern"):
        if pattern.get("abstract") == "true":
            continue
        name = pattern.get("is-a")
        yield pattern if name is None else _instance(schema, pattern, name)


def _instance(schema: etree._Element, pattern: etree._Element, name: str) -> etree._Element:
    [abstract] = [each for each in schema.findall(f"{SCH}pattern") if each.get("id") == name]
    text = etree.tostring(deepcopy(abstract), encoding="unicode", with_tail=False)
    seen: set[str] = set()
    for parameter in pattern.findall(f"{SCH}param"):
        key, value = parameter.get("name", ""), parameter.get("value", "")
        if key not in seen:
            seen.add(key)
            escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
            text = re.sub(rf"\${re.escape(key)}\b", escaped.replace("\\", r"\\"), text)
    copy = etree.fromstring(text)
    copy.set("id", pattern.get("id") or "")
    return copy


def _abstract_rules(schema: etree._Element) -> dict[str, etree._Element]:
    return {rule.get("id", ""): rule for rule in schema.iter(f"{SCH}rule") if rule.get("abstract") == "true"}


def _templates(
    pattern: etree._Element, mode: str, lets: list[etree._Element], abstract: dict[str, etree._Element]
) -> Iterator[etree._Element]:
    name = pattern.get("id") or pattern.get("name") or ""
    variables = [_variable(let, "/") for let in lets]
    rules = [rule for rule in pattern.findall(f"{SCH}rule") if rule.get("abstract") != "true"]
    onward = {"select": "@*|node()", "mode": mode}
    for number, rule in enumerate(rules):
        body = list(_body(rule, name, list(variables), abstract))
        context = _renamed(rule.get("context", ""), f"{mode}-")
        yield XSL.template(
            *body, XSL("apply-templates", **onward), match=context, mode=mode, priority=str(1000 - number)
        )
    yield XSL.template(XSL("apply-templates", **onward), match="/|@*|node()", mode=mode, priority="-1000")


def _body(
    rule: etree._Element, pattern: str, lets: Lets, abstract: dict[str, etree._Element]
) -> Iterator[etree._Element]:
    for child in rule:
        if child.tag == f"{SCH}let":
            lets.append(_variable(child, "."))
        elif child.tag == f"{SCH}extends":
            yield from _body(abstract[child.get("rule", "")], pattern, lets, abstract)
        elif child.tag in (f"{SCH}assert", f"{SCH}report"):
            yield from _check(child, pattern, lets)


def _variable(let: etree._Element, focus: str) -> etree._Element:
    """A variable that is worked out inside the try, so that its errors are the assert's."""
    value = XSL("for-each", XSL.sequence(select=let.get("value", "")), select=focus)
    return XSL.variable(value, {"as": "item()*"}, name=let.get("name", ""))


def _for_contexts(let: etree._Element, prefix: str) -> etree._Element:
    """The same as a global variable, which a template's `match` may use; a name apart for each pattern."""
    variable = _variable(let, "/")
    variable.set("name", prefix + let.get("name", ""))
    sequence = variable[0][0]
    sequence.set("select", _renamed(let.get("value", ""), prefix))
    return variable


def _renamed(expression: str, prefix: str) -> str:
    return re.sub(r"\$([\w-])", rf"${prefix}\1", expression)


def _check(check: etree._Element, pattern: str, lets: Lets) -> Iterator[etree._Element]:
    test = check.get("test", "")
    breach = "true" if check.tag == f"{SCH}report" else "false"
    verdict = XSL.sequence(select=f"if ({test}) then 'true' else 'false'")
    facts = [
        XSL.attribute(XSL.sequence(select="path(.)"), name="path"),
        XSL.attribute(XSL.text(pattern), name="pattern"),
        XSL.attribute(XSL.text(test), name="test"),
    ]
    tried = XSL("try", *map(deepcopy, lets), verdict, XSL.catch(XSL.sequence(select="'error'"), errors="*"))
    words = XSL("try", *map(deepcopy, lets), *_words(check), XSL.catch(XSL.text("[error]"), errors="*"))
    yield XSL(
        "for-each",
        XSL.variable(tried, {"as": "xs:string"}, name="oracle-verdict"),
        XSL.choose(
            XSL.when(OUT.error(*map(deepcopy, facts)), test="$oracle-verdict = 'error'"),
            XSL.when(OUT.failed(*facts, words), test=f"$oracle-verdict = '{breach}'"),
        ),
        select=".",
    )


def _words(element: etree._Element) -> Iterator[etree._Element]:
    yield XSL.text(element.text or "")
    for child in element:
        if child.tag == f"{SCH}name":
            yield XSL("value-of", select=f"name({child.get('path', '.')})")
        elif child.tag == f"{SCH}value-of":
            yield XSL("value-of", select=child.get("select", ""), separator=" ")
        elif isinstance(child.tag, str):
            yield from _words(child)
        yield XSL.text(child.tail or "")
