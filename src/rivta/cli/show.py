"""`rivta show`: what was sent and answered in a case of a run, whole; and the command that sends it again."""

import argparse
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from rivta import environment, evidence
from rivta.declaration import causes
from rivta.model.environment import Environment
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, CheckResult, Run, superseded
from rivta.report import archive
from rivta.text import xml
from rivta.text.yaml.compose import shown_as

_OURS = ("host", "content-length")
"""Headers that whoever sends the message again adds by itself."""
_REPORTS = Path("reports")


def run(args: argparse.Namespace) -> int:
    """Print the exchanges of the case. Persons who are no test persons are masked, but for --only and --curl, which are for sending."""
    with archive.opened(args.run or _newest()) as place:
        return _show(evidence.read(place), args)


def _show(read: Run, args: argparse.Namespace) -> int:
    result = find(read, args.case)
    if args.only:
        return _only(result, args.only, is_raw=args.raw)
    if args.curl:
        settings = environment.read(args.env) if args.env else None
        sent = [each for each in result.exchanges if not each.inbound]
        commands = [curl(each, read.folder, settings) for each in sent]
        for line in commands or [f"# nothing of ours was sent in {result.key}"]:
            print(line.translate(xml.CONTROLS))
        return 0
    shown = evidence.masked(read)
    result = find(shown, args.case)
    if shown.without_messages:
        print("The messages are not here: the run was packed without them, or they were taken away.")
    red = [check for check in result.checks if check.verdict in causes.RED]
    why = (
        ("", *checks_told(result, red, is_raw=args.raw, is_placed=True), *_demanded(shown, result, red)) if red else ()
    )
    for line in (*told(result, is_raw=args.raw), *why, *_superseded(shown, result)):
        print(line.translate(xml.CONTROLS))
    return 0


def checks_told(
    result: CaseResult, checks: Iterable[CheckResult], *, is_raw: bool, is_placed: bool = False
) -> Iterator[str]:
    """What checks came to, and of which exchange where there are several; with the line of YAML that was not met where that is asked.

    A line of a message is named only where the message is shown as it was: laid out it has others.
    """
    count = len(result.exchanges)
    for check in checks:
        said = check.actual or (check.note.en if check.note else "")
        of = f", of {check.exchange + 1} of {count}" if count > 1 else ""
        yield f"{check.verdict.name.lower().replace('_', ' '):<14} {check.kind}{of}{': ' if said else ''}{said}"
        wanted = check.expected if check.verdict in causes.RED else ""
        yield from (f"{'':<14} expected: {wanted}",) if wanted else ()
        for finding in check.findings:
            line = f", line {finding.line}" if finding.line and is_raw else ""
            place = f" ({finding.location}{line})" if finding.location else ""
            yield f"{'':<14} - {finding.message.en}{place}"
        source = (check.source or result.source) if is_placed else None
        yield from (f"{'':<14} {shown_as(Path(source.path))}:{source.line}",) if source else ()


def _demanded(read: Run, result: CaseResult, checks: Iterable[CheckResult]) -> Iterator[str]:
    """The requirements that the case set out to verify by these checks, each with the document that it stands in."""
    named = dict.fromkeys(id_ for check in checks for id_ in check.verifies)
    known = {f"{domain.name}/{each.id}": each for domain in read.header.domains for each in domain.requirements}
    for id_ in named:
        if each := known.get(id_, known.get(f"{result.domain}/{id_}")):
            yield f"requirement {id_} ({each.level}): {each.text.en}"
            yield f"  source: {each.reference}"


def _superseded(read: Run, result: CaseResult) -> Iterator[str]:
    """The attempts at the case that do not count."""
    attempts = [each for each in read.results if (each.suite, each.case) == (result.suite, result.case)]
    for gone, later in superseded(attempts).items():
        number, why = next(n for n, each in enumerate(attempts, 1) if id(each) == gone), later.supersedes
        if why:
            yield f"\nattempt {number} was superseded by {why.by}, and does not count: {why.reason}"


def _newest() -> Path:
    runs = [place for name in (evidence.FILE, evidence.NOT_PLAYED) for place in _REPORTS.glob(f"*/{name}")]
    if not runs:
        raise UsageError(f"there is no run below {_REPORTS}/", todo="name one with --run")
    return max(runs, key=lambda place: place.stat().st_mtime).parent


def find(read: Run, name: str) -> CaseResult:
    """The case of that key or the end of it, or the one of that id; of several attempts that count the worst. UsageError for none and for several."""
    name = read.header.contracts.key(name)  # whichever word was used for its contract: evidence has its identity
    found = [each for each in read.cases if name == each.case or f"/{each.key}".endswith(f"/{name}")]
    if len(found) == 1:
        return found[0]
    keys = [each.key for each in found or read.cases]
    if found:
        raise UsageError(f"{len(keys)} cases have the id “{name}”", todo=f"say which: {', '.join(keys)}")
    raise UsageError(f"the run has no case “{name}”", todo=did_you_mean(name, keys))


def _only(result: CaseResult, side: Literal["request", "response"], *, is_raw: bool) -> int:
    """The body of the last exchange that has one, on its own."""
    messages = [message for each in result.exchanges if (message := getattr(each, side)) is not None and message.body]
    if not messages:
        raise UsageError(f"{result.key} has no {side}", todo="see the whole case, without --only")
    body = messages[-1].body
    sys.stdout.flush()
    sys.stdout.buffer.write(body if is_raw else xml.pretty(body).encode())
    return 0


def told(result: CaseResult, *, is_raw: bool) -> Iterator[str]:
    """The case and its exchanges, line by line."""
    yield f"{result.key} {result.title.en}: {result.verdict.name.lower().replace('_', ' ')}"
    if result.verdict in causes.RED:
        kind, said = causes.headline(result, result.verdict)
        yield f"{kind}: {said.en}" if kind else said.en
    if not result.exchanges:
        yield result.reason.en if result.reason else "nothing was sent and nothing came"
    for number, exchange in enumerate(result.exchanges, 1):
        way = "the system called us" if exchange.inbound else "we called the system"
        yield f"\n───── {number} of {len(result.exchanges)}: {way}, {exchange.started}, {exchange.elapsed_ms:.0f} ms"
        yield f"{exchange.method} {exchange.url}"
        yield from message_told(exchange.request, is_raw=is_raw)
        yield ""
        if exchange.response is None:
            yield f"no answer: {exchange.problem.text.en if exchange.problem else 'nobody knows why'}"
            continue
        yield f"HTTP {exchange.status}"
        yield from message_told(exchange.response, is_raw=is_raw)


def message_told(message: Message, *, is_raw: bool) -> Iterator[str]:
    """Its headers and its body, whole."""
    yield from (f"{name}: {value}" for name, value in message.headers)
    yield ""
    text = xml.decoded(message.body) if is_raw else xml.pretty(message.body)
    yield from text.replace("\r\n", "\n").split("\n")


def curl(exchange: Exchange, folder: Path, settings: Environment | None) -> str:
    """The command that sends the message again, from a file beside those that the run keeps it in. A secret in a header stays left out."""
    sent = exchange.request.body
    words = ["curl", "--include", *(("--data-binary", f"@{evidence.own_file(folder, sent)}") if sent else ())]
    if exchange.method != ("POST" if sent else "GET"):
        words += ["--request", exchange.method]
    words += [
        word
        for name, value in exchange.request.headers
        if name.lower() not in _OURS
        for word in ("--header", f"{name}: {value}")
    ]
    tls = settings.tls if settings else None
    files = (("--cert", tls.certificate), ("--key", tls.key), ("--cacert", tls.ca)) if tls else ()
    words += [word for option, file in files if file for word in (option, str(file))]
    return shlex.join([*words, "--url", exchange.url])
