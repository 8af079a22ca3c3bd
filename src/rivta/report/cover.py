"""The cover: the verification object, as the process defines it, and the run that the report is of.

A verification object (verifieringsobjekt) is a connection point, the make of the service producer or consumer, the make of
the source system, and the contracts: a change of any of them is to be notified, and may have to be verified again.
"""

from collections.abc import Iterator, Sequence

from rivta.model.domain import ContractFacts
from rivta.model.run import Run
from rivta.report.questions import Questions
from rivta.report.voice import Voice

Pairs = tuple[tuple[str, str], ...]


def verification_object(run: Run, contracts: Sequence[ContractFacts], form: Questions | None, voice: Voice) -> Pairs:
    """What is declared: names and values. What only the vendor knows is said to be missing where no form tells it."""
    return tuple(_object(run, contracts, form, voice))


def _object(
    run: Run, contracts: Sequence[ContractFacts], form: Questions | None, voice: Voice
) -> Iterator[tuple[str, str]]:
    header, words = run.header, voice.words
    number = header.system.organisation_number
    yield words["organisation"], " ".join(filter(None, (header.system.organisation, number)))
    yield words["product"], f"{header.system.product} {header.system.version}".strip()
    yield words["source_system"], (form.fact("source-system") if form else "") or words["not_stated"]
    yield words["connection_point"], (form.fact("connection-point") if form else "") or words["not_stated"]
    yield words["contracts"], ", ".join(f"{each.name} {each.version} ({origin(each, voice)})" for each in contracts)
    yield words["roles"], ", ".join(role.capitalize() for role in header.roles)


def of_run(run: Run, form: Questions | None, voice: Voice) -> Pairs:
    """When and with what it was tested, and whom to ask."""
    return tuple(_of_run(run, form, voice))


def _of_run(run: Run, form: Questions | None, voice: Voice) -> Iterator[tuple[str, str]]:
    header, words = run.header, voice.words
    start = voice.time(header.started)
    ended = voice.say("took", start=start, end=voice.time(run.footer.ended)) if run.footer else ""
    yield words["tested"], ended or voice.say("unfinished", start=start)
    yield words["tested_with"], f"rivta {header.rivta}, Python {header.python}"
    yield words["run"], header.run
    for key, fact in (("signer", "signer"), ("signed_on", "date"), ("contact", "contact")):
        if form and form.fact(fact):
            yield words[key], form.fact(fact)


def origin(contract: ContractFacts, voice: Voice) -> str:
    """Whose schema it is, in words."""
    return voice.words["origin_official" if contract.origin == "official" else "origin_restatement"]
