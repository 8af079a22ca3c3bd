"""`rivta report`: the declaration again, from the evidence and what people wrote beside it, in any format."""

import argparse
import sys
from pathlib import Path

from rivta import evidence
from rivta.cli import sign
from rivta.cli.arguments import add_lang, add_path, add_suites, refuse_identity_in, write
from rivta.declaration import dossier
from rivta.evidence import seal
from rivta.model.errors import UsageError
from rivta.model.run import Papers
from rivta.report import formats


def configure(parser: argparse.ArgumentParser) -> None:
    add_path(parser, "run", metavar="RUN", help="the folder of a run, or its evidence.jsonl")
    parser.add_argument("--format", choices=tuple(formats.SUFFIXES), default="html", help="the format (default: html)")
    parser.add_argument(
        "--output",
        "-o",
        metavar="FILE",
        help="where to write, - for the terminal (default: declaration.* in the run's folder)",
    )
    add_lang(parser)
    parser.add_argument(
        "--mask",
        choices=("identities", "all"),
        default="identities",
        help="what is hidden: identities that are no test persons, or names, addresses and free text too",
    )
    add_path(parser, "--answers", help="the vendor's file (default: the one that the run keeps)")
    add_path(parser, "--deviations", help="known deviations (default: those that the run keeps)")
    add_path(parser, "--previous", metavar="RUN", help="an earlier run to compare with")
    add_path(parser, "--sign", metavar="KEY", help="sign the file with this private key (PEM)")
    add_path(parser, "--certificate", help="the key's certificate (PEM)")
    add_suites(parser)


def run(args: argparse.Namespace) -> int:
    """Render and print the path. A run that was cut short is rendered too, and says so."""
    _check_signing(args)
    read = evidence.read(args.run)
    seal.sealed_by(read.folder)  # no format is drawn up of what somebody changed
    read = dossier.veiled(read) if args.mask == "all" else read
    papers = dossier.beside(Papers(args.answers, args.deviations, args.previous), read.folder)
    drawn_up = dossier.draw_up(read, papers, args.suites)
    rendered = formats.rendered(drawn_up, args.format, args.lang)
    if args.output == "-":
        sys.stdout.buffer.write(rendered)
        return 0
    output = Path(args.output) if args.output else read.folder / f"declaration{formats.SUFFIXES[args.format]}"
    refuse_identity_in(output)
    write(output, rendered)
    print(output)
    if args.sign:
        print(sign.signed(output, sign.signing(args.sign, args.certificate)))
    return 0


def _check_signing(args: argparse.Namespace) -> None:
    if bool(args.sign) != bool(args.certificate):
        raise UsageError("a signature needs both a key and its certificate", todo="give --sign and --certificate")
    if args.sign and args.output == "-":
        raise UsageError("what goes to the terminal cannot be signed", todo="name a file with -o")
