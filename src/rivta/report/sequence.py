"""The course of a case with several calls, drawn as a sequence diagram and told in words.

Each call goes the way it went: from us to the system, or from the system to us. Steps are numbered as in the suite; where one
step has several calls, as when the system sends a message again, they are 2.1, 2.2 and so on, with the time in between.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from markupsafe import Markup

from rivta.contract import message
from rivta.contract.result import likely_result
from rivta.declaration.proven import MANUAL
from rivta.model.domain import Domain, DomainFacts
from rivta.model.errors import Unreadable, UsageError
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.run import CheckResult
from rivta.model.words import Verdict
from rivta.report.layout import ReportLink, View, figure
from rivta.report.voice import Voice

NO_CALL = "no-call"
"""The kind of problem of a call that was waited for and never came."""
_WIDTH, _TOP = 420, 44
_LONGEST_NAME, _LONGEST_LABEL, _LONGEST_REMARK = 26, 50, 52


@frozen
class SequenceView:
    """The drawing, and the same course in words: each step a link to its exchange."""

    drawing: Markup
    steps: tuple[ReportLink, ...]


@frozen
class ExchangeCourse:
    """What passed between us and one system, in all or so far. `factor` is by how much time was compressed.

    Without a domain, or where that does not tell, it goes unsaid what kind of message each is.
    """

    system: str
    exchanges: Sequence[Exchange]
    checks: Sequence[CheckResult] = ()
    factor: float = 1.0
    domain: Domain | DomainFacts | None = None

    @property
    def said(self) -> tuple[CheckResult, ...]:
        """What people answered on the way."""
        return tuple(check for check in self.checks if check.kind == MANUAL)

    @property
    def is_worth_drawing(self) -> bool:
        """Whether there is a course at all, and not just a call and its answer."""
        return len(self.exchanges) + len(self.said) > 1

    def kind_of(self, exchange: Exchange) -> str:
        """What kind of message a call carries (`KOM`), as the domain knows it; empty where that cannot be said."""
        kind = self.domain.fact("kind") if self.domain else ""
        if self.domain is None or not kind:
            return ""
        try:
            root = message.open_envelope(exchange.request.body).root
            return message.capture(root, kind, self.domain.namespaces).strip()
        except (Unreadable, UsageError):
            return ""


def is_missing(exchange: Exchange) -> bool:
    """Whether the call was waited for and never came."""
    return exchange.problem is not None and exchange.problem.kind == NO_CALL


def draw(
    course: ExchangeCourse, voice: Voice, title: str, anchor: str, to_exchange: Callable[[int], str] = lambda _: ""
) -> SequenceView:
    """The course, drawn and in words. `anchor` is where it stands, `to_exchange` where the exchange of a place (from 0) is."""
    steps = [*_CourseSteps(course, voice, to_exchange).steps()]
    names = (voice.words["the_test"], course.system)
    described = voice.say("sequence_desc", n=len(course.exchanges), test=names[0], system=names[1])
    tops = [*accumulate((_height(step) for step, _ in steps), initial=_TOP)]
    drawing = figure(
        "sequence",
        f"{anchor}-s",
        (title, described),
        (_WIDTH, tops[-1]),
        steps=[step | {"y": y} for (step, _), y in zip(steps, tops, strict=False)],
        parties=[_shortened(name, _LONGEST_NAME) for name in names],
    )
    return SequenceView(drawing, tuple(link for _, link in steps))


def _height(step: View) -> int:
    return 44 if step["is_remark"] else (66 if step["reply"] else 46) + (22 if step["gap"] else 0)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


class _CourseSteps:
    """Puts a course into steps to draw, and sentences that say the same."""

    def __init__(self, course: ExchangeCourse, voice: Voice, to_exchange: Callable[[int], str]) -> None:
        self._course = course
        self._voice = voice
        self._to_exchange = to_exchange
        self._numbers = _numbers(course)

    def steps(self) -> Iterator[tuple[View, ReportLink]]:
        said = sorted(self._course.said, key=lambda check: check.step)
        for place, exchange in enumerate(self._course.exchanges):
            while said and said[0].step < exchange.step:
                yield self._remark(said.pop(0))
            yield self._call(place, exchange)
        yield from map(self._remark, said)

    def _remark(self, check: CheckResult) -> tuple[View, ReportLink]:
        voice = self._voice
        values = {"n": check.step + 1, "who": check.by or voice.words["nobody"], "what": voice.answer(check)}
        label = voice.say("sequence_said" if check.actual else "sequence_unanswered", **values)
        told = (voice.text(text) for text in (check.asked, check.note if check.by else None) if text)
        shown, is_red = _shortened(label, _LONGEST_REMARK), check.verdict is Verdict.FAILED
        return {"is_remark": True, "label": shown, "is_red": is_red}, ReportLink("", " ".join((f"{label}.", *told)))

    def _call(self, place: int, exchange: Exchange) -> tuple[View, ReportLink]:
        name = " ".join(filter(None, (exchange.contract, self._course.kind_of(exchange))))
        said = self._voice.say("sequence_missing", contract=name) if is_missing(exchange) else name
        verdicts = (check.verdict for check in self._course.checks if check.exchange == place and check.kind != MANUAL)
        arrow = {
            "is_remark": False,
            "label": _shortened(f"{self._numbers[place]} {said}", _LONGEST_LABEL),
            "reply": self._reply(exchange),
            "is_inbound": exchange.inbound,
            "is_red": exchange.problem is not None or Verdict.FAILED in verdicts,
            "is_missing": is_missing(exchange),
            "gap": self._gap(place),
        }
        return arrow, ReportLink(self._to_exchange(place), self._sentence(arrow, name))

    def _sentence(self, arrow: View, name: str) -> str:
        voice, names = self._voice, (self._voice.words["the_test"], self._course.system)
        sender, receiver = reversed(names) if arrow["is_inbound"] else names
        if arrow["is_missing"]:
            return voice.say("sequence_waited", sender=sender, contract=name, receiver=receiver)
        reply = arrow["reply"] or voice.words["no_reply"]
        told = voice.say("sequence_step", sender=sender, contract=name, receiver=receiver, reply=reply)
        return f"{arrow['gap'][:1].upper()}{arrow['gap'][1:]}: {told}" if arrow["gap"] else told

    def _reply(self, exchange: Exchange) -> str:
        ms = self._voice.ms(exchange.elapsed_ms)
        return self._voice.say("reply_after", reply=_said(exchange), ms=ms) if exchange.response else ""

    def _gap(self, place: int) -> str:
        """How long after the answer to a call the system made it again."""
        calls = self._course.exchanges
        before = next((each for each in reversed(calls[:place]) if _is_again(each, calls[place])), None)
        seconds = _between(before, calls[place]) if before else None
        if seconds is None:
            return ""
        factor, voice = self._course.factor, self._voice
        here = voice.say("sequence_here", here=voice.duration(seconds)) if factor != 1 else ""
        return voice.say("sequence_later", after=voice.duration(seconds * factor)) + here


def _numbers(course: ExchangeCourse) -> list[str]:
    """The calls' numbers: those of their steps, as in the suite; without any, their own."""
    steps = [exchange.step for exchange in course.exchanges]
    if not any(steps) and not any(check.step for check in course.checks):
        return [str(place) for place in range(1, len(steps) + 1)]
    in_step, seen = Counter(steps), Counter[int]()
    numbers = []
    for step in steps:
        seen[step] += 1
        numbers.append(f"{step + 1}.{seen[step]}" if in_step[step] > 1 else str(step + 1))
    return numbers


def _is_again(before: Exchange, after: Exchange) -> bool:
    """Whether a call from the system is one that it made before: in the same step, or with the very same message."""
    if not (before.inbound and after.inbound and before.contract == after.contract and after.request.body):
        return False
    return before.step == after.step or before.request.body == after.request.body


def _between(before: Exchange, after: Exchange) -> float | None:
    """Seconds from our answer to the next call; None where a time is no time, or the call came before our answer."""
    try:
        answered = datetime.fromisoformat(before.started) + timedelta(milliseconds=before.elapsed_ms)
        seconds = (datetime.fromisoformat(after.started) - answered).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds if seconds >= 0 else None


def _said(exchange: Exchange) -> str:
    """The reply in a word or two: the result's code and its finer code, a fault, else the HTTP status."""
    try:
        envelope = message.open_envelope(exchange.response.body if exchange.response else b"")
    except Unreadable:
        return f"HTTP {exchange.status}"
    if envelope.fault:
        return "SOAP Fault"
    if result := likely_result(envelope):
        return " ".join(filter(None, (result.code, result.sub_code or result.error_code)))
    return f"HTTP {exchange.status}"
