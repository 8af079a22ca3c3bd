"""Runs made by hand for the report's tests: a rich one, one with markup in every text, one of any size."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from rivta.declaration import proven
from rivta.model.case import Cell, Table
from rivta.model.declaration import Declaration
from rivta.model.domain import ContractFacts, DomainFacts, ElementFacts, Requirement
from rivta.model.environment import System
from rivta.model.exchange import Exchange, Message, Problem, Tls
from rivta.model.run import CaseResult, CheckResult, Finding, PlannedCase, Run, RunFooter, RunHeader, Stray
from rivta.model.words import Blame, Direction, Level, Moment, Source, Text, Verdict

NAMESPACE = "urn:riv:clinicalprocess:activity:request"
DOMAIN = "clinicalprocess.activity.request"
CLOCK = "2026-09-01T08:15:{:02d}.120000+00:00"
TLS = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", "CN=remiss.example.se", "CN=Test CA v1", "2027-03-01", True)
SUITES = f"suites/{DOMAIN}"


def request_body(number: int, reason: str = "NR", patient: str = "191212121212") -> bytes:
    """A referral on one line, as most systems write them."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:itr="urn:riv:itintegration:registry:1">'
        "<soapenv:Header><itr:LogicalAddress>SE2321000016-MOT1</itr:LogicalAddress></soapenv:Header><soapenv:Body>"
        f'<r:ProcessRequest xmlns:r="{NAMESPACE}:ProcessRequestResponder:2" xmlns:c="{NAMESPACE}:2"><c:request>'
        f'<c:requestId extension="SE2321000012-0001#{number}"/><c:typeOfRequest code="4"/>'
        f'<c:versionNumber>1</c:versionNumber><c:reasonForVersion><c:typeOfReason code="{reason}"/></c:reasonForVersion>'
        f'<c:patient><c:personId extension="{patient}" root="1.2.752.129.2.1.3.1"/>'
        "<c:address><c:streetName1>Ängsvägen 1</c:streetName1><c:postalCode>12345</c:postalCode></c:address></c:patient>"
        "</c:request></r:ProcessRequest></soapenv:Body></soapenv:Envelope>"
    ).encode()


def response_body(code: str = "OK", *extra: tuple[str, str]) -> bytes:
    """The receiver's answer; `extra` are further elements of its result."""
    more = "".join(f"<c:{name}>{value}</c:{name}>" for name, value in extra)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        f'<r:ProcessRequestResponse xmlns:r="{NAMESPACE}:ProcessRequestResponder:2" xmlns:c="{NAMESPACE}:2">'
        f"<r:result><c:resultCode>{code}</c:resultCode>{more}</r:result></r:ProcessRequestResponse>"
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


def confirmation_body(kind: str = "BEK", number: int = 1, address: str = "SE2321000012-0001", wrong: str = "") -> bytes:
    """A confirmation as the system under test sends it; `wrong` is an element that the schema has not."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:itr="urn:riv:itintegration:registry:1">'
        f"<soapenv:Header><itr:LogicalAddress>{address}</itr:LogicalAddress></soapenv:Header><soapenv:Body>"
        f'<r:ProcessRequestConfirmation xmlns:r="{NAMESPACE}:ProcessRequestConfirmationResponder:2" xmlns:c="{NAMESPACE}:2">'
        f'<c:requestConfirmation><c:requestId extension="SE2321000012-0001#{number}"/>'
        f'<c:typeOfRequestConfirmation code="{kind}"/><c:patient><c:personId extension="191212121212"'
        f' root="1.2.752.129.2.1.3.1"/></c:patient>{wrong}<c:outcome><c:outcomeText>Mottagen</c:outcomeText></c:outcome>'
        "</c:requestConfirmation></r:ProcessRequestConfirmation></soapenv:Body></soapenv:Envelope>"
    ).encode()


def someone() -> str:
    """A personnummer by form that is nobody's test identity, made here so that none is written down."""
    digits = "8901019" + "87"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return f"19890101-987{-sum(each // 10 + each % 10 for each in doubled) % 10}"


FAULT = (
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">\n  <soapenv:Body>\n    <soapenv:Fault>\n'
    b"      <faultcode>soapenv:Server</faultcode>\n      <faultstring>Internal error, log id 4f1c</faultstring>\n"
    b"    </soapenv:Fault>\n  </soapenv:Body>\n</soapenv:Envelope>\n"
)
ERROR_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def requirement(id_: str, sv: str, en: str, level: Level = Level.MUST, reference: str = "TKB 2.2, 6.1") -> Requirement:
    """A requirement of the sample domain."""
    return Requirement(id_, Text(sv, en), level, reference)


REQUIREMENTS = (
    requirement("GEN-SOAP", "Svaret är SOAP 1.1", "The reply is SOAP 1.1", reference="RIVTA BP 2.1, regel 1"),
    requirement("GEN-SCHEMA", "Svaret följer kontraktets schema", "The reply follows the contract's schema"),
    requirement("GEN-RULES", "Svaret följer kontraktets regler", "The reply follows the contract's rules"),
    requirement(
        "GEN-ENCODING", "Svaret är kodat i UTF-8", "The reply is encoded in UTF-8", reference="RIVTA BP 2.1, regel 9"
    ),
    requirement(
        "GEN-RESPONSE-TIME",
        "Svaret kommer inom 2 sekunder",
        "The reply comes within 2 seconds",
        reference="TKB 2.2, SLA",
    ),
    requirement(
        "PR-F-minimal", "En remiss med endast obligatoriska uppgifter tas emot", "A minimal referral is accepted"
    ),
    requirement("PR-S-postalCode", "Postnummer har fem tecken", "A postal code has five characters"),
    requirement("PR-S-condition", "Ange kod eller text, inte båda", "Give code or text, not both"),
    requirement("ERR-PR001", "Okänd organisation besvaras med PR001", "An unknown organisation is answered by PR001"),
    requirement(
        "ERR-PR002",
        "Vidareskickad remiss som inte tas emot besvaras med PR002",
        "A forwarded referral that is not accepted is answered by PR002",
    ),
    requirement("ERR-PR004", "Okänt reservnummer besvaras med PR004", "An unknown reserve number is answered by PR004"),
    requirement(
        "BR-3", "Avbruten remiss höjer versionsnumret", "A cancelled referral raises the version number", Level.SHOULD
    ),
    requirement("BR-4", "Vidareskickning är frivillig", "Forwarding is optional", Level.MAY),
    requirement("BR-7", "Nyare svar ersätter tidigare", "A newer answer replaces an earlier one", Level.SHOULD),
    replace(
        requirement("BR-6", "Samtycke finns vid vidareskickning", "There is consent when a referral is forwarded"),
        not_tested=Text("Samtycke syns inte i meddelandet.", "Consent does not show in the message."),
    ),
    requirement("PRC-F-kom", "Begäran om komplettering besvaras", "A request for completion is answered"),
    requirement(
        "PRC-F-view", "Komplettering visas för remittenten", "A completion is shown to the referrer", Level.SHOULD
    ),
    requirement("PRC-C-KOM", "Systemet begär komplettering", "The system asks for a completion"),
    requirement(
        "GEN-ADDRESS",
        "Anrop adresseras till enheten",
        "Calls are addressed to the unit",
        reference="RIVTA BP 2.1, regel 8",
    ),
    requirement(
        "GEN-RESEND-APART",
        "Minst fem minuter mellan omsändningar efter SOAP Fault",
        "At least five minutes between resends after a SOAP Fault",
        reference="RIVTA BP 3.0, regel 22",
    ),
    requirement(
        "PR-U-shown",
        "Remissen visas för rätt person",
        "The referral is shown for the right person",
        Level.SHOULD,
    ),
)


def elements(root: str, *lines: str) -> tuple[ElementFacts, ...]:
    """The elements of a message, each written as its path and how often it may be there; `!` says that it holds codes."""
    made = [ElementFacts(root)]
    for line in lines:
        path, often, *coded = line.split()
        least, most = often.split("..")
        made.append(ElementFacts(f"{root}/{path}", int(least), None if most == "*" else int(most), bool(coded)))
    return tuple(made)


REFERRAL_ELEMENTS = (
    *elements(
        "ProcessRequest",
        "request 1..1",
        "request/requestId 1..1",
        "request/requestId/@extension 1..1",
        "request/typeOfRequest 1..1",
        "request/typeOfRequest/@code 1..1 !",
        "request/versionNumber 1..1",
        "request/reasonForVersion 1..1",
        "request/reasonForVersion/typeOfReason 1..1",
        "request/reasonForVersion/typeOfReason/@code 1..1 !",
        "request/patient 1..1",
        "request/patient/personId 1..1",
        "request/patient/personId/@extension 1..1",
        "request/patient/personId/@root 1..1",
        "request/patient/address 0..1",
        "request/patient/address/careOf 0..1",
        "request/patient/address/streetName1 1..1",
        "request/patient/address/postalCode 1..1",
        "request/patient/telecom 0..2",
        "request/paymentCommitment 0..1",
        "request/paymentCommitment/validity 1..1",
        "request/paymentCommitment/validity/@low 0..1",
        "request/paymentCommitment/costCenter 0..1",
        "request/attachment 0..*",
        "request/attachment/value 0..1",
    ),
    *elements(
        "ProcessRequestResponse",
        "result 1..1",
        "result/resultCode 1..1 !",
        "result/errorCode 0..1 !",
        "result/logId 0..1",
        "result/subCode 0..1 !",
        "result/message 0..1",
    ),
)
CONFIRMATION_ELEMENTS = (
    *elements(
        "ProcessRequestConfirmation",
        "requestConfirmation 1..1",
        "requestConfirmation/requestId 1..1",
        "requestConfirmation/requestId/@extension 1..1",
        "requestConfirmation/typeOfRequestConfirmation 1..1",
        "requestConfirmation/typeOfRequestConfirmation/@code 1..1 !",
        "requestConfirmation/patient 1..1",
        "requestConfirmation/patient/personId 1..1",
        "requestConfirmation/patient/personId/@extension 1..1",
        "requestConfirmation/patient/personId/@root 1..1",
        "requestConfirmation/patient/name 0..1",
        "requestConfirmation/forwardingRecipient 0..1",
        "requestConfirmation/forwardingRecipient/organisation 1..1",
        "requestConfirmation/forwardingRecipient/organisation/careUnitId 1..1",
        "requestConfirmation/outcome 1..1",
        "requestConfirmation/outcome/outcomeText 1..1",
    ),
    *elements(
        "ProcessRequestConfirmationResponse", "result 1..1", "result/resultCode 1..1 !", "result/errorCode 0..1 !"
    ),
)


def contract(name: str, title: Text, digest: str, origin: str = "restatement") -> ContractFacts:
    """A contract of the sample domain."""
    return ContractFacts(DOMAIN, name, "2.2", title, origin, digest * 64, f"{NAMESPACE}:{name}Responder:2:{name}", 2000)


DOMAIN_FACTS = DomainFacts(
    DOMAIN,
    "2.2",
    Text("Elektronisk remiss", "Electronic referral"),
    (
        replace(contract("ProcessRequest", Text("Remiss", "Referral"), "a"), elements=REFERRAL_ELEMENTS),
        replace(
            contract("ProcessRequestConfirmation", Text("Remissbekräftelse", "Confirmation"), "b", "official"),
            elements=CONFIRMATION_ELEMENTS,
        ),
    ),
    REQUIREMENTS,
    facts={"kind": "//c:typeOfReason/@code | //c:typeOfRequestConfirmation/@code"},
    namespaces={"c": f"{NAMESPACE}:2"},
)


def exchange(
    number: int, answer: bytes | None, ms: float, *, status: int = 200, reason: str = "NR", **changes: Any
) -> Exchange:
    """A call of ProcessRequest and its answer."""
    plain = Exchange(
        contract="ProcessRequest",
        url="https://remiss.example.se/ProcessRequest/2/rivtabp21",
        request=Message(
            (
                ("Content-Type", "text/xml; charset=UTF-8"),
                ("SOAPAction", f'"{NAMESPACE}:ProcessRequestResponder:2:ProcessRequest"'),
                ("x-rivta-original-serviceconsumer-hsaid", "SE2321000012-TEST"),
            ),
            request_body(number, reason),
        ),
        response=None if answer is None else Message((("Content-Type", "text/xml; charset=utf-8"),), answer),
        status=None if answer is None else status,
        started=CLOCK.format(number % 60),
        elapsed_ms=ms,
        tls=TLS,
    )
    return replace(plain, **changes)


def default_checks(ms: float, index: int = 0) -> tuple[CheckResult, ...]:
    """The checks that run in every case, all met."""
    checks = (
        CheckResult("soap", Verdict.PASSED, ("GEN-SOAP",), "SOAP 1.1 with ProcessRequestResponse", "HTTP 200"),
        CheckResult(
            "schema",
            Verdict.PASSED,
            ("GEN-SCHEMA",),
            "valid against ProcessRequest 2.2",
            "valid to libxml2 and xmlschema",
        ),
        CheckResult("rules", Verdict.PASSED, ("GEN-RULES",), "the rules of rules-response.sch", "no rule is broken"),
        CheckResult("encoding", Verdict.PASSED, ("GEN-ENCODING",), "UTF-8", "UTF-8"),
        CheckResult("max_ms", Verdict.PASSED, ("GEN-RESPONSE-TIME",), "at most 2000 ms", f"{ms:.0f} ms"),
    )
    return tuple(replace(check, exchange=index) for check in checks)


def result_check(
    verdict: Verdict, verifies: tuple[str, ...], expected: str, actual: str, **changes: Any
) -> CheckResult:
    """An expectation on the result code, as written in the suite."""
    source = Source(f"{SUITES}/ProcessRequest/producer.yaml", 21, 9, "      - result: OK")
    return replace(CheckResult("result", verdict, verifies, expected, actual, source=source), **changes)


def case(
    id_: str,
    title: Text,
    verifies: tuple[str, ...],
    checks: tuple[CheckResult, ...],
    exchanges: tuple[Exchange, ...],
    **changes: Any,
) -> CaseResult:
    """A case of the sample suite; its verdict is that of its checks unless given."""
    plain = CaseResult(
        case=id_,
        title=title,
        domain=DOMAIN,
        contract="ProcessRequest",
        role="producer",
        suite=f"{SUITES}/ProcessRequest/producer.yaml",
        verdict=Verdict.of(check.verdict for check in checks),
        verifies=verifies,
        checks=checks,
        exchanges=exchanges,
        started=CLOCK.format(1),
        elapsed_ms=sum(each.elapsed_ms for each in exchanges) + 1.5,
        source=Source(f"{SUITES}/ProcessRequest/producer.yaml", 17, 5, f'  - id: "{id_}"'),
    )
    return replace(plain, **changes)


def _wrong_result() -> CaseResult:
    finding = Finding(
        Text("subCode är inte den väntade.", "subCode is not the expected one."),
        location="//result/subCode",
        expected="PR002",
        actual="PR003",
    )
    answer = response_body("ERROR", ("errorCode", "APPLICATION_ERROR"), ("logId", "7d1e"), ("subCode", "PR003"))
    check = result_check(
        Verdict.FAILED,
        ("ERR-PR002",),
        "ERROR APPLICATION_ERROR PR002",
        "ERROR APPLICATION_ERROR PR003",
        findings=(finding,),
    )
    title = Text("Vidareskickad remiss besvaras med PR002", "A forwarded referral is answered by PR002")
    return case("4.2", title, ("ERR-PR002",), (*default_checks(31), check), (exchange(42, answer, 31.4, reason="VR"),))


def _wrong_schema() -> CaseResult:
    findings = (
        Finding(
            Text.same("Element 'c:status': This element is not expected. Expected is one of ( c:errorCode, c:logId )."),
            location="/soapenv:Envelope/soapenv:Body/r:ProcessRequestResponse/r:result/c:status",
            line=2,
            actual="MOTTAGEN",
            rule="XSD (lxml)",
        ),
        Finding(
            Text("Elementet är tomt.", "The element is empty."),
            location="/soapenv:Envelope/soapenv:Body/r:ProcessRequestResponse/r:result/c:message",
            line=2,
            expected="normalize-space(.)",
            rule="Verify non-empty elements",
        ),
    )
    answer = response_body("OK", ("status", "MOTTAGEN"), ("message", ""))
    soap, schema, rules, encoding, took = default_checks(2210)
    late = Finding(
        Text("Svaret dröjde längre än avtalat.", "The reply took longer than agreed."),
        location="response time",
        expected="at most 2000 ms",
        actual="2210 ms",
    )
    checks = (
        soap,
        replace(schema, verdict=Verdict.FAILED, actual="1 schema errors", findings=findings[:1]),
        replace(rules, verdict=Verdict.FAILED, actual="1 broken rules", findings=findings[1:]),
        encoding,
        replace(took, verdict=Verdict.FAILED, actual="2210 ms", findings=(late,)),
        result_check(Verdict.PASSED, ("PR-F-minimal",), "OK", "OK"),
    )
    title = Text(
        "En remiss med endast obligatoriska uppgifter tas emot", "A referral with only what is mandatory is accepted"
    )
    return case("1.2", title, ("PR-F-minimal",), checks, (exchange(12, answer, 2210.7),))


def _fault_in_second_step() -> CaseResult:
    finding = Finding(
        Text(
            "Svaret är ett SOAP Fault där ett vanligt svar väntades.",
            "The reply is a SOAP Fault where an answer was expected.",
        ),
        location="/soapenv:Envelope/soapenv:Body/soapenv:Fault",
        line=3,
        expected="no SOAP Fault",
        actual="soapenv:Server: Internal error, log id 4f1c",
    )
    fault = replace(
        default_checks(18, 1)[0], verdict=Verdict.FAILED, actual="SOAP Fault soapenv:Server", findings=(finding,)
    )
    exchanges = (exchange(31, response_body(), 16.2), exchange(32, FAULT, 18.9, status=500, reason="AB"))
    title = Text("En remiss avbryts", "A referral is cancelled")
    return case(
        "3.1",
        title,
        ("BR-3",),
        (*default_checks(16), result_check(Verdict.PASSED, ("BR-3",), "OK", "OK"), fault),
        exchanges,
    )


def _unreadable() -> CaseResult:
    problem = Problem(
        "html", Text("Svaret är en HTML-sida, inte SOAP.", "The reply is an HTML page, not SOAP."), Blame.SYSTEM
    )
    page = exchange(51, ERROR_PAGE, 9.1, status=502, problem=problem, tls=None)
    title = Text("Okänt reservnummer", "An unknown reserve number")
    return case("5.1", title, ("ERR-PR004",), (), (page,), verdict=Verdict.FAILED, reason=problem.text)


def _blocked() -> CaseResult:
    problem = Problem(
        "refused",
        Text("Ingen lyssnar på adressen: anslutningen nekades.", "Nobody listens at the address: connection refused."),
        Blame.ENVIRONMENT,
    )
    refused = exchange(
        61,
        None,
        1.2,
        problem=problem,
        tls=None,
        contract="ProcessRequestConfirmation",
        url="https://remiss.example.se/ProcessRequestConfirmation/2/rivtabp21",
    )
    title = Text("Begäran om komplettering tas emot", "A request for completion is accepted")
    suite = f"{SUITES}/ProcessRequestConfirmation/producer.yaml"
    return case(
        "1.1",
        title,
        ("PRC-F-kom",),
        (),
        (refused,),
        verdict=Verdict.BLOCKED,
        reason=problem.text,
        contract="ProcessRequestConfirmation",
        suite=suite,
    )


def _broken_rule() -> CaseResult:
    note = Text("Regeln Verify condition gick inte att utvärdera.", "The rule Verify condition could not be evaluated.")
    rule = replace(default_checks(12)[2], verdict=Verdict.ERROR, verifies=("PR-S-condition",), actual="", note=note)
    title = Text("Diagnos med både kod och text", "A condition with both code and text")
    return case(
        "2.3", title, ("PR-S-condition",), (*default_checks(12)[:2], rule), (exchange(23, response_body(), 12.4),)
    )


def _passes() -> list[CaseResult]:
    rows = [
        (
            "1.1",
            "En fullständig remiss tas emot",
            "A full referral is accepted",
            ("PR-F-minimal",),
            response_body("OK"),
            "OK",
        ),
        (
            "2.1",
            "Postnummer med fyra tecken avvisas",
            "A postal code of four characters is refused",
            ("PR-S-postalCode",),
            response_body("ERROR", ("errorCode", "VALIDATION_ERROR")),
            "ERROR VALIDATION_ERROR",
        ),
        (
            "4.1",
            "Okänd organisation besvaras med PR001",
            "An unknown organisation is answered by PR001",
            ("ERR-PR001",),
            response_body("ERROR", ("errorCode", "APPLICATION_ERROR"), ("subCode", "PR001")),
            "ERROR APPLICATION_ERROR PR001",
        ),
        (
            "5.2",
            "Patient utan testidentitet i svaret",
            "A person who is no test person in the answer",
            ("BR-7",),
            response_body("INFO", ("message", f"Patient {someone()} finns redan")),
            "OK",
        ),
    ]
    cases = []
    for number, (id_, sv, en, verifies, answer, expected) in enumerate(rows):
        ms = (8.4, 14.0, 21.7, 96.0)[number]
        note = Text("INFO: mottaget, med en anmärkning.", "INFO: accepted, with a remark.") if id_ == "5.2" else None
        check = result_check(Verdict.PASSED, verifies, expected, "INFO" if note else expected, note=note)
        cases.append(
            case(id_, Text(sv, en), verifies, (*default_checks(ms), check), (exchange(100 + number, answer, ms),))
        )
    return cases


def _not_run() -> list[CaseResult]:
    optional = Text(
        "Systemet vidareskickar inte remisser (anges i miljöfilen).",
        "The system does not forward referrals (says the environment).",
    )
    missing = Text(
        "Testdata units.without-forwarding saknas i miljöfilen.",
        "The environment lacks the test data units.without-forwarding.",
    )
    manual = Text("Skärmbild granskad av Anna Ek 2026-09-02.", "Screenshot reviewed by Anna Ek 2026-09-02.")
    return [
        case(
            "6.1",
            Text("Remiss vidareskickas", "A referral is forwarded"),
            ("BR-4",),
            (),
            (),
            verdict=Verdict.NOT_APPLICABLE,
            reason=optional,
        ),
        case(
            "6.2",
            Text("Enhet utan vidareskickning", "A unit without forwarding"),
            ("ERR-PR002",),
            (),
            (),
            verdict=Verdict.NOT_PROVEN,
            reason=missing,
        ),
        case(
            "6.3",
            Text("Komplettering visas", "A completion is shown"),
            ("PRC-F-view",),
            (),
            (),
            verdict=Verdict.MANUAL,
            reason=manual,
        ),
    ]


def results() -> tuple[CaseResult, ...]:
    """Cases of every outcome, in the order of their ids."""
    found = [
        *_passes(),
        _wrong_result(),
        _wrong_schema(),
        _fault_in_second_step(),
        _unreadable(),
        _broken_rule(),
        *_not_run(),
    ]
    return (*sorted(found, key=lambda each: each.case), _blocked(), *inbound())


def call(second: float, body: bytes, answer: bytes | None, *, step: int = 0, **changes: Any) -> Exchange:
    """A call of ProcessRequestConfirmation that the system makes, some seconds after the run began, and our answer."""
    plain = Exchange(
        contract="ProcessRequestConfirmation",
        url="https://rivta.example.se:8443/ProcessRequestConfirmation/2/rivtabp21",
        request=Message(
            (
                ("Content-Type", "text/xml; charset=UTF-8"),
                ("SOAPAction", f'"{NAMESPACE}:ProcessRequestConfirmationResponder:2:ProcessRequestConfirmation"'),
            ),
            body,
        ),
        response=None if answer is None else Message((("Content-Type", "text/xml; charset=UTF-8"),), answer),
        status=None if answer is None else 500 if b"Fault" in answer else 200,
        started=f"2026-09-01T08:16:{second:06.3f}+00:00",
        elapsed_ms=4.2,
        tls=replace(TLS, peer_subject="CN=journalia.example.se"),
        inbound=True,
        step=step,
    )
    return replace(plain, **changes)


def received_checks(index: int = 0, step: int = 0) -> tuple[CheckResult, ...]:
    """The checks that run on every message received, all met."""
    checks = (
        CheckResult("soap", Verdict.PASSED, ("GEN-SOAP",), "SOAP 1.1 with ProcessRequestConfirmation", "SOAP 1.1"),
        CheckResult("schema", Verdict.PASSED, ("GEN-SCHEMA",), "valid", "valid to libxml2 and xmlschema"),
        CheckResult(
            "addressing",
            Verdict.PASSED,
            ("GEN-ADDRESS",),
            "1 × LogicalAddress = SE2321000012-0001",
            "SE2321000012-0001",
        ),
    )
    return tuple(replace(check, exchange=index, step=step) for check in checks)


def _asks_for_more() -> CaseResult:
    wanted = CheckResult("call", Verdict.PASSED, ("PRC-C-KOM",), "ProcessRequestConfirmation kind=KOM", "KOM")
    title = Text("Systemet begär komplettering", "The system asks for a completion")
    received = call(1, confirmation_body("KOM"), response_body())
    return _consumer_case("1.1", title, ("PRC-C-KOM",), (wanted, *received_checks()), (received,))


def _wrong_address() -> CaseResult:
    finding = Finding(
        Text("LogicalAddress är inte enheten i meddelandet.", "LogicalAddress is not the unit in the message."),
        Direction.REQUEST,
        location="/soapenv:Envelope/soapenv:Header/itr:LogicalAddress",
        line=2,
        expected="SE2321000012-0001",
        actual="SE2321000016-MOT1",
    )
    soap, schema, address = received_checks()
    wrong = replace(address, verdict=Verdict.FAILED, actual="SE2321000016-MOT1", findings=(finding,))
    title = Text("Remissen bekräftas", "The referral is confirmed")
    received = call(
        5, confirmation_body("BEK", 2, "SE2321000016-MOT1"), response_body("ERROR", ("errorCode", "VALIDATION_ERROR"))
    )
    return _consumer_case("1.2", title, ("GEN-ADDRESS",), (soap, schema, wrong), (received,))


def _sends_again_too_soon() -> CaseResult:
    body = confirmation_body("BEK", 3)
    seconds = (10.0, 10.51, 10.61)
    calls = [call(each, body, FAULT, step=1 if place else 0) for place, each in enumerate(seconds)]
    finding = Finding(
        Text("Anrop 2 kom för tidigt efter det förra svaret.", "Call 2 came too soon after the answer before it."),
        Direction.REQUEST,
        expected="≥ 300 s [0.5 s × 600]",
        actual="57.5 s [0.0958 s × 600]",
    )
    apart = CheckResult(
        "resends",
        Verdict.FAILED,
        ("GEN-RESEND-APART",),
        "≥ 300 s [0.5 s × 600]",
        "303 s [0.506 s × 600], 57.5 s [0.0958 s × 600]",
        (finding,),
        exchange=2,
        step=1,
    )
    silent = replace(calls[2], response=None, status=None)
    title = Text("Omsändning efter SOAP Fault", "Calls made again after a SOAP Fault")
    checks = (*received_checks(), apart)
    return _consumer_case("2.1", title, ("GEN-RESEND-APART",), checks, (*calls[:2], silent))


def _never_called() -> CaseResult:
    text = Text("Inget sådant anrop kom på 5 min.", "No such call came in 5 min.")
    check = CheckResult(
        "call",
        Verdict.BLOCKED,
        ("PRC-C-KOM",),
        "ProcessRequestConfirmation kind=AVV",
        "no-call",
        note=Text("Ingen anslutning nådde porten 8443.", "No connection reached port 8443."),
        source=Source(f"{SUITES}/ProcessRequestConfirmation/consumer.yaml", 44, 5, "    receive: {kind: AVV}"),
    )
    none = call(
        20,
        b"",
        None,
        tls=None,
        elapsed_ms=300_000,
        problem=Problem("no-call", text, Blame.ENVIRONMENT),
        request=Message((), b""),
    )
    title = Text("Remissen avvisas", "The referral is declined")
    return _consumer_case("3.1", title, ("PRC-C-KOM",), (check,), (none,), reason=text)


def _consumer_case(
    id_: str,
    title: Text,
    verifies: tuple[str, ...],
    checks: tuple[CheckResult, ...],
    exchanges: tuple[Exchange, ...],
    **changes: Any,
) -> CaseResult:
    suite = f"{SUITES}/ProcessRequestConfirmation/consumer.yaml"
    own = {"contract": "ProcessRequestConfirmation", "role": "consumer", "suite": suite, "started": CLOCK.format(30)}
    return case(id_, title, verifies, checks, exchanges, **{**own, **changes})


def _completed() -> CaseResult:
    """A scenario in which both parties call, and in which people say what they see."""
    first = replace(exchange(71, response_body(), 12.0), step=0, started="2026-09-01T08:17:00+00:00")
    asks = call(64, confirmation_body("KOM", 71), response_body(), step=1, started="2026-09-01T08:17:04+00:00")
    second = exchange(72, response_body(), 15.0, reason="AR", started="2026-09-01T08:17:10+00:00")
    takes = call(0, confirmation_body("BEK", 71), response_body(), step=3, started="2026-09-01T08:17:15+00:00")
    shown = CheckResult(
        "manual",
        Verdict.PASSED,
        ("PR-U-shown",),
        "yes",
        "yes",
        note=Text.same("skärmbild 4"),
        asked=Text("Visas remissen för rätt person?", "Is the referral shown for the right person?"),
        exchange=2,
        step=4,
        by="Anna Ek",
    )
    unanswered = CheckResult(
        "manual",
        Verdict.MANUAL,
        ("PRC-F-view",),
        "yes",
        note=Text("Obesvarad: Visas kompletteringen?", "Not answered: Is the completion shown?"),
        asked=Text("Visas kompletteringen?", "Is the completion shown?"),
        exchange=3,
        step=5,
    )
    checks = (
        *default_checks(12),
        *received_checks(1, 1),
        *(replace(each, step=2) for each in default_checks(15, 2)),
        *received_checks(3, 3),
        shown,
        unanswered,
    )
    title = Text("En remiss kompletteras och bekräftas", "A referral is completed and confirmed")
    return case(
        "completed",
        title,
        ("PRC-F-kom", "PR-U-shown", "PRC-F-view"),
        checks,
        (first, asks, replace(second, step=2), takes),
        suite=f"scenarios/{DOMAIN}/completed.yaml",
        source=Source(f"scenarios/{DOMAIN}/completed.yaml", 3, 1, "scenario: completed"),
    )


def strays() -> tuple[Stray, ...]:
    """Calls that no case asked for: one that is as it should be, one that breaks the schema, one of an unknown contract."""
    finding = Finding(
        Text.same("Element 'c:own': This element is not expected. Expected is ( c:outcome )."),
        Direction.REQUEST,
        location="/soapenv:Envelope/soapenv:Body/r:ProcessRequestConfirmation/c:requestConfirmation/c:own",
        line=2,
        rule="XSD (lxml)",
    )
    soap, schema, address = received_checks()
    broken = replace(schema, verdict=Verdict.FAILED, actual="1 schema errors", findings=(finding,))
    nobody = Text("Inget fall väntade på anropet.", "No case waited for the call.")
    unknown = Text("Adressen finns inte bland våra.", "The address is none of ours.")
    odd = confirmation_body("AVB", 9, wrong="<c:own>1</c:own>")
    name = "ProcessRequestConfirmation"
    return (
        Stray(
            call(40, confirmation_body("AVB", 8), response_body()), name, "SE2321000012-0001", received_checks(), nobody
        ),
        Stray(
            call(41, odd, response_body("ERROR", ("errorCode", "VALIDATION_ERROR"))),
            name,
            "SE2321000012-0001",
            (soap, broken, address),
            nobody,
        ),
        Stray(replace(call(42, b"<html/>", FAULT, tls=None), contract=""), "", "", (), unknown),
    )


def inbound() -> tuple[CaseResult, ...]:
    """Cases in which the system calls us."""
    return (_asks_for_more(), _wrong_address(), _sends_again_too_soon(), _never_called(), _completed())


def header(cases: tuple[CaseResult, ...], *, more_planned: tuple[PlannedCase, ...] = ()) -> RunHeader:
    """The header of a run of these cases."""
    planned = tuple(
        PlannedCase(each.case, each.title, each.contract, each.role, each.suite, each.verifies) for each in cases
    )
    return RunHeader(
        run="2026-09-01T081501-4f1c",
        started=CLOCK.format(0),
        rivta="0.1.0",
        python="3.11.9",
        system=System("Region Exempel", "Journalia Remiss", "4.2.1", "232100-0016"),
        roles=("remissmottagare",),
        environment={
            "endpoint ProcessRequest": "https://remiss.example.se/ProcessRequest/2/rivtabp21",
            "logical address ProcessRequest": "SE2321000016-MOT1",
            "timeouts": "connect 5 s, read 30 s",
            "tls": "certificate client.pem, key client.key, ca ca.pem",
            "counterpart": "https://rivta.example.se:8443",
            "time factor": "600",
        },
        domains=(DOMAIN_FACTS,),
        suites={
            f"{SUITES}/ProcessRequest/producer.yaml": "c" * 64,
            f"{SUITES}/ProcessRequestConfirmation/producer.yaml": "d" * 64,
            f"{SUITES}/ProcessRequestConfirmation/consumer.yaml": "e" * 64,
            f"scenarios/{DOMAIN}/completed.yaml": "f" * 64,
        },
        planned=(*planned, *more_planned),
        test_identities=("191212121212",),
        mask_key="a key of the sample",
        tables={f"{SUITES}/ProcessRequest/producer.yaml": TABLE},
    )


TABLE = Table(
    "received-states",
    Text("Remiss efter läge", "Referrals by state"),
    {"NR": Text("En ny remiss", "A new referral"), "VR": Text("En vidareskickad remiss", "A forwarded referral")},
    {
        "new": Text("när den är mottagen", "when it has been received"),
        "gone": Text("när den är avslutad", "once it is closed"),
    },
    (
        Cell("NR", "new", Text("tas emot", "is accepted"), "2.1", ("GEN-SOAP",), "TKB 5, regel 2"),
        Cell(
            "NR",
            "gone",
            Text("avvisas", "is refused"),
            "9.9",
            ("BR-6",),
            "TKB 5, regel 9",
            Text("Kontraktet binder avsändaren.", "The contract binds the sender."),
        ),
        Cell("VR", "new", Text("avvisas med PR002", "is refused with PR002"), "4.2", ("ERR-PR002",), "TKB 5, regel 4"),
        Cell("VR", "gone", Text("Här finns två skäl att avvisa.", "There are two reasons to refuse here.")),
    ),
)
"""Cells whose cases passed, failed, and did not run, and one that no case tries."""


def run(*, is_truncated: bool = False) -> Run:
    """The rich run, whole or cut short and damaged."""
    cases = results()
    left = PlannedCase(
        "7.1",
        Text("Tio samtidiga anrop", "Ten calls at once"),
        "ProcessRequest",
        "producer",
        f"{SUITES}/ProcessRequest/producer.yaml",
        ("BR-7",),
    )
    counted = {verdict.name: sum(each.verdict is verdict for each in cases) for verdict in Verdict}
    return Run(
        folder=Path("reports/sample"),
        header=header(cases, more_planned=(left,) if is_truncated else ()),
        results=cases,
        footer=None if is_truncated else RunFooter(CLOCK.format(58), counted),
        damage=("line 9 is not JSON",) if is_truncated else (),
        strays=strays(),
    )


def rich(*, is_truncated: bool = False) -> Declaration:
    """The declaration of the rich run."""
    return proven.of(run(is_truncated=is_truncated))


def small() -> Declaration:
    """Two cases of ProcessRequest, one red: small enough to read its report as a golden file."""
    cases = tuple(each for each in results() if each.case in ("2.1", "4.2"))
    wanted = {"GEN-SOAP", "PR-S-postalCode", "ERR-PR002", "BR-6"}
    domain = replace(
        DOMAIN_FACTS,
        requirements=tuple(each for each in REQUIREMENTS if each.id in wanted),
        contracts=DOMAIN_FACTS.contracts[:1],
    )
    opening = replace(header(cases), domains=(domain,))
    return proven.of(
        Run(Path("reports/small"), opening, cases, RunFooter(CLOCK.format(58), {"PASSED": 1, "FAILED": 1}))
    )


SAID = (
    "patienten remitteras bedömning smärta höger vänster knä sedan månader undersökning visar normal svullnad rodnad belastning "
    "tidigare behandling läkemedel prov röntgen önskas återkoppling fysioterapi kontroll arbete sömn hosta feber blodtryck"
)


def alike(declared: Declaration) -> Declaration:
    """The same run with a system that refused a message, and its twin too: it answers all messages alike."""
    first, *others = declared.run.results
    refused = replace(first, checks=(*first.checks, CheckResult("twin", Verdict.NOT_PROVEN, ())))
    return proven.of(replace(declared.run, results=(refused, *others)))


def notes(seed: str, size: int) -> bytes:
    """XML of about that many bytes, as a care record has it: what follows from the seed (ids, times, codes, sentences)
    differs from every other message, the elements around it do not.
    """
    words = SAID.split()
    made, length, line = [], 0, 0
    while length < size:
        dice = sha256(f"{seed} {line}".encode()).digest()
        said = " ".join(words[each % len(words)] for each in dice[:6])
        time = f"2026{dice[15] % 12 + 1:02}{dice[16] % 28 + 1:02}{dice[17] % 24:02}{dice[18] % 60:02}00"
        made.append(
            f'<c:clinicalInformation><c:id extension="{dice[8:14].hex()}" root="1.2.752.129.2.1.2.1"/><c:time value="{time}"/>'
            f'<c:typeOfInformation code="{dice[19] % 40:03}" codeSystem="1.2.752.129.2.2.2.11" codeSystemName="KV Anamnes"'
            f' displayName="{words[dice[19] % len(words)]}"/><c:author><c:healthcareProfessional><c:id'
            f' extension="SE2321000012-{dice[20] % 20:04}" root="1.2.752.129.2.1.4.1"/><c:healthcareProfessionalOrganisation>'
            "<c:careUnitId>SE2321000012-0001</c:careUnitId><c:careUnitName>Vårdcentralen Exempel</c:careUnitName>"
            "</c:healthcareProfessionalOrganisation></c:healthcareProfessional></c:author>"
            f"<c:text>{said}</c:text></c:clinicalInformation>"
        )
        length, line = length + len(made[-1]), line + 1
    return "".join(made).encode()


def large(cases: int, bytes_each_way: int) -> Declaration:
    """A run of many cases with messages of this size, no two alike, one case in ten red."""
    made = []
    for number in range(cases):
        ms = 5 + number * 7919 % 400
        answer = response_body("OK", ("logId", str(number))).replace(
            b"</r:result>", notes(f"answer {number}", bytes_each_way) + b"</r:result>"
        )
        call = exchange(number, answer, ms)
        call = replace(
            call,
            request=replace(
                call.request,
                body=call.request.body.replace(
                    b"</c:request>", notes(f"call {number}", bytes_each_way) + b"</c:request>"
                ),
            ),
        )
        finding = Finding(
            Text("Fel värde.", "Wrong value."), location="//result/logId", line=2, expected="1", actual="2"
        )
        is_red = number % 10 == 0
        check = result_check(
            Verdict.FAILED if is_red else Verdict.PASSED,
            ("PR-F-minimal",),
            "OK",
            "OK",
            findings=(finding,) if is_red else (),
        )
        made.append(
            case(
                f"{number // 100}.{number}",
                Text.same(f"Testfall {number}"),
                ("PR-F-minimal",),
                (*default_checks(ms), check),
                (call,),
            )
        )
    done = tuple(made)
    return proven.of(Run(Path("reports/large"), header(done), done, RunFooter(CLOCK.format(58), {"PASSED": cases})))


def every_text(value: Any, change: Callable[[str], str]) -> Any:
    """A copy of a value in which every text but the moments is changed and every body ended by a changed empty one, however deep.

    A moment that is none never comes to a report: evidence that has one is refused.
    """
    if type(value) is str:
        return change(value)
    if type(value) is bytes:
        return value + change("").encode()
    if type(value) is dict:
        return {change(key): every_text(each, change) for key, each in value.items()}
    if type(value) is tuple:
        return tuple(every_text(each, change) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        texts = (each.name for each in fields(value) if each.type != Moment)
        return replace(value, **{name: every_text(getattr(value, name), change) for name in texts})
    return value
