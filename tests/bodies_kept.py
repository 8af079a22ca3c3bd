"""The messages of a run's folder, for tests that look at them or change them."""

from pathlib import Path

from rivta.evidence.bodies import FOLDER, RunBodies, path_of
from rivta.text.files import BODIES


def kept(folder: Path) -> dict[str, bytes]:
    """Every message, by its SHA-256."""
    bodies = RunBodies(folder)
    return {name: bodies.read(name) for name in sorted(bodies.names())}


def apart(folder: Path) -> Path:
    """The same run with each message in a file of its own, as older runs have them. The folder of these files."""
    for name, body in kept(folder).items():
        path_of(folder, name).write_bytes(body)
    for path in (folder / FOLDER).glob(f"*{BODIES}"):
        path.unlink()
    return folder / FOLDER
