"""The pages and forms of the page, on aiohttp. Every form is answered by a redirect, so that reloading sends nothing twice."""

import asyncio
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import quote

from aiohttp import web

from rivta.evidence.received import KeptCall
from rivta.evidence.redaction import clean_body
from rivta.model.clock import written
from rivta.model.errors import RivtaError
from rivta.model.exchange import Exchange
from rivta.model.run import Note
from rivta.page import forms, guard, plan, site, start, views
from rivta.page.inbox import Filter, Inbox
from rivta.page.messages import Messages
from rivta.page.play import ManualPlay
from rivta.page.plays import Service, TooMany
from rivta.page.programme import Playable
from rivta.page.site import LANG, TESTER
from rivta.page.streams import Streams
from rivta.report.layout import View
from rivta.report.voice import Voice

_REPORT_POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-scripts"
)
"""The report brings a stricter policy of its own, by checksum; to us it is a stranger."""
_VERSIONS_A_SECOND: Final = 1000
_YEAR_SECONDS: Final = 365 * 24 * 3600
_WORDS: Final = {404: "not_found", 405: "refused", 413: "too_large", 500: "broken"}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LOG = logging.getLogger("rivta.page")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Application:
    """The page of one service. A browser must show the service's key. `is_wide`: others than this computer can call."""

    def __init__(self, service: Service, *, is_wide: bool = False) -> None:
        self._service = service
        self._setup = service.setup
        self._guard = guard.Guard(service.key, service.secret, self._refusal, is_wide)
        self._born = int(service.record.clock.now().timestamp()) * _VERSIONS_A_SECOND
        self._streams = Streams()

    def on_aiohttp(self) -> web.Application:
        @web.middleware
        async def outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guard.middleware(request, lambda asked: self._answered(asked, handler))

        application = web.Application(
            middlewares=[outermost], client_max_size=forms.MOST_FILES * forms.MOST_BYTES + guard.LIMIT_BYTES
        )
        get, post = application.router.add_get, application.router.add_post
        get("/", self._start)
        get("/look/{name}", self._look)
        get("/plays", self._plays)
        get("/data", self._data)
        post("/data", self._data_said)
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
            _keep(response, LANG, chosen)
        return response

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
        return self._page(request, "who.html", action=request.path, hidden=hidden)

    async def _who(self, request: web.Request) -> web.Response:
        return self._page(request, "who.html", action="/who", hidden=[])

    async def _who_said(self, request: web.Request) -> web.Response:
        form = await request.post()
        by = self._tester(request, form)
        return _named(_redirect("/"), by) if by else self._asked_who(request, form)

    def _tester(self, request: web.Request, form: forms.Form) -> str:
        """Who plays in this browser, as said now or before; empty if nobody has said, or if it is a person's number."""
        by = forms.name(forms.text(form, "by")) or site.tester(request)
        return by if self._clean(by) == by else ""

    def _clean(self, text: str) -> str:
        return self._service.record.mask().text(text)

    # The start page

    async def _start(self, request: web.Request) -> web.Response:
        voice = self._voice(request)
        search = start.Search.of(request.query)
        view = start.start(self._service, voice, request.query.get("role", ""), site.tester(request), search)
        return self._page(request, "start.html", view=view)

    async def _plays(self, request: web.Request) -> web.Response:
        return self._page(request, "plays.html", plays=start.plays(self._service, self._voice(request)))

    async def _plan(self, request: web.Request) -> web.Response:
        return self._page(request, "plan.html", view=await asyncio.to_thread(self._planned, self._voice(request)))

    async def _plan_pdf(self, request: web.Request) -> web.Response:
        voice, moment = self._voice(request), written(self._service.record.clock.now())
        try:
            body = await asyncio.to_thread(lambda: plan.printed(self._planned(voice), voice.lang, moment))
        except RivtaError as why:
            heading, text = voice.words["no_plan"], " ".join(filter(None, (why.what, why.todo)))
            return self._page(request, "trouble.html", status=503, heading=heading, text=text)
        return _file(body, "plan.pdf", "application/pdf")

    def _planned(self, voice: Voice) -> View:
        return plan.plan(self._setup.programme, self._setup.environment, self._service.test_data, voice)

    # Test data that is missing

    async def _data(self, request: web.Request) -> web.Response:
        return self._asked_for_data(request, self._playable(request.query.get("what", "")), {}, "")

    async def _data_said(self, request: web.Request) -> web.Response:
        """Keep what was given; nothing of it where any of it names a person who is no test person."""
        form = await request.post()
        playable, by = self._playable(forms.text(form, "what")), self._tester(request, form)
        if not by:
            return self._asked_who(request, form)
        names = [name for _, missing in playable.lacks(self._service.test_data) for name in missing]
        given, strange = forms.given(form, names, self._setup.environment.test_identities)
        if strange or len(given) < len(names):
            return self._asked_for_data(request, playable, given, strange or "lacks_value")
        await asyncio.to_thread(self._service.record.give, given, by)
        kept = start.as_yaml(self._service.record.given)
        return _named(self._page(request, "given.html", playable=playable.name, role=playable.role, kept=kept), by)

    def _asked_for_data(
        self, request: web.Request, playable: Playable, given: Mapping[str, str], trouble: str
    ) -> web.Response:
        voice = self._voice(request)
        lacks = [
            (voice.text(needs.text), name, given.get(name, ""))
            for needs, names in playable.lacks(self._service.test_data)
            for name in names
        ]
        if not lacks:
            return _redirect(f"/?role={playable.role}")
        title = voice.text(playable.case.title)
        told = voice.words[trouble] if trouble else ""
        return self._page(request, "data.html", title=title, what=playable.name, lacks=lacks, trouble=told)

    async def _look(self, request: web.Request) -> web.Response:
        found = site.look(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        text, kind = found
        return web.Response(text=text, content_type=kind, charset="utf-8")

    def _playable(self, name: str) -> Playable:
        try:
            return self._setup.programme.playables[name]
        except KeyError:
            raise web.HTTPNotFound from None

    async def _begin(self, request: web.Request) -> web.Response:
        """Begin a case; one that cannot be is not begun, and so not spent."""
        form = await request.post()
        playable = self._playable(forms.text(form, "what"))
        if playable.lacks(self._service.test_data):
            return _redirect(f"/data?what={playable.name}")
        if hindered := [
            *start.hinders(playable, self._setup.environment, self._service.test_data, self._voice(request))
        ]:
            heading = self._voice(request).words["cannot_begin"]
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
            play = self._service.plays.begin(playable, data, by, again, why)
        except TooMany:
            return self._refusal(request, 503, "too_many")
        return _named(_redirect(f"/plays/{play.name}"), by)

    # A play

    def _found(self, request: web.Request) -> ManualPlay:
        play = self._service.plays.find(request.match_info["play"])
        if play is None:
            raise web.HTTPNotFound
        return play

    async def _view(self, request: web.Request) -> View:
        play, voice = self._found(request), self._voice(request)
        messages = Messages(voice, self._clean, play.playable.suite.domain)
        # In a thread: a large message takes its time to be laid out.
        view = await asyncio.to_thread(views.view, play, self._service, voice, messages, site.tester(request))
        astray = await asyncio.to_thread(lambda: [*self._inbox_for(request).astray(play)])
        return view | {"astray": astray, "version": self._version(play, len(astray))}

    def _version(self, play: ManualPlay, astray: int) -> int:
        """What tells a newer page of a play from an older one, also one of before a restart."""
        return self._born + play.state.version + astray

    async def _play(self, request: web.Request) -> web.Response:
        lacks = "lacks" in request.query
        return self._page(request, "play.html", view=await self._view(request), lacks=lacks)

    async def _now(self, request: web.Request) -> web.Response:
        return self._page(request, "now.html", view=await self._view(request))

    async def _cannot(self, request: web.Request) -> web.Response:
        view = await self._view(request)
        step = next((step for step in view["steps"] if step["now"] and step["now"]["kind"] == "act"), None)
        if step is None:
            return _redirect(f"/plays/{view['name']}")
        return self._page(request, "cannot.html", view=view, step=step, lacks="lacks" in request.query)

    async def _again(self, request: web.Request) -> web.Response:
        view = await self._view(request)
        return self._page(request, "again.html", view=view) if view["is_over"] else _redirect(f"/plays/{view['name']}")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        play, inbox = self._found(request), self._inbox_for(request)
        return await self._streams.of(play, request, lambda: self._version(play, sum(1 for _ in inbox.astray(play))))

    async def _alive(self, request: web.Request) -> web.Response:  # noqa: ARG002 (aiohttp's signature)
        return web.Response(status=204)

    def hang_up(self) -> None:
        """End the streams: nobody is to wait for a reader who stays."""
        self._streams.hang_up()

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
        return _named(_redirect(f"/plays/{play.name}{back}"), by)

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

    # What a person has to say of it, for whoever reviews it

    async def _note(self, request: web.Request) -> web.Response:
        """The form for a note of a step, or of one of its messages."""
        return self._asked_to_note(
            request, await self._view(request), forms.number(request.query.get("step", "")), "", ""
        )

    def _asked_to_note(self, request: web.Request, view: View, step: int, text: str, trouble: str) -> web.Response:
        if not 0 <= step < len(view["steps"]):
            raise web.HTTPNotFound
        words = self._voice(request).words
        shown = {"view": view, "step": view["steps"][step], "text": text, "trouble": words[trouble] if trouble else ""}
        return self._page(request, "note.html", **shown)

    async def _noted(self, request: web.Request) -> web.Response:
        """Keep a note; nothing of it where it, a file's name or what is in one names a person who is no test person."""
        play, form = self._found(request), await request.post()
        by, step = self._tester(request, form), forms.step(form)
        at, suite, case = (
            written(self._service.record.clock.now()),
            str(play.playable.suite.path),
            play.playable.case.id,
        )
        text, exchange = forms.written(form, "text"), forms.number(forms.text(form, "exchange"))
        about = exchange if 0 <= exchange < len(play.state.exchanges) else None
        note = Note(at, by, text, suite, case, 0, step, about, forms.attached(form))
        trouble = forms.wrong_with(note, self._setup.environment.test_identities) if by else "who"
        if trouble:
            return self._asked_to_note(request, await self._view(request), step, text, trouble)
        await asyncio.to_thread(self._service.plays.write, play, note)
        return _named(_redirect(f"/plays/{play.name}"), by)

    async def _attachment(self, request: web.Request) -> web.Response:
        notes, asked = self._found(request).state.notes, request.match_info
        try:
            file = notes[int(asked["note"])].files[int(asked["file"])]
        except IndexError:
            raise web.HTTPNotFound from None
        return web.Response(body=file.body, content_type=file.type, headers={"Content-Disposition": "inline"})

    def _played_again(self, request: web.Request, by: str, play: ManualPlay, why: str) -> web.Response:
        """Begun once more in the place of a play that is over, once, and not without saying why."""
        newer = self._service.plays.again(play)
        if newer or not play.state.is_over or not why:
            return _redirect(f"/plays/{newer.name}" if newer else f"/plays/{play.name}/again")
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
        return _file(clean_body(message.body, self._clean), f"{name}-{side}.xml", "application/octet-stream")

    # The inbox

    async def _inbox(self, request: web.Request) -> web.Response:
        view = await asyncio.to_thread(self._inbox_for(request).listed, Filter.of(request.query))
        return self._page(request, "inbox.html", view=view)

    def _inbox_for(self, request: web.Request) -> Inbox:
        return Inbox(self._service, self._voice(request), self._clean)

    def _call(self, request: web.Request) -> KeptCall:
        try:
            return self._setup.counterpart.call(int(request.match_info["number"]))
        except KeyError:
            raise web.HTTPNotFound from None

    async def _received(self, request: web.Request) -> web.Response:
        number = self._call(request).number
        return self._page(
            request, "received.html", view=await asyncio.to_thread(self._inbox_for(request).opened, number)
        )

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
        return _file(packed, f"{self._service.record.header.run}.zip", "application/zip")


def _file(body: bytes, name: str, kind: str) -> web.Response:
    """Something to be saved, never shown."""
    safe = _UNSAFE.sub("-", name)
    return web.Response(body=body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{safe}"'})


def _keep(response: web.StreamResponse, cookie: str, value: str) -> None:
    response.set_cookie(cookie, value, max_age=_YEAR_SECONDS, httponly=True, samesite="Strict", path="/")


def _named(response: web.Response, by: str) -> web.Response:
    """With the name of who plays, so that it is asked once."""
    _keep(response, TESTER, quote(by, safe=""))
    return response


def _redirect(where: str) -> web.Response:
    return web.Response(status=303, headers={"Location": where})
