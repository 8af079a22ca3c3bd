"""Where things lie: what travels with the package (suites, scenarios, the reference system's data), and the user's contract store.

A wheel carries them in `rivta/shipped`; in a checkout they stand at the repository's root, where people edit them.
"""

import os
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


def contracts() -> Path:
    """The user's own store of release packages: RIVTA_CONTRACTS, else where the system keeps a user's data."""
    named = os.environ.get("RIVTA_CONTRACTS")
    data = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".local" / "share"
    return Path(named) if named else Path(data) / "rivta" / "contracts"


def cache() -> Path:
    """The folder of what is only kept so that the next run need not find it out again, where the system keeps a user's caches."""
    kept = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(kept) / "rivta"


def _place(shipped: str, checkout: str) -> Path:
    return _SHIPPED / shipped if _SHIPPED.is_dir() else _CHECKOUT / checkout
