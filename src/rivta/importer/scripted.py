"""Steps that are scripts: known as a whole, or read statement by statement; what they do to the messages before and after them."""

import re

from rivta.importer import groovy
from rivta.importer.carried import Carried
from rivta.importer.groovy import GroovyNode, Unsupported, squeezed, told
from rivta.importer.project import SoapUiStep
from rivta.importer.scope import Expectation, slug

AT_ONCE = "a step of ours begins when the one before is answered"
_KNOWN = (
    (r"hasMore.*gotoStepByName", "loop", 5),
    (r"^if \((context\.dates\.any\(\)|context\.iteration\+\+ <).*gotoStepByName", "loop", 3),
    (r"context\.allRecords.*Math\.random\(\)", "interval", 3),
    (r"context\.allRecords.*(\.minus\(|prevYear)", "before", 3),
    (r"context\.dates\.pop\(\)", "date", 3),
    (r"assert xml1(\.Body)? == xml2(\.Body)?\b", "same", 2),
    (r"context\.\w+ = holder\.getXml\(\)$", "save", 2),
    (r"def numberOfposts = holder\[", "count", 2),
    (r"\bsleep\(\w+\)$", "sleep", 5),
)
"""Steps that are known as a whole, in this order, with how much it takes to know them."""
_HOLDER = re.compile(r"getXmlHolder\( ?['\"](.+?)#Response['\"] ?\)")
_LOADER = ("utils", "dataFile", "source", "callerName", "groovyUtils", "projectPath")


def look_ahead(carried: Carried) -> None:
    """Names that a later script of the case sets from a `hasMore`: the request before it is the first of several pages."""
    for step in carried.calling[-1].steps:
        for name, part in re.findall(r"context\.(\w+) = escaped(LogicalAdress|Reference)", step.script):
            carried.values.renamed[name] = "logical-address" if part != "Reference" else "page.reference"


def script(carried: Carried, step: SoapUiStep) -> None:
    try:
        plain = squeezed(step.script)
        kind, level = next(((kind, level) for shape, kind, level in _KNOWN if re.search(shape, plain)), ("", 1))
        for statement in () if kind else groovy.read(step.script):
            _statement(carried, step, statement)
    except (Unsupported, RecursionError) as trouble:
        raise Unsupported(f"its script is not read: {told(trouble).why}", step.script) from None
    carried.took(level)
    _known(carried, step, kind, *_HOLDER.findall(plain))


def _known(carried: Carried, step: SoapUiStep, kind: str, *answers: str) -> None:
    """What a step does that is known as a whole, to the answers of the steps that it names."""
    match kind, answers:
        case "date" | "interval" | "before", _:
            _interval(carried, step, kind)
        case "count", (answer, *_):
            carried.counted = carried.number(answer) or carried.counted
        case "save", (answer, *_):
            carried.saved = carried.number(answer) or carried.saved
        case "same", (one, other):
            _same(carried, step, one, other)
        case "sleep", _:
            carried.notes.append(f"{step.name}: waits; {AT_ONCE}")
        case "count" | "save" | "same", _:
            raise Unsupported("its script is not read: it names no answer", step.script)


def _statement(carried: Carried, step: SoapUiStep, statement: GroovyNode) -> None:
    match statement:
        case GroovyNode("let", str(name), (GroovyNode("value", value),)) if name.startswith("context."):
            carried.values.own[slug(name.partition(".")[2])] = str(value)
        case GroovyNode("let", name, (GroovyNode("call", call),)) if name in _LOADER or call == "getPropertyValue":
            pass
        case GroovyNode("call", "load", (GroovyNode("name", "source"), _)) | GroovyNode(
            "call", _, (GroovyNode("name", "log"), *_)
        ):
            pass
        case GroovyNode(
            "call", "setPropertyValue", (_, GroovyNode("value", "RecordElementPath"), GroovyNode("value", str(path)))
        ):
            carried.carrier.record = path
        case GroovyNode("call", "setPropertyValue", (_, GroovyNode("value", "callerName"), _)):
            carried.took(4)
        case GroovyNode("if", _, (_, GroovyNode("block", _, then), _)) if "'callerName'" in repr(then):
            carried.took(4)
        case GroovyNode("if", _, (_, GroovyNode("block", _, then), _)) if "'cancel'" in repr(then):
            carried.notes.append(f"{step.name}: skipped where its script says; ours is played everywhere")
        case _:
            raise Unsupported("a script of its own")


def _interval(carried: Carried, step: SoapUiStep, kind: str) -> None:
    number = "366" if kind == "date" else carried.values.known().get("numberOfIntervals", "30")
    limit = {"number": int(number)} if kind != "before" and number.isdigit() else {}
    before = carried.steps[carried.counted - 1] if carried.steps else None
    if before is None or not carried.carrier.describes(before.contract):
        raise Unsupported("it draws periods from records that are not described", step.script)
    some: Expectation = {"records": {"min": 1}}  # without any it fails there
    before.expect += [some] if some not in before.expect else []
    carried.again = {"value": kind, "of": carried.counted} | limit
    for name in re.findall(r"context\.(\w+(?:Start|End)) =", step.script):
        carried.values.renamed[name] = f"interval.{'start' if name.endswith('Start') else 'end'}"


def _same(carried: Carried, step: SoapUiStep, one: str, other: str) -> None:
    first, second = sorted((carried.number(one) or 0, carried.number(other) or 0))
    if not first or not carried.carrier.describes(carried.steps[second - 1].contract):
        why = "it compares answers that are not both there, or whose records are not described"
        raise Unsupported(why, step.script)
    carried.steps[second - 1].expect.append({"compare": {"since": first, "gives": "same"}})
