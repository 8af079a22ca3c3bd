"""How the counterpart answers a call, as it is written: `ok`, or `{kind: error, error: APPLICATION_ERROR, sub: PR001}`."""

from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from rivta.model.case import Behaviour
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.words import Value
from rivta.text import placeholder
from rivta.text.yaml.grammar import Field, MapOf, Record, Shorthand
from rivta.text.yaml.shape import BARE, AnyData, Duration, Found, OneOf, String
from rivta.text.yaml.tree import Entry
from rivta.text.yaml.values import settled

Kind = Literal[
    "ok", "info", "error", "fault", "platform", "html", "invalid-xml", "breaks-schema", "silence", "reset", "message"
]
OF_CALL = "${call."
"""How a placeholder begins that stands for a fact of the call that a message answers."""
LONGEST_DELAY = 600.0
"""Seconds that an answer may be held back: past any client's patience, and still an end."""

KINDS = {
    "ok": "the contract’s result for done; the smallest valid response where it has no result",
    "info": "the result for done, with a remark",
    "error": "the result for not done, with `error` and perhaps `sub`",
    "fault": "a SOAP Fault; `code` is its faultcode, Server without one",
    "platform": "a SOAP Fault as the national platform writes it; `code` is VP001 to VP015",
    "html": "HTTP 500 with a page in HTML",
    "invalid-xml": "an answer that is not well-formed",
    "breaks-schema": "an answer that is not valid by the contract’s schema",
    "silence": "no answer; the connection stays open",
    "reset": "no answer; the connection is broken",
    "message": "a message of its own, which `message` names; the kind need not be written",
}
_FAULTS = {"Client": "the caller’s message is at fault", "Server": "the message could not be dealt with"}
_PLATFORM = {f"VP{number:03}": "an error of the national platform’s" for number in range(1, 16)}
_CODES = {"fault": _FAULTS, "platform": _PLATFORM}
_BELONG = {"error": ("error",), "sub": ("error",), "code": tuple(_CODES), "message": ("message",), "with": ("message",)}
_MEANINGLESS = (("text", "silence"), ("text", "reset"), ("delay", "silence"), ("text", "message"))
DATA = MapOf(AnyData(), r"[^\s.${}|]+", "a name without dots, blanks and braces")
"""Test data by name."""

ANSWER = Shorthand(
    Record(
        "answer",
        {
            "kind": Field(OneOf(KINDS), "what kind of answer; ok without it"),
            "error": Field(
                String(r"\S+", "an error without blanks", "APPLICATION_ERROR", also=BARE),
                "which error, in the contract’s words",
            ),
            "sub": Field(String(r"\S+", "a subCode without blanks", "PR001", also=BARE), "the subCode of an error"),
            "message": Field(
                String(),
                "the message to answer with, a template; ${call.NAME} in it is a fact of the call, or its address",
            ),
            "with": Field(DATA, "test data of this message, over the environment’s and the file’s own"),
            "code": Field(OneOf({**_FAULTS, **_PLATFORM}), "the code of a fault or a platform fault"),
            "text": Field(String(), "what the answer says to people"),
            "delay": Field(Duration(), "how long the answer is held back"),
        },
        "How we answer.",
    ),
    "kind",
)
"""The shape of an answer. What it means together is for `behaviour` to see."""


def behaviour(answer: Entry | None, found: Found, folder: Path) -> Behaviour:
    """The behaviour that an answer stands for; without one OK. What does not go together is a mistake.

    Files are looked up from `folder`; whether the message's is there is for the caller to see.
    """
    if answer is None:
        return Behaviour()
    kind = answer.get("kind", "message" if "message" in answer else "ok")
    _check_belonging(answer, kind, found)
    _check_code(answer, kind, found)
    if kind == "error" and "error" not in answer:
        todo = "add error: with a word that the contract has for it"
        found.append(UsageError("this error does not say which", source=answer.source, todo=todo))
    if kind == "message" and "message" not in answer:
        todo = "add message: a template, such as messages/answer.xml"
        found.append(UsageError("this message does not say which", source=answer.source, todo=todo))
    delay = answer.get("delay") or 0.0
    if delay > LONGEST_DELAY:
        what = f"an answer is held back for {LONGEST_DELAY / 60:g} min at most"
        found.append(
            UsageError(what, source=answer.source_of("delay"), todo="write answer: silence where none is to come")
        )
    return Behaviour(
        kind=cast("Kind", kind),
        error=answer.get("error", ""),
        sub=answer.get("sub", ""),
        code=answer.get("code", "Server" if kind == "fault" else ""),
        text=answer.get("text", ""),
        delay_ms=round(delay * 1000),
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
            todo = f"take it away, or write kind: {kinds[0]}"
            found.append(UsageError(what, source=answer.key_source(key), todo=todo))
    for key in ("text", "delay"):
        if key in answer and (key, kind) in _MEANINGLESS:
            what = f"“{key}” means nothing where the answer is {kind}"
            found.append(UsageError(what, source=answer.key_source(key), todo="take it away"))


def _check_code(answer: Entry, kind: str, found: Found) -> None:
    known = _CODES.get(kind, {})
    if kind == "platform" and "code" not in answer:
        what = "this platform fault lacks its code"
        found.append(UsageError(what, source=answer.source, todo="add code: VP001 to VP015"))
    elif known and answer.get("code", next(iter(known))) not in known:
        todo = did_you_mean(answer["code"], known)
        whose = "platform fault" if kind == "platform" else kind
        found.append(
            UsageError(f"“{answer['code']}” is no code of a {whose}", source=answer.source_of("code"), todo=todo)
        )
