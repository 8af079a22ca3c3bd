"""One language: its words, and how it writes numbers, sizes and times."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

from markupsafe import escape

from rivta.declaration.answers import value_in_words
from rivta.model.declaration import RequirementRow
from rivta.model.frozen import frozen
from rivta.model.run import CheckResult
from rivta.model.words import Lang, Level, Text, Verdict
from rivta.text.catalogue import Words, words

_THIN: Mapping[Lang, str] = {"sv": "\N{NO-BREAK SPACE}", "en": ","}
_POINT: Mapping[Lang, str] = {"sv": ",", "en": "."}
_NBSP = "\N{NO-BREAK SPACE}"


STATE_KEYS: Final = ("failed", "error", "blocked", "not-proven", "manual", "not-tested", "not-applicable", "passed")
"""All states, what needs attention first. *Not tested* is what no case can test, for a reason: more than *not proven*."""

ANSWER_KEYS: Final = ("missing", "contradictory", "changed", "proposed", "answered", "blank", "confirmed")
"""How a form's answer may stand to the evidence, what needs attention first."""


@frozen
class State:
    """What something came to, as people see it. `key` names its symbol and colour, `word` stands beside them."""

    key: str
    word: str

    def __html__(self) -> str:
        """How a layout shows it: symbol and word."""
        return _drawn(self.key, f" {escape(self.word)}")

    @property
    def symbol(self) -> str:
        """The symbol alone, with the word for who does not see it."""
        return _drawn(self.key, f'<span class="unseen">{escape(self.word)}</span>')


@cache
def _drawn(key: str, word: str) -> str:
    symbol = f'<svg width="14" height="14" aria-hidden="true"><use href="#s-{key}"/></svg>'
    return f'<span class="state s-{key}">{symbol}{word}</span>'


@dataclass(frozen=True)
class Voice:
    """What the report says, or another room, in one language."""

    lang: Lang
    room: str = "report"

    @cached_property
    def words(self) -> Words:
        return words(self.room, self.lang)

    @cached_property
    def _verdicts(self) -> Words:
        return words("verdicts", self.lang)

    def say(self, key: str, **values: object) -> str:
        """A sentence of the catalogue with its values filled in."""
        return self.words.say(key, **values)

    def text(self, text: Text) -> str:
        return text.in_(self.lang)

    def told(self, record: object, *names: str) -> dict[str, Any]:
        """Fields of a record by their names, a bilingual text in this language and a missing one empty."""
        told = {name: getattr(record, name) for name in names}
        return {name: self.text(each) if isinstance(each, Text) else each or "" for name, each in told.items()}

    def state(self, verdict: Verdict) -> State:
        return self._by_verdict[verdict]

    @cached_property
    def _by_key(self) -> Mapping[str, State]:
        return {key: State(key, self._verdicts[f"state_{key.replace('-', '_')}"]) for key in STATE_KEYS}

    @cached_property
    def _by_verdict(self) -> Mapping[Verdict, State]:
        return {verdict: self._by_key[verdict.name.lower().replace("_", "-")] for verdict in Verdict}

    @property
    def not_tested(self) -> State:
        """The state of a requirement that no case tests, for a reason that the domain gives."""
        return self._by_key["not-tested"]

    def of(self, row: RequirementRow) -> State:
        is_untestable = row.verdict is Verdict.NOT_PROVEN and not row.cases and row.requirement.not_tested
        return self.not_tested if is_untestable else self.state(row.verdict)

    @cached_property
    def states(self) -> tuple[State, ...]:
        """All states, what needs attention first."""
        return tuple(self._by_key.values())

    @cached_property
    def answer_states(self) -> tuple[State, ...]:
        """How answers of a form stand to the evidence, what needs attention first."""
        return tuple(self.answer_state(key) for key in ANSWER_KEYS)

    def answer_state(self, key: str) -> State:
        return State(key, self._verdicts[f"answer_{key}"])

    def level(self, level: Level) -> str:
        return self._verdicts[f"level_{level.value}"]

    def check(self, kind: str) -> str:
        """What a kind of check is called; a kind that is new here keeps its own name."""
        return self._verdicts.get(f"check_{kind}", kind)

    def answer(self, check: CheckResult) -> str:
        """What a person answered, in a word; of a question without an answer, that it waits for one."""
        if check.verdict is Verdict.MANUAL and not check.by:
            return self.words["said_none"]
        return self.text(value_in_words(check.actual))

    def number(self, value: float, decimals: int = 0) -> str:
        plain = f"{value:,.{decimals}f}"
        return plain.translate({ord(","): _THIN[self.lang], ord("."): _POINT[self.lang]})

    def ms(self, value: float) -> str:
        """Milliseconds; one decimal below ten, so that fast systems differ."""
        return f"{self.number(value, 1 if 0 < value < 10 else 0)}{_NBSP}ms"

    def duration(self, seconds: float) -> str:
        """A length of time in the units that people would use: 350 ms, 12,5 s, 5 min 2 s, 2 h 10 min."""
        if seconds < 1:
            return self.ms(seconds * 1000)
        if round(seconds, 1) < 60:
            return f"{self.number(seconds, 0 if round(seconds, 1).is_integer() else 1)}{_NBSP}s"
        whole, unit, part = (round(seconds), "min", "s") if seconds < 3600 else (round(seconds / 60), "h", "min")
        most, rest = divmod(whole, 60)
        return f"{most}{_NBSP}{unit}" + (f" {rest}{_NBSP}{part}" if rest else "")

    def size(self, count: int) -> str:
        """Bytes, in the unit that reads best."""
        if count < 1024:
            return f"{count}{_NBSP}B"
        if count < 1024 * 1024:
            return f"{self.number(count / 1024, 1)}{_NBSP}KB"
        return f"{self.number(count / 1024 / 1024, 1)}{_NBSP}MB"

    @staticmethod
    def time(moment: str) -> str:
        """An ISO 8601 moment in UTC to the second, with the zone written out. What is no moment stays as it is."""
        day, separator, clock = moment.partition("T")
        if not separator or not (clock.endswith(("Z", "+00:00"))):
            return moment
        return f"{day} {clock[:8]} UTC"
