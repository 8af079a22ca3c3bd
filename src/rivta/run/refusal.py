"""What ends a case before its steps are through: what we will not send, what nobody can do, what was given up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rivta.model.environment import Environment
from rivta.model.errors import Refused, RivtaError, did_you_mean
from rivta.model.words import Headers, Text, Value, Verdict
from rivta.text import identity
from rivta.text.catalogue import text as text_of


class Ended(RivtaError):
    """The case ends here, with a verdict of its own and the reason in both languages."""

    def __init__(self, verdict: Verdict, text: Text) -> None:
        super().__init__(text.en)
        self.verdict = verdict
        self.text = text


class NotSent(Ended, Refused):
    """What we will not send, or tell the system, and what to do about it."""

    def __init__(self, what: Text, todo: Text) -> None:
        super().__init__(Verdict.BLOCKED, Text(f"{what.sv}\n  → {todo.sv}", f"{what.en}\n  → {todo.en}"))


def no_endpoint(contract: str, environment: Environment) -> NotSent:
    """The environment does not say where this contract is answered."""
    named = environment.endpoints
    known = (
        text_of("run", "endpoints_named", names=", ".join(sorted(named))) if named else text_of("run", "endpoints_none")
    )
    return NotSent(
        text_of("run", "no_endpoint", contract=contract), replace(known, en=did_you_mean(contract, named) or known.en)
    )


def only_test_persons(text: str, environment: Environment) -> None:
    """Raise `NotSent` if the message names anybody else."""
    lines = [1 + text.count("\n", 0, found.start) for found in _strangers(text, environment)]
    if lines:
        where = ", ".join(map(str, dict.fromkeys(lines)))
        raise NotSent(text_of("run", "stranger_on_lines", lines=where), text_of("run", "only_test_persons"))


def only_test_persons_beside(headers: Headers, address: tuple[str, str], environment: Environment) -> None:
    """The same of what is sent beside the message itself: HTTP headers, and the logical address by its element's name."""
    for name, value in (address, *headers):
        if _strangers(value, environment):
            raise _stranger_in(name)


def only_test_persons_told(text: Text, data: Mapping[str, Value], environment: Environment) -> None:
    """The same of what the system, through an adapter or a tester, is told to do."""
    for name, told in (("text", text.sv), ("text", text.en), *_texts(dict(data), "")):
        if _strangers(told, environment):
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


def _strangers(text: str, environment: Environment) -> list[identity.Identity]:
    return [found for found in identity.find(text) if not identity.is_test(found.value, environment.test_identities)]
