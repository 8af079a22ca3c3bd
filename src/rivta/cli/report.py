"""`rivta report`: the declaration again, from the evidence alone."""

import argparse
from pathlib import Path

from rivta import declaration, evidence
from rivta.report import html


def configure(parser: argparse.ArgumentParser) -> None:
    """Which run, where to, in which language."""
    parser.add_argument("run", metavar="RUN", help="the folder of a run, or its evidence.jsonl")
    parser.add_argument(
        "--output", "-o", metavar="FILE", help="where to write (default: declaration.html in the run's folder)"
    )
    parser.add_argument("--lang", choices=("sv", "en"), default="sv", help="the report's language (default: sv)")


def run(args: argparse.Namespace) -> int:
    """Render and print the path. A truncated run is rendered too, and says that it is truncated."""
    read = evidence.read(Path(args.run))
    output = Path(args.output) if args.output else read.folder / "declaration.html"
    output.write_bytes(html.render(declaration.of(read), args.lang))
    print(output)
    return 0
