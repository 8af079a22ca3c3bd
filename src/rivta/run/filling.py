"""What a step says, with `${…}` filled in wherever it may have one, and what of it we will not send or tell the system."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from rivta.model.clock import SWEDEN, Clock
from rivta.model.environment import Environment
from rivta.model.errors import Refused, RivtaError
from rivta.model.steps import Ask, Behaviour, Doing, Expectation
from rivta.model.words import Headers, Text, Value, Verdict
from rivta.text import identity
from rivta.text.catalogue import text as text_of
from rivta.text.placeholder import Scope
from rivta.text.yaml.values import with_message


def fixed_values(run: str, began: datetime, clock: Clock, seed: int) -> dict[str, str]:
    """The names that every case knows, by dotted name; the same for all its steps. `began` is when the case did."""
    now = began.astimezone(SWEDEN)
    timestamp = now.strftime("%Y%m%d%H%M%S")
    return {
        "unique": unique(clock),
        "run.id": run,
        "now.timestamp": timestamp,
        "now.date": timestamp[:8],
        "now.minute": _minute(now),
        "seed": str(seed),
    }


def unique(clock: Clock) -> str:
    """A text that no other case has."""
    return clock.new_id().hex[:12]


def _minute(moment: datetime) -> str:
    """Twelve digits for a time can be a person's number to the digit, on one day in ten; then it is a minute before."""
    written = moment.strftime("%Y%m%d%H%M")
    return _minute(moment - timedelta(minutes=1)) if identity.find(written) else written


def literal(value: str) -> str:
    """What a system or a tester says is never a placeholder."""
    return value.replace("${", "$${")


def expectation(one: Expectation, scope: Scope) -> Expectation:
    """The expectation with its arguments filled in, those of its alternatives too."""
    filled = {name: _argument(value, scope) for name, value in one.args.items()}
    return one if filled == one.args else replace(one, args=filled)


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
    return {name: scope.resolve(text) for name, text in named.items()}


def changes(texts: Mapping[str, Value], scope: Scope) -> dict[str, str]:
    """What is to stand at each place of a message, as text."""
    return {path: Scope(({"text": value}, *scope.layers)).lookup("text") for path, value in texts.items()}


def data(named: Mapping[str, Value], scope: Scope) -> dict[str, Value]:
    """Data with every text in it filled in, however deep."""
    return cast("dict[str, Value]", _argument(dict(named), scope))


def behaviour(answer: Behaviour, scope: Scope) -> Behaviour:
    """How we answer, its text filled in, or its message."""
    if answer.template is not None:
        return with_message(answer, scope)
    return replace(answer, text=scope.resolve(answer.text)) if "$" in answer.text else answer


def doing(told: Doing, scope: Scope) -> Doing:
    return replace(told, text=_text(told.text, scope), data=data(told.data, scope))


def question(asked: Ask, scope: Scope) -> Ask:
    link = asked.link and replace(
        asked.link,
        address=scope.resolve(asked.link.address),
        parameters=texts(asked.link.parameters, scope),
        optional=texts(asked.link.optional, scope),
    )
    return replace(asked, text=_text(asked.text, scope), data=data(asked.data, scope), link=link)


def _text(text: Text, scope: Scope) -> Text:
    return Text(scope.resolve(text.sv), scope.resolve(text.en))


# What ends a case before its steps are through


class Ended(RivtaError):
    """The case ends here, with a verdict of its own and the reason in both languages."""

    def __init__(self, verdict: Verdict, text: Text) -> None:
        super().__init__(text.en)
        self.verdict = verdict
        self.text = text

    def __reduce__(self) -> tuple[object, ...]:
        return Ended, (self.verdict, self.text)


class NotSent(Ended, Refused):
    """What we will not send, or tell the system, and what to do about it."""

    def __init__(self, what: Text, todo: Text) -> None:
        super().__init__(Verdict.BLOCKED, Text.joined((what, todo), "\n  → "))


def no_endpoint(contract: str) -> NotSent:
    """The environment does not say where this contract is answered."""
    return NotSent(text_of("run", "no_endpoint", contract=contract), text_of("run", "add_endpoint"))


def only_test_persons(text: str, environment: Environment) -> None:
    """Raise `NotSent` if the message names anybody else."""
    lines = [1 + text.count("\n", 0, found.start) for found in identity.strangers(text, environment.test_identities)]
    if lines:
        where = ", ".join(map(str, dict.fromkeys(lines)))
        raise NotSent(text_of("run", "stranger_on_lines", lines=where), text_of("run", "only_test_persons"))


def only_test_persons_beside(headers: Headers, address: tuple[str, str], environment: Environment) -> None:
    """The same of what is sent beside the message itself: HTTP headers, and the logical address by its element's name."""
    for name, value in (address, *headers):
        if identity.strangers(value, environment.test_identities):
            raise _stranger_in(name)


def only_test_persons_told(text: Text, data: Mapping[str, Value], environment: Environment) -> None:
    """The same of what the system, through an adapter or a tester, is told to do."""
    for name, told in (("text", text.sv), ("text", text.en), *_texts(dict(data), "")):
        if identity.strangers(told, environment.test_identities):
            raise _stranger_in(name)


def _stranger_in(name: str) -> NotSent:
    return NotSent(text_of("run", "stranger_in", name=name), text_of("run", "only_test_persons"))


def _texts(value: Value, name: str) -> Iterator[tuple[str, str]]:
    """Every text in the data, a key's too, by the name that it stands under."""
    match value:
        case dict():
            for key, inner in value.items():
                below = f"{name}.{key}" if name else key
                yield below, key
                yield from _texts(inner, below)
        case list():
            for inner in value:
                yield from _texts(inner, name)
        case bool() | None:
            return
        case _:
            yield name, str(value)
