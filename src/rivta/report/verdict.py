"""The first screen: does it conform, what is new, what is known, what was not tried, who confirmed and when.

Whoever has twenty seconds reads this and nothing else, so it says no more than what those five questions ask; each name leads on.
And the badge, for who has one second.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from rivta.declaration import deviations, proven
from rivta.model.declaration import Declaration
from rivta.model.run import Run
from rivta.model.words import Lang, Verdict
from rivta.report.form import fact, questions_of
from rivta.report.layout import ReportLink, View, filled
from rivta.report.material import Material
from rivta.report.voice import Voice
from rivta.text.catalogue import words

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
    known = [_named(each, each["kind"]) for each in (*told["known"], *told["approved"])]
    untried = [_named(row, "") for row in unproven]
    rows = (
        ("verdict_new", [*_new(told, voice)], "#deviations", "verdict_new_none"),
        ("verdict_known_name", known, "#deviations", "verdict_known_none"),
        ("verdict_untried", untried, "#unproven", "verdict_untried_none"),
    )
    return {
        "key": voice.state(_STATES[key]).key,
        "heading": voice.say(f"verdict_{key}", n=voice.number(len(told["new"]))),
        "rows": [_row(*row, voice) for row in rows],
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
    outcome = deviations.outcome(run, held)
    if outcome != "conforms":
        return outcome
    return "partial" if run.header.selection else "known" if told["approved"] or told["known"] else outcome


def _row(name: str, links: list[View], place: str, none: str, voice: Voice) -> View:
    """What is named, and what is said where there is nothing."""
    more = len(links) - _NAMED
    return {
        "name": voice.words[name],
        "links": links[:_NAMED],
        "more": ReportLink(place, voice.say("verdict_more", n=voice.number(more))) if more > 0 else None,
        "text": "" if links else voice.words[none],
    }


def _new(told: View, voice: Voice) -> Iterator[View]:
    """Each by the requirement that it is a deviation from; what is none from any, by that."""
    for each in told["new"]:
        requirement = each["requirement"] or {"id": voice.words["no_requirement"], "text": ""}
        yield _named(requirement | {"anchor": each["anchor"]}, requirement["text"])


def _named(what: View, text: str) -> View:
    return {"link": ReportLink(f"#{what['anchor']}", what["id"]), "text": text}


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


# The badge: how many of the requirements are shown to be met. It never says approved: that is a reviewer's word

_WIDE = frozenset("mwMW@%")
_NARROW = frozenset("iljt.,:;!|' ()fr")
_PADDING = 8
_DARK, _GREEN, _AMBER, _RED, _GREY = "#3b4148", "#1a6b3c", "#7a5200", "#a1260d", "#5a6169"
"""White text on each of these has a contrast of at least 5:1."""


def badge(declaration: Declaration, lang: Lang = "sv") -> bytes:
    """The badge as SVG in UTF-8, with a title for those who do not see it. It holds counts only, so there is nothing to mask.

    With known deviations, the requirements that deviate are told apart by whether something is new. As on the first screen, what is new outweighs
    that something was not tried, and green is only a run that is whole, that nothing hindered and in which every case was meant to run.
    """
    label, (text, told, colour) = "RIV-TA", _in_short(declaration, lang)
    sizes = {"left": _width(label), "right": _width(text), "padding": _PADDING}
    values = {"label": label, "text": text, "title": f"{label}: {told}", "colour": colour, "dark": _DARK}
    return filled("badge.svg", **sizes, **values).encode()


def _in_short(declaration: Declaration, lang: Lang) -> tuple[str, str, str]:
    """What is written, the title, and the colour."""
    counts, said = proven.counts(declaration), words("report", lang)
    met, total, deviate = counts[Verdict.PASSED], sum(counts.values()), counts[Verdict.FAILED]
    written, told = (said.say(key, met=met, all=total) for key in ("badge_written", "badge_told"))
    run, held = declaration.run, declaration.deviations
    outcome, is_known, more = deviations.outcome(run, held), held is not None and not held.new, []
    if deviate:
        deviates = said.say("badge_deviates" if deviate == 1 else "badge_deviate", n=deviate)
        more.append(deviates + said["badge_known"] * is_known)
    if untried := _untried(run, outcome):
        more.append(said[untried])
    is_new = outcome == "deviates" or (deviate and not is_known)
    colour = _RED if is_new else _GREY if untried or not met else _AMBER if deviate else _GREEN
    return ", ".join((written, *more)), "; ".join((told, *more)), colour


def _untried(run: Run, outcome: str) -> str:
    """The word for why less was tried than there is; empty where all was."""
    if not proven.is_whole(run):
        return "badge_cut"
    if outcome in ("environment", "error"):
        return "badge_hindered"
    return "badge_partial" if run.header.selection else ""


def _width(text: str) -> int:
    """About as wide as Verdana at 11 px writes it."""
    letters = sum(10.5 if letter in _WIDE else 4.4 if letter in _NARROW else 7.0 for letter in text)
    return round(letters) + 2 * _PADDING
