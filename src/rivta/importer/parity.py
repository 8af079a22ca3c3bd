"""An imported suite on the project's own canned answers, assertion by assertion, with what SoapUI says beside what we say."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from rivta import contract as contract_
from rivta.check import Seen, evaluate, vocabulary
from rivta.importer.carried import ADDRESS, Carried, Origin, Sent
from rivta.importer.folder import Imported
from rivta.importer.messages import with_content
from rivta.importer.original import Original, SoapUiAnswer
from rivta.importer.project import MockResponse, Project
from rivta.importer.scope import Expectation as Written
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.exchange import Exchange, Message
from rivta.model.frozen import frozen
from rivta.model.run import CheckResult
from rivta.model.steps import Expectation
from rivta.model.words import Source, Verdict
from rivta.text.xml import parse

_ALWAYS = {"SOAP Response": "soap", "SOAP Fault Assertion": "soap", "Schema Compliance": "schema"}
"""The check that runs in every case in the place of an assertion; in that of a script it is the rules."""
_COUNTED = "it counts records there, as texts, and does not look whether they were in the first answer"
_WHY = {
    "all": "an element that holds blanks alone, or other elements, is something there",
    "any": "an element that holds blanks alone, or other elements, is something there",
    "base64": "stray letters are skipped there, and one element that decodes is enough",
}
"""What is known to be judged in another way, by check: likely, where verdicts differ, but not tried."""


@frozen
class Proof:
    """One assertion on one answer: what SoapUI says of it, and we.

    `why` tells where they differ, or why it was not tried; `told` is our finding. It is `explained` where the original's rule in the place of
    ours gives the original's verdict. `filled_in` is the answer, if content was put into it where something stood for attachments.
    """

    case: str
    assertion: str
    theirs: bool | None
    ours: bool | None
    why: str = ""
    told: str = ""
    explained: bool = False
    filled_in: str = ""

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
    named = [name for each in mock.mocks for name in (each.default, *re.findall(r'"([^"\n]*)"', each.script)[::-1])]
    default = next((answers[each] for each in named if each in answers), None)
    prover = _Prover(known, answers, default)
    for carried in imported.cases:
        yield from prover.proofs(carried)


Fill = Callable[[str], str]


@dataclass(slots=True)
class _Prover:
    """Plays cases on canned answers. `default` is what is given without a name; `judged` are verdicts that the answer alone decides."""

    known: Contracts[Contract]
    answers: Mapping[str, MockResponse]
    default: MockResponse | None
    judged: dict[tuple[str, str, bytes], Proof] = field(default_factory=dict)

    def proofs(self, carried: Carried) -> Iterator[Proof]:
        exchanges: list[Exchange] = []
        for number, sent in enumerate(carried.steps):
            if sent.told is not None:
                return
            fill = partial(carried.values.filled, more={"logical-address": f"${{{ADDRESS}}}", **sent.values})
            answer, filled_in = self.answers.get(fill(sent.mocked)) or self.default, ""
            if answer:
                body, placed = with_content(answer.body, sent.contract)
                filled_in = answer.name if placed else ""
                exchanges.append(_exchange(sent, replace(answer, body=body), number, fill))
            for origin in sent.origins:
                why = _why_not(sent, origin) if answer else "the mock has no such answer"
                found = Proof("", "", None, None, why) if why else self._judged(origin, exchanges, fill)
                name = origin.assertion.name or origin.assertion.type
                yield replace(found, case=carried.id, assertion=name, filled_in=filled_in)
            if answer is None:
                return

    def _judged(self, origin: Origin, exchanges: list[Exchange], fill: Fill) -> Proof:
        contract, now = self.known.find(exchanges[-1].contract), exchanges[-1]
        judging = _Judging(origin, contract, tuple(exchanges), fill)
        if origin.expect or now.response is None:
            return judging.proof()
        key = (now.contract, origin.assertion.type, now.response.body)
        if key not in self.judged:
            self.judged[key] = judging.proof()
        return self.judged[key]


def _why_not(sent: Sent, origin: Origin) -> str:
    """Why there are no two verdicts to compare."""
    script = origin.assertion.script
    if sent.for_each and origin.expect:
        return "it takes a system that filters"
    is_nothing = script and not origin.expect and "assertSchematronConstraints" not in script
    return "it asserts nothing, or nothing the first time" if is_nothing else ""


def _exchange(sent: Sent, answer: MockResponse, step: int, fill: Fill) -> Exchange:
    asked, answered = fill(sent.body).encode(), fill(answer.body).encode()
    message = Message((("Content-Type", "text/xml; charset=utf-8"),), answered)
    return Exchange(sent.contract.id, "", Message((), asked), message, answer.status, "", 1.0, step=step)


@frozen
class _Judging:
    """One assertion on the last of some exchanges."""

    origin: Origin
    contract: Contract
    exchanges: tuple[Exchange, ...]
    fill: Fill

    def proof(self) -> Proof:
        """SoapUI's verdict, ours, and why they differ or one is missing."""
        bodies = [each.response.body for each in self.exchanges if each.response]
        answered = SoapUiAnswer(bodies[-1], self.exchanges[-1].status or 0, bodies[:-1], self.exchanges[-1].elapsed_ms)
        original = Original(self.origin.scope, self.contract, self.fill)
        theirs, results = original.verdict(self.origin.assertion, answered), [*self._results()]
        ours = _passed(results)
        if ours is None or theirs is None or ours == theirs:
            missing = "its script is not emulated" if theirs is None else "nothing of ours says so alone"
            return Proof("", "", theirs, ours, missing if None in (ours, theirs) else "")
        failed = next((each for each in results if each.verdict is Verdict.FAILED), results[0])
        told = failed.findings[0].message.en if failed.findings else ""
        by_their_rule = failed.kind == "compare" and self._fewer() == theirs
        why = _COUNTED if by_their_rule else _WHY.get(failed.kind, "no reason is known")
        return Proof("", "", theirs, ours, why, told, by_their_rule)

    def _fewer(self) -> bool | None:
        """Whether the last answer has fewer of our records than the one before, as numbers only where the script makes them such."""
        records, bodies = self.contract.records, [each.response.body for each in self.exchanges[-2:] if each.response]
        if records is None or len(bodies) != 2:
            return None
        way = "/".join(f"{{*}}{each}" for each in ("Body", "*", *records.path.split("/")))
        before, now = (len(parse(each).findall(way)) for each in bodies)
        return before > now if "toInteger()" in self.origin.assertion.script else str(before) > str(now)

    def _results(self) -> Iterator[CheckResult]:
        type_ = self.origin.assertion.type
        always = Expectation(_ALWAYS.get(type_, "rules"), {}, Source("", 1))
        written = [*map(self._expectation, self.origin.expect)] or [always]
        allowed = type_ == "SOAP Response"  # it says nothing of Faults
        prefixes = {**self.origin.scope.prefixes, "soapenv": "http://schemas.xmlsoap.org/soap/envelope/"}
        *earlier, last = self.exchanges
        seen = Seen(last, self.contract, prefixes, fault_allowed=allowed, earlier=tuple(earlier))
        for each in written:
            yield evaluate(each, seen, verifies=())

    def _expectation(self, written: Written) -> Expectation:
        ((kind, wish),) = written.items()
        first = next((each.name for each in vocabulary()[kind].parameters if each.first), "")
        args = wish if isinstance(wish, dict) else {first: wish}
        filled_in = {key: self.fill(each) if isinstance(each, str) else each for key, each in args.items()}
        return Expectation(kind, filled_in, Source("", 1))


def _passed(results: list[CheckResult]) -> bool | None:
    """Whether checks pass; None where they do not come to a verdict by themselves."""
    verdicts = {each.verdict for each in results} - {Verdict.NOT_APPLICABLE}
    if not verdicts or not verdicts <= {Verdict.PASSED, Verdict.NOT_PROVEN, Verdict.FAILED}:
        return None
    return Verdict.of(verdicts) is Verdict.PASSED


def table(found: list[Proof]) -> Iterator[str]:
    """How many were tried and agree, which do not and why, and what was not tried."""
    told = data(found)
    yield f"on the project's own answers: {told['assertions']} assertions, {told['tried']} tried, {told['agree']} with one verdict"
    if told["explained"]:
        yield f"  {told['explained']} more with SoapUI's own rule in the place of ours"
    if told["filled-in"]:
        yield f"  {told['filled-in']} of the answers have content now where something stood for attachments"
    cases: dict[str, list[str]] = {}
    for each in found:
        if each.was_tried and each.theirs != each.ours:
            sides = "passes there, not here" if each.theirs else "passes here, not there"
            cases.setdefault(f"{each.assertion} {sides}: {each.why}", []).append(each.case)
    for why, names in cases.items():
        yield f"  {why}: {', '.join(dict.fromkeys(names))}"
    for why, number in told["not-tried"].items():
        yield f"  {number} not tried: {why}"


def data(found: list[Proof]) -> dict[str, Any]:
    tried = [each for each in found if each.was_tried]
    differing = [each for each in tried if each.theirs != each.ours]
    return {
        "assertions": len(found),
        "tried": len(tried),
        "agree": len(tried) - len(differing),
        "filled-in": len({each.filled_in for each in found} - {""}),
        "explained": sum(each.explained for each in differing),
        "differ": [
            {"case": each.case, "assertion": each.assertion, "soapui": each.theirs, "rivta": each.ours}
            | {"why": each.why, "finding": each.told, "explained": each.explained}
            for each in differing
        ],
        "not-tried": dict(Counter(each.why for each in found if not each.was_tried).most_common()),
    }
