"""What holds of every result, and of which results a rule about errors says anything.

Source: the contract description's error handling.
"""

import re

from rivta.check.kinds import kind_of
from rivta.check.seen import NOTHING, SILENT, Observation, Seen
from rivta.contract.message import ResultFacts
from rivta.model.domain import ResultGrammar
from rivta.model.errors import Unreadable
from rivta.model.run import Finding
from rivta.model.words import Text
from rivta.text.catalogue import text


def says_nothing(seen: Seen, path: str, *, is_absence: bool) -> Text | None:
    """Why it says nothing that an XPath finds nothing in the system's reply: there is no result, or none that is an error."""
    grammar = seen.contract.result
    if seen.exchange.inbound or not is_absence:
        return None
    is_elsewhere = seen.envelope.fault is not None and "Fault" not in path
    if grammar is None:
        return text("check", "no_result") if is_elsewhere else None
    if seen.result is None:
        return text("check", "no_result")
    is_error = seen.result.code not in (grammar.ok, grammar.info)
    return text("check", "no_error", code=seen.result.code) if not is_error and _is_of_errors(path, grammar) else None


def _is_of_errors(path: str, grammar: ResultGrammar) -> bool:
    """Whether the path names a part of a result that tells an error. The text counts where the result is named beside it."""
    steps = set(re.findall(r"[\w.-]+", path))
    holder = grammar.path[-1:] or ("",)
    return bool(steps & ({grammar.error, grammar.sub} - {""})) or {grammar.text, holder[0]} <= steps


def _told(seen: Seen) -> tuple[ResultGrammar, ResultFacts] | None:
    grammar = None if seen.exchange.inbound else seen.contract.result
    try:
        return (grammar, seen.result) if grammar and seen.result else None
    except Unreadable:
        return None


@kind_of("replies")
def error_codes(seen: Seen) -> Observation:
    """An error code, and a finer one, stand beside an error and beside nothing else. Says nothing of a result that is an error."""
    told = _told(seen)
    if told is None or told[1].code not in (told[0].ok, told[0].info):
        return SILENT
    grammar, result = told
    actual = " ".join(code for code in (result.error_code, result.sub_code) if code) or NOTHING
    if actual == NOTHING:
        return Observation(NOTHING, NOTHING)
    place = grammar.error if result.error_code else grammar.sub
    return Observation(NOTHING, actual, (_finding("error_codes", grammar, place, NOTHING, actual),))


@kind_of("replies")
def sub_codes(seen: Seen) -> Observation:
    """A finer code stands beside the error that the business gives, and is one of those that the contract has.

    Which error that is, and which codes there are, is the domain's to say (`result: {refused: …}`, `sub-codes`). Says nothing of a
    result without a finer code.
    """
    told = _told(seen)
    if told is None or not told[1].sub_code:
        return SILENT
    grammar, result = told
    expected = " ".join((grammar.refused, " | ".join(grammar.subs))).strip() or NOTHING
    actual = " ".join((result.error_code or result.code, result.sub_code))
    is_known = not grammar.subs or result.sub_code in grammar.subs
    is_placed = not grammar.refused or result.error_code in ("", grammar.refused)
    wrong = () if is_known and is_placed else (_finding("sub_codes", grammar, grammar.sub, expected, actual),)
    return Observation(expected, actual, wrong)


def _finding(key: str, grammar: ResultGrammar, part: str, expected: str, actual: str) -> Finding:
    location = "/".join(("/", *grammar.path[-1:], part))
    return Finding(text("check", key), location=location, expected=expected, actual=actual)
