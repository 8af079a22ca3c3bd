"""A play as its page shows it, and the page that plays start from. The template only prints what is decided here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rivta.model.case import Ask, Send, Watch
from rivta.model.exchange import Exchange
from rivta.model.run import CaseResult
from rivta.model.words import Verdict
from rivta.page import told
from rivta.page.messages import Messages
from rivta.page.play import Asking, Awaiting, Busy, Editing, ManualPlay, PlayState
from rivta.page.plays import Service
from rivta.page.programme import Playable, as_fields, fields
from rivta.report.layout import View
from rivta.report.sequence import Course, SequenceView, draw
from rivta.report.voice import Voice
from rivta.run import Ran, Waiting


def view(play: ManualPlay, service: Service, voice: Voice, messages: Messages, who: str) -> View:
    """The play as it is now for who looks at it. `announcement` is what a screen reader is told when something changes."""
    return _PlayView(play, play.state, service, voice, messages, who).whole()


@dataclass(frozen=True, slots=True)
class _PlayView:
    play: ManualPlay
    state: PlayState
    service: Service
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
            "begun_at": voice.say("begun_at", time=voice.time(play.opened.started), by=play.opened.by),
            "supersedes": voice.say("supersedes", by=why.by, reason=why.reason) if why else "",
            "newer": newer.name if (newer := self.service.plays.again(play)) else "",
            "steps": steps,
            "proves": self.messages.requirements(case.written),
            "is_over": state.is_over,
            "result": voice.state(result.verdict) if result else None,
            "reason": voice.text(result.reason) if result and result.reason else "",
            "trouble": voice.say("interrupted", why=state.trouble) if state.trouble else "",
            "announcement": self._announcement(current),
            "flow": self._flow(),
            "rivalry": self.service.plays.waiting_for_the_same(play),
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
            phase = self._phase(number, ran)
            checks = self.messages.checks(ran.checks, exchanges) if ran else []
            names = self.state.edited.get(number, ())
            yield {
                "number": number + 1,
                "phase": phase,
                "told": self._told(number, known, is_now=phase == "now"),
                "state": self.voice.state(Verdict.of(check.verdict for check in ran.checks)) if ran else None,
                "exchanges": [*self._exchanges(ran)] if ran else [],
                "unmet": [check for check in checks if not check["is_met"]],
                "met": [check for check in checks if check["is_met"]],
                "now": self._now(number) if phase == "now" else None,
                "edited": self.voice.say("edited", names=", ".join(names)) if names else "",
            }

    def _phase(self, number: int, ran: Ran | None) -> str:
        if ran is not None:
            return "done"
        if self.state.is_over:
            return "left"
        return "now" if number == self.state.step else "later"

    def _told(self, number: int, known: told.Known, *, is_now: bool) -> View:
        """The step in words; of the one that it is the turn of, with what is filled in."""
        suite, step = self.play.playable.suite, self.play.playable.case.steps[number]
        moment = self.state.moment if is_now else Busy()
        doing = moment.doing if isinstance(moment, Awaiting) else None
        asked = moment.question if isinstance(moment, Asking) and isinstance(step, Ask) else step
        return told.step_in_words(asked, suite, self.voice, doing, known)

    # What is waited for now, and whose turn that is

    def _now(self, number: int) -> View:
        words, moment, step = self.voice.words, self.state.moment, self.play.playable.case.steps[number]
        yours = {"turn": words["turn_yours"], "is_yours": True, "step": number}
        if isinstance(moment, Asking):
            return {"kind": "ask", **yours}
        if isinstance(moment, Editing):
            target = self.service.target(moment.step.contract)
            return {"kind": "send", **yours, "target": target, "fields": fields(moment.data)}
        if isinstance(step, Send) or isinstance(moment, Busy):
            return {"kind": "busy", "turn": words["turn_ours"], "is_yours": False}
        if moment.doing is None:
            yours |= {"turn": words["turn_watch" if isinstance(step, Watch) else "turn_wait"], "is_yours": False}
        is_watch = isinstance(step, Watch)
        more = isinstance(step, Watch) and moment.waiting is not None and moment.waiting.within is not None
        return {"kind": "act", **yours, **self._awaited(moment), "is_watch": is_watch, "can_wait_longer": more}

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
        before = sum(len(each.exchanges) for each in self.state.ran[: ran.step])
        is_news = ran is self.state.ran[-1] or any(check.verdict is Verdict.FAILED for check in ran.checks)
        for place, exchange in enumerate(ran.exchanges, before):
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
        course = Course(
            system=setup.environment.system.product,
            exchanges=[replace(each, contract=suite.called(each.contract)) for each in self.state.exchanges],
            checks=[check for ran in self.state.ran for check in ran.checks],
            factor=setup.counterpart.time_factor,
            kind=suite.domain.fact("kind"),
            namespaces=suite.domain.namespaces,
        )
        if not course.exchanges and not course.said:
            return None
        title = self.voice.text(self.play.playable.case.title)
        return draw(course, Voice(self.voice.lang), title, "flow", lambda place: f"#flow-x{place + 1}")


def start(service: Service, voice: Voice, role: str, mine: Iterable[ManualPlay]) -> View:
    """The start page for one role; for one that is not the system's, its first."""
    programme, counterpart = service.setup.programme, service.setup.counterpart
    roles = programme.roles()
    current = role if role in dict(roles) else next((name for name, _ in roles), "")
    called, factor = programme.called_by(current), counterpart.time_factor
    latest = {programme.contracts.full_key(key): result for key, result in service.record.latest().items()}
    compressed = voice.say("time_factor", factor=f"{factor:g}", seconds=voice.number(300 / factor, 1))
    return {
        "roles": [{"name": name, "title": voice.text(title), "is_current": name == current} for name, title in roles],
        "mine": [_mine(play, voice) for play in mine],
        "addresses": [
            (programme.contracts.shown(contract), url)
            for contract, url in counterpart.addresses.items()
            if contract in called
        ],
        "time_factor": compressed if factor != 1 else "",
        "groups": [*_Playables(service, voice, latest).groups(current)],
    }


def _mine(play: ManualPlay, voice: Voice) -> View:
    state = play.state
    turn = "turn_over" if state.is_over else "turn_yours" if state.is_testers_turn else "turn_wait"
    return {
        "name": play.name,
        "title": voice.text(play.playable.case.title),
        "started": voice.time(play.opened.started),
        "state": voice.state(state.result.verdict) if state.result else None,
        "turn": voice.words[turn],
    }


@dataclass(frozen=True, slots=True)
class _Playables:
    service: Service
    voice: Voice
    latest: Mapping[str, CaseResult]

    def groups(self, role: str) -> Iterator[View]:
        """The scenarios, then the cases of each contract."""
        programme, words = self.service.setup.programme, self.voice.words
        scenarios = [each for each in programme.of(role) if each.is_scenario]
        if scenarios:
            yield self._group("scenarios", words["scenarios"], words["scenarios_lead"], scenarios)
        cases: dict[str, list[Playable]] = {}
        for each in programme.of(role):
            if not each.is_scenario:
                cases.setdefault(programme.contracts.shown(each.case.contract), []).append(each)
        for contract, own in cases.items():
            yield self._group(f"contract-{contract}", self.voice.say("cases", contract=contract), "", own)

    def _group(self, anchor: str, title: str, lead: str, playables: list[Playable]) -> View:
        return {"anchor": anchor, "title": title, "lead": lead, "playables": [*map(self._playable, playables)]}

    def _playable(self, each: Playable) -> View:
        """A scenario or a case: what happens in it, what it proves, how it went the last time."""
        voice, case, domain = self.voice, each.case, each.suite.domain
        title, count = voice.text(case.title), len(case.steps)
        known = (self.service.setup.environment.test_data, each.suite.data)
        last = self.latest.get(each.planned.key)
        return {
            "name": each.name,
            "key": self.service.setup.programme.contracts.key(each.planned.key),
            "title": title,
            "begin": voice.say("begin_what", title=title),
            "steps_n": voice.words["one_step"] if count == 1 else voice.say("steps_n", n=count),
            "steps": [told.step_in_words(step, each.suite, voice, known=known) for step in case.steps],
            "requires": [voice.text(domain.preconditions[needed].text) for needed in case.requires],
            "proves": Messages(voice, str, domain).requirements(case.written),
            "last": voice.state(last.verdict) if last else None,
            "choices": as_fields(each.choices),
        }
