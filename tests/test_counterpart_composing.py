"""What a contract's response says: valid by its schema, and read back by its own grammar, whatever the contract calls things."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from reference_system import domain as remiss
from rivta.contract import Schemas, read_wsdl, response
from rivta.contract.instance import Place, smallest
from rivta.contract.message import ResultFacts, open_envelope, result_of, wrap
from rivta.contract.result import find_result
from rivta.contract.wsdl import Wsdl
from rivta.counterpart.composing import Composer, said_in
from rivta.counterpart.judging import ContractCatalogue
from rivta.model.domain import Contract, ResultGrammar
from rivta.model.errors import RivtaError
from rivta.model.steps import Behaviour

SHARED = Path(__file__).parents[1].parent / "shared" / "contracts"
CONTRACT = remiss().contracts["ProcessRequest"]
IN_CODE = ResultGrammar(
    ("header", "Result"), "ResultCode", text="ResultText", invalid="VALIDATIONERROR", refused="ERROR"
)
BY_ID = ResultGrammar(
    ("result",), "resultCode", "errorId", text="resultText", invalid="BAD", refused="APPLICATION_ERROR"
)


@pytest.mark.parametrize(
    ("grammar", "behaviour", "said"),
    [
        (IN_CODE, Behaviour(), {("header", "Result", "ResultCode"): "OK"}),
        (
            IN_CODE,
            Behaviour("error", error="VALIDATIONERROR", sub="X1", text="Nej"),
            {("header", "Result", "ResultCode"): "VALIDATIONERROR", ("header", "Result", "ResultText"): "Nej"},
        ),
        (
            BY_ID,
            Behaviour("error", text="Nej"),
            {
                ("result", "resultCode"): "ERROR",
                ("result", "errorId"): "APPLICATION_ERROR",
                ("result", "resultText"): "Nej",
            },
        ),
        (BY_ID, Behaviour("info"), {("result", "resultCode"): "INFO", ("result", "resultText"): "Mottaget."}),
        (BY_ID, Behaviour("breaks-schema"), {("result", "resultCode"): "PERHAPS"}),
        (replace(BY_ID, path=(), ok="DONE"), Behaviour(), {("resultCode",): "DONE"}),
    ],
)
def test_what_is_said_stands_where_the_contract_has_it(
    grammar: ResultGrammar, behaviour: Behaviour, said: Mapping[tuple[str, ...], str]
) -> None:
    assert said_in(grammar, behaviour) == said


@cache
def published() -> Mapping[tuple[str, int] | None, Contract]:
    """A published contract of each sort: by the part that names errors and how deep the result stands; one without a result."""
    if not SHARED.is_dir():
        return {}
    found: dict[tuple[str, int] | None, Contract] = {}
    for path in sorted(SHARED.rglob("*.wsdl")):
        try:
            result = find_result(read_wsdl(path))
        except RivtaError:
            continue
        sort = (result.error, len(result.path)) if result else None
        found.setdefault(sort, replace(CONTRACT, wsdl=path, result=result))
    return found


SORTS = [None, ("", 0), ("", 1), ("", 2), ("", 3), ("errorCode", 1), ("errorId", 1)]


@pytest.mark.parametrize("sort", SORTS, ids=str)
def test_a_published_contract_is_answered_validly(sort: tuple[str, int] | None) -> None:
    if not published():
        pytest.skip("the published contracts are not at hand (../shared/contracts)")
    assert set(published()) == set(SORTS)
    contract = published()[sort]
    composer, judge, grammar = Composer(contract), Schemas(read_wsdl(contract.wsdl)), contract.result
    error = Behaviour("error", error=grammar.invalid or grammar.refused if grammar else "ANY", text="Nej < tack")
    assert composer.can_say(error) is (grammar is not None)
    told = (Behaviour(), Behaviour("info"), *([error] if grammar else []))
    for behaviour in told:
        body = wrap(composer.composed(behaviour, {}), "", "").encode()
        assert judge.verdict(body).complaints == ()
        facts = result_of(open_envelope(body), grammar)
        assert _in_words(facts, grammar) == (behaviour.kind if grammar else None)
    broken = wrap(composer.composed(Behaviour("breaks-schema"), {}), "", "").encode()
    assert not judge.verdict(broken).valid


def _in_words(facts: ResultFacts | None, grammar: ResultGrammar | None) -> str | None:
    if facts is None or grammar is None:
        return None
    return {grammar.ok: "ok", grammar.info: "info"}.get(facts.code, "error")


def test_a_schema_is_asked_for_the_form_of_a_response_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Collection[Place]] = []

    def counted(wsdl: Wsdl, root: str, said: Mapping[Place, str]) -> etree._Element:
        asked.append(said.keys())
        return smallest(wsdl, root, said)

    monkeypatch.setattr("rivta.contract.response.smallest", counted)
    response._form.cache_clear()
    composer = Composer(CONTRACT)
    assert asked == [], "nothing is made before it is needed"
    told = [composer.composed(Behaviour("error", text=text), {}) for text in ("Nej & åter", "Nej < tack", "Nej")]
    assert len(asked) == 1
    texts = [etree.fromstring(each).findtext(".//{*}message") for each in told]
    assert texts == ["Nej & åter", "Nej < tack", "Nej"]
    assert len({etree.fromstring(each).findtext(".//{*}logId") for each in told}) == 3


@pytest.mark.parametrize(
    ("mark", "forced"), [('s:mustUnderstand="1"', "MustUnderstand"), ('s:mustUnderstand="0"', "Client"), ("", "Client")]
)
def test_a_header_that_must_be_understood_and_is_not_is_answered_by_its_own_fault(mark: str, forced: str) -> None:
    address = CONTRACT.header.removeprefix("{").split("}")
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f'<a:{address[1]} xmlns:a="{address[0]}">SE2321000016-MOT1</a:{address[1]}>'
        f'<v:Security xmlns:v="urn:v" {mark}/></s:Header><s:Body>'
        f'<r:{CONTRACT.request_root.rpartition("}")[2]} xmlns:r="{CONTRACT.namespace}"/></s:Body></s:Envelope>'
    )
    said = ContractCatalogue([remiss()]).judge(body.encode())
    assert said.standing == "invalid"
    assert said.forced is not None
    assert said.forced.code == forced
