"""The JSON Schema of `declaration.json`, generated from the types that it is written by.

`docs/schemas/declaration.schema.json` is this schema; a test says so. RIVTA_GOLDEN=write writes it anew.
"""

import types
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from rivta.report.document import Document

Json = dict[str, Any]
_PLAIN: Mapping[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    types.NoneType: {"type": "null"},
}


def json_schema() -> Json:
    """The form of the document as JSON Schema (draft 2020-12), generated from the types above."""
    defs: Json = {}
    body = _object(Document, defs)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "declaration.json of pytest-rivta"}
    return head | body | {"$defs": dict(sorted(defs.items()))}


def _object(kind: Any, defs: Json) -> Json:
    """A TypedDict. Other fields are let through: a later rivta may add some."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        "description": " ".join(kind.__doc__.split()),
        "type": "object",
        "properties": {name: _schema(hint, defs) for name, hint in hints.items()},
        "required": list(hints),
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
    if hint.__name__ not in defs:
        defs[hint.__name__] = {}  # stands while the type is described, so that each is described once
        defs[hint.__name__] = _object(hint, defs)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _compound(origin: Any, args: tuple[Any, ...], defs: Json) -> Json:
    if origin is Literal:
        return {"enum": list(args)}
    if origin is list:
        return {"type": "array", "items": _schema(args[0], defs)}
    if origin is dict:
        names = {} if args[0] is str else {"propertyNames": _schema(args[0], defs)}
        return {"type": "object", **names, "additionalProperties": _schema(args[1], defs)}
    return {"anyOf": [_schema(arg, defs) for arg in args]}
