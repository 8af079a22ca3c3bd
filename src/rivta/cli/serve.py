"""What a person plays by hand: `rivta serve`, the counterpart and a page for it; `rivta plan`, the same to print beforehand."""

import argparse
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from rivta import counterpart, environment, evidence, page
from rivta.cli import arguments
from rivta.counterpart.listener import context_of
from rivta.model.clock import SYSTEM, Clock, written
from rivta.model.environment import Environment, Listening
from rivta.model.errors import UsageError
from rivta.page.start import plan, printed
from rivta.report.voice import Voice
from rivta.run import adapter
from rivta.run.opening import new_name
from rivta.text import identity
from rivta.transport.http import HttpTransport

_PORT, _COUNTERPART_PORT = 8030, 8031
"""Where the page is, and where the counterpart listens when the environment does not say: a person sets the address in a system once."""


def run(args: argparse.Namespace) -> int:
    read, suites = environment.read(args.env), arguments.suites(args)
    host, port = arguments.address(args.listen, _PORT)
    listening = _listening(read, port)
    read = replace(read, listening=listening)
    run_name = new_name(SYSTEM)
    folder = args.report or Path("reports") / run_name
    identity.refuse_name("the run’s folder", str(folder), read.test_identities)
    found = page.programme.read(read, suites, arguments.scenarios(args))
    found.prepare(arguments.progress())
    stop = arguments.stopping()
    with ExitStack() as stack:
        stack.enter_context(evidence.held(folder))
        record = page.RunRecord(folder, read, found, run_name)
        other = stack.enter_context(
            counterpart.listen(found.domains, listening, folder, secrets=read.secrets, mask=record.mask())
        )
        transport = stack.enter_context(closing(HttpTransport(read)))
        setup = page.Setup(read, found, other, transport, suites, args.lang, adapter.of(read))
        service = stack.enter_context(page.opened(setup, record, partial(print, flush=True)))
        listener = stack.enter_context(page.serve(service, host, port, context_of(read.page_tls, "page")))
        print(f"The page is at {listener.way_in}")
        print(f"The counterpart listens at {other.url}; evidence goes to {folder}. Stop with Ctrl-C.", flush=True)
        stop.wait()
        left = service.under_way()
    if left:
        print(f"{len(left)} begun and not over; say --report {folder} to go on with them.")
    return 0


def _listening(read: Environment, port: int) -> Listening:
    """Where the counterpart listens; UsageError where that, or the page's port, is taken for handshakes."""
    listening = read.listening or Listening()
    listening = replace(listening, port=listening.port or _COUNTERPART_PORT)
    for taken in {port, listening.port} & set(listening.offers.values()) - {0}:
        todo = "choose others under counterpart: handshake-ports, or another port with --listen"
        raise UsageError(f"{taken} is one of the ports on which handshakes are tried", todo=todo)
    return listening


def run_plan(args: argparse.Namespace, clock: Clock = SYSTEM) -> int:
    """Write the plan as PDF."""
    settings = environment.read(args.env)
    found = page.programme.read(settings, arguments.suites(args), arguments.scenarios(args))
    shown = plan(found, settings, settings.test_data, Voice(args.lang, "page"))
    arguments.write(args.output, printed(shown, args.lang, written(clock.now())))
    print(f"{len(found.playables)} cases to play by hand: {args.output}")
    return 0
