"""pytest's view of a suite: a YAML file is a module, a case is a test.

`rivta run` is this plugin under `pytest.main`; there is no second runner. A run is recorded by one process, the
controller; with pytest-xdist the workers run the cases, store the message bodies and send each result home.

Only what every pytest session pays for stands in this file: a session without suites imports nothing else of ours.
"""

from pathlib import Path

import pytest

from rivta.plugin.options import environment_file, is_case_file, pytest_addoption

__all__ = ["pytest_addoption", "pytest_collect_file", "pytest_configure"]


def pytest_configure(config: pytest.Config) -> None:
    """Read the environment and start recording, if there is an environment."""
    if environment_file(config) is not None:
        from rivta.plugin import collect, record, stage  # noqa: PLC0415 - a session without suites must not pay for them

        config.pluginmanager.register(stage, "rivta-stage")
        config.pluginmanager.register(collect, "rivta-collect")
        stage.begin(config)
        record.begin(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """A suite or a scenario, told by where it lies. Without an environment it can be listed but not run."""
    if not is_case_file(file_path):
        return None
    if environment_file(parent.config) is None and not parent.config.getoption("collectonly"):
        raise pytest.UsageError(
            f"{file_path.name}: a suite needs an environment that says whom to test\n"
            "  → add --rivta-env FILE; examples/ has one to start from"
        )
    from rivta.plugin.collect import SuiteFile  # noqa: PLC0415 - as above

    return SuiteFile.from_parent(parent, path=file_path)
