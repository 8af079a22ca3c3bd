"""From a table to its cases: one for each kind of message in each state.

A case goes the state's way, sends the kind's message, and expects the answer that the table has for the two. Nothing here
knows what the kinds and the states are.
"""

from dataclasses import dataclass, field, replace

from rivta.model.case import Case, Cell, Send, Table
from rivta.model.errors import UsageError
from rivta.model.words import Text, Value
from rivta.suite.expectations import Expectations
from rivta.suite.meaning import Names
from rivta.suite.steps import Before, Steps
from rivta.text.yaml.tree import Entry


@dataclass(frozen=True, slots=True)
class Cells:
    """Reads one table. Mistakes go where those of its steps go."""

    entry: Entry
    names: Names
    steps: Steps
    expectations: Expectations
    _reached: dict[str, Before] = field(default_factory=dict)

    def read(self) -> tuple[Table, list[Case]]:
        """The table, and the case of each cell that has one; no cells of a table whose names lead nowhere."""
        entry, known = self.entry, len(self.steps.meaning.found)
        self._check()
        is_sound = len(self.steps.meaning.found) == known
        pairs = [self._pair(kind, state) for kind in entry["kinds"] for state in entry["states"] if is_sound]
        kinds, states = ({name: each["text"] for name, each in entry[key].items()} for key in ("kinds", "states"))
        table = Table(entry["table"], entry["title"], kinds, states, tuple(cell for cell, _ in pairs))
        return table, [case for _, case in pairs if case is not None]

    def _check(self) -> None:
        """A row for each kind, in it a cell for each state, and nothing else."""
        meaning, entry, cells = self.steps.meaning, self.entry, self.entry["cells"]
        for kind in cells:
            meaning.check_known(kind, entry["kinds"], "kind", cells.key_source(kind))
            for state, answer in cells[kind].items():
                meaning.check_known(state, entry["states"], "state", cells[kind].key_source(state))
                meaning.check_known(answer, entry["answers"], "answer", cells[kind].source_of(state))
        for kind in entry["kinds"]:
            missing = [state for state in entry["states"] if state not in cells.get(kind, {})]
            if missing:
                source = cells.key_source(kind) if kind in cells else entry.source_of("cells")
                todo = "write which answer is right in each; “untried” is for what no case can try"
                meaning.found.append(
                    UsageError(f"{kind} has no cell for {', '.join(missing)}", source=source, todo=todo)
                )
        for name, state in entry["states"].items():
            if "after" in state and state["after"] not in (earlier := self._before(name)):
                meaning.check_known(state["after"], earlier, "earlier state", state.source_of("after"))
        used = {answer for row in cells.values() for answer in row.values()}
        for name in entry["answers"]:
            if name not in used:
                source = entry["answers"].key_source(name)
                meaning.found.append(UsageError(f"no cell has the answer “{name}”", source=source, todo="take it away"))

    def _before(self, name: str) -> list[str]:
        names = list(self.entry["states"])
        return names[: names.index(name)]

    def _pair(self, kind: str, state: str) -> tuple[Cell, Case | None]:
        row = self.entry["cells"][kind]
        answer, source = self.entry["answers"][row[state]], row.source_of(state)
        if "untried" in answer:
            return Cell(kind, state, answer["untried"], source=source), None
        name = f"{kind}-{state}"
        before = self._state(state)
        send = self._sent(kind, state, answer, before)
        verifies = self.steps.meaning.requirements(answer)
        texts = (self.entry["kinds"][kind]["text"], self.entry["states"][state]["text"], answer["text"])
        case = Case(
            id=name,
            title=Text(*("{} {}: {}".format(*(text.in_(lang) for text in texts)) for lang in ("sv", "en"))),
            contract=send.contract,
            role="producer",
            verifies=verifies,
            requires=tuple(self.entry.get("requires", ())),
            markers=tuple(self.entry.get("markers", ())),
            steps=(*before.steps, send),
            source=source,
        )
        return Cell(kind, state, answer["text"], name, verifies, answer["source"], answer.get("derived"), source), case

    def _state(self, name: str) -> Before:
        """How the state is reached, read once."""
        if name not in self._reached:
            state = self.entry["states"][name]
            start = Before(self.entry["table"], "", self.names)
            earlier = state.get("after")
            before = self._state(earlier) if earlier else start
            self._reached[name] = self.steps.played(state.get("steps", ()), before)
        return self._reached[name]

    def _sent(self, kind: str, state: str, answer: Entry, before: Before) -> Send:
        """The kind's message, with what the state says besides, and with what the answer must show."""
        meaning = self.steps.meaning
        data: dict[str, Value] = meaning.data(self.entry["states"][state], "with")
        names = before.names.below(data)
        sent = self.steps.send(self.entry["kinds"][kind], replace(before, names=names))
        self.expectations.check_results(answer, meaning.domain_of(sent.contract).contracts.get(sent.contract))
        meaning.check_texts(answer, "expect", names)
        expect = self.expectations.of(answer, "replies", before.steps)
        return replace(sent, data={**data, **sent.data}, expect=expect)
