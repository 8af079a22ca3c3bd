"""What scripts of the published suites mean, by their shape: verbs on records, time filters, a few idioms, steps.

A verb judges the records of an answer: the elements at the project's `RecordElementPath`, each as a document of its own, so that a path
starts at the record whether it has a slash before it or not.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rivta.importer import groovy
from rivta.importer.condition import Condition
from rivta.importer.groovy import Node, Strange
from rivta.importer.scope import Expectation, Scope, holds, quoted
from rivta.model.records import Rule


@dataclass(frozen=True, slots=True)
class Period:
    """How a script says which records lie in a period: their times and ends, each a path from the record, and the rule."""

    rule: Rule
    times: tuple[str, ...]
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an assertion's script comes to. `level` counts what it took to read it, 1 a verb alone, 5 a script by itself."""

    level: int
    expect: tuple[Expectation, ...] = ()
    period: Period | None = None
    same_size: bool = False


# The verbs

Verb = Callable[..., Iterator[Expectation]]


def _value(every: str) -> Verb:
    def read(scope: Scope, path: Node, value: Node) -> Iterator[Expectation]:
        where, text = scope.within(path), scope.text(value)
        yield scope.judged(every, {"path": where, "equals": text}, f"{where} = {quoted(text)}")

    return read


def _exists(every: str) -> Verb:
    def read(scope: Scope, path: Node) -> Iterator[Expectation]:
        where = scope.within(path)
        yield scope.judged(every, {"path": where, "exists": True}, f"{where}[node()]")

    return read


def _excluded(every: str) -> Verb:
    def read(scope: Scope, path: Node) -> Iterator[Expectation]:
        where = scope.within(path)
        yield scope.judged(every, {"path": where, "absent": True}, f"not({where})")

    return read


def _fits(every: str) -> Verb:
    def read(scope: Scope, condition: Node, _message: Node | None = None) -> Iterator[Expectation]:
        xpath = Condition(scope).of(condition)
        yield scope.judged(every, {"path": xpath}, xpath)

    return read


def _one_of(scope: Scope, path: Node, values: Node) -> Iterator[Expectation]:
    where, texts = scope.within(path), scope.items(values)
    yield scope.judged("all", {"path": where, "in": texts}, " or ".join(f"{where} = {quoted(each)}" for each in texts))


def _none_of(scope: Scope, path: Node, values: Node) -> Iterator[Expectation]:
    where = scope.within(path)
    xpath = f"not({' or '.join(f'{where} = {quoted(each)}' for each in scope.items(values))})"
    yield scope.judged("all", {"path": xpath}, xpath)


_SOME: Expectation = {"records": {"min": 1}}


def _some(scope: Scope) -> Iterator[Expectation]:
    yield scope.judged("records", {"min": 1}, "> 0")


def _exactly(scope: Scope, number: Node) -> Iterator[Expectation]:
    yield scope.judged("records", {"exactly": int(scope.text(number))}, f"= {int(scope.text(number))}")


def _base64(scope: Scope, path: Node, _file: Node, most: Node | None = None) -> Iterator[Expectation]:
    limit = {} if most is None else {"max_bytes": int(scope.text(most))}
    yield {"base64": {"path": scope.whole(path)} | limit}


def _docbook(scope: Scope, path: Node, elements: Node) -> Iterator[Expectation]:
    yield {"docbook": {"path": scope.whole(path), "elements": scope.items(elements)}}


def _encoding(_scope: Scope) -> Iterator[Expectation]:
    yield {"encoding": {}}


def _always(_scope: Scope, *_args: Node) -> Iterator[Expectation]:
    """What runs in every case of ours."""
    yield from ()


VERBS: Mapping[str, Verb] = {
    "assertSchematronConstraints": _always,
    "assertNonEmptyResponse": _some,
    "assertExactNumberOfRecords": _exactly,
    "assertElementExistsInAnyRecord": _exists("any"),
    "assertElementExistsInAllRecords": _exists("all"),
    "assertElementExcludedInAnyRecord": _excluded("any"),
    "assertElementExcludedInAllRecords": _excluded("all"),
    "assertSpecificValueInAnyRecord": _value("any"),
    "assertSpecificValueInAllRecords": _value("all"),
    "assertValidValuesInAllRecords": _one_of,
    "assertNoForbiddenValueInAnyRecord": _none_of,
    "assertForAnyRecord": _fits("any"),
    "assertForAllRecords": _fits("all"),
    "assertValidEncoding": _encoding,
    "assertBase64ContentInAnyElement": _base64,
    "assertDocBookContentInAnyElement": _docbook,
}


# Assertions

_TOO_DEEP = "it is nested too deep"


def squeezed(script: str) -> str:
    """A script without imports, comments and what it writes to its log, on one line."""
    plain = re.sub(r"^\s*(import\s|package\s|//|log\.info).*$", "", script, flags=re.MULTILINE)
    return " ".join(re.sub(r"/\*.*?\*/", " ", plain, flags=re.DOTALL).split())


def of_assertion(script: str, scope: Scope) -> Meaning:
    """What an assertion's script means. Strange where it is left to a person."""
    plain = squeezed(script)
    if "assertFilteredResponse(" in plain:
        return Meaning(3, ({"time_filter": {"since": scope.counted}},), _period(plain, scope.below(script)))
    if "timestampInRange(" in plain and "getContentRecords()" in plain:
        return Meaning(5, ({"filtered": {}},), _period(plain, scope.below(script)))
    if "responseContent.size()" in plain and "assert" in plain:
        return Meaning(2, same_size=True)
    known = (Meaning(level, expect) for shape, level, expect in _idioms(scope) if re.search(shape, plain))
    try:
        return next(known, None) or _verbs(script, scope.below(script))
    except RecursionError:
        raise Strange(_TOO_DEEP) from None


def _idioms(scope: Scope) -> Iterator[tuple[str, int, tuple[Expectation, ...]]]:
    """Scripts that are known as a whole, by what they say in the end."""
    since = {"since": scope.counted}
    yield r"unescapedXml\.indexOf\(unescapedTestString\) > -1", 2, ({"special_characters": "${testString}"},)
    yield r"assert AntalPosterRequest1 > AntalPosterRequest2\b", 2, ({"compare": since | {"gives": "fewer"}},)
    yield r"assert AntalPosterRequest1 == AntalPosterRequest2\b", 2, ({"compare": since | {"gives": "same-set"}},)
    yield (
        r"assert context\.response1 == context\.response2\b",
        2,
        ({"compare": {"since": scope.saved, "gives": "same"}},),
    )
    yield r"^new ContextHelperTK\([^)]*\)\.logTestData\(\)$", 1, ()
    yield (
        r"^def ca = new ContentAssertions\([^)]*\) context\.allRecords = ca\.getContentRecords\(\)( def xml .*hasMore.*)?$",
        3,
        (),
    )
    yield r"assert xml\.Body\.\w+\.hasMore\.size\(\) != 0", 5, (holds("count(//*[local-name()='hasMore']) > 0"),)


def _verbs(script: str, scope: Scope) -> Meaning:
    level, expect = 1, list[Expectation]()
    for each in groovy.read(script):
        match each:
            case Node("let") | Node("call", _, (Node("name", "log"), *_)):
                continue
            case Node("call", verb, (Node("name"), *args)) if verb in VERBS:
                level = max(level, 4 if verb.startswith("assertFor") else 1)
                try:
                    expect += VERBS[verb](scope, *args)
                except TypeError:
                    raise Strange(f"{verb} with {len(args)} values") from None
            case Node("call", name):
                raise Strange(f"{name}(…) is no verb that is known")
            case _:
                raise Strange("a script of its own")
    if any("any" in each or "all" in each for each in expect):  # of no records nothing is true there
        expect = [_SOME, *(each for each in expect if each != _SOME)]
    return Meaning(level, tuple(expect))


def _period(plain: str, scope: Scope) -> Period:
    """The rule of a time filter, by the words that its condition is made of."""

    def paths(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(scope.within(Node("name", each.strip())) for each in names))

    if within := re.findall(r"(?:timestampInRange\(|allElementsAt\()(\w+)(?=,|\)\.any)", plain):
        return Period("any_in_range", paths(within))
    if first := re.search(r"def \w+ = ((?:record\.firstElementAt\(\w+\) \?: )+record\.firstElementAt\(\w+\))", plain):
        return Period(
            "fallback", paths(re.findall(r"At\((\w+)\)", first[1])), paths(re.findall(r"At\((\w+)\) \?: ['\"]", plain))
        )
    if ends := re.search(r"\[([\w, ]+)\]\.any \{", plain):
        return Period("fallback", paths(re.findall(r"timestampIsAfter\((\w+)", plain)), paths(ends[1].split(",")))
    if span := re.search(r"\[([\w, ]+)\]\.every \{", plain):
        return Period("span", paths(span[1].split(",")))
    if single := re.findall(r"timestampIsBefore\((\w+)", plain):
        return Period("span", paths(single))
    raise Strange("a time filter by another rule")


# Steps that are scripts


@dataclass(frozen=True, slots=True)
class Told:
    """What a step's script comes to: `kind` is what it does, `names` what it does it to."""

    kind: str
    names: tuple[str, ...] = ()
    level: int = 1


_STEPS = (
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
"""Steps that are known as a whole, in this order."""
_HOLDER = re.compile(r"getXmlHolder\( ?['\"](.+?)#Response['\"] ?\)")
_LOADER = ("utils", "dataFile", "source", "callerName", "groovyUtils", "projectPath")


def of_step(script: str) -> tuple[Told, ...]:
    """What a step's script means. Strange where it is left to a person."""
    plain = squeezed(script)
    known = ((kind, level) for shape, kind, level in _STEPS if re.search(shape, plain))
    for kind, level in known:
        return (Told(kind, tuple(_HOLDER.findall(plain)), level),)
    try:
        return tuple(told for statement in groovy.read(script) if (told := _told(statement)))
    except RecursionError:
        raise Strange(_TOO_DEEP) from None


def _told(statement: Node) -> Told | None:
    told: Told | None = None
    match statement:
        case Node("let", str(name), (Node("value", value),)) if name.startswith("context."):
            told = Told("constant", (name.partition(".")[2], str(value)))
        case Node("let", name, (Node("call", call),)) if name in _LOADER or call == "getPropertyValue":
            pass
        case Node("call", "load", (Node("name", "source"), _)):
            told = Told("load")
        case Node("call", _, (Node("name", "log"), *_)):
            pass
        case Node("call", "setPropertyValue", (_, Node("value", "RecordElementPath"), Node("value", str(path)))):
            told = Told("record", (path,))
        case Node("call", "setPropertyValue", (_, Node("value", "callerName"), _)):
            told = Told("load", level=4)
        case Node("if", _, (_, Node("block", _, then), _)) if any("'callerName'" in repr(each) for each in then):
            told = Told("load", level=4)
        case Node("if", _, (_, Node("block", _, then), _)) if any("'cancel'" in repr(each) for each in then):
            told = Told("guard")
        case _:
            raise Strange("a script of its own")
    return told
