"""What the run covered: the elements of the contracts, and what each kind of message is answered in each state.

Each element stands with how many of the run's messages it was in, if in any. Of what was never seen only the outermost is shown,
with how much there is in it; JSON and CSV have every one.
"""

from collections.abc import Mapping
from itertools import chain

from rivta.contract import Exercised, SeenElement, classify
from rivta.model.case import Cell, Table
from rivta.model.domain import ElementFacts
from rivta.model.run import CaseResult, Run
from rivta.model.words import Direction
from rivta.report.layout import ReportLink, View, tallies
from rivta.report.material import Material
from rivta.report.voice import Voice

_STEPS = 10
"""How finely a share is drawn."""
_MOST_CODES = 12
"""How many of an element's codes are named."""


def exercised(run: Run) -> tuple[Exercised, ...]:
    """What the run's messages exercised, those that no case asked for among them. What we answered says nothing of the system."""
    asked_for = (each for result in run.counted for each in result.exchanges)
    exchanges = chain(asked_for, (each.exchange for each in run.strays))
    return tuple(
        each for each in classify(exchanges, run.header.contracts.values()) if each.is_by_system or not each.inbound
    )


def part(material: Material) -> list[View]:
    """The elements of every contract that any message was read of, in each direction."""
    sides: dict[str, list[View]] = {}
    for each in exercised(material.run):
        sides.setdefault(each.contract, []).append(_Side(each, material.voice).view())
    return [{"name": each.word, "sides": sides[each.word]} for each in material.contracts if each.word in sides]


def heading_key(seen: Exercised) -> str:
    """Whose messages these are, as a key of the catalogue."""
    if seen.inbound:
        return "coverage_calls"
    return "coverage_requests" if seen.direction is Direction.REQUEST else "coverage_answers"


def occurs(facts: ElementFacts | None) -> str:
    """How often an element may be there, as contract descriptions write it: `0..1`, `1..*`."""
    return f"{facts.least}..{'*' if facts.most is None else facts.most}" if facts else ""


class _Side:
    """Makes the view of one contract's messages in one direction."""

    def __init__(self, seen: Exercised, voice: Voice) -> None:
        self._seen = seen
        self._voice = voice
        self._inside: dict[str, list[SeenElement]] = {}
        for each in seen.elements[1:]:
            self._inside.setdefault(each.path.rpartition("/")[0], []).append(each)

    def view(self) -> View:
        """The side as it is shown. `identities` are kinds with in how many messages each was."""
        seen, voice = self._seen, self._voice
        return {
            "heading": voice.words[heading_key(seen)],
            "summary": self._summary(),
            "identities": [(voice.words[f"identity_{kind}"], voice.number(count)) for kind, count in seen.identities],
            "elements": self._below(seen.elements[0].path),
        }

    def _summary(self) -> str:
        every = [each for each in self._seen.elements[1:] if not each.is_attribute]
        elements = [each for each in every if each.element] if self._is_known() else every
        optional = [each for each in elements if each.is_optional]
        counted = {
            "messages": self._seen.messages,
            "elements": sum(bool(each.messages) for each in elements),
            "all": len(elements),
            "optional": sum(bool(each.messages) for each in optional),
            "all_optional": len(optional),
        }
        numbers = {name: self._voice.number(count) for name, count in counted.items()}
        return self._voice.say("coverage_side_of" if self._is_known() else "coverage_side", **numbers)

    def _below(self, path: str) -> list[View]:
        return [self._element(each) for each in self._inside.get(path, ()) if not _is_plain_attribute(each)]

    def _element(self, seen: SeenElement) -> View:
        """How often an element may be there, in how many messages it was (empty: in none), that as a share from 0 to 10.

        `codes` are those that were seen in it. `remark` says what else is to be known: how much there is in an element that
        was never seen, or that the schema has no such element.
        """
        holders = [seen, *filter(_is_plain_attribute, self._inside.get(seen.path, ()))]
        values = [value for each in holders for value in each.values]
        named = [f"{code} ({self._voice.number(count)})" for code, count in values[:_MOST_CODES]]
        return {
            "name": seen.path.rpartition("/")[2],
            "occurs": occurs(seen.element),
            "count": self._voice.number(seen.messages) if seen.messages else "",
            "share": max(1, _STEPS * seen.messages // self._seen.messages) if seen.messages else 0,
            "codes": ", ".join(named) + (" …" if len(values) > _MOST_CODES else ""),
            "remark": self._remark(seen),
            "inside": self._below(seen.path) if seen.messages else [],
        }

    def _remark(self, seen: SeenElement) -> str:
        if seen.messages:
            return "" if seen.element or not self._is_known() else self._voice.words["coverage_foreign"]
        within = self._size(seen.path)
        return self._voice.say("coverage_within", n=self._voice.number(within)) if within else ""

    def _is_known(self) -> bool:
        return self._seen.elements[0].element is not None

    def _size(self, path: str) -> int:
        own = [each for each in self._inside.get(path, ()) if not each.is_attribute]
        return sum(1 + self._size(each.path) for each in own)


def _is_plain_attribute(seen: SeenElement) -> bool:
    """An attribute that goes without saying: it must be there, or its codes are told with its element."""
    return seen.is_attribute and seen.element is not None and (seen.element.least > 0 or seen.element.coded)


# The tables of states: what each kind of message is answered in each, where that stands, and what the run showed


def states(material: Material) -> list[View]:
    """Every table that cases of the run were made of, a row a state."""
    by_place = {(each.suite, each.case): each for each in reversed(material.run.counted)}
    return [_table(path, table, by_place, material) for path, table in material.run.header.tables.items()]


def _table(path: str, table: Table, by_place: Mapping[tuple[str, str], CaseResult], material: Material) -> View:
    """One table with its kinds, its rows and its notes: what has a longer reason gets a number, and the reason stands below, once."""
    voice, anchor = material.voice, material.places.anchors.of("states", path, table.id)
    notes: dict[str, View] = {}

    def note(text: str) -> ReportLink | None:
        number = len(notes) + 1
        said = text and notes.setdefault(text, {"anchor": f"{anchor}-n{number}", "number": str(number), "text": text})
        return ReportLink(f"#{said['anchor']}", said["number"]) if said else None

    def cell(cell: Cell) -> View:
        told, reason = _cell(cell, by_place.get((path, cell.case)), material)
        return told | {"note": note(reason)}

    rows: list[View] = [
        {"text": voice.text(text), "cells": [cell(table.cell(kind, state)) for kind in table.kinds]}
        for state, text in table.states.items()
    ]
    tried = [each["state"] for row in rows for each in row["cells"] if each["state"]]
    return {
        "anchor": anchor,
        "title": voice.text(table.title),
        "kinds": [(kind, voice.text(text).rstrip(",")) for kind, text in table.kinds.items()],
        "rows": rows,
        "tallies": tallies(tried, voice.states),
        "notes": [*notes.values()],
    }


def _cell(cell: Cell, result: CaseResult | None, material: Material) -> tuple[View, str]:
    """The expected answer as a link to the case, its verdict, and its source; and the reason. No case: why not. No verdict: it did not run."""
    voice, words, answer = material.voice, material.voice.words, material.voice.text(cell.answer)
    told = {"kind": cell.kind, "case": ReportLink("", words["states_untried"]), "state": None, "source": ""}
    if not cell.case:
        return told, answer
    reason = voice.say("derived", source=cell.reference, why=voice.text(cell.derived)) if cell.derived else ""
    if result is None:
        source = f"{cell.reference} ({words['states_not_run']})"
        return told | {"case": ReportLink("", answer), "source": source}, reason
    link = ReportLink(f"#{material.places.case(result)}", answer)
    return told | {"case": link, "state": voice.state(result.verdict), "source": cell.reference}, reason
