"""A link out of the system: read as who follows it gives it, and told what of it is not as it is to be, each with its cause."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import page_world
from rivta import contract, environment, evidence, simulator
from rivta.check import link, vocabulary
from rivta.model.environment import Listening
from rivta.model.errors import Mistakes
from rivta.model.steps import Link
from rivta.model.words import Verdict
from rivta.page import programme
from rivta.page.play import Asking
from rivta.run.adapter import Notes, said
from rivta.simulator import Simulator
from rivta.suite import read
from rivta.text import places
from test_page_http import Visitor

WANTED = Link(r"[^/]+/visa/A-1", "POST", {"unit": "E001"}, {"name": ".*"})
AT = "https://w.example/visa/A-1"
FORM = '<html><form method="post" action="{at}"><input name="unit" value="E001"><p><input name="name" value="Åsa"></p></form></html>'


def told(given: str, wanted: Link = WANTED) -> list[str]:
    return [each.message.en for each in link.amiss(wanted, given)]


@pytest.mark.parametrize(
    "given",
    [
        f"POST {AT}\nunit=E001&name=%C3%85sa+B",
        f"POST {AT}?unit=E001\n\nname=%C3%85sa",
        f"  POST {AT}\nunit=E001\n&name=A\n",
        FORM.format(at=AT),
        FORM.format(at=f"{AT}?name=x").replace('<input name="name" value="Åsa">', ""),
        FORM.format(at=AT).replace('<input name="name" value="Åsa">', '<textarea name="name">Åsa</textarea>'),
        FORM.format(at=AT).replace(
            '<input name="unit" value="E001">',
            '<select name="unit"><option value="E000">a<option value="E001" selected>b</select>'
            '<input type="checkbox" name="other" value="1"><input type="submit" name="go" value="1">',
        ),
    ],
)
def test_a_link_that_is_right_is_told_nothing_of(given: str) -> None:
    assert told(given) == []


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("", ["This is no link: neither an address nor a form that posts to one."]),
        ("w.example/visa/A-1", ["This is no link: neither an address nor a form that posts to one."]),
        ("<p>no form</p>", ["This is no link: neither an address nor a form that posts to one."]),
        ("<", ["This is no link: neither an address nor a form that posts to one."]),
        (f"POST http{AT[5:]}\nunit=E001", ["The link is not over HTTPS."]),
        (f"POST {AT}9\nunit=E001", ["The link leads elsewhere."]),
        (f"POST {AT}", ["The parameter “unit” is missing."]),
        (f"POST {AT}\nunit=E002", ["The parameter “unit” has another value."]),
        (f"POST {AT}\nunit=E001&unit=E001", ["The parameter “unit” stands there several times."]),
        (f"POST {AT}\nunit=E001&x=", ["The parameter “x” is not known there."]),
        (f"POST {AT}\nunit=E001&name=Å", ["A character stands in the parameters that must be percent-encoded there."]),
        (
            f"POST {AT}\nunit=E001&name=100%",
            ["A character stands in the parameters that must be percent-encoded there."],
        ),
        (f"POST {AT}\nunit=E001&name=%C5sa", ["What is percent-encoded in the parameters is not UTF-8."]),
        (f"POST {AT}\nunit=E001&name=%25C3%2585", ["The parameter “name” is percent-encoded twice."]),
        (
            f"POST {AT}?name=191212121212\nunit=E001",
            ["A person’s number, or a secret of ours, stands in the address, where histories and logs keep it."],
        ),
        (
            FORM.format(at=AT).replace(
                "<p>", "<textarea name=note></textarea><select name=unit><option>E1</select><p>"
            ),
            [
                "The parameter “unit” stands there several times.",
                "The parameter “note” is not known there.",
                "The parameter “unit” has another value.",
            ],
        ),
        (
            FORM.format(at=AT).replace(' method="post"', ""),
            [
                "The link is followed in another way; what a GET says stands in the address, where histories and logs keep it."
            ],
        ),
    ],
)
def test_what_is_wrong_with_one_is_told_with_its_cause(given: str, what: list[str]) -> None:
    assert told(given) == what


def test_where_no_parameter_is_named_any_will_do() -> None:
    assert told("https://w.example/x?y=1&z=2#part", Link("w.example/.*")) == []


def test_a_real_person_in_a_link_of_an_adapter_is_hidden_and_so_are_secrets() -> None:
    answered = said(b'{"answer": "yes", "link": "https://x/?id=198507099805&key=hush"}', Notes(("hush",)))
    assert answered is not None
    assert answered.link == "https://x/?id=%E2%80%A6&key=%E2%80%A6"
    other = said(b'{"answer": "yes", "link": 7}', Notes())
    assert other is not None
    assert other.link == ""


def test_a_pattern_that_is_none_and_a_name_that_nobody_knows_are_mistakes(tmp_path: Path) -> None:
    folder = places.suites() / "attested.digitalmeeting"
    suite = (folder / "meeting-service" / "consumer.yaml").read_text(encoding="utf-8")
    path = tmp_path / "meeting-service" / "consumer.yaml"
    path.parent.mkdir()
    path.write_text(suite.replace("'[^/]+/.*'", "'[^/+${nobody}'"), encoding="utf-8")
    with pytest.raises(Mistakes) as caught:
        read(path, contract.read_domain(folder, vocabulary()), vocabulary())
    assert "this is no pattern" in str(caught.value)
    assert "nothing is called “nobody”" in str(caught.value)


def test_a_link_that_a_person_gives_on_the_page_is_judged(tmp_path: Path) -> None:
    folder = places.suites() / "attested.digitalmeeting"
    simulated = simulator.read(contract.read_domain(folder, vocabulary()))
    demo = environment.read(places.reference() / "attested.digitalmeeting.yaml")
    settings = replace(demo, adapter=None, listening=Listening())
    found = programme.read(settings, folder.parent, tmp_path / "none")
    name = next(each for each in found.playables if each.endswith("meeting-service.6"))
    with (
        Simulator(simulated) as system,
        simulator.serve(system) as served,
        page_world.opened(tmp_path / "run", served, settings, folder.parent, found) as world,
    ):
        visitor = Visitor(world.url, world.way_in)
        visitor.get("/")
        path, begun = "", {"what": name, "by": "Karin Provare", "why": "another link"}
        for given in ("https://e-tjanster.1177.se/mvk", "http://e-tjanster.1177.se/mvk", ""):
            path = visitor.post(f"{path}/again" if path else "/plays", begun)[1]["Location"]
            play = world.service.find(path.rpartition("/")[2])
            assert play is not None
            page_world.until(play, lambda shown: isinstance(shown.moment, Asking))
            assert 'name="link"' in visitor.get(f"{path}?lang=en")[2]
            visitor.post(f"{path}/answer", {"step": "0", "answer": "yes", "by": "Karin Provare", "link": given})
            page_world.until(play, lambda shown: shown.is_over)
            shown = visitor.get(f"{path}?lang=en")[2]
            assert ("The link is not over HTTPS" in shown) is given.startswith("http:")
    checks = [check for result in evidence.read(tmp_path / "run").results for check in result.checks]
    assert [(each.verdict, each.actual) for each in checks if each.kind == "link"] == [
        (Verdict.PASSED, "https://e-tjanster.1177.se/mvk"),
        (Verdict.FAILED, "http://e-tjanster.1177.se/mvk"),
        (Verdict.NOT_PROVEN, ""),
    ]
