"""`rivta plan`: what is to be played by hand, to print beforehand and prepare the system by."""

import argparse

from rivta import environment, page
from rivta.cli import arguments
from rivta.model.clock import SYSTEM, Clock, written
from rivta.page.start import plan, printed
from rivta.report.voice import Voice


def run(args: argparse.Namespace, clock: Clock = SYSTEM) -> int:
    """Write the plan as PDF."""
    settings = environment.read(args.env)
    found = page.programme.read(settings, arguments.suites(args), arguments.scenarios(args))
    shown = plan(found, settings, settings.test_data, Voice(args.lang, "page"))
    arguments.write(args.output, printed(shown, args.lang, written(clock.now())))
    print(f"{len(found.playables)} cases to play by hand: {args.output}")
    return 0
