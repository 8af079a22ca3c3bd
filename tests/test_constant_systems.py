"""Systems that say the same whatever they are told: on none of them is a requirement met but those about how an answer is made.

The producer suites of both domains are played on each, in process.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

import reference_system
import tiny_world
from fault_matrix import Matrix
from rivta.check import refuses
from rivta.counterpart.composing import Composer
from rivta.declaration import proven
from rivta.model.case import Case, Suite
from rivta.model.domain import Contract, Domain
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, Run
from rivta.model.steps import Behaviour, Send
from rivta.model.words import Headers, Text, Verdict
from rivta.run import Stage, run_case
from rivta.run.opening import header_of
from rivta.simulator import Fault
from rivta.simulator.edit import XPath
from rivta.simulator.reply import Refusal
from rivta.text.catalogue import text
from simulated_clock import SimulatedClock
from thorough import THOROUGH

ENVELOPE = '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
FAULT = "<soapenv:Fault><faultcode>soapenv:{0}</faultcode><faultstring>{1}</faultstring>{2}</soapenv:Fault>"
LOG_ID = "<detail><logId>6f1c1c1e-0d0c-4d5e-8a58-0c8f6a7b1f2d</logId></detail>"
Says = Callable[[Contract], Behaviour]
SYSTEMS: dict[str, Says] = {
    "OK": lambda _: Behaviour("ok"),
    "INFO": lambda _: Behaviour("info"),
    "not valid": lambda contract: Behaviour("error", error=contract.result.invalid if contract.result else ""),
    "a finer code": lambda contract: Behaviour(
        "error",
        error=contract.result.refused if contract.result else "",
        sub=contract.result.subs[0] if contract.result and contract.result.subs else "",
    ),
    "a Fault": lambda _: Behaviour("fault", code="Client", text="Meddelandet är ogiltigt."),
    "a breakdown": lambda _: Behaviour("fault", code="Server", text="java.lang.NullPointerException"),
    "the platform's Fault": lambda _: Behaviour("fault", code="Server", text="VP009 Fel vid kontakt med producenten."),
    "nothing": lambda _: Behaviour("silence"),
    "a bare Fault": lambda _: Behaviour("fault", code="Client"),
}


class Constant:
    """A system that has one answer for each contract."""

    def __init__(self, domain: Domain, says: Says) -> None:
        self._answers = {id_: _answer(each, says(each)) for id_, each in domain.contracts.items()}

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:  # noqa: ARG002 - a peer's signature
        status, said = self._answers[contract]
        response = Message((("Content-Type", "text/xml; charset=UTF-8"),), said)
        return Exchange(contract, url, Message(headers, body), response, status, "2026-11-21T10:00:00.000Z", 1.0)


def _answer(contract_: Contract, behaviour: Behaviour) -> tuple[int, bytes]:
    if behaviour.kind == "silence":
        return 200, b""
    if behaviour.kind == "fault":
        return 500, ENVELOPE.format(
            FAULT.format(behaviour.code, escape(behaviour.text), LOG_ID if behaviour.text else "")
        ).encode()
    composer = Composer(contract_)
    said = behaviour if composer.can_say(behaviour) else Behaviour("ok")
    return 200, ENVELOPE.format(composer.composed(said, {})).encode()


def asked(matrix: Matrix) -> list[tuple[Suite, Case]]:
    pairs = matrix.cases.values()
    return [(suite, case) for case, suite in pairs if all(isinstance(step, Send) for step in case.steps)]


def asked_of(system: str, matrix: Matrix) -> list[tuple[Suite, Case]]:
    """Of the many cases of a large domain each system gets a sixth, and the next system another."""
    cases = asked(matrix)
    return cases if THOROUGH or len(cases) < 100 else cases[[*SYSTEMS].index(system) % 6 :: 6]


@cache
def played(domain: str, system: str) -> Run:
    """The cases that only send, against that system."""
    matrix = DOMAINS[domain]()
    return run_of(matrix, asked_of(system, matrix), system)


def run_of(matrix: Matrix, cases: list[tuple[Suite, Case]], system: str) -> Run:
    says = Constant(matrix.domain, SYSTEMS[system])
    results: list[CaseResult] = []
    for suite, case in cases:
        clock = SimulatedClock()
        results.append(run_case(case, Stage(suite, matrix.bench.settings, says, "constant", clock=clock)))
        clock.close()
    return of_run(matrix, cases, results)


def of_run(matrix: Matrix, cases: list[tuple[Suite, Case]], results: Iterable[CaseResult]) -> Run:
    header = header_of(matrix.bench.settings, "constant", "key", cases, SimulatedClock())
    return Run(Path(), header, tuple(results), None)


def met(matrix: Matrix, run: Run) -> set[str]:
    """The requirements that the run calls met, but those that every answer shows, whatever it says."""
    rows = proven.of(run).rows[matrix.domain.name]
    of_form = {id_ for kind, id_ in matrix.domain.every_case.items() if kind in proven.OF_FORM}
    return {row.requirement.id for row in rows if row.verdict is Verdict.PASSED} - of_form


DOMAINS: dict[str, Callable[[], Matrix]] = {"eremiss": reference_system.matrix, "tiny": tiny_world.matrix}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("domain", DOMAINS)
def test_who_says_the_same_to_everything_meets_nothing(domain: str, system: str) -> None:
    run = played(domain, system)
    assert met(DOMAINS[domain](), run) == set()
    whys = {row.why for row in proven.of(run).rows[DOMAINS[domain]().domain.name]} - {None}
    assert whys <= {text("declaration", "all_alike")}, "it answers all alike, and that is why nothing is proven"
    assert proven.outcome(run.results) in ("deviates", "environment")
    verdicts = {result.verdict for result in run.results}
    assert (verdicts == {Verdict.BLOCKED}) == (system == "the platform's Fault"), "no case of it ends well, even alone"


@pytest.mark.parametrize("system", ["not valid", "a finer code", "a Fault", "a bare Fault"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_no_refusal_alone_is_proven_by_who_refuses_everything(domain: str, system: str) -> None:
    for result in played(domain, system).results:
        twins = [check for check in result.checks if check.kind == "twin"]
        assert Verdict.PASSED not in {check.verdict for check in twins}
        assert not twins or result.verdict is not Verdict.PASSED or all(not check.verifies for check in twins)


def test_a_refusal_that_is_right_in_part_is_proven_in_that_part_by_its_twin() -> None:
    """The code is right and the finer code is not. Of a case that is played alone nothing else tells whether all are refused."""
    matrix = reference_system.matrix()
    case, suite = matrix.cases["clinicalprocess.activity.request/ProcessRequestOutcome@2/5.4"]
    constant = run_of(matrix, [(suite, case)], "a finer code")
    tells_apart = of_run(matrix, [(suite, case)], [matrix.bench.play(case, suite, ("wrong-subcode-PRO004",))])
    assert [run.results[0].verdict for run in (constant, tells_apart)] == [Verdict.FAILED] * 2
    assert met(matrix, constant) == set()
    assert met(matrix, tells_apart) >= {"BR-8-answer", "GEN-APPLICATION-ERROR", "GEN-ERROR-MESSAGE"}
    assert "ERR-PRO004" not in met(matrix, tells_apart)


def test_a_refusal_by_a_fault_that_lacks_something_else_is_proven_by_its_twin() -> None:
    """Who names no log id in its Faults deviates in that alone: it tells messages apart, and what it refuses rightly is met."""
    matrix = reference_system.matrix()
    cases = [(suite, case) for suite, case in asked(matrix) if "GEN-MUST-UNDERSTAND" in case.verifies]
    run = of_run(matrix, cases, [matrix.bench.play(case, suite, ("fault-without-log-id",)) for suite, case in cases])
    assert {result.verdict for result in run.results} == {Verdict.FAILED}
    rows = {row.requirement.id: row for row in proven.of(run).rows[matrix.domain.name]}
    assert rows["GEN-MUST-UNDERSTAND"].verdict is Verdict.PASSED
    assert rows["GEN-FAULT-LOGID"].verdict is Verdict.FAILED
    assert run.results
    assert all(any(check.kind == "twin" for check in result.checks) for result in run.results)


def of_kind(kind: str) -> tuple[Matrix, list[tuple[Suite, Case]], set[str]]:
    """The cases in which we send messages of a kind, and the requirements that such a message is refused."""
    matrix = reference_system.matrix()
    cases = [
        pair for pair in asked(matrix) if any(f"'{kind}'" in str(getattr(each, "data", "")) for each in pair[1].steps)
    ]
    refusals = {
        id_
        for suite, case in cases
        for step in case.steps
        if isinstance(step, Send)
        and f"'{kind}'" in str(step.data)
        and refuses(step.expect, suite.contract(step.contract))
        for one in step.expect
        for id_ in one.verifies or case.verifies
    }
    return matrix, cases, refusals


@pytest.mark.parametrize("kind", ["AR", "AB", "VR", "VID", "PSV"])
def test_who_refuses_every_message_of_a_kind_is_not_proven_to_refuse_one_for_what_it_is(kind: str) -> None:
    matrix, cases, refusals = of_kind(kind)
    bench = matrix.bench
    flaw = Fault("refuses-a-kind", Text.same(kind), refuses=(Refusal(XPath(f"$kind = '{kind}'")),))
    refuser = replace(bench, simulated=replace(bench.simulated, faults={flaw.name: flaw}))
    sound = of_run(matrix, cases, [bench.play(case, suite) for suite, case in cases])
    wrong = of_run(matrix, cases, [refuser.play(case, suite, (flaw.name,)) for suite, case in cases])
    assert refusals
    assert refusals <= met(matrix, sound)
    assert refusals & met(matrix, wrong) == set()
    assert proven.outcome(wrong.results) == "deviates"
