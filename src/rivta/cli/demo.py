"""`rivta demo`: the whole job in one command, against the embedded reference system on loopback."""

import argparse
from pathlib import Path

from rivta import contract, reference
from rivta.cli.arguments import add_lang
from rivta.cli.run import play
from rivta.text import places

_DOMAIN = "clinicalprocess.activity.request"
_WRITTEN_ADDRESS = "http://127.0.0.1:8020"
_WRITTEN_FACTOR, _FACTOR = "time-factor: 600", "time-factor: 6000"
"""Nobody waits in a demo: five minutes between two attempts to send are 50 milliseconds."""
_FAULTS = ("ignores-PR-S-postalCode", "refuses-bmp-attachment-PR")
"""What the demo's system does wrong: the two deviations that its deviations.yaml knows of."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Where the run goes, and in which language."""
    parser.add_argument(
        "--report", metavar="DIR", default="reports/demo", help="where evidence and report go (default: reports/demo)"
    )
    add_lang(parser)


def run(args: argparse.Namespace) -> int:
    """Start the reference system, run the suites and scenarios, and return the run's exit code."""
    folder = Path(args.report)
    folder.mkdir(parents=True, exist_ok=True)
    domain = contract.read_domain(places.suites() / _DOMAIN)
    referrals = reference.read_referrals(places.reference() / "referrals.yaml")
    system = reference.ReferenceSystem(domain=domain, faults=_FAULTS, referrals=referrals)
    with reference.serve(system) as server:
        files = {
            "env": _environment(folder, server.url),
            "report": folder,
            "answers": places.reference() / "answers-reference.yaml",
            "deviations": places.reference() / "deviations.yaml",
            "lang": args.lang,
        }
        paths = [str(places.suites() / _DOMAIN), str(places.scenarios() / _DOMAIN)]
        words = [word for name, value in files.items() for word in (f"--rivta-{name}", str(value))]
        return play([*paths, *words, "--rivta-replace", "-q", "-p", "no:cacheprovider"])


def _environment(folder: Path, url: str) -> Path:
    """The reference system's environment file with the port that it got, kept beside the evidence."""
    written = (places.reference() / "environment.yaml").read_text(encoding="utf-8")
    path = folder / "environment.yaml"
    here = written.replace(_WRITTEN_ADDRESS, url.rstrip("/")).replace(_WRITTEN_FACTOR, _FACTOR)
    path.write_text(here, encoding="utf-8")
    return path
