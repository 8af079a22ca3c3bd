"""Named faults: those that any system can have (`general.yaml`), and those that a domain writes down in `faults.yaml`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path
from typing import Final

from rivta.contract.rules import ids_of
from rivta.model.domain import Contract, Domain
from rivta.model.words import Direction, Text
from rivta.simulator.faults import answers, calls, records
from rivta.simulator.faults.fault import Fault, Flaws, chosen
from rivta.simulator.faults.file import read_general
from rivta.simulator.reference import Reference

_GENERAL: Final = Path(__file__).with_name("general.yaml")


def general(reference: Reference) -> Iterator[Fault]:
    """The faults that a system of the domain can have whatever the domain is about, with what each breaks."""
    domain = reference.domain
    slowest = max((contract.max_ms for contract in domain.contracts.values()), default=0)
    # Those that need code, by name, as yet without a text.
    turned_away = ((name, {"turns_away": when}) for name, when in calls.turned_away(domain))
    own = (turned_away, calls.sent(domain), answers.outcomes(), answers.envelopes(), answers.replies(slowest))
    made = chain(*own, ((name, {}) for name in records.NAMES))
    written = read_general(_GENERAL, domain, {name: Fault(name, Text.same(""), **hooks) for name, hooks in made})
    for is_each_contracts, faults in groupby(written, lambda fault: "{" in fault.name):
        if is_each_contracts:
            templates = tuple(faults)
            asked = tuple(each for each in templates if "{question}" in each.name)
            templates = tuple(each for each in templates if each not in asked)
            yield from chain.from_iterable(
                _of_contract(each, templates, reference) for each in domain.contracts.values()
            )
            for name, id_ in reference.meets.items():
                yield from (replace(_filled(each, {"question": name}), breaks=(id_,)) for each in asked)
        else:
            yield from (
                _with_breaks(_filled(fault, {"ms": slowest}), domain)
                for fault in faults
                if domain.contracts or fault.passes
            )


def _with_breaks(fault: Fault, domain: Domain) -> Fault:
    proven_by = domain.every_received if fault.posts or fault.drafts else domain.every_case
    shown = proven_by.get(fault.shown_by)
    return replace(fault, breaks=(shown,)) if shown else fault


def _of_contract(contract: Contract, templates: Sequence[Fault], reference: Reference) -> Iterator[Fault]:
    """What the system lets through or turns away of one contract's requests: each rule, the schema, the size."""
    noun = reference.noun(contract)
    values = {
        "code": reference.code(contract),
        "noun": noun,
        "Noun": Text(f"{noun.sv[:1].upper()}{noun.sv[1:]}", f"{noun.en[:1].upper()}{noun.en[1:]}"),
    }
    for template in templates:
        if template.name in records.NAMES:
            for fault, what, filter_ in records.made(template, contract.records) if contract.records else ():
                named = (f"{values['code']}-{each}" for each in what.split())
                breaks = tuple(each for each in named if each in reference.domain.requirements)
                yield replace(_filled(fault, {**values, "filter": filter_}), breaks=breaks)
            continue
        if "{rule}" not in template.name:
            is_of_size = template.turns_away is not None
            fault = replace(template, turns_away=calls.too_large_for(contract)) if is_of_size else template
            yield _filled(fault, values)
            continue
        for rule in chain.from_iterable(map(ids_of, contract.rules.get(Direction.REQUEST, ()))):
            # A rule proves the requirement that it is named for.
            breaks = (rule,) if rule in reference.domain.requirements else ()
            yield replace(_filled(template, {**values, "rule": rule}), breaks=breaks)


def _filled(fault: Fault, values: Mapping[str, object]) -> Fault:
    sv, en = (
        getattr(fault.text, lang).format(
            **{name: value.in_(lang) if isinstance(value, Text) else value for name, value in values.items()}
        )
        for lang in ("sv", "en")
    )
    skips, hides = (frozenset(name.format(**values) for name in names) for names in (fault.skips, fault.hides))
    return replace(fault, name=fault.name.format(**values), text=Text(sv, en), skips=skips, hides=hides)
