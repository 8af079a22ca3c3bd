"""Response times: each contract's, drawn against its limit and told in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from markupsafe import Markup

from rivta.model.domain import ContractFacts
from rivta.model.run import Run
from rivta.report import drawing
from rivta.report.voice import Voice


@dataclass(frozen=True, slots=True)
class Times:
    """A contract's response times, drawn and in words."""

    heading: str
    drawing: Markup
    text: str


def times(run: Run, contracts: Sequence[ContractFacts], voice: Voice) -> Iterator[Times]:
    """The response times of every contract that any reply of the system came from."""
    for number, contract in enumerate(contracts, 1):
        took = replies(run, contract.name)
        if took:
            yield _drawn(contract, took, f"times-{number}", voice)


def replies(run: Run, contract: str) -> list[float]:
    """How long the system took to answer each of our calls, in ms. How long we took to answer its calls is no time of its."""
    exchanges = (exchange for result in run.results for exchange in result.exchanges)
    answered = (each for each in exchanges if each.response is not None and not each.inbound)
    return [each.elapsed_ms for each in answered if each.contract == contract]


def _drawn(contract: ContractFacts, took: Sequence[float], anchor: str, voice: Voice) -> Times:
    text = voice.say(
        "times_desc",
        n=voice.number(len(took)),
        median=voice.ms(median(took)),
        p95=voice.ms(quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else took[0]),
        longest=voice.ms(max(took)),
        limit=voice.ms(contract.max_ms),
        over=voice.number(sum(each > contract.max_ms for each in took)),
    )
    title = voice.say("times_title", contract=contract.name)
    label = voice.say("limit", limit=voice.ms(contract.max_ms))
    return Times(contract.name, drawing.distribution(took, contract.max_ms, anchor, (title, text, label)), text)
