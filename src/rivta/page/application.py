"""The pages and forms of the page, on aiohttp. Every form is answered by a redirect, so that reloading sends nothing twice."""

import asyncio
import logging
import traceback
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from rivta.evidence.redaction import clean_body
from rivta.model.errors import RivtaError
from rivta.model.exchange import Exchange
from rivta.page import forms, guard, start
from rivta.page.giving import GivingPages
from rivta.page.inbox import Filter
from rivta.page.pages import LANG, file, keep, look, named, redirect, tester
from rivta.page.play import ManualPlay
from rivta.page.plays import TooMany
from rivta.page.programme import Playable

_REPORT_POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-scripts allow-downloads"
)
"""The report brings a stricter policy of its own, by checksum; to us it is a stranger."""
_WORDS: Final = {404: "not_found", 405: "refused", 413: "too_large", 500: "broken"}
_LOG = logging.getLogger("rivta.page")


class Application(GivingPages):
    """The page of one service: its addresses, and what is around every request."""

    def on_aiohttp(self) -> web.Application:
        @web.middleware
        async def outermost(request: web.Request, handler: guard.Handler) -> web.StreamResponse:
            return await self._guard.middleware(request, lambda asked: self._answered(asked, handler))

        application = web.Application(
            middlewares=[outermost], client_max_size=forms.MOST_FILES * forms.MOST_BYTES + guard.LIMIT_BYTES
        )
        application.on_shutdown.append(self._streams.hang_up)
        get, post = application.router.add_get, application.router.add_post
        get("/", self._start)
        get("/look/{name}", self._look)
        get("/plays", self._plays)
        get("/data", self._data)
        post("/data", self._data_said)
        get("/given", self._given)
        post("/plays", self._begin)
        get("/alive", self._alive)
        get("/plan", self._plan)
        get("/plan.pdf", self._plan_pdf)
        get("/who", self._who)
        post("/who", self._who_said)
        get("/plays/{play}", self._play)
        get("/plays/{play}/now", self._now)
        get("/plays/{play}/events", self._events)
        get("/plays/{play}/cannot", self._cannot)
        get("/plays/{play}/again", self._again)
        get("/plays/{play}/note", self._note)
        post("/plays/{play}/note", self._noted)
        get(r"/plays/{play}/files/{note:\d{1,4}}-{file:\d}", self._attachment)
        post("/plays/{play}/{what:answer|send|stop|cannot|adapter|again|longer|pause|hand}", self._said)
        get(r"/plays/{play}/messages/{place:\d{1,4}}-{side:request|response}.xml", self._message)
        get("/inbox", self._inbox)
        get(r"/inbox/{number:\d{1,9}}", self._received)
        get(r"/inbox/{number:\d{1,9}}/note", self._note)
        post(r"/inbox/{number:\d{1,9}}/note", self._noted)
        get(r"/inbox/{number:\d{1,9}}/files/{note:\d{1,4}}-{file:\d}", self._attachment)
        get(r"/inbox/{number:\d{1,9}}-{side:request|response}.xml", self._received_message)
        get("/report", self._report)
        get("/run.zip", self._zip)
        return application

    # What is around every request

    async def _answered(self, request: web.Request, handler: guard.Handler) -> web.StreamResponse:
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
            keep(response, LANG, chosen)
        return response

    async def _who(self, request: web.Request) -> web.Response:
        return self._page(request, "who.html", action="/who", hidden=[], trouble="")

    async def _who_said(self, request: web.Request) -> web.Response:
        form = await request.post()
        by = self._tester(request, form)
        return named(redirect("/"), by) if by else self._asked_who(request, form)

    # The start page

    async def _start(self, request: web.Request) -> web.Response:
        voice = self._voice(request)
        search = start.CaseSearch.of(request.query)
        role, who = request.query.get("role", ""), tester(request)
        view = await asyncio.to_thread(start.start, self._service, voice, role, who, search)
        return self._page(request, "start.html", view=view)

    async def _plays(self, request: web.Request) -> web.Response:
        return self._page(request, "plays.html", plays=start.plays(self._service, self._voice(request)))

    async def _look(self, request: web.Request) -> web.Response:
        return look(request.match_info["name"])

    async def _begin(self, request: web.Request) -> web.Response:
        """Begin a case; one that cannot be is not begun, and so not spent."""
        form = await request.post()
        playable = self._playable(forms.text(form, "what"))
        if playable.lacks(self._service.test_data):
            return redirect(f"/data?what={playable.name}")
        voice = self._voice(request)
        if hindered := [*start.hinders(playable, self._setup.environment, self._service.test_data, voice)]:
            heading = voice.words["cannot_begin"]
            return self._page(request, "trouble.html", status=409, heading=heading, text=" ".join(hindered))
        if not (by := self._tester(request, form)):
            return self._asked_who(request, form)
        return self._begun(request, by, playable, forms.chosen(playable.choices, form))

    def _begun(  # noqa: PLR0917 - what a play is begun with
        self,
        request: web.Request,
        by: str,
        playable: Playable,
        data: Mapping[str, str],
        again: ManualPlay | None = None,
        why: str = "",
    ) -> web.Response:
        try:
            play = self._service.begin(playable, data, by, again, why)
        except TooMany:
            return self._refusal(request, 503, "too_many")
        return named(redirect(f"/plays/{play.name}"), by)

    # A play

    async def _play(self, request: web.Request) -> web.Response:
        lacks = "lacks" in request.query
        return self._page(request, "play.html", view=await self._view(request), lacks=lacks)

    async def _now(self, request: web.Request) -> web.Response:
        return self._page(request, "now.html", view=await self._view(request))

    async def _cannot(self, request: web.Request) -> web.Response:
        view = await self._view(request)
        step = next((step for step in view["steps"] if step["now"] and step["now"]["kind"] in ("act", "send")), None)
        if step is None:
            return redirect(f"/plays/{view['name']}")
        return self._page(request, "cannot.html", view=view, step=step, lacks="lacks" in request.query)

    async def _again(self, request: web.Request) -> web.Response:
        view = await self._view(request)
        return self._page(request, "again.html", view=view) if view["is_over"] else redirect(f"/plays/{view['name']}")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        play, inbox = self._found(request), self._inbox_for(request)

        def version() -> int:
            return self._version(play.state.version, sum(1 for _ in inbox.astray(play)))

        return await self._streams.of(play, request, version)

    async def _alive(self, request: web.Request) -> web.Response:  # noqa: ARG002 (aiohttp's signature)
        return web.Response(status=204)

    async def _said(self, request: web.Request) -> web.Response:
        """What a tester does with a play. A step of it is theirs who has the play, and nobody else's."""
        play, form = self._found(request), await request.post()
        what, by = request.match_info["what"], self._tester(request, form)
        if not by:
            return self._asked_who(request, form)
        if what == "again":
            return self._played_again(request, by, play, forms.written(form, "why"))
        if what in ("pause", "hand"):
            play.hand(by, is_paused=what == "pause")
        elif play.state.by in ("", by):
            self._done(play, what, form, by)
        is_lacking = what in ("answer", "cannot") and forms.said(form, by) is None
        back = f"{'/cannot' if what == 'cannot' else ''}?lacks" if is_lacking else ""
        return named(redirect(f"/plays/{play.name}{back}"), by)

    def _done(self, play: ManualPlay, what: str, form: forms.Form, by: str) -> None:
        """What the tester does at a step: each is let through only where the play waits for just that."""
        step, said = forms.step(form), forms.said(form, by)
        if what == "adapter":
            self._service.let_adapter_act(play, step)
        elif what == "longer":
            self._service.look_longer(play, step)
        elif what == "stop":
            play.stop(step)
        elif what == "send" and (values := forms.values_of(play, form)) is not None:
            play.say(step, values)
        elif what == "cannot" and said:
            play.give_up(step, said)
        elif what == "answer" and said:
            play.say(step, said)

    def _played_again(self, request: web.Request, by: str, play: ManualPlay, why: str) -> web.Response:
        """Begun once more in the place of a play that is over, once, and not without saying why."""
        if not play.state.is_over or not why:
            return redirect(f"/plays/{play.name}/again")
        return self._begun(request, by, play.playable, play.opened.data, play, why)

    async def _message(self, request: web.Request) -> web.Response:
        play, place = self._found(request), int(request.match_info["place"])
        exchanges = play.state.exchanges
        if place >= len(exchanges):
            raise web.HTTPNotFound
        contract = play.playable.suite.called(exchanges[place].contract).replace("/", "-")
        return self._download(request, exchanges[place], f"{contract}-{place + 1}")

    def _download(self, request: web.Request, exchange: Exchange, name: str) -> web.Response:
        """One side of a call as it was, but for people who are no test persons."""
        side = request.match_info["side"]
        message = exchange.request if side == "request" else exchange.response
        if message is None or not message.body:
            raise web.HTTPNotFound
        return file(clean_body(message.body, self._clean), f"{name}-{side}.xml", "application/octet-stream")

    # The inbox

    async def _inbox(self, request: web.Request) -> web.Response:
        view = await asyncio.to_thread(self._inbox_for(request).listed, Filter.of(request.query))
        return self._page(request, "inbox.html", view=view)

    async def _received(self, request: web.Request) -> web.Response:
        number = self._call(request).number
        view = await asyncio.to_thread(self._inbox_for(request).opened, number)
        return self._page(request, "received.html", view=view)

    async def _received_message(self, request: web.Request) -> web.Response:
        entry = self._call(request)
        return self._download(request, entry.exchange, f"received-{entry.number}")

    # The run

    async def _report(self, request: web.Request) -> web.Response:
        voice = self._voice(request)
        try:
            report = await asyncio.to_thread(self._service.record.report, voice.lang, self._setup.suites)
        except RivtaError as why:
            heading, text = voice.words["no_report"], voice.say("no_report_text", why=why.what)
            return self._page(request, "trouble.html", status=503, heading=heading, text=text)
        headers = {"Content-Security-Policy": _REPORT_POLICY}
        return web.Response(body=report, content_type="text/html", charset="utf-8", headers=headers)

    async def _zip(self, request: web.Request) -> web.Response:  # noqa: ARG002 (aiohttp's signature)
        packed = await asyncio.to_thread(self._service.record.zipped)
        return file(packed, f"{self._service.record.header.run}.zip", "application/zip")
