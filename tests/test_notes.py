"""What people have to say of a case: kept, masked, sealed, shown in every report, and carried on."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import report_sample as sample
from rivta import evidence
from rivta.declaration import proven
from rivta.evidence import seal
from rivta.model.run import Attachment, Note, Run
from rivta.report import archive, data, html, pdf
from sealed_run import sealed_run, whole_run

PNG = b"\x89PNG\r\n\x1a\n and a picture"
RESULT = next(each for each in whole_run().results if each.exchanges)
NOTE = Note(
    "2026-09-01T09:00:00+00:00",
    "Karin Provare",
    "Listan visades <först> efter omladdning.",
    RESULT.suite,
    RESULT.case,
    1,
    0,
    0,
    (Attachment("skärm.png", "image/png", PNG), Attachment("logg.txt", "text/plain", b"rad ett <b>")),
)


def noted(*notes: Note) -> Run:
    return replace(whole_run(), notes=notes)


def test_a_note_reads_back_and_is_sealed_with_its_files(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run", noted(NOTE))
    read = evidence.read(folder)
    assert read.notes == (NOTE,)
    assert not read.damage
    entries = seal.of(folder).entries
    assert "note" in [each.name for each in entries if each.kind == "line"]
    for file in NOTE.files:
        digest = sha256(file.body).hexdigest()
        assert digest in [each.sha256 for each in entries if each.kind == "message"]
    assert seal.verify_run(seal.run_folder(folder)).outcome == "holds"
    (folder / "messages" / f"{sha256(PNG).hexdigest()}.xml").write_bytes(PNG + b"!")
    assert seal.verify_run(seal.run_folder(folder)).outcome == "changed"


def test_a_note_is_shown_at_its_case_with_its_files() -> None:
    shown = html.render(proven.of(noted(NOTE)), "sv").decode()
    assert "Anteckning av Karin Provare" in shown
    assert "Listan visades &lt;först&gt; efter omladdning." in shown
    assert f'<img src="data:image/png;base64,{b64encode(PNG).decode()}" alt="skärm.png"' in shown
    assert "rad ett &lt;b&gt;" in shown
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in shown
    assert sha256(PNG).hexdigest() in shown
    assert "Karin Provare" not in html.render(proven.of(noted(replace(NOTE, attempt=2))), "sv").decode()


def test_a_note_of_a_call_stands_where_the_call_does() -> None:
    came = next(each for result in whole_run().results for each in result.exchanges if each.inbound)
    paper = Attachment("protokoll.pdf", "application/pdf", b"%PDF-1.4")
    note = replace(NOTE, suite="", case="", exchange=None, files=(paper,), received=came.started)
    shown = html.render(proven.of(noted(note)), "sv").decode()
    assert shown.count("Anteckning av Karin Provare") == 1
    data_of = f"data:application/pdf;base64,{b64encode(paper.body).decode()}"
    assert f'<a href="{data_of}" download="protokoll.pdf">protokoll.pdf</a>' in shown
    assert pdf.render(proven.of(noted(note)), "sv").startswith(b"%PDF")
    (told,) = data.build(proven.of(noted(note)))["notes"]
    assert (told["case"], told["received"]) == ("", came.started)


def test_a_note_is_in_the_other_reports() -> None:
    (told,) = data.build(proven.of(noted(NOTE)))["notes"]
    assert (told["case"], told["attempt"], told["by"], told["files"][0]["sha256"]) == (
        RESULT.key,
        1,
        "Karin Provare",
        sha256(PNG).hexdigest(),
    )
    assert pdf.render(proven.of(noted(replace(NOTE, files=NOTE.files[1:]))), "sv").startswith(b"%PDF")


def test_nobody_but_a_test_person_is_read_in_a_note(tmp_path: Path) -> None:
    who = sample.someone()
    files = (Attachment("a.txt", "text/plain", who.encode()),)
    folder = sealed_run(tmp_path / "run", noted(replace(NOTE, text=f"patient {who}", files=files)))
    assert who not in (folder / evidence.FILE).read_text(encoding="utf-8")
    assert who not in html.render(proven.of(evidence.read(folder)), "sv").decode()
    assert who.encode() not in archive.pack_without_messages(folder)


def test_a_note_that_is_damaged_costs_itself_alone(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run", noted(NOTE, replace(NOTE, text="other")))
    file = folder / evidence.FILE
    lines = file.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if json.loads(line)["kind"] == "note")
    lines[place] = lines[place].replace('"step":0', '"step":"x"')
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    read = evidence.read(folder)
    assert [each.text for each in read.notes] == ["other"]
    assert len(read.damage) == 1
