"""The report before it has a format: everything decided, translated, sorted and named, ready to be printed.

A template prints a `View` and decides nothing. Identities are masked here at the latest, so that no format can forget it.
"""

from rivta.declaration.comparison import Comparison
from rivta.model.declaration import Declaration
from rivta.model.words import Lang
from rivta.report import (
    cases,
    changes,
    coverage,
    deviations,
    form,
    load,
    material,
    requirements,
    summary,
    verdict,
)
from rivta.report.layout import View


def build(declaration: Declaration, lang: Lang, *, previous: Comparison | None = None, is_packed: bool = False) -> View:
    """The view of a declaration: the cover, and the parts by name. Arguments are as for `material.of`.

    `parts` names those that there are, in their order: each name is its anchor, its heading in the catalogue and its
    template. A part that a run gives nothing for is None.
    """
    own = material.of(declaration, lang, previous, is_packed=is_packed)
    domains = requirements.part(own)
    suites, strays = cases.parts(own)
    told = deviations.part(own)
    parts: View = {
        "summary": summary.part(own),
        "proves": summary.proves(own),
        "changes": changes.part(own),
        "form": form.part(own),
        "causes": deviations.causes(own) or None,
        "deviations": told,
        "requirements": domains,
        "unproven": requirements.unproven(domains),
        "load": load.part(own) or None,
        "states": coverage.states(own) or None,
        "trace": requirements.trace(own),
        "coverage": coverage.part(own) or None,
        "manual": form.judged(own),
        "cases": suites,
        "strays": strays,
        "basis": summary.basis(own),
        "messages": own.places.bodies.appendix(),
    }
    there = [name for name, part in parts.items() if part is not None]
    first = verdict.part(own, told, parts["unproven"])
    return {"lang": lang, "cover": summary.cover(own), "verdict": first, "parts": there, **parts}
