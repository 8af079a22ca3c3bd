"""A suite that looks for what its contract's schema does not have is refused before it is played: it would find nothing, ever."""

import shutil
from pathlib import Path

import pytest

import tiny_world
from rivta import suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.model.errors import Mistakes, UsageError

SUITE = """\
contract: GetLoans
role: producer
title: Questions
data: {borrower: {id: "191212121212"}, question: {more: ""}, more-headers: ""}
cases:
  - id: "1"
    title: A case
    send: messages/question.xml
    expect: [%s]
"""
REFUSED = {
    "an element": ("xpath: //g:loan/c2:loanid", "c2:loanid", "loanId"),
    "one that must be absent": ("xpath: {path: //g:lone, absent: yes}", "g:lone", "loan"),
    "behind an axis": ("xpath: //g:loan/child::c2:borrowr", "c2:borrowr", "borrowerId"),
    "by its name alone": ("""xpath: "//*[local-name()='lone']\"""", "lone", "loan"),
    "by its name alone, absent": ("xpath: {path: '//*[local-name() = \"lone\"]', absent: yes}", "lone", "loan"),
    "in an alternative": ("one_of: [fault: {}, [xpath: //g:lon]]", "g:lon", "loan"),
}


def checked(expected: str, folder: Path) -> None:
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, folder / "domain")
    path = folder / "domain" / "GetLoans" / "producer.yaml"
    path.write_text(SUITE % expected, encoding="utf-8")
    refuse_undeclared(suite.read(path, tiny_world.domain(), vocabulary()))


@pytest.mark.parametrize("which", REFUSED)
def test_a_name_that_no_schema_declares_is_refused_where_it_stands(which: str, tmp_path: Path) -> None:
    expected, name, meant = REFUSED[which]
    with pytest.raises((UsageError, Mistakes)) as told:
        checked(expected, tmp_path)
    line = str(told.value).splitlines()
    assert line[0].endswith(f"no schema of the contract declares {name}")
    assert line[1].index(name) == line[2].index("^"), "the caret stands under the name"
    assert meant in line[3]


@pytest.mark.parametrize(
    "expected",
    [
        """xpath: "//g:loan[c2:loanId='g:lone']/c2:borrowerId/@extension\"""",
        "xpath: {path: //soapenv:Fault, absent: yes}",
        """xpath: "//*[local-name()='Body' or local-name()='lone']\"""",
        """xpath: {path: "//*[local-name()='lone' and namespace-uri()='urn:x']", absent: yes}""",
        "xpath: count(//g:loan/self::g:loan) = 0",
    ],
)
def test_what_the_schema_has_is_let_through(expected: str, tmp_path: Path) -> None:
    checked(expected, tmp_path)
