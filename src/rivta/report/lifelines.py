"""What a sequence diagram is drawn of: two lifelines, calls between them with their replies, and what was said in between.

Plain SVG, as in `drawing`. Every label is escaped here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _LEFT, _RIGHT = 420, 40, 380
_MIDDLE = (_LEFT + _RIGHT) // 2
_TOP, _BOTTOM = 44, 8
_REPLY_BELOW, _ABOVE = 32, 6
_LONGEST_NAME, _LONGEST_LABEL, _LONGEST_REMARK = 26, 50, 52


@dataclass(frozen=True, slots=True)
class Arrow:
    """One call. `is_inbound`: from the system to us. `reply` is empty when none was given.

    `is_missing`: it was waited for and never came. `gap` is what is said of the time since the call before, if anything.
    """

    label: str
    reply: str
    is_inbound: bool
    is_red: bool
    is_missing: bool = False
    gap: str = ""

    @property
    def height(self) -> int:
        """How much room it takes."""
        return (66 if self.reply else 46) + (22 if self.gap else 0)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person said on the way."""

    label: str
    is_red: bool

    @property
    def height(self) -> int:
        """How much room it takes."""
        return 44


def lifelines(names: tuple[str, str], items: Sequence[Arrow | Remark]) -> tuple[Markup, tuple[int, int]]:
    """The drawing's content and its size. `names` are ours and the system's."""
    parts, y = [], _TOP
    for item in items:
        parts.append(_call(item, y) if isinstance(item, Arrow) else _remark(item, y))
        y += item.height
    return Markup("\n").join([_parties(names, y - _BOTTOM), *parts]), (_WIDTH, y)


def _parties(names: tuple[str, str], bottom: int) -> Markup:
    lines = Markup("").join(
        Markup('<path class="lifeline" d="M{} 24V{}" stroke="#999"/>').format(x, bottom) for x in (_LEFT, _RIGHT)
    )
    left, right = (shortened(name, _LONGEST_NAME) for name in names)
    return lines + Markup(
        '<text class="party" x="0" y="15" font-size="13" font-weight="600">{}</text>'
        '<text class="party" x="{}" y="15" font-size="13" font-weight="600" text-anchor="end">{}</text>'
    ).format(left, _WIDTH, right)


def shortened(text: str, longest: int) -> str:
    """The text, or as much of it as there is room for."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _call(call: Arrow, top: int) -> Markup:
    y = top + 14 + (22 if call.gap else 0)
    start, end = (_RIGHT, _LEFT) if call.is_inbound else (_LEFT, _RIGHT)
    label = shortened(call.label, _LONGEST_LABEL)
    parts = [_gap(call.gap, top + 12)] if call.gap else []
    if call.is_missing:
        return Markup("\n").join([*parts, _missing(start, y, label)])
    # What the system said is what may be wrong: its call, or its reply.
    theirs = "over" if call.is_red else "call"
    call_colour, reply_colour = (theirs, "call") if call.is_inbound else ("call", theirs)
    parts.append(_arrow(start, end, y, call_colour, label))
    if call.reply:
        parts.append(_arrow(end, start, y + _REPLY_BELOW, reply_colour, call.reply, dashed=True))
    else:
        parts.append(_cross(end, y, "call" if call.is_inbound else "over"))
    return Markup("\n").join(parts)


def _arrow(start: int, end: int, y: int, colour: str, label: str, *, dashed: bool = False) -> Markup:
    back = 7 if end > start else -7
    dashes = Markup(' stroke-dasharray="5 4"') if dashed else ""
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
        mark=_mark(y - 18) if colour == "over" else "",
        x=_MIDDLE,
        above=y - _ABOVE,
        label=label,
    )


def _mark(y: int) -> Markup:
    """Says by its shape too that something is wrong here."""
    return Markup('<use href="#s-failed" class="s-failed" x="{}" y="{}" width="13" height="13"/>').format(_LEFT + 8, y)


def _cross(x: int, y: int, colour: str = "over") -> Markup:
    """A call that came to no reply ends in a cross."""
    return Markup('<path class="{}" d="M{} {}l10 10m0 -10l-10 10" stroke="#333" stroke-width="2"/>').format(
        colour, x - 5, y - 5
    )


def _missing(start: int, y: int, label: str) -> Markup:
    """A call that was waited for: a stub that leads nowhere."""
    stub = start - 60 if start == _RIGHT else start + 60
    line = Markup('<path class="absent" d="M{} {}H{}" stroke="#666" stroke-dasharray="2 4" fill="none"/>').format(
        start, y, stub
    )
    words = Markup('<text class="quiet" x="{}" y="{}" font-size="12.5" text-anchor="middle">{}</text>').format(
        _MIDDLE, y - _ABOVE, label
    )
    return line + _cross(stub, y) + words


def _gap(words: str, y: int) -> Markup:
    return Markup('<text class="quiet" x="{}" y="{}" font-size="12" text-anchor="middle">{}</text>').format(
        _MIDDLE, y, words
    )


def _remark(remark: Remark, top: int) -> Markup:
    frame = Markup(
        '<path class="remark" d="M{x} {y}h{width}v24h-{width}z" fill="#fff" stroke="#666"/>{mark}'
        '<text x="{middle}" y="{base}" font-size="12.5" text-anchor="middle">{label}</text>'
    )
    return frame.format(
        x=_LEFT - 12,
        y=top + 6,
        width=_RIGHT - _LEFT + 24,
        mark=_mark(top + 11) if remark.is_red else "",
        middle=_MIDDLE,
        base=top + 22,
        label=shortened(remark.label, _LONGEST_REMARK),
    )
