"""What several commands are told in the same words, and do in the same way."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rivta.model.errors import Refused, UsageError
from rivta.text import identity, places
from rivta.text.files import writing


def add_word(parser: argparse.ArgumentParser, names: str, metavar: str, help: str, **more: Any) -> None:  # noqa: A002 - argparse's word
    """An argument that takes a value; `names` have blanks between them."""
    parser.add_argument(*names.split(), metavar=metavar, help=help, **more)


def add_path(parser: argparse.ArgumentParser, names: str, metavar: str, help: str, **more: Any) -> None:  # noqa: A002 - argparse's word
    """A file or a folder; None where it is not given."""
    add_word(parser, names, metavar, help, type=Path, **more)


def add_flag(parser: argparse.ArgumentParser, names: str, help: str) -> None:  # noqa: A002 - argparse's word
    """An option that is given or not."""
    parser.add_argument(*names.split(), action="store_true", help=help)


def add_suites(parser: argparse.ArgumentParser) -> None:
    add_path(parser, "--suites", "DIR", "where the domains lie (default: those shipped with rivta)")


def suites(args: argparse.Namespace) -> Path:
    return args.suites or places.suites()


def add_scenarios(parser: argparse.ArgumentParser) -> None:
    add_path(parser, "--scenarios", "DIR", "where the scenarios lie (default: beside the suites)")


def scenarios(args: argparse.Namespace) -> Path:
    beside = args.suites.parent / "scenarios" if args.suites else places.scenarios()
    return args.scenarios or beside


def add_lang(parser: argparse.ArgumentParser, of: str = "the report's language", default: str = "sv") -> None:
    parser.add_argument("--lang", choices=("sv", "en"), default=default, help=f"{of} (default: {default})")


def add_listen(parser: argparse.ArgumentParser, what: str, port: int) -> None:
    default = f"127.0.0.1:{port}"
    parser.add_argument("--listen", default=default, metavar="HOST:PORT", help=f"where {what} (default: {default})")


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
