"""What the page is made of: values to edit, steps in words, what a reader wants to see of the inbox, a play by itself."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_world
from page_world import SCENARIO, environment_of, shipped
from rivta import environment, page
from rivta.evidence.journal import KeptCall as Received
from rivta.evidence.progress import Opened, PlayEvent
from rivta.model.errors import RivtaError, UsageError
from rivta.model.exchange import Acted, Exchange, Message, Said
from rivta.model.steps import Ask, Behaviour, Matcher, Receive, Send, Watch
from rivta.model.words import Text, Value
from rivta.page import programme as values
from rivta.page import told
from rivta.page.inbox import Filter
from rivta.page.play import Asking, Awaiting, Busy, Editing, Interrupted, ManualPlay
from rivta.page.programme import Programme
from rivta.page.views import instead_of
from rivta.report.voice import Voice
from rivta.run import GivenUp, Waiting
from rivta.simulator import Server
from rivta.text import places

SV, EN = Voice("sv", "page"), Voice("en", "page")


@pytest.fixture(scope="module")
def programme() -> Programme:
    return shipped()


def test_a_name_that_no_schema_declares_is_refused_here_as_everywhere(tmp_path: Path) -> None:
    shutil.copytree(tiny_world.SUITES, tmp_path / "suites")
    (file,) = (tmp_path / "suites").glob("*/RegisterLoan.1/consumer.yaml")
    file.write_text(file.read_text(encoding="utf-8").replace("//c1:title", "//c1:titel"), encoding="utf-8")
    with pytest.raises(RivtaError, match="titel"):
        values.read(environment.read(tiny_world.ENVIRONMENT), tmp_path / "suites", tiny_world.SCENARIOS)


# Values of a step

DATA: dict[str, Value] = {
    "confirmation": {"type": "KOM", "number": "1", "lines": "one\ntwo"},
    "letter": {"file": "letter.txt", "as": "base64"},
    "much": {"repeat": "QUJD", "times": "3"},
    "some": ["a", "b"],
    "flag": True,
    "nothing": None,
    "text": "x",
}


def test_only_texts_can_be_changed() -> None:
    assert [field.name for field in values.fields(DATA)] == [
        "confirmation.type",
        "confirmation.number",
        "confirmation.lines",
        "text",
    ]
    assert values.changed(DATA, ["BEK", None, "one\r\ntwo", "y"]) == DATA | {
        "confirmation": {"type": "BEK", "number": "1", "lines": "one\ntwo"},
        "text": "y",
    }


def test_a_form_cannot_make_a_value_that_reads_a_file() -> None:
    changed = values.changed(DATA, ["{file: /etc/passwd}", "${file}", "x", "y"])
    assert changed["letter"] == DATA["letter"]
    assert isinstance(changed["confirmation"], dict)
    assert changed["confirmation"]["type"] == "{file: /etc/passwd}"


def test_a_value_is_bounded() -> None:
    assert len(str(values.changed({"a": "x"}, ["y" * 100_000])["a"])) == values.LONGEST


def test_what_a_tester_chooses_lies_over_the_data_and_is_no_placeholder() -> None:
    laid = values.overlaid(
        {"patient": {"id": "1", "name": "x"}, "a": "b"}, {"patient.id": "${secret}", "unit.main": "2"}
    )
    assert laid == {"patient": {"id": "$${secret}", "name": "x"}, "a": "b", "unit": {"main": "2"}}


def test_what_tells_a_call_from_others_can_be_chosen(programme: Programme) -> None:
    assert dict(programme.playables[SCENARIO].choices) == {
        "patient.id": "191212121212",
        "sent-to.unit": "SE2321000016-MOT1",
    }


LEAVES: st.SearchStrategy[Value] = st.text(alphabet="ab\n", max_size=4) | st.integers() | st.booleans() | st.none()
TREES = st.recursive(LEAVES, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=8)


@given(st.dictionaries(st.sampled_from("abc"), TREES, max_size=3))
def test_a_form_that_changes_nothing_changes_nothing(data: dict[str, Value]) -> None:
    assert values.changed(data, [field.text for field in values.fields(data)]) == data


# Words


def test_how_we_answer_is_said() -> None:
    assert told.answer(Behaviour(), SV) == "OK"
    error = Behaviour("error", error="APPLICATION_ERROR", sub="PR001", delay_ms=2500)
    assert told.answer(error, EN).replace("\N{NO-BREAK SPACE}", " ") == "ERROR APPLICATION_ERROR PR001 after 2.5 s"


def test_what_is_known_stands_in_place_of_placeholders(programme: Programme) -> None:
    playable = programme.playables[SCENARIO]
    first, _, third = playable.case.steps[:3]
    suite, known = playable.suite, (playable.suite.data,)
    assert told.step_in_words(first, suite, EN, known=known)["text"] == (
        "Make a new referral for the patient 191212121212 and send it to the unit SE2321000016-MOT1."
    )
    assert "referral … and" in told.step_in_words(third, suite, EN, known=known)["text"]


# What can be played


def test_what_can_be_played_is_by_role(programme: Programme) -> None:
    assert [name for name, _ in programme.roles()] == ["remissmottagare", "remittent"]
    assert programme.called_by("remittent") == {"clinicalprocess.activity.request/ProcessRequest@2"}
    for role in ("remissmottagare", "remittent"):
        playables = programme.of(role)
        assert any(each.is_scenario for each in playables)
        assert any(not each.is_scenario for each in playables)
        assert all(each.case.written for each in playables)


def test_a_role_without_anything_to_play_is_told(tmp_path: Path, programme: Programme) -> None:
    read = replace(environment.read(places.reference() / "environment.yaml"), roles=("nobody",))
    none = replace(programme, playables={})
    with pytest.raises(UsageError, match="no scenario and no consumer case fits the roles"):
        page.RunRecord(tmp_path, read, none, "run")


def test_the_world_of_the_tests_is_the_shipped_environment() -> None:
    assert environment_of(Server("127.0.0.1", 1, "http")).roles == ("remissmottagare", "remittent")


# The inbox


def call(**changes: str) -> Received:
    message = Message((), b"<a/>")
    exchange = Exchange("ProcessRequest", "/", message, message, 200, changes.get("at", "2031-05-06T07:08:09.5Z"), 1.0)
    return Received(1, "SE1-MOT", {"patient": "191212121212", "request-id": "SE1#7"}, "valid", exchange)


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({}, True),
        ({"contract": "ProcessRequest"}, True),
        ({"contract": "Process"}, False),
        ({"who": "19121212"}, True),
        ({"who": "se1#7"}, True),
        ({"who": "mot"}, True),
        ({"who": "nobody"}, False),
        ({"from": "2031-05-06T09:08"}, True),
        ({"from": "2031-05-06T09:09"}, False),
        ({"to": "2031-05-06T09:08"}, True),
        ({"to": "2031-05-06T09:07:00"}, False),
        ({"to": "yesterday", "from": "9"}, True),
    ],
)
def test_the_inbox_shows_what_the_reader_wants(query: dict[str, str], fits: bool) -> None:
    assert Filter.of(query).fits(call()) is fits


# A play by itself


class Told:
    """A play that is not played by anybody: the test says when it is whose turn."""

    def __init__(self, programme: Programme) -> None:
        self.noted: list[PlayEvent] = []
        self.playable = programme.playables[SCENARIO]
        self.play = ManualPlay(
            Opened("a" * 22, "x.yaml", "x", "2031-05-06T07:08:09Z"), self.playable, self.noted.append
        )
        self.came: list[object] = []

    def in_a_thread(self, what: Callable[[], object]) -> threading.Thread:
        """Do what the case's own thread would do, until it comes to something."""

        def do() -> None:
            try:
                self.came.append(what())
            except Interrupted:
                self.came.append("interrupted")

        until = threading.Event()
        end = self.play.listen(until.set)
        thread = threading.Thread(target=do)
        thread.start()
        assert until.wait(60)
        end()
        return thread

    @property
    def question(self) -> Ask:
        return Ask(Text.same("Is it shown?"), "shows", self.playable.case.source)

    @property
    def message(self) -> Send:
        return next(step for step in self.playable.case.steps if isinstance(step, Send))


@pytest.fixture
def alone(programme: Programme) -> Told:
    return Told(programme)


def test_a_question_waits_for_its_answer(alone: Told) -> None:
    thread = alone.in_a_thread(lambda: alone.play.ask(alone.question, alone.playable.case))
    assert isinstance(alone.play.state.moment, Asking)
    assert not alone.play.say(1, Said("yes", "Karin")), "of another step"
    assert not alone.play.say(0, {"a": "b"}), "no answer to a question"
    assert alone.play.say(0, Said("yes", "Karin"))
    thread.join(60)
    assert alone.came == [Said("yes", "Karin")]


def test_what_was_answered_is_not_asked_again_while_the_case_wakes(alone: Told) -> None:
    thread = alone.in_a_thread(lambda: alone.play.ask(alone.question, alone.playable.case))
    shown: list[tuple[threading.Thread, object]] = []
    alone.play.listen(lambda: shown.append((threading.current_thread(), alone.play.state.moment)))
    assert alone.play.say(0, Said("yes", "Karin"))
    thread.join(60)
    assert shown[0] == (threading.current_thread(), Busy()), "a page drawn right after the answer would ask once more"


def test_a_message_waits_to_be_let_go(alone: Told) -> None:
    thread = alone.in_a_thread(lambda: alone.play.edit(alone.message, 0, {"a": "b", "c": {"d": "e"}}))
    assert isinstance(alone.play.state.moment, Editing)
    assert not alone.play.say(0, Said("yes", "Karin"))
    assert alone.play.say(0, {"a": "b", "c": {"d": "f"}})
    thread.join(60)
    assert alone.came == [{"a": "b", "c": {"d": "f"}}]
    assert alone.play.state.edited == {0: ("c.d",)}


def test_a_message_that_the_system_cannot_take_is_not_let_go(alone: Told) -> None:
    said, came = Said("no", "Karin", "not built"), []

    def edits() -> None:
        with pytest.raises(GivenUp) as given_up:
            alone.play.edit(alone.message, 0, {"a": "b"})
        came.append(given_up.value.said)

    thread = alone.in_a_thread(edits)
    assert not alone.play.give_up(1, said), "another step"
    assert alone.play.give_up(0, said)
    thread.join(60)
    assert came == [said]


def test_a_play_that_is_closed_stops_where_it_is(alone: Told) -> None:
    thread = alone.in_a_thread(lambda: alone.play.ask(alone.question, alone.playable.case))
    alone.play.close()
    thread.join(60)
    assert alone.came == ["interrupted"]


def test_what_can_be_said_instead_of_playing_a_step(alone: Told) -> None:
    """That the system cannot is nothing to say where we only look: what it does is seen."""
    receive = next(each for each in alone.playable.case.steps if isinstance(each, Receive))
    looks = Watch(receive.contract, {}, 1.0, None, None, Behaviour(), receive.source)
    tries = replace(looks, do=receive.do)
    both, one = ["no", "not-applicable"], ["not-applicable"]
    for step, moment, answers, link, confirm in (
        (receive, Awaiting(receive.do), both, "My system cannot do this", "End the waiting"),
        (alone.message, Editing(alone.message, {}), both, "My system cannot do this", "Do not send it"),
        (tries, Awaiting(receive.do), both, "I have tried: the system does not do it", "End the waiting"),
        (looks, Awaiting(), one, "This does not apply to my system", "End the waiting"),
    ):
        said = instead_of(step, moment, EN)
        assert [answer for answer, _ in said["answers"]] == answers
        assert (said["link"], said["confirm"]) == (link, confirm)


def waiting(seconds: float, diagnosis: Text | None = None) -> Waiting:
    return Waiting(Matcher("ProcessRequest", {}, Behaviour(), 0.0), seconds, 300.0, diagnosis, 0)


def test_the_page_changes_only_when_there_is_something_new(alone: Told) -> None:
    play, case = alone.play, alone.playable.case
    play.waits(case, 0, waiting(0))
    version = play.state.version
    play.waits(case, 0, waiting(1))
    assert play.state.version == version
    assert isinstance(play.state.moment, Awaiting)
    assert play.state.moment.waiting is not None
    assert play.state.moment.waiting.seconds == 1
    play.waits(case, 0, waiting(11, Text.same("nothing reached the port")))
    assert play.state.version == version + 1


def test_giving_up_ends_the_waiting(alone: Told) -> None:
    play, case = alone.play, alone.playable.case
    said = Said("no", "Karin", "not built")
    assert not play.give_up(0, said), "nothing is waited for yet"
    play.waits(case, 0, waiting(0))
    assert not play.give_up(1, said), "another step"
    assert play.give_up(0, said)
    with pytest.raises(GivenUp) as given_up:
        play.waits(case, 0, waiting(1))
    assert given_up.value.said == said


def test_what_the_adapter_says_is_shown_for_its_own_step_only(alone: Told) -> None:
    play, step = alone.play, alone.playable.case.steps[0]
    assert isinstance(step, Receive)
    play.waits(alone.playable.case, 0, waiting(0))
    play.told_by_adapter(1, Acted("done"))
    assert isinstance(play.state.moment, Awaiting)
    assert play.state.moment.adapter is None
    play.told_by_adapter(0, Acted("refused", "no"))
    assert play.state.moment.adapter == Acted("refused", "no")
