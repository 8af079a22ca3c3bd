"""What every part of the report is made of: the declaration as it may be shown, in one language, and where everything stands.

An exchange in words comes first: which way the call went, when, how long, over what connection, and what went wrong. In a call
from the system the request is its message and the answer ours, so it is the request that is looked into, and the time to the
answer is no response time of the system's.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property

from rivta.declaration import proven
from rivta.declaration.comparison import Comparison
from rivta.evidence import masked
from rivta.evidence.redaction import mask_of, rewritten
from rivta.model.declaration import Declaration, RequirementRow
from rivta.model.domain import ContractFacts
from rivta.model.exchange import Exchange, Shown
from rivta.model.run import CaseResult, CheckResult, Run
from rivta.model.words import Direction, Lang, Verdict
from rivta.report.layout import View
from rivta.report.places import ReportPlaces
from rivta.report.sequence import is_missing
from rivta.report.voice import Voice

_HEADINGS = {"out": "exchange_n", "in": "exchange_in_n", "none": "exchange_none_n"}
_PROBLEMS = {"out": "problem", "in": "problem_in", "none": "problem_none"}
_TIMES = {"out": ("sent", "answer_time"), "in": ("received", "our_time"), "none": ("waited_from", "waited_for")}
_NO_RESPONSE = {"out": "no_response", "in": "no_response_in", "none": ""}
"""Keys of the catalogue by the way that a call went: from us, to us, or that it never came."""
_LONG_MS = 60_000


def subject_of(exchange: Exchange) -> Direction:
    """Which of the two messages is the system's own."""
    return Direction.REQUEST if exchange.inbound else Direction.RESPONSE


def exchange_told(exchange: Exchange, number: int, voice: Voice) -> View:
    """The call in words. `number` is its place in the case, from 1."""
    way = "none" if is_missing(exchange) else "in" if exchange.inbound else "out"
    words, is_answered = voice.words, exchange.response is not None
    return {
        "heading": words.say(_HEADINGS[way], n=number, contract=exchange.contract),
        "facts": [*_facts(exchange, way, voice)],
        "tls": "" if way == "none" else _tls(exchange, voice),
        "problem_heading": words[_PROBLEMS[way]],
        "problem": problem(exchange, voice),
        "no_response": "" if is_answered else _NO_RESPONSE[way] and words[_NO_RESPONSE[way]],
        "opens": words["request_opens" if exchange.inbound else "reply_opens"],
        "is_inbound": exchange.inbound,
    }


def _facts(exchange: Exchange, way: str, voice: Voice) -> Iterator[tuple[str, str]]:
    words, (when, time) = voice.words, _TIMES[way]
    if exchange.url:
        yield words["address"], exchange.url
    if exchange.status is not None:
        yield words["status"], str(exchange.status)
    yield words[when], voice.time(exchange.started)
    yield words[time], lasted(exchange.elapsed_ms, voice)


def _tls(exchange: Exchange, voice: Voice) -> str:
    tls, words = exchange.tls, voice.words
    if tls is None:
        return words["tls_none"]
    theirs = Shown(tls.peer_subject, tls.peer_issuer, tls.peer_serial, tls.peer_begins, tls.peer_expires)
    told = {"version": tls.version, "cipher": tls.cipher, "theirs": _certificate(theirs, voice)}
    ours = _certificate(tls.ours, voice) if tls.ours and tls.ours.subject else ""
    if exchange.inbound:
        said = words.say("tls_caller" if tls.client_certificate else "tls_caller_none", **told)
        return f"{said} {words.say('tls_ours', ours=ours)}" if ours else said
    if ours:
        return words.say("tls_facts", **told, client=words.say("tls_client_shown", ours=ours))
    return words.say("tls_facts", **told, client=words["tls_client" if tls.client_certificate else "tls_no_client"])


def _certificate(shown: Shown, voice: Voice) -> str:
    """Evidence of before they were kept has neither the serial number nor the beginning."""
    key = "tls_certificate" if shown.serial else "tls_certificate_in_short"
    return voice.words.say(key, **asdict(shown))


def problem(exchange: Exchange, voice: Voice) -> str:
    """Why there is no readable reply, or no call, and whose fault that is; or nothing."""
    found = exchange.problem
    return f"{voice.text(found.text)} ({found.kind}, {voice.words[f'blame_{found.blame}']})" if found else ""


def message_heading(exchange: Exchange, side: Direction, voice: Voice) -> str:
    keys = ("request_in", "response_in") if exchange.inbound else ("request", "response")
    return voice.words[keys[side is Direction.RESPONSE]]


def asked(check: CheckResult, voice: Voice) -> str:
    """In which step a person was asked, and what."""
    step = voice.say("step_n", n=check.step + 1)
    return f"{step}: {voice.text(check.asked)}" if check.asked else step


def lasted(milliseconds: float, voice: Voice) -> str:
    """How long something took: in milliseconds as far as those can be compared, else in the units of waiting."""
    return voice.duration(milliseconds / 1000) if milliseconds >= _LONG_MS else voice.ms(milliseconds)


def shown(declaration: Declaration) -> Declaration:
    """The declaration as a report may show it. What people wrote is refused earlier if it names anybody; this makes sure."""
    mask = mask_of(declaration.run.header)
    form = rewritten(declaration.form, mask.text, mask.text)
    if form is not None:  # each question an object of its own, by which its place in the report is known
        asked = ((section, tuple(map(replace, questions))) for section, questions in form.sections)
        form = replace(form, sections=tuple(asked))
    deviations = rewritten(declaration.deviations, mask.text, mask.text)
    run = masked(declaration.run)
    run = replace(run, masked=tuple(sorted({*run.masked, *mask.found})))
    return replace(proven.of(run), form=form, deviations=deviations)


@dataclass(frozen=True)
class Material:
    """The declaration with its identities masked. `previous` is what changed since an earlier run."""

    declaration: Declaration
    voice: Voice
    places: ReportPlaces
    previous: Comparison | None = None
    told: dict[tuple[object, ...], View] = field(default_factory=dict)
    """Checks that were made a view of: those of the next case say the same of most."""

    @property
    def run(self) -> Run:
        return self.declaration.run

    @cached_property
    def contracts(self) -> tuple[ContractFacts, ...]:
        return tuple(self.run.header.contracts.values())

    @cached_property
    def rows(self) -> tuple[tuple[str, RequirementRow], ...]:
        return tuple((domain, row) for domain, rows in self.declaration.rows.items() for row in rows)

    @property
    def by_key(self) -> Mapping[str, CaseResult]:
        return self.places.counted

    @cached_property
    def attempts(self) -> Counter[str]:
        """How often each case was tried, by its key."""
        return Counter(result.key for result in self.run.results)

    def cases(self, row: RequirementRow) -> Iterator[CaseResult]:
        yield from filter(None, map(self.by_key.get, row.cases))

    def unreached(self, row: RequirementRow) -> Iterator[tuple[CaseResult, Verdict]]:
        """Cases that came to no check of the requirement, with what they say of it: nothing, where it was another check that failed."""
        reached = {id(result) for result, _ in row.checks}
        for result in self.cases(row):
            if id(result) not in reached:
                yield result, result.verdict if any(proven.unchecked(result)) else Verdict.NOT_PROVEN

    def failed(self, row: RequirementRow) -> Iterator[tuple[CaseResult, CheckResult | None]]:
        """Failed checks, and failed cases that came to no check of the requirement."""
        yield from ((result, check) for result, check in row.checks if check.verdict is Verdict.FAILED)
        yield from ((result, None) for result, verdict in self.unreached(row) if verdict is Verdict.FAILED)

    def why(self, result: CaseResult) -> str:
        """Why a case came to nothing: its reason, else the trouble on the wire, else what a broken check says."""
        if result.reason:
            return self.voice.text(result.reason)
        problems = (problem(exchange, self.voice) for exchange in result.exchanges)
        broken = (self.note(check) for check in result.checks if check.verdict in (Verdict.ERROR, Verdict.BLOCKED))
        return next(filter(None, (*problems, *broken)), "")

    def note(self, check: CheckResult) -> str:
        """What a check says: its note, else its first finding."""
        if check.note:
            return self.voice.text(check.note)
        return self.voice.text(check.findings[0].message) if check.findings else ""


def of(
    declaration: Declaration, lang: Lang, previous: Comparison | None = None, *, is_packed: bool = False
) -> Material:
    """What the parts are made of. The declaration's run is as it was read: the checksums of messages are those of the files.

    `is_packed` says that the format packs what it does not show at once, so that there is room for more.
    """
    own, voice = shown(declaration), Voice(lang)
    places = ReportPlaces(own, voice, is_packed=is_packed)
    clean = mask_of(declaration.run.header).text
    return Material(own, voice, places, rewritten(previous, clean, clean))
