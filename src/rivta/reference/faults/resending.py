"""Faults of a system that does not know when to send again and when not to, or does not tell its user."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from uuid import uuid4

from rivta.model.words import Text
from rivta.reference.faults.fault import Fault
from rivta.reference.letter import CONFIRMATION, OUTCOME, REQUEST, Letter
from rivta.reference.patience import (
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

_FOR_EVER: Final = 1_000_000
_HASTY_SECONDS: Final = 1.0
_OWN_ID: Final = {
    REQUEST: rb'(requestId extension=")([^"#]*#)[^"]*',
    CONFIRMATION: rb'(requestConfirmationId extension=")([^"#]*#)[^"]*',
    OUTCOME: rb'(requestOutcomeId extension=")([^"#]*#)[^"]*',
}
_WORDS: Final = {
    "ok": OK,
    "info": INFO,
    "validation": VALIDATION,
    "application": APPLICATION,
    "fault": FAULT,
    "platform": PLATFORM,
}
_SOON: Final = Resends(3, MINUTE)


def _after(**changed: Resends) -> Callable[[Patience], Patience]:
    return _with({_WORDS[name]: resends for name, resends in changed.items()})


def _with(changed: Mapping[str, Resends]) -> Callable[[Patience], Patience]:
    return lambda patience: replace(patience, after={**patience.after, **changed})


def _impatient(name: str, requirement: str, patience: Callable[[Patience], Patience], sv: str, en: str) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), patience=patience)


def _renamed(letter: Letter) -> Letter:
    """The message under a new id of its own."""
    new = rb"\g<1>\g<2>" + str(uuid4()).encode()
    return replace(letter, body=re.sub(_OWN_ID[letter.contract.name], new, letter.body, count=1))


RESENDING: tuple[Fault, ...] = (
    _impatient(
        "resends-after-validation-error",
        "GEN-RESEND-VALIDATION",
        _after(validation=_SOON),
        "Ett meddelande som fått VALIDATION_ERROR sänds igen.",
        "A message that got VALIDATION_ERROR is sent again.",
    ),
    _impatient(
        "resends-application-error-for-ever",
        "GEN-RESEND-APPLICATION",
        _after(application=Resends(_FOR_EVER, MINUTE)),
        "Ett meddelande som fått APPLICATION_ERROR sänds igen varje minut, utan slut.",
        "A message that got APPLICATION_ERROR is sent again each minute, without end.",
    ),
    _impatient(
        "resends-fault-too-early",
        "GEN-RESEND-TECHNICAL",
        _after(fault=_SOON),
        "Ett meddelande som fått SOAP Fault sänds igen efter en minut.",
        "A message that got a SOAP Fault is sent again after a minute.",
    ),
    _impatient(
        "resends-fault-for-ever",
        "GEN-RESEND-TECHNICAL-LIMIT",
        _after(fault=Resends(_FOR_EVER, 5 * MINUTE)),
        "Ett meddelande som fått SOAP Fault sänds igen var femte minut, utan slut.",
        "A message that got a SOAP Fault is sent again every five minutes, without end.",
    ),
    _impatient(
        "resends-platform-fault-too-early",
        "GEN-RESEND-PLATFORM",
        _after(platform=_SOON),
        "Ett meddelande som tjänsteplattformen svarat fel på sänds igen efter en minut.",
        "A message that the national platform answered by an error is sent again after a minute.",
    ),
    _impatient(
        "resends-unreadable-too-early",
        "GEN-RESEND-UNREADABLE",
        _with(dict.fromkeys((HTTP_ERROR, UNREADABLE, INVALID), _SOON)),
        "Ett meddelande vars svar inte går att läsa sänds igen efter en minut.",
        "A message whose answer cannot be read is sent again after a minute.",
    ),
    _impatient(
        "resends-unanswered-too-early",
        "GEN-RESEND-NO-ANSWER",
        _with(dict.fromkeys((TIMEOUT, BROKEN, UNREACHED), _SOON)),
        "Ett meddelande som inte fått något svar sänds igen efter en minut.",
        "A message that got no answer is sent again after a minute.",
    ),
    Fault(
        "sends-everything-twice",
        ("GEN-RESEND-OK", "GEN-PATIENCE"),
        Text("Varje meddelande sänds en gång till efter OK.", "Each message is sent once more after OK."),
        patience=_after(ok=Resends(1, MINUTE)),
    ),
    _impatient(
        "takes-info-for-an-error",
        "GEN-RESEND-INFO",
        _after(info=_SOON),
        "Ett meddelande som fått INFO sänds igen.",
        "A message that got INFO is sent again.",
    ),
    _impatient(
        "gives-up-on-slow-answer",
        "GEN-PATIENCE",
        lambda patience: replace(patience, read_seconds=_HASTY_SECONDS),
        "Ett svar väntas in i bara en sekund; sedan sänds meddelandet igen.",
        "An answer is waited for during one second only; then the message is sent again.",
    ),
    Fault(
        "resends-as-a-new-message",
        ("GEN-RESEND-SAME",),
        Text("En omsändning får ett nytt id.", "What is sent again has a new id."),
        repeats=_renamed,
    ),
    Fault(
        "gives-up-a-party-after-a-fault",
        ("GEN-RECOVER",),
        Text(
            "Efter ett tekniskt fel sänds inget mer till samma mottagare, respektive om samma remiss.",
            "After a technical error nothing more is sent to the same recipient, or about the same referral.",
        ),
        shuns=True,
    ),
    Fault(
        "does-not-warn-user",
        ("GEN-WARN",),
        Text(
            "Användaren får ingen felsignal när ett meddelande inte kommit fram.",
            "The user is not warned of a message that has not arrived.",
        ),
        hidden=frozenset({"warning"}),
    ),
    Fault(
        "hides-referral",
        ("PR-SHOWN",),
        Text("En mottagen remiss visas inte.", "A referral that was received is not shown."),
        hidden=frozenset({"referral"}),
    ),
    Fault(
        "hides-confirmation",
        ("PRC-SHOWN",),
        Text("Ett mottaget besked visas inte.", "A confirmation that was received is not shown."),
        hidden=frozenset({"confirmation"}),
    ),
    Fault(
        "hides-answer",
        ("PRO-SHOWN",),
        Text("Ett mottaget remissvar visas inte.", "An outcome that was received is not shown."),
        hidden=frozenset({"answer"}),
    ),
)
