"""What every contract is tried with: the cases of the general part that a domain builds on, put into a suite with its own message.

A suite says `general:` with what those cases leave open: a message, and what its acceptance and its refusal look like. Each
`{name}` in the general file stands for what the suite says under that name. A mistake is told where it was written, in either file.
"""

from collections.abc import Mapping
from dataclasses import replace

from rivta.model.domain import Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.text.yaml.compose import compose, contents, shown_as
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar

KEY = "general"
_LEFT_OUT = "leave-out"


def with_general(tree: Node, domain: Domain) -> tuple[Node, bytes]:
    """The suite with the general cases after its own, and the bytes that they were read from; as it is where it asks for none.

    UsageError for a domain that builds on nothing, and for what the general cases need and the suite does not say.
    """
    asked = tree.get(KEY) if isinstance(tree, YamlMap) else None
    role = tree.get("role") if isinstance(tree, YamlMap) else None
    if not isinstance(tree, YamlMap) or not isinstance(asked, YamlMap) or not isinstance(role, YamlScalar):
        return tree, b""
    if domain.general is None:
        todo = "say builds-on: riv-ta in domain.yaml"
        raise UsageError("the domain builds on no general part", source=tree.source_of(KEY), todo=todo)
    path = domain.general / f"{role.text}.yaml"
    written = contents(path, shown_as(path))
    cases = _cases(compose(written, shown_as(path)), asked)
    return _put(tree, cases), written


def _cases(general: Node, asked: YamlMap) -> tuple[Node, ...]:
    """The general cases, filled in, without those that the suite leaves out."""
    found = general.get("cases") if isinstance(general, YamlMap) else None
    every = {_id_of(each): each for each in found.items} if isinstance(found, YamlList) else {}
    left_out = asked.get(_LEFT_OUT)
    for key, _ in left_out.entries if isinstance(left_out, YamlMap) else ():
        if every.pop(key.text, None) is None:
            raise UsageError(
                f"there is no general case {key.text}", source=key.source, todo=did_you_mean(key.text, every)
            )
    given = {f"{{{key.text}}}": value for key, value in asked.entries if key.text != _LEFT_OUT}
    return tuple(_filled(each, given, asked) for each in every.values())


def _filled(node: Node, given: Mapping[str, Node], asked: YamlMap) -> Node:
    """The same with what the suite says in its places."""
    match node:
        case YamlScalar() if node.text.startswith("{") and node.text.endswith("}"):
            if node.text not in given:
                what = f"the general cases need “{node.text[1:-1]}”, and the suite does not say it"
                raise UsageError(what, source=asked.source, todo=f"add {node.text[1:-1]}: below general:")
            return given[node.text]
        case YamlList():
            return replace(node, items=tuple(_filled(each, given, asked) for each in node.items))
        case YamlMap():
            return replace(node, entries=tuple((key, _filled(value, given, asked)) for key, value in node.entries))
    return node


def _put(tree: YamlMap, cases: tuple[Node, ...]) -> YamlMap:
    own = tree.get("cases")
    if not isinstance(own, YamlList):
        place = tree.get(KEY) or tree
        key = YamlScalar(place.file, place.line, place.column, "cases", plain=True)
        return replace(tree, entries=(*tree.entries, (key, YamlList(place.file, place.line, place.column, cases))))
    both = replace(own, items=(*own.items, *cases))
    return replace(tree, entries=tuple((key, both if value is own else value) for key, value in tree.entries))


def _id_of(case: Node) -> str:
    named = case.get("id") if isinstance(case, YamlMap) else None
    return named.text if isinstance(named, YamlScalar) else ""
