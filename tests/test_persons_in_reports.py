"""Nobody in clear, by whatever a person is spelt and wherever it is said, in any format that is drawn up of a run."""

from dataclasses import replace
from pathlib import Path

import pytest

from rivta import evidence
from rivta.declaration import dossier
from rivta.model.errors import Refused, UsageError
from rivta.model.exchange import Message
from rivta.model.run import Papers, Run
from rivta.model.words import Text
from rivta.report import archive, formats
from rivta.text import identity
from sealed_run import whole_run, write_run
from test_evidence_redaction import stranger
from thorough import THOROUGH

WHO = stranger()
SPELT = {
    "as it is": WHO,
    "with a non-breaking hyphen": f"{WHO[:8]}\u2011{WHO[8:]}",
    "with a no-break space": f"{WHO[:8]}\u00a0{WHO[8:]}",
    "with digits of full width": "".join(chr(0xFF10 + int(digit)) for digit in WHO),
    "in pairs": " ".join(WHO[at : at + 2] for at in range(0, 12, 2)),
    "as references": "".join(f"&#{ord(digit)};" for digit in WHO),
    "percent-encoded": f"{WHO[:8]}%2D{WHO[8:]}",
}
FORMATS: tuple[formats.Format, ...] = ("html", "json", "csv", "sarif", "badge", "annotations", "coverage", "tk-log")


def said_everywhere(folder: Path, word: str) -> Run:
    """A run in whose every field that takes a text, a name or a message somebody is named; as it was written and read back."""
    run = whole_run()
    first = run.results[0]
    message = Message((("X-Who", word), (f"X-{word}", "1")), f"<a b='{word}'>{word}<!-- {word} --></a>".encode())
    exchange = replace(first.exchanges[0], url=f"http://x/{word}?y={word}", request=message, response=message)
    named = f"suites/d/C{word}/producer.yaml"
    case = replace(
        first,
        case=f"a-{word}",
        suite=named,
        title=Text(word, word),
        exchanges=(exchange,),
        fixed={word: word},
        source=replace(first.source, path=named, text=word),
    )
    header = replace(
        run.header,
        system=replace(run.header.system, organisation=word, product=word, version=word, organisation_number=word),
        environment={**run.header.environment, f"endpoint {word}": word},
        suites={**run.header.suites, named: "0" * 64},
        selection=word,
    )
    write_run(folder, replace(run, header=header, results=(*run.results, case), footer=None))
    return evidence.read(folder)


@pytest.mark.parametrize("kind", SPELT)
def test_no_format_names_anybody_however_it_is_spelt(kind: str, tmp_path: Path) -> None:
    run = said_everywhere(tmp_path / "run", SPELT[kind])
    lines = (tmp_path / "run" / evidence.FILE).read_text(encoding="utf-8")
    assert identity.strangers(lines, ()) == []
    for shown in (run, *([dossier.veiled(run)] if THOROUGH or kind == "as it is" else [])):
        drawn_up = dossier.draw_up(shown, Papers())
        for form in FORMATS:
            rendered = formats.rendered(drawn_up, form, "sv").decode()
            assert identity.strangers(rendered, ()) == []
            assert not identity.names(rendered, WHO)
    with pytest.raises(UsageError, match="identities that are not test identities"):
        archive.pack(tmp_path / "run")
    archive.pack_without_messages(tmp_path / "run")


def test_evidence_that_names_somebody_in_clear_is_masked_in_reports_and_not_packed(tmp_path: Path) -> None:
    """It may be older than the spelling that we know today, or made by somebody."""
    folder = write_run(tmp_path / "run")
    file = folder / evidence.FILE
    file.write_text(file.read_text(encoding="utf-8").replace("Journalia", SPELT["in pairs"]), encoding="utf-8")
    report = formats.rendered(dossier.draw_up(evidence.read(folder), Papers()), "html", "sv").decode()
    assert identity.strangers(report, ()) == []
    with pytest.raises(Refused, match="in clear"):
        archive.pack_without_messages(folder)


def test_a_number_that_may_be_a_person_is_told_in_the_report(tmp_path: Path) -> None:
    run = whole_run()
    first = run.results[0]
    told = replace(first, exchanges=(replace(first.exchanges[0], request=Message((), f"<a>{WHO[2:]}</a>".encode())),))
    folder = write_run(tmp_path / "run", replace(run, results=(told, *run.results[1:])))
    drawn_up = dossier.draw_up(evidence.read(folder), Papers())
    report = formats.rendered(drawn_up, "html", "en").decode()
    assert "Numbers that may be a person’s are shown" in report
    assert WHO[2:] in report


@pytest.mark.parametrize("name", ["19010203 0007", "run-010203-0007"])
def test_a_suite_whose_name_names_somebody_is_not_read(name: str) -> None:
    with pytest.raises(Refused, match="the name of a suite or of its folder names a person by number"):
        identity.refuse_name("a suite or of its folder", name.replace("0007", WHO[8:]))
