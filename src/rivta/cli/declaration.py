"""`rivta declaration`: the vendor's part of the self-declaration: write the file for it, check it, fill in the official form."""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rivta import contract, evidence
from rivta.cli.arguments import refuse_identity_in, suites, write
from rivta.declaration import answers, deviations, draft, form, proven
from rivta.declaration.form import Shortcoming
from rivta.model.declaration import Answers, Declaration, FilledForm, Form
from rivta.model.domain import Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.run import Run
from rivta.model.words import Lang
from rivta.report import word
from rivta.text import places

COMPLETE, LACKING = 0, 1


def run(args: argparse.Namespace) -> int:
    return {"init": init, "check": check, "fill": fill}[args.action](args)


# init: the file that asks the vendor what no test can tell


def init(args: argparse.Namespace) -> int:
    """Write the file and print its path, and where each form's answers come from."""
    output: Path = args.output
    declared = _declared(evidence.read(args.run) if args.run else None, args.deviations)
    old = _old(output, declared, update=args.update)
    told = declared.run.header.domains[:1] if declared else ()
    named, wanted = _wanted(args)
    domain = _find_domain(args, old.domain if old else named or "".join(each.name for each in told), wanted)
    roles = _roles_declared(wanted, old, declared)
    if not roles:
        raise UsageError("which role is declared?", todo=f"add --role: {', '.join(domain.roles)}")
    filled = [form.fill(each, declared, old) for each in _forms_of(domain, roles)]
    asked = [each for one in filled for each in form.asked(one)]
    drawn = draft.of(filled, asked, args.lang)
    text = drawn.added_to(output.read_text(encoding="utf-8"), str(output)) if old else drawn.text()
    write(output, text.encode())
    print(output)
    for one in filled:
        print(_summary(one))
    return 0


def _wanted(args: argparse.Namespace) -> tuple[str, list[str]]:
    """The domain and the roles that options name: a role may be written with its domain, as DOMAIN/ROLE."""
    parted = [role.rpartition("/") for role in args.role]
    domains = {domain: None for domain in (args.domain or "", *(domain for domain, _, _ in parted)) if domain}
    if len(domains) > 1:
        raise UsageError(f"{' and '.join(domains)} are two domains", todo="declare one at a time")
    return "".join(domains), [role for _, _, role in parted]


def _old(output: Path, declared: Declaration | None, *, update: bool) -> Answers | None:
    """The answers that are there already. Nobody's answers are ever written over."""
    if not output.exists():
        return None
    if not update:
        todo = "add --update to add what it lacks, or name another file with -o"
        raise UsageError(f"{output} is there already, and may hold answers", todo=todo)
    return answers.read(output, test_identities=declared.run.header.test_identities if declared else ())


def _roles_declared(wanted: list[str], old: Answers | None, declared: Declaration | None) -> list[str]:
    if old is None:
        return wanted or list(declared.run.header.roles if declared else ())
    for role in wanted:
        if role not in old.roles:
            source = old.places.get("roles")
            raise UsageError(f"{role} is not among the roles of this file", source=source, todo="add it there first")
    return list(old.roles)


# check: what still keeps the declaration from being handed in


def check(args: argparse.Namespace) -> int:
    """Print each shortcoming with its place, a line a form, and what it comes to."""
    seen = evidence.read(args.run) if args.run else None
    identities = seen.header.test_identities if seen else ()
    first = answers.read(args.file, test_identities=identities)
    domain = _find_domain(args, first.domain)
    forms = _forms_of(domain, _roles_known(first, domain))
    given = answers.read(args.file, forms, test_identities=identities)
    declared = _declared(seen, args.deviations)
    filled = [form.fill(each, declared, given) for each in forms]
    found = form.shortcomings(filled, given, seen.header.run if seen else "")
    for shortcoming in found:
        print(shortcoming.mistake, end="\n\n")
    for each in filled:
        states = Counter(str(one.state) for _, questions in each.sections for one in questions)
        told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        print(f"{_summary(each)}. {told}" if declared else _summary(each))
    print(_outcome(found, filled, seen))
    return LACKING if found else COMPLETE


def _roles_known(given: Answers, domain: Domain) -> Sequence[str]:
    for role in given.roles:
        if role not in domain.roles:
            todo = did_you_mean(role, domain.roles)
            raise UsageError(f"unknown role “{role}”", source=given.places.get("roles"), todo=todo)
    return given.roles


def _outcome(found: Sequence[Shortcoming], filled: Sequence[FilledForm], seen: Run | None) -> str:
    kinds = Counter(each.kind for each in found)
    if found:
        return f"{kinds['missing']} missing, {kinds['contradictory']} contradictory"
    if seen is None:
        return "complete, as far as can be told without a run"
    questions = (each for one in filled for _, questions in one.sections for each in questions)
    proposals = sum(each.state == "proposed" for each in questions)
    if not proposals:
        return "complete"
    return (
        f"complete; {proposals} answers are proposals of the run. When they are read through, write under vendor:\n"
        f"  confirmed-run: {seen.header.run}\n  confirmed-by: <name>"
    )


# fill: the official Word form, filled in


def fill(args: argparse.Namespace) -> int:
    """Fill in, write, and print what was filled in, what is only proposed, and what had no place."""
    source, output = args.form, args.output
    refuse_identity_in(output)
    if output.exists() and source.exists() and output.samefile(source):
        raise UsageError("the form would be written over", todo="give another file to -o")
    read = word.read_form(source)
    seen = evidence.read(args.run) if args.run else None
    identities = seen.header.test_identities if seen else ()
    said = answers.read(args.answers, test_identities=identities) if args.answers else None
    # Our own form for the same side, whose questions cite the official test cases too.
    skeleton = form.read(places.suites() / "forms" / f"{read.role}.yaml", role=read.role) if said else None
    filled = word.fill(read, seen, said, (form.fill(skeleton, None, said),) if skeleton else ())
    write(output, filled.body)
    print(_shown(filled.report, output, args.lang, as_json=args.json))
    return 0


def _shown(report: word.FillReport, output: Path, lang: Lang, *, as_json: bool) -> str:
    if as_json:
        listed = {"output": str(output), **word.as_json(report, lang)}
        return json.dumps(listed, ensure_ascii=False, indent=2)
    return f"{word.as_text(report, lang)}\n\n{output}"


# What several need


def _find_domain(args: argparse.Namespace, name: str, roles: Sequence[str] = ()) -> Domain:
    """The domain of that name; without a name the only one that is known and has such a role, or has contracts."""
    folders = {folder.name: folder for folder in contract.find_domains(suites(args))}
    if name:
        if name not in folders:
            raise UsageError(f"unknown domain “{name}”", todo=did_you_mean(name, folders))
        return contract.read_domain(folders[name])
    known = [each for each in map(contract.read_domain, folders.values()) if not each.lacks]
    meant = [each for each in known if each.roles.keys() & set(roles)] or [each for each in known if each.contracts]
    if len(meant) != 1:
        choices = sorted(each.name for each in meant) or sorted(folders)
        raise UsageError("which domain is declared?", todo=f"add --domain: {', '.join(choices)}")
    return meant[0]


def _forms_of(domain: Domain, roles: Iterable[str]) -> list[Form]:
    return [each for role in roles for each in form.for_role(domain, role)]


def _declared(run: Run | None, file: Path | None) -> Declaration | None:
    """What a run proves, held against the known deviations of a file where both are given."""
    known = deviations.sort(run, deviations.read(file)) if run and file else None
    return replace(proven.of(run), deviations=known) if run else None


def _summary(filled: FilledForm) -> str:
    """One line on where a form's answers come from."""
    counts = form.counts(filled.form)
    sources = ", ".join(f"{counts[name]} {name}" for name in ("cases", "coverage", "run", "vendor"))
    asked = len(form.asked(filled))
    name = f"{filled.form.role}" if filled.form.id == filled.form.role else f"{filled.form.role} ({filled.form.id})"
    return f"{name}: {counts['all']} questions ({sources}), {counts['confirm']} to confirm; {asked} for the vendor"
