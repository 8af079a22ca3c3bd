"""Faults of a system that does not know when to send again and when not to, or does not tell its user."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final
from uuid import uuid4

from lxml import etree

from rivta.model.domain import Domain
from rivta.model.words import Text
from rivta.simulator.edit import Edit, Expression
from rivta.simulator.faults.fault import Fault
from rivta.simulator.outgoing import Outgoing
from rivta.simulator.patience import (
    APPLICATION,
    BROKEN,
    FAULT,
    HTTP_ERROR,
    INFO,
    INVALID,
    MINUTE,
    OK,
    PLATFORM,
    TIMEOUT,
    UNREACHED,
    UNREADABLE,
    VALIDATION,
    Patience,
    Resends,
)
from rivta.simulator.reply import PROLOG
from rivta.simulator.store import WARNING
from rivta.simulator.written import ALWAYS

_FOR_EVER: Final = 1_000_000
_HASTY_SECONDS: Final = 1.0
_SOON: Final = Resends(3, MINUTE)


def resending(domain: Domain) -> Iterator[Fault]:
    """All of them."""
    yield from _too_often()
    if path := domain.fact("message-id"):
        yield Fault(
            "resends-as-a-new-message",
            Text("En omsändning får ett nytt id.", "What is sent again has a new id."),
            repeats=_renamed(Expression(path, {**ALWAYS, **domain.namespaces})),
        )
    yield _impatient(
        "sends-everything-twice",
        _after({OK: Resends(1, MINUTE)}),
        "Varje meddelande sänds en gång till efter OK.",
        "Each message is sent once more after OK.",
    )
    yield _impatient(
        "takes-info-for-an-error",
        _after({INFO: _SOON}),
        "Ett meddelande som fått INFO sänds igen.",
        "A message that got INFO is sent again.",
    )
    yield _impatient(
        "gives-up-on-slow-answer",
        lambda patience: replace(patience, read_seconds=_HASTY_SECONDS),
        "Ett svar väntas in i bara en sekund; sedan sänds meddelandet igen.",
        "An answer is waited for during one second only; then the message is sent again.",
    )
    yield Fault(
        "gives-up-a-party-after-a-fault",
        Text(
            "Efter ett tekniskt fel sänds inget mer till samma mottagare.",
            "After a technical error nothing more is sent to the same recipient.",
        ),
        shuns=True,
    )
    yield Fault(
        "does-not-warn-user",
        Text(
            "Användaren får ingen felsignal när ett meddelande inte kommit fram.",
            "The user is not warned of a message that has not arrived.",
        ),
        hides=frozenset({WARNING}),
    )


def _too_often() -> Iterator[Fault]:
    yield _impatient(
        "resends-after-validation-error",
        _after({VALIDATION: _SOON}),
        "Ett meddelande som fått VALIDATION_ERROR sänds igen.",
        "A message that got VALIDATION_ERROR is sent again.",
    )
    yield _impatient(
        "resends-application-error-for-ever",
        _after({APPLICATION: Resends(_FOR_EVER, MINUTE)}),
        "Ett meddelande som fått APPLICATION_ERROR sänds igen varje minut, utan slut.",
        "A message that got APPLICATION_ERROR is sent again each minute, without end.",
    )
    yield _impatient(
        "resends-fault-too-early",
        _after({FAULT: _SOON}),
        "Ett meddelande som fått SOAP Fault sänds igen efter en minut.",
        "A message that got a SOAP Fault is sent again after a minute.",
    )
    yield _impatient(
        "resends-fault-for-ever",
        _after({FAULT: Resends(_FOR_EVER, 5 * MINUTE)}),
        "Ett meddelande som fått SOAP Fault sänds igen var femte minut, utan slut.",
        "A message that got a SOAP Fault is sent again every five minutes, without end.",
    )
    yield _impatient(
        "resends-platform-fault-too-early",
        _after({PLATFORM: _SOON}),
        "Ett meddelande som tjänsteplattformen svarat fel på sänds igen efter en minut.",
        "A message that the national platform answered by an error is sent again after a minute.",
    )
    yield _impatient(
        "resends-unreadable-too-early",
        _after(dict.fromkeys((HTTP_ERROR, UNREADABLE, INVALID), _SOON)),
        "Ett meddelande vars svar inte går att läsa sänds igen efter en minut.",
        "A message whose answer cannot be read is sent again after a minute.",
    )
    yield _impatient(
        "resends-unanswered-too-early",
        _after(dict.fromkeys((TIMEOUT, BROKEN, UNREACHED), _SOON)),
        "Ett meddelande som inte fått något svar sänds igen efter en minut.",
        "A message that got no answer is sent again after a minute.",
    )


def _renamed(own_id: Expression) -> Callable[[Outgoing], Outgoing]:
    """The message under a new id of its own; what stands before its `#`, an organisation, stays."""
    renaming = Edit("set", own_id, by=Expression("concat(substring-before($old, '#'), $mark, $new-id)"))

    def repeats(request: Outgoing) -> Outgoing:
        root = etree.fromstring(request.body)
        mark = "#" if "#" in own_id.as_text(root, {}) else ""
        renaming.apply(root, {"new-id": str(uuid4()), "mark": mark})
        return replace(request, body=(PROLOG + etree.tostring(root, encoding="unicode")).encode())

    return repeats


def _impatient(name: str, patience: Callable[[Patience], Patience], sv: str, en: str) -> Fault:
    return Fault(name, Text(sv, en), patience=patience)


def _after(changed: Mapping[str, Resends]) -> Callable[[Patience], Patience]:
    return lambda patience: replace(patience, after={**patience.after, **changed})
