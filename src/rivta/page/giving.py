"""What people give beside playing: the test data that is missing, notes with files for whoever reviews; and the plan to print."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from aiohttp import web

from rivta.model.clock import written
from rivta.model.errors import RivtaError
from rivta.model.run import Note
from rivta.page import forms, start
from rivta.page.pages import Pages, file, named, redirect
from rivta.page.programme import Playable
from rivta.report.layout import View
from rivta.report.voice import Voice


class GivingPages(Pages):
    async def _plan(self, request: web.Request) -> web.Response:
        return self._page(request, "plan.html", view=await asyncio.to_thread(self._planned, self._voice(request)))

    async def _plan_pdf(self, request: web.Request) -> web.Response:
        voice, moment = self._voice(request), written(self._service.record.clock.now())
        try:
            body = await asyncio.to_thread(lambda: start.printed(self._planned(voice), voice.lang, moment))
        except RivtaError as why:
            heading, text = voice.words["no_plan"], " ".join(filter(None, (why.what, why.todo)))
            return self._page(request, "trouble.html", status=503, heading=heading, text=text)
        return file(body, "plan.pdf", "application/pdf")

    def _planned(self, voice: Voice) -> View:
        return start.plan(self._setup.programme, self._setup.environment, self._service.test_data, voice)

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
        return named(redirect(f"/given?what={playable.name}"), by)

    async def _given(self, request: web.Request) -> web.Response:
        """All that was given so far, to be copied; with `what`, the case that it was given for can be begun."""
        what, given = request.query.get("what"), self._service.record.given
        playable = self._playable(what) if what else None
        return self._page(request, "given.html", playable=playable, kept=start.as_yaml(given) if given else "")

    def _asked_for_data(
        self, request: web.Request, playable: Playable, given: Mapping[str, str], trouble: str
    ) -> web.Response:
        voice = self._voice(request)
        lacks = [
            (voice.text(needs.text), [(name, given.get(name, "")) for name in names])
            for needs, names in playable.lacks(self._service.test_data)
        ]
        if not lacks:
            return redirect(f"/?role={playable.role}")
        shown: View = {"title": voice.text(playable.case.title), "what": playable.name, "role": playable.role}
        return self._page(request, "data.html", **shown, lacks=lacks, trouble=self._trouble(request, trouble))

    def _trouble(self, request: web.Request, word: str) -> str:
        """What is wrong with what was given, in words; nothing where nothing is."""
        return self._voice(request).words[word] if word else ""

    # What a person has to say of a step, of a message or of a call, also one that no play has, for whoever reviews it

    async def _note(self, request: web.Request) -> web.Response:
        return self._asked_to_note(request, await self._about(request, forms.number(request.query.get("step", ""))))

    async def _noted(self, request: web.Request) -> web.Response:
        """Keep a note; nothing of it where it, a file's name or what is in one names a person who is no test person."""
        form, declared = await request.post(), self._setup.environment.test_identities
        note, keep = self._written(request, form)
        about = await self._about(request, note.step)
        trouble = await asyncio.to_thread(forms.wrong_with, note, declared) if note.by else "who"
        if trouble:
            return self._asked_to_note(request, about, note.text, trouble)
        await asyncio.to_thread(keep, note)
        return named(redirect(about["here"]), note.by)

    def _written(self, request: web.Request, form: forms.Form) -> tuple[Note, Callable[[Note], object]]:
        """The note that a form holds, and what keeps it."""
        at, text, by = (
            written(self._service.record.clock.now()),
            forms.written(form, "text"),
            self._tester(request, form),
        )
        note = Note(at, by, text, "", "", 1, 0, files=forms.attached(form))
        if "number" in request.match_info:
            return replace(note, received=self._call(request).exchange.started), self._service.record.write
        play, step, exchange = self._found(request), forms.step(form), forms.number(forms.text(form, "exchange"))
        about = exchange if 0 <= exchange < len(play.state.exchanges) else None
        suite, case = str(play.playable.suite.path), play.playable.case.id
        keep = partial(self._service.write, play)
        return replace(note, suite=suite, case=case, step=step, exchange=about), keep

    async def _about(self, request: web.Request, number: int) -> View:
        """What a note is about: the call of the address, or the step of that number of the play."""
        if "number" in request.match_info:
            call = self._call(request).number
            about = self._voice(request).say("message_title", n=call)
            return {"here": f"/inbox/{call}", "about": about, "step": 0, "messages": []}
        view = await self._view(request)
        if not 0 <= number < len(view["steps"]):
            raise web.HTTPNotFound
        step = view["steps"][number]
        about = f"{step['number']}. {step['told']['title']}"
        return {"here": f"/plays/{view['name']}", "about": about, "step": number, "messages": step["messages"]}

    def _asked_to_note(self, request: web.Request, about: View, text: str = "", trouble: str = "") -> web.Response:
        return self._page(request, "note.html", **about, text=text, trouble=self._trouble(request, trouble))

    async def _attachment(self, request: web.Request) -> web.Response:
        """A file of a note: shown where it is a picture or a text, else to be saved."""
        asked, record = request.match_info, self._service.record
        of_call = record.notes_of(self._call(request).exchange.started) if "number" in asked else None
        notes = self._found(request).state.notes if of_call is None else of_call
        try:
            found = notes[int(asked["note"])].files[int(asked["file"])]
        except IndexError:
            raise web.HTTPNotFound from None
        if found.type == forms.PDF:
            return file(found.body, found.name, found.type)
        return web.Response(body=found.body, content_type=found.type, headers={"Content-Disposition": "inline"})
