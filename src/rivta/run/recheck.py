"""Every verdict of a run given once more by its messages, and held against what its evidence says.

A seal is over what was written; only the messages say whether it is what they show. The suites must be those of the run. Without
the environment, what test data decides cannot be tried.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from rivta import contract, evidence, suite
from rivta.check import vocabulary
from rivta.contract import openapi
from rivta.evidence.redaction import mask_of
from rivta.evidence.seal import Statement
from rivta.model.case import Load, Suite
from rivta.model.domain import Domain
from rivta.model.environment import Adapter, Endpoint, Environment, Listening, TlsFiles
from rivta.model.errors import RivtaError
from rivta.model.load import Limit
from rivta.model.run import CaseResult, CheckResult, Run
from rivta.model.words import Source, Text, Verdict
from rivta.run.conductor import UNPLAYED
from rivta.run.load.playing import with_verdict
from rivta.run.replay import attempts, factor, replay_case, replay_strays
from rivta.run.samples import Choice
from rivta.text.catalogue import text

_NOT_PLAYED = (Verdict.NOT_PROVEN, Verdict.BLOCKED)
_ENDPOINT = "endpoint "


@dataclass(frozen=True)
class Recheck:
    """A run that is to be played again from its messages. `suites` and `scenarios` are where its cases lie now.

    `environment` is the run's, if it is at hand.
    """

    run: Run
    suites: Path
    scenarios: Path
    environment: Environment | None = None
    tell: Callable[[str], object] = lambda _: None
    """Is told which suite it has come to."""

    def statements(self) -> Iterator[Statement]:
        """Each verdict that the messages do not give again; what could not be tried, and how many they give."""
        given = 0
        untried: dict[str, None] = {}
        untold: dict[str, None] = {}
        gathered = {"verdict-untried": untried, "unplayed-untold": untold}
        for path in dict.fromkeys(each.suite for each in self.run.results):
            self.tell("/".join(PurePosixPath(path).parts[-2:]))
            try:
                found = [*self._of_suite(path)]
            except RivtaError as error:
                yield Statement(
                    "verdicts-untried", "", {"names": PurePosixPath(path).name, "why": Text.same(error.what)}
                )
                continue
            for key, told in found:
                given += told is None or told.key == "unplayed-untold"
                if told is not None and told.key in gathered:
                    gathered[told.key][key] = None
                elif told is not None:
                    yield told
        yield from self._of_strays()
        if untried:
            yield Statement("verdicts-untried", "", {"names": ", ".join(untried), "why": text("seal", "again-no-data")})
        if untold:
            yield Statement("unplayed-untold", "", {"names": ", ".join(untold)})
        yield Statement("verdicts-given", "", {"count": given})

    def _of_strays(self) -> Iterator[Statement]:
        strays = zip(self.run.strays, replay_strays(self.run, self._domains.values()), strict=True)
        for number, (before, now) in enumerate(strays, 1):
            if _verdicts(before.checks) != _verdicts(now.checks):
                yield Statement("checks-not-given", f"received {number}", _differing(before.checks, now.checks))

    def _of_suite(self, path: str) -> Iterator[tuple[str, Statement | None]]:
        read = self._suite(path)
        cases = {case.id: case for case in read.cases}
        loads = {load.case.id: load for load in read.loads}
        recorded = dict.fromkeys(each.case for each in self.run.results if each.suite == path)
        if self.run.footer is not None and not self.run.header.selection:
            for id_ in cases.keys() - recorded:
                yield id_, Statement("case-missing", id_, {"suite": PurePosixPath(path).name})
        for id_ in recorded:
            if id_ in loads:
                yield from self._of_load(loads[id_], path)
                continue
            if id_ not in cases:
                yield id_, Statement("case-unknown", id_, {"suite": PurePosixPath(path).name})
                continue
            tried = attempts(cases[id_], read, self.run)
            for before, now in zip(tried, replay_case(cases[id_], read, self._settings, self.run), strict=True):
                shown = evidence.in_words(before, self.run.header.contracts)
                yield shown.key, self._compared(shown, now)

    def _of_load(self, load: Load, path: str) -> Iterator[tuple[str, Statement | None]]:
        """A load case, judged once more by what was measured: nothing of it can be played again."""
        for before in self.run.results:
            if (before.suite, before.case) == (path, load.case.id):
                told = before.load and (before.load.stages, [_unplaced(each) for each in before.load.limits])
                if told is not None and told != (load.stages, [_unplaced(each) for each in load.limits]):
                    yield before.key, Statement("case-otherwise", before.key)
                elif before.load is None:
                    yield before.key, None
                else:
                    yield before.key, self._compared(before, with_verdict(before, load.case.verifies))

    def _compared(self, before: CaseResult, now: CaseResult) -> Statement | None:
        is_lacking = self.environment is None and now.verdict in _NOT_PLAYED and not now.checks
        if is_lacking and before.verdict is not now.verdict:
            return Statement("verdict-untried", before.key)
        if before.verdict is not now.verdict:
            return Statement("verdict-not-given", before.key, {"was": _word(before.verdict), "now": _word(now.verdict)})
        checks = [each for each in now.checks if self._tells_of_unplayed or each.kind != UNPLAYED]
        if _verdicts(before.checks) != _verdicts(checks):
            return Statement("checks-not-given", before.key, _differing(before.checks, checks))
        mask = mask_of(self.run.header).text
        if (before.title, before.verifies) != (Text(mask(now.title.sv), mask(now.title.en)), now.verifies):
            return Statement("case-otherwise", before.key)
        return None if len(checks) == len(now.checks) else Statement("unplayed-untold", before.key)

    @cached_property
    def _tells_of_unplayed(self) -> bool:
        """Whether some case says what a step left open whose turn did not come. Runs of an older rivta say nothing of it."""
        return any(check.kind == UNPLAYED for each in self.run.results for check in each.checks)

    def _suite(self, path: str) -> Suite:
        """The suite of the run. RivtaError if it is not here, or is another."""
        name = next((each.domain for each in self.run.results if each.suite == path), "")
        if name not in self._domains:
            raise RivtaError(f"the domain {name} is not here")
        parts = PurePosixPath(path).parts
        places = (self._domains[name].folder.joinpath(*parts[-2:]), self.scenarios / name / parts[-1])
        place = next((each for each in places if each.is_file()), None)
        if place is None:
            raise RivtaError(f"{parts[-1]} is not here")
        found = suite.read(place, self._domains[name], vocabulary(), self._settings.test_data, self._domains.values)
        if found.digest != self.run.header.suites.get(path):
            raise RivtaError(f"{parts[-1]} is not the one that the run had")
        if found.domain.openapi:
            openapi.library()
        drawn = self.run.header.samples
        return Choice(drawn.seed, drawn.is_all).with_samples(found, self._settings) if drawn else found

    @cached_property
    def _domains(self) -> dict[str, Domain]:
        named = {facts.name for facts in self.run.header.domains}
        return {
            each.name: contract.read_domain(each, vocabulary())
            for each in contract.find_domains(self.suites)
            if each.name in named
        }

    @cached_property
    def _settings(self) -> Environment:
        return self.environment or _as_told(self.run)


def _unplaced(limit: Limit) -> Limit:
    """The limit, wherever its suite lies now."""
    return replace(limit, source=Source(""))


def _as_told(run: Run) -> Environment:
    """What the run's header says of its environment: enough where no test data decides."""
    header = run.header
    told = header.environment
    endpoints = {
        name.removeprefix(_ENDPOINT): value.rstrip(")").split(" (")
        for name, value in told.items()
        if name.startswith(_ENDPOINT)
    }
    return Environment(
        path=run.folder,
        system=header.system,
        roles=header.roles,
        endpoints={
            name: Endpoint(name, url, address[0] if address else "") for name, (url, *address) in endpoints.items()
        },
        tls=TlsFiles(),
        connect_seconds=0,
        read_seconds=0,
        original_consumer=told.get("original consumer", ""),
        headers={},
        test_identities=frozenset(header.test_identities),
        test_data={},
        not_applicable={},
        listening=Listening(time_factor=factor(run)) if "counterpart" in told else None,
        adapter=Adapter(command=("",)) if "adapter" in told else None,
    )


def _verdicts(checks: Iterable[CheckResult]) -> list[tuple[str, Verdict, tuple[str, ...]]]:
    return [(each.kind, each.verdict, each.verifies) for each in checks]


def _differing(before: Iterable[CheckResult], now: Iterable[CheckResult]) -> dict[str, str]:
    was, is_ = _verdicts(before), _verdicts(now)
    kinds = dict.fromkeys(each[0] for each in (*was, *is_) if (each in was) is not (each in is_))
    return {"kinds": ", ".join(kinds) or "?"}


def _word(verdict: Verdict) -> Text:
    return text("seal", f"verdict-{verdict.name.lower().replace('_', '-')}")
