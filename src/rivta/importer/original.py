"""What SoapUI would say of an answer, by its own rules and by those of the published verbs: to hold ours against, one assertion at a time.

A text is that of an element's first child node. Counts are compared as texts, as most published scripts do. Nothing of a script is
executed: verbs and known shapes are emulated, and of what is neither there is no verdict.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import lru_cache
from html import unescape

from lxml import etree

from rivta.contract import schemas
from rivta.contract.rules import rules_of
from rivta.importer import groovy
from rivta.importer.groovy import GroovyNode, Unsupported, squeezed
from rivta.importer.project import Assertion
from rivta.importer.scope import ScriptScope
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.model.frozen import frozen
from rivta.model.words import Direction
from rivta.text.xml import parse

_VERB = re.compile(r"assert(ElementExists|SpecificValue|ElementExcluded)In(Any|All)Records?")
_FAULT = "{http://schemas.xmlsoap.org/soap/envelope/}Fault"
_COUNTS = re.compile(r"AntalPosterRequest1 (>|==) AntalPosterRequest2")
_PROLOG = re.compile(rb"""^\s*<\?xml[^>]*\bencoding=["']([^"']*)""")
_root = lru_cache(maxsize=8)(parse)


@frozen
class SoapUiAnswer:
    """An answer as SoapUI sees it. `before` are the bodies of the answers before it in the case, the first one first."""

    body: bytes
    status: int
    before: Sequence[bytes] = ()
    took_ms: float = 0

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@frozen
class Original:
    """Emulates one assertion on answers of a contract; `fill` puts the case's values into a text."""

    scope: ScriptScope
    contract: Contract
    fill: Callable[[str], str]

    def verdict(self, assertion: Assertion, answered: SoapUiAnswer) -> bool | None:
        """Whether it holds; None where it is not emulated."""
        try:
            return self._verdict(assertion, answered)
        except (Unsupported, etree.XPathError):
            return None
        except Unreadable:
            return False

    def _verdict(self, assertion: Assertion, answered: SoapUiAnswer) -> bool | None:
        settings, verdict = assertion.settings, None
        match assertion.type:
            case "SOAP Response":
                verdict = etree.QName(_root(answered.body)).localname == "Envelope"
            case "SOAP Fault Assertion" | "Not SOAP Fault Assertion":
                is_fault = next(_root(answered.body).iter(_FAULT), None) is not None
                verdict = is_fault == assertion.type.startswith("Not")
            case "Schema Compliance":
                # By one library of ours in the place of its one. What it lets through in xs:any, treated as skip there, is not emulated.
                verdict = not schemas(self.contract).first(parse(answered.body))
            case "Simple Contains" | "Simple NotContains":
                alike = str.lower if settings.get("ignoreCase") == "true" else str
                token = self.fill(settings.get("token", ""))
                verdict = (alike(token) in alike(answered.text)) != ("Not" in assertion.type)
            case "Valid HTTP Status Codes" | "Invalid HTTP Status Codes":
                verdict = (str(answered.status) in settings.get("codes", "")) == assertion.type.startswith("Valid")
            case "Response SLA Assertion":
                verdict = answered.took_ms <= int(settings["SLA"])
            case "GroovyScriptAssertion":
                verdict = self._script(assertion.script, answered)
        return verdict

    def _script(self, script: str, answered: SoapUiAnswer) -> bool | None:
        plain = squeezed(script)
        if "unescapedXml.indexOf(unescapedTestString)" in plain:
            return unescape(self.fill("${testString}")) in unescape(answered.text)
        if "responseContent.size()" in plain and answered.before:
            return len(answered.body) == len(answered.before[self.scope.saved - 1])
        if "context.response1 == context.response2" in plain and answered.before:
            return answered.body == answered.before[self.scope.saved - 1]
        if (sign := _COUNTS.search(plain)) and answered.before:
            one, two = (str(len(self._records(each))) for each in (answered.before[-1], answered.body))
            if sign[1] == "==":
                return one == two
            return int(one) > int(two) if "toInteger()" in plain else one > two
        verdicts = [self._called(each, answered) for each in groovy.read(script) if each.kind != "let"]
        return None if None in verdicts or not verdicts else all(verdicts)

    def _records(self, body: bytes) -> list[etree._Element]:
        found = _root(body).xpath(self.scope.record, namespaces={**self.scope.prefixes})
        return [deepcopy(each) for each in found] if isinstance(found, list) else []

    def _called(self, node: GroovyNode, answered: SoapUiAnswer) -> bool | None:
        if node.kind != "call" or not node.parts:
            return None
        records, scope, verdict = self._records(answered.body), self.scope, None
        match node.value, node.parts[1:]:
            case "info", _:
                verdict = True
            case "assertSchematronConstraints", _:
                # Failed asserts are looked at there, reports are not; a rule that breaks down ends it all.
                root = _root(answered.body)
                verdict = not rules_of(self.contract, Direction.RESPONSE, root).examine(root)[0]
            case "assertValidEncoding", _:  # the header of a canned answer says utf-8
                told = _PROLOG.match(answered.body)
                verdict = told is None or told[1].lower() == b"utf-8"
            case "assertNonEmptyResponse", _:
                verdict = bool(records)
            case "assertExactNumberOfRecords", (number,):
                verdict = len(records) == int(scope.text(number))
            case "assertBase64ContentInAnyElement", (path, *_):
                verdict = any(_is_base64(value) for each in records for value in self._values(each, scope.text(path)))
            case str(verb), (path, *rest) if shape := _VERB.fullmatch(verb):
                wanted = self.fill(scope.text(rest[0])) if rest else ""
                holds = [_HOLDS[shape[1]](self._values(each, scope.text(path)), wanted) for each in records]
                verdict = bool(holds) and (any(holds) if shape[2] == "Any" else all(holds))
        return verdict

    def _values(self, record: etree._Element, path: str) -> list[str]:
        """The texts at a path in a record that is a document of its own; an element without anything in it has none."""
        whole = path if path.startswith("/") else f"/{path}"
        found = etree.ElementTree(record).xpath(whole, namespaces={**self.scope.prefixes})
        return [_text(each) for each in found] if isinstance(found, list) else []


def _text(node: object) -> str:
    return (node.text or (" " if len(node) else "")) if isinstance(node, etree._Element) else str(node)


_HOLDS: dict[str, Callable[[list[str], str], bool]] = {
    "ElementExists": lambda values, _: bool(values) and bool(values[0]),
    "SpecificValue": lambda values, wanted: wanted in values,
    "ElementExcluded": lambda values, _: not values,
}


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text))
    except (binascii.Error, ValueError):
        return False
