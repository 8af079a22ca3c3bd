"""`rivta export`: a run as one zip, to hand in."""

import argparse

from rivta.cli.arguments import refuse_identity_in, write
from rivta.evidence import seal
from rivta.report import archive


def run(args: argparse.Namespace) -> int:
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
