"""`rivta report`: the declaration again, from the evidence and what people wrote beside it, in any format."""

import argparse
import shutil
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile

from rivta import evidence
from rivta.cli import sign
from rivta.cli.arguments import refuse_identity_in, write
from rivta.declaration import dossier
from rivta.evidence import envelope, seal
from rivta.model.errors import UsageError
from rivta.model.run import Papers, Run
from rivta.report import attestation, formats


def run(args: argparse.Namespace) -> int:
    """Render and print the path. A run that was cut short is rendered too, and says so."""
    _check_signing(args)
    for named in args.artifact:
        refuse_identity_in(named)
    read = evidence.read(args.run)
    sealed = seal.sealed_by(read.folder, read)  # no format is drawn up of what somebody changed
    read = dossier.veiled(read) if args.mask == "all" else read
    papers = dossier.beside(Papers(args.answers, args.deviations, args.previous), read.folder)
    if args.format == "attestation":
        made: Iterable[bytes] = [_attested(read, papers, args)]
    else:
        drawn = replace(dossier.draw_up(read, papers, args.suites), sealed=sealed)
        made = formats.pieces(drawn, args.format, args.lang)
    with TemporaryFile() as whole:  # nothing is written to where somebody looks before all of it can be
        whole.writelines(made)
        whole.seek(0)
        if args.output == "-":
            shutil.copyfileobj(whole, sys.stdout.buffer)
            return 0
        output = Path(args.output) if args.output else read.folder / f"declaration{formats.SUFFIXES[args.format]}"
        refuse_identity_in(output)
        write(output, whole)
    print(output)
    if args.sign and args.format != "attestation":
        print(sign.signed(output, sign.signing(args.sign, args.certificate)))
    return 0


def _attested(run: Run, papers: Papers, args: argparse.Namespace) -> bytes:
    made = attestation.render(dossier.Dossier(dossier.held(run, papers), papers), args.artifact)
    return envelope.signed(made, sign.signing(args.sign, args.certificate)) if args.sign else made


def _check_signing(args: argparse.Namespace) -> None:
    if bool(args.sign) != bool(args.certificate):
        raise UsageError("a signature needs both a key and its certificate", todo="give --sign and --certificate")
    if args.artifact and args.format != "attestation":
        raise UsageError(
            "only an attestation names artifacts", todo="add --format attestation, or leave --artifact out"
        )
    if args.sign and args.output == "-" and args.format != "attestation":
        raise UsageError("what goes to the terminal cannot be signed", todo="name a file with -o")
