"""The tables of states: what each kind of message is answered in each state, where that stands, and what the run showed."""

from collections.abc import Mapping
from itertools import count

from rivta.model.case import Cell, Table
from rivta.model.run import CaseResult
from rivta.report.drawing import tallies
from rivta.report.layout import ReportLink, View
from rivta.report.material import Material


def part(material: Material) -> list[View]:
    """Every table that cases of the run were made of, a row a state."""
    by_place = {(each.suite, each.case): each for each in reversed(material.run.counted)}
    return [_Drawn(path, table, by_place, material).view() for path, table in material.run.header.tables.items()]


class _Drawn:
    """Makes the view of one table. What has a longer reason gets a number, and the reason stands below the table, once."""

    def __init__(
        self, path: str, table: Table, by_place: Mapping[tuple[str, str], CaseResult], material: Material
    ) -> None:
        self._path = path
        self._table = table
        self._by_place = by_place
        self._material = material
        self._voice = material.voice
        self._anchor = material.places.anchors.of("states", path, table.id)
        self._numbers = count(1)
        self._notes: dict[str, View] = {}

    def view(self) -> View:
        """The table with its kinds, its rows and its notes."""
        table, voice = self._table, self._voice
        rows: list[View] = [
            {"text": voice.text(text), "cells": [self._cell(table.cell(kind, state)) for kind in table.kinds]}
            for state, text in table.states.items()
        ]
        tried = [cell["state"] for row in rows for cell in row["cells"] if cell["state"]]
        return {
            "anchor": self._anchor,
            "title": voice.text(table.title),
            "kinds": [(kind, voice.text(text).rstrip(",")) for kind, text in table.kinds.items()],
            "rows": rows,
            "tallies": tallies(tried, voice.states),
            "notes": [*self._notes.values()],
        }

    def _cell(self, cell: Cell) -> View:
        """The expected answer as a link to the case, its verdict, and its source. No case: why not. No verdict: it did not run."""
        voice, words = self._voice, self._voice.words
        answer, reason = voice.text(cell.answer), voice.text(cell.derived) if cell.derived else ""
        result = self._by_place.get((self._path, cell.case))
        if not cell.case:
            return {
                "kind": cell.kind,
                "case": ReportLink("", words["states_untried"]),
                "state": None,
                "source": "",
                "note": self._note(answer),
            }
        link = ReportLink(f"#{self._material.places.case(result)}", answer) if result else ReportLink("", answer)
        told = voice.say("derived", source=cell.reference, why=reason) if reason else ""
        return {
            "kind": cell.kind,
            "case": link,
            "state": voice.state(result.verdict) if result else None,
            "source": cell.reference if result else f"{cell.reference} ({words['states_not_run']})",
            "note": self._note(told),
        }

    def _note(self, text: str) -> ReportLink | None:
        if not text:
            return None
        if text not in self._notes:
            number = next(self._numbers)
            self._notes[text] = {"anchor": f"{self._anchor}-n{number}", "number": str(number), "text": text}
        note = self._notes[text]
        return ReportLink(f"#{note['anchor']}", note["number"])
