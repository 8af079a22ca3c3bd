"""What the words of a script mean where it stands: where records are, and what the script has given a name to."""

import re
from collections.abc import Mapping
from dataclasses import field, replace

from rivta.importer import groovy
from rivta.importer.groovy import GroovyNode, Strange, short
from rivta.model.frozen import frozen

Expectation = dict[str, object]
"""What a step expects, as it is written in a suite."""


def slug(name: str) -> str:
    """A name as placeholders may have it."""
    return re.sub(r"[^\w-]+", "_", name, flags=re.ASCII).strip("_") or "value"


def quoted(text: str) -> str:
    """A text within an XPath."""
    if "'" in text and '"' in text:
        raise Strange("a text with both kinds of quotes")
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
        raise Strange("a value that is not known beforehand")

    def items(self, node: GroovyNode) -> list[str]:
        """The texts of a list that is written out."""
        found = self.named.get(node.value) if node.kind == "name" else node
        if found is None or found.kind != "list":
            raise Strange("a list that is not written out")
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
            raise Strange(f"the path starts at {first}, and the records are {record or 'not said'}")
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
        every = f"{self.record} and not({self.record}[not({condition})])"
        forms = {
            "any": f"boolean({self.record}[{condition}])",
            "all": every,
            "records": f"count({self.record}) {condition}",
        }
        return holds(forms[kind])


def holds(condition: str) -> Expectation:
    """That a condition over the envelope is true."""
    return {"xpath": {"path": condition, "equals": "true"}}
