"""What a service contract is known by: domain, name and major version, and the words by which people call it.

Two contracts may share their name: in two domains (StoreLog), or in two major versions. So everything inside goes by the
identity, `domain/Name@major`. People may say less, as long as it means one contract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from rivta.model.errors import NotInstalled, UsageError, did_you_mean
from rivta.model.words import Source

_IDENTITY = re.compile(r"(?P<domain>[^/@\s]+)/(?P<name>[^/@\s]+)@(?P<major>\d+)")


@dataclass(frozen=True, slots=True, order=True)
class ContractId:
    """A contract's identity. `str()` prints it as `domain/Name@major`, and `parse` reads that."""

    domain: str
    name: str
    major: int

    def __str__(self) -> str:
        return f"{self.domain}/{self.name}@{self.major}"

    @classmethod
    def parse(cls, text: str) -> ContractId:
        """The identity that was printed. ValueError for any other text."""
        return _parsed(text)

    @staticmethod
    @lru_cache(maxsize=1024)  # a run has few contracts, and asks several times a case
    def of(domain: str, name: str, version: str) -> ContractId:
        """The identity of a contract in a version such as `2.1`: the first number is the major one, and 0 stands for none."""
        major = re.match(r"\d+", version)
        return ContractId(domain, name, int(major[0]) if major else 0)

    @property
    def id(self) -> ContractId:
        """Itself: identities can be looked up as contracts can."""
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that it may be called, the shortest first."""
        versioned = f"{self.name}@{self.major}"
        return (self.name, versioned, f"{self.domain}/{self.name}", f"{self.domain}/{versioned}")


@lru_cache(maxsize=1024)
def _parsed(text: str) -> ContractId:
    found = _IDENTITY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no domain/Name@major")
    return ContractId(found["domain"], found["name"], int(found["major"]))


class Identified(Protocol):
    """What has a contract's identity: the contract itself, or what a run says of it."""

    @property
    def id(self) -> ContractId: ...


C = TypeVar("C", bound=Identified)


class Contracts(Mapping[str, C]):
    """Contracts by identity, as text. Any word that means one of them, and no other, finds it too.

    `absent` are the words for those that are not here, each with the sentence that says what is to be installed for it.
    """

    def __init__(self, contracts: Iterable[C] = (), absent: Mapping[str, str] | None = None) -> None:
        self._absent = absent or {}
        self._known = {str(each.id): each for each in contracts}
        self._meant: dict[str, list[str]] = {}
        for identity, each in self._known.items():
            for word in each.id.words:
                self._meant.setdefault(word, []).append(identity)

    def __getitem__(self, word: str) -> C:
        """KeyError for a word that means none of them, or several."""
        match self._meant[word]:
            case [identity]:
                return self._known[identity]
        raise KeyError(word)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __repr__(self) -> str:
        return f"Contracts({', '.join(self)})"

    def meant(self, word: str) -> tuple[str, ...]:
        """The identities of all that a word may mean."""
        return tuple(self._meant.get(word, ()))

    def find(self, word: str, source: Source | None = None) -> C:
        """The one contract that a word means. UsageError, at its place, for a word that means none of them, or several; NotInstalled,
        which is one too, for one that is absent.
        """
        meant = self.meant(word)
        if len(meant) == 1:
            return self._known[meant[0]]
        if meant:
            choices = ", ".join(self.shown(each) for each in meant)
            raise UsageError(f"“{word}” may mean several contracts", source=source, todo=f"write one of: {choices}")
        if word in self._absent:
            raise NotInstalled(self._absent[word], source=source)
        todo = did_you_mean(word, map(self.shown, self._known)) or "no contract is known here"
        raise UsageError(f"unknown contract “{word}”", source=source, todo=todo)

    def key(self, key: str) -> str:
        """A case's key with the word that people use for its contract, whichever was used: `RegisterLoan/consumer/1.2`."""
        word, rest = self._parted(key)
        return self.shown(word) + rest

    def full_key(self, key: str) -> str:
        """The same with its contract by identity."""
        word, rest = self._parted(key)
        return str(self[word].id) + rest if word in self else key

    def _parted(self, key: str) -> tuple[str, str]:
        """The word for a contract that a key begins with, which may hold a slash itself, and the rest."""
        parts = key.split("/")
        count = 1 if self.meant(parts[0]) else 2
        word = "/".join(parts[:count])
        return word, key.removeprefix(word)

    def shown(self, word: str) -> str:
        """What people call the contract that a word means: the shortest word that means no other. Any other word as it is."""
        match self._meant.get(word):
            case [identity]:
                return next(each for each in self._known[identity].id.words if len(self._meant[each]) == 1)
        return word
