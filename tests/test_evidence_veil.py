"""`--mask all`: names, addresses and free text hidden by element, in messages and wherever they are repeated."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

import report_sample
from rivta import evidence
from rivta.declaration import dossier
from rivta.evidence.redaction import VEILED, Veil
from rivta.model.run import Run, Stray
from rivta.model.words import Text

MESSAGE = """<s:Body xmlns:s="x" xmlns:c="y">
  <c:name>Elin &amp; Ek</c:name>
  <c:text kind="a">Tacksam för
bedömning</c:text>
  <c:nameOfUnit>Norra kliniken</c:nameOfUnit>
  <c:name/>
  <c:message>Elin &amp; Ek finns inte</c:message>
</s:Body>"""


def veiled(text: str, *others: str) -> str:
    veil = Veil(["name", "text"])
    for each in (text, *others):
        veil.look(each)
    return veil.over()(text)


def test_the_elements_are_veiled_and_no_other() -> None:
    shown = veiled(MESSAGE)
    assert f"<c:name>{VEILED}</c:name>" in shown
    assert f'<c:text kind="a">{VEILED}\n</c:text>' in shown
    assert "Norra kliniken" in shown
    assert "<c:name/>" in shown


def test_what_stood_there_is_veiled_where_it_is_repeated() -> None:
    assert f"<c:message>{VEILED} finns inte</c:message>" in veiled(MESSAGE)
    assert veiled("the value “Elin & Ek” is too long", MESSAGE) == f"the value “{VEILED}” is too long"


def test_lines_keep_their_numbers() -> None:
    assert veiled(MESSAGE).count("\n") == MESSAGE.count("\n")


def test_character_data_and_comments_are_text_too() -> None:
    assert veiled("<name><![CDATA[Elin <Ek>]]><!-- x --></name>") == f"<name>{VEILED}</name>"


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="<>&\r", exclude_categories=("Cc", "Cs")),
        min_size=4,
        max_size=40,
    )
)
def test_no_text_is_left(text: str) -> None:
    if len(text.strip()) >= 4 and text.strip() not in VEILED:
        inside = re.compile(r"(?<=<name>).*(?=</name>)", re.DOTALL)
        found = inside.search(veiled(f"<name>{text}</name><b>{text}</b>"))
        assert found is not None
        assert found[0] == VEILED


def named(run: Run) -> Run:
    facts = tuple(replace(each, personal=("text", "name")) for each in run.header.domains)
    return replace(run, header=replace(run.header, domains=facts))


def test_a_run_is_veiled_only_where_that_is_asked_for() -> None:
    run = named(report_sample.rich().run)
    first = run.results[0]
    exchange = first.exchanges[0]
    spoken = replace(exchange.request, body=b"<a><name>Elin Ekdal</name></a>")
    checks = tuple(replace(check, actual="Elin Ekdal") for check in first.checks)
    told = replace(first, reason=Text.same("Elin Ekdal"), checks=checks, exchanges=(replace(exchange, request=spoken),))
    stray = Stray(replace(exchange, request=spoken), "ProcessRequest", "SE1", (), Text.same("Elin Ekdal called"))
    run = replace(run, results=(told, *run.results[1:]), strays=(stray,))
    plain, hidden = evidence.masked(run), evidence.masked(dossier.veiled(run))
    assert b"Elin Ekdal" in plain.results[0].exchanges[0].request.body
    assert "Elin Ekdal" not in str(hidden.results)
    assert "Elin Ekdal" not in str(hidden.strays)
    assert hidden.results[0].exchanges[0].request.body == f"<a><name>{VEILED}</name></a>".encode()
    assert [each.verdict for each in hidden.results] == [each.verdict for each in run.results]
