"""What people give beside playing: the test data that is missing, notes with files for whoever reviews; and the plan to print."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from rivta.model.clock import written
from rivta.model.errors import RivtaError
from rivta.model.run import Note
from rivta.page import forms, plan, start
from rivta.page.pages import Pages, file, named, redirect
from rivta.page.programme import Playable
from rivta.report.layout import View
from rivta.report.voice import Voice


class Given(Pages):
    """The pages for what is given, and the plan."""

    async def _plan(self, request: web.Request) -> web.Response:
        return self._page(request, "plan.html", view=await asyncio.to_thread(self._planned, self._voice(request)))

    async def _plan_pdf(self, request: web.Request) -> web.Response:
        voice, moment = self._voice(request), written(self._service.record.clock.now())
        try:
            body = await asyncio.to_thread(lambda: plan.printed(self._planned(voice), voice.lang, moment))
        except RivtaError as why:
            heading, text = voice.words["no_plan"], " ".join(filter(None, (why.what, why.todo)))
            return self._page(request, "trouble.html", status=503, heading=heading, text=text)
        return file(body, "plan.pdf", "application/pdf")

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
        return named(self._page(request, "given.html", playable=playable.name, role=playable.role, kept=kept), by)

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
            return redirect(f"/?role={playable.role}")
        title = voice.text(playable.case.title)
        told = voice.words[trouble] if trouble else ""
        return self._page(request, "data.html", title=title, what=playable.name, lacks=lacks, trouble=told)

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
        at, path, case = written(self._service.record.clock.now()), play.playable.suite.path, play.playable.case.id
        text, exchange = forms.written(form, "text"), forms.number(forms.text(form, "exchange"))
        about = exchange if 0 <= exchange < len(play.state.exchanges) else None
        note = Note(at, by, text, str(path), case, 0, step, about, forms.attached(form))
        trouble = forms.wrong_with(note, self._setup.environment.test_identities) if by else "who"
        if trouble:
            return self._asked_to_note(request, await self._view(request), step, text, trouble)
        await asyncio.to_thread(self._service.plays.write, play, note)
        return named(redirect(f"/plays/{play.name}"), by)

    async def _attachment(self, request: web.Request) -> web.Response:
        notes, asked = self._found(request).state.notes, request.match_info
        try:
            found = notes[int(asked["note"])].files[int(asked["file"])]
        except IndexError:
            raise web.HTTPNotFound from None
        return web.Response(body=found.body, content_type=found.type, headers={"Content-Disposition": "inline"})
