"""What a step asks for and expects, in words: before it is played, from the case alone."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from rivta.contract import message
from rivta.model.case import Suite
from rivta.model.clock import SWEDEN
from rivta.model.errors import RivtaError, UsageError
from rivta.model.run import Note
from rivta.model.steps import (
    ADDRESS,
    Ask,
    Behaviour,
    Doing,
    Expectation,
    Explore,
    Handshake,
    Receive,
    Send,
    Step,
    Watch,
    WithoutContract,
)
from rivta.model.words import Value
from rivta.page.messages import path_in_words
from rivta.report.layout import View
from rivta.report.voice import Voice
from rivta.run.acting import is_absence
from rivta.text import files, xml
from rivta.text.placeholder import Scope

Pairs = list[tuple[str, str]]
Known = tuple[Mapping[str, Value], ...]
"""Layers of data, the first wins."""
_LONGEST = 160
_TEMPLATES = 512
"""Templates whose kind of message is remembered."""
_VALUES = ("equals", "code", "error", "sub", "name", "text")
"""The parameters of expectations whose value is what is wanted."""
_SIMPLE = re.compile(r"[\w*+?\[\]{}. -]{1,20}", re.ASCII)
"""A pattern that says something to who writes none."""
_PLACEHOLDER = re.compile(r"\$\{([\w.-]+)(?:\|raw)?\}", re.ASCII)


def local(moment: str) -> str:
    """A moment in UTC as people in Sweden read it: date and time there, to the second. What is no moment stays as it is."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone(SWEDEN):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return moment


def note(written: Note, href: str) -> View:
    """What a person has to say, with its files; `href` is how the address of each begins, before its number."""
    files = [{"name": each.name, "href": f"{href}-{n}", "type": each.type} for n, each in enumerate(written.files)]
    return {"by": written.by, "at": local(written.at), "text": written.text, "files": files}


def step_in_words(
    step: Step,
    suite: Suite,
    voice: Voice,
    doing: Doing | None = None,
    known: Known = (),
    *,
    addresses: Mapping[str, str] = MappingProxyType({}),
) -> View:
    """A step as it is written: its `title`, the `text` that says what to do, with what `data`, what is `expected`, and how that is
    checked, as the suite spells it.

    What is `known` stands in place of placeholders; `doing` is its action once it is filled in. `addresses` are where we are called.
    """
    action = step if isinstance(step, Ask) else None if isinstance(step, Send | Explore) else doing or step.do
    return {
        "title": _title(step, suite, voice, known),
        "text": filled(voice.text(action.text), known) if action else "",
        "data": pairs(action.data) if action and (doing or isinstance(step, Ask)) else [],
        "expected": [(key, filled(value, known)) for key, value in _expected(step, suite, voice, addresses)],
        "spelt": [filled(_spelt(each), known) for each in step.expect if each.args],
    }


def _title(step: Step, suite: Suite, voice: Voice, known: Known) -> str:
    """What happens, with the contract, and what kind of message it is (KOM, VID) where the domain has kinds."""
    title = f"title_{type(step).__name__.lower()}"
    if isinstance(step, Explore):
        return voice.say(title, contract=step.operation)
    if isinstance(step, WithoutContract):
        return voice.words[title]
    domain, contract = suite.domain_of(step.contract), suite.called(step.contract)
    if isinstance(step, Send):
        xpath = domain.fact("kind")
        spelt = _kind_in(step.template, xpath, tuple(domain.namespaces.items())) if xpath else ""
    else:
        spelt = domain.said("kind", step.when)
    kind = filled(spelt, (step.data, *known))
    return voice.say(title, contract=f"{kind} ({contract})" if kind and kind != "…" else contract)


@lru_cache(_TEMPLATES)
def _kind_in(template: Path, xpath: str, namespaces: tuple[tuple[str, str], ...]) -> str:
    """What kind of message a template makes, with its placeholders; empty where it does not say."""
    try:
        root = xml.parse(files.contents(template))
        return message.capture(root, xpath, dict(namespaces)).strip()
    except (OSError, RivtaError):
        return ""


def filled(text: str, known: Known) -> str:
    """The text with what is known; what is not known yet is three dots."""
    scope = Scope(known)

    def value(found: re.Match[str]) -> str:
        try:
            return scope.lookup(found[1])
        except UsageError:
            return "…"

    return _PLACEHOLDER.sub(value, text)


def _expected(step: Step, suite: Suite, voice: Voice, addresses: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    words = voice.words
    if isinstance(step, Handshake):
        version = f"TLS {step.version}" if step.version else ""
        yield words["we_show"], ", ".join(filter(None, (words[f"certificate_{step.certificate}"], version)))
        yield words["outcome"], words[f"outcome_{step.outcome}"]
    if isinstance(step, WithoutContract):
        return
    if not isinstance(step, Send):
        yield words["call"], suite.called(step.contract)
        if step.contract in addresses:
            yield words["call_address"], addresses[step.contract]
        recipient = step.when.get(ADDRESS, "") or suite.domain_of(step.contract).said("recipient", step.when)
        if recipient:
            yield words["logical_address"], recipient
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
    none = words["any_number" if step.most is None else "none_at_all"]
    yield words["most"], voice.say("at_most", n=step.most) if step.most else none
    if step.least:
        yield words["least"], voice.say("at_least", n=step.least)
    for key, seconds in (("apart", step.apart), ("looks_for", step.seconds)):
        if seconds:
            yield words[key], voice.say("in_system_time", duration=voice.duration(seconds))
    if step.grows:
        yield words["apart"], words["grows"]


def _checks(step: Send | Receive | Watch, suite: Suite, voice: Voice) -> str:
    """What is expected, in words; how the suite spells it stands elsewhere."""
    unwritten = ", ".join(voice.check(kind) for kind in suite.unwritten(step))
    told = (_told(each, voice) for each in step.expect)
    shown = (each if len(each) <= _LONGEST else f"{each[:_LONGEST]}…" for each in told)
    return "; ".join(filter(None, (unwritten, *shown)))


def _told(each: Expectation | tuple[Expectation, ...], voice: Voice) -> str:
    if isinstance(each, tuple):
        return voice.words["and"].join(_told(one, voice) for one in each)
    if isinstance(either := each.args.get("expectations"), tuple):
        return voice.words["or"].join(_told(one, voice) for one in either)
    path = each.args.get("path")
    return _wished(each, path_in_words(path, voice) if isinstance(path, str) else "", voice)


def _wished(each: Expectation, what: str, voice: Voice) -> str:
    """What is wanted of what an expectation looks for, or of the message as a whole."""
    args, words, kind = each.args, voice.words, voice.check(each.kind)
    values = [str(args[key]) for key in _VALUES if isinstance(args.get(key), str | int)]
    if is_absence(each):
        return f"{what or kind} {words['is_absent']}"
    if "count" in args:
        return f"{what or kind}: {voice.say('is_counted', n=args['count'])}"
    if isinstance(form := args.get("matches"), str):
        return f"{what or kind} {voice.say('is_like', form=form) if _SIMPLE.fullmatch(form) else words['is_right']}"
    if values:
        return f"{what or kind} = {' '.join(values)}"
    if not what:
        return kind
    return f"{what} {words['is_there']}" if each.kind == "xpath" else f"{what}: {kind.lower()}"


def _spelt(each: object) -> str:
    """An expectation as the suite spells it, on one line."""
    if isinstance(each, Expectation):
        return f"{each.kind}: {_spelt(each.args)}"
    if isinstance(each, Mapping):
        return ", ".join(f"{name} {_spelt(value)}" for name, value in each.items())
    return ", ".join(map(_spelt, each)) if isinstance(each, list | tuple) else str(each)


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
