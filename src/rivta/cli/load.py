"""`rivta load`: many users at a time, by Locust, and what the suites' `load:` says of it."""

import argparse
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from rivta.declaration import causes
from rivta.model.errors import UsageError
from rivta.model.load import Measured, percentile
from rivta.model.run import CaseResult, CheckResult
from rivta.text.catalogue import words


def run(args: argparse.Namespace) -> int:
    """Play every load case that fits, or be a worker."""
    if find_spec("locust") is None:
        todo = "say: pip install 'pytest-rivta[load]'"
        raise UsageError("rivta load needs Locust, which is not installed", todo=todo)
    if args.time_factor <= 0 or args.workers < 0 or (args.master and not args.workers):
        raise UsageError("--time-factor is above 0, and --master goes with --workers N", todo="say how many")
    # Locust changes the standard library when it is imported, so it comes before whatever else opens a connection.
    import locust  # noqa: F401, PLC0415 - as said

    from rivta.cli import loading  # noqa: PLC0415 - as said

    folder: Path | None = args.report
    return loading.work(args) if args.worker else loading.lead(args, folder)


def told(result: CaseResult, contract: str) -> Iterator[str]:
    """What a load case came to, line by line: which limits were broken and by what, then the figures, then what was kept."""
    say = words("verdicts", "en")
    yield f"{contract}/{result.case} {result.title.en}: {say[f'state_{result.verdict.name.lower()}']}"
    red = [check for check in result.checks if check.verdict in causes.RED]
    for check in red:
        yield f"  {say[f'state_{check.verdict.name.lower()}']}: {_limit(check)}"
        yield from (f"    {finding.message.en}" for finding in check.findings)
        yield from [f"    {check.note.en}"] if check.note else []
    if result.load is not None:
        yield f"  {_figures(result.load)}"
        yield from [f"  {result.load.factor:g} times shorter than the case says"] if result.load.factor != 1 else []
    yield from (f"  {_limit(check)}" for check in result.checks if check not in red)
    if result.reason is not None:
        yield f"  {result.reason.en}"


def _limit(check: CheckResult) -> str:
    kind = words("verdicts", "en").get(f"check_{check.kind}", check.kind)
    return f"{kind}: {check.expected}: {check.actual}"


def _figures(measured: Measured) -> str:
    took = ", ".join(f"p{share} {ms:.4g} ms" for share in (50, 95, 99) if (ms := percentile(measured.slices, share)))
    return f"{measured.sent} calls, {measured.rate:.4g} a second, {took or 'no answers'}"
