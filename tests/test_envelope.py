"""The SOAP 1.1 envelope itself: each thing that its schema or prose forbids is told in its place, and nothing else is."""

import pytest
from lxml import etree

from rivta.contract import envelope
from rivta.contract.envelope import SOAP
from rivta.contract.message import open_envelope
from rivta.model.errors import Unreadable
from rivta.text import xml

ADDRESS = "{urn:riv:itintegration:registry:1}LogicalAddress"
BLOCK = '<itr:LogicalAddress xmlns:itr="urn:riv:itintegration:registry:1"{}>SE1</itr:LogicalAddress>'
HEADER = f"<s:Header>{BLOCK.format('')}</s:Header>"
BODY = '<s:Body><r:Ask xmlns:r="urn:r"/></s:Body>'
UNKNOWN = '<x:t xmlns:x="urn:x" s:mustUnderstand="{}"{}>1</x:t>'


def message(content: str = HEADER + BODY, attributes: str = "") -> str:
    return f'<s:Envelope xmlns:s="{SOAP}"{attributes}>{content}</s:Envelope>'


def header(block: str) -> str:
    return message(f"<s:Header>{block}</s:Header>{BODY}")


def told(text: str, *understood: str) -> list[tuple[str, str]]:
    root = xml.parse(text.encode())
    return [(each.path, each.message.partition(" (")[0]) for each in envelope.complaints(root, understood)]


LEGAL = {
    "plain": message(),
    "no header": message(BODY),
    "empty header": message("<s:Header/>" + BODY),
    "comments and white space": "<!-- a -->" + message(f"\n<!-- b -->{HEADER}\n<!-- c -->{BODY}\n") + "<!-- d -->",
    "attributes of a namespace": message(attributes=' xmlns:x="urn:x" x:y="1"'),
    "attribute on the body": message(BODY.replace("<s:Body", '<s:Body Id="a"')),
    "a known block, understood": header(BLOCK.format(' s:mustUnderstand="1"')),
    "a known block that need not be": header(BLOCK.format(' s:mustUnderstand="0"')),
    "an unknown block that need not be": header(UNKNOWN.format("0", "")),
    "an unknown block for somebody else": header(UNKNOWN.format("1", ' s:actor="urn:someone"')),
    "encodingStyle further in": message(BODY.replace("<r:Ask", f'<r:Ask s:encodingStyle="{SOAP}"')),
    "a fault": message("<s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault></s:Body>"),
    "no envelope": '<r:Ask xmlns:r="urn:r">text<?pi?></r:Ask>',
}  # fmt: skip


@pytest.mark.parametrize("name", LEGAL)
def test_what_soap_allows_is_not_complained_of(name: str) -> None:
    assert told(LEGAL[name], ADDRESS) == []


E = "/s:Envelope"
ILLEGAL = {
    "instruction before": ("<?pi a?>" + message(), "/processing-instruction()", "A SOAP message must not hold processing instructions: pi"),
    "instruction within": (message(HEADER + BODY.replace("/>", "><?pi?></r:Ask>")), f"{E}/s:Body/r:Ask/processing-instruction()", "A SOAP message must not hold processing instructions: pi"),
    "instruction after": (message() + "<?pi?>", "/processing-instruction()", "A SOAP message must not hold processing instructions: pi"),
    "header after body": (message(BODY + HEADER), f"{E}/s:Header", "Header stands after Body, and must be the envelope's first element"),
    "two headers": (message(HEADER + HEADER + BODY), f"{E}/s:Header[2]", "The envelope has a second Header"),
    "two bodies": (message(BODY + BODY), f"{E}/s:Body[2]", "The envelope has a second Body"),
    "something after body": (message(BODY + '<x:y xmlns:x="urn:x"/>'), f"{E}/x:y", "y must not stand after Body"),
    "something before body": (message('<x:y xmlns:x="urn:x"/>' + BODY), f"{E}/x:y", "y must not stand before Body: there may be a Header there and nothing else"),
    "unqualified attribute": (message(attributes=' a="1"'), f"{E}/@a", "Envelope must not have an attribute without a namespace: a"),
    "unqualified attribute of the header": (message(HEADER.replace("<s:Header", '<s:Header a="1"') + BODY), f"{E}/s:Header/@a", "Header must not have an attribute without a namespace: a"),
    "encoding style": (message(attributes=' s:encodingStyle=""'), f"{E}/@soapenv:encodingStyle", "Envelope must not have soapenv:encodingStyle"),
    "encoding style of the body": (message(BODY.replace("<s:Body", '<s:Body s:encodingStyle=""')), f"{E}/s:Body/@soapenv:encodingStyle", "Body must not have soapenv:encodingStyle"),
    "encoding style of a fault": (message('<s:Body><s:Fault s:encodingStyle=""/></s:Body>'), f"{E}/s:Body/s:Fault/@soapenv:encodingStyle", "Fault must not have soapenv:encodingStyle"),
    "block without a namespace": (header("<y/>"), f"{E}/s:Header/y", "y has no namespace, as every element in Header must"),
    "mustUnderstand in words": (header(BLOCK.format(' s:mustUnderstand="yes"')), f"{E}/s:Header/itr:LogicalAddress/@soapenv:mustUnderstand", "soapenv:mustUnderstand on LogicalAddress must be 0 or 1"),
    "an unknown block that must be understood": (header(UNKNOWN.format("1", "")), f"{E}/s:Header/x:t", "t must be understood"),
    "an unknown block for the next": (header(UNKNOWN.format("1", ' s:actor="http://schemas.xmlsoap.org/soap/actor/next"')), f"{E}/s:Header/x:t", "t must be understood"),
    "text in the envelope": (message("hello" + BODY), E, "Envelope must hold elements only, no text."),
    "text in the header": (message(f"<s:Header>hello</s:Header>{BODY}"), f"{E}/s:Header", "Header must hold elements only, no text."),
    "text in the body": (message(BODY.replace("</s:Body>", " hello </s:Body>")), f"{E}/s:Body", "Body must hold elements only, no text."),
}  # fmt: skip


@pytest.mark.parametrize("name", ILLEGAL)
def test_what_soap_forbids_is_told_in_its_place(name: str) -> None:
    text, path, words = ILLEGAL[name]
    assert told(text, ADDRESS) == [(path, words)]


def test_what_a_call_may_demand_an_answer_may_not() -> None:
    """The address block is known to whoever is called; an answer has no block that its receiver must know."""
    assert told(header(BLOCK.format(' s:mustUnderstand="1"'))) == [
        (f"{E}/s:Header/itr:LogicalAddress", "LogicalAddress must be understood")
    ]


def test_a_complaint_says_who_and_where_in_both_languages() -> None:
    [complaint] = envelope.complaints(etree.fromstring(message("\n" + BODY + "\n" + HEADER)))
    assert (complaint.by, complaint.line) == ("soap", 3)
    assert complaint.text.sv == "Header står efter Body, och ska vara kuvertets första element (SOAP 1.1 avsnitt 4)."


@pytest.mark.parametrize("body", ["", "<s:Header/>"])
def test_an_envelope_without_a_body_is_no_message(body: str) -> None:
    with pytest.raises(Unreadable, match="has 0 Body elements"):
        open_envelope(message(body).encode())
