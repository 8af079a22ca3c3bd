"""Forms as data: what a file says, what is refused, and that the shipped ones ask after everything and invent nothing."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import jsonschema
import pytest

from rivta import check, contract, suite
from rivta.declaration import form
from rivta.declaration.form.figures import FIGURES
from rivta.model.case import Case
from rivta.model.declaration import Form, Question
from rivta.model.domain import Domain
from rivta.model.errors import Mistakes, UsageError
from rivta.model.run import PlannedCase
from rivta.model.words import Text
from rivta.text import places
from rivta.text.yaml.compose import compose
from suite_world import ASK, DOMAIN, TELL, as_an_editor_reads

NAME = "clinicalprocess.activity.request"
FOLDER = places.suites() / NAME
SKELETONS = places.suites() / "forms"
ROLES = ("remissmottagare", "remittent")

WRITTEN = """\
form: answerer
domain: example
role: answerer
title: {sv: Formulär, en: Form}
version: "1"
sections:
  - number: "2.1"
    title: {sv: Del, en: Part}
    questions:
      - {id: answered, text: {sv: Besvaras, en: Answered}, requirements: [R-1], cases: [Ask/1.10], slots: [schema, R-2, GEN-X], tf: [TF 1.1]}
      - {id: sent, text: Sent, element: "Ask/patient/id[@root=1.2]"}
      - {id: time, text: Time, answer: text, figure: typical-response-time}
      - {id: who, text: Who, answer: text, vendor: organisation, help: Help}
      - {id: untested, text: Untested, origin: vendor, requirements: [R-2], confirm: yes, disclosure: yes, optional: yes}
      - {id: which, text: Which, answer: choice, choices: [{sv: ett, en: one}, two]}
  - {from: skeleton.yaml, section: "2.9", number: TK 2.9}
"""
SKELETON = """\
form: skeleton
role: producer
title: Skeleton
version: "1"
sections:
  - {number: "2.9", title: Date, questions: [{id: slot, text: Slot, slots: [soap, R-9]}]}
"""
CASES = {"Ask/1.10", "Ask/two"}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("skeleton.yaml").write_text(SKELETON, encoding="utf-8")


def read(text: str = WRITTEN, domain: Domain | None = DOMAIN) -> Form:
    Path("form.yaml").write_text(text, encoding="utf-8")
    return form.read(Path("form.yaml"), domain, CASES)


def questions_of(read: Form) -> Iterator[Question]:
    return (question for section in read.sections for question in section.questions)


def test_everything_that_a_form_says() -> None:
    found = read()
    assert (found.id, found.role, found.domain, found.version) == ("answerer", "answerer", "example", "1")
    assert found.title == Text("Formulär", "Form")
    assert (found.produces, found.consumes) == (DOMAIN.roles["answerer"].produces, DOMAIN.roles["answerer"].consumes)
    assert [section.number for section in found.sections] == ["2.1", "TK 2.9"]
    answered, sent, time, who, untested, which, slot = questions_of(found)
    assert (answered.origin, answered.requirements, answered.cases) == ("cases", ("R-1", "R-2"), ("Ask/1.10",))
    assert (answered.answer, answered.tf, answered.source and answered.source.line) == ("yes-no", ("TF 1.1",), 10)
    assert (sent.origin, sent.fact) == ("coverage", "Ask/patient/id[@root=1.2]")
    assert (time.origin, time.fact, time.answer) == ("run", "typical-response-time", "text")
    assert (who.origin, who.fact, who.help) == ("vendor", "organisation", Text.same("Help"))
    assert (untested.origin, untested.requirements) == ("vendor", ("R-2",))
    assert untested.confirm
    assert untested.disclosure
    assert untested.optional
    assert which.choices == (Text("ett", "one"), Text.same("two"))
    assert (slot.origin, slot.requirements) == ("vendor", ()), (
        "the domain has nothing for the slot: the vendor is asked"
    )


def test_a_skeleton_of_ours_may_be_named_from_anywhere() -> None:
    found = read(WRITTEN.replace("{from: skeleton.yaml, section", "{from: producer.yaml, section"))
    assert "signer" in [question.id for question in questions_of(found)]
    Path("producer.yaml").write_text(SKELETON.replace("slot,", "own,"), encoding="utf-8")
    found = read(WRITTEN.replace("{from: skeleton.yaml, section", "{from: producer.yaml, section"))
    assert "own" in [question.id for question in questions_of(found)], "what stands beside comes first"


MISTAKES = {
    "a requirement that is not there": ("requirements: [R-1]", "requirements: [R-11]", "unknown requirement “R-11”", "did you mean “R-1”", "R-11]"),
    "a case that is not there": ("cases: [Ask/1.10]", "cases: [Ask/1.11]", "unknown case “Ask/1.11”", "did you mean “Ask/1.10”", "Ask/1.11]"),
    "a contract that is not there": ("Ask/patient", "Axk/patient", "unknown contract “Axk”", "did you mean “Ask”", '"Axk/'),
    "a figure that is not there": ("response-time}", "response-tme}", "typical-response-tme", "did you mean “typical-response-time”", "typical-"),
    "a domain of another name": ("domain: example", "domain: exampel", "unknown domain “exampel”", "did you mean “example”", "exampel"),
    "a role that is not there": ("role: answerer", "role: answrer", "unknown role “answrer”", "did you mean “answerer”", "answrer"),
    "a key that is not there": ("tf: [", "tfs: [", "unknown key “tfs”", "tf", "tfs"),
    "an id twice": ("id: time", "id: sent", "the id “sent” is taken by the question on line 11", "an id of its own", "sent"),
    "a section twice": ("number: TK 2.9", 'number: "2.1"', "section 2.1 stands already on line 7", "a number of its own", "{from"),
    "a section that is not there": ('section: "2.9"', 'section: "2.8"', "unknown section “2.8”", "2.9", '"2.8"'),
    "a choice without choices": (", choices: [{sv: ett, en: one}, two]", "", "choices exactly when", "or neither", "{id: which"),
    "a form without sections": (WRITTEN[WRITTEN.index("sections:") :], "sections: []\n", "an empty list", "write one", "[]"),
}  # fmt: skip


@pytest.mark.parametrize("title", MISTAKES)
def test_a_mistake_is_told_at_its_place(title: str) -> None:
    old, new, what, todo, under = MISTAKES[title]
    with pytest.raises(UsageError) as raised:
        read(WRITTEN.replace(old, new, 1))
    assert what in raised.value.what
    assert todo in raised.value.todo
    source = raised.value.source
    assert source
    assert source.path == "form.yaml"
    assert source.text[source.column - 1 :].startswith(under), str(raised.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Mistakes) as raised:
        read(WRITTEN.replace("[R-1]", "[R-8]").replace("Ask/1.10", "Ask/9").replace("role: answerer", "role: asker"))
    assert len(raised.value.mistakes) == 3


def test_without_a_domain_only_the_form_is_looked_at() -> None:
    found = read(WRITTEN.replace("[R-1]", "[R-8]"), domain=None)
    assert next(questions_of(found)).requirements == ("R-8",)
    assert (found.produces, found.consumes) == ((), ())


# The shipped forms


@pytest.fixture(scope="module")
def remiss() -> Domain:
    return contract.read_domain(FOLDER)


def planned(domain: Domain) -> Iterator[tuple[str, Case]]:
    """Every shipped case under its key, as a run names it."""
    files = [*FOLDER.glob("*/*er.yaml"), *(places.scenarios() / NAME).glob("*.yaml")]
    for file in files:
        for case in suite.read(file, domain, check.vocabulary()).cases:
            planned = PlannedCase(case.id, case.title, case.contract, case.role, str(file), case.verifies)
            yield domain.contracts.key(planned.key), case


@pytest.fixture(scope="module")
def cases(remiss: Domain) -> dict[str, Case]:
    return dict(planned(remiss))


def shipped(domain: Domain, cases: Iterable[str] | None = None) -> list[Form]:
    known = None if cases is None else set(cases)
    own = [each for role in ROLES for each in form.for_role(domain, role, known)]
    return [*own, *(form.read(SKELETONS / f"{name}.yaml", domain, known) for name in ("producer", "consumer"))]


def test_the_shipped_forms_name_only_what_exists(remiss: Domain, cases: dict[str, Case]) -> None:
    found = shipped(remiss, cases)
    assert [each.role for each in found] == [*ROLES, "producer", "consumer"]


def test_each_role_is_held_to_its_own_contracts(remiss: Domain) -> None:
    recipient, referrer = (form.for_role(remiss, role)[0] for role in ROLES)
    assert recipient.produces == referrer.consumes == (f"{NAME}/ProcessRequest@2",)
    assert (
        recipient.consumes
        == referrer.produces
        == (
            f"{NAME}/ProcessRequestConfirmation@2",
            f"{NAME}/ProcessRequestOutcome@2",
        )
    )


_REFERENCE = re.compile(r"(ProcessRequest\w*) ([0-9.]+)(?:–([0-9.]+))?")


@pytest.mark.parametrize("role", ROLES)
def test_references_to_cases_lead_to_cases(role: str, remiss: Domain, cases: dict[str, Case]) -> None:
    for question in questions_of(form.for_role(remiss, role)[0]):
        for reference in question.tf:
            if match := _REFERENCE.fullmatch(reference):
                for id_ in filter(None, match.group(2, 3)):
                    case = cases[f"{match[1]}/{id_}"]
                    proven = {each for step in case.steps for one in step.expect for each in one.verifies} | {
                        *case.verifies
                    }
                    assert proven & {*question.requirements}, f"{question.id}: {reference} proves something else"
            else:
                assert re.fullmatch(r"TF [0-9.]+", reference), f"{question.id}: {reference}"


@pytest.mark.parametrize("role", ROLES)
def test_every_requirement_that_is_tested_is_asked_about(role: str, remiss: Domain, cases: dict[str, Case]) -> None:
    found = form.for_role(remiss, role)[0]
    parts = {"producer": found.produces, "consumer": found.consumes}
    own = [case for case in cases.values() if case.contract in parts[case.role]]
    unwritten = {*remiss.every_case.values(), *remiss.every_received.values()}
    proven = {id_ for case in own for id_ in case.verifies} | unwritten
    asked = {id_ for question in questions_of(found) for id_ in question.requirements}
    assert proven - asked == set()


def test_every_requirement_that_no_case_proves_is_put_to_some_vendor(remiss: Domain) -> None:
    left = {id_ for id_, each in remiss.requirements.items() if each.not_tested}
    asked = {
        id_ for role in ROLES for each in questions_of(form.for_role(remiss, role)[0]) for id_ in each.requirements
    }
    dead = {"PR-S-personId", "PRC-S-personId", "PRO-S-personId"}  # no longer in force, as their reasons say
    only_one = {"PR-F-amend-typeOfRequest"}  # the contract has but one type of request
    assert left - asked == dead | only_one


def test_elements_exist_in_the_schemas(remiss: Domain) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (FOLDER / "schemas").rglob("*.xsd")]
    names = {name for text in texts for name in re.findall(r'<xs:(?:element|attribute) name="(\w+)"', text)}
    for role in ROLES:
        for question in questions_of(form.for_role(remiss, role)[0]):
            if question.origin == "coverage":
                head, *path = re.split(r"/|\[@", question.fact)
                assert head in remiss.contracts
                assert {part.partition("=")[0] for part in path} <= names, question.fact


def test_one_id_is_one_question(remiss: Domain) -> None:
    """It is asked once for all forms, so it must ask the same thing in each, in the same way."""
    seen: dict[str, Question] = {}
    for found in shipped(remiss):
        for question in questions_of(found):
            first = seen.setdefault(question.id, question)
            same = (question.text, question.answer, question.help, question.disclosure, question.choices)
            assert same == (first.text, first.answer, first.help, first.disclosure, first.choices), question.id
            if question.origin == "vendor" == first.origin:
                assert question.fact == first.fact


def test_questions_are_in_both_languages_and_short(remiss: Domain) -> None:
    for found in shipped(remiss):
        for question in questions_of(found):
            assert question.text.sv != question.text.en or question.text.sv in {"Personnummer", "Samordningsnummer"}
            assert max(len(question.text.sv), len(question.text.en)) <= 130, question.id
            assert not question.text.sv.endswith("."), question.id


def test_questions_by_source(remiss: Domain) -> None:
    """The figures of the closing note. A change here is a change of the manual too."""
    assert {each.role: dict(form.counts(each)) for each in shipped(remiss)[:2]} == {
        "remissmottagare": {"cases": 62, "coverage": 12, "run": 20, "vendor": 39, "confirm": 11, "all": 133},
        "remittent": {"cases": 57, "coverage": 13, "run": 20, "vendor": 38, "confirm": 10, "all": 128},
    }


def test_a_domain_without_forms_gets_the_skeletons_of_its_parts(remiss: Domain) -> None:
    producer, consumer = form.for_role(DOMAIN, "answerer")
    assert [(each.id, each.role, each.domain) for each in (producer, consumer)] == [
        ("producer", "answerer", "example"),
        ("consumer", "answerer", "example"),
    ]
    assert (producer.produces, producer.consumes) == ((ASK,), ())
    assert (consumer.produces, consumer.consumes) == ((), (TELL,))
    with pytest.raises(UsageError, match="did you mean “answerer”"):
        form.for_role(DOMAIN, "answrer")


def test_slots_take_the_domains_requirements(remiss: Domain) -> None:
    by_id = {each.id: each for each in questions_of(form.read(SKELETONS / "producer.yaml", remiss))}
    assert by_id["encoding-header"].requirements == ("GEN-ENCODING",)
    assert (by_id["fault-privacy"].origin, by_id["fault-privacy"].requirements) == ("cases", ("GEN-FAULT-PRIVACY",))
    open_ones = {each.id: each for each in questions_of(form.read(SKELETONS / "producer.yaml"))}
    assert open_ones["encoding-header"].origin == "vendor"


@pytest.mark.parametrize(
    "path", [*sorted(SKELETONS.glob("*.yaml")), *sorted((FOLDER / "forms").glob("*.yaml"))], ids=lambda path: path.stem
)
def test_editors_are_told_the_same(path: Path) -> None:
    schema = form.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(as_an_editor_reads(compose(path.read_bytes(), path.name)), schema)


def test_every_figure_that_a_form_may_name_is_found_and_means_something() -> None:
    told = form._FORM["figure"].schema({})["oneOf"]
    assert [each["const"] for each in told] == [*FIGURES]
    assert all(each["description"] for each in told)


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    schema = form.json_schema()
    for broken in (WRITTEN.replace("id: answered", "name: answered"), WRITTEN.replace("figure: typ", "figure: tup")):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(as_an_editor_reads(compose(broken, "form.yaml")), schema)
    assert json.dumps(schema)
