"""A report drawn up once more from its run, and held against the one that lies there.

A seal finds whoever changes a report, unless he makes a new seal, which anyone can. What the evidence gives cannot be made anew
without changing the evidence, and that has a manifest and maybe a signature.
"""

from collections.abc import Iterator
from pathlib import Path

from rivta import __version__, contract, suite
from rivta.check import vocabulary
from rivta.declaration import deviations, dossier
from rivta.evidence.seal import ReportPart, Statement, differing, joined, language, manifest_of
from rivta.model.errors import RivtaError
from rivta.model.frozen import frozen
from rivta.model.run import Papers, Run
from rivta.model.words import Text
from rivta.report import attestation
from rivta.report.formats import rendered
from rivta.text import places
from rivta.text.catalogue import text

_WITH_A_COMPARISON = {"changes", "nav"}
"""The parts of a report that a comparison with an earlier run shows in."""


@frozen
class Again:
    """Renders reports of one run once more. `suites` is where its domains lie, if that is said, `previous` the run that it was compared with."""

    run: Run
    suites: Path | None = None
    previous: Path | None = None

    def of(self, name: str, html: bytes) -> Statement:
        """Whether the report is what the evidence gives; where that cannot be tried, why not."""
        if self.run.header.rivta != __version__:
            return self._other_version(name)
        here = {folder.name for folder in contract.find_domains(self._place)}
        missing = sorted({facts.name for facts in self.run.header.domains} - here)
        if missing:
            return self._not_again(name, text("seal", "again-no-domain", domains=", ".join(missing)))
        try:
            return self._compared(name, html)
        except RivtaError as error:
            return self._not_again(name, Text.same(error.what))

    def attested(self, name: str, told: attestation.Json) -> Statement:
        """Whether an attestation's predicate says what the evidence gives."""
        if self.run.header.rivta != __version__:
            return self._other_version(name)
        has_known = any(each.get("name") == deviations.FILE for each in told["configuration"])
        papers = Papers(deviations=dossier.beside(Papers(), self.run.folder).deviations if has_known else None)
        ours = attestation.predicate(dossier.Dossier(dossier.held(self.run, papers), papers))
        if told == ours:
            return Statement("attestation-again", name, {"result": str(told["result"])})
        if has_known and ours["configuration"][-1] not in told["configuration"]:
            return self._not_again(name, text("seal", "again-other-deviations"))
        return Statement("attestation-otherwise", name)

    def _other_version(self, name: str) -> Statement:
        return Statement("report-other-version", name, {"theirs": self.run.header.rivta, "ours": __version__})

    def _compared(self, name: str, html: bytes) -> Statement:
        found: tuple[ReportPart, ...] = ()
        for ours in self._renderings(html):
            if ours == html:
                return Statement("report-again", name)
            here = differing(html, ours)
            found = found or here
            if not self.suites and not self._has_our_suites():
                return self._not_again(name, text("seal", "again-other-suites"))
            if not self.previous and {part.label for part in here} <= _WITH_A_COMPARISON:
                return self._not_again(name, text("seal", "again-no-previous"))
        return Statement("report-otherwise", name, {"parts": joined(part.shown for part in found)})

    def _renderings(self, html: bytes) -> Iterator[bytes]:
        """As it may have been asked for: identities hidden, or names and free text too."""
        manifest = manifest_of(html)
        used = {each.kind for each in manifest.entries} if manifest else set()
        kept = dossier.beside(Papers(), self.run.folder)
        papers = Papers(
            kept.answers if "answers" in used else None,
            kept.deviations if "deviations" in used else None,
            self.previous,
        )
        for run in (self.run, dossier.veiled(self.run)):
            yield rendered(dossier.draw_up(run, papers, self._place), "html", language(html))

    @property
    def _place(self) -> Path:
        """Where the domains lie: where it was said, else where the run had them, else where the shipped ones are."""
        return self.suites or next((each for each in self._of_the_run() if each.is_dir()), places.suites())

    def _of_the_run(self) -> Iterator[Path]:
        names = {facts.name for facts in self.run.header.domains}
        for folder in (Path(path).parent for path in self.run.header.suites if Path(path).is_absolute()):
            if folder.parent.name in names and names <= {each.name for each in folder.parents[1].glob("*")}:
                yield folder.parents[1]

    def _has_our_suites(self) -> bool:
        """Whether the run was of the very suites that lie here: a domain of the same name may have another form."""
        domains = {facts.name: self._place / facts.name for facts in self.run.header.domains}
        read = {name: contract.read_domain(folder) for name, folder in domains.items()}
        for path, digest in self.run.header.suites.items():
            name, *rest = Path(path).parts[-3:]
            here = domains.get(name, Path()).joinpath(*rest)
            if name in domains and (not here.is_file() or suite.read(here, read[name], vocabulary()).digest != digest):
                return False
        return True

    @staticmethod
    def _not_again(name: str, why: Text) -> Statement:
        return Statement("report-not-again", name, {"why": why})
