"""The report before it has a format: everything decided, translated, sorted and named, ready to be printed.

A template prints a `View` and decides nothing. Identities are masked here at the latest, so that no format can forget it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from rivta.declaration.comparison import Comparison
from rivta.model.declaration import Declaration
from rivta.model.words import Lang
from rivta.report import (
    basis,
    cases,
    changes,
    cover,
    coverage,
    deviations,
    form,
    manual,
    material,
    requirements,
    summary,
)
from rivta.report.basis import BasisView
from rivta.report.bodies import BodyRow
from rivta.report.cases import CaseView, SuiteView
from rivta.report.changes import ChangesView
from rivta.report.cover import CoverView
from rivta.report.coverage import ContractCoverage
from rivta.report.deviations import DeviationsView, ObstacleView
from rivta.report.form import FormView
from rivta.report.manual import ManualView
from rivta.report.requirements import DomainView, RowView, TraceView
from rivta.report.summary import SummaryView

_FRONT = ("lang", "cover")


@dataclass(frozen=True, slots=True)
class View:
    """The whole report: after its cover the parts, in their order. A part that a run gives nothing for is None."""

    lang: Lang
    cover: CoverView
    summary: SummaryView
    proves: tuple[tuple[str, str], ...]
    changes: ChangesView | None
    form: FormView | None
    deviations: DeviationsView
    obstacles: tuple[ObstacleView, ...] | None
    requirements: tuple[DomainView, ...]
    unproven: tuple[RowView, ...]
    trace: tuple[TraceView, ...] | None
    coverage: tuple[ContractCoverage, ...] | None
    manual: ManualView | None
    cases: tuple[SuiteView, ...]
    strays: tuple[CaseView, ...] | None
    basis: BasisView
    messages: Sequence[BodyRow]

    @property
    def parts(self) -> Iterator[str]:
        """The names of the parts that there are: each is its anchor, its heading in the catalogue and its template."""
        names = (each.name for each in fields(self) if each.name not in _FRONT)
        return (name for name in names if getattr(self, name) is not None)


def build(declaration: Declaration, lang: Lang, *, previous: Comparison | None = None, is_packed: bool = False) -> View:
    """The view of a declaration. Arguments are as for `material.of`."""
    own = material.of(declaration, lang, previous, is_packed=is_packed)
    domains = requirements.part(own)
    suites, strays = cases.parts(own)
    return View(
        lang=lang,
        cover=cover.part(own),
        summary=summary.part(own),
        proves=summary.proves(own),
        changes=changes.part(own),
        form=form.part(own),
        deviations=deviations.part(own),
        obstacles=deviations.obstacles(own) or None,
        requirements=domains,
        unproven=requirements.unproven(domains),
        trace=requirements.trace(own) or None,
        coverage=coverage.part(own) or None,
        manual=manual.part(own),
        cases=suites,
        strays=strays or None,
        basis=basis.part(own),
        messages=own.places.bodies.appendix(),
    )
