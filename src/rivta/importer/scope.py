"""What the words of a script mean where it stands: where records are, what it has given a name to, and a closure over one record."""

import re
from collections.abc import Mapping
from dataclasses import field, replace

from rivta.importer import groovy
from rivta.importer.groovy import GroovyNode, Unsupported, short
from rivta.model.frozen import frozen

Expectation = dict[str, object]
"""What a step expects, as it is written in a suite."""


def slug(name: str) -> str:
    """A name as placeholders may have it."""
    return re.sub(r"[^\w-]+", "_", name, flags=re.ASCII).strip("_") or "value"


def quoted(text: str) -> str:
    """A text within an XPath."""
    if "'" in text and '"' in text:
        raise Unsupported("a text with both kinds of quotes")
    return f'"{text}"' if "'" in text else f"'{text}'"


@frozen
class ScriptScope:
    """What a script's words mean where it stands. `record` is where records are; `is_described` that the domain says what they are.

    `named` is what the script gives a name to, `counted` the number of the step whose records are kept, `saved` of that whose answer is.
    """

    record: str
    is_described: bool
    named: Mapping[str, GroovyNode] = field(default_factory=dict)
    counted: int = 1
    saved: int = 1
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def below(self, script: str) -> "ScriptScope":
        """The same with what a script gives a name to."""
        return replace(self, named={each.value: each.parts[0] for each in groovy.read(script) if each.kind == "let"})

    def text(self, node: GroovyNode) -> str:
        """A text that is known beforehand, or a value of the context as a placeholder."""
        match node:
            case GroovyNode("value", str() | int() as value) if not isinstance(value, bool):
                return str(value).replace("${", "$${")
            case GroovyNode("name", name) if name in self.named:
                return self.text(self.named[name])
            case GroovyNode("call", "getProperty", (GroovyNode("name", "context"), GroovyNode("value", str(name)))):
                return f"${{{slug(name)}}}"
            case GroovyNode("get", name, (GroovyNode("name", "context"),)):
                return f"${{{slug(name)}}}"
            case GroovyNode("both", "+", (left, right)):
                return short(self.text(left) + self.text(right))
        raise Unsupported("a value that is not known beforehand")

    def items(self, node: GroovyNode) -> list[str]:
        """The texts of a list that is written out."""
        found = self.named.get(node.value) if node.kind == "name" else node
        if found is None or found.kind != "list":
            raise Unsupported("a list that is not written out")
        return [self.text(each) for each in found.parts]

    def within(self, node: GroovyNode) -> str:
        """A path from the record."""
        path = self.text(node).strip()
        first, _, rest = path.lstrip("/").partition("/")
        record = self.record.rpartition("/")[2]
        if self._is_same(first, record):
            return rest or "."
        if path.startswith("//"):
            return f".{path}"
        if path.startswith("/") or not record:
            raise Unsupported(f"the path starts at {first}, and the records are {record or 'not said'}")
        return path

    def _is_same(self, one: str, other: str) -> bool:
        """Whether two names are one: prefixes may stand for the same."""
        spaces = {self.prefixes.get(each.partition(":")[0], each) for each in (one, other)}
        return one == other or (one.rpartition(":")[2] == other.rpartition(":")[2] and len(spaces) == 1)

    def whole(self, node: GroovyNode) -> str:
        """A path from the envelope."""
        within = self.within(node)
        return self.record if within == "." else f"{self.record}/{within}"

    def judged(self, kind: str, wish: Expectation, condition: str) -> Expectation:
        """Any or all records, or their number; as a condition over the envelope where the domain does not say what records are."""
        if self.is_described:
            return {kind: wish}
        forms = {
            "any": f"boolean({self.record}[{condition}])",
            "all": f"{self.record} and not({self.record}[not({condition})])",
            "records": f"count({self.record}) {condition}",
        }
        return holds(forms[kind])


def holds(condition: str) -> Expectation:
    """That a condition over the envelope is true."""
    return {"xpath": {"path": condition, "equals": "true"}}


# A closure over one record as XPath 1.0 from that record


_YES, _NO = "true()", "false()"


@frozen
class _Found:
    """What a part of a condition is: `nodes` are elements, `text` is the first one's, `number` and `truth` are computed."""

    kind: str
    xpath: str

    @property
    def truth(self) -> str:
        """As Groovy takes it for true: a text that is not empty, elements that are there, a number that is not 0."""
        forms = {"text": "string({}) != ''", "number": "{} != 0", "nodes": "boolean({})"}
        return forms.get(self.kind, "{}").format(self.xpath)


@frozen
class Condition:
    """A closure over one record as XPath 1.0 from that record."""

    scope: ScriptScope

    def of(self, node: GroovyNode) -> str:
        closure = self.scope.named.get(node.value) if node.kind == "name" else node
        if closure is None or closure.kind != "closure":
            raise Unsupported("a condition that is not written out")
        return self.come_to(closure.parts, _NO)

    def _with(self, name: str, to: GroovyNode) -> "Condition":
        return Condition(replace(self.scope, named={**self.scope.named, name: to}))

    def come_to(self, body: tuple[GroovyNode, ...], otherwise: str) -> str:
        """What statements in a row come to, where without a return they come to `otherwise`."""
        if not body:
            return otherwise
        first, *rest_ = body
        rest = tuple(rest_)
        match first:
            case GroovyNode("let", name, (to,)):
                found = self._with(name, to).come_to(rest, otherwise)
            case GroovyNode("if", _, (condition, GroovyNode("block", _, (GroovyNode("let", name, (to,)),)), _)) if (
                name in self.scope.named
            ):
                kept = GroovyNode("both", "&&", (GroovyNode("not", None, (condition,)), self.scope.named[name]))
                either = GroovyNode("both", "||", (GroovyNode("both", "&&", (condition, to)), kept))
                found = self._with(name, either).come_to(rest, otherwise)
            case GroovyNode("if", _, (condition, then, other)):
                after = self.come_to(rest, otherwise)
                yes, no = (self.come_to(one.parts, after) for one in (then, other))
                found = _chosen(self._value(condition).truth, yes, no)
            case GroovyNode("each", _, inner):
                found = self.come_to(inner, self.come_to(rest, otherwise))
            case GroovyNode("return", _, (value,)):
                found = self._value(value).truth
            case GroovyNode("call", _, (GroovyNode("name", "log"), *_)):
                found = self.come_to(rest, otherwise)
            case _ if not rest:
                found = self._value(first).truth
            case _:
                raise Unsupported("a statement in a condition")
        return found

    def _value(self, node: GroovyNode) -> _Found:
        match node:
            case GroovyNode("value", bool(value)):
                found = _Found("truth", _YES if value else _NO)
            case GroovyNode("value", int(number)):
                found = _Found("number", str(number))
            case GroovyNode("name", name) if name in self.scope.named:
                found = self._value(self.scope.named[name])
            case GroovyNode("not", _, (of,)):
                found = _Found("truth", f"not({self._value(of).truth})")
            case GroovyNode("at", _, (of, GroovyNode("name"))):
                found = self._value(of)
            case GroovyNode("both", sign, (left, right)):
                found = self._both(sign, left, right)
            case GroovyNode("call", verb, (of, *args)):
                found = self._called(verb, of, args)
            case _:
                raise Unsupported("an expression in a condition")
        return found

    def _called(self, verb: str, of: GroovyNode, args: list[GroovyNode]) -> _Found:
        match verb, args:
            case "equals", [other]:
                return self._both("==", of, other)
            case "size", []:
                return _Found("number", f"count({self._value(of).xpath})")
            case "firstElementAt" | "allElementsAt", [path]:
                return _Found("text" if verb == "firstElementAt" else "nodes", self.scope.within(path))
            case "timestampIsAfter" | "timestampIsBefore", [path, other]:
                sign = ">" if verb.endswith("After") else "<"
                return _Found("truth", _by_time(sign, self.scope.within(path), self._value(other).xpath))
        raise Unsupported(f"{verb}(…) in a condition")

    def _both(self, sign: str, left: GroovyNode, right: GroovyNode) -> _Found:
        if sign in ("&&", "||"):
            word = "and" if sign == "&&" else "or"
            return _Found("truth", _joined(word, self._value(left).truth, self._value(right).truth))
        one, literal = self._value(left), self.scope.named.get(right.value, right) if right.kind == "name" else right
        match literal, sign:
            case GroovyNode("value", None), "==" | "!=":
                return _Found("truth", f"not({one.xpath})" if sign == "==" else f"boolean({one.xpath})")
            case GroovyNode("value", str(text)), "==" | "!=" if one.kind in ("text", "nodes"):
                same = f"{f'string({one.xpath})' if one.kind == 'text' else one.xpath} = {quoted(text)}"
                return _Found("truth", same if sign == "==" else f"not({same})")
        other = self._value(right)
        match (one.kind, other.kind), sign:
            case ("number", "number"), "+":
                return _Found("number", f"{one.xpath} + {other.xpath}")
            case ("number", "number"), _:
                return _Found("truth", f"{one.xpath} {'=' if sign == '==' else sign} {other.xpath}")
            case ("text", "text"), "<" | ">" | "<=" | ">=":
                # In Groovy nothing comes before everything. Only times are compared so, and those are digits.
                nothing = one.xpath if sign in ("<", "<=") else other.xpath
                return _Found("truth", f"(not({nothing}) or number({one.xpath}) {sign} number({other.xpath}))")
        raise Unsupported(f"{one.kind} {sign} {other.kind} in a condition")


def _joined(word: str, left: str, right: str) -> str:
    """Both, with what is always so left out."""
    keeps, decides = (_YES, _NO) if word == "and" else (_NO, _YES)
    if decides in (left, right):
        return decides
    if keeps in (left, right):
        return right if left == keeps else left
    return short(f" {word} ".join(f"({each})" if word == "and" and " or " in each else each for each in (left, right)))


def _chosen(condition: str, yes: str, no: str) -> str:
    return _joined("or", _joined("and", condition, yes), no if yes == _YES else _joined("and", f"not({condition})", no))


def _by_time(sign: str, path: str, other: str) -> str:
    """Two times, as far as both have digits."""
    one, two = (f"substring({a}, 1, string-length({b}))" for a, b in ((path, other), (other, path)))
    return f"number({one}) {sign} number({two})"
