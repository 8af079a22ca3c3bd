"""Contracts of one name side by side, in two major versions and in two domains, from the files to the report and back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rivta import contract, environment, evidence, suite
from rivta.check import vocabulary
from rivta.counterpart.composing import paths_of
from rivta.counterpart.judging import ContractCatalogue
from rivta.declaration import comparison, deviations, dossier, proven
from rivta.model.case import Case, Suite
from rivta.model.contracts import ContractId, Contracts
from rivta.model.declaration import KnownDeviation
from rivta.model.domain import Contract, Domain
from rivta.model.errors import UsageError
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, Papers, PlannedCase, Run
from rivta.model.words import Source, Text, Verdict
from rivta.report.formats import rendered
from rivta.run import replay_case
from rivta.text import places

HERE = Path(__file__).parent
LOANS = "tiny.library.loan"
OTHER = "tiny.museum.loan"
OLD = HERE / "golden" / "run-with-bare-names"
"""A run of the time when a contract was known by its bare name, as the program of that time wrote and sealed it."""


@pytest.fixture(scope="module")
def loans() -> Domain:
    return contract.read_domain(HERE / "domains" / "suites" / LOANS)


@pytest.fixture(scope="module")
def museum(loans: Domain) -> Domain:
    """Another domain whose contracts are called the same, each in a namespace of its own."""
    contracts = Contracts(
        replace(each, domain=OTHER, namespace=each.namespace.replace("library", "museum"))
        for each in loans.contracts.values()
    )
    return replace(loans, name=OTHER, contracts=contracts, folder=loans.folder.parent / OTHER)


def both(*domains: Domain) -> Contracts[Contract]:
    return Contracts(each for domain in domains for each in domain.contracts.values())


# In files


def test_a_domain_may_hold_a_name_in_two_majors(loans: Domain) -> None:
    first, second = (f"{LOANS}/RegisterLoan@{major}" for major in (1, 2))
    assert [str(each.id) for each in loans.contracts.values()] == [first, second, f"{LOANS}/GetLoans@1"]
    assert loans.roles["catalogue"].produces == (first, second, f"{LOANS}/GetLoans@1")
    assert loans.contracts["RegisterLoan@1"].namespace != loans.contracts["RegisterLoan@2"].namespace


def read_scenario(folder: Path, domain: Domain, others: tuple[Domain, ...], word: str, more: str = "") -> Suite:
    file = folder / "scenarios" / domain.name / "both.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f"scenario: both\ndomain: {domain.name}\nparty: counter\ntitle: Both\n{more}steps:\n"
        f"  - {{contract: {word}, receive: {{borrower: '191212121212'}}}}\n  - {{contract: GetLoans, receive: {{}}}}\n",
        encoding="utf-8",
    )
    return suite.read(file, domain, vocabulary(), others=lambda: others)


def test_a_step_may_take_a_contract_of_another_domain(tmp_path: Path, loans: Domain, museum: Domain) -> None:
    more = f"verifies: [GL-SHOWN, {OTHER}/GL-SHOWN]\n"
    read = read_scenario(tmp_path, loans, (museum,), f"{OTHER}/RegisterLoan@2", more)
    (case,) = read.cases
    assert case.contract == f"{OTHER}/RegisterLoan@2"
    assert [getattr(step, "contract", "") for step in case.steps] == [case.contract, f"{LOANS}/GetLoans@1"]
    assert read.domains == (loans, museum)
    assert read.contract(case.contract) is museum.contracts[case.contract]
    assert set(read.unwritten(case.steps[0]).values()) == {f"{OTHER}/{id_}" for id_ in museum.every_received.values()}
    assert set(read.unwritten(case.steps[1]).values()) == set(loans.every_received.values())
    assert [read.called(each) for each in (case.contract, f"{LOANS}/GetLoans@1")] == [
        f"{OTHER}/RegisterLoan@2",
        f"{LOANS}/GetLoans",
    ]


@pytest.mark.parametrize(
    ("word", "what", "todo"),
    [
        ("RegisterLoan", "“RegisterLoan” may mean several contracts", "write one of: RegisterLoan@1, RegisterLoan@2"),
        (f"{OTHER}/RegisterLoan", "may mean several contracts", f"write one of: {OTHER}/RegisterLoan@1"),
        (f"{OTHER}/RegisterLoans@2", "unknown contract", f"did you mean “{OTHER}/RegisterLoan@2”?"),
        ("RegisterLoan@3", "unknown contract “RegisterLoan@3”", "did you mean “RegisterLoan@"),
    ],
)
def test_a_word_that_means_none_or_several_is_refused(  # noqa: PLR0917 - three of them are the parameters
    word: str, what: str, todo: str, tmp_path: Path, loans: Domain, museum: Domain
) -> None:
    with pytest.raises(UsageError) as error:
        read_scenario(tmp_path, loans, (museum,), word)
    assert what in str(error.value)
    assert todo in str(error.value)


def test_an_environment_is_held_against_all_that_a_word_may_mean(loans: Domain, museum: Domain, tmp_path: Path) -> None:
    text = (HERE / "domains" / "environment.yaml").read_text(encoding="utf-8")
    (tmp_path / "e.yaml").write_text(text, encoding="utf-8")
    settings = environment.read(tmp_path / "e.yaml")
    environment.check_against(settings, [loans])
    first, second = (loans.contracts[f"RegisterLoan@{major}"].id for major in (1, 2))
    assert settings.endpoint(first) == settings.endpoints["RegisterLoan@1"]
    assert settings.endpoint(second) == settings.endpoints["RegisterLoan@2"]
    with pytest.raises(UsageError, match=f"write one of: {LOANS}/GetLoans, {OTHER}/GetLoans"):
        environment.check_against(settings, [loans, museum])
    (tmp_path / "e.yaml").write_text(text.replace("RegisterLoan@1:", "RegisterLoan:"), encoding="utf-8")
    with pytest.raises(UsageError, match="write one of: RegisterLoan@1, RegisterLoan@2"):
        environment.check_against(environment.read(tmp_path / "e.yaml"), [loans])


# On the wire


def test_the_counterpart_tells_them_apart_by_namespace(loans: Domain) -> None:
    catalogue = ContractCatalogue([loans])
    for each in loans.contracts.values():
        body = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            f'<{each.request_root} xmlns="{each.namespace}"/></s:Body></s:Envelope>'
        )
        assert catalogue.judge(body.encode()).contract == str(each.id)


def test_each_is_published_by_its_own_profile_at_a_path_of_its_own(loans: Domain, museum: Domain) -> None:
    assert paths_of(loans.contracts)[f"{LOANS}/RegisterLoan@1"] == "/RegisterLoan/1/rivtabp20"
    assert paths_of(loans.contracts)[f"{LOANS}/RegisterLoan@2"] == "/RegisterLoan/2/rivtabp21"
    paths = paths_of(both(loans, museum))
    assert paths[f"{OTHER}/GetLoans@1"] == f"/{OTHER}/GetLoans/1/rivtabp21"
    assert len(set(paths.values())) == len(paths)


# In evidence and what is made of it


def result(identity: str, domain: str, verdict: Verdict = Verdict.PASSED, verifies: tuple[str, ...] = ()) -> CaseResult:
    exchange = Exchange(identity, "http://x", Message((), b"<a/>"), None, None, "2026-09-01T10:00:00.000Z", 1.0)
    path = f"suites/{identity.partition('/')[2]}/producer.yaml"
    return CaseResult(
        "1.1",
        Text.same("One"),
        domain,
        identity,
        "producer",
        path,
        verdict,
        verifies,
        (),
        (exchange,),
        exchange.started,
        1.0,
        Source(path),
    )


@contextmanager
def written(folder: Path, results: list[CaseResult], *names: str) -> Iterator[Run]:
    """A run over these domains, of the stored run's system, with these results."""
    old = evidence.read(OLD).header
    facts = old.domains[0]
    domains = tuple(
        replace(
            facts,
            name=name,
            contracts=tuple(
                replace(facts.contracts[0], domain=name, name=word, version=version)
                for word, version in (("StoreLog", "1.0"), ("StoreLog", "2.1"), ("GetLogs", "1.0"))
            ),
            requirements=tuple(
                replace(each, id=id_) for each, id_ in zip(facts.requirements, ("A", "B"), strict=False)
            ),
        )
        for name in names
    )
    planned = tuple(
        PlannedCase(each.case, each.title, each.contract, each.role, each.suite, each.verifies, each.domain)
        for each in results
    )
    with evidence.EvidenceWriter(folder) as writer:
        writer.header(replace(old, domains=domains, planned=planned, suites={}))
        for each in results:
            writer.write(each)
    yield evidence.read(folder)


def test_evidence_holds_identities_and_is_read_in_words(tmp_path: Path) -> None:
    results = [result(f"a.log/{word}", "a.log") for word in ("StoreLog@1", "StoreLog@2", "GetLogs@1")]
    with written(tmp_path / "run", results, "a.log") as run:
        lines = (tmp_path / "run" / evidence.FILE).read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["contract"] for line in lines[1:]] == [each.contract for each in results]
        assert [each.key for each in run.results] == ["StoreLog@1/1.1", "StoreLog@2/1.1", "GetLogs/1.1"]
        assert [each.key for each in run.header.planned] == [each.key for each in run.results]
        assert [each.exchanges[0].contract for each in run.results] == ["StoreLog@1", "StoreLog@2", "GetLogs"]
        told = json.loads(rendered(dossier.draw_up(run, Papers()), "json", "en"))
        assert [each["key"] for each in told["cases"]] == [each.key for each in run.results]
        named = [(each["id"], each["word"]) for each in told["header"]["domains"][0]["contracts"]]
        assert named[:2] == [("a.log/StoreLog@1", "StoreLog@1"), ("a.log/StoreLog@2", "StoreLog@2")]


def test_a_requirement_of_another_domain_is_that_domains(tmp_path: Path) -> None:
    results = [
        result("a.log/GetLogs@1", "a.log", verifies=("A", "b.log/B")),
        result("b.log/GetLogs@1", "b.log", Verdict.FAILED, verifies=("A",)),
    ]
    with written(tmp_path / "run", results, "a.log", "b.log") as run:
        rows = proven.of(run).rows
        verdicts = {(name, row.requirement.id): row.verdict for name, each in rows.items() for row in each}
        assert verdicts["a.log", "A"] is Verdict.PASSED
        assert verdicts["a.log", "B"] is Verdict.NOT_PROVEN
        assert verdicts["b.log", "A"] is Verdict.FAILED
        assert verdicts["b.log", "B"] is Verdict.PASSED
        assert [each.key for each in run.results] == ["a.log/GetLogs/1.1", "b.log/GetLogs/1.1"]


@pytest.mark.parametrize("case", ["GetLogs/1.1", "GetLogs@1/1.1", "a.log/GetLogs/1.1", "a.log/GetLogs@1/1.1"])
def test_a_known_deviation_may_name_its_case_by_any_word(case: str, tmp_path: Path) -> None:
    known = KnownDeviation("D-1", "approved", "It is so.", case=case)
    with written(tmp_path / "run", [result("a.log/GetLogs@1", "a.log", Verdict.FAILED)], "a.log") as run:
        sorted_ = deviations.sort(run, [known])
        assert [keys for _, keys in sorted_.known] == [("GetLogs/1.1",)]
        assert not sorted_.new


def test_two_runs_are_compared_contract_by_contract(tmp_path: Path) -> None:
    first = [result("a.log/StoreLog@1", "a.log"), result("a.log/StoreLog@2", "a.log")]
    second = [first[0], replace(first[1], verdict=Verdict.FAILED)]
    with written(tmp_path / "1", first, "a.log") as old, written(tmp_path / "2", second, "a.log") as new:
        assert [each.key for each in comparison.of(old, new).cases] == ["StoreLog@2/1.1"]


# Runs of before


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD, tmp_path / "old"))


def test_an_old_run_reads_as_before(old: Path) -> None:
    run = evidence.read(old)
    assert run.damage == ()
    assert [each.key for each in run.results] == [
        "ProcessRequestConfirmation/consumer/1.2",
        "ProcessRequestConfirmation/1.1",
        "ProcessRequestConfirmation/1.2",
        "ProcessRequest/sent-confirmed",
    ]
    assert str(run.header.contracts["ProcessRequest"].id) == f"{run.header.domains[0].name}/ProcessRequest@2"
    declared = proven.of(run)
    assert proven.counts(declared)[Verdict.PASSED] == 17
    for kind in ("html", "json", "csv", "sarif"):
        assert rendered(dossier.draw_up(run, Papers()), kind, "sv")


def test_an_old_run_is_the_same_cases_as_a_new_one(old: Path, tmp_path: Path) -> None:
    run = evidence.read(old)
    again = [evidence.by_identity(each, run.header.contracts) for each in run.results]
    assert all(ContractId.parse(each.contract) for each in again)
    with evidence.EvidenceWriter(tmp_path / "new") as writer:
        writer.header(run.header)
        for each in again:
            writer.write(each)
    found = comparison.of(run, evidence.read(tmp_path / "new"))
    assert (found.cases, found.requirements, found.parts) == ((), (), ())


def test_an_old_run_is_played_again(old: Path) -> None:
    recording = evidence.read(old)
    domain = contract.read_domain(places.suites() / recording.header.domains[0].name)
    read = suite.read(domain.folder / "ProcessRequestConfirmation" / "producer.yaml", domain, vocabulary())
    settings = environment.read(places.reference() / "environment.yaml")
    cases: Mapping[str, Case] = {each.id: each for each in read.cases}
    for id_ in ("1.1", "1.2"):
        assert [each.verdict for each in replay_case(cases[id_], read, settings, recording)] == [Verdict.PASSED]
