"""A badge as SVG: how many of the requirements are shown to be met. It never says approved: that is a reviewer's word."""

from html import escape

from rivta.declaration import proven
from rivta.model.declaration import Declaration
from rivta.model.words import Lang, Verdict
from rivta.text.catalogue import words

_HEIGHT, _PADDING = 20, 8
_WIDE = frozenset("mwMW@%")
_NARROW = frozenset("iljt.,:;!|' ()fr")
_FONT = "Verdana, Geneva, DejaVu Sans, sans-serif"
_DARK, _GREEN, _AMBER, _RED, _GREY = "#3b4148", "#1a6b3c", "#7a5200", "#a1260d", "#5a6169"
"""White text on each of these has a contrast of at least 5:1."""


def render(declaration: Declaration, lang: Lang = "sv") -> bytes:
    """The badge in UTF-8, with a title for those who do not see it. It holds counts only, so there is nothing to mask.

    With known deviations, the requirements that deviate are told apart by whether something is new.
    """
    label = "RIV-TA"
    met, text, colour = _told(declaration, lang)
    return _drawn(label, met, text, colour).encode()


def _told(declaration: Declaration, lang: Lang) -> tuple[str, str, str]:
    """What is written, the title, and the colour."""
    counts, said = proven.counts(declaration), words("report", lang)
    met, total, deviate = counts[Verdict.PASSED], sum(counts.values()), counts[Verdict.FAILED]
    written, told = (said.say(key, met=met, all=total) for key in ("badge_written", "badge_told"))
    if not proven.is_whole(declaration.run):
        more, colour = said["badge_cut"], _GREY
    elif not deviate:
        return written, told, _GREEN if met else _GREY
    else:
        is_known = declaration.deviations is not None and not declaration.deviations.new
        more = said.say("badge_deviates" if deviate == 1 else "badge_deviate", n=deviate)
        more, colour = more + said["badge_known"] * is_known, _AMBER if is_known else _RED
    return f"{written}, {more}", f"{told}; {more}", colour


def _drawn(label: str, text: str, told: str, colour: str) -> str:
    left, right = _width(label), _width(text)
    title = escape(f"{label}: {told}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}"'
        f' viewBox="0 0 {left + right} {_HEIGHT}" role="img" aria-labelledby="rivta-badge">'
        f'<title id="rivta-badge">{title}</title>'
        f'<rect width="{left + right}" height="{_HEIGHT}" rx="3" fill="{colour}"/>'
        f'<path d="M3 0h{left - 3}v{_HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="{_DARK}"/>'
        f'<g fill="#fff" font-family="{_FONT}" font-size="11" text-anchor="middle" aria-hidden="true">'
        f"{_text(label, left / 2, left)}{_text(text, left + right / 2, right)}</g></svg>\n"
    )


def _text(text: str, middle: float, width: int) -> str:
    """A text that fills its part whatever font there is."""
    return f'<text x="{middle:g}" y="14" textLength="{width - 2 * _PADDING}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'


def _width(text: str) -> int:
    """About as wide as Verdana at 11 px writes it."""
    letters = sum(10.5 if letter in _WIDE else 4.4 if letter in _NARROW else 7.0 for letter in text)
    return round(letters) + 2 * _PADDING
