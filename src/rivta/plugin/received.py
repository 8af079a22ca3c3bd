"""What the other party received beside the cases: calls that nobody asked for, the journals of several processes."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rivta import evidence
from rivta.contract import Exercised, classify
from rivta.evidence.bodies import FOLDER
from rivta.evidence.journal import FILE
from rivta.evidence.lines import line_of
from rivta.model.run import MOST_STRAYS, Run, Stray
from rivta.model.words import Verdict
from rivta.plugin.otherparty import LOCK, OtherParty

_OIDS = {
    "personnummer": "1.2.752.129.2.1.3.1",
    "samordningsnummer": "1.2.752.129.2.1.3.3",
    "reservid": "1.2.752.74.9.1",
    "other": "other",
}
_MOST_CODES = 8


def strays(party: OtherParty, folder: Path, secrets: tuple[str, ...]) -> tuple[list[evidence.Line], int]:
    """A line of evidence for each call that nobody asked for, its bodies stored, and how many more there were."""
    told, more = party.strays()
    return lines_of(told, folder, secrets), more


def lines_of(told: Iterable[Stray], folder: Path, secrets: tuple[str, ...]) -> list[evidence.Line]:
    store = partial(evidence.store, folder, secrets=secrets)
    return [line_of(each, store) for each in told]


def gather(folder: Path) -> None:
    """Make one journal of those that the processes of a run kept: their calls are numbered on, in the order of processes."""
    journals = sorted(folder.glob(f"gw*/{FILE}"))
    if not journals:
        return
    with (folder / FILE).open("ab") as whole:
        last = 0
        for journal in journals:
            for line in _renumbered(journal, last):
                last = max(last, line["number"])
                whole.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            _move_bodies(journal.parent, folder)
            journal.unlink()
            journal.parent.rmdir()
    (folder / LOCK).unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Take away journals that a run which was killed had not put together."""
    for journal in folder.glob(f"gw*/{FILE}"):
        shutil.rmtree(journal.parent)


def _renumbered(journal: Path, offset: int) -> Iterator[dict[str, Any]]:
    for raw in journal.read_bytes().split(b"\n"):
        try:
            line = json.loads(raw)
        except ValueError:  # a process that was killed may leave half a line; its call was never answered
            continue
        if isinstance(line, dict) and type(line.get("number")) is int:
            yield {**line, "number": line["number"] + offset}


def _move_bodies(one: Path, whole: Path) -> None:
    bodies = one / FOLDER
    if not bodies.is_dir():
        return
    (whole / FOLDER).mkdir(exist_ok=True)
    for body in bodies.iterdir():
        body.replace(whole / FOLDER / body.name)
    bodies.rmdir()


def summary(run: Run, more: int) -> Iterator[str]:
    """What the calls of the system exercised, contract by contract, and what of them nobody asked for."""
    exchanges = [
        *(exchange for result in run.results for exchange in result.exchanges if exchange.inbound),
        *(stray.exchange for stray in run.strays),
    ]
    contracts = [contract for domain in run.header.domains for contract in domain.contracts]
    for each in classify(exchanges, contracts):
        if each.is_by_system:
            yield from _exercised(each)
    if run.strays:
        yield _strays(run, more)


def _exercised(each: Exercised) -> Iterator[str]:
    """Without what stands in attributes of elements that were not there: an element is in the schema's list, or is none."""
    optional = [element for element in each.optional if element.element is not None]
    seen = sum(1 for element in optional if element.messages)
    messages = f"{each.messages} message{'' if each.messages == 1 else 's'}"
    yield f"received {each.contract}: {messages}, {seen} of {len(optional)} optional elements seen"
    if each.identities:
        yield f"    identities  {', '.join(f'{_OIDS[kind]} {count} ×' for kind, count in each.identities)}"
    codes = [f"{_name(element.path)} {_values(element.values)}" for element in each.codes]
    if codes:
        left = f"; {len(codes) - _MOST_CODES} more in the report" if len(codes) > _MOST_CODES else ""
        yield f"    codes       {'; '.join(codes[:_MOST_CODES])}{left}"


def _name(path: str) -> str:
    """What a code is of: the element that it stands in, or under."""
    parts = [part for part in path.split("/") if part not in ("code", "@code")]
    last = parts[-1].lstrip("@")
    return f"{parts[-2]} {last}" if last == "codeSystem" or parts[-1] != last else last


def _values(values: Sequence[tuple[str, int]]) -> str:
    shown = [f"{value} {count} ×" for value, count in values[:_MOST_CODES]]
    return ", ".join([*shown, *(["…"] if len(values) > _MOST_CODES else [])])


def _strays(run: Run, more: int) -> str:
    failed = Counter(Verdict.of(check.verdict for check in each.checks) for each in run.strays)[Verdict.FAILED]
    count = len(run.strays) + more
    told = f"{count} call{' that no case asked for was' if count == 1 else 's that no case asked for were'} received"
    told += f", {failed} of {len(run.strays)} with findings" if failed else ""
    return f"{told}; the first {len(run.strays)} are in the report" if more else told
