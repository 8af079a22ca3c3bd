"""What a case of SoapUI becomes, while it is carried over: its steps, what each expects, and what is left to a person."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from rivta.contract.declarations import undeclared, undeclared_alone
from rivta.importer import scripts
from rivta.importer.contracts import Contracts, ImportedContract
from rivta.importer.data import Data
from rivta.importer.groovy import Unsupported, told
from rivta.importer.project import Assertion, Mock, Project, SoapUiCase, SoapUiStep
from rivta.importer.scope import Expectation, ScriptScope, holds
from rivta.importer.scripts import Period, ScriptMeaning
from rivta.importer.values import Spaces, Values
from rivta.model.frozen import frozen

ADDRESS = "logicalAddress"


@frozen
class NotCarried:
    """What is not carried: where it stands, why, and the original."""

    place: str
    why: str
    original: str = ""

    @property
    def todo(self) -> Expectation:
        said = {"why": self.why, "place": self.place} | ({"original": self.original} if self.original else {})
        return {"todo": {key: text.replace("${", "$${") for key, text in said.items()}}


@frozen
class Origin:
    """What an assertion became: `scope` is what its script's words meant there, `expect` what stands in its place."""

    assertion: Assertion
    scope: ScriptScope
    expect: tuple[Expectation, ...]


@dataclass(slots=True)
class Sent:
    """A step of ours in the making: `body` is its template, `values` are those that the case has by itself when it is sent.

    `mocked` is the canned answer that it asked a mock for.
    """

    name: str
    contract: ImportedContract
    body: str
    expect: list[Expectation] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    for_each: dict[str, object] | None = None
    capture: dict[str, str] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)
    change: dict[str, str] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = ""
    told: Mapping[str, object] | None = None
    mocked: str = ""
    origins: list[Origin] = field(default_factory=list)


@dataclass(slots=True)
class Carrier:
    """What the cases of a project share, in order: a script may set for the next case too where records are."""

    project: Project
    data: Data
    contracts: Contracts
    spaces: Callable[[ImportedContract], Spaces]
    record: str = ""
    periods: dict[str, Period] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.record = self.project.properties.get("RecordElementPath", "")

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that scripts use: properties of the project."""
        return {name[6:]: value for name, value in self.project.properties.items() if name.startswith("xmlns:")}

    @property
    def mocked(self) -> dict[str, list[Mock]]:
        """The mocks of each contract that systems call, by its id."""
        found: dict[str, list[Mock]] = {}
        for mock in self.project.mocks:
            contract = self.contracts.get((mock.interface, mock.operation))
            if contract is not None and mock.answers:
                found.setdefault(contract.id, []).append(mock)
        return found

    def describes(self, contract: ImportedContract) -> bool:
        """Whether the domain says of a contract what the records are that scripts now look at."""
        record = self.record.lstrip("/").rpartition(":")[2]
        return bool(record) and record == contract.record


@dataclass(slots=True)
class Carried:
    """A case of ours: `levels` counts its assertions by what it took to read each, `notes` what changed on the way without being lost.

    The rest is known while it is read. `calling` are the cases that run each other, the one that is read last; `stepped` counts their steps.
    `counted` and `saved` are the numbers of the steps whose records, and whose answer, scripts have kept; `again` is how the next message is
    sent several times, `same_size` which ones have to be answered the same once more. `rows` are those of data sources, `changes` what is put
    into a message that is still to come, by its step and an XPath, `waiting` what stands with the last message that is sent, and `goes_on_at` the step before which nothing more is read.
    """

    carrier: Carrier
    case: SoapUiCase
    id: str
    values: Values
    steps: list[Sent] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    left: list[NotCarried] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    step_level: int = 1
    calling: tuple[SoapUiCase, ...] = ()
    stepped: int = 0
    counted: int = 1
    saved: int = 1
    again: dict[str, object] | None = None
    same_size: dict[int, Origin] = field(default_factory=dict)
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    changes: dict[str, dict[str, str]] = field(default_factory=dict)
    waiting: list[NotCarried] = field(default_factory=list)
    goes_on_at: SoapUiStep | None = None

    @property
    def level(self) -> int:
        return max([self.step_level, *self.levels])

    @property
    def contract(self) -> ImportedContract | None:
        """The one that is called first: its file is where the case stands."""
        return next((each.contract for each in self.steps if each.told is None), None)

    def number(self, name: str) -> int | None:
        """The number of the last step of ours that a step of SoapUI became."""
        return next((n for n in range(len(self.steps), 0, -1) if self.steps[n - 1].name == name), None)

    def spaces(self, contract: ImportedContract) -> Spaces:
        """The prefixes of the file that the case stands in; `contract` is the one that is about to be called."""
        return self.carrier.spaces(self.contract or contract)

    def took(self, level: int) -> None:
        """It took this much to read."""
        self.step_level = max(self.step_level, level)

    def leave(self, step: SoapUiStep, why: str, original: str = "") -> None:
        self.waiting.append(NotCarried(self.place(step.line, step.name), why, original.strip()))

    def place(self, line: int, *names: str) -> str:
        parts = (self.case.suite, self.case.name, *names)
        project = self.carrier.project
        return project.mask.text(f"{project.path.name}:{line}: {' / '.join(filter(None, parts))}")


def addressed(body: str) -> str:
    """A template with the logical address of the step, as the environment or `to` has it."""
    return body.replace(f"${{{ADDRESS}}}", "${logical-address}")


# What an assertion of SoapUI becomes: a check of ours, several, or one that runs in every case anyway


_RULES = re.compile(r"assertSchematronConstraints\((?:['\"]([^'\"]*)['\"])?\)")
_RECORDS = {"time_filter", "compare", "filtered"}
"""Checks that need to know what records are."""


def assertions(carried: Carried, step: SoapUiStep, sent: Sent) -> None:
    """What the assertions of a step say, as what the message of ours is to show; what is left of them as a `todo`."""
    for each in step.assertions:
        try:
            _assertion(carried, each, sent)
        except (Unsupported, RecursionError) as trouble:
            original = each.script or "; ".join(f"{name}: {value}" for name, value in each.settings.items())
            place = carried.place(each.line, step.name, each.name or each.type)
            carried.left.append(NotCarried(place, told(trouble).why, original.strip()))
            sent.expect.append(carried.left[-1].todo)


def _assertion(carried: Carried, assertion: Assertion, sent: Sent) -> None:
    carrier = carried.carrier
    if re.search(r"allRecords = ca\.getContentRecords\(\)", assertion.script):
        carried.counted = len(carried.steps)
    described = carrier.describes(sent.contract)
    scope = ScriptScope(carrier.record, described, {}, carried.counted, carried.saved, carrier.prefixes)
    meaning = _Asserted(carried, sent, scope).meaning(assertion)
    if len(carried.calling) == 1:
        carried.levels.append(meaning.level)
    carried.took(meaning.level)
    if meaning.period:
        carrier.periods.setdefault(sent.contract.id, meaning.period)
    if meaning.same_size:
        carried.same_size[len(carried.steps)] = Origin(assertion, replace(scope, saved=len(carried.steps)), ())
    sent.origins.append(Origin(assertion, scope, meaning.expect))
    sent.expect += [each for each in meaning.expect if each not in sent.expect]


@frozen
class _Asserted:
    """What an assertion on one message means; `scope` is what the words of scripts mean there."""

    case: Carried
    sent: Sent
    scope: ScriptScope

    def meaning(self, assertion: Assertion) -> ScriptMeaning:
        is_script = assertion.type == "GroovyScriptAssertion"
        meaning = self._scripted(assertion) if is_script else ScriptMeaning(1, self._plain(assertion))
        self._check_names(meaning)
        return meaning

    def _plain(self, assertion: Assertion) -> tuple[Expectation, ...]:
        settings, expect = assertion.settings, tuple[Expectation, ...]()
        match assertion.type:
            case "SOAP Response" | "Schema Compliance" | "SOAP Fault Assertion":
                pass  # run in every case of ours; the last wants no Fault, in spite of its name
            case "Not SOAP Fault Assertion":
                # Any Fault: that of a system that breaks, too, which `fault` takes for no refusal.
                self.sent.without["soap"] = "the case counts on a SOAP Fault"
                expect = (holds("boolean(/soapenv:Envelope/soapenv:Body/soapenv:Fault)"),)
            case "Response SLA Assertion":
                expect = ({"max_ms": _whole(self.case.values.text(settings.get("SLA", "")))},)
            case "Simple Contains" | "Simple NotContains":
                expect = (self._contained(settings, absent="Not" in assertion.type),)
            case "XPath Match" | "XQuery Match":  # as far as its query is an XPath
                expect = (self._matched(settings),)
            case "Valid HTTP Status Codes" | "Invalid HTTP Status Codes":
                codes = re.findall(r"\b\d{3}\b", settings.get("codes", ""))
                if not codes:
                    raise Unsupported("it names no HTTP status code")
                expect = ({"http_status": {"codes": codes} | _if(absent=assertion.type.startswith("Invalid"))},)
            case type_:
                raise Unsupported(f"an assertion of the type {type_} has no counterpart")
        return expect

    def _contained(self, settings: Mapping[str, str], *, absent: bool) -> Expectation:
        if settings.get("useRegEx") == "true":
            raise Unsupported("a pattern, which is looked for in the whole message")
        text = self.case.values.text(settings.get("token", ""))
        if not text:
            raise Unsupported("no text that is looked for")
        any_case = settings.get("ignoreCase") == "true"
        return {"contains": {"text": text, "raw": True} | _if(absent=absent, any_case=any_case)}

    def _matched(self, settings: Mapping[str, str]) -> Expectation:
        wanted = self.case.values.text(settings.get("content", "")).strip()
        if "<" in wanted:
            raise Unsupported("a piece of XML that is compared")
        path = self.spaces.xpath(self.case.values.text(settings.get("path", "")))
        if settings.get("allowWildcards") == "true" and "*" in wanted:
            return {"xpath": {"path": path, "matches": ".*".join(map(re.escape, wanted.split("*")))}}
        return {"xpath": {"path": path, "equals": wanted}}

    def _scripted(self, assertion: Assertion) -> ScriptMeaning:
        if rules := _RULES.search(assertion.script):
            self.case.carrier.rules.setdefault(self.sent.contract.id, rules[1] or "constraints.xml")
        meaning, contract = scripts.of_assertion(assertion.script, self.scope), self.sent.contract
        needs = meaning.same_size or any(not _RECORDS.isdisjoint(each) for each in meaning.expect)
        if needs and not (contract.record if meaning.same_size else self.scope.is_described):
            raise Unsupported("the records of this contract are not described")
        return replace(meaning, expect=tuple(map(self._bound, meaning.expect)))

    @property
    def spaces(self) -> Spaces:
        return self.case.spaces(self.sent.contract)

    def _bound(self, expected: Expectation) -> Expectation:
        """The same, each of its paths in the prefixes of the file; the address as our steps have it."""
        ((kind, wish),) = expected.items()
        if not isinstance(wish, dict):
            return expected
        bound = {key: addressed(value) if isinstance(value, str) else value for key, value in wish.items()}
        path = {"path": self.spaces.xpath(str(bound["path"]), self.scope.prefixes)} if "path" in bound else {}
        return {kind: bound | path}

    def _check_names(self, meaning: ScriptMeaning) -> None:
        """What no schema of the contract declares is never found: the original passes, or fails, whatever the system does."""
        prefixes, names = self.spaces.prefixes, self.sent.contract.names
        spaces = {namespace for namespace, _ in names}
        for each in meaning.expect:
            for wish in each.values():
                path = wish.get("path", "") if isinstance(wish, dict) else ""
                lacking = [name for name, space, _ in undeclared(str(path), prefixes, names) if space in spaces]
                for shown in (*lacking, *undeclared_alone(str(path), names)):
                    raise Unsupported(f"no schema of the contract declares {shown}, so that it is never found")


def _if(**words: bool) -> dict[str, object]:
    """The words of a check that are yes."""
    return {name: True for name, is_so in words.items() if is_so}


def _whole(text: str) -> int:
    if not text.strip().isdigit():
        raise Unsupported("a time that is not written out")
    return int(text)
