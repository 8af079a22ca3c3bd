"""What a session keeps of the suites and domains that it read: the very same to the next one, and nothing once anything is another."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tiny_world
from rivta import suite
from rivta.contract import inputs_of, kept_domain, read_domain
from rivta.model.case import Suite
from rivta.model.errors import RivtaError
from rivta.plugin import reading
from rivta.plugin.reading import Read
from rivta.text import cache, places


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of caches."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches" / "rivta"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """The small domain, where it can be changed."""
    shutil.copytree(tiny_world.HERE, tmp_path / "world")
    return tmp_path / "world"


def domain(world: Path) -> Path:
    return world / "suites" / tiny_world.NAME


def files(world: Path) -> Iterator[Path]:
    yield from sorted(path for part in ("producer", "consumer") for path in domain(world).glob(f"*/{part}.yaml"))
    yield from sorted((world / "scenarios" / tiny_world.NAME).glob("*.yaml"))


def session(world: Path) -> list[Suite]:
    """All of its suites, as a session of pytest reads and keeps them."""
    read = Read()
    found = [read.suite(path, domain(world), None) for path in files(world)]
    read.keep()
    return found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were not found again, and had to be read."""
    read, anew = suite.read, list[Path]()

    def noted(path: Path, *args: object) -> Suite:
        anew.append(path)
        return read(path, *args)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(reading.suite, "read", noted)
    return anew


def test_what_was_kept_is_what_was_read_with_every_place(world: Path, reads: list[Path]) -> None:
    first = session(world)
    assert reads == [*files(world)]
    assert session(world) == first
    assert reads == [*files(world)], "none was read a second time"
    assert [case.source for each in session(world) for case in each.cases] == [
        case.source for each in first for case in each.cases
    ]
    assert kept_domain(domain(world), inputs_of(domain(world))) == read_domain(domain(world))
    assert all(each.domain is again[0].domain for again in [session(world)] for each in again), (
        "they share their domain"
    )


CHANGES: dict[str, Callable[[Path], object]] = {
    "a case": lambda world: add(domain(world) / "GetLoans" / "producer.yaml", "# more\n"),
    "a message": lambda world: add(domain(world) / "GetLoans" / "messages" / "question.xml", "<!-- more -->"),
    "the domain": lambda world: add(domain(world) / "domain.yaml", "# more\n"),
    "a schema's file": lambda world: add(next(domain(world).rglob("*.xsd")), "<!-- more -->"),
    "a file's name": lambda world: (domain(world) / "GetLoans" / "messages" / "with-headers.xml").rename(
        domain(world) / "GetLoans" / "messages" / "other.xml"
    ),
    "a general part of its own": lambda world: shutil.copytree(places.suites() / "riv-ta", world / "suites" / "riv-ta"),
}


def add(path: Path, more: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_is_found_again_once_anything_is_another(
    world: Path, reads: list[Path], change: Callable[[Path], object]
) -> None:
    session(world)
    reads.clear()
    change(world)
    told = told_by(world)
    assert reads, "it was read"
    assert told == told_by(world), "and a mistake is told each time"


def told_by(world: Path) -> str:
    try:
        session(world)
    except RivtaError as mistake:
        return str(mistake)
    return ""


def test_a_mistake_is_told_in_the_same_words_beside_what_is_kept(world: Path) -> None:
    session(world)
    path = domain(world) / "GetLoans" / "producer.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("expect:", "expcet:", 1), encoding="utf-8")
    with pytest.raises(RivtaError) as fresh:
        suite.read(path, read_domain(domain(world)), reading.vocabulary())
    assert told_by(world) == told_by(world) == str(fresh.value)
    assert "^" in str(fresh.value)


def test_other_data_and_another_place_are_another_reading(world: Path, reads: list[Path]) -> None:
    path = next(files(world))
    read = Read()
    read.suite(path, domain(world), None)
    read.keep()
    Read().suite(path, domain(world), {})
    assert len(reads) == 2
    world.rename(world.with_name("elsewhere"))
    moved = next(files(world.with_name("elsewhere")))
    again = Read().suite(moved, domain(world.with_name("elsewhere")), None)
    assert again.path == moved
    assert len(reads) == 3


HARMS: dict[str, Callable[[Path], object]] = {
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-3]),
    "empty": lambda path: path.write_bytes(b""),
    "of another program": lambda path: cache.keep(path.parent.name, path.name, pickle.dumps(Path)),
    "of another kind": lambda path: cache.keep(path.parent.name, path.name, pickle.dumps({"a": 1})),
    "no pickle": lambda path: cache.keep(path.parent.name, path.name, b"nothing"),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_what_is_torn_or_foreign_is_thrown_away_without_a_word(
    world: Path, caches: Path, reads: list[Path], harm: Callable[[Path], object]
) -> None:
    first = session(world)
    reads.clear()
    for path in [*caches.glob("suites/*"), *caches.glob("domains/*")]:
        harm(path)
    assert session(world) == first
    assert reads == [*files(world)]
    assert session(world) == first
    assert reads == [*files(world)], "and it was kept anew"


class Harmful:
    def __reduce__(self) -> tuple[object, ...]:
        return pytest.fail, ("it was called",)


def test_nothing_that_was_kept_is_called(world: Path, caches: Path) -> None:
    first = session(world)
    for path in caches.glob("suites/*"):
        cache.keep("suites", path.name, pickle.dumps(Harmful()))
    assert session(world) == first


def test_what_names_a_file_elsewhere_is_read_each_time(world: Path, reads: list[Path]) -> None:
    path = domain(world) / "GetLoans" / "producer.yaml"
    shutil.copy(domain(world) / "GetLoans" / "messages" / "question.xml", world / "elsewhere.xml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("messages/question.xml", "../../../elsewhere.xml"), encoding="utf-8")
    session(world)
    reads.clear()
    session(world)
    assert reads == [path]


def test_what_is_saved_while_it_is_read_is_not_kept(world: Path, reads: list[Path]) -> None:
    read, path = Read(), domain(world) / "GetLoans" / "producer.yaml"
    read.suite(path, domain(world), None)
    add(path, "# saved\n")
    read.keep()
    path.write_text(path.read_text(encoding="utf-8").removesuffix("# saved\n"), encoding="utf-8")
    Read().suite(path, domain(world), None)
    assert reads == [path, path]


def test_a_folder_that_cannot_be_looked_through_is_read_each_time(world: Path, reads: list[Path]) -> None:
    (domain(world) / "more").symlink_to(world, target_is_directory=True)
    assert inputs_of(domain(world)) is None
    assert session(world) == session(world)
    assert len(reads) == 2 * len([*files(world)])


def test_no_more_is_kept_than_so_many_files(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_FILES", 3)
    for number in range(5):
        cache.keep("things", str(number), b"")
    cache._thin_out.cache_clear()
    cache.keep("things", "new", b"")
    assert len([*(caches / "things").iterdir()]) == 4
    assert cache.kept("things", "new") == b""
