"""Time from the command to the first byte of the first request on the wire, beside the interpreter's own start.

A listening socket takes the call and never answers; the clock stops when the connection has something to read. The floor
is `python -c "import pytest, lxml.etree"`. The aim is 0.6 s. And beside the same floor `rivta check` of a message, whole: its
schema by both validators, its rules, its envelope. And a single case, whole, in CPU time: warm, and cold, which is with an empty
folder of caches (the report's compiled layouts stay where Jinja keeps them). The aim is under a second.
"""

import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from reference_messages import referral
from rivta import simulator
from rivta.cli.reference import simulated_of
from rivta.text import places

ROUNDS = 9
SUITE = places.suites() / "clinicalprocess.activity.request" / "ProcessRequest" / "producer.yaml"


def first_request(folder: Path) -> float:
    """Seconds from the start of `rivta run` until its first request arrives."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        environment = folder / "environment.yaml"
        environment.write_text(
            "system: {organisation: Bench, product: Bench, version: '1'}\nroles: [remissmottagare]\nendpoints:\n"
            f"  ProcessRequest: {{url: 'http://127.0.0.1:{port}/', logical-address: SE2321000016-MOT1}}\n",
            encoding="utf-8",
        )
        words = [
            "run",
            "--env",
            str(environment),
            "--report",
            str(folder / str(port)),
            str(SUITE),
            "-q",
            "-x",
            "--no-preflight",
        ]
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", f"from rivta.cli import main; main({words!r})"], stdout=subprocess.DEVNULL
        )
        connection, _ = listener.accept()
        connection.recv(1)
        took = time.perf_counter() - begun
        process.kill()
        process.wait()
        connection.close()
    return took


def single_case(folder: Path, url: str, *, is_cold: bool) -> float:
    """CPU seconds of `rivta run --case` of one case among all that are shipped, its report included."""
    environment = folder / "single.yaml"
    environment.write_text(
        "system: {organisation: Bench, product: Bench, version: '1'}\nroles: [remissmottagare]\nendpoints:\n"
        f"  ProcessRequest: {{url: '{url}/ProcessRequest/2/rivtabp21', logical-address: SE2321000016-MOT1}}\n",
        encoding="utf-8",
    )
    words = ["run", "--env", str(environment), "--report", str(folder / "single"), "--replace", "-q"]
    # Hypothesis is there for our tests alone, and would be imported at the end.
    words += ["--case", "ProcessRequest/1.1", "-pno:hypothesispytest"]
    program = f"import os; os.chdir({str(folder)!r}); from rivta.cli import main; main({words!r})"
    with TemporaryDirectory() as empty:
        return cpu(program, {"XDG_CACHE_HOME": empty} if is_cold else {})


def cpu(program: str, more: dict[str, str]) -> float:
    """CPU seconds of a process of Python's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL, env={**os.environ, **more})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check(message: Path) -> float:
    """Seconds that `rivta check` of one message takes."""
    begun = time.perf_counter()
    program = f"from rivta.cli import main; raise SystemExit(main({['check', str(message)]!r}))"
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def interpreter() -> float:
    """Seconds that Python, pytest and lxml take to start."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import pytest, lxml.etree"], check=True)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as place:
        floors = [interpreter() for _ in range(ROUNDS)]
        starts = [first_request(Path(place)) for _ in range(ROUNDS)]
        message = Path(place) / "message.xml"
        message.write_bytes(referral())
        checks = [check(message) for _ in range(ROUNDS)]
        with simulator.serve(simulator.Simulator(simulated_of(None))) as server:
            single = {
                "warm": [single_case(Path(place), server.url.rstrip("/"), is_cold=False) for _ in range(ROUNDS)],
                "cold": [single_case(Path(place), server.url.rstrip("/"), is_cold=True) for _ in range(ROUNDS)],
            }
        used = [cpu("import pytest, lxml.etree", {}) for _ in range(ROUNDS)]
    print(f"floor  {median(floors):.2f} s for the interpreter with pytest and lxml")
    print(
        f"start  {median(starts):.2f} s to the first request (aim: 0.6 s), from {min(starts):.2f} to {max(starts):.2f}"
    )
    print(f"ratio  {median(starts) / median(floors):.2f}")
    print(f"check  {median(checks):.2f} s for `rivta check` of one message")
    print(f"ratio  {median(checks) / median(floors):.2f}")
    print(f"floor  {median(used):.2f} s of CPU for the same")
    for how, took in single.items():
        print(f"case   {median(took):.2f} s of CPU for a single case, {how} (aim: 1 s)")
        print(f"ratio  {median(took) / median(used):.2f}")


if __name__ == "__main__":
    main()
