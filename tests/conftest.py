"""What several files of tests share."""

import pytest

from projects import Project


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """A vendor's project, in a folder of its own."""
    return Project(pytester)
