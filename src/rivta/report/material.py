"""What every part of the report is made of: the declaration as it may be shown, in one language, and where everything stands."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from rivta.declaration import proven
from rivta.declaration.comparison import Comparison
from rivta.evidence import masked
from rivta.evidence.redaction import mask_of
from rivta.model.declaration import Declaration, RequirementRow
from rivta.model.domain import ContractFacts
from rivta.model.run import CaseResult, CheckResult, Run
from rivta.model.words import Lang, Verdict
from rivta.report import exchanges
from rivta.report.places import Places
from rivta.report.voice import State, Voice

_T = TypeVar("_T")


def shown(declaration: Declaration) -> Declaration:
    """The declaration as a report may show it. What people wrote is refused earlier if it names anybody; this makes sure."""
    mask = mask_of(declaration.run.header)
    form, deviations = cleaned(declaration.form, mask.text), cleaned(declaration.deviations, mask.text)
    run = masked(declaration.run)
    run = replace(run, masked=tuple(sorted({*run.masked, *mask.found})))
    return replace(proven.of(run), form=form, deviations=deviations)


def cleaned(value: _T, clean: Callable[[str], str]) -> _T:
    """A copy of a value of the model in which every text went through `clean`."""
    done: Any = _cleaned(value, clean)
    return done  # type: ignore[no-any-return]  # a copy of its own kind


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    if type(value) is str:
        return clean(value)
    if type(value) is tuple:
        return tuple(_cleaned(each, clean) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _cleaned(getattr(value, each.name), clean) for each in fields(value)})
    return value


@dataclass(frozen=True)
class Material:
    """The declaration with its identities masked. `previous` is what changed since an earlier run."""

    declaration: Declaration
    voice: Voice
    places: Places
    previous: Comparison | None = None

    @property
    def run(self) -> Run:
        """The run that the declaration is of."""
        return self.declaration.run

    @cached_property
    def contracts(self) -> tuple[ContractFacts, ...]:
        """Every contract that the run is based on."""
        return tuple(contract for domain in self.run.header.domains for contract in domain.contracts)

    @cached_property
    def rows(self) -> tuple[tuple[str, RequirementRow], ...]:
        """Every requirement with its domain."""
        return tuple((domain, row) for domain, rows in self.declaration.rows.items() for row in rows)

    @cached_property
    def by_key(self) -> Mapping[str, CaseResult]:
        """The cases by their keys; of one that was run twice the first."""
        return {result.key: result for result in reversed(self.run.results)}

    def state(self, row: RequirementRow) -> State:
        """The row's verdict; what no case can test is not tested, with a reason."""
        is_untestable = row.verdict is Verdict.NOT_PROVEN and not row.cases and row.requirement.not_tested
        return self.voice.not_tested if is_untestable else self.voice.state(row.verdict)

    def cases(self, row: RequirementRow) -> Iterator[CaseResult]:
        """The cases of a requirement that were run."""
        yield from filter(None, map(self.by_key.get, row.cases))

    def unreached(self, row: RequirementRow) -> Iterator[CaseResult]:
        """Cases that came to no check of the requirement: an unreadable reply has none."""
        reached = {id(result) for result, _ in row.checks}
        yield from (result for result in self.cases(row) if id(result) not in reached)

    def failed(self, row: RequirementRow) -> Iterator[tuple[CaseResult, CheckResult | None]]:
        """Failed checks, and failed cases that came to no check of the requirement."""
        yield from ((result, check) for result, check in row.checks if check.verdict is Verdict.FAILED)
        yield from ((result, None) for result in self.unreached(row) if result.verdict is Verdict.FAILED)

    def why(self, result: CaseResult) -> str:
        """Why a case came to nothing: its reason, else the trouble on the wire, else what a broken check says."""
        if result.reason:
            return self.voice.text(result.reason)
        problems = (exchanges.problem(exchange, self.voice) for exchange in result.exchanges)
        broken = (self.note(check) for check in result.checks if check.verdict in (Verdict.ERROR, Verdict.BLOCKED))
        return next(filter(None, (*problems, *broken)), "")

    def note(self, check: CheckResult) -> str:
        """What a check says: its note, else its first finding."""
        if check.note:
            return self.voice.text(check.note)
        return self.voice.text(check.findings[0].message) if check.findings else ""


def of(
    declaration: Declaration, lang: Lang, previous: Comparison | None = None, *, is_packed: bool = False
) -> Material:
    """What the parts are made of. The declaration's run is as it was read: the checksums of messages are those of the files.

    `is_packed` says that the format packs what it does not show at once, so that there is room for more.
    """
    own, voice = shown(declaration), Voice(lang)
    places = Places(declaration.run, own, voice, is_packed=is_packed)
    return Material(own, voice, places, cleaned(previous, mask_of(declaration.run.header).text))
