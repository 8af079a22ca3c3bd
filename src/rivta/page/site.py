"""What every page shares: language, who is tested, where one is, the token of its forms; its templates and files, read once.

Everything that is put into a template is escaped.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote

from aiohttp import web

from rivta.model.environment import System
from rivta.model.words import Lang
from rivta.report.drawing import SYMBOLS
from rivta.report.layout import View, clean, filled, packaged
from rivta.report.voice import Voice

LANG, TESTER = "rivta-lang", "rivta-tester"
"""Cookies: the chosen language, who plays in this browser."""
LANGUAGES: Final[Mapping[Lang, str]] = MappingProxyType({"sv": "Svenska", "en": "English"})
_PAGES: Final = (
    ("/", "nav_start"),
    ("/plays", "nav_plays"),
    ("/plan", "nav_plan"),
    ("/inbox", "nav_inbox"),
    ("/report", "nav_report"),
)
_LOOKS: Final = {
    "report.css": ("rivta.report", "declaration.css", "text/css"),
    "page.css": ("rivta.page", "look/page.css", "text/css"),
    "page.js": ("rivta.page", "look/page.js", "text/javascript"),
    "icon.svg": ("rivta.page", "look/icon.svg", "image/svg+xml"),
}


def language(request: web.Request, default: Lang) -> Lang:
    """The language that this browser chose, else the one that the service was started with."""
    chosen = request.query.get("lang") or request.cookies.get(LANG, "")
    return next((lang for lang in LANGUAGES if lang == chosen), default)


def tester(request: web.Request) -> str:
    """Who plays in this browser, as it was said; empty if it was not."""
    return unquote(request.cookies.get(TESTER, ""))[:100]


def around(request: web.Request, voice: Voice, system: System) -> View:
    """What is around every page's own content: where one is, who is tested, the other pages, the languages.

    `tester` is who plays, asked once.
    """
    here = request.path
    return {
        "lang": voice.lang,
        "here": here,
        "system": voice.say("under_test", **voice.told(system, "product", "version", "organisation")),
        "tester": tester(request),
        "pages": [{"href": href, "words": voice.words[key]} for href, key in _PAGES],
        "languages": [
            {"lang": lang, "words": words, "href": f"{quote(here)}?lang={lang}", "is_current": lang == voice.lang}
            for lang, words in LANGUAGES.items()
        ],
    }


def page(template: str, **values: object) -> str:
    return clean(filled(template, "rivta.page", symbols=SYMBOLS, **values)).decode()


@cache
def look(name: str) -> tuple[str, str] | None:
    """A style, a script or a picture with its type; None where there is none of that name."""
    if name not in _LOOKS:
        return None
    package, path, kind = _LOOKS[name]
    return packaged(path, package), kind
