"""Everything that travels with the package is found, in a checkout and in a wheel."""

from pathlib import Path

import pytest

from rivta.text import places

ROOT = Path(__file__).parent.parent


def test_a_checkout_uses_the_folders_that_people_edit() -> None:
    assert places.suites() == ROOT / "suites"
    assert places.scenarios() == ROOT / "scenarios"
    assert places.reference() == ROOT / "examples" / "reference"


def test_a_wheel_uses_what_it_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    monkeypatch.setattr(places, "_SHIPPED", shipped)
    assert places.suites() == shipped / "suites"
    assert places.scenarios() == shipped / "scenarios"
    assert places.reference() == shipped / "reference"
