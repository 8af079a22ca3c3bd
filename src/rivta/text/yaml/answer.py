"""How the counterpart answers a call, as it is written: `ok`, or `{kind: error, error: APPLICATION_ERROR, sub: PR001}`."""

from __future__ import annotations

from typing import Literal, cast

from rivta.model.case import Behaviour
from rivta.model.errors import UsageError, did_you_mean
from rivta.text.yaml.entry import Entry
from rivta.text.yaml.grammar import Field, Record, Shorthand
from rivta.text.yaml.shape import BARE, Duration, Found, OneOf, Text

Kind = Literal["ok", "info", "error", "fault", "platform", "html", "invalid-xml", "breaks-schema", "silence", "reset"]
LONGEST_DELAY = 600.0
"""Seconds that an answer may be held back: past any client's patience, and still an end."""

KINDS = {
    "ok": "resultCode OK",
    "info": "resultCode INFO: accepted, with a remark",
    "error": "resultCode ERROR, with `error` and perhaps `sub`",
    "fault": "a SOAP Fault; `code` is its faultcode, Server without one",
    "platform": "a SOAP Fault as the national platform writes it; `code` is VP001 to VP015",
    "html": "HTTP 500 with a page in HTML",
    "invalid-xml": "an answer that is not well-formed",
    "breaks-schema": "an answer that is not valid by the contract’s schema",
    "silence": "no answer; the connection stays open",
    "reset": "no answer; the connection is broken",
}
ERRORS = {
    "VALIDATION_ERROR": "the message is not valid, and must not be sent again as it is",
    "APPLICATION_ERROR": "the message is valid and cannot be dealt with",
}
_FAULTS = {"Client": "the caller’s message is at fault", "Server": "the message could not be dealt with"}
_PLATFORM = {f"VP{number:03}": "an error of the national platform’s" for number in range(1, 16)}
_CODES = {"fault": _FAULTS, "platform": _PLATFORM}
_BELONG = {"error": ("error",), "sub": ("error",), "code": tuple(_CODES)}
_UNTOLD = ("silence", "reset")

ANSWER = Shorthand(
    Record(
        "answer",
        {
            "kind": Field(OneOf(KINDS), "what kind of answer; ok without it"),
            "error": Field(OneOf(ERRORS), "the errorCode of an error"),
            "sub": Field(Text(r"\S+", "a subCode without blanks", "PR001", also=BARE), "the subCode of an error"),
            "code": Field(OneOf({**_FAULTS, **_PLATFORM}), "the code of a fault or a platform fault"),
            "text": Field(Text(), "what the answer says to people"),
            "delay": Field(Duration(), "how long the answer is held back"),
        },
        "How we answer.",
    ),
    "kind",
)
"""The shape of an answer. What it means together is for `behaviour` to see."""


def behaviour(answer: Entry | None, found: Found) -> Behaviour:
    """The behaviour that an answer stands for; without one OK. What does not go together is a mistake."""
    if answer is None:
        return Behaviour()
    kind = answer.get("kind", "ok")
    _check_belonging(answer, kind, found)
    _check_code(answer, kind, found)
    if kind == "error" and "error" not in answer:
        todo = f"add error: {' or '.join(ERRORS)}"
        found.append(UsageError("this error lacks its errorCode", source=answer.source, todo=todo))
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
    )


def _check_belonging(answer: Entry, kind: str, found: Found) -> None:
    for key, kinds in _BELONG.items():
        if key in answer and kind not in kinds:
            what = f"“{key}” belongs to kind: {' or '.join(kinds)}, and this answer is {kind}"
            todo = f"take it away, or write kind: {kinds[0]}"
            found.append(UsageError(what, source=answer.key_source(key), todo=todo))
    for key in ("text", "delay"):
        if key in answer and kind in _UNTOLD and not (key == "delay" and kind == "reset"):
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
