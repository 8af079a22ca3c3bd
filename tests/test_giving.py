"""What a producer of a reading contract gives: records made from its schema, those that a request asks for, and each fault's others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from lxml import etree

import reading_world as world
import shipped_world
from rivta import contract
from rivta.contract.giving import Page, RecordArchive, archives, copied, fill, put, whole
from rivta.contract.message import open_envelope
from rivta.contract.records import RecordQuery, is_asked_for, records_in, value_at
from rivta.contract.rules import rules_of
from rivta.model.domain import Contract, Domain
from rivta.model.errors import UsageError
from rivta.model.records import Records
from rivta.model.words import Direction
from rivta.simulator import Result, Simulated, Simulator, unfit_records
from rivta.simulator.answered import Answered
from rivta.simulator.order import Done, Order
from rivta.simulator.outgoing import Outgoing
from rivta.simulator.post import Post
from rivta.simulator.reply import write
from simulated_clock import SimulatedClock

SHARED = Path(__file__).parents[2] / "shared"
ALL_AT_ONCE = world.HELD.replace("    most: 8\n", "")
OF_ANNA, OF_BO, OF_OLD = range(1, 10), range(10, 18), range(18, 26)
"""Record by record: at noon, on the day after, on the day before, of another unit, source, contact, shelf, returned ten days later; Anna
has one more."""


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return world.read(world.folder(tmp_path_factory.mktemp("reading"), held=ALL_AT_ONCE))[1]


def loans(simulated: Simulated) -> Contract:
    return simulated.domain.contracts["GetLoans"]


def numbers(
    simulated: Simulated, filters: str = "", faults: tuple[str, ...] = (), *, consumer: str = "", **asked: str
) -> list[int]:
    """The numbers of the records in an answer, in order."""
    with Simulator(simulated, faults) as system:
        payload = world.asked(system, world.question(filters=filters, **asked), consumer)
    return [int(name.rpartition("-")[2]) for name in world.given(loans(simulated), payload)]


def test_records_are_made_of_which_each_tells_one_thing_from_the_others(simulated: Simulated) -> None:
    (archive,) = simulated.reference.archives.values()
    first = [each for each in archive.all if value_at(each, "borrowerId/@extension") == world.ANNA]
    told = {
        int(value_at(each, "loanId").rpartition("-")[2]): [value_at(each, path) for path in ("branch", "system", "visit", "shelf", "lent", "returned/at")]
        for each in first
    }  # fmt: skip
    usual = ["LIB-A", world.FIRST, "V1", "S1", "2026-03-10", ""]
    assert told[1] == usual
    assert [[now for now, then in zip(told[number], usual, strict=True) if now != then] for number in OF_ANNA] == [
        [], ["2026-03-11"], ["2026-03-09"], ["LIB-B"], [world.SECOND], ["V2"], ["S2"], ["2026-03-20T12:00:00"], [""],
    ]  # fmt: skip
    assert {value_at(each, "approved") for each in first} == {"true", "false"}
    assert [value_at(each, "title") for each in first if value_at(each, "title") != "Kallocain"] == ["Röda rummet"]


def test_a_domain_needs_to_say_nothing_of_its_records_for_some_to_be_made(tmp_path: Path) -> None:
    domain, _ = world.read(world.folder(tmp_path, held=""))
    (archive,) = archives(domain).values()
    assert len(archive.all) == 16
    assert {value_at(each, "branch") for each in archive.all} == {"SE2321000016-UNIT1", "SE2321000016-UNIT2"}
    assert {value_at(each, "title") for each in archive.all} == {""}


def test_ids_begin_in_small_letters_where_the_schema_takes_no_others(tmp_path: Path) -> None:
    there = world.folder(tmp_path, held="")
    schema = there / "schemas" / "interactions" / "GetLoansInteraction" / "GetLoansResponder_1.0.xsd"
    narrow = '<xs:element name="loanId"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="[a-z0-9\\-\\.]{1,36}"/></xs:restriction></xs:simpleType></xs:element>'
    text = schema.read_text(encoding="utf-8")
    schema.write_text(text.replace('<xs:element name="loanId" type="xs:string"/>', narrow), encoding="utf-8")
    domain, _ = world.read(there)
    (archive,) = archives(domain).values()
    assert {value_at(each, "loanId").rpartition("-")[0] for each in archive.all} == {"getloans"}


RIGHT: Mapping[str, tuple[str, Mapping[str, str], set[int]]] = {
    "a patient's own, and those of an older identity": ("", {}, {*OF_ANNA, *OF_OLD}),
    "a patient's own alone": ("", {"person": world.BO}, {*OF_BO}),
    "an older identity's own alone": ("", {"person": world.OLD_ANNA}, {*OF_OLD}),
    "nobody's": ("", {"person": "194001010000"}, set()),
    "of a unit": ("<branch>LIB-B</branch>", {}, {4, 21}),
    "of any of two units": ("<branch>LIB-A</branch><branch>LIB-B</branch>", {}, {*OF_ANNA, *OF_OLD}),
    "of a source system": (f"<system>{world.SECOND}</system>", {}, {5, 22}),
    "of a contact": ("<visit>V2</visit>", {}, {6, 23}),
    "by a name of the contract's own": ("<shelf>S2</shelf>", {}, {7, 24}),
    "of a day": ("<from>2026-03-11</from><to>2026-03-11</to>", {}, {2, 19}),
    "from a day on": ("<from>2026-03-11</from>", {}, {2, 8, 19, 25}),
    "until a day": ("<to>2026-03-09</to>", {}, {3, 20}),
    "by all at once": ("<from>2026-03-10</from><branch>LIB-B</branch><system>S</system>", {}, set()),
    "of the source system that is addressed": ("", {"address": world.SECOND}, {5, 22}),
    "without what a consumer may not read": ("", {"consumer": "CURIOUS"}, {*OF_ANNA, *OF_OLD} - {4, 21}),
    "for any other consumer": ("", {"consumer": "OTHER"}, {*OF_ANNA, *OF_OLD}),
}  # fmt: skip


@pytest.mark.parametrize("which", RIGHT)
def test_just_what_a_request_asks_for_is_given(which: str, simulated: Simulated) -> None:
    filters, asked, wanted = RIGHT[which]
    given = numbers(simulated, filters, (), **asked)
    assert set(given) == wanted
    assert len(given) == len(wanted)


def test_the_newest_stands_first(simulated: Simulated) -> None:
    with Simulator(simulated) as system:
        payload = world.asked(system, world.question())
    lent = world.given(loans(simulated), payload, "lent")
    assert lent == sorted(lent, reverse=True)


def test_what_was_made_under_an_older_identity_is_the_patients_and_says_so(simulated: Simulated) -> None:
    with Simulator(simulated) as system:
        payload = world.asked(system, world.question())
        old = world.asked(system, world.question(world.OLD_ANNA))
    assert set(world.given(loans(simulated), payload, "borrowerId/@extension")) == {world.ANNA}
    assert set(world.given(loans(simulated), payload, "borrowerId/@root")) == {"1.2.752.129.2.1.3.1"}
    assert world.given(loans(simulated), payload, "earlierId/@extension").count(world.OLD_ANNA) == len(OF_OLD)
    assert set(world.given(loans(simulated), old, "borrowerId/@root")) == {"1.2.752.97.3.1.3"}


PERIOD = "<from>2026-03-10</from><to>2026-03-10</to>"
WRONG: Mapping[str, tuple[str, Mapping[str, str], set[int], set[int]]] = {
    "ignores-patient": ("", {}, {*OF_BO}, set()),
    "ignores-unit": ("<branch>LIB-B</branch>", {}, {*OF_ANNA, *OF_OLD} - {4, 21}, set()),
    "ignores-source": (f"<system>{world.SECOND}</system>", {}, {*OF_ANNA, *OF_OLD} - {5, 22}, set()),
    "ignores-contact": ("<visit>V2</visit>", {}, {*OF_ANNA, *OF_OLD} - {6, 23}, set()),
    "ignores-shelf": ("<shelf>S2</shelf>", {}, {*OF_ANNA, *OF_OLD} - {7, 24}, set()),
    "ignores-period": ("<to>2026-03-09</to>", {}, {*OF_ANNA, *OF_OLD} - {3, 20}, set()),
    "inverts-patient": ("", {"person": world.BO}, {*OF_ANNA, *OF_OLD}, {*OF_BO}),
    "inverts-unit": ("<branch>LIB-B</branch>", {}, {*OF_ANNA, *OF_OLD} - {4, 21}, {4, 21}),
    "inverts-source": (f"<system>{world.SECOND}</system>", {}, {*OF_ANNA, *OF_OLD} - {5, 22}, {5, 22}),
    "inverts-contact": ("<visit>V2</visit>", {}, {*OF_ANNA, *OF_OLD} - {6, 23}, {6, 23}),
    "inverts-shelf": ("<shelf>S2</shelf>", {}, {*OF_ANNA, *OF_OLD} - {7, 24}, {7, 24}),
    "inverts-period": ("<to>2026-03-09</to>", {}, {*OF_ANNA, *OF_OLD} - {3, 20}, {3, 20}),
    "starts-late": (PERIOD, {"person": world.BO}, set(), {10, 13, 14, 15, 16, 17}),
    "starts-early": (PERIOD, {"person": world.BO}, {12}, set()),
    "ends-early": (PERIOD, {"person": world.BO}, set(), {10, 13, 14, 15, 16, 17}),
    "ends-late": (PERIOD, {"person": world.BO}, {11}, set()),
    "mixes-patients": ("", {"person": world.BO}, {2}, set()),
    "overlooks-linked": ("", {}, set(), {*OF_OLD}),
    "empties": ("", {"person": world.BO}, set(), {*OF_BO}),
    "loses-the-last": ("", {"person": world.BO}, set(), {12}),
    "gives-what-is-withheld": ("", {"person": world.BO, "consumer": "CURIOUS"}, {13}, set()),
    "ignores-address": ("", {"person": world.BO, "address": world.SECOND}, {*OF_BO} - {14}, set()),
    "hides-unapproved": ("", {"person": world.BO}, set(), {10, 12, 14, 16}),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_gives_others(fault: str, simulated: Simulated) -> None:
    filters, asked, more, less = WRONG[fault]
    right, wrong = (numbers(simulated, filters, faults, **asked) for faults in ((), (f"GL-{fault}",)))
    assert (set(wrong) - set(right), set(right) - set(wrong)) == (more, less)


def test_what_is_given_otherwise(simulated: Simulated) -> None:
    contract_ = loans(simulated)
    assert numbers(simulated, faults=("GL-turns-round",)) == numbers(simulated)[::-1]
    twice = numbers(simulated, faults=("GL-repeats-an-id",))
    assert (len(twice), len(set(twice))) == (len(numbers(simulated)), len(twice) - 1)
    consumers = [numbers(simulated, faults=("GL-differs-by-consumer",), consumer=each) for each in ("", "A", "C")]
    assert len({tuple(each) for each in consumers}) == 3
    with Simulator(simulated, ("GL-approves-none",)) as system:
        assert set(world.given(contract_, world.asked(system, world.question()), "approved")) == {"false"}
    with Simulator(simulated, ("GL-approves-all", "GL-faults-on-unknown")) as system:
        payload = world.asked(system, world.question())
        assert set(world.given(contract_, payload, "approved")) == {"true"}
        reply = system.answer(world.HEADERS, world.question("194001010000"))
        assert open_envelope(reply.body).fault is not None


def test_a_record_of_a_group_is_known_by_what_the_group_says_and_given_alone_in_its_own() -> None:
    records = Records("group/one", "id", "../patient", unit="../unit", approved="open")
    answer = etree.fromstring(
        "<a><group><patient>P</patient><unit>U</unit><one><id>1</id></one><one><id>2</id></one></group>"
        "<group><patient>Q</patient><unit>V</unit><one><id>3</id></one></group><result>OK</result></a>"
    )
    found = records_in(answer, records)
    assert [(value_at(each, records.id), value_at(each, records.patient)) for each in found] == [
        ("1", "P"), ("2", "P"), ("3", "Q"),
    ]  # fmt: skip
    second = copied(found[1], records)
    assert etree.tostring(whole(second, records)) == (
        b"<group><patient>P</patient><unit>U</unit><one><id>2</id></one></group>"
    )
    put(second, records.patient, "R")
    assert (value_at(second, "../patient"), value_at(found[1], "../patient")) == ("R", "P")
    made = etree.fromstring("<a><group><patient/><unit/><one><id/></one></group><result>OK</result></a>")
    fill(made, records, Page((found[2], second)))
    assert [value_at(each, records.patient) for each in records_in(made, records)] == ["Q", "R"]


def test_a_record_that_does_not_say_whose_it_is_may_be_anybodys() -> None:
    records = Records("one", "id", "patient", unit="unit")
    wanted = RecordQuery({"patient": ("P",), "unit": ("U",)})
    for said, fits in (("<patient>P</patient><unit>U</unit>", True), ("<unit>U</unit>", True), ("<patient>P</patient>", False),
                       ("<patient>Q</patient><unit>U</unit>", False)):  # fmt: skip
        assert is_asked_for(etree.fromstring(f"<one>{said}</one>"), records, wanted) == fits, said


def test_every_fault_that_the_records_make_breaks_its_own_requirement(simulated: Simulated) -> None:
    made = {name.removeprefix("GL-"): fault for name, fault in simulated.faults.items() if fault.gives or ("GL" in str(fault.skips) and "rule" not in name)}  # fmt: skip
    told = {name: each.breaks for name, each in made.items() if re.match("(ignores|inverts)-", name)}
    assert told == {name: (f"GL-{name.partition('-')[2]}",) for name in told}
    others = {"turns-round", "repeats-an-id", "differs-by-consumer", "approves-all", "approves-none", "faults-on-unknown", "forgets-more", "mixes-patients-under-load"}  # fmt: skip
    assert made.keys() - {"schema-not-checked-GL", "accepts-too-large-GL"} == {*WRONG, *others}
    assert made["starts-late"].breaks == made["ends-late"].breaks == ("GL-period",)
    assert made["gives-what-is-withheld"].breaks == ("GL-access",)
    assert made["turns-round"].breaks == (), "no requirement is called so"


def test_a_sound_system_that_observes_names_the_faults_that_would_have_shown(simulated: Simulated) -> None:
    with Simulator(simulated, observing=True) as system:
        world.asked(system, world.question(world.BO, "<branch>LIB-B</branch>"))
        assert {"GL-ignores-unit", "GL-inverts-unit", "GL-empties", "GL-mixes-patients"} <= system.touched
        unseen = {"GL-ignores-source", "GL-starts-late", "GL-overlooks-linked", "GL-ignores-address", "GL-differs-by-consumer"}  # fmt: skip
        assert not unseen & system.touched


def test_an_answer_that_does_not_hold_all_says_so_and_the_rest_is_given(tmp_path: Path) -> None:
    domain, simulated = world.read(world.folder(tmp_path))
    contract_, pages, reference = domain.contracts["GetLoans"], list[list[str]](), ""
    with Simulator(simulated) as system:
        for _ in range(3):
            payload = world.asked(system, world.question(filters=f"<goOn>{reference}</goOn>" if reference else ""))
            pages.append(world.given(contract_, payload))
            reference = value_at(payload, "hasMore/reference")
            assert value_at(payload, "hasMore/address") == ("SE2321000016-LIB0" if reference else "")
        assert not reference
    assert [len(each) for each in pages] == [8, 8, 1]
    assert len({each for page in pages for each in page}) == len(OF_ANNA) + len(OF_OLD)
    with Simulator(simulated, ("GL-forgets-more",)) as system:
        payload = world.asked(system, world.question())
    assert (len(world.given(contract_, payload)), value_at(payload, "hasMore/reference")) == (8, "")


def test_a_refusal_holds_no_records(simulated: Simulated) -> None:
    with Simulator(simulated) as system:
        payload = world.asked(system, world.question(filters="<from>i går</from>"))
    assert world.given(loans(simulated), payload) == []
    assert value_at(payload, "result/resultCode") == "ERROR"


def test_records_can_be_taken_from_responses(simulated: Simulated, tmp_path: Path) -> None:
    with Simulator(simulated) as system:
        body = system.answer(world.HEADERS, world.question(world.BO, "<branch>LIB-B</branch>")).body
    (tmp_path / "one.xml").write_bytes(body)
    for path in (tmp_path, tmp_path / "one.xml"):
        with Simulator(simulated, records=simulated.read_records(path)) as system:
            assert world.given(loans(simulated), world.asked(system, world.question(world.BO))) == ["GetLoans-13"]
            assert world.given(loans(simulated), world.asked(system, world.question())) == []
    (tmp_path / "two.xml").write_bytes(world.question())
    with pytest.raises(UsageError, match=r"two\.xml is no response of a contract of tiny\.library\.loan"):
        simulated.read_records(tmp_path)


SAID_WRONGLY = {
    "a path that no record has": ("{title: Kallocain}", "{titel: Kallocain}", "there is no titel in loan", "did you mean “title”?"),
    "an element that holds no text": ("{title: Kallocain}", "{returned: now}", "returned holds elements, no text", "known here: at"),
    "an unknown contract": ("  GetLoans:", "  GetLoan:", "unknown contract “GetLoan”", "did you mean “GetLoans”?"),
    "what nothing is chosen by": ("values: {unit", "values: {unti: [A], unit", "no record of the domain is chosen by “unti”", "did you mean “unit”?"),
    "an unknown key": ("withheld:", "witheld:", "unknown key “witheld”", "did you mean “withheld”?"),
}  # fmt: skip


@pytest.mark.parametrize("which", SAID_WRONGLY)
def test_what_the_file_of_records_says_wrongly_is_told_at_its_place(which: str, tmp_path: Path) -> None:
    old, new, said, remedy = SAID_WRONGLY[which]
    domain = contract.read_domain(world.folder(tmp_path, held=world.HELD.replace(old, new)))
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        archives(domain)
    assert remedy in caught.value.todo
    assert caught.value.source is not None
    assert caught.value.source.path == str(domain.folder / "records.yaml")


def test_records_that_are_not_valid_are_told_before_they_are_given(tmp_path: Path) -> None:
    held = world.HELD.replace("{title: Röda rummet", "{title: Röda rummet, approved: perhaps")
    domain = contract.read_domain(world.folder(tmp_path, held=held))
    (mistake,) = unfit_records(domain)
    assert "the records that are made for GetLoans are not valid: approved: “perhaps”" in mistake.what
    assert mistake.source is not None
    assert mistake.source.path.endswith("records.yaml")


# The published contracts


@pytest.fixture(params=["clinicalprocess.healthcond.description", "clinicalprocess.healthcond.actoutcome"])
def published(request: pytest.FixtureRequest) -> Domain:
    """A shipped domain whose package is at hand."""
    if not shipped_world.has_material(request.param):
        pytest.skip("the published contracts are not at hand (../shared/contracts)")
    return shipped_world.matrix(request.param).domain


def test_all_that_a_shipped_domain_gives_is_valid(published: Domain) -> None:
    for archive, contract_ in archives_of(published):
        body = write(Result(), contract_, page=Page(archive.all, "1" if archive.records.more else "", "SE2321000016-1"))
        verdict = contract.schemas(contract_).verdict(body.encode())
        broken = rules_of(contract_, Direction.RESPONSE).run(etree.fromstring(body))
        assert (contract_.name, verdict.complaints, [each.message for each in broken]) == (contract_.name, (), [])


def test_the_published_responses_are_read_as_records(published: Domain) -> None:
    for archive, contract_ in archives_of(published):
        files = sorted((SHARED / "messages" / "responses" / contract_.name).glob("*.xml"))
        assert files
        found = [each for file in files for each in kept_in(file, archive)]
        assert len(found) >= len(files) - 1, contract_.name
        assert any(value_at(each, archive.records.patient) for each in found), "which a schema may leave out"
        assert all(value_at(each, archive.records.id) for each in found)


def archives_of(domain: Domain) -> list[tuple[RecordArchive, Contract]]:
    return [(each, domain.contracts[name]) for name, each in archives(domain).items()]


def kept_in(file: Path, archive: RecordArchive) -> list[etree._Element]:
    """The records of a published response; a SOAP Fault has none."""
    payload = open_envelope(file.read_bytes()).payload
    return [] if payload is None else records_in(payload, archive.records)


class Nobody:
    """The way out of a system that calls nobody."""

    def call(self, request: Outgoing, read_seconds: float) -> Answered:
        raise AssertionError((request, read_seconds))

    def hang_up(self) -> None:
        """Nothing is under way."""

    close = hang_up


def test_what_a_user_writes_is_given_to_the_next_who_reads(simulated: Simulated) -> None:
    clock = SimulatedClock()
    with closing(clock), Simulator(simulated, clock=clock) as system:
        post = Post(Nobody(), clock)
        told = {"patient": world.ANNA, "unit": "LIB-B", "id": "written"}
        assert system.act(Order("write-record", told), post) == Done("done", "", {"record": "written"})
        found = world.asked(system, world.question())
        at = world.given(loans(simulated), found).index("written")
        assert world.given(loans(simulated), found, "branch")[at] == "LIB-B"
        assert "written" in world.given(
            loans(simulated), world.asked(system, world.question(filters="<branch>LIB-B</branch>"))
        )
        assert "written" not in world.given(loans(simulated), world.asked(system, world.question(world.BO)))
        refused = system.act(Order("write-record", {"contract": "RegisterLoan"}), post)
        assert isinstance(refused, Done)
        assert refused.outcome == "refused"
