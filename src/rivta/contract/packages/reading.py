"""What a reading contract's answers hold and what chooses among it, as far as the names in its schema tell: for a person to confirm."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Final

from rivta.contract.declarations import outline_of
from rivta.contract.wsdl import Wsdl
from rivta.model.domain import ElementFacts
from rivta.model.frozen import frozen
from rivta.model.records import More, Records

_TEXT = r"(/@?(extension|id))?"
"""Where an identity has its value, if that is not its own text."""
_NAMED: Final = {
    "patient": r"(patient|subjectofcare|person|registeredresident)(id|identification|identity)?",
    "unit": r"((accountable|information|healthcareprofessional)?careunit|healthcarefacility)(hsaid|id)?",
    "source": r"sourcesystem(hsaid|id)?",
    "contact": r"carecontact(hsaid|id)?",
}
_IDS = ("record/id", "documentid", "{record}id", r"\w*(?<!hsa)id")
_TIMES = r"(?!.*lock)(.*/)?((\w*(time|timestamp)|createdate|lastupdated?)(/start)?|starttimeinclusive)"
"""No time of a lock, and none that blocks are compared with."""
_PERIOD: Final = {
    "start": r"((\w*period|time)/start|fromdate|startdateinclusive|createdonorafter)",
    "end": r"((\w*period|time)/end|todate|enddateinclusive)",
}
_MOST_TIMES: Final = 3


@frozen
class Guess:
    """`records:` of a contract as it may be. `said` has `path`, and those of `id`, `patient`, `unit`, `source`, `contact` and `approved`
    that were found; without `id` or `patient` it is none yet.
    """

    said: Mapping[str, str]
    times: tuple[str, ...] = ()
    filters: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)

    breaks: frozenset[str] = frozenset()
    """What validators and rules have against records that are made as it says."""

    @property
    def is_whole(self) -> bool:
        return {"id", "patient"} <= self.said.keys()

    @property
    def records(self) -> Records:
        """The same as the program has it, if it is whole."""
        said: dict[str, Any] = {name.replace("-", "_"): path for name, path in self.said.items()}
        return Records(**said, times=self.times, filters=self.filters, more=More(**self.more) if self.more else None)

    def held_against(self, breaking: Callable[[Records], frozenset[str]]) -> "Guess":
        """The same without the times that are not allowed in a record, and with what it breaks all the same."""
        if not self.is_whole:
            return self
        least = breaking(replace(self, times=(), filters={}).records)
        times = tuple(
            each for each in self.times if breaking(replace(self, times=(each,), filters={}).records) <= least
        )
        filters = self.filters if times else {name: path for name, path in self.filters.items() if name not in _PERIOD}
        less = replace(self, times=times, filters=filters)
        return replace(less, breaks=breaking(less.records))


def guessed(wsdl: Wsdl) -> Guess | None:
    """What the one element says that repeats in the answers and holds elements; None where there are none, or several."""
    every = outline_of(wsdl.path, wsdl.schemas.digest)
    request, response = (_below(every, root.partition("}")[2]) for root in (wsdl.request_root, wsdl.response_root))
    repeating = [
        each.path for each in response if each.most != 1 and _holds(response, each.path) and each.path != "hasMore"
    ]
    nearest = [path for path in repeating if not any(path.startswith(f"{other}/") for other in repeating)]
    if len(nearest) != 1:
        return None
    (path,) = nearest
    asked, held = _leaves(request), _leaves(_below(response, path))
    said = dict(_said(held, path.rpartition("/")[2]))
    filters = {name: found for name in _NAMED if name in said and (found := _found(asked, _NAMED[name] + _TEXT))}
    period = {name: found for name, names in _PERIOD.items() if (found := _found(asked, names))}
    times = [each for each in held if re.fullmatch(_TIMES, _plain(each))] if period else []
    first = [each for each in times if each.count("/") == times[0].count("/")][:_MOST_TIMES]
    more = {"reference": _found(_leaves(response), "hasmore/reference"), "asked": _found(asked, "hasmorereference")}
    address = _found(_leaves(response), "hasmore/logicaladdress")
    return Guess(
        {"path": path} | said,
        tuple(first),
        filters | (period if first else {}),
        (more | ({"address": address} if address else {})) if all(more.values()) else {},
    )


def _said(held: Sequence[str], record: str) -> Iterator[tuple[str, str]]:
    found = {name: _found(held, _NAMED[name] + _TEXT) for name in _NAMED}
    left = [each for each in held if each not in found.values()]
    ids = (_found(left, names.format(record=_plain(record)) + _TEXT) for names in _IDS)
    every = {"id": next(filter(None, ids), "")} | found | {"approved": _found(held, "approvedforpatient")}
    of_patient = re.sub("extension$", "root", re.sub("/id$", "/type", found["patient"]))
    every["patient-type"] = of_patient if of_patient in held and of_patient != found["patient"] else ""
    yield from ((name, path) for name, path in every.items() if path and not path.startswith("@"))


def _found(leaves: Iterable[str], names: str) -> str:
    """The first path, of those nearest the top, that ends with such names; empty for none."""
    return next((each for each in leaves if re.fullmatch(f"(.*/)?{names}", _plain(each))), "")


def _plain(path: str) -> str:
    """Names as they are compared: without case and what joins words."""
    return re.sub("[-_]", "", path).casefold()


def _below(every: Iterable[ElementFacts], root: str) -> list[ElementFacts]:
    """What is within an element, by the way from there."""
    within = [each for each in every if each.path.startswith(f"{root}/")]
    return [ElementFacts(each.path[len(root) + 1 :], each.least, each.most, each.coded) for each in within]


def _holds(every: Iterable[ElementFacts], path: str) -> bool:
    return any(each.path.startswith(f"{path}/") and "/@" not in each.path for each in every)


def _leaves(every: Sequence[ElementFacts]) -> list[str]:
    """The paths that lead to text, those nearest the top first; an identity has its text in its extension."""
    ways = (each.path.rpartition("/") for each in every)
    holders = {above for above, _, name in ways if not name.startswith("@") or name == "@extension"}
    return sorted((each.path for each in every if each.path not in holders), key=lambda path: path.count("/"))
