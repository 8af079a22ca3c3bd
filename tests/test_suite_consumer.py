"""Cases in which the system calls us: what becomes of `receive`, `watch` and `ask`, and every way in which they are refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from rivta import suite
from rivta.check import vocabulary
from rivta.model.case import Suite
from rivta.model.contracts import Contracts
from rivta.model.errors import Mistakes, UsageError
from rivta.model.steps import Ask, Behaviour, Doing, Receive, Send, Step, Watch
from rivta.model.words import Text, Value
from suite_world import CONSUMER, DOMAIN, SCENARIO, SUITE, TELL, VOCABULARY, write


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str = CONSUMER, data: dict[str, Value] | None = None) -> Suite:
    return suite.read(write(Path(), text, "consumer.yaml"), DOMAIN, VOCABULARY, data)


def steps() -> tuple[Step, ...]:
    return read().cases[1].steps


def mistakes(text: str) -> list[UsageError]:
    with pytest.raises(UsageError) as raised:
        read(text)
    return list(raised.value.mistakes) if isinstance(raised.value, Mistakes) else [raised.value]


def case(lines: str, role: str = "consumer") -> str:
    """A suite of one case with these keys."""
    head = f"contract: Tell\nrole: {role}\ntitle: Telling\ndata: {{patient: {{id: x}}}}\ncases:\n  - id: one\n    title: One\n"
    return head + "".join(f"    {line}\n" for line in lines.splitlines())


def test_a_case_that_receives() -> None:
    one = read().cases[0]
    (step,) = one.steps
    assert isinstance(step, Receive)
    assert (one.id, one.contract, one.role, one.requires) == ("1.1", TELL, "consumer", ("open-unit",))
    assert step.when == {"kind": "NR", "patient": "${patient.id}", "address": "${units.open}"}
    assert step.within == 90
    assert step.capture == {"request": "string(//a:id)"}
    assert step.off == {"rules": "the rules are another suite's"}
    assert [(each.kind, each.args, each.verifies) for each in step.expect] == [
        ("xpath", {"path": "//a:kind", "equals": "NR"}, ()),
        ("soapaction", {}, ("R-2",)),
        ("xpath", {"path": "//a:version", "equals": "1"}, ()),
    ]
    assert (step.source.path, step.source.line) == (
        "consumer.yaml",
        CONSUMER[: CONSUMER.index("id: 1.1")].count("\n") + 1,
    )


def test_what_the_system_is_made_to_do() -> None:
    (step,) = read().cases[0].steps
    assert isinstance(step, Receive)
    text = Text("Skicka till ${units.open}", "Send to ${units.open}")
    assert step.do == Doing(text, "send-it", {"patient": "${patient.id}", "recipients": ["${units.open}"]})


def test_what_holds_where_nothing_is_said() -> None:
    step = steps()[0]
    assert isinstance(step, Receive)
    assert (step.when, step.do, step.answer, step.within) == ({}, None, Behaviour(), 300)
    assert (step.expect, step.off) == ((), {})


def test_the_address_that_it_is_made_to_call() -> None:
    doing = "do: {sv: Anropa., en: Call., action: call, with: {patient: '1'}}"
    one = read(case(f"receive: {{}}\n{doing}\nto: SE2321000016-ANNAN")).cases[0].steps[0]
    assert isinstance(one, Receive)
    assert one.do is not None
    assert one.when == {"address": "SE2321000016-ANNAN"}
    assert one.do.data == {"patient": "1", "address": "SE2321000016-ANNAN"}
    assert one.do.text == Text(
        "Anropa. Adressera anropet till SE2321000016-ANNAN.", "Call. Address the call to SE2321000016-ANNAN."
    )


def test_watching() -> None:
    long, short = steps()[2], steps()[4]
    assert isinstance(long, Watch)
    assert isinstance(short, Watch)
    assert (long.contract, long.when) == (TELL, {"request-id": "${request}"})
    assert (long.seconds, long.most, long.apart) == (600, 3, 300)
    assert long.answer == Behaviour("platform", code="VP009")
    assert long.do == Doing(Text("Ändra", "Change"), "change-it")
    assert [each.kind for each in long.expect] == ["xpath"]
    assert (long.verifies, long.off) == (("R-2",), {"schema": "not ours to judge"})
    assert (short.seconds, short.most, short.apart, short.do, short.answer) == (30, 0, None, None, Behaviour())


def test_asking() -> None:
    asked = steps()[3]
    assert isinstance(asked, Ask)
    assert asked.text == Text("Visas ${request}?", "Is ${request} shown?")
    assert (asked.action, asked.data, asked.verifies) == ("shows-it", {"request": "${request}"}, ("R-2",))


def test_looking_back_at_an_earlier_step() -> None:
    step = steps()[1]
    assert isinstance(step, Receive)
    assert step.expect[0].args == {"since": 1, "paths": ["//a:id"], "but": {"it": "//a:kind"}}


def test_a_scenario_is_of_the_part_that_its_first_call_gives_the_system() -> None:
    assert read(SCENARIO).cases[0].role == "producer"
    begins = SCENARIO.replace("  - {contract: Ask, send: messages/ask.xml, expect: [{result: OK}]}\n", "")
    begins = begins.replace("steps:\n", "steps:\n  - {ask: Is it there?, action: is-there}\n")
    one = read(begins).cases[0]
    assert (one.contract, one.role) == (TELL, "consumer")
    assert isinstance(one.steps[0], Ask)


ANSWERS = {
    "ok": Behaviour(),
    "info": Behaviour("info"),
    "fault": Behaviour("fault", code="Server"),
    "{kind: fault, code: Client, text: No}": Behaviour("fault", code="Client", text="No"),
    "{kind: error, error: VALIDATION_ERROR}": Behaviour("error", error="VALIDATION_ERROR"),
    "{kind: error, error: APPLICATION_ERROR, sub: PR001}": Behaviour("error", error="APPLICATION_ERROR", sub="PR001"),
    "{kind: platform, code: VP015}": Behaviour("platform", code="VP015"),
    "{kind: http, code: 403}": Behaviour("http", code="403"),
    "{delay: 2.5 s}": Behaviour(delay_ms=2500),
    "{kind: reset, delay: 10 ms}": Behaviour("reset", delay_ms=10),
    "silence": Behaviour("silence"),
    "html": Behaviour("html"),
    "invalid-xml": Behaviour("invalid-xml"),
    "breaks-schema": Behaviour("breaks-schema"),
}


@pytest.mark.parametrize("written", ANSWERS)
def test_answers(written: str) -> None:
    (step,) = read(case(f"receive: {{}}\nanswer: {written}")).cases[0].steps
    assert isinstance(step, Receive)
    assert step.answer == ANSWERS[written]


def test_an_answer_that_is_a_message() -> None:
    write(Path(), SUITE)
    Path("messages/answer.xml").write_text(
        "<a of='${call.patient}'>${of} ${patient.id} ${call.address}</a>", encoding="utf-8"
    )
    one = read(case("receive: {}\nanswer: {message: messages/answer.xml, with: {of: '${call.kind}'}, delay: 1 s}"))
    (step,) = one.cases[0].steps
    assert isinstance(step, Receive)
    assert step.answer == Behaviour(
        "message", delay_ms=1000, template=Path("messages/answer.xml"), data={"of": "${call.kind}"}
    )


def test_an_error_of_a_contract_without_result_is_a_mistake() -> None:
    contracts = Contracts(replace(one, result=None) for one in DOMAIN.contracts.values())
    domain = replace(DOMAIN, contracts=contracts)
    with pytest.raises(UsageError, match="has no result that could tell an error"):
        suite.read(
            write(Path(), case("receive: {}\nanswer: {kind: error, error: A}"), "consumer.yaml"), domain, VOCABULARY
        )


def test_a_result_of_a_contract_without_one_is_a_mistake() -> None:
    domain = replace(DOMAIN, contracts=Contracts(replace(one, result=None) for one in DOMAIN.contracts.values()))
    with pytest.raises(UsageError, match="the responses of Ask have no result"):
        suite.read(write(Path(), SUITE), domain, VOCABULARY)


STRUCTURE = [
    (CONSUMER.replace("receive: {kind", "recieve: {kind"), ["unknown key “recieve”"]),
    (CONSUMER.replace("within: 90 s", "within: 90"), ["“90” stands here; a time with its unit is wanted"]),
    (CONSUMER.replace("within: 90 s", "with: {a: b}"), ["unknown key “with”"]),
    (CONSUMER.replace("        for: 10 min\n", ""), ["this step lacks “for”"]),
    (CONSUMER.replace("most: 3", "most: three"), ["“three” stands here; a whole number is wanted"]),
    (CONSUMER.replace("kind: error", "kind: eror"), ["“eror” stands here; one of ok, empty, info"]),
    (CONSUMER.replace("answer: info", "answer: infos"), ["“infos” stands here; one of ok, empty, info"]),
    (CONSUMER.replace("VP009", "VP017"), ["“VP017” stands here; one of Client, Server, VP001"]),
    (CONSUMER.replace("      en: Send to ${units.open}\n", ""), ["this thing to do lacks “en”"]),
    (CONSUMER.replace("action: send-it", "action: Send it"), ["“Send it” stands here; an action’s name is wanted"]),
    (CONSUMER.replace("        action: shows-it\n", ""), ["this step lacks “action”"]),
    (CONSUMER.replace("receive: {}", "receive: {a b: c}"), ["“a b” stands here; the name of a fact is wanted"]),
    (CONSUMER.replace("receive: {}", "receive: any"), ["text stands here; a map is wanted"]),
    (CONSUMER.replace("- watch: {request-id:", "- receive: {}\n        watch: {request-id:"), ["“watch” must not stand beside “receive”"]),
    (CONSUMER.replace("soapaction: {}", "schema: {of: reqest}"), ["“reqest” stands here; one of request, response is wanted"]),
    (SCENARIO.replace("{ask: Is", "{contract: Tell, ask: Is"), ["unknown key “contract”"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), STRUCTURE, ids=[words[0] for _, words in STRUCTURE])
def test_structure(text: str, words: list[str]) -> None:
    found = mistakes(text)
    assert len(found) == len(words)
    assert all(part in one.what for part, one in zip(words, found, strict=True))
    assert all(one.source and one.source.path == "consumer.yaml" for one in found)


MEANING = [
    (CONSUMER.replace("answer: info", "answer: {message: messages/asks.xml}"), "there is no template messages/asks.xml", "messages/asks.xml", "did you mean “messages/ask.xml”?"),
    (CONSUMER.replace("answer: info", "answer: message"), "this message does not say which", "message", "add message: a template"),
    (CONSUMER.replace("answer: info", "answer: {message: messages/ask.xml, text: x}"), "“text” means nothing where the answer is message", "text", "take it away"),
    (CONSUMER.replace("answer: info", "answer: {message: messages/ask.xml, error: x}"), "“error” belongs to kind: error, and this answer is message", "error", "take it away"),
    (CONSUMER.replace("answer: info", "answer: {message: messages/ask.xml, with: {a: '${call.pateint}'}}"), "nothing is called “call.pateint”", "${call.pateint", "did you mean “call.patient”?"),
    (CONSUMER.replace("error: APPLICATION_ERROR", "error: APPLICATON_ERROR"), "unknown error “APPLICATON_ERROR”", "APPLICATON_ERROR", "did you mean “APPLICATION_ERROR”?"),
    (CONSUMER.replace("receive: {kind: NR, patient:", "receive: {kind: NR, pateint:"), "unknown fact “pateint”", "pateint", "did you mean “patient”?"),
    (CONSUMER.replace("watch: {request-id", "watch: {requestid"), "unknown fact “requestid”", "requestid", "did you mean “request-id”?"),
    (CONSUMER.replace('address: "${units.open}', 'address: "${units.opne}'), "nothing is called “units.opne”", "${units.opne", "did you mean “units.open”?"),
    (CONSUMER.replace('receive: {request-id: "${request}', 'receive: {request-id: "${reqest}'), "nothing is called “reqest”", "${reqest", "did you mean “request”?"),
    (CONSUMER.replace("Skicka till ${units.open}", "Skicka till ${units.opn}"), "nothing is called “units.opn”", "${units.opn", "did you mean “units.open”?"),
    (CONSUMER.replace("Send to ${units.open}", "Send to ${units.open"), "a placeholder is not closed", "${units.open", "write $${ for a literal ${"),
    (CONSUMER.replace('recipients: ["${units.open}', 'recipients: ["${units.shut}'), "nothing is called “units.shut”", "${units.shut", "did you mean"),
    (CONSUMER.replace("No, ${patient.id}", "No, ${patient.di}"), "nothing is called “patient.di”", "${patient.di", "did you mean “patient.id”?"),
    (CONSUMER.replace("Is ${request} shown", "Is ${requests} shown"), "nothing is called “requests”", "${requests", "did you mean “request”?"),
    (CONSUMER.replace('with: {request: "${request}', 'with: {request: "${unit}'), "nothing is called “unit”", "${unit}", "did you mean"),
    (CONSUMER.replace("{rules: the", "{rule: the"), "unknown check of every message received “rule”", "rule: the", "did you mean “rules”?"),
    (CONSUMER.replace("{soapaction: {}", "{result: OK"), "the check result judges replies of the system, and here its calls are looked at", "result", "where a message is sent"),
    (CONSUMER.replace("{soapaction: {}", "{one_of: [{result: OK}]"), "the check result judges replies", "result", "where a message is sent"),
    (CONSUMER.replace("- {contract: Ask,", "- {contract: Ask, expect: [soapaction: {}],"), "the check soapaction judges calls of the system, and here its replies", "soapaction", "let it stand under receive"),
    (CONSUMER.replace("since: 1", "since: 2"), "step 2 is no earlier step with a message", "2", "steps with one: 1"),
    (CONSUMER.replace("paths: [//a:id]", "paths: [//b:id]"), "the prefix “b” is not declared", "b:id", "known here: a, itr, soapenv, t"),
    (CONSUMER.replace("but: {it: //a:kind}", "but: {it: '//a:kind['}"), "this is no XPath expression", "'//a:kind[", "it is XPath 1.0"),
    (CONSUMER.replace('string(//a:id)"}\n    without', 'strong(//a:id)"}\n    without'), "unregistered function", '"strong', "it is XPath 1.0"),
    (CONSUMER.replace("within: 90 s", "within: 481 min"), "“within” is 480 min at most", "481 min", "write a shorter time"),
    (CONSUMER.replace("for: 10 min", "for: 1441 min"), "“for” is 1440 min at most", "1441 min", "write a shorter time"),
    (CONSUMER.replace("apart: 5 min", "apart: 11 min"), "nobody looks for so long: “apart” is over “for”", "11 min", "look longer"),
    (CONSUMER.replace("most: 0", "most: 0, apart: 1 s"), "calls that are not allowed at all are never apart", "1 s", "take apart or most away"),
    (CONSUMER.replace("most: 0", "most: 2, least: 3"), "no more than 2 calls are allowed, and 3 are to come", "3", "write a lower least or a higher most"),
    (CONSUMER.replace("delay: 2.5 s", "delay: 11 min"), "an answer is held back for 10 min at most", "11 min", "write answer: silence"),
    (CONSUMER.replace("error: APPLICATION_ERROR, ", ""), "this error does not say which", "{kind", "add error: with a word that the contract has for it"),
    (CONSUMER.replace("answer: info", "answer: error"), "this error does not say which", "error", "add error: with a word that the contract has for it"),
    (CONSUMER.replace("answer: info", "answer: {kind: info, sub: PR001}"), "“sub” belongs to kind: error, and this answer is info", "sub", "write kind: error"),
    (CONSUMER.replace("answer: info", "answer: {error: VALIDATION_ERROR}"), "“error” belongs to kind: error, and this answer is ok", "error", "write kind: error"),
    (CONSUMER.replace("answer: info", "answer: {kind: silence, delay: 5 s}"), "“delay” means nothing where the answer is silence", "delay", "take it away"),
    (CONSUMER.replace("answer: info", "answer: {kind: reset, text: No}"), "“text” means nothing where the answer is reset", "text", "take it away"),
    (CONSUMER.replace("answer: info", "answer: platform"), "this platform fault lacks its code", "platform", "add code: VP001 to VP016"),
    (CONSUMER.replace("answer: info", "answer: http"), "this HTTP answer lacks its status", "http", "add code: 403 or 503"),
    (CONSUMER.replace("code: VP009", "code: Server"), "“Server” is no code of a platform fault", "Server", "known here: VP001"),
    (CONSUMER.replace("answer: info", "answer: {kind: fault, code: VP002}"), "“VP002” is no code of a fault", "VP002", "known here: Client, Server"),
    (CONSUMER.replace("answer: info", "answer: {kind: html, code: Server}"), "“code” belongs to kind: fault or platform or http, and this answer is html", "code", "write kind: fault"),
    (case("receive: {}", "producer"), "this case of a producer is never called", "id: one", "role: consumer"),
    (case("send: messages/ask.xml"), "this case of a consumer waits for no call", "id: one", "role: producer"),
    (SCENARIO.partition("steps:")[0] + "steps: [{ask: Is it so?, action: is-so}]\n", "this scenario only asks", "[{ask", "let it send"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "what", "caret", "todo"), MEANING, ids=[f"{one[1]} {one[2]}" for one in MEANING])
def test_meaning(text: str, what: str, caret: str, todo: str) -> None:
    found = mistakes(text)
    assert len(found) == 1, "\n".join(map(str, found))
    (problem,) = found
    assert what in problem.what
    assert problem.source
    assert problem.source.path == "consumer.yaml"
    assert problem.source.text[problem.source.column - 1 :].startswith(caret)
    assert todo in problem.todo


def test_a_question_is_no_step_to_look_back_at() -> None:
    text = case("steps:\n  - {ask: Is it so?, action: is-so}\n  - {receive: {}, expect: [unchanged: 1]}")
    (problem,) = mistakes(text)
    assert (problem.what, problem.todo) == (
        "step 1 is no earlier step with a message",
        "this is the first step with one",
    )


def test_what_a_call_is_captured_from_is_known_in_later_steps_only() -> None:
    text = CONSUMER.replace("- receive: {}", '- receive: {request-id: "${request}"}')
    assert [each.what for each in mistakes(text)] == ["nothing is called “request”"]


def test_the_address_that_a_message_is_sent_to_is_no_name_for_one_received() -> None:
    text = case('receive: {address: "${logical-address}"}')
    assert [each.what for each in mistakes(text)] == ["nothing is called “logical-address”"]


def test_our_own_checks_say_which_messages_they_judge_and_which_words_they_know() -> None:
    kinds = vocabulary()
    assert (kinds["result"].of, kinds["soapaction"].of, kinds["xpath"].of) == ("replies", "calls", "any")
    assert kinds["schema"].parameters[0].words == ("request", "response")
    text = case("receive: {}\nexpect:\n  - schema: {of: reqest}")
    with pytest.raises(UsageError, match="one of request, response is wanted") as raised:
        suite.read(write(Path(), text, "consumer.yaml"), DOMAIN, kinds)
    assert raised.value.todo == "did you mean “request”?"


def test_a_domain_without_facts_knows_calls_by_their_address() -> None:
    path = write(Path(), case("receive: {kind: NR}"), "consumer.yaml")
    with pytest.raises(UsageError, match="unknown fact “kind”") as raised:
        suite.read(path, replace(DOMAIN, facts={}), VOCABULARY)
    assert raised.value.todo == "known here: address"


def test_files_for_an_adapter_become_absolute(tmp_path: Path) -> None:
    Path("letter.pdf").write_bytes(b"%PDF")
    (step,) = (
        read(case("receive: {}\ndo: {sv: a, en: b, action: c, with: {letter: {file: letter.pdf}}}")).cases[0].steps
    )
    assert isinstance(step, Receive)
    assert step.do is not None
    assert step.do.data == {"letter": {"file": str(tmp_path / "letter.pdf")}}


def test_a_producer_may_be_called_and_call() -> None:
    one = read(case("steps:\n  - send: messages/ask.xml\n  - {receive: {kind: BEK}}", "producer")).cases[0]
    assert [type(step) for step in one.steps] == [Send, Receive]


@pytest.mark.parametrize(
    ("role", "steps", "what"),
    [
        ("producer", "[{receive: {}}, {ask: Is it so?, action: is-so}]", "this case of a producer is never called"),
        ("consumer", "[{ask: Is it so?, action: is-so}]", "this case of a consumer waits for no call"),
    ],
)
def test_questions_make_no_case_of_a_part(role: str, steps: str, what: str) -> None:
    assert [each.what for each in mistakes(case(f"steps: {steps}", role))] == [what]
