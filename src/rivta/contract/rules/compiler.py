"""A Schematron file made ready to run. Everything that is wrong with it is found here, before a message is seen.

It is read as XML first: safely, every element able to say where it stands, and what is abstract in it written out where it is
used: patterns (`is-a`, `param`) and rules (`extends`).
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from lxml import etree

from rivta.contract.rules.patterns import (
    Check,
    Expression,
    Language,
    Let,
    NameOfNode,
    Names,
    Pattern,
    Rule,
    Wording,
    read_context,
)
from rivta.contract.rules.ruleset import RuleSet
from rivta.contract.wsdl import read, root_of
from rivta.model.domain import Contract, RuleFile
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.words import Direction, Source

NAMESPACE = "http://purl.oclc.org/dsdl/schematron"

_CONTENT = {
    "schema": {"title", "p", "ns", "let", "pattern", "diagnostics", "phase", "properties"},
    "pattern": {"title", "p", "let", "rule", "param"},
    "rule": {"let", "assert", "report", "extends", "p"},
    "assert": {"name", "value-of", "emph", "dir", "span"},
    "diagnostics": {"diagnostic"},
}
_CONTENT["report"] = _CONTENT["diagnostic"] = _CONTENT["assert"]
"""What may stand in what. A misspelt `asert` must not be a rule that nobody runs."""


@dataclass(frozen=True)
class Document:
    """A rule file, known to hold Schematron and nothing that is not understood."""

    path: str
    root: etree._Element
    lines: tuple[str, ...]

    def source(self, element: etree._Element) -> Source:
        line = element.sourceline or 1
        return Source(self.path, line, 1, self.lines[line - 1] if line <= len(self.lines) else "")

    def mistake(self, element: etree._Element, what: str, todo: str = "") -> UsageError:
        """An error that names an element's place."""
        return UsageError(what, source=self.source(element), todo=todo)

    def attribute(self, element: etree._Element, name: str) -> str:
        """An attribute that must be there."""
        value = element.get(name)
        if value is None:
            raise self.mistake(element, f"{local_name(element)} lacks {name}")
        return value


def read_document(path: Path) -> Document:
    """A rule file. UsageError, with the line, for one that is unreadable, is no ISO Schematron or says unknown things."""
    body = read(path)
    root = root_of(path, body)
    lines = body.decode(root.getroottree().docinfo.encoding or "UTF-8", "replace").splitlines()
    document = Document(str(path), root, tuple(lines))
    if root.tag != f"{{{NAMESPACE}}}schema":
        raise document.mistake(
            root, f"{etree.QName(root).text} is not the root of an ISO Schematron file", f"{{{NAMESPACE}}}schema is"
        )
    _demand_known(document, root)
    return document


def _demand_known(document: Document, element: etree._Element) -> None:
    known = _CONTENT.get(local_name(element))
    if known is None:
        return
    for child in children(element):
        name = local_name(child)
        if name not in known:
            what = f"{name} in {local_name(element)} is not understood here"
            raise document.mistake(child, what, did_you_mean(name, known))
        _demand_known(document, child)


def children(element: etree._Element, name: str | None = None) -> Iterator[etree._Element]:
    """The Schematron elements in an element, all or those of a name. Other namespaces' are annotations."""
    return element.iterchildren(f"{{{NAMESPACE}}}{name or '*'}")


def local_name(element: etree._Element) -> str:
    return etree.QName(element).localname


def concrete_patterns(document: Document) -> Iterator[etree._Element]:
    """The patterns that are to be run, each `is-a` replaced by what it is."""
    abstract = {
        name: pattern
        for pattern in children(document.root, "pattern")
        if pattern.get("abstract") == "true" and (name := pattern.get("id"))
    }
    for pattern in children(document.root, "pattern"):
        if pattern.get("abstract") != "true":
            yield _instance(pattern, abstract, document)


def _instance(pattern: etree._Element, abstract: Mapping[str, etree._Element], document: Document) -> etree._Element:
    wanted = pattern.get("is-a")
    if wanted is None:
        return pattern
    if wanted not in abstract:
        raise document.mistake(pattern, f"no abstract pattern is called “{wanted}”", did_you_mean(wanted, abstract))
    # Name → value. The first of two equals wins, as in the ISO implementation; a published file has such a pair.
    found: dict[str, str] = {}
    for parameter in children(pattern, "param"):
        found.setdefault(document.attribute(parameter, "name"), document.attribute(parameter, "value"))
    return _substituted(abstract[wanted], pattern, found)


def _substituted(abstract: etree._Element, pattern: etree._Element, values: Mapping[str, str]) -> etree._Element:
    """A copy of the abstract pattern with each `$name` replaced, in expressions and in text, under the instance's own id."""
    copy = deepcopy(abstract)
    for element in copy.iter():
        for name, value in element.attrib.items():
            element.attrib[name] = _replaced(str(value), values)
        element.text = _replaced(element.text or "", values)
        element.tail = _replaced(element.tail or "", values)
    for name in ("id", "name"):
        copy.attrib.pop(name, None)
        if name in pattern.attrib:
            copy.set(name, pattern.attrib[name])
    del copy.attrib["abstract"]
    return copy


def _replaced(text: str, values: Mapping[str, str]) -> str:
    if "$" not in text or not values:
        return text
    names = "|".join(re.escape(name) for name in values)
    return re.sub(rf"\$({names})(?![\w\-])", lambda found: values[found[1]], text)


def abstract_rules(document: Document) -> dict[str, etree._Element]:
    """The rules that others may extend, by id, wherever in the file they stand."""
    return {
        name: rule
        for pattern in children(document.root, "pattern")
        for rule in children(pattern, "rule")
        if rule.get("abstract") == "true" and (name := rule.get("id"))
    }


_BINDINGS = {"xslt": 1, "xslt2": 2}
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_VALUES = (f"{{{NAMESPACE}}}value-of", f"{_XSL}value-of")
_ALWAYS_KNOWN = {"xs": "http://www.w3.org/2001/XMLSchema", "fn": "http://www.w3.org/2005/xpath-functions"}
"""Prefixes that published files use without declaring them."""


def compile_rules(path: Path, requirement: str = "") -> RuleSet:
    """The rules of an ISO Schematron file, with query binding `xslt2` or `xslt`. All patterns are run, whatever the phases.

    UsageError, with file and line, for a file that cannot be read or says what is not understood, and for an expression
    that is no XPath. Where a `requirement` is given each check goes by that and its own id, as in `R-1:q7`. Nothing is
    cached: a caller that wants that knows when the file changes.
    """
    return _Compiler(read_document(path), requirement).rule_set()


def rules_of(contract: Contract, direction: Direction, message: etree._Element | None = None) -> RuleSet:
    """The contract's rules in one direction that are for the message (the root of its envelope), or without one all of them.

    Each file is compiled once a process, when a message first asks for it.
    """
    return _together(files_for(contract, direction, message))


def files_for(contract: Contract, direction: Direction, message: etree._Element | None) -> tuple[RuleFile, ...]:
    """The files whose rules are for the message: those for every one, and those whose condition it meets."""
    files = contract.rules.get(direction, ())
    return files if message is None else tuple(each for each in files if not each.when or _condition(each)(message))


def ids_of(file: RuleFile) -> tuple[str, ...]:
    """What the checks of a file are known by: the requirement that they all are, or the id of each."""
    if file.requirement:
        return (file.requirement,)
    checks = (check for pattern in _once(file).patterns for rule in pattern.rules for check in rule.checks)
    return tuple(dict.fromkeys(check.id for check in checks if check.id))


@lru_cache(maxsize=64)
def _condition(file: RuleFile) -> etree.XPath:
    return etree.XPath(f"boolean({file.when})", namespaces=dict(file.prefixes))


@lru_cache(maxsize=64)
def _once(file: RuleFile) -> RuleSet:
    return compile_rules(file.path, file.requirement)


@lru_cache(maxsize=64)
def _together(files: tuple[RuleFile, ...]) -> RuleSet:
    return RuleSet(tuple(chain.from_iterable(_once(each).patterns for each in files)))


class _Compiler:
    def __init__(self, document: Document, requirement: str = "") -> None:
        self.document = document
        self.requirement = requirement
        self.language = _language(document)
        self.abstract_rules = abstract_rules(document)
        self.names: Names = {}

    def rule_set(self) -> RuleSet:
        self.names = self._with_lets(self.names, self.document.root)
        return RuleSet(tuple(self._pattern(pattern) for pattern in concrete_patterns(self.document)))

    # ── patterns and rules ──

    def _pattern(self, element: etree._Element) -> Pattern:
        own = element.get("id") or element.get("name") or ""
        names = self._with_lets(self.names, element)
        rules = (rule for rule in children(element, "rule") if rule.get("abstract") != "true")
        return Pattern(own, tuple(self._rule(rule, own, names) for rule in rules))

    def _rule(self, element: etree._Element, pattern: str, names: Names) -> Rule:
        own = element.get("id") or pattern
        text = self.document.attribute(element, "context")
        context = read_context(text, self.document.source(element), self.language, names)
        checks, _ = self._checks(element, own, names)
        return Rule(context, tuple(checks), self.language)

    def _checks(
        self, rule: etree._Element, own: str, names: Names, extended: tuple[str, ...] = ()
    ) -> tuple[list[Check], Names]:
        """The checks of a rule, those of the rules that it extends at their place, each knowing the lets above it."""
        checks: list[Check] = []
        for child in children(rule):
            match local_name(child):
                case "let":
                    names = self._with_let(names, child, of_node=True)
                case "assert" | "report":
                    checks.append(self._check(child, own, names))
                case "extends":
                    wanted = self.document.attribute(child, "rule")
                    abstract = self._abstract(child, wanted, extended)
                    inherited, names = self._checks(abstract, own, names, (*extended, wanted))
                    checks += inherited
        return checks, names

    def _abstract(self, element: etree._Element, wanted: str, extended: tuple[str, ...]) -> etree._Element:
        if wanted in extended:
            raise self.document.mistake(element, f"the rule “{wanted}” extends itself")
        if wanted not in self.abstract_rules:
            todo = did_you_mean(wanted, self.abstract_rules)
            raise self.document.mistake(element, f"no abstract rule is called “{wanted}”", todo)
        return self.abstract_rules[wanted]

    # ── checks and their words ──

    def _check(self, element: etree._Element, own: str, names: Names) -> Check:
        return Check(
            id=":".join(filter(None, (self.requirement, element.get("id") or own))),
            test=self._expression(element, self.document.attribute(element, "test"), names),
            is_report=local_name(element) == "report",
            wording=self._wording(element, names),
            diagnostics=self._diagnostics(element, names),
        )

    def _wording(self, element: etree._Element, names: Names) -> Wording:
        pieces: list[str | NameOfNode | Expression] = [element.text or ""]
        for child in element:
            if child.tag == f"{{{NAMESPACE}}}name":
                pieces.append(self._name(child, names))
            elif child.tag in _VALUES:
                pieces.append(self._expression(child, self.document.attribute(child, "select"), names))
            elif isinstance(child.tag, str) and child.tag.startswith(_XSL):
                what = f"xsl:{local_name(child)} in {local_name(element)} is not run here"
                raise self.document.mistake(child, what, "value-of select puts a value in a message")
            elif isinstance(child.tag, str):
                pieces.extend(self._wording(child, names))
            pieces.append(child.tail or "")
        return tuple(piece for piece in pieces if piece != "")

    def _name(self, element: etree._Element, names: Names) -> NameOfNode | Expression:
        path = element.get("path")
        return NameOfNode() if path is None else self._expression(element, f"name({path})", names)

    def _diagnostics(self, element: etree._Element, names: Names) -> Mapping[str, Wording]:
        found: dict[str, Wording] = {}
        for wanted in element.get("diagnostics", "").split():
            diagnostic = self._diagnostic(element, wanted)
            lang = "".join(str(found) for found in diagnostic.xpath("ancestor-or-self::*[@xml:lang][1]/@xml:lang"))
            earlier: Wording = (*found[lang], " ") if lang in found else ()
            found[lang] = (*earlier, *self._wording(diagnostic, names))
        return found

    def _diagnostic(self, element: etree._Element, wanted: str) -> etree._Element:
        known = {
            each.get("id", ""): each
            for group in children(self.document.root, "diagnostics")
            for each in children(group, "diagnostic")
        }
        if wanted not in known:
            raise self.document.mistake(element, f"no diagnostic is called “{wanted}”", did_you_mean(wanted, known))
        return known[wanted]

    # ── expressions ──

    def _expression(self, element: etree._Element, text: str, names: Names) -> Expression:
        return Expression(text, self.document.source(element), self.language, names)

    def _with_lets(self, names: Names, element: etree._Element) -> Names:
        for child in children(element, "let"):
            names = self._with_let(names, child, of_node=False)
        return names

    def _with_let(self, names: Names, element: etree._Element, *, of_node: bool) -> Names:
        name = self.document.attribute(element, "name")
        value = self._expression(element, self.document.attribute(element, "value"), names)
        return {**names, name: Let(name, value, of_node)}


def _language(document: Document) -> Language:
    written = document.root.get("queryBinding", "xslt")
    binding = written.lower()  # ISO 19757-3, 5.4.13: names of bindings are the same in any case
    if binding not in _BINDINGS:
        raise document.mistake(
            document.root, f"the query binding “{written}” is not understood", did_you_mean(binding, _BINDINGS)
        )
    declared = {
        document.attribute(element, "prefix"): document.attribute(element, "uri")
        for element in children(document.root, "ns")
    }
    return Language({**_ALWAYS_KNOWN, **declared}, 2 if binding == "xslt2" else 1)
