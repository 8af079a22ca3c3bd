"""What the report is of: on its cover the verification object and the run, at its end what the run is based on.

A verification object (verifieringsobjekt), as the process defines it, is a connection point, the make of the service
producer or consumer, the make of the source system, and the contracts: a change of any of them is to be notified, and may
have to be verified again.
"""

from collections.abc import Iterator

from rivta.model.domain import ContractFacts
from rivta.model.run import Change
from rivta.report.form import fact
from rivta.report.links import View
from rivta.report.material import Material
from rivta.report.voice import Voice


def part(material: Material) -> View:
    """The cover. `verified` is what is declared, `run` when and with what it was tested, and whom to ask."""
    header = material.run.header
    return {
        "title": f"{header.system.product} {header.system.version}".strip(),
        "organisation": header.system.organisation,
        "scope": ", ".join(f"{material.voice.text(domain.title)} {domain.version}" for domain in header.domains),
        "verified": [*_object(material)],
        "run": [*_run(material)],
    }


def _object(material: Material) -> Iterator[tuple[str, str]]:
    """Names and values. What only the vendor knows is said to be missing where no form tells it."""
    header, words, form = material.run.header, material.voice.words, material.declaration.form
    system = header.system
    contracts = (f"{each.word} {each.version} ({_origin(each, material.voice)})" for each in material.contracts)
    yield words["organisation"], " ".join(filter(None, (system.organisation, system.organisation_number)))
    yield words["product"], f"{system.product} {system.version}".strip()
    yield words["source_system"], fact(form, "source-system") or words["not_stated"]
    yield words["connection_point"], fact(form, "connection-point") or words["not_stated"]
    yield words["contracts"], ", ".join(contracts)
    yield words["roles"], ", ".join(role.capitalize() for role in header.roles)


def _run(material: Material) -> Iterator[tuple[str, str]]:
    run, voice = material.run, material.voice
    start = voice.time(run.header.started)
    ended = voice.say("took", start=start, end=voice.time(run.footer.ended)) if run.footer else ""
    yield voice.words["tested"], ended or voice.say("unfinished", start=start)
    yield voice.words["tested_with"], f"rivta {run.header.rivta}, Python {run.header.python}"
    yield voice.words["run"], run.header.run
    for key, name in (("signer", "signer"), ("signed_on", "date"), ("contact", "contact")):
        if told := fact(material.declaration.form, name):
            yield voice.words[key], told


def basis(material: Material) -> View:
    """Everything that decides what a run can show: contracts, suites by their checksums, environment, test identities."""
    header, voice = material.run.header, material.voice
    identities = ", ".join(sorted(header.test_identities))
    return {
        "contracts": [
            voice.told(each, "word", "title", "version", "digest")
            | {"origin": _origin(each, voice), "limit": voice.ms(each.max_ms)}
            for each in material.contracts
        ],
        "suites": [*header.suites.items()],
        "environment": [*header.environment.items()],
        "changes": [_change(each, voice) for each in header.changes],
        "identities": f"{voice.words['test_identities_lead']} {identities}."
        if identities
        else voice.words["test_identities_none"],
    }


def _change(change: Change, voice: Voice) -> tuple[str, str]:
    """From when on something is another, and what: results are those of what held when their case began."""
    none = voice.words["not_stated"]
    told = voice.say("environment_change", name=change.name, before=change.before or none, after=change.after or none)
    return voice.time(change.at), told


def _origin(contract: ContractFacts, voice: Voice) -> str:
    """Whose schema it is, in words."""
    return voice.words["origin_official" if contract.origin == "official" else "origin_restatement"]
