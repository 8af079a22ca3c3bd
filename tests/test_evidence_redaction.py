"""What must not be read in evidence: strangers' identities and secrets. Verdicts and test persons stay."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from rivta import evidence
from rivta.model.exchange import Exchange, Message, Problem, Tls
from rivta.model.run import CheckResult, Finding, Run
from rivta.model.words import Blame, Text, Verdict
from test_evidence import HEADER, a_result, a_stray, written

TEST_PERSON = "191212121212"
TOKEN = re.compile(r"person-[0-9a-f]{8}")


def stranger(day: date = date(1901, 2, 3)) -> str:
    """A number of the right form, made up here: births of one day are never numbered from 000."""
    nine = f"{day:%y%m%d}000"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(nine)]
    return f"{day:%Y%m%d}000{-sum(number // 10 + number % 10 for number in doubled) % 10}"


def dashed(number: str) -> str:
    return f"{number[:8]}-{number[8:]}"


SECRET = "hemlig & <lång>"  # noqa: S105 - made up here


def everywhere(word: str) -> evidence.Line:
    """A case that says a word in every place where someone can say something."""
    said = f"… {word} …"
    text = Text(f"sv {word}", f"en {word}")
    found = Finding(text, location=f"//id[.='{word}']", expected=said, actual=said, rule="R1")
    check = CheckResult(
        "result",
        Verdict.FAILED,
        ("BR-1",),
        said,
        said,
        (found,),
        note=text,
        source=replace(a_result().source, text=said),
    )
    exchange = replace(
        a_result().exchanges[0],
        url=f"http://127.0.0.1/?id={word}",
        request=Message((("X-Id", said),), b"<q/>"),
        response=Message((("X-Reply", said),), b"<r/>"),
        tls=Tls("TLSv1.3", "AES", said, said, "2031-01-01", True),
        problem=Problem("reset", text, Blame.SYSTEM),
    )
    result = replace(
        a_result(), verdict=Verdict.FAILED, title=text, checks=(check,), exchanges=(exchange,), reason=text
    )
    return evidence.line_of(result, lambda _: "0" * 64)


def appended(folder: Path, line: evidence.Line, *secrets: str, test_identities: tuple[str, ...] = ()) -> str:
    with evidence.EvidenceWriter(folder, secrets=secrets) as writer:
        writer.header(replace(HEADER, test_identities=test_identities))
        writer.append(line)
    return (folder / evidence.FILE).read_text(encoding="utf-8").splitlines()[1]


@pytest.mark.parametrize("form", [str, dashed])
def test_a_stranger_is_masked_in_every_text_of_a_line(tmp_path: Path, form: type[str]) -> None:
    line = appended(tmp_path, everywhere(form(stranger())))
    assert form(stranger()) not in line
    assert len(set(TOKEN.findall(line))) == 1
    assert json.loads(line)["masked"] == [*set(TOKEN.findall(line))]
    said = json.dumps(everywhere(stranger()), ensure_ascii=False).count(stranger())
    assert len(TOKEN.findall(line)) == said + 1


def test_test_persons_stay_in_clear(tmp_path: Path) -> None:
    line = appended(tmp_path, everywhere(TEST_PERSON), test_identities=(stranger(),))
    assert json.loads(line) == everywhere(TEST_PERSON)
    other = appended(tmp_path / "other", everywhere(stranger()), test_identities=(dashed(stranger()),))
    assert json.loads(other) == everywhere(stranger())


def test_verdicts_are_never_changed_whatever_a_secret_is(tmp_path: Path) -> None:
    words = [*(verdict.name for verdict in Verdict), "case", "response", "system", "BR-1", "ProcessRequest", "0" * 64]
    appended(tmp_path, everywhere("x"), *words)
    run = evidence.read(tmp_path)
    result = run.results[0]
    assert (result.verdict, result.checks[0].verdict, result.checks[0].verifies) == (
        Verdict.FAILED,
        Verdict.FAILED,
        ("BR-1",),
    )
    assert all("line 2: messages" in told for told in run.damage)


@given(run=strategies.runs(), secret=st.text(min_size=1, max_size=3))
def test_no_secret_changes_a_verdict(tmp_path_factory: pytest.TempPathFactory, run: Run, secret: str) -> None:
    folder = tmp_path_factory.mktemp("run")
    with evidence.EvidenceWriter(folder, secrets=(secret,)) as writer:
        writer.header(run.header)
        for result in run.results:
            writer.write(result)
    read = evidence.read(folder)
    assert read.damage == ()
    assert [result.verdict for result in read.results] == [result.verdict for result in run.results]
    assert [[check.verdict for check in result.checks] for result in read.results] == [
        [check.verdict for check in result.checks] for result in run.results
    ]


@pytest.mark.parametrize(
    "spelt", [SECRET, "hemlig &amp; &lt;lång&gt;", "hemlig%20%26%20%3Cl%C3%A5ng%3E"], ids=["plain", "XML", "URL"]
)
def test_a_secret_is_taken_out_of_every_text_of_a_line(tmp_path: Path, spelt: str) -> None:
    line = appended(tmp_path, everywhere(spelt), SECRET)
    assert spelt not in json.dumps(json.loads(line), ensure_ascii=False)
    said = json.dumps(everywhere("§"), ensure_ascii=False).count("§")
    assert line.count(evidence.SECRET) == said


def test_of_two_secrets_the_longer_goes_whole_and_an_empty_one_is_none(tmp_path: Path) -> None:
    line = appended(tmp_path, everywhere("hemligt"), "hem", "", "hemligt")
    assert "ligt" not in line
    assert evidence.SECRET * 2 not in line


def test_a_secret_in_the_environment_goes_whatever_it_is_called(tmp_path: Path) -> None:
    with evidence.EvidenceWriter(tmp_path, secrets=("hemligt",)) as writer:
        writer.header(replace(HEADER, environment={"path": "hemligt", "kind": "hemligt"}))
    assert "hemligt" not in (tmp_path / evidence.FILE).read_text(encoding="utf-8")
    assert evidence.read(tmp_path).header.environment == {"path": evidence.SECRET, "kind": evidence.SECRET}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_a_secret_is_taken_out_of_a_body_before_it_is_stored(tmp_path: Path, encoding: str) -> None:
    body = "<svar>å lösen å</svar>".encode(encoding)
    bodies = evidence.RunBodies(tmp_path, ("lösen",))
    kept = bodies.read(bodies.keep(body))
    assert "lösen".encode(encoding) not in kept
    shown = "&#8249;secret&#8250;" if encoding == "latin-1" else evidence.SECRET
    assert kept.decode(encoding) == f"<svar>å {shown} å</svar>"


def test_a_body_without_secrets_is_stored_byte_by_byte(tmp_path: Path) -> None:
    for body in (b"", b"\xff\xfe\x00", b"\xff\xfe<\0\xd8", b"\x00<\x80", b"caf\xe9 \x00\x81", bytes(range(256))):
        bodies = evidence.RunBodies(tmp_path, ("lösen",))
        assert bodies.read(bodies.keep(body)) == body


# Masked for a report


def run_of(body: bytes, *, test_identities: tuple[str, ...] = ()) -> Run:
    return Run(Path(), replace(HEADER, test_identities=test_identities), (a_result(body=body),), None)


def response(run: Run) -> bytes:
    exchange: Exchange = run.results[0].exchanges[0]
    assert exchange.response
    return exchange.response.body


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
@pytest.mark.parametrize("form", [str, dashed])
def test_a_body_is_masked_in_the_encoding_it_came_in(encoding: str, form: type[str]) -> None:
    body = f"<id å='ö'>{form(stranger())}</id>".encode(encoding)
    run = evidence.masked(run_of(body))
    assert len(run.masked) == 1
    assert response(run).decode(encoding) == f"<id å='ö'>{run.masked[0]}</id>"


def test_a_body_that_lies_about_its_encoding_is_masked_all_the_same() -> None:
    for start in (b"<?xml version='1.0' encoding='UTF-16'?>", b"<?xml version='1.0' encoding='nonsense'?>\xff"):
        assert stranger().encode() not in response(evidence.masked(run_of(start + b"<id>" + stranger().encode())))
    torn = f"<id>{stranger()}</id>".encode("utf-16-le") + b"\0"
    assert stranger().encode("utf-16-le") not in response(evidence.masked(run_of(torn)))


def test_test_persons_stay_in_clear_in_a_body() -> None:
    body = f"<id>{TEST_PERSON}</id><id>{stranger()}</id>".encode()
    run = evidence.masked(run_of(body, test_identities=(stranger(),)))
    assert (response(run), run.masked) == (body, ())


def test_the_same_person_has_the_same_token_everywhere(tmp_path: Path) -> None:
    result = replace(a_result(body=f"<id>{dashed(stranger())}</id>".encode()), reason=Text.same(f"saw {stranger()}"))
    other = f"<id>{stranger(date(1902, 3, 4))}</id>".encode()
    written(tmp_path, result, a_result("1.2", other))
    read = evidence.read(tmp_path)
    assert len(read.masked) == 1, "the lines name one, the bodies are as they were"
    assert response(read) == f"<id>{dashed(stranger())}</id>".encode()
    run = evidence.masked(read)
    assert len(run.masked) == 2
    assert run.results[0].reason == Text.same(f"saw {read.masked[0]}")
    assert response(run) == f"<id>{read.masked[0]}</id>".encode()


def test_a_call_that_no_case_asked_for_is_masked_too(tmp_path: Path) -> None:
    body = f"<q>{stranger()}</q>".encode()
    stray = replace(a_stray(body), address=stranger(), reason=Text.same(stranger()))
    with evidence.EvidenceWriter(tmp_path) as writer:
        writer.header(HEADER)
        writer.write(stray)
    line = (tmp_path / evidence.FILE).read_text(encoding="utf-8").splitlines()[1]
    assert stranger() not in line
    run = evidence.read(tmp_path)
    assert run.strays[0].exchange.request.body == body, "the body is the evidence, and is masked when it is shown"
    shown = evidence.masked(run)
    assert stranger().encode() not in shown.strays[0].exchange.request.body
    assert shown.masked == run.masked != ()


def test_who_was_masked_when_the_line_was_written_is_not_forgotten(tmp_path: Path) -> None:
    written(tmp_path, replace(a_result(), reason=Text.same(stranger())))
    assert len(evidence.masked(evidence.read(tmp_path)).masked) == 1


def test_a_masked_run_has_no_key_and_is_masked_once() -> None:
    run = evidence.masked(run_of(f"<id>{stranger()}</id>".encode()))
    assert run.header.mask_key == ""
    assert evidence.masked(run) == run


@given(strategies.runs())
def test_masking_changes_nothing_in_a_run_without_strangers(run: Run) -> None:
    assert evidence.masked(run) == replace(run, header=replace(run.header, mask_key=""))


@given(st.lists(st.integers(0, 40_000), max_size=6), st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_no_stranger_is_left_and_each_is_counted_once(days: list[int], encoding: str) -> None:
    numbers = [stranger(date(1901, 1, 1) + timedelta(days=day)) for day in days]
    run = evidence.masked(run_of("".join(f"<id>{number}</id>" for number in numbers).encode(encoding)))
    assert len(run.masked) == len(set(numbers))
    assert not any(number in response(run).decode(encoding) for number in numbers)


def test_ten_megabytes_are_masked() -> None:
    body = b"<bilaga>" + b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3ODkw" * 230_000 + b"</bilaga>" + stranger().encode()
    run = evidence.masked(run_of(body))
    assert len(run.masked) == 1
