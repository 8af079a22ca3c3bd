"""The rich run with all that people add to it: a form in every state of its answers, and known deviations of every kind."""

from dataclasses import replace
from typing import Literal

import report_sample as sample
from rivta.declaration import comparison
from rivta.declaration.comparison import Comparison
from rivta.model.declaration import (
    Answer,
    Declaration,
    FilledForm,
    FilledQuestion,
    Form,
    KnownDeviation,
    Proposal,
    Question,
    Section,
    SortedDeviations,
)
from rivta.model.words import Source, Text, Verdict

State = Literal["proposed", "confirmed", "changed", "answered", "missing", "contradictory"]
FILE = "deviations.yaml"


def question(id_: str, sv: str, en: str, **changes: object) -> Question:
    """A yes-no question that cases decide, unless changed."""
    return replace(Question(id_, Text(sv, en), "yes-no", "cases"), **changes)  # type: ignore[arg-type]  # by name


def filled(
    asked: Question,
    state: State,
    proposal: Proposal | None = None,
    answer: Answer | None = None,
    why: Text | None = None,
) -> FilledQuestion:
    """A question with what was said."""
    return FilledQuestion(asked, proposal, answer, state, why)


def fact(id_: str, sv: str, en: str, name: str, value: str) -> FilledQuestion:
    """Something that the vendor says of itself."""
    asked = question(id_, sv, en, answer="text", origin="vendor", fact=name)
    return filled(asked, "answered", None, Answer(id_, value))


def _who() -> tuple[FilledQuestion, ...]:
    return (
        fact(
            "organisation", "Organisation som ansluter", "Organisation that connects", "organisation", "Region Exempel"
        ),
        fact(
            "connection-point", "Anslutningspunkt", "Connection point", "connection-point", "Regional tjänsteplattform"
        ),
        fact("source-system", "Källsystem", "Source system", "source-system", "Journalia Journal 11.2"),
    )


def _function() -> tuple[FilledQuestion, ...]:
    minimal = question(
        "minimal",
        "En remiss med endast obligatoriska uppgifter tas emot",
        "A referral with only what is mandatory is accepted",
        requirements=("PR-F-minimal",),
        tf=("1.1.1",),
        confirm=True,
    )
    unknown = question(
        "unknown-organisation",
        "Okänd organisation besvaras med PR001",
        "An unknown organisation is answered by PR001",
        requirements=("ERR-PR001",),
        tf=("1.4",),
    )
    forwarded = question(
        "forwarded",
        "Vidareskickad remiss som inte tas emot besvaras med PR002",
        "A forwarded referral that is not accepted is answered by PR002",
        requirements=("ERR-PR002",),
        tf=("1.5", "1.6"),
        help=Text(
            "Gäller enheter som inte tar emot vidareskickade remisser.", "For units that accept no forwarded referrals."
        ),
    )
    cancelled = question(
        "cancelled", "En avbruten remiss höjer versionsnumret", "A cancelled referral raises the version", tf=("1.9",)
    )
    no = Proposal("no", ("ProcessRequest/4.2",), Verdict.FAILED)
    fault = Proposal("no", ("ProcessRequest/3.1",), Verdict.FAILED)
    reason = Answer(
        "forwarded",
        "yes",
        comment="Rättat i 4.2.2, som inte är den provade versionen.",
        by="Anna Ek",
        reason="Felet fanns i testmiljöns inställningar och inte i produkten.",
    )
    trouble = Text(
        "Svaret är ja men provningen visar nej (ProcessRequest/3.1), och inget skäl är angivet.",
        "The answer is yes but the evidence shows no (ProcessRequest/3.1), and no reason is given.",
    )
    passed = tuple(f"ProcessRequest/{each}" for each in ("1.1", "1.2"))
    return (
        filled(minimal, "proposed", Proposal("yes", passed, Verdict.PASSED)),
        filled(
            unknown,
            "confirmed",
            Proposal("yes", ("ProcessRequest/4.1",), Verdict.PASSED),
            Answer("unknown-organisation", "yes", by="Anna Ek", confirmed=True),
        ),
        filled(forwarded, "changed", no, reason),
        filled(cancelled, "contradictory", fault, Answer("cancelled", "yes"), trouble),
    )


def _other() -> tuple[FilledQuestion, ...]:
    typical = question(
        "typical-time", "Typisk svarstid", "Typical response time", answer="text", origin="run", fact="typical"
    )
    history = question(
        "history", "Hur långt tillbaka finns uppgifter?", "How far back is there data?", answer="text", origin="vendor"
    )
    remark = question("remark", "Övrig kommentar", "Other remarks", answer="text", origin="vendor", optional=True)
    every = question(
        "schema", "Alla svar följer schemat", "All replies follow the schema", requirements=("GEN-SCHEMA",)
    )
    keys = tuple(result.key for result in sample.results() if result.exchanges)
    return (
        filled(typical, "proposed", Proposal("18 ms", ("n = 10",), Verdict.PASSED)),
        filled(every, "proposed", Proposal("no", keys, Verdict.FAILED)),
        filled(history, "missing", why=Text("Bara leverantören kan svara.", "Only the vendor can answer.")),
        filled(remark, "answered"),
    )


def form() -> FilledForm:
    """A form of eleven questions, with answers in every state."""
    sections = (
        (Text("Anslutande organisation", "Connecting organisation"), "2.1.1", _who()),
        (Text("Inparametrar och tjänstens funktion", "Input and function"), "2.2.1", _function()),
        (Text("SLA-krav och övrigt", "Service levels and other"), "2.5.2", _other()),
    )
    parts = tuple(
        (Section(number, title, tuple(each.question for each in some)), some) for title, number, some in sections
    )
    title = Text("Självdeklaration för remissmottagare", "Self-declaration of a referral recipient")
    asked = Form(
        "remissmottagare",
        "remissmottagare",
        sample.DOMAIN,
        title,
        "1",
        tuple(part for part, _ in parts),
        Source("form.yaml"),
    )
    return FilledForm(asked, parts)


def known(id_: str, kind: Literal["stopping", "must-fix", "approved"], line: int, **changes: object) -> KnownDeviation:
    """A known deviation of the sample's file."""
    plain = KnownDeviation(id_, kind, "", source=Source(FILE, line))
    return replace(plain, **changes)  # type: ignore[arg-type]  # by name


def deviations() -> SortedDeviations:
    """One approved deviation, one that must be fixed and is late, and one of each remark; the rest of the run is new."""
    approved = known(
        "AVV-1",
        "approved",
        2,
        rationale="Mottagaren skiljer inte på PR002 och PR003. Remittenten ser samma text i båda fallen.",
        requirement="ERR-PR002",
        reference="INAV-231",
        products=("Journalia Remiss",),
        versions=("4.2.*",),
        decided_by="Avvikelsegruppen 2026-05-12",
    )
    late = known(
        "AVV-2",
        "must-fix",
        11,
        rationale="Ett avbrott får tekniskt fel i stället för svar.",
        case="ProcessRequest/3.1",
        fix_by="2026-06-30",
        decided_by="Avvikelsegruppen 2026-02-03",
    )
    gone = known("AVV-3", "approved", 19, requirement="ERR-PR001", rationale="Okänd organisation gav fel kod.")
    unmatched = known("AVV-4", "stopping", 24, case="ProcessRequest/9.9", rationale="Svarar inte.")
    return SortedDeviations(
        known=((approved, ("ProcessRequest/4.2",)), (late, ("ProcessRequest/3.1",))),
        new=("ProcessRequest/1.2", "ProcessRequest/5.1"),
        gone=(gone,),
        overdue=(late,),
        unmatched=(unmatched,),
    )


def declared(*, is_truncated: bool = False) -> Declaration:
    """The rich run with its form and its deviations."""
    return replace(sample.rich(is_truncated=is_truncated), form=form(), deviations=deviations())


def small() -> Declaration:
    """The small declaration with two questions and a known deviation: small enough to read as a golden file."""
    plain = sample.small()
    part, questions = form().sections[1]
    some = tuple(each for each in questions if each.question.id in ("forwarded", "unknown-organisation"))
    some = (some[0], replace(some[1], question=replace(some[1].question, help=None)))
    section = replace(part, questions=tuple(each.question for each in some))
    asked = replace(form().form, sections=(section,))
    return replace(
        plain,
        form=FilledForm(asked, ((section, some),)),
        deviations=replace(deviations(), known=deviations().known[:1], new=()),
    )


def earlier() -> Comparison:
    """What changed since a run of version 4.2.0, in which two cases came to something else and one was not there."""
    now = sample.run()
    changed = {"4.2": Verdict.PASSED, "2.1": Verdict.FAILED}
    before = tuple(
        replace(
            each,
            verdict=changed[each.case],
            checks=tuple(replace(check, verdict=changed[each.case]) for check in each.checks[-1:]),
        )
        if each.case in changed
        else each
        for each in now.results
        if each.case != "1.1"
    )
    header = replace(
        sample.header(before),
        run="2026-06-01T090000-77aa",
        started="2026-06-01T09:00:00+00:00",
        system=replace(now.header.system, version="4.2.0"),
        suites=dict.fromkeys(now.header.suites, "e" * 64),
    )
    return comparison.of(replace(now, header=header, results=before), now)
