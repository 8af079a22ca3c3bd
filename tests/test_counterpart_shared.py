"""One counterpart for several processes: what is opened over there, and what becomes of it when whoever opened it is gone."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path
from threading import enumerate as enumerate_threads

import pytest

import tiny_world
from calling import HABITS, Caller
from certificates import certificates
from counterpart_world import ADDRESS, CHILD, PATIENT, call, counterpart, referral, referrals
from projects import ERROR, Project, ended, free_port
from rivta.counterpart import Counterpart
from rivta.counterpart.shared import RemoteCounterpart, SharedAddress, sharing
from rivta.model.environment import Offer, TlsFiles
from rivta.model.errors import RivtaError, Unwritable, UsageError
from rivta.model.steps import Matcher, may_be_one
from rivta.run.overlap import claims
from rivta.run.stage import Stage
from rivta.transport.http import HttpTransport

ANY = Matcher("", {}, referrals().answer, 0.0)


class Party:
    """Whose counterpart it is, and what went wrong with the calls that came."""

    def __init__(self, counterpart: Counterpart) -> None:
        self.counterpart = counterpart
        self.addresses = counterpart.addresses
        self.wait = counterpart.wait
        self.handshake_port = counterpart.handshake_port
        self.trouble: Unwritable | None = None

    @contextmanager
    def turn(self, claims: tuple[Matcher, ...]) -> Iterator[None]:  # noqa: ARG002 - a party's signature
        yield
        if self.trouble:
            raise self.trouble


@pytest.fixture
def party(tmp_path: Path) -> Iterator[Party]:
    with counterpart(tmp_path) as running:
        yield Party(running)


@pytest.fixture
def place(party: Party) -> Iterator[SharedAddress]:
    with sharing(party) as place:
        yield place


def strays(party: Party) -> list[tuple[int, str]]:
    return [(each.number, reason.en) for each, reason in party.counterpart.unclaimed()]


def test_a_call_reaches_who_waits_for_it_in_whichever_process(party: Party, place: SharedAddress) -> None:
    one, other = RemoteCounterpart(place), RemoteCounterpart(place)
    assert one.addresses == party.addresses
    url = party.counterpart.url
    with (
        one.wait(referrals(when={"patient": PATIENT})) as new,
        other.wait(referrals(when={"patient": CHILD})) as childs,
    ):
        for number, patient in (("1", CHILD), ("2", PATIENT), ("3", PATIENT)):
            call(url, referral(number, patient=patient))
        taken = new.take(5), childs.take(5), childs.take(0)
        assert [each.number if each else None for each in taken] == [2, 1, None]
        diagnosis, connections = childs.state()
        assert (diagnosis is None, connections) == (False, 3)
    assert strays(party) == [(3, "No case waited for the call.")]


def test_what_nobody_can_read_is_counted_in_whichever_process(party: Party, place: SharedAddress) -> None:
    with RemoteCounterpart(place).wait(referrals(repeatedly=True)) as waiter:
        assert waiter.unclear(0.0) == 0
        call(party.counterpart.url, referral()[:-9])
        assert waiter.unclear(0.0) == 1


def test_what_is_raised_over_there_is_raised_here(place: SharedAddress) -> None:
    unheard = RemoteCounterpart(place).wait(Matcher("Unheard", {}, ANY.answer, 0.0))
    with pytest.raises(UsageError, match="the counterpart does not answer for Unheard"), unheard:
        pass


def test_a_port_of_its_own_is_opened_over_there_too(place: SharedAddress) -> None:
    pair = certificates().server
    context = ssl.create_default_context(cafile=str(certificates().ca))
    with RemoteCounterpart(place).handshake_port(Offer(TlsFiles(pair.certificate, pair.key), "own")) as port:
        assert port.time_factor == 1
        assert all(url.startswith(port.url) for url in port.addresses.values())
        call(port.url, referral(), context=context)
        came = port.take(5)
    assert came is not None
    assert came.exchange.tls is not None


def test_what_a_process_had_taken_that_was_killed_is_nobodys_again(party: Party, place: SharedAddress) -> None:
    with Client(place.address, authkey=place.key) as killed:
        killed.send(("wait", referrals()))
        assert killed.recv() is None
        call(party.counterpart.url, referral())
        killed.send(("take", 5.0))
        assert killed.recv().number == 1
    for lending in [each for each in enumerate_threads() if each.name == "rivta-lending"]:
        lending.join()
    assert strays(party) == [(1, "The case that waited for the call ended without taking it.")]


def test_whoever_does_not_know_the_secret_stays_outside(place: SharedAddress) -> None:
    with pytest.raises(AuthenticationError):
        Client(place.address, authkey=b"another")
    assert RemoteCounterpart(place).addresses


def test_when_the_other_process_is_gone_that_is_told(party: Party) -> None:
    with sharing(party) as place:
        pass
    with pytest.raises(RivtaError, match="the process that has the counterpart is gone"):
        _ = RemoteCounterpart(place).addresses


def test_that_a_call_could_not_be_kept_ends_the_case_that_was_under_way(party: Party, place: SharedAddress) -> None:
    party.trouble = Unwritable("the disk is full")
    with pytest.raises(Unwritable, match="the disk is full"), RemoteCounterpart(place).turn((ANY,)):
        pass


PATIENTS, CHILDS = (referrals(when={"patient": each, "kind": "NR"}) for each in (PATIENT, CHILD))


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        (PATIENTS, PATIENTS, True),
        (PATIENTS, CHILDS, False),
        (PATIENTS, referrals(when={"kind": "NR"}), True),
        (PATIENTS, referrals(when={"kind": "AB"}), False),
        (PATIENTS, referrals(when={"request-id": "1"}), True),
        (PATIENTS, Matcher("Other", {}, ANY.answer, 0.0), False),
        (PATIENTS, ANY, True),
        (referrals(when={"address": ADDRESS}), referrals(when={"address": ADDRESS.lower()}), True),
    ],
)
def test_what_tells_calls_apart(one: Matcher, other: Matcher, may_be: bool) -> None:
    assert may_be_one(one, other) is may_be_one(other, one) is may_be


def test_cases_that_a_call_could_be_meant_for_take_turns_and_others_do_not(place: SharedAddress) -> None:
    one, other, third, order = *(RemoteCounterpart(place) for _ in range(3)), list[str]()

    def follow() -> None:
        with third.turn((CHILDS, PATIENTS)):
            order.append("third")

    with ThreadPoolExecutor() as pool:
        with one.turn((PATIENTS,)):
            with other.turn((CHILDS,)):
                following = pool.submit(follow)
                order.append("other")
            wait([following], 0.05)
            order.append("one")
        following.result()
    assert order == ["other", "one", "third"]


def test_a_case_claims_what_its_steps_wait_for_as_far_as_it_is_known_before() -> None:
    matrix, claimed = tiny_world.matrix(), dict[str, list[dict[str, str]]]()
    for key, (case, suite) in matrix.cases.items():
        told = claims(case, Stage(suite, matrix.bench.settings, HttpTransport(matrix.bench.settings), "run"))
        claimed[matrix.shown(key)] = [dict(each.when) for each in told]
    branch = {"borrower": PATIENT, "branch": "SE2321000016-LIB2"}
    assert not any(told for key, told in claimed.items() if "/producer/" in key)
    assert claimed["RegisterLoan@2/consumer/1.1"] == [{"type": "NEW", **branch}]
    assert claimed["RegisterLoan@2/consumer/2.1"] == [branch, {}], "what a loan is called the system says itself"


# Through pytest


ACT = """\
import http.client, json, os, signal, ssl, sys, time
from pathlib import Path
from urllib.parse import urlsplit

here, order = Path(__file__).parent, json.load(sys.stdin)
case, patient = order["case"][-1], order["with"]["patient"]
(here / f"patient-{case}").write_text(patient)
if case in "12":
    other = here / f"patient-{'12'.replace(case, '')}"
    while not (other.exists() and other.read_text()):
        time.sleep(0.01)
    patient = other.read_text()
place = urlsplit(order["counterpart"]["addresses"]["ProcessRequest"])
context = ssl.create_default_context(cafile=here / "ca.pem")
context.load_cert_chain(here / "client.pem", here / "client.key")
message = (here / "message.xml").read_text(encoding="utf-8").replace("UNIQUE", case).replace("PATIENT", patient)
for _ in range(2 if case == "1" else 1):
    connection = http.client.HTTPSConnection(place.netloc, context=context)
    connection.request("POST", place.path, message.encode(), {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "HABITUAL"})
    connection.getresponse().read()
    connection.close()
if case == "3":
    os.kill(os.getppid(), signal.SIGKILL)
print(json.dumps({"outcome": "done"}))
""".replace("HABITUAL", str(HABITS["action"]).replace('"', '\\"'))
"""Cases 1 and 2 wait until both are under way; then each sends what the other waits for. In case 3 whoever waits is killed."""
CASE = """
  - {id: "NUMBER", title: A new referral, verifies: [PR-C-NR], receive: {kind: NR, patient: "PATIENT"}, within: 60 s,
     do: {sv: Skicka., en: Send., action: send, with: {patient: "PATIENT"}}}
"""


def test_two_workers_have_one_port_and_each_call_reaches_its_case(project: Project) -> None:
    """By TLS; one worker is killed when the call of its case has come."""
    caller, pair = Caller(project), certificates().server
    cases = ((number, CHILD if number == "2" else PATIENT) for number in "123")
    written = "".join(CASE.replace("NUMBER", number).replace("PATIENT", patient) for number, patient in cases)
    caller.suite.write_text(
        caller.suite.read_text(encoding="utf-8").partition("cases:")[0] + "cases:" + written, encoding="utf-8"
    )
    caller.environment(f"127.0.0.1:{free_port()}")
    tls = f"{{certificate: '{pair.certificate}', key: '{pair.key}', ca: '{certificates().ca}'}}"
    project.change("time-factor: 2000", f"time-factor: 2000, tls: {tls}", project.folder / "env.yaml")
    (project.folder / "act.py").write_text(ACT, encoding="utf-8")
    client = certificates().client
    for name, path in (("ca.pem", certificates().ca), ("client.pem", client.certificate), ("client.key", client.key)):
        (project.folder / name).write_bytes(path.read_bytes())
    ended(project.run_here("-n", "2"), ERROR)
    run = project.evidence()
    taken = {result.case: [each.tls is not None for each in result.exchanges] for result in run.results}
    assert project.verdicts() == {"1": "PASSED", "2": "PASSED"}
    assert taken == {"1": [True], "2": [True]}
    repeated, left = (each.reason.en for each in run.strays)
    assert repeated in ("Repeats call 1.", "Repeats call 2."), "either of the two may have come first"
    assert left == "The case that waited for the call ended without taking it."
    assert not run.damage
    assert [path.name for path in project.report.iterdir() if path.is_dir()] == ["messages"]
