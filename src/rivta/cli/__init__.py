"""The command line. Each command is a function `run(args) -> exit code` in a file here; what it takes stands in `options.yaml`.

Only the file of the command that was asked for is imported, so that none pays for another's libraries.
"""

import argparse
import errno
import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pkgutil import resolve_name


def _stopped() -> int:
    """Whoever stops us need not be told where we were."""
    print("rivta: stopped", file=sys.stderr)
    return 128 + signal.SIGINT


try:
    from rivta import __version__
    from rivta.cli.arguments import commands, declare, sentence
    from rivta.model.errors import RivtaError, did_you_mean, hindrance
    from rivta.text.files import enough_can_be_opened

    COMMANDS: Mapping[str, str] = {name: said["is"] for name, said in commands().items()}
except KeyboardInterrupt:
    sys.exit(_stopped())
BROKEN, USAGE_ERROR, HINDERED = 3, 4, 6
SELDOM = (50_000, 20, 20)
"""How seldom what can be thrown away is looked for: a start makes a million things that stay, and went through them 300 times."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; 3 when we broke, 4 when the words were off, 6 when nothing can be written."""
    often = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        enough_can_be_opened()
        return _run(list(sys.argv[1:] if argv is None else argv))
    except RivtaError as mistake:
        print(mistake, file=sys.stderr)
        return HINDERED if hindrance(mistake) else USAGE_ERROR
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:  # whoever read our output has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception:  # noqa: BLE001 - whatever it is, it is ours, and by Python's own 1 it would be the system's
        from traceback import print_exc  # noqa: PLC0415 - a start does not wait for what is hardly ever told

        print_exc()
        print("rivta: something of ours broke, and says nothing of the system: please report it", file=sys.stderr)
        return BROKEN
    finally:
        gc.set_threshold(*often)


def _run(words: list[str]) -> int:
    if not words or words[0] not in COMMANDS:
        return _overview(words)
    said = commands()[words[0]]
    parser = _CommandLine(prog=f"rivta {words[0]}", description=sentence(said["is"]), allow_abbrev=False)
    declare(parser, said)
    args, rest = parser.parse_known_args(words[1:])
    if rest and not args.passes_on:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    args.rest = rest
    run = resolve_name(said.get("runs", f"rivta.cli.{words[0]}:run"))
    try:
        code: int = run(args)
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
