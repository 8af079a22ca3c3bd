"""What every page shares: language, who is tested, where one is, the token of its forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote

from aiohttp import web

from rivta.model.environment import System
from rivta.model.words import Lang
from rivta.report.voice import Voice

LANG, TESTER, PLAYS = "rivta-lang", "rivta-tester", "rivta-plays"
"""Cookies: the chosen language, the tester's name as last written, the plays begun in this browser."""
LANGUAGES: Final[Mapping[Lang, str]] = MappingProxyType({"sv": "Svenska", "en": "English"})
_PAGES: Final = (("/", "nav_start"), ("/inbox", "nav_inbox"), ("/report", "nav_report"))


@dataclass(frozen=True, slots=True)
class Page:
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Tongue:
    lang: Lang
    words: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Site:
    """What is around a page's own content."""

    lang: Lang
    here: str
    system: str
    token: str
    tester: str
    has_adapter: bool
    pages: tuple[Page, ...]
    languages: tuple[Tongue, ...]


def language(request: web.Request, default: Lang) -> Lang:
    """The language that this browser chose, else the one that the service was started with."""
    chosen = request.query.get("lang") or request.cookies.get(LANG, "")
    return next((lang for lang in LANGUAGES if lang == chosen), default)


def around(request: web.Request, voice: Voice, system: System, token: str, *, has_adapter: bool) -> Site:
    here = request.path
    return Site(
        lang=voice.lang,
        here=here,
        system=voice.say(
            "under_test", product=system.product, version=system.version, organisation=system.organisation
        ),
        token=token,
        tester=written_name(request),
        has_adapter=has_adapter,
        pages=tuple(Page(href, voice.words[key]) for href, key in _PAGES),
        languages=tuple(
            Tongue(lang, words, f"{quote(here)}?lang={lang}", lang == voice.lang) for lang, words in LANGUAGES.items()
        ),
    )


def written_name(request: web.Request) -> str:
    """The name that the tester wrote last, so that it need not be written at every step."""
    return unquote(request.cookies.get(TESTER, ""))[:100]
