"""`rivta demo`: the whole job in one command, against the simulated system of a domain, on loopback."""

import argparse
import re
from pathlib import Path

from rivta import evidence, simulator
from rivta.cli.arguments import progress
from rivta.cli.reference import demo_file, simulated_of, system_of
from rivta.cli.run import play
from rivta.evidence import disk
from rivta.model.errors import UsageError
from rivta.text import places

_WRITTEN_ADDRESS = "http://127.0.0.1:8020"
_WRITTEN_FACTOR, _FACTOR = re.compile(r"time-factor: \d+"), "time-factor: 600"
"""Five minutes between two attempts to send are half a second, which a busy machine keeps too; and those who wait do so together."""


def run(args: argparse.Namespace) -> int:
    """Start the simulated system, run the suites and scenarios, and return the run's exit code."""
    folder: Path = args.report
    with evidence.held(folder):  # a demo that is going on there keeps its environment
        pass
    simulated = simulated_of(args.domain)
    demo, written = simulated.reference.demo, demo_file(simulated, "environment")
    if demo is None or written is None:
        raise UsageError(
            f"{simulated.domain.name} has no demo", todo="name its environment in reference.yaml, under demo:"
        )
    system = system_of(simulated, demo.faults)
    system.prepare(progress())
    with system, simulator.serve(system) as server:
        files = {
            "env": _environment(written, folder, server.url),
            "report": folder,
            "answers": demo_file(simulated, "answers"),
            "deviations": demo_file(simulated, "deviations"),
            "lang": args.lang,
        }
        places_of = (simulated.domain.folder, places.scenarios() / simulated.domain.name)
        paths = [str(place) for place in places_of if place.is_dir()]
        words = [word for name, value in files.items() if value for word in (f"--rivta-{name}", str(value))]
        return play([*paths, *words, "--rivta-replace", "-q", "-p", "no:cacheprovider"])


def _environment(written: Path, folder: Path, url: str) -> Path:
    """The environment file with the port that the system got, kept beside the evidence."""
    path = folder / "environment.yaml"
    here = written.read_text(encoding="utf-8").replace(_WRITTEN_ADDRESS, url.rstrip("/"))
    disk.write(path, _WRITTEN_FACTOR.sub(_FACTOR, here).encode())
    return path
