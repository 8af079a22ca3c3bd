"""`rivta declaration init`: the file that asks the vendor what no test can tell."""

import argparse
from pathlib import Path

from rivta import evidence
from rivta.cli.declaration import add_suites, find_domain, forms_of, sort_deviations, summary
from rivta.declaration import answers, form, proven
from rivta.model.declaration import Answers, Declaration
from rivta.model.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    """Which roles, from which run, where to."""
    parser.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="ROLE",
        help="the role that is declared (default: those of the run)",
    )
    parser.add_argument("--domain", default="", metavar="NAME", help="the service domain, if there are several")
    parser.add_argument("--run", metavar="RUN", help="a run: what it shows is told, and what it cannot show is asked")
    parser.add_argument("--deviations", metavar="FILE", help="known deviations: what they explain is not asked")
    parser.add_argument(
        "--output", "-o", default="answers.yaml", metavar="FILE", help="where to write (default: answers.yaml)"
    )
    parser.add_argument("--update", action="store_true", help="add to the file what it lacks, and change nothing in it")
    parser.add_argument("--lang", choices=("sv", "en"), default="sv", help="the language of the help (default: sv)")
    add_suites(parser)


def run(args: argparse.Namespace) -> int:
    """Write the file and print its path, and where each form's answers come from."""
    path = Path(args.output)
    old = _old(path, update=args.update)
    declared = proven.of(evidence.read(Path(args.run))) if args.run else None
    known = sort_deviations(args.deviations, declared.run if declared else None)
    domain = find_domain(args, old.domain if old else args.domain or _domain_of(declared))
    roles = _roles(args.role, old, declared)
    if not roles:
        raise UsageError("which role is declared?", todo=f"add --role: {', '.join(domain.roles)}")
    filled = [form.fill(each, declared, old, known) for each in forms_of(domain, roles)]
    asked = [each for one in filled for each in form.asked(one)]
    draft = answers.draft(filled, asked, args.lang)
    text = draft.added_to(path.read_text(encoding="utf-8"), str(path)) if old else draft.text()
    path.write_text(text, encoding="utf-8")
    print(path)
    for one in filled:
        print(summary(one))
    return 0


def _old(path: Path, *, update: bool) -> Answers | None:
    """The answers that are there already. Nobody's answers are ever written over."""
    if not path.exists():
        return None
    if not update:
        todo = "add --update to add what it lacks, or name another file with -o"
        raise UsageError(f"{path} is there already, and may hold answers", todo=todo)
    return answers.read(path)


def _domain_of(declared: Declaration | None) -> str:
    domains = declared.run.header.domains if declared else ()
    return domains[0].name if domains else ""


def _roles(wanted: list[str], old: Answers | None, declared: Declaration | None) -> list[str]:
    if old is None:
        return wanted or list(declared.run.header.roles if declared else ())
    for role in wanted:
        if role not in old.roles:
            source = old.places.get("roles")
            raise UsageError(f"{role} is not among the roles of this file", source=source, todo="add it there first")
    return list(old.roles)
