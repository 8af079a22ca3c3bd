"""From a form's file to the form: its sections gathered, its references looked up, its questions given their origin."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

from rivta.declaration.form.figures import FIGURES
from rivta.declaration.form.proposal import contract_of
from rivta.model.declaration import Form, Question, Section
from rivta.model.domain import Domain
from rivta.model.errors import did_you_mean
from rivta.text import places
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.grammar import Bilingual, Field, Found, ListOf, OneOf, Record, String, Variant, YesNo
from rivta.text.yaml.tree import Entry

Origin = Literal["cases", "coverage", "run", "vendor"]


class FormReader:
    """Reads forms for one domain; without a domain a skeleton's slots stay open. Mistakes go into `found`."""

    def __init__(self, domain: Domain | None, cases: Collection[str] | None) -> None:
        self.found = Found()
        self._domain = domain
        self._cases = cases

    def form(self, path: Path, role: str) -> Form:
        """The form, for the role that it names; a skeleton for the role that is given."""
        entry = _load(path)
        name = self._role(entry, role)
        parts = self._domain.roles.get(name) if self._domain else None
        skeleton = "" if "domain" in entry else entry["role"]
        sections = tuple(self._sections(path, entry))
        self._check_ids(sections)
        return Form(
            id=entry["form"],
            role=name,
            domain=self._domain.name if self._domain else entry.get("domain", ""),
            title=entry["title"],
            version=entry["version"],
            sections=sections,
            source=entry.source,
            produces=parts.produces if parts and skeleton != "consumer" else (),
            consumes=parts.consumes if parts and skeleton != "producer" else (),
        )

    def _role(self, entry: Entry, role: str) -> str:
        if "domain" not in entry:
            return role or str(entry["role"])
        if self._domain:
            self._check(entry["domain"], [self._domain.name], "domain", entry, "domain")
            self._check(entry["role"], self._domain.roles, "role", entry, "role")
        return str(entry["role"])

    def _check(self, name: str, known: Iterable[str], what: str, entry: Entry, key: str) -> None:
        if name not in known:
            self._unknown(name, known, what, entry, key)

    def _unknown(self, name: str, known: Iterable[str], what: str, entry: Entry, key: str) -> None:
        source = dict(entry.items_of(key)).get(name, entry.source_of(key))
        self.found.say(f"unknown {what} “{name}”", source, did_you_mean(name, known))

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
        """A section of another form. It cannot be taken from there twice removed: a skeleton writes its own."""
        # The form that another one takes a section from: beside it, else a skeleton that travels with rivta.
        name = written["from"]
        beside, skeleton = path.parent / name, places.suites() / "forms" / name
        other = _load(skeleton if skeleton.is_file() and not beside.is_file() else beside)
        known = {each["number"]: each for each in other["sections"] if "number" in each and "questions" in each}
        if written["section"] not in known:
            self._unknown(written["section"], known, "section", written, "section")
            return None
        section = self._section(known[written["section"]])
        return replace(section, number=written.get("number", section.number))

    def _section(self, written: Entry) -> Section:
        questions = tuple(self._question(each) for each in written["questions"])
        return Section(written["number"], written["title"], questions)

    def _question(self, written: Entry) -> Question:
        requirements = tuple(dict.fromkeys((*self._requirements(written), *self._slots(written))))
        for key in written.get("cases", ()) if self._cases is not None else ():
            self._check(key, self._cases or (), "case", written, "cases")
        self._check_choices(written)
        fact = written.get("element") or written.get("figure") or written.get("vendor") or ""
        if "element" in written and self._domain:
            with self.found.catching():
                self._domain.contracts.find(contract_of(fact), written.source_of("element"))
        return Question(
            id=written["id"],
            text=written["text"],
            answer=written.get("answer", "yes-no"),
            origin=_origin(written, decided=bool(requirements or written.get("cases"))),
            confirm=written.get("confirm", False),
            requirements=requirements,
            cases=tuple(written.get("cases", ())),
            fact=fact,
            tf=tuple(written.get("tf", ())),
            help=written.get("help"),
            choices=tuple(written.get("choices", ())),
            source=written.source_of("id"),
            disclosure=written.get("disclosure", False),
            optional=written.get("optional", False),
        )

    def _requirements(self, written: Entry) -> Iterator[str]:
        for id_ in written.get("requirements", ()):
            if self._domain:
                self._check(id_, self._domain.requirements, "requirement", written, "requirements")
            yield id_

    def _slots(self, written: Entry) -> Iterator[str]:
        """The domain's requirements for what a skeleton asks of all: by the check that proves it, or by a shared id."""
        for slot in written.get("slots", ()) if self._domain else ():
            id_ = self._domain.every_case.get(slot, slot) if self._domain else slot
            if self._domain and id_ in self._domain.requirements:
                yield id_

    def _check_choices(self, written: Entry) -> None:
        if (written.get("answer") == "choice") != ("choices" in written):
            what = "a question has choices exactly when its answer is a choice"
            self.found.say(what, written.source, "write answer: choice and choices: […], or neither")

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
    return grammar.load(compose.compose(written, shown), FORM)


def _origin(written: Entry, *, decided: bool) -> Origin:
    if "origin" in written:
        return cast("Origin", written["origin"])
    if "element" in written:
        return "coverage"
    if "figure" in written:
        return "run"
    return "cases" if decided else "vendor"


# What may stand where in a form's file


_NUMBER = String(r"(?:(?:TP|TK) )?[0-9]+(?:\.[0-9]+)*", "a section number", "2.2.1", also=({"type": "number"},))
_ID = String(r"[a-z0-9]+(?:-[a-z0-9]+)*", "an id of small letters, digits and hyphens", "response-time")
_ELEMENT = r"(?:\w+(?:\.\w+)+/)?[A-Za-z0-9]+(?:@\d+)?(?:/[A-Za-z0-9]+)+(?:\[@[A-Za-z]+=[^\]]+\])?"

_QUESTION = Record(
    "question",
    {
        "id": Field(_ID, "the question’s name; the same name in two forms is the same question", required=True),
        "text": Field(Bilingual(), "what is asked, in our own short words", required=True),
        "help": Field(Bilingual(), "what to think of when answering"),
        "answer": Field(
            OneOf(
                {
                    "yes-no": "yes, no or not-applicable",
                    "text": "free text",
                    "number": "a number",
                    "date": "a date, YYYY-MM-DD",
                    "choice": "one of the choices",
                }
            ),
            "what kind of answer is wanted (default: yes-no)",
        ),
        "choices": Field(ListOf(Bilingual(), some=True), "what may be chosen"),
        "origin": Field(
            OneOf(
                {
                    "cases": "what the named cases and requirements came to",
                    "coverage": "what the system was seen sending",
                    "run": "a figure of the run",
                    "vendor": "the vendor alone can say",
                }
            ),
            "where the answer comes from (default: by what else is named here)",
        ),
        "requirements": Field(ListOf(String(), some=True), "the requirements that decide"),
        "cases": Field(ListOf(String(), some=True), "the cases that decide, such as RegisterLoan/1.2"),
        "slots": Field(
            ListOf(String(), some=True),
            "in a skeleton: checks that run in every case, or requirements, as far as the domain has them",
        ),
        "element": Field(
            String(_ELEMENT, "a contract and a path of element names", "RegisterLoan/borrower/personId"),
            "the element that the system is to be seen sending; an attribute may be demanded: […/personId[@root=1.2]]",
        ),
        "figure": Field(OneOf({name: figure.doc for name, figure in FIGURES.items()}), "the figure of the run"),
        "vendor": Field(_ID, "the fact about the vendor that answers this, written once for all forms"),
        "confirm": Field(YesNo(), "a human must look at it, whatever the evidence says"),
        "disclosure": Field(YesNo(), "yes is what needs words here, not no"),
        "optional": Field(YesNo(), "may be left without an answer"),
        "tf": Field(ListOf(String(), some=True), "references to test cases, as the official form writes them"),
    },
)
_OWN_SECTION = Record(
    "section",
    {
        "number": Field(_NUMBER, "the official form’s section number", required=True),
        "title": Field(Bilingual(), "the section’s heading", required=True),
        "questions": Field(ListOf(_QUESTION, some=True), "the questions", required=True),
    },
)
_TAKEN_SECTION = Record(
    "section",
    {
        "from": Field(
            String(),
            "the form that the section is taken from, relative to this file, or a skeleton of rivta’s",
            required=True,
        ),
        "section": Field(_NUMBER, "its number there", required=True),
        "number": Field(_NUMBER, "its number here (default: the same)"),
    },
)
FORM = Record(
    "form",
    {
        "form": Field(_ID, "the form’s name", required=True),
        "domain": Field(String(), "the service domain; a skeleton has none and serves all"),
        "role": Field(String(), "the role that is declared; of a skeleton producer or consumer", required=True),
        "title": Field(Bilingual(), "the form’s heading", required=True),
        "version": Field(String(), "the form’s version", required=True),
        "sections": Field(
            ListOf(Variant("section", {"questions": _OWN_SECTION, "from": _TAKEN_SECTION}), some=True),
            "the sections in order",
            required=True,
        ),
    },
    doc="A self-declaration form of pytest-rivta: what is asked, and where each answer comes from",
)
