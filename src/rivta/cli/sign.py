"""`rivta sign`: the organisation's own certificate on a run, a report or an archive."""

import argparse
import os
from pathlib import Path

from rivta.cli.arguments import add_path
from rivta.evidence import seal, signature
from rivta.model.errors import UsageError

PASSWORD = "RIVTA_KEY_PASSWORD"  # noqa: S105 - the name of the variable, not a password


def configure(parser: argparse.ArgumentParser) -> None:
    add_path(parser, "subject", help="a report, a zip, a PDF, or a run's folder, whose manifest is signed")
    add_path(parser, "--key", required=True, help="the private key, as PEM")
    add_path(parser, "--certificate", required=True, help="its certificate, as PEM")
    add_path(parser, "--ca", help="certificates of the issuers, to go along, as PEM")
    parser.epilog = (
        "A PDF is signed within (PAdES); for any other file the signature lies beside it, as FILE.p7s (CMS). "
        f"The key's password, if it has one, is read from the environment variable {PASSWORD}."
    )


def run(args: argparse.Namespace) -> int:
    print(signed(_subject(args.subject), args.key, args.certificate, args.ca))
    return 0


def signed(subject: Path, key: Path, certificate: Path, ca: Path | None = None) -> Path:
    """Sign a file; where its signature is. UsageError for what cannot be read, written or signed with."""
    keys = (key, certificate, os.environ.get(PASSWORD), ca)
    try:
        data = subject.read_bytes()
        is_pdf = data.startswith(b"%PDF-")
        target = subject if is_pdf else subject.with_name(f"{subject.name}.p7s")
        signed = signature.sign_pdf(data, *keys) if is_pdf else signature.sign(data, *keys)
        target.write_bytes(signed)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read or written: {error.strerror}") from error
    return target


def _subject(path: Path) -> Path:
    """A run is signed by its manifest, which stands for all of it."""
    if not path.is_dir():
        return path
    target = seal.run_folder(path).path / seal.FILE
    if not target.is_file():
        raise UsageError(f"{path} has no {seal.FILE}: the run was cut short", todo="sign its report instead")
    return target
