"""What commands take, as `options.yaml` says it, and what several do in the same way."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from rivta.model.errors import Refused, UsageError
from rivta.text import identity, places
from rivta.text.catalogue import own
from rivta.text.files import writing

_TYPES = {"int": int, "float": float}


@cache
def commands() -> Mapping[str, Any]:
    """Each command by its name, as `options.yaml` has it: what it is, and what it takes."""
    said = own(Path(__file__).with_name("options.yaml"))
    return {name: each for name, each in said.items() if name != "shared"}


def declare(parser: argparse.ArgumentParser, said: Mapping[str, Any]) -> None:
    """Have a parser take what is said, and the commands below it."""
    parser.epilog = said.get("epilog")
    parser.set_defaults(passes_on=said.get("passes-on", False))
    for name, meaning in resolve_name(said["also"]).items() if "also" in said else ():
        parser.add_argument(f"--{name}", required=name == "env", **meaning)
    for names, each in said.get("takes", {}).items():
        parser.add_argument(*names.split(), **_meaning(each))
    if "either" in said:
        group = parser.add_mutually_exclusive_group()
        for names, each in said["either"].items():
            group.add_argument(*names.split(), **_meaning(each))
    if "commands" in said:
        below = parser.add_subparsers(required=True, **said["below"])
        for name, each in said["commands"].items():
            declare(below.add_parser(name, help=each["is"], description=sentence(each["is"]), allow_abbrev=False), each)


def _meaning(said: str | Mapping[str, Any]) -> dict[str, Any]:
    """An argument in argparse's words."""
    if isinstance(said, str):
        return {"action": "store_true", "help": said}
    found = {**said}
    if "file" in said:
        found |= {"metavar": found.pop("file"), "type": Path}
    if "type" in said:
        found["type"] = _TYPES[said["type"]]
    if isinstance(said.get("choices"), str):
        found["choices"] = tuple(resolve_name(said["choices"]))
    if found.pop("hidden", False):
        found |= {"default": argparse.SUPPRESS, "help": argparse.SUPPRESS}
    return found


def sentence(purpose: str) -> str:
    return f"{purpose[0].upper()}{purpose[1:]}."


def suites(args: argparse.Namespace) -> Path:
    return args.suites or places.suites()


def scenarios(args: argparse.Namespace) -> Path:
    beside = args.suites.parent / "scenarios" if args.suites else places.scenarios()
    return args.scenarios or beside


def address(listen: str, port: int) -> tuple[str, int]:
    """A host and a port; `port` is what an example is to say."""
    host, _, told = listen.rpartition(":")
    if not host or not told.isdigit() or int(told) > 65535:
        raise UsageError(f"“{listen}” is no HOST:PORT", todo=f"say for example 127.0.0.1:{port}")
    return host.strip("[]"), int(told)


def stopping() -> threading.Event:
    """What is set once somebody stops this program. Whoever stops it twice does not wait for what it has left to write."""
    stop = threading.Event()

    def stopped(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
    return stop


def refuse_identity_in(output: Path) -> None:
    """A file's name is seen by more people than its content."""
    if any(found.value not in identity.PUBLISHED for found in identity.find(output.name)):
        raise Refused("the name of the file to write holds a person’s number", todo="choose another name")


def write(output: Path, body: bytes | Iterable[bytes]) -> None:
    """The file that a person named. UsageError where there is no such place, Unwritable where it cannot be written."""
    if output.is_dir() or not output.parent.is_dir():
        what = "it is a folder" if output.is_dir() else f"there is no folder {output.parent}"
        raise UsageError(f"{output} cannot be written: {what}", todo="name another file")
    with writing(output), output.open("wb") as file:
        file.writelines([body] if isinstance(body, bytes) else body)


def progress() -> Callable[[str], None]:
    """Show what is being done to a person who waits, and nothing once it is done; say nothing into a file."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda what: print(f"\r\x1b[K{what} …" if what else "\r\x1b[K", end="", file=sys.stderr, flush=True)
