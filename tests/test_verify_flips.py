"""Five hundred random flips over a real run of the tiny domain, its report and its zip: every one must be found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory

import pytest

import tiny_world
from rivta import cli, evidence
from rivta.declaration import dossier
from rivta.evidence import seal
from rivta.evidence.seal import SealedFiles, Verification, verify_report, verify_run
from rivta.model.run import Papers
from rivta.report import archive, formats
from rivta.report.html import render as html_of
from sealed_run import sealed_report
from thorough import tried

FLIPS = {"evidence": 140, "messages": 100, "bodies": 100, "manifest": 100, "report": 20, "report alone": 90, "zip": 50}
"""How many where it is to be thorough; else a fifth of them, which are the first of the same ones."""
SEED = 4
REPORT = "declaration.html"


@dataclass(frozen=True)
class Recorded:
    """A run in memory, and its zip."""

    files: Mapping[str, bytes]
    zip: bytes
    bodies: Path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Every case of the tiny domain over real sockets, sealed as a run seals it: small, since every flip reads all of it."""
    run = tiny_world.recorded(tmp_path_factory.mktemp("flips"))
    (run / REPORT).write_bytes(sealed_report(run))
    place = seal.run_folder(run)
    [bodies] = (run / "messages").iterdir()
    return Recorded({name: place.read(name) for name in place.names()}, archive.pack(run), bodies)


def flipped(data: bytes, random: Random) -> tuple[bytes, str]:
    """The same bytes but for one, in one bit or in several."""
    at = random.randrange(len(data))
    change = 1 << random.randrange(8) if random.random() < 0.7 else random.randrange(1, 256)
    return data[:at] + bytes([data[at] ^ change]) + data[at + 1 :], f"byte {at} of {len(data)}, by {change:#04x}"


def in_the_run(name: str, recorded: Recorded, random: Random) -> tuple[Verification, str]:
    """The report stays away where it is not what is flipped: it would be read again and again."""
    changed, where = flipped(recorded.files[name], random)
    others = {each: data for each, data in recorded.files.items() if each != REPORT}
    return verify_run(SealedFiles({**others, name: changed})), f"{name}: {where}"


def in_a_message(recorded: Recorded, random: Random) -> tuple[Verification, str]:
    names = [name for name in recorded.files if name.startswith("messages/")]
    return in_the_run(random.choice(names), recorded, random)


def in_the_bodies(recorded: Recorded, random: Random) -> tuple[Verification, str]:
    """In the file that messages lie in, what stands around them included."""
    changed, where = flipped(recorded.bodies.read_bytes(), random)
    with TemporaryDirectory() as place:
        run = Path(place) / "run"
        copytree(recorded.bodies.parent.parent, run, ignore=ignore_patterns(REPORT))
        (run / "messages" / recorded.bodies.name).write_bytes(changed)
        return verify_run(seal.run_folder(run)), where


def in_the_report(recorded: Recorded, random: Random) -> tuple[Verification, str]:
    changed, where = flipped(recorded.files[REPORT], random)
    return verify_report(REPORT, changed), where


def in_the_zip(recorded: Recorded, random: Random) -> tuple[Verification, str]:
    """A quarter of the flips hit the directory at the end, which is small and where a format is most forgiving."""
    if random.random() < 0.75:
        changed, where = flipped(recorded.zip, random)
        return archive.verify(changed), where
    start = recorded.zip.index(b"PK\1\2")
    changed, where = flipped(recorded.zip[start:], random)
    return archive.verify(recorded.zip[:start] + changed), f"{where} of the directory"


FLIP: Mapping[str, Callable[[Recorded, Random], tuple[Verification, str]]] = {
    "evidence": partial(in_the_run, "evidence.jsonl"),
    "messages": in_a_message,
    "bodies": in_the_bodies,
    "manifest": partial(in_the_run, "manifest.json"),
    "report": partial(in_the_run, REPORT),
    "report alone": in_the_report,
    "zip": in_the_zip,
}


def test_the_run_holds_before_it_is_touched(recorded: Recorded) -> None:
    assert verify_run(SealedFiles(recorded.files)).outcome == "holds"
    assert verify_report(REPORT, recorded.files[REPORT]).outcome == "holds"
    assert archive.verify(recorded.zip).outcome == "holds"
    assert len([name for name in recorded.files if name.startswith("messages/")]) >= 40


def test_six_hundred_flips_are_made() -> None:
    assert sum(FLIPS.values()) == 600


@pytest.mark.parametrize("where", FLIPS)
def test_every_flip_is_found(where: str, recorded: Recorded) -> None:
    random = Random(f"{SEED} {where}")  # noqa: S311 - the same flips every time
    missed = []
    for _ in range(tried(FLIPS[where], 5)):
        found, place = FLIP[where](recorded, random)
        if found.outcome == "holds":
            missed.append(place)
    assert missed == []


def test_a_flip_in_the_evidence_is_found_in_its_line(recorded: Recorded) -> None:
    random = Random(SEED)  # noqa: S311 - the same flips every time
    raw = recorded.files["evidence.jsonl"]
    for _ in range(20):
        at = random.randrange(len(raw))
        number = raw[:at].count(b"\n") + 1
        changed = raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :]
        found = verify_run(SealedFiles({**recorded.files, "evidence.jsonl": changed}))
        assert [each.values["number"] for each in found.statements if each.key.startswith("line-")] == [number]


def test_a_report_that_was_edited_and_sealed_anew_is_not_what_the_evidence_gives(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in recorded.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    said = ["verify", str(tmp_path), "--suites", str(tiny_world.SUITES)]
    report = tmp_path / REPORT
    declared = dossier.draw_up(evidence.read(tmp_path), Papers(), tiny_world.SUITES)
    report.write_bytes(formats.rendered(declared, "html", "sv"))
    assert cli.main(said) == 0
    assert f"{REPORT} says what the evidence gives" in capsys.readouterr().out
    html = html_of(declared.declaration).replace("Självdeklaration".encode(), "Godkänd deklaration".encode(), 1)
    report.write_bytes(seal.seal(html, seal.for_report(tmp_path)))
    assert seal.verify_run(seal.run_folder(tmp_path)).outcome == "holds", "every sum in it is right"
    assert cli.main(said) == 1
    assert f"{REPORT} does not say what the evidence gives" in capsys.readouterr().out
