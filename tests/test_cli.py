"""The command line, as a person types it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import tiny_world
from projects import (
    DEVIATES,
    ENVIRONMENT_REST,
    NAME,
    RIVTA,
    USAGE,
    Project,
    command_here,
    domain,
    free_port,
    person,
    system,
)
from rivta import environment, evidence
from rivta.cli import COMMANDS, main
from rivta.evidence import FILE, seal
from rivta.model.run import Run
from rivta.model.words import Verdict
from rivta.text import identity, places

SHARED = Path(__file__).parents[1].parent / "shared" / "messages" / "eremiss"
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:itr="urn:riv:itintegration:registry:1">\n'
    "  <soapenv:Header>{header}</soapenv:Header>\n  <soapenv:Body>\n{body}\n  </soapenv:Body>\n</soapenv:Envelope>\n"
)
ADDRESS = "<itr:LogicalAddress>SE2321000016-MOT1</itr:LogicalAddress>"
REQUEST = """\
<r:ProcessRequest xmlns:r="urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2" xmlns:c="urn:riv:clinicalprocess:activity:request:2">
  <c:request>
    <c:requestId extension="SE2321000012-0001#1"/>
    <c:typeOfRequest code="4"/>
    <c:versionTimeStamp value="20260901101500"/>
    <c:versionNumber>1</c:versionNumber>
    <c:reasonForVersion><c:typeOfReason code="NR"/></c:reasonForVersion>
    <c:careResponsibilityRemains>true</c:careResponsibilityRemains>
    <c:patient><c:personId extension="191212121212" root="1.2.752.129.2.1.3.1"/></c:patient>
    <c:requestOrganisation><c:careUnitId extension="SE2321000012-REM1"/></c:requestOrganisation>
    <c:author>
      <c:date value="20260901"/><c:healthcareProfessional><c:name>Elin Ek</c:name></c:healthcareProfessional>
      <c:healthcareProfessionalOrganisation><c:careUnitId extension="SE2321000012-REM1"/></c:healthcareProfessionalOrganisation>
    </c:author>
    <c:recipient><c:organisation><c:careUnitId extension="SE2321000016-MOT1"/></c:organisation></c:recipient>
    <c:questionFormulation><c:text>Bedömning av höftsmärta?</c:text></c:questionFormulation>
  </c:request>
</r:ProcessRequest>"""
RESPONSE = (
    '<r:ProcessRequestResponse xmlns:r="urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2">'
    '<r:result><c:resultCode xmlns:c="urn:riv:clinicalprocess:activity:request:2">OK</c:resultCode></r:result>'
    "</r:ProcessRequestResponse>"
)
FAULT = (
    "<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>log-1: tekniskt fel</faultstring></soapenv:Fault>"
)


def rivta(*words: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """A command, in this process, waited for. Whatever it was told, it shows no traceback."""
    return seen_whole(command_here(list(map(str, words)), cwd or Path()))


def apart(*words: str, cwd: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """The same in a process of its own, as a person starts it, which takes a second longer."""
    words = (RIVTA, *words)
    ran = subprocess.run(words, check=False, cwd=cwd, env=os.environ | env, capture_output=True, text=True, timeout=600)
    return seen_whole(ran)


def seen_whole(done: "subprocess.CompletedProcess[str]") -> "subprocess.CompletedProcess[str]":
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done


def written(folder: Path, text: str | bytes, name: str = "message.xml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def checked(*paths: Path) -> tuple[int, list[dict[str, Any]]]:
    done = rivta("check", "--json", *paths)
    return done.returncode, json.loads(done.stdout)


# rivta check


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared sample messages are not beside the project")
def test_check_accepts_every_sample_message() -> None:
    paths = sorted(SHARED.glob("*.xml"))
    code, found = checked(*paths)
    assert code == 0
    assert [each["file"] for each in found] == [str(path) for path in paths]
    for each in found:
        contract, direction = Path(each["file"]).stem.split("_")[:2]
        assert each == {
            "file": each["file"], "contract": contract, "direction": direction, "valid": True, "findings": [],
        }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        (REQUEST, "request"),
        (ENVELOPE.format(header=ADDRESS, body=REQUEST), "request"),
        (RESPONSE, "response"),
        (ENVELOPE.format(header="", body=RESPONSE), "response"),
        ("\ufeff" + ENVELOPE.format(header=ADDRESS, body=REQUEST), "request"),
        (f'<?xml version="1.0" encoding="UTF-16"?>\n{REQUEST}'.encode("utf-16"), "request"),
        (f"<!-- a note -->\n{REQUEST}", "request"),
    ],
    ids=["bare request", "request", "bare response", "response", "byte order mark", "bare UTF-16", "comment first"],
)
def test_check_tells_contract_and_direction_from_the_root(tmp_path: Path, text: str | bytes, direction: str) -> None:
    path = written(tmp_path, text)
    done = rivta("check", path.name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"message.xml: valid (ProcessRequest {direction})\n")


def test_check_shows_line_and_caret(tmp_path: Path) -> None:
    path = written(tmp_path, REQUEST.replace('"4"/>', '"04"/>').replace(">1<", ">\t0<"))
    done = rivta("check", path.name, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("message.xml: 2 findings (ProcessRequest request)\n")
    lines = done.stdout.splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("message.xml:4: rules: "))
    text, caret, place = lines[at + 1 : at + 4]
    assert text == '        <c:typeOfRequest code="04"/>'
    assert caret.index("^") == text.index("typeOfRequest")
    assert place == "    [PR-S-typeOfRequest] /r:ProcessRequest/c:request/c:typeOfRequest"


def test_check_names_no_person(tmp_path: Path) -> None:
    who = person("19470811")
    path = written(tmp_path, REQUEST.replace("191212121212", who).replace('"4"/>', f'"{who[:8]}-{who[8:]}"/>'))
    for words in ((), ("--json",)):
        done = rivta("check", path.name, *words, cwd=tmp_path)
        assert done.returncode == 1
        assert "person-" in done.stdout
        assert identity.strangers(done.stdout, ()) == []


def test_check_as_json_has_these_keys_and_no_others(tmp_path: Path) -> None:
    path = written(tmp_path, ENVELOPE.format(header=ADDRESS, body=REQUEST.replace('"4"/>', '"04"/>')))
    code, (found,) = checked(path)
    assert code == 1
    assert list(found) == ["file", "contract", "direction", "valid", "findings"]
    assert [list(finding) for finding in found["findings"]] == [["check", "rule", "message", "path", "line"]]
    (finding,) = found["findings"]
    assert (found["file"], found["valid"]) == (str(path), False)
    assert (finding["check"], finding["rule"], finding["line"]) == ("rules", "PR-S-typeOfRequest", 8)
    assert finding["path"].startswith("/soapenv:Envelope/soapenv:Body/r:ProcessRequest/")


FINDINGS = {
    "an element out of place": (REQUEST.replace("<c:versionNumber>1</c:versionNumber>", ""), {"schema"}),
    "a rule": (REQUEST.replace('"4"/>', '"04"/>'), {"rules"}),
    "an empty element": (REQUEST.replace("Elin Ek", ""), {"rules"}),
    "no address": (ENVELOPE.format(header="", body=REQUEST), {"header"}),
    "an empty address": (ENVELOPE.format(header=ADDRESS.replace("SE2321000016-MOT1", ""), body=REQUEST), {"header"}),
    "an unknown element in the address": (
        ENVELOPE.format(header=ADDRESS.replace("SE2321000016-MOT1", "<a/>"), body=REQUEST), {"header"},
    ),
    "an encoding that is not allowed": (
        f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{RESPONSE}'.encode("iso-8859-1"), {"encoding"},
    ),
    "two payloads": (ENVELOPE.format(header=ADDRESS, body=REQUEST + REQUEST), {"read"}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "checks"), FINDINGS.values(), ids=FINDINGS.keys())
def test_check_names_what_found_it(tmp_path: Path, text: str | bytes, checks: set[str]) -> None:
    code, (found,) = checked(written(tmp_path, text))
    assert {finding["check"] for finding in found["findings"]} == checks, found
    assert code == (2 if checks == {"read"} else 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        (b"", "the body is empty"),
        (b" \n", "white space"),
        (b"hello", "it is plain text, not XML"),
        (REQUEST[:-20].encode(), "cut short"),
        (bytes(range(256)) * 40, "it is binary data, not XML"),
        (b"<a/>", "no known contract has the root element a"),
        (RESPONSE.replace("ProcessRequestResponse", "ProcessRequestRespons").encode(), "did you mean"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type declaration"),
        (REQUEST.encode("iso-8859-1"), "the bytes are not UTF-8"),
    ],
    ids=["missing", "empty", "blank", "text", "truncated", "binary", "foreign", "misspelt", "entities", "encoding"],
)
def test_check_tells_what_it_cannot_read(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "message.xml"
    if content is not None:
        path.write_bytes(content)
    done = rivta("check", path)
    assert done.returncode == 2
    assert said in done.stdout
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.stdout)
    code, (found,) = checked(path)
    assert code == 2
    assert (found["valid"], [finding["check"] for finding in found["findings"]]) == (False, ["read"])


def test_check_of_many_tells_of_each_and_ends_with_the_worst(tmp_path: Path) -> None:
    valid = written(tmp_path, REQUEST, "valid.xml")
    invalid = written(tmp_path, REQUEST.replace('"4"/>', '"04"/>'), "invalid.xml")
    assert rivta("check", valid, invalid).returncode == 1
    code, found = checked(tmp_path, invalid, valid)
    assert code == 2
    assert [each["valid"] for each in found] == [False, False, True]
    assert found[0]["findings"][0]["message"].endswith("Is a directory")


def test_check_of_a_fault_says_so(tmp_path: Path) -> None:
    done = rivta("check", written(tmp_path, ENVELOPE.format(header="", body=FAULT)))
    assert done.returncode == 0
    assert done.stdout.endswith("valid (SOAP Fault)\n")


def test_check_takes_large_files_and_refuses_larger_ones(tmp_path: Path) -> None:
    attachment = (
        "<c:attachment><c:id>1</c:id><c:mediaType><c:code>text/plain</c:code><c:codeSystem>1.2.752.129.5.1.59</c:codeSystem>"
        "<c:displayName>text</c:displayName></c:mediaType><c:value>{}</c:value></c:attachment>"
    )
    large = REQUEST.replace("  </c:request>", attachment.format("QUJD" * 2_500_000) + "</c:request>")
    code, (found,) = checked(written(tmp_path, large))
    assert (code, found["findings"]) == (0, [])
    code, (found,) = checked(written(tmp_path, b" " * 51 * 1024 * 1024))
    assert code == 2
    assert "over the 52428800 that are read" in found["findings"][0]["message"]


# rivta lint


def test_lint_of_what_is_shipped_shows_the_coverage() -> None:
    done = rivta("lint")
    assert done.returncode == 0, done.stderr
    requirements = domain().requirements
    lines = [line for line in done.stdout.splitlines() if ": not read: the release package of " not in line]
    begin = next(at for at, line in enumerate(lines) if line.split()[:1] == [next(iter(requirements))])
    assert [line.split()[0] for line in lines[begin : begin + len(requirements)]] == list(requirements)
    assert "across.domains: read-in-order.yaml is not read: the release package of" in done.stdout
    assert re.search(
        rf"^{NAME}: \d+ cases, \d+ of {len(requirements)} requirements proven by cases, \d+ with a reason",
        done.stdout,
        re.MULTILINE,
    )
    assert "NO CASE AND NO REASON" not in done.stdout


def test_lint_tells_every_mistake_at_once(project: Project) -> None:
    project.change("[PR-F-minimal]", "[PR-F-minimall]")
    project.change("[unit-without-forwarding]", "[no-such-thing]")
    done = rivta("lint", "--suites", "suites", cwd=project.folder)
    assert done.returncode == USAGE
    assert done.stdout == ""
    assert "producer.yaml:17:16: unknown requirement “PR-F-minimall”" in done.stderr
    assert "→ did you mean “PR-F-minimal”?" in done.stderr
    assert "unknown precondition “no-such-thing”" in done.stderr


def test_lint_holds_the_environment_against_the_domains(project: Project) -> None:
    project.environment("http://127.0.0.1:1/")
    words = ("lint", "--suites", "suites", "--env", "env.yaml")
    assert rivta(*words, "-q", cwd=project.folder).stdout == ""
    project.change("[remissmottagare]", "[remissmotagare]", project.folder / "env.yaml")
    done = rivta(*words, cwd=project.folder)
    assert done.returncode == USAGE
    assert "env.yaml:3:9: unknown role “remissmotagare”" in done.stderr
    assert "did you mean “remissmottagare”?" in done.stderr


def test_a_run_is_told_a_number_that_is_zero_too(project: Project) -> None:
    project.environment("http://127.0.0.1:1/")
    done = rivta("run", "--env", "env.yaml", "--overlap", "0", "suites", cwd=project.folder)
    assert done.returncode == USAGE
    assert "overlap “0”: a whole number above zero is wanted" in done.stderr


# rivta contracts, schema, report


def test_contracts_list_and_show() -> None:
    listed = rivta("contracts", "list")
    assert listed.returncode == 0
    one = domain().contracts["ProcessRequest"]
    assert f"ProcessRequest 2.2  Referral  (our restatement, SHA-256 {one.digest[:12]}…)" in listed.stdout
    shown = rivta("contracts", "show", "ProcessRequest").stdout
    for fact in (
        one.digest,
        one.soap_action,
        one.namespace,
        "Referral recipient",
        "2000 ms",
        "PR-S-postalCode",
        "TKB 6.1",
    ):
        assert fact in shown
    of_domain = rivta("contracts", "show", domain().name)
    assert (of_domain.returncode, of_domain.stderr) == (0, "")
    assert of_domain.stdout in listed.stdout, "a domain that needs no package is shown as it is listed"
    assert of_domain.stdout.count("our restatement") == len(domain().contracts)
    wrong = rivta("contracts", "show", "ProcesRequest")
    assert wrong.returncode == USAGE
    assert wrong.stderr == "unknown contract “ProcesRequest”\n  → did you mean “ProcessRequest”?\n"


@pytest.mark.parametrize(
    "words", [["check", "a.xml"], ["verify", "run"], ["diff", "a", "b"], ["run", "--env", "e.yaml"]]
)
def test_what_breaks_is_ours_by_its_exit_code_and_nobodys_deviation(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python itself would end with 1, by which these commands say that something is wrong with what they look at."""

    def broken(_args: object) -> int:
        raise RuntimeError("out of order")

    monkeypatch.setitem(main.__globals__, "resolve_name", lambda _name: broken)
    assert main(words) == 3
    told = capsys.readouterr().err
    assert "RuntimeError: out of order" in told
    assert told.splitlines()[-1].endswith("please report it")


def test_a_folder_that_takes_no_cache_is_nobodys_deviation(tmp_path: Path) -> None:
    """Also where the suites lie in a project that makes warnings errors, as ours is."""
    (tmp_path / ".pytest_cache").write_text("no folder", encoding="utf-8")
    shutil.copy(tiny_world.ENVIRONMENT, tmp_path / "env.yaml")
    words = ("run", "--env", "env.yaml", "--case", "GetLoans/1.1", str(tiny_world.SUITES))
    done = apart(*words, "-o", f"cache_dir={tmp_path / '.pytest_cache'}", cwd=tmp_path)
    assert done.returncode == 6, done
    assert "refuses connections" in done.stdout
    assert "PytestCacheWarning" in done.stdout


@pytest.mark.parametrize("kind", ["suite", "scenario", "environment"])
def test_schema_is_json_schema(kind: str) -> None:
    done = rivta("schema", kind)
    assert done.returncode == 0
    assert json.loads(done.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_report_renders_again_from_the_evidence_alone(project: Project, tmp_path: Path) -> None:
    with system("wrong-subcode-PR002") as url:
        project.environment(url)
        project.run_here()
    project.suite.unlink()
    project.template.unlink()
    first = project.report / "declaration.html"
    before = first.read_text(encoding="utf-8")
    first.unlink()
    assert rivta("report", "run", "--suites", "suites", cwd=project.folder).stdout == "run/declaration.html\n"
    assert first.read_text(encoding="utf-8") == before
    other = tmp_path / "other.html"
    assert rivta("report", f"run/{FILE}", "--lang", "en", "-o", other, cwd=project.folder).returncode == 0
    assert '<html lang="en"' in other.read_text(encoding="utf-8")


def test_report_of_nothing(tmp_path: Path) -> None:
    done = rivta("report", "runs/none", cwd=tmp_path)
    assert done.returncode == USAGE
    assert "runs/none does not exist" in done.stderr


def test_report_to_where_nothing_can_be_written(project: Project) -> None:
    with system() as url:
        project.environment(url)
        project.run_here("--rivta-case", "1")
    done = rivta("report", "run", "-o", "no/such/folder/x.html", cwd=project.folder)
    assert done.returncode == USAGE
    assert "no/such/folder/x.html cannot be written: there is no folder no/such/folder" in done.stderr


# rivta reference and demo


def test_reference_lists_its_faults() -> None:
    done = rivta("reference", "--list-faults")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) >= 60
    assert re.search(
        r"^wrong-subcode-PR002 +Answers PR003 where PR002 is the answer\. \(breaks ERR-PR002\)$",
        done.stdout,
        re.MULTILINE,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fault", "nonsense"), "accepts-NR-not-version-1, "),
        (
            ("--fault", "wrong-subcode-PR02"),
            "there is no fault “wrong-subcode-PR02”\n  → did you mean “wrong-subcode-PR002”?",
        ),
        (("--listen", "8020"), "“8020” is no HOST:PORT"),
        (("--listen", "127.0.0.1:99999"), "“127.0.0.1:99999” is no HOST:PORT"),
        (("--records", "none.yaml"), "none.yaml"),
        (("--tls-certificate", "none.pem", "--listen", "127.0.0.1:0"), "No such file or directory"),
        (("--role", "remitent"), "did you mean “remittent”?"),
        (("--domain", "clinicalprocess.activity.requests"), "did you mean “clinicalprocess.activity.request”?"),
    ],
    ids=["no such fault", "fault", "address", "port", "records", "certificate", "role", "domain"],
)
def test_reference_refuses_what_is_off(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = rivta("reference", *words, cwd=tmp_path)
    assert done.returncode == USAGE
    assert said in done.stderr


STOPPED_WHILE_IMPORTED = """
import sys

class Stop:
    def find_spec(name, path, target=None):
        if name == "rivta.cli.arguments":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Stop)
from rivta.cli import main
"""


def test_who_is_stopped_in_the_first_second_says_so_in_a_sentence() -> None:
    done = subprocess.run([sys.executable, "-c", STOPPED_WHILE_IMPORTED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "rivta: stopped\n")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_reference_serves_until_it_is_stopped(how: signal.Signals) -> None:
    words = [RIVTA, "reference", "--role", "remissmottagare", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            said = "".join(running.stdout.readline() for _ in range(3))
            found = re.search(r"answers at (http://127\.0\.0\.1:\d+) as remissmottagare\.", said)
            assert found, said
            with urllib.request.urlopen(f"{found[1]}/ProcessRequest/2/rivtabp21?wsdl", timeout=30) as answer:  # noqa: S310 - our own server
                assert b"definitions" in answer.read()
            running.send_signal(how)
            _, errors = running.communicate(timeout=30)
        finally:
            running.kill()
    assert (running.returncode, errors) == (0, "")
    ready = re.search(r"An environment to try it by: (.+); its addresses say port 8020, so copy it and write \d+", said)
    assert ready, said
    assert "remissmottagare" in environment.read(Path(ready[1])).roles


def test_a_port_that_is_taken_is_no_traceback(project: Project) -> None:
    with system() as url:
        place = url.removeprefix("http://").partition("/")[0]
        # The counterpart has a port of its own: of two that are taken one would be told.
        project.environment(url, f"{ENVIRONMENT_REST}counterpart: {{listen: '127.0.0.1:{free_port()}'}}\n")
        served = ("serve", "--env", "env.yaml", "--report", "run", "--listen", place)
        dones = [rivta("reference", "--listen", place), rivta(*served, cwd=project.folder)]
    for name, done in zip(("reference", "serve"), dones, strict=True):
        assert done.returncode == USAGE
        assert f"rivta {name}: {place}: Address already in use\n  → name another with --listen" in done.stderr


DEMO_CASES = ("ProcessRequest/1.1", "ProcessRequest/consumer/1.1", "sent-confirmed")
"""One that calls the system, one in which it calls, and a scenario both ways with a question to its user. `make demo` plays all."""


def test_demo_needs_nothing_but_an_empty_folder(tmp_path: Path) -> None:
    chosen = " ".join(f"--rivta-case {case}" for case in DEMO_CASES)
    done = apart("demo", cwd=tmp_path, PYTEST_ADDOPTS=chosen)
    folder = tmp_path / "reports" / "demo"
    wrong = {
        check.kind for each in evidence.read(folder).results for check in each.checks if check.verdict is Verdict.FAILED
    }
    assert wrong <= {"max_ms"}, done.stdout
    # A busy machine's time says nothing of the system.
    code, outcome = (DEVIATES, "deviates") if wrong else (0, "conforms")
    assert (done.returncode, f"outcome: {outcome}" in done.stdout) == (code, True), done.stdout
    assert "report    reports/demo/declaration.html" in done.stdout
    assert '<html lang="sv"' in (folder / "declaration.html").read_text(encoding="utf-8")
    kinds = [json.loads(line)["kind"] for line in (folder / FILE).read_text(encoding="utf-8").splitlines()]
    assert (kinds[0], kinds[-1]) == ("header", "footer")
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]
    assert seal.verify_run(seal.run_folder(folder)).outcome == "holds"
    assert "time-factor: 600" in (folder / "environment.yaml").read_text(encoding="utf-8"), (
        "nobody waits long in a demo"
    )
    demands_both_ways(evidence.read(folder))


def demands_both_ways(run: Run) -> None:
    """The demo's system is called and calls, in cases of one contract and in scenarios."""
    called = {Path(each.suite).stem for each in run.results if any(not call.inbound for call in each.exchanges)}
    calling = {Path(each.suite).stem for each in run.results if any(call.inbound for call in each.exchanges)}
    assert {"producer", "consumer"} <= called | calling
    assert "consumer" in calling
    assert called & calling - {"consumer"}, "a scenario goes both ways"
    assert any(check.kind == "manual" and check.by for each in run.results for check in each.checks)


# rivta run, and rivta itself


def test_run_needs_an_environment() -> None:
    done = rivta("run")
    assert done.returncode == USAGE
    assert "required: --env" in done.stderr


def test_run_and_pytest_are_the_same_run(project: Project) -> None:
    with system("wrong-subcode-PR002") as url:
        project.environment(url)
        done = rivta("run", "--env", "env.yaml", "--report", "run", "suites", "-q", cwd=project.folder)
        assert done.returncode == 1
        assert project.verdicts() == {"1": "PASSED", "2": "FAILED", "3": "PASSED", "4": "PASSED"}
        words = ("run", "--env", "env.yaml", "--report", "run", "suites", "--contract", "ProcessRequest", "-q")
        assert rivta(*words, cwd=project.folder).returncode == USAGE  # the evidence is there
        done = rivta(
            *words, "--replace", "--case", "2", "--requirement", "ERR-PR002", "--lang", "en", cwd=project.folder
        )
    assert done.returncode == 1
    assert project.verdicts() == {"2": "FAILED"}
    assert '<html lang="en"' in (project.report / "declaration.html").read_text(encoding="utf-8")


def test_what_is_shipped_runs_whatever_the_project_around_asks_of_pytest(tmp_path: Path) -> None:
    """A project with tests of its own: its options name other paths, and its conftest may need what is not here."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = tests\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('needs a database')\n")
    settings = str(places.reference() / "environment.yaml")
    done = apart("run", "--env", settings, "--case", "no-such-case", "-k", "x", cwd=tmp_path)
    assert "no case here has the id “no-such-case”" in done.stdout + done.stderr
    assert "needs a database" not in done.stdout + done.stderr


def test_run_without_a_path_runs_what_is_shipped(project: Project) -> None:
    with system() as url:
        project.environment(url)
        # What an option names may lie there from the last run, and is no path to collect.
        (project.folder / "junit.xml").touch()
        key = ("--case", "ProcessRequest/1", "--report", "one", "-q")
        assert "\n1 of 1 cases" in rivta("run", "--env", "env.yaml", "suites", *key, cwd=project.folder).stdout
        words = ("run", "--env", "env.yaml", "--report", "run", "--case", "1.1", "--contract", "ProcessRequest", "-q")
        done = rivta(*words, "--junitxml", "junit.xml", cwd=project.folder)
    assert done.returncode == 0, done.stdout
    folder = places.suites() / NAME / "ProcessRequest"
    assert {(result.suite, result.verdict.name) for result in project.evidence().results} == {
        (str(folder / "producer.yaml"), "PASSED"),
        (str(folder / "consumer.yaml"), "NOT_APPLICABLE"),  # this system does not call
    }
    assert (project.folder / ".pytest_cache").is_dir()
    assert (project.folder / "junit.xml").stat().st_size


def test_a_run_is_called_by_its_moment(project: Project) -> None:
    with system() as url:
        project.environment(url)
        done = rivta("run", "--env", "env.yaml", "suites", "--case", "1", cwd=project.folder)
    assert done.returncode == 0, done.stdout
    (run,) = (project.folder / "reports").iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", run.name)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("chek", "there is no command “chek”\n  → did you mean “check”?"),
        ("nonsense", "there is no command “nonsense”\n  → known here: certs, check,"),
    ],
)
def test_an_unknown_command(word: str, said: str) -> None:
    done = rivta(word)
    assert done.returncode == USAGE
    assert said in done.stderr


def test_rivta_alone_says_how_it_is_used() -> None:
    done = rivta()
    assert done.returncode == USAGE
    assert "usage: rivta" in done.stderr
    assert re.fullmatch(r"rivta \d+\.\d+\.\d+\S*\n", rivta("--version").stdout)
    overview = rivta("--help")
    assert overview.returncode == 0
    for name in COMMANDS:
        assert re.search(rf"^ +{name}\b", overview.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_refuses_nonsense(name: str) -> None:
    explained = rivta(name, "--help")
    assert explained.returncode == 0
    assert f"usage: rivta {name}" in explained.stdout
    assert rivta(name, "--no-such-option").returncode == USAGE


@pytest.mark.parametrize("words", [("reference", "--list-faults"), ("certs", "demo")], ids=["reference", "certs"])
def test_a_reader_who_has_seen_enough_is_no_trouble(words: tuple[str, ...], tmp_path: Path) -> None:
    at_once = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [RIVTA, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=at_once
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(30) == 128 + signal.SIGPIPE


READING: dict[str, tuple[str, ...]] = {
    "check": (),
    "send": ("--contract", "RegisterLoan@2", "--env", "env.yaml"),
    "import soapui": ("-o", "out"),
    "import soapui project.xml --data": ("-o", "out"),
    "import soapui project.xml --prove": ("-o", "out"),
    "contracts add": (),
    "new message RegisterLoan@2 --with": (),
    "lint --env": (),
    "report": (),
    "declaration check": (),
}


@pytest.mark.parametrize("command", READING)
def test_a_file_that_has_no_end_or_is_no_text_is_a_sentence_and_the_files_fault(command: str, tmp_path: Path) -> None:
    shutil.copy(tiny_world.SUITES.parent / "environment.yaml", tmp_path / "env.yaml")
    (tmp_path / "project.xml").write_text('<a:soapui-project xmlns:a="http://eviware.com/soapui/config" name="a"/>')
    with (tmp_path / "endless").open("wb") as file:
        file.truncate(2**40)
    (tmp_path / "junk").write_bytes(bytes(range(128, 256)))
    words = command.split()
    own = ("--suites", str(tiny_world.SUITES)) if words[0] in ("check", "send", "new", "lint") else ()
    for name in ("endless", "junk"):
        told = command_here([*words, name, *READING[command], *own], tmp_path)
        assert told.returncode in (2, USAGE), told.stderr
        assert name in told.stdout + told.stderr
