"""From a case of SoapUI to one of ours, step by step: what kind each step is, and steps that run others."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from rivta.importer import messages, rows, scripted
from rivta.importer.carried import Carried, Carrier, Left
from rivta.importer.groovy import Strange
from rivta.importer.project import Case, Step
from rivta.importer.reading import Reading
from rivta.importer.values import Values, filled

_NUMBER = re.compile(r"[A-Za-z]*-?\d+(?:\.\d+)*")
_MOST_STEPS, _DEEPEST = 2000, 50
"""How much is read of a case that runs others, or a part of itself, again and again."""


def carried(carrier: Carrier, case: Case) -> Carried:
    """A case, with the number that its name begins with as its id; else the name."""
    number = _NUMBER.match(case.name)
    id_ = number[0] if number else re.sub(r"[\s\[\]:/]+", "-", case.name).strip("-") or "case"
    values = Values(carrier.project, carrier.data, case, case.properties)
    reading = Reading(carrier, Carried(case, id_, [], values))
    _steps(reading, case)
    for number_ in reading.same_size:
        _repeat(reading, number_)
    _capture(reading)
    _settle(reading)
    return reading.done


def _steps(reading: Reading, case: Case) -> None:
    reading.calling = (*reading.calling, case)
    scripted.look_ahead(reading)
    for name in case.idle:
        reading.note(f"{name}: is disabled there")
    for step in case.steps:
        _step(reading, step)
    for name in case.after:
        reading.note(f"the script of {name} that tears down is not carried")
    reading.calling = reading.calling[:-1]


def _step(reading: Reading, step: Step) -> None:
    reading.stepped += 1
    if reading.stepped > _MOST_STEPS:
        if reading.stepped == _MOST_STEPS + 1:
            reading.leave(step, f"it goes on for more than {_MOST_STEPS} steps")
        return
    try:
        _STEPS.get(step.kind, _nothing)(reading, step)
    except Strange as strange:
        reading.leave(step, strange.why, strange.original)


def _properties(reading: Reading, step: Step) -> None:
    reading.values.steps[step.name] = {**step.properties}


def _delay(reading: Reading, step: Step) -> None:
    reading.note(f"{step.name}: waits for {step.settings.get('delay', '?')} ms; {scripted.AT_ONCE}")


def _call(reading: Reading, step: Step) -> None:
    """The steps of another case, with the values of this one; its own properties are what the step gives them."""
    target, values = step.settings.get("targetTestCase", ""), reading.values
    called = next((each for each in reading.carrier.project.cases if each.id == target), None)
    if called is None:
        raise Strange("the case that it runs is not there")
    if called in reading.calling:
        raise Strange("it runs itself, by other cases or at once")
    if len(reading.calling) >= _DEEPEST:
        raise Strange(f"it runs cases that run cases, more than {_DEEPEST} deep")
    reading.raises(4)
    told, before = values.everywhere() | values.known(), values.case
    values.case = {
        **called.properties,
        **{name: filled(values.lenient(text)[0], told) for name, text in step.properties.items()},
    }
    _steps(reading, called)
    values.steps[step.name], values.case = {**values.case}, before


def _source(reading: Reading, step: Step) -> None:
    found = rows.rows(step, reading.carrier.project)
    reading.rows[step.name] = found[: rows.MOST]
    reading.values.steps[step.name] = found[0]
    if len(found) > rows.MOST:
        reading.note(f"{step.name}: has more than the {rows.MOST} rows that are played")


def _loop(reading: Reading, loop: Step) -> None:
    """The steps of a loop once more for each row after the first."""
    source, target = (loop.settings.get(each, "") for each in ("dataSourceStep", "targetStep"))
    steps = reading.case.steps
    inside = [*steps[: steps.index(loop)]]
    names = [each.name for each in inside]
    if target not in names or source not in reading.rows:
        raise Strange(f"it repeats {target or 'no step'} for the rows of {source or 'no step'}, and they are not there")
    for row in reading.rows.pop(source)[1:]:
        reading.values.steps[source] = row
        for step in inside[names.index(target) :] if reading.stepped <= _MOST_STEPS else ():
            _step(reading, step)


def _goto(reading: Reading, step: Step) -> None:
    steps = reading.case.steps
    after = next((each.name for each in steps[steps.index(step) + 1 :]), "")
    jumps = {each.get("targetStep", ""): each.get("expression", "") for each in step.parts}
    if elsewhere := [f"{target}: {condition}" for target, condition in jumps.items() if target != after]:
        raise Strange("where it goes on depends on what was answered", "\n".join(elsewhere))


def _nothing(_reading: Reading, step: Step) -> None:
    what = {"restrequest": "REST", "jdbc": "a database", "amfrequest": "AMF"}.get(step.kind)
    raise Strange(f"it is {what}, no SOAP" if what else f"a step of the kind {step.kind} has no counterpart")


_STEPS: Mapping[str, Callable[[Reading, Step], None]] = {
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
    "goto": _goto,
}


# The end


def _repeat(reading: Reading, number: int) -> None:
    """The message once more: what SoapUI compares by size over a load test says the same as before."""
    steps = reading.done.steps
    steps.append(replace(steps[number - 1], expect=[{"compare": {"since": number, "gives": "same"}}]))


def _capture(reading: Reading) -> None:
    """What texts take from an earlier answer is captured where that answer comes."""
    done = reading.done
    for name, (step, path) in reading.values.captured.items():
        try:
            number = done.number(step)
            if number is None:
                raise Strange(f"there is no step {step} before")  # noqa: TRY301 - told as what is no XPath is
            sent = done.steps[number - 1]
            sent.capture[name] = f"string({reading.carrier.spaces(done.contract or sent.contract).xpath(path)})"
        except Strange as strange:
            reading.waiting.append(Left(reading.place(done.case.line), strange.why, path))


def _settle(reading: Reading) -> None:
    """What a step left stands with the last message that is sent: nothing after it counts as proven."""
    reading.done.left.extend(reading.waiting)
    last = next((each for each in reversed(reading.done.steps) if each.told is None), None)
    if last is not None:
        last.expect += [each.todo for each in reading.waiting]
