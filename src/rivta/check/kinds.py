"""The kinds of checks: a check's name is its YAML key, its keyword-only parameters are the keys below it. First what a check looks
at, and what it says it saw.
"""

import builtins
import inspect
import keyword
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from rivta.contract.message import Envelope, ResultFacts, open_envelope, result_of
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.model.exchange import Exchange, Message
from rivta.model.frozen import frozen
from rivta.model.run import Finding
from rivta.model.steps import Expectation
from rivta.model.words import Direction, Text
from rivta.suite import CheckKind, Form, Parameter
from rivta.text.catalogue import text

NOTHING = "–"
"""What is shown where there is nothing."""


class SuiteBroke(Exception):
    """What the suite brought cannot be used on this message: its author's to mend, neither the system's nor ours."""


@dataclass(frozen=True)
class Seen:
    """One exchange, read at most once however many checks look at it.

    What is under test is the system's own message: the reply to what we sent, or the request of a call that we received.
    `namespaces` are the suite's XPath prefixes. `fault_allowed` tells the `soap` check that the case counts on a SOAP
    Fault, or accepts one. `earlier` are the exchanges of the case so far. `recipient` is the unit that the message is for, as
    far as the domain can tell. `personal` are the elements, by local name, that the domain says hold a person's name, address
    or free text.
    """

    exchange: Exchange
    contract: Contract
    namespaces: Mapping[str, str]
    fault_allowed: bool = False
    earlier: tuple[Exchange, ...] = ()
    recipient: str = ""
    personal: tuple[str, ...] = ()

    @property
    def at(self) -> int:
        """The exchange's number in its case, from 0."""
        return len(self.earlier)

    @property
    def direction(self) -> Direction:
        return Direction.REQUEST if self.exchange.inbound else Direction.RESPONSE

    @property
    def message(self) -> Message:
        """The system's message. Without one there is nothing to check, and the conductor does not ask."""
        return self.exchange.request if self.exchange.inbound else self.response

    @property
    def response(self) -> Message:
        """The reply. Raises `Unreadable` if there is none."""
        if self.exchange.response is None:
            raise Unreadable(text("check", "no_reply"))
        return self.exchange.response

    @cached_property
    def envelope(self) -> Envelope:
        """The system's message as a SOAP envelope. Raises `Unreadable` when it is none."""
        return open_envelope(self.message.body)

    @cached_property
    def _other_envelope(self) -> Envelope:
        return open_envelope(self.response.body if self.exchange.inbound else self.exchange.request.body)

    def envelope_of(self, direction: Direction) -> Envelope:
        """The envelope of the request or of the response. Raises `Unreadable`: a case may send what is none on purpose."""
        return self.envelope if direction is self.direction else self._other_envelope

    def body_of(self, direction: Direction) -> bytes:
        return self.response.body if direction is Direction.RESPONSE else self.exchange.request.body

    @cached_property
    def result(self) -> ResultFacts | None:
        """The result of the system's message, or None where there is none (a SOAP Fault has none)."""
        return result_of(self.envelope, self.contract.result)


@frozen
class Observation:
    """What a check saw: what was expected, what there was, and what is wrong with it. No findings is a pass.

    `expected` and `actual` are values and signs, no sentences: they read the same in a Swedish and in an English report.
    `NOTHING` stands where there is none.
    `applies` is False where the check has nothing to say about this exchange; `note` then says why. `proves` is False where
    nothing is wrong with what was seen and nothing is shown by it either; `note` says why. `more` is how many findings there are
    beside those that are told.
    """

    expected: str
    actual: str
    findings: tuple[Finding, ...] = ()
    note: Text | None = None
    applies: bool = field(default=True)
    proves: bool = field(default=True)
    more: int = 0


SILENT = Observation("", "", applies=False)
"""There is nothing here that the check is about, and nothing to tell of that."""


def not_applicable(why: Text) -> Observation:
    return Observation("", "", note=why, applies=False)


def compared(seen: Seen, expected: str, actual: str, wrong: Text | None, place: str = "") -> Observation:
    """What there is beside what there was to be; `wrong` says what is not as it should be with the system's message, None that nothing is."""
    if wrong is None:
        return Observation(expected, actual)
    return Observation(expected, actual, (Finding(wrong, seen.direction, place, expected=expected, actual=actual),))


Check = Callable[..., Observation]
F = typing.TypeVar("F", bound=Check)

KINDS: dict[str, Check] = {}
"""Every kind of check by its YAML key, in the order of the manual."""
Of = typing.Literal["replies", "calls"]
_OF: dict[str, Of] = {}


def kind(check: F) -> F:
    """Make a function a kind of check. Its docstring is its entry in the manual.

    Where its name, or a parameter's, is one of Python's own words, `_` behind it is not part of the YAML key.
    """
    KINDS[_key(check.__name__)] = check
    return check


def kind_of(message: Of) -> Callable[[F], F]:
    """Make a function a kind of check that judges only the system's replies, or only the calls that it makes."""

    def named(check: F) -> F:
        _OF[_key(check.__name__)] = message
        return kind(check)

    return named


def _key(name: str) -> str:
    return name.rstrip("_")


def _spelt(key: str) -> str:
    """A parameter's name in Python."""
    return f"{key}_" if keyword.iskeyword(key) or hasattr(builtins, key) else key


def observe(expectation: Expectation, seen: Seen) -> Observation:
    """What the expectation's check sees; of what it does not judge, nothing. Raises whatever the check raises."""
    of = _OF.get(expectation.kind)
    if of is not None and seen.exchange.inbound is (of == "replies"):
        return not_applicable(text("check", f"of_{of}"))
    return KINDS[expectation.kind](seen, **{_spelt(key): value for key, value in expectation.args.items()})


def vocabulary() -> Mapping[str, CheckKind]:
    """What a suite may expect, described for the suite reader, the editor's JSON Schema and the manual."""
    return {name: _described(name, check) for name, check in KINDS.items()}


@cache
def _described(name: str, check: Check) -> CheckKind:
    hints = typing.get_type_hints(check)
    keywords = [item for item in inspect.signature(check).parameters.values() if item.kind is item.KEYWORD_ONLY]
    parameters = tuple(
        Parameter(
            name=_key(item.name),
            shape=_shape(hints[item.name]),
            required=item.default is item.empty,
            first=item is keywords[0],
            words=_words(hints[item.name]),
        )
        for item in keywords
    )
    return CheckKind(name=name, doc=inspect.getdoc(check) or "", parameters=parameters, of=_OF.get(name, "any"))


def _words(hint: object) -> tuple[str, ...]:
    """The words of a `Literal`, alone or beside None."""
    options = (hint, *typing.get_args(hint))
    return next((typing.get_args(one) for one in options if typing.get_origin(one) is typing.Literal), ())


def _shape(hint: object) -> Form:
    options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    if bool in options:
        return "yes/no"
    if int in options:
        return "whole"
    parts = {typing.get_origin(option): typing.get_args(option) for option in (hint, *options)}
    if list in parts:
        return "texts, named or not" if dict in parts else "wholes" if int in parts[list] else "texts"
    return "expectations" if tuple in parts else "text"


@kind
def todo(
    seen: Seen,  # noqa: ARG001 - whatever the message is, this says nothing of it
    *,
    why: str,
    place: str = "",  # noqa: ARG001 - for who writes the check; it stands in the suite
    original: str = "",  # noqa: ARG001 - likewise
) -> Observation:
    """What is still to be written: by this the message is neither right nor wrong, and what the case is to prove is not proven.

    `why` says what keeps it from being written, `place` and `original` where it comes from and what stands there, such as a script that
    an import could not read.
    """
    return Observation(why, NOTHING, note=text("check", "to_be_written", why=why), proves=False)


# A check made of checks: when two answers both conform


Alternative = Expectation | tuple[Expectation, ...]


@kind
def one_of(seen: Seen, *, expectations: tuple[Alternative, ...]) -> Observation:
    """At least one of the alternatives holds; an alternative is one expectation or a list that must hold together.

    The report says which alternative was seen. For invalid input most contracts leave a choice between a result that says so
    and a SOAP Fault. Source: the contract descriptions, error handling.
    """
    observed = [_all_of(seen, alternative) for alternative in expectations]
    expected = " | ".join(each.expected for each in observed)
    seen_so = [each for each in observed if not each.findings and each.applies]
    for each in sorted(seen_so, key=lambda one: not one.proves):
        return Observation(expected, each.actual, note=each.note, proves=each.proves)
    actual = observed[0].actual if observed else NOTHING
    reasons = (finding for each in observed for finding in each.findings)
    none = compared(seen, expected, actual, text("check", "none_of"))
    return replace(none, findings=(*none.findings, *reasons))


def _all_of(seen: Seen, alternative: Alternative) -> Observation:
    parts = [observe(part, seen) for part in (alternative if isinstance(alternative, tuple) else (alternative,))]
    return Observation(
        expected=", ".join(part.expected for part in parts),
        actual="; ".join(dict.fromkeys(part.actual for part in parts)),
        findings=tuple(finding for part in parts for finding in part.findings),
        note=next((part.note for part in parts if part.note), None),
        applies=all(part.applies for part in parts),
        proves=all(part.proves for part in parts),
    )
