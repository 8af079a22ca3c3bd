"""`rivta report`: the declaration again, from the evidence and what people wrote beside it, in any format."""

import argparse
import sys
from pathlib import Path

from rivta import evidence
from rivta.cli import sign
from rivta.declaration import dossier
from rivta.model.errors import Refused, UsageError
from rivta.model.run import Papers
from rivta.report import formats
from rivta.text import identity


def configure(parser: argparse.ArgumentParser) -> None:
    """Which run, in which format, with which papers, where to."""
    parser.add_argument("run", metavar="RUN", help="the folder of a run, or its evidence.jsonl")
    parser.add_argument("--format", choices=tuple(formats.SUFFIXES), default="html", help="the format (default: html)")
    parser.add_argument(
        "--output",
        "-o",
        metavar="FILE",
        help="where to write, - for the terminal (default: declaration.* in the run's folder)",
    )
    parser.add_argument("--lang", choices=("sv", "en"), default="sv", help="the report's language (default: sv)")
    parser.add_argument(
        "--mask",
        choices=("identities", "all"),
        default="identities",
        help="what is hidden: identities that are no test persons, or names, addresses and free text too",
    )
    parser.add_argument("--answers", metavar="FILE", help="the vendor's file (default: the one that the run keeps)")
    parser.add_argument("--deviations", metavar="FILE", help="known deviations (default: those that the run keeps)")
    parser.add_argument("--previous", metavar="RUN", help="an earlier run to compare with")
    parser.add_argument("--sign", metavar="KEY", help="sign the file with this private key (PEM)")
    parser.add_argument("--certificate", metavar="FILE", help="the key's certificate (PEM)")
    parser.add_argument("--suites", metavar="DIR", help="where the domains lie (default: those shipped with rivta)")


def run(args: argparse.Namespace) -> int:
    """Render and print the path. A run that was cut short is rendered too, and says so."""
    _check_signing(args)
    read = evidence.read(Path(args.run))
    read = dossier.veiled(read) if args.mask == "all" else read
    papers = dossier.beside(Papers(*(_path(args, name) for name in ("answers", "deviations", "previous"))), read.folder)
    drawn_up = dossier.draw_up(read, papers, _path(args, "suites"))
    rendered = formats.rendered(drawn_up, args.format, args.lang)
    if args.output == "-":
        sys.stdout.buffer.write(rendered)
        return 0
    output = Path(args.output) if args.output else read.folder / f"declaration{formats.SUFFIXES[args.format]}"
    _write(output, rendered)
    print(output)
    if args.sign:
        print(sign.signed(output, Path(args.sign), Path(args.certificate)))
    return 0


def _check_signing(args: argparse.Namespace) -> None:
    if bool(args.sign) != bool(args.certificate):
        raise UsageError("a signature needs both a key and its certificate", todo="give --sign and --certificate")
    if args.sign and args.output == "-":
        raise UsageError("what goes to the terminal cannot be signed", todo="name a file with -o")


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
