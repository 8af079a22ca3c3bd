"""CPU from the command to the first byte of the first request on the wire, and of single commands, beside the interpreter's own start.

A listening socket takes the call and never answers; what counts is what the process had used when its connection had something to
read: once with the suite of one contract, once with all that is shipped. The floor is `python -c "import pytest, lxml.etree"`. Then
`rivta check` of a message, whole: its schema by both validators, its rules, its envelope. And a single case, whole: warm, and cold,
which is with an empty folder of caches (the report's compiled layouts stay where Jinja keeps them).
"""

import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from benchmarks.figures import tell
from benchmarks.processes import begun, ended, measured, rivta
from reference_messages import referral
from rivta import simulator
from rivta.cli.reference import simulated_of
from rivta.text import places

ROUNDS = 7
FLOOR = "import pytest, lxml.etree"
# Hypothesis is there for our tests alone, and would be imported at the end. In one word: a second might be a path, for which pytest starts twice.
USUAL = ("-q", "-pno:hypothesispytest")
SUITE = places.suites() / "clinicalprocess.activity.request" / "ProcessRequest" / "producer.yaml"


def first_request(folder: Path, *suites: str) -> float:
    """CPU seconds from the start of `rivta run` until its first request arrives; all that is shipped without a suite."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        words = [*suites, "-x", "--no-preflight"]
        process = begun(f"from rivta.cli import main; main({run_words(folder, url, words)!r})", where=folder)
        connection, _ = listener.accept()
        connection.recv(1)
        process.kill()
        used = ended(process).cpu
        connection.close()
    return used


def single_case(folder: Path, url: str, more: Mapping[str, str]) -> float:
    """CPU seconds of `rivta run --case` of one case among all that are shipped, its report included."""
    return rivta(run_words(folder, url, ["--case", "ProcessRequest/1.1"]), more, folder).cpu


def run_words(folder: Path, url: str, words: Sequence[str]) -> list[str]:
    """A run against a system at that URL."""
    environment = folder / "environment.yaml"
    environment.write_text(
        "system: {organisation: Bench, product: Bench, version: '1'}\nroles: [remissmottagare]\nendpoints:\n"
        f"  ProcessRequest: {{url: '{url}/ProcessRequest/2/rivtabp21', logical-address: SE2321000016-MOT1}}\n",
        encoding="utf-8",
    )
    return ["run", "--env", str(environment), "--report", str(folder / "report"), *USUAL, *words]


def one_round(url: str) -> dict[str, float]:
    """Each figure once, in folders of their own."""
    with (
        TemporaryDirectory() as one,
        TemporaryDirectory() as every,
        TemporaryDirectory() as warm,
        TemporaryDirectory() as cold,
    ):
        message = Path(one) / "message.xml"
        message.write_bytes(referral())
        return {
            "floor": measured(FLOOR).cpu,
            "start-one": first_request(Path(one), str(SUITE)),
            "start-all": first_request(Path(every)),
            "check": rivta(["check", str(message)]).cpu,
            "case-warm": single_case(Path(warm), url, {}),
            "case-cold": single_case(Path(cold), url, {"XDG_CACHE_HOME": cold}),
        }


def main() -> None:
    """Measure and print."""
    with simulator.serve(simulator.Simulator(simulated_of(None))) as server:
        one_round(server.url.rstrip("/"))  # nobody's first start: what is compiled is compiled
        rounds = [one_round(server.url.rstrip("/")) for _ in range(ROUNDS)]
    floors = [each["floor"] for each in rounds]
    for key in rounds[0]:
        if key != "floor":
            tell(key, [each[key] for each in rounds], floors)


if __name__ == "__main__":
    main()
