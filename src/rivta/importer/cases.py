"""From a case of SoapUI to one of ours: its steps, what each expects, and what is left to a person, with the reason."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from rivta.contract.names import undeclared
from rivta.importer import scripts
from rivta.importer.contracts import Contract, Contracts
from rivta.importer.data import Data
from rivta.importer.groovy import Strange
from rivta.importer.project import Assertion, Case, Project, Step
from rivta.importer.scope import Expectation, Scope, holds, slug
from rivta.importer.scripts import Meaning, Period, Told
from rivta.importer.values import Spaces, Values

ADDRESS = "logicalAddress"
_MOCKED = "x-mock-response"
_NUMBER = re.compile(r"[A-Za-z]*-?\d+(?:\.\d+)*")
_NO_SOAP = {"restrequest": "REST", "httprequest": "HTTP", "jdbc": "a database", "amfrequest": "AMF"}
_WAITS = {"delay": "a delay", "sleep": "a delay"}


@dataclass(frozen=True, slots=True)
class Left:
    """What is not carried: where it stands, why, and the original."""

    place: str
    why: str
    original: str = ""

    @property
    def todo(self) -> Expectation:
        said = {"why": self.why, "place": self.place} | ({"original": self.original} if self.original else {})
        return {"todo": {key: text.replace("${", "$${") for key, text in said.items()}}


@dataclass(frozen=True, slots=True)
class Origin:
    """What an assertion became: `scope` is what its script's words meant there, `expect` what stands in its place."""

    assertion: Assertion
    scope: Scope
    expect: tuple[Expectation, ...]


@dataclass(slots=True)
class Sent:
    """A step of ours in the making: `body` is its template, `mocked` the canned answer that it asked a mock for."""

    name: str
    contract: Contract
    body: str
    expect: list[Expectation] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    to: str = ""
    for_each: dict[str, object] | None = None
    capture: dict[str, str] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""
    told: Mapping[str, object] | None = None
    mocked: str = ""
    origins: list[Origin] = field(default_factory=list)


@dataclass(slots=True)
class Carried:
    """A case of ours: `levels` counts its assertions by what it took to read each, `notes` what changed on the way without being lost."""

    case: Case
    id: str
    steps: list[Sent]
    values: Values
    levels: list[int] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    step_level: int = 1

    @property
    def level(self) -> int:
        return max([self.step_level, *self.levels])

    @property
    def contract(self) -> Contract | None:
        return next((each.contract for each in self.steps if each.told is None), None)


@dataclass(slots=True)
class Carrier:
    """Carries the cases of a project, in order: a script may set for the next case too where records are."""

    project: Project
    data: Data
    contracts: Contracts
    spaces: Callable[[Contract], Spaces]
    record: str = ""
    periods: dict[str, Period] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.record = self.project.properties.get("RecordElementPath", "")

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that scripts use: properties of the project."""
        return {name[6:]: value for name, value in self.project.properties.items() if name.startswith("xmlns:")}

    def carried(self, case: Case) -> Carried:
        name = _NUMBER.match(case.name)
        id_ = name[0] if name else re.sub(r"[\s\[\]:/]+", "-", case.name).strip("-") or "case"
        return _Reading(self, Carried(case, id_, [], Values(self.project, self.data, case))).read()


@dataclass(slots=True)
class _Reading:
    """One case as it is read, step by step."""

    carrier: Carrier
    done: Carried
    counted: int = 1
    saved: int = 1
    again: dict[str, object] | None = None
    same_size: list[int] = field(default_factory=list)
    waiting: list[Left] = field(default_factory=list)
    calling: tuple[str, ...] = ()

    def read(self) -> Carried:
        self._setup()
        self._steps(self.done.case)
        for number in self.same_size:
            self._repeat(number)
        self._capture()
        self._settle()
        return self.done

    def _setup(self) -> None:
        if self.done.case.setup.strip():
            self._script(Step("groovy", "setup script", self.done.case.line, {}, self.done.case.setup))

    def _steps(self, case: Case) -> None:
        self.calling = (*self.calling, case.id)
        self._look_ahead(case)
        for step in case.steps:
            self._step(step)
        self.calling = self.calling[:-1]

    def _look_ahead(self, case: Case) -> None:
        """Names that a later script of the case sets from a `hasMore`: the request before it is the first of several pages."""
        for step in case.steps:
            for name, part in re.findall(r"context\.(\w+) = escaped(LogicalAdress|Reference)", step.script):
                self.done.values.renamed[name] = "logical-address" if part != "Reference" else "page.reference"

    def _step(self, step: Step) -> None:
        match step.kind:
            case "request":
                self._request(step)
            case "groovy":
                self._script(step)
            case "calltestcase":
                self._call(step)
            case "properties":
                self.done.values.steps[step.name] = step.properties
            case "transfer":
                for each in step.transfers:
                    self._transfer(step, each)
            case "delay":
                self._note(
                    f"{step.name}: waits for {step.settings.get('delay', '?')} ms; a step of ours begins when the one before is answered"
                )
            case "manualTestStep":
                self._ask(step)
            case "mockresponse":
                self._receive(step)
            case kind:
                why = (
                    f"it is {_NO_SOAP[kind]}, no SOAP"
                    if kind in _NO_SOAP
                    else f"a step of the kind {kind} has no counterpart"
                )
                self._leave(step, why)

    def _note(self, text: str) -> None:
        self.done.notes.append(text)

    def _place(self, step: Step | None, line: int, name: str = "") -> str:
        case = self.done.case
        parts = (case.suite, case.name, step.name if step else "", name)
        return f"{self.carrier.project.path.name}:{line}: {' / '.join(filter(None, parts))}"

    def _leave(self, step: Step, why: str, original: str = "") -> None:
        self.waiting.append(Left(self._place(step, step.line), why, original))

    # Steps

    def _request(self, step: Step) -> None:
        key = (step.settings.get("interface", ""), step.settings.get("operation", ""))
        contract = self.carrier.contracts.get(key)
        if contract is None:
            self._leave(step, f"nothing can be read of the contract of {'/'.join(key)}")
            return
        if not step.body.strip():
            self._leave(step, "it sends nothing")
            return
        values = self.done.values
        body, why = values.lenient(step.body)
        sent = Sent(step.name, contract, _addressed(body), endpoint=step.endpoint)
        for name, written in step.headers.items():
            if name.lower() == _MOCKED:
                sent.mocked = written
                continue
            sent.headers[name], more = values.lenient(written)
            why = why or more
        if why:
            self._leave(step, why)
        if "${page.reference}" in body:
            self.again = {"value": "page", "number": 10}
        sent.for_each, self.again = self.again, None
        self.done.steps.append(sent)
        for assertion in step.assertions:
            self._assertion(step, assertion, sent)
        if sent.for_each and sent.for_each["value"] == "page":
            sent.expect.append({"paging": {}})

    def _call(self, step: Step) -> None:
        target = step.settings.get("targetTestCase", "")
        called = next((each for each in self.carrier.project.cases if each.id == target), None)
        if called is None or target in self.calling:
            self._leave(
                step,
                "the case that it runs is not there" if called is None else "it runs itself, by other cases or at once",
            )
            return
        self.done.step_level = max(self.done.step_level, 4)
        self._steps(called)

    def _transfer(self, step: Step, transfer: Mapping[str, str]) -> None:
        source, path = transfer.get("sourceStep", ""), transfer.get("sourcePath", "")
        target, kind = transfer.get("targetStep", ""), transfer.get("targetType", "")
        if transfer.get("sourceType", "").lower() != "response" or not path or not self._number(source):
            self._leave(step, f"it takes {transfer.get('sourceType', 'nothing')} of {source or 'no step'}")
            return
        if transfer.get("targetPath"):
            self._leave(step, "it puts a value into a request that is still to come, by a path")
            return
        levels = {"#TestCase#": "case", "#TestSuite#": "suite", "#Project#": "project"}
        self.done.values.captured[f"{levels.get(target, slug(target))}_{slug(kind)}"] = (source, path)

    def _ask(self, step: Step) -> None:
        text = (
            " ".join(filter(None, (step.settings.get("description"), step.settings.get("expectedResult")))) or step.name
        )
        action = re.sub(r"[^a-z0-9]+", "-", step.name.lower()).strip("-")
        told = {"ask": " ".join(text.split()), "action": action if action[:1].isalpha() else f"ask-{action}".strip("-")}
        self._other(step, told)

    def _receive(self, step: Step) -> None:
        self._other(step, {"receive": {}})
        self._note(
            f"{step.name}: waits for a call and gives it its own answer; ours answers OK unless `answer:` says more"
        )

    def _other(self, step: Step, told: Mapping[str, object]) -> None:
        before = next(
            (each.contract for each in reversed(self.done.steps)), next(iter(self.carrier.contracts.values()), None)
        )
        if before is None:
            self._leave(step, "the project has no contract that can be read")
            return
        self.done.steps.append(Sent(step.name, before, "", told=told))

    def _script(self, step: Step) -> None:
        try:
            for told in scripts.of_step(step.script):
                self._told(step, told)
        except Strange as strange:
            self._leave(step, f"its script is not read: {strange}", step.script.strip())

    def _told(self, step: Step, told: Told) -> None:
        self.done.step_level = max(self.done.step_level, told.level)
        match told.kind:
            case "record":
                (self.carrier.record,) = told.names
            case "constant":
                name, value = told.names
                self.done.values.own[slug(name)] = value
            case "date" | "interval" | "before":
                self._interval(step, told.kind)
            case "count":
                self.counted = self._number(told.names[0]) or self.counted
            case "save":
                self.saved = self._number(told.names[0]) or self.saved
            case "same":
                self._same(step, *told.names)
            case "guard":
                self._note(f"{step.name}: skipped where its script says; ours is played everywhere")
            case "sleep":
                self._note(f"{step.name}: a delay, which ours does not have")

    def _interval(self, step: Step, kind: str) -> None:
        number = {"date": "366", "interval": self.done.values.known().get("numberOfIntervals", "30"), "before": "1"}[
            kind
        ]
        self.again = {"value": kind, "of": self.counted} | (
            {"number": int(number)} if number.isdigit() and kind != "before" else {}
        )
        for name in re.findall(r"context\.(\w+(?:Start|End)) =", step.script):
            self.done.values.renamed[name] = f"interval.{'start' if name.endswith('Start') else 'end'}"

    def _same(self, step: Step, one: str, other: str) -> None:
        first, second = sorted((self._number(one) or 0, self._number(other) or 0))
        if not first or not self._is_described(self.done.steps[second - 1]):
            self._leave(
                step,
                "it compares answers that are not both there, or whose records are not described",
                step.script.strip(),
            )
            return
        self.done.step_level = max(self.done.step_level, 2)
        self.done.steps[second - 1].expect.append({"compare": {"since": first, "gives": "same"}})

    def _number(self, name: str) -> int | None:
        """The number of the last step of ours that a step of SoapUI became."""
        return next((n for n in range(len(self.done.steps), 0, -1) if self.done.steps[n - 1].name == name), None)

    # Assertions

    def _is_described(self, sent: Sent) -> bool:
        record = self.carrier.record.lstrip("/").rpartition(":")[2]
        return bool(record) and record == sent.contract.record

    def _assertion(self, step: Step, assertion: Assertion, sent: Sent) -> None:
        try:
            meaning = self._meaning(assertion, sent)
            self._check_names(meaning, sent)
        except Strange as strange:
            original = assertion.script or "; ".join(f"{name}: {value}" for name, value in assertion.settings.items())
            name = assertion.name or assertion.type
            left = Left(self._place(step, assertion.line, name), str(strange), original.strip())
            self.done.left.append(left)
            sent.expect.append(left.todo)
            return
        if len(self.calling) == 1:
            self.done.levels.append(meaning.level)
        self.done.step_level = max(self.done.step_level, meaning.level)
        if meaning.period:
            self.carrier.periods.setdefault(sent.contract.id, meaning.period)
        if meaning.same_size:
            self.same_size.append(len(self.done.steps))
        sent.origins.append(Origin(assertion, self._scope(sent), meaning.expect))
        sent.expect += [each for each in meaning.expect if each not in sent.expect]

    def _meaning(self, assertion: Assertion, sent: Sent) -> Meaning:
        settings, values = assertion.settings, self.done.values
        match assertion.type:
            case (
                "SOAP Response" | "Schema Compliance" | "SOAP Fault Assertion"
            ):  # the last wants no Fault, in spite of its name
                expect: tuple[Expectation, ...] = ()
            case (
                "Not SOAP Fault Assertion"
            ):  # any Fault: that of a system that breaks, too, which `fault` takes for no refusal
                sent.without["soap"] = "the case counts on a SOAP Fault"
                expect = (holds("boolean(/soapenv:Envelope/soapenv:Body/soapenv:Fault)"),)
            case "Response SLA Assertion":
                expect = ({"max_ms": _whole(values.text(settings.get("SLA", "")))},)
            case "Simple Contains" | "Simple NotContains":
                expect = (self._contained(settings, absent="Not" in assertion.type),)
            case "XPath Match":
                expect = (self._matched(settings, sent),)
            case "Valid HTTP Status Codes" | "Invalid HTTP Status Codes":
                codes = re.findall(r"\b\d{3}\b", settings.get("codes", ""))
                expect = ({"http_status": {"codes": codes} | _if(absent=assertion.type.startswith("Invalid"))},)
            case "GroovyScriptAssertion":
                return self._scripted(assertion, sent)
            case type_:
                raise Strange(f"an assertion of the type {type_} has no counterpart")
        return Meaning(1, expect)

    def _contained(self, settings: Mapping[str, str], *, absent: bool) -> Expectation:
        if settings.get("useRegEx") == "true":
            raise Strange("a pattern, which is looked for in the whole message")
        text = self.done.values.text(settings.get("token", ""))
        any_case = settings.get("ignoreCase") == "true"
        return {"contains": {"text": text, "raw": True} | _if(absent=absent, any_case=any_case)}

    def _matched(self, settings: Mapping[str, str], sent: Sent) -> Expectation:
        wanted = self.done.values.text(settings.get("content", "")).strip()
        if "<" in wanted:
            raise Strange("a piece of XML that is compared")
        path = self._spaces(sent).xpath(self.done.values.text(settings.get("path", "")))
        if settings.get("allowWildcards") == "true" and "*" in wanted:
            return {"xpath": {"path": path, "matches": ".*".join(map(re.escape, wanted.split("*")))}}
        return {"xpath": {"path": path, "equals": wanted}}

    def _scripted(self, assertion: Assertion, sent: Sent) -> Meaning:
        if rules := re.search(r"assertSchematronConstraints\((?:['\"]([^'\"]*)['\"])?\)", assertion.script):
            self.carrier.rules.setdefault(sent.contract.id, rules[1] or "constraints.xml")
        if re.search(r"allRecords = ca\.getContentRecords\(\)", assertion.script):
            self.counted = len(self.done.steps)
        scope = self._scope(sent)
        meaning = scripts.of_assertion(assertion.script, scope)
        if meaning.same_size and sent.contract.record == "":
            raise Strange("sizes are compared, and the records are not described")
        if not scope.is_described and any(
            key in each for each in meaning.expect for key in ("time_filter", "compare", "filtered")
        ):
            raise Strange("the records of this contract are not described")
        spaces = self._spaces(sent)
        return replace(meaning, expect=tuple(_bound(each, spaces, scope.prefixes) for each in meaning.expect))

    def _scope(self, sent: Sent) -> Scope:
        carrier = self.carrier
        return Scope(carrier.record, self._is_described(sent), {}, self.counted, self.saved, carrier.prefixes)

    def _spaces(self, sent: Sent) -> Spaces:
        """The prefixes of the file that the case stands in: that of the first contract it calls."""
        return self.carrier.spaces(self.done.contract or sent.contract)

    def _check_names(self, meaning: Meaning, sent: Sent) -> None:
        """What no schema of the contract declares is never found: the original passes, or fails, whatever the system does."""
        prefixes = self._spaces(sent).prefixes
        contract = sent.contract
        spaces = {namespace for namespace, _ in contract.names}
        for each in meaning.expect:
            for wish in each.values():
                path = wish.get("path", "") if isinstance(wish, dict) else ""
                for shown, namespace, _ in undeclared(str(path), prefixes, contract.names):
                    if namespace in spaces:
                        raise Strange(f"no schema of the contract declares {shown}, so that it is never found")

    # The end

    def _repeat(self, number: int) -> None:
        """The message once more: what SoapUI compares by size over a load test says the same as before."""
        again = replace(self.done.steps[number - 1], expect=[{"compare": {"since": number, "gives": "same"}}])
        self.done.steps.append(again)

    def _capture(self) -> None:
        """What texts take from an earlier answer is captured where that answer comes."""
        for name, (step, path) in self.done.values.captured.items():
            number = self._number(step)
            try:
                sent = self.done.steps[(number or 0) - 1]
                xpath = self._spaces(sent).xpath(path)
            except (Strange, IndexError) as trouble:
                self.waiting.append(Left(self._place(None, self.done.case.line), str(trouble), path))
                continue
            if number:
                sent.capture[name] = f"string({xpath})"
            else:
                self.waiting.append(
                    Left(self._place(None, self.done.case.line), f"there is no step {step} before", path)
                )

    def _settle(self) -> None:
        """What a step left stands with the last message that is sent: nothing after it counts as proven."""
        last = next((each for each in reversed(self.done.steps) if each.told is None), None)
        for left in self.waiting:
            self.done.left.append(left)
            if last is not None:
                last.expect.append(left.todo)


def _addressed(body: str) -> str:
    """A template with the logical address of the step, as the environment or `to` has it."""
    return body.replace(f"${{{ADDRESS}}}", "${logical-address}")


def _bound(expected: Expectation, spaces: Spaces, prefixes: Mapping[str, str]) -> Expectation:
    """The same, each of its paths in the prefixes of the file; the address as our steps have it."""
    return {kind: _bound_wish(wish, spaces, prefixes) for kind, wish in expected.items()}


def _bound_wish(wish: object, spaces: Spaces, prefixes: Mapping[str, str]) -> object:
    if not isinstance(wish, dict):
        return wish
    bound = {key: _addressed(value) if isinstance(value, str) else value for key, value in wish.items()}
    return bound | ({"path": spaces.xpath(str(bound["path"]), prefixes)} if "path" in bound else {})


def _if(**words: bool) -> dict[str, object]:
    """The words of a check that are yes."""
    return {name: True for name, is_so in words.items() if is_so}


def _whole(text: str) -> int:
    if not text.strip().isdigit():
        raise Strange("a time that is not written out")
    return int(text)


def texts_of(value: object) -> Iterator[str]:
    """Every text in a value, however deep."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from texts_of(each)
        case list() | tuple():
            for each in value:
                yield from texts_of(each)
