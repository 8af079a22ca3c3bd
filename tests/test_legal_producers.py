"""Nobody is accused who is right: two producers that answer in legal ways of their own are green in every case."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace

import pytest

import tiny_world
from fault_matrix import Matrix
from in_process import Bench
from legal_producers import (
    modern,
    modern_caller,
    speaks_http_1_0,
    speaks_in_chunks,
    veteran,
    veteran_caller,
    wrapping_caller,
)
from reference_system import matrix
from rivta.model.domain import Domain
from rivta.model.steps import Send
from rivta.model.words import Verdict
from rivta.run import Stage, run_case
from rivta.simulator import Fault, Simulator
from rivta.transport.http import HttpTransport
from thorough import part

ODD: Mapping[str, Callable[[Domain], Fault]] = {"modern": modern, "veteran": veteran}
ON_SOCKETS = {"modern": speaks_in_chunks, "veteran": speaks_http_1_0}


def bench_of(of: Matrix, name: str) -> Bench:
    fault = ODD[name](of.domain)
    return replace(of.bench, simulated=replace(of.bench.simulated, faults={name: fault}))


def producer_cases(of: Matrix) -> list[str]:
    return [key for key, (case, _) in of.cases.items() if all(isinstance(step, Send) for step in case.steps)]


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("of", [matrix, tiny_world.matrix], ids=["eremiss", "tiny"])
def test_every_producer_case_is_green_and_leaves_nothing_unproven(of: Callable[[], Matrix], name: str) -> None:
    bench, keys = bench_of(of(), name), part(producer_cases(of()), 3)
    told, meant, proven = {}, set[str](), set[str]()
    for key in keys:
        result = bench.play(*of().cases[key], (name,))
        findings = [f"{check.kind}: {finding.message.en}" for check in result.checks for finding in check.findings]
        if result.verdict is not Verdict.PASSED or findings:
            told[of().shown(key)] = [result.verdict.name, *findings]
        meant |= {id_ for check in result.checks for id_ in check.verifies}
        proven |= {id_ for check in result.checks if check.verdict is Verdict.PASSED for id_ in check.verifies}
    assert told == {}
    assert keys
    assert meant - proven == set()


@pytest.mark.parametrize("caller", [modern_caller, veteran_caller, wrapping_caller])
def test_every_case_is_green_that_is_called_by_a_caller_as_odd(caller: Callable[[], Fault]) -> None:
    fault, of = caller(), matrix()
    bench = replace(of.bench, simulated=replace(of.bench.simulated, faults={fault.name: fault}))
    called = [key for key, (case, _) in of.cases.items() if not all(isinstance(step, Send) for step in case.steps)]
    if caller is wrapping_caller:
        called = [key for key in called if "c:attachment" in str(of.cases[key][0])]
    keys = called if caller is wrapping_caller else part(called, 20)
    verdicts = {of.shown(key): bench.play(*of.cases[key], (fault.name,)).verdict for key in keys}
    assert {
        key: verdict.name for key, verdict in verdicts.items() if verdict not in (Verdict.PASSED, Verdict.MANUAL)
    } == {}
    assert len(keys) > 5


@pytest.mark.parametrize("name", ODD)
def test_it_is_green_over_a_real_socket(name: str) -> None:
    bench, key = bench_of(tiny_world.matrix(), name), producer_cases(tiny_world.matrix())[0]
    case, suite = tiny_world.matrix().cases[key]
    with Simulator(bench.simulated, (name,)) as system, ON_SOCKETS[name](system) as miniature:
        endpoints = {word: replace(each, url=miniature.url) for word, each in bench.settings.endpoints.items()}
        settings = replace(bench.settings, endpoints=endpoints)
        with closing(HttpTransport(settings)) as transport:
            result = run_case(case, Stage(suite, settings, transport, "on-a-socket"))
    assert result.verdict is Verdict.PASSED, result.checks
    assert len(miniature.heard) == len(case.steps)
