"""A declaration with everything that belongs to it: the run, the vendor's answers, known deviations, an earlier run.

What a person wrote is kept beside the evidence, so that the report can be drawn up again from the run's folder alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rivta import contract, evidence
from rivta.declaration import answers, comparison, deviations, form, proven
from rivta.declaration.comparison import Comparison
from rivta.evidence import disk, seal
from rivta.model.declaration import Declaration, FilledForm, FilledQuestion, Section
from rivta.model.domain import Domain
from rivta.model.frozen import frozen
from rivta.model.run import Papers, Run
from rivta.model.words import Text
from rivta.text import files, places

ANSWERS = "answers.yaml"
"""The vendor's file, as it is called beside the evidence."""


def beside(papers: Papers, folder: Path) -> Papers:
    """The papers, and where one is missing the one that the run's folder keeps."""
    return replace(
        papers,
        answers=papers.answers or _if_there(folder / ANSWERS),
        deviations=papers.deviations or _if_there(folder / deviations.FILE),
    )


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None


@frozen
class Dossier:
    """A run's declaration, drawn up: ready for any format of `report.formats`."""

    declaration: Declaration
    papers: Papers
    comparison: Comparison | None = None
    sealed: seal.Manifest | None = None
    """What the run was sealed with, where somebody has just looked."""

    def manifest(self) -> seal.Manifest:
        """What a report of it is sealed with. UsageError where the evidence is not as it was when the run ended."""
        named: tuple[tuple[seal.Kind, Path | None], ...] = (
            ("answers", self.papers.answers),
            ("deviations", self.papers.deviations),
        )
        used = [(kind, path) for kind, path in named if path]
        return seal.for_report(self.declaration.run.folder, used, self.sealed)


def veiled(run: Run) -> Run:
    """The run with names, addresses and free text to be hidden in every report of it, by its domains' elements."""
    return replace(run, veiled=tuple(sorted({name for facts in run.header.domains for name in facts.personal})))


def draw_up(run: Run, papers: Papers, suites: Path | None = None, read: Iterable[Domain] = ()) -> Dossier:
    """Set a run against its requirements, its forms, the answers and the known deviations.

    `suites` is where the domains and their forms lie; a domain that is not there is declared without a form. `read` are those that
    have been read already. UsageError for a paper that cannot be read, Refused for one that names a person who is no test person.
    """
    declared = held(run, papers)
    filled = tuple(_filled(declared, papers.answers, suites or places.suites(), {each.folder: each for each in read}))
    earlier = comparison.of(evidence.read(papers.previous), run) if papers.previous else None
    return Dossier(replace(declared, form=together(filled)), papers, earlier)


def held(run: Run, papers: Papers) -> Declaration:
    """A run set against its requirements and the known deviations alone, without forms."""
    known = deviations.read(papers.deviations) if papers.deviations else ()
    return replace(proven.of(run), deviations=deviations.sort(run, known))


def keep(folder: Path, papers: Papers) -> None:
    """Copy what people wrote into the run's folder. Its names say nothing of where it came from."""
    for paper, name in ((papers.answers, ANSWERS), (papers.deviations, deviations.FILE)):
        if paper and paper.resolve() != (folder / name).resolve():
            with files.writing(folder / name):
                disk.write(folder / name, files.contents(paper))


def _filled(
    declared: Declaration, path: Path | None, suites: Path, read: Mapping[Path, Domain]
) -> Iterator[FilledForm]:
    header = declared.run.header
    folders = {folder.name: folder for folder in contract.find_domains(suites)}
    for facts in header.domains:
        if facts.name not in folders:
            continue
        domain = read.get(folders[facts.name]) or contract.read_domain(folders[facts.name])
        forms = [each for role in header.roles if role in domain.roles for each in form.for_role(domain, role)]
        given = answers.read(path, forms, test_identities=header.test_identities) if path else None
        yield from (form.fill(each, declared, given) for each in forms)


def together(forms: Sequence[FilledForm]) -> FilledForm | None:
    """The forms of all roles as one: what they share stands once, where the first of them has it."""
    if len(forms) < 2:
        return forms[0] if forms else None
    sections: dict[tuple[str, str], tuple[Section, list[FilledQuestion]]] = {}
    asked: set[str] = set()
    for each in forms:
        for section, questions in each.sections:
            _, own = sections.setdefault((section.number, section.title.sv), (section, []))
            own += [question for question in questions if question.question.id not in asked]
            asked |= {question.question.id for question in questions}
    titles = [each.form.title for each in forms]
    title = Text.joined(titles, " · ")
    ordered = sorted(
        sections.values(), key=lambda pair: [int(part) for part in pair[0].number.split(".") if part.isdigit()]
    )
    return FilledForm(
        replace(forms[0].form, title=title),
        tuple((section, tuple(questions)) for section, questions in ordered if questions),
    )
