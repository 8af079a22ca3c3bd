"""Random mutants of a simulator of any domain: one change each, at a place where a sound one was seen to do something.

A mutant is a named fault that nobody has thought out, or a memory that keeps something else than it is told. Where a place is
needed (an element, a record's field, a kind of answer) it is drawn from what `Seen` has collected; the seed decides all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from lxml import etree

from mutants import OPERATORS, Operator
from rivta.model.domain import Domain
from rivta.model.words import Headers, Text
from rivta.simulator import (
    Acting,
    Action,
    Draft,
    Fault,
    IncomingMessage,
    Outcome,
    RecordStore,
    Reply,
    Result,
    Simulated,
    SoapFault,
)
from rivta.simulator.answered import APPLICATION, EVERY, MINUTE, Patience, Resends
from rivta.simulator.edit import XPath
from rivta.simulator.outgoing import Outgoing
from rivta.simulator.reply import APPLICATION_ERROR, VALIDATION_ERROR, Refusal

Change = Callable[[str, Any], Any]
"""What becomes of a record of a kind; None where it is forgotten."""
_PARTS = ("code", "error_code", "sub_code", "message", "log_id")
_STATUSES = (200, 201, 202, 204, 301, 400, 401, 404, 500, 503)
_CONTENT_TYPES = (
    "text/xml; charset=ISO-8859-1", "text/xml; charset=UTF-16", "application/soap+xml; charset=UTF-8", "text/html",
    "application/xml", "application/json", "multipart/related; type=text/xml", "",
)  # fmt: skip
"""Some that no SOAP 1.1 message in UTF-8 may have; empty for none at all."""
_MADE_ANEW = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{1,12}|(?<=#)[0-9a-f]{12}")
_SOONEST_SECONDS = 6 * MINUTE

ONCE = re.compile(r"[0-9a-f]{12}")
"""What a message is given that is new in each play: no other play meets it again."""


@dataclass(frozen=True)
class Mutant:
    """One change: its number and kind, in words, what it does, and the cases in which it may do something."""

    fault: Fault
    kind: str
    memory: Change | None = None
    kept: str = ""

    @property
    def name(self) -> str:
        return self.fault.name


@dataclass
class Seen:
    """What a sound system was seen to do: the places where it can be mutated."""

    outcomes: dict[tuple[str, tuple[str, ...]], Outcome] = field(default_factory=dict)
    """By the contract that is named in the message, and what was said."""
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Answers, by the name of what they hold."""
    drafts: dict[tuple[str, str], list[etree._Element]] = field(default_factory=lambda: defaultdict(list))
    """What it sent, by contract and kind."""
    headers: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Of its calls."""
    accepted: list[etree._Element] = field(default_factory=list)
    """What it was sent and had nothing against."""
    records: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    names: tuple[str, ...] = ()

    def collector(self) -> Fault:
        """A fault that changes nothing and sees everything."""
        return Fault(
            "sees",
            Text.same("sees"),
            answers=self._answers,
            writes=self._writes,
            drafts=self._drafts,
            posts=self._posts,
        )

    def _answers(self, outcome: Outcome, body: bytes) -> Outcome:
        said = _said(outcome)
        self.outcomes.setdefault((named(body, self.names), said), outcome)
        if said[0] == "OK" and len(body) < 100_000 and len(self.accepted) < 200:
            self.accepted.append(_payload(etree.fromstring(body)))
        return outcome

    def _writes(self, text: str) -> str:
        payload = _payload(etree.fromstring(text))
        kept = self.texts[etree.QName(payload).localname]
        if len(kept) < 20:
            kept.append(text)
        return text

    def _drafts(self, draft: Draft) -> Draft:
        kept = self.drafts[str(draft.contract.id), draft.kind]
        if len(kept) < 10:
            kept.append(deepcopy(draft.payload))
        return draft

    def _posts(self, request: Outgoing) -> Outgoing:
        for name, value in request.headers:
            self.headers[name][value] = None
        return request


def _said(outcome: Outcome) -> tuple[str, ...]:
    if isinstance(outcome, SoapFault):
        return "fault", outcome.code, outcome.reason
    return outcome.code, outcome.error_code, outcome.sub_code


def named(body: bytes, names: tuple[str, ...]) -> str:
    """The contract that a message names, empty where it names none."""
    return next((name for name in names if f"{name}Responder:".encode() in body), "")


def _payload(root: etree._Element) -> etree._Element:
    return next(iter(root[-1]), root)


class Memory(RecordStore):
    """A store beside which somebody stands who changes what is kept, or writes down what it is."""

    def __init__(self, inner: RecordStore, change: Change) -> None:
        self._inner, self._change = inner, change

    def transaction(self) -> AbstractContextManager[None]:  # type: ignore[override]  # the library's decorated one is no more
        return self._inner.transaction()

    def get(self, kind: str, key: str) -> Any:
        return self._inner.get(kind, key)

    def put(self, kind: str, key: str, value: object) -> None:
        changed = self._change(kind, value)
        if changed is not None:
            self._inner.put(kind, key, changed)

    def show(self, about: str, what: str, kind: str = "") -> None:
        changed = self._change(f"shown {what}", kind)
        if changed is not None:
            self._inner.show(about, what, changed)

    def shown(self, about: str, what: str) -> frozenset[str]:
        return self._inner.shown(about, what)


def as_it_is(_kind: str, value: Any) -> Any:
    """The record as the system keeps it."""
    return value


@dataclass
class Watched:
    """Who stands beside the memory just now: nobody, unless told."""

    change: Change = as_it_is

    def over(self, simulated: Simulated) -> Simulated:
        """The domain's own half, remembering through us."""
        own = simulated.behaviour

        def decide(message: IncomingMessage, store: RecordStore) -> Outcome:
            return own.decide(message, Memory(store, self._changed))

        def remembering(action: Action) -> Action:
            def do(acting: Acting) -> Any:
                context = replace(acting.context, store=Memory(acting.context.store, self._changed))
                return action.do(replace(acting, context=context))

            return replace(action, do=do)

        actions = {name: remembering(action) for name, action in own.actions.items()}
        return replace(simulated, behaviour=replace(own, decide=decide, actions=actions))

    def _changed(self, kind: str, value: Any) -> Any:
        return self.change(kind, value)


def mutants(seen: Seen, domain: Domain, seed: int, count: int) -> list[Mutant]:
    """That many mutants, of all kinds in turn, no two alike."""
    draw = _Draw(seen, domain, Random(seed))  # noqa: S311 (to be repeated, not to be secret)
    found: dict[str, Mutant] = {}
    for _ in range(count * 20):
        for kind, make in draw.kinds().items():
            if len(found) == count:
                return list(found.values())
            made = make()
            if made is not None:
                mutant = replace(made, kind=kind, fault=replace(made.fault, name=f"{kind}: {made.fault.name}"))
                found.setdefault(mutant.name, mutant)
    return list(found.values())


@dataclass
class _Draw:
    """Draws one mutant of a kind; None where the draw came to nothing."""

    seen: Seen
    domain: Domain
    random: Random

    def kinds(self) -> Mapping[str, Callable[[], Mutant | None]]:
        return {
            "answer": self.answer,
            "response": self.response,
            "http": self.http,
            "message": self.message,
            "call": self.call,
            "memory": self.memory,
            "refusal": self.refusal,
            "patience": self.patience,
        }

    def answer(self) -> Mutant | None:
        """Another result or fault than it decided on, or one with a part of it changed."""
        contract, said = self.random.choice(sorted(self.seen.outcomes))
        before = self.seen.outcomes[contract, said]
        after = self._other_outcome(before)
        if _said(after) == said and after == before:
            return None
        names, changed = self.seen.names, _difference(before, after)

        def answers(outcome: Outcome, body: bytes) -> Outcome:
            if _said(outcome) != said or named(body, names) != contract:
                return outcome
            if isinstance(outcome, Result):
                return replace(outcome, **changed) if isinstance(after, Result) else after
            return replace(outcome, **changed) if isinstance(after, SoapFault) else after

        shown = ", ".join(f"{name}={value!r}" for name, value in changed.items())
        return _mutant(f"{contract or 'any'} {'/'.join(filter(None, said))} → {shown or _said(after)}", answers=answers)

    def _other_outcome(self, before: Outcome) -> Outcome:
        others = [self.seen.outcomes[key] for key in sorted(self.seen.outcomes)]
        if self.random.random() < 0.5:
            return self.random.choice(others)
        if isinstance(before, SoapFault):
            return replace(before, code=self.random.choice(["Server", "Client", "Sender", "VersionMismatch", ""]))
        part = self.random.choice(_PARTS)
        values: list[Any] = [
            "",
            *dict.fromkeys(str(getattr(each, part)) for each in others if isinstance(each, Result)),
        ]
        values += (
            [VALIDATION_ERROR, APPLICATION_ERROR] if part == "error_code" else ["WARNING"] if part == "code" else []
        )
        return replace(before, **{part: self.random.choice(values)})

    def response(self) -> Mutant | None:
        """Something of what an answer holds is not there, elsewhere, or another."""
        holds = self.random.choice(sorted(self.seen.texts))
        path = self._place(self.random.choice([etree.fromstring(each) for each in self.seen.texts[holds]]))
        name, operator = self.random.choice(sorted(OPERATORS.items()))
        if not _changes(operator, etree.fromstring(self.seen.texts[holds][0]), path):
            return None

        def writes(text: str) -> str:
            root = etree.fromstring(text)
            before = etree.tostring(root)
            if etree.QName(_payload(root)).localname != holds or not _apply(operator, root, path):
                return text
            return text if etree.tostring(root) == before else etree.tostring(root, encoding="unicode")

        return _mutant(f"{name} {path} of {holds}", writes=writes)

    def http(self) -> Mutant | None:
        """Another status, another header, other bytes, or too late."""
        of_faults = self.random.random() < 0.3
        name, change = self.random.choice(list(self._replies()))

        def sends(reply: Reply, outcome: Outcome) -> Reply:
            return change(reply) if isinstance(outcome, SoapFault) == of_faults else reply

        return _mutant(f"{name} with {'a fault' if of_faults else 'a result'}", sends=sends)

    def _replies(self) -> Iterator[tuple[str, Callable[[Reply], Reply]]]:
        status, kind = self.random.choice(_STATUSES), self.random.choice(_CONTENT_TYPES)
        share = self.random.uniform(0.05, 0.95)
        slowest = max(contract.max_ms for contract in self.domain.contracts.values())
        late = slowest / 1000 * self.random.uniform(1.05, 3)
        yield f"status {status}", lambda reply: replace(reply, status=status)
        yield f"Content-Type “{kind}”", lambda reply: replace(reply, headers=_with("Content-Type", kind, reply.headers))
        yield (
            "a second Content-Type",
            lambda reply: replace(reply, headers=(*reply.headers, ("Content-Type", "text/plain"))),
        )
        yield (
            "Content-Encoding gzip",
            lambda reply: replace(reply, headers=(*reply.headers, ("Content-Encoding", "gzip"))),
        )
        yield f"{share:.0%} of the bytes", lambda reply: replace(reply, body=reply.body[: int(len(reply.body) * share)])
        yield "twice the bytes", lambda reply: replace(reply, body=reply.body * 2)
        yield f"{late:.1f} s too late", lambda reply: replace(reply, delay_seconds=late)
        yield f"a byte flipped at {share:.0%}", lambda reply: replace(reply, body=_flipped(reply.body, share))
        yield "a blank before the prolog", lambda reply: replace(reply, body=b" " + reply.body)
        yield "in UTF-16 without a word", lambda reply: replace(reply, body=reply.body.decode().encode("utf-16-le"))

    def message(self) -> Mutant | None:
        """Something of what it sends is not there, elsewhere, another, or what another message said there."""
        if not self.seen.drafts:
            return None
        key = self.random.choice(sorted(self.seen.drafts))
        samples = self.seen.drafts[key]
        path = self._place(self.random.choice(samples))
        name, operator = self.random.choice([*sorted(OPERATORS.items()), *[("value", None)] * len(OPERATORS)])
        if operator is None:
            name, operator = self._another_value(path, key)
        if not any(_changes(operator, deepcopy(each), path) for each in samples):
            return None

        def drafts(draft: Draft) -> Draft:
            if (str(draft.contract.id), draft.kind) == key:
                _apply(operator, draft.payload, path)
            return draft

        return _mutant(f"{name} {path} of {self.domain.contracts.shown(key[0])} {key[1]}", drafts=drafts)

    def _another_value(self, path: str, key: tuple[str, str]) -> tuple[str, Operator]:
        """An operator that puts a likely value in the place of an element's text or of one of its attributes."""
        contract = key[0]
        near = [each for (name, _), group in self.seen.drafts.items() if name == contract for each in group]
        found = [element for each in near for element in each.xpath(path)]
        attributes = sorted({str(name) for element in found for name in element.attrib})
        where = self.random.choice(attributes) if attributes else ""
        values = list(dict.fromkeys((each.get(where) or "") if where else (each.text or "").strip() for each in found))
        value = self.random.choice(values) if values else ""
        value = _next_to(value) if self.random.random() < 0.5 else value

        def change(element: etree._Element) -> bool:
            if where:
                element.set(where, value)
            elif not len(element):
                element.text = value
            return True

        return f"“{value[:30]}” as {f'@{where}' if where else 'text'} in", change

    def call(self) -> Mutant | None:
        """Another header, another address, other bytes; or it is not sent."""
        if not self.seen.headers:
            return None
        key = self.random.choice(sorted(self.seen.drafts))
        name, changed = self.random.choice(list(self._calls(key)))
        return _mutant(f"{name} with {self.domain.contracts.shown(key[0])} {key[1]}", **changed)

    def _calls(self, key: tuple[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
        header = self.random.choice(sorted(self.seen.headers))
        value = self.random.choice(list(self.seen.headers[header]))
        kind, share = self.random.choice(_CONTENT_TYPES), self.random.uniform(0.05, 0.95)

        def only(change: Callable[[Outgoing], Outgoing]) -> dict[str, Any]:
            return {
                "posts": lambda request: change(request) if (str(request.contract.id), request.kind) == key else request
            }

        def meant(draft: Draft) -> bool:
            return (str(draft.contract.id), draft.kind) == key

        yield f"no {header}", only(lambda one: replace(one, headers=_with(header, "", one.headers)))
        yield f"{header} “{value}”", only(lambda one: replace(one, headers=_with(header, value, one.headers)))
        yield f"{header} twice", only(lambda one: replace(one, headers=(*one.headers, (header, f"{value}X"))))
        yield f"Content-Type “{kind}”", only(lambda one: replace(one, headers=_with("Content-Type", kind, one.headers)))
        yield f"{share:.0%} of the bytes", only(lambda one: replace(one, body=one.body[: int(len(one.body) * share)]))
        yield f"a byte flipped at {share:.0%}", only(lambda one: replace(one, body=_flipped(one.body, share)))
        yield "nothing sent", {"keeps_back": meant}
        yield "addressed to its sender", {"drafts": lambda one: replace(one, address=one.sender) if meant(one) else one}
        yield (
            "addressed in small letters with a blank",
            {"drafts": lambda one: replace(one, address=f"{one.address[:-1]} ") if meant(one) else one},
        )

    def memory(self) -> Mutant | None:
        """Something is not remembered, without a part of it, or as something else."""
        if not self.seen.records:
            return None
        kind = self.random.choice(sorted(self.seen.records))
        samples = self.seen.records[kind]
        name, change = self._memory_change(samples)

        def keep(of: str, value: Any) -> Any:
            return change(deepcopy(value)) if of == kind else value

        return replace(_mutant(f"{name} of {kind}"), memory=keep, kept=kind)

    def _memory_change(self, samples: list[Any]) -> tuple[str, Callable[[Any], Any]]:
        sample = self.random.choice(samples)
        if not isinstance(sample, dict) or self.random.random() < 0.2:
            return "nothing", lambda _: None
        name = self.random.choice(sorted(sample))
        others = [each[name] for each in samples if name in each]
        other = self.random.choice(others)
        value = _next_to(other) if isinstance(other, str) and self.random.random() < 0.3 else other
        value = other + self.random.choice([-1, 1]) if isinstance(other, int) else value
        return (
            f"{name} = {str(value)[:40]!r}",
            lambda record: {**record, name: value} if isinstance(record, dict) else record,
        )

    def refusal(self) -> Mutant | None:
        """It refuses what is sound, for something that stands in it, and accepts the rest."""
        if not self.seen.accepted:
            return None
        payload = self.random.choice(self.seen.accepted)
        path = self._place(payload)
        found = payload.xpath(path)
        text = (found[0].text or "").strip() if found else ""
        text = text if len(text) < 60 else ""
        values = [
            f"{path}/@{name} = {_quoted(str(value))}" for name, value in (found[0].attrib.items() if found else ())
        ]
        values += [f"{path} = {_quoted(text)}"] if text else [path]
        values = [value for value in values if not ONCE.search(value)] or [path]
        when = XPath(self.random.choice(values))
        error = self.random.choice([APPLICATION_ERROR, VALIDATION_ERROR, ""])
        return _mutant(f"{error or 'fault'} where {when.text}", refuses=(Refusal(when, error, text="Nej."),))

    def patience(self) -> Mutant | None:
        """After an answer it sends again sooner or oftener than is allowed: when, is limited after technical errors only."""
        if not self.seen.headers:
            return None
        after = self.random.choice(EVERY)
        usual = Patience().resends(after)
        most = 1000 if after == APPLICATION else usual.most or self.random.choice([1, 2, 1000])
        seconds = self.random.uniform(0.1, 0.7) * (usual.seconds or _SOONEST_SECONDS)

        def patience(patience: Patience) -> Patience:
            return replace(patience, after={**patience.after, after: Resends(most, seconds)})

        return _mutant(f"{most} resends, {seconds:.0f} s after {after}", patience=patience)

    def _place(self, root: etree._Element) -> str:
        """Where one of its elements is, by local names and numbers."""
        element = self.random.choice(list(root.iter("*")))
        steps = []
        while element is not root:
            parent = element.getparent()
            assert parent is not None
            local = etree.QName(element).localname
            number = [each for each in parent.iterchildren("*") if etree.QName(each).localname == local].index(
                element
            ) + 1
            steps.append(f"*[local-name()='{local}'][{number}]")
            element = parent
        return "/".join(reversed(steps)) or "."


def _mutant(name: str, **changed: Any) -> Mutant:
    """A mutant by a name that is the same in each run of a seed: without numbers that are made anew each time."""
    name = _MADE_ANEW.sub("…", name)
    text = re.sub(
        r"\*\[local-name\(\)='([^']+)'\]\[(\d+)\]", lambda found: found[1] + f"[{found[2]}]" * (found[2] != "1"), name
    )
    return Mutant(Fault(text, Text.same(text), **changed), "")


def _apply(operator: Operator, root: etree._Element, path: str) -> bool:
    found = root.xpath(path)
    return bool(found) and operator(found[0])


def _changes(operator: Operator, root: etree._Element, path: str) -> bool:
    before = etree.tostring(root)
    return _apply(operator, root, path) and etree.tostring(root) != before


def _difference(before: Outcome, after: Outcome) -> dict[str, Any]:
    if type(before) is not type(after):
        return {}
    return {name: value for name in _PARTS if (value := getattr(after, name, "")) != getattr(before, name, "")}


def _with(name: str, value: str, headers: Headers) -> Headers:
    """The headers with another value there, or without it."""
    changed = tuple((key, value if key == name else old) for key, old in headers)
    return tuple(each for each in changed if each[1])


def _flipped(body: bytes, share: float) -> bytes:
    place = int((len(body) - 1) * share)
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


def _next_to(value: str) -> str:
    """A value like it: the last digit is the next one, else it has a letter more."""
    found = re.search(r"\d(?=\D*$)", value)
    if found is None:
        return f"{value}x"
    return f"{value[: found.start()]}{(int(found[0]) + 1) % 10}{value[found.end() :]}"


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'
