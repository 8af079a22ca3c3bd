"""What a step asks for and expects, in words: before it is played, from the case alone."""

import re
from collections.abc import Iterator, Mapping

from rivta.model.case import Ask, Behaviour, Doing, Expectation, Receive, Send, Step, Suite, Watch
from rivta.model.errors import UsageError
from rivta.model.words import Value
from rivta.report.layout import View
from rivta.report.voice import Voice
from rivta.text.placeholder import Scope

Pairs = list[tuple[str, str]]
Known = tuple[Mapping[str, Value], ...]
"""Layers of data, the first wins."""
_TITLES = {Ask: "title_ask", Send: "title_send", Receive: "title_receive", Watch: "title_watch"}
_LONGEST = 160
_PLACEHOLDER = re.compile(r"\$\{([\w.-]+)(?:\|raw)?\}", re.ASCII)


def step_in_words(step: Step, suite: Suite, voice: Voice, doing: Doing | None = None, known: Known = ()) -> View:
    """A step as it is written: its `title`, the `text` that says what to do, with what `data`, and what is `expected`.

    What is `known` stands in place of placeholders; `doing` is its action once it is filled in.
    """
    action = step if isinstance(step, Ask) else None if isinstance(step, Send) else doing or step.do
    contract = "" if isinstance(step, Ask) else suite.called(step.contract)
    return {
        "title": voice.say(_TITLES[type(step)], contract=contract),
        "text": _filled(voice.text(action.text), known) if action else "",
        "data": pairs(action.data) if action and (doing or isinstance(step, Ask)) else [],
        "expected": [(key, _filled(value, known)) for key, value in _expected(step, suite, voice)],
    }


def _filled(text: str, known: Known) -> str:
    """The text with what is known; what is not known yet is three dots."""
    scope = Scope(known)
    return _PLACEHOLDER.sub(lambda found: _value(found[1], scope), text)


def _value(name: str, scope: Scope) -> str:
    try:
        return scope.lookup(name)
    except UsageError:
        return "…"


def _expected(step: Step, suite: Suite, voice: Voice) -> Iterator[tuple[str, str]]:
    words = voice.words
    if isinstance(step, Ask):
        return
    if not isinstance(step, Send):
        yield words["call"], suite.called(step.contract)
        if step.when:
            yield words["such_that"], ", ".join(f"{name} = {value}" for name, value in step.when.items())
    if isinstance(step, Watch):
        yield from _watched(step, voice)
    if step.expect or not isinstance(step, Watch):
        yield words["checks_are"], _checks(step, suite, voice)
    if not isinstance(step, Send):
        yield words["we_answer"], answer(step.answer, voice)


def _watched(step: Watch, voice: Voice) -> Iterator[tuple[str, str]]:
    words = voice.words
    most = words["any_number"] if step.most is None else words["none_at_all"]
    yield words["most"], voice.say("at_most", n=step.most) if step.most else most
    for key, seconds in (("apart", step.apart), ("looks_for", step.seconds)):
        if seconds:
            yield words[key], voice.say("in_system_time", duration=voice.duration(seconds))


def _checks(step: Send | Receive | Watch, suite: Suite, voice: Voice) -> str:
    unwritten = ", ".join(voice.check(kind) for kind in suite.unwritten(step))
    return "; ".join(filter(None, (unwritten, *(_expectation(each, voice) for each in step.expect))))


def _expectation(each: Expectation, voice: Voice) -> str:
    plain = [str(value) for value in each.args.values() if isinstance(value, str | int) and not isinstance(value, bool)]
    told = f"{voice.check(each.kind)}: {' = '.join(plain)}" if plain else voice.check(each.kind)
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"


def answer(behaviour: Behaviour, voice: Voice) -> str:
    after = voice.say("after_ms", duration=voice.duration(behaviour.delay_ms / 1000)) if behaviour.delay_ms else ""
    kind = voice.words[f"behaviour_{behaviour.kind.replace('-', '_')}"]
    return " ".join(filter(None, (kind, behaviour.error, behaviour.sub, behaviour.code, after)))


def pairs(data: Mapping[str, Value], prefix: str = "") -> Pairs:
    """Data as rows of dotted names and texts."""
    rows: Pairs = []
    for name, value in data.items():
        if isinstance(value, dict):
            rows += pairs(value, f"{prefix}{name}.")
        elif value not in (None, "", []):
            rows.append((prefix + name, _plain(value)))
    return rows


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)
