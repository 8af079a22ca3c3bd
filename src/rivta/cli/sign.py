"""`rivta sign`: the organisation's own certificate on a run, a report or an archive."""

import argparse
import os
from pathlib import Path

from rivta.evidence import disk, seal, signature
from rivta.model.errors import RivtaError, UsageError
from rivta.text import files

PASSWORD = "RIVTA_KEY_PASSWORD"  # noqa: S105 - the name of the variable, not a password


def run(args: argparse.Namespace) -> int:
    keys = signing(args.key, args.certificate, args.ca, args.timestamp)
    first, *others = _subjects(args.subject)
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
    """What signs, with the key's password from the environment."""
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
