"""A run's folder from a stranger: whatever stands in its files, every command ends with a sentence.

Mutations are seeded, so that what fails once fails again: `mutated(folder, seed)` is a folder, and `COMMANDS` what is tried on it.
A few seeds are played each time; more are played by hand.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

import tiny_world
from bodies_kept import apart
from rivta import cli, environment, evidence
from rivta.cli.run import play as run_pytest
from rivta.evidence.seal import Statement
from rivta.model.exchange import Exchange
from rivta.model.run import CaseResult, CheckResult, Run
from rivta.model.words import Text, Verdict
from rivta.run.conductor import UNPLAYED
from rivta.run.recheck import Recheck
from rivta.text import files

SEEDS = 12
STRANGE: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**400, 2**63, 0.5, 1e308, float("nan"), float("inf"), "", "x", "\0", "\ud800", "a" * 10_000),
    *(
        [],
        [[]],
        {},
        {"": None},
        "9999-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00+14:00",
        "2026-11-29",
        "../../etc/passwd",
    ),
    *(
        "${env:HOME}",
        "<b>&amp;",
        "FAILED",
        "header",
        "0" * 64,
        "%s{0}{{",
        "\u202e\u200b",
        "urn:x'\"]",
        "-0",
        "1.2/",
        "…//",
    ),
)
"""Values in place of others: of another type, too large, empty, endless, or with a meaning elsewhere."""


def places(value: object, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within a value."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*way, key))


def edited(line: bytes, random: Random) -> bytes:
    """A line with one value of it gone, twice there, another, or called otherwise."""
    value = json.loads(line)
    way = random.choice([*places(value)][1:] or [()])
    if not way:
        return line
    holder = value
    for key in way[:-1]:
        holder = holder[key]
    match random.randrange(4):
        case 0:
            del holder[way[-1]]
        case 1 if isinstance(holder, dict):
            holder[str(random.choice(STRANGE))] = holder.pop(way[-1])
        case 1:
            holder.append(holder[way[-1]])
        case _:
            holder[way[-1]] = random.choice(STRANGE)
    return json.dumps(value).encode() + b"\n"


def spoilt(raw: bytes, random: Random) -> bytes:
    """Bytes that are no longer what they were: flipped, cut, doubled or replaced."""
    at = random.randrange(len(raw) + 1)
    match random.randrange(5):
        case 0:
            return raw[:at]
        case 1:
            return raw[:at] + bytes([random.randrange(256)]) + raw[at + 1 :]
        case 2:
            return raw[:at] + random.randbytes(20) + raw[at:]
        case 3:
            return raw * 2
        case _:
            return random.choice(
                (b"", b"\0" * 1000, b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"<!DOCTYPE a>", b"- *a\n")
            )


def lines_edited(raw: bytes, random: Random) -> bytes:
    lines = raw.splitlines(keepends=True)
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(lines))
        match random.randrange(6):
            case 0:
                lines.pop(at)
            case 1:
                lines.insert(random.randrange(len(lines)), lines[at])
            case _:
                lines[at] = edited(lines[at], random)
        lines = lines or [b"{}\n"]
    return b"".join(lines)


def mutated(folder: Path, seed: int) -> str:
    """Change a run's folder in one file, and say which."""
    random = Random(seed)  # noqa: S311 - to be the same again
    messages = sorted(each.relative_to(folder).as_posix() for each in (folder / "messages").iterdir())
    name = random.choice(
        (
            "evidence.jsonl",
            "evidence.jsonl",
            "evidence.jsonl",
            "received.jsonl",
            "manifest.json",
            *("answers.yaml", "deviations.yaml"),
            messages[0],
        )
    )
    raw = (folder / name).read_bytes()
    change = lines_edited if name.endswith(".jsonl") and random.random() < 0.8 else spoilt
    (folder / name).write_bytes(change(raw, random))
    if random.random() < 0.8 and name != "manifest.json":
        (folder / "manifest.json").unlink()
    return name


def commands(run: Path, other: Path) -> Iterator[list[str]]:
    """What a person does with a run that somebody sent, but for what takes a browser or long."""
    suites = ["--suites", str(tiny_world.SUITES)]
    yield ["verify", str(run), "--json", *suites]
    yield ["verify", str(run), "--again", *suites, "--scenarios", str(tiny_world.SCENARIOS)]
    for form in ("html", "json", "csv", "sarif", "badge"):
        yield ["report", str(run), "--format", form, "-o", str(run / f"declaration.{form}"), *suites]
    yield ["report", str(run), "--mask", "all", "-o", str(run / "declaration.html"), *suites]
    yield ["diff", str(run), str(other)]
    yield ["diff", str(other), str(run), "--json"]
    yield ["export", str(run), "-o", str(run.parent / "run.zip"), "--with-originals"]
    yield ["export", str(run), "-o", str(run.parent / "run.zip"), "--without-messages"]
    yield ["show", "RegisterLoan@2/1.1", "--run", str(run)]
    yield ["show", "GetLoans/1.1", "--run", str(run), "--raw"]
    yield ["show", "RegisterLoan@2/1.1", "--run", str(run), "--curl"]
    yield ["show", "RegisterLoan@2/1.1", "--run", str(run), "--only", "response"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every case of the tiny domain over real sockets, with answers and a known deviation beside it."""
    return kept(tiny_world.recorded(tmp_path_factory.mktemp("hostile")))


def kept(run: Path) -> Path:
    """The run, with what people write beside it."""
    shutil.copyfile(tiny_world.HERE / "answers.yaml", run / "answers.yaml")
    (run / "deviations.yaml").write_text("deviations: []\n", encoding="utf-8")
    return run


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_is_changed_every_command_ends_with_a_sentence(
    seed: int, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(recorded, tmp_path / "run")
    name = mutated(tmp_path / "run", seed)
    random = Random(seed)  # noqa: S311 - to be the same again
    words = random.choice([*commands(tmp_path / "run", recorded)])
    code = cli.main(words)
    told = capsys.readouterr()
    assert code in (0, 1, 2, 4), name
    assert told.out or told.err
    assert "Traceback" not in told.err


def pipe(run: Path, name: str) -> None:
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)


def linked_manifest(run: Path) -> None:
    (run / "manifest.json").rename(run.parent / "manifest.json")
    (run / "manifest.json").symlink_to(run.parent / "manifest.json")


STRANGERS: dict[str, Callable[[Path], object]] = {
    "a pipe for evidence": lambda run: pipe(run, "evidence.jsonl"),
    "a pipe beside it": lambda run: pipe(run, "declaration.txt"),
    "a pipe for answers": lambda run: pipe(run, "answers.yaml"),
    "a link without end": lambda run: (run / "messages" / "more.xml").symlink_to("/dev/zero"),
    "a link to a file elsewhere": lambda run: (run / "declaration.txt").symlink_to("/etc/hostname"),
    "a link to a folder elsewhere": lambda run: (run / "messages2").symlink_to("/etc"),
    "a manifest that is a link": linked_manifest,
    "evidence without end": lambda run: os.truncate(run / "evidence.jsonl", files.MOST_IN_ONE + 1),
    "a message without end": lambda run: os.truncate(next((apart(run)).iterdir()), files.MOST_IN_ONE + 1),
}  # fmt: skip


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_folder_with_what_is_no_file_of_a_run_is_refused(
    kind: str, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(recorded, tmp_path / "run")
    STRANGERS[kind](tmp_path / "run")
    for words in commands(tmp_path / "run", recorded):
        assert cli.main(words) in (2, 4)
        told = capsys.readouterr()
        assert str(tmp_path / "run") in told.out + told.err


# Somebody changes a run and makes a new seal, and the lines do not contradict one another: only the messages tell

PLAYED = "RegisterLoan.2/producer.yaml"
Tamper = Callable[[CaseResult], CaseResult]


def worse(result: CaseResult) -> CaseResult:
    return replace(result, verdict=Verdict.FAILED)


def each_check(change: Callable[[CheckResult], CheckResult]) -> Tamper:
    return lambda result: replace(result, checks=tuple(change(check) for check in result.checks))


def body(change: Callable[[bytes], bytes]) -> Tamper:
    def changed(exchange: Exchange) -> Exchange:
        answer = exchange.response
        return exchange if answer is None else replace(exchange, response=replace(answer, body=change(answer.body)))

    return lambda result: replace(result, exchanges=tuple(map(changed, result.exchanges)))


TAMPERED: dict[str, tuple[str, Tamper]] = {
    "a case made worse": ("verdict-not-given", worse),
    "a case called blocked": ("verdict-not-given", lambda one: replace(one, verdict=Verdict.BLOCKED)),
    "a case called an error": ("verdict-not-given", lambda one: replace(one, verdict=Verdict.ERROR)),
    "a case called manual": ("verdict-not-given", lambda one: replace(one, verdict=Verdict.MANUAL)),
    "a case that is said not to apply": ("verdict-not-given", lambda one: replace(one, verdict=Verdict.NOT_APPLICABLE)),
    "a case that is said not to be proven": ("verdict-not-given", lambda one: replace(one, verdict=Verdict.NOT_PROVEN)),
    "its checks left out": ("checks-not-given", lambda one: replace(one, checks=())),
    "a check left out": ("checks-not-given", lambda one: replace(one, checks=one.checks[1:])),
    "a check that comes twice": ("checks-not-given", lambda one: replace(one, checks=(*one.checks, one.checks[0]))),
    "checks in another order": ("checks-not-given", lambda one: replace(one, checks=one.checks[::-1])),
    "a check made worse": ("checks-not-given", each_check(lambda check: replace(check, verdict=Verdict.FAILED))),
    "a check called another": ("checks-not-given", each_check(lambda check: replace(check, kind="soap"))),
    "a check that proves more": ("checks-not-given", each_check(lambda check: replace(check, verifies=("R2-F-notes", "GEN-X")))),
    "a check that proves nothing": ("checks-not-given", each_check(lambda check: replace(check, verifies=("",)))),
    "a case that proves more": ("case-otherwise", lambda one: replace(one, verifies=(*one.verifies, "R2-F-branch"))),
    "a case that proves less": ("case-otherwise", lambda one: replace(one, verifies=one.verifies[1:])),
    "a case with another title": ("case-otherwise", lambda one: replace(one, title=Text("Allt", "Everything"))),
    "a case that the suite has not": ("case-unknown", lambda one: replace(one, case="9.9")),
    "a case as another": ("verdict-not-given", lambda one: replace(one, case="2.1")),
    "an answer that is an error": ("verdict-not-given", body(lambda answer: answer.replace(b">OK<", b">ERROR<"))),
    "an answer that is no XML": ("verdict-not-given", body(lambda answer: answer[:-9])),
    "an answer that is empty": ("verdict-not-given", body(lambda _: b"")),
    "an answer of another namespace": ("verdict-not-given", body(lambda answer: answer.replace(b"loan:2", b"loan:3"))),
    "an answer with an element more": ("verdict-not-given", body(lambda answer: answer.replace(b"</", b"<x/></", 1))),
    "an answer of another status": ("verdict-not-given", lambda one: replace(one, exchanges=tuple(replace(each, status=500) for each in one.exchanges))),
    "an answer that came late": ("verdict-not-given", lambda one: replace(one, exchanges=tuple(replace(each, elapsed_ms=9e7) for each in one.exchanges))),
    "no answer": ("verdict-not-given", lambda one: replace(one, exchanges=tuple(replace(each, response=None, status=None) for each in one.exchanges))),
    "no exchanges": ("verdict-not-given", lambda one: replace(one, exchanges=())),
}  # fmt: skip
"""What is done to the first case of a suite, that passed, and what is then said of it."""


@pytest.fixture(scope="module")
def played(recorded: Path) -> Run:
    """The run, but of one suite."""
    run = evidence.read(recorded)
    return replace(run, results=tuple(each for each in run.results if each.suite.endswith(PLAYED)), strays=())


def rechecked(run: Run, recorded: Path) -> list[Statement]:
    settings = environment.read(recorded.parent / "environment.yaml")
    return [*Recheck(run, tiny_world.SUITES, tiny_world.SCENARIOS, settings).statements()]


def test_the_messages_of_a_run_give_every_verdict_again(played: Run, recorded: Path) -> None:
    (told,) = rechecked(played, recorded)
    assert (told.key, told.values) == ("verdicts-given", {"count": len(played.results)})


@pytest.mark.parametrize("kind", TAMPERED)
def test_the_messages_tell_what_was_written_by_somebody_else(kind: str, played: Run, recorded: Path) -> None:
    key, tamper = TAMPERED[kind]
    first, *others = played.results
    told = rechecked(replace(played, results=(tamper(first), *others)), recorded)
    assert key in {each.key for each in told if each.state == "changed"}


def test_a_case_that_is_left_out_is_missed(played: Run, recorded: Path) -> None:
    assert "case-missing" in {each.key for each in rechecked(replace(played, results=played.results[1:]), recorded)}


def test_a_run_of_an_older_program_that_tells_of_no_step_left_is_not_accused(tmp_path: Path) -> None:
    with tiny_world.system("sends-wrong-title") as server:
        tiny_world.environment_at(server.url, tmp_path / "environment.yaml")
        words = (tiny_world.SCENARIOS, "--rivta-env", tmp_path / "environment.yaml", "--rivta-report", tmp_path / "run")
        assert run_pytest([*map(str, words), "-p", "no:cacheprovider", "-q"]) == 1
    run = evidence.read(tmp_path / "run")
    (left,) = [each for each in run.results if any(check.kind == UNPLAYED for check in each.checks)]

    def without(one: CaseResult) -> CaseResult:
        return replace(one, checks=tuple(check for check in one.checks if check.kind != UNPLAYED))

    def told(*results: CaseResult) -> dict[str, str]:
        return {each.key: each.state for each in rechecked(replace(run, results=results), tmp_path / "run")}

    others = [each for each in run.results if each is not left]
    assert set(told(left, *others)) == {"verdicts-given"}
    assert told(without(left), *others) == {"unplayed-untold": "note", "verdicts-given": "holds"}
    assert told(without(left), left, *others)["checks-not-given"] == "changed", "a run that tells of one tells of all"


def test_without_the_environment_it_is_said_which_verdicts_were_not_tried(played: Run) -> None:
    told = {each.key: each for each in Recheck(played, tiny_world.SUITES, tiny_world.SCENARIOS).statements()}
    assert told["verdicts-untried"].state == "absent"
    assert "RegisterLoan@2/1.4" in str(told["verdicts-untried"].values["names"])
