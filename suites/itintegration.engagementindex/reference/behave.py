"""How the simulated index keeps its posts, and how a source system loads it and keeps its updates apart."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from lxml import etree

from rivta.contract.message import open_envelope, wrap
from rivta.model.domain import Contract
from rivta.simulator import Acting, Action, Done, Draft, IncomingMessage, Outcome, RecordStore, Result, filled

__all__ = ["ACTIONS", "decide", "given"]

_POSTS: Final = "posts"
_READING: Final = "FindContent"
_AT_ONCE: Final = "1000"
_SENT: Final = "sent"
_SAME_KEY: Final = 300.0
"""Seconds between two updates of the same key."""
_APART: Final = 6.0
"""Seconds between two calls of a first load."""
_OF_A_RESPONSE: Final = "urn:riv:itintegration:engagementindex:FindContentResponder:1"


def decide(message: IncomingMessage, store: RecordStore) -> Outcome:
    """Posts are put into the index, or taken out of it."""
    refused = message.flaws.refusal(message.payload, message.facts)
    if refused is None and message.contract.name != _READING and not message.flaws.setting("forgets"):
        for change in message.payload.iterfind("{*}engagementTransaction"):
            _apply(change, store, removes=not message.flaws.setting("keeps-removed"))
    return refused or Result()


def _apply(change: etree._Element, store: RecordStore, *, removes: bool) -> None:
    (post,) = change.iterfind("{*}engagement")
    is_removed = change.findtext("{*}deleteFlag") in ("true", "1")
    known = store.get(_POSTS, "all") or {}
    known.pop(_key(post), None)
    if not (is_removed and removes):
        known[_key(post)] = etree.tostring(post, encoding="unicode", with_tail=False)
    store.put(_POSTS, "all", known)


def _key(post: etree._Element) -> str:
    """What tells a post from every other: all that it must have."""
    return "|".join(
        str(each.text)
        for each in post.iterchildren(etree.Element)
        if not etree.QName(each).localname.endswith(("Content", "Time"))
    )


def given(contract: Contract, store: RecordStore) -> Iterator[etree._Element]:
    """The posts that were put into the index, as an answer holds them."""
    posts = store.get(_POSTS, "all") if contract.name == _READING else None
    for written in (posts or {}).values():
        post = etree.fromstring(written)
        post.tag = f"{{{_OF_A_RESPONSE}}}engagement"
        yield post


def _write(acting: Acting) -> Done:
    """One post. The same key is kept for as long as it may not be sent again."""
    post, store = acting.order.says("post") or acting.new_id(), acting.context.store
    is_early = store.get(_SENT, post) is not None and not acting.context.flaws.setting("hurries")
    store.put(_SENT, post, {})
    draft = acting.flawed(_batch(acting, 1, post))
    return Done("done", "; ".join(acting.deliver(draft, after=_SAME_KEY if is_early else 0.0)), {"post": post})


def _load(acting: Acting) -> Done:
    """A first load: so many posts, in calls of as many as one may have, each some time after the one before."""
    posts, most = int(acting.order.says("posts") or _AT_ONCE), int(acting.context.flaws.setting("at-once") or _AT_ONCE)
    apart = 0.0 if acting.context.flaws.setting("crowds") else _APART
    drafts = [acting.flawed(_batch(acting, count, "")) for count in _shares(posts, most)]
    notes = [note for number, draft in enumerate(drafts) for note in acting.deliver(draft, after=number * apart)]
    return Done("done", "; ".join(notes))


def _shares(posts: int, most: int) -> Iterator[int]:
    while posts > 0:
        yield min(posts, most)
        posts -= most


def _batch(acting: Acting, count: int, post: str) -> Draft:
    sent = acting.context.reference.actions["remove-post"]
    contract = acting.context.contracts[sent.contract]
    values = {**sent.data, **acting.order.data, "removes": "false", "post": post or acting.new_id()}
    written = filled(sent.template, values)
    payload = open_envelope(wrap(written, sent.to, contract.header).encode()).payload
    assert payload is not None  # noqa: S101 - our own template
    (change,) = payload.iterfind("{*}engagementTransaction")
    for _ in range(count - 1):
        other = deepcopy(change)
        if not acting.context.flaws.setting("same-key"):
            for key in other.iterfind("{*}engagement/{*}businessObjectInstanceIdentifier"):
                key.text = acting.new_id()
        payload.append(other)
    return Draft(contract, sent.to, sent.sender, payload, party=sent.to)


ACTIONS: Final = {
    name: Action("updating-system", do, ("Update",))
    for name, do in (("update-post", _write), ("change-post", _write), ("load-posts", _load))
}
