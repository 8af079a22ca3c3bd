"""The pages and forms of the page, on aiohttp. Every form is answered by a redirect, so that reloading sends nothing twice."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from aiohttp import web

from rivta import evidence
from rivta.evidence.received import KeptCall
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.errors import RivtaError
from rivta.model.words import Lang
from rivta.page import forms, guard, inbox, site, starting
from rivta.page.messages import Messages
from rivta.page.play import Play
from rivta.page.plays import TooMany
from rivta.page.service import Service
from rivta.page.site import LANG, PLAYS, TESTER
from rivta.page.streams import Streams
from rivta.page.views import Around, PlayView, PlayViews
from rivta.report.voice import Voice

LIMIT_BYTES: Final = 256 * 1024
"""What a form may weigh."""
_REPORT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-scripts"
)
"""The report brings a stricter policy of its own, by checksum; to us it is a stranger."""
_YEAR_SECONDS: Final = 365 * 24 * 3600
_KEPT_PLAYS: Final = 20
_WORDS: Final = {404: "not_found", 405: "refused", 413: "too_large", 500: "broken"}
_LOG = logging.getLogger("rivta.page")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Application:
    """The page of one service. `key` is what a browser must show, empty on loopback."""

    def __init__(self, service: Service, key: str = "") -> None:
        self._service = service
        self._guard = guard.Guard(key, service.secret, self._refusal)
        self._streams = Streams()

    def on_aiohttp(self) -> web.Application:
        @web.middleware
        async def outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guard.middleware(request, lambda asked: self._answered(asked, handler))

        application = web.Application(middlewares=[outermost], client_max_size=LIMIT_BYTES)
        get, post = application.router.add_get, application.router.add_post
        get("/", self._start)
        get("/look/{name}", self._look)
        post("/plays", self._begin)
        get("/plays/{play}", self._play)
        get("/plays/{play}/now", self._now)
        get("/plays/{play}/events", self._events)
        get("/plays/{play}/cannot", self._cannot)
        post("/plays/{play}/{what:answer|send|stop|cannot|adapter|again}", self._said)
        get(r"/plays/{play}/messages/{place:\d{1,4}}-{side:request|response}.xml", self._message)
        get("/inbox", self._inbox)
        get(r"/inbox/{number:\d{1,9}}", self._received)
        get(r"/inbox/{number:\d{1,9}}-{side:request|response}.xml", self._received_message)
        get("/report", self._report)
        get("/run.zip", self._zip)
        return application

    # What is around every request

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as refused:
            return self._refusal(request, refused.status, _WORDS.get(refused.status, "refused"))
        except Exception as broken:  # noqa: BLE001 - our fault, told without what it said: that may hold a message
            where = "".join(traceback.format_tb(broken.__traceback__))
            _LOG.error("a page broke: %s\n%s", type(broken).__name__, where)
            return self._refusal(request, 500, "broken")
        chosen = request.query.get("lang")
        if chosen == self._voice(request).lang and not response.prepared:
            response.set_cookie(LANG, chosen, max_age=_YEAR_SECONDS, httponly=True, samesite="Strict", path="/")
        return response

    def _voice(self, request: web.Request) -> Voice:
        return Voice(site.language(request, self._service.bench.lang), "page")

    def _page(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        voice = self._voice(request)
        frame = site.around(
            request,
            voice,
            self._service.bench.environment.system,
            self._guard.token(),
            has_adapter=self._service.bench.adapter is not None,
        )
        text = site.page(template, site=frame, words=voice.words, **values)
        return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")

    def _refusal(self, request: web.Request, status: int, word: str) -> web.Response:
        words = self._voice(request).words
        return self._page(request, "trouble.html.j2", status=status, heading=words[word], text=words[f"{word}_text"])

    def _messages(self, play: Play, voice: Voice) -> Messages:
        return Messages(voice, self._clean, play.playable.suite.domain)

    def _clean(self, text: str) -> str:
        return self._service.book.mask().text(text)

    # The start page

    async def _start(self, request: web.Request) -> web.Response:
        voice = self._voice(request)
        view = starting.view(self._service, voice, request.query.get("role", ""), self._mine(request))
        return self._page(request, "start.html.j2", view=view)

    async def _look(self, request: web.Request) -> web.Response:
        found = site.look(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        text, kind = found
        return web.Response(text=text, content_type=kind, charset="utf-8")

    def _mine(self, request: web.Request) -> list[Play]:
        named = (self._service.plays.find(name) for name in request.cookies.get(PLAYS, "").split(".")[:_KEPT_PLAYS])
        return [play for play in named if play is not None]

    async def _begin(self, request: web.Request) -> web.Response:
        form = await request.post()
        playable = self._service.bench.programme.playables.get(forms.text(form, "what"))
        if playable is None:
            raise web.HTTPNotFound
        try:
            play = self._service.plays.begin(playable, forms.chosen(playable, form))
        except TooMany:
            return self._refusal(request, 503, "too_many")
        return self._to_play(request, play)

    def _to_play(self, request: web.Request, play: Play) -> web.Response:
        names = [play.name, *(each.name for each in self._mine(request) if each != play)][:_KEPT_PLAYS]
        response = _redirect(f"/plays/{play.name}")
        response.set_cookie(PLAYS, ".".join(names), max_age=_YEAR_SECONDS, httponly=True, samesite="Strict", path="/")
        return response

    # A play

    def _found(self, request: web.Request) -> Play:
        play = self._service.plays.find(request.match_info["play"])
        if play is None:
            raise web.HTTPNotFound
        return play

    async def _view(self, request: web.Request) -> PlayView:
        play, voice, bench = self._found(request), self._voice(request), self._service.bench
        product, factor = bench.environment.system.product, bench.counterpart.time_factor
        around = Around(product, self._service.targets(), factor, self._service.data_of(play), self._contracts)
        views = PlayViews(voice, self._messages(play, voice), around)
        rivalry = self._service.plays.waiting_for_the_same(play)
        return await asyncio.to_thread(views.of, play, rivalry=rivalry)  # a large message takes its time to be laid out

    async def _play(self, request: web.Request) -> web.Response:
        view = await self._view(request)
        begun_at = self._voice(request).say("begun_at", time=view.started)
        return self._page(request, "play.html.j2", view=view, begun_at=begun_at)

    async def _now(self, request: web.Request) -> web.Response:
        return self._page(request, "now.html.j2", view=await self._view(request))

    async def _cannot(self, request: web.Request) -> web.Response:
        view = await self._view(request)
        step = next((step for step in view.steps if step.phase == "now"), None)
        if step is None or step.now is None or step.now.kind != "act":
            return _redirect(f"/plays/{view.name}")
        return self._page(request, "cannot.html.j2", view=view, step=step)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        return await self._streams.of(self._found(request), request)

    def hang_up(self) -> None:
        """End the streams: nobody is to wait for a reader who stays."""
        self._streams.hang_up()

    async def _said(self, request: web.Request) -> web.Response:
        play, form = self._found(request), await request.post()
        what, step = request.match_info["what"], forms.step(form)
        response = _redirect(f"/plays/{play.name}")
        if what == "again":
            try:
                return self._to_play(request, self._service.plays.begin(play.playable, play.data, again=play.name))
            except TooMany:
                return self._refusal(request, 503, "too_many")
        if what == "adapter":
            self._service.let_adapter_act(play, step)
        elif what == "send":
            self._let_go(play, step, form)
        elif what == "stop":
            play.stop(step)
        elif (said := forms.said(form, "no" if what == "cannot" else "")) is not None:
            (play.give_up if what == "cannot" else play.say)(step, said)
            response.set_cookie(
                TESTER, quote(said.by, safe=""), max_age=_YEAR_SECONDS, httponly=True, samesite="Strict", path="/"
            )
        return response

    @staticmethod
    def _let_go(play: Play, step: int, form: forms.Form) -> None:
        values = forms.values_of(play, form)
        if values is not None:
            play.say(step, values)

    async def _message(self, request: web.Request) -> web.Response:
        play, place = self._found(request), int(request.match_info["place"])
        exchanges = [exchange for ran in play.shown.ran for exchange in ran.exchanges]
        if place >= len(exchanges):
            raise web.HTTPNotFound
        exchange, side = exchanges[place], request.match_info["side"]
        contract = play.playable.suite.called(exchange.contract)
        message = exchange.request if side == "request" else exchange.response
        return self._download(message.body if message else b"", f"{contract.replace('/', '-')}-{place + 1}-{side}.xml")

    def _download(self, body: bytes, name: str) -> web.Response:
        if not body:
            raise web.HTTPNotFound
        return forms.file(forms.masked(body, self._clean), name, "application/octet-stream")

    # The inbox

    async def _inbox(self, request: web.Request) -> web.Response:
        wish = inbox.Wish.of(request.query)
        view = await asyncio.to_thread(
            inbox.view,
            map(self._in_words, self._service.bench.counterpart.calls()),
            wish,
            self._voice(request),
            self._clean,
            self._service.taken(),
        )
        return self._page(request, "inbox.html.j2", view=view)

    @property
    def _contracts(self) -> Contracts[Contract]:
        return self._service.bench.programme.contracts

    def _in_words(self, entry: KeptCall) -> KeptCall:
        """A received call, its contract by the word that people use."""
        return replace(entry, exchange=evidence.in_words(entry.exchange, self._contracts))

    async def _received(self, request: web.Request) -> web.Response:
        entry = forms.entry(self._service.bench.counterpart, int(request.match_info["number"]))
        voice, domain = self._voice(request), self._service.bench.programme.domains[0]
        shown = inbox.opened(self._in_words(entry), voice, Messages(voice, self._clean, domain), self._clean)
        return self._page(request, "received.html.j2", view=shown)

    async def _received_message(self, request: web.Request) -> web.Response:
        number, side = int(request.match_info["number"]), request.match_info["side"]
        exchange = forms.entry(self._service.bench.counterpart, number).exchange
        message = exchange.request if side == "request" else exchange.response
        return self._download(message.body if message else b"", f"received-{number}-{side}.xml")

    # The run

    async def _report(self, request: web.Request) -> web.Response:
        lang: Lang = self._voice(request).lang
        try:
            report = await asyncio.to_thread(self._service.book.report, lang, self._service.bench.suites)
        except RivtaError as why:
            words = self._voice(request)
            text = words.say("no_report_text", why=why.what)
            return self._page(request, "trouble.html.j2", status=503, heading=words.words["no_report"], text=text)
        headers = {"Content-Security-Policy": _REPORT_POLICY}
        return web.Response(body=report, content_type="text/html", charset="utf-8", headers=headers)

    async def _zip(self, request: web.Request) -> web.Response:  # noqa: ARG002 (aiohttp's signature)
        packed = await asyncio.to_thread(self._service.book.zipped)
        return forms.file(packed, f"{self._service.book.header.run}.zip", "application/zip")


def _redirect(where: str) -> web.Response:
    return web.Response(status=303, headers={"Location": where})
