"""CPU per rule run, against a floor measured in the same run: parse the message and find every rule's nodes with lxml.

    python benchmarks/bench_rules.py

The floor is what any implementation on lxml has to do. Messages of other domains come from ../shared and are left out
where that is absent.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from lxml import etree

from rivta.contract.rules import RuleSet, compile_rules
from rivta.text.xml import parse

ROOT = Path(__file__).parents[1]
SUITE = ROOT / "suites" / "clinicalprocess.activity.request"
SHARED = ROOT.parent / "shared"
DESCRIPTION = SHARED / "contracts" / "clinicalprocess.healthcond.description" / "test-suite"
ACTOUTCOME = SHARED / "contracts" / "clinicalprocess.healthcond.actoutcome" / "test-suite"
ROUNDS = 7
SECONDS_A_ROUND = 0.15


def cpu_ms(action: Callable[[], object]) -> float:
    """Median CPU milliseconds of one call, over some rounds of many calls."""
    action()
    rounds = []
    for _ in range(ROUNDS):
        calls = 0
        start = time.process_time()
        while time.process_time() - start < SECONDS_A_ROUND:
            action()
            calls += 1
        rounds.append((time.process_time() - start) / calls * 1000)
    return median(rounds)


def floor_of(rules: RuleSet, body: bytes) -> Callable[[], object]:
    """Parse, and one XPath for each rule's context."""
    searches = [search for pattern in rules.patterns for rule in pattern.rules for _, search in rule.everything]

    def action() -> list[object]:
        root = parse(body)
        return [search(root) for search in searches]

    return action


def report(name: str, rules_path: Path, body: bytes) -> None:
    """One line of figures."""
    compile_ms = cpu_ms(lambda: compile_rules(rules_path))
    rules = compile_rules(rules_path)
    root = parse(body)
    floor = cpu_ms(floor_of(rules, body))
    whole = cpu_ms(lambda: rules.run(parse(body)))
    run = cpu_ms(lambda: rules.run(root))
    found = len(rules.run(root))
    checks = sum(len(rule.checks) for pattern in rules.patterns for rule in pattern.rules)
    slow = sum(len(rule.slow) for pattern in rules.patterns for rule in pattern.rules)
    times = " ".join(f"{each:9.3f}" for each in (compile_ms, run, whole, floor, whole / floor))
    print(f"{name:<28} {len(body) / 1000:6.1f} {checks:6d} {slow:4d} {times} {found:5d}")


def sized(body: bytes, size: int) -> bytes:
    """The request with its attachment repeated until it has the size in bytes."""
    root = etree.fromstring(body)
    [attachment] = root.iter("{urn:riv:clinicalprocess:activity:request:2}attachment")
    while len(etree.tostring(root)) < size:
        attachment.addnext(etree.fromstring(etree.tostring(attachment)))
    return etree.tostring(root)


def ours() -> None:
    """ProcessRequest under our own rules, 2.5, 5 and 57 KB."""
    sample = SHARED / "messages" / "eremiss" / "ProcessRequest_request_soap.xml"
    if sample.exists():
        body = sample.read_bytes()
        for size in (0, 5_000, 57_000):
            report("ProcessRequest, our rules", SUITE / "ProcessRequest" / "rules-request.sch", sized(body, size))


def published() -> None:
    """Messages of about 5 and 57 KB under published rules, which need XPath 2 here and there."""
    responses = SHARED / "messages" / "responses"
    for contract, folder, number in (
        ("GetCareDocumentation", DESCRIPTION, 1),
        ("GetAlertInformation", DESCRIPTION, 8),
        ("GetLaboratoryOrderOutcome", ACTOUTCOME, 1),
        ("GetLaboratoryOrderOutcome", ACTOUTCOME, 2),
    ):
        path = responses / contract / f"{number}.xml"
        if path.exists():
            report(f"{contract}/{number}", folder / contract / "constraints.xml", path.read_bytes())


def main() -> None:
    """Print the table; times are CPU milliseconds on this machine."""
    titles = " ".join(f"{each:>9}" for each in ("compile", "run", "parse+run", "floor", "ratio"))
    print(f"{'message':<28} {'KB':>6} {'checks':>6} {'slow':>4} {titles} {'found':>5}")
    ours()
    print(f"elementpath was {'' if 'elementpath' in sys.modules else 'not '}needed so far")
    published()


if __name__ == "__main__":
    main()
