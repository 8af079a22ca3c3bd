"""The reference system as the one who calls: what it sends when told to, what it refuses, what it shows, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from reference_messages import HEADERS, LILLTOLVAN, MOT2, MOT3, REM1, REM3, confirmation, referral
from reference_party import Got, Keyboard, Party, ok, party
from reference_system import formats, own, read_referrals, started
from rivta.contract import schemas
from rivta.contract.message import open_envelope
from rivta.contract.rules import rules_of
from rivta.model.domain import Domain
from rivta.model.words import Direction
from rivta.simulator import Result, Simulator, serve
from test_reference import domain  # noqa: F401 (a fixture)

ASSESSED, REJECTED, CANCELLED = (f"SE2321000012-0001#{number}" for number in (2003, 2004, 2005))
OPEN, ANSWERED, SENT_CANCELLED, SENT_REJECTED, SENT_ASSESSED = (
    f"SE2321000012-0001#{number}" for number in (1001, 1002, 1003, 1004, 1006)
)
FORMATS, FIXED, read = formats(), own("referral").FIXED, own("referral").read
NAMESPACES = {"c": "urn:riv:clinicalprocess:activity:request:2"}


@pytest.fixture
def system(domain: Domain) -> Iterator[Simulator]:  # noqa: F811 (the fixture's value)
    with started(referrals=read_referrals()) as clean:
        yield clean


@pytest.fixture
def other(domain: Domain) -> Iterator[Party]:  # noqa: F811 (the fixture's value)
    with party(domain) as listening:
        yield listening


@pytest.fixture
def keyboard(system: Simulator, other: Party) -> Iterator[Keyboard]:
    with serve(system) as server:
        yield Keyboard(server, other)


def said(got: Got) -> Any:
    """What a call says; it is valid, addressed and declared as the contract demands."""
    envelope = open_envelope(got.body)
    assert envelope.payload is not None
    incoming = read(got.contract, envelope.payload)
    headers = {name.lower(): value for name, value in got.headers}
    assert envelope.address("{urn:riv:itintegration:registry:1}LogicalAddress") == incoming.recipient
    assert headers["content-type"] == "text/xml; charset=UTF-8"
    assert (
        headers["soapaction"] == f'"urn:riv:clinicalprocess:activity:request:{got.contract}Responder:2:{got.contract}"'
    )
    forwarders = found(got, "c:intermediaryParticipant//c:careUnitId/@extension")
    assert headers["x-rivta-original-serviceconsumer-hsaid"] == [incoming.sender, *forwarders][-1]
    return incoming


def valid(got: Got, domain: Domain) -> bool:  # noqa: F811 (the fixture's value)
    contract = domain.contracts[got.contract]
    broken = rules_of(contract, Direction.REQUEST).run(open_envelope(got.body).root)
    return schemas(contract).verdict(got.body).valid and not broken


def found(got: Got, path: str) -> list[str]:
    nodes = etree.fromstring(got.body).xpath(f"//{path}", namespaces=NAMESPACES)
    assert isinstance(nodes, list)
    return [str(node.text if isinstance(node, etree._Element) else node) for node in nodes]


def test_every_action_sends_what_is_valid(keyboard: Keyboard, domain: Domain) -> None:  # noqa: F811 (the fixture's value)
    new = keyboard.request_id(optional="yes", attachment="image/png")
    bare = keyboard.request_id(patient=LILLTOLVAN)
    for action, data in (
        ("complete-referral", {"requestId": new}),
        ("change-referral", {"requestId": new}),
        ("change-referral", {"requestId": bare}),
        ("complete-referral", {"requestId": OPEN}),
        ("ask-completion", {"requestId": ASSESSED}),
        ("confirm", {"requestId": ASSESSED}),
        ("forward", {"requestId": ASSESSED, "to": MOT3}),
        ("answer", {"requestId": ASSESSED, "kind": "DSV"}),
        ("answer", {"requestId": ASSESSED, "kind": "PSV", "attachments": 2}),
        ("answer", {"requestId": ASSESSED}),
        ("answer", {"requestId": ASSESSED, "attachment": "application/pdf"}),
        ("cancel", {"requestId": "SE2321000012-0001#2002"}),
        ("reject", {"requestId": "SE2321000012-0001#2001"}),
    ):
        answer = keyboard.act(action, **data)
        assert (answer["outcome"], answer["data"]["requestId"]) == ("done", data["requestId"])
        assert set(answer["note"].split("; ")) == {"OK"}
    kinds = [said(got).kind for got in keyboard.other.got]
    assert kinds == [
        "NR",
        "NR",
        "AR",
        "AB",
        "AB",
        "AR",
        "KOM",
        "BEK",
        "VR",
        "VID",
        "DSV",
        "PSV",
        "SSV",
        "SSV",
        "AVB",
        "AVV",
    ]
    assert [got.number for got in keyboard.other.got if not valid(got, domain)] == []


@pytest.mark.parametrize("media_type", FORMATS)
def test_each_format_can_be_attached(keyboard: Keyboard, domain: Domain, media_type: str) -> None:  # noqa: F811 (as above)
    keyboard.request_id(attachment=media_type)
    keyboard.act("answer", requestId=ASSESSED, attachment=media_type)
    for got, ident in zip(keyboard.other.got, ("requestId", "requestOutcomeId"), strict=True):
        assert valid(got, domain)
        assert found(got, "c:mediaType/c:code") == [media_type]
        assert found(got, "c:attachment/c:id") == [f"{found(got, f'c:{ident}/@extension')[0]}#1"]


def test_what_is_said_of_a_new_referral_is_sent(keyboard: Keyboard) -> None:
    ident = keyboard.request_id(
        patient="191212721219", recipient=MOT2, from_=REM3, text="Åre, 漢字 & <b>", requestId="SE2321000012-0001#eget"
    )
    (got,) = keyboard.other.got
    incoming = said(got)
    assert ident == incoming.request_id == "SE2321000012-0001#eget"
    assert (incoming.sender, incoming.recipient, incoming.version) == (REM3, MOT2, 1)
    assert (incoming.person_extension, incoming.person_root) == ("191212721219", "1.2.752.129.2.1.3.3")
    assert found(got, "c:questionFormulation/c:text") == ["Åre, 漢字 & <b>"]
    assert keyboard.act("send-referral", requestId=ident)["outcome"] == "refused", "the id is taken"
    keyboard.request_id(patient="991212120001", patient_root="1.2.752.97.3.1.3")
    assert said(keyboard.other.got[1]).person_root == "1.2.752.97.3.1.3"


def test_two_referrals_have_different_ids(keyboard: Keyboard) -> None:
    assert keyboard.request_id() != keyboard.request_id()


def test_a_new_version_keeps_what_it_must(keyboard: Keyboard) -> None:
    ident = keyboard.request_id(attachment="text/plain", optional="yes")
    for action in ("complete-referral", "change-referral"):
        keyboard.act(action, requestId=ident)
    first, *rest = (said(got) for got in keyboard.other.got)
    assert [one.version for one in rest] == [2, 3]
    for one in rest:
        assert one.request_id == ident
        assert one.fixed == first.fixed
        assert set(one.fixed) == set(FIXED)
        assert one.attachments == 1
    texts = [found(got, "c:clinicalInformation/c:text")[0] for got in keyboard.other.got]
    assert texts[0] != texts[1] == texts[2]


def test_forwarding_changes_nothing_but_what_it_is(system: Simulator, keyboard: Keyboard) -> None:
    ident = "SE2321000012-0001#77"
    original = referral(ident, sender_more="<c:careUnitName>Enhet</c:careUnitName>", text="Åäö <![CDATA[<&>]]>")
    assert b">OK<" in system.answer(HEADERS, original).body
    assert keyboard.act("forward", requestId=ident, to=MOT3)["note"] == "OK; OK"
    forwarded, notice = keyboard.other.got
    before, after = read("ProcessRequest", payload_of(original)), said(forwarded)
    assert (after.kind, after.version, after.recipient, after.request_id) == ("VR", 2, MOT3, ident)
    assert after.forwardable == before.forwardable
    assert found(forwarded, "c:intermediaryParticipant//c:careUnitId/@extension") == ["SE2321000016-MOT1"]
    told = said(notice)
    assert (told.kind, told.version, told.recipient, told.forwarded_to) == ("VID", 2, REM1, MOT3)


def payload_of(body: bytes) -> etree._Element:
    payload = open_envelope(body).payload
    assert payload is not None
    return payload


def test_a_referral_that_nobody_took_is_not_forwarded(keyboard: Keyboard) -> None:
    contract = keyboard.other.domain.contracts["ProcessRequest"]
    keyboard.other.answering = lambda _: ok(contract, Result.error("APPLICATION_ERROR", "Nej.", "PR002"))
    note = keyboard.act("forward", requestId=ASSESSED)["note"]
    assert note == "APPLICATION_ERROR PR002, will resend in 1 min"
    got = keyboard.other.wait_for(4)
    assert keyboard.other.nothing_more(0.4)
    assert {said(one).kind for one in got} == {"VR"}, "the remittent is not told"
    assert keyboard.ask("took-answer") == "no"
    keyboard.other.answering = None
    keyboard.act("confirm", requestId=ASSESSED)
    assert said(keyboard.other.got[-1]).version == 1
    assert keyboard.ask("warned-user", requestId=ASSESSED) == "yes"
    assert keyboard.ask("took-answer") == "yes", "whatever failed before"


def test_the_remittent_is_told_when_the_referral_gets_there_at_last(keyboard: Keyboard) -> None:
    busy = Result.error("APPLICATION_ERROR", "Upptaget.")
    keyboard.other.answering = lambda got: ok(
        keyboard.other.domain.contracts[got.contract], busy if not got.number else Result()
    )
    keyboard.act("forward", requestId=ASSESSED)
    assert [said(got).kind for got in keyboard.other.wait_for(3)] == ["VR", "VR", "VID"]
    assert keyboard.ask("warned-user", requestId=ASSESSED) == "no"


def test_what_is_received_moves_what_may_be_sent(system: Simulator, keyboard: Keyboard) -> None:
    def may(action: str) -> bool:
        return bool(keyboard.act(action, requestId=ident)["outcome"] == "done")

    ident = keyboard.request_id()
    assert may("complete-referral"), "not yet assessed"
    assert b">OK<" in system.answer(HEADERS, confirmation(ident, "BEK", version="2")).body
    assert not may("complete-referral")
    assert may("change-referral")
    assert b">OK<" in system.answer(HEADERS, confirmation(ident, "KOM", version="3", number=2)).body
    assert may("complete-referral")
    assert b">OK<" in system.answer(HEADERS, confirmation(ident, "AVB", version="4", number=3)).body
    assert not may("complete-referral")
    assert not may("change-referral")
    assert [said(got).version for got in keyboard.other.got] == [1, 2, 3, 4]


def test_a_referral_that_was_forwarded_goes_on_from_there(system: Simulator, keyboard: Keyboard) -> None:
    ident = keyboard.request_id()
    notice = confirmation(
        ident, "VID", version="2", forwarding=f'<c:forwardingRecipient><c:organisation><c:careUnitId extension="{MOT2}"/>'
        "</c:organisation></c:forwardingRecipient>"
    )  # fmt: skip
    assert b">OK<" in system.answer(HEADERS, notice).body
    keyboard.act("complete-referral", requestId=ident)
    completion = said(keyboard.other.got[-1])
    assert (completion.version, completion.recipient) == (3, MOT2)


@pytest.mark.parametrize(
    ("action", "request_id", "data"),
    [
        ("complete-referral", SENT_ASSESSED, {}),
        ("complete-referral", ANSWERED, {}),
        ("complete-referral", SENT_REJECTED, {}),
        ("complete-referral", SENT_CANCELLED, {}),
        ("change-referral", SENT_REJECTED, {}),
        ("change-referral", SENT_CANCELLED, {}),
        ("complete-referral", "SE2321000012-0001#9999", {}),
        ("complete-referral", "", {}),
        *((action, ended, {}) for action in ("confirm", "ask-completion", "reject", "cancel", "forward") for ended in (REJECTED, CANCELLED)),
        *(("answer", ended, {"kind": kind}) for kind in ("DSV", "PSV", "SSV") for ended in (REJECTED, CANCELLED)),
        ("answer", ASSESSED, {"kind": "XYZ"}),
        ("answer", ASSESSED, {"attachment": "application/zip"}),
        ("forward", ASSESSED, {"to": "se2321000016-mot1"}),
        ("send-referral", "", {"attachments": 99}),
    ],
)  # fmt: skip
def test_what_must_not_be_sent_is_refused(
    keyboard: Keyboard, action: str, request_id: str, data: dict[str, str]
) -> None:
    answer = keyboard.act(action, requestId=request_id, **data)
    assert answer["outcome"] == "refused"
    assert answer["note"].endswith(".")
    assert keyboard.other.got == []


@pytest.mark.parametrize("kind", ["DSV", "PSV"])
def test_nothing_but_final_answers_follow_a_final_answer(keyboard: Keyboard, kind: str) -> None:
    assert keyboard.act("answer", requestId=ASSESSED)["outcome"] == "done"
    assert keyboard.act("answer", requestId=ASSESSED, kind=kind)["outcome"] == "refused"
    assert keyboard.act("answer", requestId=ASSESSED)["outcome"] == "done"


def test_answers_have_ids_of_their_own_and_the_latest_version(system: Simulator, keyboard: Keyboard) -> None:
    system.answer(HEADERS, referral("a#1"))
    system.answer(HEADERS, referral("a#1", reason="AB", version="2"))
    for action in ("confirm", "ask-completion", "answer", "answer"):
        keyboard.act(action, requestId="a#1")
    assert {said(got).version for got in keyboard.other.got} == {2}
    ids = [
        found(got, "*[self::c:requestConfirmationId or self::c:requestOutcomeId]/@extension")
        for got in keyboard.other.got
    ]
    assert len({ident for (ident,) in ids}) == 4


def test_two_who_act_on_one_referral_at_once_do_not_make_the_same_version(keyboard: Keyboard) -> None:
    ident = keyboard.request_id()
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda _: keyboard.act("change-referral", requestId=ident)["outcome"], range(16)))
    versions = [said(got).version for got in keyboard.other.got]
    assert sorted(versions) == list(range(1, 2 + told.count("done")))
    assert set(told) <= {"done", "refused"}


def test_what_was_sent_is_known_after_a_restart(domain: Domain, other: Party, tmp_path: Path) -> None:  # noqa: F811 (as above)
    database = tmp_path / "state.sqlite"
    with started(domain=domain, database=database) as before, serve(before) as server:
        ident = Keyboard(server, other).request_id(attachment="text/plain")
    with started(domain=domain, database=database) as after, serve(after) as server:
        assert Keyboard(server, other).act("complete-referral", requestId=ident)["note"] == "OK"
    first, second = (said(got) for got in other.got)
    assert (second.version, second.attachments, second.fixed) == (2, 1, first.fixed)
