"""The simulator of any domain: what it is without a line of the domain's own, what its files may say, what it observes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from reference_messages import BREAKS_CODE, BREAKS_RULE, HEADERS, TECHNICAL, referral
from reference_system import FAULTS, NAME, read_referrals, simulated, started
from rivta import contract, simulator
from rivta.cli import main
from rivta.contract.message import ResultFacts, open_envelope, result_of
from rivta.model.domain import Domain
from rivta.model.errors import UsageError
from rivta.simulator import Simulated, Simulator
from rivta.simulator.written import FORM
from rivta.text import places
from rivta.text.yaml.compose import compose
from rivta.text.yaml.grammar import Record, load

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """The simulator of a domain that has no folder for it."""
    folder = tmp_path_factory.mktemp("suites") / NAME
    shutil.copytree(places.suites() / NAME, folder, ignore=shutil.ignore_patterns("reference"))
    return simulator.read(contract.read_domain(folder))


def said(body: bytes, domain: Domain) -> ResultFacts | None:
    return result_of(open_envelope(body), domain.contracts["ProcessRequest"].result)


def test_a_domain_without_a_folder_has_a_simulator(bare: Simulated) -> None:
    with Simulator(bare) as system:
        accepted = said(system.answer(HEADERS, referral(address="SE1-2", sender="SE1-3")).body, bare.domain)
        refused = said(system.answer(HEADERS, BREAKS_RULE["PR-S-gender"]).body, bare.domain)
        assert b"Fault>" in system.answer(HEADERS, TECHNICAL["GEN-MALFORMED"]).body
    assert accepted is not None
    assert (accepted.code, refused and refused.error_code) == ("OK", "VALIDATION_ERROR")


def test_every_domain_has_the_faults_that_any_system_can_have(bare: Simulated) -> None:
    own = {name for name in FAULTS if name not in bare.faults}
    assert len(bare.faults) > 80
    assert bare.faults["ignores-PR-S-gender"].breaks == ("PR-S-gender",)
    assert bare.faults["soap12-answer"].breaks == ("GEN-SOAP",)
    assert bare.faults["calls-without-soapaction"].breaks == ("SENT-SOAPACTION",)
    assert {"accepts-PR001", "refuses-kva", "never-sends-AR"} < own


def test_a_rule_that_is_ignored_lets_its_message_pass(bare: Simulated) -> None:
    with Simulator(bare, ["ignores-PR-S-gender"]) as system:
        answer = said(system.answer(HEADERS, BREAKS_RULE["PR-S-gender"]).body, bare.domain)
    assert answer is not None
    assert answer.code == "OK"


def test_what_the_manual_shows_can_be_read() -> None:
    reference, _, faults, *_ = BLOCK.findall((DOCS / "simulator.md").read_text(encoding="utf-8"))
    assert "register-loan" in load(compose(reference, "reference.yaml"), FORM["reference"])["actions"]
    assert next(entry["fault"] for entry in load(compose(faults, "faults.yaml"), FORM["faults"])) == "soap12-answer"


def test_lint_tells_what_is_off_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / NAME
    shutil.copytree(places.suites() / NAME, folder)
    faults = folder / "reference" / "faults.yaml"
    faults.write_text(
        faults.read_text(encoding="utf-8").replace("breaks: [ERR-PR001]", "breaks: [ERR-PR01]", 1), encoding="utf-8"
    )
    assert main(["lint", "--suites", str(tmp_path), "--quiet"]) == 4
    assert "there is no requirement “ERR-PR01”" in capsys.readouterr().err


def test_the_manual_knows_every_key() -> None:
    page = (DOCS / "simulator.md").read_text(encoding="utf-8")
    table = set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE))
    reference, fault = FORM["reference"], FORM["fault"]
    assert isinstance(reference, Record)
    assert isinstance(fault, Record)
    assert table == {*fault.fields} - {"fault", "text", "breaks"}
    assert [key for key in reference.fields if f"{key}:" not in page] == []


def test_own_code_that_breaks_is_named(tmp_path: Path) -> None:
    folder = tmp_path / NAME
    shutil.copytree(places.suites() / NAME, folder)
    (folder / "reference" / "behave.py").write_text("from .nowhere import nothing\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"behave\.py cannot be used: ModuleNotFoundError"):
        simulator.read(contract.read_domain(folder))


MESSAGES: Mapping[str, bytes] = {
    "sound": referral(),
    "not valid": BREAKS_RULE["PRO-S-condition"],
    "refused": BREAKS_CODE["PR001"],
    "not addressed": TECHNICAL["GEN-ADDRESS-HEADER"],
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_sound_system_tells_which_faults_a_message_would_show(name: str) -> None:
    """No fault changes an answer without being told of. So a fault need not be tried on what does not touch it."""
    with started(referrals=read_referrals(), observing=True) as system:
        clean = _levelled(system.answer(HEADERS, MESSAGES[name]))
        touched = system.touched
    untold = [fault for fault in simulated().faults if fault not in touched and _answer(fault, name) != clean]
    assert untold == []
    assert len(touched) < len(simulated().faults) / 2


def _answer(fault: str, name: str) -> object:
    with started(referrals=read_referrals(), faults=[fault]) as system:
        return _levelled(system.answer(HEADERS, MESSAGES[name]))


def _levelled(reply: simulator.Reply) -> object:
    """The answer without the id in the log, which is new each time."""
    return (
        reply.status,
        reply.headers,
        re.sub(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", b"", reply.body),
        reply.delay_seconds,
    )
