"""`rivta certs demo`: a small authority for tests, good function certificates, and each that a system must refuse."""

import argparse
from pathlib import Path

from rivta.evidence import disk
from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import UsageError
from rivta.text import authority
from rivta.text.catalogue import words

PASSWORD = "trial-p12"  # noqa: S105 - of a key that nobody trusts, and that the manual tells


def run(args: argparse.Namespace, clock: Clock = SYSTEM) -> int:
    """Make them, and say what each is."""
    folder: Path = args.output
    if (folder / "ca.pem").exists():
        raise UsageError(f"{folder} already holds certificates", todo="name another folder with --output")
    with disk.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, what in authority.write(authority.authority(clock.now()), folder, PASSWORD):
            print(f"{folder / name!s:<36}{words('certs', args.lang)[what]}")
    return 0
