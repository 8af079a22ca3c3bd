"""Which samples are tried, and on which side each of them is: both validators and all rules are asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from itertools import count, islice
from typing import Final, Literal

from lxml import etree

from rivta.contract.editing import apply
from rivta.contract.rules import RuleSet, rules_of
from rivta.contract.samples import rules, schema
from rivta.contract.samples.rules import RuleSearch, searches
from rivta.contract.samples.schema import Sample, Spot, of_schema, spots
from rivta.contract.schema import schemas
from rivta.contract.validators import Breakdown, compiled
from rivta.contract.wsdl import wsdl_of
from rivta.model.domain import Contract
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.steps import Edit
from rivta.model.words import Direction
from rivta.text import xml

_TELLS_EVERY: Final = 25
"""Changes between two words to whoever waits."""
Why = Literal["legal", "invalid", "disagree", "rule", "business", "person", "nothing", "none", "schema"]
"""Why a sample is not tried: it is as legal as what it was to be told from; it is not valid where it was meant to be; the validators
disagree; a rule forbids it as well, so that it is not one fault; the business judges it; it names somebody who is no test person.
Of an assert: the message has nothing that it is about; no change was found that breaks it alone; the schema forbids all that does.
"""


@frozen
class Drawing:
    """How many samples are tried: those of the kinds, or the rules, in `every` all, and `number` of the others by a seed; `all` of them."""

    number: int
    seed: int = 1
    every: frozenset[str] = frozenset()
    is_all: bool = False


@frozen
class LeftOut:
    """What is not tried, by place and kind or by rule, and why."""

    what: str
    kind: str
    why: Why


@frozen
class DrawnSamples:
    """The samples to try, in the order of the message, out of `total` that there are; and what was left out on the way."""

    kept: tuple[Sample, ...]
    left_out: tuple[LeftOut, ...]
    total: int


@dataclass(frozen=True)
class Bench:
    """A contract, and a valid message of it (an envelope, or what one carries) in which things are changed."""

    contract: Contract
    message: bytes
    business: frozenset[tuple[str, str]] = frozenset()
    """The places, each with its attribute or none, whose value is not for schema and rules alone to judge."""
    may_be_sent: Callable[[str], bool] = lambda _: True
    direction: Direction = Direction.REQUEST
    progress: Callable[[int], None] = lambda _: None
    """Hears how many changes have been tried out, now and then."""

    @cached_property
    def root(self) -> etree._Element:
        """The message as a tree, which nobody changes."""
        return xml.parse(self.message)

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """Its elements."""
        return spots(self.root, compiled(wsdl_of(self.contract.wsdl, self.contract.digest).schemas).maps)

    @cached_property
    def rules(self) -> RuleSet:
        """The contract's rules for such messages; none where it has none."""
        return rules_of(self.contract, self.direction, self.root)

    def check(self) -> None:
        """UsageError where the message is not valid itself, so that nothing follows from a change of it."""
        verdict = schemas(self.contract).verdict(self.message)
        broken = self.rules.run(self.root)
        if verdict.complaints or broken:
            first = str(verdict.complaints[0].message if verdict.complaints else broken[0].message)
            raise UsageError(f"the message is not valid itself: {first}", todo="name one that the system is to accept")

    def amiss(self, edits: Iterable[Edit]) -> Why | None:
        """Why the message with these changes is not valid: by a rule, or by schema; None where it is."""
        changed = self._changed(edits)
        return "rule" if self._broken(changed) else self._by_schema(changed)

    def _by_schema(self, changed: etree._Element) -> Why | None:
        try:
            verdict = schemas(self.contract).verdict(etree.tostring(changed))
        except Breakdown:  # one accepts it, and of the other nobody knows
            return "disagree"
        return "disagree" if verdict.disagreement else None if verdict.valid else "invalid"

    def _broken(self, changed: etree._Element) -> frozenset[str]:
        rules = rules_of(self.contract, self.direction, changed)
        return frozenset(each.rule for each in rules.run(changed)) - self._own

    @cached_property
    def _counted(self) -> Iterator[int]:
        return count(1)

    @cached_property
    def _own(self) -> frozenset[str]:
        """The rules that the message breaks itself: none, but for one made from a schema, which knows nothing of them."""
        return frozenset(each.rule for each in self.rules.run(self.root))

    def _changed(self, edits: Iterable[Edit]) -> etree._Element:
        if (number := next(self._counted)) % _TELLS_EVERY == 0:
            self.progress(number)
        changed = deepcopy(self.root)
        apply(changed, edits)
        return changed

    # ── what is drawn ──

    def of_schema(self, drawing: Drawing, *, only_wrong: bool = False) -> DrawnSamples:
        """Samples of one thing that the schema allows or forbids; as many of each kind as of any other, as far as there are.

        `only_wrong` ones are those that it forbids.
        """
        _demand_known(drawing.every, schema.KINDS, "kind of sample")
        wanted = ("refused", "either") if only_wrong else ("refused", "either", "accepted")
        every, left_out = [each for each in of_schema(self.spots) if each.aim in wanted], list[LeftOut]()
        kinds: dict[str, list[Sample]] = {}
        for sample in _shuffled(every, drawing.seed):
            kinds.setdefault(sample.kind, []).append(sample)
        kept = {kind: self._kept(samples, left_out) for kind, samples in kinds.items()}
        groups = [(kind, (each for each in found if each.is_refused or not only_wrong)) for kind, found in kept.items()]
        return _drawn(groups, drawing, [each.id for each in every], left_out)

    def of_rules(self, drawing: Drawing) -> DrawnSamples:
        """Samples of which each breaks one assert and nothing else, and values that an assert names as right."""
        groups, every, left_out = list[tuple[str, Iterator[Sample]]](), list[str](), list[LeftOut]()
        found = list(searches(self.rules, self.spots, self.root))
        known = (*rules.KINDS, *(search.rule for search in found))
        _demand_known(drawing.every, known, "kind of sample, and no rule,")
        for search in found:
            candidates = list({each.id: each for each in search.candidates()}.values())
            every += [each.id for each in candidates]
            whole = [each for each in candidates if each.kind in drawing.every]
            groups += [(each.kind, self._usable(search, [each], breaking=True)) for each in whole]
            drawn = _shuffled(candidates, drawing.seed)
            named = [each for each in drawn if each.aim == "either"]
            groups += [
                (search.rule, self._breaking(search, drawn, left_out)),
                (search.rule, self._usable(search, named, breaking=False)),
            ]
        return _drawn(groups, drawing, every, left_out)

    def _kept(self, samples: Iterable[Sample], left_out: list[LeftOut]) -> Iterator[Sample]:
        for sample in samples:
            amiss = self.amiss(sample.edits)
            why = _why_not(sample, amiss) or self._why_unsent(sample, is_right=amiss is None)
            if why is None:
                yield self._on_its_side(sample, is_refused=amiss is not None)
            else:
                left_out.append(LeftOut(sample.id, sample.kind, why))

    def _breaking(self, search: RuleSearch, samples: Iterable[Sample], left_out: list[LeftOut]) -> Iterator[Sample]:
        """What breaks an assert alone; of two changes at once the first that does, where one does not."""
        is_found = False
        why: Why = "none" if search.nodes else "nothing"
        for kept, reason in self._tried(search, samples, breaking=True):
            is_found, why = is_found or reason is None, reason or why
            if reason is None:
                yield kept
        if is_found:
            return
        pairs = self._usable(search, search.pairs(), breaking=True) if why != "schema" else iter(())
        pair = next(pairs, None)
        if pair is None:
            left_out.append(LeftOut(search.rule, search.check.test.text, why))
        else:
            yield pair

    def _usable(self, search: RuleSearch, samples: Iterable[Sample], *, breaking: bool) -> Iterator[Sample]:
        return (kept for kept, why in self._tried(search, samples, breaking=breaking) if why is None)

    def _tried(
        self, search: RuleSearch, samples: Iterable[Sample], *, breaking: bool
    ) -> Iterator[tuple[Sample, Why | None]]:
        """Those that break the assert, or those that do not; each with the reason why it cannot be used, None where it can."""
        for sample in samples:
            try:
                changed = self._changed(sample.edits)
            except UsageError:  # the second change of two may be of what the first took away
                continue
            if breaking != any(each.rule == search.rule for each in search.alone.run(changed)):
                continue
            if self._broken(changed) == ({search.rule} if breaking else frozenset()):
                # lxml, which is fast, is asked first.
                is_forbidden = schemas(self.contract).first(changed) or self._by_schema(changed)
                why: Why | None = "schema" if is_forbidden else self._why_unsent(sample, is_right=not breaking)
                yield sample if why else self._on_its_side(sample, is_refused=breaking), why

    def _on_its_side(self, sample: Sample, *, is_refused: bool) -> Sample:
        """The sample with the side that it is on, without its other side where that is not one."""
        is_right = sample.right and not self.amiss(sample.right) and not self._is_business(sample.right)
        return replace(sample, aim="refused" if is_refused else "accepted", right=sample.right if is_right else ())

    def _why_unsent(self, sample: Sample, *, is_right: bool) -> Why | None:
        if is_right and self._is_business(sample.edits):
            return "business"
        text = etree.tostring(self._changed((*sample.edits, *sample.right)), encoding="unicode")
        return None if self.may_be_sent(text) else "person"

    def _is_business(self, edits: Iterable[Edit]) -> bool:
        return any(
            (place == edit.at or edit.at.startswith(f"{place}/")) and attribute in ("", edit.attribute)
            for edit in edits
            for place, attribute in self.business
        )


def _demand_known(names: Iterable[str], known: Sequence[str], what: str) -> None:
    for name in sorted(set(names).difference(known)):
        raise UsageError(f"there is no {what} called “{name}”", todo=did_you_mean(name, known))


def _drawn(
    groups: Sequence[tuple[str, Iterator[Sample]]], drawing: Drawing, every: list[str], left_out: list[LeftOut]
) -> DrawnSamples:
    """All of some groups, and of the others one of each in turn until there are enough; in the order of the message."""
    whole = [drawing.is_all or name in drawing.every for name, _ in groups]
    kept = [each for (_, group), is_whole in zip(groups, whole, strict=True) if is_whole for each in group]
    others = [group for (_, group), is_whole in zip(groups, whole, strict=True) if not is_whole]
    kept += islice(_in_turn(others), drawing.number)
    order = {id_: number for number, id_ in enumerate(every)}
    once = {each.id: each for each in kept}
    in_order = sorted(once.values(), key=lambda each: order.get(each.id, len(order)))
    return DrawnSamples(tuple(in_order), tuple(left_out), len(order))


def _in_turn(groups: list[Iterator[Sample]]) -> Iterator[Sample]:
    """One of each group, then a second of each, until all are through."""
    waiting = deque(groups)
    while waiting:
        group = waiting.popleft()
        for each in group:
            yield each
            waiting.append(group)
            break


def _shuffled(samples: Iterable[Sample], seed: int) -> list[Sample]:
    """In an order that depends on the seed alone, so that one sample more leaves the others where they are."""
    return sorted(samples, key=lambda each: sha256(f"{seed} {each.id}".encode()).digest())


def _why_not(sample: Sample, amiss: Why | None) -> Why | None:
    if amiss == "invalid":
        return amiss if sample.aim == "accepted" else None
    return amiss or ("legal" if sample.aim == "refused" else None)
