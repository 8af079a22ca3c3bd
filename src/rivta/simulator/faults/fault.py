"""A named fault: one thing that the system does wrong on purpose, and what it breaks. `Flaws` are those of one system.

A fault touches the system at a few places only, in the order in which a message passes them:

* `turns_away`: messages that are called invalid before they are read;
* `skips`: demands that are not made, by name: a rule's id, a contract's schema or size, a demand of the domain's own.
  Where a rule is skipped, the schema is not asked either, for the schema enforces some rules too;
* `accepts`: messages that are accepted though a demand of the domain's own is not met;
* `refuses`: demands that the contract does not make;
* `gives`: the records of a reading contract are others;
* `answers`: the result or the SOAP Fault is made into another;
* `writes`: the envelope's text is made into another;
* `sends`: the HTTP answer (status, headers, bytes, delay) is made into another.

And where the system itself calls:

* `skips`: restraints that are lifted, by name; `oversteps` lifts whichever it is, at one moment;
* `drafts`: the content of a message is made into another, before it is remembered as sent;
* `keeps_back`: messages that are never sent, though the system thinks that they were;
* `posts`: the request (URL, headers, bytes) is made into another;
* `repeats`: the same when it is sent again;
* `patience`: how long an answer is waited for, what it is taken for, when and how often a request is sent again;
* `shuns`: nothing more is sent to who once answered by a technical error;
* `queues`: nothing is sent to others while a message is to be sent again;
* `hides`: what the user is not shown.

`settings` are read by the domain's own `behave.py`. What a system does wrong only under load has `at_once`, whatever else it does. `passes` is what is let pass
in a handshake: see `simulator.handshake`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from threading import Lock
from typing import TypeVar

from lxml import etree

from rivta.contract.giving import Given, RecordArchive
from rivta.contract.records import RecordQuery
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Headers, Text
from rivta.simulator.answered import Patience
from rivta.simulator.edit import Values, XPath
from rivta.simulator.outgoing import Draft, Outgoing
from rivta.simulator.reply import Outcome, Refusal
from rivta.transport.incoming import Reply

T = TypeVar("T")
Gives = Callable[[Given, RecordArchive, RecordQuery], Given]
"""What is given instead of the right records."""


@frozen
class Fault:
    """One deliberate fault.

    `breaks` are the ids of the requirements that no longer hold: whatever message shows one of them shows the fault. `shown_by`
    is the kind of check that every such message fails: where the domain does not say what the fault breaks, that check does.
    """

    name: str
    text: Text
    breaks: tuple[str, ...] = ()
    shown_by: str = ""
    turns_away: Callable[[Headers, bytes], bool] | None = None
    skips: frozenset[str] = frozenset()
    accepts: XPath | None = None
    refuses: tuple[Refusal, ...] = ()
    gives: Gives | None = None
    answers: Callable[[Outcome, bytes], Outcome] | None = None
    writes: Callable[[str], str] | None = None
    sends: Callable[[Reply, Outcome], Reply] | None = None
    oversteps: XPath | None = None
    drafts: Callable[[Draft], Draft] | None = None
    keeps_back: Callable[[Draft], bool] | None = None
    posts: Callable[[Outgoing], Outgoing] | None = None
    repeats: Callable[[Outgoing], Outgoing] | None = None
    patience: Callable[[Patience], Patience] | None = None
    shuns: bool = False
    queues: bool = False
    hides: frozenset[str] = frozenset()
    settings: Mapping[str, str] = field(default_factory=dict)
    passes: frozenset[str] = frozenset()
    at_once: int = 0
    """It shows only while so many calls are under way at a time; 0: always."""
    lasts: bool = False
    """Once it has shown it goes on, however few they become."""


@dataclass(slots=True)
class Calls:
    """How many calls are under way at a time, now and at most so far."""

    now: int = 0
    most: int = 0
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """One more, until the block ends."""
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            yield
        finally:
            with self._lock:
                self.now -= 1


def chosen(names: Iterable[str], faults: Mapping[str, Fault]) -> tuple[Fault, ...]:
    """The faults of those names, each once. Raises UsageError for a name that there is none of."""
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in faults:
            raise UsageError(f"there is no fault “{name}”", todo=did_you_mean(name, faults))
    return tuple(faults[name] for name in wanted)


@frozen
class Flaws:
    """The faults of one system, together. Of none, everything passes through as it is.

    `observed` are faults that the system does not have, by hook: whenever one of them would have changed something, its name is put
    into `touched`. So one run of a sound system tells which faults a case can show; those that need many calls at a time, none can.
    """

    given: tuple[Fault, ...] = ()
    observed: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    calls: Calls = field(default_factory=Calls)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Those that show now."""
        calls = self.calls
        return tuple(each for each in self.given if each.at_once <= (calls.most if each.lasts else calls.now))

    def turn_away(self, headers: Headers, body: bytes) -> bool:
        """Whether the message is called invalid before it is read."""
        return self._any("turns_away", lambda fault: fault.turns_away and fault.turns_away(headers, body))

    def skip(self, demand: str) -> bool:
        """Whether a demand that is not met is let pass. To be asked only then: who asks it of all observes too much."""
        return self._any("skips", lambda fault: demand in fault.skips)

    def accept(self, payload: etree._Element, values: Values) -> bool:
        """Whether a message is accepted that meets a demand not. To be asked only then."""
        return self._any("accepts", lambda fault: fault.accepts and fault.accepts.holds(payload, values))

    def refusal(self, payload: etree._Element, values: Values) -> Outcome | None:
        """How a message is refused that meets all that the contract demands; None if it is not."""

        def refuses(fault: Fault) -> Refusal | None:
            return next((one for one in fault.refuses if one.when.holds(payload, values)), None)

        self._observe("refuses", refuses)
        refusing = filter(None, map(refuses, self.faults))
        return next((one.outcome() for one in refusing), None)

    def give(self, given: Given, archive: RecordArchive, question: RecordQuery) -> Given:
        return self._made("gives", given, archive, question)

    def answer(self, outcome: Outcome, body: bytes) -> Outcome:
        """The outcome as these faults make it. `body` is the message that it answers."""
        return self._made("answers", outcome, body)

    def write(self, text: str) -> str:
        return self._made("writes", text)

    def send(self, reply: Reply, outcome: Outcome) -> Reply:
        return self._made("sends", reply, outcome)

    def overstep(self, payload: etree._Element, values: Values) -> bool:
        """Whether a message is sent that the contract forbids now. To be asked only then."""
        return self._any("oversteps", lambda fault: fault.oversteps and fault.oversteps.holds(payload, values))

    @property
    def shuns(self) -> bool:
        """Whether nothing more is sent to who has just answered by a technical error. To be asked only then."""
        return self._any("shuns", lambda fault: fault.shuns)

    @property
    def queues(self) -> bool:
        """Whether a message waits while one to somebody else is to be sent again. To be asked only then."""
        return self._any("queues", lambda fault: fault.queues)

    def draft(self, draft: Draft) -> Draft:
        """A message's content as these faults make it. The draft that is given is used up."""
        if self.observed:
            self._observe("drafts", _Tries(draft))
        for fault in self.faults:
            draft = fault.drafts(draft) if fault.drafts else draft
        return draft

    def keep_back(self, draft: Draft) -> bool:
        """Whether the message is not sent at all."""
        return self._any("keeps_back", lambda fault: fault.keeps_back and fault.keeps_back(draft))

    def post(self, request: Outgoing) -> Outgoing:
        return self._made("posts", request)

    def repeat(self, request: Outgoing) -> Outgoing:
        self._observe("repeats", lambda fault: fault.repeats)
        for fault in self.faults:
            request = fault.repeats(request) if fault.repeats else request
        return request

    def patience(self, patience: Patience) -> Patience:
        for fault in self.faults:
            patience = fault.patience(patience) if fault.patience else patience
        return patience

    def answered(self, kind: str, seconds: float) -> None:
        """A call was answered so, after so long: observed are the faults whose patience ends otherwise there."""
        sound = Patience()
        self._observe("patience", lambda one: one.patience and _ends_otherwise(one.patience, sound, kind, seconds))

    def hide(self, what: str) -> bool:
        """Whether that, which is there, is not shown to the user. To be asked only then."""
        return self._any("hides", lambda fault: what in fault.hides)

    def setting(self, name: str) -> str:
        """What a fault makes of something that the domain's own `behave.py` reads; empty when nothing."""
        self._observe("settings", lambda fault: name in fault.settings)
        return next((fault.settings[name] for fault in self.faults if name in fault.settings), "")

    @property
    def passes(self) -> frozenset[str]:
        """What is let pass in a handshake. Those that are observed nobody can see there."""
        return frozenset[str]().union(*(fault.passes for fault in self.faults))

    def _made(self, hook: str, what: T, *more: object) -> T:
        """What passes, as each fault's hook makes it in turn."""
        sound = what
        self._observe(hook, lambda fault: getattr(fault, hook)(sound, *more) != sound)
        for change in (getattr(fault, hook) for fault in self.faults):
            what = change(what, *more) if change else what
        return what

    def _any(self, hook: str, shows: Callable[[Fault], object]) -> bool:
        self._observe(hook, shows)
        return any(map(shows, self.faults))

    def _observe(self, hook: str, shows: Callable[[Fault], object]) -> None:
        """Whichever of them that have such a hook shows here, if it has not yet."""
        untouched = (one for one in self.observed.get(hook, ()) if one.name not in self.touched)
        self.touched.update(one.name for one in untouched if shows(one))


def by_hook(faults: Iterable[Fault]) -> Mapping[str, tuple[Fault, ...]]:
    """By each of their fields, which of the faults have something there, but for those that show only under load."""
    alone = [each for each in faults if not each.at_once]
    return {each.name: tuple(one for one in alone if getattr(one, each.name)) for each in fields(Fault)}


class _Tries:
    """Whether a fault makes a draft into another, tried on a copy that is made anew only where the last one changed it."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._before = draft, _spelt(draft)
        self._copy = _copied(draft)

    def __call__(self, fault: Fault) -> bool:
        changes = fault.drafts is not None and _spelt(fault.drafts(self._copy)) != self._before
        if changes:
            self._copy = _copied(self._draft)
        return changes


def _copied(draft: Draft) -> Draft:
    return replace(draft, payload=deepcopy(draft.payload))


def _spelt(draft: Draft) -> tuple[str, bytes]:
    return draft.address, etree.tostring(draft.payload, method="c14n", exclusive=True)


def _ends_otherwise(change: Callable[[Patience], Patience], sound: Patience, kind: str, seconds: float) -> bool:
    changed = change(sound)
    is_other = kind in changed.taken or changed.resends(kind) != sound.resends(kind)
    return is_other or changed.read_seconds < seconds
