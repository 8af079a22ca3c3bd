"""Times: how long the system took to answer, and by how much time was compressed.

Rules over time are held against a clock that may go faster than the real one, so that is told where it counts.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from rivta.declaration import proven
from rivta.model.domain import ContractFacts
from rivta.model.run import Run, RunHeader
from rivta.report import drawing
from rivta.report.layout import View
from rivta.report.voice import Voice

SETTING = "time factor"
"""The header's name for it."""
_OVER_TIME = frozenset({"resends"})
_EXAMPLE_SECONDS = 300
"""The interval that the profile demands between calls made again: five minutes."""


def times(run: Run, contracts: Sequence[ContractFacts], voice: Voice) -> Iterator[View]:
    """The response times, drawn and in words, of every contract that any reply of the system came from."""
    for number, contract in enumerate(contracts, 1):
        took = proven.replies(run, contract.word)
        if took:
            anchor = f"times-{number}"
            text = voice.say(
                "times_desc",
                n=voice.number(len(took)),
                median=voice.ms(median(took)),
                p95=voice.ms(proven.p95(took)),
                longest=voice.ms(max(took)),
                limit=voice.ms(contract.max_ms),
                over=voice.number(sum(each > contract.max_ms for each in took)),
            )
            title = voice.say("times_title", contract=contract.word)
            label = voice.say("limit", limit=voice.ms(contract.max_ms))
            drawn = drawing.distribution(took, contract.max_ms, anchor, (title, text, label))
            yield {"heading": contract.word, "drawing": drawn, "text": text}


def factor_of(header: RunHeader) -> float:
    """By how much time was compressed; 1 in a run where nothing could call us."""
    try:
        factor = float(header.environment.get(SETTING, "1"))
    except ValueError:
        return 1.0
    return factor if factor > 0 else 1.0


def is_told_by(kind: str) -> bool:
    """Whether a kind of check is about time in the system's own clock."""
    return kind in _OVER_TIME


def compression(run: Run, voice: Voice) -> tuple[str, str] | None:
    """A heading and what is to be known, where rules over time were tested with a clock that was not the real one."""
    factor = factor_of(run.header)
    checks = (check for result in run.counted for check in result.checks)
    if factor == 1 or not any(is_told_by(check.kind) for check in checks):
        return None
    values = {
        "factor": written(factor, voice),
        "minutes": voice.duration(_EXAMPLE_SECONDS),
        "here": voice.duration(_EXAMPLE_SECONDS / factor),
    }
    return voice.say("compressed_heading", **values), voice.say("compressed", **values)


def written(factor: float, voice: Voice) -> str:
    """The factor as the language writes it."""
    return voice.number(factor, 0 if factor.is_integer() else 2)
