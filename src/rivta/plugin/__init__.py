"""pytest's view of a suite: a YAML file is a module, a case is a test.

`rivta run` is this plugin under `pytest.main`; there is no second runner. A run is recorded by one process, the
controller; with pytest-xdist the workers run the cases, store the message bodies and send each result home.

Only what every pytest session pays for stands in this file: a session without suites imports nothing else of ours.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from rivta.plugin.options import is_case_file, pytest_addoption

_USAGE_ERROR, _HINDERED = 4, 6
_WITHOUT_CASES = frozenset({"messages", "schemas", "forms", "reference"})


def pytest_configure(config: pytest.Config) -> None:
    """Read the environment and start recording, if there is an environment."""
    config.pluginmanager.register(_Gate(config), "rivta-gate")
    if config.getoption("rivta_env") is not None:
        from rivta.plugin import collect, item, record, stage, workers  # noqa: PLC0415 - a session without suites must not pay for them

        config.pluginmanager.register(workers, "rivta-workers")
        config.pluginmanager.register(collect, "rivta-collect")
        config.pluginmanager.register(item, "rivta-item")
        workers.begin(config)
        stage.begin(config)
        record.begin(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """A suite or a scenario, told by where it lies."""
    if not is_case_file(file_path):
        return None
    from rivta.plugin.collect import suite_file  # noqa: PLC0415 - as above

    return suite_file(file_path, parent)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Messages, schemas, forms and a reference system hold no cases, and pytest takes its time for each folder."""
    if collection_path.name not in _WITHOUT_CASES:
        return None
    return any((folder / "domain.yaml").is_file() for folder in [*collection_path.parents][:2]) or None


class _Gate:
    """A suite that cannot be collected is a usage error, where pytest speaks of an interruption."""

    def __init__(self, config: pytest.Config) -> None:
        self._root = config.rootpath
        self._broken = False
        self.is_hindered = False
        """Whether it is this computer that stands in the way, with no more room or no more files."""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """With pytest-xdist the workers' reports arrive here too."""
        self._broken |= report.failed and is_case_file(self._root / report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """After everybody else, for this outweighs whatever else happened."""
        yield
        if self._broken:
            session.exitstatus = _HINDERED if self.is_hindered else _USAGE_ERROR
