"""The cases as the report shows them: each with its checks, what they found, and its exchanges."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, count
from pathlib import PurePath

from rivta.declaration.causes import named
from rivta.declaration.proven import MANUAL, weighed
from rivta.model.exchange import Message
from rivta.model.run import Attachment, CaseResult, CheckResult, Finding, Note
from rivta.model.words import Direction, Source
from rivta.report import times
from rivta.report.layout import ReportLink, View
from rivta.report.listing import Listing
from rivta.report.material import Material, asked, exchange_told, lasted, message_heading, subject_of
from rivta.report.sequence import ExchangeCourse, SequenceView, draw, is_missing
from rivta.report.voice import Voice

_SUITES = ("producer", "consumer")
"""How files with a contract's cases are called; any other is a scenario, over several contracts."""


def parts(material: Material) -> tuple[list[View], Iterator[View] | None]:
    """All cases by suite and contract, in the order in which they were run, and the calls that no case asked for, if there are any.

    Both can be gone through once: a run may have more cases than a computer has room for their views.
    """
    own, strays = material.places.own, material.places.strays
    # All findings are placed before any message is shown, for they mark its lines. The rest of a case is made when its turn comes.
    found = (each for each in (*own, *strays) if any(check.findings for check in each.checks))
    placed = {id(each): _CaseView(each, material) for each in found}

    def view(result: CaseResult) -> View:
        return (placed.pop(id(result), None) or _CaseView(result, material)).view()

    groups: dict[tuple[str, str, str], list[CaseResult]] = {}
    for result in own:
        groups.setdefault(_group(result), []).append(result)
    suites = [_suite(*group, map(view, results), material) for group, results in groups.items()]
    return suites, map(view, strays) if strays else None


def _group(result: CaseResult) -> tuple[str, str, str]:
    """Where a case stands: in its suite, by contract and role; a scenario, with its folder's others, by neither."""
    path = PurePath(result.suite)
    return (result.suite, result.contract, result.role) if path.stem in _SUITES else (str(path.parent), "", "")


def _suite(path: str, contract: str, role: str, cases: Iterator[View], material: Material) -> View:
    voice = material.voice
    said = voice.words[role].lower() if role in _SUITES else role
    heading = f"{contract}, {said}" if contract else voice.say("scenarios", folder=PurePath(path).name)
    anchor = material.places.anchors.of("suite", path, contract, role)
    return {"anchor": anchor, "heading": heading, "path": path, "cases": cases}


def written(source: Source | None, voice: Voice) -> str:
    """The file and line where something is written, or nothing."""
    return f"{PurePath(source.path).name}, {voice.say('line_n', n=source.line)}" if source else ""


def _attached(file: Attachment, voice: Voice) -> View:
    """A file of a note: what it is called, how large it is, its checksum, and what it shows."""
    is_text, data = file.type == "text/plain", f"data:{file.type};base64,{b64encode(file.body).decode()}"
    return {
        "name": file.name,
        "facts": f"{file.type}, {voice.size(len(file.body))}, SHA-256 {sha256(file.body).hexdigest()}",
        "text": file.body.decode("utf-8", "replace") if is_text else "",
        "picture": data if file.type.startswith("image/") else "",
        "href": "" if is_text else data,
    }


_REMEMBERED = 2_048


@dataclass(slots=True)
class Like:
    """How all checks are drawn that say the same, but for where they stand and where they are written; empty until one is."""

    drawn: tuple[str, ...] = ()


class _CaseView:
    """Makes the view of one case. Its findings are placed at once."""

    def __init__(self, result: CaseResult, material: Material) -> None:
        self._result = result
        self._material = material
        self._voice = material.voice
        self._places = material.places
        self._anchor = material.places.case(result)
        self._id = material.places.name(result)
        self._excerpted: set[int] = set()
        before = accumulate((len(check.findings) for check in result.checks), initial=0)
        self._checks = [*map(self._check, result.checks, count(1), before)]

    def view(self) -> View:
        """The case as it is shown. `is_red` unfolds it, `unmet` are the checks that need attention."""
        result, voice, checks = self._result, self._voice, self._checks
        is_stray = self._places.is_stray(result)
        messages = sum(bool(each.request.body) + (each.response is not None) for each in result.exchanges)
        return {
            **voice.told(result, "title", "reason"),
            "anchor": self._anchor,
            "id": self._id,
            "state": voice.state(result.verdict),
            "notes": [*self._notes()],
            "attempt": self._places.superseding(result),
            "is_red": self._places.is_red(result),
            "facts": [] if is_stray else self._facts(),
            "requirements": self._places.links(result.verifies),
            "evidence": voice.say("case_evidence", checks=len(checks), messages=messages) if checks or messages else "",
            "caption": voice.say("checks_caption_of" if is_stray else "checks_caption", case=self._id),
            "sequence": self._sequence(),
            "checks": checks,
            "unmet": [check for check in checks if check["state"].key != "passed"],
            "met": [check for check in checks if check["state"].key == "passed"],
            "findings": [finding for check in checks for finding in check["findings"]],
            "exchanges": [self._exchange(index) for index in range(len(result.exchanges))],
        }

    def _notes(self) -> Iterator[View]:
        """What people have to say of the case to whoever reviews it, each with the files that they put to it."""
        voice = self._voice
        for note in self._places.notes(self._result):
            yield {
                "by": note.by,
                "at": voice.time(note.at),
                "about": ", ".join(self._about(note)),
                "text": note.text,
                "files": [_attached(each, voice) for each in note.files],
            }

    def _about(self, note: Note) -> Iterator[str]:
        """What a note of the case is about: a step, and which exchange of it; or a call that was looked at by itself."""
        voice, exchanges, number = self._voice, self._result.exchanges, note.exchange
        if note.received:
            number = next(place for place, each in enumerate(exchanges) if each.started == note.received)
        else:
            yield voice.say("step_n", n=note.step + 1)
        if number is not None and number < len(exchanges):
            yield voice.say("exchange_n", n=number + 1, contract=exchanges[number].contract)

    def _facts(self) -> tuple[tuple[str, str], ...]:
        result, voice = self._result, self._voice
        return (
            (voice.words["started"], voice.time(result.started)),
            (voice.words["duration"], lasted(result.elapsed_ms, voice)),
            *([(voice.words["beside"], named(result.beside))] if result.beside else []),
            (voice.words["written_in"], f"{result.source.path}, {voice.say('line_n', n=result.source.line)}"),
        )

    def _sequence(self) -> SequenceView | None:
        result, header = self._result, self._material.run.header
        domain = next((each for each in header.domains if each.name == result.domain), None)
        factor = times.factor_of(header)
        course = ExchangeCourse(header.system.product, result.exchanges, result.checks, factor, domain)
        if not course.is_worth_drawing:
            return None
        title = self._voice.say("sequence_title", case=result.case)
        return draw(course, self._voice, title, self._anchor, lambda place: f"#{self._anchor}-x{place + 1}")

    def _check(self, check: CheckResult, number: int, findings_before: int) -> View:
        """The check as it is shown. `like` is the same of all checks that differ in no more than `anchor` and `written`."""
        source, anchor = written(check.source, self._voice), f"{self._anchor}-c{number}"
        if check.findings or check.kind == MANUAL:
            findings = [
                self._finding(check, finding, f"{anchor}-f{place}", findings_before + place)
                for place, finding in enumerate(check.findings, 1)
            ]
            return self._said(check) | {"anchor": anchor, "written": source, "findings": findings, "like": None}
        said = (check.kind, check.verdict, check.verifies, check.expected, check.actual, check.by, check.note)
        key = (*said, self._step(check), bool(source))
        told, known = self._material.told, self._material.told.get(key)
        if known is None:
            if len(told) > _REMEMBERED:
                told.clear()
            known = told[key] = self._said(check) | {"findings": (), "like": Like()}
        return known | {"anchor": anchor, "written": source}

    def _said(self, check: CheckResult) -> View:
        voice, is_manual = self._voice, check.kind == MANUAL
        return {
            **voice.told(check, "by", "note"),
            "name": voice.check(check.kind),
            "step": self._step(check),
            "state": voice.state(weighed(check)),
            "expected": "" if is_manual else check.expected,
            "actual": voice.answer(check) if is_manual else check.actual,
            "requirements": self._places.links(check.verifies),
        }

    def _step(self, check: CheckResult) -> str:
        """Which exchange a check looked at, where the case has several; of a person's answer, which step it was."""
        if check.kind == MANUAL:
            return asked(check, self._voice)
        calls = self._result.exchanges
        if len(calls) < 2 or check.exchange >= len(calls):
            return ""
        return self._voice.say("exchange_n", n=check.exchange + 1, contract=calls[check.exchange].contract)

    def _finding(self, check: CheckResult, finding: Finding, anchor: str, count: int) -> View:
        heading = self._voice.say("finding_n", n=count)
        back = ReportLink(f"#{anchor}", f"{self._id}: {heading.lower()}")
        message = self._message_of(check.exchange, finding.direction)
        links, excerpt = self._places.bodies.spot(message, finding, back) if message else ([], None)
        if excerpt:
            self._excerpted.add(check.exchange)
        told = self._voice.told(finding, "message", "location", "rule", "expected", "actual")
        return told | {"anchor": anchor, "heading": heading, "links": links, "excerpt": excerpt}

    def _exchange(self, index: int) -> View:
        """One call. `opening` are the first lines of the system's own message, where the case shows no lines of it as findings.

        A call that was waited for and never came has no request. `no_response` says that there is no answer, where there is none.
        """
        exchange = self._result.exchanges[index]
        request = None if is_missing(exchange) else self._message(index, Direction.REQUEST, exchange.request)
        response = self._message(index, Direction.RESPONSE, exchange.response) if exchange.response else None
        return exchange_told(exchange, index + 1, self._voice) | {
            "anchor": f"{self._anchor}-x{index + 1}",
            "request": request,
            "response": response,
            "opening": self._opening(index, subject_of(exchange)),
        }

    def _opening(self, index: int, side: Direction) -> Listing | None:
        message = self._message_of(index, side)
        is_shown = self._places.is_red(self._result) and index not in self._excerpted
        return self._places.bodies.opening(message) if message and is_shown else None

    def _message_of(self, exchange: int, side: Direction) -> Message | None:
        return next((each.messages.get(side) for each in self._result.exchanges[exchange : exchange + 1]), None)

    def _message(self, index: int, side: Direction, message: Message) -> View:
        heading = message_heading(self._result.exchanges[index], side, self._voice)
        body = self._places.bodies.show(message, ReportLink(f"#{self._anchor}", self._id))
        return {"heading": heading, "headers": message.headers, "body": body}
