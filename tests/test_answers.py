"""The vendor's file: written, read back, added to, and kept free of personal identities."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reference_system import domain as remiss
from rivta.declaration import answers, draft, form
from rivta.model.declaration import Answer, Answers, FilledForm, Form, Proposal, Question, Section
from rivta.model.errors import Mistakes, Refused, UsageError
from rivta.model.words import Source, Text, Verdict
from rivta.text import identity, places
from rivta.text.yaml.compose import compose
from suite_world import as_an_editor_reads

REMISS = "clinicalprocess.activity.request"
FILE = """\
domain: example
roles: [answerer]
vendor:
  organisation: Provregionen
  version: 2.10
  date: 2026-09-01
  confirmed-run: run-1
  confirmed-by:
answers:
  short: ja
  blank:
  full: {value: nej, comment: Ännu inte., by: Bo Bedömare, reason: "", confirmed: yes}
  skipped: {value: ej tillämpligt, comment: Inga bilagor.}
  count: 1 000
  which: ETT
  free: "ja"
"""


def question(id_: str, **more: Any) -> Question:
    settings: dict[str, Any] = {"answer": "yes-no", "origin": "vendor"} | more
    return Question(id_, Text(f"Fråga {id_}", f"Question {id_}"), **settings)


QUESTIONS = (
    *(question(id_) for id_ in ("short", "blank", "full", "skipped")),
    question("count", answer="number"),
    question("which", answer="choice", choices=(Text("ett", "one"), Text("två", "two"))),
    question("free", answer="text"),
    question("organisation", answer="text", fact="organisation"),
    question("version", answer="text", fact="version"),
    question("day", answer="date", fact="date"),
)
FORM = Form(
    "f", "answerer", "example", Text.same("Form"), "1", (Section("2.1", Text("Del", "Part"), QUESTIONS),), Source("f")
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str = FILE) -> Answers:
    Path("answers.yaml").write_text(text, encoding="utf-8")
    return answers.read(Path("answers.yaml"), [FORM])


def test_everything_that_a_file_says() -> None:
    found = read()
    assert (found.path, found.domain, found.roles) == (Path("answers.yaml"), "example", ("answerer",))
    assert found.vendor == {
        "organisation": "Provregionen",
        "version": "2.10",
        "date": "2026-09-01",
        "confirmed-run": "run-1",
    }
    assert {id_: each.value for id_, each in found.answers.items()} == {
        "short": "yes",
        "blank": "",
        "full": "no",
        "skipped": "not-applicable",
        "count": "1 000",
        "which": "one",
        "free": "ja",
    }
    full = found.answers["full"]
    assert (full.comment, full.by, full.reason, full.confirmed) == ("Ännu inte.", "Bo Bedömare", "", True)
    assert str(full.source) == "answers.yaml:12:3"
    assert str(found.places["version"]) == "answers.yaml:5:3"
    assert str(found.places["answers"]) == "answers.yaml:9:1"


def test_a_file_without_answers_is_one() -> None:
    for rest in ("", "vendor:\nanswers:\n", "answers: {}\n"):
        found = read(f"domain: example\nroles: [answerer]\n{rest}")
        assert (found.vendor, found.answers) == ({}, {})


@pytest.mark.parametrize(
    ("old", "new", "what", "under"),
    [
        ("short: ja", "shorts: ja", "no form asks “shorts”", "shorts"),
        (
            "short: ja",
            "short: kanske",
            "“kanske” does not answer “short”; yes, no or not-applicable is wanted",
            "kanske",
        ),
        ("count: 1 000", "count: många", "a number is wanted", "många"),
        ("which: ETT", "which: tre", "one of one, two is wanted", "tre"),
        ("date: 2026-09-01", "date: 2026-09-31", "a date, YYYY-MM-DD, is wanted", "2026-09-31"),
        ("  organisation:", "  organization:", "no form asks for “organization”", "organization"),
        ("comment: Ännu", "komment: Ännu", "unknown key “komment”", "komment"),
        ("confirmed: yes", "confirmed: kanske", "yes or no is wanted", "kanske"),
        ("roles: [answerer]", "roles: []", "an empty list", "[]"),
    ],
)
def test_a_mistake_is_told_at_its_place(old: str, new: str, what: str, under: str) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(UsageError) as raised:
        read(FILE.replace(old, new))
    assert what in raised.value.what
    source = raised.value.source
    assert source
    assert source.text[source.column - 1 :].startswith(under), str(raised.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Mistakes) as raised:
        read(FILE.replace("short:", "shorts:").replace("1 000", "många").replace("organisation:", "organization:"))
    assert len(raised.value.mistakes) == 3


def test_a_misspelt_question_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match="did you mean “short”"):
        read(FILE.replace("short:", "shrot:"))


def test_without_forms_any_answer_will_do() -> None:
    Path("answers.yaml").write_text(FILE.replace("short", "other"), encoding="utf-8")
    assert answers.read(Path("answers.yaml")).answers["other"].value == "ja"


def test_editors_are_told_the_same() -> None:
    schema = answers.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    shipped = (places.reference() / "answers-reference.yaml").read_text(encoding="utf-8")
    for text in (FILE, shipped):
        jsonschema.validate(as_an_editor_reads(compose(text, "answers.yaml")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(as_an_editor_reads(compose(FILE.replace("by: Bo", "bye: Bo"), "answers.yaml")), schema)


# Writing


def filled(*questions: Question) -> FilledForm:
    return form.fill(replace(FORM, sections=(Section("2.1", Text("Del", "Part"), questions or QUESTIONS),)))


def drawn(*forms: FilledForm) -> draft.VendorFile:
    forms = forms or (filled(),)
    return draft.of(forms, [each for one in forms for each in form.asked(one)])


def test_a_draft_asks_everything_once() -> None:
    found = read(drawn(filled(), filled()).text())
    assert list(found.answers) == ["short", "blank", "full", "skipped", "count", "which", "free"]
    assert (found.domain, found.roles) == ("example", ("answerer",))
    assert {each.value for each in found.answers.values()} == {""}
    assert {*found.places} >= {"organisation", "version", "date", "confirmed-run", "confirmed-by"}
    assert found.vendor == {}


# What YAML can hold: no surrogates, no noncharacters; whatever else a person pastes.
pasted = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0x1FFFF), max_size=40).filter(
    lambda text: not any(0xFDD0 <= ord(letter) <= 0xFDEF or ord(letter) & 0xFFFE == 0xFFFE for letter in text)
)
line = pasted.map(str.strip)
given_answers = st.builds(
    Answer, question=st.just("free"), value=line, comment=line, by=line, confirmed=st.booleans(), reason=line
)


@given(fact=line)
def test_what_a_run_says_of_the_product_is_written_and_read_back(fact: str) -> None:
    one = filled(question("organisation", answer="text", fact="organisation"))
    section, (asked,) = one.sections[0]
    known = replace(one, sections=((section, (replace(asked, proposal=Proposal(fact, (), Verdict.PASSED)),)),))
    assert read(drawn(known).text()).vendor.get("organisation", "") == fact


@given(one=given_answers, asked=st.sets(st.sampled_from(QUESTIONS)))
def test_what_is_added_leaves_the_rest_as_it_was(one: Answer, asked: set[Question]) -> None:
    """A file with some of the questions gets the others; each line that stood there still stands there, in order."""
    some = filled(*(each for each in QUESTIONS if each in asked or each.id == "free"))
    values = {name: getattr(one, name) for name in ("value", "comment", "by", "confirmed", "reason")}
    said = "".join(f"    {yaml.safe_dump({name: value}, width=10**6)}" for name, value in values.items())
    before = re.sub(r"(?m)^  free:\n(    .*\n)*", lambda _: f"  free:\n{said}", drawn(some).text())
    after = drawn().added_to(before, "answers.yaml")
    found = read(after)
    assert {*found.answers} == {each.id for each in QUESTIONS if not each.fact}
    assert replace(found.answers["free"], source=None) == one
    rest = iter(after.split("\n"))
    assert all(line in rest for line in before.rstrip("\n").split("\n"))
    assert drawn().added_to(after, "answers.yaml") == after, "nothing lacks any more"


def test_additions_follow_the_hand_that_wrote_the_file() -> None:
    written = """\
# Min fil
answers:
    short: {value: ja}  # efter samtal med Bo

# Roller
roles: [answerer]
domain: example
"""
    added = drawn().added_to(written, "answers.yaml")
    found = read(added)
    assert found.answers["short"].value == "yes"
    assert len(found.answers) == 7
    assert added.startswith("# Min fil\nanswers:\n    short: {value: ja}  # efter samtal med Bo\n")
    assert "\n    count:\n      value:\n" in added, "in the file's own indentation"
    assert added.index("count:") < added.index("# Roller") < added.index("vendor:")


def test_nothing_is_added_to_a_map_on_one_line() -> None:
    with pytest.raises(UsageError, match="written on one line"):
        drawn().added_to("domain: example\nroles: [answerer]\nanswers: {short: ja}\n", "answers.yaml")


# No person's number


def someone(sign: str = "-") -> str:
    """A personnummer by form that is nobody's test identity, made here so that none is written down."""
    digits = "890101" + "987"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return f"19890101{sign}987{-sum(each // 10 + each % 10 for each in doubled) % 10}"


PLACES = {
    "a value": ('free: "ja"', 'free: "{}"', 16),
    "a comment of an answer": ("Ännu inte.", "gäller {}", 12),
    "a name": ("by: Bo Bedömare", "by: Bo {}", 12),
    "a fact": ("Provregionen", "Firma {}", 4),
    "a remark in the file": ("roles: [answerer]", "roles: [answerer]  # ring {}", 2),
    "a question’s name": ("skipped:", "x{}:", 13),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_persons_number_is_refused_by_line_and_never_shown(place: str, sign: str) -> None:
    old, new, line = PLACES[place]
    assert FILE.count(old) == 1
    number = someone(sign)
    Path("answers.yaml").write_text(FILE.replace(old, new.format(number)), encoding="utf-8")
    with pytest.raises(Refused) as raised:
        answers.read(Path("answers.yaml"))
    assert raised.value.source
    assert (raised.value.source.path, raised.value.source.line) == ("answers.yaml", line)
    assert number not in str(raised.value)
    assert number[-4:] not in str(raised.value)
    answers.read(Path("answers.yaml"), test_identities={number})  # declared as a test identity


def test_a_number_that_is_spelt_out_by_escapes_is_refused_too() -> None:
    hidden = "".join(f"\\x{ord(letter):02x}" for letter in someone())
    with pytest.raises(Refused) as raised:
        read(FILE.replace("Ännu inte.", f'"{hidden}"'))  # no line shows it
    assert raised.value.source
    assert raised.value.source.line == 12
    assert someone() not in str(raised.value)


def test_a_file_is_not_named_after_a_person() -> None:
    path = Path(f"answers-{someone('')}.yaml")
    path.write_text(FILE, encoding="utf-8")
    with pytest.raises(Refused, match="rename the file") as raised:
        answers.read(path)
    assert someone("") not in str(raised.value)


def test_test_persons_and_organisations_may_be_named() -> None:
    some = " ".join(identity.PUBLISHED)
    assert read(FILE.replace("Provregionen", f"Provregionen 232100-0016 {some}")).vendor["organisation"]


def test_the_shipped_answers_answer_the_shipped_forms() -> None:
    domain = remiss()
    path = places.reference() / "answers-reference.yaml"
    forms = [each for role in answers.read(path).roles for each in form.for_role(domain, role)]
    given_ = answers.read(path, forms)
    found = form.shortcomings([form.fill(each, None, given_) for each in forms], given_)
    assert [str(each.mistake) for each in found] == []
