"""The first screen: does it conform, what is new, what is known, what was not tried, who confirmed and when.

Whoever has twenty seconds reads this and nothing else, so it says no more than what those five questions ask; each name leads on.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from rivta.declaration import deviations, proven
from rivta.model.words import Verdict
from rivta.report.form import fact, questions_of
from rivta.report.layout import ReportLink, View
from rivta.report.material import Material

_NAMED = 5
"""So many of each kind are named; the chapter that the rest stand in is a link away."""
_STATES = {
    "conforms": Verdict.PASSED,
    "known": Verdict.PASSED,
    "partial": Verdict.NOT_PROVEN,
    "deviates": Verdict.FAILED,
    "cut": Verdict.BLOCKED,
    "environment": Verdict.BLOCKED,
    "error": Verdict.ERROR,
    "nothing": Verdict.NOT_PROVEN,
}


def part(material: Material, told: View, unproven: Sequence[View]) -> View:
    """`told` are the deviations and `unproven` the requirements that no case proves, as their own chapters have them."""
    key, voice = _outcome(material, told), material.voice
    rows = (
        ("verdict_new", _new(told, voice.words["no_requirement"]), len(told["new"]), "#deviations", "verdict_new_none"),
        (
            "verdict_known_name",
            _known(told),
            len(told["approved"]) + len(told["known"]),
            "#deviations",
            "verdict_known_none",
        ),
        ("verdict_untried", _untried(unproven), len(unproven), "#unproven", "verdict_untried_none"),
    )
    return {
        "key": voice.state(_STATES[key]).key,
        "heading": voice.say(f"verdict_{key}", n=voice.number(len(told["new"]))),
        "rows": [
            {
                "name": voice.words[name],
                "links": links[:_NAMED],
                "more": ReportLink(place, voice.say("verdict_more", n=voice.number(count - _NAMED)))
                if count > _NAMED
                else None,
                "text": "" if links else voice.words[none],
            }
            for name, links, count, place, none in rows
        ],
        "left": [*_left(material)],
        "confirmed": [*_confirmed(material)],
    }


def _outcome(material: Material, told: View) -> str:
    """What is new outweighs that something was not tried: the system deviates whatever else would have shown."""
    run, held = material.run, material.declaration.deviations
    if told["new"]:
        return "deviates"
    if not proven.is_whole(run):
        return "cut"
    outcome = deviations.outcome(run, held) if held else proven.outcome(run.counted)
    if outcome != "conforms":
        return outcome
    return "partial" if run.header.selection else "known" if told["approved"] or told["known"] else outcome


def _new(told: View, unnamed: str) -> list[View]:
    """Each by the requirement that it is a deviation from; what is none from any, by that."""
    rows = ((each["anchor"], each["requirement"] or {"id": unnamed, "text": ""}) for each in told["new"])
    return [_named(anchor, row["id"], row["text"]) for anchor, row in rows]


def _known(told: View) -> list[View]:
    return [_named(each["anchor"], each["id"], each["kind"]) for each in (*told["known"], *told["approved"])]


def _untried(unproven: Sequence[View]) -> list[View]:
    return [_named(row["anchor"], row["id"], "") for row in unproven]


def _named(anchor: str, id_: str, text: str) -> View:
    return {"link": ReportLink(f"#{anchor}", id_), "text": text}


def _left(material: Material) -> Iterator[str]:
    """What of the test itself was left out, in a sentence each."""
    run, voice = material.run, material.voice
    planned = len(run.header.planned)
    if run.header.selection:
        yield voice.say("verdict_selection", n=voice.number(planned))
    if missing := len(proven.not_run(run)):
        yield voice.say("not_run", missing=voice.number(missing), planned=voice.number(planned))
    stopped = sum(result.verdict in (Verdict.BLOCKED, Verdict.ERROR) for result in run.cases)
    if stopped:
        yield voice.say("verdict_stopped", n=voice.number(stopped))


def _confirmed(material: Material) -> Iterator[str]:
    """Who stands behind the answers of the form, when it was signed, and what nobody stands behind."""
    form, voice = material.declaration.form, material.voice
    filled = [*questions_of(form)]
    names = Counter(each.by or voice.words["nobody"] for each in filled if each.state == "confirmed")
    day = fact(form, "date") or voice.words["verdict_no_date"]
    for name, count in names.most_common():
        yield voice.say("verdict_confirmed_by", name=name, n=voice.number(count), date=day)
    if not names:
        yield voice.words["verdict_confirmed_none"]
    for state in ("proposed", "missing", "contradictory"):
        if count := sum(each.state == state for each in filled):
            yield voice.say(f"verdict_{state}", n=voice.number(count))
