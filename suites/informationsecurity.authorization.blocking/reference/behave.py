"""How the simulator of the blocking service decides: whom a block stops, what is in the list, and in what order a change is mirrored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lxml import etree
from lxml.builder import ElementMaker

from rivta.simulator import (
    WARNING,
    Acting,
    Action,
    Context,
    Display,
    Done,
    IncomingMessage,
    NotDone,
    Order,
    Outcome,
    RecordStore,
    Result,
)
from rivta.simulator.acting import from_template

from .checking import INVALID, TYPES, Block, status_of, time_of

__all__ = ["ACTIONS", "QUESTIONS", "decide"]

_B: Final = ElementMaker(
    namespace="urn:riv:informationsecurity:authorization:blocking:4",
    nsmap={"b": "urn:riv:informationsecurity:authorization:blocking:4"},
)
_SOME_INVALID: Final = "Informationsresurs(er) innehåller valideringsfel"


def decide(message: IncomingMessage, store: RecordStore) -> Outcome:
    """What a valid message is answered, and what is remembered of it."""
    facts = message.facts
    refused = message.refused(facts) or message.flaws.refusal(message.payload, facts)
    return refused or _DECIDE[message.contract.name](message, _List.of(message, store))


@dataclass(slots=True)
class _List:
    """The list of blocks, with their revokes, as it is kept: times and ids are texts."""

    store: RecordStore
    now: str
    blocks: list[dict[str, Any]]
    cancelled: str

    @classmethod
    def of(cls, message: IncomingMessage, store: RecordStore) -> _List:
        """As it is now; at first what `reference.yaml` says was there before."""
        known: Any = store.get("list", "") or message.reference.data["list"]
        blocks = [{"excluded": [], "revokes": [], **each} for each in known["blocks"]]
        return cls(store, message.received.strftime("%Y-%m-%dT%H:%M:%S"), blocks, known["cancelled"])

    def keep(self) -> Result:
        self.store.put("list", "", {"blocks": self.blocks, "cancelled": self.cancelled})
        return Result()

    def cancel(self) -> Result:
        """Something was taken away."""
        self.cancelled = self.now
        return self.keep()


def _said(element: etree._Element, **paths: str) -> dict[str, str]:
    return {name: (element.findtext(path) or "").strip() for name, path in paths.items()}


# Registering


def _register_block(message: IncomingMessage, known: _List) -> Outcome:
    said = message.payload
    block: dict[str, Any] = _said(
        said,
        id="{*}blockId",
        type="{*}blockType",
        patient="{*}patientId/{*}extension",
        start="{*}informationStartDate",
        end="{*}informationEndDate",
        unit="{*}informationCareUnitId",
        provider="{*}informationCareProviderId",
    )
    block["excluded"] = [each.text for each in said.iterfind("{*}excludedInformationTypes")]
    block["created"] = known.now
    block["revokes"] = [_revoke(each, known.now) for each in said.iterfind("{*}temporaryRevokeRegistration")]
    if any(each["id"] == block["id"] for each in known.blocks) and not message.flaws.skip("unique-block"):
        return Result.error("ALREADYEXISTS", "Spärren finns redan.")
    if not message.flaws.skip("stored-block"):
        known.blocks.append(block)
    return known.keep()


def _unregister_block(message: IncomingMessage, known: _List) -> Outcome:
    found = [each for each in known.blocks if each["id"] == message.payload.findtext("{*}blockId")]
    if not found:
        return Result.error("NOTFOUND", "Spärren finns inte.")
    if not message.flaws.skip("removed-block"):
        known.blocks.remove(found[0])
    return known.cancel()


def _register_revoke(message: IncomingMessage, known: _List) -> Outcome:
    said = message.payload[0]
    found = [each for each in known.blocks if each["id"] == said.findtext("{*}blockId")]
    if not found:
        return Result.error("NOTFOUND", "Spärren finns inte.")
    found[0]["revokes"].append(_revoke(said, known.now))
    return known.keep()


def _unregister_revoke(message: IncomingMessage, known: _List) -> Outcome:
    wanted = message.payload.findtext("{*}temporaryRevokeId")
    found = [(block, each) for block in known.blocks for each in block["revokes"] if each["id"] == wanted]
    if not found:
        return Result.error("NOTFOUND", "Hävningen finns inte.")
    for block, revoke in found:
        if not message.flaws.skip("removed-revoke"):
            block["revokes"].remove(revoke)
    return known.cancel()


def _revoke(said: etree._Element, now: str) -> dict[str, str]:
    names = {
        "id": "temporaryRevokeId",
        "end": "endDate",
        "unit": "revokedForCareUnitId",
        "employee": "revokedForEmployeeId",
    }
    return {**_said(said, **{name: f"{{*}}{path}" for name, path in names.items()}), "created": now}


# The list


def _get_blocks(message: IncomingMessage, known: _List) -> Outcome:
    given = [each for each in known.blocks if _is_given(each, message)]
    now = time_of(known.now)
    written = [_written(each, [one for one in each["revokes"] if _is_active(one, now, message)]) for each in given]
    told = (_B.nextCreatedOnOrAfter(known.now), _B.latestCancellation(known.cancelled))
    return Result(beside=(*written, *told))


def _is_given(block: Block, message: IncomingMessage) -> bool:
    said, skip = message.payload, message.flaws.skip
    providers = [each.text for each in said.iterfind("{*}careProviderIds")]
    asked = _said(said, patient="{*}patientId/{*}extension", since="{*}createdOnOrAfter")
    since = time_of(asked["since"]) if asked["since"] else None
    created, latest = time_of(block["created"]), max(time_of(each["created"]) for each in (block, *block["revokes"]))
    holds = {
        "asked-patient": asked["patient"] in ("", block["patient"]),
        "asked-provider": not providers or block["provider"] in providers,
        "asked-time": since is None or latest >= since,
    }
    unmet = [name for name, met in holds.items() if not met]
    if unmet:
        return len(unmet) == 1 and skip(unmet[0])
    overlooked = {
        "several-providers": block["provider"] in providers[1:],
        "asks-for-all": not providers and not asked["patient"],
        "same-moment": since is not None and created == since,
        "newer-revoke": since is not None and created < since,
    }
    return not any(skip(name) for name, is_so in overlooked.items() if is_so)


def _is_active(revoke: Block, now: datetime, message: IncomingMessage) -> bool:
    return time_of(revoke["end"]) >= now or message.flaws.skip("active-revokes")


def _written(block: Block, revokes: list[Block]) -> etree._Element:
    optional = {"informationStartDate": "start", "informationEndDate": "end", "informationCareUnitId": "unit"}
    return _B.blocks(
        _B.blockId(block["id"]),
        _B.blockType(block["type"]),
        *(_B(name, block[key]) for name, key in optional.items() if block[key]),
        _B.informationCareProviderId(block["provider"]),
        _B.patientId(_B.root("1.2.752.129.2.1.3.1"), _B.extension(block["patient"])),
        *(
            _B.excludedInformationTypes(_B.infoTypeId(each), _B.infoTypeDescription(TYPES.get(each, each)))
            for each in block["excluded"]
        ),
        *map(_written_revoke, revokes),
    )


def _written_revoke(revoke: Block) -> etree._Element:
    employee = [_B.revokedForEmployeeId(revoke["employee"])] if revoke["employee"] else []
    return _B.temporaryRevokes(
        _B.temporaryRevokeId(revoke["id"]),
        _B.endDate(revoke["end"]),
        _B.revokedForCareUnitId(revoke["unit"]),
        *employee,
    )


# Whom a block stops


def _check_blocks(message: IncomingMessage, known: _List) -> Outcome:
    asks = _said(
        message.payload,
        patient="{*}patientId/{*}extension",
        employee="{*}accessingActor/{*}employeeId",
        provider="{*}accessingActor/{*}careProviderId",
        unit="{*}accessingActor/{*}careUnitId",
    )
    rows = []
    for entity in message.payload.iterfind("{*}informationEntities"):
        row = _said(
            entity,
            start="{*}informationStartDate",
            end="{*}informationEndDate",
            unit="{*}informationCareUnitId",
            provider="{*}informationCareProviderId",
            type="{*}informationType",
            number="{*}rowNumber",
        )
        rows.append((row["number"], status_of(known.blocks, asks, row, time_of(known.now), message.flaws.skip)))
    results = tuple(_B.checkResults(_B.status(status), _B.rowNumber(number)) for number, status in rows)
    is_some_invalid = any(status == INVALID for _, status in rows)
    return Result("INFO", message=_SOME_INVALID, beside=results) if is_some_invalid else Result(beside=results)


_DECIDE: Final = {
    "RegisterBlock": _register_block,
    "UnregisterBlock": _unregister_block,
    "RegisterTemporaryRevoke": _register_revoke,
    "UnregisterTemporaryRevoke": _unregister_revoke,
    "GetBlocks": _get_blocks,
    "CheckBlocks": _check_blocks,
}


# The system that calls


def _unregister(acting: Acting) -> Done:
    """A block is not unregistered while its registration waits, nor when it never got through; where none is named, any that did is meant."""
    block, context = acting.order.says("block"), acting.context
    is_there = acting.post.ends([block], 0.0) and not context.store.shown(block, WARNING)
    if block and not is_there and not context.flaws.skip("in-order"):
        raise NotDone("Spärrens registrering har inte gått fram.")
    return from_template("unregister-block", acting.context.reference.actions["unregister-block"]).do(acting)


def _hides(context: Context, order: Order) -> Display:
    """Whether information with that status is hidden."""
    status = order.says("status")
    is_hidden = bool(context.store.shown(status, "CheckBlocks")) and not context.flaws.hide(f"hiding-{status}")
    return Display("yes") if is_hidden else Display("no", "Uppgiften visas.")


ACTIONS: Final = {"unregister-block": Action("local-blocking-service", _unregister, ("UnregisterBlock",))}
QUESTIONS: Final = {"hides-information": _hides}
