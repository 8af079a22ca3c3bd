"""The verdict is about the contract's own schema: a validator that has not heard of a root lets anything pass below it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rivta.contract import Schemas, Wsdl, read_wsdl, validators
from rivta.contract.validators import Libxml
from rivta.model.errors import UsageError
from rivta.text import xml
from thorough import part

PUBLISHED = Path(__file__).parents[1].parent / "shared" / "contracts"
LACKING = "CertificateStatusUpdateForCareInteraction_2.0_RIVTABP21.wsdl"
"""The one published package that lacks its responder schema."""
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
IMPORT = '<xs:import namespace="urn:r" schemaLocation="{}"/>'
ADDRESS = '<xs:import namespace="urn:a" schemaLocation="address.xsd"/>'
ASK = '<xs:element name="Ask"><xs:complexType><xs:sequence><xs:element name="v" type="xs:int"/></xs:sequence></xs:complexType></xs:element>'
RESPONSE = '<xs:element name="AskResponse" type="r:Answer"/>'
ANSWER = (
    '<xs:complexType name="Answer"><xs:sequence><xs:element name="w" type="xs:int"/></xs:sequence></xs:complexType>'
)
WHOLE = ASK + RESPONSE + ANSWER


def schema(content: str, namespace: str = "urn:r") -> str:
    target = f'targetNamespace="{namespace}"' if namespace else ""
    return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:r="urn:r" {target} elementFormDefault="qualified">{content}</xs:schema>'


def contract(folder: Path, types: str, files: dict[str, str], **changed: str) -> Path:
    """A contract with an address in its header, whose WSDL has these types and these files beside it."""
    written = {"address.xsd": schema('<xs:element name="To" type="xs:int"/>', "urn:a"), **files}
    for name, text in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    names = {"request": "r:Ask", "response": "r:AskResponse", "header": "a:To"} | changed
    wsdl = folder / "ask.wsdl"
    wsdl.write_text(f"""\
<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:i="urn:i" xmlns:r="urn:r" xmlns:a="urn:a" targetNamespace="urn:i">
  <w:types>{types}</w:types>
  <w:message name="Q"><w:part name="parameters" element="{names["request"]}"/><w:part name="to" element="{names["header"]}"/></w:message>
  <w:message name="A"><w:part name="parameters" element="{names["response"]}"/></w:message>
  <w:portType name="P"><w:operation name="Ask"><w:input message="i:Q"/><w:output message="i:A"/></w:operation></w:portType>
  <w:binding name="B" type="i:P"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <w:operation name="Ask"><soap:operation soapAction="urn:r:Ask"/>
      <w:input><soap:header message="i:Q" part="to" use="literal"/><soap:body use="literal" parts="parameters"/></w:input>
      <w:output><soap:body use="literal"/></w:output></w:operation></w:binding>
  <w:service name="S"><w:port name="O" binding="i:B"><soap:address location="urn:none"/></w:port></w:service>
</w:definitions>""", encoding="utf-8")  # fmt: skip
    return wsdl


def embedded(*imports: str) -> str:
    return schema("".join((*imports, ADDRESS)), "urn:i")


SPREAD = "urn:r is spread over {}, of which a validator takes the first alone. They were put together in memory."
TWO_FILES = {"ask.xsd": schema(ASK), "answer.xsd": schema(RESPONSE + ANSWER)}
SOUND: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "one file": (embedded(IMPORT.format("ask.xsd")), {"ask.xsd": schema(WHOLE)}, ()),
    "embedded": (schema(WHOLE) + embedded('<xs:import namespace="urn:r"/>'), {}, ()),
    "embedded, imported by nobody": (schema(WHOLE) + embedded(), {}, ()),
    "two imports of one namespace": (embedded(IMPORT.format("ask.xsd"), IMPORT.format("answer.xsd")), TWO_FILES, (SPREAD.format("ask.xsd, answer.xsd"),)),
    "two imports in two embedded schemas": (embedded(IMPORT.format("ask.xsd")) + schema(IMPORT.format("answer.xsd"), "urn:j"), TWO_FILES, (SPREAD.format("ask.xsd, answer.xsd"),)),
    "two embedded schemas of one namespace": (schema(ASK) + schema(RESPONSE + ANSWER) + embedded(), {}, (SPREAD.format("ask.wsdl"),)),
    "an embedded schema and a file": (schema(ASK) + embedded(IMPORT.format("answer.xsd")), TWO_FILES, (SPREAD.format("ask.wsdl, answer.xsd"),)),
    "the type in a third file": (
        embedded(IMPORT.format("ask.xsd"), IMPORT.format("answer.xsd"), IMPORT.format("types.xsd")),
        TWO_FILES | {"answer.xsd": schema(RESPONSE), "types.xsd": schema(ANSWER)},
        (SPREAD.format("ask.xsd, answer.xsd, types.xsd"),),
    ),
    "a file that the other includes": (
        embedded(IMPORT.format("answer.xsd"), IMPORT.format("ask.xsd")),
        {"ask.xsd": schema('<xs:include schemaLocation="answer.xsd"/>' + ASK), "answer.xsd": schema(RESPONSE + ANSWER)},
        (),
    ),
    "files that include each other": (
        embedded(IMPORT.format("ask.xsd"), IMPORT.format("answer.xsd")),
        {"ask.xsd": schema('<xs:include schemaLocation="answer.xsd"/>' + ASK), "answer.xsd": schema('<xs:include schemaLocation="ask.xsd"/>' + RESPONSE + ANSWER)},
        (),
    ),
    "a file that takes its includer's namespace": (
        embedded(IMPORT.format("ask.xsd")),
        {"ask.xsd": schema('<xs:include schemaLocation="answer.xsd"/>' + ASK + RESPONSE), "answer.xsd": schema(ANSWER, "")},
        (),
    ),
    "a file and its copy": (
        embedded(IMPORT.format("ask.xsd"), IMPORT.format("copy/ask.xsd")),
        {"ask.xsd": schema(WHOLE), "copy/ask.xsd": schema(WHOLE)},
        (),
    ),
    "blanks and letters beyond ASCII": (
        embedded(IMPORT.format("två ord/fråga & svar.xsd").replace("&", "&amp;")),
        {"två ord/fråga & svar.xsd": schema('<xs:include schemaLocation="ett svar till é.xsd"/>' + ASK), "två ord/ett svar till é.xsd": schema(RESPONSE + ANSWER)},
        (),
    ),
    "percent-encoded already": (embedded(IMPORT.format("tv%C3%A5%20ord.xsd")), {"två ord.xsd": schema(WHOLE)}, ()),
}  # fmt: skip


def message(payload: str, to: str = "1") -> bytes:
    header = f'<s:Header><a:To xmlns:a="urn:a">{to}</a:To></s:Header>'
    return f'<s:Envelope xmlns:s="{SOAP}" xmlns:r="urn:r">{header}<s:Body>{payload}</s:Body></s:Envelope>'.encode()


VALID = (message("<r:Ask><r:v>1</r:v></r:Ask>"), message("<r:AskResponse><r:w>1</r:w></r:AskResponse>"))
JUNK = (
    message("<r:Ask><junk/></r:Ask>"),
    message("<r:AskResponse><junk/></r:AskResponse>"),
    message("<r:AskResponse/>"),
    message("<r:Ask><r:v>1</r:v></r:Ask>", "<junk/>"),
)


@pytest.mark.parametrize("name", SOUND)
def test_both_validators_know_the_messages_of_the_contract(name: str, tmp_path: Path) -> None:
    types, files, findings = SOUND[name]
    folder = tmp_path / "en mapp på väg"
    folder.mkdir()
    wsdl = read_wsdl(contract(folder, types, files))
    libxml = Libxml(wsdl.schemas)
    for body in VALID:
        assert (
            libxml.complaints(xml.parse(body))
            == validators.complaints_of_xmlschema(wsdl.schemas, xml.parse(body))
            == []
        )
    for body in JUNK:
        assert libxml.complaints(xml.parse(body)), body
        assert validators.complaints_of_xmlschema(wsdl.schemas, xml.parse(body)), body
    assert tuple(each.text.en for each in wsdl.schemas.repairs) == findings


REFUSED: dict[str, tuple[str, dict[str, str], dict[str, str], str, str]] = {
    "an import without a location": (embedded('<xs:import namespace="urn:r"/>'), {}, {}, "no schema of the contract declares {urn:r}Ask, which the message part parameters is", "say in the import of urn:r in which file it lies (schemaLocation)"),
    "no import": (embedded(), {}, {}, "no schema of the contract declares {urn:r}Ask, which the message part parameters is", "import the schema of urn:r"),
    "a misspelt response": (embedded(IMPORT.format("ask.xsd")), {"ask.xsd": schema(WHOLE)}, {"response": "r:AskRespons"}, "no schema of the contract declares {urn:r}AskRespons, which the message part parameters is", "did you mean “AskResponse”?"),
    "a misspelt header": (embedded(IMPORT.format("ask.xsd")), {"ask.xsd": schema(WHOLE)}, {"header": "a:Address"}, "no schema of the contract declares {urn:a}Address, which the message part to is", "known here: To"),
    "a prefix of another namespace": (embedded(IMPORT.format("ask.xsd")), {"ask.xsd": schema(WHOLE)}, {"request": "i:Ask"}, "no schema of the contract declares {urn:i}Ask, which the message part parameters is", "import the schema of urn:i"),
    "a namespace that the file does not have": (embedded(IMPORT.format("ask.xsd")), {"ask.xsd": schema(WHOLE, "urn:R")}, {}, "ask.xsd is imported as “urn:r”, and declares “urn:R”", "a validator would skip it: write the namespace that the file declares"),
    "a misspelt file": (embedded(IMPORT.format("aks.xsd")), {"ask.xsd": schema(WHOLE)}, {}, "there is no file {folder}/aks.xsd", "did you mean “ask.xsd”?"),
    "a document type": (embedded(IMPORT.format("ask.xsd")), {"ask.xsd": "<!DOCTYPE x>" + schema(WHOLE)}, {}, "not readable as XML: a file with a document type declaration (DOCTYPE) is not read: take the declaration away", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_contract_whose_messages_no_schema_declares_is_refused(name: str, tmp_path: Path) -> None:
    types, files, changed, what, todo = REFUSED[name]
    with pytest.raises(UsageError) as caught:
        read_wsdl(contract(tmp_path, types, files, **changed))
    assert (caught.value.what, caught.value.todo or "") == (what.replace("{folder}", str(tmp_path)), todo)
    assert caught.value.source is not None
    assert caught.value.source.path.startswith(str(tmp_path))


def test_without_a_root_neither_validator_compiles(tmp_path: Path) -> None:
    """Whatever came between the files and the validators: they are asked for the elements themselves."""
    wsdl = read_wsdl(contract(tmp_path, embedded(IMPORT.format("ask.xsd")), {"ask.xsd": schema(WHOLE)}))
    documents = dict(wsdl.schemas.documents)
    documents[tmp_path / "ask.xsd"] = schema(ASK).encode()
    lacking = type(wsdl.schemas)(
        wsdl.schemas.files, documents, wsdl.schemas.start, wsdl.schemas.elements, (), digest="another"
    )
    for compiled in (Libxml, validators.compiled):
        with pytest.raises(UsageError, match="does not compile"):
            compiled(lacking)


PATTERNED = '<xs:element name="{}" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="{}"/></xs:restriction></xs:simpleType></xs:element>'
PATTERNS = {
    "^[0-9]{2}$": ("12", "^12$"),
    "^a$|^b$": ("b", "^b$"),
    "^a|b$": ("b", "b$"),
    "^a$|b": ("a", "^a$"),
    "b|^a$": ("a", "^a$"),
    "(^a$|^b$)": ("b", "^b$"),
    "^(a|b)$": ("b", "^b$"),
    "^[|$]$|b": ("$", "^$$"),
    "a|b$": ("b$", "b"),
    "[^a]": ("b", "a"),
    r"\^a\$": ("^a$", "a"),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_anchors_are_taken_from_patterns_that_have_both(pattern: str, tmp_path: Path) -> None:
    right, wrong = PATTERNS[pattern]
    ask = schema(WHOLE.replace('<xs:element name="v" type="xs:int"/>', PATTERNED.format("v", pattern)))
    wsdl = read_wsdl(contract(tmp_path, embedded(IMPORT.format("ask.xsd")), {"ask.xsd": ask}))
    found = Schemas(wsdl)
    assert found.verdict(message(f"<r:Ask><r:v>{right}</r:v></r:Ask>")).valid
    refused = found.verdict(message(f"<r:Ask><r:v>{wrong}</r:v></r:Ask>"))
    assert (refused.valid, refused.disagreement) == (False, None)
    told = f"ask.xsd, line 1: in the pattern {pattern}, ^ and $ mean themselves in XML Schema, so that no value meant is valid. They were taken away in memory."
    assert [each.text.en for each in wsdl.schemas.repairs] == [told] * (pattern not in ("a|b$", "[^a]", r"\^a\$"))


def test_a_blank_beside_a_name_is_taken_away(tmp_path: Path) -> None:
    blank = WHOLE.replace('"v"', '"v "').replace('name="w" type="xs:int"', 'name="w" type=" xs:int"')
    wsdl = read_wsdl(contract(tmp_path, embedded(IMPORT.format("ask.xsd")), {"ask.xsd": schema(blank)}))
    assert all(Schemas(wsdl).verdict(body).valid for body in VALID)
    assert not any(Schemas(wsdl).verdict(body).valid for body in JUNK)
    assert [each.text.en.partition(".")[0] + each.text.en.partition(":")[2] for each in wsdl.schemas.repairs] == [
        f"ask the name “{name}” has a blank beside it. It was taken away in memory." for name in ("v ", " xs:int")
    ]
    assert "v " in (tmp_path / "ask.xsd").read_text(encoding="utf-8")


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published contracts are not in ../shared")
def test_both_validators_know_the_messages_of_every_published_contract() -> None:
    """Compiling says that they know both roots and the address: `test_without_a_root_neither_validator_compiles`.

    xmlschema takes forty times as long as libxml2, so that it compiles the last contract of each domain, of every other one where it
    is not to be thorough.
    """
    by_domain: dict[str, list[Wsdl]] = {}
    for path in sorted(PUBLISHED.rglob("*.wsdl")):
        if path.name == LACKING:
            with pytest.raises(UsageError, match="there is no file"):
                read_wsdl(path)
            continue
        wsdl = read_wsdl(path)
        Libxml(wsdl.schemas)
        by_domain.setdefault(path.relative_to(PUBLISHED).parts[0], []).append(wsdl)
    assert (len(by_domain), sum(map(len, by_domain.values()))) >= (25, 163)
    for *_, wsdl in part(by_domain.values(), 2):
        elements = validators.compiled(wsdl.schemas).maps.elements
        assert {wsdl.request_root, wsdl.response_root, wsdl.header_element} - {None} <= set(elements), wsdl.path


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published contracts are not in ../shared")
def test_what_is_mended_in_the_published_contracts() -> None:
    wanted = {
        "AddMessageToPatientPortalInbox": "infrastructure_eservicesupply_patientportal_1.0.xsd, line 23: in the pattern",
        "AssertCareEngagement": "ehr_accesscontrol_1.0.xsd, line 38: in the pattern",
        "MakeBooking": "crm_scheduling_1.1.xsd, line 66: in the pattern",
        "DiscontinueMedication": "DiscontinueMedicationResponder_2.0.xsd, line 44: the name “medicationPrescriptionSequenceId ”",
    }
    for name, told in wanted.items():
        path = next(path for path in sorted(PUBLISHED.rglob(f"{name}Interaction_*RIVTABP21.wsdl")))
        assert any(each.text.en.startswith(told) for each in read_wsdl(path).schemas.repairs), name
