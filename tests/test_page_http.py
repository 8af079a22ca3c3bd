"""The page over plain HTTP: who is let in, from where, and what is never taken or given."""

from __future__ import annotations

import http.client
import logging
import re
import ssl
from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from certificates import certificates
from page_world import CALLED, SCENARIO, World, environment_of, opened, reference, shipped, until, world
from reference_messages import HEADERS, referral
from report_sample import someone
from rivta import evidence, page
from rivta.counterpart.handler import request_now
from rivta.counterpart.listener import context_of
from rivta.model.clock import SYSTEM
from rivta.model.environment import TlsFiles
from rivta.model.words import Verdict
from rivta.page.guard import is_loopback
from rivta.page.play import Awaiting, Editing
from rivta.simulator import Server
from rivta.text import places

Reply = tuple[int, http.client.HTTPMessage, str]


class Visitor:
    """A browser as far as cookies go."""

    def __init__(self, url: str, way_in: str = "") -> None:
        self.place = urlsplit(url).netloc
        self.cookies: dict[str, str] = {}
        self.token = ""
        if way_in:
            self.get(f"/?{urlsplit(way_in).query}")

    def ask(self, method: str, path: str, body: str | bytes | None = None, **headers: str) -> Reply:
        """One request. Headers are written with underscores."""
        connection = http.client.HTTPConnection(self.place, timeout=60)
        sent = {"Cookie": self.cookie} if self.cookies else {}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, sent | {name.replace("_", "-"): each for name, each in headers.items()})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        connection.close()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: each.value for name, each in SimpleCookie(line).items()}
        if found := re.search(r'name="token" value="([0-9a-f]{64})"', text):
            self.token = found[1]
        return response.status, response.headers, text

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def note(self, path: str, text: str, *files: tuple[str, bytes]) -> Reply:
        """A note of a play's first step, with files."""
        fields = {"token": self.token, "step": "0", "text": text, "by": "Karin Provare"}
        parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
        parts += [f'name="files"; filename="{name}"\r\n\r\n'.encode() + body for name, body in files]
        whole = b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--x--\r\n"
        return self.ask("POST", f"{path}/note", whole, Content_Type="multipart/form-data; boundary=x")

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, **headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Reply:
        """A form of a page that was shown."""
        return self.ask("POST", path, urlencode({"token": self.token, **fields}), **headers)

    def begin(self) -> str:
        """Begin a play, and return its path."""
        self.get("/?role=remittent")
        status, headers, _ = self.post("/plays", {"what": SCENARIO, "by": "Karin Provare"})
        assert status == 303
        return headers["Location"]


@pytest.fixture(scope="module")
def system() -> Iterator[Server]:
    with reference() as server:
        yield server


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, system: Server) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("run"), system=system) as running:
        yield running


@pytest.fixture
def visitor(bench: World) -> Visitor:
    return Visitor(bench.url, bench.way_in)


def test_every_shipped_case_can_be_begun(tmp_path: Path, system: Server) -> None:
    with opened(tmp_path, system, environment_of(system), places.suites(), shipped()) as bench:
        visitor = Visitor(bench.url, bench.way_in)
        pages = [visitor.get(f"/?role={role}")[2] for role, _ in shipped().roles()]
    assert [name for page in pages for name in re.findall(r'name="what" value="([^"]+)"', page)] == [
        each.name for role, _ in shipped().roles() for each in shipped().of(role)
    ]


def test_every_answer_says_what_a_browser_may_do(visitor: Visitor) -> None:
    for path in ("/", "/inbox", "/nowhere", "/look/page.css", "/report", "/run.zip"):
        _, headers, _ = visitor.get(path)
        assert headers["Content-Security-Policy"].startswith("default-src 'none'"), path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "rivta"


def test_cookies_are_for_us_alone(visitor: Visitor) -> None:
    _, headers, _ = visitor.get("/")
    for cookie in headers.get_all("Set-Cookie", []):
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie


def test_a_form_needs_the_token_that_this_browser_was_shown(bench: World, visitor: Visitor) -> None:
    fields = {"what": SCENARIO, "by": "Karin Provare"}
    assert visitor.post("/plays", fields)[0] == 403, "nothing was shown yet"
    visitor.get("/?role=remittent")
    assert visitor.ask("POST", "/plays", urlencode(fields))[0] == 403
    assert visitor.post("/plays", fields | {"token": "0" * 64})[0] == 403
    stranger = Visitor(bench.url, bench.way_in)
    stranger.get("/")
    stranger.token = visitor.token
    assert stranger.post("/plays", fields)[0] == 403, "another browser's token"
    assert visitor.post("/plays", fields)[0] == 303


def test_a_form_from_elsewhere_is_refused(visitor: Visitor) -> None:
    visitor.get("/")
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        assert visitor.post("/plays", {"what": SCENARIO}, **headers)[0] == 403, headers
    assert visitor.post("/plays", {"what": SCENARIO, "by": "Karin"}, Origin=f"http://{visitor.place}")[0] == 303


def test_only_an_ordinary_form_is_taken(visitor: Visitor) -> None:
    visitor.get("/")
    for kind in ("multipart/form-data; boundary=x", "application/json", "text/plain"):
        assert visitor.ask("POST", "/plays", f"token={visitor.token}", Content_Type=kind)[0] == 403, kind


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8030", "127.0.0.1.evil.example", "10.0.0.1", ""])
def test_another_name_that_leads_here_is_no_way_in(visitor: Visitor, host: str) -> None:
    assert visitor.get("/", Host=host)[0] in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "localhost:8030", "127.0.0.1", "[::1]:8030"])
def test_names_of_this_computer_are(visitor: Visitor, host: str) -> None:
    assert visitor.get("/", Host=host)[0] == 200


def test_a_form_is_bounded(visitor: Visitor) -> None:
    path = visitor.begin()
    status, _, text = visitor.post(f"{path}/cannot", {"step": "0", "by": "x", "note": "x" * 300_000})
    assert status == 413
    assert "För mycket text" in text


@pytest.mark.parametrize(
    "path",
    [
        "/plays/../../etc/passwd",
        "/plays/..%2f..%2fetc%2fpasswd",
        "/plays/AAAAAAAAAAAAAAAAAAAAAA",
        "/look/..%2fpage.css",
        "/look/base.html.j2",
        "/inbox/..%2f1-request.xml",
        "/inbox/99999",
        "/inbox/99999-request.xml",
        "/evidence.jsonl",
    ],
)
def test_no_path_from_outside_is_opened(visitor: Visitor, path: str) -> None:
    assert visitor.get(path)[0] == 404


def test_messages_of_a_play_are_looked_up_and_nothing_else(visitor: Visitor) -> None:
    path = visitor.begin()
    for name in ("0-request.xml", "0-other.xml", "..%2f0-request.xml", "99-response.xml"):
        assert visitor.get(f"{path}/messages/{name}")[0] == 404


def test_plays_have_names_that_nobody_guesses(visitor: Visitor) -> None:
    names = {visitor.begin().removeprefix("/plays/") for _ in range(5)}
    assert len(names) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", name) for name in names)


def test_other_ways_to_ask_are_refused(visitor: Visitor) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert visitor.ask(method, "/")[0] == 405, method


def test_an_answer_to_a_step_that_is_past_changes_nothing(bench: World, visitor: Visitor) -> None:
    path = visitor.begin()
    play = bench.service.find(path.removeprefix("/plays/"))
    assert play is not None
    for what, fields in (
        ("answer", {"step": "0", "answer": "yes", "by": "x"}),
        ("send", {"step": "0"}),
        ("stop", {"step": "0"}),
        ("cannot", {"step": "7", "by": "x"}),
        ("cannot", {"step": "0"}),
        ("cannot", {"step": "-1", "by": "x"}),
        ("adapter", {"step": "0"}),
    ):
        assert visitor.post(f"{path}/{what}", fields)[0] == 303
    assert not play.state.is_over
    assert play.state.step == 0


def test_what_happens_is_streamed_without_saying_what(bench: World, visitor: Visitor) -> None:
    path = visitor.begin()
    connection = http.client.HTTPConnection(visitor.place, timeout=60)
    connection.request("GET", f"{path}/events", headers={"Cookie": visitor.cookie})
    with connection.getresponse() as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        assert re.fullmatch(rb"data: \d+\n", response.readline())
    connection.close()


def test_nothing_of_a_message_is_logged(bench: World, visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = visitor.begin()
    visitor.post(f"{path}/cannot", {"step": "0", "by": "Karin Provare", "note": "191212121212 hemligt"})
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "hemligt" not in logged
    assert "191212121212" not in logged


# The inbox


def called(bench: World, body: bytes) -> int:
    """The system calls; the number of the call."""
    counterpart = bench.service.setup.counterpart
    counterpart.handler.handle(request_now(counterpart.addresses[CALLED], HEADERS, body, SYSTEM))
    return counterpart.received


WRONG = {
    "valid": (referral("SE1#1", reason="AR", version="2"), "Håller", "Inget testfall väntade på anropet"),
    "invalid": (referral("SE1#2").replace(b'code="NR"', b""), "VALIDATION_ERROR", "VALIDATION_ERROR: "),
    "unreadable": (b"<html><body/></html>", "Går inte att läsa", ""),
    "unrouted": (referral("SE1#3").replace(b"ProcessRequestResponder:2", b"Elsewhere:1"), "Inte till oss", "VP004"),
}


@pytest.mark.parametrize("what", WRONG)
def test_the_inbox_says_what_was_wrong_with_a_call(what: str, bench: World, visitor: Visitor) -> None:
    body, standing, why = WRONG[what]
    number = called(bench, body)
    listed = next(row for row in visitor.get("/inbox")[2].split("<tr>") if f'/inbox/{number}"' in row)
    opened_one = visitor.get(f"/inbox/{number}")[2]
    for page_of_it in (listed, opened_one):
        assert standing in page_of_it
        assert why in page_of_it
    assert "HTTP-huvuden" in opened_one
    assert "text/xml" in opened_one
    if what in ("valid", "invalid"):
        assert ('<ul class="plain unmet">' in opened_one) is (what == "invalid")


def test_a_call_at_the_wrong_moment_is_told_on_its_play(bench: World, visitor: Visitor) -> None:
    path = visitor.begin()
    assert "vid fel tillfälle" not in visitor.get(path)[2]
    called(bench, referral("SE1#9", reason="AR", version="2", person="201212121212"))
    assert "vid fel tillfälle" not in visitor.get(path)[2], "of another patient"
    number = called(bench, referral("SE1#8", reason="AR", version="2"))
    told = visitor.get(path)[2]
    assert "vid fel tillfälle" in told
    assert f'/inbox/{number}"' in told


def test_who_plays_is_asked_before_anything_is_done_and_is_nobodys_number(visitor: Visitor) -> None:
    visitor.get("/?role=remittent")
    asked = visitor.post("/plays", {"what": SCENARIO})[2]
    assert "Vem provar?" in asked
    assert f'name="what" value="{SCENARIO}"' in asked, "what was about to be done is sent again with the name"
    refused = visitor.post("/plays", {"what": SCENARIO, "by": f"Karin {someone()}"})[2]
    assert "inte är en testpersons" in refused
    assert someone() not in refused
    assert visitor.post("/plays", {"what": SCENARIO, "by": "Karin Provare"})[0] == 303
    assert visitor.post("/plays", {"what": SCENARIO})[0] == 303, "it is asked once"


def test_of_a_message_that_is_to_be_sent_it_is_said_that_it_does_not_apply(tmp_path: Path, system: Server) -> None:
    with world(tmp_path, system=system) as bench:
        visitor = Visitor(bench.url, bench.way_in)
        path = visitor.begin()
        play = bench.service.find(path.removeprefix("/plays/"))
        assert play is not None
        until(play, lambda state: isinstance(state.moment, Awaiting))
        bench.act(play.name)
        until(play, lambda state: isinstance(state.moment, Editing))
        assert f'href="{path}/cannot"' in visitor.get(path)[2]
        form = visitor.get(f"{path}/cannot")[2]
        assert "Meddelandet skickas inte." in form
        said = {"step": "1", "answer": "not-applicable"}
        assert visitor.post(f"{path}/cannot", said)[1]["Location"].endswith("/cannot?lacks"), "not without saying why"
        assert visitor.post(f"{path}/cannot", said | {"note": "Vi visar ingen KOM"})[0] == 303
        until(play, lambda state: state.is_over)
        assert play.state.result is not None
        check = next(each for each in play.state.result.checks if each.kind == "manual")
        assert (check.verdict, check.by, check.step) == (Verdict.NOT_APPLICABLE, "Karin Provare", 1)
        assert [each.inbound for each in play.state.exchanges] == [True], "nothing was sent"


# Notes for whoever reviews it

PNG = b"\x89PNG\r\n\x1a\n a picture"


def test_a_note_with_a_picture_is_kept_and_told(tmp_path: Path, system: Server) -> None:
    with world(tmp_path, system=system) as bench:
        visitor = Visitor(bench.url, bench.way_in)
        path = visitor.begin()
        assert visitor.note(path, "Se bilden", ("C:\\skärm <1>.png", PNG))[0] == 303
        shown = visitor.get(path)[2]
        assert "Se bilden" in shown
        (href,) = re.findall(r'<img src="([^"]+)"', shown)
        assert visitor.get(href)[1]["Content-Type"] == "image/png"
        assert visitor.get(href[:-1] + "1")[0] == 404
        assert visitor.post(f"{path}/stop", {"step": "0"})[0] == 303
        play = bench.service.find(path.removeprefix("/plays/"))
        assert play is not None
        until(play, lambda state: state.is_over)
        assert visitor.note(path, "Och efteråt")[0] == 303
    for _ in range(2):
        read = evidence.read(tmp_path)
        assert [(each.text, each.attempt, each.by) for each in read.notes] == [
            ("Se bilden", 1, "Karin Provare"),
            ("Och efteråt", 1, "Karin Provare"),
        ]
        assert [(each.type, each.body) for each in read.notes[0].files] == [("image/png", PNG)]
        assert "<" not in read.notes[0].files[0].name
        with world(tmp_path, system=system) as bench:
            assert [note.text for play in bench.service.everything() for note in play.state.notes] == [
                "Se bilden",
                "Och efteråt",
            ]


def pdf_of(shown: str, more: str = "") -> bytes:
    """A PDF of one page that shows a text. `more` stands in its dictionary of what it says of itself."""
    drawn = f"BT /F 12 Tf 9 9 Td ({shown}) Tj ET"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<<{more}>>",
    )
    told = "".join(f"{number} 0 obj\n{each}\nendobj\n" for number, each in enumerate(objects, 1))
    return f"%PDF-1.4\n{told}trailer<</Size 7/Root 1 0 R/Info 6 0 R>>\nstartxref\n0\n%%EOF".encode("latin-1")


def test_a_call_that_no_play_has_is_noted_too(tmp_path: Path, system: Server) -> None:
    with world(tmp_path, system=system) as bench:
        visitor = Visitor(bench.url, bench.way_in)
        other = bench.service.setup.counterpart
        for number in range(2):
            other.handler.handle(request_now("http://x/", HEADERS, referral(f"SE1#{number}"), SYSTEM))
        visitor.get("/who")
        assert visitor.note("/inbox/9", "x")[0] == 404
        assert visitor.note("/inbox/1", f"patienten {someone()}")[0] == 200, "not kept"
        told = ("protokoll.pdf", pdf_of("Tolvan Tolvansson 19121212-1212"))
        assert visitor.note("/inbox/1", "Vårt testläge", told)[1]["Location"] == "/inbox/1"
        shown = visitor.get("/inbox/1")[2]
        assert "Vårt testläge" in shown
        (href,) = re.findall(r'<a href="([^"]+)">protokoll.pdf', shown)
        status, headers, _ = visitor.get(href)
        assert (status, headers["Content-Disposition"]) == (200, 'attachment; filename="protokoll.pdf"')
        assert "Vårt testläge" not in visitor.get("/inbox/2")[2]
    with world(tmp_path, system=system) as bench:
        assert "Vårt testläge" in Visitor(bench.url, bench.way_in).get("/inbox/1")[2]
        report = bench.service.record.report("sv", places.suites()).decode()
    assert report.count("Vårt testläge") == 1
    assert "Utbyte 1: ProcessRequest" in report.partition("Vårt testläge")[0][-300:]


@pytest.mark.parametrize(
    ("text", "file", "complaint"),
    [
        ("", None, "Skriv något"),
        (f"patienten {someone()}", None, "inte är en testpersons"),
        ("x", ("a.txt", someone().encode()), "inte är en testpersons"),
        ("x", (f"{someone()}.txt", b"x"), "inte är en testpersons"),
        ("x", ("a.png", b"MZ\x90\x00"), "varken PNG, JPEG, PDF eller text"),
        ("x", ("a.png", b"<svg/>\xff"), "varken PNG, JPEG, PDF eller text"),
        ("x", ("a.pdf", pdf_of(f"patient {someone()}")), "inte är en testpersons"),
        ("x", ("a.pdf", pdf_of("x", f"/Title ({someone()})")), "inte är en testpersons"),
        ("x", ("a.pdf", pdf_of("x", "/EF <</F 4 0 R>>")), "kan inte granskas"),
        ("x", ("a.pdf", b"%PDF-1.4 no more"), "kan inte granskas"),
        ("x", ("a.txt", b"x" * (5 * 1024 * 1024 + 1)), "högst 5 MB"),
    ],
)
def test_a_note_that_cannot_be_kept_says_why(
    text: str, file: tuple[str, bytes] | None, complaint: str, bench: World, visitor: Visitor
) -> None:
    path = visitor.begin()
    status, _, told = visitor.note(path, text, *([file] if file else []))
    assert (status, complaint in told) == (200, True)
    play = bench.service.find(path.removeprefix("/plays/"))
    assert play is not None
    assert play.state.notes == ()


def test_files_are_taken_where_notes_are_and_nowhere_else(visitor: Visitor) -> None:
    path = visitor.begin()
    assert visitor.note(f"{path}/answer", "x")[0] in (403, 404)
    assert visitor.post(f"{path}/note", {"step": "0", "text": "x"})[0] == 403


# What cannot be begun yet


def test_a_case_that_lacks_data_is_not_spent_and_asks_for_it(tmp_path: Path, system: Server) -> None:
    settings = replace(environment_of(system), test_data={})
    lacking = next(each for each in shipped().playables.values() if each.lacks({}))
    (_, names), *_ = lacking.lacks({})
    programme = replace(shipped(), playables={lacking.name: lacking})
    told = {"what": lacking.name, "by": "Karin Provare"}
    with opened(tmp_path, system, settings, places.suites(), programme) as bench:
        visitor = Visitor(bench.url, bench.way_in)
        page = visitor.get(f"/?role={lacking.role}")[2]
        assert "Kan inte börja än" in page
        assert 'name="what"' not in page
        visitor.get("/who")  # a form has the token
        status, headers, _ = visitor.post("/plays", told)
        assert (status, headers["Location"]) == (303, f"/data?what={lacking.name}")
        form = visitor.get(headers["Location"])[2]
        assert all(f'name="{name}"' in form for name in names)
        for wrong, complaint in (
            (someone(), "inte är en testpersons"),
            ("", "behöver ett värde"),
            ("${a}", "inte vara en platshållare"),
        ):
            assert complaint in visitor.post("/data", told | dict.fromkeys(names, wrong))[2], wrong
        assert not bench.service.record.given
        assert "/given" not in visitor.get(f"/?role={lacking.role}")[2]
        kept_at = visitor.post("/data", told | dict.fromkeys(names, "SE2321000012-X1"))[1]["Location"]
        kept = visitor.get(kept_at)[2]
        assert f'name="what" value="{lacking.name}"' in kept
        assert "test-data:" in kept
        assert "SE2321000012-X1" in kept
        assert evidence.read(tmp_path).results == ()
        assert visitor.post("/plays", told)[1]["Location"].startswith("/plays/")
    with opened(tmp_path, system, settings, places.suites(), programme) as bench:
        assert dict(bench.service.record.given) == dict.fromkeys(names, "SE2321000012-X1")
        again = Visitor(bench.url, bench.way_in)
        assert 'href="/given"' in again.get(f"/?role={lacking.role}")[2]
        assert "SE2321000012-X1" in again.get("/given")[2], "it can be copied at any time"
    assert [each.name for each in evidence.read(tmp_path).header.changes] == ["test data"]


def test_a_case_whose_counterpart_is_missing_is_not_spent(tmp_path: Path, system: Server) -> None:
    settings = replace(environment_of(system), endpoints={})
    sends = shipped().playables[SCENARIO]
    with opened(tmp_path, system, settings, places.suites(), replace(shipped(), playables={SCENARIO: sends})) as bench:
        visitor = Visitor(bench.url, bench.way_in)
        assert "säger inte var ProcessRequestConfirmation besvaras" in visitor.get(f"/?role={sends.role}")[2]
        visitor.get("/who")
        assert visitor.post("/plays", {"what": SCENARIO, "by": "Karin"})[0] == 409
        assert bench.service.everything() == ()


def test_the_cases_can_be_searched(visitor: Visitor) -> None:
    def shown(query: str) -> list[str]:
        return re.findall(r'name="what" value="([^"]+)"', visitor.get(f"/?role=remittent&{query}")[2])

    every = shown("")
    assert shown("q=sent-completed") == [name for name in every if "sent-completed" in name]
    assert shown("q=no+such+case") == []
    assert shown("left=1") == every
    assert "0 av " in visitor.get("/?role=remittent")[2]


# The key, without which nobody is let in


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 (that is what is tested)
def test_a_page_needs_its_key(host: str, tmp_path: Path, system: Server) -> None:
    with world(tmp_path, host=host, system=system) as bench:
        port = urlsplit(bench.url).port
        visitor = Visitor(f"http://127.0.0.1:{port}")
        for path in ("/", "/inbox", "/run.zip", "/look/page.css", "/?key=", "/?key=wrong"):
            assert visitor.get(path)[0] == 401, path
        assert "nyckel" in visitor.get("/")[2]
        assert visitor.post("/plays", {"what": SCENARIO})[0] == 401
        way_in = urlsplit(bench.way_in)
        status, headers, _ = visitor.get(f"/?{way_in.query}")
        assert (status, headers["Location"]) == (303, "/")
        assert visitor.get("/")[0] == 200
        assert visitor.begin().startswith("/plays/")
        key = way_in.query.partition("=")[2]
        assert key not in "".join(visitor.cookies.values())
        assert len(key) >= 32
    with world(tmp_path, host=host, system=system) as again:
        assert urlsplit(again.way_in).query == way_in.query, "whoever has it open goes on"


def test_a_page_with_a_certificate_is_opened_by_https(tmp_path: Path, bench: World) -> None:
    pair = certificates().server
    tls = context_of(TlsFiles(pair.certificate, pair.key), "page")
    with page.serve(bench.service, "127.0.0.1", 0, tls) as listener:
        place = urlsplit(listener.way_in)
        assert place.scheme == "https"
        trusting = ssl.create_default_context(cafile=certificates().ca)
        connection = http.client.HTTPSConnection(place.netloc, timeout=60, context=trusting)
        connection.request("GET", f"/?{place.query}")
        answer = connection.getresponse()
        answer.read()
        connection.close()
    assert answer.status == 303
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("", False), ("example.org", False)],  # noqa: S104
)
def test_loopback_is_known(host: str, is_here: bool) -> None:
    assert is_loopback(host) is is_here
