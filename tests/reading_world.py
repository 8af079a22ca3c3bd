"""A reading contract that has everything that one can have: the tiny domain's GetLoans, with a schema and records of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from lxml import etree

from rivta import contract, simulator
from rivta.contract.message import open_envelope, wrap
from rivta.contract.records import records_in, value_at
from rivta.model.domain import Contract, Domain
from rivta.simulator import Simulated, Simulator

TINY = Path(__file__).parent / "domains" / "suites" / "tiny.library.loan"
SPACE = "urn:riv:tiny:library:loan:GetLoansResponder:1"
HEADERS = (("Content-Type", "text/xml; charset=UTF-8"),)
ANNA, BO, OLD_ANNA = "201212121212", "191212121212", "OLD-ANNA"
FIRST, SECOND = "SE2321000016-LIB1", "SE2321000016-LIB3"
_SCHEMA = f"""\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:r="{SPACE}" xmlns:c="urn:riv:tiny:library:loan:2"
           targetNamespace="{SPACE}" elementFormDefault="qualified" version="1.0">
  <xs:import namespace="urn:riv:tiny:library:loan:2" schemaLocation="../../core_components/tiny_library_loan_2.0.xsd"/>
  <xs:element name="GetLoans"><xs:complexType><xs:sequence>
    <xs:element name="borrowerId" type="c:IIType"/>
    <xs:element name="from" type="xs:date" minOccurs="0"/>
    <xs:element name="to" type="xs:date" minOccurs="0"/>
    <xs:element name="branch" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
    <xs:element name="system" type="xs:string" minOccurs="0"/>
    <xs:element name="visit" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
    <xs:element name="shelf" type="xs:string" minOccurs="0"/>
    <xs:element name="goOn" type="xs:string" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="GetLoansResponse"><xs:complexType><xs:sequence>
    <xs:element name="loan" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="loanId" type="xs:string"/>
      <xs:element name="borrowerId" type="c:IIType"/>
      <xs:element name="earlierId" type="c:IIType" minOccurs="0"/>
      <xs:element name="branch" type="xs:string" minOccurs="0"/>
      <xs:element name="system" type="xs:string" minOccurs="0"/>
      <xs:element name="visit" type="xs:string" minOccurs="0"/>
      <xs:element name="shelf" type="xs:string" minOccurs="0"/>
      <xs:element name="approved" type="xs:boolean"/>
      <xs:element name="lent" type="xs:date"/>
      <xs:element name="returned" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
        <xs:element name="at" type="xs:dateTime"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="title" type="xs:string" minOccurs="0"/>
    </xs:sequence></xs:complexType></xs:element>
    <xs:element name="hasMore" minOccurs="0"><xs:complexType><xs:sequence>
      <xs:element name="address" type="xs:string"/>
      <xs:element name="reference" type="xs:string"/>
    </xs:sequence></xs:complexType></xs:element>
    <xs:element name="result" type="c:ResultType" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
RECORDS = """\
    records:
      path: loan
      id: loanId
      patient: borrowerId/@extension
      patient-type: borrowerId/@root
      original: earlierId/@extension
      unit: branch
      source: system
      contact: visit
      also: {shelf: shelf}
      approved: approved
      times: [lent, returned/at]
      filters: {patient: borrowerId/@extension, unit: branch, source: system, contact: visit, shelf: shelf, start: from, end: to}
      more: {reference: hasMore/reference, asked: goOn, address: hasMore/address}
"""
HELD = f"""\
patients:
  - {{id: "{ANNA}", linked: [{OLD_ANNA}]}}
  - {{id: "{BO}"}}
  - {{id: {OLD_ANNA}, type: 1.2.752.97.3.1.3}}
values: {{unit: [LIB-A, LIB-B], source: [{FIRST}, {SECOND}], contact: [V1, V2], shelf: [S1, S2]}}
withheld: {{CURIOUS: [LIB-B]}}
contracts:
  GetLoans:
    each: {{title: Kallocain}}
    some: [{{title: Röda rummet, shelf: ""}}]
    most: 8
"""
BROKEN = ("records", "patient", "period", "unit", "source", "contact", "shelf", "address", "linked", "unknown", "id", "approved", "consumer", "access", "more")  # fmt: skip


def folder(where: Path, records: str = RECORDS, held: str = HELD) -> Path:
    """The tiny domain with that contract in it, and a requirement for everything that its faults break."""
    there = where / TINY.name
    shutil.copytree(TINY, there)
    schema = there / "schemas" / "interactions" / "GetLoansInteraction" / "GetLoansResponder_1.0.xsd"
    schema.write_text(_SCHEMA, encoding="utf-8")
    text = (there / "domain.yaml").read_text(encoding="utf-8")
    start, end = text.index("    records:"), text.index("\nroles:")
    text = text[:start] + records + text[end:]
    text = text.replace("    rules: {response: GetLoans/rules-response.sch}\n", "").replace(
        " | //g:borrowerId", " | /*/*/g:GetLoans/g:borrowerId"
    )
    text += "".join(f"  - {{id: GL-{each}, text: {each}, level: must, source: LB 9}}\n" for each in BROKEN)
    (there / "domain.yaml").write_text(text, encoding="utf-8")
    if held:
        (there / "records.yaml").write_text(held, encoding="utf-8")
    reference = there / "reference" / "reference.yaml"
    written = reference.read_text(encoding="utf-8")
    before, after = written[: written.index("answers:")], written[written.index("actions:") :]
    reference.write_text(before.replace("LIB1, role", "LIB0, role: catalogue}\n  - {id: SE2321000016-LIB1, role", 1) + after, encoding="utf-8")  # fmt: skip
    return there


def read(there: Path) -> tuple[Domain, Simulated]:
    domain = contract.read_domain(there)
    return domain, simulator.read(domain)


def question(person: str = ANNA, filters: str = "", *, address: str = "SE2321000016-LIB0") -> bytes:
    """A call, as bytes. `filters` are XML in the request's own namespace."""
    payload = f'<GetLoans xmlns="{SPACE}"><borrowerId root="1" extension="{person}"/>{filters}</GetLoans>'
    header = '<a:LogicalAddress xmlns:a="urn:riv:infrastructure:itintegration:registry:2">'
    text = wrap(payload, "", "")
    return text.replace("<soapenv:Body>", f"<soapenv:Header>{header}{address}</a:LogicalAddress></soapenv:Header><soapenv:Body>").encode()  # fmt: skip


def asked(system: Simulator, body: bytes, consumer: str = "") -> etree._Element:
    """The payload of the answer."""
    more = (("X-Rivta-Original-Serviceconsumer-HsaId", consumer),) if consumer else ()
    payload = open_envelope(system.answer((*HEADERS, *more), body).body).payload
    assert payload is not None
    return payload


def given(contract_: Contract, payload: etree._Element, path: str = "loanId") -> list[str]:
    """What its records say at a path, record by record."""
    assert contract_.records
    return [value_at(each, path) for each in records_in(payload, contract_.records)]
