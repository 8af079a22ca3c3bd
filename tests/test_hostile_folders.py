"""A run's folder from a stranger: whatever stands in its files, every command ends with a sentence.

Mutations are seeded, so that what fails once fails again: `mutated(folder, seed)` is a folder, and `COMMANDS` what is tried on it.
`make attack` plays many more of them than the test does.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import tiny_world
from rivta.cli.run import play

SEEDS = 60
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
    yield ["verify", str(run), "--again", *suites]
    for form in ("html", "json", "csv", "sarif", "badge"):
        yield ["report", str(run), "--format", form, "-o", str(run / f"declaration.{form}"), *suites]
    yield ["report", str(run), "--mask", "all", "-o", str(run / "declaration.html"), *suites]
    yield ["diff", str(run), str(other)]
    yield ["diff", str(other), str(run), "--json"]
    yield ["export", str(run), "-o", str(run.parent / "run.zip"), "--with-originals"]
    yield ["export", str(run), "-o", str(run.parent / "run.zip"), "--without-messages"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every case of the tiny domain over real sockets, with answers and a known deviation beside it."""
    folder = tmp_path_factory.mktemp("hostile")
    with tiny_world.system() as server:
        tiny_world.environment_at(server.url, folder / "environment.yaml")
        options = (
            "--rivta-env",
            folder / "environment.yaml",
            "--rivta-report",
            folder / "run",
            "-p",
            "no:cacheprovider",
            "-q",
        )
        assert play([str(word) for word in (tiny_world.SUITES, tiny_world.SCENARIOS, *options)]) == 0
    shutil.copyfile(tiny_world.HERE / "answers.yaml", folder / "run" / "answers.yaml")
    (folder / "run" / "deviations.yaml").write_text("deviations: []\n", encoding="utf-8")
    return folder / "run"
