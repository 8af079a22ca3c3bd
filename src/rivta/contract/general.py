"""`general.yaml`: what several domains have in common, and how a domain's own file builds on it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rivta.model.errors import UsageError, did_you_mean
from rivta.text import places
from rivta.text.yaml import compose
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.grammar import load
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar, filled, said

FILE = "general.yaml"
FORM = FormFile(Path(__file__).with_name("form.yaml"))
"""What may stand in the files of a domain's folder, by their names."""


def built(own: Node, folder: Path) -> tuple[Node, tuple[Path, ...]]:
    """A domain's file with the general parts that it builds on, and their folders, the nearest first.

    What the domain says itself goes before what they say. UsageError for a part that is not there.
    """
    generals = tuple(_generals(own, folder))
    for each in generals:
        general = compose.read(each / FILE)
        load(general, FORM[FILE])
        own = _merged(own, _for_contracts(general, own))
    return own, generals


def _general(own: Node, folder: Path) -> Path | None:
    """The folder of the general part that the file builds on: one beside the domain, or a shipped one. None if it says none."""
    named = own.get("builds-on")
    if not isinstance(named, YamlScalar):
        return None
    roots = (folder.resolve().parent, places.suites())
    there = next((root / named.text for root in roots if (root / named.text / FILE).is_file()), None)
    if there is None:
        known = {each.parent.name for root in roots for each in root.glob(f"*/{FILE}")}
        what = f"there is no general part {named.text}"
        raise UsageError(what, source=named.source, todo=did_you_mean(named.text, known))
    return there


def _generals(own: Node, folder: Path) -> Iterator[Path]:
    """The general parts that a file builds on, the nearest first: one may build on another."""
    there = _general(own, folder)
    if there is not None:
        yield there
        yield from (each for each in _generals(compose.read(there / FILE), there) if each != there)


def _for_contracts(general: Node, own: Node) -> Node:
    """The general part, each requirement with {key} in its id once for each contract of the domain that has a key."""
    contracts, requirements = own.get("contracts"), general.get("requirements")
    if not isinstance(general, YamlMap) or not isinstance(requirements, YamlList):
        return general
    named = [told for each in (contracts.items if isinstance(contracts, YamlList) else ()) if (told := _places(each))]
    made = (
        one
        for item in requirements.items
        for one in ([_of_contract(item, told) for told in named] if "{key}" in said(item.get("id")) else [item])
    )
    all_ = replace(requirements, items=tuple(made))
    entries = ((key, all_ if value is requirements else value) for key, value in general.entries)
    return replace(general, entries=tuple(entries))


def _places(contract: Node) -> dict[str, Node]:
    """What the general part may say of a contract: its key, its name with its version, how it is derived. Empty for one without a key."""
    key, name, version = (contract.get(each) for each in ("key", "name", "version"))
    if not (isinstance(key, YamlScalar) and isinstance(name, YamlScalar) and isinstance(version, YamlScalar)):
        return {}
    derived = contract.get("derived")
    contract = replace(name, text=f"{name.text} {version.text}")
    return {"key": key, "contract": contract, **({"derived": derived} if derived else {})}


def _of_contract(item: Node, told: Mapping[str, Node]) -> Node:
    """A requirement for one contract. Where nothing published says it of that contract, it is derived, and binds no more than `should`."""
    one, derived = filled(item, told), told.get("derived")
    if derived is None or not isinstance(one, YamlMap):
        return one
    parts = {key.text: (key, value) for key, value in one.entries}
    key, level = parts["level"]
    if isinstance(level, YamlScalar) and level.text == "must":
        parts["level"] = (key, replace(level, text="should"))
    parts.setdefault("derived", (replace(key, text="derived"), derived))
    return replace(one, entries=tuple(parts.values()))


def _merged(own: Node, general: Node) -> Node:
    """Both as one: maps key by key, lists of things with an id id by id, and all else as `own` has it."""
    if isinstance(own, YamlMap) and isinstance(general, YamlMap):
        entries = {key.text: (key, value) for key, value in general.entries}
        for key, value in own.entries:
            entries[key.text] = (key, _merged(value, entries[key.text][1]) if key.text in entries else value)
        return replace(own, entries=tuple(entries.values()))
    if isinstance(own, YamlList) and isinstance(general, YamlList):
        anew = {said(each.get("id")) for each in own.items}
        return replace(own, items=(*(each for each in general.items if said(each.get("id")) not in anew), *own.items))
    return own
