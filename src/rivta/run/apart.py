"""Which cases may be under way at the same time: those whose calls no message can be taken for both of.

Only what is written, and fixed before a case begins, counts. What a step captures from the system's own messages is not known
until it has come, so it tells nothing apart.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from rivta.model.case import Case
from rivta.model.domain import Domain
from rivta.model.errors import UsageError
from rivta.model.steps import Behaviour, Explore, Handshake, Matcher, Receive, Send, Step, Watch
from rivta.model.words import Value
from rivta.run.filling import unique
from rivta.run.stage import Begun, Stage
from rivta.text.placeholder import Scope

_NOT_YET: Final = "\0"
"""What stands in a text for a value that only the case itself will find out."""
_TOLD_THEN: Final = ("run.id", "now.timestamp", "now.date", "now.minute", "seed")


def why_alone(case: Case, domain: Domain) -> str:
    """Why nothing else may be under way while the case is, as a key of what is told of it; empty where something may.

    What shows in how fast the system answers, or in a handshake, would be another thing beside others, and what was put into the system
    beforehand, and does not last, may be in the way of another case that uses it.
    """
    watched = {step.most == 0 for step in case.steps if isinstance(step, Watch)}
    is_called = any(isinstance(step, Receive | Watch) for step in case.steps)
    uses_up = any(not domain.preconditions[needed].lasts for needed in case.requires)
    holds = {
        "alone_uncalled": not is_called,
        "alone_uses_up": uses_up,
        "alone_watches_both": len(watched) > 1,
        "alone_at_once": any(_needs_all(step) for step in case.steps),
    }
    return next((each for each in holds if holds[each]), "")


def _needs_all(step: Step) -> bool:
    is_repeated = isinstance(step, Send) and step.for_each is not None
    return is_repeated or isinstance(step, Handshake | Explore) or any(each.kind == "max_ms" for each in step.expect)


def keeps_quiet(case: Case) -> bool:
    """Whether a case watches for calls that must not come: then nobody may make the system do anything meanwhile."""
    return any(isinstance(step, Watch) and step.most == 0 for step in case.steps)


def watches(case: Case) -> float:
    """For how many seconds of the system's own time a case watches."""
    return sum(step.seconds for step in case.steps if isinstance(step, Watch))


def choices(case: Case, stage: Stage) -> Iterator[Stage]:
    """The stage with one after the other of the environment's spare test data, if the case watches; then as it is, which may be wanted by
    those that do not.
    """
    spare = stage.environment.listening.spare if stage.environment.listening and watches(case) else {}
    own = {name for step in case.steps if not isinstance(step, Watch | Receive) for name in step.data}
    lists = {name: values for name, values in spare.items() if name not in own}
    fixed = stage.begun.fixed if stage.begun else {}
    for number in range(max(map(len, lists.values()), default=0)):
        chosen = {
            key: text for name, values in lists.items() for key, text in _named(name, values[number % len(values)])
        }
        yield replace(stage, begun=Begun({**fixed, **chosen}))
    yield stage


def _named(name: str, value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _named(f"{name}.{key}", part)
    elif isinstance(value, str | int):
        yield name, str(value)


# Which calls a case may take


def claims(case: Case, stage: Stage) -> tuple[Matcher, ...]:
    """The calls that steps of the case wait for, each known by what is the same whatever the system says. One that is let try a
    handshake may make any call.
    """
    captured = [name for step in case.steps for name in getattr(step, "capture", ())]
    unknown: dict[str, Value] = dict.fromkeys((*captured, *_TOLD_THEN), _NOT_YET)
    fixed = stage.begun.fixed if stage.begun else {}
    before = (unknown, {"unique": unique(), **fixed})
    claimed: list[Matcher] = []
    for step in case.steps:
        if isinstance(step, Receive | Watch):
            layers = (*before, step.data, stage.environment.test_data, stage.suite.data)
            claimed.append(Matcher(step.contract, dict(_known(step.when, Scope(layers))), Behaviour(), since=0.0))
        elif isinstance(step, Handshake) and step.do is not None:
            claimed.append(Matcher("", {}, Behaviour(), since=0.0))
    return tuple(claimed)


def _known(when: Mapping[str, str], scope: Scope) -> Iterator[tuple[str, str]]:
    for name, text in when.items():
        with suppress(UsageError):
            told = scope.resolve(text)
            if _NOT_YET not in told:
                yield name, told
