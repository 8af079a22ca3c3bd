"""Each rule of Elektronisk remiss fires on the message that breaks only that rule, and on no valid one."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree, isoschematron

from rivta.contract.rules import RuleOutcome, compile_rules
from rivta.text.xml import parse

DOMAIN = Path(__file__).parents[1] / "suites" / "clinicalprocess.activity.request"
SAMPLES = Path(__file__).parents[1].parent / "shared" / "messages" / "eremiss"
CONTRACTS = {"ProcessRequest": "PR", "ProcessRequestConfirmation": "PRC", "ProcessRequestOutcome": "PRO"}
C = "urn:riv:clinicalprocess:activity:request:2"
Breaker = Callable[[etree._Element], None]


def envelope(contract: str, payload: str) -> etree._Element:
    responder = f"urn:riv:clinicalprocess:activity:request:{contract}Responder:2"
    return parse(
        f'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header/><soapenv:Body>'
        f'<r:{contract} xmlns:r="{responder}" xmlns="{C}">{payload}</r:{contract}></soapenv:Body></soapenv:Envelope>'.encode()
    )


def coded(name: str, code: str, system: str) -> str:
    return f"<{name}><code>{code}</code><codeSystem>{system}</codeSystem><displayName>x</displayName></{name}>"


UNIT = '<careUnitId extension="SE2321000016-MOT1"/>'
PERSON = '<personId extension="191212121212" root="1.2.752.129.2.1.3.1"/>'
AUTHOR = f"<healthcareProfessional><name>Bo Bedömare</name></healthcareProfessional><healthcareProfessionalOrganisation>{UNIT}</healthcareProfessionalOrganisation>"
RECIPIENT = f"<recipient><organisation>{UNIT}</organisation></recipient>"
ATTACHMENT = f"<attachment><id>a#1#1</id>{coded('mediaType', 'application/pdf', '1.2.752.129.5.1.59')}<value>QUJD</value></attachment>"
PAYMENT = (
    f"<paymentCommitment>{coded('commitmentType', '1', '1.2.752.129.2.2.2.44')}"
    f"{coded('commitmentTypeChapter', '3', '1.2.752.129.5.1.37')}"
    '<validity low="20260101" high="20261231"/><validOnlyForOutpatientCare>true</validOnlyForOutpatientCare>'
    f"{coded('liableCountyCouncil', '01', '1.2.752.129.2.2.1.18')}"
    f"<reimbursementInformation>{coded('reimbursementType', '2', '1.2.752.129.5.1.36')}"
    f"{coded('ownerOfInvokedContract', '25', '1.2.752.129.2.2.1.18')}</reimbursementInformation></paymentCommitment>"
)
REQUEST = (
    '<requestId extension="a#1"/><typeOfRequest code="4"/><versionTimeStamp value="20260901101500"/>'
    '<versionNumber>1</versionNumber><reasonForVersion><typeOfReason code="NR"/></reasonForVersion>'
    f"<careResponsibilityRemains>true</careResponsibilityRemains><patient>{PERSON}<address><streetName1>Gatan 1</streetName1>"
    "<postalCode>12345</postalCode><postalCity>Åmål</postalCity></address><telecom><typeOfTelecom code='MC'/>"
    "<number>+4670</number></telecom><name>Tolvan</name><gender code='1'/></patient>"
    f"<requestOrganisation>{UNIT}</requestOrganisation><author><date value='20260901'/>{AUTHOR}</author>{RECIPIENT}"
    f"<questionFormulation><text>Höft?</text><condition>{coded('code', 'M25.5', '1.2.752.116.1.1.1')}</condition>"
    "<condition><text>Värk</text></condition>"
    '<desiredActivity><code code="AF011" codeSystem="1.2.752.116.1.3.2.1.4"/></desiredActivity>'
    f"<desiredActivity><text>Röntgen</text></desiredActivity></questionFormulation>{PAYMENT}{ATTACHMENT}"
)


def process_request() -> etree._Element:
    return envelope("ProcessRequest", f"<request>{REQUEST}</request>")


def process_request_confirmation() -> etree._Element:
    return envelope(
        "ProcessRequestConfirmation",
        '<requestConfirmation><requestId extension="a#1"/><requestConfirmationId extension="b#1"/>'
        '<typeOfRequestConfirmation code="BEK"/><requestVersionNumber>1</requestVersionNumber>'
        f"<requestConfirmationTime value='20260902090000'/><patient>{PERSON}</patient>"
        f"<confirmingOrganisation>{UNIT}</confirmingOrganisation><author>{AUTHOR}</author>{RECIPIENT}"
        "<outcome><outcomeText>Bedömd.</outcomeText></outcome></requestConfirmation>",
    )


def process_request_outcome() -> etree._Element:
    return envelope(
        "ProcessRequestOutcome",
        '<requestOutcome><requestId extension="a#1"/><requestOutcomeId extension="b#1"/>'
        '<typeOfRequestOutcome code="SSV"/><requestVersionNumber>1</requestVersionNumber>'
        f"<requestOutcomeTime value='20260910140000'/><patient>{PERSON}</patient>"
        f"<respondingOrganisation>{UNIT}</respondingOrganisation><author>{AUTHOR}</author>{RECIPIENT}"
        "<outcome><outcomeText>Klart.</outcomeText><condition><text>Artros</text></condition>"
        "<accomplishedActivity><text>Röntgen</text></accomplishedActivity></outcome>"
        f"{ATTACHMENT}</requestOutcome><r:originalRequest>{REQUEST}</r:originalRequest>",
    )


BASES = {
    "PR": process_request,
    "PRC": process_request_confirmation,
    "PRO": process_request_outcome,
}


def find(root: etree._Element, path: str) -> etree._Element:
    steps = "/".join(f"c:{step}" for step in path.split("/"))
    element: etree._Element = next(iter(etree.XPath(f"(//{steps})[1]", namespaces={"c": C})(root)))
    return element


def attribute(path: str, name: str, value: str) -> Breaker:
    return lambda root: find(root, path).set(name, value)


def text(path: str, value: str) -> Breaker:
    def change(root: etree._Element) -> None:
        find(root, path).text = value

    return change


def added(path: str, xml: str, *, at: int | None = None) -> Breaker:
    def change(root: etree._Element) -> None:
        parent = find(root, path)
        new = etree.fromstring(f'<new xmlns="{C}">{xml}</new>')[0]
        parent.insert(len(parent) if at is None else at, new)

    return change


def removed(path: str) -> Breaker:
    def change(root: etree._Element) -> None:
        element = find(root, path)
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return change


BREAKERS: list[tuple[str, Breaker]] = [
    ("PR-S-requestId", attribute("request/requestId", "extension", "a#" + "9" * 255)),
    ("PR-S-typeOfRequest", attribute("typeOfRequest", "code", "04")),
    ("PR-S-typeOfReason", attribute("typeOfReason", "code", "XX")),
    ("PR-S-postalCode", text("postalCode", "1234")),
    ("PR-S-typeOfTelecom", attribute("typeOfTelecom", "code", "WP")),
    ("PR-S-gender", attribute("gender", "code", "01")),
    ("PR-S-condition", added("condition", "<text>också</text>", at=0)),
    ("PR-S-desiredActivity", added("desiredActivity", "<text>också</text>", at=0)),
    ("PR-S-commitmentType", text("commitmentType/codeSystem", "1.2.752.129.2.2.2.43")),
    ("PR-S-paymentCommitment", removed("commitmentTypeChapter")),
    ("PR-S-commitmentTypeChapter", text("commitmentTypeChapter/codeSystem", "1.2")),
    ("PR-S-liableCountyCouncil", text("liableCountyCouncil/code", "26")),
    ("PR-S-liableCountyCouncil", text("liableCountyCouncil/code", "1")),
    ("PR-S-liableCountyCouncil", text("liableCountyCouncil/codeSystem", "1.2")),
    ("PR-S-reimbursementType", text("reimbursementType/codeSystem", "1.2")),
    ("PR-S-ownerOfInvokedContract", text("ownerOfInvokedContract/code", "00")),
    ("PR-S-ownerOfInvokedContract", text("ownerOfInvokedContract/codeSystem", "1.2")),
    ("PR-S-attachment", removed("attachment/id")),
    ("PR-S-attachment", removed("attachment/value")),
    ("PR-S-attachment", added("attachment", "<reference>https://example.org/a.pdf</reference>")),
    ("PR-S-mediaType", text("mediaType/code", "image/tiff")),
    ("PR-S-mediaType", text("mediaType/codeSystem", "1.2")),
    ("PR-S-intermediaryParticipant", attribute("typeOfReason", "code", "VR")),
    ("PR-S-nonEmpty", text("streetName1", " \n")),
    ("PR-S-nonEmpty", attribute("careUnitId", "extension", "")),
    ("PR-S-nonEmpty", added("request", "<careProcessId/>")),
    (
        "PR-S-nonEmpty",
        added("request", '<careProcessId xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'),
    ),
    ("PRC-S-requestId", attribute("requestId", "extension", "a#" + "9" * 255)),
    ("PRC-S-typeOfRequestConfirmation", attribute("typeOfRequestConfirmation", "code", "NEJ")),
    ("PRC-S-forwardingRecipient", attribute("typeOfRequestConfirmation", "code", "VID")),
    (
        "PRC-S-forwardingRecipient",
        added(
            "requestConfirmation",
            f"<forwardingRecipient><organisation>{UNIT}</organisation></forwardingRecipient>",
            at=9,
        ),
    ),
    ("PRC-S-nonEmpty", text("outcomeText", "")),
    ("PRO-S-requestId", attribute("requestOutcome/requestId", "extension", "a#" + "9" * 255)),
    ("PRO-S-typeOfRequestOutcome", attribute("typeOfRequestOutcome", "code", "SVA")),
    ("PRO-S-condition", added("outcome/condition", coded("code", "M16", "1.2.752.116.1.1.1"))),
    ("PRO-S-accomplishedActivity", added("accomplishedActivity", '<code code="A" codeSystem="1.2.752.116.2.1.1"/>')),
    ("PRO-S-attachment", removed("requestOutcome/attachment/id")),
    ("PRO-S-mediaType", text("requestOutcome/attachment/mediaType/code", "application/zip")),
    ("PRO-S-nonEmpty", text("outcomeText", "\t")),
    ("PRO-S-nonEmpty", text("postalCity", "")),
]
"""Requirement → a change to a valid message that breaks that rule and no other."""


def rule_file(contract: str, direction: str) -> Path:
    return DOMAIN / contract / f"rules-{direction}.sch"


def outcomes(requirement: str, root: etree._Element) -> list[RuleOutcome]:
    [contract] = [name for name, short in CONTRACTS.items() if short == requirement.partition("-")[0]]
    return compile_rules(rule_file(contract, "request")).run(root)


def is_valid(root: etree._Element, contract: str) -> bool:
    [schema] = DOMAIN.glob(f"schemas/interactions/*/{contract}Responder_2.2.xsd")
    return etree.XMLSchema(etree.parse(schema)).validate(root[1][0])


@pytest.mark.parametrize(("requirement", "breaker"), BREAKERS)
def test_the_message_that_breaks_one_rule_is_told_of_that_rule_only(requirement: str, breaker: Breaker) -> None:
    root = BASES[requirement.partition("-")[0]]()
    breaker(root)
    [outcome] = outcomes(requirement, root)
    assert (outcome.rule, outcome.kind) == (requirement, "failed")
    assert outcome.line is not None
    assert outcome.location.startswith("/soapenv:Envelope/soapenv:Body/r:")
    assert "sv" in outcome.diagnostics
    for words in (outcome.message, outcome.diagnostics["sv"]):
        assert "“”" not in words, "a value was not filled in"
        assert "””" not in words
        assert "[" not in words


def test_every_enforced_rule_is_shown_to_fire() -> None:
    enforced = {
        identity
        for contract in CONTRACTS
        for identity in etree.parse(rule_file(contract, "request")).xpath("//@id[contains(., '-S-')]")
        if not str(identity).endswith("-sv")
    }
    assert {requirement for requirement, _ in BREAKERS} == enforced
    assert len(enforced) == 29
    listed = set(re.findall(r"- id: (PR[CO]?-S-\w+)", (DOMAIN / "domain.yaml").read_text(encoding="utf-8")))
    assert {each for each in listed if not each.endswith("-S-personId")} == enforced


@pytest.mark.parametrize("contract", CONTRACTS)
def test_rules_are_silent_on_the_valid_message_that_the_breakers_start_from(contract: str) -> None:
    root = BASES[CONTRACTS[contract]]()
    assert is_valid(root, contract)
    assert outcomes(f"{CONTRACTS[contract]}-", root) == []


def test_conditional_rules_let_the_other_case_through() -> None:
    forwarded = process_request()
    attribute("typeOfReason", "code", "VR")(forwarded)
    added(
        "request",
        f"<intermediaryParticipant><healthcareProfessionalOrganisation>{UNIT}</healthcareProfessionalOrganisation><time value='20260901101500'/></intermediaryParticipant>",
        at=10,
    )(forwarded)
    assert is_valid(forwarded, "ProcessRequest")
    assert outcomes("PR-", forwarded) == []
    other_commitment = process_request()
    text("commitmentType/code", "2")(other_commitment)
    removed("commitmentTypeChapter")(other_commitment)
    assert outcomes("PR-", other_commitment) == []


def test_what_an_original_request_says_is_not_the_answerers_fault() -> None:
    root = process_request_outcome()
    for element in root.iter(f"{{{C}}}typeOfRequest", f"{{{C}}}gender"):
        element.set("code", "77")
    assert outcomes("PRO-", root) == []


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample messages are not at ../shared")
def test_rules_are_silent_on_the_valid_samples() -> None:
    seen = 0
    for path in SAMPLES.glob("*.xml"):
        contract, direction = path.stem.split("_")[:2]
        root = parse(path.read_bytes())
        if etree.QName(root).localname != "Envelope":
            body = etree.fromstring(
                '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>'
            )
            body[0].append(root)
            root = body
        assert compile_rules(rule_file(contract, direction)).run(root) == [], path.name
        seen += 1
    assert seen >= 15


# ── responses ──


def response(contract: str, result: str) -> etree._Element:
    return envelope(f"{contract}Response", f"<r:result>{result}</r:result>")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_an_empty_element_in_a_response_is_told_of_once(contract: str) -> None:
    rules = compile_rules(rule_file(contract, "response"))
    assert rules.run(response(contract, "<resultCode>OK</resultCode>")) == []
    [outcome] = rules.run(response(contract, "<resultCode>ERROR</resultCode><logId/>"))
    assert outcome.rule == f"{CONTRACTS[contract]}-S-response-nonEmpty"
    assert outcome.location.endswith("/r:result/logId")
    assert outcome.diagnostics["sv"].startswith("logId är tomt")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_value_in_an_attribute_is_a_value(contract: str) -> None:
    rules = compile_rules(rule_file(contract, "response"))
    extended = '<resultCode>OK</resultCode><x:more xmlns:x="urn:x"><x:id extension="1"/></x:more>'
    assert rules.run(response(contract, extended)) == []
    [outcome] = rules.run(response(contract, extended.replace('"1"', '""')))
    assert outcome.location.endswith("/x:more/x:id")


def test_a_fault_is_no_response_of_the_contract() -> None:
    fault = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode>'
        "<faultstring>x</faultstring><faultactor/><detail/></e:Fault></e:Body></e:Envelope>"
    )
    assert compile_rules(rule_file("ProcessRequest", "response")).run(parse(fault.encode())) == []


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_rules_of_the_directions_have_nothing_in_common(contract: str) -> None:
    requests, responses = (
        rule_file(contract, direction).read_text(encoding="utf-8") for direction in ("request", "response")
    )
    ids = [set(re.findall(r'<assert id="([^"]+)"', each)) for each in (requests, responses)]
    assert ids[0].isdisjoint(ids[1])
    assert len(ids[1]) == 1


# ── the files themselves ──


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_files_are_iso_schematron_to_others_as_well(contract: str, direction: str) -> None:
    document = etree.parse(rule_file(contract, direction))
    grammar = isoschematron.schematron_schema_valid
    assert grammar.validate(document), grammar.error_log


def test_our_own_rules_need_no_elementpath() -> None:
    root = process_request()
    for requirement, breaker in BREAKERS[:9]:
        assert requirement.startswith("PR-")
        breaker(root)
    script = (
        "import sys; from pathlib import Path; from rivta.contract.rules import compile_rules; from rivta.text.xml import parse\n"
        "outcomes = compile_rules(Path(sys.argv[1])).run(parse(sys.stdin.buffer.read()))\n"
        "assert len(outcomes) == 9; assert 'elementpath' not in sys.modules\n"
    )
    path = rule_file("ProcessRequest", "request")
    subprocess.run([sys.executable, "-c", script, path], input=etree.tostring(root), check=True)
