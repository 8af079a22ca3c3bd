"""CPU per case: a whole run under pytest, against the least that the same exchange and the same checks can cost.

The floor is one process without pytest, evidence or report: http.client on a kept-alive connection, the template filled
in by `str.replace`, the reply parsed and validated by lxml and by xmlschema, and the contract's compiled rules run on it.
Start-up is taken out on both sides by the difference of a long and a short run. The report is rendered from the evidence
afterwards, so that its cost is a figure of its own.
"""

import http.client
import shutil
import time
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlsplit

import xmlschema
from lxml import etree

from benchmarks import answering
from benchmarks.figures import tell
from benchmarks.processes import rivta
from rivta import contract
from rivta.contract.message import wrap
from rivta.contract.rules import rules_of
from rivta.model.domain import Contract
from rivta.model.words import Direction
from rivta.text import places

DOMAIN = "clinicalprocess.activity.request"
SHORT, LONG, ROUNDS = 50, 250, 7
ADDRESS = "SE2321000016-MOT1"
HEADER = "{urn:riv:itintegration:registry:1}LogicalAddress"
BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


def message() -> str:
    """A valid referral in its envelope, with `ID` where its identity goes."""
    return wrap(_BARE, ADDRESS, HEADER)


def floor(url: str, one: Contract, count: int) -> float:
    """CPU seconds of `count` exchanges with the same checks and nothing else."""
    text, path = message(), f"{urlsplit(url).path}/{one.name}/2/rivtabp21"
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    responder = one.wsdl.parent / f"{one.name}Responder_{one.version}.xsd"
    first = etree.XMLSchema(etree.parse(responder))
    second = xmlschema.XMLSchema(str(responder), allow="local")
    rules = rules_of(one, Direction.RESPONSE)
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": f'"{one.soap_action}"'}
    begun = time.process_time()
    for _ in range(count):
        connection.request("POST", path, text.replace("ID", uuid.uuid4().hex).encode(), headers)
        root = etree.fromstring(connection.getresponse().read())
        payload = root.find(BODY)[0]  # type: ignore[index]  # a floor does not ask what else it might be
        assert first.validate(payload)
        assert second.is_valid(cast(Any, payload))
        assert not rules.run(root)
    return time.process_time() - begun


def suite(folder: Path, count: int) -> Path:
    """A suite of `count` cases that each send the same referral, in a copy of the domain."""
    domain = folder / f"suites-{count}" / DOMAIN
    shutil.copytree(places.suites() / DOMAIN, domain, ignore=shutil.ignore_patterns("producer.yaml", "forms"))
    messages = domain / "ProcessRequest" / "messages"
    (messages / "bench.xml").write_text(_BARE.replace("ID", "${unique}"), encoding="utf-8")
    cases = "".join(
        f'  - {{id: "{number}", title: One more referral, verifies: [PR-F-minimal], send: messages/bench.xml, expect: [{{result: OK}}]}}\n'
        for number in range(count)
    )
    path = domain / "ProcessRequest" / "producer.yaml"
    path.write_text(f"contract: ProcessRequest\nrole: producer\ntitle: Benchmark\ncases:\n{cases}", encoding="utf-8")
    return path


def contract_read() -> Contract:
    """The contract that all of this is about."""
    return contract.read_domain(places.suites() / DOMAIN).contracts["ProcessRequest"]


def environment_at(url: str, folder: Path) -> None:
    """The environment of the runs in a folder."""
    (folder / "environment.yaml").write_text(
        "system: {organisation: Bench, product: Bench, version: '1'}\nroles: [remissmottagare]\n"
        f"endpoints: {{ProcessRequest: {{url: '{url}/', logical-address: {ADDRESS}}}}}\n",
        encoding="utf-8",
    )


def run_words(folder: Path, count: int) -> list[str]:
    """A whole `rivta run` of so many cases, report included."""
    words = ["run", "--env", str(folder / "environment.yaml"), "--report", str(folder / f"report-{count}"), "--replace"]
    return [*words, str(suite_of(folder, count)), "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]


def report_words(folder: Path, count: int) -> list[str]:
    """That run's report again from its evidence."""
    return ["report", str(folder / f"report-{count}")]


def suite_of(folder: Path, count: int) -> Path:
    """The suite of so many cases, written once."""
    path = folder / f"suites-{count}" / DOMAIN / "ProcessRequest" / "producer.yaml"
    return path if path.exists() else suite(folder, count)


def one_round(url: str, one: Contract) -> dict[str, tuple[float, float]]:
    """Each figure and its floor, a case, in a folder of its own: the difference of a long and a short run."""
    floors = (floor(url, one, LONG) - floor(url, one, SHORT)) / (LONG - SHORT)
    with TemporaryDirectory() as place:
        folder, told = Path(place), dict[int, dict[str, float]]()
        environment_at(url, folder)
        for count in (SHORT, LONG):
            whole, report = rivta(run_words(folder, count)), rivta(report_words(folder, count))
            kept = folder / f"report-{count}"
            told[count] = {
                "run": whole.cpu,
                "report": report.cpu,
                "memory": report.memory_kb,
                "page": (kept / "declaration.html").stat().st_size / 1000,
                "evidence": sum(each.stat().st_size for each in kept.rglob("*.[jxb]*")) / 1000,
            }
    each = {name: (told[LONG][name] - told[SHORT][name]) / (LONG - SHORT) for name in told[LONG]}
    return {
        "case": ((each["run"] - each["report"]) * 1000, floors * 1000),
        "end": (each["report"] * 1000, floors * 1000),
        "end-memory": (each["memory"], each["evidence"]),
        "report-size": (each["page"], each["evidence"]),
    }


def main() -> None:
    """Measure and print."""
    one = contract_read()
    with answering.system() as url:
        floor(url, one, 20)
        rounds = [one_round(url, one) for _ in range(ROUNDS)]
    for key in rounds[0]:
        tell(key, [each[key][0] for each in rounds], [each[key][1] for each in rounds])


_BARE = """<pr:ProcessRequest xmlns:pr="urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2" xmlns:core="urn:riv:clinicalprocess:activity:request:2">
  <core:request>
    <core:requestId extension="SE2321000012-0001#ID"/>
    <core:typeOfRequest code="4"/>
    <core:versionTimeStamp value="20260901101500"/>
    <core:versionNumber>1</core:versionNumber>
    <core:reasonForVersion><core:typeOfReason code="NR"/></core:reasonForVersion>
    <core:careResponsibilityRemains>true</core:careResponsibilityRemains>
    <core:patient><core:personId extension="191212121212" root="1.2.752.129.2.1.3.1"/></core:patient>
    <core:requestOrganisation><core:careUnitId extension="SE2321000012-REM1"/></core:requestOrganisation>
    <core:author>
      <core:date value="20260901"/>
      <core:healthcareProfessional><core:name>Elin Ek</core:name></core:healthcareProfessional>
      <core:healthcareProfessionalOrganisation><core:careUnitId extension="SE2321000012-REM1"/></core:healthcareProfessionalOrganisation>
    </core:author>
    <core:recipient><core:organisation><core:careUnitId extension="SE2321000016-MOT1"/></core:organisation></core:recipient>
    <core:questionFormulation><core:text>Bedömning av höftsmärta?</core:text></core:questionFormulation>
  </core:request>
</pr:ProcessRequest>
"""

if __name__ == "__main__":
    main()
