"""`requirements.lock`: everything that `make` installs, in versions that were tried together."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked() -> dict[str, str]:
    """Version by package."""
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in LOCK)}


def wanted(written: str, extras: tuple[str, ...] = ("",)) -> bool:
    marker = Requirement(written).marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def reached(written: list[str]) -> dict[str, Requirement]:
    """What these requirements bring with them here, each by its name: what is not installed brings nothing."""
    found: dict[str, Requirement] = {}
    left = [Requirement(each) for each in written]
    while left:
        one = left.pop()
        name = canonicalize_name(one.name)
        if name in found:
            continue
        found[name] = one
        try:
            brought = requires(one.name) or []
        except PackageNotFoundError:
            continue
        left += [Requirement(each) for each in brought if wanted(each, ("", *one.extras))]
    return found


def test_a_line_is_a_package_and_its_exact_version_and_nothing_of_where_it_comes_from() -> None:
    assert LOCK
    assert [line for line in LOCK if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)] == []


def test_all_that_is_installed_is_in_it_in_a_version_that_we_allow() -> None:
    extras = [each for some in PROJECT["optional-dependencies"].values() for each in some]
    everything = reached([*PROJECT["dependencies"], *extras])
    assert sorted(everything.keys() - locked().keys()) == [], "say: make lock"
    ours = [Requirement(each) for each in (*PROJECT["dependencies"], *extras)]
    assert [each for each in ours if not each.specifier.contains(locked()[canonicalize_name(each.name)])] == []
