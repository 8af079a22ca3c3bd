"""An imported suite on the project's own canned answers, assertion by assertion, with what SoapUI says beside what we say."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rivta import contract as contract_
from rivta.check import Seen, evaluate, vocabulary
from rivta.contract.message import open_envelope
from rivta.importer.carried import Carried, Origin, Sent
from rivta.importer.folder import Imported
from rivta.importer.original import Answered, Original
from rivta.importer.project import Answer, Project
from rivta.importer.scope import Expectation as Written
from rivta.importer.values import named_in
from rivta.model.case import Expectation
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CheckResult
from rivta.model.words import Source, Verdict

_ALWAYS = {"SOAP Response": "soap", "SOAP Fault Assertion": "soap", "Schema Compliance": "schema"}
_WHY = {
    "compare": "counts are compared as texts there, and a record that was not in the first answer passes",
    "schema": "one library alone is asked there, and here another one refuses it too",
    "all": "an element that holds blanks alone, or other elements, is something there",
    "any": "an element that holds blanks alone, or other elements, is something there",
    "contains": "text is looked for in the message as it came",
    "base64": "stray letters are skipped there, and one element that decodes is enough",
    "soap": "a Fault, or a root that is not the contract’s, is looked for in another way",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """One assertion on one answer: what SoapUI says of it, and we. `why` tells where they differ, or why it was not tried."""

    case: str
    assertion: str
    theirs: bool | None
    ours: bool | None
    why: str = ""

    @property
    def was_tried(self) -> bool:
        return self.theirs is not None and self.ours is not None


def proofs(imported: Imported, mock: Project, folder: Path) -> Iterator[Proof]:
    """Every assertion that was carried, on the canned answer that its request asks for by name, else the mock's own."""
    known = Contracts(
        each
        for path in folder.glob("*/domain.yaml")
        for each in contract_.read_domain(path.parent, vocabulary()).contracts.values()
    )
    answers = {one.name: one for each in mock.mocks for one in each.answers}
    default = next((answers.get(each.default) for each in mock.mocks if each.default in answers), None)
    for carried in imported.cases:
        yield from _Played(imported, carried, known, answers, default).proofs()


@dataclass(slots=True)
class _Played:
    """One case on canned answers."""

    imported: Imported
    carried: Carried
    known: Contracts[Contract]
    answers: Mapping[str, Answer]
    default: Answer | None

    def proofs(self) -> Iterator[Proof]:
        exchanges: list[Exchange] = []
        for number, sent in enumerate(self.carried.steps):
            answer = self.answers.get(self._filled(sent.mocked)) or self.default
            if sent.told is not None:
                return
            if answer is None:
                named = (each.assertion.name or each.assertion.type for each in sent.origins)
                yield from (Proof(self.carried.id, name, None, None, "the mock has no such answer") for name in named)
                return
            contract = self.known.find(sent.contract.id)
            exchanges.append(self._exchange(sent, answer, number))
            for origin in sent.origins:
                yield self._proof(sent, origin, contract, exchanges)

    def _exchange(self, sent: Sent, answer: Answer, step: int) -> Exchange:
        asked, answered = self._filled(sent.body).encode(), self._filled(answer.body).encode()
        message = Message((("Content-Type", "text/xml; charset=utf-8"),), answered)
        return Exchange(sent.contract.id, "", Message((), asked), message, answer.status, "", 1.0, step=step)

    def _proof(self, sent: Sent, origin: Origin, contract: Contract, exchanges: list[Exchange]) -> Proof:
        name = origin.assertion.name or origin.assertion.type
        if sent.for_each:
            return Proof(self.carried.id, name, None, None, "it takes a system that filters")
        now = exchanges[-1]
        bodies = [each.response.body for each in exchanges if each.response]
        answered = Answered(bodies[-1], now.status or 0, bodies[:-1])
        theirs = Original(origin.scope, self._filled).verdict(origin.assertion, answered)
        if origin.assertion.type == "Schema Compliance":
            theirs = _is_valid(contract, answered.body)
        results = list(self._ours(origin, contract, exchanges))
        verdicts = {each.verdict for each in results} - {Verdict.NOT_APPLICABLE}
        if not verdicts or not verdicts <= {Verdict.PASSED, Verdict.NOT_PROVEN, Verdict.FAILED}:
            return Proof(self.carried.id, name, theirs, None, "nothing of ours says so alone")
        ours = Verdict.of(verdicts) is Verdict.PASSED
        if theirs is None:
            return Proof(self.carried.id, name, None, ours, "its script is not emulated")
        failed = next((each for each in results if each.verdict is Verdict.FAILED), results[0])
        told = failed.findings[0].message.en if failed.findings else ""
        why = "" if theirs == ours else f"{_WHY.get(failed.kind, 'no reason is known')}; {told}"
        return Proof(self.carried.id, name, theirs, ours, why)

    def _ours(self, origin: Origin, contract: Contract, exchanges: list[Exchange]) -> Iterator[CheckResult]:
        place = Source("", 1)
        written = list(map(self._expectation, origin.expect)) or [Expectation(self._kind(origin), {}, place)]
        allowed = origin.assertion.type == "SOAP Response"  # it says nothing of Faults
        prefixes = {**origin.scope.prefixes, "soapenv": "http://schemas.xmlsoap.org/soap/envelope/"}
        seen = Seen(exchanges[-1], contract, prefixes, fault_allowed=allowed, earlier=tuple(exchanges[:-1]))
        for each in written:
            yield evaluate(each, seen, verifies=(), exchange=len(exchanges) - 1)

    @staticmethod
    def _kind(origin: Origin) -> str:
        if "assertSchematronConstraints" in origin.assertion.script:
            return "rules"
        return _ALWAYS.get(origin.assertion.type, "soap")

    def _expectation(self, written: Written) -> Expectation:
        ((kind, wish),) = written.items()
        first = next((each.name for each in vocabulary()[kind].parameters if each.first), "")
        args = wish if isinstance(wish, dict) else {first: wish}
        return Expectation(kind, {name: self._value(value) for name, value in args.items()}, Source("", 1))

    def _value(self, value: object) -> object:
        return self._filled(value) if isinstance(value, str) else value

    def _filled(self, text: str) -> str:
        """A text with the values of the case; what a mock would have put in by itself is called by its name."""
        known = self.carried.values.everywhere() | self.carried.values.known()
        for _ in range(5):
            for name in named_in([text]):
                text = text.replace(
                    f"${{{name}}}",
                    known.get(name, known.get("logicalAddress", "") if name == "logical-address" else name),
                )
        return text.replace("$${", "${")


def _is_valid(contract: Contract, body: bytes) -> bool | None:
    """What one library says of a message, as SoapUI asks one; None for what is no message of the contract."""
    try:
        envelope = open_envelope(body)
    except Unreadable:
        return False
    return None if envelope.payload is None else not contract_.schemas(contract).first(envelope.root)


def table(found: list[Proof]) -> Iterator[str]:
    """How many were tried and agree, which do not and why, and what was not tried."""
    tried = [each for each in found if each.was_tried]
    differing = [each for each in tried if each.theirs != each.ours]
    yield f"on the project's own answers: {len(found)} assertions, {len(tried)} tried, {len(tried) - len(differing)} with one verdict"
    for each in differing:
        sides = "passes there, not here" if each.theirs else "passes here, not there"
        yield f"  {each.case} {each.assertion}: {sides}: {each.why}"
    for why, number in Counter(each.why for each in found if not each.was_tried).most_common():
        yield f"  {number} not tried: {why}"


def data(found: list[Proof]) -> dict[str, object]:
    tried = [each for each in found if each.was_tried]
    return {
        "assertions": len(found),
        "tried": len(tried),
        "agree": sum(each.theirs == each.ours for each in tried),
        "differ": [
            {"case": each.case, "assertion": each.assertion, "soapui": each.theirs, "rivta": each.ours, "why": each.why}
            for each in tried
            if each.theirs != each.ours
        ],
        "not-tried": dict(Counter(each.why for each in found if not each.was_tried)),
    }
