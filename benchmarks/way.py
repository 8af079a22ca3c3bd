"""The way of one case through the program, from YAML to its line of evidence: which modules it passes, and which functions in each.

    python -m benchmarks.way [PRODUCER CONSUMER]     # names of cases; else the first of each

Everything is imported before the tracing begins, so that only what is called counts. The system under test is the reference
system in a process of its own. A comprehension or a lambda belongs to the function that it stands in. The aim is 40 modules.

What a run does once, before its first case, is part of the way too, and told apart from what each case passes: it is read, played, and
written. Schemas and rules are compiled when the first case needs them.
"""

import importlib
import os
import pkgutil
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from textwrap import fill
from types import FrameType
from typing import Any

import rivta
from rivta import contract, counterpart, environment, evidence, run, suite
from rivta.check import vocabulary
from rivta.model.clock import SYSTEM
from rivta.model.environment import Listening
from rivta.run import adapter
from rivta.run.opening import header_of, new_name
from rivta.text import places
from rivta.transport.http import HttpTransport

AIM = 40
DOMAIN = "clinicalprocess.activity.request"
CONTRACT = "ProcessRequest"
CASES = {"producer": "1.1", "consumer": "1.1"}
_SOURCE = str(Path(rivta.__file__).parent) + os.sep
_WIDTH = 120
_WRITTEN_ADDRESS = "http://127.0.0.1:8020"
ONCE = "once a run"
STATIONS = (ONCE, "read", "played", "written")


@dataclass
class Way:
    """The functions that were called, by module, and the modules by the station at which they were."""

    passed: dict[str, set[str]] = field(default_factory=dict)
    stations: dict[str, set[str]] = field(default_factory=lambda: {each: set() for each in STATIONS})
    station: str = ONCE

    def see(self, frame: FrameType, event: str, _: Any) -> None:
        """What the interpreter calls at every call of a function."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(_SOURCE):
            return
        name = code.co_qualname.split(".<", 1)[0]
        if not name.startswith("<"):
            module = code.co_filename.removeprefix(_SOURCE).removesuffix(".py").removesuffix(f"{os.sep}__init__")
            self.passed.setdefault(module, set()).add(name)
            self.stations[self.station].add(module)

    @contextmanager
    def traced(self) -> Iterator[None]:
        """In this thread, and in those that begin meanwhile."""
        before = sys.getprofile()
        threading.setprofile(self.see)
        sys.setprofile(self.see)
        try:
            yield
        finally:
            sys.setprofile(before)
            threading.setprofile(None)

    @property
    def functions(self) -> int:
        return sum(map(len, self.passed.values()))


def import_everything() -> None:
    """All but what no case passes: Locust changes how Python opens sockets and processes when it is imported."""
    for found in pkgutil.walk_packages(rivta.__path__, "rivta."):
        if found.name != "rivta.cli.loading" and not found.name.startswith("rivta.run.load."):
            importlib.import_module(found.name)


@contextmanager
def system() -> Iterator[str]:
    """The URL of the reference system, in a process of its own."""
    program = "from rivta.cli import main; main(['reference', '--listen', '127.0.0.1:0'])"
    with Popen([sys.executable, "-c", program], stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"answers at (\S+?)/? ", process.stdout.readline())
            assert found is not None
            yield found[1]
        finally:
            process.terminate()


def of(role: str, name: str, url: str, folder: Path) -> Way:
    """Play the case of that id of the suite of a role against the system at `url`. Its evidence goes into `folder`."""
    settings = folder / "environment.yaml"
    written = (places.reference() / "environment.yaml").read_text(encoding="utf-8")
    settings.write_text(written.replace(_WRITTEN_ADDRESS, url), encoding="utf-8")
    way = Way()
    with way.traced():
        _play(settings, places.suites() / DOMAIN / CONTRACT / f"{role}.yaml", name, folder / "run", way)
    return way


def _play(settings: Path, path: Path, name: str, folder: Path, way: Way) -> None:
    """What `rivta run` does for a case, without pytest around it."""
    read = environment.read(settings)
    domain = contract.read_domain(path.parent.parent)
    way.station = "read"
    cases = suite.read(path, domain, vocabulary(), read.test_data)
    way.station = ONCE
    case = next(case for case in cases.cases if case.id == name)
    header = header_of(read, new_name(SYSTEM), "0" * 32, [(cases, case)], SYSTEM)
    stage = run.Stage(cases, read, HttpTransport(read), header.run)
    with ExitStack() as stack:
        writer = stack.enter_context(evidence.EvidenceWriter(folder))
        writer.header(header)
        if run.waits_for_calls(case):
            other = stack.enter_context(counterpart.listen([domain], read.listening or Listening(), folder))
            stage = replace(stage, counterpart=other, actor=adapter.of(read))
        way.station = "played"
        result = run.run_case(case, stage)
        way.station = "written"
        writer.write(result)
        way.station = ONCE


def told(way: Way) -> Iterator[str]:
    """Room by room, module by module, with the functions of each."""
    rooms: dict[str, list[str]] = {}
    for module in sorted(way.passed):
        rooms.setdefault(Path(module).parts[0], []).append(module)
    for room, modules in rooms.items():
        yield f"{room}: {len(modules)} modules, {sum(len(way.passed[module]) for module in modules)} functions"
        for module in modules:
            names = " ".join(sorted(way.passed[module]))
            head = f"    {module:<28} {len(way.passed[module]):>3}  "
            yield fill(names, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)
    for station, passed in way.stations.items():
        head = f"{station}: {len(passed)} modules: "
        yield fill(
            " ".join(sorted(passed)), _WIDTH, initial_indent=head, subsequent_indent="    ", break_on_hyphens=False
        )
    of_case = set().union(*(way.stations[each] for each in STATIONS if each != ONCE))
    yield f"{len(of_case)} modules of the case alone"
    yield f"{len(way.passed)} modules (aim: about {AIM}), {way.functions} functions"


def main(*names: str) -> None:
    """Trace a case of each role and print."""
    import_everything()
    with system() as url:
        for role, name in zip(CASES, names or CASES.values(), strict=True):
            with TemporaryDirectory() as folder:
                print(f"── {role} {name}")
                print("\n".join(told(of(role, name, url, Path(folder)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
