"""The start page: what can be played in a role, and what was begun in this browser."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rivta.model.run import CaseResult
from rivta.page import told, values
from rivta.page.messages import Messages
from rivta.page.play import ManualPlay
from rivta.page.programme import Playable
from rivta.page.service import Service
from rivta.report.links import View
from rivta.report.voice import Voice


def view(service: Service, voice: Voice, role: str, mine: Iterable[ManualPlay]) -> View:
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
    """A play that was begun in this browser."""
    state = play.state
    turn = "turn_over" if state.is_over else "turn_yours" if state.is_testers_turn else "turn_wait"
    return {
        "name": play.name,
        "title": voice.text(play.playable.case.title),
        "started": voice.time(play.started),
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
            "choices": values.as_fields(each.choices),
        }
