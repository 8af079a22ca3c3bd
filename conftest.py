"""The project's own tests use pytest's tester of plugins."""

pytest_plugins = ["pytester"]
