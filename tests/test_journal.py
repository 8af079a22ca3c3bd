"""The journal of received calls: on disk as they come, read back after anything."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from counterpart_world import calls_kept
from rivta.evidence.codec import encode
from rivta.evidence.journal import FILE, CallLines, Journal, KeptCall, Settled
from rivta.evidence.redaction import rewritten
from rivta.model.errors import Unwritable
from rivta.model.exchange import Exchange, Message, Problem, Tls
from rivta.model.words import Blame, Text
from rivta.text.identity import Mask
from strategies import exchanges

BODY = b"<patient>191212121212</patient>"
TLS = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", "SERIALNUMBER=SE2321000012-TEST", "CN=ca", "2027-01-01T00:00:00Z", True)
SECRET = "a secret of the environment"  # noqa: S105 (of no environment)
STRANGER = "197001017891"
"""By its form a personnummer, of nobody: masked all the same."""


def journal(folder: Path) -> Journal:
    return Journal(folder, mask=Mask("key", ()), secrets=(SECRET,))


def entry(number: int = 1, **changes: object) -> KeptCall:
    exchange = Exchange(
        contract="ProcessRequest",
        url="http://127.0.0.1/ProcessRequest/2/rivtabp21",
        request=Message((("Content-Type", "text/xml"), ("Host", "örat")), BODY),
        response=Message((("Content-Type", "text/xml; charset=UTF-8"),), b"<ok/>"),
        status=200,
        started="2026-09-01T10:15:00.000Z",
        elapsed_ms=0.0,
        tls=TLS,
        inbound=True,
    )
    one = KeptCall(number, "SE2321000016-MOT1", {"patient": "191212121212", "kind": "NR"}, "valid", exchange)
    return replace(one, **changes)  # type: ignore[arg-type]  # a test says which


def keep(into: Journal, one: KeptCall) -> None:
    exchange = one.exchange
    answer = into.keep_answer(exchange.response.body) if exchange.response else ""
    into.received(one, into.keep(exchange.request.body), answer)


def test_what_is_written_is_read_back_at_once(tmp_path: Path) -> None:
    one = journal(tmp_path)
    keep(one, entry())
    assert calls_kept(tmp_path) == [entry()]
    assert one.entry(1) == entry()
    one.settled(Settled(1, 12.5))
    one.claimed(1)
    done = entry(exchange=replace(entry().exchange, elapsed_ms=12.5), state="answered", claimed=True)
    assert calls_kept(tmp_path) == [done]
    assert one.entry(1) == done
    one.close()
    assert one.entry(1) == done
    assert one.entry(1, with_bodies=False).exchange.request.body == b""


def test_a_call_without_an_answer_says_why(tmp_path: Path) -> None:
    problem = Problem("hung-up", Text("lade på", "hung up"), Blame.SYSTEM)
    one = journal(tmp_path)
    keep(one, entry())
    one.settled(Settled(1, 3.0, answered=False, problem=problem))
    one.close()
    [back] = calls_kept(tmp_path)
    assert (back.state, back.exchange.response, back.exchange.status) == ("unanswered", None, None)
    assert back.exchange.problem == problem


def test_it_goes_on_where_it_was_cut_short(tmp_path: Path) -> None:
    one = journal(tmp_path)
    for number in (1, 2, 3):
        keep(one, entry(number))
    one.settled(Settled(1, 1.0))
    one.close()
    file = tmp_path / FILE
    raw = file.read_bytes()
    third = raw.index(b'"number":3')
    for cut in (third, third + 40, len(raw) - 5):
        file.write_bytes(raw[:cut])
        again = journal(tmp_path)
        assert again.last in (2, 3)
        keep(again, entry(again.last + 1))
        again.close()
        numbers = [each.number for each in calls_kept(tmp_path)]
        assert numbers == [*range(1, again.last + 1)]


def test_damage_costs_the_damaged_line_only(tmp_path: Path) -> None:
    one = journal(tmp_path)
    for number in (1, 2, 3):
        keep(one, entry(number))
    one.close()
    file = tmp_path / FILE
    lines = file.read_bytes().splitlines()
    lines[1] = b'{"kind":"received","number":2,"exchange":[]}'
    file.write_bytes(
        b"\n".join([*lines, b"[1]", b"\xff", b'{"kind":"settled","number":"x"}', b'{"kind":"claimed","number":[]}'])
        + b"\n"
    )
    assert [each.number for each in calls_kept(tmp_path)] == [1, 3]
    assert [each.number for each in journal_entries(tmp_path)] == [1, 3]


def journal_entries(folder: Path) -> list[KeptCall]:
    one = journal(folder)
    entries = list(one.entries())
    one.close()
    return entries


def test_no_calls_is_no_file(tmp_path: Path) -> None:
    assert calls_kept(tmp_path) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable, match="cannot be written"):
        journal(tmp_path / "file")


def test_no_identity_and_no_secret_in_a_line(tmp_path: Path) -> None:
    one = journal(tmp_path)
    headers = (("X-Note", f"{SECRET} for {STRANGER}"),)
    exchange = replace(
        entry().exchange, url=f"http://127.0.0.1/?p={STRANGER}", request=Message(headers, SECRET.encode())
    )
    keep(one, entry(facts={"patient": STRANGER, "other": "191212121212"}, exchange=exchange))
    one.close()
    line = (tmp_path / FILE).read_text(encoding="utf-8")
    assert STRANGER not in line
    assert SECRET not in line
    [back] = calls_kept(tmp_path)
    assert back.facts["patient"].startswith("person-")
    assert back.facts["other"] == "191212121212"
    assert SECRET.encode() not in back.exchange.request.body


def test_a_header_that_is_no_text(tmp_path: Path) -> None:
    one = journal(tmp_path)
    exchange = replace(entry().exchange, request=Message((("X-Odd", "\udcff"),), BODY))
    keep(one, entry(exchange=exchange))
    one.close()
    assert calls_kept(tmp_path)[0].exchange.request.headers == (("X-Odd", "\udcff"),)


@given(exchange=exchanges)
def test_a_line_is_the_codec_s_own(exchange: Exchange) -> None:
    mask = Mask("key", ())
    one = entry(exchange=replace(exchange, inbound=True, problem=None))
    names = iter(("a", "b"))
    line = CallLines(mask.text).received(one, "a", "b")
    expected = rewritten({"kind": "received", "version": 1, **encode(one, lambda _: next(names))}, mask.text, mask.text)
    assert json.loads(line) == json.loads(json.dumps(expected))
