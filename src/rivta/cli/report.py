"""`rivta report`: the declaration again, from the evidence and what people wrote beside it, in any format."""

import argparse
import sys
from pathlib import Path

from rivta import dossier, evidence, identity
from rivta.errors import Refused, UsageError
from rivta.model import Papers


def configure(parser: argparse.ArgumentParser) -> None:
    """Which run, in which format, with which papers, where to."""
    parser.add_argument("run", metavar="RUN", help="the folder of a run, or its evidence.jsonl")
    parser.add_argument("--format", choices=tuple(dossier.SUFFIXES), default="html", help="the format (default: html)")
    parser.add_argument(
        "--output",
        "-o",
        metavar="FILE",
        help="where to write, - for the terminal (default: declaration.* in the run's folder)",
    )
    parser.add_argument("--lang", choices=("sv", "en"), default="sv", help="the report's language (default: sv)")
    parser.add_argument("--answers", metavar="FILE", help="the vendor's file (default: the one that the run keeps)")
    parser.add_argument("--deviations", metavar="FILE", help="known deviations (default: those that the run keeps)")
    parser.add_argument("--previous", metavar="RUN", help="an earlier run to compare with")
    parser.add_argument("--suites", metavar="DIR", help="where the domains lie (default: those shipped with rivta)")


def run(args: argparse.Namespace) -> int:
    """Render and print the path. A run that was cut short is rendered too, and says so."""
    read = evidence.read(Path(args.run))
    papers = dossier.beside(Papers(*(_path(args, name) for name in ("answers", "deviations", "previous"))), read.folder)
    drawn_up = dossier.draw_up(read, papers, _path(args, "suites"))
    rendered = drawn_up.rendered(args.format, args.lang)
    if args.output == "-":
        sys.stdout.buffer.write(rendered)
        return 0
    output = Path(args.output) if args.output else read.folder / f"declaration{dossier.SUFFIXES[args.format]}"
    _write(output, rendered)
    print(output)
    return 0


def _path(args: argparse.Namespace, name: str) -> Path | None:
    named = getattr(args, name)
    return Path(named) if named else None


def _write(output: Path, rendered: bytes) -> None:
    if any(found.value not in identity.PUBLISHED for found in identity.find(output.name)):
        raise Refused("the name of the file to write holds a person’s number", todo="choose another name")
    try:
        output.write_bytes(rendered)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}", todo="name another file") from error
