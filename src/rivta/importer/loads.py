"""The load tests of a SoapUI project as `load:` of the suite: threads, duration, a growing number of threads, the pause between calls.

Where one says what ours have no word for, the nearest is written and that is told: nothing is lost in silence.
"""

from collections.abc import Iterator, Mapping

from rivta.importer.carried import Carried
from rivta.importer.writing import Flow, said
from rivta.model.frozen import frozen

_UNLIMITED_SECONDS = 60
_KNOWN = ("", "Simple", "Thread")
_SLA = "max_ms"


@frozen
class Loaded:
    """A load case to write, and what of the load test it does not say; `value` is empty where there is none, and `notes` say why."""

    name: str
    value: Mapping[str, object]
    notes: tuple[str, ...]


def of(carried: Carried, taken: set[str]) -> Iterator[Loaded]:
    """The load tests that hang on a case. `taken` are the ids of the suite so far, and gets theirs."""
    for load in carried.case.loads:
        name = load["name"] or "load"
        if why := _unplayable(carried):
            yield Loaded(name, {}, (why,))
            continue
        word = name.split()[0] if name.split() else "load"
        id_ = next(each for each in (word, *(f"{word}-{number}" for number in range(2, 1000))) if each not in taken)
        taken.add(id_)
        yield Loaded(name, _case(carried, load, id_), tuple(_notes(load)))


def _unplayable(carried: Carried) -> str:
    """Why many users cannot play the case at a time; empty where they can."""
    if not carried.steps or any(each.told is not None for each in carried.steps):
        return "its case does more than send"
    if any(each.capture or each.for_each for each in carried.steps):
        return "the steps of its case build on one another"
    return ""


def _case(carried: Carried, load: Mapping[str, str], id_: str) -> dict[str, object]:
    folder = carried.contract.folder if carried.contract else ""
    limits = [Flow(within=f"{ms} ms") for ms in sorted(_slas(carried))[-1:]]
    compared = (each.get("compare") for sent in carried.steps for each in sent.expect)
    is_same = any(isinstance(each, dict) and each.get("gives") == "same" for each in compared)
    value = {
        "id": id_,
        "title": load["name"].strip() or id_,
        "verifies": [f"{folder}-{carried.id}"],
        "source": f"Testsvit, {load['name'] or id_}",
        "plays": [carried.id],
        **_course(load),
        "pause": f"{delay} ms" if (delay := _whole(load, "testDelay")) else "",
        "same-size": is_same,
        "limits": limits,
    }
    return said(value)


def _slas(carried: Carried) -> Iterator[int]:
    """The response times, in ms, that the case itself asserts."""
    for value in (each[_SLA] for sent in carried.steps for each in sent.expect if _SLA in each):
        text = str(value.get("limit", "") if isinstance(value, dict) else value)
        if text.isdigit():
            yield int(text)


def _course(load: Mapping[str, str]) -> dict[str, object]:
    """How many users for how long; with the strategy Thread from one number to another."""
    lasts = f"{_seconds(load)} s"
    if load.get("strategy") != "Thread":
        return {"users": max(_whole(load, "threadCount"), 1), "for": lasts}
    first, last = (max(_whole(load, f"{end}ThreadCount"), 1) for end in ("start", "end"))
    return {"stages": [Flow({"from": first, "users": last, "for": lasts})]}


def _seconds(load: Mapping[str, str]) -> int:
    is_time = load.get("limitType", "TIME") == "TIME"
    return (_whole(load, "testLimit") if is_time else 0) or _UNLIMITED_SECONDS


def _notes(load: Mapping[str, str]) -> Iterator[str]:
    strategy, limit = load.get("strategy", ""), _whole(load, "testLimit")
    if strategy not in _KNOWN:
        yield f"its strategy is {strategy}, and here the number of users stays the same"
    if load.get("limitType", "TIME") != "TIME":
        yield f"it ends after {limit} calls, and here after {_UNLIMITED_SECONDS} s"
    elif not limit:
        yield f"it has no end, and here ends after {_UNLIMITED_SECONDS} s"
    if load.get("asserts"):
        yield f"what it asserts ({load['asserts']}) is what every load case is held to: all calls are answered, and rightly"


def _whole(load: Mapping[str, str], name: str) -> int:
    text = load.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
