"""What people wrote about a run: known deviations, the vendor's answers, the run before."""

import miniatures
from certificates import certificates
from projects import DEVIATES, OK, USAGE, Project, ended, junit, person, system

KNOWN = """\
deviations:
  - id: forwarding-code
    requirement: ERR-PR002
    reference: Case 17
    class: approved
    rationale: The code is shown to nobody.
    decided-by: The board, 2026-10-01
  - id: forwarding-case
    case: ProcessRequest/2
    class: must-fix
    rationale: Corrected in the next version.
    fix-by: 2999-12-31
"""
FAULT = "wrong-subcode-PR002"
CASE = "2 To a unit without forwarding the answer is PR002"
ANSWERS = """\
domain: clinicalprocess.activity.request
roles: [remissmottagare]
vendor: {organisation: Vendor AB, signer: Siv Signerare}
answers:
  other-remarks: {value: None to speak of}
"""


def write(project: Project, name: str, text: str) -> None:
    (project.folder / name).write_text(text, encoding="utf-8")


def test_a_known_deviation_does_not_fail_the_run(project: Project) -> None:
    write(project, "deviations.yaml", KNOWN)
    with system(FAULT) as url:
        project.environment(url)
        output = ended(project.run_here("--junitxml", "junit.xml"), OK)
    assert project.verdicts()["2"] == "FAILED", "the evidence says what was seen"
    assert "1 known" in output
    skipped = junit(project.folder / "junit.xml")[CASE].find("skipped")
    assert skipped is not None
    assert "known deviation" in skipped.attrib["message"]
    assert (project.report / "deviations.yaml").read_text(encoding="utf-8") == KNOWN
    assert "The code is shown to nobody." in (project.report / "declaration.html").read_text(encoding="utf-8")


def test_with_xdist_too(project: Project) -> None:
    write(project, "deviations.yaml", KNOWN)
    with system(FAULT) as url:
        project.environment(url)
        assert "1 known" in ended(project.run_here("-n", "1"), OK)


def test_a_new_deviation_fails_it(project: Project) -> None:
    write(
        project, "known.yaml", KNOWN.replace("ProcessRequest/2", "ProcessRequest/1").replace("ERR-PR002", "ERR-PR001")
    )
    with system(FAULT) as url:
        project.environment(url)
        output = ended(project.run_here("--rivta-deviations", "known.yaml"), DEVIATES)
    assert "1 new" in output


def test_what_no_longer_occurs_is_told_and_fails_a_strict_run(project: Project) -> None:
    write(project, "deviations.yaml", KNOWN)
    with system() as url:
        project.environment(url)
        assert "gone" in ended(project.run_here(), OK)
        ended(project.run_here("--rivta-replace", "--rivta-strict-deviations"), DEVIATES)


def test_deviations_are_read_before_anything_is_sent(project: Project) -> None:
    write(project, "deviations.yaml", KNOWN.replace("class: approved", "class: aproved"))
    with system(FAULT) as url:
        project.environment(url)
        output = project.run_here()
    assert output.ret == USAGE
    assert "did you mean “approved”?" in output.stderr.str()
    assert not project.report.exists()


def test_a_form_that_is_off_is_told_before_anything_is_sent(project: Project) -> None:
    """Its domain lies beside the run, where nobody but its author has tried it."""
    forms = next(project.folder.glob("suites/*/domain.yaml")).parent / "forms"
    forms.mkdir(exist_ok=True)
    (forms / "remissmottagare.yaml").write_text("form: mine\nsections: [{from: gone.yaml}]\n", encoding="utf-8")
    with miniatures.speaks_plain() as there:
        project.environment(there.url)
        output = ended(project.run_here(), USAGE)
        assert there.heard == []
    assert "remissmottagare.yaml:" in output
    assert not project.report.exists()


def test_answers_to_what_no_form_asks_are_told_before_anything_is_sent(project: Project) -> None:
    write(project, "answers.yaml", ANSWERS.replace("other-remarks", "no-such-question"))
    with miniatures.speaks_plain() as there:
        project.environment(there.url)
        output = ended(project.run_here("--rivta-answers", "answers.yaml"), USAGE)
        assert there.heard == []
    assert "no-such-question" in output


def test_the_answers_are_kept_and_shown(project: Project) -> None:
    write(project, "answers.yaml", ANSWERS)
    with system() as url:
        project.environment(url)
        ended(project.run_here("--rivta-answers", "answers.yaml"), OK)
    assert (project.report / "answers.yaml").read_text(encoding="utf-8") == ANSWERS
    assert "Siv Signerare" in (project.report / "declaration.html").read_text(encoding="utf-8")


def test_a_person_in_the_answers_stops_the_run_and_is_not_repeated(project: Project) -> None:
    number = person("19800101")
    write(project, "answers.yaml", ANSWERS + f"  optional-rules: {{value: yes, comment: as for {number}}}\n")
    with system() as url:
        project.environment(url)
        output = project.run_here("--rivta-answers", "answers.yaml")
    assert output.ret == USAGE
    assert "answers.yaml:6" in output.stderr.str()
    assert number not in output.stderr.str() + output.stdout.str()
    assert not project.report.exists()


def test_the_report_compares_with_an_earlier_run(project: Project) -> None:
    with system() as url:
        project.environment(url)
        ended(project.run_here("--rivta-report", "before"), OK)
    with system(FAULT) as url:
        project.environment(url)
        ended(project.run_here("--rivta-previous", "before", "--rivta-lang", "en"), DEVIATES)
    page = (project.report / "declaration.html").read_text(encoding="utf-8")
    assert 'id="changes"' in page or "Compared with" in page


def test_an_earlier_run_that_is_not_there_is_a_usage_error(project: Project) -> None:
    with system() as url:
        project.environment(url)
        assert project.run_here("--rivta-previous", "nowhere").ret == USAGE
    assert not project.report.exists()


def test_the_same_report_can_be_drawn_up_again_from_the_folder(project: Project) -> None:
    write(project, "deviations.yaml", KNOWN)
    write(project, "answers.yaml", ANSWERS)
    with system(FAULT) as url:
        project.environment(url)
        ended(project.run_here("--rivta-answers", "answers.yaml"), OK)
    first = (project.report / "declaration.html").read_bytes()
    (project.folder / "answers.yaml").unlink()
    (project.folder / "deviations.yaml").unlink()
    assert project.rivta("report", "run", "--suites", "suites", "-o", "again.html").returncode == OK
    assert (project.folder / "again.html").read_bytes() == first


def recorded(project: Project) -> None:
    with system() as url:
        project.environment(url)
        ended(project.run_here(), OK)


def test_names_and_free_text_can_be_hidden_too(project: Project) -> None:
    recorded(project)
    question = "Tacksam för bedömning."
    assert question in (project.report / "declaration.html").read_text(encoding="utf-8")
    for kind in ("html", "json", "csv", "sarif"):
        done = project.rivta("report", "run", "--mask", "all", "--format", kind, "-o", "hidden")
        assert done.returncode == OK
        hidden = (project.folder / "hidden").read_text(encoding="utf-8-sig")
        assert question not in hidden
        assert "Elin Ek" not in hidden


def test_a_report_can_be_signed_as_it_is_written(project: Project) -> None:
    recorded(project)
    mine = certificates().client
    words = ("report", "run", "-o", "signed.html", "--sign", str(mine.key), "--certificate", str(mine.certificate))
    assert project.rivta(*words).returncode == OK
    verified = project.rivta("verify", "signed.html", "--ca", str(certificates().ca))
    assert verified.returncode == OK
    assert "igned by" in verified.stdout


def test_a_key_without_a_certificate_signs_nothing(project: Project) -> None:
    recorded(project)
    assert project.rivta("report", "run", "-o", "signed.html", "--sign", "key.pem").returncode == USAGE
    assert not (project.folder / "signed.html").exists()
