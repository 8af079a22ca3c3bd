"""A form of JSON that is said once, as types: values are written by it, and its JSON Schema is made of it.

A form is a TypedDict, or a dataclass of the model that is written just as it is. Each field of it is found in the value that is
written under the same name, or is given.
"""

import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from rivta.model.contracts import ContractId
from rivta.model.words import Verdict

Json = dict[str, Any]
_PLAIN: Mapping[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    types.NoneType: {"type": "null"},
}


@dataclass(frozen=True, slots=True)
class Note:
    """What the schema says of a value beside its type. Empty is left out."""

    description: str = ""
    pattern: str = ""
    minimum: int | None = None
    const: str | int | None = None


def verdict_word(verdict: Verdict) -> str:
    """A verdict as JSON spells it: `not-proven`."""
    return verdict.name.lower().replace("_", "-")


@cache
def _hints(form: Any) -> Mapping[str, Any]:
    return get_type_hints(form, include_extras=True)


@cache
def _inner(hint: Any) -> Any:
    """A hint without its note, and without None."""
    if get_origin(hint) is Annotated:
        return _inner(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return _inner(next(each for each in get_args(hint) if each is not types.NoneType))
    return hint


def written(form: Any, value: object, **given: object) -> Json:
    """A value in a form: what is given, and for everything else what the value calls by the field's name."""
    return {
        name: _written(hint, given[name] if name in given else getattr(value, name))
        for name, hint in _hints(form).items()
    }


def _written(hint: Any, value: Any) -> Any:
    if isinstance(value, Verdict):
        return verdict_word(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, ContractId):
        return str(value)
    if isinstance(value, list | tuple):
        item = get_args(_inner(hint))[0]
        return [_written(item, each) for each in value]
    if isinstance(value, Mapping):
        return dict(value)
    return written(_inner(hint), value) if is_dataclass(value) else value


def json_schema(form: Any, title: str) -> Json:
    """The form as JSON Schema (draft 2020-12)."""
    defs: Json = {}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return head | _object(form, defs) | {"$defs": dict(sorted(defs.items()))}


def _object(form: Any, defs: Json) -> Json:
    """Other fields are let through: a later rivta may add some."""
    return {
        "description": " ".join(form.__doc__.split()),
        "type": "object",
        "properties": {name: _schema(hint, defs) for name, hint in _hints(form).items()},
        "required": list(_hints(form)),
    }


def _schema(hint: Any, defs: Json) -> Json:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        note = {name: value for name, value in asdict(args[1]).items() if value not in ("", None)}
        return {**_schema(args[0], defs), **note}
    if origin is not None:
        return _compound(origin, args, defs)
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if issubclass(hint, Enum):
        return {"enum": [_written(hint, each) for each in hint]}
    name = hint.__name__.removesuffix("Json")
    if name not in defs:
        defs[name] = {}  # stands while the type is described, so that each is described once
        defs[name] = _object(hint, defs)
    return {"$ref": f"#/$defs/{name}"}


def _compound(origin: Any, args: tuple[Any, ...], defs: Json) -> Json:
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (list, tuple):
        return {"type": "array", "items": _schema(args[0], defs)}
    if origin is dict:
        names = {} if args[0] is str else {"propertyNames": _schema(args[0], defs)}
        return {"type": "object", **names, "additionalProperties": _schema(args[1], defs)}
    return {"anyOf": [_schema(arg, defs) for arg in args]}
