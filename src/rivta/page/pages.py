"""What every page is made with: the language and the name of who asks, the play or the case that is meant, a page or a refusal."""

import asyncio
import re
from typing import Final
from urllib.parse import quote

from aiohttp import web

from rivta.evidence.received import KeptCall
from rivta.page import forms, guard, site, views
from rivta.page.inbox import Inbox
from rivta.page.messages import Messages
from rivta.page.play import ManualPlay
from rivta.page.plays import PlayService
from rivta.page.programme import Playable
from rivta.page.site import TESTER
from rivta.page.streams import Streams
from rivta.report.layout import View
from rivta.report.voice import Voice

_VERSIONS_A_SECOND: Final = 1000
_YEAR_SECONDS: Final = 365 * 24 * 3600
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Pages:
    """What the pages of one service share. A browser must show the service's key. `is_wide`: others than this computer can call."""

    def __init__(self, service: PlayService, *, is_wide: bool = False) -> None:
        self._service = service
        self._setup = service.setup
        self._guard = guard.Guard(service.key, service.secret, self._refusal, is_wide)
        self._born = int(service.record.clock.now().timestamp()) * _VERSIONS_A_SECOND
        self._streams = Streams()

    def _voice(self, request: web.Request) -> Voice:
        return Voice(site.language(request, self._setup.lang), "page")

    def _page(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        voice = self._voice(request)
        own = {"token": self._guard.token(), "has_adapter": self._setup.adapter is not None}
        around = site.around(request, voice, self._setup.environment.system) | own
        text = site.page(template, site=around, words=voice.words, **values)
        return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")

    def _refusal(self, request: web.Request, status: int, word: str) -> web.Response:
        words = self._voice(request).words
        return self._page(request, "trouble.html", status=status, heading=words[word], text=words[f"{word}_text"])

    def _asked_who(self, request: web.Request, form: forms.Form) -> web.Response:
        """Who plays, asked before what they were about to do, which is sent again with the answer."""
        hidden = [
            (name, value) for name, value in form.items() if isinstance(value, str) and name not in ("token", "by")
        ]
        trouble = self._voice(request).words["no_test_person"] if forms.text(form, "by").strip() else ""
        return self._page(request, "who.html", action=request.path, hidden=hidden, trouble=trouble)

    def _tester(self, request: web.Request, form: forms.Form) -> str:
        """Who plays in this browser, as said now or before; empty if nobody has said, or if it is a person's number."""
        by = forms.name(forms.text(form, "by")) or site.tester(request)
        return by if self._clean(by) == by else ""

    def _clean(self, text: str) -> str:
        return self._service.record.mask().text(text)

    def _playable(self, name: str) -> Playable:
        try:
            return self._setup.programme.playables[name]
        except KeyError:
            raise web.HTTPNotFound from None

    def _found(self, request: web.Request) -> ManualPlay:
        play = self._service.plays.find(request.match_info["play"])
        if play is None:
            raise web.HTTPNotFound
        return play

    def _call(self, request: web.Request) -> KeptCall:
        try:
            return self._setup.counterpart.call(int(request.match_info["number"]))
        except KeyError:
            raise web.HTTPNotFound from None

    async def _view(self, request: web.Request) -> View:
        play, voice = self._found(request), self._voice(request)
        messages = Messages(voice, self._clean, play.playable.suite.domain)
        # In a thread: a large message takes its time to be laid out.
        view = await asyncio.to_thread(views.view, play, self._service, voice, messages, site.tester(request))
        astray = await asyncio.to_thread(lambda: [*self._inbox_for(request).astray(play)])
        return view | {"astray": astray, "version": self._version(view["version"], len(astray))}

    def _version(self, of_state: int, astray: int) -> int:
        """What tells a newer page of a play from an older one, also one of before a restart."""
        return self._born + of_state + astray

    def _inbox_for(self, request: web.Request) -> Inbox:
        return Inbox(self._service, self._voice(request), self._clean)


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
