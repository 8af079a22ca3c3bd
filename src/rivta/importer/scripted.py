"""Steps that are scripts: what they do to the messages before and after them."""

import re

from rivta.importer import scripts
from rivta.importer.groovy import Strange
from rivta.importer.project import Step
from rivta.importer.reading import Reading
from rivta.importer.scope import Expectation, slug
from rivta.importer.scripts import Told

AT_ONCE = "a step of ours begins when the one before is answered"


def look_ahead(reading: Reading) -> None:
    """Names that a later script of the case sets from a `hasMore`: the request before it is the first of several pages."""
    for step in reading.case.steps:
        for name, part in re.findall(r"context\.(\w+) = escaped(LogicalAdress|Reference)", step.script):
            reading.values.renamed[name] = "logical-address" if part != "Reference" else "page.reference"


def script(reading: Reading, step: Step) -> None:
    try:
        found = scripts.of_step(step.script)
    except Strange as strange:
        raise Strange(f"its script is not read: {strange.why}", step.script) from None
    for told in found:
        _told(reading, step, told)


def _told(reading: Reading, step: Step, told: Told) -> None:
    reading.raises(told.level)
    match told.kind:
        case "record":
            (reading.carrier.record,) = told.names
        case "constant":
            name, value = told.names
            reading.values.own[slug(name)] = value
        case "date" | "interval" | "before":
            _interval(reading, step, told.kind)
        case "count":
            reading.counted = reading.done.number(told.names[0]) or reading.counted
        case "save":
            reading.saved = reading.done.number(told.names[0]) or reading.saved
        case "same":
            _same(reading, step, *told.names)
        case "guard":
            reading.note(f"{step.name}: skipped where its script says; ours is played everywhere")
        case "sleep":
            reading.note(f"{step.name}: waits; {AT_ONCE}")


def _interval(reading: Reading, step: Step, kind: str) -> None:
    number = "366" if kind == "date" else reading.values.known().get("numberOfIntervals", "30")
    limit = {"number": int(number)} if kind != "before" and number.isdigit() else {}
    before = reading.done.steps[reading.counted - 1] if reading.done.steps else None
    if before is None or not reading.carrier.describes(before.contract):
        raise Strange("it draws periods from records that are not described", step.script)
    some: Expectation = {"records": {"min": 1}}  # without any it fails there
    before.expect += [some] if some not in before.expect else []
    reading.again = {"value": kind, "of": reading.counted} | limit
    for name in re.findall(r"context\.(\w+(?:Start|End)) =", step.script):
        reading.values.renamed[name] = f"interval.{'start' if name.endswith('Start') else 'end'}"


def _same(reading: Reading, step: Step, one: str, other: str) -> None:
    steps = reading.done.steps
    first, second = sorted((reading.done.number(one) or 0, reading.done.number(other) or 0))
    if not first or not reading.carrier.describes(steps[second - 1].contract):
        raise Strange("it compares answers that are not both there, or whose records are not described", step.script)
    reading.raises(2)
    steps[second - 1].expect.append({"compare": {"since": first, "gives": "same"}})
