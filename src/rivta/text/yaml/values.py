"""What a value must be beyond its form: an XPath expression that can be evaluated, a file that is there; and an answer.

Test data are more than text in two ways: `{file: letter.pdf, as: base64}` and `{repeat: QUJD, times: 3}`. How the counterpart
answers a call is written `ok`, or `{kind: error, error: APPLICATION_ERROR, sub: PR001}`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import cast

from lxml import etree

from rivta.model.errors import UsageError, did_you_mean
from rivta.model.steps import AnswerKind, Behaviour
from rivta.model.words import Source, Value
from rivta.text import placeholder
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.grammar import MapOf
from rivta.text.yaml.shape import AnyData, Found, OneOf
from rivta.text.yaml.tree import Entry, Node, YamlList, YamlMap, YamlScalar

_FORMS = ("text", "base64")


def settled(value: Value, node: Node, folder: Path, found: Found) -> Value:
    """The same test data, its files looked up from the folder it was written in and made absolute.

    A file that is not there, a form other than text and base64, and a count that is no number are mistakes.
    """
    match value, node:
        case dict(), YamlMap():
            if value.keys() in ({"file"}, {"file", "as"}):
                return _file(value, node, folder, found)
            if value.keys() == {"repeat", "times"}:
                if not re.fullmatch(r"[0-9]{1,9}|.*\$\{.*", str(value["times"])):
                    found.say("“times” is a whole number", node.source_of("times"), "write digits")
                return value
            return {key.text: settled(value[key.text], inner, folder, found) for key, inner in node.entries}
        case list(), YamlList():
            return [settled(item, inner, folder, found) for item, inner in zip(value, node.items, strict=True)]
    return value


def without_bulk(value: Value) -> Value:
    """The same test data with nothing in place of files and repetitions: enough to see which names lead where."""
    match value:
        case dict():
            return "" if placeholder.is_special(value) else {key: without_bulk(one) for key, one in value.items()}
        case list():
            return [without_bulk(item) for item in value]
    return value


def _file(value: dict[str, Value], node: YamlMap, folder: Path, found: Found) -> Value:
    path = folder.absolute() / str(value["file"])
    if not path.is_file():
        found.append(no_file(str(value["file"]), node.source_of("file")))
    if value.get("as", "text") not in _FORMS:
        found.say("a file is taken as text or base64", node.source_of("as"), "write one of them")
    return value | {"file": str(path)}


def no_file(name: str, source: Source) -> UsageError:
    return UsageError(
        f"there is no file {name}", source=source, todo="file names are relative to the folder of this file"
    )


# Whether an XPath expression can be evaluated, with the prefixes that are declared


# Quoted text comes first, so that nothing in it is taken for a prefix; an axis (child::) is none.
_PREFIXED = re.compile(r"\"[^\"]*\"|'[^']*'|([A-Za-z_][\w.-]*):(?=[\w*])")


def check_xpath(expression: str, node: YamlScalar, namespaces: Mapping[str, str], found: Found) -> object:
    """An XPath 1.0 expression that does not compile, or uses a prefix or a function that nobody declared, is a mistake.

    `node` is where it stands. Whoever has placeholders in it has put something harmless in their places. Returns what it gives of
    an empty document, which is of the same type as of any other; of a mistake no nodes.
    """
    for prefixed in _PREFIXED.finditer(expression):
        prefix = prefixed[1]
        if prefix and prefix not in namespaces:
            todo = did_you_mean(prefix, namespaces) if namespaces else "declare it under namespaces:"
            found.say(f"the prefix “{prefix}” is not declared under namespaces", node.place_of(f"{prefix}:"), todo)
            return []
    problem, given = _tried(expression, tuple(sorted(namespaces.items())))
    if problem:
        what = f"this is no XPath expression: {problem[0].lower()}{problem[1:]}"
        found.say(what, node.source, "check brackets, quotes and names; it is XPath 1.0")
    return given


@lru_cache(maxsize=4096)
def _tried(expression: str, namespaces: tuple[tuple[str, str], ...]) -> tuple[str, object]:
    """Why an expression cannot be evaluated, empty when it can, and what it gives. Files repeat few expressions many times."""
    try:
        given = etree.XPath(expression, namespaces=dict(namespaces))(etree.Element("anything"))
    except etree.XPathError as problem:
        return str(problem), []
    return "", given if isinstance(given, bool | float | str) else []


OF_CALL = "${call."
"""How a placeholder begins that stands for a fact of the call that a message answers."""
LONGEST_DELAY = 600.0
"""Seconds that an answer may be held back: past any client's patience, and still an end."""

_FAULTS = {"Client": "the caller’s message is at fault", "Server": "the message could not be dealt with"}
_PLATFORM = {f"VP{number:03}": "an error of the national platform’s" for number in range(1, 17)}
_STATUSES = {"403": "who asks may not", "503": "the system is down"}
_CODES = {"fault": _FAULTS, "platform": _PLATFORM, "http": _STATUSES}
_BELONG = {
    "error": ("error",),
    "most": ("ok",),
    "processing": ("ok", "empty"),
    "header-names": ("ok", "empty"),
    "sub": ("error",),
    "code": tuple(_CODES),
    "message": ("message",),
    "with": ("message",),
}
_NEEDS = {
    "error": ("error", "this error does not say which", "add error: with a word that the contract has for it"),
    "message": ("message", "this message does not say which", "add message: a template, such as messages/answer.xml"),
    "platform": ("code", "this platform fault lacks its code", "add code: VP001 to VP016"),
    "http": ("code", "this HTTP answer lacks its status", f"add code: {' or '.join(_STATUSES)}"),
}
"""What an answer of a kind cannot do without, how its lack is told, and what helps."""
_MEANINGLESS = (("text", "silence"), ("text", "reset"), ("delay", "silence"), ("text", "message"), ("text", "http"))
DATA = MapOf(AnyData(), r"[^\s.${}|]+", "a name without dots, blanks and braces")
"""Test data by name."""

_CODE = OneOf({code: meaning for codes in _CODES.values() for code, meaning in codes.items()})
ANSWER = FormFile(Path(__file__).with_name("form.yaml"), code=_CODE, data=DATA)["answer"]
"""The shape of an answer. What it means together is for `behaviour` to see."""


def behaviour(answer: Entry | None, found: Found, folder: Path) -> Behaviour:
    """The behaviour that an answer stands for; without one OK. What does not go together is a mistake.

    Files are looked up from `folder`; whether the message's is there is for the caller to see.
    """
    if answer is None:
        return Behaviour()
    kind = answer.get("kind", "message" if "message" in answer else "ok")
    _check_belonging(answer, kind, found)
    _check_needs(answer, kind, found)
    delay = answer.get("delay") or 0.0
    return Behaviour(
        kind=cast("AnswerKind", kind),
        error=answer.get("error", ""),
        sub=answer.get("sub", ""),
        code=answer.get("code", "Server" if kind == "fault" else ""),
        text=answer.get("text", ""),
        delay_ms=round(delay * 1000),
        most=answer.get("most", 0),
        processing=answer.get("processing", ""),
        header_names=answer.get("header-names", ""),
        template=folder / answer["message"] if "message" in answer else None,
        data=_data(answer, folder, found),
    )


def with_message(answer: Behaviour, scope: placeholder.Scope) -> Behaviour:
    """The answer with its message filled in, all but what it takes from the call, which has not come yet.

    UsageError, placed in the template, for a name that nothing has.
    """
    if answer.template is None:
        return answer
    own = {name: _without_call(value) for name, value in answer.data.items()}
    written = answer.template.read_text(encoding="utf-8").replace(OF_CALL, f"${OF_CALL}")
    text = placeholder.fill(written, placeholder.Scope((own, *scope.layers)), path=str(answer.template))
    return replace(answer, text=text)


def _without_call(value: Value) -> Value:
    """The same with `${call.NAME}` taken literally, however deep it stands."""
    match value:
        case str():
            return value.replace(OF_CALL, f"${OF_CALL}")
        case list():
            return [_without_call(part) for part in value]
        case dict():
            return {name: _without_call(part) for name, part in value.items()}
    return value


def _data(answer: Entry, folder: Path, found: Found) -> dict[str, Value]:
    if "with" not in answer:
        return {}
    written: Entry = answer["with"]
    return {name: settled(value, written.node_of(name), folder, found) for name, value in written.items()}


def _check_belonging(answer: Entry, kind: str, found: Found) -> None:
    for key, kinds in _BELONG.items():
        if key in answer and kind not in kinds:
            what = f"“{key}” belongs to kind: {' or '.join(kinds)}, and this answer is {kind}"
            found.say(what, answer.key_source(key), f"take it away, or write kind: {kinds[0]}")
    for key in ("text", "delay"):
        if key in answer and (key, kind) in _MEANINGLESS:
            found.say(f"“{key}” means nothing where the answer is {kind}", answer.key_source(key), "take it away")


def _check_needs(answer: Entry, kind: str, found: Found) -> None:
    if (answer.get("delay") or 0.0) > LONGEST_DELAY:
        what = f"an answer is held back for {LONGEST_DELAY / 60:g} min at most"
        found.say(what, answer.source_of("delay"), "write answer: silence where none is to come")
    needed, what, todo = _NEEDS.get(kind, ("", "", ""))
    if needed and needed not in answer:
        found.say(what, answer.source, todo)
    known = _CODES.get(kind)
    if known and "code" in answer and answer["code"] not in known:
        whose = "platform fault" if kind == "platform" else kind
        found.say(
            f"“{answer['code']}” is no code of a {whose}", answer.source_of("code"), did_you_mean(answer["code"], known)
        )
