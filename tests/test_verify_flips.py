"""Five hundred random flips over the demo's real run, its report and its zip: every one must be found."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

import pytest

from rivta.evidence import seal
from rivta.evidence.seal import Files, Verification, verify_report, verify_run
from rivta.report import archive
from sealed_run import sealed_report

FLIPS = {"evidence": 140, "messages": 100, "manifest": 100, "report": 20, "report alone": 90, "zip": 50}
SEED = 4
REPORT = "declaration.html"


@dataclass(frozen=True)
class Demo:
    """The demo's run in memory, and its zip."""

    files: Mapping[str, bytes]
    zip: bytes


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The whole demo, three contracts over real sockets, sealed as the doors seal it."""
    folder = tmp_path_factory.mktemp("demo") / "run"
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    words = [
        sys.executable,
        "-c",
        "import rivta.cli; raise SystemExit(rivta.cli.main())",
        "demo",
        "--report",
        str(folder),
    ]
    subprocess.run(words, check=True, capture_output=True, env=alone)
    (folder / "environment.yaml").unlink()  # not evidence: no seal speaks for it
    seal.write(folder)
    (folder / REPORT).write_bytes(sealed_report(folder))
    place = seal.run_folder(folder)
    return Demo({name: place.read(name) for name in place.names()}, archive.pack(folder))


def flipped(data: bytes, random: Random) -> tuple[bytes, str]:
    """The same bytes but for one, in one bit or in several."""
    at = random.randrange(len(data))
    change = 1 << random.randrange(8) if random.random() < 0.7 else random.randrange(1, 256)
    return data[:at] + bytes([data[at] ^ change]) + data[at + 1 :], f"byte {at} of {len(data)}, by {change:#04x}"


def in_the_run(name: str, demo: Demo, random: Random) -> tuple[Verification, str]:
    """The report stays away where it is not what is flipped: it would be read again and again."""
    changed, where = flipped(demo.files[name], random)
    others = {each: data for each, data in demo.files.items() if each != REPORT}
    return verify_run(Files({**others, name: changed})), f"{name}: {where}"


def in_a_message(demo: Demo, random: Random) -> tuple[Verification, str]:
    names = [name for name in demo.files if name.startswith("messages/")]
    return in_the_run(random.choice(names), demo, random)


def in_the_report(demo: Demo, random: Random) -> tuple[Verification, str]:
    changed, where = flipped(demo.files[REPORT], random)
    return verify_report(REPORT, changed), where


def in_the_zip(demo: Demo, random: Random) -> tuple[Verification, str]:
    """A quarter of the flips hit the directory at the end, which is small and where a format is most forgiving."""
    if random.random() < 0.75:
        changed, where = flipped(demo.zip, random)
        return archive.verify(changed), where
    start = demo.zip.index(b"PK\1\2")
    changed, where = flipped(demo.zip[start:], random)
    return archive.verify(demo.zip[:start] + changed), f"{where} of the directory"


FLIP: Mapping[str, Callable[[Demo, Random], tuple[Verification, str]]] = {
    "evidence": partial(in_the_run, "evidence.jsonl"),
    "messages": in_a_message,
    "manifest": partial(in_the_run, "manifest.json"),
    "report": partial(in_the_run, REPORT),
    "report alone": in_the_report,
    "zip": in_the_zip,
}


def test_the_demo_holds_before_it_is_touched(demo: Demo) -> None:
    assert verify_run(Files(demo.files)).outcome == "holds"
    assert verify_report(REPORT, demo.files[REPORT]).outcome == "holds"
    assert archive.verify(demo.zip).outcome == "holds"
    assert len([name for name in demo.files if name.startswith("messages/")]) > 300


def test_five_hundred_flips_are_made() -> None:
    assert sum(FLIPS.values()) == 500


@pytest.mark.parametrize("where", FLIPS)
def test_every_flip_is_found(where: str, demo: Demo) -> None:
    random = Random(f"{SEED} {where}")  # noqa: S311 - the same flips every time
    missed = []
    for _ in range(FLIPS[where]):
        found, place = FLIP[where](demo, random)
        if found.outcome == "holds":
            missed.append(place)
    assert missed == []


def test_a_flip_in_the_evidence_is_found_in_its_line(demo: Demo) -> None:
    random = Random(SEED)  # noqa: S311 - the same flips every time
    raw = demo.files["evidence.jsonl"]
    for _ in range(20):
        at = random.randrange(len(raw))
        number = raw[:at].count(b"\n") + 1
        changed = raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :]
        found = verify_run(Files({**demo.files, "evidence.jsonl": changed}))
        assert [each.values["number"] for each in found.statements if each.key.startswith("line-")] == [number]
