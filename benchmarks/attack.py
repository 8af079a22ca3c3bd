"""Attacks, counted: what was tried on the program, how often, and what was lost. `make attack` (SEED=1, WRITE=docs/trust.md).

    PYTHONPATH=tests python -m benchmarks.attack [--seed N] [--minutes N] [--only KIND] [--write docs/trust.md]

A loss is a line or a call that was acknowledged and is gone, a change that `rivta verify` does not find, a traceback, an exit code
that blames the wrong one, a command that takes longer than half a minute, or a counterpart that no longer answers. Everything is
drawn by the seed; where the minutes are up, what was tried until then is what is told.
"""

import argparse
import contextlib
import io
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import test_hostile_folders
import test_verify
import test_verify_flips
import tiny_world
from certificates import Pair, certificates
from counterpart_world import call, counterpart, plug, referral
from rivta import cli, evidence
from rivta.cli.run import play
from rivta.evidence import seal
from rivta.evidence.journal import FILE as RECEIVED
from rivta.model.environment import TlsFiles
from rivta.report import archive
from sealed_run import PAGE, sealed_report, sealed_run

_SLOW_SECONDS = 30
_MARK = re.compile(r"(<!-- attacks -->\n).*?(<!-- /attacks -->)", re.DOTALL)


@dataclass
class Tally:
    """What came of one kind: how many tries, and what was lost in which. `kinds` are the different things that were tried."""

    what: str
    tries: int = 0
    kinds: set[str] = field(default_factory=set)
    losses: list[str] = field(default_factory=list)

    def tried(self, kind: str, *, lost: str = "") -> None:
        self.tries += 1
        self.kinds.add(kind)
        if lost:
            self.losses.append(f"{kind}: {lost}")


@dataclass(frozen=True)
class Campaign:
    """What an attack is given: chance, a folder of its own, and until when it may go on."""

    chance: random.Random
    folder: Path
    ends: float

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.ends

    def place(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))


Attack = Callable[[Campaign, Tally], None]


# Kills


_CASES = "import sys, test_evidence; sys.argv[1:] = sys.argv[1:2]; exec(test_evidence.ENDLESS_RUN)"
_CALLS = """
import signal, sys
from pathlib import Path
from counterpart_world import counterpart
with counterpart(Path(sys.argv[1])) as one:
    print(one.url, flush=True)
    signal.pause()
"""


def kills(campaign: Campaign, tally: Tally) -> None:
    """A run that writes cases, and a counterpart that is called, are killed at any moment: what was acknowledged is there."""
    for number in range(40):
        if not campaign.goes_on:
            return
        folder = campaign.place()
        if number % 4:
            said, kept = _killed_while_writing(folder, campaign.chance.uniform(0.02, 0.3))
            tally.tried("while cases are written", lost="" if kept >= said else f"{said} acknowledged, {kept} kept")
        else:
            said, kept = _killed_while_called(folder, campaign.chance.randrange(1, 60))
            tally.tried("while calls are answered", lost="" if kept >= said else f"{said} acknowledged, {kept} kept")


def _killed_while_writing(folder: Path, after: float) -> tuple[int, int]:
    with subprocess.Popen([sys.executable, "-c", _CASES, folder], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline()]
        time.sleep(after)
        process.kill()
        said += process.stdout.read().splitlines()
    return len([each for each in said if each.strip().isdigit()]), len(evidence.read(folder).results)


def _killed_while_called(folder: Path, calls: int) -> tuple[int, int]:
    with subprocess.Popen([sys.executable, "-c", _CALLS, folder], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        answered = sum(call(url, referral(str(number))).status == 200 for number in range(calls))
        process.kill()
    lines = (folder / RECEIVED).read_bytes().splitlines()
    return answered, sum(b'"kind":"received"' in line for line in lines)


# What is changed after the run


def flips(campaign: Campaign, tally: Tally) -> None:
    """Single bits and bytes of a run, its report and its zip are changed: `rivta verify` finds each."""
    recorded = _recorded(campaign.place())
    for name, count in test_verify_flips.FLIPS.items():
        for _ in range(count):
            if not campaign.goes_on:
                return
            found, place = test_verify_flips.FLIP[name](recorded, campaign.chance)
            tally.tried(name, lost=f"not found at {place}" if found.outcome == "holds" else "")


def _recorded(folder: Path) -> test_verify_flips.Recorded:
    with tiny_world.system() as server:
        tiny_world.environment_at(server.url, folder / "environment.yaml")
        words = ["--rivta-env", folder / "environment.yaml", "--rivta-report", folder / "run", "-p", "no:cacheprovider"]
        _quietly(lambda: play([str(each) for each in (tiny_world.SUITES, tiny_world.SCENARIOS, *words, "-q")]))
    (folder / "run" / test_verify_flips.REPORT).write_bytes(sealed_report(folder / "run"))
    place = seal.run_folder(folder / "run")
    files = {name: place.read(name) for name in place.names()}
    [bodies] = (folder / "run" / "messages").iterdir()
    return test_verify_flips.Recorded(files, archive.pack(folder / "run"), bodies)


def tampering(campaign: Campaign, tally: Tally) -> None:
    """Lines, messages, manifest, seal and report are changed with a plan: `rivta verify` does not say that it holds."""
    plans = [(name, tamper, True) for name, (tamper, _) in test_verify.CALLS.items()]
    plans += [(name, tamper, False) for name, (tamper, _) in test_verify.TAMPERING.items()]
    for name, tamper, with_calls in plans:
        folder = campaign.place() / "run"
        if with_calls:
            test_verify.run_with_calls(folder)
        else:
            sealed_run(folder, rendered=PAGE)
        tamper(folder)
        code, told = _said("verify", str(folder))
        tally.tried(name, lost=told if told or code not in (1, 2) else "")


# Folders from strangers


_VALUES = (
    "null", "true", "[]", "{}", '""', '"x"', "-1", "0", "1e400", "NaN", "Infinity", "-Infinity", "99999999999999999999", "0.5",
    '"\\ud800"', '"../../etc/passwd"', '"2026-99-99T99:99:99Z"', "[[[[[[]]]]]]", '"' + "9" * 5000 + '"', "[" * 3000 + "]" * 3000,
)  # fmt: skip
_COMMANDS = (("verify",), ("report",), ("report", "--format", "json"), ("export", "--without-messages"), ("diff",))
_VALUE = re.compile(rb'(?<=":)(?:"(?:[^"\\]|\\.)*"|-?[0-9.]+|true|false|null)')


def hostile(campaign: Campaign, tally: Tally) -> None:
    """A run's folder from a stranger: values that no run writes, and files that are none. A sentence each time, and soon."""
    sound = sealed_run(campaign.place() / "run", rendered=PAGE)
    bent = [
        (f"the value {value[:24]} in {name}", _bent(name, value))
        for name, value in product(("evidence.jsonl", "manifest.json"), _VALUES)
    ]
    for number, (name, spoil) in enumerate([*_FILES.items(), *bent * 4]):
        if not campaign.goes_on:
            return
        folder = campaign.place() / "run"
        shutil.copytree(sound, folder)
        with contextlib.suppress(OSError):
            spoil(folder, campaign.chance)
        command, *more = _COMMANDS[number % len(_COMMANDS)]
        words = [command, str(folder), *([str(sound)] if command == "diff" else []), *more]
        words += ["-o", str(folder.parent / "out")] if command in ("report", "export") else []
        code, told = _said(*words)
        tally.tried(name, lost=f"{' '.join(words[:1])}: {told}" if told or code not in (0, 1, 2, 4) else "")


_CHANGED = 300


def changed(campaign: Campaign, tally: Tally) -> None:
    """A run that was recorded, with some lines, values or bytes of one file otherwise: a sentence from every command, and soon.

    Among them what is too slow for a test: a replay, a PDF, a signature.
    """
    home = campaign.place()
    recorded, hands = test_hostile_folders.kept(tiny_world.recorded(home)), certificates().client
    for number in range(_CHANGED):
        if not campaign.goes_on:
            return
        run, chance = campaign.place() / "run", random.Random(f"{campaign.chance.random()}")  # noqa: S311 - to be the same again
        shutil.copytree(recorded, run)
        name = test_hostile_folders.mutated(run, chance.randrange(10**6))
        commands = [*test_hostile_folders.commands(run, recorded), *_slow_commands(run, home, hands)]
        words = commands[number % len(commands)]
        code, told = _said(*words)
        lost = told or ("" if code in (0, 1, 2, 3, 4, 5) else f"code {code}")
        tally.tried(f"{name} by {' '.join(words[:1])}", lost=lost)


def _slow_commands(run: Path, home: Path, hands: Pair) -> Iterator[list[str]]:
    suites = [str(tiny_world.SUITES), str(tiny_world.SCENARIOS)]
    settings = [
        "--env",
        str(home / "environment.yaml"),
        "--report",
        str(run.parent / "again"),
        "-p",
        "no:cacheprovider",
    ]
    yield ["run", *suites, "--replay", str(run), *settings]
    yield ["report", str(run), "--format", "pdf", "-o", str(run / "declaration.pdf"), "--suites", suites[0]]
    yield ["sign", str(run), "--key", str(hands.key), "--certificate", str(hands.certificate)]


def _bent(name: str, value: str) -> Callable[[Path, random.Random], None]:
    def bend(folder: Path, chance: random.Random) -> None:
        raw = (folder / name).read_bytes()
        places = [*_VALUE.finditer(raw)]
        if places:
            found = chance.choice(places)
            (folder / name).write_bytes(raw[: found.start()] + value.encode() + raw[found.end() :])

    return bend


def _instead(name: str, make: Callable[[Path], object]) -> Callable[[Path, random.Random], None]:
    def put(folder: Path, _: random.Random) -> None:
        place = next(folder.glob(name)) if "*" in name else folder / name
        place.unlink(missing_ok=True)
        make(place)

    return put


def _hole(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(2**40)


_MAKES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a link to /dev/zero": lambda place: place.symlink_to("/dev/zero"),
    "a link to /dev/random": lambda place: place.symlink_to("/dev/random"),
    "a link to itself": lambda place: place.symlink_to(place.name),
    "a link to a folder": lambda place: place.symlink_to("/"),
    "a folder": Path.mkdir,
    "nothing in it": Path.touch,
    "a line without end": lambda place: place.write_bytes(b"x" * 3_000_000),
    "zeros": lambda place: place.write_bytes(bytes(1_000_000)),
    "many brackets": lambda place: place.write_bytes(b"[" * 1_000_000),
    "a hole of a terabyte": _hole,
}
_NAMES = (
    "evidence.jsonl",
    "manifest.json",
    "declaration.html",
    "received.jsonl",
    "messages/*.bodies",
    "answers.yaml",
    "deviations.yaml",
)
_FILES = {f"{name} is {what}": _instead(name, make) for name in _NAMES for what, make in _MAKES.items()}


# The counterpart's port


_HEAD = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
_LINES = (
    b"", b"\r\n" * 20, b"POST\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00\xff\xfe" * 99, b"POST / HTTP/1.1\r\nbad header\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"OPTIONS * HTTP/1.1\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\n\r\n", b"POST " + b"/" * 99_999 + b" HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"POST / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"POST http://[ HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", b"POST / HTTP/1.1\nHost: x\n\n", b"\x16\x03\x01" + bytes(400),
)  # fmt: skip
_LENGTHS = (
    b"-1", b"+1", b"x", b"1, 2", b"1 1", b"0x10", b"1e3", b"9" * 400, b"18446744073709551616", b"", b" ", b"1\t", b"99999999", b"5\r\nContent-Length: 6",
    b"5\r\nTransfer-Encoding: chunked",
)  # fmt: skip
_CHUNKS = (
    b"zz\r\n",
    b"-1\r\n",
    b"ffffffffffffffff\r\n",
    b"5;x=" + b"y" * 9999 + b"\r\nabcde\r\n",
    b"5\r\nabc",
    b"0\r\nX: y\r\n\r\n",
    b"5\nabcde\n0\n\n",
    b"1\r\na0\r\n\r\n",
)
_BODIES = (
    b"", b"<", b"<a>" * 20_000, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\xff\xfe<a/>", b"PK\x03\x04" + bytes(500), b"{}", b"<a/>" + bytes(9),
    b"<?xml version='1.0' encoding='utf-7'?><a/>", b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'/>", b"<a " + b"b='c' " * 9999 + b"/>",
)  # fmt: skip


def _requests() -> Iterator[tuple[str, bytes]]:
    yield from ((f"line {number}", line) for number, line in enumerate(_LINES))
    yield from (
        (f"length {length[:20]!r}", _HEAD + b"Content-Length: " + length + b"\r\n\r\nabcde") for length in _LENGTHS
    )
    yield from (
        (f"chunk {number}", _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
        for number, chunk in enumerate(_CHUNKS)
    )
    for number, body in enumerate(_BODIES):
        yield f"body {number}", _HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
        yield f"body {number}, cut short", _HEAD + b"Content-Length: %d\r\n\r\n" % (len(body) + 9) + body
        yield (
            f"body {number}, compressed",
            _HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
        )


def malformed(campaign: Campaign, tally: Tally) -> None:
    """What is no HTTP, or is no message: the next caller is answered all the same."""
    with counterpart(campaign.place(), limit_bytes=200_000) as running:
        for name, sent in _requests():
            with plug(running.url) as connection, contextlib.suppress(OSError):
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
            tally.tried(name, lost="" if call(running.url, referral()).status == 200 else "nobody is answered any more")


_RECORDS = {
    **{f"a hello of {length} bytes": b"\x16\x03\x01" + length.to_bytes(2, "big") + b"\x01" * min(length, 600) for length in (0, 1, 5, 200, 16_384, 65_535)},
    **{f"a record of type {kind}": bytes([kind, 3, 3, 0, 5]) + b"hello" for kind in (0, 20, 21, 22, 23, 24, 25, 255)},
    **{f"version {major}.{minor}": bytes([22, major, minor, 0, 5]) + b"\x01\x00\x00\x01\x00" for major, minor in ((0, 0), (2, 0), (3, 0), (3, 9), (255, 255))},
    "plain HTTP": _HEAD + b"\r\n", "nothing": b"", "one byte": b"\x16", "SSL 2": b"\x80\x2e\x01\x00\x02" + bytes(40), "noise": bytes(range(256)) * 40,
}  # fmt: skip


def tls(campaign: Campaign, tally: Tally) -> None:
    """What is no handshake, and handshakes that must fail: whoever is known is let in afterwards."""
    made = certificates()
    with counterpart(campaign.place(), tls=TlsFiles(made.server.certificate, made.server.key, made.ca)) as running:
        known = ssl.create_default_context(cafile=made.ca)
        known.load_cert_chain(made.client.certificate, made.client.key)

        def is_let_in() -> str:
            return "" if call(running.url, referral(), context=known).status == 200 else "nobody is let in any more"

        for name, sent in _RECORDS.items():
            with plug(running.url) as connection, contextlib.suppress(OSError):
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
            tally.tried(name, lost=is_let_in())
        for name, context in _strangers().items():
            with contextlib.suppress(OSError):
                status = call(running.url, referral(), context=context).status
                tally.tried(name, lost=f"was answered {status}")
                continue
            tally.tried(name, lost=is_let_in())


def _strangers() -> dict[str, ssl.SSLContext]:
    """Clients that must not get through."""
    made = certificates()
    shows_stranger = ssl.create_default_context(cafile=made.ca)
    shows_stranger.load_cert_chain(made.stranger.certificate, made.stranger.key)
    shows_itself = ssl.create_default_context(cafile=made.ca)
    shows_itself.load_cert_chain(made.self_signed.certificate, made.self_signed.key)
    trusts_nobody = ssl.create_default_context()
    return {
        "a stranger's certificate": shows_stranger,
        "a certificate signed by itself": shows_itself,
        "a client that does not trust us": trusts_nobody,
    }


# Disk and descriptors


_LIMITED = "import resource, sys; resource.setrlimit(getattr(resource, sys.argv[1]), (int(sys.argv[2]),) * 2); from rivta.cli import main; sys.exit(main(sys.argv[3:]))"


def exhaustion(campaign: Campaign, tally: Tally) -> None:
    """A run with a disk that is full behind so many bytes, and with so many files: code 6 and a sentence, or it was enough."""
    with tiny_world.system() as server:
        environment = campaign.place() / "environment.yaml"
        tiny_world.environment_at(server.url, environment)
        sizes = [("RLIMIT_FSIZE", 2 ** campaign.chance.uniform(4, 17)) for _ in range(8)]
        counts = [("RLIMIT_NOFILE", campaign.chance.randrange(8, 200)) for _ in range(8)]
        limits = [each for pair in zip(counts, sizes, strict=True) for each in pair]
        for kind, most in limits:
            if not campaign.goes_on:
                return
            folder = campaign.place() / "run"
            words = [
                "run",
                str(tiny_world.SUITES),
                "--env",
                str(environment),
                "--report",
                str(folder),
                "-q",
                "-p",
                "no:cacheprovider",
            ]
            command = [sys.executable, "-c", _LIMITED, kind, str(int(most)), *words]
            ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder.parent)
            told = ended.stdout + ended.stderr
            lost = (
                "a traceback"
                if "Traceback" in told
                else f"code {ended.returncode}"
                if ended.returncode not in (0, 6)
                else ""
            )
            tally.tried(kind, lost=f"{int(most)}: {lost}" if lost else "")


# Commands in this process, and the table


def _said(*words: str) -> tuple[int, str]:
    """A command's exit code, and what is lost by how it ended: a traceback, or more time than anybody waits."""

    def too_slow(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(_SLOW_SECONDS)
    try:
        return _quietly(lambda: cli.main(list(words))), ""
    except SystemExit as ended:
        return int(ended.code or 0), ""
    except TimeoutError:
        return -1, f"longer than {_SLOW_SECONDS} s"
    except BaseException as broken:  # noqa: BLE001 - this is what is looked for
        return -1, f"a traceback ({type(broken).__name__}: {str(broken)[:100]})"
    finally:
        signal.alarm(0)


def _quietly(do: Callable[[], int]) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return do()


ATTACKS: dict[str, tuple[str, Attack]] = {
    "kills": ("processes killed while they write and answer", kills),
    "flips": ("single bits and bytes changed", flips),
    "tampering": ("structured tampering", tampering),
    "hostile": ("hostile files in a run’s folder", hostile),
    "changed": ("a recorded run with lines, values or bytes changed", changed),
    "malformed": ("malformed HTTP and messages", malformed),
    "tls": ("TLS", tls),
    "exhaustion": ("full disks and no descriptors", exhaustion),
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--minutes", type=float, default=15.0)
    options.add_argument("--only", choices=ATTACKS, action="append", help="this kind; may be repeated")
    options.add_argument("--write", type=Path, help="the page whose table is drawn anew")
    given = options.parse_args()
    wanted = given.only or list(ATTACKS)
    ends, tallies = time.monotonic() + given.minutes * 60, list[Tally]()
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(wanted):
            what, attack = ATTACKS[name]
            share = (ends - time.monotonic()) / (len(wanted) - number)
            tally = Tally(what)
            attack(Campaign(random.Random(f"{given.seed} {name}"), Path(folder), time.monotonic() + share), tally)  # noqa: S311
            tallies.append(tally)
            print(f"{what}: {tally.tries} tries of {len(tally.kinds)} kinds, {len(tally.losses)} losses", flush=True)
            print(*(f"    {loss}" for loss in tally.losses), sep="\n", end="\n" if tally.losses else "", flush=True)
    if given.write:
        page = given.write.read_text(encoding="utf-8")
        given.write.write_text(redrawn(page, tallies, given.seed), encoding="utf-8")
    return 1 if any(each.losses for each in tallies) else 0


def redrawn(page: str, tallies: Sequence[Tally], seed: int) -> str:
    """The page with a row for each of these; the rows of what was not tried this time stay as they are."""
    rows = {row.split(" | ")[0].removeprefix("| "): f"{row}\n" for row in page.splitlines() if row.startswith("| ")}
    rows |= {each.what: _row(each) for each in tallies}
    table = "".join(rows[what] for what, _ in ATTACKS.values() if what in rows)
    drawn = f"Drawn by the seed {seed}.\n\n| what was tried | kinds | tries | losses |\n|---|---|---|---|\n{table}\n"
    return _MARK.sub(lambda found: f"{found[1]}{drawn}{found[2]}", page)


def _row(tally: Tally) -> str:
    return f"| {tally.what} | {len(tally.kinds)} | {tally.tries} | {len(tally.losses)} |\n"


if __name__ == "__main__":
    sys.exit(main())
