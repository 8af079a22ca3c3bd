"""The command line. Each command is a file here with `configure(parser)` and `run(args) -> exit code`.

Only the file of the command that was asked for is imported, so that none pays for another's libraries.
"""

import argparse
import errno
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from rivta import __version__
from rivta.model.errors import RivtaError, did_you_mean, hindrance
from rivta.text.files import enough_can_be_opened

COMMANDS = {
    "init": "write an environment to start from, for one role",
    "run": "run suites and scenarios against a system, and write its declaration",
    "preflight": "try certificates, endpoints, our own port and the disk, before anything is judged",
    "probe": "ask hundreds of units at once whether they are connected, or no longer are",
    "load": "let many users call at a time, and hold the answers to the limits of the suites' load cases",
    "show": "show what was sent and answered in a case of a run, whole",
    "send": "send one message, and hold the answer against the contract",
    "demo": "run a whole domain against the embedded reference system, and draw up its declaration",
    "check": "validate message files without sending anything",
    "lint": "read suites without running them, and show which requirements they cover",
    "import": "carry a SoapUI project over, and show what of it is left to a person",
    "new": "make a message from a contract's schema alone, to go on from",
    "report": "render the declaration of a run again, from its evidence",
    "verify": "say whether a run, a report or a zip of a run is unchanged, and what was changed where",
    "sign": "sign a run, a report or a zip with the organisation's certificate",
    "export": "pack a run as one zip, to hand in",
    "diff": "compare two runs: what got worse, and what has to be declared again",
    "declaration": "write and check the vendor's part of the self-declaration",
    "domains": "list the known domains, and how much of what each demands a case proves",
    "contracts": "list the known service contracts, or show one",
    "plan": "print what is to be played by hand: cases, steps, what to prepare",
    "serve": "start the counterpart, and a page to play scenarios and consumer cases on by hand",
    "reference": "start the embedded reference system",
    "certs": "make certificates to try a system with, good ones and each that it must refuse",
    "saml": "examine a service's SAML metadata, and make responses that it must accept or refuse",
    "schema": "print the JSON Schema of a kind of file, for an editor",
}
USAGE_ERROR, HINDERED = 4, 6
SELDOM = (50_000, 20, 20)
"""How seldom what can be thrown away is looked for: a start makes a million things that stay, and went through them 300 times."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; 4 when the words were off, 6 when nothing can be written."""
    often = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        enough_can_be_opened()
        return _run(list(sys.argv[1:] if argv is None else argv))
    except RivtaError as mistake:
        print(mistake, file=sys.stderr)
        return HINDERED if hindrance(mistake) else USAGE_ERROR
    except KeyboardInterrupt:  # whoever stops us need not be told where we were
        return 128 + signal.SIGINT
    except BrokenPipeError:  # whoever read our output has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    finally:
        gc.set_threshold(*often)


def _run(words: list[str]) -> int:
    if not words or words[0] not in COMMANDS:
        return _overview(words)
    command = importlib.import_module(f"rivta.cli.{words[0]}")
    parser = _CommandLine(
        prog=f"rivta {words[0]}", description=COMMANDS[words[0]].capitalize() + ".", allow_abbrev=False
    )
    command.configure(parser)
    args, rest = parser.parse_known_args(words[1:])
    if rest and not getattr(args, "passes_on", False):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    args.rest = rest
    try:
        code: int = command.run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as trouble:  # a file or an address that a person named
        print(f"rivta {words[0]}: {_told(trouble, getattr(args, 'listen', ''))}", file=sys.stderr)
        return HINDERED if hindrance(trouble) else USAGE_ERROR
    return code


def _told(trouble: OSError, address: str) -> str:
    if trouble.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL) and address:
        return f"{address}: {os.strerror(trouble.errno)}\n  → name another with --listen, or stop what listens there"
    return f"{trouble.filename or 'failed'}: {trouble.strerror}"


class _CommandLine(argparse.ArgumentParser):
    """An argument parser whose mistakes end with the same code as every other usage error."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse says NoReturn; exit() does not return
        self.print_usage(sys.stderr)
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def _overview(words: list[str]) -> int:
    parser = _CommandLine(
        prog="rivta", description="Prove that a system conforms to Sweden's national e-health service contracts."
    )
    parser.add_argument("--version", action="version", version=f"rivta {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, purpose in COMMANDS.items():
        subparsers.add_parser(name, help=purpose, add_help=False)
    if words and not words[0].startswith("-"):
        parser.error(f"there is no command “{words[0]}”\n  → {did_you_mean(words[0], COMMANDS)}")
    parser.parse_args(words)
    return USAGE_ERROR
