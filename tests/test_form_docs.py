"""The page on the vendor's answers: its files are read, its tables are true, its example comes to what it says."""

import re
from pathlib import Path
from typing import get_args

import pytest

import reference_system
from rivta.declaration import answers, form
from rivta.declaration.form.filling import State
from rivta.model.declaration import Form
from rivta.model.domain import Domain
from rivta.text import places

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "declaration.md").read_text(encoding="utf-8")
SNIPPETS = ROOT / "docs" / "snippets"


@pytest.fixture(scope="module")
def remiss() -> Domain:
    return reference_system.domain()


@pytest.fixture
def shown(remiss: Domain, tmp_path: Path) -> Form:
    """The form of the manual, where it would lie among the shipped ones."""
    own = tmp_path / "suites" / remiss.name / "forms"
    own.mkdir(parents=True)
    (tmp_path / "suites" / "forms").symlink_to(places.suites() / "forms")
    (own / "remissmottagare.yaml").write_bytes((SNIPPETS / "form.yaml").read_bytes())
    return form.read(own / "remissmottagare.yaml", remiss, {"ProcessRequest/5.2"})


def test_the_form_shows_every_source(shown: Form) -> None:
    counted = form.counts(shown)
    assert all(counted[name] for name in ("cases", "coverage", "run", "vendor", "confirm"))


def test_the_answers_fit_the_form(shown: Form) -> None:
    given = answers.read(SNIPPETS / "answers.yaml", [shown, *_shipped_facts()])
    filled = form.fill(shown, None, given)
    assert {each.question.id for _, questions in filled.sections for each in questions if each.answer} == {
        "organisation",
        "organisation-number",
        "organisation-address",
        *given.answers,
    }
    assert form.shortcomings([filled], given) == ()


def _shipped_facts() -> list[Form]:
    """The forms that ask for the rest of what the manual's file says of its vendor."""
    return [form.read(places.suites() / "forms" / "producer.yaml")]


def test_every_state_is_explained() -> None:
    table = PAGE.partition("| state |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| (\w+) \|", table, re.MULTILINE)) == get_args(State)


def test_the_figures_are_those_of_the_forms(remiss: Domain) -> None:
    forms = [form.for_role(remiss, role)[0] for role in ("remissmottagare", "remittent")]
    forms += [form.read(places.suites() / "forms" / f"{name}.yaml", remiss) for name in ("producer", "consumer")]
    order = ("cases", "coverage", "run", "vendor", "all", "confirm")
    counted = {each.id: [form.counts(each)[name] for name in order] for each in forms}
    rows = re.findall(r"^\| (\w+)(?: \(skeleton\))? \| ([\d |]+) \|$", PAGE, re.MULTILINE)
    assert {name: [int(number) for number in numbers.split(" | ")] for name, numbers in rows} == counted
