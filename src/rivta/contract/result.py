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


def find_result(wsdl: Wsdl) -> ResultGrammar | None:
    """The grammar of a contract's responses as their schema has it; None where no result code stands near the root."""
    return _Responses(wsdl).nearest()


def corrected_result(wsdl: Wsdl, said: Mapping[str, str]) -> ResultGrammar | None:
    """The grammar that the schema has, with what is said of it instead: `at` the path, else the fields of ResultGrammar.

    `at: none` is no result. UsageError for a path or part that the schema does not have.
    """
    if said.get("at") == "none":
        return None
    responses = _Responses(wsdl)
    found = responses.at(_steps(said["at"]), said.get("code")) if "at" in said else responses.nearest()
    if found is None:
        what = "no result code can be found in the responses"
        raise UsageError(what, todo="say at: and code:, or result: none")
    known = {each.name for each in fields(ResultGrammar)}
    words: dict[str, Any] = {key: value for key, value in said.items() if key in known}
    return responses.checked(replace(found, **words))


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


def _steps(path: str) -> tuple[str, ...]:
    return () if path == "." else tuple(path.split("/"))


class _Responses:
    """The responses of one contract, walked through by declaration."""

    def __init__(self, wsdl: Wsdl) -> None:
        self._declarations = Declarations(wsdl)
        self._root = self._declarations.element(wsdl.response_root)

    def nearest(self) -> ResultGrammar | None:
        """The one that is fewest steps from the root."""
        for path, children in self._levels():
            code = next((child for child in children if child.name.lower() == _CODE), None)
            if code is not None:
                return self._grammar(path, code, children)
        return None

    def at(self, path: tuple[str, ...], code: str | None) -> ResultGrammar | None:
        """The one whose parts stand at a path."""
        children = self._at(path)
        named = next(
            (child for child in children if child.name == code or (not code and child.name.lower() == _CODE)), None
        )
        return None if named is None else self._grammar(path, named, children)

    def checked(self, grammar: ResultGrammar) -> ResultGrammar:
        """The same, if the schema has its parts, with what they may say. UsageError if it has not."""
        children = {child.name: child for child in self._at(grammar.path)}
        for key in PATHS:
            name = getattr(grammar, key)
            if name and name not in children:
                what = f"there is no {name} beside the result code in the responses"
                raise UsageError(what, todo=did_you_mean(name, children))
        codes = self._declarations.words(children[grammar.code])
        errors = self._declarations.words(children[grammar.error]) if grammar.error else ()
        return _worded(replace(grammar, codes=codes, errors=errors))

    def _grammar(self, path: tuple[str, ...], code: DeclaredPlace, children: Iterable[DeclaredPlace]) -> ResultGrammar:
        return self.checked(ResultGrammar(path, code.name, **_parts(child.name for child in children)))

    def _levels(self) -> Iterator[tuple[tuple[str, ...], list[DeclaredPlace]]]:
        """What stands in each element, those of a level before those below it. A type is looked into once, where it is nearest."""
        level: list[tuple[tuple[str, ...], DeclaredPlace]] = [((), self._root)] if self._root is not None else []
        seen: list[etree._Element] = []
        for _ in range(_DEEPEST):
            below: list[tuple[tuple[str, ...], DeclaredPlace]] = []
            for path, place in level:
                type_ = self._declarations.complex_type(place)
                if type_ is None or any(type_ is each for each in seen):
                    continue
                seen.append(type_)
                children = list(self._declarations.children(type_))
                yield path, children
                below += [((*path, child.name), child) for child in children]
            level = below

    def _at(self, path: tuple[str, ...]) -> list[DeclaredPlace]:
        place = self._declarations.at(self._root, path)
        inside = {} if place is None else self._declarations.inside(place)
        return [each for name, each in inside.items() if not name.startswith("@")]


def _parts(names: Iterable[str]) -> dict[str, Any]:
    """What the parts of a result are called, of the names that stand beside its code."""
    named = {name.lower(): name for name in names}
    return {part: next((named[name] for name in usual if name in named), "") for part, usual in _PARTS.items()}


def _worded(grammar: ResultGrammar) -> ResultGrammar:
    """The words for an error that nobody has said, from what the schema lets the part that names errors say."""
    words = grammar.errors if grammar.error else grammar.codes
    return replace(
        grammar,
        invalid=grammar.invalid or _first(_INVALID, words),
        refused=grammar.refused or _first(_REFUSED, words),
    )


def _first(wanted: tuple[str, ...], words: tuple[str, ...]) -> str:
    by_letters = {word.replace("_", "").upper(): word for word in words}
    return next((by_letters[each] for each in wanted if each in by_letters), "")
