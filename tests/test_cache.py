"""What is kept from one run to the next: found again as it was, and never where anything is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import tiny_world
from rivta import contract
from rivta.contract.samples import Bench, Drawing, DrawnSamples
from rivta.run import samples
from rivta.text import cache


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of caches."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "rivta" / "things"


def test_what_was_kept_is_found_again_by_all_that_it_follows_from(folder: Path) -> None:
    assert cache.kept("things", cache.key_of("things", 1)) is None
    cache.keep("things", cache.key_of("things", 1), b"one\ntwo")
    assert cache.kept("things", cache.key_of("things", 1)) == b"one\ntwo"
    assert cache.kept("things", cache.key_of("things", 2)) is None
    assert [each.name for each in folder.iterdir()] == [cache.key_of("things", 1)], "and no draft is left"


@pytest.mark.parametrize("harm", [lambda raw: raw[:-1], lambda raw: raw.replace(b"one", b"two"), lambda _: b""])
def test_what_was_damaged_is_none(folder: Path, harm: Callable[[bytes], bytes]) -> None:
    cache.keep("things", "key", b"one")
    (folder / "key").write_bytes(harm((folder / "key").read_bytes()))
    assert cache.kept("things", "key") is None


def test_nor_is_what_was_kept_by_another_name_or_where_others_may_write(folder: Path) -> None:
    cache.keep("things", "key", b"one")
    (folder / "other").write_bytes((folder / "key").read_bytes())
    assert cache.kept("things", "other") is None
    folder.chmod(0o777)
    assert cache.kept("things", "key") is None


def test_without_a_place_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    cache.keep("things", "key", b"one")
    assert cache.kept("things", "key") is None


def drawn(seed: int = 1) -> tuple[bytes, DrawnSamples]:
    """Samples of the tiny domain's question, asked for as a run does."""
    domain = contract.read_domain(tiny_world.SUITES / tiny_world.NAME)
    (one,) = (each for each in domain.contracts.values() if each.name == "GetLoans")
    message = (tiny_world.SUITES / tiny_world.NAME / "GetLoans" / "messages" / "question.xml").read_bytes()
    message = message.replace(b"${borrower.id}", b"191212121212").replace(b"${question.more|raw}", b"")
    bench, drawing = Bench(one, message), Drawing(3, seed)
    return samples._kept_or(lambda: (message, bench.of_schema(drawing)), one, drawing, (message,))


def test_samples_that_were_drawn_before_are_the_same_and_nobody_judges_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = drawn()
    assert len(first[1].kept) == 3
    with monkeypatch.context() as context:
        context.setattr(Bench, "amiss", None)
        assert drawn() == first
    (file,) = (tmp_path / "rivta" / "samples").iterdir()
    kept = file.read_bytes()
    assert b"refused" in kept
    file.write_bytes(kept.replace(b"refused", b"allowed"))
    assert drawn() == first, "whoever damaged it changes no side"
    assert drawn(2) != first
