"""`rivta declaration`: the vendor's part of the self-declaration. Each action is a file of its own, like a command."""

import argparse
import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from rivta import contract
from rivta.declaration import deviations, form
from rivta.model.declaration import FilledForm, Form, SortedDeviations
from rivta.model.domain import Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.run import Run
from rivta.text import places

ACTIONS: Mapping[str, tuple[str, str]] = {
    "init": ("declaration_init", "write the file that asks the vendor what no test can tell"),
    "check": ("declaration_check", "say what is missing or contradictory in the vendor's file"),
    "fill": ("fill", "fill in the official Word form"),
}
"""Each action's file in this folder, with `configure(parser)` and `run(args)`, and what it does."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The actions, each with its own words."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    for name, (file, purpose) in ACTIONS.items():
        action = actions.add_parser(name, help=purpose, description=f"{purpose.capitalize()}.", allow_abbrev=False)
        module = importlib.import_module(f"rivta.cli.{file}")
        module.configure(action)
        action.set_defaults(act=module.run)


def run(args: argparse.Namespace) -> int:
    """Whatever the action comes to."""
    code: int = args.act(args)
    return code


def add_suites(parser: argparse.ArgumentParser) -> None:
    """Where the domains and their forms lie."""
    parser.add_argument("--suites", metavar="DIR", help="where the domains lie (default: those shipped with rivta)")


def find_domain(args: argparse.Namespace, name: str) -> Domain:
    """The domain of that name; without a name the only one there is."""
    root = Path(args.suites) if args.suites else places.suites()
    folders = {folder.name: folder for folder in contract.find_domains(root)}
    if not name and len(folders) == 1:
        name = next(iter(folders))
    if name not in folders:
        what = f"unknown domain “{name}”" if name else "which domain is declared?"
        todo = did_you_mean(name, folders) if name else f"add --domain: {', '.join(sorted(folders))}"
        raise UsageError(what, todo=todo)
    return contract.read_domain(folders[name])


def forms_of(domain: Domain, roles: Iterable[str]) -> list[Form]:
    """The forms of all these roles."""
    return [each for role in roles for each in form.for_role(domain, role)]


def sort_deviations(file: str | None, run: Run | None) -> SortedDeviations | None:
    """A run's deviations held against those of a file; None unless both are given."""
    return deviations.sort(run, deviations.read(Path(file))) if file and run else None


def summary(filled: FilledForm) -> str:
    """One line on where a form's answers come from."""
    counts = form.counts(filled.form)
    sources = ", ".join(f"{counts[name]} {name}" for name in ("cases", "coverage", "run", "vendor"))
    asked = len(form.asked(filled))
    name = f"{filled.form.role}" if filled.form.id == filled.form.role else f"{filled.form.role} ({filled.form.id})"
    return f"{name}: {counts['all']} questions ({sources}), {counts['confirm']} to confirm; {asked} for the vendor"
