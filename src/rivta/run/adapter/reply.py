"""What an adapter may answer, and what it comes to. Anything else is trouble."""

from __future__ import annotations

import json
from typing import Any, Literal, TypeVar, get_args

from rivta.model.errors import did_you_mean
from rivta.model.exchange import Acted, Said
from rivta.run.adapter.note import Notes

Outcome = Literal["done", "refused", "unsupported"]
Answer = Literal["yes", "no", "not-applicable", "unknown"]
LIMIT_BYTES = 64 * 1024
"""The most that an answer may be: it is a word or two and a note."""
_UNNAMED = "adapter"
"""Who answered, where the adapter does not say."""
Word = TypeVar("Word", Outcome, Answer)


class Trouble(Exception):
    """The adapter broke, or was not reached: what happened, in a few words."""


def acted(reply: bytes, notes: Notes) -> Acted:
    """What came of an order to act. Raises `Trouble` for what is no answer to it."""
    told = _object(reply)
    outcome: Outcome = _word(told, "outcome", get_args(Outcome), notes)
    return Acted(outcome, _text(told, "note", notes))


def said(reply: bytes, notes: Notes) -> Said | None:
    """The answer to a question; None where the adapter cannot know. Raises `Trouble` for what is no answer to it."""
    told = _object(reply)
    if told.get("outcome") == "unsupported":
        return None
    answer: Answer = _word(told, "answer", get_args(Answer), notes)
    if answer == "unknown":
        return None
    return Said(answer, _text(told, "by", notes) or _UNNAMED, _text(told, "note", notes))


def _object(reply: bytes) -> dict[str, Any]:
    if len(reply) > LIMIT_BYTES:
        raise Trouble(f"its answer is over {LIMIT_BYTES // 1024} kB")
    if not reply.strip():
        raise Trouble("it answered nothing; JSON is wanted")
    try:
        told = json.loads(reply)
    except (ValueError, RecursionError) as problem:
        raise Trouble("its answer is not JSON") from problem
    if not isinstance(told, dict):
        raise Trouble("its answer is no JSON object")
    return told


def _word(told: dict[str, Any], key: str, known: tuple[Word, ...], notes: Notes) -> Word:
    word = told.get(key)
    if word in known:
        return next(one for one in known if one == word)
    if word is None:
        raise Trouble(f"its answer lacks “{key}”: {', '.join(known)}")
    shown = notes.cleaned(str(word))
    raise Trouble(f"“{shown}” is no {key}; {did_you_mean(str(word), known)}")


def _text(told: dict[str, Any], key: str, notes: Notes) -> str:
    text = told.get(key)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise Trouble(f"“{key}” in its answer is no text")
    return notes.cleaned(text)
