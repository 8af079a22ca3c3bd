"""The cases that samples become: a case for each that is drawn, with an id that stays and a title that a person reads.

The message is put together as it would be sent, with stand-ins for what a run itself gives, and things are changed in that.
The changes are made anew in the message of the case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import Final

from lxml import etree

from rivta.contract import message, read_wsdl
from rivta.contract.editing import places_of
from rivta.contract.instance import fullest
from rivta.contract.samples import Bench, Drawing, DrawnSamples, Sample, edited
from rivta.model.case import Case, Samples, Suite
from rivta.model.domain import Contract
from rivta.model.environment import Environment
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.run import SamplesTried
from rivta.model.steps import Receive, Send, Step, Watch
from rivta.model.words import Direction, Lang, Text, Value
from rivta.text import cache, identity, xml
from rivta.text.catalogue import words
from rivta.text.placeholder import Scope, fill

_STAND_INS: Final[Mapping[str, Value]] = {
    "unique": "5a3b1c9d7e0f",
    "seed": "1",
    "run": {"id": "20260901T101500Z-5a3b"},
    "now": {"timestamp": "20260901101500", "date": "20260901", "minute": "202609011015"},
}
_ADDRESS: Final = "SE2321000016-1"
_SHOWN: Final = 40
"""Characters of a value that a title shows."""
_DRAWN: Final[dict[object, DrawnSamples]] = {}
"""What was drawn, by everything that decides it: a suite is read several times in a run."""
_ANSWERS: Final[dict[object, tuple[bytes, DrawnSamples]]] = {}
"""The same of answers, each with the response that they were made from."""


@frozen
class SamplesOutcome:
    """What came of one declaration of samples. None of `drawn`: the environment lacks data that the message needs."""

    suite: Suite
    samples: Samples
    drawn: DrawnSamples | None


@dataclass(frozen=True)
class Choice:
    """How samples are drawn in a run: the seed, and whether all are tried. `told` is filled as suites are expanded, `progress` hears of
    how many have been tried out.
    """

    seed: int = 1
    is_all: bool = False
    told: dict[tuple[str, str], SamplesOutcome] = field(default_factory=dict)
    progress: Callable[[str], None] = field(default=lambda _: None, compare=False)

    def with_samples(self, suite: Suite, environment: Environment | None) -> Suite:
        """The suite with a case for each sample drawn. UsageError where a message is not valid itself, so that nothing follows."""
        cases = [case for each in suite.samples for case in self._cases(each, suite, environment)]
        return replace(suite, cases=(*suite.cases, *cases)) if cases else suite

    def tried(self, planned: Iterable[tuple[Suite, Case]]) -> SamplesTried | None:
        """How many of these cases are samples, and of how many they were drawn; None where no suite asks for any."""
        total = sum(each.drawn.total for each in self.told.values() if each.drawn)
        tried = sum(_is_sample(case, suite) for suite, case in planned)
        return SamplesTried(tried, total, self.seed, self.is_all) if total else None

    def _cases(self, declared: Samples, suite: Suite, environment: Environment | None) -> list[Case]:
        drawing = Drawing(declared.number, self.seed, declared.every, self.is_all)
        if declared.of == "answers":
            return self._wrong_answers(declared, suite, drawing)
        drawn = _drawn(declared, suite, environment, drawing, partial(self._tell, declared, suite))
        self.told[str(suite.path), declared.id] = SamplesOutcome(suite, declared, drawn)
        if drawn is None:
            return [declared.accepted]
        known = suite.domain_of(declared.accepted.contract).requirements
        return [_case(declared, each, known) for each in drawn.kept]

    def _tell(self, declared: Samples, suite: Suite, number: int) -> None:
        self.progress(f"samples “{declared.id}” of {suite.called(declared.refused.contract)}: {number}")

    def _wrong_answers(self, declared: Samples, suite: Suite, drawing: Drawing) -> list[Case]:
        contract = suite.contract(declared.refused.contract)
        key = (contract.id, contract.digest, drawing)
        if key not in _ANSWERS:
            with _told_of(declared, f"answers of {contract.name}"):
                answers = partial(_answers, contract, drawing, partial(self._tell, declared, suite))
                _ANSWERS[key] = _kept_or(answers, contract, drawing, ("answers", contract.result))
        response, drawn = _ANSWERS[key]
        self.told[str(suite.path), declared.id] = SamplesOutcome(suite, declared, drawn)
        return [_answering(declared, each, response) for each in drawn.kept]


def _answers(contract: Contract, drawing: Drawing, progress: Callable[[int], None]) -> tuple[bytes, DrawnSamples]:
    """The contract's fullest response, which says that all went well, and wrong ones; none where its schema gives no response."""
    wsdl, grammar = read_wsdl(contract.wsdl), contract.result
    said = {(*grammar.path, grammar.code): grammar.ok} if grammar else {}
    try:
        response = etree.tostring(fullest(wsdl, wsdl.response_root, said))
    except UsageError:
        return b"", DrawnSamples((), (), 0)
    bench = Bench(contract, response, direction=Direction.RESPONSE, progress=progress)
    return response, bench.of_schema(drawing, only_wrong=True)


@contextmanager
def _told_of(declared: Samples, what: str) -> Iterator[None]:
    """A mistake within is told as one of that declaration."""
    try:
        yield
    except UsageError as mistake:
        told = f"samples “{declared.id}” of {what}: {mistake.what}"
        raise UsageError(told, source=declared.source, todo=mistake.todo) from mistake


def _drawn(
    declared: Samples, suite: Suite, environment: Environment | None, drawing: Drawing, progress: Callable[[int], None]
) -> DrawnSamples | None:
    """What is drawn; None where the environment lacks data that the message needs."""
    (send,) = declared.accepted.steps
    assert isinstance(send, Send)  # noqa: S101 - the reader made it of one
    contract = suite.contract(send.contract)
    try:
        body = _composed(send, contract, suite, environment)
    except UsageError:
        return None
    identities = environment.test_identities if environment else frozenset[str]()
    key = (body, contract.id, contract.digest, declared.of, tuple(declared.but), drawing, frozenset(identities))
    if key not in _DRAWN:
        business = _business(body, declared, suite.namespaces)
        bench = Bench(contract, body, business, _is_of_test_persons(identities), progress=progress)
        of = (body, declared.of, sorted(business), sorted(identities))
        with _told_of(declared, send.template.name):
            _, _DRAWN[key] = _kept_or(partial(_anew, bench, declared, drawing), contract, drawing, of)
    return _DRAWN[key]


def _anew(bench: Bench, declared: Samples, drawing: Drawing) -> tuple[bytes, DrawnSamples]:
    bench.check()
    return bench.message, bench.of_schema(drawing) if declared.of == "schema" else bench.of_rules(drawing)


_KIND: Final = "samples"
_VALIDATORS: Final = ("lxml", "xmlschema", "elementpath")


def _kept_or(
    draw: Callable[[], tuple[bytes, DrawnSamples]], contract: Contract, drawing: Drawing, of: tuple[object, ...]
) -> tuple[bytes, DrawnSamples]:
    """What an earlier run drew of the very same, and of which message: to ask both validators about hundreds takes seconds."""
    files = ((each.value, file) for each, files in contract.rules.items() for file in files)
    rules = sorted((each, file.when, file.requirement, file.path.read_bytes()) for each, file in files)
    chosen = (drawing.number, drawing.seed, sorted(drawing.every), drawing.is_all)
    versions = (etree.LIBXML_COMPILED_VERSION, *map(version, _VALIDATORS))
    inputs = cache.Inputs((), cache.key_of(_KIND, str(contract.id), contract.digest, rules, chosen, versions, *of))
    found: tuple[bytes, DrawnSamples] | None = cache.read_before(_KIND, inputs)
    if found is None:
        found = draw()
        cache.keep_read(_KIND, inputs, found)
    return found


def _composed(send: Send, contract: Contract, suite: Suite, environment: Environment | None) -> bytes:
    """The message as it would be sent, with stand-ins for what a run gives."""
    endpoint = environment.endpoint(contract.id) if environment else None
    data: Mapping[str, Value] = environment.test_data if environment else {}
    scope = Scope((_STAND_INS, send.data, data, suite.data))
    address = scope.resolve(send.to if send.to is not None else endpoint.logical_address if endpoint else _ADDRESS)
    template = send.template.read_text(encoding="utf-8")
    whole = Scope(({"logical-address": address}, *scope.layers))
    return message.compose(fill(template, whole, path=str(send.template)), address, contract.header, str(send.template))


def _business(body: bytes, declared: Samples, namespaces: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """The places, each with its attribute or none, whose value the business judges. UsageError for an XPath that finds none."""
    root = xml.parse(body)
    found = (place for path in declared.but for place in places_of(path, root, namespaces, declared.source))
    return frozenset((root.getroottree().getelementpath(element), attribute) for element, attribute in found)


def _is_of_test_persons(identities: Iterable[str]) -> Callable[[str], bool]:
    known = frozenset(identities)
    return lambda text: all(identity.is_test(each.value, known) for each in identity.find(text))


# A sample as a case


def may_be_sample(name: str, suite: Suite) -> bool:
    """Whether a case's id or key could be that of a sample of the suite."""
    return any(name.rpartition("/")[2].startswith(f"{each.id}.") for each in suite.samples)


def _is_sample(case: Case, suite: Suite) -> bool:
    edited = any(isinstance(step, Send) and step.edits for step in case.steps)
    answers = any(isinstance(step, Receive | Watch) and step.answer.kind == "message" for step in case.steps)
    return may_be_sample(case.id, suite) and (edited or answers)


def _answering(declared: Samples, sample: Sample, response: bytes) -> Case:
    """The case in which what was to be answered wrongly is answered by one sample."""
    text = edited(response, sample.edits).decode().replace("${", "$${")  # nothing of it is a placeholder
    told = Text(*(_told_all(sample, lang) for lang in ("sv", "en")))
    title = Text(*(f"{declared.refused.title.in_(lang)}: {told.in_(lang)}" for lang in ("sv", "en")))
    steps = tuple(_with_answer(step, text) for step in declared.refused.steps)
    return replace(declared.refused, id=f"{declared.id}.{sample.id}", title=title, steps=steps)


def _with_answer(step: Step, text: str) -> Step:
    if isinstance(step, Receive | Watch) and step.answer.kind == "breaks-schema":
        return replace(step, answer=replace(step.answer, kind="message", text=text))
    return step


def _case(declared: Samples, sample: Sample, requirements: Iterable[str]) -> Case:
    case = declared.refused if sample.is_refused else declared.accepted
    (send,) = case.steps
    assert isinstance(send, Send)  # noqa: S101 - the reader made it of one
    proves = declared.accepted.verifies if sample.is_refused and sample.right else ()
    own = (sample.rule,) if sample.is_refused and sample.rule in requirements else ()
    step = replace(send, edits=sample.edits, right=sample.right if sample.is_refused else (), proves=proves)
    return replace(
        case,
        id=f"{declared.id}.{sample.id}",
        title=Text(*(_title(sample, lang) for lang in ("sv", "en"))),
        verifies=(*own, *case.verifies),
        steps=(step,),
    )


def _title(sample: Sample, lang: Lang) -> str:
    """What is changed, what is to come of it, and what of the other side of the boundary."""
    said = words("run", lang)
    told = _told_all(sample, lang)
    answer = said["sample_refused" if sample.is_refused else "sample_accepted"]
    if not (sample.is_refused and sample.right):
        return f"{told} {answer}"
    (right,) = sample.right
    key = "sample_longer" if right.do == "length" else "sample_value"
    other = said.say(key, place=sample.place, value=_shortened(right.value))
    return f"{told} {answer}; {other} {said['sample_accepted']}"


def _told_all(sample: Sample, lang: Lang) -> str:
    parts = sample.parts or (sample,)
    return words("run", lang)["sample_and"].join(_told(each, lang) for each in parts)


def _told(sample: Sample, lang: Lang) -> str:
    values = {name: _shortened(value) for name, value in sample.said.items()}
    return words("run", lang).say(f"sample_{sample.kind.replace('-', '_')}", place=sample.place, **values)


def _shortened(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
