"""Small SoapUI projects, one construct each, over the tiny domain's contracts; and what an import of one came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import yaml

from rivta import contract, suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.importer import data, folder, reading
from rivta.importer.folder import Imported
from rivta.model.case import Suite

SCHEMAS = Path(__file__).parent / "domains" / "suites" / "tiny.library.loan" / "schemas"
WSDL = "interactions/GetLoansInteraction/GetLoansInteraction_1.0_RIVTABP21.wsdl"
LOANS, LIBRARY = "urn:riv:tiny:library:loan:GetLoansResponder:1", "urn:riv:tiny:library:loan:2"
PROPERTIES = {"RecordElementPath": "//g:loan", "xmlns:g": LOANS, "xmlns:c": LIBRARY}
LOAD = """import se.skl.rivta.testsupport.soapui.datasource.XmlDataReader
def dataFile = new File(new GroovyUtils(context).projectPath + "/data.xml")
def source = new XmlDataReader(context, dataFile)
source.load(testRunner.testCase.getName())"""
PLAIN = ("SOAP Response", "SOAP Fault Assertion", "Schema Compliance")


def body(more: str = "", borrower: str = "${patientId}") -> str:
    return (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:g="{LOANS}"><s:Header>'
        '<a:LogicalAddress xmlns:a="urn:riv:infrastructure:itintegration:registry:2">${logicalAddress}</a:LogicalAddress>\\r\n'
        f'</s:Header><s:Body><g:GetLoans><g:patientId root="1.2.752.129.2.1.3.1" extension="{borrower}"/>{more}</g:GetLoans>'
        "</s:Body></s:Envelope>"
    )


def verb(call: str, before: str = "") -> str:
    """The script of an assertion that calls one of the published verbs."""
    return f"import se.skl.ContentAssertions\ndef ca = new ContentAssertions(context, messageExchange, log)\n{before}\nca.{call}"


def asserted(kind: str, name: str = "", token: str = "", /, **settings: str) -> str:
    settings |= {"token": token} if token else {}
    config = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in settings.items())
    return f'<con:assertion type="{kind}" name={quoteattr(name)}><con:configuration>{config}</con:configuration></con:assertion>'


def scripted(script: str, name: str = "an assertion") -> str:
    return asserted("GroovyScriptAssertion", name, scriptText=script)


def request(*assertions: str, sent: str = "", name: str = "Call", headers: Mapping[str, str] = {}) -> str:
    """A step that calls GetLoans; an assertion that is a bare script is one of a verb."""
    entries = "".join(f'<con:entry key="{key}" value="{value}"/>' for key, value in headers.items())
    setting = f'<con:setting id="com.eviware.soapui.impl.wsdl.WsdlRequest@request-headers">{escape(f"<x>{entries}</x>")}</con:setting>'
    every = "".join((*map(asserted, PLAIN), *(each if each.startswith("<") else scripted(each) for each in assertions)))
    return (
        f'<con:testStep type="request" name="{name}"><con:config><con:interface>Binding</con:interface>'
        f"<con:operation>GetLoans</con:operation><con:request><con:settings>{setting}</con:settings>"
        f"<con:endpoint>${{webServiceUrl}}</con:endpoint><con:request>{escape(sent or body())}</con:request>{every}"
        "</con:request></con:config></con:testStep>"
    )


def step(kind: str, config: str, name: str = "a step") -> str:
    return f'<con:testStep type="{kind}" name="{name}"><con:config>{config}</con:config></con:testStep>'


def script(text: str, name: str = "a script") -> str:
    return step("groovy", f"<script>{escape(text)}</script>", name)


def case(name: str, *steps: str, more: str = "", attributes: str = "") -> str:
    return f'<con:testCase id="{name}" name={quoteattr(name)} {attributes}>{"".join(steps)}{more}</con:testCase>'


def named(values: Mapping[str, str]) -> str:
    each = "".join(
        f"<con:property><con:name>{name}</con:name><con:value>{escape(value)}</con:value></con:property>"
        for name, value in values.items()
    )
    return f"<con:properties>{each}</con:properties>"


def published(path: Path) -> str:
    """A file of the tiny domain, with the names that the national contracts have for a patient and for a period."""
    return path.read_text(encoding="utf-8").replace("borrowerId", "patientId").replace("lentFrom", "fromDate")


def whole(*cases: str, properties: Mapping[str, str] = PROPERTIES, more: str = "") -> str:
    """A project with these cases in one suite."""
    parts = "".join(
        f"<con:part><con:url>file:/C:/somewhere/{path.relative_to(SCHEMAS).as_posix()}</con:url>"
        f"<con:content>{escape(published(path))}</con:content></con:part>"
        for path in (SCHEMAS / WSDL, *SCHEMAS.rglob("*.xsd"))
    )
    return (
        '<con:soapui-project name="Loans" soapui-version="5.7.2" xmlns:con="http://eviware.com/soapui/config" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<con:interface xsi:type="con:WsdlInterface" name="Binding" definition="../{WSDL}">'
        f'<con:definitionCache rootPart="file:\\C:\\somewhere\\{WSDL.replace("/", chr(92))}">{parts}</con:definitionCache>'
        '<con:operation name="GetLoans" action="x"/></con:interface>'
        f'<con:testSuite name="1 Basic">{"".join(cases)}</con:testSuite>{named(properties)}{more}</con:soapui-project>'
    )


def mock(answers: Mapping[str, str], default: str = "", check: str = "") -> str:
    """A project that mocks GetLoans, with canned answers by name."""
    return whole(more=mocked(answers, default, check))


def mocked(answers: Mapping[str, str], default: str = "", check: str = "") -> str:
    """A mock service in a project."""
    canned = "".join(
        f'<con:response name="{name}" httpResponseStatus="{500 if "Fault" in text else 200}"><con:responseContent>{escape(text)}</con:responseContent></con:response>'
        for name, text in answers.items()
    )
    return (
        '<con:mockService name="Mock"><con:mockOperation interface="Binding" operation="GetLoans"><con:dispatchStyle>SCRIPT</con:dispatchStyle>'
        f"<con:dispatchPath>{escape(check)}</con:dispatchPath><con:defaultResponse>{default}</con:defaultResponse>{canned}</con:mockOperation></con:mockService>"
    )


def answer(*loans: str) -> str:
    """An answer with loans of these ids."""
    each = "".join(
        f'<g:loan><c:loanId>{id_}</c:loanId><c:typeOfLoan>NEW</c:typeOfLoan><c:patientId root="1" extension="${{patientId}}"/>'
        "<c:branchId>B</c:branchId><c:title>Kallocain</c:title><c:lentDate>2026-09-01</c:lentDate><c:dueDate>2026-09-29</c:dueDate></g:loan>"
        for id_ in loans
    )
    return (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:g="{LOANS}" xmlns:c="{LIBRARY}"><s:Body>'
        f"<g:GetLoansResponse>{each}</g:GetLoansResponse></s:Body></s:Envelope>"
    )


DATA = """<testsuite><globaldata><webServiceUrl>http://localhost:8088/mock</webServiceUrl><logicalAddress>SE1</logicalAddress>
<patientId>191212121212</patientId><unused>x</unused></globaldata>{cases}</testsuite>"""


def data_of(**cases: str) -> str:
    """data.xml with the values of cases, by their name with `_` for blanks and dots."""
    return DATA.format(
        cases="".join(f'<testcase id="{name}"><data>{values}</data></testcase>' for name, values in cases.items())
    )


@dataclass(frozen=True, slots=True)
class Result:
    """An import, and the suite of GetLoans that it wrote, as text and as our own reader has it."""

    imported: Imported
    folder: Path
    written: Mapping[str, Any]
    suite: Suite

    @property
    def expected(self) -> list[Any]:
        """What the first case expects."""
        first = self.written["cases"][0]
        return [each for one in first.get("steps", [first]) for each in one.get("expect", [])]


def imported(tmp_path: Path, text: str, values: str = DATA.format(cases="")) -> Imported:
    path = tmp_path / "project" / "Loans-soapui-project.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    (path.parent / "data.xml").write_text(values, encoding="utf-8")
    return folder.imported(reading.read(path), data.read(path.parent / "data.xml", None), tmp_path / "out")


def carried(tmp_path: Path, *cases: str, values: str = DATA.format(cases=""), **how: Any) -> Result:
    """The cases imported, and read by our own reader as a run would."""
    done = imported(tmp_path, whole(*cases, **how), values)
    place = tmp_path / "out" / "tiny.library.loan"
    path = place / "GetLoans" / "producer.yaml"
    read = suite.read(path, contract.read_domain(place, vocabulary()), vocabulary())
    refuse_undeclared(read)
    return Result(done, place, yaml.safe_load(path.read_text(encoding="utf-8")), read)


def texts(value: object) -> Iterable[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)
