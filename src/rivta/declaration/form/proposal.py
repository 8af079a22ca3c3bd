"""What the evidence proposes as the answer to a question, or why it proposes nothing.

Everything named passed, or a person who is named says that it does: yes. Something failed: no, with the cases. Everything is
declared not applicable: not applicable. Anything else (not run, blocked, an error of ours, waiting for a human) is no evidence
either way.
"""

import re
from collections.abc import Iterator, Mapping

from rivta.declaration.form.figures import FIGURES
from rivta.declaration.form.part import RunPart, SeenExchange
from rivta.model.declaration import Proposal, Question
from rivta.model.environment import System
from rivta.model.errors import Unreadable
from rivta.model.run import CaseResult
from rivta.model.words import Text, Verdict
from rivta.text import xml
from rivta.text.catalogue import text

_VALUES = {Verdict.PASSED: "yes", Verdict.FAILED: "no", Verdict.NOT_APPLICABLE: "not-applicable"}
_TOLD = 5
"""How many cases a sentence names."""


def propose(question: Question, part: RunPart) -> Proposal | Text:
    """The proposal, or a sentence that says why there is none."""
    match question.origin:
        case "run":
            return FIGURES[question.fact](part)
        case "coverage":
            return covered(question.fact, part)
    if question.origin == "vendor" and question.fact:
        return _of_system(question.fact, part)
    if not question.requirements and not question.cases:
        return text("declaration", "vendor_only")
    return _of_cases(question, part)


def facts_of(system: System) -> Mapping[str, str]:
    """What the environment of a run says of the tested system, by the facts that a vendor's file says of it."""
    return {
        "organisation": system.organisation,
        "organisation-number": system.organisation_number,
        "product": system.product,
        "version": system.version,
    }


def _of_system(fact: str, part: RunPart) -> Proposal | Text:
    """What the run knows of the system, so that answers for another version are noticed."""
    if value := facts_of(part.run.header.system).get(fact):
        return Proposal(value, (part.run.header.run,), Verdict.PASSED)
    return text("declaration", "not_said")


def _of_cases(question: Question, part: RunPart) -> Proposal | Text:
    found = list(_verdicts(question, part))
    worst = Verdict.of(verdict for _, verdict in found)
    told = tuple(dict.fromkeys(key for key, verdict in found if verdict is worst))
    if worst in (Verdict.PASSED, Verdict.MANUAL) and (why := _moot(question, part)):
        return why
    if worst in _VALUES:
        return Proposal(_VALUES[worst], told, worst)
    if worst is Verdict.MANUAL and all(_is_attested(part.by_key.get(key)) for key in told):
        return Proposal("yes", told, worst)
    if set(told) <= set(question.requirements):
        rows = (part.rows.get(id_) for id_ in question.requirements)
        reasons = (row.requirement.not_tested for row in rows if row)
        return next(filter(None, reasons), text("declaration", "untested"))
    some = ", ".join(told[:_TOLD]) + (" …" if len(told) > _TOLD else "")
    return text("declaration", f"verdict_{worst.name.lower()}", some=some)


def _moot(question: Question, part: RunPart) -> Text | None:
    """Why checks that passed prove nothing of what the question is about, if they do not."""
    cases = set(map(part.key, question.cases))
    rows = (row for id_, row in part.rows.items() if id_ in question.requirements or cases & set(row.cases))
    return next((row.why for row in rows if row.why), None)


def _is_attested(result: CaseResult | None) -> bool:
    """Whether somebody who is named stands behind each manual verdict of a case."""
    manual = [check for check in (result.checks if result else ()) if check.verdict is Verdict.MANUAL]
    return bool(manual) and all(check.by for check in manual)


def _verdicts(question: Question, part: RunPart) -> Iterator[tuple[str, Verdict]]:
    """Each case that has something to say to the question, with what it says; of a requirement that none speaks of, its id."""
    for key in map(part.key, question.cases):
        yield key, part.by_key[key].verdict if key in part.by_key else Verdict.NOT_PROVEN
    for id_ in question.requirements:
        seen = list(_of_requirement(id_, part))
        yield from seen or [(id_, Verdict.NOT_PROVEN)]


def _of_requirement(id_: str, part: RunPart) -> Iterator[tuple[str, Verdict]]:
    row = part.rows.get(id_)
    for key in row.cases if row else ():
        if key in part.by_key:
            yield from ((key, verdict) for verdict in _said(part.by_key[key], id_))
        elif key in part.left_keys:
            yield key, Verdict.NOT_PROVEN


def _said(result: CaseResult, id_: str) -> list[Verdict]:
    """The verdicts of the checks that name the requirement; of a case that never came to them, its own.

    A case that failed in another check says nothing of what this one would have shown.
    """
    named = [check.verdict for check in result.checks if id_ in check.verifies]
    hindered = not result.checks or result.verdict is not Verdict.of(check.verdict for check in result.checks)
    return named or ([result.verdict] if hindered else [])


# What the system was seen sending
#
# An element is named `<Contract>/<path>` by local names, matched at the end of an element's own path; an attribute's value
# may be demanded: `RegisterLoan/borrower/personId[@root=1.2.752.129.2.1.3.1]`.

_NAME = re.compile(r"((?:[^/@]+\.[^/@]+/)?[^/]+)/([^\[]+)(?:\[@([^=]+)=([^\]]+)\])?")
_JUDGES = ("schema", "rules")


def covered(element: str, part: RunPart) -> Proposal | Text:
    """Yes if a message with the element was valid, no if each with it broke the schema or a rule, else why nothing is known."""
    contract = part.word(contract_of(element))
    sent: list[str] = []
    broken: list[str] = []
    for seen in part.exchanges("consumer"):
        if seen.exchange.contract == contract and _holds(seen.exchange.request.body, element):
            (broken if _is_broken(seen) else sent).append(seen.key)
    if sent:
        return Proposal("yes", tuple(dict.fromkeys(sent)), Verdict.PASSED)
    if broken:
        return Proposal("no", tuple(dict.fromkeys(broken)), Verdict.FAILED)
    return text("declaration", "not_sent")


def contract_of(element: str) -> str:
    """The contract that an element is named with: before the first slash, or the second where a domain stands first."""
    match = _NAME.fullmatch(element)
    return match[1] if match else element.partition("/")[0]


def _holds(body: bytes, element: str) -> bool:
    match = _NAME.fullmatch(element)
    if match is None:
        return False
    path = "/".join(f"*[local-name()='{name}']" for name in match[2].split("/"))
    demanded = "[@*[name()=$name]=$value]" if match[3] else ""
    try:
        return bool(xml.parse(body).xpath(f"//{path}{demanded}", name=match[3] or "", value=match[4] or ""))
    except Unreadable:
        return False


def _is_broken(seen: SeenExchange) -> bool:
    return any(check.verdict is Verdict.FAILED for check in seen.checks if check.kind in _JUDGES)
