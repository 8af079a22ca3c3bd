"""What a contract's messages may hold, and what a set of messages exercised of it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xmlschema

import report_sample as sample
from reference_system import domain as remiss
from rivta.contract import Exercised, SeenElement, classify, outline
from rivta.contract.repairs import is_embedded
from rivta.contract.wsdl import read_wsdl
from rivta.model.domain import Contract, ContractFacts, ElementFacts
from rivta.model.exchange import Exchange, Message
from rivta.model.words import Direction

SUITES = Path(__file__).parents[1] / "suites"
DOMAIN = remiss()
CONTRACTS = list(DOMAIN.contracts.values())
REFERRAL = {facts.path: facts for facts in outline(DOMAIN.contracts["ProcessRequest"])}


def facts(name: str = "ProcessRequest") -> ContractFacts:
    contract = DOMAIN.contracts[name]
    return ContractFacts("d", name, "2.2", contract.title, "restatement", "", "", 2000, elements=outline(contract))


def test_occurrence_and_codes_are_the_schemas() -> None:
    assert REFERRAL["ProcessRequest/request/patient/personId/@root"] == ElementFacts(
        "ProcessRequest/request/patient/personId/@root"
    )
    assert REFERRAL["ProcessRequest/request/attachment"].most is None
    assert (
        REFERRAL["ProcessRequest/request/patient/telecom"].least,
        REFERRAL["ProcessRequest/request/patient/telecom"].most,
    ) == (0, 2)
    assert REFERRAL["ProcessRequest/request/reasonForVersion/typeOfReason/@code"].coded
    assert REFERRAL["ProcessRequest/request/attachment/mediaType/code"].coded
    assert REFERRAL["ProcessRequestResponse/result/resultCode"].coded
    assert not REFERRAL["ProcessRequest/request/patient/address/postalCode"].coded
    assert REFERRAL["ProcessRequest/request/paymentCommitment/validity/@low"].least == 0


def test_a_choice_of_one_is_no_choice() -> None:
    assert REFERRAL["ProcessRequest/request/questionFormulation/clinicalInformation/text"].least == 1


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_xmlschema_knows_the_same_elements(contract: Contract) -> None:
    wsdl = read_wsdl(contract.wsdl)
    documents = wsdl.schemas.documents
    schemas = [
        xmlschema.XMLSchema10(documents[path].decode(), base_url=path.parent.as_uri(), allow="local")
        for path in documents
        if is_embedded(path)
    ]
    found: set[str] = set()
    for name in (wsdl.request_root, wsdl.response_root):
        root = next(schema.maps.elements[name] for schema in schemas if name in schema.maps.elements)
        _walk(root, root.local_name, found)
    assert {each.path for each in outline(contract)} == found


def _walk(element: xmlschema.XsdElement, path: str, found: set[str]) -> None:
    found.add(path)
    type_: Any = element.type
    if type_.is_complex():
        found.update(f"{path}/@{name}" for name in type_.attributes if name)
        for child in type_.content.iter_elements() if type_.has_complex_content() else ():
            if isinstance(child, xmlschema.XsdElement):
                _walk(child, f"{path}/{child.local_name}", found)


def test_the_list_is_made_without_compiling_the_schema() -> None:
    code = "import sys, pathlib, rivta.contract as c; d = c.read_domain(pathlib.Path(sys.argv[1])); "
    code += "[c.outline(each) for each in d.contracts.values()]; sys.exit('xmlschema' in sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(DOMAIN.folder)], check=True)


def call(body: bytes, *, inbound: bool = True, answer: bytes | None = None) -> Exchange:
    return replace(sample.exchange(1, answer, 3.0), request=Message((), body), inbound=inbound)


def seen(exercised: Exercised) -> dict[str, SeenElement]:
    return {each.path: each for each in exercised.elements}


def test_each_element_is_told_with_in_how_many_messages_it_was() -> None:
    calls = [call(sample.request_body(1)), call(sample.request_body(2, "AR")), call(sample.request_body(3, "AR"))]
    (sent,) = classify(calls, [facts()])
    assert (sent.contract, sent.inbound, sent.direction, sent.messages) == (
        "ProcessRequest",
        True,
        Direction.REQUEST,
        3,
    )
    assert sent.is_by_system
    elements = seen(sent)
    assert list(elements) == [each.path for each in facts().elements if "Response" not in each.path]
    assert elements["ProcessRequest/request/patient/address"].messages == 3
    assert elements["ProcessRequest/request/reasonForVersion/typeOfReason/@code"].values == (("AR", 2), ("NR", 1))
    assert elements["ProcessRequest/request/attachment"].messages == 0


def test_an_element_that_stands_twice_in_a_message_counts_once() -> None:
    body = sample.request_body(1).replace(
        b"</c:patient>",
        b'<c:telecom><c:typeOfTelecom code="H"/></c:telecom><c:telecom><c:typeOfTelecom code="H"/></c:telecom></c:patient>',
    )
    elements = seen(classify([call(body)], [facts()])[0])
    assert elements["ProcessRequest/request/patient/telecom"].messages == 1
    assert elements["ProcessRequest/request/patient/telecom/typeOfTelecom/@code"].values == (("H", 1),)


def test_the_kind_of_an_identity_is_told_by_its_oid() -> None:
    def of(oid: str) -> Exchange:
        return call(sample.request_body(1).replace(b"1.2.752.129.2.1.3.1", oid.encode()))

    calls = [of(oid) for oid in ("1.2.752.129.2.1.3.1", "1.2.752.129.2.1.3.3", "1.2.752.74.9.1", "1.2.752.97.3.1.3")]
    (sent,) = classify([*calls, calls[0]], [facts()])
    assert sent.identities == (("personnummer", 2), ("samordningsnummer", 1), ("reservid", 1), ("other", 1))


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        (b"<c:patientId><c:id>191212121212</c:id><c:type>1.2.752.129.2.1.3.1</c:type></c:patientId>", "personnummer"),
        (b"<c:subjectOfCareId>191212121212</c:subjectOfCareId>", "personnummer"),
        (b"<c:personId>who</c:personId>", "other"),
    ],
)
def test_other_domains_write_identities_in_other_ways(element: bytes, kind: str) -> None:
    envelope = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Get xmlns:c="urn:c">%s</Get></s:Body></s:Envelope>'
    (sent,) = classify([call(envelope % element)], [replace(facts(), elements=())])
    assert sent.identities == ((kind, 1),)


def test_what_the_schema_has_not_stands_where_it_was_and_says_so() -> None:
    body = sample.request_body(1).replace(b"<c:patient>", b'<x:own xmlns:x="urn:x" y="1"/><c:patient>')
    elements = seen(classify([call(body)], [facts()])[0])
    assert elements["ProcessRequest/request/own/@y"].element is None
    paths = list(elements)
    assert paths.index("ProcessRequest/request/own") < paths.index("ProcessRequest/request/patient")


def test_each_direction_of_each_way_is_told_apart() -> None:
    calls = [
        call(sample.request_body(1), answer=sample.response_body()),
        call(sample.request_body(1), answer=sample.FAULT),
        call(sample.request_body(1), inbound=False, answer=sample.response_body()),
    ]
    told = classify(calls, [facts()])
    assert [(each.inbound, each.direction.value, each.messages, each.is_by_system) for each in told] == [
        (False, "request", 1, False),
        (False, "response", 1, True),
        (True, "request", 2, True),
        (True, "response", 1, False),
    ]


@pytest.mark.parametrize(
    "body", [b"", b"<html/>", b"no xml", sample.FAULT, sample.response_body(), b"<ProcessRequest/>"]
)
def test_what_is_no_message_of_the_contract_is_not_counted(body: bytes) -> None:
    assert classify([call(body)], [facts()]) == ()


def test_a_contract_that_the_run_does_not_know_is_let_be() -> None:
    assert classify([call(sample.request_body(1))], [facts("ProcessRequestOutcome")]) == ()


def test_without_a_list_only_what_was_seen_is_told() -> None:
    (sent,) = classify([call(sample.request_body(1))], [replace(facts(), elements=())])
    assert [each.path for each in sent.codes] == [
        "ProcessRequest/request/typeOfRequest/@code",
        "ProcessRequest/request/reasonForVersion/typeOfReason/@code",
    ]


def test_a_caller_cannot_fill_the_memory_with_names_and_codes() -> None:
    calls = [
        call(sample.request_body(n, f"code{n}").replace(b"<c:patient>", f"<x{n}/><c:patient>".encode()))
        for n in range(600)
    ]
    (sent,) = classify(calls, [facts()])
    elements = seen(sent)
    assert len(elements["ProcessRequest/request/reasonForVersion/typeOfReason/@code"].values) == 50
    assert sum(each.element is None for each in sent.elements) == 500
    assert elements["ProcessRequest/request/patient"].messages == 600
