"""Declaration forms as data: read, filled in from the evidence and the vendor's answers, and looked through for what lacks.

suites/<domain>/forms/<role>.yaml     a domain's own form for a role
suites/forms/producer.yaml            the skeleton for every role that answers calls
suites/forms/consumer.yaml            the skeleton for every role that makes them
suites/forms/party.yaml               the skeleton for a role that does neither
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from rivta.declaration.form.filling import Shortcoming, asked, bad_value, counts, fill, is_asked, shortcomings
from rivta.declaration.form.proposal import contract_of
from rivta.model.declaration import Form, Question, Section
from rivta.model.domain import Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.text import places
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.grammar import Found
from rivta.text.yaml.tree import Entry

Origin = Literal["cases", "coverage", "run", "vendor"]
_FORM = FormFile(Path(__file__).with_name("form.yaml"))
"""What may stand in a form: which keys there are, what stands under them, what they mean."""


def read(path: Path, domain: Domain | None = None, cases: Collection[str] | None = None, role: str = "") -> Form:
    """The form that a file holds. `role` is the domain's role that a skeleton is read for.

    With a domain the requirements, the role and the contracts that the form names must exist there; with the keys of its
    cases the cases too; without one a skeleton's slots stay open. UsageError, or Mistakes with all of them, for what is wrong.
    """
    reader = _FormReader(domain, cases)
    form = reader.form(path, role)
    grammar.settle(reader.found)
    return form


def for_role(domain: Domain, role: str, cases: Collection[str] | None = None) -> tuple[Form, ...]:
    """The forms that a role is declared in: the domain's own, else the skeletons for the parts that the role plays."""
    if role not in domain.roles:
        raise UsageError(f"{domain.name} has no role “{role}”", todo=did_you_mean(role, domain.roles))
    own = domain.folder / "forms" / f"{role}.yaml"
    if own.is_file():
        return (read(own, domain, cases),)
    parts = domain.roles[role]
    plays = [name for name, some in (("producer", parts.produces), ("consumer", parts.consumes)) if some]
    return tuple(read(_skeleton(f"{name}.yaml"), domain, cases, role) for name in plays or ["party"])


def json_schema() -> dict[str, Any]:
    """The form of a form as JSON Schema (draft 2020-12), for editors. What must exist elsewhere is beyond it."""
    return grammar.json_schema(_FORM["form"], "A declaration form of pytest-rivta")


def _skeleton(name: str) -> Path:
    return places.suites() / "forms" / name


class _FormReader:
    """Reads forms for one domain. Mistakes go into `found`."""

    def __init__(self, domain: Domain | None, cases: Collection[str] | None) -> None:
        self.found = Found()
        self._domain = domain
        self._cases = cases

    def form(self, path: Path, role: str) -> Form:
        """The form, for the role that it names; a skeleton for the role that is given."""
        entry, domain = _load(path), self._domain
        is_skeleton = "domain" not in entry
        if not is_skeleton and domain:
            self._check(entry["domain"], [domain.name], "domain", entry, "domain")
            self._check(entry["role"], domain.roles, "role", entry, "role")
        name = (is_skeleton and role) or str(entry["role"])
        parts = domain.roles.get(name) if domain else None
        sections = tuple(self._sections(path, entry))
        self._check_ids(sections)
        return Form(
            id=entry["form"],
            role=name,
            domain=domain.name if domain else entry.get("domain", ""),
            title=entry["title"],
            version=entry["version"],
            sections=sections,
            source=entry.source,
            produces=parts.produces if parts and not (is_skeleton and entry["role"] == "consumer") else (),
            consumes=parts.consumes if parts and not (is_skeleton and entry["role"] == "producer") else (),
        )

    def _check(self, name: str, known: Iterable[str], what: str, entry: Entry, key: str) -> bool:
        """Whether there is one of that name; if not, that is a mistake."""
        if name in known:
            return True
        source = dict(entry.items_of(key)).get(name, entry.source_of(key))
        self.found.say(f"unknown {what} “{name}”", source, did_you_mean(name, known))
        return False

    def _sections(self, path: Path, entry: Entry) -> Iterator[Section]:
        numbers: dict[str, int] = {}
        for written in entry["sections"]:
            section = self._taken(path, written) if "from" in written else self._section(written)
            if section is None:
                continue
            if section.number in numbers:
                what = f"section {section.number} stands already on line {numbers[section.number]}"
                self.found.say(what, written.source, "give each section a number of its own")
            numbers.setdefault(section.number, written.source.line)
            yield section

    def _taken(self, path: Path, written: Entry) -> Section | None:
        """A section of another form: of one beside it, else of a skeleton that travels with rivta.

        It cannot be taken from there twice removed: a skeleton writes its own.
        """
        beside, skeleton = path.parent / written["from"], _skeleton(written["from"])
        other = _load(skeleton if skeleton.is_file() and not beside.is_file() else beside)
        known = {each["number"]: each for each in other["sections"] if "number" in each and "questions" in each}
        if not self._check(written["section"], known, "section", written, "section"):
            return None
        section = self._section(known[written["section"]])
        return replace(section, number=written.get("number", section.number))

    def _section(self, written: Entry) -> Section:
        return Section(written["number"], written["title"], tuple(map(self._question, written["questions"])))

    def _question(self, written: Entry) -> Question:
        self._check_question(written)
        requirements = tuple(dict.fromkeys((*written.get("requirements", ()), *self._slots(written))))
        cases = tuple(written.get("cases", ()))
        return Question(
            id=written["id"],
            text=written["text"],
            answer=written.get("answer", "yes-no"),
            origin=_origin(written, decided=bool(requirements or cases)),
            confirm=written.get("confirm", False),
            requirements=requirements,
            cases=cases,
            fact=_fact(written),
            tf=tuple(written.get("tf", ())),
            help=written.get("help"),
            choices=tuple(written.get("choices", ())),
            source=written.source_of("id"),
            disclosure=written.get("disclosure", False),
            optional=written.get("optional", False),
        )

    def _check_question(self, written: Entry) -> None:
        domain = self._domain
        for id_ in written.get("requirements", ()) if domain else ():
            self._check(id_, domain.requirements if domain else (), "requirement", written, "requirements")
        for key in written.get("cases", ()) if self._cases is not None else ():
            self._check(key, self._cases or (), "case", written, "cases")
        if (written.get("answer") == "choice") != ("choices" in written):
            what = "a question has choices exactly when its answer is a choice"
            self.found.say(what, written.source, "write answer: choice and choices: […], or neither")
        if "element" in written and domain:
            with self.found.catching():
                domain.contracts.find(contract_of(_fact(written)), written.source_of("element"))

    def _slots(self, written: Entry) -> Iterator[str]:
        """The domain's requirements for what a skeleton asks of all: by the check that proves it, or by a shared id."""
        if domain := self._domain:
            ids = (domain.every_case.get(slot, slot) for slot in written.get("slots", ()))
            yield from (id_ for id_ in ids if id_ in domain.requirements)

    def _check_ids(self, sections: Iterable[Section]) -> None:
        lines: dict[str, int] = {}
        for question in (each for section in sections for each in section.questions):
            line = question.source.line if question.source else 0
            if question.id in lines:
                what = f"the id “{question.id}” is taken by the question on line {lines[question.id]}"
                self.found.say(what, question.source, "give each question an id of its own")
            lines.setdefault(question.id, line)


def _load(path: Path) -> Entry:
    shown = compose.shown_as(path)
    return _loaded(compose.contents(path, shown), shown)


@lru_cache(maxsize=32)  # a run reads its forms several times, and an entry is never changed
def _loaded(written: bytes, shown: str) -> Entry:
    entry: Entry = grammar.load(compose.compose(written, shown), _FORM["form"])
    return entry


def _fact(written: Entry) -> str:
    fact: str = written.get("element") or written.get("figure") or written.get("vendor") or ""
    return fact


def _origin(written: Entry, *, decided: bool) -> Origin:
    if "origin" in written:
        return cast("Origin", written["origin"])
    if "element" in written:
        return "coverage"
    if "figure" in written:
        return "run"
    return "cases" if decided else "vendor"
