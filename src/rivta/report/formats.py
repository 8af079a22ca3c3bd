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
from rivta.report import attestation, data, failures, html, pdf, sarif, tables, verdict

Format = Literal[
    "html", "pdf", "json", "csv", "sarif", "badge", "annotations", "coverage", "tk-log", "load", "attestation"
]
Rendering = Callable[[Dossier, Lang], Iterable[bytes]]


def rendered(dossier: Dossier, kind: Format, lang: Lang) -> bytes:
    """The declaration in one of the formats. UsageError where the evidence is not as it was when the run ended."""
    return b"".join(pieces(dossier, kind, lang))


def pieces(dossier: Dossier, kind: Format, lang: Lang) -> Iterable[bytes]:
    """The same, in pieces to be written one after the other: of a long report not all is ever there at once."""
    return _FORMATS[kind][1](dossier, lang)


def _html(dossier: Dossier, lang: Lang) -> Iterable[bytes]:
    return seal.sealed(html.written(dossier.declaration, lang, previous=dossier.comparison), dossier.manifest())


def _pdf(dossier: Dossier, lang: Lang) -> Iterable[bytes]:
    return [pdf.render(dossier.declaration, lang, previous=dossier.comparison, head=dossier.manifest().head)]


def _of(render: Callable[[Declaration, Lang], bytes]) -> Rendering:
    """A format that shows the declaration alone."""
    return lambda dossier, lang: [render(dossier.declaration, lang)]


_FORMATS: Mapping[Format, tuple[str, Rendering]] = {
    "html": (".html", _html),
    "pdf": (".pdf", _pdf),
    "json": (".json", _of(data.render)),
    "csv": (".csv", _of(tables.requirements)),
    "sarif": (".sarif", _of(sarif.render)),
    "badge": (".svg", _of(verdict.badge)),
    "annotations": (".txt", _of(failures.render)),
    "coverage": (".coverage.csv", _of(tables.coverage)),
    "tk-log": (".tk-log.csv", _of(tables.log)),
    "load": (".load.csv", _of(tables.load)),
    "attestation": (".intoto.json", lambda dossier, _: [attestation.render(dossier)]),
}
"""What a file of each format is called after `declaration`, and how it is made."""
SUFFIXES: Mapping[Format, str] = {kind: suffix for kind, (suffix, _) in _FORMATS.items()}


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
