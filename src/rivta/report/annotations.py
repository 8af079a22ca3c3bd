"""Annotations for GitHub Actions: workflow commands that put each deviation at the YAML line that was not met.

A runner takes them from a step's output. It shows ten of each kind a step, so what binds most comes first, and each place
is named once.
"""

from rivta.model.declaration import Declaration
from rivta.model.words import Lang, Level
from rivta.report import failures
from rivta.report.failures import Failure
from rivta.report.masking import shown

_COMMANDS = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "notice"}
_ORDER = ("error", "warning", "notice")


def render(declaration: Declaration, lang: Lang = "sv") -> bytes:
    """One workflow command a line, in UTF-8. A known deviation is a notice. Give it the run as it was read: it masks."""
    found = list(failures.of(shown(declaration)))
    ordered = sorted(found, key=lambda each: _ORDER.index(_command(each)))
    lines = dict.fromkeys(_line(each, lang) for each in ordered)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _command(failure: Failure) -> str:
    if failure.is_excused:
        return "notice"
    return _COMMANDS[failure.requirement.level if failure.requirement else Level.MUST]


def _line(failure: Failure, lang: Lang) -> str:
    source = failure.source
    title = failure.requirement.id if failure.requirement else failure.key
    properties = {
        "file": source.path.replace("\\", "/"),
        "line": str(source.line),
        "col": str(source.column),
        "title": title,
    }
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_command(failure)} {written}::{_data(_message(failure, lang))}"


def _message(failure: Failure, lang: Lang) -> str:
    parts = [failures.sentence(failure, lang)]
    if failure.requirement:
        parts.append(f"{failure.requirement.text.in_(lang)} ({failure.requirement.reference})")
    if failure.known:
        parts.append(failures.decision(failure.known, lang))
    return "\n".join(parts)


def _data(text: str) -> str:
    """A message as the runner reads it: https://github.com/actions/toolkit, core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
