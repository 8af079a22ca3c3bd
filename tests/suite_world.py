"""A small domain, a vocabulary and an environment, for the tests of what people write."""

from pathlib import Path

from rivta.model import Contract, Direction, Domain, Level, Precondition, Requirement, Role, Text
from rivta.suite import CheckKind, Parameter
from rivta.yamltext.tree import Node, YamlList, YamlMap

TEMPLATE = "<request><patient>${patient.id}</patient><unique>${unique}</unique></request>\n"

SUITE = """\
contract: Ask
role: producer
title: {sv: Frågor, en: Questions}
namespaces: {a: "urn:example:ask"}
data:
  patient: {id: "191212121212"}
cases:
  - id: 1.10
    title: {sv: En fråga besvaras, en: A question is answered}
    verifies: [R-1]
    requires: [open-unit]
    markers: [smoke]
    send: messages/ask.xml
    with: {patient: {id: ${units.open}}}
    to: ${units.open}
    headers: {X-Name: "value ${run.id}"}
    without: {schema: the answer is not ours to judge}
    expect:
      - result: OK
      - result: {code: ERROR, sub: "007"}
      - xpath: {path: "//a:answer[@id='${unique}']", count: 1}
      - one_of: [{fault: {}}, [{result: INFO}, {contains: no}]]
      - {max_ms: 500, verifies: [R-2]}
  - id: two
    title: Two steps
    steps:
      - {send: messages/ask.xml, capture: {answer: "string(//a:answer/@id)"}}
      - {send: messages/ask.xml, with: {patient: {id: "${answer}"}}, expect: [{xpath: {path: "//a:answer", matches: "^${answer}$"}}]}
"""

SCENARIO = """\
scenario: there-and-back
domain: example
party: answerer
title: There and back
verifies: [R-1, R-2]
data: {patient: {id: "191212121212"}}
steps:
  - {contract: Ask, send: messages/ask.xml, expect: [{result: OK}]}
  - {contract: Tell, send: messages/ask.xml}
"""

ENVIRONMENT = """\
system: {organisation: Vendor AB, product: Journal, version: "1.10"}
roles: [answerer]
endpoints:
  Ask: {url: "http://127.0.0.1:8020/Ask/2/rivtabp21", logical-address: SE2321000016-MOT1}
tls: {certificate: client.pem, key: client.key, ca: ca.pem, password: "${env:RIVTA_KEY_PASSWORD}"}
timeouts: {connect: 500 ms, read: 1.5 min}
original-consumer: SE2321000012-TEST
headers: {X-Extra: "yes"}
test-identities: ["201212121212"]
test-data: {units: {open: SE2321000016-MOT1}}
not-applicable: {open-unit: every unit is closed}
"""


def _contract(name: str) -> Contract:
    rules = {Direction.REQUEST: Path("rules.sch")}
    wsdl = Path("x.wsdl")
    return Contract(
        "example", name, "1.0", Text.same(name), f"urn:{name}", name, name, name, wsdl, rules, 1000, "restatement", "0"
    )


def _kind(name: str, *parameters: Parameter) -> CheckKind:
    return CheckKind(name, f"What {name} shows.\n\nMore of it.", parameters)


DOMAIN = Domain(
    name="example",
    version="1.0",
    title=Text.same("Example"),
    folder=Path(),
    contracts={name: _contract(name) for name in ("Ask", "Tell")},
    roles={"answerer": Role("answerer", Text.same("Answerer"), ("Ask",), ("Tell",))},
    requirements={id_: Requirement(id_, Text.same(id_), Level.MUST, "TKB 1") for id_ in ("R-1", "R-2")},
    preconditions={"open-unit": Precondition("open-unit", Text.same("An open unit"), ("units.open",))},
    every_case={"schema": "R-2"},
    sources={},
)

VOCABULARY = {
    kind.name: kind
    for kind in (
        _kind("result", Parameter("code", "text", first=True), Parameter("error", "text"), Parameter("sub", "text")),
        _kind("fault", Parameter("code", "text", first=True), Parameter("contains", "text")),
        _kind("schema"),
        _kind(
            "xpath",
            Parameter("path", "text", required=True, first=True, doc="an XPath 1.0 expression"),
            Parameter("exists", "yes/no"),
            Parameter("equals", "text"),
            Parameter("matches", "text"),
            Parameter("count", "whole"),
        ),
        _kind("contains", Parameter("text", "text", required=True, first=True), Parameter("absent", "yes/no")),
        _kind("max_ms", Parameter("limit", "whole", required=True, first=True)),
        _kind("one_of", Parameter("expectations", "expectations", required=True, first=True)),
        _kind("like", Parameter("data", "any", required=True)),
    )
}


def write(folder: Path, text: str, name: str = "producer.yaml") -> Path:
    """A suite or scenario with its template, as it lies in a repository."""
    (folder / "messages").mkdir(exist_ok=True)
    (folder / "messages" / "ask.xml").write_text(TEMPLATE, encoding="utf-8")
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def write_environment(folder: Path, text: str = ENVIRONMENT) -> Path:
    """An environment with its TLS files."""
    for name in ("client.pem", "client.key", "ca.pem"):
        (folder / name).touch()
    path = folder / "environment.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def as_an_editor_reads(node: Node) -> object:
    """What an editor's YAML 1.2 reader hands to a JSON Schema validator: numbers, booleans and null have types."""
    match node:
        case YamlMap():
            return {key.text: as_an_editor_reads(value) for key, value in node.entries}
        case YamlList():
            return [as_an_editor_reads(item) for item in node.items]
    if node.nothing:
        return None
    if node.plain and node.text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return node.text.lower() == "true"
    for number in (int, float) if node.plain and node.text[0] in "-.0123456789" else ():
        try:
            return number(node.text)
        except ValueError:
            continue
    return node.text
