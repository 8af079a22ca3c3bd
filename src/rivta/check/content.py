"""Checks of what the system's message holds: elements by XPath, plain text, HTTP headers, the encoding; the contract's schema and rules."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from lxml import etree

from rivta.check.kinds import NOTHING, Observation, Seen, SuiteBroke, compared, kind, not_applicable
from rivta.check.reply import says_nothing
from rivta.contract import Complaint, schemas
from rivta.contract.envelope import SOAP
from rivta.contract.rules import RuleOutcome, files_for, rules_of
from rivta.model.run import Finding
from rivta.model.words import Direction, Text
from rivta.text.catalogue import text
from rivta.text.xml import charset_of, compiled, path_of, prolog_encoding, unfit, value_of

Wish = tuple[str, Callable[[list[str]], bool]]
"""A wish in words, and whether the values found fulfil it."""
_ALLOWED = ("utf-8", "utf-16")
_SAYS_NOTHING = etree.fromstring(f'<e:Envelope xmlns:e="{SOAP}"><e:Body/></e:Envelope>')
"""What holds of this too holds by what is not there."""


@kind
def xpath(
    seen: Seen,
    *,
    path: str,
    exists: bool | None = None,
    absent: bool | None = None,
    equals: str | None = None,
    matches: str | None = None,
    count: int | None = None,
) -> Observation:
    """What an XPath 1.0 expression finds in the message: that it exists, is absent, equals a text, matches a pattern, or how often.

    `path` may use the prefixes of the suite's `namespaces`. `equals` and `matches` (a Python regular expression for the
    whole text) want at least one value and hold for each that is found. `exists` wants one that is not blank; so does a
    path alone. A condition (`count(//a) > 1`) has the value `true` or `false`: `exists`, or a path alone, wants it to be true, `absent` to be
    false. A number or a text is always there, so it has to be compared, by `equals` or `matches`. That something is absent, however that is asked, says nothing of a reply that is none of the contract's, such as a SOAP Fault, of one
    without the result that its contract has, nor of an error code, a finer code or its text where the result is no error.
    """
    ask = compiled(path, seen.namespaces)
    found = ask(seen.envelope.root)
    wishes = {"exists": exists, "absent": absent, "equals": equals, "matches": matches, "count": count}
    if what := unfit(found, [name for name, wish in wishes.items() if wish is not None]):
        raise SuiteBroke(f"{path} gives {what}: the check could not fail")
    if isinstance(found, bool) and equals is None and matches is None:
        exists, absent, equals = None, None, "false" if absent or exists is False else "true"
    nodes, values = _found(found)
    wanted = _wanted(exists=exists, absent=absent, equals=equals, matches=matches, count=count)
    actual = ", ".join(values) if values else NOTHING
    wrong = _wrong(wanted, values)
    if not wrong and (why := says_nothing(seen, path)) and not _wrong(wanted, _found(ask(_SAYS_NOTHING))[1]):
        return not_applicable(why)
    expected = ", ".join(words for words, _ in wanted)
    first = next((node for node in nodes if isinstance(node, etree._Element)), None)
    place, line = (path, None) if first is None else (path_of(first), first.sourceline)
    findings = tuple(
        Finding(text("check", "xpath_other", path=path), seen.direction, place, line, words, actual) for words in wrong
    )
    return Observation(f"{path}: {expected}", actual, findings)


def _wanted(
    *, exists: bool | None, absent: bool | None, equals: str | None, matches: str | None, count: int | None
) -> list[Wish]:
    wishes: list[Wish] = []
    if equals is not None:
        wishes.append((f"= “{equals}”", lambda values: bool(values) and all(value == equals for value in values)))
    if matches is not None:
        pattern = re.compile(matches)
        wishes.append((f"~ “{matches}”", lambda values: bool(values) and all(map(pattern.fullmatch, values))))
    if count is not None:
        wishes.append((f"{count} ×", lambda values: len(values) == count))
    if absent or exists is False:
        wishes.append(("0 ×", lambda values: not values))
    if exists or not wishes:
        wishes.append(("≥ 1 ×", lambda values: any(value.strip() for value in values)))
    return wishes


def _wrong(wanted: list[Wish], values: list[str]) -> list[str]:
    return [words for words, holds in wanted if not holds(values)]


def _found(found: object) -> tuple[list[object], list[str]]:
    nodes = found if isinstance(found, list) else [found]
    return nodes, [_value(node) for node in nodes]


def _value(node: object) -> str:
    return value_of(node).strip() if isinstance(node, etree._Element) else value_of(node)


@kind
def header(
    seen: Seen, *, name: str, equals: str | None = None, matches: str | None = None, exists: bool = True
) -> Observation:
    """An HTTP header of the message: that it is there (or with `exists: no` is not), equals a text, or matches a pattern.

    The case of the header's name does not count. `matches` is a Python regular expression for the whole value. All that is asked must hold.
    """
    value = seen.message.header(name)
    wanted = [(f"{'≥ 1' if exists else '0'} × {name}", (value is not None) == exists)]
    if equals is not None:
        wanted.append((f"{name}: {equals}", value == equals))
    if matches is not None:
        wanted.append((f"{name} ~ “{matches}”", value is not None and bool(re.fullmatch(matches, value))))
    told = wanted[1:] if exists else wanted  # what it is like says that it is there
    expected = ", ".join(words for words, _ in told or wanted)
    actual = f"0 × {name}" if value is None else f"{name}: {value}"
    wrong = None if all(holds for _, holds in wanted) else text("check", "header_other")
    return compared(seen, expected, actual, wrong, f"HTTP {name}")


def _not_packed(seen: Seen) -> list[Finding]:
    """A Content-Encoding that the body, which can be read as it is, does not have."""
    said = (seen.message.header("Content-Encoding") or "identity").strip()
    if said.lower() == "identity" or not seen.message.body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return []
    wrong, place = text("check", "not_packed"), "HTTP Content-Encoding"
    return [Finding(wrong, location=place, expected=NOTHING, actual=said)]


@kind
def encoding(seen: Seen, *, name: str | None = None) -> Observation:
    """Content-Type and XML prolog each say UTF-8, UTF-16 or nothing, agree with each other, and the bytes are what they say.

    With `name` it must be that encoding; what says nothing is UTF-8. Runs in every case. Source: WS-I Basic Profile 1.1; self-declaration TF 2.1.
    """
    charset = charset_of(seen.message.header("Content-Type"))
    said = {"HTTP Content-Type": charset, "XML prolog": prolog_encoding(seen.message.body)}
    declared = {place: _plain_name(value) for place, value in said.items() if value}
    allowed = (_plain_name(name),) if name else _ALLOWED
    findings = [
        Finding(text("check", "encoding_other"), location=place, expected=" | ".join(allowed), actual=value)
        for place, value in declared.items()
        if value not in allowed
    ]
    if len(set(declared.values())) > 1:
        wrong = text("check", "encodings_differ")
        findings.append(Finding(wrong, location="HTTP Content-Type", expected="=", actual=_words(declared)))
    if not declared and "utf-8" not in allowed:
        findings.append(Finding(text("check", "undeclared"), expected=" | ".join(allowed), actual=f"{NOTHING} (utf-8)"))
    findings += _wrong_bytes(seen.message.body, declared)
    findings += _not_packed(seen)
    placed = tuple(replace(finding, direction=seen.direction) for finding in findings)
    return Observation(" | ".join(allowed), _words(declared) or f"{NOTHING} (utf-8)", placed)


def _plain_name(name: str) -> str:
    return name.strip().lower().replace("utf8", "utf-8").replace("utf16", "utf-16")


def _words(declared: dict[str, str]) -> str:
    return ", ".join(f"{place} {value}" for place, value in declared.items())


def _wrong_bytes(body: bytes, declared: dict[str, str]) -> list[Finding]:
    codec = next(iter(declared.values()), "utf-8")
    try:
        body.decode(codec)
        # UTF-8 may hold NUL, and XML may not: UTF-16 that calls itself UTF-8 is full of them.
        start = body.find(b"\0") if codec == "utf-8" else -1
    except LookupError:
        return []  # an encoding nobody knows has been reported as not allowed
    except UnicodeDecodeError as wrong:
        start = wrong.start
    if start < 0:
        return []
    line, found = body[:start].count(b"\n") + 1, repr(body[start : start + 4])
    message = text("check", "not_so_encoded", codec=codec)
    return [Finding(message, line=line, location=f"byte {start}", expected=codec, actual=found)]


_FAULTS_ARE_FREE = Text(
    "Ett SOAP Fault omfattas inte av kontraktets schema och regler.",
    "A SOAP Fault is outside the contract's schema and rules.",
)

Which = Literal["request", "response"]


@kind
def schema(seen: Seen, *, of: Which | None = None) -> Observation:
    """The message follows the contract's XML schema: libxml2 and xmlschema must both accept it.

    Each of the two lets some mistakes through that the other finds; where they disagree the report says so. Runs in every
    case, on the system's message: its reply, or the call that we received; `of` names the other of the two. A SOAP Fault
    is outside the schema. Source: the contract's XSD.
    """
    direction = Direction(of) if of else seen.direction
    envelope = seen.envelope_of(direction)
    if envelope.fault is not None:
        return not_applicable(_FAULTS_ARE_FREE)
    verdict = schemas(seen.contract).verdict(seen.body_of(direction), envelope.root)
    findings = tuple(_of_complaint(complaint, direction) for complaint in verdict.complaints)
    expected = f"XSD {seen.contract.name} {seen.contract.version}"
    actual = f"≠ XSD ({len(findings)})" if findings else "libxml2: OK, xmlschema: OK"
    return Observation(expected, actual, findings, note=verdict.disagreement)


def _of_complaint(complaint: Complaint, direction: Direction) -> Finding:
    return Finding(
        complaint.text,
        direction=direction,
        location=complaint.path,
        line=complaint.line,
        actual=complaint.value,
        rule="RIV-TA BP" if complaint.by == "contract" else f"XSD ({complaint.by})",
    )


@kind
def rules(seen: Seen, *, of: Which | None = None) -> Observation:
    """The message follows the contract's Schematron rules for its direction.

    Runs in every case, on the system's message: its reply, or the call that we received; `of` names the other of the two.
    A rule that breaks down, or takes too long, is a mistake in the suite, never the system's deviation. A SOAP Fault is outside the rules. Source:
    the contract's Schematron files.
    """
    direction = Direction(of) if of else seen.direction
    envelope = seen.envelope_of(direction)
    if envelope.fault is not None:
        return not_applicable(_FAULTS_ARE_FREE)
    files = files_for(seen.contract, direction, envelope.root)
    if not files:
        return not_applicable(text("check", "no_rules"))
    outcomes, more = rules_of(seen.contract, direction, envelope.root).examine(envelope.root)
    findings = tuple(_of_outcome(outcome, direction) for outcome in outcomes if outcome.kind == "failed")
    broken = [outcome for outcome in outcomes if outcome.kind == "error"]
    if broken and not findings:
        raise SuiteBroke(_words_of(broken[0]))
    actual = ", ".join(dict.fromkeys(finding.rule for finding in findings)) or "OK"
    # Beside a deviation that was found: a rule of ours that broke as well proves nothing.
    note = text("check", "rules_broke", count=len(broken), what=_words_of(broken[0])) if broken else None
    return Observation(", ".join(each.path.name for each in files), actual, findings, note, more=more)


def _words_of(outcome: RuleOutcome) -> str:
    return f"the rule {outcome.rule} could not be evaluated at {outcome.location}: {outcome.message}"


def _of_outcome(outcome: RuleOutcome, direction: Direction) -> Finding:
    return Finding(
        Text(outcome.diagnostics.get("sv", outcome.message), outcome.message),
        direction=direction,
        location=outcome.location,
        line=outcome.line,
        expected=outcome.test,
        rule=outcome.rule,
    )
