"""Known deviations: those that are registered and decided on, and a run's deviations held against them.

`deviations.yaml` lies beside the environment. A run fails on what is *new*; what is known is shown with its decision, and
what the file says but the run does not show (gone, overdue, unmatched) is reported so that the file stays true.

What counts as the same deviation: the requirement that a failed check verifies, or the case that it failed in, as the
known deviation names it. A case is excused when every requirement that it deviates from is; a check that verifies no
requirement is excused only by its case.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from rivta.declaration import proven
from rivta.declaration.deviations.reader import FILE, json_schema, read
from rivta.declaration.proven import Outcome
from rivta.model.contracts import Contracts
from rivta.model.declaration import KnownDeviation, SortedDeviations
from rivta.model.environment import System
from rivta.model.errors import Refused, UsageError, did_you_mean
from rivta.model.run import CaseResult, CheckResult, Run
from rivta.model.words import Verdict
from rivta.text import identity


def sort(run: Run, known: Sequence[KnownDeviation]) -> SortedDeviations:
    """Which of the known deviations the run shows, which it does not, and which of its own are new.

    `known` of the result holds each deviation that occurs, with the cases in which it does; a case that deviates from
    something else too stands among `new` as well. `gone`: its case or requirement was tested and met. `overdue`: its
    date is past on the day of the run and it is not gone. `unmatched`: it names what the run's domains do not have, or another
    product or version. Where only some cases were selected, what was left out proves nothing of a deviation.

    Raises `Refused` where a text names a person who is no test person.
    """
    refuse_persons(known, run.header.test_identities)
    known = in_words(known, run.header.contracts)
    sorting, day = _Sorting(run), run.header.started[:10]
    in_scope = [each for each in known if not out_of_scope(each, run.header.system)]
    matched = [each for each in in_scope if sorting.has_what_it_names(each)]
    seen = {each.id: sorting.cases_of(each) for each in matched}
    new = dict.fromkeys(key for key, result in sorting.failed if uncovered(result, in_scope))
    gone = tuple(each for each in matched if not seen[each.id] and sorting.is_met(each))
    return SortedDeviations(
        known=tuple((each, seen[each.id]) for each in matched if seen[each.id]),
        new=tuple(new),
        gone=gone,
        overdue=tuple(each for each in matched if is_overdue(each, day) and each not in gone),
        unmatched=tuple(each for each in known if each not in matched),
    )


def outcome(run: Run, sorted_: SortedDeviations | None, *, strict: bool = False) -> Outcome:
    """The run in a word, as `proven.outcome` has it, with the known deviations excused where it was held against any.

    It deviates only when something is new. `strict` also asks that the file is true and lets the run be approved:
    nothing in it is gone, overdue or unmatched, and no stopping deviation occurs.
    """
    plain = proven.outcome(run.counted)
    if sorted_ is None or plain in ("error", "environment"):
        return plain
    stopped = any(each.kind == "stopping" for each, _ in sorted_.known)
    untrue = strict and (stopped or sorted_.gone or sorted_.overdue or sorted_.unmatched)
    if sorted_.new or untrue:
        return "deviates"
    # What is excused proves nothing: the rest says whether anything was shown.
    return proven.outcome(each for each in run.counted if each.verdict is not Verdict.FAILED)


def in_words(known: Iterable[KnownDeviation], contracts: Contracts[Any]) -> tuple[KnownDeviation, ...]:
    """The known deviations, each case by the word that people use for its contract, whichever the file uses."""
    return tuple(replace(each, case=contracts.key(each.case)) for each in known)


def excuse(
    result: CaseResult, known: Iterable[KnownDeviation], system: System, today: date, *, strict: bool = False
) -> str:
    """Why a failed case does not fail the run: its known deviations in a sentence. Empty when it does fail.

    With `strict`, a stopping or an overdue deviation is no excuse.
    """
    known = [each for each in known if not out_of_scope(each, system)]
    if strict:
        known = [each for each in known if each.kind != "stopping" and not is_overdue(each, today.isoformat())]
    if result.verdict is not Verdict.FAILED or uncovered(result, known):
        return ""
    return "; ".join(_in_words(each) for each in covering(result, known))


def covering(result: CaseResult, known: Iterable[KnownDeviation]) -> tuple[KnownDeviation, ...]:
    """The known deviations that occur in a failed case; whether they concern the product is asked elsewhere."""
    key, lacking = result.key, deviates_from(result)
    return tuple(each for each in known if any(_covers(each, key, id_) for id_ in lacking))


def shown_by(result: CaseResult) -> Iterator[tuple[CheckResult | None, str]]:
    """The requirements that a failed case shows the system to deviate from, each with the check; `""`: that verifies none.

    A case that failed before it came to a check (an answer that cannot be read) deviates from all that it set out to
    verify and had not yet checked.
    """
    if result.verdict is not Verdict.FAILED:
        return
    failed = [check for check in result.checks if check.verdict is Verdict.FAILED]
    yield from ((check, id_) for check in failed for id_ in (check.verifies or ("",)))
    if not failed:
        checked = {id_ for check in result.checks for id_ in check.verifies}
        yield from ((None, id_) for id_ in [id_ for id_ in result.verifies if id_ not in checked] or [""])


def deviates_from(result: CaseResult) -> frozenset[str]:
    """The same without the checks, each once."""
    return frozenset(id_ for _, id_ in shown_by(result))


def out_of_scope(deviation: KnownDeviation, system: System) -> str:
    """Why the deviation is not about this product in this version; empty where it is. `4.2.*` means every version that begins so."""
    if deviation.products and system.product not in deviation.products:
        return f"its scope is the product {', '.join(deviation.products)}"
    if deviation.versions and not any(_fits(each, system.version) for each in deviation.versions):
        return f"its scope is version {', '.join(deviation.versions)}"
    return ""


def _fits(pattern: str, version: str) -> bool:
    return version.startswith(pattern[:-1]) if pattern.endswith("*") else version == pattern


def is_overdue(deviation: KnownDeviation, day: str) -> bool:
    """Whether its date is past on a day (YYYY-MM-DD). On the date itself it is not."""
    return bool(deviation.fix_by) and deviation.fix_by < day


def refuse_persons(known: Iterable[KnownDeviation], test_identities: Collection[str]) -> None:
    """Raises `Refused`, with the place but not the number, where a text names a person who is no test person."""
    for each in known:
        texts = {
            "id": each.id,
            "reference": each.reference,
            "rationale": each.rationale,
            "decided-by": each.decided_by,
            "scope": " ".join((*each.products, *each.versions)),
        }
        for field, text in texts.items():
            if identity.strangers(text, test_identities):
                what = f"the {field} of this deviation names a person by number"
                # The line's text is left out: it may be the one with the number.
                source = replace(each.source, text="") if each.source else None
                raise Refused(what, source=source, todo="take the number out; a report goes to many readers")


def _covers(deviation: KnownDeviation, key: str, requirement: str) -> bool:
    return deviation.case in ("", key) and deviation.requirement in ("", requirement)


def uncovered(result: CaseResult, known: Collection[KnownDeviation]) -> frozenset[str]:
    """What a failed case deviates from and no known deviation covers."""
    key = result.key
    return frozenset(id_ for id_ in deviates_from(result) if not any(_covers(each, key, id_) for each in known))


def _in_words(deviation: KnownDeviation) -> str:
    until = f"to be fixed by {deviation.fix_by}" if deviation.fix_by else ""
    facts = ", ".join(filter(None, (deviation.kind, deviation.reference, until)))
    return f"known deviation {deviation.id} ({facts}): {' '.join(deviation.rationale.split())}"


@dataclass(frozen=True)
class _Sorting:
    run: Run

    @property
    def _is_partial(self) -> bool:
        return bool(self.run.header.selection)

    @cached_property
    def failed(self) -> tuple[tuple[str, CaseResult], ...]:
        return tuple((result.key, result) for result in self.run.counted if result.verdict is Verdict.FAILED)

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """What each requirement came to; one that two domains share, the worst of them."""
        found: dict[str, Verdict] = {}
        for domain, rows in proven.of(self.run).rows.items():
            for row in rows:
                id_ = row.requirement.id
                found[id_] = max(row.verdict, found.get(id_, row.verdict))
                found[f"{domain}/{id_}"] = row.verdict
        return found

    @cached_property
    def cases(self) -> frozenset[str]:
        return frozenset(case_keys(self.run))

    def cases_of(self, deviation: KnownDeviation) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for key, result in self.failed if covering(result, (deviation,))))

    def has_what_it_names(self, deviation: KnownDeviation) -> bool:
        """Whether the requirement and the case exist, as far as the run can tell."""
        requirement = not deviation.requirement or deviation.requirement in self.verdicts
        return requirement and (not deviation.case or deviation.case in self.cases or self._was_left_out(deviation))

    def _was_left_out(self, deviation: KnownDeviation) -> bool:
        """Whether its case may exist and not have been selected: all that is known of it is its contract."""
        contracts = self.run.header.contracts
        contract = next(
            (word for word in map(contracts.shown, contracts) if deviation.case.startswith(f"{word}/")), None
        )
        return contract is not None and (
            self._is_partial or not any(key.startswith(f"{contract}/") for key in self.cases)
        )

    def is_met(self, deviation: KnownDeviation) -> bool:
        """Whether what it names was tested in this run, and met."""
        if not deviation.case:
            return not self._is_partial and self.verdicts[deviation.requirement] is Verdict.PASSED
        told = [
            each for result in self.run.counted if result.key == deviation.case for each in _told(result, deviation)
        ]
        return bool(told) and all(verdict is Verdict.PASSED for verdict in told)


def case_keys(run: Run) -> set[str]:
    return {case.key for case in run.header.planned} | {result.key for result in run.counted}


def _told(result: CaseResult, deviation: KnownDeviation) -> Iterator[Verdict]:
    """The verdicts of a case that speak of the deviation: its checks of the requirement, if it names one."""
    yield from [check.verdict for check in result.checks if deviation.requirement in check.verifies] or [result.verdict]


# What the terminal says of them: which occur, and where the file no longer tells the truth


def summary(sorted_: SortedDeviations) -> str:
    """One line of counts. Empty when there is nothing to tell."""
    known = {key for _, keys in sorted_.known for key in keys}.difference(sorted_.new)
    counts = {"new": sorted_.new, "known": known, "gone": sorted_.gone, "overdue": sorted_.overdue}
    told = [f"{len(some)} {word}" for word, some in (counts | {"unmatched": sorted_.unmatched}).items() if some]
    return f"deviations: {', '.join(told)}" if told else ""


def remarks(run: Run, sorted_: SortedDeviations) -> Iterator[UsageError]:
    """What is to be corrected in the file, each with its place and a remedy. Not raised: the run stands."""
    yield from _half_known(run, sorted_)
    for each in sorted_.gone:
        what = f"the deviation “{each.id}” no longer occurs: {_named(each)} is met"
        yield UsageError(what, source=each.source, todo="take it out, so that it counts as new if it comes back")
    for each in sorted_.overdue:
        what = f"the deviation “{each.id}” was to be fixed by {each.fix_by}"
        yield UsageError(what, source=each.source, todo="fix it, or agree on a new date")
    for each in sorted_.unmatched:
        yield _unmatched(each, run)


def _half_known(run: Run, sorted_: SortedDeviations) -> Iterator[UsageError]:
    """Cases in which something is known, and something beside it is not."""
    for result in run.counted:
        here = [each for each, keys in sorted_.known if result.key in keys]
        lacking = sorted(id_ for id_ in uncovered(result, here) if id_)
        if here and lacking and result.key in sorted_.new:
            what = f"{result.key} deviates from {', '.join(lacking)} as well, which no known deviation names"
            todo = f"if it is the same deviation, name the case too: case: {result.key} and no requirement"
            yield UsageError(what, source=here[0].source, todo=todo)


def _named(deviation: KnownDeviation) -> str:
    return " in ".join(name for name in (deviation.requirement, deviation.case) if name)


def _unmatched(deviation: KnownDeviation, run: Run) -> UsageError:
    system = run.header.system
    if why := out_of_scope(deviation, system):
        what = f"the deviation “{deviation.id}” does not concern {system.product} {system.version}"
        return UsageError(what, source=deviation.source, todo=why)
    ids = {requirement.id for domain in run.header.domains for requirement in domain.requirements}
    if deviation.requirement and deviation.requirement not in ids:
        what = f"the deviation “{deviation.id}” names the requirement “{deviation.requirement}”, which the run does not have"
        return UsageError(what, source=deviation.source, todo=_near(deviation.requirement, ids))
    what = f"the deviation “{deviation.id}” names the case “{deviation.case}”, which the run does not have"
    return UsageError(what, source=deviation.source, todo=_near(deviation.case, case_keys(run)))


def _near(name: str, known: set[str]) -> str:
    """The nearest name. A list of hundreds of requirements would help nobody."""
    meant = did_you_mean(name, known)
    return meant if meant.startswith("did") else "see the report for the names"
