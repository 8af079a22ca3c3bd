"""Which of the words of `rivta run` may be a path, so that pytest need not be started twice to tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from rivta.cli import run


@pytest.mark.parametrize(
    ("words", "is_open"),
    [
        ("", False),
        ("-x --tb=short", False),
        ("-k renewed -m slow -n 2", False),
        ("--junitxml there.xml", False),
        ("--unknown value", False),
        ("--unknown there.xml", True),
        ("there.xml", True),
        ("there.xml::1.1", True),
        ("-x -- there.xml", True),
        ("no-such-file", True),
        ("-k renewed no-such-file", True),
        ("-p no:cacheprovider", True),
    ],
)
def test_what_may_be_a_path(words: str, is_open: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    Path("there.xml").touch()
    assert run._may_name_a_path(words.split()) is is_open
