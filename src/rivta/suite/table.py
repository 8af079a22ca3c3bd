"""From a table to its cases: one for each kind of message in each state.

A case goes the state's way, sends the kind's message, and expects the answer that the table has for the two. Where it is the system that
sends, it is made to do so, and the message is what is judged, or that none comes. Nothing here knows what the kinds and the states are.
"""

from dataclasses import field, replace

from rivta.model.case import Case, CaseRole, Cell, Table
from rivta.model.frozen import frozen
from rivta.model.steps import Send, Step, Watch, WithoutContract
from rivta.model.words import Text, Value
from rivta.suite.meaning import Names
from rivta.suite.steps import Before, Steps
from rivta.text.yaml.tree import Entry


@frozen
class Cells:
    """Reads one table. Mistakes go where those of its steps go."""

    entry: Entry
    names: Names
    steps: Steps
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
                if "never" in entry["answers"].get(answer, ()) and "send" in entry["kinds"].get(kind, ()):
                    what, todo = f"{kind} is sent by us", "“never” is for what the system sends: take another answer"
                    meaning.found.say(what, cells[kind].source_of(state), todo)
        for kind in entry["kinds"]:
            missing = [state for state in entry["states"] if state not in cells.get(kind, {})]
            if missing:
                source = cells.key_source(kind) if kind in cells else entry.source_of("cells")
                todo = "write which answer is right in each; “untried” is for what no case can try"
                meaning.found.say(f"{kind} has no cell for {', '.join(missing)}", source, todo)
        for name, state in entry["states"].items():
            if "after" in state and state["after"] not in (earlier := self._before(name)):
                meaning.check_known(state["after"], earlier, "earlier state", state.source_of("after"))
        used = {answer for row in cells.values() for answer in row.values()}
        for name in entry["answers"]:
            if name not in used:
                source = entry["answers"].key_source(name)
                meaning.found.say(f"no cell has the answer “{name}”", source, "take it away")

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
        tried = self._tried(kind, state, answer, before)
        contract, role = _part(tried, before.steps)
        verifies = self.steps.meaning.requirements(answer)
        texts = (self.entry["kinds"][kind]["text"], self.entry["states"][state]["text"], answer["text"])
        case = Case(
            id=name,
            title=Text(*("{} {}: {}".format(*(text.in_(lang) for text in texts)) for lang in ("sv", "en"))),
            contract=contract,
            role=role,
            verifies=verifies,
            requires=tuple(self.entry.get("requires", ())),
            markers=tuple(self.entry.get("markers", ())),
            steps=(*before.steps, *tried),
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

    def _tried(self, kind: str, state: str, answer: Entry, before: Before) -> tuple[Step, ...]:
        """The kind's message, with what the state says besides, and with what it or its answer must show."""
        entry, meaning = self.entry["kinds"][kind], self.steps.meaning
        data: dict[str, Value] = meaning.data(self.entry["states"][state], "with")
        before = replace(before, names=before.names.below(data))
        meaning.check_texts(answer, "expect", before.names)
        if "send" in entry:
            return (self._sent(entry, answer, before, data),)
        call = replace(self.steps.receive(entry, before), data=data)
        if "never" in answer:
            own = self.steps.meaning.requirements(answer)
            never = Watch(call.contract, call.when, answer["never"], 0, None, call.answer, call.source, call.do)
            return (replace(never, verifies=own, data=data),)
        call = replace(call, expect=self.steps.expectations.of(answer, "calls", before.steps))
        after = self.steps.played(entry.get("then", ()), replace(before, steps=(*before.steps, call)))
        return (call, *(_with(step, data) for step in after.steps[len(before.steps) + 1 :]))

    def _sent(self, entry: Entry, answer: Entry, before: Before, data: dict[str, Value]) -> Send:
        sent = self.steps.send(entry, before)
        self.steps.expectations.check_results(answer, sent.contract)
        return replace(
            sent, data={**data, **sent.data}, expect=self.steps.expectations.of(answer, "replies", before.steps)
        )


def _with(step: Step, data: dict[str, Value]) -> Step:
    """The step, knowing what the state says besides; what is asked of people has data of its own."""
    return step if isinstance(step, WithoutContract) else replace(step, data={**data, **step.data})


def _part(tried: tuple[Step, ...], steps: tuple[Step, ...]) -> tuple[str, CaseRole]:
    """The contract and the part that a case counts under: of what we send in the end, else, as in a scenario, of its first step."""
    first = next(
        each
        for each in (*(tried if isinstance(tried[0], Send) else ()), *steps, *tried)
        if not isinstance(each, WithoutContract)
    )
    return first.contract, "producer" if isinstance(first, Send) else "consumer"
