"""Suites and scenarios: what becomes of a good one, and every way in which a bad one is refused."""

from pathlib import Path

import pytest

from rivta import suite
from rivta.model.case import Suite
from rivta.model.errors import Mistakes, UsageError
from rivta.model.steps import Ask, Expectation, Receive, Send, Step, Watch
from rivta.model.words import Text, Value
from suite_world import ASK, DOMAIN, SCENARIO, SUITE, TELL, TEMPLATE, VOCABULARY, write


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str, data: dict[str, Value] | None = None) -> Suite:
    return suite.read(write(Path(), text), DOMAIN, VOCABULARY, data)


def mistakes(text: str, data: dict[str, Value] | None = None) -> list[UsageError]:
    with pytest.raises(UsageError) as raised:
        read(text, data)
    return list(raised.value.mistakes) if isinstance(raised.value, Mistakes) else [raised.value]


def mistake(text: str, data: dict[str, Value] | None = None) -> UsageError:
    found = mistakes(text, data)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def case(lines: str, more: str = "") -> str:
    """A suite of one case with these keys."""
    return f"contract: Ask\nrole: producer\ntitle: Asking\n{more}cases:\n  - id: one\n    title: One\n" + "".join(
        f"    {line}\n" for line in lines.splitlines()
    )


PATIENT = "data: {patient: {id: x}}\n"
SEND = "send: messages/ask.xml\n"


def loaded(more: str, id_: str = "l") -> str:
    """A suite of one case and one load case with this key."""
    plays = "" if more.startswith("plays") else ", plays: [one]"
    return case(SEND, f"{PATIENT}load: [{{id: {id_}, title: L, source: S, users: 2, for: 5 s{plays}, {more}}}]\n")


def sent(step: Step) -> Send:
    assert isinstance(step, Send)
    return step


def test_the_short_form() -> None:
    read_suite = read(SUITE)
    one = read_suite.cases[0]
    step = sent(one.steps[0])
    assert (one.id, one.contract, one.role) == ("1.10", ASK, "producer")
    assert one.title == Text("En fråga besvaras", "A question is answered")
    assert (one.verifies, one.requires, one.markers) == (("R-1",), ("open-unit",), ("smoke",))
    assert step.template == Path("messages/ask.xml")
    assert step.data == {"patient": {"id": "${units.open}"}}
    assert step.to == "${units.open}"
    assert step.headers == {"X-Name": "value ${run.id}"}
    assert step.off == {"schema": "the answer is not ours to judge"}
    assert one.source == step.source
    assert (one.source.path, one.source.line, one.source.column) == ("producer.yaml", 8, 5)


def test_expectations() -> None:
    expect = read(SUITE).cases[0].steps[0].expect
    assert [(one.kind, one.args, one.verifies) for one in expect[:3]] == [
        ("result", {"code": "OK"}, ()),
        ("result", {"code": "ERROR", "sub": "007"}, ()),
        ("xpath", {"path": "//a:answer[@id='${unique}']", "count": 1}, ()),
    ]
    assert (expect[4].kind, expect[4].args, expect[4].verifies) == ("max_ms", {"limit": 500}, ("R-2",))
    assert (expect[1].source.path, expect[1].source.column) == ("producer.yaml", 9)
    assert expect[1].source.text == '      - result: {code: ERROR, sub: "007"}'


def test_alternatives_nest() -> None:
    either = read(SUITE).cases[0].steps[0].expect[3]
    alternatives = either.args["expectations"]
    assert isinstance(alternatives, tuple)
    alone, together = alternatives
    assert isinstance(alone, Expectation)
    assert (alone.kind, alone.args) == ("fault", {})
    assert [(one.kind, one.args) for one in together] == [("result", {"code": "INFO"}), ("contains", {"text": "no"})]


def test_steps() -> None:
    first, second = map(sent, read(SUITE).cases[1].steps)
    assert first.capture == {"answer": "string(//a:answer/@id)"}
    assert first.contract == second.contract == ASK
    assert second.data == {"patient": {"id": "${answer}"}}
    assert second.source.text.strip().startswith("- {send: messages/ask.xml, with:")


def test_the_suite_itself() -> None:
    read_suite = read(SUITE)
    assert read_suite.path == Path("producer.yaml")
    assert read_suite.domain is DOMAIN
    assert read_suite.data == {"patient": {"id": "191212121212"}}
    assert read_suite.party is None
    assert read_suite.namespaces == {
        "soapenv": "http://schemas.xmlsoap.org/soap/envelope/",
        "itr": "urn:riv:itintegration:registry:1",
        "a": "urn:example:ask",
        "t": "urn:example:tell",
    }


def test_a_scenario() -> None:
    read_suite = read(SCENARIO)
    (one,) = read_suite.cases
    assert read_suite.party == "answerer"
    assert (one.id, one.contract, one.verifies) == ("there-and-back", ASK, ("R-1", "R-2"))
    assert [type(step) for step in one.steps] == [Send, Receive, Watch, Ask, Send]
    assert [step.contract for step in one.steps if isinstance(step, Send | Receive | Watch)] == [ASK, TELL, TELL, TELL]


def test_a_step_of_a_suite_may_call_another_contract() -> None:
    steps = "steps:\n  - {contract: Tell, send: messages/ask.xml}\n  - {send: messages/ask.xml}"
    assert [sent(step).contract for step in read(case(steps, PATIENT)).cases[0].steps] == [TELL, ASK]


def test_the_digest_covers_the_suite_and_its_templates() -> None:
    before = read(SUITE).digest
    assert len(before) == 64
    assert read(SUITE).digest == before
    assert read(SUITE + "# more\n").digest != before
    path = write(Path(), SUITE)
    Path("messages/ask.xml").write_text(TEMPLATE.replace("request", "question"), encoding="utf-8")
    changed = suite.read(path, DOMAIN, VOCABULARY).digest
    assert changed != before
    Path("messages/unused.xml").touch()
    assert suite.read(path, DOMAIN, VOCABULARY).digest == changed


def test_files_in_test_data_become_absolute(tmp_path: Path) -> None:
    Path("letter.pdf").write_bytes(b"%PDF")
    text = case(SEND + "with: {letter: [{file: letter.pdf, as: base64}], big: {repeat: QUJD, times: 3500000}}", PATIENT)
    assert sent(read(text).cases[0].steps[0]).data == {
        "letter": [{"file": str(tmp_path / "letter.pdf"), "as": "base64"}],
        "big": {"repeat": "QUJD", "times": "3500000"},
    }


STRUCTURE = [
    (loaded("checked: many"), ["“many” stands here; a percentage is wanted"]),
    (loaded("stages: [{users: 3, for: 5 s}]"), ["“stages” must not stand beside “users” in one load case"]),
    (loaded("limits: [{within: 5 s, answered: 99 %}]"), ["“answered” must not stand beside “within” in one limit"]),
    (SUITE.replace("title: {sv: Frågor", "titel: {sv: Frågor"), ["this suite lacks “title”", "unknown key “titel”"]),
    (
        SUITE.replace("role: producer", "role: produser"),
        ["“produser” stands here; one of producer, consumer is wanted"],
    ),
    (SUITE.replace("- result: OK", "- resutl: OK"), ["unknown key “resutl”"]),
    (SUITE.replace("sub: ", "subcode: "), ["unknown key “subcode”"]),
    (SUITE.replace("count: 1", "count: one"), ["“one” stands here; a whole number is wanted"]),
    (
        SUITE.replace("- result: OK", "- {result: OK, fault: {}}"),
        ["“fault” must not stand beside “result” in one expectation"],
    ),
    (SUITE.replace("- result: OK", "- fault:"), ["nothing stands here; text is wanted"]),
    (SUITE.replace("- result: OK", "- OK"), ["text stands here; a map (expectation) is wanted"]),
    (SUITE.replace("- result: OK", "- xpath: {equals: x}"), ["this xpath check lacks “path”"]),
    (SUITE.replace("- result: OK", "- schema: yes"), ["text stands here; a map (schema check) is wanted"]),
    (SUITE.replace("- result: OK", "- one_of: []"), ["an empty list stands here"]),
    (SUITE.replace("    send: messages/ask.xml\n", "", 1), ["this case lacks send or receive or steps"]),
    (SUITE.replace("    steps:", "    send: messages/ask.xml\n    steps:"), ["“steps” must not stand beside “send”"]),
    (SUITE.replace("verifies: [R-1]", "verifies: R-1"), ["text stands here; a list is wanted"]),
    (SUITE.replace("markers: [smoke]", "markers: [not so]"), ["“not so” stands here; a word"]),
    (SUITE.replace("id: two", "id: one two"), ["“one two” stands here; an id"]),
    (SUITE.replace("X-Name:", "X Name:"), ["“X Name” stands here; a header name is wanted"]),
    (SUITE.replace("  patient:", "  pat.ient:"), ["“pat.ient” stands here; a name without dots"]),
    ("- a\n", ["a list stands here; a map (suite) is wanted"]),
    (SCENARIO.replace("contract: Tell, send", "send"), ["this step lacks “contract”"]),
    (SCENARIO.replace("party: answerer\n", ""), ["this scenario lacks “party”"]),
]


@pytest.mark.parametrize(("text", "words"), STRUCTURE, ids=[words[0] for _, words in STRUCTURE])
def test_structure(text: str, words: list[str]) -> None:
    found = mistakes(text)
    assert len(found) == len(words)
    assert all(part in one.what for part, one in zip(words, found, strict=True))
    assert all(one.source and one.source.path == "producer.yaml" for one in found)


MEANING = [
    (SUITE.replace("result: OK", "result: OKK"), "unknown code of a result “OKK”", "OKK", "did you mean “OK”?"),
    (SUITE.replace("[{result: INFO}", "[{result: {code: ERROR, error: VALIDATION_EROR}}"), "unknown error of a result “VALIDATION_EROR”", "VALIDATION_EROR", "did you mean “VALIDATION_ERROR”?"),
    (SUITE.replace("contract: Ask", "contract: Aks"), "unknown contract “Aks”", "Aks", "did you mean “Ask”?"),
    (SUITE.replace("verifies: [R-1]", "verifies: [R-1, R-3]"), "unknown requirement “R-3”", "R-3", "did you mean “R-2”?"),
    (SUITE.replace("verifies: [R-2]", "verifies: [R2]"), "unknown requirement “R2”", "R2", "did you mean “R-2”?"),
    (SUITE.replace("requires: [open-unit]", "requires: [open-units]"), "unknown precondition “open-units”", "open-units", "did you mean “open-unit”?"),
    (SUITE.replace("{schema: the", "{shema: the"), "unknown check of every case “shema”", "shema", "did you mean “schema”?"),
    (SUITE.replace("id: two", "id: '1.10'"), "the id “1.10” is taken by the case on line 8", "'1.10'", "give each case an id of its own"),
    (SUITE.replace("send: messages/ask.xml", "send: message/ask.xml", 1), "there is no template message/ask.xml", "message/ask", "did you mean “messages/ask.xml”?"),
    (SUITE.replace("send: messages/ask.xml", "send: messages/aks.xml", 1), "there is no template messages/aks.xml", "messages/aks", "did you mean “messages/ask.xml”?"),
    (SUITE.replace("with: {patient: {id: ${units.open}}}", "with: {patient: {id: ${units.opne}}}"), "nothing is called “units.opne”", "${units.opne", "did you mean “units.open”?"),
    (SUITE.replace("to: ${units.open}", "to: ${logical-address}"), "nothing is called “logical-address”", "${logical", "known here:"),
    (SUITE.replace("${run.id}", "${run}"), "nothing is called “run”", "${run}", "did you mean “run.id”?"),
    (SUITE.replace("@id='${unique}'", "@id='${uniqe}'"), "nothing is called “uniqe”", "${uniqe", "did you mean “unique”?"),
    (SUITE.replace("${unique}", "${un ique}"), "“un ique” is no placeholder name", "${un ique", "write $${ for a literal ${"),
    (SUITE.replace("//a:answer[@id", "//b:answer[@id"), "the prefix “b” is not declared under namespaces", "b:answer", "known here: a, itr, soapenv, t"),
    (SUITE.replace("count: 1", "matches: '(a'"), "this is no pattern: missing ), unterminated subpattern", "'(a'", "write it in Python’s"),
    (SUITE.replace("//a:answer[@id='${unique}']", "//a:answer["), "this is no XPath expression: invalid expression", '"//a:answer[', "it is XPath 1.0"),
    (SUITE.replace("string(//a:answer/@id)", "strong(//a:answer)"), "this is no XPath expression: unregistered function", '"strong', "it is XPath 1.0"),
    *((SUITE.replace("{path: \"//a:answer[@id='${unique}']\", count: 1}", written), f"this XPath gives {what}", caret, "compare it, by equals") for written, what, caret in (
        ("{path: 'count(//a:answer)', exists: yes}", "a number, which is always there", "'count("),
        ("string(//a:answer)", "a text, which is always there", "string("),
        ("{path: 'count(//a:answer) > 30', count: 1}", "a condition, of which there is always one", "'count("),
    )),
    (SCENARIO.replace("domain: example", "domain: exampel"), "unknown domain “exampel”", "exampel", "did you mean “example”?"),
    (SCENARIO.replace("party: answerer", "party: asker"), "unknown role “asker”", "asker", "did you mean “answerer”?"),
    (SCENARIO.replace("contract: Tell, send", "contract: Till, send"), "unknown contract “Till”", "Till", "did you mean “Tell”?"),
    (case(SEND + "with: {f: {file: no.pdf}}", PATIENT), "there is no file no.pdf", "no.pdf", "relative to the folder of this file"),
    (case(SEND + "with: {f: {file: producer.yaml, as: pdf}}", PATIENT), "a file is taken as text or base64", "pdf}", "write one of them"),
    (case(SEND + "with: {f: {repeat: x, times: often}}", PATIENT), "“times” is a whole number", "often", "write digits"),
    (loaded("plays: [won]"), "unknown case “won”", "won", "did you mean “one”?"),
    (loaded("plays: [one]", id_="one"), "the id “one” is taken by the case on line", "one", "give each case an id of its own"),
    (loaded("limits: [{answered: 99 %, stages: [2]}]"), "there is no stage 2", "[2]", "the last one is 1"),
    (loaded("limits: [{available: 99 %}]"), "nothing asks whether the system is available", "[{available", "add probe: 5 s"),
    (SUITE + "load: [{id: l, title: L, source: S, plays: [two], users: 2, for: 5 s}]\n", "the case two does more than send", "two]", "name a case that only sends"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "what", "caret", "todo"), MEANING, ids=[one[1] for one in MEANING])
def test_meaning(text: str, what: str, caret: str, todo: str) -> None:
    problem = mistake(text)
    assert what in problem.what
    assert problem.source
    assert problem.source.path == "producer.yaml"
    assert problem.source.text[problem.source.column - 1 :].startswith(caret)
    assert todo in problem.todo


def test_data_in_a_circle() -> None:
    found = mistakes(case(SEND + "with: {a: ${b}, b: ${a}}", PATIENT))
    assert [one.what for one in found] == [
        "“b” leads back to itself: b → a → b",
        "“a” leads back to itself: a → b → a",
    ]


def test_everything_is_said_at_once_in_the_order_of_the_file() -> None:
    text = SUITE.replace("R-1", "R-9").replace("verifies: [R-2]", "verifies: [R-8]").replace("ask.xml", "none.xml")
    found = mistakes(text)
    assert [one.source.text.strip() for one in found if one.source] == [
        "verifies: [R-9]",
        "send: messages/none.xml",
        "- {max_ms: 500, verifies: [R-8]}",
    ]


def test_a_template_that_asks_for_the_unknown() -> None:
    path = write(Path(), SUITE)
    Path("messages/ask.xml").write_text("<a>\n  <b>${patient.name} ${unique}</b>\n</a>", encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        suite.read(path, DOMAIN, VOCABULARY)
    assert raised.value.what == "nothing is called “patient.name” when the case “1.10” sends this"
    assert str(raised.value.source) == "messages/ask.xml:2:6"
    assert "    <b>${patient.name}" in str(raised.value)


@pytest.mark.parametrize(
    ("written", "words"), [(b"<a>\xe5</a>", "is not UTF-8"), (b"<a>${b</a>", "a placeholder is not closed")]
)
def test_a_template_that_cannot_be_read(written: bytes, words: str) -> None:
    path = write(Path(), SUITE)
    Path("messages/ask.xml").write_bytes(written)
    with pytest.raises(UsageError, match=words) as raised:
        suite.read(path, DOMAIN, VOCABULARY)
    assert not isinstance(raised.value, Mistakes)
    assert str(raised.value.source) == "messages/ask.xml:1:4"


def test_captures_are_known_in_later_steps_only() -> None:
    text = SUITE.replace(
        "send: messages/ask.xml, capture: {answer:", 'send: messages/ask.xml, to: "${answer}", capture: {answer:'
    )
    assert mistake(text).what == "nothing is called “answer”"


def test_what_the_environment_holds_is_known() -> None:
    text = case(SEND + "to: ${units.closed}", PATIENT)
    assert mistake(text).what == "nothing is called “units.closed”"
    assert sent(read(text, {"units": {"closed": "x"}}).cases[0].steps[0]).to == "${units.closed}"


def test_what_a_precondition_vouches_for_is_known_where_it_is_required() -> None:
    text = case(SEND + "to: ${units.open.address}", PATIENT)
    assert read(text), "without an environment every precondition counts"
    assert mistake(text, {}).todo == "add to the case: requires: [open-unit]"
    assert read(text.replace("title: One", "title: One\n    requires: [open-unit]"), {})


def test_a_name_in_the_environment_may_lead_on() -> None:
    text = case(SEND + "with: {a: ${units.main}}", PATIENT)
    assert read(text, {"units": {"main": "${units.other}", "other": "x"}})
    assert mistake(text, {"units": {"main": "${units.none}"}}).what == "nothing is called “units.none”"


def test_other_layers_of_one_map_stay_known() -> None:
    text = case(SEND + "with: {patient: {name: x}}", PATIENT)
    assert sent(read(text).cases[0].steps[0]).data == {"patient": {"name": "x"}}
