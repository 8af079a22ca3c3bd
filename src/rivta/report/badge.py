"""A badge as SVG: how many of the requirements are shown to be met. It never says approved: that is a reviewer's word."""

from html import escape

from rivta.declaration import proven
from rivta.model.declaration import Declaration, SortedDeviations
from rivta.model.run import Run
from rivta.model.words import Lang, Verdict

_HEIGHT, _PADDING = 20, 8
_WIDE = frozenset("mwMW@%")
_NARROW = frozenset("iljt.,:;!|' ()fr")
_FONT = "Verdana, Geneva, DejaVu Sans, sans-serif"
_DARK, _GREEN, _AMBER, _RED, _GREY = "#3b4148", "#1a6b3c", "#7a5200", "#a1260d", "#5a6169"
"""White text on each of these has a contrast of at least 5:1."""


def render(declaration: Declaration, lang: Lang = "sv", deviations: SortedDeviations | None = None) -> bytes:
    """The badge in UTF-8, with a title for those who do not see it. It holds counts only, so there is nothing to mask.

    With known deviations given, the requirements that deviate are told apart by whether something is new.
    """
    label = "RIV-TA"
    met, text, colour = _words(declaration, lang, deviations)
    return _drawn(label, met, text, colour).encode()


def _words(declaration: Declaration, lang: Lang, deviations: SortedDeviations | None) -> tuple[str, str, str]:
    """What is written, the title, and the colour."""
    counts = proven.counts(declaration)
    met, total, deviate = counts[Verdict.PASSED], sum(counts.values()), counts[Verdict.FAILED]
    swedish = lang == "sv"
    written = f"{met} av {total} krav uppfyllda" if swedish else f"{met} of {total} requirements met"
    told = (
        f"{met} av {total} krav är visade uppfyllda"
        if swedish
        else f"{met} of {total} requirements are shown to be met"
    )
    if not _is_whole(declaration.run):
        cut = "avbruten körning" if swedish else "cut short"
        return f"{written}, {cut}", f"{told}; {cut}", _GREY
    if not deviate:
        return written, told, _GREEN if met else _GREY
    is_known = deviations is not None and not deviations.new
    words = _deviating(deviate, is_known, swedish)
    return f"{written}, {words}", f"{told}; {words}", _AMBER if is_known else _RED


def _deviating(count: int, is_known: bool, swedish: bool) -> str:
    if swedish:
        return f"{count} avviker{', känt' if is_known else ''}"
    return f"{count} deviate{'' if count > 1 else 's'}{', known' if is_known else ''}"


def _is_whole(run: Run) -> bool:
    return run.footer is not None and not run.damage and not proven.not_run(run)


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
