"""What every page is made with: the language and the name of who asks, the play or the case that is meant, a page or a refusal.

Everything that is put into a template is escaped. `Streams` tell a reader's page that something changed, as server-sent events.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, TypeVar
from urllib.parse import quote, unquote

from aiohttp import web

from rivta.evidence.journal import KeptCall
from rivta.model.words import Lang
from rivta.page import forms, guard, views
from rivta.page.inbox import Inbox
from rivta.page.messages import Messages
from rivta.page.play import ManualPlay
from rivta.page.plays import PlayService
from rivta.page.programme import Playable
from rivta.report.layout import SYMBOLS, View, clean, filled, packaged
from rivta.report.voice import Voice

LANG, TESTER = "rivta-lang", "rivta-tester"
"""Cookies: the chosen language, who plays in this browser."""
_LANGUAGES: Final[Mapping[Lang, str]] = {"sv": "Svenska", "en": "English"}
_PAGES: Final = {
    "/": "nav_start",
    "/plays": "nav_plays",
    "/plan": "nav_plan",
    "/inbox": "nav_inbox",
    "/report": "nav_report",
}
_LOOKS: Final = {
    "report.css": ("declaration.css", "rivta.report", "text/css"),
    "page.css": ("look/page.css", "rivta.page", "text/css"),
    "page.js": ("look/page.js", "rivta.page", "text/javascript"),
    "icon.svg": ("look/icon.svg", "rivta.page", "image/svg+xml"),
}
_VERSIONS_A_SECOND: Final = 1000
_YEAR_SECONDS: Final = 365 * 24 * 3600
_BEAT_SECONDS: Final = 3.0
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LOG = logging.getLogger("rivta.page")
_Found = TypeVar("_Found")


class Pages:
    """What the pages of one service share. A browser must show the service's key. `is_wide`: others than this computer can call."""

    def __init__(self, service: PlayService, *, is_wide: bool = False) -> None:
        self._service = service
        self._setup = service.setup
        self._guard = guard.Guard(service.key, service.secret, self._refusal, is_wide)
        self._born = int(service.record.clock.now().timestamp()) * _VERSIONS_A_SECOND
        self._streams = Streams()

    def _voice(self, request: web.Request) -> Voice:
        """In the language that this browser chose, else in the one that the service was started with."""
        chosen = request.query.get("lang") or request.cookies.get(LANG, "")
        return Voice(next((lang for lang in _LANGUAGES if lang == chosen), self._setup.lang), "page")

    def _page(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        voice, here = self._voice(request), request.path
        system = voice.told(self._setup.environment.system, "product", "version", "organisation")
        around: View = {
            "lang": voice.lang,
            "here": here,
            "system": voice.say("under_test", **system),
            "tester": tester(request),
            "pages": [{"href": href, "words": voice.words[key]} for href, key in _PAGES.items()],
            "languages": [
                {"lang": lang, "words": words, "href": f"{quote(here)}?lang={lang}", "is_current": lang == voice.lang}
                for lang, words in _LANGUAGES.items()
            ],
            "token": self._guard.token(),
            "has_adapter": self._setup.adapter is not None,
        }
        shown = filled(template, "rivta.page", symbols=SYMBOLS, site=around, words=voice.words, **values)
        return web.Response(text=clean(shown).decode(), status=status, content_type="text/html", charset="utf-8")

    def _refusal(self, request: web.Request, status: int, word: str) -> web.Response:
        words = self._voice(request).words
        return self._page(request, "trouble.html", status=status, heading=words[word], text=words[f"{word}_text"])

    def _asked_who(self, request: web.Request, form: forms.Form) -> web.Response:
        """Who plays, asked before what they were about to do, which is sent again with the answer."""
        texts = [(name, value) for name, value in form.items() if isinstance(value, str)]
        hidden = [(name, value) for name, value in texts if name not in ("token", "by")]
        trouble = self._voice(request).words["no_test_person"] if forms.text(form, "by").strip() else ""
        return self._page(request, "who.html", action=request.path, hidden=hidden, trouble=trouble)

    def _tester(self, request: web.Request, form: forms.Form) -> str:
        """Who plays in this browser, as said now or before; empty if nobody has said, or if it is a person's number."""
        by = forms.name(forms.text(form, "by")) or tester(request)
        return by if self._clean(by) == by else ""

    def _clean(self, text: str) -> str:
        return self._service.record.mask().text(text)

    def _playable(self, name: str) -> Playable:
        return _there(self._setup.programme.playables.get(name))

    def _found(self, request: web.Request) -> ManualPlay:
        return _there(self._service.find(request.match_info["play"]))

    def _call(self, request: web.Request) -> KeptCall:
        try:
            return self._setup.counterpart.call(int(request.match_info["number"]))
        except KeyError:
            raise web.HTTPNotFound from None

    async def _view(self, request: web.Request) -> View:
        play, voice = self._found(request), self._voice(request)
        messages = Messages(voice, self._clean, play.playable.suite.domain)
        # In a thread: a large message takes its time to be laid out.
        view = await asyncio.to_thread(views.view, play, self._service, voice, messages, tester(request))
        astray = await asyncio.to_thread(lambda: [*self._inbox_for(request).astray(play)])
        return view | {"astray": astray, "version": self._version(view["version"], len(astray))}

    def _version(self, of_state: int, astray: int) -> int:
        """What tells a newer page of a play from an older one, also one of before a restart."""
        return self._born + of_state + astray

    def _inbox_for(self, request: web.Request) -> Inbox:
        return Inbox(self._service, self._voice(request), self._clean)


class Streams:
    """The readers who are told of changes now."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def of(self, play: ManualPlay, request: web.Request, version: Callable[[], int]) -> web.StreamResponse:
        """The version of a play's page whenever it may have changed, as a sign of life too: nothing of what happened is in it."""
        response = web.StreamResponse(headers={**guard.HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        changed, loop, task = asyncio.Event(), asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler always runs in one

        def from_any_thread() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(changed.set)

        end_listening = play.listen(from_any_thread)
        self._tasks.add(task)
        try:
            await _tell(play, response, changed, version)
        except ConnectionResetError:
            _LOG.debug("a reader went away")
        finally:
            end_listening()
            self._tasks.discard(task)
        return response

    async def hang_up(self, _: web.Application) -> None:
        """End the streams: nobody is to wait for a reader who stays."""
        for task in tuple(self._tasks):
            task.cancel()


async def _tell(
    play: ManualPlay, response: web.StreamResponse, changed: asyncio.Event, version: Callable[[], int]
) -> None:
    is_over = False
    while not is_over:
        changed.clear()
        is_over = play.state.is_over
        await response.write(f"data: {await asyncio.to_thread(version)}\n\n".encode())
        if not is_over:  # or until it is time for a sign of life, by which a reader who went away is noticed
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _BEAT_SECONDS)


def _there(found: _Found | None) -> _Found:
    if found is None:
        raise web.HTTPNotFound
    return found


def tester(request: web.Request) -> str:
    """Who plays in this browser, as it was said; empty if it was not."""
    return unquote(request.cookies.get(TESTER, ""))[:100]


def look(name: str) -> web.Response:
    """A style, a script or a picture of every page's."""
    path, room, kind = _there(_LOOKS.get(name))
    return web.Response(text=packaged(path, room), content_type=kind, charset="utf-8")


def file(body: bytes, name: str, kind: str) -> web.Response:
    """Something to be saved, never shown."""
    safe = _UNSAFE.sub("-", name)
    return web.Response(body=body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{safe}"'})


def keep(response: web.StreamResponse, cookie: str, value: str) -> None:
    response.set_cookie(cookie, value, max_age=_YEAR_SECONDS, httponly=True, samesite="Strict", path="/")


def named(response: web.Response, by: str) -> web.Response:
    """With the name of who plays, so that it is asked once."""
    keep(response, TESTER, quote(by, safe=""))
    return response


def redirect(where: str) -> web.Response:
    return web.Response(status=303, headers={"Location": where})
