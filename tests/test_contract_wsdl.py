"""WSDL facts against zeep on every published file; the schema set, its repairs, its digest and its refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from rivta.contract import Schemas, read_wsdl, validators
from rivta.contract.validators import Libxml, OwnFilesOnly
from rivta.contract.wsdl import collect
from rivta.model.errors import UsageError
from rivta.text import xml
from thorough import THOROUGH, part

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "suites" / "clinicalprocess.activity.request" / "schemas"
REQUEST = "interactions/ProcessRequestInteraction/ProcessRequestInteraction_2.2_RIVTABP21.wsdl"
RESPONDER = "interactions/ProcessRequestInteraction/ProcessRequestResponder_2.2.xsd"
PUBLISHED = ROOT.parent / "shared" / "contracts"
PRESCRIBE = PUBLISHED / "clinicalprocess.activityprescription.prescribe" / "schemas"
FHIR = "http://hl7.org/fhir"

needs_published = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published contracts are not in ../shared")


@needs_published
def test_zeep_reads_the_same_facts_from_every_published_wsdl() -> None:
    """One test, not a parameter a file: zeep's loading is what takes time, and a list of differences says as much."""
    different, agreed, refused = [], 0, []
    for path in part(sorted(PUBLISHED.rglob("*.wsdl")), 4):
        theirs = zeep_facts(path)
        if theirs is None:
            refused.append(path)
            with pytest.raises(UsageError, match="there is no file"):
                read_wsdl(path)
            continue
        ours = read_wsdl(path)
        facts = (ours.soap_action, ours.operation, ours.request_root, ours.response_root, ours.header_element)
        agreed += facts == theirs
        if facts != theirs:
            different.append((path.name, facts, theirs))
    assert different == []
    assert agreed >= (150 if THOROUGH else 38)
    assert len(refused) <= 1, "a published package that lacks its responder schema"


def zeep_facts(path: Path) -> tuple[str, str, str, str, str | None] | None:
    """SOAPAction, operation, body elements and header element as zeep has them; None where a file is missing."""
    import zeep  # noqa: PLC0415 (0.3 s at import; only this test needs it)

    try:
        wsdl = zeep.Client(str(path)).wsdl  # type: ignore[no-untyped-call]  # zeep ships no types
    except FileNotFoundError:
        return None
    (binding,) = wsdl.bindings.values()
    ((name, operation),) = binding._operations.items()
    header = (
        [element.qname.text for _, element in operation.input.header.type.elements] if operation.input.header else []
    )
    response = operation.output.body.qname.text
    return operation.soapaction, name, operation.input.body.qname.text, response, header[0] if header else None


@pytest.mark.skipif(not PRESCRIBE.is_dir(), reason="the prescribe package is not in ../shared")
def test_a_missing_import_is_repaired_and_reported() -> None:
    wsdls = sorted(PRESCRIBE.rglob("*.wsdl"))
    assert len(wsdls) == 15
    for path in wsdls:
        wsdl = read_wsdl(path)
        assert len([each for each in wsdl.schemas.repairs if FHIR in each.text.en]) == 21, path.name
    validators.complaints_of_xmlschema(
        wsdl.schemas, xml.parse(b"<x/>")
    )  # the last one compiles in xmlschema too, or this raises


def test_a_repair_is_in_memory_only_and_outside_the_digest(tmp_path: Path) -> None:
    wsdl = copied(tmp_path)
    responder = tmp_path / "schemas" / RESPONDER
    broken = without_import(responder)
    found = read_wsdl(wsdl)
    assert [repair.path for repair in found.schemas.repairs] == [responder]
    (repair,) = found.schemas.repairs
    assert repair.text.en == (
        "ProcessRequestResponder_2.2.xsd uses urn:riv:clinicalprocess:activity:request:2 without an xs:import. "
        "The import of clinicalprocess_activity_request_2.2.xsd was inserted in memory."
    )
    assert "ProcessRequestResponder_2.2.xsd" in repair.text.sv
    assert responder.read_bytes() == broken
    assert found.schemas.digest == collect(wsdl).digest


def copied(folder: Path) -> Path:
    return copytree(SCHEMAS, folder / "schemas") / REQUEST


def without_import(responder: Path) -> bytes:
    """Take the responder's import of the core types away, and let the WSDL import them, so that they are in the set."""
    text = responder.read_text(encoding="utf-8")
    start, end = text.index("  <xs:import"), text.index("  <xs:element")
    responder.write_text(text[:start] + text[end:], encoding="utf-8")
    wsdl = responder.parent / Path(REQUEST).name
    added = (
        '<xs:import namespace="urn:riv:clinicalprocess:activity:request:2" '
        'schemaLocation="../../core_components/clinicalprocess_activity_request_2.2.xsd"/></xs:schema>'
    )
    wsdl.write_text(wsdl.read_text(encoding="utf-8").replace("</xs:schema>", added), encoding="utf-8")
    return responder.read_bytes()


def test_a_sound_package_has_no_findings() -> None:
    wsdl = read_wsdl(SCHEMAS / REQUEST)
    assert wsdl.schemas.repairs == ()


def test_the_set_is_the_wsdl_and_what_it_reaches() -> None:
    names = [path.name for path in read_wsdl(SCHEMAS / REQUEST).schemas.files]
    assert names == [
        "ProcessRequestInteraction_2.2_RIVTABP21.wsdl",
        "clinicalprocess_activity_request_2.2.xsd",
        "codes_2.2.xsd",
        "itintegration_registry_1.0.xsd",
        "ProcessRequestResponder_2.2.xsd",
    ]


def test_the_digest_follows_content_and_layout_and_not_the_place(tmp_path: Path) -> None:
    here = collect(SCHEMAS / REQUEST).digest
    wsdl = copied(tmp_path)
    assert collect(wsdl).digest == here
    codes = tmp_path / "schemas/core_components/codes_2.2.xsd"
    codes.write_bytes(codes.read_bytes() + b"\n")
    assert collect(wsdl).digest != here


def test_a_missing_schema_is_shown_where_it_is_named(tmp_path: Path) -> None:
    wsdl = copied(tmp_path)
    (tmp_path / "schemas/core_components/codes_2.2.xsd").unlink()
    with pytest.raises(UsageError) as caught:
        read_wsdl(wsdl)
    assert "there is no file" in str(caught.value)
    assert caught.value.source is not None
    assert caught.value.source.text[caught.value.source.column - 1 :].startswith("codes_2.2.xsd")


@pytest.mark.parametrize(
    "location", ["http://example.invalid/core.xsd", "//host/core.xsd", "ftp://example.invalid/core.xsd"]
)
def test_nothing_is_fetched(location: str, tmp_path: Path) -> None:
    wsdl = copied(tmp_path)
    core = tmp_path / "schemas/core_components/clinicalprocess_activity_request_2.2.xsd"
    core.write_text(core.read_text(encoding="utf-8").replace('"codes_2.2.xsd"', f'"{location}"'), encoding="utf-8")
    with pytest.raises(UsageError, match="is not a file of the package") as caught:
        read_wsdl(wsdl)
    assert caught.value.source is not None
    assert caught.value.source.path == str(core)


def test_the_resolver_refuses_what_is_not_in_the_set() -> None:
    whole = collect(SCHEMAS / REQUEST)
    lacking = {path: content for path, content in whole.documents.items() if path.name != "codes_2.2.xsd"}
    with pytest.raises(UsageError, match=r"does not compile: .*codes_2\.2\.xsd"):
        Libxml(replace(whole, documents=lacking))
    for url in ("http://example.invalid/x.xsd", None):
        with pytest.raises(UsageError, match="reaches for"):
            OwnFilesOnly(whole.documents).resolve(url, None, None)


def test_a_folder_with_blanks_and_letters_beyond_ascii_is_no_obstacle(tmp_path: Path) -> None:
    wsdl = copied(tmp_path / "två ord & en %41")
    schemas = Schemas(read_wsdl(wsdl))
    body = b'<r:ProcessRequestResponse xmlns:r="urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2"/>'
    verdict = schemas.verdict(body)
    assert [complaint.by for complaint in verdict.complaints] == ["lxml"]
    assert verdict.disagreement is None


BROKEN = {
    "no WSDL": (r"<wsdl:definitions", "<wsdl:other", "is no WSDL 1.1 file"),
    "no action": ('soapAction="', 'soapaction="', "does not have the attribute soapAction"),
    "no binding": ("wsdl:binding", "wsdl:bond", "does not have wsdl:binding"),
    "two ports": ("<wsdl:service", "<wsdl:service/><wsdl:service", "just once, but 2 times"),
    "unknown message": ('message="i:ProcessRequestRequest"', 'message="i:Nowhere"', "does not have the message Nowhere"),
    "unknown part": ('parts="parameters"', 'parts="other"', "does not have the part other"),
    "no part": ('<wsdl:part name="parameters" element="r:ProcessRequestResponse"/>', "", "does not have a part for the body"),
    "unknown operation": ('<wsdl:operation name="ProcessRequest">\n      <wsdl', '<wsdl:operation name="X">\n      <wsdl', "does not have the operation"),
    "no schema": ("xs:schema", "xs:schemas", "embeds no schema"),
}  # fmt: skip


@pytest.mark.parametrize("change", BROKEN)
def test_a_broken_wsdl_is_told_in_a_sentence(change: str, tmp_path: Path) -> None:
    wsdl = copied(tmp_path)
    old, new, said = BROKEN[change]
    text = wsdl.read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new)
    wsdl.write_text(
        text.replace("</wsdl:definitions>", "</wsdl:other>") if change == "no WSDL" else text, encoding="utf-8"
    )
    with pytest.raises(UsageError, match=said) as caught:
        read_wsdl(wsdl)
    assert caught.value.source is not None
    assert caught.value.source.path == str(wsdl)


def test_a_schema_that_is_no_xml_or_does_not_compile_is_told_with_its_place(tmp_path: Path) -> None:
    wsdl = copied(tmp_path)
    codes = tmp_path / "schemas/core_components/codes_2.2.xsd"
    sound = codes.read_text(encoding="utf-8")
    codes.write_text(sound.replace("codeForGenderType_values", "nowhere", 1), encoding="utf-8")
    with pytest.raises(UsageError, match="does not compile") as caught:
        Schemas(read_wsdl(wsdl))
    assert caught.value.source is not None
    assert caught.value.source.path == str(codes)
    for _ in range(2):  # that a schema is not sound is found each time
        with pytest.raises(UsageError, match="does not compile in xmlschema"):
            validators.complaints_of_xmlschema(collect(wsdl), xml.parse(b"<x/>"))
    codes.write_text(sound[:400], encoding="utf-8")
    with pytest.raises(UsageError, match="not readable as XML"):
        read_wsdl(wsdl)


def test_a_wsdl_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_wsdl(tmp_path / "none.wsdl")
