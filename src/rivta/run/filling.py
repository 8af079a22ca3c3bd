"""`${…}` filled in wherever a step may have it: expectations, what a call is known by, what the system is told to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from rivta.model.case import Ask, Behaviour, Doing, Expectation
from rivta.model.words import Text, Value
from rivta.text import identity
from rivta.text.placeholder import Scope
from rivta.text.yaml.answer import with_message

_SWEDEN = ZoneInfo("Europe/Stockholm")


def fixed_values(run: str, began: datetime) -> dict[str, str]:
    """The names that every case knows, by dotted name; the same for all its steps. `began` is when the case did."""
    now = began.astimezone(_SWEDEN)
    return {
        "unique": uuid4().hex[:12],
        "run.id": run,
        "now.timestamp": now.strftime("%Y%m%d%H%M%S"),
        "now.date": now.strftime("%Y%m%d"),
        "now.minute": _minute(now),
    }


def _minute(moment: datetime) -> str:
    """Twelve digits for a time can be a person's number to the digit, on one day in ten; then it is a minute before."""
    written = moment.strftime("%Y%m%d%H%M")
    return _minute(moment - timedelta(minutes=1)) if identity.find(written) else written


def literal(value: str) -> str:
    """What a system or a tester says is never a placeholder."""
    return value.replace("${", "$${")


def expectation(one: Expectation, scope: Scope) -> Expectation:
    """The expectation with its arguments filled in, those of its alternatives too."""
    return replace(one, args={name: _argument(value, scope) for name, value in one.args.items()})


def _argument(value: object, scope: Scope) -> object:
    match value:
        case str():
            return scope.resolve(value)
        case Expectation():
            return expectation(value, scope)
        case tuple():
            return tuple(_argument(part, scope) for part in value)
        case list():
            return [_argument(part, scope) for part in value]
        case dict():
            return {name: _argument(part, scope) for name, part in value.items()}
    return value


def texts(named: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """Each text filled in."""
    return {name: scope.resolve(text) for name, text in named.items()}


def changes(texts: Mapping[str, Value], scope: Scope) -> dict[str, str]:
    """What is to stand at each place of a message, as text."""
    return {path: Scope(({"text": value}, *scope.layers)).lookup("text") for path, value in texts.items()}


def data(named: Mapping[str, Value], scope: Scope) -> dict[str, Value]:
    """Data with every text in it filled in, however deep."""
    return {name: _value(value, scope) for name, value in named.items()}


def _value(value: Value, scope: Scope) -> Value:
    match value:
        case str():
            return scope.resolve(value)
        case list():
            return [_value(part, scope) for part in value]
        case dict():
            return data(value, scope)
    return value


def behaviour(answer: Behaviour, scope: Scope) -> Behaviour:
    """How we answer, its text filled in, or its message."""
    if answer.template is not None:
        return with_message(answer, scope)
    return replace(answer, text=scope.resolve(answer.text)) if "$" in answer.text else answer


def doing(told: Doing, scope: Scope) -> Doing:
    """What the system is told to do, its words and data filled in."""
    return replace(told, text=_text(told.text, scope), data=data(told.data, scope))


def question(asked: Ask, scope: Scope) -> Ask:
    """The question, its words and data filled in."""
    return replace(asked, text=_text(asked.text, scope), data=data(asked.data, scope))


def _text(text: Text, scope: Scope) -> Text:
    return Text(scope.resolve(text.sv), scope.resolve(text.en))
