"""CPU per case: a whole run under pytest, against the least that the same exchange and the same checks can cost.

The floor is one process without pytest, evidence or report: http.client on a kept-alive connection, the template filled
in by `str.replace`, the reply parsed and validated by lxml and by xmlschema, and the contract's compiled rules run on it.
Start-up is taken out on both sides by the difference of a long and a short run. The aim is at most 1.6.
"""

import http.client
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import xmlschema
from lxml import etree

from rivta import contract, places
from rivta.message import wrap
from rivta.model import Contract, Direction
from rivta.rules import compile_rules

DOMAIN = "clinicalprocess.activity.request"
SHORT, LONG, ROUNDS = 100, 500, 3
ADDRESS = "SE2321000016-MOT1"
BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


@contextmanager
def reference_system() -> Iterator[str]:
    """The reference system in a process of its own, so that its CPU is not counted."""
    words = [sys.executable, "-c", "from rivta.cli import main; main(['reference', '--listen', '127.0.0.1:0'])"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        try:
            yield url.rstrip("/")
        finally:
            process.terminate()


def message() -> str:
    """A valid referral in its envelope, with `ID` where its identity goes."""
    return wrap(_BARE, ADDRESS)


def floor(url: str, one: Contract, count: int) -> float:
    """CPU seconds of `count` exchanges with the same checks and nothing else."""
    text, path = message(), f"{urlsplit(url).path}/{one.name}/2/rivtabp21"
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    responder = one.wsdl.parent / f"{one.name}Responder_{one.version}.xsd"
    first = etree.XMLSchema(etree.parse(responder))
    second = xmlschema.XMLSchema(str(responder), allow="local")
    rules = compile_rules(one.rules[Direction.RESPONSE])
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": f'"{one.soap_action}"'}
    begun = time.process_time()
    for _ in range(count):
        connection.request("POST", path, text.replace("ID", uuid.uuid4().hex).encode(), headers)
        root = etree.fromstring(connection.getresponse().read())
        payload = root.find(BODY)[0]  # type: ignore[index]  # a floor does not ask what else it might be
        assert first.validate(payload)
        assert second.is_valid(payload)
        assert not rules.run(root)
    return time.process_time() - begun


def suite(folder: Path, count: int) -> Path:
    """A suite of `count` cases that each send the same referral, in a copy of the domain."""
    domain = folder / f"suites-{count}" / DOMAIN
    shutil.copytree(places.suites() / DOMAIN, domain, ignore=shutil.ignore_patterns("producer.yaml"))
    messages = domain / "ProcessRequest" / "messages"
    (messages / "bench.xml").write_text(_BARE.replace("ID", "${unique}"), encoding="utf-8")
    cases = "".join(
        f'  - {{id: "{number}", title: One more referral, verifies: [PR-F-minimal], send: messages/bench.xml, expect: [{{result: OK}}]}}\n'
        for number in range(count)
    )
    path = domain / "ProcessRequest" / "producer.yaml"
    path.write_text(f"contract: ProcessRequest\nrole: producer\ntitle: Benchmark\ncases:\n{cases}", encoding="utf-8")
    return path


def run(url: str, folder: Path, count: int, extra: tuple[str, ...] = ()) -> float:
    """CPU seconds of a whole `rivta run` of so many cases."""
    environment = folder / "environment.yaml"
    environment.write_text(
        "system: {organisation: Bench, product: Bench, version: '1'}\nroles: [remissmottagare]\n"
        f"endpoints: {{ProcessRequest: {{url: '{url}/ProcessRequest/2/rivtabp21', logical-address: {ADDRESS}}}}}\n",
        encoding="utf-8",
    )
    words = [
        "run",
        "--env",
        str(environment),
        "--report",
        str(folder / f"report-{uuid.uuid4().hex}"),
        str(suite_of(folder, count)),
    ]
    program = (
        f"import sys; from rivta.cli import main; sys.exit(main({[*words, '-q', '-p', 'no:cacheprovider', *extra]!r}))"
    )
    timed = f"import resource, subprocess, sys; code = subprocess.call([sys.executable, '-c', {program!r}], stdout=subprocess.DEVNULL); used = resource.getrusage(resource.RUSAGE_CHILDREN); print(code, used.ru_utime + used.ru_stime)"
    code, used = subprocess.run(
        [sys.executable, "-c", timed], check=True, capture_output=True, text=True
    ).stdout.split()
    assert code == "0", f"the benchmark's run ended with {code}"
    return float(used)


def suite_of(folder: Path, count: int) -> Path:
    """The suite of so many cases, written once."""
    path = folder / f"suites-{count}" / DOMAIN / "ProcessRequest" / "producer.yaml"
    return path if path.exists() else suite(folder, count)


def main() -> None:
    """Measure and print."""
    one = contract.read_domain(places.suites() / DOMAIN).contracts["ProcessRequest"]
    floors, runs = [], []
    with reference_system() as url, TemporaryDirectory() as place:
        folder = Path(place)
        floor(url, one, 20)
        for _ in range(ROUNDS):
            floors.append((floor(url, one, LONG) - floor(url, one, SHORT)) / (LONG - SHORT))
            runs.append((run(url, folder, LONG) - run(url, folder, SHORT)) / (LONG - SHORT))
    print(f"floor  {median(floors) * 1000:6.2f} ms CPU an exchange: {[round(each * 1000, 2) for each in floors]}")
    print(f"run    {median(runs) * 1000:6.2f} ms CPU a case:      {[round(each * 1000, 2) for each in runs]}")
    print(f"ratio  {median(runs) / median(floors):6.2f} (aim: at most 1.6)")


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
