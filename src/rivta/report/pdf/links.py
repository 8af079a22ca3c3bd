"""Links to what is printed. The view links to more: single messages, and the insides of cases that get a line only."""

from collections.abc import Iterable, Iterator
from typing import Any

from rivta.report.bodies import Link
from rivta.report.view import View
from rivta.report.voice import State


class Links:
    """Turns the view's links into places of the PDF; a link to what is not printed keeps its words only."""

    def __init__(self, view: View) -> None:
        self._places = frozenset(_places(view))

    def place(self, href: str) -> str:
        """The place that a link leads to, or nothing."""
        anchor = href.removeprefix("#")
        return anchor if anchor in self._places else ""

    def of(self, link: Link) -> dict[str, Any]:
        """A link as data."""
        return {"to": self.place(link.href), "words": link.words}

    def all(self, links: Iterable[Link]) -> list[dict[str, Any]]:
        """Links as data."""
        return [self.of(link) for link in links]

    @staticmethod
    def state(state: State) -> dict[str, Any]:
        """A verdict, or how an answer stands, as data."""
        return {"key": state.key, "word": state.word}


def _places(view: View) -> Iterator[str]:
    yield from (row.anchor for domain in view.domains for row in domain.rows)
    yield from (known.anchor for known in (*view.sorted.approved, *view.sorted.known))
    yield from (deviation.anchor for deviation in view.sorted.new)
    if view.form:
        yield from (question.anchor for section in view.form.sections for question in section.questions)
    for case in (*(case for suite in view.suites for case in suite.cases), *view.strays):
        yield case.anchor
        if case.is_red:
            yield from (check.anchor for check in case.checks)
            yield from (finding.anchor for finding in case.findings)
