"""What scripts of the published suites mean, by their shape: verbs on records, time filters, a few idioms, steps.

A verb judges the records of an answer: the elements at the project's `RecordElementPath`, each as a document of its own, so that a path
starts at the record whether it has a slash before it or not.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from rivta.importer import groovy
from rivta.importer.groovy import GroovyNode, Unsupported, squeezed
from rivta.importer.scope import Condition, Expectation, ScriptScope, holds, quoted
from rivta.model.frozen import frozen
from rivta.model.records import Rule


@frozen
class Period:
    """How a script says which records lie in a period: their times and ends, each a path from the record, and the rule."""

    rule: Rule
    times: tuple[str, ...]
    ends: tuple[str, ...] = ()


@frozen
class ScriptMeaning:
    """What an assertion's script comes to. `level` counts what it took to read it, 1 a verb alone, 5 a script by itself."""

    level: int
    expect: tuple[Expectation, ...] = ()
    period: Period | None = None
    same_size: bool = False


# The verbs

Verb = Callable[..., Expectation | None]
"""What a call comes to; None where every case of ours says it anyway."""
_SOME: Expectation = {"records": {"min": 1}}


def _each(every: str, shows: str, value: Callable[..., object] = ScriptScope.text) -> Verb:
    """A verb on any or all records: what one has to show where the first value leads, as a check of ours and as a condition on it."""

    def read(scope: ScriptScope, path: GroovyNode, *values: GroovyNode) -> Expectation:
        where = scope.within(path)
        wish, condition = _SHOWS[shows](where, *(value(scope, each) for each in values))
        return scope.judged(every, {"path": where} | wish, condition)

    return read


_SHOWS: Mapping[str, Callable[..., tuple[Expectation, str]]] = {
    "something": lambda where: ({"exists": True}, f"{where}[node()]"),
    "nothing": lambda where: ({"absent": True}, f"not({where})"),
    "value": lambda where, value: ({"equals": value}, f"{where} = {quoted(value)}"),
    "one of": lambda where, some: ({"in": some}, _one_of(where, some)),
    "none of": lambda where, some: ({"path": f"not({_one_of(where, some)})"}, f"not({_one_of(where, some)})"),
}


def _one_of(where: str, values: list[str]) -> str:
    return " or ".join(f"{where} = {quoted(each)}" for each in values)


def _fits(every: str) -> Verb:
    def read(scope: ScriptScope, condition: GroovyNode, _message: GroovyNode | None = None) -> Expectation:
        xpath = Condition(scope).of(condition)
        return scope.judged(every, {"path": xpath}, xpath)

    return read


def _exactly(scope: ScriptScope, number: GroovyNode) -> Expectation:
    wanted = int(scope.text(number))
    return scope.judged("records", {"exactly": wanted}, f"= {wanted}")


def _base64(scope: ScriptScope, path: GroovyNode, _file: GroovyNode, most: GroovyNode | None = None) -> Expectation:
    return {"base64": {"path": scope.whole(path)} | ({} if most is None else {"max_bytes": int(scope.text(most))})}


VERBS: Mapping[str, Verb] = {
    "assertSchematronConstraints": lambda _scope, *_file: None,
    "assertNonEmptyResponse": lambda scope: scope.judged("records", {"min": 1}, "> 0"),
    "assertExactNumberOfRecords": _exactly,
    "assertElementExistsInAnyRecord": _each("any", "something"),
    "assertElementExistsInAllRecords": _each("all", "something"),
    "assertElementExcludedInAnyRecord": _each("any", "nothing"),
    "assertElementExcludedInAllRecords": _each("all", "nothing"),
    "assertSpecificValueInAnyRecord": _each("any", "value"),
    "assertSpecificValueInAllRecords": _each("all", "value"),
    "assertValidValuesInAllRecords": _each("all", "one of", ScriptScope.items),
    "assertNoForbiddenValueInAnyRecord": _each("all", "none of", ScriptScope.items),
    "assertForAnyRecord": _fits("any"),
    "assertForAllRecords": _fits("all"),
    "assertValidEncoding": lambda _scope: {"encoding": {}},
    "assertBase64ContentInAnyElement": _base64,
    "assertDocBookContentInAnyElement": lambda scope, path, elements: {
        "docbook": {"path": scope.whole(path), "elements": scope.items(elements)}
    },
}


# Assertions


def of_assertion(script: str, scope: ScriptScope) -> ScriptMeaning:
    """What an assertion's script means. Unsupported where it is left to a person."""
    plain = squeezed(script)
    if "assertFilteredResponse(" in plain:
        return ScriptMeaning(3, ({"time_filter": {"since": scope.counted}},), _period(plain, scope.below(script)))
    if "timestampInRange(" in plain and "getContentRecords()" in plain:
        return ScriptMeaning(5, ({"filtered": {}},), _period(plain, scope.below(script)))
    if "responseContent.size()" in plain and "assert" in plain:
        return ScriptMeaning(2, same_size=True)
    known = (ScriptMeaning(level, expect) for shape, level, expect in _idioms(scope) if re.search(shape, plain))
    return next(known, None) or _verbs(script, scope.below(script))


def _idioms(scope: ScriptScope) -> Iterator[tuple[str, int, tuple[Expectation, ...]]]:
    """Scripts that are known as a whole, by what they say in the end."""
    since = {"since": scope.counted}
    yield r"unescapedXml\.indexOf\(unescapedTestString\) > -1", 2, ({"special_characters": "${testString}"},)
    yield r"assert AntalPosterRequest1 > AntalPosterRequest2\b", 2, ({"compare": since | {"gives": "fewer"}},)
    yield r"assert AntalPosterRequest1 == AntalPosterRequest2\b", 2, ({"compare": since | {"gives": "same-set"}},)
    same = {"since": scope.saved, "gives": "same"}
    yield r"assert context\.response1 == context\.response2\b", 2, ({"compare": same},)
    yield r"^new ContextHelperTK\([^)]*\)\.logTestData\(\)$", 1, ()
    yield (
        r"^def ca = new ContentAssertions\([^)]*\) context\.allRecords = ca\.getContentRecords\(\)( def xml .*hasMore.*)?$",
        3,
        (),
    )
    yield r"assert xml\.Body\.\w+\.hasMore\.size\(\) != 0", 5, (holds("count(//*[local-name()='hasMore']) > 0"),)


def _verbs(script: str, scope: ScriptScope) -> ScriptMeaning:
    level, expect = 1, list[Expectation]()
    for each in groovy.read(script):
        match each:
            case GroovyNode("let") | GroovyNode("call", _, (GroovyNode("name", "log"), *_)):
                continue
            case GroovyNode("call", verb, (GroovyNode("name"), *args)) if verb in VERBS:
                level = max(level, 4 if verb.startswith("assertFor") else 1)
                try:
                    found = VERBS[verb](scope, *args)
                except TypeError:
                    raise Unsupported(f"{verb} with {len(args)} values") from None
                expect += [found] if found else []
            case GroovyNode("call", name):
                raise Unsupported(f"{name}(…) is no verb that is known")
            case _:
                raise Unsupported("a script of its own")
    if any("any" in each or "all" in each for each in expect):  # of no records nothing is true there
        expect = [_SOME, *(each for each in expect if each != _SOME)]
    return ScriptMeaning(level, tuple(expect))


def _period(plain: str, scope: ScriptScope) -> Period:
    """The rule of a time filter, by the words that its condition is made of."""

    def paths(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(scope.within(GroovyNode("name", each.strip())) for each in names))

    if within := re.findall(r"(?:timestampInRange\(|allElementsAt\()(\w+)(?=,|\)\.any)", plain):
        return Period("any_in_range", paths(within))
    if first := re.search(r"def \w+ = ((?:record\.firstElementAt\(\w+\) \?: )+record\.firstElementAt\(\w+\))", plain):
        ends_at = paths(re.findall(r"At\((\w+)\) \?: ['\"]", plain))
        return Period("fallback", paths(re.findall(r"At\((\w+)\)", first[1])), ends_at)
    if ends := re.search(r"\[([\w, ]+)\]\.any \{", plain):
        return Period("fallback", paths(re.findall(r"timestampIsAfter\((\w+)", plain)), paths(ends[1].split(",")))
    if span := re.search(r"\[([\w, ]+)\]\.every \{", plain):
        return Period("span", paths(span[1].split(",")))
    if single := re.findall(r"timestampIsBefore\((\w+)", plain):
        return Period("span", paths(single))
    raise Unsupported("a time filter by another rule")
