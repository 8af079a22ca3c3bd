"""The conductor: steps and what they capture, whose data wins, what is never sent, and what a case comes to."""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import miniatures
from loopback import Loopback
from projects import person
from reference_system import domain as remiss
from rivta import environment, suite
from rivta.check import KINDS, Observation, Seen, vocabulary
from rivta.check.kinds import kind
from rivta.declaration import proven
from rivta.model import environment as environment_nouns
from rivta.model.case import Suite
from rivta.model.clock import SYSTEM
from rivta.model.domain import ContractFacts, DomainFacts
from rivta.model.environment import Environment
from rivta.model.errors import UsageError
from rivta.model.run import CaseResult, Run, RunHeader
from rivta.model.words import Headers, Text, Verdict
from rivta.run import Stage, run_case
from rivta.run.filling import fixed_values
from rivta.text import identity
from rivta.transport.http import HttpTransport

DOMAIN = remiss()
CORE = "urn:riv:clinicalprocess:activity:request:2"
HEAD = f"""\
contract: ProcessRequest
role: producer
title: Questions
namespaces: {{c: "{CORE}"}}
data: {{who: of the suite, deep: {{a: suite, b: suite}}}}
cases:
"""
ENVIRONMENT = """\
system: {organisation: Vendor AB, product: Journal, version: "7"}
roles: [remissmottagare]
endpoints: {ProcessRequest: {url: "http://127.0.0.1:1/", logical-address: UNIT}}
original-consumer: SE2321000012-TEST
"""
LOG_ID = f'<c:logId xmlns:c="{CORE}">%s</c:logId>'
LOG = "string(//c:logId)"


def answer(inside: str = "", code: str = "OK") -> bytes:
    """A reply with one more element in its result."""
    answered = miniatures.ANSWER.replace(b">OK<", f">{code}<".encode())
    return answered.replace(b"</r:result>", inside.encode() + b"</r:result>")


class System:
    """A system that gives these answers in turn, the last one ever after, and remembers what it was told."""

    def __init__(self, *answers: bytes) -> None:
        self.heard: list[tuple[Headers, bytes]] = []
        self._answers = answers or (answer(),)
        self.peer = Loopback(self._reply)

    def _reply(self, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        self.heard.append((headers, body))
        reply = self._answers[min(len(self.heard), len(self._answers)) - 1]
        return 200, (("Content-Type", "text/xml; charset=UTF-8"),), reply

    @property
    def texts(self) -> list[str]:
        """What stood in each message's body element."""
        return [
            re.findall(r"<r:ProcessRequest [^>]*>(.*)</r:ProcessRequest>", body.decode())[0] for _, body in self.heard
        ]


class Play:
    """A suite of the given cases, with messages of one text each, played one case at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = ENVIRONMENT

    def message(self, name: str, text: str, prolog: str = "") -> None:
        namespace = DOMAIN.contracts["ProcessRequest"].namespace
        xml = f'{prolog}<r:ProcessRequest xmlns:r="{namespace}">{text}</r:ProcessRequest>'
        (self.folder / f"{name}.xml").write_text(xml, encoding="utf-8")

    def settings(self) -> Environment:
        path = self.folder / "environment.yaml"
        path.write_text(self.environment, encoding="utf-8")
        return environment.read(path)

    def suite(self, cases: str, head: str = HEAD) -> Suite:
        path = self.folder / "producer.yaml"
        path.write_text(head + cases, encoding="utf-8")
        return suite.read(path, DOMAIN, vocabulary(), self.settings().test_data)

    def all(self, cases: str, system: System) -> list[CaseResult]:
        read = self.suite(cases)
        return [run_case(case, Stage(read, self.settings(), system.peer, "run-1")) for case in read.cases]

    def __call__(self, cases: str, system: System) -> CaseResult:
        (result,) = self.all(cases, system)
        return result


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play(tmp_path)


def reason(result: CaseResult) -> str:
    assert result.reason is not None
    return result.reason.en


# Steps, and what they capture

TWO_STEPS = """\
  - id: "1"
    title: Two steps
    verifies: [PR-F-minimal]
    steps:
      - {send: first.xml, capture: {id: "CAPTURE"}, expect: [result: OK]}
      - {send: second.xml, expect: [result: OK]}
"""


@pytest.fixture
def two_steps(play: Play) -> Callable[[System], CaseResult]:
    play.message("first", "first")
    play.message("second", "${id}")
    return lambda system: play(TWO_STEPS.replace("CAPTURE", LOG), system)


def test_what_is_captured_is_sent_in_the_next_step(two_steps: Callable[[System], CaseResult]) -> None:
    system = System(answer(LOG_ID % "log-17"), answer())
    result = two_steps(system)
    assert result.verdict is Verdict.PASSED, result
    assert system.texts == ["first", "log-17"]
    assert {check.exchange for check in result.checks} == {0, 1}
    assert [exchange.request.body for exchange in result.exchanges] == [body for _, body in system.heard]


def test_what_a_system_says_is_never_a_placeholder(two_steps: Callable[[System], CaseResult]) -> None:
    odd = "${who} $${who} ${ $$ ${nothing.like.this|raw} &lt;a&gt; &amp;"
    system = System(answer(LOG_ID % odd))
    assert two_steps(system).verdict is Verdict.PASSED
    assert system.texts == ["first", odd]


MISSING = {
    "an element": ("//c:logId", ""),
    "an attribute": ("//c:logId/@nothing", LOG_ID % "log-17"),
    "the string of nothing": (LOG, ""),
    "an empty element": ("//c:logId", LOG_ID % ""),
    "white space": (LOG, LOG_ID % " "),
    "one of two": ("//c:logId", (LOG_ID % "a") + (LOG_ID % "b")),
}


@pytest.mark.parametrize(("path", "found"), MISSING.values(), ids=MISSING)
def test_a_value_that_is_missing_is_the_systems_deviation(play: Play, path: str, found: str) -> None:
    play.message("first", "first")
    play.message("second", "${id}")
    system = System(answer(found))
    result = play(TWO_STEPS.replace("CAPTURE", path), system)
    assert result.verdict is Verdict.FAILED
    (lacking,) = (check for check in result.checks if check.kind == "capture")
    assert (lacking.verdict, lacking.verifies, lacking.exchange) == (Verdict.FAILED, ("PR-F-minimal",), 0)
    assert "“id” cannot be taken from the reply" in lacking.findings[0].message.en
    assert "kan inte hämtas ur svaret" in lacking.findings[0].message.sv
    assert len(system.heard) == 1


def test_a_reply_that_cannot_be_read_lacks_what_it_should_hold(two_steps: Callable[[System], CaseResult]) -> None:
    result = two_steps(System(b"no XML"))
    assert result.verdict is Verdict.FAILED
    assert "capture" in {check.kind for check in result.checks if check.verdict is Verdict.FAILED}


def test_what_comes_after_a_deviation_is_not_sent(two_steps: Callable[[System], CaseResult]) -> None:
    system = System(answer(LOG_ID % "log-17", code="ERROR"))
    result = two_steps(system)
    assert result.verdict is Verdict.FAILED
    assert len(result.exchanges) == len(system.heard) == 1
    assert result.reason == Text(
        "1 steg kördes inte, eftersom steg 1 avvek.", "1 step was not run, since step 1 deviated."
    )


def test_what_is_not_sent_is_not_proven_by_what_was_sent_before(two_steps: Callable[[System], CaseResult]) -> None:
    result = two_steps(System(answer("")))  # OK, but without the id that the next step takes
    assert (result.verdict, declared(result)["PR-F-minimal"]) == (Verdict.FAILED, Verdict.FAILED)
    result = two_steps(System(answer(LOG_ID % "log-17" + "<nonsense/>")))
    assert [(check.kind, check.verdict) for check in result.checks if "PR-F-minimal" in check.verifies] == [
        ("result", Verdict.PASSED),
        ("unplayed", Verdict.NOT_PROVEN),
    ]
    assert (result.verdict, declared(result)["PR-F-minimal"]) == (Verdict.FAILED, Verdict.NOT_PROVEN)


def test_nor_is_what_we_could_not_send(play: Play) -> None:
    play.message("any", "any")
    play.message("stranger", STRANGER)
    steps = "{send: any.xml, expect: [result: OK]}, {send: stranger.xml, expect: [result: OK]}, {send: any.xml}"
    result = play(f"  - {{id: '1', title: A, verifies: [PR-F-minimal], steps: [{steps}]}}\n", System())
    assert (result.verdict, declared(result)["PR-F-minimal"]) == (Verdict.BLOCKED, Verdict.BLOCKED)


def test_nor_what_comes_after_no_reply(play: Play) -> None:
    play.message("any", "any")
    three = "  - {id: '1', title: Three, steps: [{send: any.xml}, {send: any.xml}, {send: any.xml}]}\n"
    with miniatures.refuses() as nobody:
        play.environment = ENVIRONMENT.replace("http://127.0.0.1:1/", nobody.url)
        read = play.suite(three)
        with closing(HttpTransport(play.settings())) as transport:
            result = run_case(read.cases[0], Stage(read, play.settings(), transport, "run-1"))
    assert result.verdict is Verdict.BLOCKED
    assert result.reason == Text(
        "2 steg kördes inte, eftersom steg 1 inte fick något svar.",
        "2 steps were not run, since step 1 got no reply.",
    )
    assert [check.kind for check in result.checks] == ["reply"]


def test_no_reply_concerns_everything_that_the_step_would_have_shown(play: Play) -> None:
    play.message("any", "any")
    case = "  - {id: '1', title: A, verifies: [PR-F-minimal], send: any.xml, expect: [{result: OK, verifies: [ERR-PR002]}]}\n"
    with miniatures.resets_at_once() as system:
        play.environment = ENVIRONMENT.replace("http://127.0.0.1:1/", system.url)
        read = play.suite(case)
        with closing(HttpTransport(play.settings())) as transport:
            result = run_case(read.cases[0], Stage(read, play.settings(), transport, "run-1"))
    assert [(check.kind, check.verdict, check.verifies) for check in result.checks] == [
        ("reply", Verdict.FAILED, ("PR-F-minimal", "ERR-PR002", "GEN-SOAP"))
    ]


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("http_status: 200", "a list is wanted"),
        ("http_status: {codes: [2xx], absent: yes}", "a whole number is wanted"),
        ("http_status: {codes: [], absent: yes}", "an empty list"),
        ("any: {part: unit, in: E1}", "a list is wanted"),
        ("filtered: {by: patient}", "a list is wanted"),
        ("docbook: {path: //c:a, elements: para}", "a list is wanted"),
    ],
)
def test_a_text_is_no_list_of_its_letters(play: Play, check: str, told: str) -> None:
    play.message("any", "any")
    with pytest.raises(UsageError, match=told):
        play.suite(f"  - {{id: '1', title: A, send: any.xml, expect: [{check}]}}\n")


# Whose data wins


def test_the_closest_data_wins_and_the_rest_fills_in(play: Play) -> None:
    play.message("data", "${who} ${deep.a} ${deep.b}")
    one = "  - {id: '%s', title: A, send: data.xml%s}\n"
    cases = one % ("1", "") + one % ("2", ", with: {who: of the case, deep: {b: case}}")
    system = System()
    play.all(cases, system)
    play.environment += "test-data: {who: of the environment, deep: {a: environment}}\n"
    play.all(cases, system)
    assert system.texts == [
        "of the suite suite suite",
        "of the case suite case",
        "of the environment environment suite",
        "of the case environment case",
    ]


def test_what_was_captured_wins_over_all(play: Play) -> None:
    play.message("first", "${who}")
    play.environment += "test-data: {who: of the environment}\n"
    steps = f"[{{send: first.xml, capture: {{who: {LOG}}}}}, {{send: first.xml, with: {{who: of the step}}}}, {{send: first.xml}}]"
    system = System(answer(LOG_ID % "captured"))
    play(f"  - {{id: '1', title: A, steps: {steps}}}\n", system)
    assert system.texts == ["of the environment", "captured", "captured"]


def test_an_expectation_knows_the_same_data(play: Play) -> None:
    play.message("any", "any")
    case = "  - {id: '1', title: A, send: any.xml, with: {who: %s}, expect: [{xpath: {path: '//c:logId', equals: '${who}'}}]}\n"
    system = System(answer(LOG_ID % "me"))
    assert play(case % "me", system).verdict is Verdict.PASSED
    assert play(case % "you", system).verdict is Verdict.FAILED


# The envelope around it


def test_a_message_goes_to_the_endpoints_unit_unless_the_step_says_another(play: Play) -> None:
    play.message("any", "${logical-address}")
    play.environment += "test-data: {units: {second: UNIT-2}}\n"
    steps = "[{send: any.xml}, {send: any.xml, to: '${units.second}'}]"
    system = System()
    play(f"  - {{id: '1', title: A, steps: {steps}}}\n", system)
    assert system.texts == ["UNIT", "UNIT-2"]
    addresses = [re.findall(r"<\w+:LogicalAddress[^>]*>(.*?)</", body.decode()) for _, body in system.heard]
    assert addresses == [["UNIT"], ["UNIT-2"]]


def test_a_step_has_headers_of_its_own(play: Play) -> None:
    play.message("any", "any")
    play.environment += "headers: {X-Ours: environment}\n"
    steps = "[{send: any.xml, headers: {soapaction: '\"other\"', X-Run: '${run.id}', X-Ours: step}}, {send: any.xml}]"
    system = System()
    play(f"  - {{id: '1', title: A, steps: {steps}}}\n", system)
    first, second = (dict(headers) for headers, _ in system.heard)
    assert (first["soapaction"], first["X-Run"], first["X-Ours"]) == ('"other"', "run-1", "step")
    assert "SOAPAction" not in first
    assert second["SOAPAction"] == f'"{DOMAIN.contracts["ProcessRequest"].soap_action}"'
    assert second["X-Ours"] == "environment"
    assert second["x-rivta-original-serviceconsumer-hsaid"] == "SE2321000012-TEST"
    assert first["x-skltp-correlation-id"] != second["x-skltp-correlation-id"]


def test_a_time_in_twelve_digits_is_never_a_persons_number() -> None:
    """On 2 March 2026 at 08.15 it would be, to the check digit."""
    when = datetime(2026, 3, 2, 8, 15, tzinfo=ZoneInfo("Europe/Stockholm"))
    assert identity.find(f"{when:%Y%m%d%H%M}")
    assert fixed_values("run-1", when, SYSTEM, 1)["now.minute"] == "202603020814"


def test_built_in_names(play: Play) -> None:
    play.message("names", "${unique} ${now.timestamp} ${now.date} ${run.id}")
    before = datetime.now(ZoneInfo("Europe/Stockholm")).strftime("%Y%m%d%H%M%S")
    two = "steps: [{send: names.xml}, {send: names.xml}]"
    system = System()
    play.all(f"  - {{id: '1', title: A, {two}}}\n  - {{id: '2', title: B, {two}}}\n", system)
    after = datetime.now(ZoneInfo("Europe/Stockholm")).strftime("%Y%m%d%H%M%S")
    one, again, other, _ = system.texts
    assert one == again
    unique, timestamp, date, run = one.split(" ")
    assert before <= timestamp <= after
    assert (date, run) == (timestamp[:8], "run-1")
    assert unique != other.split(" ")[0]


# Checks


def test_the_checks_of_every_case_prove_their_own_requirements(play: Play) -> None:
    play.message("any", "any")
    case = "  - {id: '1', title: A, verifies: [PR-F-minimal], send: any.xml%s, expect: [result: OK]}\n"
    proven = {check.kind: check.verifies for check in play(case % "", System()).checks}
    # What Faults and the like are held against says nothing of an answer that is none.
    whole = {kind: (id_,) for kind, id_ in DOMAIN.every_case.items()} | {"result": ("PR-F-minimal",)}
    assert proven.items() <= whole.items()
    assert {"soap", "schema", "rules", "encoding", "max_ms", "result"} <= set(proven)
    fewer = {check.kind for check in play(case % ", without: {schema: not ours to judge}", System()).checks}
    assert set(proven) - fewer == {"schema"}


def test_an_answer_with_a_check_off_is_not_held_against_it(play: Play) -> None:
    play.message("any", "any")
    case = "  - {id: '1', title: A, send: any.xml%s}\n"
    system = System(answer("<odd/>"))
    assert play(case % "", system).verdict is Verdict.FAILED
    assert play(case % ", without: {schema: a, rules: b}", system).verdict is Verdict.PASSED


@pytest.mark.parametrize("before", range(985, 1001))
def test_a_long_value_is_told_in_part_and_no_number_is_cut_in_two(play: Play, before: int) -> None:
    play.message("any", "any")
    system = System(answer(code=f"{'x' * (before - 1)} {STRANGER} {'y' * 5000}"))
    result = play("  - {id: '1', title: A, send: any.xml, expect: [result: OK]}\n", system)
    (check,) = (check for check in result.checks if check.kind == "result")
    for told in (check.actual, check.findings[0].actual):
        assert told.endswith(f"… ({before + 12 + 1 + 5000} characters)")
        assert len(told) < 1100
        assert STRANGER in told or STRANGER[:4] not in told


def declared(result: CaseResult) -> dict[str, Verdict]:
    """What a run of this one case says of each requirement."""
    told = [
        ContractFacts(one.domain, one.name, one.version, one.title, one.origin, one.digest, one.soap_action, one.max_ms)
        for one in DOMAIN.contracts.values()
    ]
    facts = DomainFacts(DOMAIN.name, DOMAIN.version, DOMAIN.title, tuple(told), tuple(DOMAIN.requirements.values()))
    header = RunHeader("run-1", "", "", "", environment_nouns.System("", "", ""), (), {}, (facts,), {}, (), (), "")
    rows = proven.of(Run(Path(), header, (result,), None)).rows[DOMAIN.name]
    return {row.requirement.id: row.verdict for row in rows}


def test_a_check_of_ours_that_breaks_proves_nothing_and_blames_nobody(play: Play) -> None:
    @kind
    def breaks(seen: Seen, *, text: str = "") -> Observation:
        raise ZeroDivisionError(text)

    play.message("any", "any")
    system = System()
    try:
        result = play(
            "  - {id: '1', title: A, verifies: [PR-F-minimal], steps: [{send: any.xml, expect: [result: OK, breaks: x]}, {send: any.xml}]}\n",
            system,
        )
    finally:
        del KINDS["breaks"]
    assert result.verdict is Verdict.ERROR
    assert len(system.heard) == 2, "the system did nothing wrong, so the case goes on"
    said = declared(result)
    assert said["PR-F-minimal"] is Verdict.ERROR
    assert said["GEN-SCHEMA"] is Verdict.PASSED


def test_a_slip_that_shows_only_when_it_is_played_is_our_error_before_anything_is_sent(play: Play) -> None:
    play.message("any", "any")
    read = play.suite("  - {id: '1', title: A, verifies: [PR-F-minimal], send: any.xml, expect: [result: '${who}']}\n")
    system = System()
    result = run_case(read.cases[0], Stage(replace(read, data={}), play.settings(), system.peer, "run-1"))
    assert result.verdict is Verdict.ERROR
    assert "nothing is called “who”" in reason(result)
    assert not system.heard
    assert declared(result)["PR-F-minimal"] is Verdict.ERROR


# What does not run


REQUIRES = "  - {id: '1', title: A, verifies: [PR-F-minimal], requires: [second-unit, unit-without-forwarding], send: any.xml}\n"


def test_a_case_without_what_it_requires_proves_nothing(play: Play) -> None:
    play.message("any", "any")
    system = System()
    play.environment += "test-data: {units: {second: ''}}\n"
    result = play(REQUIRES, system)
    assert result.verdict is Verdict.NOT_PROVEN
    assert reason(result).startswith("Requires: ")
    assert reason(result).endswith("Missing in the environment's test-data: units.second.")
    assert not system.heard
    play.environment = ENVIRONMENT + "test-data: {units: {second: A, without-forwarding: B}}\n"
    assert play(REQUIRES, system).verdict is Verdict.PASSED


def test_what_is_declared_not_to_apply_does_not_whatever_else_is_missing(play: Play) -> None:
    play.message("any", "any")
    play.environment += "not-applicable: {unit-without-forwarding: every unit takes them}\n"
    system = System()
    result = play(REQUIRES, system)
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert reason(result) == "unit-without-forwarding: every unit takes them"
    assert not system.heard


def test_a_case_of_another_role_does_not_apply(play: Play) -> None:
    play.message("any", "any")
    play.environment = ENVIRONMENT.replace("[remissmottagare]", "[remittent]")
    system = System()
    result = play("  - {id: '1', title: A, send: any.xml}\n", system)
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert reason(result) == "The system is tested as remittent, which does not receive this."
    assert not system.heard


def test_without_an_endpoint_a_case_is_blocked_with_a_remedy(play: Play) -> None:
    play.message("any", "any")
    play.environment = ENVIRONMENT.replace("{ProcessRequest:", "{ProcessRequestOutcome:")
    system = System()
    result = play("  - {id: '1', title: A, send: any.xml}\n", system)
    assert result.verdict is Verdict.BLOCKED
    assert (
        reason(result) == "the environment names no endpoint for ProcessRequest\n"
        "  → add it under endpoints:, or choose by --contract what the system does answer"
    )
    assert result.reason is not None
    assert result.reason.sv.startswith(
        "miljön anger ingen endpoint för ProcessRequest\n  → lägg till den under endpoints:"
    )
    assert not system.heard


# Only test persons are sent

STRANGER = person("19800101")
ENCODINGS = ["UTF-8", "ISO-8859-1", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-7", "cp037", "KLINGON-8"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("number", [STRANGER, f"{STRANGER[2:8]}-{STRANGER[8:]}", f"{STRANGER[:8]}+{STRANGER[8:]}"])
def test_a_stranger_is_refused_in_every_encoding(play: Play, encoding: str, number: str) -> None:
    play.message("person", "\n${patient}", f'<?xml version="1.0" encoding="{encoding}"?>\n')
    system = System()
    result = play(f"  - {{id: '1', title: A, send: person.xml, with: {{patient: '{number}'}}}}\n", system)
    assert not system.heard
    assert result.verdict is Verdict.BLOCKED
    assert reason(result).startswith("not sent: on line 3 the message names someone who is no test person\n  → ")
    assert result.reason is not None
    assert result.reason.sv.startswith("skickades inte: på rad 3 nämner meddelandet någon som inte är en testperson")
    assert number not in str(result.reason)


@pytest.mark.parametrize("where", ["to: '%s'", "headers: {X-Patient: '%s'}"])
def test_nor_is_one_named_beside_the_message(play: Play, where: str) -> None:
    play.message("any", "any")
    system = System()
    result = play(f"  - {{id: '1', title: A, send: any.xml, {where % STRANGER}}}\n", system)
    assert not system.heard
    assert result.verdict is Verdict.BLOCKED
    assert re.match("not sent: (LogicalAddress|X-Patient) names someone who is no test person\n", reason(result))


def test_a_declared_and_a_published_test_person_are_sent(play: Play) -> None:
    play.message("person", "${patient}")
    play.environment += f"test-identities: ['{STRANGER}']\n"
    cases = "".join(
        f"  - {{id: '{number}', title: A, send: person.xml, with: {{patient: '{number}'}}}}\n"
        for number in (STRANGER, f"{STRANGER[2:8]}-{STRANGER[8:]}", "191212121212")
    )
    system = System()
    assert {result.verdict for result in play.all(cases, system)} == {Verdict.PASSED}
    assert len(system.heard) == 3


def test_a_stranger_whom_the_system_names_is_not_sent_back(two_steps: Callable[[System], CaseResult]) -> None:
    system = System(answer(LOG_ID % STRANGER))
    result = two_steps(system)
    assert len(system.heard) == len(result.exchanges) == 1
    assert result.verdict is Verdict.BLOCKED
