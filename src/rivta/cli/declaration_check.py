"""`rivta declaration check`: what still keeps the declaration from being handed in."""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rivta import evidence
from rivta.cli.declaration import add_suites, find_domain, forms_of, sort_deviations, summary
from rivta.declaration import answers, form, proven
from rivta.declaration.form import Shortcoming
from rivta.model.declaration import Answers, FilledForm
from rivta.model.domain import Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.run import Run

COMPLETE, LACKING = 0, 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Which file, against which run."""
    parser.add_argument("file", metavar="FILE", help="the vendor's file")
    parser.add_argument("--run", metavar="RUN", help="the run to hold the answers against")
    parser.add_argument(
        "--deviations", metavar="FILE", help="known deviations: what they explain needs no further words"
    )
    add_suites(parser)
    parser.epilog = "Exit code 0: complete. 1: something is missing or contradictory. 4: it cannot be read."


def run(args: argparse.Namespace) -> int:
    """Print each shortcoming with its place, a line a form, and what it comes to."""
    path = Path(args.file)
    seen = evidence.read(Path(args.run)) if args.run else None
    answers.refuse_identities_in(path, seen.header.test_identities if seen else ())
    first = answers.read(path)
    domain = find_domain(args, first.domain)
    forms = forms_of(domain, _roles(first, domain))
    given = answers.read(path, forms)
    answers.refuse_identities(given, seen.header.test_identities if seen else ())
    declared = proven.of(seen) if seen else None
    known = sort_deviations(args.deviations, seen)
    filled = [form.fill(each, declared, given, known) for each in forms]
    found = form.shortcomings(filled, given, seen.header.run if seen else "")
    for shortcoming in found:
        print(shortcoming.mistake, end="\n\n")
    for each in filled:
        print(f"{summary(each)}. {_states(each)}" if declared else summary(each))
    print(_outcome(found, filled, seen))
    return LACKING if found else COMPLETE


def _roles(given: Answers, domain: Domain) -> Sequence[str]:
    for role in given.roles:
        if role not in domain.roles:
            todo = did_you_mean(role, domain.roles)
            raise UsageError(f"unknown role “{role}”", source=given.places.get("roles"), todo=todo)
    return given.roles


def _states(filled: FilledForm) -> str:
    counted = Counter(str(each.state) for _, questions in filled.sections for each in questions)
    return ", ".join(f"{number} {state}" for state, number in sorted(counted.items()))


def _outcome(found: Sequence[Shortcoming], filled: Sequence[FilledForm], seen: Run | None) -> str:
    kinds = Counter(each.kind for each in found)
    if found:
        return f"{kinds['missing']} missing, {kinds['contradictory']} contradictory"
    if seen is None:
        return "complete, as far as can be told without a run"
    proposals = sum(
        each.state == "proposed" for form_ in filled for _, questions in form_.sections for each in questions
    )
    if not proposals:
        return "complete"
    return (
        f"complete; {proposals} answers are proposals of the run. When they are read through, write under vendor:\n"
        f"  confirmed-run: {seen.header.run}\n  confirmed-by: <name>"
    )
