"""`rivta init`: an environment to start from, for one role: asked for in three questions, or told in options."""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from rivta import contract, environment, simulator
from rivta.cli import arguments
from rivta.model.domain import Contract, Domain, Precondition, Role, contracts_of
from rivta.model.errors import NotInstalled, RivtaError, UsageError, did_you_mean
from rivta.model.frozen import frozen

_ANY_ADDRESS = "SE2321000016-TEST"
"""The logical address of nobody, where the domain's reference system answers at any."""
_PLAIN = re.compile(r"[\w./~-]+(?::[\w./~-]+)*")
"""What YAML takes for text within brackets without quotes."""


@frozen
class _Played:
    """A role, in one of the domains that have a role of its name."""

    domain: Domain
    role: Role

    @property
    def name(self) -> str:
        """What it is called where several domains have a role of its name."""
        return f"{self.domain.name}/{self.role.name}"

    @property
    def words(self) -> set[str]:
        """Everything that it may be called: a contract stands for who produces or consumes it."""
        return {self.role.name, self.name, *self.role.contract_words}


def run(args: argparse.Namespace) -> int:
    """Write the environment, read it as a run would, and say what to do next."""
    if args.output.exists():
        raise UsageError(f"{args.output} is there already", todo="name another file with -o")
    domains = contract.read_domains(arguments.suites(args), tell=arguments.progress())
    played = _played(args.role, [_Played(domain, role) for domain in domains for role in domain.roles.values()])
    domain, role = played.domain, played.role
    if domain.lacks and role.produces:
        raise NotInstalled(domain.lacks)
    known = contracts_of(domains)
    answers = {known.shown(name): known[name] for name in role.produces}
    url, certificate = args.url, args.certificate
    if url is None and answers:
        url = _asked("Where the system answers, such as https://host:8443")
    if not (certificate or args.url) and sys.stdin.isatty():
        certificate = _asked("Our certificate, a PEM file (Enter for none)")
    endpoints = {word: _text(_url(url or "", each)) for word, each in answers.items()}
    tls = ", ".join(_files({"certificate": certificate, "key": args.key, "ca": args.ca}, args.output.parent))
    _write(args.output, _written(domain, role, endpoints, tls), domains)
    print(f"{args.output}: {role.name} in {domain.name}")
    print(f"  → rivta lint --env {args.output}\n  → rivta run --env {args.output}")
    return 0


def _files(named: Mapping[str, str | Path | None], folder: Path) -> Iterator[str]:
    """Each as it is read in an environment that lies in the folder."""
    for name, file in named.items():
        if file:
            yield f"{name}: {_text(str(file) if Path(file).is_absolute() else os.path.relpath(file, folder))}"


def _write(output: Path, text: str, domains: list[Domain]) -> None:
    arguments.write(output, text.encode())
    try:
        environment.check_against(environment.read(output), domains)
    except RivtaError:
        output.unlink()  # it would be in the way of the next try, and may hold what is not to be kept
        raise


def _text(said: str) -> str:
    return said if _PLAIN.fullmatch(said) else json.dumps(said, ensure_ascii=False)


def _asked(question: str, known: Iterable[str] = ()) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"{question}: nobody is there to be asked", todo="tell it in an option; see rivta init --help")
    for each in known:
        print(each)
    try:
        return input(f"{question}: ").strip()
    except EOFError as error:
        raise UsageError(f"{question}: nothing was said", todo="tell it in an option; see rivta init --help") from error


def _played(said: str | None, among: list[_Played]) -> _Played:
    """The role that is meant: told in an option, or asked for until one is left. Of several those count whose package is installed."""
    word = _picked(among) if said is None else said
    if isinstance(word, _Played):
        return word
    meant = [each for each in among if word in each.words]
    meant = [each for each in meant if not each.domain.lacks] or meant
    if not meant:
        is_more = "/" in word or word[:1].isupper()
        known = {name for each in among for name in (each.words if is_more else {each.role.name})}
        raise UsageError(f"no domain here has the role “{word}”", todo=did_you_mean(word, known))
    if len(meant) == 1:
        return meant[0]
    if not sys.stdin.isatty():
        choices = ", ".join(each.name for each in meant)
        raise UsageError(f"“{word}” may mean several roles", todo=f"write one of: {choices}")
    return _played(None, meant)


def _picked(among: list[_Played]) -> _Played | str:
    """What somebody chooses by its number, or says in words."""
    lines = [f"{n:>4}  {each.role.name}: {each.role.title.en} ({each.domain.name})" for n, each in enumerate(among, 1)]
    lines.append("Its number, its name, or a contract that it has a part in")
    said = _asked("Role", lines).partition(":")[0].strip()
    return among[int(said) - 1] if said.isdecimal() and 0 < int(said) <= len(among) else said


def _written(domain: Domain, role: Role, endpoints: Mapping[str, str], tls: str) -> str:
    """The file, with what has to be in the system for some cases, a comment each above the names under which it is told where it is."""
    from jinja2 import Template  # noqa: PLC0415 - only who writes one waits for it

    template = Template((Path(__file__).parent / "environment.yaml.j2").read_text(encoding="utf-8"), trim_blocks=True)
    address = _address(domain, role) if endpoints else ""
    text = template.render(
        domain=domain, role=role, endpoints=endpoints, address=address, tls=tls, data=[*_data(domain)]
    )
    return f"{text.rstrip()}\n".replace(" \n", "\n")


def _address(domain: Domain, role: Role) -> str:
    """A logical address that the domain's reference system knows, so that a first run can be made against it."""
    with suppress(NotInstalled):  # without its schemas there is no reference system to run against either
        known = simulator.read_data(domain)[0].units_of(role.name)
        return known[0].hsa_id if known else _ANY_ADDRESS
    return _ANY_ADDRESS


def _url(url: str, one: Contract) -> str:
    """The contract's address: what was told, with the path that the Basic Profile recommends (rule 19) where it told none."""
    told = url or "https://your.host"
    is_host = not {"/", "?"} & {*told.partition("://")[2].rstrip("/")}
    return told.rstrip("/") + one.path if is_host else told


def _data(domain: Domain) -> Iterator[str]:
    """The names that preconditions ask for as one tree of YAML, and above each what it is for: in words the first time."""
    asked: dict[str, list[Precondition]] = {}
    for each in domain.preconditions.values():
        for name in each.data:
            asked.setdefault(name, []).append(each)
    first: dict[str, int] = {}  # what stands below one name stands together, where its first is asked for
    for number, name in enumerate(asked):
        for above in _above(name):
            first.setdefault(above, number)
    said: set[str] = set()
    for name in sorted(asked, key=lambda name: [first[above] for above in _above(name)]):
        *branches, leaf = _above(name)
        yield from (f"{_indented(branch)}:" for branch in branches if branch not in said)
        margin = "  " * len(branches)
        yield from (f"{margin}# {each.id}{'' if each.id in said else f': {each.text.en}'}" for each in asked[name])
        yield f"{_indented(leaf)}: …"
        said |= {*branches, *(each.id for each in asked[name])}


def _above(dotted: str) -> list[str]:
    """A dotted name with all that it stands below, the outermost first: `a`, `a.b`, `a.b.c`."""
    parts = dotted.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def _indented(dotted: str) -> str:
    return "  " * dotted.count(".") + dotted.rpartition(".")[2]
