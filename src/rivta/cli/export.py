"""`rivta export`: a run as one zip, to hand in."""

import argparse

from rivta.cli.arguments import add_path, refuse_identity_in, write
from rivta.evidence import seal
from rivta.report import archive


def configure(parser: argparse.ArgumentParser) -> None:
    add_path(parser, "run", "RUN", "the folder of a run, or its evidence.jsonl")
    add_path(parser, "--output -o", "FILE", "where to write (default: RUN.zip beside the folder)")
    messages = parser.add_mutually_exclusive_group()
    messages.add_argument(
        "--with-originals",
        action="store_true",
        help="messages as they were, also where they hold other people's identities",
    )
    messages.add_argument("--without-messages", action="store_true", help="evidence and reports only")
    parser.epilog = "The environment file never goes along, and the key to masked identities only with the originals."


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
