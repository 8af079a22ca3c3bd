"""Where XPath 1 and XPath 2 agree: what an operator or a function may be given so that both answer the same.

Each function here builds an expression in XPath 1 of parts that are in it already, or raises Disagree.
"""

from collections.abc import Callable
from typing import Literal

from rivta.model.frozen import frozen

Kind = Literal["nodes", "string", "number", "boolean", "perhaps"]
"""`perhaps` is a boolean that is the empty sequence where an operand is: as a condition the same as false, as a value not."""


@frozen
class Typed:
    """An expression in XPath 1 with what is known of its value. `single`: at most one node; `certain`: exactly one."""

    text: str
    kind: Kind
    single: bool = False
    certain: bool = False


class Disagree(Exception):
    """The expression is outside the subset."""


def _condition(value: Typed) -> str:
    """Anything has an effective boolean value, and the same in both: the subset has no sequences but of nodes."""
    return value.text


def _nodes(value: Typed) -> str:
    if value.kind != "nodes":
        raise Disagree
    return value.text


def _node(value: Typed) -> str:
    if not value.single:
        raise Disagree
    return _nodes(value)


def _string(value: Typed) -> str:
    if value.kind != "string" and not (value.kind == "nodes" and value.single):
        raise Disagree
    return value.text


@frozen
class _OneArgument:
    """A function of one argument, or with `least` 0 of the context node: what it takes and gives, and its name in XPath 1."""

    takes: Callable[[Typed], str]
    gives: Kind
    least: int = 0
    spelt: str = ""
    since: int = 1


OF_ONE = {
    "not": _OneArgument(_condition, "boolean", 1),
    "boolean": _OneArgument(_condition, "boolean", 1),
    "exists": _OneArgument(_nodes, "boolean", 1, "boolean", since=2),
    "empty": _OneArgument(_nodes, "boolean", 1, "not", since=2),
    "count": _OneArgument(_nodes, "number", 1),
    "name": _OneArgument(_node, "string"),
    "local-name": _OneArgument(_node, "string"),
    "namespace-uri": _OneArgument(_node, "string"),
    "string": _OneArgument(_string, "string"),
    "normalize-space": _OneArgument(_string, "string"),
    "string-length": _OneArgument(_string, "number"),
}


def of_strings(name: str, arguments: list[Typed]) -> Typed:
    """A function of several texts. No node is taken for the empty text."""
    texts = [_string(argument) if argument.kind != "number" else argument.text for argument in arguments]
    kinds = ["number" if argument.kind == "number" else "string" for argument in arguments]
    match name, kinds:
        case "concat", ["string", "string", *rest] if "number" not in rest:
            kind: Kind = "string"
        case (("contains" | "starts-with"), ["string", "string"]):
            kind = "boolean"
        case (("substring-before" | "substring-after"), ["string", "string"]):
            kind = "string"
        case "translate", ["string", "string", "string"] if all(each.kind == "string" for each in arguments[1:]):
            kind = "string"  # XPath 2 raises on an empty sequence for the second and third
        case "substring", ["string", "number"] | ["string", "number", "number"]:
            kind = "string"
        case _:
            raise Disagree
    return Typed(f"{name}({', '.join(texts)})", kind)


def arithmetic(left: Typed, operator: str, right: Typed) -> Typed:
    """`+`, `-` and `*` of whole numbers."""
    if (left.kind, right.kind) != ("number", "number"):
        raise Disagree
    return Typed(f"{left.text} {operator} {right.text}", "number")


def general(left: Typed, operator: str, right: Typed) -> Typed:
    """`=` and its like, on nodes true if any pair is."""
    numbers = left.kind == right.kind == "number"
    booleans = left.kind == right.kind == "boolean"
    texts = {left.kind, right.kind} <= {"nodes", "string"}
    if not (numbers or ((booleans or texts) and operator in ("=", "!="))):
        raise Disagree
    return Typed(f"{left.text} {operator} {right.text}", "boolean")


def one_of(left: Typed, operator: str, choices: list[str]) -> Typed:
    """`=` and `!=` with a sequence of literals: true if any is."""
    if operator not in ("=", "!=") or left.kind not in ("nodes", "string"):
        raise Disagree
    return Typed("(" + " or ".join(f"{left.text} {operator} {choice}" for choice in choices) + ")", "boolean")


def single_values(left: Typed, operator: str, right: Typed) -> Typed:
    """`eq` and its like, on at most one item a side: the empty sequence if one side has none."""
    if left.kind == right.kind == "number":
        return Typed(f"{left.text} {operator} {right.text}", "boolean")
    if operator not in ("=", "!="):
        raise Disagree
    certain = all(side.kind == "string" or side.certain for side in (left, right))
    return Typed(f"{_string(left)} {operator} {_string(right)}", "boolean" if certain else "perhaps")
