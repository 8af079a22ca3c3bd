"""Declaration forms as data: read, filled in from the evidence and the vendor's answers, and looked through for what lacks.

suites/<domain>/forms/<role>.yaml     a domain's own form for a role
suites/forms/producer.yaml            the skeleton for every role that answers calls
suites/forms/consumer.yaml            the skeleton for every role that makes them
suites/forms/party.yaml               the skeleton for a role that does neither
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from rivta.declaration.form.figures import FIGURES
from rivta.declaration.form.filling import Shortcoming, asked, bad_value, counts, fill, is_asked, shortcomings
from rivta.declaration.form.reader import FORM, FormReader
from rivta.model.declaration import Form
from rivta.model.domain import Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.text import places
from rivta.text.yaml import grammar


def read(path: Path, domain: Domain | None = None, cases: Collection[str] | None = None, role: str = "") -> Form:
    """The form that a file holds. `role` is the domain's role that a skeleton is read for.

    With a domain the requirements, the role and the contracts that the form names must exist there; with the keys of its
    cases the cases too. UsageError, or Mistakes with all of them, for what is wrong.
    """
    reader = FormReader(domain, cases)
    form = reader.form(path, role)
    grammar.settle(reader.found)
    return form


def for_role(domain: Domain, role: str, cases: Collection[str] | None = None) -> tuple[Form, ...]:
    """The forms that a role is declared in: the domain's own, else the skeletons for the parts that the role plays."""
    if role not in domain.roles:
        raise UsageError(f"{domain.name} has no role “{role}”", todo=did_you_mean(role, domain.roles))
    own = domain.folder / "forms" / f"{role}.yaml"
    if own.is_file():
        return (read(own, domain, cases),)
    parts = domain.roles[role]
    plays = [name for name, some in (("producer", parts.produces), ("consumer", parts.consumes)) if some]
    skeletons = (places.suites() / "forms" / f"{name}.yaml" for name in plays or ["party"])
    return tuple(read(path, domain, cases, role) for path in skeletons)


def json_schema() -> dict[str, Any]:
    """The form of a form as JSON Schema (draft 2020-12), for editors. What must exist elsewhere is beyond it."""
    return grammar.json_schema(FORM, "A declaration form of pytest-rivta")
