"""One golden file of every message about what people write, to be read from top to bottom: is the tone even?

A new message gets an entry in `GALLERY`: a title, and a function that raises it. RIVTA_GOLDEN=write writes the file anew.
"""

import argparse
import contextlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import reading_world
import test_suite_names
import tiny_world
from counterpart_world import OK, counterpart
from description_world import described
from reference_system import simulated
from rivta import contract, environment, simulator, suite
from rivta.check import KINDS, vocabulary
from rivta.cli import init
from rivta.cli.arguments import commands, declare
from rivta.cli.contracts import installed
from rivta.contract.giving import archives
from rivta.contract.instance import read_plain
from rivta.contract.packages.description import lost, stated
from rivta.contract.packages.installing import Fetched, demand_checksum, install, template, url_of
from rivta.contract.packages.store import PackageStore
from rivta.contract.rules import compile_rules
from rivta.importer import data as project_data
from rivta.importer import reading
from rivta.model.domain import Domain
from rivta.model.environment import TlsFiles
from rivta.model.errors import Mistakes, UsageError
from rivta.model.steps import Matcher
from rivta.run.samples import Choice
from rivta.simulator.faults import chosen
from rivta.text import placeholder
from rivta.text.yaml.compose import compose, read
from suite_world import DOMAIN, ENVIRONMENT, SCENARIO, SUITE, VOCABULARY, write, write_environment
from test_environment import BAD as ENVIRONMENTS
from test_suite import MEANING, STRUCTURE
from test_suite_consumer import MEANING as CALLED
from test_suite_consumer import STRUCTURE as CALLED_STRUCTURE

GOLDEN = Path(__file__).parent / "golden" / "errors.txt"
REFERRALS = Path(__file__).parents[1] / "suites" / "clinicalprocess.activity.request"

Raiser = Callable[[], object]
_FAULT = "- {fault: refuses-all, text: Refuses., breaks: [GEN-SCHEMA], "
"""The beginning of a named fault."""


def _yaml(written: str | bytes) -> Raiser:
    return partial(compose, written, "f.yaml")


def _suite(text: str, name: str = "producer.yaml") -> Raiser:
    return lambda: suite.read(write(Path(), text, name), DOMAIN, VOCABULARY)


def _undeclared(expected: str) -> Raiser:
    return lambda: test_suite_names.checked(expected, Path())


def _template(text: str) -> Raiser:
    def read_suite() -> None:
        path = write(Path(), SUITE)
        Path("messages/ask.xml").write_text(text, encoding="utf-8")
        suite.read(path, DOMAIN, VOCABULARY)

    return read_suite


def _reading(held: str) -> Path:
    """The folder of a domain with a contract that reads, and that file of its records."""
    shutil.rmtree("reading", ignore_errors=True)
    return reading_world.folder(Path("reading"), held=held)


def _records(old: str, new: str) -> Raiser:
    """What a reading contract's records are made of, with one thing changed."""
    return lambda: archives(contract.read_domain(_reading(reading_world.HELD.replace(old, new))))


def _kept() -> None:
    Path("question.xml").write_bytes(reading_world.question())
    reading_world.read(_reading(""))[1].read_records(Path("question.xml"))


def _simulator(**files: str) -> Raiser:
    """A domain's own half of its simulator, by what stands in reference.yaml and faults.yaml."""

    def read_simulator() -> None:
        folder = Path("simulated")
        (folder / "reference").mkdir(parents=True, exist_ok=True)
        for name, empty in (("reference", "{}"), ("faults", "[]")):
            (folder / "reference" / f"{name}.yaml").write_text(files.get(name, empty), encoding="utf-8")
        simulator.read(replace(contract.read_domain(REFERRALS), folder=folder))

    return read_simulator


def _package(*files: tuple[str, str], version: str = "") -> Raiser:
    """A release package in a folder: WSDL files, schemas and whatever else."""

    def add() -> None:
        shutil.rmtree("package", ignore_errors=True)
        for name, text in files:
            path = Path("package", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        install(Path("package"), PackageStore(Path("store")), version=version)

    return add


ANSWERS = """
samples:
  - id: wrong
    of: answers
    title: An answer
    number: 1
    steps: [{receive: {}, answer: breaks-schema}]
"""


def _sampled(name: str, old: str = "", new: str = "") -> Raiser:
    """Samples of answers in a suite of the tiny domain."""

    def read_samples() -> None:
        folder = Path(tiny_world.NAME)
        shutil.copytree(tiny_world.SUITES / folder, folder, dirs_exist_ok=True)
        path = folder / "GetLoans" / name
        assert old in ANSWERS
        path.write_text(path.read_text(encoding="utf-8") + ANSWERS.replace(old, new), encoding="utf-8")
        Choice().with_samples(suite.read(path, contract.read_domain(folder), vocabulary()), None)

    return read_samples


def _plain(data: str) -> Raiser:
    """Plain data for a referral."""

    def read_data() -> None:
        wsdl = contract.read_wsdl(REFERRALS / WSDL)
        Path("data.yaml").write_text(data, encoding="utf-8")
        read_plain(Path("data.yaml"), wsdl, wsdl.request_root)

    return read_data


def _cited(cited: str) -> Raiser:
    """A requirement that cites something of the description that lies beside its domain."""

    def read_citation() -> None:
        domain = _domain("level: must", f"level: must, cites: [{cited}]")()
        (domain.folder / "TKB_remiss.docx").write_bytes(described())
        raise Mistakes(list(lost(domain, stated(domain))))

    return read_citation


def _pinned() -> None:
    for digest in ("a" * 64, "b" * 64):
        demand_checksum(Path("store"), "tiny.library.loan", "2.0", Fetched(b"", "loan_2.0.zip", digest))


def _environment(text: str) -> Raiser:
    return lambda: environment.read(write_environment(Path(), text), {"RIVTA_KEY_PASSWORD": "hemligt", "EMPTY": ""})


def _against(old: str, new: str) -> Raiser:
    def check() -> None:
        path = write_environment(Path(), ENVIRONMENT.replace(old, new))
        environment.check_against(environment.read(path, {"RIVTA_KEY_PASSWORD": "hemligt"}), [DOMAIN])

    return check


DOMAIN_YAML = """\
domain: clinicalprocess.activity.request
version: "2.2"
title: {sv: Elektronisk remiss, en: Electronic referral}
origin: restatement
sources: {TKB: Tjänstekontraktsbeskrivning}
contracts:
  - name: ProcessRequest
    version: "2.2"
    title: {sv: Remiss, en: Referral}
    wsdl: schemas/interactions/ProcessRequestInteraction/ProcessRequestInteraction_2.2_RIVTABP21.wsdl
    max-ms: 2000
roles:
  remissmottagare: {title: Remissmottagare, produces: [ProcessRequest], consumes: []}
every-case: {schema: GEN-SCHEMA}
facts: {request: "//itr:requestId"}
requirements:
  - {id: GEN-SCHEMA, text: Valid, level: must, source: "TKB 6"}
"""
SECOND = """\
  - name: ProcessRequest
    version: "1.0"
    title: {sv: Remiss, en: Referral}
    wsdl: schemas/interactions/ProcessRequestInteraction/ProcessRequestInteraction_2.2_RIVTABP21.wsdl
    max-ms: 2000
"""


def _domain(old: str, new: str) -> Callable[[], Domain]:
    """A small domain with one thing changed in its `domain.yaml`, beside our real schemas."""

    def read_domain() -> Domain:
        folder = Path("domain")
        shutil.copytree(REFERRALS / "schemas", folder / "schemas", dirs_exist_ok=True)
        assert old in DOMAIN_YAML
        (folder / "domain.yaml").write_text(DOMAIN_YAML.replace(old, new), encoding="utf-8")
        return contract.read_domain(folder, KINDS)

    return read_domain


WSDL = "schemas/interactions/ProcessRequestInteraction/ProcessRequestInteraction_2.2_RIVTABP21.wsdl"


def _schemas(old: str, new: str, file: str = WSDL) -> Raiser:
    """The same, with one thing changed in its schemas."""

    def read_domain() -> None:
        folder = Path("changed")
        shutil.copytree(REFERRALS / "schemas", folder / "schemas", dirs_exist_ok=True)
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        (folder / "domain.yaml").write_text(DOMAIN_YAML, encoding="utf-8")
        contract.read_domain(folder, KINDS)

    return read_domain


def _rules(old: str, new: str) -> Raiser:
    """A rule file with one thing changed."""

    def compile_it() -> None:
        text = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt">
  <pattern id="P"><rule context="b[1]"><assert test="@x">x</assert></rule></pattern>
</schema>"""
        assert old in text
        Path("rules.sch").write_text(text.replace(old, new), encoding="utf-8")
        compile_rules(Path("rules.sch"))

    return compile_it


def _listening(**said: Any) -> Raiser:
    def listen_once() -> None:
        with counterpart(Path(), **said) as running, running.wait(Matcher("ProcessReqest", {}, OK, 0)):
            pass

    return listen_once


def _soapui(text: str, data: str = "") -> Raiser:
    """A SoapUI project, with the data beside it."""

    def read_project() -> None:
        for name, written in (("project.xml", text), ("data.xml", data)):
            Path(name).write_text(written, encoding="utf-8")
        reading.read(Path("project.xml"))
        project_data.read(Path("data.xml"), None)

    return read_project


def _composite(*files: str, limit: int = 1000) -> Raiser:
    def read_folder() -> None:
        Path("composite").mkdir(exist_ok=True)
        for each in files:
            Path("composite", each).parent.mkdir(parents=True, exist_ok=True)
            Path("composite", each).write_text("<soapui-project/>", encoding="utf-8")
        reading.read(Path("composite"), limit)

    return read_folder


def _init(role: str) -> None:
    """An environment that somebody begins with a word for a role, and is not there to be asked."""
    parser = argparse.ArgumentParser()
    declare(parser, commands()["init"])
    init.run(
        parser.parse_args(
            ["--role", role, "--url", "https://a", "-o", "none/a.yaml", "--suites", str(tiny_world.SUITES)]
        )
    )


def _fill(template: str, **data: str) -> Raiser:
    return lambda: placeholder.fill(template, placeholder.Scope([data]), path="message.xml")


GALLERY: list[tuple[str, Raiser]] = [
    ("yaml: a key twice", _yaml("a: 1\nb: 2\na: 3")),
    ("yaml: an empty file", _yaml("# nothing yet\n")),
    ("yaml: two documents", _yaml("a: 1\n---\nb: 2")),
    ("yaml: a tab", _yaml("a:\n\tb: 1")),
    ("yaml: a colon in text", _yaml("title: why: because")),
    ("yaml: a bracket that is not closed", _yaml("a: [1, 2\nb: 3")),
    ("yaml: a quote that is not closed", _yaml('a: "b')),
    ("yaml: a letter that starts nothing", _yaml("a: @b")),
    ("yaml: wrong indentation", _yaml("a:\n    b: 1\n  c: 2")),
    ("yaml: a control character", _yaml("a: b\x07c")),
    ("yaml: not UTF-8", _yaml("a: å".encode("latin-1"))),
    ("yaml: a tag", _yaml("a: !!python/name:os.system x")),
    ("yaml: a merge key", _yaml("a: &x {b: 1}\nc:\n  <<: *x")),
    ("yaml: a list for a key", _yaml("{[a]: b}")),
    ("yaml: nothing for a key", _yaml("? \n: b")),
    ("yaml: an unknown anchor", _yaml("a: &patient x\nb: *patent")),
    ("yaml: an anchor within itself", _yaml("a: &a [*a]")),
    ("yaml: too deep", _yaml("[" * 65)),
    ("yaml: too many aliases", _yaml("a: &a [" + "x," * 99 + "]\nb: &b [" + "*a," * 99 + "]\nc: [*b, *b]")),
    ("yaml: too large", _yaml("a" * 2_000_001)),
    ("yaml: no such file", lambda: read(Path("none.yaml"))),
    ("yaml: a folder", lambda: read(Path())),
    *((f"suite: {words[0]}", _suite(text)) for text, words in STRUCTURE if not text.startswith("scenario")),
    *((f"scenario: {words[0]}", _suite(text, "scenario.yaml")) for text, words in STRUCTURE if text.startswith("scenario")),
    *((f"suite: {what}", _suite(text)) for text, what, *_ in MEANING),
    *((f"consumer: {words[0]}", _suite(text, "consumer.yaml")) for text, words in CALLED_STRUCTURE),
    *((f"consumer: {what} ({caret})", _suite(text, "consumer.yaml")) for text, what, caret, _ in CALLED),
    ("suite: what no schema declares", _undeclared("xpath: {path: //g:lone, absent: yes}")),
    ("suite: data in a circle", _suite(SUITE.replace('{id: "191212121212"}', "{id: ${patient.id}}"))),
    ("suite: a name that another precondition vouches for", lambda: suite.read(write(Path(), SUITE.replace("    requires: [open-unit]\n", "")), DOMAIN, VOCABULARY, {})),
    ("suite: a template that asks for the unknown", _template("<a>\n  <b>${patient.nam}</b>\n</a>")),
    ("suite: a template with a broken placeholder", _template("<a>${patient.id</a>")),
    ("suite: neither suite nor scenario", _suite("scenarios: x\n")),
    ("scenario: nothing under scenario", _suite(SCENARIO.replace("there-and-back", ""))),
    *((f"environment: {what} ({caret})", _environment(text)) for text, what, caret in ENVIRONMENTS),
    ("environment: a role that no domain has", _against("roles: [answerer]", "roles: [asker]")),
    ("environment: a contract that no domain has", _against("  Ask:", "  Aks:")),
    ("environment: a contract of an answer that no domain has", _against("{contract: Ask,", "{contract: Aks,")),
    ("environment: a fact that no domain has", _against("when: {patient", "when: {pateint")),
    ("environment: a precondition that no domain has", _against("open-unit:", "open-units:")),
    ("placeholder: an unknown name", _fill("<a>${patint}</a>", patient="x")),
    ("placeholder: not closed", _fill("<a>${patient</a>")),
    ("placeholder: no name", _fill("<a>${pat ient}</a>")),
    ("placeholder: a circle", _fill("<a>${a}</a>", a="${b}", b="${a}")),
    ("placeholder: what no XML can hold", _fill("<a>${a}</a>", a="\x07")),
    ("domain: an unknown key", _domain("origin:", "orgin:")),
    ("domain: an unknown origin", _domain("restatement", "official-ish")),
    ("domain: an unknown level", _domain("must", "most")),
    ("domain: a WSDL that is not there", _domain("_2.2_RIVTABP21.wsdl", "_2.3.wsdl")),
    ("domain: a contract by another name", _domain("name: ProcessRequest", "name: ProcessReferral")),
    ("domain: an unknown contract", _domain("[ProcessRequest]", "[ProcesRequest]")),
    ("domain: a contract twice", _domain("contracts:\n", f"contracts:\n{SECOND.replace('1.0', '2.0')}")),
    ("domain: a name of two contracts", _domain("contracts:\n", f"contracts:\n{SECOND}")),
    ("domain: an unknown requirement", _domain("schema: GEN-SCHEMA", "schema: GEN-SHEMA")),
    ("domain: a requirement twice", _domain("requirements:\n", "requirements:\n  - {id: GEN-SCHEMA, text: Valid, level: must, source: TKB}\n")),
    ("domain: no number", _domain("2000", "two seconds")),
    ("domain: an unknown check", _domain("{schema: GEN", "{shema: GEN")),
    ("domain: an undeclared prefix in a fact", _domain("itr:requestId", "c:requestId")),
    ("domain: an unknown role of a fact", _domain('"//itr:requestId"', '{xpath: "//itr:requestId", role: message}')),
    ("domain: two facts in one role", _domain('{request: "//itr:requestId"}', "{a: {xpath: //a, role: kind}, b: {xpath: //b, role: kind}}")),
    ("domain: a part of a result that the schema does not have", _domain("max-ms: 2000", "max-ms: 2000\n    result: {error: errorId}")),
    ("domain: a result where the schema has none", _domain("facts:", "result: {at: reslt}\nfacts:")),
    ("domain: a path of records that the schema does not have", _domain("max-ms: 2000", "max-ms: 2000\n    records: {path: reslt, id: a, patient: b}")),
    ("domain: a filter on what no record says", _domain("max-ms: 2000", "max-ms: 2000\n    records: {path: any, id: b, patient: c, filters: {unit: request}}")),
    ("schemas: a root that nobody declares", _schemas('element="r:ProcessRequestResponse"', 'element="r:ProcessRequestRespons"')),
    ("schemas: an import without a location", _schemas(' schemaLocation="ProcessRequestResponder_2.2.xsd"', "")),
    ("schemas: a file under another namespace", _schemas('namespace="urn:riv:itintegration:registry:1"', 'namespace="urn:riv:itintegration:registry:2"')),
    ("schemas: a file that is not there", _schemas("ProcessRequestResponder_2.2.xsd", "ProcessRequestResponder_2.1.xsd")),
    ("schemas: a document type", _schemas("<xs:schema", "<!DOCTYPE schema>\n<xs:schema", "schemas/core_components/codes_2.2.xsd")),
    ("rules: a position in XPath 1", _rules("b[1]", "b[number(@n)]")),
    ("rules: a position beside XPath 2", _rules("b[1]", "b[number(@n) = 1][last()]")),
    ("rules: what only XSLT does", _rules("x</assert>", '<xsl:copy-of xmlns:xsl="http://www.w3.org/1999/XSL/Transform" select="."/></assert>')),
    ("rules: an unknown binding", _rules('"xslt"', '"xlst"')),
    ("rules: a document type", _rules("<schema", "<!DOCTYPE schema>\n<schema")),
    ("domain: no such folder", lambda: contract.read_domain(Path("nowhere"))),
    ("simulator: an unknown key", _simulator(reference="unit: []")),
    ("simulator: an unknown role", _simulator(reference="units: [{id: SE1-1, role: remitent}]")),
    ("simulator: a unit without an id", _simulator(reference="units: [{role: remittent}]")),
    ("simulator: an unknown contract", _simulator(reference="contracts: {ProcesRequest: {code: PR}}")),
    ("simulator: a template that is not there", _simulator(reference="actions: {send: {role: remittent, contract: ProcessRequest, message: reference/new.xml}}")),
    ("simulator: no XPath", _simulator(reference="base64: ['*/c:value[']")),
    ("records: a path that no record has", _records("{title: Kallocain}", "{titel: Kallocain}")),
    ("records: what nothing is chosen by", _records("unit:", "unti:")),
    ("records: an unknown contract", _records("  GetLoans:", "  GetLoan:")),
    ("records: a response of another contract", _kept),
    ("fault: an unknown requirement", _simulator(faults=_FAULT.replace("SCHEMA", "SHEMA") + "refuse: {when: true()}}")),
    ("fault: twice", _simulator(faults=f"{_FAULT}skip: [PR001]}}\n" * 2)),
    ("fault: one that no system has by itself", _simulator(faults="- {fault: soap21-answer, breaks: [GEN-SOAP]}")),
    ("fault: nothing that it does", _simulator(faults=_FAULT.rstrip(", ") + "}")),
    ("fault: an undeclared prefix", _simulator(faults=_FAULT + 'refuse: {when: "x:request"}}')),
    ("fault: an unknown edit", _simulator(faults=_FAULT + "edit: [{delete: c:request}]}")),
    ("fault: no XML", _simulator(faults=_FAULT + "edit: [{insert: c:request, to: <c:request}]}")),
    ("fault: an unknown answer", _simulator(faults=_FAULT + "resend: {VALIDATION: {most: 1, after: 1 min}}}")),
    ("fault: an unknown name", lambda: chosen(["soap21-answer"], simulated().faults)),
    ("counterpart: an address that is not this computer's", _listening(host="192.0.2.1", port=8020)),
    ("counterpart: a certificate that is not there", _listening(tls=TlsFiles(Path("ours.pem"), Path("ours.key")))),
    ("counterpart: a contract that it does not answer for", _listening()),
    ("domain: a citation of no statement’s form", _domain("level: must", "level: must, cites: [TKB 6]")),
    ("domain: a citation of what is not there", _cited("TKB 1 000000")),
    ("domain: a citation of a section that is not there", _cited("TKB 9 000000")),
    ("init: a contract in which two roles have a part", lambda: _init("GetLoans")),
    ("samples: answers of a producer", _sampled("producer.yaml")),
    ("samples: answers that are all right", _sampled("consumer.yaml", "breaks-schema", "ok")),
    ("samples: a kind that there is not", _sampled("consumer.yaml", "number: 1", "number: 1\n    every: [swaped]")),
    ("simulator: an answer taken for one that there is not", _simulator(faults=_FAULT + "take: {OK: Oki}}")),
    ("plain data: an element that is not there", _plain("recipent: {}")),
    ("plain data: text in place of elements", _plain("request: text")),
    ("plain data: a list within a list", _plain("request: [[1]]")),
    ("package: nothing in it", _package()),
    ("soapui: a folder", _composite()),
    ("soapui: a composite project that is too large", _composite("settings.xml", "suite.xml", limit=20)),
    ("soapui: another file", _soapui("<project/>")),
    ("soapui: an encrypted project", _soapui("<soapui-project><encryptedContent>eA==</encryptedContent></soapui-project>")),
    ("soapui: data of a case twice", _soapui("<soapui-project/>", '<a>\n<testcase id="1.1"/>\n<testcase id="1.1"/></a>')),
    ("package: no WSDL", _package(("schemas/a.xsd", "<a/>"))),
    ("package: a WSDL that is none", _package(("schemas/a.wsdl", "<a/>"))),
    ("package: several in one", _package(("1.0/schemas/a.wsdl", ""), ("2.0/schemas/a.wsdl", ""))),
    ("package: a name that Windows takes for another", _package(("schemas/aux.xsd", "<a/>"))),
    ("package: not installed", lambda: PackageStore(Path("store")).find("tiny.library.loan", "2.0")),
    ("package: a version without its domain", lambda: installed("2.0")),
    ("package: other bytes than the first time", _pinned),
    ("package: nobody knows from where", lambda: template("")),
    ("package: a template without a version", lambda: url_of("https://packages.example/loan.zip", "loan", "2.0")),
    ("package: not over https", lambda: url_of("ftp://packages.example/{version}.zip", "loan", "2.0")),
]  # fmt: skip


def raised_by(raiser: Raiser) -> UsageError:
    with pytest.raises(UsageError) as raised:
        raiser()
    return raised.value


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[UsageError, str]]:
    """Each error and what it tells, by its title, of one folder."""
    folder = tmp_path_factory.mktemp("gallery")
    with contextlib.chdir(folder):
        found = [(title, raised_by(raiser)) for title, raiser in GALLERY]
        return {title: (problem, str(problem).replace(f"{folder}/", "")) for title, problem in found}


def test_the_gallery(raised: dict[str, tuple[UsageError, str]]) -> None:
    written = "\n".join(f"# {title}\n{told}\n" for title, (_, told) in raised.items())
    if os.environ.get("RIVTA_GOLDEN") == "write":
        GOLDEN.write_text(written, encoding="utf-8")
    assert written == GOLDEN.read_text(encoding="utf-8"), "read the difference; RIVTA_GOLDEN=write takes it over"


@pytest.mark.parametrize("title", [title for title, _ in GALLERY])
def test_the_tone(title: str, raised: dict[str, tuple[UsageError, str]]) -> None:
    problem, _ = raised[title]
    for one in problem.mistakes if isinstance(problem, Mistakes) else (problem,):
        assert re.match(r"[a-z“0-9]|\S+: |\S+\.wsdl ", one.what), "starts in lower case, or with what it is about"
        assert not re.search(r"[.!\n]$", one.what), "is a clause after the place, no full stop"
        assert one.todo == "" or re.match(r"[a-z“]", one.todo)
        assert len(one.what) < 200


def test_titles_are_unique() -> None:
    titles = [title for title, _ in GALLERY]
    assert len({*titles}) == len(titles)
