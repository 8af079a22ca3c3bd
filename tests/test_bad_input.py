"""Whatever a system answers, or does not: a verdict, the evidence, a report, and the run goes on.

Each kind of trouble is played through a whole run: two cases meet the miniature, and then a case of another contract meets
a sound system.
"""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest

import miniatures
from bodies_kept import kept as bodies_of
from miniatures import Miniature, System
from projects import DEVIATES, ENVIRONMENT, IN_SPITE, OK, SUITE, SYSTEM, Project, ended
from rivta import evidence
from rivta.model.exchange import Exchange
from rivta.model.run import CaseResult, Run

SOUND = miniatures.ANSWER.replace(b"ProcessRequest", b"ProcessRequestConfirmation")
TWO_CASES = SUITE.partition("cases:\n")[0] + (
    "cases:\n"
    '  - {id: "1", title: First, verifies: [PR-F-minimal], send: messages/referral.xml, expect: [result: OK]}\n'
    '  - {id: "2", title: Second, verifies: [PR-F-minimal], send: messages/referral.xml, expect: [result: OK]}\n'
)
AFTERWARDS = """\
contract: ProcessRequestConfirmation
role: producer
title: Afterwards
cases:
  - {id: "3", title: The run goes on, verifies: [PRC-F-minimal], send: messages/any.xml, expect: [result: OK]}
"""
MB = 1024 * 1024
POSTED = f"POST {miniatures.PATH} HTTP/1.1".encode()


@dataclass(frozen=True)
class Kind:
    """What a system does, and what a run makes of it.

    `said` is what the evidence of the first case says. `kept` is how many bytes of the reply are in the evidence, if not
    just any; None where no reply can be.
    """

    system: Callable[[], System]
    said: str
    verdict: str = "FAILED"
    kept: int | None = -1
    read: str = "60 s"
    scheme: str = ""


def large_but_sound() -> System:
    """10 MB in an element that may hold any text."""
    text = b"</c:resultCode><c:message xmlns:c='urn:riv:clinicalprocess:activity:request:2'>%s</c:message></r:result>"
    answer = miniatures.ANSWER.replace(b"</c:resultCode></r:result>", text % (b"QUJD" * (10 * MB // 4)))
    return miniatures.answering(miniatures.reply(answer))


def truncated() -> System:
    """A whole HTTP answer with half an envelope."""
    return miniatures.answering(miniatures.reply(miniatures.ANSWER.partition(b"</soapenv:Body>")[0]))


def not_xml() -> System:
    return miniatures.answering(miniatures.reply(b"OK\n"))


def binary() -> System:
    return miniatures.answering(miniatures.reply(bytes(range(256)) * 8))


def unknown_encoding() -> System:
    return miniatures.answering(miniatures.reply(miniatures.ANSWER.replace(b'"UTF-8"', b'"KLINGON-8"')))


def deeply_nested() -> System:
    return miniatures.answering(miniatures.reply(b"<a>" * 100_000 + b"</a>" * 100_000))


def commands_the_terminal() -> System:
    """An answer that would set a terminal's title and clear it, if it were shown as it is."""
    return miniatures.answering(miniatures.reply(b"\x1b]0;owned\x07\x1b[2Jno XML"))


KINDS = {
    # What came can be read as HTTP, and is not what the contract says.
    "not XML": Kind(not_xml, "it is plain text, not XML: “OK”", kept=3),
    "truncated XML": Kind(truncated, "the document is cut short"),
    "garbage bytes": Kind(binary, "it is binary data, not XML", kept=2048),
    "wrong encoding": Kind(miniatures.wrong_encoding, "the bytes are not UTF-8, which the document declares"),
    "unknown encoding": Kind(unknown_encoding, "declares an encoding that cannot be read: KLINGON-8"),
    "entity bomb": Kind(miniatures.billion_laughs, "must not carry a document type declaration"),
    "100 000 levels": Kind(deeply_nested, "cannot be read"),
    "empty 200": Kind(miniatures.answers_empty_200, "the body is empty", kept=0),
    "HTML error page of its own": Kind(miniatures.answers_html_error_page, "it is an HTML page, not XML"),
    "gzip that nobody asked for": Kind(miniatures.gzips_unasked, "compressed with gzip, which nobody asked for)"),
    "SOAP 1.2": Kind(miniatures.answers_soap_1_2, "SOAP"),
    "control characters": Kind(commands_the_terminal, "it is binary data, not XML"),
    "10 MB": Kind(miniatures.answers_10_mb, "resultCode", kept=10 * MB - 4),
    "10 MB that conform": Kind(large_but_sound, "", "PASSED"),
    # What came is somebody else's.
    "the platform's fault": Kind(
        miniatures.answers_for_the_platform, "The platform answered with its own error VP009", "BLOCKED"
    ),
    "bad gateway": Kind(
        miniatures.answers_bad_gateway, "Something in front of the system answered HTTP 502", "BLOCKED"
    ),
    "login page": Kind(miniatures.answers_login_page, "A page for people came with HTTP 200", "BLOCKED"),
    "not found": Kind(miniatures.answers_not_found, "HTTP 404 without a SOAP message", "BLOCKED", 0),
    "redirect": Kind(
        miniatures.redirects, "HTTP 302 refers to /elsewhere, and redirects are not followed", "BLOCKED", 0
    ),
    # What came cannot, or breaks off.
    "60 MB": Kind(miniatures.answers_60_mb, "larger than 50 MB; its first 1048576 bytes are kept", kept=MB),
    "413 to what is sent": Kind(miniatures.refuses_large_requests, "(HTTP 413, ", kept=9),
    "not HTTP": Kind(miniatures.answers_garbage, "The answer is not HTTP", kept=None),
    "endless headers": Kind(miniatures.answers_endless_headers, "The answer is not HTTP", kept=None),
    "odd chunks": Kind(miniatures.answers_odd_chunks, "The answer is not HTTP"),
    "half a chunk": Kind(miniatures.truncates_chunks, "broke in the middle of the answer, after 9 bytes", kept=9),
    "less than promised": Kind(miniatures.truncates_body, "broke in the middle of the answer"),
    "reset": Kind(miniatures.resets_at_once, "closed the connection without an answer", kept=None),
    "reset midway": Kind(miniatures.resets_midway, "broke in the middle of the answer"),
    "hangs up": Kind(miniatures.closes_silently, "closed the connection without an answer", kept=None),
    "timeout": Kind(miniatures.never_answers, "No complete answer within 0.3 s", kept=None, read="300 ms"),
    "a byte at a time": Kind(miniatures.drips_slowly, "No complete answer within 0.3 s", kept=None, read="300 ms"),
    # There is no way there.
    "refused": Kind(miniatures.refuses, "refuses connections", "BLOCKED", None),
    "plain where TLS is spoken": Kind(miniatures.speaks_tls, "speaks TLS on this port", "BLOCKED", None, scheme="http"),
    "TLS where plain is spoken": Kind(miniatures.speaks_plain, "does not speak TLS", "BLOCKED", None, scheme="https"),
    "an unknown authority": Kind(miniatures.speaks_tls, "self-signed", "BLOCKED", None),
    "no client certificate": Kind(miniatures.demands_client_certificate, "unknown authority", "BLOCKED", None),
}
CODES = {"PASSED": OK, "FAILED": DEVIATES, "BLOCKED": ENVIRONMENT}


@contextmanager
def world(project: Project, kind: Kind) -> Iterator[tuple[Miniature, Miniature]]:
    """The two systems that this kind of trouble is played with, and a project that calls them."""
    project.write(TWO_CASES)
    other = project.domain / "ProcessRequestConfirmation"
    (other / "messages").mkdir(parents=True, exist_ok=True)
    (other / "messages" / "any.xml").write_text("<any/>", encoding="utf-8")
    (other / "producer.yaml").write_text(AFTERWARDS, encoding="utf-8")
    with kind.system() as odd, miniatures.answering(miniatures.reply(SOUND)) as sound:
        url = re.sub(r"^\w+", kind.scheme, odd.url) if kind.scheme else odd.url
        endpoints = f"{{ProcessRequest: {{url: '{url}', logical-address: A}}, ProcessRequestConfirmation: {{url: '{sound.url}', logical-address: A}}}}"
        rest = f"roles: [remissmottagare, remittent]\ntimeouts: {{connect: 60 s, read: {kind.read}}}\n"
        (project.folder / "env.yaml").write_text(f"{SYSTEM}endpoints: {endpoints}\n{rest}", encoding="utf-8")
        yield odd, sound


@pytest.mark.parametrize("name", KINDS)
def test_whatever_is_answered(project: Project, name: str) -> None:
    kind = KINDS[name]
    with world(project, kind) as (odd, _):
        result = project.run_here(IN_SPITE)
        heard = [request.partition(b"\r\n")[0] for request in odd.heard]
    # Each message once: one that is not answered may have been registered all the same. And a redirect is not followed.
    assert heard in ([], [POSTED] * 2, [POSTED] * (1 if name == "not found" else 2))
    output = ended(result, CODES[kind.verdict])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", output), "an answer must not command the terminal"
    assert len(output) < 30_000
    run = project.evidence()
    assert not run.damage
    assert run.footer is not None
    assert project.verdicts() == {"1": kind.verdict, "2": kind.verdict, "3": "PASSED"}
    for case in run.results[:2]:
        clear(case, kind)
        if case.exchanges:  # what no further case can escape is tried once
            kept(case.exchanges, kind, project.report)
    assert run.results[0].exchanges
    assert (project.report / evidence.FILE).stat().st_size < 300_000
    rendered(project, run)


def clear(case: CaseResult, kind: Kind) -> None:
    """One verdict, with one cause behind it in both languages."""
    red = [check for check in case.checks if check.verdict.name == kind.verdict]
    assert {check.verdict.name for check in case.checks} <= {kind.verdict, "PASSED", "NOT_APPLICABLE"}
    assert red
    if kind.verdict != "PASSED":
        assert kind.said in red[0].findings[0].message.en + red[0].findings[0].location
        assert red[0].findings[0].message.sv != red[0].findings[0].message.en
    if kind.verdict == "BLOCKED":
        assert [check.kind for check in red] == ["reply"]


def kept(exchanges: tuple[Exchange, ...], kind: Kind, folder: Path) -> None:
    """The exchange, with what was sent and as much as came."""
    (exchange,) = exchanges
    assert b"ProcessRequest" in exchange.request.body
    assert exchange.started.endswith("Z")
    bodies = [exchange.request.body]
    if kind.kept is None:
        assert exchange.problem is not None
    else:
        assert exchange.response is not None
        assert len(exchange.response.body) == kind.kept or kind.kept == -1
        bodies.append(exchange.response.body)
    for body in bodies:
        assert bodies_of(folder)[sha256(body).hexdigest()] == body


def rendered(project: Project, run: Run) -> None:
    """The report is whole, and says why."""
    report = (project.report / "declaration.html").read_text(encoding="utf-8")
    assert report.rstrip().endswith("</html>")
    said = [finding.message.sv for check in run.results[0].checks for finding in check.findings]
    assert not said or said[0] in unescape(report)


def test_so_does_the_command(project: Project) -> None:
    with world(project, KINDS["reset midway"]):
        run = project.rivta("run", "--env", "env.yaml", "--report", "run", "suites", "-p", "no:cacheprovider")
    assert run.returncode == DEVIATES
    assert project.verdicts() == {"1": "FAILED", "2": "FAILED", "3": "PASSED"}
    assert "broke in the middle of the answer" in run.stdout


def test_a_system_that_gets_well_again_is_seen_to_be_well(project: Project) -> None:
    """A bad answer costs its own case and no other: the next one gets a connection of its own."""
    sound = miniatures.reply()
    turns = iter([b"no HTTP\r\n\r\n", sound, sound[:-30], sound])

    def behave(connection: socket.socket, system: Miniature) -> None:
        while system.read_request(connection):
            answer = next(turns)
            connection.sendall(answer)
            if answer is not sound:
                return

    cases = "".join(
        TWO_CASES.partition("cases:\n")[2].replace('"1"', f'"{n}1"').replace('"2"', f'"{n}2"') for n in "12"
    )
    project.write(TWO_CASES.partition("cases:\n")[0] + "cases:\n" + cases)
    with miniatures.listening(behave) as system:
        project.environment(system.url)
        ended(project.run_here(IN_SPITE), DEVIATES)
    assert project.verdicts() == {"11": "FAILED", "12": "PASSED", "21": "FAILED", "22": "PASSED"}
