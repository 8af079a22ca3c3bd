"""Adapters: what makes a system under test act without a person, a program that is given JSON or a URL that it is posted to.

An order says what the system is to do, for which case, and where it can call us, or asks what only who sits at it can see; the answer says
what came of it, and anything else that is answered is trouble. Whatever else happens (no program, no connection, no time, no JSON) is
trouble of the environment's, never the system's fault. What an adapter notes is cleaned before it is kept and shown: short, on one line,
without secrets and without people.
"""

import json
import logging
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any, Literal, TypeVar, get_args

from rivta.check import link
from rivta.model.case import Case
from rivta.model.contracts import ContractId, Contracts
from rivta.model.environment import Environment
from rivta.model.errors import did_you_mean
from rivta.model.exchange import Acted, Said
from rivta.model.frozen import frozen
from rivta.model.run import PlannedCase
from rivta.model.steps import Ask, Doing, Handshake, Send
from rivta.model.words import Text, Value
from rivta.run.delivering import LIMIT_BYTES, AdapterTrouble, AdapterWay, Command, Posting
from rivta.run.stage import Party
from rivta.text import identity

_LOG = logging.getLogger("rivta.adapter")
VERSION = 1
"""The version of what is asked and answered."""


def to_do(doing: Doing, case: Case, counterpart: Party) -> bytes:
    known = Contracts(ContractId.parse(identity) for identity in counterpart.addresses)
    addresses = {known.shown(identity): url for identity, url in counterpart.addresses.items()}
    reached = {"time-factor": counterpart.time_factor, "addresses": addresses}
    return _written(doing.action, doing.data, case, doing.text, {"counterpart": reached})


def to_answer(question: Ask, case: Case) -> bytes:
    return _written(question.action, question.data, case, question.text, {"question": True})


def _written(action: str, data: Mapping[str, Value], case: Case, text: Text, more: Mapping[str, object]) -> bytes:
    order = {
        "version": VERSION,
        "action": action,
        "with": dict(data),
        "case": _key(case),
        "text": {"sv": text.sv, "en": text.en},
        **more,
    }
    return json.dumps(order, ensure_ascii=False).encode("utf-8", "replace")


def _key(case: Case) -> str:
    """The case by its contract's identity: no other case of any domain or major version is called that."""
    return PlannedCase(case.id, case.title, case.contract, case.role, case.source.path, case.verifies).key


LIMIT_CHARACTERS = 300
"""The most of a note that is kept."""
LIMIT_LINK = 4000
"""The most of a link that is kept."""
_HIDDEN = "…"


@frozen
class Notes:
    """Cleans what an adapter says. `allowed` are the identities of test persons, who may be named."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    allowed: Collection[str] = ()

    def cleaned(self, text: str) -> str:
        """The text on one line, secrets and real people hidden, cut where it is long."""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        line = " ".join("".join(" " if _steers(letter) else letter for letter in self._without_people(text)).split())
        return line if len(line) <= LIMIT_CHARACTERS else line[:LIMIT_CHARACTERS].rstrip() + _HIDDEN

    def link(self, given: object) -> str:
        """A link that was given, on its lines, secrets and real people hidden; empty for what is no text."""
        text = given[:LIMIT_LINK] if isinstance(given, str) else ""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        return self._without_people(text).replace(_HIDDEN, link.HIDDEN)

    def _without_people(self, text: str) -> str:
        for one in reversed(identity.find(text)):
            if one.value not in self.allowed:
                text = text[: one.start] + _HIDDEN + text[one.end :]
        return text


def _steers(letter: str) -> bool:
    """Whether a letter says something to a terminal or to a reader's eyes, not to the reader."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


Outcome = Literal["done", "refused", "unsupported"]
Answer = Literal["yes", "no", "not-applicable", "unknown"]
_UNNAMED = "adapter"
"""Who answered, where the adapter does not say."""
Word = TypeVar("Word", Outcome, Answer)


def acted(reply: bytes, notes: Notes) -> Acted:
    """What came of an order to act. Raises `AdapterTrouble` for what is no answer to it."""
    told = _object(reply)
    outcome: Outcome = _word(told, "outcome", get_args(Outcome), notes)
    return Acted(outcome, _text(told, "note", notes))


def said(reply: bytes, notes: Notes) -> Said | None:
    """The answer to a question; None where the adapter cannot know. Raises `AdapterTrouble` for what is no answer to it."""
    told = _object(reply)
    if told.get("outcome") == "unsupported":
        return None
    answer: Answer = _word(told, "answer", get_args(Answer), notes)
    if answer == "unknown":
        return None
    return Said(answer, _text(told, "by", notes) or _UNNAMED, _text(told, "note", notes), notes.link(told.get("link")))


def _object(reply: bytes) -> dict[str, Any]:
    if len(reply) > LIMIT_BYTES:
        raise AdapterTrouble(f"its answer is over {LIMIT_BYTES // 1024} kB")
    if not reply.strip():
        raise AdapterTrouble("it answered nothing; JSON is wanted")
    try:
        told = json.loads(reply)
    except (ValueError, RecursionError) as problem:
        raise AdapterTrouble("its answer is not JSON") from problem
    if not isinstance(told, dict):
        raise AdapterTrouble("its answer is no JSON object")
    return told


def _word(told: dict[str, Any], key: str, known: tuple[Word, ...], notes: Notes) -> Word:
    word = told.get(key)
    if word in known:
        return next(one for one in known if one == word)
    if word is None:
        raise AdapterTrouble(f"its answer lacks “{key}”: {', '.join(known)}")
    shown = notes.cleaned(str(word))
    raise AdapterTrouble(f"“{shown}” is no {key}; {did_you_mean(str(word), known)}")


def _text(told: dict[str, Any], key: str, notes: Notes) -> str:
    text = told.get(key)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise AdapterTrouble(f"“{key}” in its answer is no text")
    return notes.cleaned(text)


# An adapter as the conductor knows whoever makes a system act


@frozen
class AdapterActor:
    """Gives orders to an adapter, from any thread. Keeps nothing between them."""

    way: AdapterWay
    notes: Notes

    def act(self, doing: Doing, case: Case, counterpart: Party) -> Acted:
        """Make the system do something. What goes wrong on the way is `trouble`, never raised."""
        try:
            return acted(self.way.give(to_do(doing, case, counterpart)), self.notes)
        except AdapterTrouble as trouble:
            return Acted("trouble", self.notes.cleaned(str(trouble)))

    def ask(self, question: Ask, case: Case) -> Said | None:
        """Ask what only who sits at the system sees. None: it does not know, or it broke, which the log tells."""
        try:
            return said(self.way.give(to_answer(question, case)), self.notes)
        except AdapterTrouble as trouble:
            _LOG.warning("the adapter did not answer %s: %s", question.action, self.notes.cleaned(str(trouble)))
            return None

    def edit(self, step: Send | Handshake, number: int, data: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002 - a person's
        """Nobody is there to edit anything: the data as it is."""
        return data


def of(environment: Environment) -> AdapterActor | None:
    adapter = environment.adapter
    if adapter is None:
        return None
    notes = Notes(environment.secrets, environment.test_identities | identity.PUBLISHED.keys())
    if adapter.url:
        return AdapterActor(Posting(adapter.url, adapter.seconds, environment.tls), notes)
    return AdapterActor(Command(adapter.command, environment.path.absolute().parent, adapter.seconds), notes)
