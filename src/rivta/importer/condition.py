"""A closure over one record as XPath 1.0 from that record."""

from dataclasses import replace

from rivta.importer.groovy import GroovyNode, Strange, short
from rivta.importer.scope import ScriptScope, quoted
from rivta.model.frozen import frozen

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
            raise Strange("a condition that is not written out")
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
                found = self._with(
                    name, GroovyNode("both", "||", (GroovyNode("both", "&&", (condition, to)), kept))
                ).come_to(rest, otherwise)
            case GroovyNode("if", _, (condition, then, other)):
                after = self.come_to(rest, otherwise)
                found = _chosen(
                    self._value(condition).truth, *(self.come_to(one.parts, after) for one in (then, other))
                )
            case GroovyNode("each", _, inner):
                found = self.come_to(inner, self.come_to(rest, otherwise))
            case GroovyNode("return", _, (value,)):
                found = self._value(value).truth
            case GroovyNode("call", _, (GroovyNode("name", "log"), *_)):
                found = self.come_to(rest, otherwise)
            case _ if not rest:
                found = self._value(first).truth
            case _:
                raise Strange("a statement in a condition")
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
                raise Strange("an expression in a condition")
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
        raise Strange(f"{verb}(…) in a condition")

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
        raise Strange(f"{one.kind} {sign} {other.kind} in a condition")


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
