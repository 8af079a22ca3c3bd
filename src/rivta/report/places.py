"""Where everything stands in the report: cases and calls, checks, messages, requirements, deviations, questions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from markupsafe import Markup

from rivta.declaration.causes import RED
from rivta.declaration.form.part import stray_key
from rivta.model.declaration import Declaration, FilledQuestion, KnownDeviation
from rivta.model.run import CaseResult, CheckResult, Note, Stray, numbered, superseded
from rivta.model.words import Source, Text, Verdict
from rivta.report.bodies import ReportBodies
from rivta.report.layout import Anchors, ReportLink, joined
from rivta.report.voice import Voice
from rivta.text.catalogue import text


class ReportPlaces:
    """The places of a declaration as it is shown, with its identities masked."""

    def __init__(self, declaration: Declaration, voice: Voice, *, is_packed: bool = False) -> None:
        self.anchors = Anchors()
        self.bodies = ReportBodies(self.anchors, voice, is_packed=is_packed)
        self._voice = voice
        shown = declaration.run
        self.own = shown.results
        self.strays = tuple(map(_as_case, shown.strays, count(1)))
        """Calls that no case asked for, in the shape of cases."""
        self._stray_numbers = {id(stray): number for number, stray in enumerate(self.strays, 1)}
        self._notes = shown.notes
        self._superseded = superseded(self.own)
        self._superseding = superseding(self.own, voice)
        self._attempts = dict(zip(map(id, self.own), numbered(self.own), strict=True))
        every = (*self.own, *self.strays)
        self._links = {id(each): ReportLink(f"#{self.anchors.another('case', each.case)}", each.key) for each in every}
        self._messages: dict[tuple[int, int], tuple[tuple[str, ...], Markup]] = {}
        for each in every:
            self._use(each)
        self.bodies.settle()
        self.counted = {result.key: result for result in reversed(shown.counted)}
        """The cases by their keys; of one that was run twice the first that counts."""
        self.requirements = self._requirement_links(declaration)
        # Forms of several roles are shown as one, where a number or an id may stand twice.
        sections = declaration.form.sections if declaration.form else ()
        asked = (one for _, questions in sections for one in questions)
        self._questions = {id(one): self.anchors.of("q", place, one.question.id) for place, one in enumerate(asked)}

    def _requirement_links(self, declaration: Declaration) -> Mapping[str, ReportLink]:
        """By id. An id that two domains have leads to the first."""
        found: dict[str, ReportLink] = {}
        for domain, rows in declaration.rows.items():
            for id_ in (row.requirement.id for row in rows):
                found.setdefault(id_, ReportLink(f"#{self.requirement(domain, id_)}", id_))
        return found

    def _use(self, result: CaseResult) -> None:
        """Note the messages of a case."""
        link, is_red = ReportLink(f"#{self.case(result)}", self.name(result)), self.is_red(result)
        for side, message in (pair for each in result.exchanges for pair in each.messages.items()):
            self.bodies.use(side, message, link, is_red=is_red)

    def case(self, result: CaseResult) -> str:
        return self._links[id(result)].href.removeprefix("#")

    def name(self, result: CaseResult) -> str:
        """The case's id, with its number where it was tried again; of a call that no case asked for, its number in words."""
        if self.is_stray(result):
            return self._voice.say("stray_n", n=self._stray_numbers[id(result)])
        attempt = self._attempts[id(result)]
        return result.case if attempt == 1 else self._voice.say("attempt_n", case=result.case, n=attempt)

    def is_red(self, result: CaseResult) -> bool:
        """Whether somebody will want to look into it, and it counts."""
        return result.verdict in RED and id(result) not in self._superseded

    def superseding(self, result: CaseResult) -> str:
        """That it does not count, or which attempt does not because of it: by whom, and why. Empty for what nobody tried again."""
        return self._superseding.get(id(result), "")

    def notes(self, result: CaseResult) -> Iterator[Note]:
        """What people have to say of this attempt at a case, or of a call that came in it."""
        own = (result.suite, result.case, self._attempts.get(id(result)))
        came = {each.started for each in result.exchanges if each.inbound}
        for note in self._notes:
            if note.received in came if note.received else (note.suite, note.case, note.attempt) == own:
                yield note

    def is_stray(self, result: CaseResult) -> bool:
        """Whether it is a call that no case asked for."""
        return id(result) in self._stray_numbers

    def link(self, result: CaseResult) -> ReportLink:
        return self._links[id(result)]

    def by_key(self, key: str) -> ReportLink:
        """A link to a case by its key; without an address if the run has no such case."""
        result = self.counted.get(key)
        return self.link(result) if result else ReportLink("", key)

    def stray(self, key: str) -> ReportLink | None:
        """A link to a call that no case asked for, by its key."""
        found = next((each for each in self.strays if each.case == key), None)
        return ReportLink(f"#{self.case(found)}", self.name(found)) if found else None

    def check(self, result: CaseResult, check: CheckResult) -> str:
        """Where a check stands: at its first finding, or in the case's table of checks."""
        index = next(place for place, each in enumerate(result.checks, 1) if each is check)
        return f"{self.case(result)}-c{index}" + ("-f1" if check.findings else "")

    def messages(self, result: CaseResult, exchange: int) -> tuple[tuple[str, ...], Markup]:
        """Those messages of one of a case's exchanges that hold anything: their SHA-256, and links to them by its first characters.

        Each requirement of a case asks.
        """
        known = self._messages.get((id(result), exchange))
        if known is None:
            here = (pair for each in result.exchanges[exchange : exchange + 1] for pair in each.messages.items())
            links = [(side, message.digest, link) for side, message in here if (link := self.bodies.link(message))]
            said = joined(ReportLink(link.href, f"{self._voice.words[side]} {link.words}") for side, _, link in links)
            known = self._messages[id(result), exchange] = tuple(digest for _, digest, _ in links), said
        return known

    def requirement(self, domain: str, id_: str) -> str:
        return self.anchors.of("req", domain, id_)

    def links(self, ids: Iterable[str]) -> tuple[ReportLink, ...]:
        """Links to requirements; without an address where no domain of the run has one of that id."""
        return tuple(self.requirements.get(each) or ReportLink("", each) for each in ids)

    def deviation(self, domain: str, id_: str) -> str:
        """Where the new deviations from a requirement stand."""
        return self.anchors.of("dev", domain, id_)

    def known(self, deviation: KnownDeviation) -> str:
        return self.anchors.of("known", deviation.id)

    def question(self, filled: FilledQuestion) -> str:
        return self._questions[id(filled)]


def superseding(results: Sequence[CaseResult], voice: Voice) -> Mapping[int, str]:
    """By its `id`, of each result that does not count, or because of which another does not, that in words."""
    number, told = dict(zip(map(id, results), numbered(results), strict=True)), {}
    for each in results:
        if why := each.supersedes:
            told[id(each)] = voice.say("supersedes", n=why.attempt, by=why.by, reason=why.reason)
    for gone, later in superseded(results).items():
        if why := later.supersedes:
            told[gone] = voice.say("superseded", n=number[id(later)], by=why.by, reason=why.reason)
    return told


def _as_case(stray: Stray, number: int) -> CaseResult:
    """A call that no case asked for, in the shape of a case. It counts for no requirement, but what it shows is told.

    Without a check it is not proven: nothing was held against anything.
    """
    exchange = stray.exchange
    name = stray.contract or exchange.contract
    at = f" → {stray.address}" if stray.address else ""
    return CaseResult(
        case=stray_key(number),
        title=Text.same(f"{name}{at}") if name else text("report", "unknown_contract"),
        domain="",
        contract=name,
        role="consumer",
        suite="",
        verdict=Verdict.of(check.verdict for check in stray.checks),
        verifies=(),
        checks=stray.checks,
        exchanges=(exchange,),
        started=exchange.started,
        elapsed_ms=exchange.elapsed_ms,
        source=Source(""),
        reason=stray.reason,
    )
