"""The page that plays start from: what there is to play, how far it has come, what cannot be begun yet, and who plays what.

And the plan of it, to print beforehand.
"""

from collections.abc import Iterator, Mapping

import yaml

from rivta.model.domain import FactRole
from rivta.model.environment import Environment
from rivta.model.frozen import frozen
from rivta.model.steps import Handshake, Receive, Watch
from rivta.model.words import Lang, Value
from rivta.page import told
from rivta.page.messages import Messages
from rivta.page.play import ManualPlay
from rivta.page.plays import PlayService
from rivta.page.programme import Playable, Programme, as_fields, overlaid, texts
from rivta.report import pdf
from rivta.report.layout import View, packaged
from rivta.report.voice import Voice
from rivta.transport.connection import offered_at

_LONGEST = 100
_MOST_NAMED = 6
_PREPARED: Mapping[FactRole, str] = {"patient": "patient", "recipient": "unit"}
"""What must be in the system before a call can be waited for, by the word for it."""


@frozen
class CaseSearch:
    """What of a role's cases a reader wants to see: those whose title or key has this text, those that are left."""

    text: str = ""
    is_left: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "CaseSearch":
        return cls(query.get("q", "").strip()[:_LONGEST], "left" in query)

    def fits(self, shown: View) -> bool:
        named = f"{shown['key']} {shown['title']}".casefold()
        return self.text.casefold() in named and not (self.is_left and shown["last"])


def start(service: PlayService, voice: Voice, role: str, who: str, search: CaseSearch) -> View:
    """The start page for one role; for one that is not the system's, its first."""
    programme, counterpart = service.setup.programme, service.setup.counterpart
    roles = programme.roles()
    current = role if role in dict(roles) else next((name for name, _ in roles), "")
    called, factor = programme.called_by(current), counterpart.time_factor
    compressed = voice.say("time_factor", factor=f"{factor:g}", seconds=voice.number(300 / factor, 1))
    shown = [*_Playables(service, voice).of(current)]
    done = sum(each["last"] is not None for each in shown)
    addresses = (
        (programme.contracts.shown(each), url) for each, url in counterpart.addresses.items() if each in called
    )
    return {
        "roles": [{"name": name, "title": voice.text(title), "is_current": name == current} for name, title in roles],
        "role": current,
        "mine": [each for each in plays(service, voice) if each["by"] == who and not each["state"]],
        "addresses": [*addresses, *_offers(service, voice, current)],
        "time_factor": compressed if factor != 1 else "",
        "has_given": bool(service.record.given),
        "done": done,
        "all": len(shown),
        "progress": voice.say("done_n", n=done, all=len(shown)),
        "search": search,
        "groups": [*_groups([each for each in shown if search.fits(each)], voice)],
    }


def _offers(service: PlayService, voice: Voice, role: str) -> Iterator[tuple[str, str]]:
    """What is offered in handshakes, and where, as far as the ports are fixed."""
    listening = service.setup.environment.listening
    steps = (step for each in service.setup.programme.of(role) for step in each.case.steps)
    tried = [step for step in steps if isinstance(step, Handshake) and step.do]
    if listening is None or not listening.first_offer or not tried:
        return
    shown = {"own", "server", *(f"TLS {each.version}" if each.version else each.certificate for each in tried)}
    for name, port in listening.offers.items():
        if name in shown:
            yield name if name.startswith("TLS") else voice.words[f"certificate_{name}"], offered_at(listening, port)


def plays(service: PlayService, voice: Voice) -> list[View]:
    """Every play of the run, the newest first: what, who, when, and whose turn it is or what came of it."""
    return [_play(each, service, voice) for each in reversed(service.everything())]


def _play(play: ManualPlay, service: PlayService, voice: Voice) -> View:
    state = play.state
    turn = "turn_over" if state.is_over else "turn_yours" if state.is_testers_turn else "turn_wait"
    return {
        "name": play.name,
        "title": voice.text(play.playable.case.title),
        "what": play.playable.name,
        "by": state.by,
        "started": told.local(play.opened.started),
        "state": voice.state(state.result.verdict) if state.result else None,
        "is_superseded": service.again(play) is not None,
        "turn": voice.words["turn_paused" if state.is_paused else turn],
    }


def _groups(shown: list[View], voice: Voice) -> Iterator[View]:
    """The scenarios, then the cases of each contract; in each what can be begun comes first."""
    groups: dict[str, list[View]] = {each["contract"]: [] for each in shown}
    for each in sorted(shown, key=lambda each: bool(each["hinders"])):
        groups[each["contract"]].append(each)
    for contract, own in groups.items():
        title = voice.say("cases", contract=contract) if contract else voice.words["scenarios"]
        lead = "" if contract else voice.words["scenarios_lead"]
        anchor = f"contract-{contract}" if contract else "scenarios"
        yield {"anchor": anchor, "title": title, "lead": lead, "playables": own}


class _Playables:
    """What can be played, with how it went and what stands in its way."""

    def __init__(self, service: PlayService, voice: Voice) -> None:
        self._setup, self._voice, self._data = service.setup, voice, service.test_data
        contracts = service.setup.programme.contracts
        self._latest = {contracts.full_key(key): result for key, result in service.record.latest().items()}
        self._going_on = [play for play in plays(service, voice) if not play["state"]]

    def of(self, role: str) -> Iterator[View]:
        """A role's, scenarios first."""
        own = self._setup.programme.of(role)
        return map(self._playable, sorted(own, key=lambda each: not each.is_scenario))

    def _playable(self, each: Playable) -> View:
        """A scenario or a case: what happens in it, what it proves, how it went the last time."""
        voice, case, domain, contracts = self._voice, each.case, each.suite.domain, self._setup.programme.contracts
        shown, count = _as_written(each, self._setup.programme, self._data, voice), len(case.steps)
        last, lacks = self._latest.get(each.planned.key), each.lacks(self._data)
        return shown | {
            "name": each.name,
            "contract": "" if each.is_scenario else contracts.shown(case.contract),
            "begin": voice.say("begin_what", title=shown["title"]),
            "steps_n": voice.words["one_step"] if count == 1 else voice.say("steps_n", n=count),
            "requires": [voice.text(domain.preconditions[needed].text) for needed in case.requires],
            "last": voice.state(last.verdict) if last else None,
            "plays": [play for play in self._going_on if play["what"] == each.name],
            "choices": as_fields(each.choices),
            "lacks": [(voice.text(needs.text), name) for needs, names in lacks for name in names],
            "hinders": [*hinders(each, self._setup.environment, self._data, voice)],
        }


def as_yaml(given: Mapping[str, str]) -> str:
    """Test data as it is written in an environment's file."""
    return yaml.safe_dump({"test-data": dict(overlaid({}, given))}, allow_unicode=True, sort_keys=False)


def hinders(playable: Playable, environment: Environment, data: Mapping[str, Value], voice: Voice) -> Iterator[str]:
    """Why it cannot be begun: test data that is missing, an address that nobody has given."""
    for needs, names in playable.lacks(data):
        yield voice.say("lacks_data", needs=voice.text(needs.text), names=", ".join(names))
    for contract in playable.unanswered(environment):
        yield voice.say("lacks_endpoint", contract=contract)


# The plan: cases, steps, what to prepare in the system, and what each proves


def plan(programme: Programme, environment: Environment, data: Mapping[str, Value], voice: Voice) -> View:
    """The whole plan: for each of the system's roles its cases, and before them everything that is to be prepared for them."""
    roles = [
        {"title": voice.text(title), "name": role}
        | _of_role([_planned(each, programme, data, voice) for each in programme.of(role)], voice)
        for role, title in programme.roles()
    ]
    system = voice.say("under_test", **voice.told(environment.system, "product", "version", "organisation"))
    return {"title": voice.words["plan"], "lead": voice.words["plan_lead"], "system": system, "roles": roles}


def _of_role(cases: list[View], voice: Voice) -> View:
    together: dict[tuple[str, str], list[str]] = {}
    for case in cases:
        for pair in case["prepare"]:
            together.setdefault(pair, []).append(case["key"])
    prepare = [(name, value, _named(keys, voice)) for (name, value), keys in sorted(together.items())]
    proven = {each["id"]: each for case in cases for each in case["proves"]}
    return {"cases": cases, "prepare": prepare, "requirements": [proven[id_] for id_ in sorted(proven)]}


def printed(shown: View, lang: Lang, moment: str) -> bytes:
    """The plan as PDF. UsageError where the extra is not installed."""
    pdf.ready()
    content = {**shown, "words": dict(Voice(lang, "page").words), "lang": lang}
    return pdf.printed(content, moment, packaged("templates/plan.typ", "rivta.page"))


def _named(keys: list[str], voice: Voice) -> str:
    """The cases by their keys; of very many, how many they are."""
    return ", ".join(keys) if len(keys) <= _MOST_NAMED else voice.say("plan_cases_n", n=len(keys))


def _planned(each: Playable, programme: Programme, data: Mapping[str, Value], voice: Voice) -> View:
    prepare = list(dict.fromkeys(_prepared(each, data, voice)))
    return _as_written(each, programme, data, voice) | {"prepare": prepare}


def _as_written(each: Playable, programme: Programme, data: Mapping[str, Value], voice: Voice) -> View:
    """A case before it is played: what happens in it, with what is known of the data, and what it proves."""
    case, suite = each.case, each.suite
    return {
        "key": programme.contracts.key(each.planned.key),
        "title": voice.text(case.title),
        "steps": [told.step_in_words(step, suite, voice, known=(data, suite.data)) for step in case.steps],
        "proves": Messages(voice, str, suite.domain).requirements(case.written),
    }


def _prepared(each: Playable, data: Mapping[str, Value], voice: Voice) -> Iterator[tuple[str, str]]:
    """What must be there before it is played: patients and units by the calls that are waited for, and what it requires."""
    suite, words, given = each.suite, voice.words, dict(texts(data))
    for step in each.case.steps:
        if isinstance(step, Receive | Watch):
            roles = suite.domain_of(step.contract).fact_roles
            for role, word in _PREPARED.items():
                value = told.filled(step.when.get(roles.get(role, ""), ""), (step.data, data, suite.data))
                if value and "…" not in value:
                    yield words[word], value
    for needed in each.case.requires:
        precondition = suite.domain.preconditions[needed]
        values = ", ".join(given.get(name) or words["plan_missing"] for name in precondition.data)
        yield voice.text(precondition.text).rstrip("."), values
