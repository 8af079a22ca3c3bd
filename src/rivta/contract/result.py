"""Where a contract's responses say how it went: found in the schema, and corrected where `domain.yaml` says otherwise.

Published contracts differ in nearly all of it: `result/resultCode` with `errorCode` or `errorId`, `resultCode` right below
the root, `reportResult/result/ResultCode` deeper down with the error for its own value, or no result at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from lxml import etree

from rivta.contract.declarations import Declarations, DeclaredPlace
from rivta.contract.message import Envelope, ResultFacts, result_of
from rivta.contract.wsdl import Wsdl
from rivta.model.domain import ResultGrammar
from rivta.model.errors import UsageError, did_you_mean

_CODE = "resultcode"
_PARTS: Mapping[str, tuple[str, ...]] = {
    "error": ("errorcode", "errorid"),
    "sub": ("subcode",),
    "text": ("message", "resulttext", "comment"),
    "log": ("logid",),
}
"""What the parts beside the code are called in published contracts, whatever the case."""
_INVALID = ("VALIDATIONERROR", "INVALIDREQUEST")
_REFUSED = ("APPLICATIONERROR", "ERROR")
"""What published vocabularies call an error, but for underscores; the first that is there is taken."""
_DEEPEST = 4
"""Elements from the root to the one that holds the code, at most."""
PATHS = ("code", *_PARTS)
"""What `domain.yaml` says of a result that names an element."""


def find_result(wsdl: Wsdl, said: Mapping[str, str] | None = None) -> ResultGrammar | None:
    """The grammar that the schema has for a contract's responses, with what is said of it instead: `at` the path, else the fields of
    ResultGrammar.

    None where no result code stands near the root, and for `at: none`. UsageError for a path or part that the schema does not have.
    """
    said = said or {}
    if said.get("at") == "none":
        return None
    declarations = Declarations(wsdl)
    root, named = declarations.element(wsdl.response_root), said.get("code", _CODE) if "at" in said else _CODE
    levels = [_level(declarations, root, said["at"])] if "at" in said else _levels(declarations, root)
    for path, parts in levels:
        code = next((name for name in parts if named in (name, name.lower())), None)
        if code is not None:
            words: dict[str, Any] = {
                key: said[key] for key in said if key in {each.name for each in fields(ResultGrammar)}
            }
            found = replace(ResultGrammar(path, code, **_parts(parts)), **words)
            return _checked(found, {name: declarations.words(part) for name, part in parts.items()})
    if said:
        raise UsageError("no result code can be found in the responses", todo="say at: and code:, or result: none")
    return None


def likely_result(envelope: Envelope) -> ResultFacts | None:
    """The result that a response seems to carry, by the names that published contracts use: for evidence without its contract."""
    if envelope.payload is None:
        return None
    code = next((each for each in envelope.payload.iter("*") if etree.QName(each).localname.lower() == _CODE), None)
    if code is None:
        return None
    above = [*code.iterancestors()]
    path = tuple(etree.QName(each).localname for each in reversed(above[: above.index(envelope.payload)]))
    beside = (etree.QName(each).localname for each in code.itersiblings("*"))
    return result_of(envelope, ResultGrammar(path, etree.QName(code).localname, **_parts(beside)))


Level = tuple[tuple[str, ...], Mapping[str, DeclaredPlace]]
"""The way to an element of the responses, and the elements that may stand in it, by name."""


def _level(declarations: Declarations, root: DeclaredPlace | None, path: str) -> Level:
    """What stands at a path; nothing where there is none."""
    steps = () if path == "." else tuple(path.split("/"))
    inside = (declarations.inside(place) for place in declarations.way(root, steps)[-1:])
    return steps, {name: part for parts in inside for name, part in parts.items() if not name.startswith("@")}


def _levels(declarations: Declarations, root: DeclaredPlace | None) -> Iterator[Level]:
    """What stands in each element, those of a level before those below it. A type is looked into once, where it is nearest."""
    level: list[tuple[tuple[str, ...], DeclaredPlace]] = [((), root)] if root is not None else []
    seen: list[etree._Element] = []
    for _ in range(_DEEPEST):
        below: list[tuple[tuple[str, ...], DeclaredPlace]] = []
        for path, place in level:
            type_ = declarations.complex_type(place)
            if type_ is None or any(type_ is each for each in seen):
                continue
            seen.append(type_)
            parts = {each.name: each for each in declarations.children(type_)}
            yield path, parts
            below += [((*path, name), part) for name, part in parts.items()]
        level = below


def _parts(names: Iterable[str]) -> dict[str, Any]:
    """What the parts of a result are called, of the names that stand beside its code."""
    named = {name.lower(): name for name in names}
    return {part: next((named[name] for name in usual if name in named), "") for part, usual in _PARTS.items()}


def _checked(grammar: ResultGrammar, vocabularies: Mapping[str, tuple[str, ...]]) -> ResultGrammar:
    """The same with what its parts may say, and the words for an error that nobody has said. UsageError where a part is not there."""
    for name in (getattr(grammar, key) for key in PATHS):
        if name and name not in vocabularies:
            what = f"there is no {name} beside the result code in the responses"
            raise UsageError(what, todo=did_you_mean(name, vocabularies))
    codes, errors = vocabularies[grammar.code], vocabularies.get(grammar.error, ())
    words = errors if grammar.error else codes
    invalid, refused = grammar.invalid or _first(_INVALID, words), grammar.refused or _first(_REFUSED, words)
    return replace(grammar, codes=codes, errors=errors, invalid=invalid, refused=refused)


def _first(wanted: tuple[str, ...], words: tuple[str, ...]) -> str:
    by_letters = {word.replace("_", "").upper(): word for word in words}
    return next((by_letters[each] for each in wanted if each in by_letters), "")
