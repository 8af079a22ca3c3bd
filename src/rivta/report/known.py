"""Which known deviation, if any, stands behind something that failed."""

from rivta.model.declaration import KnownDeviation, SortedDeviations


class Known:
    """The known deviations of a run, asked by case and requirement. Without any, everything that failed is new."""

    def __init__(self, deviations: SortedDeviations | None) -> None:
        self._occurring = [(each, frozenset(keys)) for each, keys in deviations.known] if deviations else []

    def covering(self, case: str, requirement: str) -> KnownDeviation | None:
        """The first known deviation that occurs in the case (by key) and concerns the requirement (empty: none is named)."""
        found = (each for each, keys in self._occurring if case in keys and each.requirement in ("", requirement))
        return next(found, None)
