"""A declaration in any of the formats, each by its name on the command line."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from rivta.declaration import dossier as dossiers
from rivta.declaration.dossier import Dossier
from rivta.evidence import disk, seal
from rivta.model.declaration import Declaration
from rivta.model.domain import Domain
from rivta.model.run import Papers, Run
from rivta.model.words import Lang
from rivta.report import attestation, badge, data, failures, html, pdf, sarif, tables

Format = Literal[
    "html", "pdf", "json", "csv", "sarif", "badge", "annotations", "coverage", "tk-log", "load", "attestation"
]
SUFFIXES: Mapping[Format, str] = {
    "html": ".html",
    "pdf": ".pdf",
    "json": ".json",
    "csv": ".csv",
    "sarif": ".sarif",
    "badge": ".svg",
    "annotations": ".txt",
    "coverage": ".coverage.csv",
    "tk-log": ".tk-log.csv",
    "load": ".load.csv",
    "attestation": ".intoto.json",
}
"""What a file of each format is called after `declaration`."""

_PLAIN: Mapping[Format, Callable[[Declaration, Lang], bytes]] = {
    "json": data.render,
    "csv": tables.requirements,
    "sarif": sarif.render,
    "badge": badge.render,
    "annotations": failures.render,
    "coverage": tables.coverage,
    "tk-log": tables.log,
    "load": tables.load,
}


def rendered(dossier: Dossier, kind: Format, lang: Lang) -> bytes:
    """The declaration in one of the formats. UsageError where the evidence is not as it was when the run ended."""
    return b"".join(pieces(dossier, kind, lang))


def pieces(dossier: Dossier, kind: Format, lang: Lang) -> Iterable[bytes]:
    """The same, in pieces to be written one after the other: of a long report not all is ever there at once."""
    declaration, earlier = dossier.declaration, dossier.comparison
    if kind == "html":
        return seal.sealed(html.written(declaration, lang, previous=earlier), dossier.manifest())
    return [_whole(dossier, kind, lang)]


def _whole(dossier: Dossier, kind: Format, lang: Lang) -> bytes:
    if kind == "attestation":
        return attestation.render(dossier)
    declaration, earlier = dossier.declaration, dossier.comparison
    if kind == "pdf":
        return pdf.render(declaration, lang, previous=earlier, head=dossier.manifest().head)
    return _PLAIN[kind](declaration, lang)


def drawn_up(
    run: Run, papers: Papers, lang: Lang, *, suites: Path | None, read: Iterable[Domain] = (), is_over: bool
) -> Dossier:
    """The report of a run in its own folder, with what people wrote kept beside it. A run that is over is sealed first."""
    dossiers.keep(run.folder, papers)
    sealed = seal.write(run.folder, run) if is_over else None
    drawn = dossiers.draw_up(run, dossiers.beside(Papers(previous=papers.previous), run.folder), suites, read)
    drawn = replace(drawn, sealed=sealed)
    disk.write(run.folder / "declaration.html", pieces(drawn, "html", lang))
    return drawn
