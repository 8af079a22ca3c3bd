"""The sick leaves that go on today at a unit: made of the certificates that follow each other closely enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from lxml import etree

from rivta.simulator import IncomingMessage, Outcome, Result

from .certificate import Certificate, Kept, T, text_at

_PERIODS = "{*}svar[@id='32']/{*}delsvar[@id='32.2']/{*}datePeriod"


@dataclass(frozen=True, slots=True)
class _Leave:
    """Both days are in it; `days` are those of its certificates, `signer` who signed the one that comes last."""

    patient: str
    signer: str
    first: date
    last: date
    days: int
    certificates: int = 1

    def with_next(self, after: _Leave) -> _Leave:
        days, certificates = self.days + after.days, self.certificates + 1
        return _Leave(self.patient, after.signer, self.first, max(self.last, after.last), days, certificates)


def list_sick_leaves(message: IncomingMessage, kept: Kept) -> Outcome:
    unit, today = message.says("enhets-id/extension"), message.received.date()
    least, most = message.says("minstaSjukskrivningslangd"), message.says("maxSjukskrivningslangd")
    signers = [each.text for each in message.payload.iterfind("{*}personal-id/{*}extension")]

    def is_asked_for(leave: _Leave) -> bool:
        is_of_length = int(least or 0) <= leave.days and (not most or leave.days <= int(most))
        is_signed = not signers or leave.signer in signers
        return message.meets({"today": leave.first <= today <= leave.last, "length": is_of_length, "signer": is_signed})

    def is_close(days: int) -> bool:
        return days <= int(message.says("maxDagarMellanIntyg")) or message.flaws.skip("SL-gap")

    parts = sorted(
        (part for each in kept.certificates if each["unit"] == unit for part in _periods(each)),
        key=lambda part: (part.patient, part.first),
    )
    leaves = (leave for _, own in groupby(parts, lambda part: part.patient) for leave in _joined(own, is_close))
    found = [_written(message, leave, unit) for leave in leaves if is_asked_for(leave)]
    return Result(beside=(message.element("sjukfallLista", *found),))


def _periods(certificate: Certificate) -> Iterator[_Leave]:
    intyg = etree.fromstring(certificate["xml"])
    for each in intyg.iterfind(_PERIODS):
        first, last = (date.fromisoformat(text_at(each, name)) for name in ("start", "end"))
        signer = text_at(intyg, "skapadAv/personal-id/extension")
        yield _Leave(certificate["patient"], signer, first, last, (last - first).days + 1)


def _joined(parts: Iterable[_Leave], is_close: Callable[[int], bool]) -> Iterator[_Leave]:
    """Those of a patient, in order, as one where the days between two are few enough."""
    leave: _Leave | None = None
    for part in parts:
        if leave is not None and is_close((part.first - leave.last).days - 1):
            leave = leave.with_next(part)
        else:
            yield from () if leave is None else (leave,)
            leave = part
    if leave is not None:
        yield leave


def _written(message: IncomingMessage, leave: _Leave, unit: str) -> etree._Element:
    def said(name: str, value: object) -> etree._Element:
        made = message.element(name)
        made.text = str(value)
        return made

    def known_as(name: str, root: str, extension: str) -> etree._Element:
        return message.element(name, T.root(root), T.extension(extension))

    degrees = message.element("grader", said("grad", 100))
    return message.element(
        "sjukfall",
        known_as("person-id", "1.2.752.129.2.1.3.1", leave.patient),
        known_as("enhets-id", "1.2.752.129.2.1.4.1", unit),
        known_as("personal-id", "1.2.752.129.2.1.4.1", leave.signer),
        said("startdatum", leave.first),
        said("slutdatum", leave.last),
        message.element("diagnoskod", said("code", "J20")),
        said("antalIntyg", leave.certificates),
        said("sjukskrivningslangd", leave.days),
        message.element("sjukskrivningsgrad", said("aktivGrad", 100), degrees),
    )
