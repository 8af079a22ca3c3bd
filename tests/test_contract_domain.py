"""domain.yaml: what it becomes, and every mistake with its caret."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from rivta.contract import find_domains, read_domain, read_domains
from rivta.model.domain import ResultGrammar
from rivta.model.errors import Mistakes, UsageError
from rivta.model.words import Direction, Level, Text

ROOT = Path(__file__).parents[1]
SUITES = ROOT / "suites"
DOMAIN = SUITES / "clinicalprocess.activity.request"
ALWAYS = {"soapenv": "http://schemas.xmlsoap.org/soap/envelope/", "itr": "urn:riv:itintegration:registry:1"}
CHECKS = ("schema", "rules")
PLAIN = """\
domain: clinicalprocess.activity.request
version: 2.2
title: {sv: Elektronisk remiss, en: Electronic referral}
origin: restatement
sources: {TKB: {sv: Beskrivningen, en: The description}}
contracts:
  - name: ProcessRequest
    version: "2.2"
    title: {sv: Remiss, en: Referral}
    wsdl: schemas/interactions/ProcessRequestInteraction/ProcessRequestInteraction_2.2_RIVTABP21.wsdl
    rules: {request: rules-request.sch}
    max-ms: 2000
roles:
  remissmottagare: {title: {sv: Mottagare, en: Recipient}, produces: [ProcessRequest], consumes: []}
every-case: {schema: GEN-SCHEMA}
every-received: {rules: BR-6}
namespaces: {c: "urn:riv:clinicalprocess:activity:request:2"}
facts: {patient: "string(//c:personId/@extension)"}
preconditions:
  open-referral: {text: {sv: En remiss., en: A referral.}, data: [referrals.open]}
requirements:
  - {id: GEN-SCHEMA, text: {sv: Schemat följs., en: The schema is followed.}, level: must, source: "TKB 6"}
  - {id: BR-6, text: {sv: Samtycke., en: Consent.}, level: may, source: "TKB 5", not-tested: {sv: Ej., en: Cannot.}}
"""


def domain_folder(folder: Path, text: str = PLAIN) -> Path:
    copytree(DOMAIN / "schemas", folder / "schemas")
    (folder / "rules-request.sch").write_text("<schema xmlns='http://purl.oclc.org/dsdl/schematron'/>")
    (folder / "domain.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_domain_becomes_nouns(tmp_path: Path) -> None:
    domain = read_domain(domain_folder(tmp_path))
    contract = domain.contracts["ProcessRequest"]
    assert (domain.name, domain.version, domain.folder) == ("clinicalprocess.activity.request", "2.2", tmp_path)
    assert domain.title == Text("Elektronisk remiss", "Electronic referral")
    assert domain.sources == {"TKB": Text("Beskrivningen", "The description")}
    assert domain.every_case == {"schema": "GEN-SCHEMA"}
    assert domain.every_received == {"rules": "BR-6"}
    assert domain.facts == {"patient": "string(//c:personId/@extension)"}
    assert domain.namespaces == ALWAYS | {"c": "urn:riv:clinicalprocess:activity:request:2"}
    assert domain.roles["remissmottagare"].produces == (f"{domain.name}/ProcessRequest@2",)
    assert domain.roles["remissmottagare"].consumes == ()
    assert domain.preconditions["open-referral"].data == ("referrals.open",)
    assert contract.domain == domain.name
    assert contract.namespace == "urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2"
    assert contract.soap_action == f"{contract.namespace}:ProcessRequest"
    assert (contract.request_root, contract.response_root) == ("ProcessRequest", "ProcessRequestResponse")
    assert [each.path for each in contract.rules[Direction.REQUEST]] == [tmp_path / "rules-request.sch"]
    assert (contract.max_ms, contract.origin, len(contract.digest)) == (2000, "restatement", 64)
    assert contract.wsdl.is_absolute()


def test_a_fact_may_have_a_role_whatever_it_is_called(tmp_path: Path) -> None:
    facts = "facts: {who: {xpath: //c:personId/@extension, role: patient}, what: //c:a}"
    text = PLAIN.replace('facts: {patient: "string(//c:personId/@extension)"}', facts)
    domain = read_domain(domain_folder(tmp_path, text))
    assert domain.facts == {"who": "//c:personId/@extension", "what": "//c:a"}
    assert domain.fact("patient") == "//c:personId/@extension"
    assert domain.said("patient", {"who": "191212121212", "patient": "nobody"}) == "191212121212"
    assert (domain.fact("kind"), domain.said("kind", {"kind": "NR"})) == ("", "")


def test_a_result_may_be_said_for_the_domain_and_for_a_contract(tmp_path: Path) -> None:
    def result(text: str) -> ResultGrammar | None:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return read_domain(domain_folder(folder, text)).contracts["ProcessRequest"].result

    of_domain = PLAIN.replace("facts:", "result: {invalid: APPLICATION_ERROR}\nfacts:")
    found, said = result(PLAIN), result(of_domain)
    assert found is not None
    assert said == replace(found, invalid="APPLICATION_ERROR")
    assert result(of_domain.replace("max-ms: 2000", "max-ms: 2000\n    result: none")) is None


def test_a_requirement_keeps_its_place_and_its_reason(tmp_path: Path) -> None:
    requirements = read_domain(domain_folder(tmp_path)).requirements
    assert list(requirements) == ["GEN-SCHEMA", "BR-6"]
    assert requirements["GEN-SCHEMA"].level is Level.MUST
    assert requirements["GEN-SCHEMA"].not_tested is None
    assert requirements["BR-6"].not_tested == Text("Ej.", "Cannot.")
    assert requirements["BR-6"].reference == "TKB 5"
    source = requirements["BR-6"].source
    assert source is not None
    assert (source.path, source.line) == (
        str(tmp_path / "domain.yaml"),
        PLAIN[: PLAIN.index("id: BR-6")].count("\n") + 1,
    )


def test_what_may_be_left_out(tmp_path: Path) -> None:
    start, end = PLAIN.index("every-case"), PLAIN.index("requirements")
    domain = read_domain(domain_folder(tmp_path, PLAIN[:start] + PLAIN[end:]))
    assert domain.every_case == {}
    assert domain.every_received == {}
    assert domain.facts == {}
    assert domain.namespaces == ALWAYS
    assert domain.preconditions == {}


WRONG = {
    "a prefix of when": ("request: rules-request.sch", "request: [{file: rules-request.sch, when: //d:a}]", "the prefix “d” is not declared under namespaces", "d:a", "known here: c, itr, soapenv"),
    "requirement of rules": ("request: rules-request.sch", "request: {file: rules-request.sch, requirement: BR-7}", "there is no requirement BR-7", "BR-7}", "BR-6"),
    "rules file": ("rules-request.sch}", "rules-reqest.sch}", "there is no file", "rules-reqest.sch", "rules-request.sch"),
    "wsdl file": ("ProcessRequestInteraction_2.2", "ProcesRequestInteraction_2.2", "there is no file", "schemas/", "ProcessRequestInteraction_2.2_RIVTABP21.wsdl"),
    "requirement twice": ("id: BR-6", "id: GEN-SCHEMA", "GEN-SCHEMA is there twice", "GEN-SCHEMA, text: {sv: Samtycke", "line 22"),
    "unknown requirement": ("schema: GEN-SCHEMA", "schema: GEN-SCHEM", "there is no requirement GEN-SCHEM", "GEN-SCHEM}", "GEN-SCHEMA"),
    "unknown requirement of a received message": ("rules: BR-6", "rules: BR-7", "there is no requirement BR-7", "BR-7}", "BR-6"),
    "unknown check": ("{schema: GEN", "{shema: GEN", "there is no kind of check called shema", "shema: GEN", "schema"),
    "unknown check of a received message": ("{rules: BR", "{rule: BR", "there is no kind of check called rule", "rule: BR", "rules"),
    "a prefix of a fact": ("//c:personId", "//d:personId", "the prefix “d” is not declared under namespaces", "d:personId", "known here: c, itr, soapenv"),
    "no XPath": ("@extension)", "@extension", "this is no XPath expression", '"string(', "it is XPath 1.0"),
    "a function that nobody knows": ("string(//", "strong(//", "unregistered function", '"strong(', "it is XPath 1.0"),
    "a fact that the address is": ("facts: {patient:", "facts: {address:", "“address” stands here; a fact’s name", "address:", ""),
    "a role that no fact has": ('"string(//c:personId/@extension)"', "{xpath: //c:personId, role: pateint}", "one of patient, kind, message-id, recipient is", "pateint", "patient"),
    "a role that another fact has": ('{patient: "string(//c:personId/@extension)"}', "{a: {xpath: //c:a, role: kind}, b: {xpath: //c:b, role: kind}}", "the fact a has the role kind already", "kind}}", "one fact"),
    "a result that the schema does not have": ("max-ms: 2000", "max-ms: 2000\n    result: {error: errorId}", "there is no errorId beside the result code", "{error", "errorCode"),
    "unknown contract": ("[ProcessRequest]", "[ProcessReqest]", "unknown contract “ProcessReqest”", "ProcessReqest]", "ProcessRequest"),
    "another operation": ("name: ProcessRequest", "name: ProcessRequests", "declares the operation ProcessRequest", "ProcessRequests", "ProcessRequest"),
    "origin": ("origin: restatement", "origin: restated", "one of restatement, official is wanted", "restated", "restatement"),
    "level": ("level: must", "level: most", "is wanted", "most", "must"),
    "key": ("max-ms: 2000", "max-mss: 2000", "unknown key", "max-mss", "max-ms"),
    "max-ms": ("max-ms: 2000", "max-ms: soon", "a whole number above zero is wanted", "soon", ""),
}  # fmt: skip


@pytest.mark.parametrize("change", WRONG)
def test_a_mistake_is_shown_with_a_caret_and_a_remedy(change: str, tmp_path: Path) -> None:
    old, new, said, at, remedy = WRONG[change]
    assert old in PLAIN
    with pytest.raises(UsageError) as caught:
        read_domain(domain_folder(tmp_path, PLAIN.replace(old, new, 1)), CHECKS)
    told = caught.value.mistakes if isinstance(caught.value, Mistakes) else [caught.value]
    (error,) = (each for each in told if said in each.what)
    assert remedy in error.todo
    assert error.source is not None
    assert error.source.path == str(tmp_path / "domain.yaml")
    assert error.source.text[error.source.column - 1 :].startswith(at)


def test_checks_are_held_against_the_kinds_only_where_those_are_known(tmp_path: Path) -> None:
    assert read_domain(domain_folder(tmp_path, PLAIN.replace("{rules: BR", "{rule: BR"))).every_received == {
        "rule": "BR-6"
    }


def test_a_contract_twice_is_a_mistake(tmp_path: Path) -> None:
    start, end = PLAIN.index("  - name"), PLAIN.index("roles:")
    with pytest.raises(UsageError, match="the contract ProcessRequest is there twice"):
        read_domain(domain_folder(tmp_path, PLAIN[:end] + PLAIN[start:end] + PLAIN[end:]))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = PLAIN.replace("schema: GEN-SCHEMA", "schema: NONE").replace("consumes: []", "consumes: [None]")
    with pytest.raises(Mistakes) as caught:
        read_domain(domain_folder(tmp_path, text.replace("rules-request.sch}", "none.sch}")))
    assert len(caught.value.mistakes) == 3


def test_a_wsdl_that_cannot_be_read_is_a_mistake_of_its_own_place(tmp_path: Path) -> None:
    folder = domain_folder(tmp_path)
    (wsdl,) = folder.rglob("ProcessRequestInteraction_2.2_RIVTABP21.wsdl")
    wsdl.write_text("<nothing/>")
    with pytest.raises(UsageError, match=r"is no WSDL 1\.1 file") as caught:
        read_domain(folder)
    assert caught.value.source is not None
    assert caught.value.source.path == str(wsdl)


def test_no_domain_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        read_domain(tmp_path)


def test_domains_are_found_below_a_folder(tmp_path: Path) -> None:
    for name in ("b/second", "a"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "domain.yaml").touch()
    assert find_domains(tmp_path) == [tmp_path / "a", tmp_path / "b/second"]
    assert find_domains(tmp_path / "a") == [tmp_path / "a"]
    assert find_domains(tmp_path / "none") == []


def test_two_folders_with_one_contract_are_refused(tmp_path: Path) -> None:
    """Such as two minor versions, which share namespace and SOAPAction."""
    for folder in ("a", "b"):
        copytree(DOMAIN, tmp_path / folder)
    with pytest.raises(UsageError, match=r"the contract .*/ProcessRequest@2 is in a too") as caught:
        read_domains(tmp_path)
    assert caught.value.todo is not None
    assert "minor versions are one contract on the wire" in caught.value.todo
    told: list[str] = []
    assert [each.folder for each in read_domains(tmp_path / "a", tell=told.append)] == [tmp_path / "a"]
    assert told == ["a is read", ""], "who waits is told what for"


def test_our_own_domain_reads() -> None:
    assert DOMAIN in find_domains(SUITES)
    domain = read_domain(DOMAIN)
    names = ("ProcessRequest", "ProcessRequestConfirmation", "ProcessRequestOutcome")
    assert set(domain.contracts) == {f"clinicalprocess.activity.request/{name}@2" for name in names}
    assert all(domain.contracts[name].name == name for name in names)
    for contract in domain.contracts.values():
        assert set(contract.rules) == set(Direction)
    assert len({contract.digest for contract in domain.contracts.values()}) == 3


# --- the general part that a domain builds on ------------------------------------------------------------------------


BUILT = PLAIN.replace("origin: restatement", "origin: restatement\nbuilds-on: NAME")
GENERAL = """\
sources: {BP: {sv: Profilen, en: The profile}, TKB: {sv: Någon annans, en: Someone else's}}
every-case: {schema: GEN-ANY, soap: GEN-SOAP}
requirements:
  - {id: GEN-SCHEMA, text: {sv: Schemat., en: The schema.}, level: should, source: "BP 1"}
  - {id: GEN-ANY, text: {sv: Något., en: Something.}, level: should, source: "BP 2"}
  - {id: GEN-SOAP, text: {sv: SOAP., en: SOAP.}, level: must, source: "BP 3"}
"""


def general(folder: Path, text: str = GENERAL) -> Path:
    """A domain's folder, beside a general part called base."""
    (folder / "base").mkdir()
    (folder / "base" / "general.yaml").write_text(text, encoding="utf-8")
    (folder / "domain").mkdir()
    return domain_folder(folder / "domain", BUILT.replace("NAME", "base"))


def test_a_domain_has_what_the_part_has_that_it_builds_on_and_its_own_words_go_first(tmp_path: Path) -> None:
    domain = read_domain(general(tmp_path))
    assert list(domain.requirements) == ["GEN-ANY", "GEN-SOAP", "GEN-SCHEMA", "BR-6"]
    assert domain.requirements["GEN-SCHEMA"].level is Level.MUST
    assert str(domain.requirements["GEN-SOAP"].source).startswith(f"{tmp_path}/base/general.yaml:")
    assert domain.every_case == {"schema": "GEN-SCHEMA", "soap": "GEN-SOAP"}
    assert domain.every_received == {"rules": "BR-6"}
    assert {name: text.en for name, text in domain.sources.items()} == {"BP": "The profile", "TKB": "The description"}


def test_a_part_builds_on_another_and_says_what_holds_of_each_contract_with_a_key(tmp_path: Path) -> None:
    each = '{id: "{key}-ANY", text: {sv: "{contract}.", en: "{contract}."}, level: must, source: TKB}'
    folder = general(tmp_path, f"builds-on: further\nsources: {{}}\nrequirements:\n  - {each}\n")
    (tmp_path / "further").mkdir()
    (tmp_path / "further" / "general.yaml").write_text(GENERAL, encoding="utf-8")
    path = folder / "domain.yaml"
    assert [id_ for id_ in read_domain(folder).requirements if id_.endswith("-ANY")] == ["GEN-ANY"]
    path.write_text(path.read_text(encoding="utf-8").replace("- name: ", "- key: PR\n    name: ", 1), encoding="utf-8")
    domain = read_domain(folder)
    assert domain.general == (tmp_path / "base", tmp_path / "further")
    assert domain.requirements["PR-ANY"].text.en == "ProcessRequest 2.2."
    assert (domain.requirements["PR-ANY"].level, domain.requirements["PR-ANY"].derived) == (Level.MUST, None)
    written = path.read_text(encoding="utf-8")
    path.write_text(
        written.replace("- key: PR\n", "- key: PR\n    derived: {sv: Läst., en: Read.}\n", 1), encoding="utf-8"
    )
    derived = read_domain(folder).requirements["PR-ANY"]
    assert (derived.level, derived.derived) == (Level.SHOULD, Text("Läst.", "Read."))


def test_the_shipped_general_part_is_found_from_anywhere(tmp_path: Path) -> None:
    domain = read_domain(
        domain_folder(tmp_path, BUILT.replace("NAME", "riv-ta").replace("every-case: {schema: GEN-SCHEMA}\n", ""))
    )
    assert domain.every_case["soap"] == "GEN-SOAP"
    assert len(domain.requirements) > 30


def test_a_mistake_in_what_it_builds_on_is_told_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_domain(general(tmp_path, GENERAL.replace("every-case", "every-cas")))
    assert str(caught.value).startswith(f"{tmp_path}/base/general.yaml:2:1: ")
    with pytest.raises(UsageError, match="there is no general part rivta") as caught:
        read_domain(domain_folder(tmp_path, BUILT.replace("NAME", "rivta")))
    assert caught.value.todo == "did you mean “riv-ta”?"
