"""What a run has to say to a form's fields: test results by the case that is cited, elements sent, figures of the run.

Nothing here is an answer; all of it is proposed. What is not shown is not proposed: a case that a form cites and no suite
has, one that was not run, one that broke on our side.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from lxml import etree

from rivta.declaration.form.figures import FIGURES
from rivta.declaration.form.part import RunPart, SeenExchange, part_of
from rivta.declaration.form.proposal import facts_of
from rivta.declaration.proven import Acceptances
from rivta.model.declaration import Declaration, Form, Proposal
from rivta.model.errors import Unreadable
from rivta.model.run import CaseResult, Run
from rivta.model.words import Source, Text, Verdict
from rivta.report.word.answering import said_of_vendor
from rivta.report.word.fields import QUESTIONS, WordField, WordForm
from rivta.text import identity, xml
from rivta.text.catalogue import text

INDEX_CONTRACT: Final = "Update"
"""The contract of the index (Engagemangsindex) whose tests `EI_TF` cites; the system is its consumer."""

_ELEMENT = re.compile(r"\((?P<name>[A-Za-z]\w*)(?:\s*=\s*(?P<value>\w+))?\)\s*\Z")
_PERSONS = {"personnummer": "personnummer", "samordningsnummer": "samordningsnummer", "reservnummer": "reservid"}
_VALIDATION = frozenset({"schema", "rules"})
_SENT_ENCODED = re.compile(r"^Anrop sker med .*teckenkodning")
_OF_INDEX = re.compile(r"EI Update")
_DISCLOSURE = re.compile(r"^Finns det omständigheter")
_NEEDS_LOOK = re.compile(r"personuppgifter|^Svar levereras med korrekt fält")
"""Questions that go beyond what their test case can see: no personal data in a fault, and what is mandatory in a record."""
_VALUES = {Verdict.PASSED: "yes", Verdict.FAILED: "no"}


def needs_look(field: WordField) -> bool:
    """Whether a proposal for the field is to be judged by a human even more than others."""
    return _NEEDS_LOOK.search(field.question) is not None


class Evidence:
    """A run, seen from one form."""

    def __init__(self, form: WordForm, run: Run | None) -> None:
        self.run = run
        found = run.header.contracts.get(_called(form, run)) if run else None
        self.version = found.version if found else ""
        """The version of the form's contract that the run is of; empty when it is not of that contract."""
        self._accepted = Acceptances.by(run.counted if run else ())
        self.is_of_version = not found or found.version.split(".")[:2] == form.version.split(".")[:2]
        self._parts = {
            "TF": _part(run, _called(form, run), form.role) if run and self.is_of_version else None,
            "EI_TF": _part(run, INDEX_CONTRACT, "consumer") if run else None,
        }
        own = self._parts["TF"]
        self._sent = _sent(own.exchanges("consumer") if own else ())

    @property
    def concerns_form(self) -> bool:
        """Whether any case of the run is of the form's contract, version and role."""
        own = self._parts["TF"]
        return own is not None and bool(own.results or own.left)

    def of(self, field: WordField) -> Proposal | Text:
        """What the run proposes for a field, or why it proposes nothing."""
        if _DISCLOSURE.search(field.question):
            return text("word", "disclosure")
        if self.run is None:
            return text("word", "no_run" if _tells_of(field) else "asked_only")
        if field.references and field.kind == "yes-no":
            return self._of_cases(field)
        if asks_for_element(field):
            return self._of_element(field)
        if _SENT_ENCODED.search(field.question):
            return self._of_encoding()
        return self._of_figure(field)

    def unknown(self, references: Iterable[str]) -> tuple[str, ...]:
        """The cited test cases that no suite of the run has."""
        return tuple(reference for reference in references if not self._is_known(reference))

    def failed(self, field: WordField) -> tuple[CaseResult, ...]:
        """The cases behind a Nej."""
        return tuple(each for each in self._cited(field) if each.verdict is Verdict.FAILED)

    def _of_cases(self, field: WordField) -> Proposal | Text:
        results = self._cited(field)
        worst = Verdict.of(result.verdict for result in results)
        told = tuple(result.key for result in results if result.verdict is worst)
        if worst is Verdict.FAILED:
            return Proposal("no", told, worst)
        missing = self._missing(field)
        if missing:
            return missing
        if worst in _VALUES:
            return self._moot(results) or Proposal(_VALUES[worst], tuple(result.key for result in results), worst)
        return text("word", f"came_to_{worst.name.lower()}", cases=", ".join(told))

    def _moot(self, results: Iterable[CaseResult]) -> Text | None:
        """Why what passed in these cases proves nothing, if it does not: a form in YAML proposes nothing then either."""
        checks = ((check, result) for result in results for check in result.checks)
        return next(filter(None, (self._accepted.moot(*each) for each in checks)), None)

    def _missing(self, field: WordField) -> Text | None:
        unknown = self.unknown(field.references)
        if unknown:
            return text("word", "no_suite", cases=", ".join(unknown))
        done = {each.case for each in self._cited(field)}
        left = ", ".join(each for each in field.references if _case(each) not in done)
        return text("word", "not_run", cases=left) if left else None

    def _of_element(self, field: WordField) -> Proposal | Text:
        """Ja where the element was sent; nothing proves that it cannot be, so never Nej."""
        match = _ELEMENT.search(field.question)
        what = _PERSONS.get(field.question.split()[0].lower(), "")
        name, value = (match["name"], match["value"] or what) if match else ("", what)
        keys = tuple(self._sent.get((name.lower(), value.lower()), ()))
        shown = f"{name} = {value}" if value else name
        return Proposal("yes", keys, Verdict.PASSED) if keys else text("word", "not_sent", element=shown)

    def _of_encoding(self) -> Proposal | Text:
        part = self._parts["TF"]
        found = [(result.key, check.verdict) for result, check in part.checks("encoding")] if part else []
        worst = Verdict.of(verdict for _, verdict in found)
        if worst not in _VALUES:
            return text("word", "no_encoding")
        return Proposal(_VALUES[worst], tuple(dict.fromkeys(key for key, verdict in found if verdict is worst)), worst)

    def _of_figure(self, field: WordField) -> Proposal | Text:
        name = _figure(field)
        of_index = _OF_INDEX.search(field.heading) is not None
        part = self._parts["EI_TF" if of_index else "TF"]
        if not name:
            said = self.of_system(field)
            return Proposal(said, (), Verdict.PASSED) if said else text("word", "asked_only")
        if part is None or not (part.results or part.left):
            return text("word", "another_contract")
        found = FIGURES["unexpected-noted" if of_index and name == "schema-noted" else name](part)
        if isinstance(found, Proposal) and found.value == "not-applicable":
            return text("word", "nothing_to_note")
        return found

    def of_system(self, field: WordField) -> str:
        """What the environment of the run calls the tested system, for the fields that name it; empty for others."""
        if self.run is None or field.kind not in {"label", "text"}:
            return ""
        return said_of_vendor(facts_of(self.run.header.system), field)

    def _cited(self, field: WordField) -> tuple[CaseResult, ...]:
        wanted = {(reference.split(" ", maxsplit=1)[0], _case(reference)) for reference in field.references}
        return tuple(
            result
            for kind, part in self._parts.items()
            for result in (part.results if part else ())
            if (kind, result.case) in wanted
        )

    def _is_known(self, reference: str) -> bool:
        part = self._parts[reference.split(" ", maxsplit=1)[0]]
        if part is None:
            return False
        ids = {result.case for result in part.results} | {planned.case for planned in part.left}
        return _case(reference) in ids


def _figure(field: WordField) -> str:
    asked = QUESTIONS["figures"].items()
    return next((name for pattern, name in asked if re.search(pattern, field.question, re.IGNORECASE)), "")


def _tells_of(field: WordField) -> bool:
    """Whether a run could say something to the field."""
    return bool(field.references or _figure(field) or asks_for_element(field) or _SENT_ENCODED.search(field.question))


def _part(run: Run, contract: str, role: str) -> RunPart:
    """The run narrowed down to one contract in one role, by the same words as for a form in YAML."""
    named = ((each.word, domain.name) for domain in run.header.domains for each in domain.contracts)
    name = next((name for word, name in named if word == contract), "")
    produces, consumes = ((contract,), ()) if role == "producer" else ((), (contract,))
    of = Form(contract, role, name, Text.same(contract), "", (), Source(contract), produces, consumes)
    return part_of(of, Declaration(run, {}))


def _called(form: WordForm, run: Run) -> str:
    """What the run calls the contract of a form: that of its major version, where the run has several."""
    contracts = run.header.contracts
    versioned = f"{form.contract}@{form.version.partition('.')[0]}"
    words = (f"{form.domain}/{versioned}", versioned, f"{form.domain}/{form.contract}", form.contract)
    return contracts.shown(next((word for word in words if word in contracts), form.contract))


def _case(reference: str) -> str:
    return reference.split(" ", 1)[1]


def asks_for_element(field: WordField) -> bool:
    """Whether the question is one of “Ange vilka element som verifierats utan valideringsfel”."""
    in_contents = field.heading.startswith("Innehåll i tjänstekontraktet")
    return in_contents and field.kind == "yes-no" and _ELEMENT.search(field.question) is not None


def _sent(exchanges: Iterable[SeenExchange]) -> Mapping[tuple[str, str], Mapping[str, None]]:
    """The elements seen with a value in the system's own requests that had no schema or rule deviation, each with the cases.

    An element is known by its name, by that with its value, and by that with what kind of identity its value is.
    """
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for seen in exchanges:
        invalid = {check.kind for check in seen.checks if check.verdict is Verdict.FAILED} & _VALIDATION
        for name, value in () if invalid else _values(seen.exchange.request.body):
            for what in ("", value.lower(), *(each.kind for each in identity.find(value))):
                found[name.lower(), what][seen.key] = None
    return found


def _values(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        root = xml.parse(body)
    except Unreadable:
        return
    for element in root.iter(etree.Element):
        own = (element.text or "").strip() or " ".join(element.attrib.values())
        below = " ".join(value for child in element.iterdescendants(etree.Element) for value in _own(child))
        if own or below:
            yield etree.QName(element).localname, own or below


def _own(element: etree._Element) -> Iterator[str]:
    said = (element.text or "").strip()
    if said:
        yield said
    yield from element.attrib.values()
