"""The parts of the manual that are made from the code, and the project folder that its examples describe.

A made part stands in a page between `<!-- made: NAME -->` and `<!-- end -->`. RIVTA_GOLDEN=write makes them anew.
"""

import argparse
import inspect
import re
import shutil
import subprocess
import textwrap
import typing
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from projects import command_here
from reference_system import domain as shipped_domain
from reference_system import read_referrals, started
from rivta import check, suite
from rivta.cli import COMMANDS, arguments
from rivta.model.domain import Domain
from rivta.model.environment import TlsFiles
from rivta.model.run import PlannedCase
from rivta.plugin.options import pytest_addoption
from rivta.simulator import Server, serve
from rivta.suite import Parameter
from rivta.text import places

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SNIPPETS = DOCS / "snippets"
DOMAIN = "clinicalprocess.activity.request"
PLACES: Mapping[str, str] = {
    f"suites/{DOMAIN}/domain.yaml": "domain.yaml",
    f"suites/{DOMAIN}/ProcessRequest/producer.yaml": "suite.yaml",
    f"suites/{DOMAIN}/ProcessRequest/consumer.yaml": "consumer.yaml",
    f"suites/{DOMAIN}/ProcessRequest/letter.txt": "letter.txt",
    f"suites/{DOMAIN}/ProcessRequest/messages/referral.xml": "referral.xml",
    f"scenarios/{DOMAIN}/amended-twice.yaml": "scenario.yaml",
}
"""Where each file of docs/snippets lies in a project of one's own."""
CHECKS = ("checks.yaml", "records.yaml", "calls.yaml", "asks.yaml")
"""The snippets with an example of each kind of check: of replies, of the records in them, and of calls."""
_TAKEN_OVER = ("schemas", "ProcessRequest/rules-request.sch", "ProcessRequest/rules-response.sch")
_MADE = re.compile(r"(?<=<!-- made: )([a-z ]+)( -->\n)(.*?)(?=<!-- end -->)", re.DOTALL)
_TAKES = {
    "text": "text",
    "whole": "a whole number",
    "yes/no": "yes or no",
    "expectations": "expectations",
    "texts": "a list of texts",
    "wholes": "a list of whole numbers",
    "texts, named or not": "a list of texts, or a text for each name",
}


def project(folder: Path) -> Path:
    """The project that the manual describes: its own snippets, with the shipped schemas and rules for them."""
    own, shipped = folder / "suites" / DOMAIN, places.suites() / DOMAIN
    for name in _TAKEN_OVER:
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (shipped / name).is_dir() else shutil.copy)(shipped / name, own / name)
    for place, name in PLACES.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SNIPPETS / name, folder / place)
    return folder


def pages() -> list[Path]:
    """Everything that people read: the README and the manual."""
    return [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def made_parts(page: str) -> list[str]:
    """The names of the made parts of a page."""
    return [match[1] for match in _MADE.finditer(page)]


def made_anew(page: str) -> str:
    """The page with every made part as the code has it now."""
    return _MADE.sub(lambda match: f"{match[1]}{match[2]}\n{_make(match[1])}\n\n", page)


def _make(name: str) -> str:
    first, _, rest = name.partition(" ")
    return MAKERS[first](rest).strip()


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parser of every command, as `rivta` builds it."""
    parsers = {}
    for name in COMMANDS:
        parsers[name] = argparse.ArgumentParser(prog=f"rivta {name}", allow_abbrev=False, exit_on_error=False)
        arguments.declare(parsers[name], arguments.commands()[name])
    return parsers


def options_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The options and arguments of a command, but not `--help` and not its subcommands."""
    known = argparse._HelpAction, argparse._SubParsersAction
    return [action for action in parser._actions if not isinstance(action, known) and action.help != argparse.SUPPRESS]


def subcommands(parser: argparse.ArgumentParser) -> dict[str, tuple[str, argparse.ArgumentParser]]:
    """`list` and `show` of `rivta contracts`, each with its help. Most commands have none."""
    below = next((one for one in parser._actions if isinstance(one, argparse._SubParsersAction)), None)
    if below is None:
        return {}
    return {one.dest: (one.help or "", below.choices[one.dest]) for one in below._choices_actions}


def pytest_options() -> list[argparse.Action]:
    """What the plugin adds to pytest."""
    taken = argparse.ArgumentParser(add_help=False)

    class Group:
        def addoption(self, *names: str, **words: typing.Any) -> None:
            taken.add_argument(*names, **words)

    class Parser:
        def getgroup(self, *_: str) -> Group:
            return Group()

    pytest_addoption(typing.cast("pytest.Parser", Parser()))
    return taken._actions


def _overview(_: str) -> str:
    return _table(
        ("command", "what it does"),
        ((f"[`rivta {name}`](#rivta-{name})", f"{text}.") for name, text in COMMANDS.items()),
    )


def _command(name: str) -> str:
    parser = commands()[name]
    parts = [f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.", *_words_of(parser)]
    for word, (text, inner) in subcommands(parser).items():
        arguments = [_word(one) for one in options_of(inner) if not one.option_strings]
        parts.append(f"`{' '.join((f'rivta {name} {word}', *arguments))}`: {text}.")
        parts += _words_of(inner) if len(arguments) < len(options_of(inner)) else []
    return "\n\n".join(parts)


def _words_of(parser: argparse.ArgumentParser) -> list[str]:
    words = options_of(parser)
    return [*([_option_table(words)] if words else []), *([parser.epilog] if parser.epilog else [])]


def _pytest(_: str) -> str:
    return _option_table(pytest_options())


def _option_table(actions: list[argparse.Action]) -> str:
    return _table(("word", "what it means"), ((f"`{_word(action)}`", _meaning(action)) for action in actions))


def _word(action: argparse.Action) -> str:
    value = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else "")
    if not action.option_strings:
        return f"{value}…" if action.nargs == "+" else str(value)
    return ", ".join(action.option_strings) + (f" {value}" if action.nargs != 0 else "")


def _meaning(action: argparse.Action) -> str:
    meaning = escape(action.help or "", quote=False) or "which of them"
    if isinstance(action, argparse._AppendAction) and "may be" not in meaning:
        meaning += "; may be repeated"
    return meaning + (" (required)" if action.required and action.option_strings else "")


def _checks(_: str) -> str:
    domain = shipped_domain()
    unwritten = (*domain.every_case, *(name for name in domain.every_received if name not in domain.every_case))
    others = sorted(set(check.KINDS) - set(unwritten))
    return "\n\n".join(_check(name, domain) for name in (*unwritten, *others))


def _check(name: str, domain: Domain) -> str:
    kind = check.vocabulary()[name]
    parts = [f"## {name}", kind.doc]
    if kind.parameters:
        signature = {key.rstrip("_"): one for key, one in inspect.signature(check.KINDS[name]).parameters.items()}
        rows = (
            (f"`{one.name}`", _takes(one), _needed(one, signature[one.name].default, kind.parameters))
            for one in kind.parameters
        )
        parts.append(_table(("key", "takes", "needed"), rows))
    if name in domain.every_case or name in domain.every_received:
        parts.append(_unwritten(name, domain))
    parts.append(f"```yaml\n{example_of(name)}\n```")
    return "\n\n".join(parts)


def _unwritten(name: str, domain: Domain) -> str:
    """Where a check runs without being written, and what it then proves."""
    places = (
        ("in every case", domain.every_case.get(name)),
        ("on every message received", domain.every_received.get(name)),
    )
    told = " and ".join(f"{where}, which proves `{proved}`," for where, proved in places if proved)
    return f"In Elektronisk remiss it runs {told.rstrip(',')}."


def _takes(parameter: Parameter) -> str:
    return " or ".join(f"`{word}`" for word in parameter.words) or _TAKES[parameter.shape]


def _needed(parameter: Parameter, default: object, all_: Iterable[Parameter]) -> str:
    if parameter.required:
        alone = parameter.first and sum(one.required for one in all_) == 1
        return "yes; may stand alone" if alone else "yes"
    unless = "" if default is None else f"; else {_yaml(default)}"
    return f"no{unless}; may stand alone" if parameter.first else f"no{unless}"


def _yaml(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else f"`{value}`"


def example_of(kind: str) -> str:
    """What stands below `send`, or below a ruler, in the case of a snippet that is named like the kind of check."""
    written = [(SNIPPETS / name).read_text(encoding="utf-8").partition("\ncases:\n")[2] for name in CHECKS]
    cases = (case for text in written for case in re.split(r"^  - id: ", text, flags=re.MULTILINE))
    case = next(text for text in cases if text.startswith(f"{kind}\n"))
    return textwrap.dedent(re.split(r"^    send: .*\n|^ +# ---\n", case, flags=re.MULTILINE)[1]).strip()


def _preconditions(_: str) -> str:
    domain = shipped_domain()
    needing = _cases_by_precondition(domain)
    rows = (
        (f"`{one.id}`", one.text.en, ", ".join(f"`{name}`" for name in one.data), _some(needing[one.id]))
        for one in domain.preconditions.values()
    )
    return _table(("precondition", "what must be there", "test data that say where", "cases"), rows)


def _cases_by_precondition(domain: Domain) -> Mapping[str, list[str]]:
    needing: dict[str, list[str]] = defaultdict(list)
    for path in [
        *sorted((*domain.folder.glob("*/producer.yaml"), *domain.folder.glob("*/consumer.yaml"))),
        *sorted((places.scenarios() / domain.name).glob("*.yaml")),
    ]:
        for case in suite.read(path, domain, check.vocabulary()).cases:
            planned = PlannedCase(case.id, case.title, case.contract, case.role, str(path), case.verifies)
            for needed in case.requires:
                needing[needed].append(domain.contracts.key(planned.key))
    return needing


def _some(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more"


def _layout(_: str) -> str:
    shown = {**PLACES, **{f"suites/{DOMAIN}/{name}": "" for name in _TAKEN_OVER}}
    width = max(len(_line_of(place)) for place in shown) + 2
    lines = []
    above: tuple[str, ...] = ()
    for place in sorted(shown, key=lambda place: (place.partition("/")[0] == "scenarios", place.split("/"))):
        parts = tuple(place.split("/"))
        for depth, part in enumerate(parts[:-1]):
            if parts[: depth + 1] != above[: depth + 1]:
                lines.append(f"{'  ' * depth}{part}/")
        above = parts[:-1]
        note = _NOTES.get(shown[place] or parts[-1], "")
        lines.append(f"{_line_of(place):<{width}}{note}".rstrip())
    return "```text\n" + "\n".join(lines) + "\n```"


def _line_of(place: str) -> str:
    parts = place.split("/")
    return f"{'  ' * (len(parts) - 1)}{parts[-1]}{'' if '.' in parts[-1] else '/'}"


_NOTES: Mapping[str, str] = {
    "domain.yaml": "contracts, roles, requirements, preconditions",
    "schemas": "WSDL and XSD, laid out as in a release package",
    "suite.yaml": "a suite for a system that we call: its cases",
    "consumer.yaml": "a suite for a system that calls us",
    "rules-request.sch": "Schematron rules for what is sent",
    "rules-response.sch": "Schematron rules for what is answered",
    "letter.txt": "a file that the suite puts into a message",
    "referral.xml": "a message with placeholders",
    "scenario.yaml": "a scenario: several steps",
}


def _mistake(_: str) -> str:
    with TemporaryDirectory() as folder:
        here = project(Path(folder))
        path = here / "suites" / DOMAIN / "ProcessRequest" / "producer.yaml"
        written = path.read_text(encoding="utf-8")
        for right, wrong in (
            ("[PR-S-postalCode]", "[PR-S-postalcode]"),
            ("${units.without-forwarding}", "${units.without}"),
        ):
            assert right in written
            written = written.replace(right, wrong, 1)
        path.write_text(written, encoding="utf-8")
        return _text(rivta(here, "lint", "--suites", "suites").stderr)


def _red(_: str) -> str:
    """The first case of what test_plugin.py expects of the terminal."""
    shown = (ROOT / "tests" / "golden" / "red_case.txt").read_text(encoding="utf-8")
    return _text(shown.partition("\n\n")[2].partition("\n########")[0])


def _text(shown: str) -> str:
    return f"```text\n{shown.strip()}\n```"


def rivta(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, in a folder, in this process."""
    return command_here(list(words), folder)


@contextmanager
def referee(*, faults: tuple[str, ...] = (), tls: TlsFiles | None = None) -> Iterator[Server]:
    """The reference system, as `rivta reference` starts it, on a free port."""
    with started(faults=faults, referrals=read_referrals()) as system, serve(system, tls=tls) as server:
        yield server


def least_environment(url: str) -> str:
    """The least environment of the manual, pointed at another address."""
    return (SNIPPETS / "modeline.yaml").read_text(encoding="utf-8").replace("https://journal.example", url)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    shown = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in shown)


MAKERS: Mapping[str, Callable[[str], str]] = {
    "checks": _checks,
    "command": _command,
    "layout": _layout,
    "mistake": _mistake,
    "overview": _overview,
    "preconditions": _preconditions,
    "pytest": _pytest,
    "red": _red,
}
