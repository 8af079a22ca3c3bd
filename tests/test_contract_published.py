"""Our restatement against the published contract: the same components, the same wire, the same verdicts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import product
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import xmlschema
from lxml import etree
from xmlschema.validators import XsdAnyElement, XsdComplexType, XsdElement, XsdGroup

from mutants import Mutant, mutants
from rivta.contract import Schemas, SchemaVerdict, read_wsdl
from thorough import THOROUGH, tried

DOMAIN = "clinicalprocess.activity.request"
ROOT = Path(__file__).parents[1]
OURS = ROOT / "suites" / DOMAIN / "schemas"
SHARED = ROOT.parent / "shared"
PUBLISHED = SHARED / "contracts" / DOMAIN / "schemas"
SAMPLES = SHARED / "messages" / "eremiss"
CONTRACTS = ("ProcessRequest", "ProcessRequestConfirmation", "ProcessRequestOutcome")
NOT_THE_CONTRACTS = {
    "http://www.w3.org/2001/XMLSchema",
    "http://www.w3.org/2001/XMLSchema-instance",
    "http://www.w3.org/XML/1998/namespace",
}
Facts = dict[str, object]
"""What one component says, by its place in the schema."""

pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published contract is not in ../shared")


# --- component by component ------------------------------------------------------------------------------------------


def components(schemas: Path) -> Facts:
    """Every component of the three contracts and of the addressing schema, flat, by place."""
    entrances = [responder_of(schemas, contract) for contract in CONTRACTS]
    return components_from(*entrances, schemas / "core_components" / "itintegration_registry_1.0.xsd")


def components_from(*entrances: Path) -> Facts:
    facts: Facts = {}
    for entrance in entrances:
        schema = xmlschema.XMLSchema10(str(entrance), allow="local", use_fallback=False)
        for namespace, documents in schema.maps.namespaces.items():
            if namespace not in NOT_THE_CONTRACTS:
                facts |= {f"{{{namespace}}}": [document_facts(document) for document in documents]}
        for kind in ("elements", "types", "attributes", "groups", "attribute_groups", "notations"):
            for name, component in getattr(schema.maps, kind).items():
                if not any(name.startswith(f"{{{namespace}}}") for namespace in NOT_THE_CONTRACTS):
                    facts |= described(f"{kind} {name}", component)
    return facts


def responder_of(schemas: Path, contract: str) -> Path:
    return schemas / "interactions" / f"{contract}Interaction" / f"{contract}Responder_2.2.xsd"


def document_facts(document: Any) -> tuple[object, ...]:
    root = document.source.root
    links = sorted(
        (child.tag, child.get("namespace"), child.get("schemaLocation")) for child in root if "import" in str(child.tag)
    )
    forms = ("targetNamespace", "elementFormDefault", "attributeFormDefault", "version", "blockDefault", "finalDefault")
    return (*(root.get(name, "") for name in forms), links)


def described(place: str, component: Any) -> Facts:
    match component:
        case XsdElement():
            return element_facts(place, component)
        case XsdComplexType():
            return complex_facts(place, component)
        case _:
            return simple_facts(place, component)


def element_facts(place: str, element: XsdElement) -> Facts:
    own = {
        "name": element.name,
        "reference": element.ref is not None,
        "occurs": (element.min_occurs, element.max_occurs),
        "nillable": element.nillable,
        "fixed": element.fixed,
        "default": element.default,
        "abstract": element.abstract,
        "block": element.block,
        "final": element.final,
        "substitutes": element.substitution_group,
        "identities": [identity.name for identity in element.identities],
        "type": element.type.name,
    }
    if element.ref is not None or element.type.name is not None:
        return {place: own}
    return {place: own} | described(f"{place}/type", element.type)


def complex_facts(place: str, component: XsdComplexType) -> Facts:
    own = {
        "base": component.base_type.name if component.base_type is not None else None,
        "derivation": component.derivation,
        "mixed": component.mixed,
        "abstract": component.abstract,
        "block": component.block,
        "final": component.final,
        "attributes": sorted(str(name) for name in component.attributes),
    }
    facts: Facts = {place: own}
    for name, attribute in component.attributes.items():
        facts |= attribute_facts(f"{place}/@{name}", attribute)
    if isinstance(component.content, XsdGroup):
        return facts | group_facts(f"{place}/content", component.content)
    return facts | simple_facts(f"{place}/content", component.content)


def attribute_facts(place: str, attribute: Any) -> Facts:
    if not hasattr(attribute, "use"):
        return {place: ("any", sorted(attribute.namespace), attribute.process_contents)}
    own = {
        "use": attribute.use,
        "fixed": attribute.fixed,
        "default": attribute.default,
        "name": attribute.name,
        "type": attribute.type.name,
    }
    return {place: own} | ({} if attribute.type.name else simple_facts(f"{place}/type", attribute.type))


def group_facts(place: str, group: XsdGroup) -> Facts:
    facts: Facts = {place: {"model": group.model, "occurs": (group.min_occurs, group.max_occurs), "size": len(group)}}
    for number, particle in enumerate(group, start=1):
        inner = f"{place}/{number}"
        match particle:
            case XsdGroup():
                facts |= group_facts(inner, particle)
            case XsdAnyElement():
                facts[inner] = {
                    "namespace": list(particle.namespace),
                    "refused": list(particle.not_namespace),
                    "process": particle.process_contents,
                    "occurs": (particle.min_occurs, particle.max_occurs),
                }
            case XsdElement():
                facts |= element_facts(inner, particle)
            case _:
                raise AssertionError(f"{inner}: {particle!r} is not described")
    return facts


def simple_facts(place: str, component: Any) -> Facts:
    own = {
        "class": type(component).__name__,
        "base": component.base_type.name if component.base_type is not None else None,
        "final": component.final,
        "facets": {
            str(tag).rpartition("}")[2]: facet_value(facet) for tag, facet in sorted(component.facets.items(), key=str)
        },
    }
    return {place: own}


def facet_value(facet: Any) -> object:
    for name in ("enumeration", "regexps", "value"):
        if hasattr(facet, name):
            return getattr(facet, name)
    raise AssertionError(f"{facet!r} is not described")


@cache
def published_outcome() -> Facts:
    return components_from(responder_of(PUBLISHED, "ProcessRequestOutcome"))


@cache
def published() -> Facts:
    return components(PUBLISHED)


def kinds(facts: Facts) -> Counter[str]:
    """How many of what was looked at, so that a walk that sees nothing cannot pass."""
    found: Counter[str] = Counter()
    for place, fact in facts.items():
        found["attribute"] += "/@" in place and not place.endswith("/type")
        found["particle"] += bool(re.search(r"/\d+$", place))
        found["wildcard"] += isinstance(fact, dict) and "process" in fact
        found["global type"] += bool(re.fullmatch(r"types [^/]+", place))
        found["global element"] += bool(re.fullmatch(r"elements [^/]+", place))
        found["facet"] += len(fact["facets"]) if isinstance(fact, dict) and "facets" in fact else 0
    return found


def test_every_component_is_equal() -> None:
    ours, theirs = components(OURS), published()
    assert sorted(ours) == sorted(theirs)
    assert [(place, ours[place], theirs[place]) for place in theirs if ours[place] != theirs[place]] == []


def test_the_walk_sees_everything_that_the_files_declare() -> None:
    declared: Counter[str] = Counter()
    for path in PUBLISHED.rglob("*.xsd"):
        root = etree.parse(path).getroot()
        named = {"element": "particle", "any": "wildcard", "attribute": "attribute"}
        for element in root.iter("{*}*"):
            local = etree.QName(element).localname
            is_global = element.getparent() is root
            declared[f"global {local}" if is_global else named.get(local, local)] += 1
    seen = kinds(published())
    assert seen["global element"] == declared["global element"]
    assert seen["global type"] == declared["global complexType"] + declared["global simpleType"]
    assert seen["attribute"] == declared["attribute"]
    assert seen["wildcard"] == declared["wildcard"]
    assert seen["particle"] == declared["particle"] + declared["wildcard"] + declared["choice"]
    assert len(published()) >= 350


CORE = "core_components/clinicalprocess_activity_request_2.2.xsd"
CODES = "core_components/codes_2.2.xsd"
RESPONDER = "interactions/ProcessRequestOutcomeInteraction/ProcessRequestOutcomeResponder_2.2.xsd"
ANY = '<xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>'
CHANGES = {
    "length": (CORE, '<xs:maxLength value="216"/>', '<xs:maxLength value="217"/>'),
    "pattern": (CORE, r"\d{4,6}", r"\d{4,5}"),
    "enumeration": (CODES, 'value="AVB"', 'value="AVX"'),
    "enumeration removed": (CORE, '<xs:enumeration value="INFO"/>', ""),
    "facet removed": (CORE, '<xs:maxLength value="27"/>', ""),
    "base": (CODES, '<xs:restriction base="xs:int">', '<xs:restriction base="xs:integer">'),
    "at least": (CORE, 'name="careOf" minOccurs="0"', 'name="careOf"'),
    "at most": (CORE, 'minOccurs="0" maxOccurs="2"', 'minOccurs="0" maxOccurs="3"'),
    "element type": (CORE, 'name="validity" type="t:TimeIntervalType"', 'name="validity" type="t:DateType"'),
    "element name": (CORE, 'name="costCenter"', 'name="costcenter"'),
    "order": (
        CORE,
        '<xs:element name="code" type="xs:string"/>\n      <xs:element name="codeSystem" type="xs:string"/>',
        '<xs:element name="codeSystem" type="xs:string"/>\n      <xs:element name="code" type="xs:string"/>',
    ),
    "nillable": (CORE, 'name="questionFormulation"', 'name="questionFormulation" nillable="true"'),
    "default": (CORE, 'name="careResponsibilityRemains"', 'name="careResponsibilityRemains" default="true"'),
    "attribute use": (CORE, '<xs:attribute name="root" use="required">', '<xs:attribute name="root">'),
    "attribute name": (CORE, '<xs:attribute name="low">', '<xs:attribute name="lower">'),
    "wildcard removed": (RESPONDER, ANY, ""),
    "wildcard process": (RESPONDER, 'processContents="lax"', 'processContents="skip"'),
    "wildcard namespace": (RESPONDER, 'namespace="##other"', 'namespace="urn:example:only"'),
    "wildcard occurrence": (RESPONDER, f"{ANY}", ANY.replace("unbounded", "9")),
    "reference": (RESPONDER, 'ref="core:requestOutcome"', 'name="requestOutcome" type="core:RequestOutcomeType"'),
    "global element": (CORE, '<xs:element name="personId" type="t:PersonIdType"/>\n\n', "\n"),
    "mixed": (CORE, '<xs:complexType name="RecipientType">', '<xs:complexType name="RecipientType" mixed="true">'),
    "choice": (CORE, "xs:choice>", "xs:sequence>"),
    "form": (CORE, 'elementFormDefault="qualified"', 'elementFormDefault="unqualified"'),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_single_change_is_noticed(change: str, tmp_path: Path) -> None:
    copied = copytree(OURS, tmp_path / "schemas")
    name, old, new = CHANGES[change]
    text = (copied / name).read_text(encoding="utf-8")
    assert old in text, "the change no longer fits the schema"
    (copied / name).write_text(text.replace(old, new), encoding="utf-8")
    changed = components_from(responder_of(copied, "ProcessRequestOutcome"))  # it reaches each of the files
    assert changed != published_outcome()


# --- what is on the wire -------------------------------------------------------------------------------------------


def test_the_file_layout_is_that_of_the_release_package() -> None:
    assert files_below(OURS) == files_below(PUBLISHED)


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def wsdl_of(schemas: Path, contract: str) -> Path:
    return schemas / "interactions" / f"{contract}Interaction" / f"{contract}Interaction_2.2_RIVTABP21.wsdl"


def canonical(element: etree._Element) -> Iterator[object]:
    """A WSDL's elements with resolved names, less what is only said to people and the address, which is an example."""
    for child in element.iterchildren("*"):
        local = etree.QName(child).localname
        if local not in {"documentation", "annotation", "address"}:
            yield (
                child.tag,
                sorted((name, resolved(child, str(name), str(value))) for name, value in child.attrib.items()),
                list(canonical(child)),
            )


def resolved(element: etree._Element, name: str, value: str) -> str:
    if name in {"message", "element", "type", "binding"}:
        prefix, _, local = value.partition(":")
        return f"{{{element.nsmap[prefix]}}}{local}"
    return value


def in_any_order(tree: Iterator[object]) -> list[str]:
    """Imports may stand in any order; parts, header and body are compared as they stand."""
    return sorted(map(repr, tree))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_wsdl_says_the_same(contract: str) -> None:
    ours, theirs = (etree.parse(wsdl_of(schemas, contract)).getroot() for schemas in (OURS, PUBLISHED))
    assert dict(ours.attrib) == dict(theirs.attrib)
    assert in_any_order(canonical(ours)) == in_any_order(canonical(theirs))
    assert len(in_any_order(canonical(ours))) == 6  # types, two messages, port type, binding, service


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_facts_read_are_those_of_the_published_wsdl(contract: str) -> None:
    own_business = {"path", "schemas"}
    ours, theirs = (read_wsdl(wsdl_of(schemas, contract)) for schemas in (OURS, PUBLISHED))
    for name in {each.name for each in fields(ours)} - own_business:
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.soap_action == f"urn:riv:clinicalprocess:activity:request:{contract}Responder:2:{contract}"
    assert ours.header_element == "{urn:riv:itintegration:registry:1}LogicalAddress"
    assert ours.schemas.digest != theirs.schemas.digest


def test_our_words_are_our_own() -> None:
    published_words = set(words_of(PUBLISHED))
    assert [text for text in words_of(OURS) if text in published_words] == []


def words_of(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.*")):
        for node in etree.parse(path).iter():
            is_said = isinstance(node, etree._Comment) or etree.QName(node).localname == "documentation"
            text = " ".join((node.text or "").split()) if is_said else ""
            if text:
                yield text


# --- the same verdicts ----------------------------------------------------------------------------------------------


@cache
def validators(contract: str) -> tuple[Schemas, Schemas]:
    return Schemas(read_wsdl(wsdl_of(OURS, contract))), Schemas(read_wsdl(wsdl_of(PUBLISHED, contract)))


def samples() -> list[Path]:
    return sorted(SAMPLES.glob("*.xml"))


def contract_of(sample: Path) -> str:
    return sample.name.partition("_")[0]


def outcome(verdict: SchemaVerdict) -> tuple[object, ...]:
    places = [(complaint.path, complaint.line, complaint.by) for complaint in verdict.complaints]
    return verdict.valid, bool(verdict.disagreement), places


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.stem)
def test_a_valid_sample_is_valid_to_both(sample: Path) -> None:
    ours, theirs = (schemas.verdict(sample.read_bytes()) for schemas in validators(contract_of(sample)))
    assert ours.complaints == theirs.complaints == ()
    assert ours.valid
    assert theirs.valid


def test_there_are_samples_of_every_contract_and_direction() -> None:
    found = {(contract_of(sample), sample.stem.split("_")[1]) for sample in samples()}
    assert found == set(product(CONTRACTS, ("request", "response")))


STRIDE = 5 if THOROUGH else 25
"""Each sample's mutants, thinned so that the test stays short; prime to the number of operators."""


def test_every_mutant_gets_the_same_verdict() -> None:
    verdicts: Counter[bool] = Counter()
    different: list[str] = []
    for sample in samples():
        ours, theirs = validators(contract_of(sample))
        for mutant in mutants(sample.read_bytes(), every=STRIDE):
            verdict = ours.verdict(mutant.body)
            verdicts[verdict.valid] += 1
            if outcome(verdict) != outcome(theirs.verdict(mutant.body)):
                different.append(f"{sample.stem} {mutant.name}")
    assert different == []
    assert verdicts.total() >= tried(300, 5)
    assert min(verdicts[True], verdicts[False]) >= tried(100, 5), verdicts


def test_the_mutator_is_deterministic_and_makes_no_two_alike_of_a_name() -> None:
    body = samples()[0].read_bytes()
    first: list[Mutant] = list(mutants(body))
    assert first == list(mutants(body))
    assert len({mutant.name for mutant in first}) == len(first)
    assert all(mutant.body != body for mutant in first)
