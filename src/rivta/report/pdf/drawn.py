"""The view's drawings as files of their own: with the symbols and the colours that the HTML report keeps in one place."""

import re

from markupsafe import Markup

from rivta.report.drawing import SYMBOLS
from rivta.report.pdf.shown import visible
from rivta.report.voice import ANSWER_KEYS, STATE_KEYS

INK, SOFT = "#1a1d21", "#4f585f"
COLOURS = {
    "passed": "#1d6b3c",
    "failed": "#a8231b",
    "error": "#7a2a83",
    "blocked": "#8c4400",
    "not-proven": "#6b5900",
    "manual": "#1f5f8b",
    "not-tested": "#5a5478",
    "not-applicable": "#59636b",
    "blank": "#4f585f",
    "missing": "#a8231b",
    "contradictory": "#7a2a83",
    "changed": "#8c4400",
    "proposed": "#6b5900",
    "answered": "#1f5f8b",
    "confirmed": "#1d6b3c",
}
"""The states' colours on paper, as `declaration.css` has them in the light."""

_SHAPES = re.sub(r"</?svg[^>]*>", "", str(SYMBOLS))
_STYLE = "".join(f".s-{key}{{color:{colour}}}" for key, colour in COLOURS.items()) + (
    f".within{{fill:#0a4f8f}}.over{{fill:{COLOURS['failed']}}}"
    f".lifeline{{stroke:#9aa4ab}}.call{{stroke:#0a4f8f;fill:#0a4f8f}}path.over{{stroke:{COLOURS['failed']}}}"
    f".quiet{{fill:{SOFT}}}"
    f"text{{fill:{INK};font-family:'Libertinus Serif'}}.tick{{fill:{SOFT}}}"
)


def with_style(drawing: str) -> Markup:
    """A drawing of `drawing.py` that needs nothing around it."""
    opening, separator, rest = str(drawing).partition(">")
    opening = opening.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    whole = f"{opening}{separator}<style>{_STYLE}</style><defs>{_SHAPES}</defs>{rest}"
    return Markup(visible(whole))  # noqa: S704  # what `drawing` escaped, and our own


def symbols() -> dict[str, Markup]:
    """A drawing a state."""
    return {
        key: with_style(f'<svg viewBox="0 0 16 16" width="16" height="16"><use href="#s-{key}" class="s-{key}"/></svg>')
        for key in (*STATE_KEYS, *ANSWER_KEYS)
    }
