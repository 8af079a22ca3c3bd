"""How the simulator of the log service decides, and how a system that logs very much splits it over calls."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from lxml import etree

from rivta.contract.message import open_envelope, wrap
from rivta.simulator import Acting, Action, Done, Draft, IncomingMessage, Outcome, RecordStore, Result, filled

__all__ = ["ACTIONS", "decide"]

_NAMESPACES: Final = {
    "s": "urn:riv:informationsecurity:auditing:log:StoreLogResponder:2",
    "c": "urn:riv:informationsecurity:auditing:log:2",
}
_STORE: Final = "StoreLog"
_LOG_SERVICE: Final = "SE165565594230-1000"
_AT_ONCE: Final = "500"


def decide(message: IncomingMessage, store: RecordStore) -> Outcome:
    """Log records are stored, all of a call or none. A report is as `reference.yaml` says."""
    flaws, values = message.flaws, message.facts
    if message.contract.name != _STORE:
        return message.refused(values) or flaws.refusal(message.payload, values) or Result()
    ids = [str(each) for each in message.payload.xpath("s:log/c:logId/text()", namespaces=_NAMESPACES)]
    is_new = len(set(ids)) == len(ids) and not any(store.get("log", each) is not None for each in ids)
    refused = flaws.refusal(message.payload, values)
    if not is_new and not flaws.skip("unique-id"):
        refused = Result.error("VALIDATION_ERROR", "En loggpost med det id:t finns redan.")
    if refused is None or flaws.setting("stores"):
        for each in ids:
            store.put("log", each, {})
    return refused or Result()


def _log_many(acting: Acting) -> Done:
    """So many events, in calls of as many log records as one may have."""
    events = int(acting.order.says("events") or _AT_ONCE)
    most = int(acting.context.flaws.setting("at-once") or _AT_ONCE)
    notes = [note for count in _shares(events, most) for note in acting.deliver(acting.flawed(_batch(acting, count)))]
    return Done("done", "; ".join(notes))


def _shares(events: int, most: int) -> Iterator[int]:
    while events > 0:
        yield min(events, most)
        events -= most


def _batch(acting: Acting, count: int) -> Draft:
    sent = acting.context.reference.actions["log-event"]
    contract = acting.context.contracts[sent.contract]
    written = filled(sent.template, {**sent.data, **acting.order.data, "new-id": acting.new_id()})
    payload = open_envelope(wrap(written, _LOG_SERVICE, contract.header).encode()).payload
    assert payload is not None  # noqa: S101 - our own template
    (record,) = payload.iterfind("{*}log")
    for _ in range(count - 1):
        payload.append(_another(record, acting.new_id()))
    return Draft(contract, _LOG_SERVICE, sent.sender, payload, party=_LOG_SERVICE)


def _another(record: etree._Element, ident: str) -> etree._Element:
    other = deepcopy(record)
    for known in other.iterfind("{*}logId"):
        known.text = ident
    return other


ACTIONS: Final = {"log-many": Action("logging-system", _log_many, (_STORE,))}
