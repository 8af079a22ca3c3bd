"""Runs made by hand for the report's tests: a rich one, one with markup in every text, one of any size."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from rivta import declaration
from rivta.model import (
    Blame,
    CaseResult,
    CheckResult,
    ContractFacts,
    Declaration,
    DomainFacts,
    Exchange,
    Finding,
    Level,
    Message,
    PlannedCase,
    Problem,
    Requirement,
    Run,
    RunFooter,
    RunHeader,
    Source,
    System,
    Text,
    Tls,
    Verdict,
)

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
)


def contract(name: str, title: Text, digest: str, origin: str = "restatement") -> ContractFacts:
    """A contract of the sample domain."""
    return ContractFacts(DOMAIN, name, "2.2", title, origin, digest * 64, f"{NAMESPACE}:{name}Responder:2:{name}", 2000)


DOMAIN_FACTS = DomainFacts(
    DOMAIN,
    "2.2",
    Text("Elektronisk remiss", "Electronic referral"),
    (
        contract("ProcessRequest", Text("Remiss", "Referral"), "a"),
        contract("ProcessRequestConfirmation", Text("Remissbekräftelse", "Confirmation"), "b", "official"),
    ),
    REQUIREMENTS,
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
    return (*sorted(found, key=lambda each: each.case), _blocked())


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
        },
        domains=(DOMAIN_FACTS,),
        suites={
            f"{SUITES}/ProcessRequest/producer.yaml": "c" * 64,
            f"{SUITES}/ProcessRequestConfirmation/producer.yaml": "d" * 64,
        },
        planned=(*planned, *more_planned),
        test_identities=("191212121212",),
        mask_key="a key of the sample",
    )


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
    )


def rich(*, is_truncated: bool = False) -> Declaration:
    """The declaration of the rich run."""
    return declaration.of(run(is_truncated=is_truncated))


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
    return declaration.of(
        Run(Path("reports/small"), opening, cases, RunFooter(CLOCK.format(58), {"PASSED": 1, "FAILED": 1}))
    )


SAID = (
    "patienten remitteras bedömning smärta höger vänster knä sedan månader undersökning visar normal svullnad rodnad belastning "
    "tidigare behandling läkemedel prov röntgen önskas återkoppling fysioterapi kontroll arbete sömn hosta feber blodtryck"
)


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
    return declaration.of(
        Run(Path("reports/large"), header(done), done, RunFooter(CLOCK.format(58), {"PASSED": cases}))
    )


def every_text(value: Any, change: Callable[[str], str]) -> Any:
    """A copy of a value in which every text is changed and every body ended by a changed empty one, however deep."""
    if type(value) is str:
        return change(value)
    if type(value) is bytes:
        return value + change("").encode()
    if type(value) is dict:
        return {change(key): every_text(each, change) for key, each in value.items()}
    if type(value) is tuple:
        return tuple(every_text(each, change) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: every_text(getattr(value, each.name), change) for each in fields(value)})
    return value
