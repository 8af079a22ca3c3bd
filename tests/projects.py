"""A project such as a vendor has: a small suite of a real domain, an environment, and pytest in a process of its own."""

import asyncio
import contextlib
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jinja2
import pytest
import xmlschema

from reference_messages import HEADERS, referral
from reference_system import domain, read_referrals, started
from rivta import evidence, page, simulator
from rivta.cli import main
from rivta.counterpart import listener
from rivta.declaration import answers, dossier
from rivta.model.run import Run
from rivta.plugin import collect, record, stage
from rivta.report import formats
from rivta.text import places

IMPORTED = (answers, asyncio, collect, dossier, formats, listener, page, record, stage, jinja2, xmlschema)
"""pytester takes out of `sys.modules` what a run in this process was the first to import; the next run would import it anew, slowly, and meet two of a kind."""

NAME = "clinicalprocess.activity.request"
RIVTA = str(Path(sys.executable).with_name("rivta"))
_ALONE = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""Without a plugin that takes longer to import than a run takes."""
NO_XDIST = ("-p", "no:xdist", "-p", "no:xdist.looponfail")
IN_SPITE = "--rivta-no-preflight"
"""Begin in spite of what is in the way: for what becomes of cases then, and for who counts what is sent."""
OK, DEVIATES, INTERRUPTED, ERROR, USAGE, NOTHING, ENVIRONMENT = range(7)
"""Exit codes, as docs/exit-codes.md has them."""

TEMPLATE = """\
<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:itr="urn:riv:itintegration:registry:1">
  <soapenv:Header>
    <itr:LogicalAddress>${logical-address}</itr:LogicalAddress>
  </soapenv:Header>
  <soapenv:Body>
    <r:ProcessRequest xmlns:r="urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2" xmlns:c="urn:riv:clinicalprocess:activity:request:2">
      <c:request>
        <c:requestId extension="SE2321000012-0001#${unique}"/>
        <c:typeOfRequest code="4"/>
        <c:versionTimeStamp value="${now.timestamp}"/>
        <c:versionNumber>${version}</c:versionNumber>
        <c:reasonForVersion><c:typeOfReason code="${reason}"/></c:reasonForVersion>
        <c:careResponsibilityRemains>true</c:careResponsibilityRemains>
        <c:patient>
          <c:personId extension="${patient}" root="1.2.752.129.2.1.3.1"/>
        </c:patient>
        <c:requestOrganisation>
          <c:careUnitId extension="SE2321000012-REM1"/>
        </c:requestOrganisation>
        <c:author>
          <c:date value="${now.date}"/>
          <c:healthcareProfessional><c:name>Elin Ek</c:name></c:healthcareProfessional>
          <c:healthcareProfessionalOrganisation><c:careUnitId extension="SE2321000012-REM1"/></c:healthcareProfessionalOrganisation>
        </c:author>
        <c:recipient>
          <c:organisation><c:careUnitId extension="${logical-address}"/></c:organisation>
        </c:recipient>
        ${forwarder|raw}
        <c:questionFormulation>
          <c:text>${question}</c:text>
        </c:questionFormulation>
      </c:request>
    </r:ProcessRequest>
  </soapenv:Body>
</soapenv:Envelope>
"""

SUITE = """\
contract: ProcessRequest
role: producer
title: {sv: Remisser, en: Referrals}
namespaces:
  core: urn:riv:clinicalprocess:activity:request:2
  pr: urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2
data:
  patient: "191212121212"
  version: "1"
  reason: NR
  question: Tacksam för bedömning.
  forwarder: ""
  a-forwarder: <c:intermediaryParticipant><c:healthcareProfessionalOrganisation><c:careUnitId extension="SE2321000016-MOT2"/></c:healthcareProfessionalOrganisation><c:time value="${now.timestamp}"/></c:intermediaryParticipant>
cases:
  - id: "1"
    title: {sv: En remiss tas emot, en: A referral is accepted}
    verifies: [PR-F-minimal]
    markers: [smoke]
    send: messages/referral.xml
    expect: [result: OK]
  - id: "2"
    title: {sv: Till en enhet utan vidareskickning ges PR002, en: To a unit without forwarding the answer is PR002}
    verifies: [ERR-PR002]
    requires: [unit-without-forwarding]
    send: messages/referral.xml
    to: "${units.without-forwarding}"
    with: {version: "2", reason: VR, forwarder: "${a-forwarder}"}
    expect:
      - result: {code: ERROR, error: APPLICATION_ERROR, sub: PR002}
  - id: "3"
    title: {sv: En ny remiss med versionsnummer 2 avvisas, en: A new referral with version number 2 is refused}
    verifies: [PR-F-versionStart]
    send: messages/referral.xml
    with: {version: "2"}
    expect:
      - one_of:
          - result: {code: ERROR, error: VALIDATION_ERROR}
          - result: {code: ERROR, error: APPLICATION_ERROR}
          - fault: {}
  - id: "4"
    title: {sv: Den andra enheten tar emot, en: The second unit accepts}
    requires: [second-unit]
    send: messages/referral.xml
    to: "${units.second}"
    expect:
      - {result: OK, verifies: [GEN-ADDRESS-UNIT]}
"""

SYSTEM = """\
system: {organisation: Vendor AB, product: Journal, version: "7"}
"""


def free_port() -> int:
    """A port that nobody has, for what must be told it beforehand."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


ENVIRONMENT_REST = """\
roles: [remissmottagare]
timeouts: {connect: 60 s, read: 60 s}
original-consumer: SE2321000012-TEST
test-data: {units: {without-forwarding: SE2321000016-MOT3, second: SE2321000016-MOT2}}
"""


DEMANDED = re.compile(r"ERR-|PR-S-|PR-C-NR$|PR-SHOWN$|PRC?-F-minimal$|PR-F-versionStart$|GEN-ADDRESS-UNIT$")
"""Of the shipped domain's 300 requirements those that a vendor's project here has, beside those of every message: a report says something of each."""


@cache
def _small_domain() -> str:
    written = (places.suites() / NAME / "domain.yaml").read_text(encoding="utf-8")
    head, listed, rest = written.partition("\nrequirements:\n")
    always = {*domain().every_case.values(), *domain().every_received.values()}
    kept = [
        each
        for each in re.split(r"^(?=  - id: )", rest, flags=re.MULTILINE)
        if (id_ := each.removeprefix("  - id: ").partition("\n")[0]) in always or DEMANDED.match(id_)
    ]
    patient = head.replace("max-ms: 2000", "max-ms: 60000")  # a busy machine's time says nothing of the system
    assert patient != head
    return patient + listed + "".join(kept)


@cache
def _warmed_up() -> None:
    """The first message compiles the contract: on a busy machine that takes longer than an answer may."""
    with started() as known:
        known.answer(HEADERS, referral())


@contextmanager
def system(*faults: str) -> Iterator[str]:
    """The reference system with these faults, on a port of its own; what one writes as the contract's URL."""
    _warmed_up()
    with started(faults=faults, referrals=read_referrals()) as known, simulator.serve(known) as server:
        yield server.url + domain().contracts["ProcessRequest"].path


def person(birth: str, number: int = 238) -> str:
    """A personnummer that nobody wrote down: built when the test runs, with a right check digit."""
    nine = f"{birth[2:]}{number:03}"
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(nine))
    return f"{birth}{number:03}{-sum(each - 9 if each > 9 else each for each in doubled) % 10}"


class Project:
    """A folder with the domain, a suite of four cases and one template; `environment` says whom it tests."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = pytester.path
        self.domain = self.folder / "suites" / NAME
        self.suite = self.domain / "ProcessRequest" / "producer.yaml"
        self.template = self.suite.parent / "messages" / "referral.xml"
        shipped = places.suites() / NAME
        self.domain.mkdir(parents=True)
        (self.domain / "schemas").symlink_to(shipped / "schemas")  # the same files are the same schemas, compiled once
        (self.domain / "domain.yaml").write_text(_small_domain(), encoding="utf-8")
        for file in shipped.glob("*/*.sch"):
            (self.domain / file.parent.name).mkdir(exist_ok=True)
            shutil.copy(file, self.domain / file.parent.name)
        self.template.parent.mkdir()
        self.template.write_text(TEMPLATE, encoding="utf-8")
        self.write(SUITE)

    def write(self, suite: str) -> None:
        """Another suite in place of the one there is."""
        self.suite.write_text(suite, encoding="utf-8")

    def change(self, old: str, new: str, path: Path | None = None) -> None:
        """A word in the suite, or in another file, that is there once or more."""
        place = path or self.suite
        text = place.read_text(encoding="utf-8")
        assert old in text
        place.write_text(text.replace(old, new), encoding="utf-8")

    def cases(self, *cases: str, data: str = "") -> None:
        """A suite of these cases, each as YAML below its id."""
        head = SUITE.partition("cases:\n")[0]
        self.write(head + data + "cases:\n" + "".join(cases))

    def environment(self, url: str, rest: str = ENVIRONMENT_REST) -> None:
        """The environment file, with one endpoint."""
        endpoint = f"endpoints: {{ProcessRequest: {{url: '{url}', logical-address: SE2321000016-MOT1}}}}\n"
        (self.folder / "env.yaml").write_text(SYSTEM + endpoint + rest, encoding="utf-8")

    def words(self, *words: str) -> tuple[str, ...]:
        """What one types after `pytest` for a run that is recorded in `run`."""
        return ("suites", "--rivta-env", "env.yaml", "--rivta-report", "run", *_ALONE, *words)

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> pytest.RunResult:
        """Run the suites with pytest in a process of its own."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            return self.pytester.runpytest_subprocess(*self.words(*words))

    def run_here(self, *words: str) -> pytest.RunResult:
        """The same in this process, which saves a second. Workers, where they are wanted, are processes of their own."""
        ignored = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
        alone = () if "-n" in words else NO_XDIST
        return self.pytester.runpytest_inprocess(*self.words("-W", ignored, *alone, *words))

    def rivta(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command in the project's folder, in this process."""
        return command_here(list(words), self.folder)

    def started(self, *words: str) -> "subprocess.Popen[str]":
        """The same, not waited for."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *self.words(*words)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def report(self) -> Path:
        return self.folder / "run"

    def evidence(self) -> Run:
        return evidence.read(self.report)

    def lines(self) -> list[dict[str, Any]]:
        """The evidence as it lies on disk."""
        text = (self.report / evidence.FILE).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def verdicts(self) -> dict[str, str]:
        return {result.case: result.verdict.name for result in self.evidence().results}

    def written(self) -> str:
        """Every file that a run wrote, but message bodies, in one text."""
        files = (path for path in self.report.rglob("*") if path.is_file() and path.parent.name != "messages")
        return "\n".join(path.read_text(encoding="utf-8") for path in files)


def command_here(
    words: list[str], cwd: Path, run: Callable[[list[str]], int] = main
) -> "subprocess.CompletedProcess[str]":
    """A command of ours, or pytest's, in this process, which saves a second and more."""
    out, errors = TextIOWrapper(BytesIO(), "utf-8", write_through=True), StringIO()
    with contextlib.chdir(cwd), redirect_stdout(out), redirect_stderr(errors), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_ADDOPTS", shlex.join((*NO_XDIST, "-p", "no:hypothesispytest")))
        try:
            code = int(run(words))
        except SystemExit as left:  # as argparse does after --help
            code = left.code if isinstance(left.code, int) else 1
    out.seek(0)
    return subprocess.CompletedProcess(words, code, out.read(), errors.getvalue())


def junit(path: Path) -> dict[str, ET.Element]:
    """The test cases of a JUnit file by name."""
    return {each.attrib["name"]: each for each in ET.parse(path).iter("testcase")}


def ended(result: pytest.RunResult, code: int) -> str:
    """The run's output, once it has ended with this code and shown no traceback."""
    output = "\n".join([*result.outlines, *result.errlines])
    assert result.ret == code, output
    assert "Traceback" not in output, output
    assert "INTERNALERROR" not in output, output
    assert not re.search(r"^E +[A-Za-z]", output, re.MULTILINE), output
    return output
