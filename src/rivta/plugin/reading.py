"""What a session reads: domains and suites, or what an earlier session kept of them where nothing has changed since.

A file with a mistake in it is never kept, so it is told in each session anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path

import pytest

from rivta import contract, suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.check.kinds import KINDS
from rivta.model.case import Suite
from rivta.model.domain import Domain
from rivta.model.frozen import frozen
from rivta.model.words import Value
from rivta.text import cache, places
from rivta.text.cache import Inputs

_KIND = "suites"
_READ: pytest.StashKey["Read"] = pytest.StashKey()


@frozen
class Read:
    """The domains of one session, by folder, and what each was read from."""

    _domains: dict[Path, tuple[Domain, Inputs | None]] = field(default_factory=dict)
    _inputs: dict[tuple[Path, Path], Inputs | None] = field(default_factory=dict)
    """What the suites in a folder are read from, by their domain's folder and that one."""
    _anew: list[tuple[Suite, Inputs, Path]] = field(default_factory=list)
    """What no earlier session had kept, with its inputs and its domain's folder."""

    def domain(self, folder: Path) -> Domain:
        """The domain in a folder."""
        return self._read(folder)[0]

    def suite(self, path: Path, folder: Path, data: Mapping[str, Value] | None) -> Suite:
        """A file of cases of the domain in that folder, held against its schemas."""
        domain, its = self._read(folder)
        if (folder, path.parent) not in self._inputs:
            self._inputs[folder, path.parent] = its and its.beside(path.parent)
        known = self._inputs[folder, path.parent]
        inputs = known and known.beside(path.parent, str(path), sorted(KINDS), data)
        found = inputs and cache.read_before(_KIND, inputs, {"domain": domain})
        if isinstance(found, Suite):
            return found
        read = suite.read(path, domain, vocabulary(), data, lambda: self.found([folder.parent]))
        refuse_undeclared(read)
        if inputs and not read.others:  # nobody knows what those were read from
            self._anew.append((read, inputs, folder))
        return read

    def keep(self) -> None:
        """Keep what was read anew for the next session, but for what was read from files that have been saved since."""
        now: dict[tuple[Path, Path], Inputs | None] = {}
        for read, inputs, folder in self._anew:
            at = (folder, read.path.parent)
            if at not in now:
                its = contract.inputs_of(folder)
                now[at] = its and its.beside(read.path.parent)
            if now[at] == self._inputs[at]:
                cache.keep_read(_KIND, inputs, read, {"domain": read.domain})
        self._anew.clear()

    def found(self, roots: Iterable[Path]) -> list[Domain]:
        """The domains in these folders, and those that are shipped."""
        roots = dict.fromkeys([*(root.resolve() for root in roots), places.suites()])
        return [self.domain(folder) for root in roots for folder in contract.find_domains(root)]

    def _read(self, folder: Path) -> tuple[Domain, Inputs | None]:
        if folder not in self._domains:
            inputs = contract.inputs_of(folder)
            self._domains[folder] = contract.kept_domain(folder, inputs), inputs
        return self._domains[folder]


def read_in(config: pytest.Config) -> Read:
    """What this session has read."""
    return config.stash.setdefault(_READ, Read())
