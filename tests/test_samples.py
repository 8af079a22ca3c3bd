"""Samples of what schemas and rules allow and forbid: each is on the side that it is said to be on, and tells of one thing."""

import os
import re
import shutil
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import xmlschema
from lxml import etree

import reference_system
import tiny_world
from reference_system import domain as remiss
from rivta import suite
from rivta.check import vocabulary
from rivta.contract import read_domain, read_wsdl, schemas
from rivta.contract.instance import fullest
from rivta.contract.rules import rules_of
from rivta.contract.samples import Bench, Drawing, DrawnSamples, edited
from rivta.contract.samples.facets import boundaries, neighbours, spellings
from rivta.model.case import Case, Suite
from rivta.model.errors import UsageError
from rivta.model.steps import Edit, Receive, Send
from rivta.model.words import Direction, Verdict
from rivta.run.samples import Choice
from test_contract_instance import SHARED

IS_ALL = os.environ.get("RIVTA_FAULTS") == "all"
DOMAIN = remiss()
CONTRACTS = list(DOMAIN.contracts.values())


# A change made

MESSAGE = b'<m xmlns="urn:m"><a code="1">one</a><b>two</b><b>three</b></m>'


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        (Edit("text", "{urn:m}a", "x"), '<a code="1">x</a><b>two</b><b>three</b>'),
        (Edit("text", "{urn:m}a", "x", "code"), '<a code="x">one</a><b>two</b><b>three</b>'),
        (Edit("length", "{urn:m}a", "5"), '<a code="1">oneee</a><b>two</b><b>three</b>'),
        (Edit("length", "{urn:m}b[2]", "2"), '<a code="1">one</a><b>two</b><b>th</b>'),
        (Edit("length", "{urn:m}a", "3", "code"), '<a code="111">one</a><b>two</b><b>three</b>'),
        (Edit("remove", "{urn:m}b[1]"), '<a code="1">one</a><b>three</b>'),
        (Edit("remove", "{urn:m}a", attribute="code"), "<a>one</a><b>two</b><b>three</b>"),
        (Edit("repeat", "{urn:m}b[2]", "2"), '<a code="1">one</a><b>two</b><b>three</b><b>three</b><b>three</b>'),
        (Edit("swap", "{urn:m}a"), '<b>two</b><a code="1">one</a><b>three</b>'),
        (Edit("rename", "{urn:m}a", "{urn:m}c"), '<c code="1">one</c><b>two</b><b>three</b>'),
        (Edit("put", ".", '<c xmlns="urn:m"/>', before=1), '<a code="1">one</a><c/><b>two</b><b>three</b>'),
    ],
)
def test_a_change_made(edit: Edit, changed: str) -> None:
    made = etree.fromstring(edited(MESSAGE, [edit]))
    wanted = etree.fromstring(f'<m xmlns="urn:m">{changed}</m>')
    assert etree.tostring(made, method="c14n") == etree.tostring(wanted, method="c14n")


def test_a_nil_is_empty_and_says_so() -> None:
    nil = etree.fromstring(edited(MESSAGE, [Edit("nil", "{urn:m}b[1]")]))[1]
    assert nil.text is None
    assert nil.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"


def test_a_change_of_what_is_not_there() -> None:
    with pytest.raises(UsageError, match="nothing in the message stands at nowhere"):
        edited(MESSAGE, [Edit("remove", "nowhere")])


# The boundaries of a type


@cache
def simple(restriction: str) -> xmlschema.XsdType:
    xs = "http://www.w3.org/2001/XMLSchema"
    text = f'<xs:schema xmlns:xs="{xs}"><xs:simpleType name="T">{restriction}</xs:simpleType></xs:schema>'
    return xmlschema.XMLSchema10(text).types["T"]


@pytest.mark.parametrize(
    ("facets", "own", "found"),
    [
        ("string'><xs:maxLength value='3'/>", "abc", {"longer": "4 | 3"}),
        ("string'><xs:minLength value='2'/>", "abc", {"shorter": "1 | 2"}),
        ("string'><xs:length value='2'/>", "ab", {"longer": "3 | 2", "shorter": "1 | 2"}),
        ("integer'><xs:maxInclusive value='9'/>", "1", {"greater": "10 | 9"}),
        ("integer'><xs:maxExclusive value='9'/>", "1", {"greater": "9 | 8"}),
        ("integer'><xs:minInclusive value='1'/>", "1", {"less": "0 | 1"}),
        ("integer'><xs:minExclusive value='1'/>", "2", {"less": "1 | 2"}),
        ("date'><xs:minInclusive value='2026-03-01'/>", "2026-03-01", {"less": "2026-02-28 | 2026-03-01"}),
        ("decimal'><xs:totalDigits value='2'/>", "1", {"digits": "111 | 11"}),
        ("decimal'><xs:fractionDigits value='1'/>", "1", {"fraction": "1.11 | 1.1"}),
        ("string'><xs:enumeration value='A'/><xs:enumeration value='B'/>", "A", {"beside": "BX | B"}),
        ("int'><xs:enumeration value='1'/><xs:enumeration value='2'/>", "1", {"beside": "3 | 2"}),
        (r"string'><xs:pattern value='\d{8}'/>", "20260901", {"form": "2026090", "spelling": "2026-09-01"}),
        ("boolean'>", "true", {"type": "maybe"}),
        ("gYear'>", "2026", {"type": "maybe"}),
    ],
)
def test_both_sides_of_each_facet(facets: str, own: str, found: dict[str, str]) -> None:
    type_ = simple(f"<xs:restriction base='xs:{facets}</xs:restriction>")
    seen: dict[str, str] = {}
    for each in boundaries(type_, own):
        seen.setdefault(each.kind, f"{each.outside} | {each.inside}" if each.inside else each.outside)
        for value, is_right in ((each.outside, False), (each.inside, True)):
            if value and each.kind != "empty":
                text = value if each.do == "text" else "a" * int(value)
                assert type_.text_is_valid(text) == is_right, f"{each.kind}: {text}"
    assert {kind: seen[kind] for kind in found} == found


def test_days_and_moments_are_written_in_other_ways_but_no_persons_number() -> None:
    assert next(spellings("20260901")) == "2026-09-01"
    assert next(spellings("20260901101500")) in {"202609011015", "2026-09-01T10:15:00"}
    assert list(neighbours("20260301")) == ["20260228", "20260302"]
    assert list(neighbours("01")) == ["00", "02"]
    assert list(spellings("191212121212")) == list(neighbours("191212121212")) == []


# What a message of a contract gives


def sides(bench: Bench, drawn: DrawnSamples) -> None:
    """Each sample is on its side, by both validators and all rules, asked anew; so is what lies on the other side."""
    rules = rules_of(bench.contract, Direction.REQUEST)
    own = {each.rule for each in rules.run(etree.fromstring(bench.message))}
    for kept in drawn.kept:
        for edits, is_refused in ((kept.edits, kept.is_refused), (kept.right, False)):
            if edits:
                body = edited(bench.message, edits)
                broken = {each.rule for each in rules.run(etree.fromstring(body))} - own
                is_valid = schemas(bench.contract).verdict(body).complaints == ()
                wanted = {kept.rule} if is_refused and kept.rule else set()
                assert broken == wanted, kept.id
                assert is_valid != (is_refused and not kept.rule), kept.id


@cache
def full(number: int) -> Bench:
    wsdl = read_wsdl(CONTRACTS[number].wsdl)
    return Bench(CONTRACTS[number], etree.tostring(fullest(wsdl, wsdl.request_root)))


@pytest.mark.parametrize("number", range(len(CONTRACTS)))
def test_both_validators_know_each_side_of_each_boundary(number: int) -> None:
    """What is meant to be refused is refused by both, what is meant to be accepted accepted; RIVTA_FAULTS=all tries every one."""
    drawn = full(number).of_schema(Drawing(60, seed=7, is_all=IS_ALL))
    sides(full(number), drawn)
    # A wildcard may let in what is called otherwise, or once more; libxml2 then counts what comes behind it otherwise.
    odd = {(each.kind, each.why) for each in drawn.left_out if each.why != "rule"}
    assert odd <= {(kind, why) for kind in ("namespace", "unknown", "too-many") for why in ("legal", "disagree")}
    assert {each.is_refused for each in drawn.kept} == {True, False}
    assert {"longer", "left-out", "too-many", "nil", "swapped", "unknown"} <= {each.kind for each in drawn.kept}


def test_the_same_seed_gives_the_same_samples_and_another_one_others() -> None:
    bench = full(1)
    drawn = bench.of_schema(Drawing(12))
    assert drawn == bench.of_schema(Drawing(12))
    assert len(drawn.kept) == 12
    assert {each.id for each in drawn.kept} != {each.id for each in bench.of_schema(Drawing(12, seed=2)).kept}


def test_as_many_of_each_kind_as_of_any_other_and_all_of_those_that_are_always_tried() -> None:
    bench = full(1)
    counted = Counter(each.kind for each in bench.of_schema(Drawing(14, every=frozenset({"longer"}))).kept)
    lengths = Counter(len(each.right) for each in bench.of_schema(Drawing(0, every=frozenset({"longer"}))).kept)
    assert counted.pop("longer") == sum(lengths.values()) > 5
    assert max(counted.values()) - min(counted.values()) <= 1


# What a suite makes of them


@cache
def read(contract: str) -> Suite:
    path = reference_system.matrix().domain.folder / contract / "producer.yaml"
    settings = reference_system.matrix().bench.settings
    return suite.read(path, reference_system.matrix().domain, vocabulary(), settings.test_data)


@cache
def drawn(contract: str, *, is_all: bool = False) -> dict[str, Case]:
    """The cases of a contract's samples, by id."""
    written, settings = read(contract), reference_system.matrix().bench.settings
    cases = Choice(is_all=is_all).with_samples(written, settings).cases
    return {case.id: case for case in cases[len(written.cases) :]}


def test_what_is_to_be_tried_at_each_boundary_is_always_among_them() -> None:
    cases, way = drawn("ProcessRequest"), "request.paymentCommitment"
    titles = {case.title.en for case in cases.values()}
    for code in ("00", "26", "27", "99"):
        assert f"rules.PR-S-liableCountyCouncil.{way}.liableCountyCouncil.code.beyond-{code}" in cases
        owner = f"{way}.reimbursementInformation.ownerOfInvokedContract"
        assert f"rules.PR-S-ownerOfInvokedContract.{owner}.code.beyond-{code}" in cases
    assert "careOf of 36 characters is refused; careOf of 35 characters is accepted" in titles
    assert "condition[2] with code besides is refused" in titles
    assert "validity/@low written “2026-01-01” is refused" in titles
    assert sum(id_.endswith(".longer") for id_ in cases) == 28


def test_titles_are_in_both_languages_and_ids_are_ids() -> None:
    for case in drawn("ProcessRequest").values():
        assert case.title.sv != case.title.en
        assert re.fullmatch(r"[^\s\[\]:/]+", case.id)


def test_a_rule_of_two_parts_is_broken_by_two_changes() -> None:
    every = [each for each in drawn("ProcessRequest").values() if "PR-S-paymentCommitment" in each.verifies]
    assert [case.title.en for case in every] == [
        "commitmentType/code as “1” and paymentCommitment without commitmentTypeChapter is refused"
    ]


def test_what_the_business_judges_is_tried_only_where_it_is_wrong() -> None:
    for case in drawn("ProcessRequestConfirmation").values():
        (step,) = case.steps
        assert isinstance(step, Send)
        edits = step.right if step.right or "GEN-VALIDATION" in case.verifies else step.edits
        assert not any(re.search(r"careUnitId|requestId|personId", edit.at) for edit in edits)


def test_without_what_its_message_needs_there_is_one_case_that_says_so() -> None:
    written = read("ProcessRequestConfirmation")
    bare = replace(reference_system.matrix().bench.settings, test_data={})
    told = Choice()
    cases = told.with_samples(written, bare).cases[len(written.cases) :]
    assert [case.id for case in cases] == ["schema", "rules"]
    assert {case.requires for case in cases} == {("referral-open",)}
    assert told.tried([(written, case) for case in cases]) is None


@pytest.mark.skipif(not IS_ALL, reason="RIVTA_FAULTS=all plays every sample on the sound system, which takes a minute")
@pytest.mark.parametrize("contract", [each.name for each in CONTRACTS])
def test_every_sample_is_green_on_the_sound_system(contract: str) -> None:
    matrix = reference_system.matrix()
    cases = drawn(contract, is_all=True).values()
    assert len(cases) > 200
    red = {case.id for case in cases if matrix.bench.play(case, read(contract)).verdict is not Verdict.PASSED}
    assert red == set()


def test_who_refuses_the_greatest_length_is_found_by_what_lies_right_inside() -> None:
    case = drawn("ProcessRequest")["schema.request.patient.address.careOf.longer"]
    result = reference_system.matrix().bench.play(case, read("ProcessRequest"), ("refuses-greatest-length",))
    assert result.verdict is Verdict.FAILED
    (red,) = [check for check in result.checks if check.verdict is Verdict.FAILED]
    assert red.verifies == ("PR-F-schemaValid",)


# Mistakes


def mistake(tmp_path: Path, old: str, new: str, file: str = "producer.yaml") -> str:
    folder = tmp_path / tiny_world.NAME
    shutil.copytree(tiny_world.SUITES, tmp_path, dirs_exist_ok=True)
    path = folder / "RegisterLoan.2" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    domain = read_domain(folder)
    with pytest.raises(UsageError) as told:
        Choice().with_samples(suite.read(folder / "RegisterLoan.2" / "producer.yaml", domain, vocabulary()), None)
    return str(told.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("type: NEW", "type: OLD", "samples “schema” of loan.xml: the message is not valid itself"),
        ("//r2:loan/c2:branchId", "//r2:loan/c2:nothing", "nothing in the message stands at //r2:loan/c2:nothing"),
        ("number: 6", "number: 6\n    every: [lnger]", "there is no kind of sample called “lnger”"),
        (
            "number: 4",
            "number: 4\n    every: [R2-S-titel]",
            "there is no kind of sample, and no rule, called “R2-S-titel”",
        ),
    ],
)
def test_a_mistake_in_a_declaration_is_told_at_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in mistake(tmp_path, old, new)


# Wrong answers

ANSWERS = """
samples:
  - id: wrong
    of: answers
    title: {sv: Ett svar, en: An answer}
    number: 5
    every: [swapped]
    steps:
      - receive: {}
        do: {sv: Fråga., en: Ask., action: get-loans, with: {}}
        answer: {kind: breaks-schema, delay: 1 s}
      - ask: {sv: Sades det?, en: Was it told?}
        action: told-of-answer
"""


def consumer(tmp_path: Path, old: str = "", new: str = "", samples: str = ANSWERS) -> Suite:
    folder = tmp_path / tiny_world.NAME
    shutil.copytree(tiny_world.SUITES, tmp_path, dirs_exist_ok=True)
    path = folder / "GetLoans" / "consumer.yaml"
    assert old in samples
    path.write_text(path.read_text(encoding="utf-8") + samples.replace(old, new), encoding="utf-8")
    return suite.read(path, read_domain(folder), vocabulary())


def test_a_wrong_answer_is_wrong_in_one_thing_and_takes_the_place_of_the_step_s_own(tmp_path: Path) -> None:
    written, told = consumer(tmp_path), Choice()
    read = told.with_samples(written, None)
    cases = read.cases[len(written.cases) :]
    assert all(case.id.startswith("wrong.") and case.title.en.startswith("An answer: ") for case in cases)
    kinds = Counter(case.id.rpartition(".")[2] for case in cases)
    assert kinds["swapped"] > 1, "all of a kind in every"
    assert sum(kinds.values()) == kinds["swapped"] + 5
    contract = read.contract(cases[0].contract)
    answers = [step.answer for case in cases for step in case.steps if isinstance(step, Receive)]
    assert {(answer.kind, answer.delay_ms) for answer in answers} == {("message", 1000)}
    assert all(not schemas(contract).verdict(answer.text.encode()).valid for answer in answers)
    assert len({answer.text for answer in answers}) == len(answers)
    tried = told.tried([(read, case) for case in read.cases])
    assert tried is not None
    assert tried.tried == len(cases) < tried.total


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("breaks-schema", "invalid-xml", "no step answers wrongly"),
        ("of: answers", "of: schema", "“schema” stands here"),
        ("every: [swapped]", "every: [swaped]", "there is no kind of sample called “swaped”"),
    ],
)
def test_a_mistake_in_a_declaration_of_answers_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Choice().with_samples(consumer(tmp_path, old, new), None)


def test_whoever_waits_hears_how_many_have_been_tried_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nothing was found out before"))
    heard: list[str] = []
    Choice(seed=99, is_all=True, progress=heard.append).with_samples(consumer(tmp_path), None)
    assert heard[:2] == ["samples “wrong” of GetLoans: 25", "samples “wrong” of GetLoans: 50"]


def test_answers_are_for_a_system_that_calls(tmp_path: Path) -> None:
    assert "these samples are answers to a system that calls" in mistake(tmp_path, "\nsamples:\n", f"{ANSWERS}")


# The published contracts


def test_published_contracts_give_samples_that_both_validators_refuse() -> None:
    """Some contracts, some samples each: what is kept is refused by both, and nothing is lost without a reason."""
    if not SHARED.is_dir():
        pytest.skip("the published contracts are not at hand (../shared/contracts)")
    tried = 0
    for path in sorted(SHARED.rglob("*.wsdl"))[10::50]:
        wsdl = read_wsdl(path)
        made = replace(CONTRACTS[0], wsdl=path, rules={}, digest=wsdl.schemas.digest)
        bench = Bench(made, etree.tostring(fullest(wsdl, wsdl.response_root)))
        for kept in bench.of_schema(Drawing(12)).kept:
            body = edited(bench.message, kept.edits)
            assert (schemas(made).verdict(body).complaints != ()) == kept.is_refused, kept.id
            tried += 1
    assert tried > 20
