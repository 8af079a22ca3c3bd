"""What a report costs where a run is large, in time and memory.

The cases are real ones: of a run of a producer as in `bench_case`, whose lines come again under other names. What is rendered or
read is so in a process of its own, so that the memory is that of the command and of nothing else.
"""

import json
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import answering
from benchmarks.bench_case import environment_at, run_words
from benchmarks.figures import tell
from benchmarks.processes import measured, rivta
from rivta import evidence
from rivta.evidence import RunBodies

CASES, SHOWN, LARGE = 100, 1_000, 10_000
ROUNDS = 3
EVIDENCE_BYTES = 460_000_000
_NAMED = re.compile(rb'"body":"([0-9a-f]{64})"')
_READ = "from pathlib import Path; from rivta import evidence; assert not evidence.read(Path({!r})).damage"
_FLOOR = """import json
from hashlib import file_digest
from pathlib import Path
with open({0!r} + "/evidence.jsonl", "rb") as lines:
    for line in lines:
        json.loads(line)
for body in (Path({0!r}) / "messages").iterdir():
    with body.open("rb") as file:
        file_digest(file, "sha256")
"""
"""The floor of all that goes through a run: every line as JSON, every body hashed."""


def many(source: Path, folder: Path, cases: int, more_bytes: int = 0) -> Path:
    """A run of so many cases: those of a real run over and over, each message with a mark of its own and so many bytes more."""
    folder.mkdir()
    bodies, kept = RunBodies(source), RunBodies(folder)
    lines = (source / evidence.FILE).read_bytes().splitlines()
    header, own, footer = json.loads(lines[0]), [each for each in lines if b'"kind":"case"' in each[:20]], lines[-1]
    padding = b"<!--" + b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3" * (more_bytes // 40) + b"-->"
    planned = [header["planned"][number % len(own)] | {"case": str(number)} for number in range(cases)]
    with (folder / evidence.FILE).open("wb") as file:
        file.write(
            json.dumps(header | {"planned": planned}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        )
        for number in range(cases):
            mark = padding + b"<!--%d-->" % number
            line = _NAMED.sub(partial(_kept, bodies, kept, mark), own[number % len(own)])
            file.write(re.sub(rb'"case":"\d+"', b'"case":"%d"' % number, line, count=1) + b"\n")
        file.write(
            json.dumps(json.loads(footer) | {"verdicts": {"PASSED": cases}}, separators=(",", ":")).encode() + b"\n"
        )
    return folder


def _kept(source: RunBodies, kept: RunBodies, mark: bytes, found: "re.Match[bytes]") -> bytes:
    """A message of the run, made another one, and its name in the line."""
    return b'"body":"%b"' % kept.keep(source.read(found[1].decode()) + mark).encode()


def costs(program: str, floor: str) -> Iterator[tuple[float, float, float, float]]:
    """CPU seconds and MB of a program and of its floor, a round each."""
    for _ in range(ROUNDS):
        own, least = measured(program), measured(floor)
        yield own.cpu, own.memory_kb / 1000, least.cpu, least.memory_kb / 1000


def told(key: str, program: str, floor: str) -> None:
    """Both figures of a program, beside those of its floor."""
    cpu, memory, least_cpu, least_memory = zip(*costs(program, floor), strict=True)
    tell(key, cpu, least_cpu)
    tell(f"{key}-memory", memory, least_memory)


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as place, answering.system() as url:
        folder = Path(place)
        environment_at(url, folder)
        rivta(run_words(folder, CASES))
        real = folder / f"report-{CASES}"
        run = many(real, folder / "large", LARGE)
        rendering = f"from rivta.cli import main; main(['report', {str(run)!r}, '-o', {os.devnull!r}])"
        told("rendering", rendering, _FLOOR.format(str(run)))
        run = many(real, folder / "heavy", SHOWN, EVIDENCE_BYTES // (2 * SHOWN))
        told("evidence", _READ.format(str(run)), _FLOOR.format(str(run)))


if __name__ == "__main__":
    main()
