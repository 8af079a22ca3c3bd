"""Messages and what was checked of them, as the page shows them: laid out, people masked, each finding at its line.

XPath stands in words, for who tests and does not write suites: what is looked for by its name, and what narrows it.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from rivta.model.domain import Domain
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CheckResult, Finding
from rivta.model.words import Direction, Verdict
from rivta.report import listing
from rivta.report.layout import View
from rivta.report.voice import Voice
from rivta.run import handshaking
from rivta.text import xml

Clean = Callable[[str], str]
_IN_WORDS = ("expected", "message", "note")
_LAID_OUT = 32
"""Messages whose layout is remembered: a page is shown many times while a play goes on."""
_BRACKETS = r"\[(?:'[^']*'|\[[^\[\]]*\]|[^\[\]'])*\]"
_XPATH = re.compile(rf"(?<![:\w/])\(?(?:[a-z-]+\()?//(?:{_BRACKETS}|[\w*@:./-]|\(\)| \| |\))+")
"""An XPath in a text. No address on the web is one."""
_STEP = re.compile(rf"(?:{_BRACKETS}|[^/\[])+")
_PREDICATE = re.compile(_BRACKETS)
_LOCAL_NAME = re.compile(r"\[local-name\(\)\s*=\s*'([^']*)'\]")
_NAME = re.compile(r"\(*@?(?:[\w.-]+:)?([\w.-]+)\)*")
_EQUALS = re.compile(r"(@?[\w.:-]+)\s*=\s*'([^']*)'")
_NOT = re.compile(r"not\((@?[\w.:-]+)\)")
_PARTS = 2
"""How many names say what is meant: the last, and that of what it stands in."""


class Messages:
    """Makes views of messages and checks in one language, nobody shown but test persons."""

    def __init__(self, voice: Voice, clean: Clean, domain: Domain) -> None:
        self._voice = voice
        self.clean = clean
        self._domain = domain

    def message(self, heading: str, message: Message, href: str, *, is_open: bool = False) -> View:
        """One message: what it is called, its `text` laid out, where it can be fetched. Where there is no text, `note` says so."""
        told = {"heading": heading, "facts": self._voice.size(len(message.body))}
        if not message.body:
            return told | {"text": None, "note": self._voice.words["empty_message"], "is_open": False}
        return told | {
            "text": listing.Listing(self._rows(message.body), is_numbered=False),
            "href": href,
            "is_open": is_open,
        }

    def _rows(self, body: bytes) -> list[str]:
        return listing.lines(listing.shorten(self.clean(_laid_out(body)), self._voice.words["left_out"]))

    def checks(self, checks: Iterable[CheckResult], exchanges: tuple[Exchange, ...]) -> list[View]:
        """The checks of a step, what is not met first. `exchanges` are those of the case so far."""
        return [self._check(check, exchanges) for check in sorted(checks, key=lambda check: -check.verdict)]

    def requirements(self, ids: Iterable[str]) -> list[View]:
        """What the domain says of these requirements: id, text, and the document that says it."""
        known = self._domain.requirements
        unknown = {"text": "", "reference": ""}
        return [
            {"id": id_, **(self._voice.told(known[id_], "text", "reference") if id_ in known else unknown)}
            for id_ in ids
        ]

    def _check(self, check: CheckResult, exchanges: tuple[Exchange, ...]) -> View:
        told = self._told(check, "expected", "actual", "note", "by")
        if check.kind == handshaking.KIND:
            told["expected"] = connection(told["expected"], self._voice)
        return self._in_words(told) | {
            "name": self._voice.check(check.kind),
            "state": self._voice.state(check.verdict),
            "is_met": check.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE),
            "source": check.source,
            "requirements": self.requirements(check.verifies),
            "findings": [self._finding(finding, check, exchanges) for finding in check.findings],
            "spelt": [*dict.fromkeys(paths_in(told["expected"]))],
        }

    def _in_words(self, told: View) -> View:
        return told | {name: in_words(told[name], self._voice) for name in _IN_WORDS if name in told}

    def _finding(self, finding: Finding, check: CheckResult, exchanges: tuple[Exchange, ...]) -> View:
        told = self._told(finding, "message", "expected", "actual", "rule", "location")
        test = ""
        if check.kind == "rules":  # what a rule asks is XPath, which its message says in words
            test, told["expected"] = told["expected"], ""
        elif check.kind == handshaking.KIND:
            told["expected"] = connection(told["expected"], self._voice)
        return self._in_words(told) | {"excerpt": self._excerpt(finding, exchanges[check.exchange :]), "test": test}

    def _told(self, record: object, *names: str) -> View:
        return {name: self.clean(text) for name, text in self._voice.told(record, *names).items()}

    def _excerpt(self, finding: Finding, exchanges: tuple[Exchange, ...]) -> listing.Listing | None:
        """The lines around what was found in a message of the first exchange, where there is one."""
        is_asked = finding.direction is Direction.REQUEST
        message = next((each.request if is_asked else each.response for each in exchanges), None)
        if message is None or not message.body or not finding.location:
            return None
        rows = self._rows(message.body)
        line = listing.line_of(_laid_out(message.body), finding.location)
        return listing.excerpt(rows, line) if line and line <= len(rows) else None


@lru_cache(_LAID_OUT)
def _laid_out(body: bytes) -> str:
    return xml.pretty(body)


# XPath in words


def in_words(text: str, voice: Voice) -> str:
    """The text with each XPath in words."""
    return _XPATH.sub(lambda found: _with_its_end(found[0], voice), text)


def paths_in(text: str) -> list[str]:
    return [found[0].rstrip(":.") for found in _XPATH.finditer(text)]


def path_in_words(path: str, voice: Voice) -> str:
    """What an XPath looks for: `result errorCode`, `requestId where extension = 12`."""
    return voice.words["or"].join(_way(each, voice) for each in path.split(" | "))


def connection(expected: str, voice: Voice) -> str:
    """What is expected of a connection that is tried, as its check spells it (`refused, expired, TLS 1.2`), as a sentence."""
    outcome, *how = expected.split(", ")
    known = voice.words
    said = [
        next((known[key] for key in (f"certificate_{each}", f"shows_{each}") if key in known), each) for each in how
    ]
    return f"{voice.words['outcome']} {known.get(f'outcome_{outcome}', outcome)}: {', '.join(said)}"


def _with_its_end(found: str, voice: Voice) -> str:
    """A sign that ends the path in its sentence is none of its own."""
    path = found.rstrip(":.")
    return path_in_words(path, voice) + found[len(path) :]


def _way(path: str, voice: Voice) -> str:
    steps = _STEP.findall(re.sub(r"^\(?[a-z-]*\(|\)+$", "", path))
    names = [name for name in map(_name, steps) if name]
    said = [
        _condition(each, voice) for step in steps for each in _PREDICATE.findall(step) if not _LOCAL_NAME.match(each)
    ]
    return " ".join((*(names[-_PARTS:] or "…"), *dict.fromkeys(said)))


def _name(step: str) -> str:
    """What a step is called; empty where it has no name of its own."""
    if local := _LOCAL_NAME.search(step):
        return local[1]
    found = _NAME.fullmatch(_PREDICATE.sub("", step))
    return found[1] if found else ""


def _condition(predicate: str, voice: Voice) -> str:
    """What narrows a step, in words where that is simple."""
    said = []
    for each in predicate[1:-1].split(" or "):
        if equal := _EQUALS.fullmatch(each.strip()):
            said.append(voice.say("where", what=f"{_name(equal[1])} = {equal[2]}"))
        elif without := _NOT.fullmatch(each.strip()):
            said.append(voice.say("without", what=_name(without[1])))
        else:
            return voice.words["narrowed"]
    return voice.words["or"].join(said)
