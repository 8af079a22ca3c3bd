"""A small domain, a vocabulary and an environment, for the tests of what people write."""

from pathlib import Path
from typing import Literal

from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain, Precondition, Requirement, ResultGrammar, Role, RuleFile
from rivta.model.words import Direction, Level, Text
from rivta.suite import CheckKind, Parameter
from rivta.text.yaml.tree import Node, YamlList, YamlMap

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

CONSUMER = """\
contract: Tell
role: consumer
title: Calls that the system makes
namespaces: {a: "urn:example:tell"}
data: {patient: {id: "191212121212"}}
cases:
  - id: 1.1
    title: {sv: Ett anrop, en: A call}
    verifies: [R-1]
    requires: [open-unit]
    receive: {kind: NR, patient: "${patient.id}", address: "${units.open}"}
    do:
      sv: Skicka till ${units.open}
      en: Send to ${units.open}
      action: send-it
      with: {patient: "${patient.id}", recipients: ["${units.open}"]}
    answer: {kind: error, error: APPLICATION_ERROR, sub: PR001, text: "No, ${patient.id}", delay: 2.5 s}
    within: 90 s
    expect:
      - xpath: {path: "//a:kind", equals: NR}
      - {soapaction: {}, verifies: [R-2]}
      - xpath: {path: "//a:version", equals: 1}
    capture: {request: "string(//a:id)"}
    without: {rules: the rules are another suite's}
  - id: two
    title: Several steps
    steps:
      - receive: {}
        capture: {request: "string(//a:id)"}
      - {receive: {request-id: "${request}"}, answer: info, expect: [unchanged: {since: 1, paths: [//a:id], but: {it: //a:kind}}]}
      - watch: {request-id: "${request}"}
        for: 10 min
        most: 3
        apart: 5 min
        answer: {kind: platform, code: VP009}
        do: {sv: Ändra, en: Change, action: change-it}
        expect: [xpath: //a:id]
        verifies: [R-2]
        without: {schema: not ours to judge}
      - ask: {sv: "Visas ${request}?", en: "Is ${request} shown?"}
        action: shows-it
        with: {request: "${request}"}
        verifies: [R-2]
      - {watch: {}, for: 30 s, most: 0}
      - {contract: Ask, send: messages/ask.xml, with: {patient: {id: "${request}"}}}
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
  - {contract: Tell, receive: {kind: NR}, answer: {kind: fault}}
  - {contract: Tell, watch: {}, for: 10 min, apart: 5 min}
  - {ask: Is it shown?, action: shows-it}
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
counterpart:
  listen: 10.1.2.3:8443
  url: https://example.org/rivta/
  tls: {certificate: server.pem, key: server.key, ca: callers.pem, password: well-known}
  time-factor: 600
  addresses: [SE2321000012-REM1, SE2321000012-REM2]
  limit: 2 MB
  answers:
    - {contract: Ask, when: {patient: "191212121212", address: SE2321000012-REM1}, answer: {kind: platform, code: VP009}}
    - {answer: info}
adapter: {url: "http://localhost:9090/act", timeout: 10 s, settle: 1 min}
"""


RESULT = ResultGrammar(
    ("result",),
    "resultCode",
    error="errorCode",
    sub="subCode",
    codes=("OK", "INFO", "ERROR"),
    errors=("VALIDATION_ERROR", "APPLICATION_ERROR"),
)
ASK, TELL = "example/Ask@1", "example/Tell@1"


def _contract(name: str) -> Contract:
    rules = {Direction.REQUEST: (RuleFile(Path("rules.sch")),)}
    wsdl = Path("x.wsdl")
    return Contract(
        "example", name, "1.0", Text.same(name), f"urn:{name}", name, name, name, wsdl, rules, 1000, "restatement", "0",
        result=RESULT,
    )  # fmt: skip


Of = Literal["any", "replies", "calls"]


def _kind(name: str, *parameters: Parameter, of: Of = "any") -> CheckKind:
    return CheckKind(name, f"What {name} shows.\n\nMore of it.", parameters, of)


DOMAIN = Domain(
    name="example",
    version="1.0",
    title=Text.same("Example"),
    folder=Path(),
    contracts=Contracts(map(_contract, ("Ask", "Tell"))),
    roles={"answerer": Role("answerer", Text.same("Answerer"), (ASK,), (TELL,))},
    requirements={id_: Requirement(id_, Text.same(id_), Level.MUST, "TKB 1") for id_ in ("R-1", "R-2")},
    preconditions={"open-unit": Precondition("open-unit", Text.same("An open unit"), ("units.open",))},
    every_case={"schema": "R-2"},
    sources={},
    every_received={"schema": "R-2", "rules": "R-2"},
    facts={"kind": "string(//t:kind)", "patient": "string(//t:patient)", "request-id": "string(//t:id)"},
    namespaces={"t": "urn:example:tell"},
)

VOCABULARY = {
    kind.name: kind
    for kind in (
        _kind(
            "result",
            Parameter("code", "text", first=True),
            Parameter("error", "text"),
            Parameter("sub", "text"),
            of="replies",
        ),
        _kind("fault", Parameter("code", "text", first=True), Parameter("contains", "text")),
        _kind("schema", Parameter("of", "text", words=("request", "response"))),
        _kind("soapaction", of="calls"),
        _kind(
            "unchanged",
            Parameter("since", "whole", required=True, first=True),
            Parameter("paths", "texts, named or not"),
            Parameter("but", "texts, named or not"),
        ),
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
    for name in ("client.pem", "client.key", "ca.pem", "server.pem", "server.key", "callers.pem"):
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
