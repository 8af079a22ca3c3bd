"""Adapters: real programs and a real server, what they are told, what they may answer, and every way in which they break."""

import json
import logging
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates import certificates
from rivta import environment
from rivta.model.case import Case
from rivta.model.environment import Adapter, Environment, TlsFiles
from rivta.model.exchange import Acted, Said
from rivta.model.steps import Ask, Doing, Send
from rivta.model.words import Source, Text
from rivta.run import adapter
from rivta.run.adapter import LIMIT_CHARACTERS, AdapterActor, Notes, Outcome
from rivta.run.delivering import LIMIT_BYTES, AdapterTrouble, Posting
from rivta.run.stage import Actor
from suite_world import ASK, write_environment

SOURCE = Source("suites/example/Ask/consumer.yaml")
CASE = Case("1.1", Text.same("A call"), ASK, "consumer", (), (), (), (), SOURCE)
DOING = Doing(
    Text("Skicka «remissen»", "Send the referral"), "send-referral", {"patient": "191212121212", "more": ["a"]}
)
QUESTION = Ask(Text("Visas den?", "Is it shown?"), "shows-referral", SOURCE, {"requestId": "x#1"})
PLACE = "http://127.0.0.1"


@dataclass(frozen=True)
class Party:
    time_factor: float = 600.0
    addresses: Mapping[str, str] = field(default_factory=lambda: {ASK: "http://127.0.0.1:8021/Ask/2/rivtabp21"})


def world(folder: Path, way: Adapter, **more: Any) -> Environment:
    read = environment.read(write_environment(folder), {"RIVTA_KEY_PASSWORD": "hemligt"})
    return replace(read, adapter=way, **more)


def actor(folder: Path, way: Adapter) -> AdapterActor:
    made = adapter.of(world(folder, way, tls=TlsFiles()))
    assert made is not None
    return made


def program(folder: Path, lines: str, seconds: float = 30) -> AdapterActor:
    """An adapter in Python. `order` is what it was given."""
    head = "import json, os, subprocess, sys, time\norder = json.load(sys.stdin)\n"
    (folder / "act.py").write_text(head + lines, encoding="utf-8")
    return actor(folder, Adapter(command=(sys.executable, "act.py"), seconds=seconds))


def act(made: AdapterActor) -> Acted:
    return made.act(DOING, CASE, Party())


def test_without_an_adapter_there_is_none(tmp_path: Path) -> None:
    assert adapter.of(replace(world(tmp_path, Adapter()), adapter=None)) is None


def test_what_a_program_is_told_and_what_comes_of_it(tmp_path: Path) -> None:
    made = program(
        tmp_path, 'open("order.json", "w").write(json.dumps(order))\nprint(\'{"outcome": "done", "note": "sent 7"}\')'
    )
    assert act(made) == Acted("done", "sent 7")
    assert json.loads((tmp_path / "order.json").read_text()) == {
        "version": 1,
        "action": "send-referral",
        "with": {"patient": "191212121212", "more": ["a"]},
        "case": f"{ASK}/consumer/1.1",
        "text": {"sv": "Skicka «remissen»", "en": "Send the referral"},
        "counterpart": {"time-factor": 600.0, "addresses": {"Ask": "http://127.0.0.1:8021/Ask/2/rivtabp21"}},
    }


def test_what_a_program_is_asked(tmp_path: Path) -> None:
    answer = '{"answer": "yes", "by": "A test", "note": "in the list"}'
    made = program(tmp_path, f"open('order.json', 'w').write(json.dumps(order))\nprint('{answer}')")
    assert made.ask(QUESTION, CASE) == Said("yes", "A test", "in the list")
    assert json.loads((tmp_path / "order.json").read_text()) == {
        "version": 1,
        "action": "shows-referral",
        "with": {"requestId": "x#1"},
        "case": f"{ASK}/consumer/1.1",
        "text": {"sv": "Visas den?", "en": "Is it shown?"},
        "question": True,
    }


def test_nobody_edits(tmp_path: Path) -> None:
    step = Send("Ask", Path("a.xml"), {"a": "b"}, (), SOURCE)
    made: Actor = program(tmp_path, "")
    assert made.edit(step, 0, {"a": "b"}) == {"a": "b"}


@pytest.mark.parametrize("outcome", ["done", "refused", "unsupported"])
def test_outcomes(outcome: Outcome) -> None:
    assert adapter.acted(json.dumps({"outcome": outcome}).encode(), Notes()) == Acted(outcome)


ANSWERS = [
    (b'{"answer": "yes"}', Said("yes", "adapter")),
    (b'{"answer": "no", "by": "X", "note": ""}', Said("no", "X")),
    (b'{"answer": "not-applicable", "more": [1]}', Said("not-applicable", "adapter")),
    (b'{"answer": "unknown"}', None),
    (b'{"outcome": "unsupported"}', None),
]


@pytest.mark.parametrize(("written", "said"), ANSWERS)
def test_answers(written: bytes, said: Said | None) -> None:
    assert adapter.said(written, Notes()) == said


NO_REPLIES = [
    (b"", "it answered nothing"),
    (b" \n", "it answered nothing"),
    (b"done", "its answer is not JSON"),
    (b"\xff\xfe\xff", "its answer is not JSON"),
    (b"[" * 60_000, "its answer is not JSON"),
    (b'["done"]', "its answer is no JSON object"),
    (b"{}", "its answer lacks “outcome”: done, refused, unsupported"),
    (b'{"outcome": null}', "its answer lacks “outcome”"),
    (b'{"outcome": "don"}', "“don” is no outcome; did you mean “done”?"),
    (b'{"outcome": ["done"]}', "is no outcome"),
    (b'{"outcome": "done", "note": 7}', "“note” in its answer is no text"),
    (b'{"outcome": "by-hand"}', "“by-hand” is no outcome; known here: done, refused, unsupported"),
    (b" " * (LIMIT_BYTES + 1), "its answer is over 64 kB"),
]


@pytest.mark.parametrize(("written", "what"), NO_REPLIES, ids=[what for _, what in NO_REPLIES])
def test_what_is_no_reply(written: bytes, what: str) -> None:
    with pytest.raises(AdapterTrouble) as raised:
        adapter.acted(written, Notes())
    assert what in str(raised.value)


@given(
    st.one_of(
        st.binary(max_size=60),
        st.recursive(st.none() | st.text() | st.integers(), st.lists).map(
            lambda any_: json.dumps({"outcome": any_, "answer": any_}).encode()
        ),
    )
)
def test_any_reply_is_an_outcome_or_trouble(written: bytes) -> None:
    for read in (adapter.acted, adapter.said):
        with suppress(AdapterTrouble):
            read(written, Notes())


def test_an_exit_code_and_the_last_words(tmp_path: Path) -> None:
    words = "first\\n\\nsecond\\nthird\\nno door for 191212721219, 191212121212, hemligt\\x1b[31m\\u202e"
    found = act(program(tmp_path, f'sys.stderr.write("{words}")\nprint(\'{{"outcome": "done"}}\')\nsys.exit(3)'))
    assert found == Acted("trouble", "exit code 3: second third no door for …, 191212121212, … [31m")


def test_a_program_without_last_words(tmp_path: Path) -> None:
    assert act(program(tmp_path, "sys.exit(1)")) == Acted("trouble", "exit code 1")


def test_a_program_that_is_killed(tmp_path: Path) -> None:
    assert act(program(tmp_path, "os.kill(os.getpid(), 9)")) == Acted("trouble", "ended by signal 9")


def test_a_program_that_does_not_read_and_says_too_much(tmp_path: Path) -> None:
    (tmp_path / "act.py").write_text("print('x' * 100_000)")
    made = actor(tmp_path, Adapter(command=(sys.executable, "act.py")))
    doing = replace(DOING, data={"text": "y" * 1_000_000})
    assert made.act(doing, CASE, Party()) == Acted("trouble", "its answer is over 64 kB")


def test_a_program_that_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "act.sh").write_text("no program", encoding="utf-8")
    made = actor(tmp_path, Adapter(command=(str(tmp_path / "act.sh"),)))
    assert act(made) == Acted("trouble", "act.sh cannot be run: Permission denied")


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[int]:
    """The reading end of `signs`, in the folder of the test."""
    os.mkfifo(tmp_path / "signs")
    reading = os.open(tmp_path / "signs", os.O_RDONLY | os.O_NONBLOCK)
    yield reading
    os.close(reading)


def test_a_program_whose_time_is_up_is_killed_with_what_it_started(tmp_path: Path, pipe: int) -> None:
    child = "import sys, time; signs = open('signs', 'w'); signs.write('alive'); signs.flush(); time.sleep(600)"
    made = program(tmp_path, f'subprocess.Popen([sys.executable, "-c", "{child}"])\ntime.sleep(600)', seconds=2)
    assert act(made) == Acted("trouble", "no answer in 2 s")
    os.set_blocking(pipe, True)
    ready, _, _ = select.select([pipe], [], [], 10)
    assert ready, "what it started still holds the pipe"
    assert b"".join(iter(lambda: os.read(pipe, 100), b"")) in {b"alive", b""}


def test_a_program_may_leave_work_in_the_background(tmp_path: Path, pipe: int) -> None:
    child = "import sys; signs = open('signs', 'w'); signs.write('alive'); signs.flush(); open('go').read()"
    os.mkfifo(tmp_path / "go")
    made = program(tmp_path, f'subprocess.Popen([sys.executable, "-c", "{child}"])\nprint(\'{{"outcome": "done"}}\')')
    assert act(made) == Acted("done")
    ready, _, _ = select.select([pipe], [], [], 30)
    assert ready
    assert os.read(pipe, 5) == b"alive"
    with (tmp_path / "go").open("w") as go:
        go.write("on")


def test_a_question_that_breaks_is_told_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "rivta.adapter"):
        assert program(tmp_path, 'sys.exit("191212721219 hemligt")').ask(QUESTION, CASE) is None
    assert caplog.messages == ["the adapter did not answer shows-referral: exit code 1: … …"]


Handle = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """A server that leaves it to its caller to say that the connection broke."""

    def handle_error(self, *_: Any) -> None:
        return


def answering(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Handle:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return handle


@pytest.fixture
def serve() -> Iterator[Callable[[Handle], str]]:
    """A function that starts a server which handles every POST so, and gives its URL."""
    servers: list[Server] = []

    def start(handle: Handle) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                handle(self)

            def log_message(self, *_: Any) -> None:
                return

        server = Server(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"{PLACE}:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


Serve = Callable[[Handle], str]


def test_what_is_posted(tmp_path: Path, serve: Serve) -> None:
    seen: dict[str, Any] = {}

    def handle(request: BaseHTTPRequestHandler) -> None:
        seen.update(path=request.path, type=request.headers["Content-Type"])
        seen.update(order=json.loads(request.rfile.read(int(request.headers["Content-Length"]))))
        answering(200, b'{"outcome": "refused", "note": "no such patient"}')(request)

    made = actor(tmp_path, Adapter(url=f"{serve(handle)}/act?token=hemligt"))
    assert act(made) == Acted("refused", "no such patient")
    assert (seen["path"], seen["type"]) == ("/act?token=hemligt", "application/json; charset=utf-8")
    assert (seen["order"]["action"], seen["order"]["text"]["sv"]) == ("send-referral", "Skicka «remissen»")
    assert "hemligt" not in repr(made)


def test_no_other_status_will_do(tmp_path: Path, serve: Serve) -> None:
    url = serve(answering(302, b'{"outcome": "done"}', {"Location": "/"}))
    assert act(actor(tmp_path, Adapter(url=f"{url}/act?token=hemligt"))) == Acted("trouble", f"{url}: HTTP 302")


def test_an_answer_that_breaks_off(tmp_path: Path, serve: Serve) -> None:
    url = serve(answering(200, b'{"outcome"', {"Content-Length": "100"}))
    assert act(actor(tmp_path, Adapter(url=url))) == Acted(
        "trouble", f"{url}: the connection ended before the answer did"
    )


def test_no_answer_at_all(tmp_path: Path, serve: Serve) -> None:
    url = serve(lambda request: request.connection.close())
    assert act(actor(tmp_path, Adapter(url=url))) == Acted(
        "trouble", f"{url}: the connection ended before the answer did"
    )


def test_no_http(tmp_path: Path, serve: Serve) -> None:
    def greet(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"220 smtp ready\r\n")

    url = serve(greet)
    assert act(actor(tmp_path, Adapter(url=url))) == Acted("trouble", f"{url}: its answer is no HTTP")


def test_a_server_that_keeps_silent(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as server:
        url = f"{PLACE}:{server.getsockname()[1]}"
        assert act(actor(tmp_path, Adapter(url=url, seconds=0.2))) == Acted("trouble", f"{url}: no answer in 0.2 s")


def test_a_server_that_never_ends_its_answer(tmp_path: Path, serve: Serve) -> None:
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        answering(200, b"{")(request)
        while not over.wait(0.05):
            request.wfile.write(b" ")

    url = serve(drip)
    assert act(actor(tmp_path, Adapter(url=url, seconds=0.5))) == Acted("trouble", f"{url}: no answer in 0.5 s")
    over.set()


def test_an_answer_without_end_is_not_all_read(tmp_path: Path, serve: Serve) -> None:
    url = serve(answering(200, b" " * LIMIT_BYTES * 3))
    assert act(actor(tmp_path, Adapter(url=url))) == Acted("trouble", "its answer is over 64 kB")


def test_nobody_listens(tmp_path: Path) -> None:
    with closing(create_server(("127.0.0.1", 0))) as server:
        url = f"{PLACE}:{server.getsockname()[1]}"
    assert act(actor(tmp_path, Adapter(url=url))) == Acted("trouble", f"{url}: refuses connections")


def test_a_name_that_nobody_has(tmp_path: Path) -> None:
    found = act(actor(tmp_path, Adapter(url="http://no-such-host.invalid/act")))
    assert found == Acted("trouble", "http://no-such-host.invalid: the name cannot be resolved")


@contextmanager
def behind_tls(client_ca: Path | None = None) -> Iterator[str]:
    """The URL of an adapter behind TLS, whose certificate is from an authority that only tests know."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answering(200, b'{"outcome": "done"}')(self)

        def log_message(self, *_: Any) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    context = certificates().server.server_context(client_ca)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def secured() -> Iterator[str]:
    with behind_tls() as url:
        yield url


def test_our_certificate_is_shown_to_an_adapter_that_demands_one(tmp_path: Path) -> None:
    known = certificates()
    ours = TlsFiles(known.client.certificate, known.client.key, known.ca)
    with behind_tls(known.ca) as url:
        made, bare = (adapter.of(world(tmp_path, Adapter(url=url), tls=each)) for each in (ours, TlsFiles(ca=known.ca)))
        assert made
        assert bare
        assert act(made) == Acted("done")
        refused = act(bare)
    assert refused.outcome == "trouble"
    assert (
        "certificate" in refused.note
    )  # by TLS's alert, or where that is lost by what may be behind a connection that ends


def test_tls_where_the_url_says_http_is_told(tmp_path: Path, secured: str) -> None:
    url = secured.replace("https:", "http:")
    told = f"{url}: The server speaks TLS on this port, but the URL begins with http://."
    assert act(actor(tmp_path, Adapter(url=url))) == Acted("trouble", told)


def test_a_certificate_of_ours_that_cannot_be_used_is_told(tmp_path: Path, secured: str) -> None:
    known = certificates()
    made = adapter.of(
        world(tmp_path, Adapter(url=secured), tls=TlsFiles(known.client.certificate, known.server.key, known.ca))
    )
    assert made
    found = act(made)
    assert found.outcome == "trouble"
    assert "key" in found.note


def test_a_certificate_that_nobody_trusts(tmp_path: Path, secured: str) -> None:
    made = adapter.of(world(tmp_path, Adapter(url=secured), tls=TlsFiles()))
    assert made is not None
    found = act(made)
    assert found.outcome == "trouble"
    assert found.note.startswith(f"{secured}: its certificate is not trusted (")


def test_the_authority_of_the_environment_is_trusted(tmp_path: Path, secured: str) -> None:
    made = adapter.of(world(tmp_path, Adapter(url=secured), tls=TlsFiles(ca=certificates().ca)))
    assert made is not None
    assert act(made) == Acted("done")


def test_a_url_does_not_show() -> None:
    assert "token" not in repr(Posting("http://127.0.0.1/?token=x", 1))


@given(st.text(), st.text("0123456789 -+", max_size=40))
def test_a_note_is_one_short_line_without_secrets_and_people(text: str, number: str) -> None:
    notes = Notes(("hemligt",), {"191212121212"})
    note = notes.cleaned(f"{text} hemligt 20121212-1212 {number} 191212121212")
    assert len(note) <= LIMIT_CHARACTERS + 1
    assert len(note.splitlines()) <= 1
    assert "hemligt" not in note
    assert "20121212-1212" not in note
