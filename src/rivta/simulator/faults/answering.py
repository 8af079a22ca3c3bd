"""Faults of a system that decides rightly and says it wrongly, or lets pass what cannot be placed: codes, texts, SOAP Faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from rivta.model.words import Text
from rivta.simulator.faults.fault import Fault
from rivta.simulator.reply import APPLICATION_ERROR, VALIDATION_ERROR, Outcome, Reply, Result, SoapFault
from rivta.text import identity

_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TEST_PERSON = "191212121212"
_PARTS = re.compile(r"(</?)(faultcode|faultstring|detail)\b")
_DETAIL = re.compile(r"<detail>.*</detail>", re.DOTALL)


def answering() -> Iterator[Fault]:
    """All of them."""
    yield from _lenient()
    yield from _results()
    yield from _soap_faults()


def _lenient() -> Iterator[Fault]:
    yield _placed(
        "ignores-logical-address",
        "no-address",
        "Ett meddelande utan logisk adressat tas emot.",
        "A message without a logical address is accepted.",
    )
    yield _placed(
        "accepts-unknown-contract",
        "unknown-contract",
        "Ett meddelande i ett okänt kontrakts namnrymd tas emot.",
        "A message in an unknown contract's namespace is accepted.",
    )
    yield Fault(
        "accepts-dtd",
        Text(
            "Ett meddelande med dokumenttypsdeklaration tas emot.",
            "A message with a document type declaration is accepted.",
        ),
        answers=lambda outcome, body: Result() if isinstance(outcome, SoapFault) and b"<!DOCTYPE" in body else outcome,
    )
    yield Fault(
        "malformed-accepted",
        Text("Det som inte är välformad XML tas emot.", "What is not well-formed XML is accepted."),
        answers=_malformed_accepted,
    )
    yield _of_faults(
        "malformed-as-result",
        lambda fault: Result.error(VALIDATION_ERROR, fault.text) if fault.reason == "unreadable" else fault,
        "Det som inte är välformad XML får ett resultat.",
        "What is not well-formed XML gets a result.",
    )
    yield Fault(
        "misunderstands-utf-16",
        Text(
            "Ett meddelande i UTF-16 får ett verksamhetsfel i stället för att läsas eller avvisas.",
            "A message in UTF-16 gets a business error, where it should be read or refused.",
        ),
        answers=_wide_misunderstood,
    )


def _results() -> Iterator[Fault]:
    yield _of_results(
        "error-without-subcode",
        lambda result: replace(result, sub_code=""),
        "Nationella felkoder utelämnas.",
        "National error codes are left out.",
    )
    yield _of_results(
        "foreign-subcode",
        lambda result: replace(result, sub_code=f"GTA{result.sub_code[-3:]}") if result.sub_code else result,
        "Felkoder ur ett annat kontrakt används.",
        "Another contract's error codes are used.",
    )
    yield _of_results(
        "error-without-errorcode",
        lambda result: replace(result, error_code=""),
        "ERROR saknar errorCode.",
        "ERROR comes without an errorCode.",
    )
    yield _of_results(
        "errorcode-with-ok",
        lambda result: replace(result, error_code=result.error_code or APPLICATION_ERROR),
        "errorCode anges också när resultatet är OK.",
        "An errorCode is given with OK as well.",
    )
    yield _of_results(
        "error-without-message",
        lambda result: replace(result, message=""),
        "Ett fel har ingen text.",
        "An error has no text.",
    )
    yield _of_results(
        "validation-error-as-application-error",
        lambda result: replace(result, error_code=_swapped(result.error_code, VALIDATION_ERROR, APPLICATION_ERROR)),
        "Ogiltiga meddelanden får APPLICATION_ERROR.",
        "Messages that are not valid get APPLICATION_ERROR.",
    )
    yield _of_results(
        "application-error-as-validation-error",
        lambda result: replace(result, error_code=_swapped(result.error_code, APPLICATION_ERROR, VALIDATION_ERROR)),
        "Verksamhetsfel får VALIDATION_ERROR.",
        "Business errors get VALIDATION_ERROR.",
    )


def _soap_faults() -> Iterator[Fault]:
    yield Fault(
        "fault-without-500",
        Text("Ett SOAP Fault sänds med HTTP-status 200.", "A SOAP Fault is sent with HTTP status 200."),
        sends=_with_status(200),
    )
    yield Fault(
        "fault-with-status-400",
        Text("Ett SOAP Fault sänds med HTTP-status 400.", "A SOAP Fault is sent with HTTP status 400."),
        sends=_with_status(400),
    )
    yield _of_faults(
        "fault-blames-server",
        lambda fault: replace(fault, code="Server"),
        "Ett SOAP Fault har alltid felkoden Server.",
        "A SOAP Fault always has the fault code Server.",
    )
    yield Fault(
        "fault-with-personal-data",
        Text("Ett SOAP Fault nämner patienten.", "A SOAP Fault names the patient."),
        answers=_with_identity,
    )
    yield Fault(
        "fault-with-spelt-out-identity",
        Text(
            "Ett SOAP Fault nämner patienten, med hårt mellanslag i numret.",
            "A SOAP Fault names the patient, with a no-break space in the number.",
        ),
        answers=_with_spelt_out_identity,
    )
    yield Fault(
        "fault-quotes-message",
        Text("Ett SOAP Fault citerar meddelandet.", "A SOAP Fault quotes the message."),
        answers=_quoting,
    )
    yield Fault(
        "fault-with-qualified-parts",
        Text("Delarna i ett SOAP Fault står i SOAP:s namnrymd.", "The parts of a SOAP Fault are in SOAP's namespace."),
        writes=lambda text: _PARTS.sub(r"\1soapenv:\2", text),
    )
    yield Fault(
        "fault-with-unlike-log-id",
        Text("Ett SOAP Fault har ett logg-id som inget är.", "A SOAP Fault has a log id that is none."),
        writes=lambda text: _DETAIL.sub("<detail><logId>okänt</logId></detail>", text),
    )
    yield Fault(
        "fault-without-log-id",
        Text("Ett SOAP Fault har inget logg-id.", "A SOAP Fault has no log id."),
        writes=_without_log_id,
    )


def _of_results(name: str, change: Callable[[Result], Result], sv: str, en: str) -> Fault:
    """A change of every result; SOAP Faults stay as they are."""
    return Fault(
        name, Text(sv, en), answers=lambda outcome, _: change(outcome) if isinstance(outcome, Result) else outcome
    )


def _of_faults(name: str, change: Callable[[SoapFault], Outcome], sv: str, en: str) -> Fault:
    """A change of every SOAP Fault; results stay as they are."""
    return Fault(
        name, Text(sv, en), answers=lambda outcome, _: change(outcome) if isinstance(outcome, SoapFault) else outcome
    )


def _placed(name: str, reason: str, sv: str, en: str) -> Fault:
    """A message that cannot be placed, answered OK all the same."""
    return _of_faults(name, lambda fault: Result() if fault.reason == reason else fault, sv, en)


def _swapped(code: str, old: str, new: str) -> str:
    return new if code == old else code


def _malformed_accepted(outcome: Outcome, body: bytes) -> Outcome:
    is_malformed = isinstance(outcome, SoapFault) and outcome.reason == "unreadable" and b"<!DOCTYPE" not in body
    return Result() if is_malformed else outcome


def _wide_misunderstood(outcome: Outcome, body: bytes) -> Outcome:
    return Result.error(APPLICATION_ERROR, "Meddelandet är okänt.") if body.startswith(_WIDE_MARKS) else outcome


def _with_identity(outcome: Outcome, body: bytes) -> Outcome:
    if not isinstance(outcome, SoapFault):
        return outcome
    found = identity.find(body.decode("utf-8", "replace"))
    return replace(outcome, text=f"{outcome.text} Patient: {found[0].value if found else _TEST_PERSON}")


def _with_spelt_out_identity(outcome: Outcome, body: bytes) -> Outcome:
    if not isinstance(outcome, SoapFault):
        return outcome
    found = identity.find(body.decode("utf-8", "replace"))
    value = found[0].value if found else _TEST_PERSON
    return replace(outcome, text=f"{outcome.text} Patient: {value[:8]}\u00a0{value[8:]}")


def _quoting(outcome: Outcome, body: bytes) -> Outcome:
    if not isinstance(outcome, SoapFault):
        return outcome
    return replace(outcome, text=f"{outcome.text} {body.decode('utf-8', 'replace')}")


def _with_status(status: int) -> Callable[[Reply, Outcome], Reply]:
    def sends(reply: Reply, outcome: Outcome) -> Reply:
        return replace(reply, status=status) if isinstance(outcome, SoapFault) else reply

    return sends


def _without_log_id(text: str) -> str:
    before, detail, rest = text.partition("<detail>")
    return before + rest.partition("</detail>")[2] if detail else text
