"""Which calls a case may take, as far as that is known before it begins: cases whose calls cannot be told apart are not played at once."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from rivta.model.case import Case
from rivta.model.errors import UsageError
from rivta.model.steps import Behaviour, Handshake, Matcher, Receive, Watch
from rivta.model.words import Value
from rivta.run.filling import unique
from rivta.run.stage import Stage
from rivta.text.placeholder import Scope

_NOT_YET: Final = "\0"
"""What stands in a text for a value that only the case itself will find out."""
_TOLD_THEN: Final = ("run.id", "now.timestamp", "now.date", "now.minute", "seed")


def claims(case: Case, stage: Stage) -> tuple[Matcher, ...]:
    """The calls that steps of the case wait for, each known by what is the same whatever the system says. One that is let try a
    handshake may make any call.
    """
    captured = [name for step in case.steps for name in getattr(step, "capture", ())]
    unknown: dict[str, Value] = dict.fromkeys((*captured, *_TOLD_THEN), _NOT_YET)
    fixed = stage.begun.fixed if stage.begun else {}
    before = (unknown, {"unique": unique(), **fixed})
    after = (stage.environment.test_data, stage.suite.data)
    return tuple(_claims(case, before, after))


def _claims(
    case: Case, before: tuple[Mapping[str, Value], ...], after: tuple[Mapping[str, Value], ...]
) -> Iterator[Matcher]:
    for step in case.steps:
        if isinstance(step, Receive | Watch):
            known = dict(_known(step.when, Scope((*before, step.data, *after))))
            yield Matcher(step.contract, known, Behaviour(), since=0.0)
        elif isinstance(step, Handshake) and step.do is not None:
            yield Matcher("", {}, Behaviour(), since=0.0)


def _known(when: Mapping[str, str], scope: Scope) -> Iterator[tuple[str, str]]:
    for name, text in when.items():
        with suppress(UsageError):
            told = scope.resolve(text)
            if _NOT_YET not in told:
                yield name, told
