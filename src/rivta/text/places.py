"""Where the things that travel with the package lie: suites, scenarios and the reference system's data.

A wheel carries them in `rivta/shipped`; in a checkout they stand at the repository's root, where people edit them.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_SHIPPED = _PACKAGE / "shipped"
_CHECKOUT = _PACKAGE.parent.parent


def suites() -> Path:
    """The folder of domains: `domain.yaml`, schemas, rules and suites of every contract that we know."""
    return _place("suites", "suites")


def scenarios() -> Path:
    """The folder of scenarios: several steps between two parties."""
    return _place("scenarios", "scenarios")


def reference() -> Path:
    """The folder with the environments that point at the embedded reference system."""
    return _place("reference", "examples/reference")


def _place(shipped: str, checkout: str) -> Path:
    return _SHIPPED / shipped if _SHIPPED.is_dir() else _CHECKOUT / checkout
