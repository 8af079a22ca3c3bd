"""Tables of kinds by states: the cases that become of one, and every way in which a wrong one is refused."""

from pathlib import Path

import pytest

from rivta import suite
from rivta.model.case import Suite
from rivta.model.errors import Mistakes, UsageError
from rivta.model.steps import Receive, Send, Watch
from suite_world import ASK, DOMAIN, TELL, VOCABULARY, write

TABLE = """\
table: asked
domain: example
party: answerer
title: Questions by state
requires: [open-unit]
markers: [states]
data: {patient: {id: "191212121212"}, number: "1"}
kinds:
  first: {text: A first question, contract: Ask, send: messages/ask.xml}
  next:
    text: {sv: Nästa fråga, en: A next question}
    contract: Ask
    send: messages/ask.xml
    with: {patient: {id: "${number}"}}
states:
  new: {text: {sv: från början, en: at the beginning}}
  told:
    text: {sv: efter ett anrop, en: after a call}
    steps: [{contract: Tell, receive: {kind: NR}, capture: {told: "//t:id"}}]
    with: {number: "2"}
  asked:
    text: once asked
    after: told
    steps: [{contract: Ask, send: messages/ask.xml, with: {patient: {id: "${told}"}}, expect: [result: OK]}]
    with: {number: "${told}"}
answers:
  fine: {text: {sv: besvaras, en: is answered}, expect: [result: OK], verifies: [R-1], source: "TKB 1"}
  no: {text: is refused, expect: [result: ERROR], verifies: [R-2], source: "TKB 2", derived: by reason}
  neither: {untried: no system can tell}
cells:
  first: {new: fine, told: fine, asked: no}
  next: {new: neither, told: fine, asked: no}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str = TABLE) -> Suite:
    return suite.read(write(Path(), text), DOMAIN, VOCABULARY)


def test_each_cell_is_a_case_that_goes_the_states_way_and_sends_the_kinds_message() -> None:
    read_suite = read()
    assert [case.id for case in read_suite.cases] == [
        *("first-new", "first-told", "first-asked"),
        *("next-told", "next-asked"),
    ]
    last = read_suite.cases[-1]
    assert (last.title.sv, last.title.en) == (
        "Nästa fråga once asked: is refused",
        "A next question once asked: is refused",
    )
    assert (last.contract, last.role, last.verifies) == (ASK, "producer", ("R-2",))
    assert (last.requires, last.markers) == (("open-unit",), ("states",))
    assert [type(step) for step in last.steps] == [Receive, Send, Send]
    assert [getattr(step, "contract", "") for step in last.steps] == [TELL, ASK, ASK]
    sent = last.steps[-1]
    assert isinstance(sent, Send)
    assert sent.data == {"number": "${told}", "patient": {"id": "${number}"}}
    assert [(one.kind, one.args) for one in sent.expect] == [("result", {"code": "ERROR"})]
    assert (read_suite.party, last.source.line) == ("answerer", 32)


def test_the_table_is_kept_as_it_was_written() -> None:
    table = read().table
    assert table
    assert (table.id, list(table.kinds), list(table.states)) == ("asked", ["first", "next"], ["new", "told", "asked"])
    cell = table.cell("next", "asked")
    assert (cell.case, cell.verifies, cell.reference) == ("next-asked", ("R-2",), "TKB 2")
    assert cell.derived
    assert cell.derived.en == "by reason"
    untried = table.cell("next", "new")
    assert (untried.case, untried.answer.en, untried.verifies) == ("", "no system can tell", ())


SENT = TABLE.replace(
    """    send: messages/ask.xml
    with: {patient: {id: "${number}"}}
""",
    """    receive: {kind: NR}
    do: {sv: Fråga., en: Ask., action: ask}
    then: [{contract: Tell, receive: {kind: AR}, expect: [{xpath: {path: "//a", equals: "${number}"}}]}]
""",
).replace("{text: is refused, expect: [result: ERROR]", "{text: is not sent, never: 3 min").replace(
    "{new: neither, told: fine", "{new: neither, told: sent"
).replace(
    "  no: {", '  sent: {text: is sent, expect: [xpath: {path: "//a", equals: "${number}"}], verifies: [R-1], source: "TKB 3"}\n  no: {'
).replace("first: {new: fine, told: fine, asked: no}", "first: {new: fine, told: fine, asked: fine}")  # fmt: skip


def test_a_kind_that_the_system_sends_is_waited_for_or_must_not_come() -> None:
    sent, kept = read(SENT).cases[-2:]
    assert [type(step) for step in sent.steps] == [Receive, Receive, Receive]
    _, call, after = sent.steps
    assert isinstance(call, Receive)
    assert isinstance(after, Receive)
    assert call.do
    assert (call.when, call.do.action, call.data, call.expect[0].args["equals"]) == (
        {"kind": "NR"},
        "ask",
        {"number": "2"},
        "${number}",
    )
    assert (after.when, after.do, after.data) == ({"kind": "AR"}, None, {"number": "2"})
    *_, watch = kept.steps
    assert isinstance(watch, Watch)
    assert (watch.most, watch.seconds, watch.do, watch.verifies) == (0, 180.0, call.do, ("R-2",))
    assert (sent.contract, sent.role) == (TELL, "consumer"), "as its first step"


def test_what_we_send_is_not_never_sent() -> None:
    with pytest.raises(UsageError, match="first is sent by us"):
        read(SENT.replace("asked: fine}", "asked: no}", 1))


WRONG = [
    (("first: {new: fine,", "frist: {new: fine,"), ["first has no cell for new, told, asked", "unknown kind “frist”"], "did you mean “first”?"),
    (("told: fine, asked: no}\n  next", "tolled: fine, asked: no}\n  next"), ["first has no cell for told", "unknown state “tolled”"], "did you mean “told”?"),
    (("asked: no}\n  next", "asked: not}\n  next"), ["unknown answer “not”"], "did you mean “no”?"),
    (("after: told", "after: tolled"), ["unknown earlier state “tolled”"], "did you mean “told”?"),
    (("after: told", "after: asked"), ["unknown earlier state “asked”"], "known here: new, told"),
    (("new: neither", "new: no"), ["no cell has the answer “neither”"], "take it away"),
    (("verifies: [R-2]", "verifies: [R-3]"), ["unknown requirement “R-3”"], "did you mean “R-2”?"),
    (("${number}", "${numbr}"), ["nothing is called “numbr”"], "did you mean “number”?"),
    (("result: ERROR", "result: EROR"), ["unknown code of a result “EROR”"], "did you mean “ERROR”?"),
    (("party: answerer", "party: anserer"), ["unknown role “anserer”"], "did you mean “answerer”?"),
    (("untried: no", "expct: no"), ["unknown key “expct”"], "did you mean “expect”?"),
    (("    contract: Ask\n", ""), ["this kind lacks “contract”"], "the contract called"),
    ((', source: "TKB 1"', ""), ["this answer lacks “source”"], "document and section"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words", "todo"), WRONG, ids=[words[-1] for _, words, _ in WRONG])
def test_a_wrong_table_is_refused_once_for_each_mistake(change: tuple[str, str], words: list[str], todo: str) -> None:
    assert change[0] in TABLE
    with pytest.raises(UsageError) as raised:
        read(TABLE.replace(*change, 1))
    found = raised.value.mistakes if isinstance(raised.value, Mistakes) else (raised.value,)
    assert sorted(one.what for one in found) == sorted(words)
    assert any(todo in one.todo for one in found)
    assert all(one.source and one.source.text for one in found)
