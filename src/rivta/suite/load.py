"""`load:` of a suite: which of its cases many users play at a time, for how long, and what the answers are held to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from rivta.model.case import Case, Load
from rivta.model.frozen import frozen
from rivta.model.load import Limit, LimitKind, LoadStage
from rivta.model.steps import Send
from rivta.suite.meaning import Meaning
from rivta.text.yaml.tree import Entry

ALWAYS: tuple[LimitKind, ...] = ("answered", "right", "unmixed")
"""What all answers are held to where nothing else is said of it; `unmixed` where a contract says whose its records are."""


@frozen
class Loads:
    """Reads load cases that are well-formed. `cases` are those of the suite, by id."""

    meaning: Meaning
    cases: Mapping[str, Case]

    def of(self, entry: Entry, case: Case) -> Load:
        """One of them. `case` is what it has in common with every case, as yet without messages."""
        stages = tuple(self._stages(entry))
        messages = tuple(self._messages(entry))
        limits = tuple(self._limits(entry, len(stages), says_whose=any(map(self._says_whose, messages))))
        if "probe" not in entry and any(each.kind == "available" for each in limits):
            self.meaning.found.say(
                "nothing asks whether the system is available", entry.source_of("limits"), "add probe: 5 s"
            )
        return Load(
            case=case.sending(messages),
            stages=stages,
            limits=limits,
            pause=entry.get("pause", 0.0),
            share=_percent(entry.get("checked", "5 %")),
            same_size=entry.get("same-size", False),
            probe=entry.get("probe"),
        )

    def _messages(self, entry: Entry) -> Iterator[Send]:
        for id_, source in entry.items_of("plays"):
            self.meaning.check_known(id_, self.cases, "case", source)
            for step in self.cases[id_].steps if id_ in self.cases else ():
                if isinstance(step, Send) and step.for_each is None and not step.capture:
                    yield step
                else:
                    what = f"the case {id_} does more than send: its steps build on one another, and many users play them at a time"
                    self.meaning.found.say(what, source, "name a case that only sends, and captures nothing")
                    break

    def _stages(self, entry: Entry) -> Iterator[LoadStage]:
        for each in entry.get("stages", [entry]):
            yield LoadStage(each["users"], each["for"], each.get("from"))

    def _says_whose(self, message: Send) -> bool:
        contract = self.meaning.known(message.contract)
        return contract is not None and contract.records is not None and "patient" in contract.records.filters

    def _limits(self, entry: Entry, stages: int, *, says_whose: bool) -> Iterator[Limit]:
        written: Sequence[Entry] = entry.get("limits", ())
        for each in written:
            yield self._limit(each, entry, stages)
        for kind in ALWAYS:
            if not any(kind in each for each in written) and (says_whose or kind != "unmixed"):
                yield Limit(kind, 100.0, entry["source"], entry.source)

    def _limit(self, entry: Entry, load: Entry, stages: int) -> Limit:
        kind = next(each for each in get_args(LimitKind) if each in entry)
        for number in (each for each in entry.get("stages", ()) if each > stages):
            self.meaning.found.say(
                f"there is no stage {number}", entry.source_of("stages"), f"the last one is {stages}"
            )
        is_time = kind == "within"
        return Limit(
            kind=kind,
            share=_percent(entry.get("share", "100 %") if is_time else entry[kind]),
            reference=entry.get("source", load["source"]),
            source=entry.key_source(kind),
            ms=entry["within"] * 1000 if is_time else 0.0,
            stages=tuple(entry.get("stages", ())),
            verifies=self.meaning.requirements(entry),
        )


def _percent(written: str) -> float:
    return float(written.rstrip(" %"))
