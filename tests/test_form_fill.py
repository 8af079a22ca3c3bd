"""A form against a run and the vendor's answers: what is proposed, what the vendor's word makes of it, what cannot stand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from reference_system import domain as remiss
from rivta.declaration import form, proven
from rivta.declaration.form.filling import State
from rivta.model.declaration import (
    Answer,
    Answers,
    Declaration,
    FilledQuestion,
    Form,
    KnownDeviation,
    Proposal,
    Question,
    Section,
    SortedDeviations,
)
from rivta.model.domain import ContractFacts, DomainFacts, Requirement
from rivta.model.environment import System
from rivta.model.exchange import Exchange, Message, Tls
from rivta.model.load import LoadStage, Measured, Slice
from rivta.model.run import CaseResult, CheckResult, PlannedCase, Run, RunFooter, RunHeader, Stray
from rivta.model.words import Level, Source, Text, Verdict
from rivta.run.twin import TWIN

REMISS = "clinicalprocess.activity.request"
NOT_TESTED = Text("Kan inte prövas maskinellt.", "Cannot be tested by machine.")
PASSED, FAILED, NOT_APPLICABLE, NOT_PROVEN = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.NOT_APPLICABLE,
    Verdict.NOT_PROVEN,
)
SAID = Source("answers.yaml", 7)


def check(verdict: Verdict, *verifies: str, kind: str = "result", exchange: int = 0) -> CheckResult:
    return CheckResult(kind, verdict, verifies, exchange=exchange)


def exchange(
    ms: float = 10,
    *,
    answer: bytes | None = b"<a/>",
    request: bytes = b"<a/>",
    tls: Tls | None = None,
    charset: str = "UTF-8",
    tells: bool = False,
) -> Exchange:
    """A call of Ask that we made, or one of Tell that the system made."""
    headers = (("Content-Type", f"text/xml; charset={charset}"),) if charset else ()
    response = None if answer is None else Message(headers, answer)
    plain = Exchange("Ask", "http://x", Message(headers, request), response, 200, "", ms, tls)
    return replace(plain, contract="Tell", inbound=True) if tells else plain


def case(
    id_: str,
    *checks: CheckResult,
    verifies: Sequence[str] = ("R-1",),
    verdict: Verdict | None = None,
    contract: str = "Ask",
    role: str = "producer",
    exchanges: tuple[Exchange, ...] = (),
) -> CaseResult:
    own = Verdict.of(each.verdict for each in checks) if verdict is None else verdict
    suite, source = f"suites/{REMISS}/{contract}/producer.yaml", Source("producer.yaml")
    return CaseResult(
        id_, Text.same(id_), REMISS, contract, role, suite, own, tuple(verifies), checks, exchanges, "", 0.0, source
    )


def planned(id_: str, *verifies: str, contract: str = "Ask", role: str = "producer") -> PlannedCase:
    return PlannedCase(id_, Text.same(id_), contract, role, f"suites/{REMISS}/{contract}/producer.yaml", verifies)


def declared(
    *results: CaseResult, plan: Sequence[PlannedCase] = (), ended: bool = True, origin: str = "official"
) -> Declaration:
    contracts = tuple(
        ContractFacts(REMISS, name, "2.2", Text.same(name), origin, "ab" * 32, "x", 2000) for name in ("Ask", "Tell")
    )
    requirements = tuple(
        Requirement(id_, Text.same(id_), Level.MUST, "TKB", NOT_TESTED if id_ == "R-9" else None)
        for id_ in ("R-1", "R-2", "R-9")
    )
    domain = DomainFacts(REMISS, "2.2", Text.same(REMISS), contracts, requirements)
    system = System("Provregionen", "Remissa", "1.10", "232100-0016")
    header = RunHeader(
        "run-1", "2026-09-01T08:00:00Z", "0.1.0", "3.11", system, (), {}, (domain,), {}, tuple(plan), (), "key"
    )
    return proven.of(Run(Path(), header, results, RunFooter("", {}) if ended else None))


def question(**more: Any) -> Question:
    settings: dict[str, Any] = {"answer": "yes-no", "origin": "cases", "requirements": ("R-1",)} | more
    return Question("q", Text("Stöds det?", "Is it supported?"), **settings)


def form_of(*questions: Question, produces: tuple[str, ...] = ("Ask",), consumes: tuple[str, ...] = ("Tell",)) -> Form:
    section = Section("2.1", Text.same("Part"), questions)
    return Form("f", "role", REMISS, Text.same("Form"), "1", (section,), Source("form.yaml"), produces, consumes)


def answers(*given_: Answer, **vendor: str) -> Answers:
    facts = {name.replace("_", "-"): value for name, value in vendor.items()}
    return Answers(
        Path("answers.yaml"), facts, {each.question: each for each in given_}, places=dict.fromkeys(facts, SAID)
    )


def answer(value: str, **more: Any) -> Answer:
    return Answer("q", value, source=SAID, **more)


def filled(
    one: Question, seen: Declaration | None = None, said: Answers | None = None, known: SortedDeviations | None = None
) -> FilledQuestion:
    ((_, (found,)),) = form.fill(
        form_of(one), seen and replace(seen, deviations=known or seen.deviations), said
    ).sections
    return found


def proposal(one: Question, *results: CaseResult, **more: Any) -> Proposal | None:
    return filled(one, declared(*results, **more)).proposal


# What the evidence proposes


@pytest.mark.parametrize(
    ("verdict", "value"),
    [
        (Verdict.PASSED, "yes"),
        (Verdict.FAILED, "no"),
        (Verdict.NOT_APPLICABLE, "not-applicable"),
        (Verdict.NOT_PROVEN, None),
        (Verdict.BLOCKED, None),
        (Verdict.ERROR, None),
        (Verdict.MANUAL, None),
    ],
)
@pytest.mark.parametrize("by", [{}, {"requirements": (), "cases": ("Ask/1",)}], ids=["requirement", "case"])
def test_each_verdict_has_its_proposal(verdict: Verdict, value: str | None, by: dict[str, Any]) -> None:
    found = filled(question(**by), declared(case("1", check(verdict, "R-1"))))
    if value:
        assert found.proposal == Proposal(value, ("Ask/1",), verdict)
        assert (found.state, found.why) == ("proposed", None)
    else:
        assert (found.proposal, found.state) == (None, "missing")
        assert found.why
        assert found.why.en.startswith("Ask/1: "), "it is said which case, and what came of it"


def test_no_names_the_cases_that_failed_and_yes_all_of_them() -> None:
    results = [case("1", check(PASSED, "R-1")), case("2", check(FAILED, "R-1")), case("3", check(FAILED, "R-1"))]
    assert proposal(question(), *results) == Proposal("no", ("Ask/2", "Ask/3"), FAILED)
    assert proposal(question(), results[0], case("4", check(PASSED, "R-1"))) == Proposal(
        "yes", ("Ask/1", "Ask/4"), PASSED
    )


def test_what_one_of_several_shows_is_not_hidden_by_what_others_do_not() -> None:
    blocked = case("2", verdict=Verdict.BLOCKED)
    assert proposal(question(), case("1", check(PASSED, "R-1")), blocked) is None
    assert proposal(question(), case("1", check(FAILED, "R-1")), blocked) == Proposal("no", ("Ask/1",), FAILED)
    assert proposal(question(requirements=("R-1", "R-2")), case("1", check(PASSED, "R-1"))) is None, (
        "nothing speaks of R-2"
    )
    assert proposal(question(cases=("Ask/9",)), case("1", check(PASSED, "R-1"))) is None, "case 9 was not run"


def test_of_two_cases_of_one_name_the_red_one_speaks() -> None:
    good, bad = case("1", check(PASSED, "R-1")), case("1", check(FAILED, "R-1"))
    for order in ((good, bad), (bad, good)):
        assert proposal(question(), *order) == Proposal("no", ("Ask/1",), FAILED)
        assert figure("unexpected-results", *order) == "yes"


def test_a_check_of_another_requirement_does_not_count() -> None:
    both = case("1", check(PASSED, "R-1"), check(FAILED, "R-2"))
    assert proposal(question(), both) == Proposal("yes", ("Ask/1",), PASSED)


def test_a_case_that_never_came_to_its_checks_proves_nothing() -> None:
    stopped = case("1", check(PASSED, "GEN"), verdict=Verdict.ERROR)
    found = filled(question(), declared(stopped))
    assert found.why == Text("Ask/1: fel i provningen.", "Ask/1: an error of the test.")
    assert proposal(question(), plan=[planned("1", "R-1")]) is None


def test_the_other_role_answers_for_itself() -> None:
    own, other = case("1", check(PASSED, "R-1")), case("1", check(FAILED, "R-1"), contract="Tell")
    assert proposal(question(), own, other) == Proposal("yes", ("Ask/1",), PASSED)
    sent = case("1", check(FAILED, "R-1"), contract="Tell", role="consumer")
    assert proposal(question(), own, sent) == Proposal("no", ("Tell/1",), FAILED)


@pytest.mark.parametrize("about", [{"requirements": ("R-1",)}, {"requirements": (), "cases": ("Ask/1",)}])
def test_a_system_that_answers_all_alike_is_not_proposed_to_meet_anything(about: dict[str, Any]) -> None:
    """The accepted message of one case passed, but the message that was to be refused was accepted too."""
    accepted = case("1", check(PASSED, "R-1"), exchanges=(exchange(),))
    refused = case("2", check(FAILED, "R-2"), check(NOT_PROVEN, "R-2", kind=TWIN), exchanges=(exchange(),))
    found = filled(question(**about), declared(accepted, refused))
    assert found.proposal is None
    assert found.why
    assert "alike" in found.why.en
    assert filled(question(**about), declared(accepted)).proposal


def test_what_nothing_tests_says_why() -> None:
    assert filled(question(requirements=("R-9",)), declared()).why == NOT_TESTED
    nothing = filled(question(), declared()).why
    assert nothing == Text("Inget testfall i körningen prövar detta.", "No case of the run tests this.")


def test_a_question_to_the_vendor_is_held_against_evidence_if_there_is_any() -> None:
    asked = question(origin="vendor")
    assert proposal(asked, case("1", check(PASSED, "R-1"))) == Proposal("yes", ("Ask/1",), PASSED)
    assert filled(asked, declared()).state == "missing"


def test_without_a_run_nothing_is_proposed() -> None:
    found = filled(question())
    assert (found.proposal, found.state, found.why) == (None, "missing", None)


# Figures


def figure(name: str, *results: CaseResult, known: SortedDeviations | None = None, **more: Any) -> str | None:
    one = question(origin="run", requirements=(), fact=name, answer="text")
    found = filled(one, declared(*results, **more), known=known)
    assert (found.proposal is None) is (found.why is not None)
    return found.proposal.value if found.proposal else None


GOOD = case("1", check(PASSED, "R-1"), check(PASSED, "R-2", kind="schema"), exchanges=(exchange(12.4), exchange(8)))
BAD = case("2", check(FAILED, "R-1"), exchanges=(exchange(900),))
TLS = Tls("TLSv1.3", "AES", "", "", "", client_certificate=True)
APPROVED = SortedDeviations(((KnownDeviation("AVV-1", "approved", "Känt.", reference="INAV-7"), ("Ask/2",)),), ())


def test_times_are_of_answers_that_the_system_gave() -> None:
    sent = case("3", contract="Tell", role="consumer", exchanges=(exchange(7000, tells=True),))
    lost = case("4", exchanges=(exchange(5000, answer=None),))
    assert figure("typical-response-time", GOOD, BAD, sent, lost) == "12 ms"
    assert figure("response-time-p95", GOOD, BAD, sent, lost) == "900 ms"
    assert figure("typical-response-time", case("1", exchanges=(exchange(0.2),))) == "< 1 ms"
    assert figure("typical-response-time", lost) is None
    assert figure("response-time-p95", lost) is None


def test_times_of_a_load_are_those_that_it_counted_and_not_those_of_the_few_answers_that_it_kept() -> None:
    slices = (Slice(0, 1, 1, answered=96, times=((95, 96),)), Slice(1, 1, 1, answered=4, times=((143, 4),)))
    loaded = replace(BAD, load=Measured((LoadStage(1, 2.0),), (), slices, 1.0, 1, 5.0, 2.0, 2.0))
    assert figure("typical-response-time", loaded) == "10 ms"
    assert figure("response-time-p95", loaded, GOOD) == "10 ms"


def test_the_95th_percentile_is_by_the_nearest_rank() -> None:
    hundred = case("1", exchanges=tuple(exchange(ms) for ms in range(1, 101)))
    assert figure("response-time-p95", hundred) == "95 ms"


def test_what_the_run_was() -> None:
    assert figure("case-count", GOOD, plan=[planned("1"), planned("2")]) == "1/2"
    assert figure("case-count") is None
    assert figure("domain-version", GOOD) == "2.2"
    assert figure("contract-versions", GOOD) == "Ask 2.2, Tell 2.2"
    assert figure("schema-origin", GOOD) == "official"
    assert figure("schema-origin", GOOD, origin="restatement") == "restatement"
    assert figure("run-date", GOOD) == "2026-09-01"
    assert figure("run-id", GOOD) == "run-1"
    assert figure("rivta-version", GOOD) == "0.1.0"


def test_encodings_and_tls_are_those_that_were_seen() -> None:
    latin = case("2", exchanges=(exchange(charset="iso-8859-1"),))
    prolog = case("3", exchanges=(exchange(charset="", answer=b'<?xml version="1.0" encoding="utf-16"?><a/>'),))
    sent = case("4", contract="Tell", role="consumer", exchanges=(exchange(charset="utf-8", tells=True),))
    assert figure("encoding-seen", GOOD, latin, prolog) == "ISO-8859-1, UTF-16, UTF-8"
    assert figure("encoding-sent", GOOD, sent) == "UTF-8"
    assert figure("encoding-sent", GOOD) is None
    assert figure("tls-seen", GOOD) is None
    assert figure("tls-seen", case("5", exchanges=(exchange(tls=TLS),))) == "TLSv1.3, mTLS"
    assert figure("tls-seen", case("5", exchanges=(exchange(tls=replace(TLS, client_certificate=False)),))) == "TLSv1.3"


def test_a_run_that_was_cut_short_is_not_called_done() -> None:
    assert figure("suite-executed", GOOD) == "yes"
    assert figure("suite-executed", GOOD, ended=False) is None
    assert figure("suite-executed", GOOD, plan=[planned("9")]) is None
    assert figure("unexpected-results", GOOD, ended=False) is None, "what was not run may have deviated"
    assert figure("unexpected-results", BAD, ended=False) == "yes", "what deviated has deviated"
    assert figure("results-attached", GOOD) == "yes"
    assert figure("results-attached") is None


def test_deviations_are_admitted_and_told() -> None:
    assert figure("unexpected-results", GOOD) == "no"
    assert figure("unexpected-noted", GOOD) == "not-applicable"
    assert figure("unexpected-noted", GOOD, BAD) == "yes"
    assert figure("unexpected-noted", ended=False) is None
    assert figure("schema-deviations", GOOD, BAD) == "no", "it failed in something else"
    assert figure("schema-deviations", case("3", check(FAILED, "R-2", kind="rules"))) == "yes"
    assert figure("schema-deviations", BAD) is None
    assert figure("schema-deviations", GOOD, ended=False) is None
    assert figure("schema-noted", case("3", check(FAILED, "R-2", kind="rules"))) == "yes"


def test_known_deviations_are_told_apart_from_new_ones() -> None:
    more = case("3", check(FAILED, "R-1"))
    assert figure("new-deviations", GOOD) == "–"
    assert figure("new-deviations", GOOD, ended=False) is None
    assert figure("new-deviations", GOOD, BAD, more) == "Ask/2, Ask/3"
    assert figure("new-deviations", GOOD, BAD, more, known=APPROVED) == "Ask/3"
    assert figure("new-deviations", GOOD, BAD, known=APPROVED) == "–"
    assert figure("approved-deviations", GOOD, BAD, known=APPROVED) == "AVV-1 INAV-7"
    assert figure("approved-deviations", GOOD, known=APPROVED) == "–", "it does not occur"
    assert figure("approved-deviations", GOOD) is None
    assert figure("deviations-may-stay", GOOD) == "not-applicable"
    assert figure("deviations-may-stay", GOOD, BAD) is None
    other = case("9", check(FAILED, "R-1"), contract="Tell")
    assert figure("deviations-may-stay", GOOD, other) is None, "one opinion on the whole run, whichever role deviates"


# Coverage

SENT = b'<?xml version="1.0"?><e xmlns="urn:e"><r><patient><personId root="1.2"/></patient><personId root="9"/></r></e>'


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("Tell/patient/personId", "yes"),
        ("Tell/r/patient/personId", "yes"),
        ("Tell/patient/personId[@root=1.2]", "yes"),
        ("Tell/patient/personId[@root=9]", None),
        ("Tell/address/personId", None),
        ("Tell/e/personId", None),
        ("Ask/patient/personId", None),
    ],
)
def test_an_element_was_seen_or_was_not(element: str, value: str | None) -> None:
    sent = exchange(request=SENT, tells=True)
    result = case("1", check(PASSED, kind="schema"), contract="Tell", role="consumer", exchanges=(sent,))
    found = proposal(question(origin="coverage", requirements=(), fact=element), result)
    assert (found and found.value) == value


def test_an_element_that_was_only_seen_in_broken_messages_is_not_supported() -> None:
    sent = exchange(request=SENT, tells=True)
    checks = (check(FAILED, kind="schema"), check(PASSED, kind="schema", exchange=1))
    one = question(origin="coverage", requirements=(), fact="Tell/patient/personId")
    broken = case("1", *checks, contract="Tell", role="consumer", exchanges=(sent,))
    assert proposal(one, broken) == Proposal("no", ("Tell/1",), FAILED)
    assert proposal(one, replace(broken, exchanges=(sent, sent))) == Proposal("yes", ("Tell/1",), PASSED)
    unreadable = replace(broken, exchanges=(replace(sent, request=Message((), b"<")),))
    assert proposal(one, unreadable) is None


def test_one_case_can_have_both_sides_and_each_counts_for_its_own() -> None:
    both = case("1", check(PASSED, kind="schema"), exchanges=(exchange(10), exchange(9000, request=SENT, tells=True)))
    assert figure("typical-response-time", both) == "10 ms", "how long we took to answer is no time of the system's"
    one = question(origin="coverage", requirements=(), fact="Tell/patient/personId")
    assert proposal(one, both) == Proposal("yes", ("Ask/1",), PASSED)
    ours = case("1", exchanges=(replace(exchange(request=SENT), contract="Tell"),))
    assert proposal(one, ours) is None, "what we sent shows nothing that the system can send"


def test_a_call_that_no_case_asked_for_was_sent_all_the_same() -> None:
    one = question(origin="coverage", requirements=(), fact="Tell/patient/personId")
    none = Text.same("nobody waited")
    sent = exchange(request=SENT, tells=True)
    broken = Stray(sent, "Tell", "SE1", (check(FAILED, kind="schema"),), none)
    sound = Stray(sent, "Tell", "SE1", (check(PASSED, kind="schema"),), none)
    whole = declared(GOOD)
    seen = replace(whole, run=replace(whole.run, strays=(broken, sound)))
    assert filled(one, seen).proposal == Proposal("yes", ("stray/2",), PASSED)
    assert filled(one, replace(whole, run=replace(whole.run, strays=(broken,)))).proposal == Proposal(
        "no", ("stray/1",), FAILED
    )


def test_what_a_person_says_by_name_is_an_answer() -> None:
    said = check(Verdict.MANUAL, "R-1", kind="manual")
    assert proposal(question(), case("1", said)) is None
    named = case("1", replace(said, by="Anna Ek"))
    assert proposal(question(), named) == Proposal("yes", ("Ask/1",), Verdict.MANUAL)
    assert proposal(question(), named, case("2", said)) is None, "one of them still waits"


# The vendor's word

YES, NO = declared(case("1", check(PASSED, "R-1"))), declared(case("1", check(FAILED, "R-1")))
NA, UNKNOWN = declared(case("1", check(NOT_APPLICABLE, "R-1"))), declared()
STATES: dict[str, tuple[Question, Declaration | None, Answer, State, str]] = {
    "the same as the evidence": (question(), YES, answer("yes"), "confirmed", ""),
    "confirmed without a value": (question(), YES, answer("", confirmed=True, by="Bo"), "confirmed", ""),
    "nothing to confirm": (question(), UNKNOWN, answer("", confirmed=True, by="Bo"), "missing", ""),
    "confirmed, and no run to look at": (question(confirm=True), None, answer("", confirmed=True, by="Bo"), "answered", ""),
    "confirmed by nobody": (question(confirm=True), None, answer("", confirmed=True), "contradictory", "put a name"),
    "an empty place": (question(), YES, answer(""), "proposed", ""),
    "no, as the evidence says, with words": (question(), NO, answer("no", comment="Känt fel."), "confirmed", ""),
    "no, as the evidence says, without words": (question(), NO, answer("no"), "contradictory", "needs words"),
    "yes against failed cases": (question(), NO, answer("yes", by="Bo"), "contradictory", "the evidence shows no (Ask/1)"),
    "yes against failed cases, with a reason": (question(), NO, answer("yes", by="Bo", reason="Provfel."), "changed", ""),
    "yes against failed cases, nameless": (question(), NO, answer("yes", reason="Provfel."), "contradictory", "put a name"),
    "no where cases passed": (question(), YES, answer("no", comment="Avstängt."), "contradictory", "no reason is given"),
    "not applicable without words": (question(), UNKNOWN, answer("not-applicable", by="Bo"), "contradictory", "does not apply"),
    "not applicable, as the environment says": (question(), NA, answer("not-applicable"), "confirmed", ""),
    "a human in place of evidence": (question(), UNKNOWN, answer("yes", by="Bo"), "answered", ""),
    "nobody in place of evidence": (question(), UNKNOWN, answer("yes"), "contradictory", "put a name"),
    "a look that was asked for": (question(confirm=True), YES, answer("yes", by="Bo"), "confirmed", ""),
    "a look by nobody": (question(confirm=True), YES, answer("yes"), "contradictory", "put a name"),
    "the vendor alone": (question(origin="vendor", requirements=()), UNKNOWN, answer("yes"), "answered", ""),
    "the vendor's no without words": (question(origin="vendor", requirements=()), None, answer("no"), "contradictory", "needs words"),
    "an admission without words": (question(disclosure=True), None, answer("yes"), "contradictory", "needs words"),
    "nothing to admit": (question(disclosure=True), None, answer("no"), "answered", ""),
    "free text": (question(answer="text", origin="vendor", requirements=()), None, answer("no"), "answered", ""),
}  # fmt: skip


@pytest.mark.parametrize("title", STATES)
def test_answer_and_evidence(title: str) -> None:
    one, seen, said, state, why = STATES[title]
    found = filled(one, seen, answers(said))
    assert found.state == state
    assert why in (found.why.en if found.why else "")
    assert (found.proposal is None) is (seen in (None, UNKNOWN)), "the evidence stays beside the answer"
    if state in ("confirmed", "changed", "answered", "contradictory"):
        assert found.answer


def test_facts_about_the_vendor_are_held_against_the_tested_system() -> None:
    one = question(origin="vendor", requirements=(), fact="version", answer="text")
    assert filled(one, YES).proposal == Proposal("1.10", ("run-1",), PASSED)
    assert filled(one, YES, answers(version=" 1.10 ")).state == "confirmed"
    other = filled(one, YES, answers(version="1.11"))
    assert other.state == "contradictory"
    assert other.why
    assert "the evidence shows 1.10" in other.why.en
    assert other.answer == Answer("q", "1.11", source=SAID)
    explained = answers(answer("1.11", reason="Bara ny hjälptext.", by="Bo"), version="1.11")
    assert filled(one, YES, explained).state == "changed"


def test_one_name_confirms_all_plain_proposals_of_a_run() -> None:
    whole = answers(confirmed_run="run-1", confirmed_by="Bo")
    assert filled(question(), YES, whole).state == "confirmed"
    assert filled(question(confirm=True), YES, whole).state == "proposed", "a human must look at this one"
    assert filled(question(), NO, whole).state == "proposed", "a no needs words"
    assert filled(question(), YES, answers(confirmed_run="run-0", confirmed_by="Bo")).state == "proposed"
    assert filled(question(), YES, answers(confirmed_run="run-1")).state == "proposed"


verdicts = st.lists(st.sampled_from(Verdict), max_size=4)
said = st.builds(
    Answer,
    question=st.just("q"),
    value=st.sampled_from(["", "yes", "no", "not-applicable", "text"]),
    comment=st.sampled_from(["", "ord"]),
    by=st.sampled_from(["", "Bo"]),
    confirmed=st.booleans(),
    reason=st.sampled_from(["", "skäl"]),
)
questions = st.builds(
    question,
    origin=st.sampled_from(["cases", "vendor"]),
    requirements=st.sampled_from([(), ("R-1",), ("R-1", "R-2")]),
    cases=st.sampled_from([(), ("Ask/0",), ("Ask/0", "Ask/7")]),
    confirm=st.booleans(),
    disclosure=st.booleans(),
    optional=st.booleans(),
)


@given(one=questions, seen=verdicts, given_=st.none() | said)
def test_filling_is_total(one: Question, seen: list[Verdict], given_: Answer | None) -> None:
    """Whatever the verdicts and whatever was answered: one state, and a word of why wherever there is nothing to show."""
    run = declared(*(case(str(place), check(verdict, "R-1")) for place, verdict in enumerate(seen)))
    found = filled(one, run, answers(given_) if given_ else None)
    assert found.state in get_args(State)
    assert found.proposal or found.why
    assert (found.answer is None) == (found.state in ("proposed", "missing") or (found.answer is None and one.optional))
    if found.state == "contradictory":
        assert found.why
    if found.proposal and Verdict.FAILED in seen and "R-1" in one.requirements:
        assert found.proposal.value == "no"
    if found.proposal and found.proposal.value == "yes":
        assert {*seen} <= {PASSED, NOT_APPLICABLE, *(seen if one.requirements == () else ())}


FORMS = [each for role in ("remissmottagare", "remittent") for each in form.for_role(remiss(), role)]


def of_remiss(run: Run) -> Run:
    """The same run as if it were of Elektronisk remiss, where the shipped forms look."""
    results = tuple(replace(each, domain=REMISS, contract="ProcessRequest") for each in run.results)
    domains = tuple(replace(each, name=REMISS) for each in run.header.domains[:1])
    return replace(run, results=results, header=replace(run.header, domains=domains))


@given(run=strategies.runs().map(of_remiss), which=st.sampled_from(FORMS))
def test_every_run_fills_the_shipped_forms(run: Run, which: Form) -> None:
    found = form.fill(which, proven.of(run))
    assert all(each.proposal or each.why for _, each_ in found.sections for each in each_)


def test_what_a_known_deviation_explains_needs_no_words() -> None:
    must_fix = SortedDeviations(((KnownDeviation("AVV-1", "must-fix", "Rättas i 2.0."), ("Ask/1",)),), ())
    found = filled(question(), NO, known=must_fix)
    assert (found.state, found.proposal and found.proposal.value) == ("proposed", "no")
    assert found.why == Text("Känd avvikelse: AVV-1 (Rättas i 2.0.)", "Known deviation: AVV-1 (Rättas i 2.0.)")
    assert not form.is_asked(found)
    assert filled(question(), NO, answers(answer("no")), must_fix).state == "confirmed"
    assert filled(question(), NO, answers(answer("yes", by="Bo")), must_fix).state == "contradictory"
    half_new = replace(must_fix, new=("Ask/1",))
    assert form.is_asked(filled(question(), NO, known=half_new)), "the case deviates from something else too"
    assert form.is_asked(filled(question(), declared(case("1", check(FAILED, "R-1")), BAD), known=must_fix))
    assert form.is_asked(filled(question(confirm=True), NO, known=must_fix)), "a human must look all the same"


# What is left to do


def test_what_the_vendor_is_asked() -> None:
    plain, looked_at, own = question(), question(confirm=True), question(origin="vendor", requirements=())
    assert not form.is_asked(filled(plain)), "without a run nobody knows yet whether it must be asked"
    assert not form.is_asked(filled(plain, YES))
    assert form.is_asked(filled(plain, NO)), "a no needs words"
    assert form.is_asked(filled(plain, UNKNOWN)), "no evidence: a human must say"
    assert form.is_asked(filled(looked_at))
    assert form.is_asked(filled(own))


def told(
    one: Question, seen: Declaration | None, *said_: Answer, run: str = "", **vendor: str
) -> list[tuple[str, str]]:
    given_ = answers(*said_, **vendor)
    found = form.shortcomings([form.fill(form_of(one), seen, given_)], given_, run)
    assert all(each.mistake.todo for each in found), "each has a remedy"
    return [(each.kind, str(each.mistake)) for each in found]


@pytest.mark.parametrize(
    ("one", "seen", "given_", "kind", "parts"),
    [
        (
            question(confirm=True),
            YES,
            None,
            "missing",
            ("nobody has looked at", "evidence says yes (Ask/1)", "confirmed: yes and by:"),
        ),
        (
            question(),
            UNKNOWN,
            answer(""),
            "missing",
            ("answers.yaml:7:1", "No case of the run tests this", "and by: the name"),
        ),
        (question(), NO, None, "missing", ("evidence says no (Ask/1)", "value: no and a comment")),
        (question(), NO, answer("yes"), "contradictory", ("answers.yaml:7:1", "no reason is given", "write reason:")),
        (question(), NO, answer("no"), "contradictory", ("needs words", "write comment:")),
        (question(), UNKNOWN, answer("yes"), "contradictory", ("a name to the answer", "write by:")),
        (
            question(origin="vendor", requirements=(), answer="date"),
            None,
            None,
            "missing",
            ("no answer", "a date, YYYY-MM-DD"),
        ),
        (question(origin="vendor", requirements=(), fact="signer"), None, None, "missing", ("under vendor: signer",)),
    ],
)
def test_shortcomings_say_where_what_and_what_to_do(
    one: Question, seen: Declaration | None, given_: Answer | None, kind: str, parts: tuple[str, ...]
) -> None:
    ((found, text),) = told(one, seen, *((given_,) if given_ else ()))
    assert found == kind
    for part in parts:
        assert part in text


def test_what_is_done_is_not_told() -> None:
    assert told(question(), YES) == []
    assert told(question(), None) == []
    assert told(question(origin="vendor", requirements=(), optional=True), None) == []
    assert told(question(), NO, answer("no", comment="Känt.")) == []


def test_a_confirmation_holds_for_one_run_and_by_one_name() -> None:
    ((kind, text),) = told(question(), YES, run="run-1", confirmed_run="run-0", confirmed_by="Bo")
    assert kind == "contradictory"
    assert "the proposals of run run-0 were confirmed; this is run run-1" in text
    ((_, nameless),) = told(question(), YES, run="run-1", confirmed_run="run-1")
    assert "nobody stands behind" in nameless
    assert told(question(), YES, run="run-1", confirmed_run="run-1", confirmed_by="Bo") == []


def test_a_question_of_two_forms_is_told_once() -> None:
    given_ = answers()
    twice = [form.fill(form_of(question(confirm=True)), YES, given_)] * 2
    assert len(form.shortcomings(twice, given_)) == 1
