"""The double verdict: what each validator lets through, what is said of it, and that nothing mixes or breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run
from sys import executable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from rivta.contract import Complaint, Schemas, SchemaVerdict, read_wsdl, schemas, validators
from rivta.contract.schema import agree
from rivta.contract.validators import is_base64
from rivta.contract.wording import MOST_COMPLAINTS, WRONG
from rivta.model.domain import Contract
from rivta.model.errors import RivtaError, Unreadable
from rivta.model.words import Text
from rivta.text import xml

SCHEMAS = Path(__file__).parents[1] / "suites" / "clinicalprocess.activity.request" / "schemas"
INTERACTIONS = SCHEMAS / "interactions"
RESPONDER = "urn:riv:clinicalprocess:activity:request:ProcessRequestOutcomeResponder:2"
CORE = "urn:riv:clinicalprocess:activity:request:2"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
ADDRESS = '<itr:LogicalAddress xmlns:itr="urn:riv:itintegration:registry:1">SE2321000012-REM1</itr:LogicalAddress>'
OUTCOME = """\
<c:requestOutcome xmlns:c="urn:riv:clinicalprocess:activity:request:2">
  <c:requestId extension="SE2321000012-0001#1"/>
  <c:requestOutcomeId extension="SE2321000016-0001#2"/>
  <c:typeOfRequestOutcome code="SSV"/>
  <c:requestVersionNumber>1</c:requestVersionNumber>
  <c:requestOutcomeTime value="20260901101500"/>
  <c:patient><c:personId extension="191212121212" root="1.2.752.129.2.1.3.1"/></c:patient>
  <c:respondingOrganisation><c:careUnitId extension="SE2321000016-MOT1"/></c:respondingOrganisation>
  <c:author>
    <c:healthcareProfessional><c:name>Elin Ek</c:name></c:healthcareProfessional>
    <c:healthcareProfessionalOrganisation><c:careUnitId extension="SE2321000016-MOT1"/></c:healthcareProfessionalOrganisation>
  </c:author>
  <c:recipient><c:organisation><c:careUnitId extension="SE2321000012-REM1"/></c:organisation></c:recipient>
  <c:outcome><c:outcomeText>Ingen åtgärd.</c:outcomeText></c:outcome>
  <c:attachment>
    <c:mediaType><c:code>text/plain</c:code><c:codeSystem>1.2.752.129.5.1.59</c:codeSystem><c:displayName>text</c:displayName></c:mediaType>
    <c:value>QUJD</c:value>
    <c:reference>https://example.invalid/1</c:reference>
  </c:attachment>
</c:requestOutcome>"""


def request(content: str = OUTCOME) -> str:
    return f'<r:ProcessRequestOutcome xmlns:r="{RESPONDER}">{content}</r:ProcessRequestOutcome>'


def response(content: str = "<c:resultCode>OK</c:resultCode>") -> str:
    result = f'<r:result xmlns:c="{CORE}">{content}</r:result>'
    return f'<r:ProcessRequestOutcomeResponse xmlns:r="{RESPONDER}">{result}</r:ProcessRequestOutcomeResponse>'


def envelope(payload: str, header: str = ADDRESS, more: str = "") -> bytes:
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return f'<s:Envelope xmlns:s="{SOAP}" {more}>{head}<s:Body>{payload}</s:Body></s:Envelope>'.encode()


@pytest.fixture(scope="module")
def outcome() -> Schemas:
    return Schemas(read_wsdl(wsdl_of("ProcessRequestOutcome")))


def wsdl_of(contract: str) -> Path:
    return INTERACTIONS / f"{contract}Interaction" / f"{contract}Interaction_2.2_RIVTABP21.wsdl"


def contract_of(wsdl: Path) -> Contract:
    read = read_wsdl(wsdl)
    roots = (etree.QName(read.request_root).localname, etree.QName(read.response_root).localname)
    title = Text.same(read.operation)
    return Contract(
        "test",
        read.operation,
        "2.2",
        title,
        read.namespace,
        read.soap_action,
        *roots,
        wsdl,
        {},
        2000,
        "restatement",
        read.schemas.digest,
    )


def first_of(found: Schemas, body: bytes) -> list[Complaint]:
    return found.first(xml.parse(body))


# --- valid messages, and plainly invalid ones ------------------------------------------------------------------------

VALID = {
    "request": envelope(request()),
    "response": envelope(response()),
    "response without a header": envelope(response(), header=""),
    "bare request": request().encode(),
    "bare response": response().encode(),
    "comments and instructions": b"<!-- before --><?editor was here?>" + envelope("<!-- here -->" + request() + "<!-- there -->"),
    "comment within a value": envelope(request(OUTCOME.replace("20260901101500", "20260901101500").replace(">1</c", "><!-- one -->1</c"))),
    "comment within base64": envelope(request(OUTCOME.replace("QUJD", "QU<!-- two -->JD"))),
    "white space in base64": envelope(request(OUTCOME.replace("QUJD", "\n  QU JD\n"))),
    "xsi:type": envelope(request(OUTCOME.replace("<c:patient>", f'<c:patient {XSI} xsi:type="c:SimplePatientType">'))),
    "prefix of the envelope": envelope(
        request(OUTCOME.replace("<c:patient>", '<c:patient xsi:type="q:SimplePatientType">')), more=f'{XSI} xmlns:q="{CORE}"'
    ),
    "extension": envelope(request(OUTCOME.replace("</c:outcome>", '<x:more xmlns:x="urn:x"><x:y z="1"/></x:more></c:outcome>'))),
    "attributes that SOAP allows on every header block": envelope(request(), header=ADDRESS.replace(" xmlns", ' s:mustUnderstand="0" s:actor="http://schemas.xmlsoap.org/soap/actor/next" xmlns', 1)),
    "other headers": envelope(request(), header=ADDRESS + '<w:To xmlns:w="urn:w" s:mustUnderstand="0">x</w:To>'),
    "fault": envelope("<s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault>", header=""),
    "UTF-16": envelope(request()).decode().encode("utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("name", VALID)
def test_valid(name: str, outcome: Schemas) -> None:
    assert outcome.verdict(VALID[name]) == SchemaVerdict(valid=True)
    assert first_of(outcome, VALID[name]) == []


INVALID = {
    "enumeration": ('code="SSV"', 'code="SVA"', "typeOfRequestOutcome/@code: the value “SVA” is none of the allowed values: 'DSV', 'PSV', 'SSV'."),
    "pattern": ("20260901101500", "2026-09-01", r"requestOutcomeTime/@value: the value “2026-09-01” does not match the pattern (19|20)\d\d(0[1-9]|1[012])(0[1-9]|[12][0-9]|3[01])\d{4,6}."),
    "length": ("Elin Ek", "E" * 65, f"name: the value “{'E' * 65}” is 65 characters long; at most 64 are allowed."),
    "missing element": ('<c:personId extension="191212121212" root="1.2.752.129.2.1.3.1"/>', "", "patient lacks an element. Expected: personId."),
    "unexpected element": ("<c:outcome>", "<c:unknown/><c:outcome>", "unknown must not stand here. Expected: outcome."),
    "order": ("<c:codeSystem>1.2.752.129.5.1.59</c:codeSystem>", "", "displayName must not stand here. Expected: codeSystem."),
    "missing attribute": (' root="1.2.752.129.2.1.3.1"', "", "The attribute root is missing from personId."),
    "unknown attribute": (' root="', ' rot="1" root="', "The attribute rot is not allowed in personId."),
    "attribute on a simple type": ("<c:name>", '<c:name lang="sv">', "The attribute lang is not allowed in name."),
    "element in a simple type": ("Elin Ek", "<c:b>Elin</c:b>", "name must not hold elements."),
    "element in an empty type": ('code="SSV"/>', 'code="SSV"><c:x/></c:typeOfRequestOutcome>', "typeOfRequestOutcome must be empty."),
    "text between elements": ("<c:organisation>", "till <c:organisation>", "recipient must hold elements only, no text."),
    "nil": ("<c:patient>", f'<c:patient {XSI} xsi:nil="true">', "patient must not be xsi:nil."),
    "end of the model": ("</c:mediaType>", "<c:more/></c:mediaType>", "more must not stand here. Expected: originalText or an element of another namespace."),
    "unresolvable type": ("<c:patient>", f'<c:patient {XSI} xsi:type="nowhere:T">', "The QName value 'nowhere:T' has no corresponding namespace declaration in scope."),
}  # fmt: skip


@pytest.mark.parametrize("name", INVALID)
def test_invalid_to_both(name: str, outcome: Schemas) -> None:
    old, new, said = INVALID[name]
    assert OUTCOME.count(old) >= 1
    body = envelope(request(OUTCOME.replace(old, new, 1)))
    verdict = outcome.verdict(body)
    assert not verdict.valid
    assert verdict.disagreement is None
    assert next(each.message for each in verdict.complaints if each.by == "lxml") == said
    assert first_of(outcome, body)[0].message == said
    assert {each.by for each in verdict.complaints} <= {"lxml", "xmlschema"}


@pytest.mark.parametrize("name", [*INVALID, "prefix of the envelope", "comment within a value"])
def test_a_payload_is_judged_alone_as_in_its_envelope(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, _ = INVALID.get(name, ("<c:patient>", '<c:patient xsi:type="q:SimplePatientType">', ""))
    written = request(OUTCOME.replace(old, new, 1)).replace(">1</c", "><!-- one -->1</c")
    root = xml.parse(envelope(written, header="", more=f'{XSI} xmlns:q="{CORE}"'))
    schemas = read_wsdl(wsdl_of("ProcessRequestOutcome")).schemas
    alone = validators.complaints_of_xmlschema(schemas, root)
    judged = validators.judged_part(root)
    monkeypatch.setattr(validators, "judged_part", lambda whole: whole)
    assert judged is not root
    assert alone == validators.complaints_of_xmlschema(schemas, root)
    assert bool(alone) == (name in INVALID)


@pytest.mark.parametrize("name", sorted(set(INVALID) - {"unresolvable type"}))
def test_a_common_complaint_is_worded_in_swedish_too(name: str, outcome: Schemas) -> None:
    old, new, _ = INVALID[name]
    complaint = outcome.verdict(envelope(request(OUTCOME.replace(old, new, 1)))).complaints[0]
    assert complaint.text == Text(complaint.words.sv, complaint.message)
    assert complaint.words.sv
    assert complaint.words.sv != complaint.message


def test_a_boolean(tmp_path: Path) -> None:
    wsdl = package(tmp_path, '<xs:sequence><xs:element name="v" type="xs:boolean"/></xs:sequence>')
    verdict = Schemas(read_wsdl(wsdl)).verdict(b'<r:Ask xmlns:r="urn:r"><r:v>maybe</r:v></r:Ask>')
    assert verdict.complaints[0].text == Text(
        "v: ”maybe” är inget giltigt värde av typen xs:boolean.",
        "v: “maybe” is not a valid value of the type xs:boolean.",
    )


FACETS = {
    "minLength": ('<xs:minLength value="3"/>', "ab", "v: the value “ab” is 2 characters long; at least 3 are needed."),
    "length": ('<xs:length value="3"/>', "ab", "v: the value “ab” is 2 characters long; it must be 3."),
}


@pytest.mark.parametrize("facet", FACETS)
def test_facets_that_our_contracts_lack(facet: str, tmp_path: Path) -> None:
    declared, value, said = FACETS[facet]
    simple = f'<xs:simpleType><xs:restriction base="xs:string">{declared}</xs:restriction></xs:simpleType>'
    wsdl = package(tmp_path, f'<xs:sequence><xs:element name="v">{simple}</xs:element></xs:sequence>')
    verdict = Schemas(read_wsdl(wsdl)).verdict(f'<r:Ask xmlns:r="urn:r"><r:v>{value}</r:v></r:Ask>'.encode())
    assert verdict.complaints[0].message == said


def test_place_line_and_value_are_the_offending_nodes(outcome: Schemas) -> None:
    body = envelope(request("\n\n" + OUTCOME.replace("QUJD</c:value>", "QUJD</c:value><c:value>REVG</c:value>")))
    (complaint,) = (each for each in outcome.verdict(body).complaints if each.by == "lxml")
    assert complaint.path == ("/s:Envelope/s:Body/r:ProcessRequestOutcome/c:requestOutcome/c:attachment/c:value[2]")
    assert complaint.line == 2 + 1 + OUTCOME[: OUTCOME.index("QUJD")].count("\n")
    assert complaint.value == "REVG"
    assert (
        outcome.verdict(envelope(request(OUTCOME.replace('code="SSV"', 'code="X"')))).complaints[0].path
        == "/s:Envelope/s:Body/r:ProcessRequestOutcome/c:requestOutcome/c:typeOfRequestOutcome/@code"
    )


def test_a_default_namespace_gives_a_readable_place(outcome: Schemas) -> None:
    body = envelope(
        request(OUTCOME.replace("c:", "").replace("xmlns:c", "xmlns").replace(">1</request", ">x</request"))
    )
    verdict = outcome.verdict(body)
    assert (
        verdict.complaints[0].path == "/s:Envelope/s:Body/r:ProcessRequestOutcome/requestOutcome/requestVersionNumber"
    )
    assert verdict.complaints[0].value == "x"


def test_complaints_are_bounded_in_number_and_length(outcome: Schemas) -> None:
    crowd = "<c:attachment><c:wrong/></c:attachment>" * (3 * MOST_COMPLAINTS)
    verdict = outcome.verdict(envelope(request(OUTCOME.replace("<c:attachment>", crowd + "<c:attachment>", 1))))
    assert len(verdict.complaints) == MOST_COMPLAINTS
    assert verdict.complaints[-1].path.endswith(f"/c:attachment[{MOST_COMPLAINTS}]/c:wrong")
    (long,) = outcome.verdict(envelope(request(OUTCOME.replace("Elin Ek", "E" * 200_000)))).complaints
    assert len(long.message) < 500
    assert "200000 characters" in long.message


# --- what no schema says ---------------------------------------------------------------------------------------------

AROUND = {
    "no header": (envelope(request(), header=""), "LogicalAddress is missing from the SOAP header.", "/s:Envelope"),
    "empty header": (envelope(request(), header=" "), "LogicalAddress is missing from the SOAP header.", "/s:Envelope/s:Header"),
    "empty body": (envelope(""), "The message has no element in its SOAP body.", "/s:Envelope"),
    "no body": (f'<s:Envelope xmlns:s="{SOAP}"/>'.encode(), "The message has no element in its SOAP body.", "/s:Envelope"),
    "two": (envelope(response() + response()), "The SOAP body must hold a single element.", "/s:Envelope/s:Body/r:ProcessRequestOutcomeResponse[2]"),
    "another contract": (envelope('<x:Other xmlns:x="urn:x"/>'), f"{{urn:x}}Other is not of this contract. Expected: {{{RESPONDER}}}ProcessRequestOutcome or {{{RESPONDER}}}ProcessRequestOutcomeResponse.", "/s:Envelope/s:Body/x:Other"),
    "SOAP 1.2": (VALID["response"].replace(SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope"), f"{{http://www.w3.org/2003/05/soap-envelope}}Envelope is not of this contract. Expected: {{{RESPONDER}}}ProcessRequestOutcome or {{{RESPONDER}}}ProcessRequestOutcomeResponse.", "/s:Envelope"),
}  # fmt: skip


@pytest.mark.parametrize("name", AROUND)
def test_what_stands_around_the_payload(name: str, outcome: Schemas) -> None:
    body, said, path = AROUND[name]
    verdict = outcome.verdict(body)
    assert not verdict.valid
    assert verdict.disagreement is None
    assert [(each.message, each.path, each.by) for each in verdict.complaints] == [(said, path, "contract")]
    assert verdict.complaints[0].is_ours
    assert first_of(outcome, body) == list(verdict.complaints)


def test_the_address_is_judged_by_its_schema(outcome: Schemas) -> None:
    body = envelope(request(), header=ADDRESS.replace("SE2321000012-REM1", "<itr:x/>"))
    verdict = outcome.verdict(body)
    assert [each.path for each in verdict.complaints] == ["/s:Envelope/s:Header/itr:LogicalAddress"]
    assert first_of(outcome, body)[0].path == "/s:Envelope/s:Header/itr:LogicalAddress"


def test_what_is_no_xml_is_unreadable(outcome: Schemas) -> None:
    for body in (b"", b"hello", envelope(request())[:-20], b'<!DOCTYPE x [<!ENTITY e "e">]>' + envelope(request())):
        with pytest.raises(Unreadable):
            outcome.verdict(body)


# --- where the two differ --------------------------------------------------------------------------------------------

WSDL = """\
<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:i="urn:i" xmlns:r="urn:r" targetNamespace="urn:i">
  <w:types><xs:schema targetNamespace="urn:i"><xs:import namespace="urn:r" schemaLocation="ask.xsd"/></xs:schema></w:types>
  <w:message name="Q"><w:part name="parameters" element="r:Ask"/></w:message>
  <w:message name="A"><w:part name="parameters" element="r:AskResponse"/></w:message>
  <w:portType name="P"><w:operation name="Ask"><w:input message="i:Q"/><w:output message="i:A"/></w:operation></w:portType>
  <w:binding name="B" type="i:P"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <w:operation name="Ask"><soap:operation soapAction="urn:r:Ask"/>
      <w:input><soap:body use="literal"/></w:input><w:output><soap:body use="literal"/></w:output></w:operation></w:binding>
  <w:service name="S"><w:port name="O" binding="i:B"><soap:address location="urn:none"/></w:port></w:service>
</w:definitions>"""


def package(folder: Path, model: str) -> Path:
    """A contract of one operation, Ask, whose request is of the content model given."""
    (folder / "ask.xsd").write_text(
        f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:r" elementFormDefault="qualified">
        <xs:element name="Ask"><xs:complexType>{model}</xs:complexType></xs:element><xs:element name="AskResponse"/></xs:schema>""",
        encoding="utf-8",
    )
    wsdl = folder / "ask.wsdl"
    wsdl.write_text(WSDL, encoding="utf-8")
    return wsdl


def test_a_wsdl_without_header_and_style_has_the_defaults_of_wsdl(tmp_path: Path) -> None:
    wsdl = read_wsdl(package(tmp_path, ""))
    assert (wsdl.header_element, wsdl.style, wsdl.request_root) == (None, "document", "{urn:r}Ask")
    assert Schemas(wsdl).verdict(envelope('<r:Ask xmlns:r="urn:r"/>', header="")).valid


MANY_THEN_ANY = '<xs:sequence><xs:element name="b" minOccurs="0" maxOccurs="unbounded"/><xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>'
ONE = '<xs:sequence><xs:element name="v" type="xs:{}"/></xs:sequence>'
LAX = '<xs:sequence><xs:any namespace="##other" processContents="lax"/></xs:sequence>'
DISAGREEMENTS = {
    "order before a wildcard": (MANY_THEN_ANY, '<x:o xmlns:x="urn:x"/><r:b/>', "xmlschema"),
    "order around a wildcard": (MANY_THEN_ANY, '<r:b/><x:o xmlns:x="urn:x"/><r:b/>', "xmlschema"),
    "letters beyond base64": (ONE.format("base64Binary"), "<r:v>QUJDåäö</r:v>", "xmlschema"),
    "stray character in base64": (ONE.format("base64Binary"), "<r:v>QU$JD</r:v>", "xmlschema"),
    "no base64 at all": (ONE.format("base64Binary"), "<r:v>2017-13-45</r:v>", "xmlschema"),
    "anyURI, percent": (ONE.format("anyURI"), "<r:v>%zz</r:v>", "lxml"),
    "anyURI, colons": (ONE.format("anyURI"), "<r:v>::</r:v>", "lxml"),
    "digits beyond ASCII": (ONE.format("int"), "<r:v>\u0663</r:v>", "lxml"),
    "a list of nothing": (ONE.format("NMTOKENS"), "<r:v> </r:v>", "xmlschema"),
}  # fmt: skip


@pytest.mark.parametrize("name", DISAGREEMENTS)
def test_a_disagreement_is_invalid_and_gives_both_reasons(name: str, tmp_path: Path) -> None:
    model, content, rejects = DISAGREEMENTS[name]
    found = Schemas(read_wsdl(package(tmp_path, model)))
    body = f'<r:Ask xmlns:r="urn:r">{content}</r:Ask>'.encode()
    verdict = found.verdict(body)
    accepts = {"lxml": "xmlschema", "xmlschema": "lxml"}[rejects]
    assert not verdict.valid
    assert {each.by for each in verdict.complaints} == {rejects}
    assert verdict.disagreement is not None
    assert f"{accepts}: the message is valid. {rejects}: {verdict.complaints[0].message}" in verdict.disagreement.en
    said = verdict.complaints[0].words.sv if verdict.complaints[0].is_ours else f"”{verdict.complaints[0].message}”"
    assert f"{accepts}: meddelandet är giltigt. {rejects}: {said}" in verdict.disagreement.sv
    assert bool(first_of(found, body)) == (rejects == "lxml"), "lxml alone answers for itself"


DATES = {
    "date": "2026-09-01", "dateTime": "2026-09-01T10:15:00", "time": "10:15:00", "duration": "P1D", "gYear": "2026",
    "gYearMonth": "2026-09", "gMonth": "--09", "gMonthDay": "--09-01", "gDay": "---01",
}  # fmt: skip
DERIVED = '<xs:sequence><xs:element name="v"><xs:simpleType>{}</xs:simpleType></xs:element></xs:sequence>'
DATED = '<xs:attribute name="d" type="xs:date"/>'
TYPED = ONE.format("date").replace("</xs:sequence>", '<xs:element name="u" minOccurs="0"/></xs:sequence>')
KNOWN_WRONG = {
    "white space around a date": [
        *((ONE.format(name), f"<r:v>\n {value} </r:v>", f"<r:v>\n {value}x </r:v>") for name, value in DATES.items()),
        *((DERIVED.format(f'<xs:restriction base="xs:{name}"/>'), f"<r:v> {value}\n</r:v>", f"<r:v> {value}x\n</r:v>") for name, value in DATES.items()),
        (DERIVED.format('<xs:restriction base="xs:date"><xs:minInclusive value="2026-01-01"/></xs:restriction>'), "<r:v>2026-09-01 </r:v>", "<r:v>2025-09-01 </r:v>"),
        (f'<xs:sequence><xs:element name="e"><xs:complexType>{DATED}</xs:complexType></xs:element></xs:sequence>', '<r:e d=" 2026-09-01"/>', '<r:e d=" 2026-19-01"/>'),
    ],
    "white space around INF or NaN": [
        (ONE.format(kind), f"<r:v> {value}\n</r:v>", f"<r:v> {value}1\n</r:v>")
        for kind in ("double", "float")
        for value in ("INF", "-INF", "NaN")
    ],
    "white space around xsi:type": [
        (TYPED, f'<r:v>2026-09-01</r:v><r:u {XSI} xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type=" xs:{name}\n">1</r:u>', f'<r:v>2026-09-01</r:v><r:u {XSI} xsi:type=" xs:{name}\n">1</r:u>')
        for name in ("int", "string")
    ],
    "xsi:nil where nothing is declared": [
        (LAX, f'<x:o xmlns:x="urn:x" {XSI} xsi:nil="true"/>', f'<r:o {XSI} xsi:nil="true"/>'),
        (ONE.format("int").replace("/>", ' nillable="true"/>'), f'<r:v {XSI} xsi:nil="true"/>', f'<r:v {XSI} xsi:nil="true">1</r:v>'),
        (ONE.format("int").replace("/>", ' nillable="true"/>'), f'<r:v {XSI} xsi:nil="false">1</r:v>', f'<r:w {XSI} xsi:nil="false"/>'),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_where_a_validator_is_known_to_be_wrong_the_other_decides(name: str, tmp_path: Path) -> None:
    assert name in (Path(__file__).parents[1] / "docs" / "checks.md").read_text(encoding="utf-8")
    for number, (model, valid, invalid) in enumerate(KNOWN_WRONG[name]):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = Schemas(read_wsdl(package(folder, model)))
        right, wrong = (f'<r:Ask xmlns:r="urn:r">{content}</r:Ask>'.encode() for content in (valid, invalid))
        assert found.verdict(right) == SchemaVerdict(valid=True), valid
        assert first_of(found, right) == [], valid
        assert not found.verdict(wrong).valid, invalid
        assert first_of(found, wrong), invalid


def test_a_validator_that_is_known_to_be_wrong_is_heard_of_everything_else(tmp_path: Path) -> None:
    found = Schemas(read_wsdl(package(tmp_path, TYPED)))
    verdict = found.verdict(b'<r:Ask xmlns:r="urn:r"><r:v> 2026-09-01 </r:v><r:w/></r:Ask>')
    assert [each.path for each in verdict.complaints] == ["/r:Ask/r:w"]
    assert verdict.disagreement is None


@pytest.mark.parametrize("value", ["2017<!-- x -->-01-01T00:00:00", "2017-01-01T00:00:00<?x y?>"])
def test_comments_and_instructions_within_a_value_are_no_disagreement(value: str, tmp_path: Path) -> None:
    found = Schemas(read_wsdl(package(tmp_path, ONE.format("dateTime"))))
    assert found.verdict(f'<r:Ask xmlns:r="urn:r"><r:v>{value}</r:v></r:Ask>'.encode()) == SchemaVerdict(valid=True)


def test_the_disagreements_that_our_own_contract_can_meet(outcome: Schemas) -> None:
    late = OUTCOME.replace(
        "</c:requestOutcome>", f'<x:o xmlns:x="urn:x"/>{OUTCOME[OUTCOME.index("  <c:attachment>") :]}'
    )
    for content in (late, OUTCOME.replace("QUJD", "QU$JD"), OUTCOME.replace("https://example.invalid/1", "%zz")):
        verdict = outcome.verdict(envelope(request(content)))
        assert not verdict.valid
        assert verdict.disagreement is not None


complaints = st.builds(
    Complaint,
    words=st.builds(Text.same, st.text(min_size=1, max_size=9)),
    path=st.sampled_from(["/a", "/a/@x", "/a/b"]),
    line=st.none() | st.integers(1, 9),
    by=st.just("lxml"),
)


@given(st.lists(complaints, max_size=3), st.lists(complaints, max_size=3), st.lists(complaints, max_size=3))
def test_both_must_accept_and_nothing_is_lost(
    ours: list[Complaint], first: list[Complaint], second: list[Complaint]
) -> None:
    verdict = agree(ours, first, second)
    assert verdict.valid == (not ours and not first and not second)
    assert (verdict.disagreement is not None) == (bool(first) != bool(second))
    places = {each.path.partition("/@")[0] for each in verdict.complaints}
    assert places == {each.path.partition("/@")[0] for each in (*ours, *first, *second)}


# --- a validator that breaks -----------------------------------------------------------------------------------------


def nested(depth: int) -> str:
    return '<x:n xmlns:x="urn:x">' * depth + "</x:n>" * depth


def test_a_breakdown_of_a_validator_is_ours(outcome: Schemas) -> None:
    """The way down in xmlschema is by recursion; a nest of extensions is deeper than Python goes."""
    body = envelope(request(OUTCOME.replace("</c:outcome>", nested(1500) + "</c:outcome>")))
    assert first_of(outcome, body) == []
    with pytest.raises(RivtaError, match="xmlschema broke down") as caught:
        outcome.verdict(body)
    assert not isinstance(caught.value, Unreadable)
    assert outcome.verdict(VALID["request"]).valid, "and the next message gets its verdict"


def test_a_breakdown_does_not_excuse_what_the_other_has_found(outcome: Schemas) -> None:
    broken = OUTCOME.replace("</c:outcome>", nested(1500) + "</c:outcome>").replace('code="SSV"', 'code="X"')
    verdict = outcome.verdict(envelope(request(broken)))
    assert not verdict.valid
    assert [each.path.rpartition("/")[2] for each in verdict.complaints] == ["@code"]


# --- size ------------------------------------------------------------------------------------------------------------


def test_a_large_attachment(outcome: Schemas) -> None:
    for value, is_valid in (
        ("QUJD" * 2_500_000, True),
        ("QUJD" * 20_000 + "Q$==", False),
        ("QUJD" * 20_000 + "Q", False),
    ):
        body = envelope(request(OUTCOME.replace("QUJD", value)))
        verdict = outcome.verdict(body)
        assert verdict.valid == is_valid
        assert all(len(str(each)) < 3000 for each in verdict.complaints)
        assert [each.path for each in verdict.complaints] == [
            "/s:Envelope/s:Body/r:ProcessRequestOutcome/c:requestOutcome/c:attachment/c:value"
        ][: not is_valid]


def test_a_large_value_that_is_no_base64_is_still_judged(outcome: Schemas) -> None:
    long = "QUJD" * 20_000
    for old, new in (
        ("Elin Ek", long),
        ("<c:value>QUJD", f'<c:value wrong="1">{long}'),
        ("text/plain", f"{long}<c:x/>"),
    ):
        verdict = outcome.verdict(envelope(request(OUTCOME.replace(old, new))))
        assert not verdict.valid
        assert verdict.disagreement is None
    assert outcome.verdict(envelope(request(OUTCOME.replace("Ingen åtgärd.", long[:65_000])))).valid
    assert outcome.verdict(envelope(request(OUTCOME.replace("text/plain", long)))).valid


@given(st.binary(max_size=40), st.sampled_from(["", " ", "\n", "\t "]))
def test_what_python_encodes_is_base64(data: bytes, blank: str) -> None:
    from base64 import b64encode  # noqa: PLC0415 (beside its only use)

    text = b64encode(data).decode()
    assert is_base64(blank.join(text))
    assert is_base64(blank + text + blank)
    assert not is_base64(text + "A")
    assert not is_base64("å" + text[1:])


@given(st.text(alphabet="ABQg+/=w8 \n", max_size=9))
def test_base64_is_what_xmlschema_says_it_is(text: str) -> None:
    from xmlschema import XMLSchema10  # noqa: PLC0415 (0.3 s at import)

    value = XMLSchema10.builtin_types()["base64Binary"]
    assert is_base64(text) == value.is_valid(text)


# --- threads and compiling -------------------------------------------------------------------------------------------


def test_schemas_are_compiled_once_a_thread() -> None:
    contract = contract_of(wsdl_of("ProcessRequest"))
    here = schemas(contract)
    assert schemas(contract) is here
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(schemas, contract).result()
        assert pool.submit(schemas, contract).result() is there
    assert there is not here


def test_eight_threads_get_right_verdicts_and_their_own_complaints() -> None:
    contract = contract_of(wsdl_of("ProcessRequestOutcome"))
    together = threading.Barrier(8)

    def judge(number: int) -> list[str]:
        found, wrong = schemas(contract), []
        together.wait(timeout=30)
        for turn in range(40):
            name = f"E{number}x{turn}" * 20
            body = envelope(request(OUTCOME.replace("Elin Ek", name)))
            verdict, first = found.verdict(body), first_of(found, body)
            values = {each.value for each in (*verdict.complaints, *first) if each.by == "lxml"}
            wrong += [] if all(name.startswith(value.partition("…")[0]) for value in values) and values else [name]
            wrong += (
                [] if found.verdict(VALID["request"]).valid and not first_of(found, VALID["request"]) else ["valid"]
            )
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert [wrong for wrong in pool.map(judge, range(8)) if wrong] == []


FIRST_COMPILE = """
import sys, threading
from pathlib import Path
from rivta.contract import Schemas, read_wsdl
together, compiled = threading.Barrier(8), []
def go(path):
    wsdl = read_wsdl(Path(path))
    together.wait(timeout=30)
    compiled.append(Schemas(wsdl))
threads = [threading.Thread(target=go, args=(sys.argv[1 + number % 3],)) for number in range(8)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
assert len(compiled) == 8
assert "xmlschema" not in sys.modules and "zeep" not in sys.modules, "imported only when a second verdict is asked for"
"""


def test_first_compiles_at_once_in_fresh_processes() -> None:
    """libxml2's first compile is not safe in threads; unguarded, 7 of 60 processes failed."""
    wsdls = [str(wsdl_of(name)) for name in ("ProcessRequest", "ProcessRequestConfirmation", "ProcessRequestOutcome")]
    for _ in range(6):
        done = run([executable, "-c", FIRST_COMPILE, *wsdls], capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_verdict_is_remembered_by_content_and_not_for_ever(outcome: Schemas) -> None:
    def bodies() -> Iterator[bytes]:
        for number in range(300):
            yield envelope(response(f"<c:resultCode>OK</c:resultCode><c:logId>{number}</c:logId>"))

    first = outcome.verdict(VALID["response"])
    assert outcome.verdict(bytes(bytearray(VALID["response"]))) is first
    assert all(outcome.verdict(body).valid for body in bodies())
    assert outcome.verdict(VALID["response"]) == first
    assert len(outcome._verdicts) == 256


# --- what the next process need not find out again -------------------------------------------------------------------


def compiled_anew(monkeypatch: pytest.MonkeyPatch) -> Schemas:
    """The two validators as another process would have them."""
    monkeypatch.setattr(validators, "_compiled", {})
    return Schemas(read_wsdl(wsdl_of("ProcessRequestOutcome")))


def verdicts(found: Schemas) -> dict[str, SchemaVerdict]:
    wrong = {name: envelope(request(OUTCOME.replace(old, new, 1))) for name, (old, new, _) in INVALID.items()}
    return {name: found.verdict(body) for name, body in {**VALID, **wrong}.items()}


def test_schemas_that_are_known_to_be_sound_give_the_same_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cold = verdicts(compiled_anew(monkeypatch))
    (note,) = (tmp_path / "rivta" / "schemas").iterdir()
    assert note.read_bytes() == b""
    assert verdicts(compiled_anew(monkeypatch)) == cold
    assert any(each.valid for each in cold.values())
    assert not all(each.valid for each in cold.values())
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert verdicts(compiled_anew(monkeypatch)) == cold, "without a place for a note"
