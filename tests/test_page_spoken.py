"""Checks in words: nobody who tests by hand is shown XPath but behind a fold, whatever a shipped suite says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest

from page_world import shipped
from report_sample import results
from rivta.check import vocabulary
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import AnswerKind, Handshake
from rivta.model.words import Lang, Text, Verdict
from rivta.page import messages, told
from rivta.page.messages import Messages
from rivta.report.voice import Voice
from rivta.run.handshaking import KIND
from rivta.text.catalogue import words

SV, EN = Voice("sv", "page"), Voice("en", "page")
LOOKS_LIKE_XPATH = re.compile(r"(?<!:)//|::|\w\(\)|local-name|@\w|\b[a-z]\w*:[A-Za-z]")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("//c:request/c:reasonForVersion/c:typeOfReason/@code", "typeOfReason code"),
        ("string(//c:requestId/@extension)", "requestId extension"),
        (
            "//c:requestId[@extension='12' or @extension='x/y']",
            "requestId where extension = 12 or where extension = x/y",
        ),
        (
            "//*[local-name()='result'][c:resultCode='ERROR'][not(c:errorCode)]",
            "result where resultCode = ERROR without errorCode",
        ),
        ("//c:request/c:attachment//*[local-name()='Include']", "attachment Include"),
        ("//c:number[not(starts-with(., '+'))]", "number that meets a condition"),
        ("(//o:careService[c:location/c:county])[1]", "careService that meets a condition"),
        ("//a:one/text() | //b:two", "one or two"),
        ("//*", "…"),
    ],
)
def test_what_an_xpath_looks_for_is_said_by_name(path: str, words: str) -> None:
    assert messages.path_in_words(path, EN) == words


def test_of_a_text_the_paths_are_put_into_words_and_nothing_else() -> None:
    said = "//c:a/@code: = “NR”, https://host.example/A/2 application/pdf //c:b[c:x='//y'] gave nothing."
    assert (
        messages.in_words(said, EN)
        == "a code: = “NR”, https://host.example/A/2 application/pdf b where x = //y gave nothing."
    )
    assert messages.paths_in(said) == ["//c:a/@code", "//c:b[c:x='//y']"]
    assert messages.in_words("//c:version.", EN) == "version."


@pytest.mark.parametrize("voice", [SV, EN])
def test_no_step_of_a_shipped_suite_shows_xpath(voice: Voice) -> None:
    shown = {
        value
        for each in shipped().playables.values()
        for step in each.case.steps
        for _, value in told.step_in_words(step, each.suite, voice)["expected"]
    }
    assert len(shown) > 100
    assert [each for each in shown if LOOKS_LIKE_XPATH.search(each.replace("…", ""))] == []


@pytest.mark.parametrize("voice", [SV, EN])
def test_every_kind_of_check_has_a_name(voice: Voice) -> None:
    kinds = [*vocabulary(), "twin", "for-each", "call", "act", "reply", "capture", "manual", "resends"]
    assert [kind for kind in kinds if voice.check(kind) == kind and kind != "soapaction"] == []


def test_what_a_check_expected_is_in_words_and_its_xpath_behind_a_fold() -> None:
    finding = Finding(Text.same("//c:a/@code did not give what was expected."), expected="= “NR”", actual="AR")
    check = CheckResult("xpath", Verdict.FAILED, (), "//c:a/@code: = “NR”", "AR", (finding,))
    rule = replace(finding, expected="count(c:a) = 1", location="/c:b")
    messages = Messages(EN, str, next(iter(shipped().domains)))
    (shown,) = messages.checks([check], results()[0].exchanges)
    assert (shown["expected"], shown["spelt"]) == ("a code: = “NR”", ["//c:a/@code"])
    assert shown["findings"][0]["message"] == "a code did not give what was expected."
    (shown,) = messages.checks([replace(check, kind="rules", expected="", findings=(rule,))], ())
    assert (shown["findings"][0]["expected"], shown["findings"][0]["test"]) == ("", "count(c:a) = 1")


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        (EN, "The connection is to be refused: a certificate that is not valid yet, TLS 1.2"),
        (SV, "Förbindelsen ska avvisas: ett certifikat som inte gäller än, TLS 1.2"),
    ],
)
def test_what_was_expected_of_a_connection_is_a_sentence(voice: Voice, said: str) -> None:
    spelt = "refused, not-yet-valid, TLS 1.2"
    check = CheckResult(KIND, Verdict.FAILED, (), spelt, "TLS", (Finding(Text.same("It came about."), expected=spelt),))
    (shown,) = Messages(voice, str, next(iter(shipped().domains))).checks([check], ())
    assert (shown["expected"], shown["findings"][0]["expected"]) == (said, said)


@pytest.mark.parametrize("voice", [SV, EN])
def test_all_that_may_be_wanted_of_a_connection_has_words(voice: Voice) -> None:
    hints = get_type_hints(Handshake)
    wanted = [f"shows_{each}" for each in get_args(hints["shows"]) if each]
    wanted += [f"outcome_{each}" for each in get_args(hints["outcome"])]
    assert [each for each in wanted if each not in voice.words] == []


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_each_way_to_answer_has_a_name(lang: Lang) -> None:
    named = words("page", lang)
    assert [each for each in get_args(AnswerKind) if f"behaviour_{each.replace('-', '_')}" not in named] == []
