"""`records.yaml`: of what the records of a domain are made that our own producers hold, of patients who are nobody.

The file is optional. What a contract says of its records is enough to make some: the file says which patients and units there are,
and what a record holds beside that by which it is chosen.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final

from rivta.contract.declarations import Declarations
from rivta.contract.general import FORM
from rivta.contract.records import check_text
from rivta.contract.wsdl import read_wsdl
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain
from rivta.model.errors import did_you_mean
from rivta.model.frozen import frozen
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.grammar import Found
from rivta.text.yaml.tree import Entry

FILE: Final = "records.yaml"
_PERSONAL_NUMBER: Final = "1.2.752.129.2.1.3.1"


@frozen
class Patient:
    """Whose records there are. `linked` are older identities of the same person: what is kept under them is theirs too."""

    id: str
    type: str = _PERSONAL_NUMBER
    linked: tuple[str, ...] = ()


@frozen
class Holds:
    """What the records of one contract hold beside that by which they are chosen, by paths from the record.

    `each` holds for all of them; for each entry of `some` the first patient has one more. Empty text takes away. `most` is how many
    an answer holds before it says that there is more; 0 is any number.
    """

    each: Mapping[str, str] = field(default_factory=dict)
    some: tuple[Mapping[str, str], ...] = ()
    most: int = 0


@frozen
class Held:
    """Of what a domain's records are made. `values` are those that records are chosen by, `contracts` by identity."""

    patients: tuple[Patient, ...] = (Patient("191212121212"), Patient("201212121212"))
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    withheld: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    contracts: Mapping[str, Holds] = field(default_factory=dict)

    def values_of(self, name: str) -> tuple[str, ...]:
        """What records may have there that are chosen by it."""
        return self.values.get(name, (f"SE2321000016-{name.upper()}1", f"SE2321000016-{name.upper()}2"))

    def holds(self, contract: Contract) -> Holds:
        return self.contracts.get(str(contract.id), Holds())


def read_held(domain: Domain) -> Held:
    """What a domain's folder says. UsageError, or Mistakes, for what is not so written, or what a contract's schema does not have."""
    path = domain.folder / FILE
    if not path.is_file() or domain.lacks:
        return Held()
    entry, found = grammar.load(compose.read(path), FORM[FILE]), Found()
    reading = {c for c in domain.contracts if domain.contracts[c].records}
    known = Contracts(domain.contracts[each] for each in reading)
    contracts = dict(_contracts(entry, known, found))
    chosen = {name for each in known.values() if each.records for name in each.records.chosen_by} - {"patient"}
    for name in entry.get("values", {}):
        if name not in chosen:
            what = f"no record of the domain is chosen by “{name}”"
            found.say(what, entry["values"].key_source(name), did_you_mean(name, chosen))
    grammar.settle(found)
    patients = tuple(Patient(**each.keywords()) for each in entry.get("patients", ()))
    return Held(patients or Held().patients, contracts=contracts, **entry.keywords("values", "withheld"))


def _contracts(entry: Entry, known: Contracts[Contract], found: Found) -> Iterator[tuple[str, Holds]]:
    for name, holds in entry.get("contracts", {}).items():
        with found.catching():
            contract = known.find(name, entry["contracts"].key_source(name))
            _check(contract, [*([holds["each"]] if "each" in holds else ()), *holds.get("some", ())], found)
            yield str(contract.id), Holds(**holds.keywords())


def _check(contract: Contract, held: list[Entry], found: Found) -> None:
    """Every path is one of the contract's records, and leads to text."""
    wsdl = read_wsdl(contract.wsdl)
    schema = Declarations(wsdl)
    steps = contract.records.path.split("/") if contract.records else ()
    way = schema.way(schema.element(wsdl.response_root), steps)
    for key in (key for entry in held for key, _ in entry.nodes.values()):
        if way:
            check_text(schema, way, key, found)
