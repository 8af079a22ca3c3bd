"""A play as its page shows it. The template only prints what is decided here."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rivta.contract.message import capture, open_envelope
from rivta.model.errors import RivtaError
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.steps import Ask, Handshake, Send, Step, Watch
from rivta.model.words import Verdict
from rivta.page import told
from rivta.page.messages import Messages
from rivta.page.play import Asking, Awaiting, Busy, Editing, ManualPlay, Moment, PlayState
from rivta.page.plays import PlayService
from rivta.page.programme import fields
from rivta.report.layout import View
from rivta.report.sequence import ExchangeCourse, SequenceView, draw
from rivta.report.voice import Voice
from rivta.run import Ran, Waiting
from rivta.run.handshaking import behind


def view(play: ManualPlay, service: PlayService, voice: Voice, messages: Messages, who: str) -> View:
    """The play as it is now for who looks at it. `announcement` is what a screen reader is told when something changes."""
    return _PlayView(play, play.state, service, voice, messages, who).whole()


@frozen
class _PlayView:
    play: ManualPlay
    state: PlayState
    service: PlayService
    voice: Voice
    messages: Messages
    who: str

    def whole(self) -> View:
        play, state, voice = self.play, self.state, self.voice
        result, case, why = state.result, play.playable.case, play.opened.supersedes
        steps = [*self._steps()]
        current = steps[state.step] if state.step < len(steps) and not state.is_over else None
        return {
            "name": play.name,
            "version": state.version,
            "title": voice.text(case.title),
            "case": self.service.setup.programme.contracts.key(play.playable.planned.key),
            "begun_at": voice.say("begun_at", time=told.local(play.opened.started), by=play.opened.by),
            "supersedes": voice.say("supersedes", by=why.by, reason=why.reason) if why else "",
            "newer": newer.name if (newer := self.service.again(play)) else "",
            "steps": steps,
            "proves": self.messages.requirements(case.written),
            "is_over": state.is_over,
            "result": voice.state(result.verdict) if result else None,
            "reason": voice.text(result.reason) if result and result.reason else "",
            "trouble": voice.say("interrupted", why=state.trouble) if state.trouble else "",
            "announcement": self._announcement(current),
            "flow": self._flow(),
            "rivalry": self.service.waiting_for_the_same(play),
            "theirs": voice.say("theirs", by=state.by) if state.by not in ("", self.who) and not state.is_over else "",
            "paused": voice.say("paused_by", by=state.by) if state.is_paused and not state.is_over else "",
            "refreshes": not state.is_over and isinstance(state.moment, Awaiting | Busy),
        }

    def _announcement(self, current: View | None) -> str:
        voice, result = self.voice, self.state.result
        if current is None:
            turn = voice.words["turn_over" if self.state.is_over else "turn_ours"]
            return f"{turn}: {voice.state(result.verdict).word}" if result else turn
        now = current["now"]
        diagnosis = now["wait"]["diagnosis"] if now["kind"] == "act" and now["wait"] else ""
        said = f"{voice.say('step_n', n=current['number'])}. {now['turn']}: {current['told']['title']}."
        return f"{said} {diagnosis}".rstrip()

    # A step: as it is written, and what came of it

    def _steps(self) -> Iterator[View]:
        exchanges = self.state.exchanges
        captured = tuple(ran.captured for ran in reversed(self.state.ran))
        known = (*captured, self.service.data_of(self.play), self.play.playable.suite.data)
        for number in range(len(self.play.playable.case.steps)):
            ran = self.state.ran[number] if number < len(self.state.ran) else None
            phase = "done" if ran else "left" if self.state.is_over else "now" if number == self.state.step else "later"
            names = self.state.edited.get(number, ())
            yield {
                "number": number + 1,
                "phase": phase,
                "told": self._told(number, known, is_now=phase == "now"),
                "state": self.voice.state(Verdict.of(check.verdict for check in ran.checks)) if ran else None,
                "exchanges": [*self._exchanges(ran)] if ran else [],
                "checks": self.messages.checks(ran.checks, exchanges) if ran else [],
                "now": self._now(number) | self._held() if phase == "now" else None,
                "notes": [*self._notes(number)],
                "messages": [*self._places(ran)] if ran else [],
                "edited": self.voice.say("edited", names=", ".join(names)) if names else "",
            }

    def _notes(self, number: int) -> Iterator[View]:
        """What people have to say of the step, or of a message of it."""
        for place, note in enumerate(self.state.notes):
            if note.step == number:
                yield told.note(note, f"/plays/{self.play.name}/files/{place}")

    def _places(self, ran: Ran) -> Iterator[tuple[int, str]]:
        """The messages of a step that a note may be about: the exchange's number in the case, and what it is."""
        for place, exchange in self._numbered(ran):
            contract = self.play.playable.suite.called(exchange.contract)
            yield place, f"{place + 1}. {contract}, {told.local(exchange.started)}"

    def _numbered(self, ran: Ran) -> Iterable[tuple[int, Exchange]]:
        """The exchanges of a step, each with its number in the case."""
        return enumerate(ran.exchanges, sum(len(each.exchanges) for each in self.state.ran[: ran.step]))

    def _told(self, number: int, known: told.Known, *, is_now: bool) -> View:
        """The step in words; of the one that it is the turn of, with what is filled in."""
        suite, step = self.play.playable.suite, self.play.playable.case.steps[number]
        moment = self.state.moment if is_now else Busy()
        doing = moment.doing if isinstance(moment, Awaiting) else None
        asked = moment.question if isinstance(moment, Asking) and isinstance(step, Ask) else _offered(step, moment)
        addresses = self.service.setup.counterpart.addresses
        told_step = told.step_in_words(asked, suite, self.voice, doing, known, addresses=addresses)
        patient = self._patient() if is_now and isinstance(step, Ask) else ""
        if patient not in ("", *dict(told_step["data"]).values()):
            told_step["data"] = [(self.voice.words["patient"], patient), *told_step["data"]]
        return told_step

    def _patient(self) -> str:
        """Whom the last message of the play is about, as its domain knows that."""
        for exchange in reversed(self.state.exchanges):
            domain = self.play.playable.suite.domain_of(exchange.contract)
            try:
                root = open_envelope(exchange.request.body).root
                return self.messages.clean(capture(root, domain.fact("patient"), domain.namespaces).strip())
            except RivtaError:
                continue
        return ""

    # What is waited for now, and whose turn that is

    def _now(self, number: int) -> View:
        words, moment, step = self.voice.words, self.state.moment, self.play.playable.case.steps[number]
        yours = {"turn": words["turn_yours"], "is_yours": True, "step": number}
        if isinstance(moment, Asking):
            return {"kind": "ask", "wants_link": moment.question.link is not None, **yours}
        if isinstance(moment, Editing):
            cannot = instead_of(step, moment, self.voice)
            shown = {"targets": self._targets(moment.step), "fields": fields(moment.data), "cannot": cannot}
            return {"kind": "send", "verb": "connect" if isinstance(step, Handshake) else "send", **yours, **shown}
        if isinstance(step, Send) or isinstance(moment, Busy):
            return {"kind": "busy", "turn": words["turn_ours"], "is_yours": False}
        is_watch = isinstance(step, Watch)
        if moment.doing is None:
            yours |= {"turn": words["turn_watch" if is_watch else "turn_wait"], "is_yours": False}
        more = is_watch and moment.waiting is not None and moment.waiting.within is not None
        own = {"is_watch": is_watch, "can_wait_longer": more, "cannot": instead_of(step, moment, self.voice)}
        return {"kind": "act", **yours, **self._awaited(moment), **own}

    def _targets(self, step: Send | Handshake) -> list[str]:
        """Where a message is sent, or which addresses we connect to."""
        if isinstance(step, Handshake):
            return [each.url for each in behind(self.service.setup.environment)]
        return [url for url in [self.service.target(step.contract)] if url]

    def _held(self) -> View:
        """Whose turn it is instead, where somebody else plays it, or nobody does now."""
        if self.state.is_paused:
            return {"turn": self.voice.words["turn_paused"], "is_yours": False}
        if self.state.by in ("", self.who):
            return {}
        return {"turn": self.voice.say("turn_theirs", by=self.state.by), "is_yours": False}

    def _awaited(self, moment: Awaiting) -> View:
        words, said = self.voice.words, moment.adapter
        adapter = [words[f"adapter_{said.outcome.replace('-', '_')}"], said.note] if said else []
        return {
            "wait": self._wait(moment.waiting) if moment.waiting else None,
            "adapter": words["adapter_working"] if moment.is_adapter_working else " ".join(filter(None, adapter)),
            "is_adapter_working": moment.is_adapter_working,
            "has_action": bool(moment.doing and moment.doing.action),
        }

    def _wait(self, waiting: Waiting) -> View:
        """How long so far and, where there is a limit, at most, in seconds and in words, and what is likely wrong. In `pattern`,
        `{}` is where the seconds so far stand.
        """
        limit, pattern = waiting.within, "{}"
        if limit is not None:
            pattern = self.voice.say("waits_of", seconds="{}", within=self.voice.duration(limit))
        return {
            "seconds": int(waiting.seconds),
            "within": None if limit is None else int(limit),
            "words": pattern.replace("{}", f"{int(waiting.seconds)}\N{NO-BREAK SPACE}s"),
            "pattern": pattern,
            "diagnosis": self.voice.text(waiting.diagnosis) if waiting.diagnosis else "",
            "connections": waiting.connections,
        }

    # What passed

    def _exchanges(self, ran: Ran) -> Iterator[View]:
        is_news = ran is self.state.ran[-1] or any(check.verdict is Verdict.FAILED for check in ran.checks)
        for place, exchange in self._numbered(ran):
            yield {
                "anchor": f"flow-x{place + 1}",
                "messages": [*self._messages_of(exchange, f"/plays/{self.play.name}/messages/{place}", is_news)],
                "problem": self.voice.text(exchange.problem.text) if exchange.problem else "",
            }

    def _messages_of(self, exchange: Exchange, href: str, is_news: bool) -> Iterator[View]:
        """Both messages. The system's own is open where it is news."""
        words, one = self.voice.words, self.messages.message
        asked, answered = ("received_message", "our_answer") if exchange.inbound else ("sent_message", "their_answer")
        if exchange.request.body:
            is_open = is_news and exchange.inbound
            yield one(words[asked], exchange.request, f"{href}-request.xml", is_open=is_open)
        if exchange.response is not None:
            is_open = is_news and not exchange.inbound
            yield one(words[answered], exchange.response, f"{href}-response.xml", is_open=is_open)

    def _flow(self) -> SequenceView | None:
        suite, setup = self.play.playable.suite, self.service.setup
        course = ExchangeCourse(
            system=setup.environment.system.product,
            exchanges=[replace(each, contract=suite.called(each.contract)) for each in self.state.exchanges],
            checks=[check for ran in self.state.ran for check in ran.checks],
            factor=setup.counterpart.time_factor,
            domain=suite.domain,
        )
        if not course.exchanges and not course.said:
            return None
        title = self.voice.text(self.play.playable.case.title)
        return draw(course, Voice(self.voice.lang), title, "flow", lambda place: f"#flow-x{place + 1}")


def _offered(step: Step, moment: Moment) -> Step:
    """The step; where a handshake is tried once more with nothing wrong in it, as that."""
    waiting = moment.waiting if isinstance(moment, Awaiting) else None
    if not isinstance(step, Handshake) or waiting is None:
        return step
    offered = waiting.wanted.when["offer"]
    is_it = offered == (f"TLS {step.version}" if step.version else step.certificate)
    return step if is_it else replace(step, certificate=offered, version="", outcome="accepted")


def instead_of(step: Step, moment: Awaiting | Editing, voice: Voice) -> View:
    """What can be said of a step instead of playing it: that the system cannot, unless it is only looked at, or that it is not
    applicable; in which words, and what comes of that.
    """
    words = voice.words
    tries = isinstance(step, Watch) and isinstance(moment, Awaiting) and moment.doing is not None
    only_looks = isinstance(step, Watch) and not tries
    link = "does_not_apply" if only_looks else "does_not" if tries else "cannot"
    title = words["does_not_apply" if only_looks else "does_not_title" if tries else "cannot_title"]
    answers = [] if only_looks else [("no", title)]
    ends = "cannot" if isinstance(moment, Awaiting) else "unsent" if isinstance(step, Send) else "unconnected"
    return {
        "link": words[link],
        "title": title,
        "answers": [*answers, ("not-applicable", words["not_applicable_because"])],
        "lead": words[f"{ends}_lead"],
        "confirm": words[f"{ends}_confirm"],
    }
