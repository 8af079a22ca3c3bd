"""Where a contract's responses say how it went: found in the schema, corrected by domain.yaml, counted over published contracts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from reference_system import domain as remiss
from rivta.contract import read_wsdl
from rivta.contract.message import ResultFacts, open_envelope
from rivta.contract.result import find_result, likely_result
from rivta.contract.wsdl import Wsdl
from rivta.model.domain import ResultGrammar
from rivta.model.errors import RivtaError, UsageError

SHARED = Path(__file__).parents[1].parent / "shared" / "contracts"
DOMAIN = remiss()


def wsdl() -> Wsdl:
    return read_wsdl(next(iter(DOMAIN.contracts.values())).wsdl)


def test_the_result_of_our_own_contracts() -> None:
    expected = ResultGrammar(
        ("result",),
        "resultCode",
        error="errorCode",
        sub="subCode",
        text="message",
        log="logId",
        invalid="VALIDATION_ERROR",
        refused="APPLICATION_ERROR",
        codes=("OK", "ERROR", "INFO"),
        errors=("VALIDATION_ERROR", "APPLICATION_ERROR"),
    )
    own = {"ProcessRequest": "PR", "ProcessRequestConfirmation": "PRC", "ProcessRequestOutcome": "PRO"}
    assert {each.name: each.result for each in DOMAIN.contracts.values()} == {
        name: replace(expected, subs=tuple(f"{letters}00{number}" for number in range(1, 5)))
        for name, letters in own.items()
    }


def test_what_the_domain_says_goes_before_what_the_schema_has() -> None:
    said = find_result(wsdl(), {"ok": "INFO", "invalid": "APPLICATION_ERROR"})
    assert said is not None
    assert (said.path, said.ok, said.invalid, said.error) == (("result",), "INFO", "APPLICATION_ERROR", "errorCode")
    assert find_result(wsdl(), {"at": "none"}) is None
    by_hand = find_result(wsdl(), {"at": "result", "code": "subCode", "error": "logId"})
    assert by_hand is not None
    assert (by_hand.code, by_hand.error, by_hand.codes, by_hand.errors) == ("subCode", "logId", (), ())


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"at": "reslt"}, "no result code can be found"),
        ({"at": "."}, "no result code can be found"),
        ({"error": "errorCod"}, "there is no errorCod beside the result code(.|\n)*errorCode"),
    ],
)
def test_a_place_that_the_schema_does_not_have_is_a_mistake(said: Mapping[str, str], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        find_result(wsdl(), said)


def test_the_result_of_a_response_without_its_contract() -> None:
    def likely(answer: str) -> ResultFacts | None:
        body = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><a>{answer}</a></s:Body></s:Envelope>'
        return likely_result(open_envelope(body.encode()))

    assert likely("<r><q><ResultCode>ERROR</ResultCode><errorId>REVOKED</errorId></q></r>") == ResultFacts(
        "ERROR", "REVOKED", "", "", ""
    )
    assert likely("<resultCode>OK</resultCode><comment>så</comment>") == ResultFacts("OK", "", "", "", "så")
    assert likely("<result>OK</result>") is None


@cache
def published() -> Mapping[str, Wsdl]:
    """Every published contract that can be read, by its response element."""
    if not SHARED.is_dir():
        pytest.skip("the published contracts are not at hand (../shared/contracts)")
    found: dict[str, Wsdl] = {}
    for path in sorted(SHARED.rglob("*.wsdl")):
        try:
            one = read_wsdl(path)
        except RivtaError:
            continue  # one file imports a schema that its package does not hold
        found.setdefault(one.response_root, one)
    return found


def test_the_grammar_of_every_published_contract_is_found() -> None:
    grammars = [find_result(one) for one in published().values()]
    assert Counter(one.error or "in the code" if one else "no result" for one in grammars) == {
        "no result": 51,
        "in the code": 51,
        "errorCode": 26,
        "errorId": 15,
    }
    assert Counter(len(one.path) for one in grammars if one) == {1: 61, 2: 20, 0: 9, 3: 2}
    assert Counter(one.invalid for one in grammars if one) == {
        "VALIDATION_ERROR": 52,
        "VALIDATIONERROR": 22,
        "": 10,
        "INVALID_REQUEST": 8,
    }
    assert all({one.ok, one.info, one.failed} <= set(one.codes) for one in grammars if one)
