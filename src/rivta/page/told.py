"""What a step asks for and expects, in words: before it is played, from the case alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rivta.model.case import Ask, Behaviour, Doing, Expectation, Receive, Send, Step, Suite, Watch
from rivta.model.errors import UsageError
from rivta.model.words import Value
from rivta.report.voice import Voice
from rivta.text.placeholder import Scope

Pairs = tuple[tuple[str, str], ...]
Known = tuple[Mapping[str, Value], ...]
"""Layers of data, the first wins."""
_LONGEST = 160
_PLACEHOLDER = re.compile(r"\$\{([\w.-]+)(?:\|raw)?\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class StepInWords:
    """A step in words: what it is called, what to do, with what data, and what is expected."""

    title: str
    text: str
    data: Pairs
    expected: Pairs


def title(step: Step, suite: Suite, voice: Voice) -> str:
    if isinstance(step, Ask):
        return voice.words["title_ask"]
    kind = {Send: "title_send", Receive: "title_receive", Watch: "title_watch"}[type(step)]
    return voice.say(kind, contract=suite.called(step.contract))


def step_in_words(step: Step, suite: Suite, voice: Voice, doing: Doing | None = None, known: Known = ()) -> StepInWords:
    """A step as it is written, with what is `known` in place of placeholders; `doing` is its action once it is filled in."""
    told = _in_words(step, suite, voice, doing)
    return StepInWords(
        told.title,
        _filled(told.text, known),
        told.data,
        tuple((key, _filled(value, known)) for key, value in told.expected),
    )


def _in_words(step: Step, suite: Suite, voice: Voice, doing: Doing | None) -> StepInWords:
    if isinstance(step, Send):
        return StepInWords(title(step, suite, voice), "", (), tuple(_of_send(step, suite, voice)))
    if isinstance(step, Ask):
        return StepInWords(title(step, suite, voice), voice.text(step.text), pairs(step.data), ())
    action = doing or step.do
    expected = _of_receive(step, suite, voice) if isinstance(step, Receive) else _of_watch(step, suite, voice)
    return StepInWords(
        title(step, suite, voice),
        voice.text(action.text) if action else "",
        pairs(doing.data) if doing else (),
        tuple(expected),
    )


def _filled(text: str, known: Known) -> str:
    """The text with what is known; what is not known yet is three dots."""
    scope = Scope(known)
    return _PLACEHOLDER.sub(lambda found: _value(found[1], scope), text)


def _value(name: str, scope: Scope) -> str:
    try:
        return scope.lookup(name)
    except UsageError:
        return "…"


def _of_send(step: Send, suite: Suite, voice: Voice) -> Iterator[tuple[str, str]]:
    yield voice.words["checks_are"], _checks(step, suite, voice)


def _of_receive(step: Receive, suite: Suite, voice: Voice) -> Iterator[tuple[str, str]]:
    yield voice.words["call"], suite.called(step.contract)
    if step.when:
        yield voice.words["such_that"], ", ".join(f"{name} = {value}" for name, value in step.when.items())
    yield voice.words["checks_are"], _checks(step, suite, voice)
    yield voice.words["we_answer"], answer(step.answer, voice)
    yield voice.words["within"], voice.duration(step.within)


def _of_watch(step: Watch, suite: Suite, voice: Voice) -> Iterator[tuple[str, str]]:
    yield voice.words["call"], suite.called(step.contract)
    if step.when:
        yield voice.words["such_that"], ", ".join(f"{name} = {value}" for name, value in step.when.items())
    if step.most is None:
        yield voice.words["most"], voice.words["any_number"]
    else:
        yield voice.words["most"], voice.say("at_most", n=step.most) if step.most else voice.words["none_at_all"]
    if step.apart:
        yield voice.words["apart"], voice.say("in_system_time", duration=voice.duration(step.apart))
    yield voice.words["looks_for"], voice.say("in_system_time", duration=voice.duration(step.seconds))
    yield voice.words["we_answer"], answer(step.answer, voice)
    if step.expect:
        yield voice.words["checks_are"], _checks(step, suite, voice)


def _checks(step: Send | Receive | Watch, suite: Suite, voice: Voice) -> str:
    unwritten = [voice.check(kind) for kind in suite.unwritten(step)]
    written = [_expectation(each, voice) for each in step.expect]
    return "; ".join((*([", ".join(unwritten)] if unwritten else ()), *written))


def _expectation(each: Expectation, voice: Voice) -> str:
    plain = [str(value) for value in each.args.values() if isinstance(value, str | int) and not isinstance(value, bool)]
    told = f"{voice.check(each.kind)}: {' = '.join(plain)}" if plain else voice.check(each.kind)
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"


def answer(behaviour: Behaviour, voice: Voice) -> str:
    words = [
        voice.words[f"behaviour_{behaviour.kind.replace('-', '_')}"],
        behaviour.error,
        behaviour.sub,
        behaviour.code,
    ]
    if behaviour.delay_ms:
        words.append(voice.say("after_ms", duration=voice.duration(behaviour.delay_ms / 1000)))
    return " ".join(filter(None, words))


def pairs(data: Mapping[str, Value], prefix: str = "") -> Pairs:
    """Data as rows of dotted names and texts."""
    rows: list[tuple[str, str]] = []
    for name, value in data.items():
        if isinstance(value, dict):
            rows += pairs(value, f"{prefix}{name}.")
        elif value not in (None, "", []):
            rows.append((prefix + name, _plain(value)))
    return tuple(rows)


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)
