"""Hypothesis strategies for the nouns of a run, from a text to a whole run as its evidence has it.

Texts may hold anything that XML, HTTP or a person can put there: quotes, line breaks, emoji, control characters.
"""

import typing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from hypothesis import strategies as st

from rivta.model.domain import ContractFacts, DomainFacts, Requirement
from rivta.model.environment import System
from rivta.model.exchange import Exchange, Message, Problem, Tls
from rivta.model.run import CaseResult, CheckResult, Finding, PlannedCase, Run, RunFooter, RunHeader, Stray
from rivta.model.words import Blame, Direction, Headers, Level, Source, Text, Verdict

T = typing.TypeVar("T")

words = st.text(max_size=20)
ids = st.text("ABCDEFgh-_.", min_size=1, max_size=8)
texts = st.builds(Text, sv=words, en=words)
FIRST, LAST = datetime(1971, 1, 1), datetime(2999, 1, 1)  # noqa: DTZ001 - hypothesis wants them so
times = st.datetimes(FIRST, LAST).map(lambda time: time.isoformat(timespec="milliseconds") + "Z")
milliseconds = st.floats(0, 1e7, allow_nan=False)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
headers: st.SearchStrategy[Headers] = st.lists(st.tuples(words, words), max_size=3).map(tuple)
bodies = st.one_of(st.binary(max_size=60), words.map(lambda word: f"<svar>{word}</svar>".encode()))


def some(of: st.SearchStrategy[T], most: int = 3) -> st.SearchStrategy[tuple[T, ...]]:
    """None to a few of them, in a tuple."""
    return st.lists(of, max_size=most).map(tuple)


def maybe(of: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | of


sources = st.builds(Source, path=words, line=st.integers(1, 9999), column=st.integers(1, 200), text=words)
verdicts = st.sampled_from(Verdict)
directions = st.sampled_from(Direction)
messages = st.builds(Message, headers=headers, body=bodies)
handshakes = st.builds(
    Tls,
    version=words,
    cipher=words,
    peer_subject=words,
    peer_issuer=words,
    peer_expires=words,
    client_certificate=st.booleans(),
)
problems = st.builds(Problem, kind=ids, text=texts, blame=st.sampled_from(Blame))
exchanges = st.builds(
    Exchange,
    contract=ids,
    url=words,
    request=messages,
    response=maybe(messages),
    status=maybe(st.integers(100, 599)),
    started=times,
    elapsed_ms=milliseconds,
    tls=maybe(handshakes),
    problem=maybe(problems),
    inbound=st.booleans(),
    step=st.integers(0, 3),
)
findings = st.builds(
    Finding,
    message=texts,
    direction=directions,
    location=words,
    line=maybe(st.integers(1, 9999)),
    expected=words,
    actual=words,
    rule=ids,
)
checks = st.builds(
    CheckResult,
    kind=ids,
    verdict=verdicts,
    verifies=some(ids),
    expected=words,
    actual=words,
    findings=some(findings, 2),
    note=maybe(texts),
    source=maybe(sources),
    exchange=st.integers(0, 3),
    step=st.integers(0, 3),
    by=words,
)


def of_its_exchanges(result: CaseResult) -> CaseResult:
    """The case, each of its checks of an exchange that it has."""
    last = max(len(result.exchanges) - 1, 0)
    checks = (replace(check, exchange=min(check.exchange, last)) for check in result.checks)
    return replace(result, checks=tuple(checks))


results = st.builds(
    CaseResult,
    case=ids,
    title=texts,
    domain=ids,
    contract=ids,
    role=st.sampled_from(["producer", "consumer"]),
    suite=words,
    verdict=verdicts,
    verifies=some(ids),
    checks=some(checks),
    exchanges=some(exchanges, 2),
    started=times,
    elapsed_ms=milliseconds,
    source=sources,
    reason=maybe(texts),
    fixed=st.dictionaries(words, words, max_size=2),
).map(of_its_exchanges)
strays = st.builds(
    Stray,
    exchange=exchanges,
    contract=ids,
    address=words,
    checks=some(checks.map(lambda check: replace(check, exchange=0)), 2),
    reason=texts,
)
requirements = st.builds(
    Requirement,
    id=ids,
    text=texts,
    level=st.sampled_from(Level),
    reference=words,
    not_tested=maybe(texts),
    source=maybe(sources),
)
contracts = st.builds(
    ContractFacts,
    domain=ids,
    name=ids,
    version=words,
    title=texts,
    origin=st.sampled_from(["restatement", "official"]),
    digest=digests,
    soap_action=words,
    max_ms=st.integers(1, 60000),
)
domains = st.builds(
    DomainFacts,
    name=ids,
    version=words,
    title=texts,
    contracts=some(contracts, 2),
    requirements=st.lists(requirements, max_size=3, unique_by=lambda requirement: requirement.id).map(tuple),
)
planned = st.builds(
    PlannedCase,
    case=ids,
    title=texts,
    contract=ids,
    role=st.sampled_from(["producer", "consumer"]),
    suite=words,
    verifies=some(ids),
)
run_headers = st.builds(
    RunHeader,
    run=words,
    started=times,
    rivta=words,
    python=words,
    system=st.builds(System, organisation=words, product=words, version=words, organisation_number=words),
    roles=some(ids),
    environment=st.dictionaries(words, words, max_size=3),
    domains=st.lists(domains, max_size=2, unique_by=lambda domain: domain.name).map(tuple),
    suites=st.dictionaries(words, digests, max_size=2),
    planned=some(planned),
    test_identities=some(words),
    mask_key=words,
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """A run that was recorded whole: its footer counts its cases. Its folder is left to whoever writes it."""
    done = draw(some(results, 4))
    counted: dict[str, int] = {}
    for result in done:
        counted[result.verdict.name] = counted.get(result.verdict.name, 0) + 1
    return Run(Path(), draw(run_headers), done, RunFooter(draw(times), counted), strays=draw(some(strays, 2)))
