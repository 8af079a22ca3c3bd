"""What every contract is tried with: the cases of the general parts that a domain builds on, put into a suite with its own message.

A suite says `general:` with what those cases leave open: a message, and what its acceptance and its refusal look like. Each
`{name}` in a general file stands for what the suite says under that name, there or under `places`. A case that names `{other-…}` is there
where the domain has the contract in another major version too: that is what it and its suite say. A mistake is told where it was written,
in either file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rivta.model.domain import Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.text.yaml.compose import compose, contents, shown_as
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar, entries_of, filled, place, said, scalars

KEY = "general"
_OWN = ("leave-out", "called", "places")
_LISTS = ("cases", "samples", "load")
_OTHER = "other-"
"""What the names of those places begin with that only a contract in several major versions fills."""


def with_general(tree: Node, domain: Domain) -> tuple[Node, bytes]:
    """The suite with the general cases, samples and loads after its own, and the bytes that they were read from; as it is where it asks for none.

    UsageError for a domain that builds on nothing, and for what the general cases need and the suite does not say.
    """
    asked, role = tree.get(KEY), said(tree.get("role"))
    if not isinstance(tree, YamlMap) or not isinstance(asked, YamlMap) or not role:
        return tree, b""
    if not domain.general:
        todo = "say builds-on: riv-ta in domain.yaml"
        raise UsageError("the domain builds on no general part", source=tree.source_of(KEY), todo=todo)
    paths = [path for folder in domain.general if (path := folder / f"{role}.yaml").is_file()]
    written = [contents(path, shown_as(path)) for path in paths]
    parts = [compose(each, shown_as(path)) for each, path in zip(written, paths, strict=True)]
    given, lists = _of_majors(tree, domain) | _given(parts, asked), {key: _listed(parts, key) for key in _LISTS}
    own = ((key, filled(value, given) if key.text == "cases" else value) for key, value in tree.entries)
    whole = replace(tree, entries=tuple(own))
    _check_named(asked, {id_: each for every in lists.values() for id_, each in every.items()})
    for key, every in lists.items():
        added = tuple(_items(every, given, asked))
        whole = _put(whole, key, YamlList(asked.file, asked.line, asked.column, added)) if added else whole
    for data in (each.get("data") for each in parts):
        whole = _put(whole, "data", data) if data else whole
    return whole, b"".join(written)


def _given(parts: list[Node], asked: YamlMap) -> dict[str, Node]:
    """What stands in the places: as the suite says, and as the parts themselves say with that."""
    own = {key: value for key, value in entries_of(asked).items() if key not in _OWN} | entries_of(asked.get("places"))
    theirs = (each for part in parts for each in entries_of(part.get("places")).items())
    return {name: filled(value, own) for name, value in theirs} | own


def _listed(parts: list[Node], key: str) -> dict[str, Node]:
    """What the general parts have under a key, by id."""
    lists = (part.get(key) for part in parts)
    return {said(each.get("id")): each for items in lists if isinstance(items, YamlList) for each in items.items}


def _check_named(asked: YamlMap, every: Mapping[str, Node]) -> None:
    for named in (asked.get("leave-out"), asked.get("called")):
        for key, _ in named.entries if isinstance(named, YamlMap) else ():
            if key.text not in every:
                what = f"there is no general case {key.text}"
                raise UsageError(what, source=key.source, todo=did_you_mean(key.text, every))


def _items(every: Mapping[str, Node], given: Mapping[str, Node], asked: YamlMap) -> Iterator[Node]:
    """Those cases, or samples, filled in, without what the suite leaves out, each by the id that the suite calls it by."""
    left_out, called = entries_of(asked.get("leave-out")), entries_of(asked.get("called"))
    for id_, case in every.items():
        lacking = next(_open(case, given), "") if id_ not in left_out else _OTHER
        if lacking and not lacking.startswith(_OTHER):
            what = f"the general cases need “{lacking}”, and the suite does not say it"
            raise UsageError(what, source=asked.source, todo=f"add {lacking}: below general:")
        if not lacking:
            yield _named(filled(case, given), called.get(id_))


def _of_majors(tree: YamlMap, domain: Domain) -> dict[str, Node]:
    """The contract, and of the same in another major version, if the domain has it in its folder `Name.Major`: namespace, message, data."""
    word = tree.get("contract")
    if not isinstance(word, YamlScalar) or len(domain.contracts.meant(word.text)) != 1:
        return {}
    own = domain.contracts.find(word.text)
    given: dict[str, Node] = {"contract": word}
    for other in (each for each in domain.contracts.values() if each.id.name == own.id.name and each.id != own.id):
        folder = f"{other.id.name}.{other.id.major}"
        path = domain.folder / folder / "producer.yaml"
        suite = compose(contents(path, shown_as(path)), shown_as(path)) if path.is_file() else None
        asked = suite and suite.get(KEY)
        send = asked and asked.get("send")
        if suite and isinstance(send, YamlScalar):
            given["other-contract"] = replace(word, text=f"{other.id.name}@{other.id.major}")
            given["other-namespace"] = replace(word, text=other.namespace)
            given["other-send"] = replace(send, text=f"../{folder}/{send.text}")
            given["other-data"] = suite.get("data") or YamlMap(send.file, send.line, send.column, ())
    return given


def _open(node: Node, given: Mapping[str, Node]) -> Iterator[str]:
    """The places that the suite leaves open."""
    yield from (name for each in scalars(node) if (name := place(each)) and name not in given)


def _named(case: Node, name: Node | None) -> Node:
    """The case with another id, where the suite says so."""
    if not isinstance(case, YamlMap) or name is None:
        return case
    return replace(case, entries=tuple((key, name if key.text == "id" else value) for key, value in case.entries))


def _put(tree: YamlMap, key: str, added: Node) -> YamlMap:
    """The suite with more under a key: of lists its own come first, of maps its own are what counts."""
    own = tree.get(key)
    if own is None:
        return replace(
            tree, entries=(*tree.entries, (YamlScalar(added.file, added.line, added.column, key, plain=True), added))
        )
    return replace(
        tree, entries=tuple((name, _both(value, added) if value is own else value) for name, value in tree.entries)
    )


def _both(own: Node, more: Node) -> Node:
    match own, more:
        case YamlList(), YamlList():
            return replace(own, items=(*own.items, *more.items))
        case YamlMap(), YamlMap():
            theirs = entries_of(more)
            entries = tuple(
                (key, _both(value, theirs[key.text]) if key.text in theirs else value) for key, value in own.entries
            )
            known = {key.text for key, _ in own.entries}
            return replace(own, entries=(*entries, *(each for each in more.entries if each[0].text not in known)))
    return own
