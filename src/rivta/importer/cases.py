"""From a case of SoapUI to one of ours, step by step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rivta.importer import scripts
from rivta.importer.assertions import Assertions
from rivta.importer.carried import Carried, Carrier, Left, Origin, Sent, addressed
from rivta.importer.contracts import Contract
from rivta.importer.groovy import Strange
from rivta.importer.project import Assertion, Case, Step
from rivta.importer.scope import Expectation, Scope, slug
from rivta.importer.scripts import Told
from rivta.importer.values import Values

_MOCKED = "x-mock-response"
_NUMBER = re.compile(r"[A-Za-z]*-?\d+(?:\.\d+)*")
_NO_SOAP = {"restrequest": "REST", "httprequest": "HTTP", "jdbc": "a database", "amfrequest": "AMF"}
_AT_ONCE = "a step of ours begins when the one before is answered"


def carried(carrier: Carrier, case: Case) -> Carried:
    """A case, with the number that its name begins with as its id; else the name."""
    number = _NUMBER.match(case.name)
    id_ = number[0] if number else re.sub(r"[\s\[\]:/]+", "-", case.name).strip("-") or "case"
    return _Reading(carrier, Carried(case, id_, [], Values(carrier.project, carrier.data, case))).read()


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
        for name in case.idle:
            self._note(f"{name}: is disabled there")
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
                self._note(f"{step.name}: waits for {step.settings.get('delay', '?')} ms; {_AT_ONCE}")
            case "manualTestStep":
                self._ask(step)
            case "mockresponse":
                self._receive(step)
            case kind:
                what = _NO_SOAP.get(kind)
                self._leave(step, f"it is {what}, no SOAP" if what else f"a step of the kind {kind} has no counterpart")

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
        if contract is None or not step.body.strip():
            self._leave(
                step, "it sends nothing" if contract else f"nothing can be read of the contract of {'/'.join(key)}"
            )
            return
        sent = self._sent(step, contract)
        self.done.steps.append(sent)
        for assertion in step.assertions:
            self._assertion(step, assertion, sent)
        if sent.for_each and sent.for_each["value"] == "page":
            sent.expect.append({"paging": {}})

    def _sent(self, step: Step, contract: Contract) -> Sent:
        headers = {name: self.done.values.lenient(written) for name, written in step.headers.items()}
        mocked = next((written for name, written in step.headers.items() if name.lower() == _MOCKED), "")
        body, why = self.done.values.lenient(step.body)
        untold = [each for each in (why, *(each for _, each in headers.values())) if each]
        for each in (*untold[:1], *(f"it is sent with {each}" for each in step.besides)):
            self._leave(step, each)
        if step.idle:
            self._note(f"{step.name}: {step.idle} of its assertions are disabled there")
        again, self.again = self.again, None
        if "${page.reference}" in body:
            again = {"value": "page", "number": 10} if self.carrier.describes(contract) else None
            if again is None:
                self._leave(step, "it asks for the next page of records that are not described")
        kept = {name: text for name, (text, _) in headers.items() if name.lower() != _MOCKED}
        return Sent(
            step.name, contract, addressed(body), headers=kept, for_each=again, endpoint=step.endpoint, mocked=mocked
        )

    def _call(self, step: Step) -> None:
        target = step.settings.get("targetTestCase", "")
        called = next((each for each in self.carrier.project.cases if each.id == target), None)
        if called is None or target in self.calling:
            why = (
                "the case that it runs is not there" if called is None else "it runs itself, by other cases or at once"
            )
            self._leave(step, why)
            return
        self.done.step_level = max(self.done.step_level, 4)
        self._steps(called)

    def _transfer(self, step: Step, transfer: Mapping[str, str]) -> None:
        source, path = transfer.get("sourceStep", ""), transfer.get("sourcePath", "")
        target, kind = transfer.get("targetStep", ""), transfer.get("targetType", "")
        if transfer.get("sourceType", "").lower() != "response" or not path or not self.done.number(source):
            self._leave(step, f"it takes {transfer.get('sourceType', 'nothing')} of {source or 'no step'}")
            return
        if transfer.get("targetPath"):
            self._leave(step, "it puts a value into a request that is still to come, by a path")
            return
        levels = {"#TestCase#": "case", "#TestSuite#": "suite", "#Project#": "project"}
        self.done.values.captured[f"{levels.get(target, slug(target))}_{slug(kind)}"] = (source, path)

    def _ask(self, step: Step) -> None:
        said = filter(None, map(step.settings.get, ("description", "expectedResult")))
        text = " ".join(said) or step.name
        action = re.sub(r"[^a-z0-9]+", "-", step.name.lower()).strip("-")
        told = {"ask": " ".join(text.split()), "action": action if action[:1].isalpha() else f"ask-{action}".strip("-")}
        self._other(step, told)

    def _receive(self, step: Step) -> None:
        answer, why = self.done.values.lenient(step.settings.get("responseContent", ""))
        self._other(step, {"receive": {}}, answer)
        if why:
            self._leave(step, why)

    def _other(self, step: Step, told: Mapping[str, object], body: str = "") -> None:
        own = self.carrier.contracts.get((step.settings.get("interface", ""), step.settings.get("operation", "")))
        known = (own, *(each.contract for each in reversed(self.done.steps)), *self.carrier.contracts.values())
        contract = next(filter(None, known), None)
        if contract is None:
            self._leave(step, "the project has no contract that can be read")
            return
        self.done.steps.append(Sent(step.name, contract, body, told=told))

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
                self.counted = self.done.number(told.names[0]) or self.counted
            case "save":
                self.saved = self.done.number(told.names[0]) or self.saved
            case "same":
                self._same(step, *told.names)
            case "guard":
                self._note(f"{step.name}: skipped where its script says; ours is played everywhere")
            case "sleep":
                self._note(f"{step.name}: waits; {_AT_ONCE}")

    def _interval(self, step: Step, kind: str) -> None:
        number = "366" if kind == "date" else self.done.values.known().get("numberOfIntervals", "30")
        limit = {"number": int(number)} if kind != "before" and number.isdigit() else {}
        before = self.done.steps[self.counted - 1] if self.done.steps else None
        if before is None or not self.carrier.describes(before.contract):
            self._leave(step, "it draws periods from records that are not described", step.script.strip())
            return
        some: Expectation = {"records": {"min": 1}}  # without any it fails there
        before.expect += [some] if some not in before.expect else []
        self.again = {"value": kind, "of": self.counted} | limit
        for name in re.findall(r"context\.(\w+(?:Start|End)) =", step.script):
            self.done.values.renamed[name] = f"interval.{'start' if name.endswith('Start') else 'end'}"

    def _same(self, step: Step, one: str, other: str) -> None:
        first, second = sorted((self.done.number(one) or 0, self.done.number(other) or 0))
        if not first or not self.carrier.describes(self.done.steps[second - 1].contract):
            why = "it compares answers that are not both there, or whose records are not described"
            self._leave(step, why, step.script.strip())
            return
        self.done.step_level = max(self.done.step_level, 2)
        self.done.steps[second - 1].expect.append({"compare": {"since": first, "gives": "same"}})

    def _assertion(self, step: Step, assertion: Assertion, sent: Sent) -> None:
        if re.search(r"allRecords = ca\.getContentRecords\(\)", assertion.script):
            self.counted = len(self.done.steps)
        carrier = self.carrier
        described = carrier.describes(sent.contract)
        scope = Scope(carrier.record, described, {}, self.counted, self.saved, carrier.prefixes)
        try:
            meaning = Assertions(carrier, self.done, sent, scope).meaning(assertion)
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
        sent.origins.append(Origin(assertion, scope, meaning.expect))
        sent.expect += [each for each in meaning.expect if each not in sent.expect]

    # The end

    def _repeat(self, number: int) -> None:
        """The message once more: what SoapUI compares by size over a load test says the same as before."""
        again = replace(self.done.steps[number - 1], expect=[{"compare": {"since": number, "gives": "same"}}])
        self.done.steps.append(again)

    def _capture(self) -> None:
        """What texts take from an earlier answer is captured where that answer comes."""
        for name, (step, path) in self.done.values.captured.items():
            try:
                number = self.done.number(step)
                if number is None:
                    raise Strange(f"there is no step {step} before")  # noqa: TRY301 - told as what is no XPath is
                sent = self.done.steps[number - 1]
                sent.capture[name] = f"string({self.carrier.spaces(self.done.contract or sent.contract).xpath(path)})"
            except Strange as strange:
                self.waiting.append(Left(self._place(None, self.done.case.line), str(strange), path))

    def _settle(self) -> None:
        """What a step left stands with the last message that is sent: nothing after it counts as proven."""
        last = next((each for each in reversed(self.done.steps) if each.told is None), None)
        for left in self.waiting:
            self.done.left.append(left)
            if last is not None:
                last.expect.append(left.todo)
