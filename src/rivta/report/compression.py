"""By how much time was compressed in a run: what every rule over time was held against, so it is told where it counts."""

from rivta.model import RunHeader

SETTING = "time factor"
"""The header's name for it."""


def factor_of(header: RunHeader) -> float:
    """By how much time was compressed; 1 in a run where nothing could call us."""
    try:
        factor = float(header.environment.get(SETTING, "1"))
    except ValueError:
        return 1.0
    return factor if factor > 0 else 1.0
