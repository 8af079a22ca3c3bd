"""What docs/published-defects.md says of published files stands in them, where they are at hand."""

import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree

SHARED = Path(__file__).parents[2] / "shared"
PAGE = Path(__file__).parents[1] / "docs" / "published-defects.md"
SUITES = {
    path.parent.name: path.parent
    for path in SHARED.glob("contracts/clinicalprocess.healthcond.*/test-suite/*/constraints.xml")
}
PLACES = {
    ("GetLaboratoryOrderOutcome/data.xml", 22): "GetLaboratoryOrderOutcome 4.1",
    ("GetReferralOutcome/data.xml", 22): "GetReferralOutcome 3.1",
    ("GetMaternityMedicalHistory/data.xml", 27): "/GetMaternityMedicalHistory/3/",
    ("GetMaternityMedicalHistory/data.xml", 29): "/GetMaternityMedicalHistory/3/",
    ("GetMaternityMedicalHistory/data.xml", 30): ":8080/",
    ("GetFunctionalStatus/data.xml", 35): "timePeriodStart",
    ("GetLaboratoryOrderOutcome/constraints.xml", 151): "groupOfAnalyzes",
    ("GetImagingOutcome/constraints.xml", 62): "examinationSpeciality",
    ("GetImagingOutcome/constraints.xml", 80): "legalAuthenticator",
    ("GetMaternityMedicalHistory/constraints.xml", 70): "legalAuthenticatorName",
    ("GetFunctionalStatus/constraints.xml", 54): "legalAuthenticatorRoleCode",
    ("GetLaboratoryOrderOutcomeMock/constraints.xml", 34): "patiendId",
}
CITED = {"GetDiagnosis_2.0": "1.1.3", "GetFunctionalStatus_2.0": "1.1.3", "GetReferralOutcome_3.2": "1.10"}

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the published material is not at hand (../shared)")


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_line_says_what_the_page_tells(place: tuple[str, int]) -> None:
    name, line = place
    contract, _, file = name.partition("/")
    assert PLACES[place] in (SUITES[contract] / file).read_text(encoding="utf-8").splitlines()[line - 1]
    page = PAGE.read_text(encoding="utf-8")
    assert name in page
    assert f":{line}`" in page


@pytest.mark.parametrize("form", CITED)
def test_a_form_cites_what_its_suite_does_not_have(form: str) -> None:
    with zipfile.ZipFile(SHARED / "forms" / f"SjD_TP_{form}.docx") as packed:
        text = "".join(etree.fromstring(packed.read("word/document.xml")).itertext())
    assert f"TF {CITED[form]}" in text
    data = (SUITES[form.partition("_")[0]] / "data.xml").read_text(encoding="utf-8")
    has = re.search(rf'testcase id="{re.escape(CITED[form])} ', data) is not None
    assert has == (form == "GetReferralOutcome_3.2"), "that one is there, and its line has no boxes"
