"""Steps that go on elsewhere: what they pass over is left out, and a message that is sent until its answer is as it is to be is one `for-each`.

SoapUI looks at the conditions in their order, each on the answer to the request step before, and goes where the first that is true leads
(WsdlGotoTestStep). One that is no truth value, such as a path alone, never leads anywhere.
"""

import re
from collections.abc import Iterator
from itertools import takewhile

from lxml import etree

from rivta.contract.message import NAMESPACES
from rivta.importer.carried import Carried
from rivta.importer.groovy import Strange
from rivta.importer.project import SoapUiStep
from rivta.importer.values import Spaces, named_in

_ASKS, _WAITS = ("request", "httprequest"), ("delay", "goto")
_CONSTANT = re.compile(r"(?:true\(\)|false\(\)|\b(?:not|boolean|and|or)\b|'[^']*'|[\d\s()=!<>.])+")
_END = SoapUiStep("", "the end", 0, {})
_Way = tuple[str, int]
"""A condition, empty where there is none, and the number of the step where it goes on."""


def goto(carried: Carried, step: SoapUiStep) -> None:
    """Find where it goes on. Strange where that depends on an answer; what may be passed over is left out then."""
    steps = carried.calling[-1].steps
    here, ways = steps.index(step), [*_ways(carried, steps.index(step))]
    first, last = min(number for _, number in ways), max(number for _, number in ways)
    asked = max((number for number in range(here) if steps[number].kind in _ASKS), default=-1)
    passed = ", ".join(each.name for each in steps[here + 1 : last] if each.kind not in _WAITS)
    carried.goes_on_at = (*steps, _END)[last]
    if here < first == last:
        carried.notes += [f"{step.name}: passes over {passed}, which are left out"] if passed else []
    elif last > here and len(ways) == 2 and asked == first:
        delays = _delays(steps, first, last)
        _send_until(carried, steps[first], ways[0][0], holds=ways[0][1] == last, apart=_pause(delays))
        noted = tuple(f"{each.name}: waits for" for each in delays)  # of these it is not so that nothing waits
        carried.notes = [each for each in carried.notes if not noted or not each.startswith(noted)]
    else:
        over = f"whether {passed} are played, and they are left out" if passed else "where it goes on"
        where = over if first > here else "how often it goes back"
        told = "\n".join(f"{each['targetStep']}: {each['expression']}" for each in step.parts)
        raise Strange(f"what was answered decides {where}", told)


def _ways(carried: Carried, here: int) -> Iterator[_Way]:
    """Where it may go on from a step that waits or goes elsewhere, as the conditions are looked at; the last way is certain."""
    steps = carried.calling[-1].steps
    for number in range(here, len(steps)):
        if steps[number].kind not in _WAITS:
            yield "", number
            return
        for each in steps[number].parts:
            condition, name = each.get("expression", ""), each.get("targetStep", "").strip()
            target = next((n for n, one in enumerate(steps) if one.name == name), None)
            if (kind := each.get("type") or "XPATH") != "XPATH":
                raise Strange(f"it has a condition of the type {kind}")
            if target is None:
                raise Strange(f"it goes on with {name or 'no step'}, which is not there")
            always = _always(carried, condition)
            if always is not False:
                yield "" if always else condition, _settled(carried, target, number)
            if always:
                return
    yield "", len(steps)


def _settled(carried: Carried, target: int, here: int) -> int:
    """The first step from a target on that does something, past what only waits or always goes elsewhere."""
    steps = carried.calling[-1].steps
    for _ in steps:
        if target < len(steps) and steps[target].kind == "delay":
            target += 1
        elif here < target < len(steps) and (to := _always_to(carried, steps[target])) is not None:
            target = to
        else:
            break
    return target


def _always_to(carried: Carried, step: SoapUiStep) -> int | None:
    """Where a step goes on whatever was answered; None where that depends."""
    told = ((_always(carried, each.get("expression", "")), each) for each in step.parts)
    always, first = next(((always, each) for always, each in told if always is not False), (None, {}))
    names = [each.name for each in carried.calling[-1].steps]
    return names.index(first["targetStep"]) if always and first.get("targetStep") in names else None


def _always(carried: Carried, condition: str) -> bool | None:
    """Whether a condition is always true, or never; None where that depends on an answer."""
    spaces = Spaces()
    try:
        path = spaces.xpath(carried.values.text(condition))
        value = etree.Element("none").xpath(path, namespaces={**NAMESPACES, **spaces.prefixes})
    except (Strange, etree.XPathError):
        return None
    if not isinstance(value, bool):
        return False
    return value if _CONSTANT.fullmatch(path) else None


def _delays(steps: tuple[SoapUiStep, ...], asked: int, last: int) -> list[SoapUiStep]:
    """The steps around the message that wait."""
    before = takewhile(lambda each: each.kind == "delay", reversed(steps[:asked]))
    return [each for each in (*before, *steps[asked + 1 : last]) if each.kind == "delay"]


def _pause(delays: list[SoapUiStep]) -> str:
    """How long they say to wait, at most a minute; a second where there are none."""
    told = (each.settings.get("delay", "") for each in delays)
    return f"{min(sum(int(each) for each in told if each.isdecimal()), 60_000) or 1000} ms"


def _send_until(carried: Carried, asked: SoapUiStep, condition: str, *, holds: bool, apart: str) -> None:
    """The message is sent again until its answer is as the condition says, or is not."""
    if not carried.steps:
        raise Strange("the message that it goes back to is left out")
    sent, values = carried.steps[-1], carried.values
    text = values.text(condition)
    if carried.number(asked.name) != len(carried.steps) or sent.for_each:
        raise Strange("it goes back over more than one message")
    if unknown := {*named_in([text])} - {**values.everywhere(), **values.known()}.keys():
        raise Strange(f"it goes back by what only a run knows: {', '.join(sorted(unknown))}")
    path = carried.spaces(sent.contract).xpath(values.filled(text))
    sent.for_each = {"value": "attempt", "until": path if holds else f"not({path})", "number": 10, "apart": apart}
