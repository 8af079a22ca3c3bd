"""The words for verdicts, levels and checks.

A verdict is a state here, because people need one more: a requirement that no case can test is *not tested*, with a
reason, which is something else than *not proven*.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rivta.model.words import Lang, Level, Text, Verdict


@dataclass(frozen=True, slots=True)
class State:
    """What something came to, as people see it. `key` names its symbol and colour, `word` stands beside them."""

    key: str
    word: str


_VERDICTS: Final[Mapping[Verdict, tuple[str, Text]]] = MappingProxyType(
    {
        Verdict.FAILED: ("failed", Text("Avvikelse", "Deviation")),
        Verdict.ERROR: ("error", Text("Fel i provningen", "Error in the test")),
        Verdict.BLOCKED: ("blocked", Text("Hindrad av miljön", "Blocked by the environment")),
        Verdict.NOT_PROVEN: ("not-proven", Text("Ej visat", "Not proven")),
        Verdict.MANUAL: ("manual", Text("Manuell bedömning", "Manual assessment")),
        Verdict.PASSED: ("passed", Text("Uppfyllt", "Met")),
        Verdict.NOT_APPLICABLE: ("not-applicable", Text("Ej tillämpligt", "Not applicable")),
    },
)
_NOT_TESTED: Final = ("not-tested", Text("Ej provat", "Not tested"))
_LEVELS: Final[Mapping[Level, Text]] = MappingProxyType(
    {Level.MUST: Text("Ska", "Must"), Level.SHOULD: Text("Bör", "Should"), Level.MAY: Text("Kan", "May")},
)
_CHECKS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "soap": Text("SOAP-svar", "SOAP reply"),
        "schema": Text("Schema", "Schema"),
        "rules": Text("Regler", "Rules"),
        "encoding": Text("Teckenkodning", "Encoding"),
        "max_ms": Text("Svarstid", "Response time"),
        "result": Text("Resultatkod", "Result code"),
        "fault": Text("SOAP Fault", "SOAP Fault"),
        "xpath": Text("Innehåll", "Content"),
        "contains": Text("Text i svaret", "Text in the reply"),
        "header": Text("HTTP-huvud", "HTTP header"),
        "one_of": Text("Något av flera svar", "One of several answers"),
        "reply": Text("Läsbart svar", "Readable reply"),
        "capture": Text("Värde till senare steg", "Value for later steps"),
        "call": Text("Anrop från systemet", "Call from the system"),
        "act": Text("Systemet utförde", "The system acted"),
        "soapaction": Text("SOAPAction", "SOAPAction"),
        "addressing": Text("Adressering", "Addressing"),
        "headers": Text("HTTP-huvuden i anropet", "HTTP headers of the call"),
        "client_certificate": Text("Anroparens certifikat", "The caller's certificate"),
        "unchanged": Text("Oförändrat sedan tidigare", "Unchanged since before"),
        "next_version": Text("Nästa version", "Next version"),
        "resends": Text("Omsändningar", "Calls made again"),
        "manual": Text("Manuell bedömning", "Manual assessment"),
    },
)
_ANSWERS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "missing": Text("Svar saknas", "No answer"),
        "contradictory": Text("Går inte ihop", "Contradictory"),
        "changed": Text("Ändrat mot underlaget", "Changed against the evidence"),
        "proposed": Text("Förslag, ej bekräftat", "Proposal, not confirmed"),
        "answered": Text("Besvarat", "Answered"),
        "blank": Text("Frivillig fråga utan svar", "Optional, no answer"),
        "confirmed": Text("Bekräftat", "Confirmed"),
    },
)

STATE_KEYS: Final = ("failed", "error", "blocked", "not-proven", "manual", "not-tested", "not-applicable", "passed")
"""All states, what needs attention first."""

ANSWER_KEYS: Final = tuple(_ANSWERS)
"""All states of a form's answer, what needs attention first."""


def answer_states(lang: Lang) -> tuple[State, ...]:
    """How a form's answer stands to the evidence, in the order of `ANSWER_KEYS`."""
    return tuple(State(key, word.in_(lang)) for key, word in _ANSWERS.items())


def state_of(verdict: Verdict, lang: Lang) -> State:
    """A verdict as people see it."""
    key, word = _VERDICTS[verdict]
    return State(key, word.in_(lang))


def not_tested(lang: Lang) -> State:
    """The state of a requirement that no case tests, for a reason that the domain gives."""
    key, word = _NOT_TESTED
    return State(key, word.in_(lang))


def states(lang: Lang) -> tuple[State, ...]:
    """All states in the order of `STATE_KEYS`."""
    known = {key: State(key, word.in_(lang)) for key, word in (*_VERDICTS.values(), _NOT_TESTED)}
    return tuple(known[key] for key in STATE_KEYS)


def level_word(level: Level, lang: Lang) -> str:
    """How binding a requirement is, in a word."""
    return _LEVELS[level].in_(lang)


def check_word(kind: str, lang: Lang) -> str:
    """What a kind of check is called; a kind that is new here keeps its own name."""
    known = _CHECKS.get(kind)
    return known.in_(lang) if known else kind
