"""The course of a case with several calls, drawn as a sequence diagram and told in words."""

from dataclasses import dataclass

from markupsafe import Markup

from rivta import message
from rivta.errors import Unreadable
from rivta.model import CaseResult, Exchange, Verdict
from rivta.report.bodies import Link
from rivta.report.drawing import figure
from rivta.report.voice import Voice

_WIDTH, _LEFT, _RIGHT = 420, 40, 380
_TOP, _A_CALL, _REPLY_BELOW, _ABOVE = 44, 66, 32, 6
_LONGEST_NAME = 26


@dataclass(frozen=True, slots=True)
class SequenceView:
    """The drawing, and the same course in words: each step a link to its exchange."""

    drawing: Markup
    steps: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class _Call:
    """One call as it is drawn. `reply` is empty when none came."""

    label: str
    reply: str
    is_red: bool


class Sequences:
    """Draws the courses of a run between the test and one system."""

    def __init__(self, system: str, voice: Voice) -> None:
        self._system = system if len(system) <= _LONGEST_NAME else system[: _LONGEST_NAME - 1] + "…"
        self._voice = voice

    def of(self, result: CaseResult, anchor: str) -> SequenceView | None:
        """The course of a case, if it has more than one call. `anchor` is the case's."""
        if len(result.exchanges) < 2:
            return None
        is_ours = result.role != "consumer"
        calls = [self._call(result, place, exchange) for place, exchange in enumerate(result.exchanges)]
        names = (self._voice.words["the_test"], self._system)
        words = (
            self._voice.say("sequence_title", case=result.case),
            self._voice.say("sequence_desc", n=len(calls), test=names[0], system=names[1]),
        )
        parts = [_lifelines(names, len(calls)), *(_drawn(place, call, is_ours) for place, call in enumerate(calls))]
        size = (_WIDTH, _TOP + len(calls) * _A_CALL)
        drawing = figure("sequence", f"{anchor}-s", words, size, Markup("\n").join(parts))
        sender, receiver = names if is_ours else names[::-1]
        return SequenceView(
            drawing, tuple(self._step(anchor, n, call, sender, receiver) for n, call in enumerate(calls, 1))
        )

    def _step(self, anchor: str, number: int, call: _Call, sender: str, receiver: str) -> Link:
        reply = call.reply or self._voice.words["no_reply"]
        what = call.label.partition(" ")[2]
        words = self._voice.say("sequence_step", sender=sender, contract=what, receiver=receiver, reply=reply)
        return Link(f"#{anchor}-x{number}", words)

    def _call(self, result: CaseResult, place: int, exchange: Exchange) -> _Call:
        worst = (check.verdict for check in result.checks if check.exchange == place)
        is_red = exchange.problem is not None or any(verdict is Verdict.FAILED for verdict in worst)
        reply = ""
        if exchange.response is not None:
            reply = self._voice.say("reply_after", reply=_said(exchange), ms=self._voice.ms(exchange.elapsed_ms))
        return _Call(f"{place + 1} {exchange.contract}", reply, is_red)


def _said(exchange: Exchange) -> str:
    """The reply in a word or two: the result's code and its finer code, a fault, else the HTTP status."""
    try:
        envelope = message.open_envelope(exchange.response.body if exchange.response else b"")
    except Unreadable:
        return f"HTTP {exchange.status}"
    if envelope.fault:
        return "SOAP Fault"
    result = message.result_of(envelope)
    return (
        " ".join(filter(None, (result.code, result.sub_code or result.error_code)))
        if result
        else f"HTTP {exchange.status}"
    )


def _lifelines(names: tuple[str, str], calls: int) -> Markup:
    bottom = _TOP + calls * _A_CALL - 8
    lines = Markup("").join(
        Markup('<path class="lifeline" d="M{} 24V{}" stroke="#999"/>').format(x, bottom) for x in (_LEFT, _RIGHT)
    )
    left, right = names
    return lines + Markup(
        '<text class="party" x="0" y="15" font-size="13" font-weight="600">{}</text>'
        '<text class="party" x="{}" y="15" font-size="13" font-weight="600" text-anchor="end">{}</text>'
    ).format(left, _WIDTH, right)


def _drawn(place: int, call: _Call, is_ours: bool) -> Markup:
    y = _TOP + place * _A_CALL + 14
    start, end = (_LEFT, _RIGHT) if is_ours else (_RIGHT, _LEFT)
    colour = "over" if call.is_red else "call"
    parts = [_arrow(start, end, y, "call", call.label)]
    if call.reply:
        parts.append(_arrow(end, start, y + _REPLY_BELOW, colour, call.reply, dashed=True))
    else:
        parts.append(_cross(end, y))
    return Markup("\n").join(parts)


def _arrow(start: int, end: int, y: int, colour: str, label: str, *, dashed: bool = False) -> Markup:
    back = 7 if end > start else -7
    dashes = Markup(' stroke-dasharray="5 4"') if dashed else ""
    mark = Markup('<use href="#s-failed" class="s-failed" x="{}" y="{}" width="13" height="13"/>').format(
        _LEFT + 8, y - 18
    )
    return Markup(
        '<path class="{colour}" d="M{start} {y}H{end}" stroke="#333" fill="none"{dashes}/>'
        '<path class="{colour}" d="M{end} {y}l{back} -4v8z" stroke="#333"/>{mark}'
        '<text x="{x}" y="{above}" font-size="12.5" text-anchor="middle">{label}</text>'
    ).format(
        colour=colour,
        start=start,
        end=end,
        y=y,
        dashes=dashes,
        back=-back,
        mark=mark if colour == "over" else "",
        x=(_LEFT + _RIGHT) // 2,
        above=y - _ABOVE,
        label=label,
    )


def _cross(x: int, y: int) -> Markup:
    """A call that came to no reply ends in a cross."""
    return Markup('<path class="over" d="M{} {}l10 10m0 -10l-10 10" stroke="#333" stroke-width="2"/>').format(
        x - 5, y - 5
    )
