"""The page's templates and files, read once. Everything that is put into a template is escaped."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from rivta.report.drawing import SYMBOLS

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

# What HTML forbids, and what turns the direction of text: what is read must be what was sent.
_UNSHOWABLE: Final = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_LOOKS: Final = {
    "report.css": ("rivta.report", "declaration.css", "text/css"),
    "page.css": ("rivta.page", "look/page.css", "text/css"),
    "page.js": ("rivta.page", "look/page.js", "text/javascript"),
    "icon.svg": ("rivta.page", "look/icon.svg", "image/svg+xml"),
}


def page(template: str, **values: object) -> str:
    shown = _environment().get_template(template).render(symbols=SYMBOLS, **values)
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", shown)


@cache
def look(name: str) -> tuple[str, str] | None:
    """A style, a script or a picture with its type; None where there is none of that name."""
    if name not in _LOOKS:
        return None
    package, path, kind = _LOOKS[name]
    return _packaged(package, path), kind


def _packaged(package: str, path: str) -> str:
    return resources.files(package).joinpath(path).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> SandboxedEnvironment:
    # Jinja costs 40 ms at import, and the command line has other commands.
    from jinja2 import FunctionLoader, StrictUndefined  # noqa: PLC0415
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415

    return SandboxedEnvironment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda name: _packaged("rivta.page", f"templates/{name}")),
    )
