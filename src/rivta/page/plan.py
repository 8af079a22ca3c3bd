"""The plan of what is to be played, to print beforehand: cases, steps, what to prepare in the system, and what each proves."""

from collections.abc import Iterator, Mapping

from rivta.model.environment import Environment
from rivta.model.steps import Receive, Watch
from rivta.model.words import Lang, Value
from rivta.page import told
from rivta.page.messages import Messages
from rivta.page.programme import Playable, Programme, texts
from rivta.report import pdf
from rivta.report.layout import View, packaged
from rivta.report.voice import Voice

_MOST_NAMED = 6


def plan(programme: Programme, environment: Environment, data: Mapping[str, Value], voice: Voice) -> View:
    """The whole plan: for each of the system's roles its cases, and before them everything that is to be prepared for them."""
    roles = []
    for role, title in programme.roles():
        cases = [_case(each, programme, data, voice) for each in programme.of(role)]
        together: dict[tuple[str, str], list[str]] = {}
        for case in cases:
            for pair in case["prepare"]:
                together.setdefault(pair, []).append(case["key"])
        prepare = [(name, value, _named(keys, voice)) for (name, value), keys in sorted(together.items())]
        proven = {each["id"]: each for case in cases for each in case["proves"]}
        about = {"cases": cases, "prepare": prepare, "requirements": [proven[id_] for id_ in sorted(proven)]}
        roles.append({"title": voice.text(title), "name": role, **about})
    return {
        "title": voice.words["plan"],
        "lead": voice.words["plan_lead"],
        "system": voice.say("under_test", **voice.told(environment.system, "product", "version", "organisation")),
        "roles": roles,
    }


def printed(shown: View, lang: Lang, moment: str) -> bytes:
    """The plan as PDF. UsageError where the extra is not installed."""
    pdf.ready()
    names = (
        "plan",
        "plan_prepare",
        "plan_steps",
        "plan_needs",
        "plan_value",
        "plan_cases",
        "proves",
        "plan_requirements",
        "plan_done",
        "page_of",
    )
    words = {name: Voice(lang, "page").words[name] for name in names}
    return pdf.printed({**shown, "words": words, "lang": lang}, moment, packaged("templates/plan.typ", "rivta.page"))


def _named(keys: list[str], voice: Voice) -> str:
    """The cases by their keys; of very many, how many they are."""
    return ", ".join(keys) if len(keys) <= _MOST_NAMED else voice.say("plan_cases_n", n=len(keys))


def _case(each: Playable, programme: Programme, data: Mapping[str, Value], voice: Voice) -> View:
    case, suite = each.case, each.suite
    return {
        "key": programme.contracts.key(each.planned.key),
        "title": voice.text(case.title),
        "steps": [told.step_in_words(step, suite, voice, known=(data, suite.data)) for step in case.steps],
        "prepare": list(dict.fromkeys(_prepared(each, data, voice))),
        "proves": Messages(voice, str, suite.domain).requirements(case.written),
    }


def _prepared(each: Playable, data: Mapping[str, Value], voice: Voice) -> Iterator[tuple[str, str]]:
    """What must be there before it is played: patients and units by the calls that are waited for, and what it requires."""
    suite, words, given = each.suite, voice.words, dict(texts(data))
    for step in each.case.steps:
        if isinstance(step, Receive | Watch):
            roles = suite.domain_of(step.contract).fact_roles
            for role, word in (("patient", "patient"), ("recipient", "unit")):
                written = step.when.get(next((fact for name, fact in roles.items() if name == role), ""), "")
                value = told.filled(written, (step.data, data, suite.data))
                if value and "…" not in value:
                    yield words[word], value
    for needed in each.case.requires:
        precondition = suite.domain.preconditions[needed]
        values = ", ".join(given.get(name) or words["plan_missing"] for name in precondition.data)
        yield voice.text(precondition.text).rstrip("."), values
