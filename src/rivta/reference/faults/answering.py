"""Faults of a system that decides rightly and says it wrongly: codes, texts and SOAP Faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rivta.model.words import Text
from rivta.reference.faults.fault import Fault
from rivta.reference.faults.lenient import RULES
from rivta.reference.reply import APPLICATION_ERROR, VALIDATION_ERROR, Outcome, Reply, Result, SoapFault
from rivta.text import identity

_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TEST_PERSON = "191212121212"
_CODES = tuple(f"{contract}00{number}" for contract in ("PR", "PRC", "PRO") for number in (1, 2, 3, 4))
_NATIONAL = tuple(f"ERR-{code}" for code in _CODES)
_INVALID = ("PR-F-schemaInvalid", "PRC-F-schemaInvalid", "PRO-F-schemaInvalid", *RULES)


def _results(change: Callable[[Result], Result]) -> Callable[[Outcome, bytes], Outcome]:
    """A change of every result; SOAP Faults stay as they are."""

    def answers(outcome: Outcome, body: bytes) -> Outcome:  # noqa: ARG001 (a result is changed whatever was asked)
        return change(outcome) if isinstance(outcome, Result) else outcome

    return answers


def _faults(change: Callable[[SoapFault], Outcome]) -> Callable[[Outcome, bytes], Outcome]:
    """A change of every SOAP Fault; results stay as they are."""

    def answers(outcome: Outcome, body: bytes) -> Outcome:  # noqa: ARG001 (a fault is changed whatever was asked)
        return change(outcome) if isinstance(outcome, SoapFault) else outcome

    return answers


def _wrong_sub_code(code: str) -> Fault:
    other = f"{code[:-1]}{int(code[-1]) % 4 + 1}"
    return Fault(
        f"wrong-subcode-{code}",
        (f"ERR-{code}",),
        Text(f"Svarar {other} där {code} är svaret.", f"Answers {other} where {code} is the answer."),
        answers=_results(lambda result: replace(result, sub_code=other) if result.sub_code == code else result),
    )


def _without_sub_code(result: Result) -> Result:
    return replace(result, sub_code="")


def _foreign_sub_code(result: Result) -> Result:
    return replace(result, sub_code=f"GTA{result.sub_code[-3:]}") if result.sub_code else result


def _validation_as_application(result: Result) -> Result:
    return replace(result, error_code=APPLICATION_ERROR) if result.error_code == VALIDATION_ERROR else result


def _application_as_validation(result: Result) -> Result:
    return replace(result, error_code=VALIDATION_ERROR) if result.error_code == APPLICATION_ERROR else result


def _malformed_accepted(outcome: Outcome, body: bytes) -> Outcome:
    is_malformed = isinstance(outcome, SoapFault) and outcome.reason == "unreadable" and b"<!DOCTYPE" not in body
    return Result() if is_malformed else outcome


def _malformed_as_result(fault: SoapFault) -> Outcome:
    return Result.error(VALIDATION_ERROR, fault.text) if fault.reason == "unreadable" else fault


def _with_identity(outcome: Outcome, body: bytes) -> Outcome:
    if not isinstance(outcome, SoapFault):
        return outcome
    found = identity.find(body.decode("utf-8", "replace"))
    return replace(outcome, text=f"{outcome.text} Patient: {found[0].value if found else _TEST_PERSON}")


def _with_status(status: int) -> Callable[[Reply, Outcome], Reply]:
    def sends(reply: Reply, outcome: Outcome) -> Reply:
        return replace(reply, status=status) if isinstance(outcome, SoapFault) else reply

    return sends


def _without_log_id(text: str) -> str:
    before, detail, rest = text.partition("<detail>")
    return before + rest.partition("</detail>")[2] if detail else text


def _wide_misunderstood(outcome: Outcome, body: bytes) -> Outcome:
    return Result.error(APPLICATION_ERROR, "Remissen är okänd.") if body.startswith(_WIDE_MARKS) else outcome


ANSWERING: tuple[Fault, ...] = (
    *(_wrong_sub_code(code) for code in _CODES),
    Fault(
        "error-without-subcode",
        ("GEN-SUBCODE", *_NATIONAL),
        Text("Nationella felkoder utelämnas.", "National error codes are left out."),
        answers=_results(_without_sub_code),
    ),
    Fault(
        "foreign-subcode",
        ("GEN-SUBCODE", *_NATIONAL),
        Text("Felkoder ur ett annat kontrakt används.", "Another contract's error codes are used."),
        answers=_results(_foreign_sub_code),
    ),
    Fault(
        "error-without-errorcode",
        ("GEN-ERROR-CODES", "GEN-VALIDATION", "GEN-APPLICATION-ERROR", "PR-F-activityCodeSystem", *_INVALID),
        Text("ERROR saknar errorCode.", "ERROR comes without an errorCode."),
        answers=_results(lambda result: replace(result, error_code="")),
    ),
    Fault(
        "errorcode-with-ok",
        ("GEN-ERROR-CODES-ONLY",),
        Text("errorCode anges också när resultatet är OK.", "An errorCode is given with OK as well."),
        answers=_results(lambda result: replace(result, error_code=result.error_code or APPLICATION_ERROR)),
    ),
    Fault(
        "error-without-message",
        ("GEN-ERROR-MESSAGE",),
        Text("Ett fel har ingen text.", "An error has no text."),
        answers=_results(lambda result: replace(result, message="")),
    ),
    Fault(
        "validation-error-as-application-error",
        ("GEN-VALIDATION", *_INVALID),
        Text("Ogiltiga meddelanden får APPLICATION_ERROR.", "Messages that are not valid get APPLICATION_ERROR."),
        answers=_results(_validation_as_application),
    ),
    Fault(
        "application-error-as-validation-error",
        ("GEN-APPLICATION-ERROR", "PR-F-activityCodeSystem"),
        Text("Verksamhetsfel får VALIDATION_ERROR.", "Business errors get VALIDATION_ERROR."),
        answers=_results(_application_as_validation),
    ),
    Fault(
        "malformed-accepted",
        ("GEN-MALFORMED", "GEN-FAULT-STATUS", "GEN-FAULT-CODE", "GEN-FAULT-LOGID"),
        Text("Det som inte är välformad XML tas emot.", "What is not well-formed XML is accepted."),
        answers=_malformed_accepted,
    ),
    Fault(
        "malformed-as-result",
        ("GEN-MALFORMED", "GEN-FAULT-STATUS", "GEN-FAULT-CODE", "GEN-FAULT-LOGID"),
        Text("Det som inte är välformad XML får ett resultat.", "What is not well-formed XML gets a result."),
        answers=_faults(_malformed_as_result),
    ),
    Fault(
        "misunderstands-utf-16",
        ("GEN-UTF16",),
        Text(
            "Ett meddelande i UTF-16 får ett verksamhetsfel i stället för att läsas eller avvisas.",
            "A message in UTF-16 gets a business error, where it should be read or refused.",
        ),
        answers=_wide_misunderstood,
    ),
    Fault(
        "fault-without-500",
        ("GEN-FAULT-STATUS",),
        Text("Ett SOAP Fault sänds med HTTP-status 200.", "A SOAP Fault is sent with HTTP status 200."),
        sends=_with_status(200),
    ),
    Fault(
        "fault-with-status-400",
        ("GEN-FAULT-STATUS",),
        Text("Ett SOAP Fault sänds med HTTP-status 400.", "A SOAP Fault is sent with HTTP status 400."),
        sends=_with_status(400),
    ),
    Fault(
        "fault-blames-server",
        ("GEN-FAULT-CODE",),
        Text("Ett SOAP Fault har alltid felkoden Server.", "A SOAP Fault always has the fault code Server."),
        answers=_faults(lambda fault: replace(fault, code="Server")),
    ),
    Fault(
        "fault-with-personal-data",
        ("GEN-FAULT-PRIVACY",),
        Text("Ett SOAP Fault nämner patienten.", "A SOAP Fault names the patient."),
        answers=_with_identity,
    ),
    Fault(
        "fault-without-log-id",
        ("GEN-FAULT-LOGID",),
        Text("Ett SOAP Fault har inget logg-id.", "A SOAP Fault has no log id."),
        writes=_without_log_id,
    ),
)
