"""Which cases may be under way at the same time: those whose calls no message can be taken for both of.

Only what is written, and fixed before a case begins, counts. What a step captures from the system's own messages is not known
until it has come, so it tells nothing apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rivta.model.case import Case
from rivta.model.steps import Explore, Handshake, Matcher, Receive, Send, Step, Watch, may_be_one
from rivta.model.words import Value
from rivta.run.stage import Begun, Stage


def stays_alone(case: Case) -> bool:
    """Whether nothing else may be under way while the case is.

    What shows in an absence of calls, in how fast the system answers or in a handshake would be another thing beside others, and what was put
    into the system beforehand may be in the way of another case that uses it.
    """
    is_called = any(isinstance(step, Receive | Watch) for step in case.steps)
    return not is_called or bool(case.requires) or any(_needs_quiet(step) for step in case.steps)


def _needs_quiet(step: Step) -> bool:
    match step:
        case Handshake() | Explore() | Watch(most=0):
            return True
        case Send() if step.for_each is not None:
            return True
    return any(each.kind == "max_ms" for each in step.expect)


def watches(case: Case) -> float:
    """For how many seconds of the system's own time a case watches."""
    return sum(step.seconds for step in case.steps if isinstance(step, Watch))


def are_apart(one: Sequence[Matcher], other: Sequence[Matcher]) -> bool:
    """Whether no call can be meant by both, as far as their claims are known beforehand."""
    return not any(may_be_one(mine, its) for mine in one for its in other)


def choices(case: Case, stage: Stage) -> Iterator[Stage]:
    """The stage as it is, then with one after the other of the environment's spare test data, which may tell the case from others."""
    yield stage
    spare = stage.environment.listening.spare if stage.environment.listening else {}
    own = {name for step in case.steps if not isinstance(step, Watch | Receive) for name in step.data}
    lists = {name: values for name, values in spare.items() if name not in own}
    fixed = stage.begun.fixed if stage.begun else {}
    for number in range(max(map(len, lists.values()), default=0)):
        chosen = {
            key: text for name, values in lists.items() for key, text in _named(name, values[number % len(values)])
        }
        yield replace(stage, begun=Begun({**fixed, **chosen}))


def _named(name: str, value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _named(f"{name}.{key}", part)
    elif isinstance(value, str | int):
        yield name, str(value)
