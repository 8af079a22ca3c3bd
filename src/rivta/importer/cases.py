"""From a case of SoapUI to one of ours, step by step: what kind each step is, and steps that run others."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from rivta.importer import data, jumps, messages, scripted
from rivta.importer.carried import Carried, Carrier, NotCarried, Origin
from rivta.importer.groovy import Strange
from rivta.importer.project import SoapUiCase, SoapUiStep
from rivta.importer.scope import Expectation
from rivta.importer.values import Values

_NUMBER = re.compile(r"[A-Za-z]*-?\d+(?:\.\d+)*")
_MOST_STEPS, _DEEPEST = 2000, 50
"""How much is read of a case that runs others, or a part of itself, again and again."""


def carry(carrier: Carrier, case: SoapUiCase) -> Carried:
    """A case, with the number that its name begins with as its id; else the name."""
    number = _NUMBER.match(carrier.project.mask.text(case.name))
    id_, values = (
        number[0] if number else called(carrier, case) or "case",
        Values(carrier.project, carrier.data, case, case.properties),
    )
    carried = Carried(carrier, case, id_, values)
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
    except Strange as strange:
        carried.leave(step, strange.why, strange.original)


def _properties(carried: Carried, step: SoapUiStep) -> None:
    carried.values.steps[step.name] = {**step.properties}


def _delay(carried: Carried, step: SoapUiStep) -> None:
    carried.notes.append(f"{step.name}: waits for {step.settings.get('delay', '?')} ms; {scripted.AT_ONCE}")


def _call(carried: Carried, step: SoapUiStep) -> None:
    """The steps of another case, with the values of this one; its own properties are what the step gives them."""
    target, values = step.settings.get("targetTestCase", ""), carried.values
    called = next((each for each in carried.carrier.project.cases if each.id == target), None)
    if called is None:
        raise Strange("the case that it runs is not there")
    if called in carried.calling:
        raise Strange("it runs itself, by other cases or at once")
    if len(carried.calling) >= _DEEPEST:
        raise Strange(f"it runs cases that run cases, more than {_DEEPEST} deep")
    carried.took(4)
    before, given = (
        values.case,
        {name: values.filled(values.lenient(text)[0]) for name, text in step.properties.items()},
    )
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
        raise Strange(f"it repeats {target or 'no step'} for the rows of {source or 'no step'}, and they are not there")
    for row in carried.rows.pop(source)[1:]:
        carried.values.steps[source] = row
        for step in inside[names.index(target) :] if carried.stepped <= _MOST_STEPS else ():
            _step(carried, step)


def _nothing(_carried: Carried, step: SoapUiStep) -> None:
    what = {"restrequest": "REST", "jdbc": "a database", "amfrequest": "AMF"}.get(step.kind)
    raise Strange(f"it is {what}, no SOAP" if what else f"a step of the kind {step.kind} has no counterpart")


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
    "goto": jumps.goto,
}


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
                raise Strange(f"there is no step {step} before")  # noqa: TRY301 - told as what is no XPath is
            sent = carried.steps[number - 1]
            sent.capture[name] = f"string({carried.spaces(sent.contract).of_answer(path)})"
        except Strange as strange:
            carried.waiting.append(NotCarried(carried.place(carried.case.line), strange.why, path))


def _settle(carried: Carried) -> None:
    """What a step left stands with the last message that is sent: nothing after it counts as proven."""
    carried.left.extend(carried.waiting)
    last = next((each for each in reversed(carried.steps) if each.told is None), None)
    if last is not None:
        last.expect += [each.todo for each in carried.waiting]
