"""What can be said of any answer, call and look over time: written down, it is read as what it was."""

import json
from pathlib import Path
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from rivta import suite
from rivta.model.case import Case
from rivta.model.errors import UsageError
from rivta.model.steps import AnswerKind, Behaviour, Doing, Receive, Watch
from rivta.model.words import Text
from rivta.text.yaml.compose import compose
from rivta.text.yaml.grammar import Found, load, settle
from rivta.text.yaml.values import ANSWER, behaviour
from suite_world import DOMAIN, TELL, VOCABULARY, write

# Text as JSON writes it is YAML too; what YAML cannot hold at all, and placeholders, are other tests' matter.
ERRORS = ("VALIDATION_ERROR", "APPLICATION_ERROR")
WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=20)
SAID = WORDS.filter(lambda text: text.strip() and "$" not in text)
SUBS = st.from_regex(r"[A-Z]{2,3}[0-9]{3}", fullmatch=True)
DELAYS = st.integers(0, 600_000)


def told(kinds: str, **more: st.SearchStrategy[str]) -> st.SearchStrategy[Behaviour]:
    return st.builds(Behaviour, kind=st.sampled_from(kinds.split()), **more)


BEHAVIOURS: st.SearchStrategy[Behaviour] = st.one_of(
    told("ok info html invalid-xml breaks-schema", text=st.just("") | SAID),
    told("error", error=st.sampled_from([*ERRORS]), sub=st.just("") | SUBS, text=st.just("") | SAID),
    told("fault", code=st.sampled_from(["Client", "Server"]), text=st.just("") | SAID),
    told("platform", code=st.integers(1, 15).map(lambda number: f"VP{number:03}")),
    told("silence reset"),
)
SECONDS = st.integers(1, 5 * 60 * 1000)
FACTS = st.dictionaries(st.sampled_from(["address", *DOMAIN.facts]), SAID)
DATA = st.recursive(
    SAID, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("a"), inner), max_leaves=4
)
DOINGS = st.builds(
    Doing,
    text=st.builds(Text, SAID, SAID),
    action=st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5})?", fullmatch=True),
    data=st.dictionaries(st.sampled_from(["patient", "to"]), DATA),
)


def written(answer: Behaviour) -> dict[str, Any]:
    """An answer as an author writes it: keys that say nothing left out."""
    said = {"kind": answer.kind, "error": answer.error, "sub": answer.sub, "code": answer.code, "text": answer.text}
    delay = {"delay": f"{answer.delay_ms} ms"} if answer.delay_ms else {}
    return {key: value for key, value in said.items() if value} | delay


def written_doing(doing: Doing) -> dict[str, Any]:
    return {"sv": doing.text.sv, "en": doing.text.en, "action": doing.action, "with": dict(doing.data)}


def read(step: dict[str, Any], folder: Path) -> Case:
    """The case that a suite of this one step becomes. JSON is YAML."""
    head = {"contract": "Tell", "role": "consumer", "title": "Telling"}
    text = json.dumps(head | {"cases": [{"id": "one", "title": "One", "steps": [step]}]}, ensure_ascii=False)
    (one,) = suite.read(write(folder, text, "consumer.yaml"), DOMAIN, VOCABULARY).cases
    return one


def loaded(text: str) -> Behaviour:
    found = Found()
    answer = behaviour(load(compose(text, "f.yaml"), ANSWER), found, Path())
    settle(found)
    return answer


@given(BEHAVIOURS, DELAYS)
def test_any_answer_is_read_as_what_it_was(answer: Behaviour, delay: int) -> None:
    waits = answer.kind != "silence"
    delayed = Behaviour(answer.kind, answer.error, answer.sub, answer.code, answer.text, delay if waits else 0)
    assert loaded(json.dumps(written(delayed), ensure_ascii=False)) == delayed


KEYS = {
    "kind": st.sampled_from([*get_args(AnswerKind), "odd"]),
    "error": st.sampled_from([*ERRORS, "ODD"]),
    "message": st.sampled_from(["messages/answer.xml"]),
    "sub": SUBS,
    "code": st.sampled_from(["Client", "VP001", "VP016"]),
    "text": SAID,
    "delay": st.sampled_from(["1 s", "11 min", "1"]),
}


@given(st.fixed_dictionaries({}, optional=KEYS))
def test_any_other_answer_is_refused_or_says_all_that_it_says(keys: dict[str, str]) -> None:
    try:
        answer = loaded(json.dumps(keys, ensure_ascii=False) if keys else "ok")
    except UsageError:
        return
    assert written(answer).keys() - {"kind", "code"} == keys.keys() - {"kind", "code", "message"}
    assert (answer.kind == "message") == (answer.template is not None) == ("message" in keys)
    assert (answer.kind == "error") == bool(answer.error)
    assert not answer.sub or answer.kind == "error"
    assert bool(answer.code) == (answer.kind in ("fault", "platform"))


@given(FACTS, st.none() | DOINGS, BEHAVIOURS, st.none() | SECONDS)
def test_any_call_is_read_as_what_it_was(
    tmp_path_factory: Any, when: dict[str, str], do: Doing | None, answer: Behaviour, within: int | None
) -> None:
    step: dict[str, Any] = {"receive": when, "answer": written(answer)}
    step |= {"do": written_doing(do)} if do else {}
    step |= {"within": f"{within} ms"} if within else {}
    (found,) = read(step, tmp_path_factory.getbasetemp()).steps
    assert isinstance(found, Receive)
    seconds = within / 1000 if within else 300
    assert abs(found.within - seconds) < 1e-6
    assert (found.contract, found.when, found.do, found.answer) == (TELL, when, do, answer)


@given(FACTS, st.integers(1, 86_400), st.none() | st.integers(0, 9), st.none() | st.integers(1, 86_400))
def test_any_look_over_time_makes_sense_or_is_refused(
    tmp_path_factory: Any, when: dict[str, str], seconds: int, most: int | None, apart: int | None
) -> None:
    step: dict[str, Any] = {"watch": when, "for": f"{seconds} s"}
    step |= {} if most is None else {"most": most}
    step |= {"apart": f"{apart} s"} if apart else {}
    makes_sense = apart is None or (apart <= seconds and most != 0)
    try:
        (found,) = read(step, tmp_path_factory.getbasetemp()).steps
    except UsageError:
        assert not makes_sense
        return
    assert makes_sense
    assert isinstance(found, Watch)
    assert (found.when, found.seconds, found.most, found.apart) == (when, seconds, most, apart)
