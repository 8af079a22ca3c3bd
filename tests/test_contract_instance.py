"""Messages made from a schema alone: valid in both validators, the same every time, with what is said where it is said."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from reference_system import domain as remiss
from rivta.contract import Schemas, read_wsdl, schemas
from rivta.contract.instance import Place, fullest, smallest
from rivta.contract.pattern import NotRead, example
from rivta.contract.wsdl import Wsdl
from rivta.model.errors import RivtaError, UsageError
from thorough import THOROUGH, part

SHARED = Path(__file__).parents[1].parent / "shared" / "contracts"
DOMAIN = remiss()
CONTRACT = next(iter(DOMAIN.contracts.values()))


@cache
def wsdl() -> Wsdl:
    return read_wsdl(CONTRACT.wsdl)


def names(message: etree._Element) -> list[str]:
    return [etree.QName(each).localname for each in message.iter("*")]


@pytest.mark.parametrize("make", [smallest, fullest])
def test_our_own_contracts_are_valid_and_the_same_every_time(make: type) -> None:
    for one in DOMAIN.contracts.values():
        facts = read_wsdl(one.wsdl)
        for root in (facts.request_root, facts.response_root):
            message = etree.tostring(make(facts, root))
            assert schemas(one).verdict(message).complaints == ()
            assert message == etree.tostring(make(facts, root))


def test_the_smallest_holds_what_it_must_and_the_fullest_everything() -> None:
    assert names(smallest(wsdl(), wsdl().response_root)) == [CONTRACT.response_root, "result", "resultCode"]
    assert names(fullest(wsdl(), wsdl().response_root))[1:] == [
        "result",
        "resultCode",
        "errorCode",
        "logId",
        "subCode",
        "message",
    ]


def test_what_is_said_stands_where_it_is_said() -> None:
    said: dict[Place, str] = {("result", "resultCode"): "INFO", ("result", "message"): "så < så"}
    message = smallest(wsdl(), wsdl().response_root, said)
    assert names(message) == [CONTRACT.response_root, "result", "resultCode", "message"]
    assert [each.text for each in message[0]] == ["INFO", "så < så"]


def test_an_element_that_the_schema_does_not_have() -> None:
    with pytest.raises(UsageError, match=r"has no element \{urn:r\}Ask"):
        smallest(wsdl(), "{urn:r}Ask")


@pytest.mark.parametrize(
    ("pattern", "more", "text"),
    [
        ("a|b", 0, "a"),
        ("|b", 0, "b"),
        (r"\d{8}-\d{4}", 0, "00000000-0000"),
        ("^[0-9]{2}$", 0, "^00$"),
        ("(.*)#(.*)", 0, "#"),
        ("(.*)#(.*)", 2, "aa#aa"),
        ("[a-z0-9]{1,3}", 5, "aaa"),
        (r"(\+|-)?[0-9]+(\.[0-9]*)?", 0, "0"),
        (r"[^a0]\.x", 0, "-.x"),
        (r"[\p{L}\-]*\p{Zs}", 1, "a "),
        ("(19|20)[0-9]{2,}", 0, "1900"),
    ],
)
def test_a_text_that_a_pattern_takes(pattern: str, more: int, text: str) -> None:
    assert example(pattern, more) == text


@pytest.mark.parametrize("pattern", ["(a", "[a", "[a-z-[b]]", "a)", "\\"])
def test_a_pattern_that_is_not_read(pattern: str) -> None:
    with pytest.raises(NotRead):
        example(pattern)


def test_published_contracts_have_a_smallest_and_a_fullest_message() -> None:
    """Every sixteenth contract where it is not to be thorough: all take a minute of compiling."""
    if not SHARED.is_dir():
        pytest.skip("the published contracts are not at hand (../shared/contracts)")
    found: dict[str, Wsdl] = {}
    for path in part(sorted(SHARED.rglob("*.wsdl")), 16):
        try:
            wsdl = read_wsdl(path)
        except RivtaError:
            continue  # one file imports a schema that its package does not hold
        found.setdefault(wsdl.request_root, wsdl)
    outcome = Counter(valid for one in found.values() for valid in _validity(one))
    # One request names an element with a blank at the end of its name, which no message can have.
    assert outcome == ({True: 570, False: 2} if THOROUGH else {True: 44})


def _validity(one: Wsdl) -> list[bool]:
    judge = Schemas(one)
    roots = (one.request_root, one.response_root)
    return [judge.verdict(etree.tostring(make(one, root))).valid for make in (smallest, fullest) for root in roots]
