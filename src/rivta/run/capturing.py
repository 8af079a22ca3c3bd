"""What a message holds that later steps build on."""

from __future__ import annotations

from collections.abc import Mapping

from rivta.check import Seen
from rivta.contract import message
from rivta.model.errors import Unreadable
from rivta.model.run import CheckResult, Finding
from rivta.model.words import Source, Text, Verdict
from rivta.run.filling import literal


def captured(
    paths: Mapping[str, str], seen: Seen, lacking: CheckResult
) -> tuple[dict[str, str], tuple[CheckResult, ...]]:
    """The values by name, and `lacking` as a finding for each that the system's message should have held and does not."""
    values: dict[str, str] = {}
    missing: list[CheckResult] = []
    for name, path in paths.items():
        try:
            values[name] = literal(_one_value(seen, path))
        except Unreadable as trouble:
            missing.append(_missing(name, path, trouble, seen, lacking))
    return values, tuple(missing)


def check_of_capture(verifies: tuple[str, ...], source: Source, exchange: int, step: int) -> CheckResult:
    """What a value that is not there comes to; which value it is, `captured` says."""
    return CheckResult("capture", Verdict.FAILED, verifies, source=source, exchange=exchange, step=step)


def _missing(name: str, path: str, trouble: Unreadable, seen: Seen, lacking: CheckResult) -> CheckResult:
    it = Text("anropet", "the call") if seen.exchange.inbound else Text("svaret", "the reply")
    text = Text(
        f"“{name}” kan inte hämtas ur {it.sv}: {trouble.what}",
        f"“{name}” cannot be taken from {it.en}: {trouble.what}",
    )
    finding = Finding(text, seen.direction, location=path, expected="1 ×")
    return CheckResult(
        lacking.kind,
        lacking.verdict,
        lacking.verifies,
        path,
        trouble.what,
        (finding,),
        source=lacking.source,
        exchange=lacking.exchange,
        step=lacking.step,
    )


def _one_value(seen: Seen, path: str) -> str:
    value = message.capture(seen.envelope.root, path, seen.namespaces)
    if not value.strip():  # such as string(…) of what is not there
        raise Unreadable(f"{path} finds no text in the message")
    return value
