"""The national examples of certificates that pass and fail, as the oracle of what a case of ours says of them.

Each is named for the rule that it breaks; the domain chooses the rules by the certificate's type and version.
"""

from pathlib import Path

import pytest
from lxml import etree

import shipped_world
from rivta.contract.message import wrap
from rivta.contract.rules import files_for, rules_of
from rivta.model.domain import Contract
from rivta.model.words import Direction
from thorough import part

NAME = "clinicalprocess.healthcond.certificate"
EXAMPLES = Path(__file__).parents[2] / "shared" / "messages" / "certificates" / "tstrk1031-v3"

pytestmark = pytest.mark.skipif(
    not (EXAMPLES.is_dir() and shipped_world.has_material(NAME)),
    reason="the published certificates are not at ../shared",
)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return shipped_world.matrix(NAME).domain.contracts["RegisterCertificate@3"]


def enveloped(path: Path, contract: Contract) -> etree._Element:
    payload = etree.tostring(etree.parse(path).getroot(), encoding="unicode")
    return etree.fromstring(wrap(payload, "SE2321000016-E001", contract.header).encode())


@pytest.mark.parametrize("path", part(sorted(EXAMPLES.glob("*.xml")), 12), ids=lambda path: path.stem)
def test_the_rules_of_its_type_say_of_an_example_what_its_name_says(path: Path, contract: Contract) -> None:
    root = enveloped(path, contract)
    (file,) = files_for(contract, Direction.REQUEST, root)
    assert (file.path.name, file.requirement) == ("tstrk1031.v3.sch", "CE-4-TSTRK1031-3")
    outcomes = rules_of(contract, Direction.REQUEST, root).run(root)
    assert bool(outcomes) == path.stem.startswith("fail-")
    # fail-R5 breaks the pattern R5-R6; R19 is in the pattern of its question
    named = path.stem.removeprefix("fail-").partition("_")[0].partition("-")[0]
    said = {each.rule.removeprefix("CE-4-TSTRK1031-3:") for each in outcomes}
    assert not outcomes or named == "R19" or any(named in each.split("-") for each in said)


def test_another_version_of_the_type_has_rules_of_its_own(contract: Contract) -> None:
    root = enveloped(EXAMPLES / "pass-minimal.xml", contract)
    version = next(root.iter("{urn:riv:clinicalprocess:healthcond:certificate:3}version"))
    kind = version.getprevious()
    assert kind is not None
    for text, names in (("4.0", ["tstrk1031.v4.sch"]), ("2.0", [])):
        version.text = text
        assert [each.path.name for each in files_for(contract, Direction.REQUEST, root)] == names
    kind[0].text = "LISJP"
    assert [each.path.name for each in files_for(contract, Direction.REQUEST, root)] == ["lisjp.v1.sch"]
