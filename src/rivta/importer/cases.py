"""From a case of SoapUI to one of ours, step by step: what kind each step is, steps that run others, and those that go on elsewhere."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile

from lxml import etree

from rivta.importer import data, messages, scripted
from rivta.importer.carried import Carried, Carrier, NotCarried, Origin
from rivta.importer.groovy import Unsupported
from rivta.importer.project import SoapUiCase, SoapUiStep
from rivta.importer.scope import Expectation
from rivta.importer.values import Spaces, Values, named_in
from rivta.text.xml import NAMESPACES

_NUMBER = re.compile(r"[A-Za-z]*-?\d+(?:\.\d+)*")
_MOST_STEPS, _DEEPEST = 2000, 50
"""How much is read of a case that runs others, or a part of itself, again and again."""


def carry(carrier: Carrier, case: SoapUiCase) -> Carried:
    """A case, with the number that its name begins with as its id; else the name."""
    number = _NUMBER.match(carrier.project.mask.text(case.name))
    id_ = number[0] if number else called(carrier, case) or "case"
    carried = Carried(carrier, case, id_, Values(carrier.project, carrier.data, case, case.properties))
    _steps(carried, case)
    for repeated, origin in carried.same_size.items():
        _repeat(carried, repeated, origin)
    _capture(carried)
    _settle(carried)
    return carried


def called(carrier: Carrier, case: SoapUiCase) -> str:
    """The whole name of a case, as an id may be."""
    return re.sub(r"[\s\[\]:/]+", "-", carrier.project.mask.text(case.name)).strip("-")


def _steps(carried: Carried, case: SoapUiCase) -> None:
    carried.calling = (*carried.calling, case)
    scripted.look_ahead(carried)
    for step in case.steps:
        _step(carried, step)
    carried.notes.extend(case.notes)
    carried.goes_on_at = None
    carried.calling = carried.calling[:-1]


def _step(carried: Carried, step: SoapUiStep) -> None:
    if carried.goes_on_at not in (None, step):
        return
    carried.goes_on_at = None
    carried.stepped += 1
    if carried.stepped > _MOST_STEPS:
        if carried.stepped == _MOST_STEPS + 1:
            carried.leave(step, f"it goes on for more than {_MOST_STEPS} steps")
        return
    try:
        _STEPS.get(step.kind, _nothing)(carried, step)
    except Unsupported as unsupported:
        carried.leave(step, unsupported.why, unsupported.original)


def _properties(carried: Carried, step: SoapUiStep) -> None:
    carried.values.steps[step.name] = {**step.properties}


def _delay(carried: Carried, step: SoapUiStep) -> None:
    carried.notes.append(f"{step.name}: waits for {step.settings.get('delay', '?')} ms; {scripted.AT_ONCE}")


def _call(carried: Carried, step: SoapUiStep) -> None:
    """The steps of another case, with the values of this one; its own properties are what the step gives them."""
    target, values = step.settings.get("targetTestCase", ""), carried.values
    called = next((each for each in carried.carrier.project.cases if each.id == target), None)
    if called is None:
        raise Unsupported("the case that it runs is not there")
    if called in carried.calling:
        raise Unsupported("it runs itself, by other cases or at once")
    if len(carried.calling) >= _DEEPEST:
        raise Unsupported(f"it runs cases that run cases, more than {_DEEPEST} deep")
    carried.took(4)
    before = values.case
    given = {name: values.filled(values.lenient(text)[0]) for name, text in step.properties.items()}
    values.case = {**called.properties, **given}
    _steps(carried, called)
    values.steps[step.name], values.case = {**values.case}, before


def _source(carried: Carried, step: SoapUiStep) -> None:
    found = data.rows(step, carried.carrier.project)
    carried.rows[step.name] = found[: data.MOST_ROWS]
    carried.values.steps[step.name] = found[0]
    if len(found) > data.MOST_ROWS:
        carried.notes.append(f"{step.name}: has more than the {data.MOST_ROWS} rows that are played")


def _loop(carried: Carried, loop: SoapUiStep) -> None:
    """The steps of a loop once more for each row after the first."""
    source, target = (loop.settings.get(each, "") for each in ("dataSourceStep", "targetStep"))
    steps = carried.calling[-1].steps
    inside = [*steps[: steps.index(loop)]]
    names = [each.name for each in inside]
    if target not in names or source not in carried.rows:
        raise Unsupported(
            f"it repeats {target or 'no step'} for the rows of {source or 'no step'}, and they are not there"
        )
    for row in carried.rows.pop(source)[1:]:
        carried.values.steps[source] = row
        for step in inside[names.index(target) :] if carried.stepped <= _MOST_STEPS else ():
            _step(carried, step)


def _nothing(_carried: Carried, step: SoapUiStep) -> None:
    what = {"restrequest": "REST", "jdbc": "a database", "amfrequest": "AMF"}.get(step.kind)
    raise Unsupported(f"it is {what}, no SOAP" if what else f"a step of the kind {step.kind} has no counterpart")


# The end


def _repeat(carried: Carried, number: int, origin: Origin) -> None:
    """The message once more: what SoapUI compares by size over a load test says the same as before."""
    same: Expectation = {"compare": {"since": number, "gives": "same"}}
    origins = [replace(origin, expect=(same,))]
    carried.steps.append(replace(carried.steps[number - 1], expect=[same], origins=origins))


def _capture(carried: Carried) -> None:
    """What texts take from an earlier answer is captured where that answer comes."""
    for name, (step, path) in carried.values.captured.items():
        try:
            number = carried.number(step)
            if number is None:
                raise Unsupported(f"there is no step {step} before")  # noqa: TRY301 - told as what is no XPath is
            sent = carried.steps[number - 1]
            sent.capture[name] = f"string({carried.spaces(sent.contract).of_answer(path)})"
        except Unsupported as unsupported:
            carried.waiting.append(NotCarried(carried.place(carried.case.line), unsupported.why, path))


def _settle(carried: Carried) -> None:
    """What a step left stands with the last message that is sent: nothing after it counts as proven."""
    carried.left.extend(carried.waiting)
    last = next((each for each in reversed(carried.steps) if each.told is None), None)
    if last is not None:
        last.expect += [each.todo for each in carried.waiting]


# Steps that go on elsewhere: what they pass over is left out, and a message that is sent until its answer is as it is to be is one
# `for-each`. SoapUI looks at the conditions in their order, each on the answer to the request step before, and goes where the first
# that is true leads (WsdlGotoTestStep). One that is no truth value, such as a path alone, never leads anywhere.


_ASKS, _WAITS = ("request", "httprequest"), ("delay", "goto")
_CONSTANT = re.compile(r"(?:true\(\)|false\(\)|\b(?:not|boolean|and|or)\b|'[^']*'|[\d\s()=!<>.])+")
_END = SoapUiStep("", "the end", 0, {})
_Way = tuple[str, int]
"""A condition, empty where there is none, and the number of the step where it goes on."""


def goto(carried: Carried, step: SoapUiStep) -> None:
    """Find where it goes on. Unsupported where that depends on an answer; what may be passed over is left out then."""
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
        raise Unsupported(f"what was answered decides {where}", told)


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
                raise Unsupported(f"it has a condition of the type {kind}")
            if target is None:
                raise Unsupported(f"it goes on with {name or 'no step'}, which is not there")
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
    except (Unsupported, etree.XPathError):
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
        raise Unsupported("the message that it goes back to is left out")
    sent, values = carried.steps[-1], carried.values
    text = values.text(condition)
    if carried.number(asked.name) != len(carried.steps) or sent.for_each:
        raise Unsupported("it goes back over more than one message")
    if unknown := {*named_in([text])} - {**values.everywhere(), **values.known()}.keys():
        raise Unsupported(f"it goes back by what only a run knows: {', '.join(sorted(unknown))}")
    path = carried.spaces(sent.contract).xpath(values.filled(text))
    sent.for_each = {"value": "attempt", "until": path if holds else f"not({path})", "number": 10, "apart": apart}


_STEPS: Mapping[str, Callable[[Carried, SoapUiStep], None]] = {
    "request": messages.request,
    "httprequest": messages.http,
    "mockresponse": messages.receive,
    "manualTestStep": messages.ask,
    "transfer": messages.transfer,
    "groovy": scripted.script,
    "properties": _properties,
    "delay": _delay,
    "calltestcase": _call,
    "datasource": _source,
    "datasourceloop": _loop,
    "goto": goto,
}
