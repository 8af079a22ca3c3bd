"""Known deviations: the file and its mistakes."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivta.declaration import deviations
from rivta.model.declaration import KnownDeviation
from rivta.model.errors import Mistakes, UsageError
from rivta.text.places import reference
from rivta.text.yaml.compose import compose
from suite_world import as_an_editor_reads

WHOLE = """\
deviations:
  - id: postal-code
    requirement: PR-S-postalCode
    case: ProcessRequest/3.5
    reference: INAV 4711
    class: must-fix
    rationale: Not checked.
    scope: {product: Journal, version: [4.2.*, 5.0]}
    fix-by: 2026-12-31
    decided-by: Avvikelsegruppen
  - {id: 2, requirement: BR-3, class: stoppande, rationale: Not done.}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str) -> tuple[KnownDeviation, ...]:
    Path("deviations.yaml").write_text(text, encoding="utf-8")
    return deviations.read(Path("deviations.yaml"))


def mistakes(text: str) -> list[UsageError]:
    with pytest.raises(UsageError) as raised:
        read(text)
    return list(raised.value.mistakes) if isinstance(raised.value, Mistakes) else [raised.value]


def test_everything_that_can_be_said() -> None:
    first, second = read(WHOLE)
    assert first.source
    assert str(first.source) == "deviations.yaml:2:5"
    assert (first.id, first.kind, first.rationale) == ("postal-code", "must-fix", "Not checked.")
    assert (first.requirement, first.case, first.reference) == ("PR-S-postalCode", "ProcessRequest/3.5", "INAV 4711")
    assert (first.products, first.versions) == (("Journal",), ("4.2.*", "5.0"))
    assert (first.fix_by, first.decided_by) == ("2026-12-31", "Avvikelsegruppen")
    assert (second.id, second.kind, second.products, second.versions) == ("2", "stopping", (), ())


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("stopping", "stopping"),
        ("stoppande", "stopping"),
        ("must-fix", "must-fix"),
        ("kräver åtgärd", "must-fix"),
        ("approved", "approved"),
        ("godkänd", "approved"),
    ],
)
def test_classes_in_either_language(word: str, kind: str) -> None:
    assert read(WHOLE.replace("class: must-fix", f"class: {word}"))[0].kind == kind


BAD = [
    (WHOLE.replace("must-fix", "must-fx"), "“must-fx” stands here", "did you mean “must-fix”?", "must-fx"),
    (WHOLE.replace("fix-by", "fixby", 1).replace("must-fix", "stopping"), "unknown key “fixby”", "did you mean “fix-by”?", "fixby"),
    (WHOLE.replace("    fix-by: 2026-12-31\n", ""), "what must be fixed lacks its date", "add fix-by", "must-fix"),
    (WHOLE.replace("2026-12-31", "2026-02-30"), "the calendar has no such day", "write it like", "2026-02-30"),
    (WHOLE.replace("2026-12-31", "next year"), "a date is wanted", "write it like 2026-12-31", "next year"),
    (WHOLE.replace("requirement: BR-3, ", ""), "names neither a requirement nor a case", "add requirement", "{id: 2"),
    (WHOLE.replace("stoppande", "godkänd"), "what is approved lacks who approved it", "add decided-by", "godkänd"),
    (WHOLE.replace("id: 2", "id: postal-code"), "the id “postal-code” is taken", "an id of its own", "postal-code, req"),
    (WHOLE.replace("ProcessRequest/3.5", "3.5"), "a case by its contract is wanted", "RegisterLoan/1.2", "3.5"),
    (WHOLE.replace("version: [4.2.*, 5.0]", "version: []"), "an empty list stands here", "", "[]"),
    ("deviations: none\n", "text stands here; a list is wanted", "put it in [ ]", "none"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "what", "todo", "caret"), BAD, ids=[what for _, what, _, _ in BAD])
def test_what_is_refused(text: str, what: str, todo: str, caret: str) -> None:
    (problem,) = mistakes(text)
    assert what in problem.what
    assert todo in problem.todo
    assert problem.source
    assert problem.source.path == "deviations.yaml"
    assert problem.source.text[problem.source.column - 1 :].startswith(caret)


def test_every_mistake_at_once() -> None:
    found = mistakes(WHOLE.replace("class: stoppande, ", "").replace("rationale: Not checked.", "why: x"))
    assert [problem.what for problem in found] == [
        "this deviation lacks “rationale”",
        "unknown key “why”",
        "this deviation lacks “class”",
    ]


def test_a_file_without_deviations() -> None:
    assert read("deviations: []\n") == ()


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml"):
        deviations.read(Path("nowhere.yaml"))


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = deviations.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    shipped = (reference() / "deviations.yaml").read_text(encoding="utf-8")
    for text in (WHOLE, shipped, "deviations: []\n"):
        assert validator.is_valid(as_an_editor_reads(compose(text, "f.yaml")))
    for text, what, _, _ in BAD:
        if "stands here" in what and "calendar" not in what:
            assert not validator.is_valid(as_an_editor_reads(compose(text, "f.yaml"))), what
    assert json.dumps(schema)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    path = Path("deviations.yaml")
    path.write_text(text, encoding="utf-8", newline="")
    problems: list[UsageError] = []
    try:
        deviations.read(path)
    except UsageError as problem:
        problems += problem.mistakes if isinstance(problem, Mistakes) else [problem]
    assert all(problem.source and problem.source.path == str(path) for problem in problems)


words = st.text("abcåÅ :#'\"\\-{}[]0", min_size=1, max_size=12).filter(str.strip)


@given(st.lists(st.tuples(words, words, words), max_size=4, unique_by=lambda each: each[0]))
def test_what_is_written_is_what_is_read(rows: list[tuple[str, str, str]]) -> None:
    written = [{"id": id_, "requirement": name, "class": "stopping", "rationale": why} for id_, name, why in rows]
    found = read(json.dumps({"deviations": written}))  # JSON is YAML
    assert [(each.id, each.requirement, each.rationale) for each in found] == rows


def test_the_shipped_example_is_sound() -> None:
    assert [each.kind for each in deviations.read(reference() / "deviations.yaml")] == [
        "must-fix",
        "must-fix",
        "must-fix",
        "approved",
    ]
