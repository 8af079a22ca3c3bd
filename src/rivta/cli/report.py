"""What is handed in of a run: `rivta report`, its declaration again, in any format; `rivta export`, all of it as one zip; `rivta sign`."""

import argparse
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile

from rivta import evidence
from rivta.cli.arguments import refuse_identity_in, write
from rivta.declaration import dossier
from rivta.evidence import disk, envelope, seal, signature
from rivta.model.errors import RivtaError, UsageError
from rivta.model.run import Papers, Run
from rivta.report import archive, attestation, formats
from rivta.text import files

PASSWORD = "RIVTA_KEY_PASSWORD"  # noqa: S105 - the name of the variable, not a password


def run(args: argparse.Namespace) -> int:
    """Render and print the path. A run that was cut short is rendered too, and says so."""
    _check_signing(args)
    for named in args.artifact:
        refuse_identity_in(named)
    read = evidence.read(args.run)
    made = _pieces(read, args)
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
        print(signed(output, signing(args.sign, args.certificate)))
    return 0


def _pieces(run: Run, args: argparse.Namespace) -> Iterable[bytes]:
    sealed = seal.sealed_by(run.folder, run)  # no format is drawn up of what somebody changed
    run = dossier.veiled(run) if args.mask == "all" else run
    papers = dossier.beside(Papers(args.answers, args.deviations, args.previous), run.folder)
    if args.format != "attestation":
        return formats.pieces(replace(dossier.draw_up(run, papers, args.suites), sealed=sealed), args.format, args.lang)
    made = attestation.render(dossier.Dossier(dossier.held(run, papers), papers), args.artifact)
    return [envelope.signed(made, signing(args.sign, args.certificate)) if args.sign else made]


def _check_signing(args: argparse.Namespace) -> None:
    if bool(args.sign) != bool(args.certificate):
        raise UsageError("a signature needs both a key and its certificate", todo="give --sign and --certificate")
    if args.artifact and args.format != "attestation":
        raise UsageError(
            "only an attestation names artifacts", todo="add --format attestation, or leave --artifact out"
        )
    if args.sign and args.output == "-" and args.format != "attestation":
        raise UsageError("what goes to the terminal cannot be signed", todo="name a file with -o")


# export: a run as one zip


def run_export(args: argparse.Namespace) -> int:
    """Pack a run and print where it lies. UsageError for one that was changed since it ended: the zip has a seal of its own."""
    folder = seal.run_folder(args.run).path
    seal.sealed_by(folder)
    output = args.output or folder.resolve().with_name(f"{folder.resolve().name}.zip")
    refuse_identity_in(output)
    if args.without_messages:
        write(output, archive.pack_without_messages(folder))
    else:
        write(output, archive.pack(folder, with_originals=args.with_originals))
    print(output)
    return 0


# sign: the organisation's own certificate on a run, a report or an archive


def run_sign(args: argparse.Namespace) -> int:
    first, *others = _subjects(args.subject)
    keys = signing(args.key, args.certificate, args.ca, args.timestamp)
    if args.subject.is_dir():
        _sign_manifest(first, others, keys)
    else:
        print(signed(first, keys))
    for subject in others:
        print(signed(subject, keys))
    return 0


def _sign_manifest(manifest: Path, others: list[Path], keys: signature.Signing) -> None:
    """The manifest says first what is to be signed. It is as it was if it cannot be."""
    unsigned = manifest.read_bytes()
    seal.to_be_signed(manifest.parent, [each.name for each in (manifest, *others)])
    try:
        print(signed(manifest, keys))
    except RivtaError:
        manifest.write_bytes(unsigned)
        raise


def signing(key: Path, certificate: Path, ca: Path | None = None, timestamp: str = "") -> signature.Signing:
    """What signs, with the key's password from the environment. UsageError for a certificate that is not valid today."""
    signature.refuse_outdated(certificate)
    return signature.Signing(key, certificate, os.environ.get(PASSWORD), ca, timestamp)


def signed(subject: Path, keys: signature.Signing) -> Path:
    """Sign a file; where its signature is. UsageError for what cannot be read, written or signed with."""
    try:
        data = files.contents(subject, files.MOST_BYTES)
        is_pdf = data.startswith(b"%PDF-")
        target = subject if is_pdf else subject.with_name(f"{subject.name}.p7s")
        signed = signature.sign_pdf(data, keys) if is_pdf else signature.sign(data, keys)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}") from error
    disk.write(target, signed)
    return target


def _subjects(path: Path) -> list[Path]:
    """A run is signed by its manifest, which stands for all of it but what was drawn up of it: each report is signed too."""
    if path.exists() and not path.is_dir():
        return [path]
    folder = seal.run_folder(path).path
    if not (folder / seal.FILE).is_file():
        raise UsageError(f"{path} has no {seal.FILE}: the run was cut short", todo="sign its report instead")
    return [folder / seal.FILE, *sorted(each for each in folder.glob("declaration*") if each.suffix != ".p7s")]
