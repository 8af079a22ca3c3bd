"""What has to be declared again, by the rules of the process.

A system is declared a *verification object* at a time (verifieringsobjekt): a connection point, the product that produces
the service, the source system behind it, and a contract. Whoever changes a part of it sends a notice of change
(ändringsanmälan) and may have to be verified again; whoever comes to deviate, or no longer does, sends an updated
declaration that refers to the one before. A run knows three of the four parts: which source system stands behind, it
cannot see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rivta.declaration.comparison.changes import Again, PartChange, PartKind
from rivta.declaration.comparison.differences import by_contract
from rivta.model.run import Run
from rivta.model.words import Text, Verdict
from rivta.text.catalogue import text

Verdicts = Mapping[tuple[str, str], Verdict]


def again(old: Run, new: Run, parts: Sequence[PartChange]) -> Iterator[Again]:
    """What the process asks for now, contract by contract."""
    verdicts = by_contract(old), by_contract(new)
    for contract in dict.fromkeys((*tested(old), *tested(new))):
        notice = tuple(_notices(contract, old, new, parts))
        declare = tuple(_declarations(contract, new, parts, verdicts))
        if notice:
            yield Again(contract, "notice", notice)
        if declare:
            yield Again(contract, "declare", declare)


def tested(run: Run) -> dict[str, None]:
    """The contracts that a run is about: cases of them were planned or played."""
    planned = [case.contract for case in run.header.planned]
    return dict.fromkeys([*planned, *(result.contract for result in run.results)])


_OBJECT: tuple[PartKind, ...] = ("organisation", "product", "version", "connection", "contract")
"""The parts of a verification object that a run can see."""


def _notices(contract: str, old: Run, new: Run, parts: Iterable[PartChange]) -> Iterator[Text]:
    if contract not in tested(old):
        yield text("declaration", "object_new")
        return
    if contract not in tested(new):
        yield text("declaration", "object_gone")
        return
    for part in parts:
        if part.kind in _OBJECT and part.name in ("", contract):
            # Two URLs in one sentence say less than none: they stand among the parts.
            change = "" if part.kind == "connection" else f": {_change(part)}"
            yield text("declaration", f"another_{part.kind}", change=change)


def _declarations(
    contract: str, new: Run, parts: Iterable[PartChange], verdicts: tuple[Verdicts, Verdicts]
) -> Iterator[Text]:
    if contract not in tested(new):
        return
    before, after = ({id_: verdict for (name, id_), verdict in each.items() if name == contract} for each in verdicts)
    red = [id_ for id_, verdict in before.items() if verdict is Verdict.FAILED]
    appeared = [id_ for id_, verdict in after.items() if verdict is Verdict.FAILED and id_ not in red]
    fixed = [id_ for id_ in red if after.get(id_) is Verdict.PASSED]
    if appeared:
        yield text("declaration", "appeared", ids=", ".join(appeared))
    if fixed:
        yield text("declaration", "fixed", ids=", ".join(fixed))
    domains = {domain.name for domain in new.header.domains if contract in {each.word for each in domain.contracts}}
    for part in parts:
        if part.kind == "domain" and part.name in domains:
            yield text("declaration", "form_version", change=_change(part))


def _change(part: PartChange) -> str:
    return f"{part.old or '–'} → {part.new or '–'}"
