"""The cause in the headline: what a developer reads first of each of forty broken producers, in both languages.

`tests/golden/headlines.txt` is read from top to bottom: is it told what it is, and where? RIVTA_GOLDEN=write writes it anew.
"""

import os
import re
from pathlib import Path

import pytest

from broken_producers import PRODUCERS, played
from rivta.declaration import causes
from rivta.model.words import Verdict

GOLDEN = Path(__file__).parent / "golden" / "headlines.txt"
FOREIGN = re.compile(
    r"_ssl\.c|Errno|Traceback|Premature|Start tag|StartTag|EntityRef|libxml2|xmlschema|expected HTTP|got reset|väntat HTTP|lxml"
)
"""What a parser, a socket or Python would say."""


def told(producer: str) -> str:
    """The headline of the first red case, and what was red of it."""
    result = played(producer)
    kind, said = causes.headline(result, result.verdict)
    verdict = f"{result.verdict.name.lower()}, {kind}"
    return f"######## {producer} ({verdict})\n  en: {said.en}\n  sv: {said.sv}\n"


@pytest.fixture(scope="module")
def gallery() -> dict[str, str]:
    return {producer: told(producer) for producer in PRODUCERS}


def test_the_headlines_are_as_agreed(gallery: dict[str, str]) -> None:
    seen = "\n".join(gallery.values())
    if os.environ.get("RIVTA_GOLDEN") == "write":
        GOLDEN.write_text(seen, encoding="utf-8")
    assert seen == GOLDEN.read_text(encoding="utf-8")


def test_there_are_forty_and_each_is_red_in_words_of_its_own(gallery: dict[str, str]) -> None:
    assert len(PRODUCERS) >= 40
    for producer, said in gallery.items():
        assert not FOREIGN.search(said), producer
        english, swedish = (re.search(rf"  {lang}: (.*)", said) for lang in ("en", "sv"))
        assert english
        assert swedish
        assert english[1] != swedish[1], producer
        assert len(english[1]) < 400
    assert len({said.partition("\n")[2] for said in gallery.values()}) == len(gallery), "no two are told alike"


@pytest.mark.parametrize(
    "producer", ["JSON", "MTOM", "gzip", "plain text", "an empty body", "nothing but a line break"]
)
def test_what_is_no_xml_is_told_with_its_type_and_status(producer: str) -> None:
    result = played(producer)
    assert result.verdict is Verdict.FAILED
    _, said = causes.headline(result, result.verdict)
    assert re.search(r"\(HTTP \d+, Content-Type: .+\)\.$", said.en)
    assert re.search(r"\(HTTP \d+, Content-Type: .+\)\.$", said.sv)
