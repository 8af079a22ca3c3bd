"""Messages: what is composed opens again and says what was put in; what is no SOAP message says why it is none."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from rivta.contract.envelope import SOAP
from rivta.contract.message import (
    FaultFacts,
    ResultFacts,
    capture,
    compose,
    counted_in_characters,
    http_headers,
    open_envelope,
    result_of,
    with_headers,
    wrap,
)
from rivta.model.domain import Contract, ResultGrammar
from rivta.model.environment import Environment, System, TlsFiles
from rivta.model.errors import Unreadable, UsageError
from rivta.model.words import Text
from rivta.text.placeholder import Scope, fill

SHARED = Path(__file__).parents[1].parent / "shared"
ASK = '<r:Ask xmlns:r="urn:r"><r:id value="${id}">${id}</r:id></r:Ask>'
ADDRESS = "SE2321000016-MOT1"
HEADER = "{urn:riv:itintegration:registry:1}LogicalAddress"
IN_RESULT = ResultGrammar(("result",), "resultCode", "errorCode", "subCode", "message", "logId")
xml_text = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="$\ufffe\uffff")
    | st.sampled_from("\t\r\n")
)


def envelope(body: str, namespace: str = SOAP) -> bytes:
    return f'<s:Envelope xmlns:s="{namespace}"><s:Header/><s:Body>{body}</s:Body></s:Envelope>'.encode()


def contract() -> Contract:
    return Contract(
        domain="d", name="Ask", version="1.0", title=Text.same("Ask"), namespace="urn:r", soap_action="urn:riv:d:AskResponder:1:Ask",
        request_root="{urn:r}Ask", response_root="{urn:r}AskResponse", wsdl=Path("x.wsdl"), rules={}, max_ms=2000,
        origin="restatement", digest="",
    )  # fmt: skip


def environment(consumer: str = "SE2321000012-TEST", headers: dict[str, str] | None = None) -> Environment:
    return Environment(
        path=Path("env.yaml"), system=System("o", "p", "1"), roles=(), endpoints={}, tls=TlsFiles(), connect_seconds=5,
        read_seconds=30, original_consumer=consumer, headers=headers or {}, test_identities=frozenset(), test_data={},
        not_applicable={},
    )  # fmt: skip


WHOLE = envelope("<r:Ask xmlns:r='urn:r'><x:y>ååå</x:y></r:Ask>")


@given(
    st.integers(0, len(WHOLE)), st.binary(max_size=3) | st.sampled_from([b"<x:y>", b"<?a?>", b"<!--", b"&e;", b"\0"])
)
def test_whatever_is_no_message_is_looked_at_for_a_length_in_characters(at: int, odd: bytes) -> None:
    for body in (WHOLE[:at] + odd, WHOLE[:at] + odd + WHOLE[at:], odd + WHOLE[at:]):
        told = counted_in_characters(body)
        assert told is None or "characters, not bytes" in told.en


def test_a_length_in_characters_is_told_whatever_the_names_are() -> None:
    assert counted_in_characters(WHOLE) is None
    assert counted_in_characters(WHOLE[:-3]) is not None


def composed(template: str, value: str, address: str = ADDRESS) -> bytes:
    return compose(fill(template, Scope([{"id": value}]), path="ask.xml"), address, HEADER, "ask.xml")


@given(xml_text, xml_text)
def test_what_is_composed_opens_again_and_says_what_was_put_in(value: str, address: str) -> None:
    opened = open_envelope(composed(ASK, value, address))
    assert opened.payload_name == "{urn:r}Ask"
    assert capture(opened.root, "//r:id/@value", {"r": "urn:r"}) == value
    assert capture(opened.root, "//r:id", {"r": "urn:r"}) == value
    assert opened.address(HEADER) == address.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "UTF-16", "windows-1252"])
def test_a_message_goes_out_in_the_encoding_that_it_declares(encoding: str) -> None:
    template = f'<?xml version="1.0" encoding="{encoding}"?>\n{ASK}'
    body = composed(template, "Åmål")
    assert body.decode(encoding).startswith(f'<?xml version="1.0" encoding="{encoding}"?>\n<soapenv:Envelope')
    assert capture(open_envelope(body).root, "//r:id", {"r": "urn:r"}) == "Åmål"


def test_an_encoding_that_nobody_knows_goes_out_as_utf_8() -> None:
    body = composed(f'<?xml version="1.0" encoding="klingon"?>{ASK}', "Å")
    assert 'encoding="klingon"' in body.decode("utf-8")


def test_a_letter_that_the_encoding_lacks_is_a_mistake_in_the_template() -> None:
    with pytest.raises(UsageError, match=r"ask\.xml.*“ł” \(U\+0142\) cannot be written in iso8859-1"):
        composed(f'<?xml version="1.0" encoding="ISO-8859-1"?>{ASK}', "ł")


@pytest.mark.parametrize(
    "text",
    [
        '<s:Envelope xmlns:s="urn:odd"/>',
        '<?xml version="1.0"?>\n<!-- mine --><Envelope/>',
        "this is no XML",
        "",
        "<!DOCTYPE a><a/>",
        "{}",
        "<?xml version='1.0'?>",
    ],
)
def test_what_is_an_envelope_or_no_xml_is_sent_unaltered(text: str) -> None:
    assert wrap(text, ADDRESS, HEADER) == text
    assert compose(text, ADDRESS, HEADER, "odd.xml") == text.encode()


@pytest.mark.parametrize(
    "start",
    [
        "",
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        "\n\n<!-- about Envelope -->\n",
        "<?xml version='1.0'?><!-- x -->\n\n",
    ],
)
def test_lines_keep_their_numbers_in_the_envelope(start: str) -> None:
    template = start + "<r:Ask xmlns:r='urn:r'>\n  <r:id/>\n</r:Ask>\n"
    payload = open_envelope(wrap(template, ADDRESS, HEADER).encode()).payload
    assert payload is not None
    assert template.splitlines()[(payload[0].sourceline or 0) - 1] == "  <r:id/>"


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        "{urn:riv:infrastructure:itintegration:registry:2}LogicalAddress",
        "{http://www.w3.org/2005/08/addressing}To",
    ],
)
def test_the_address_goes_in_the_header_element_that_the_contract_names(header: str) -> None:
    opened = open_envelope(wrap("<a/>", ADDRESS, header).encode())
    assert [(block.tag, block.text) for block in opened.root[0]] == [(header, ADDRESS)]
    assert opened.address(header) == ADDRESS
    assert opened.address(HEADER) == (ADDRESS if header == HEADER else None)


def test_a_contract_without_a_header_gets_none() -> None:
    opened = open_envelope(wrap("<a/>", ADDRESS, "").encode())
    assert ADDRESS.encode() not in etree.tostring(opened.root)
    assert opened.address("") is None


def test_an_address_is_escaped() -> None:
    assert open_envelope(wrap("<a/>", "A&<B>", HEADER).encode()).address(HEADER) == "A&<B>"


NPM = '<LogicalAddress xmlns="urn:riv:itintegration:registry:1">A</LogicalAddress>'
"""The header part, sent as the body: what npm's soap makes of a WSDL whose message has two parts."""


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "the body is empty"),
        (b"{}", "it is JSON, not XML"),
        (b"<a/>", "XML, but no SOAP envelope: the root element is a"),
        (b"<html><body/></html>", "it is an HTML page, not XML"),
        (b"<Envelope/>", "an Envelope in the namespace “”, not in that of SOAP 1.1"),
        (envelope("<a/>", "http://www.w3.org/2003/05/soap-envelope"), "a SOAP 1.2 message, where RIV-TA is SOAP 1.1"),
        (f'<s:Envelope xmlns:s="{SOAP}"/>'.encode(), "has 0 Body elements, and must have one"),
        (envelope("</s:Body><s:Body>"), "has 2 Body elements, and must have one"),
        (envelope(" <!-- nothing --> "), "the SOAP Body is empty"),
        (envelope(NPM), "the first element of Body is LogicalAddress, which belongs in Header; your client took"),
        (envelope(NPM + "<a/>"), "the first element of Body is LogicalAddress"),
        (envelope("<a/><b/>"), "the SOAP Body holds 2 elements (a, b), and must hold one"),
    ],
)
def test_each_way_of_being_no_soap_message_has_its_own_sentence(body: bytes, what: str) -> None:
    with pytest.raises(Unreadable) as caught:
        open_envelope(body)
    assert what in caught.value.what
    assert caught.value.source


def test_a_message_without_a_header_has_no_address() -> None:
    assert open_envelope(envelope("<a/>")).address(HEADER) is None


@pytest.mark.parametrize("ns", ["", "s:"])
def test_a_fault_is_read_with_or_without_namespaces_and_is_no_payload(ns: str) -> None:
    opened = open_envelope(
        envelope(
            f"<s:Fault><{ns}faultcode>s:Client</{ns}faultcode><{ns}faultstring>VP003 [NTJP] Saknas</{ns}faultstring>"
            f"<{ns}faultactor>urn:me</{ns}faultactor><{ns}detail><detailString>No <b>receiver</b></detailString></{ns}detail></s:Fault>"
        )
    )
    assert opened.fault == FaultFacts("Client", "VP003 [NTJP] Saknas", "No receiver", "urn:me")
    assert opened.payload is None
    assert opened.payload_name == f"{{{SOAP}}}Fault"
    assert result_of(opened, IN_RESULT) is None


def test_an_empty_fault_is_still_a_fault() -> None:
    assert open_envelope(envelope("<s:Fault/>")).fault == FaultFacts("", "", "", "")


@pytest.mark.parametrize(
    ("answer", "grammar", "facts"),
    [
        ("<result><c:resultCode>OK</c:resultCode></result>", IN_RESULT, ResultFacts("OK", "", "", "", "")),
        (
            "<result><c:resultCode> ERROR </c:resultCode><c:errorCode>VALIDATION_ERROR</c:errorCode>\n<c:logId>7</c:logId><c:subCode>PR002</c:subCode><c:message>Nej</c:message></result>",
            IN_RESULT,
            ResultFacts("ERROR", "VALIDATION_ERROR", "7", "PR002", "Nej"),
        ),
        (
            "<resultCode>INFO</resultCode><resultText>så</resultText>",
            ResultGrammar((), "resultCode", text="resultText"),
            ResultFacts("INFO", "", "", "", "så"),
        ),
        (
            "<log><Result><ResultCode>ERROR</ResultCode><errorId>REVOKED</errorId></Result></log>",
            ResultGrammar(("log", "Result"), "ResultCode", "errorId"),
            ResultFacts("ERROR", "REVOKED", "", "", ""),
        ),
        (
            "<result><c:resultCode>O<!-- -->K</c:resultCode><c:message>n<?x?>ej</c:message></result>",
            IN_RESULT,
            ResultFacts("OK", "", "", "", "nej"),
        ),
        ("<result><c:resultCode/></result>", IN_RESULT, ResultFacts("", "", "", "", "")),
        ("<result/><data><resultCode>OK</resultCode></data>", IN_RESULT, None),
        ("<result><c:resultCode>OK</c:resultCode></result>", None, None),
    ],
)
def test_the_result_of_a_response(answer: str, grammar: ResultGrammar | None, facts: ResultFacts | None) -> None:
    opened = open_envelope(envelope(f'<AskResponse xmlns="urn:r" xmlns:c="urn:c">{answer}</AskResponse>'))
    assert result_of(opened, grammar) == facts


@pytest.mark.parametrize(
    ("xpath", "value"),
    [("//r:id/@v", "1"), ("//r:id", "ab"), ("//r:id/text()[1]", "a"), ("count(//r:*)", "2"), ("string(//r:id)", "ab"),
     ("1 div 2", "0.5"), ("boolean(//r:id)", "true"), ("local-name(/soapenv:Envelope)", "Envelope")],
)  # fmt: skip
def test_capture(xpath: str, value: str) -> None:
    root = open_envelope(envelope('<r:Ask xmlns:r="urn:r"><r:id v="1">a<!-- not this -->b</r:id></r:Ask>')).root
    assert capture(root, xpath, {"r": "urn:r"}) == value


def test_capturing_what_is_not_there_is_the_answers_fault() -> None:
    root = open_envelope(envelope("<a><b/><b/></a>")).root
    with pytest.raises(Unreadable, match="finds nothing"):
        capture(root, "//c", {})
    with pytest.raises(Unreadable, match="finds 2"):
        capture(root, "//b", {})


@pytest.mark.parametrize("xpath", ["//x:a", "//[", "nosuch(1)"])
def test_an_xpath_that_is_off_is_the_authors_fault(xpath: str) -> None:
    with pytest.raises(UsageError, match=r"prefixes: soapenv, itr"):
        capture(open_envelope(envelope("<a/>")).root, xpath, {})


def test_the_headers_of_a_call() -> None:
    assert http_headers(contract(), environment(), "c-1") == (
        ("Content-Type", "text/xml; charset=UTF-8"),
        ("SOAPAction", '"urn:riv:d:AskResponder:1:Ask"'),
        ("x-rivta-original-serviceconsumer-hsaid", "SE2321000012-TEST"),
        ("x-skltp-correlation-id", "c-1"),
    )


def test_the_environment_overrides_in_place_and_adds_at_the_end() -> None:
    headers = http_headers(contract(), environment("", {"soapaction": "", "X-Extra": "1"}), "c-1")
    assert [name for name, _ in headers] == ["Content-Type", "soapaction", "x-skltp-correlation-id", "X-Extra"]
    assert with_headers(headers, {}) == headers


@pytest.mark.skipif(not SHARED.exists(), reason="the published sample messages are not beside this checkout")
def test_every_published_sample_opens() -> None:
    samples = sorted((SHARED / "messages").rglob("*.xml"))
    assert len(samples) > 100
    for sample in samples:
        text = sample.read_text(encoding="utf-8-sig")
        assert open_envelope(wrap(text, ADDRESS, HEADER).encode()).payload_name
