"""Two lists held against each other: what is gone, new, moved, or changed in its place. By index."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

Item = tuple[str, str]
"""What something is called, and its hash."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of a list. Pairs are (index before, index after)."""

    changed: tuple[tuple[int, int], ...]
    moved: tuple[tuple[int, int], ...]
    gone: tuple[int, ...]
    come: tuple[int, ...]


def difference(before: Sequence[Item], after: Sequence[Item]) -> Difference:
    """What became of `before`. Something of the same hash elsewhere is moved; another hash in the same place is changed."""
    gaps = _gaps(before, after)
    moved = _moved(before, after, gaps)
    left = {old for old, _ in moved}
    taken = {new for _, new in moved}
    changed: list[tuple[int, int]] = []
    for olds, news in gaps:
        free_old = [each for each in olds if each not in left]
        free_new = [each for each in news if each not in taken]
        changed += _paired(before, after, free_old, free_new)
    left |= {old for old, _ in changed}
    taken |= {new for _, new in changed}
    return Difference(
        tuple(changed),
        tuple(moved),
        tuple(each for olds, _ in gaps for each in olds if each not in left),
        tuple(each for _, news in gaps for each in news if each not in taken),
    )


def _gaps(before: Sequence[Item], after: Sequence[Item]) -> list[tuple[range, range]]:
    """The stretches that do not stand in both lists. Equal items are told apart, for a matcher is slow on many of them."""
    matcher = SequenceMatcher(None, _distinct(before), _distinct(after), autojunk=False)
    return [(range(a, b), range(c, d)) for what, a, b, c, d in matcher.get_opcodes() if what != "equal"]


def _distinct(items: Sequence[Item]) -> list[tuple[str, int]]:
    seen: Counter[str] = Counter()
    found = []
    for _, digest in items:
        found.append((digest, seen[digest]))
        seen[digest] += 1
    return found


def _moved(before: Sequence[Item], after: Sequence[Item], gaps: list[tuple[range, range]]) -> list[tuple[int, int]]:
    new_places: dict[str, list[int]] = {}
    for _, news in gaps:
        for new in news:
            new_places.setdefault(after[new][1], []).append(new)
    found = []
    for olds, _ in gaps:
        for old in olds:
            places = new_places.get(before[old][1])
            if places:
                found.append((old, places.pop(0)))
    return found


def _paired(before: Sequence[Item], after: Sequence[Item], olds: list[int], news: list[int]) -> list[tuple[int, int]]:
    """What stands in the same place: one for one where there are as many, else by name."""
    if len(olds) == len(news):
        return [*zip(olds, news, strict=True)]
    by_name: dict[str, list[int]] = {}
    for new in news:
        by_name.setdefault(after[new][0], []).append(new)
    return [(old, by_name[before[old][0]].pop(0)) for old in olds if by_name.get(before[old][0])]
