"""Saxon must find what we find: the same asserts broken at the same nodes with the same words, errors included."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from lxml import etree

from oracle.messages import made_of, mutant, samples
from oracle.saxon import Saxon
from oracle.stylesheet import stylesheet
from rivta.contract.rules import RuleSet, compile_rules
from rivta.contract.rules.ruleset import location_of
from test_rules import LETS, POSITIONED, POSITIONS, PROLOG, pattern
from thorough import THOROUGH, part

SHARED = Path(__file__).parents[1].parent / "shared"
SUITE = Path(__file__).parents[1] / "suites" / "clinicalprocess.activity.request"
RULES = sorted(
    path.relative_to(SHARED / "contracts")
    for pattern in ("*constraints.xml", "*.sch")
    for path in (SHARED / "contracts").rglob(pattern)
)
MUTANTS_A_SAMPLE, MADE, OF_OURS = (2, 12, 100) if THOROUGH else (1, 4, 12)

pytestmark = [
    pytest.mark.skipif(
        find_spec("saxonche") is None, reason="SaxonC is not installed: pip install pytest-rivta[oracle]"
    ),
    pytest.mark.skipif(not RULES, reason="the published contracts are not at ../shared"),
]
MAY_BREAK_DOWN = re.compile(r"\b(?:and|or)\b|\babs\(")
"""Where we may have an error and Saxon has none: XPath lets an engine choose which side of `and` and `or` to look at first, and
elementpath (5.1) has no `abs` of NaN."""

Key = tuple[str, str, str, str]
"""Pattern, place, test and message of a failure; the message is empty for an error."""


@pytest.fixture(scope="module")
def saxon() -> Iterator[Saxon]:
    with Saxon() as process:
        yield process


def documents(rules: Path) -> list[etree._Element]:
    """Samples of the contract with mutants of each, and messages made for the rules."""
    chance = Random(str(rules))  # noqa: S311  the same messages every time
    contract = "Update" if "update" in rules.name else rules.parent.name.removesuffix("Mock")
    published = samples(SHARED / "messages" / "responses" / contract)
    mutants = [mutant(sample, chance) for sample in published for _ in range(MUTANTS_A_SAMPLE)]
    made = list(made_of(SHARED / "contracts" / rules, chance, MADE))
    return [*published, *mutants, *made, *(mutant(each, chance) for each in made)]


def ours(rule_set: RuleSet, root: etree._Element) -> tuple[Counter[Key], set[Key]]:
    outcomes, _ = rule_set.examine(root, most=1_000_000)
    failed = Counter(
        (each.pattern, each.location, _plain(each.test), each.message) for each in outcomes if each.kind == "failed"
    )
    return failed, {(each.pattern, each.location, _plain(each.test), "") for each in outcomes if each.kind == "error"}


def theirs(output: str, root: etree._Element) -> tuple[Counter[Key], set[Key]]:
    result = etree.fromstring(output.encode())

    def key(element: etree._Element, message: str) -> Key:
        place = location_of(at(root, element.get("path", "")))
        return element.get("pattern", ""), place, _plain(element.get("test", "")), message

    failed = Counter(key(each, _plain(each.text or "")) for each in result.iter("failed"))
    return failed, {key(each, "") for each in result.iter("error")}


def test_saxon_finds_the_same_nodes_for_a_context(saxon: Saxon, tmp_path: Path) -> None:
    """Positions, several paths to a node, comments: the table of `test_rules`, and in it the places as Saxon has them."""
    path = tmp_path / "rules.sch"
    for context, places in POSITIONS.items():
        check = '<assert test="false()"><value-of select="."/></assert>'
        path.write_text(PROLOG.format("xslt2") + LETS + pattern(context, check) + "</iso:schema>", encoding="utf-8")
        result = etree.fromstring(saxon.transform(stylesheet(path), [POSITIONED])[0].encode())
        theirs = Counter(re.sub(r"Q\{\}|\(pi\)|\[\d+\]|\(\)", "", each.get("path", "")) for each in result)
        assert theirs == Counter(re.sub(r"\[\d+\]|\(\)", "", place) for place in places), context


def at(root: etree._Element, path: str) -> etree._Element:
    """The element at a path as XPath 3 writes it: `/Q{urn:x}a[1]/Q{}b[2]`."""
    element = root
    for namespace, local, position in re.findall(r"/Q\{([^}]*)\}([^\[/]+)\[(\d+)\]", path)[1:]:
        name = f"{{{namespace}}}{local}" if namespace else local
        element = list(element.iterchildren(name))[int(position) - 1]
    return element


def _plain(text: str) -> str:
    return " ".join(text.split())


def compare(path: Path, roots: list[etree._Element], saxon: Saxon) -> Counter[str]:
    """How much was compared. Fails at the first difference."""
    rule_set = compile_rules(path)
    answers = saxon.transform(stylesheet(path), [etree.tostring(root, encoding="unicode") for root in roots])
    compared: Counter[str] = Counter()
    for root, answer in zip(roots, answers, strict=True):
        mine, my_errors = ours(rule_set, root)
        saxons, saxons_errors = theirs(answer, root)
        assert saxons_errors <= my_errors
        for key in my_errors - saxons_errors:
            assert MAY_BREAK_DOWN.search(key[2]), key
            saxons = Counter({each: count for each, count in saxons.items() if each[:3] != key[:3]})
        assert mine == saxons
        compared.update(
            documents=1, failures=mine.total(), errors=len(saxons_errors), ours=len(my_errors - saxons_errors)
        )
    return compared


@pytest.mark.parametrize("rules", part(RULES, 2), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_saxon_finds_the_same(rules: Path, saxon: Saxon) -> None:
    compared = compare(SHARED / "contracts" / rules, documents(rules), saxon)
    assert compared["failures"]


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("contract", ["ProcessRequest", "ProcessRequestConfirmation", "ProcessRequestOutcome"])
def test_saxon_finds_the_same_by_our_own_rules(contract: str, direction: str, saxon: Saxon) -> None:
    chance = Random(contract)  # noqa: S311  the same messages every time
    [path] = (SHARED / "messages" / "eremiss").glob(f"{contract}_{direction}*_soap.xml")
    sample = etree.parse(path).getroot()
    mutants = [mutant(sample, chance) for _ in range(OF_OURS)]
    compared = compare(SUITE / contract / f"rules-{direction}.sch", [sample, *mutants], saxon)
    assert compared["failures"]
