"""`rivta declaration`: a vendor's way from an empty folder to a complete file, and every way off it."""

import os
import re
from pathlib import Path

import pytest

from reference_system import domain as remiss
from reference_system import read_referrals, started
from rivta import simulator
from rivta.cli import main
from rivta.cli.arguments import commands
from rivta.cli.declaration import LACKING
from rivta.cli.run import play
from rivta.declaration import answers, form
from rivta.text import places

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("RIVTA_GOLDEN") == "write"
REMISS = "clinicalprocess.activity.request"
UNREADABLE = 4
COMPLETE = 0


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the remittent's small contract against the reference system, with a fault that turns one case red."""
    folder = tmp_path_factory.mktemp("run")
    system = started(referrals=read_referrals(), faults=["ignores-PRC-S-forwardingRecipient"])
    written = (places.reference() / "environment.yaml").read_text(encoding="utf-8")
    with simulator.serve(system) as server:
        environment = folder / "environment.yaml"
        environment.write_text(written.replace("http://127.0.0.1:8020", server.url.rstrip("/")), encoding="utf-8")
        suite = str(places.suites() / REMISS / "ProcessRequestConfirmation" / "producer.yaml")
        words = [
            "--rivta-env",
            str(environment),
            "--rivta-report",
            str(folder / "seen"),
            "-q",
            "-p",
            "no:cacheprovider",
        ]
        assert play([suite, *words]) == 1
    return folder / "seen"


def test_init_writes_what_only_the_vendor_can_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["declaration", "init", "--role", "remittent", "-o", "mine.yaml"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "mine.yaml",
        "remittent: 128 questions (57 cases, 13 coverage, 20 run, 38 vendor), 10 to confirm; 43 for the vendor",
    ]
    text = Path("mine.yaml").read_text(encoding="utf-8")
    if WRITE:
        (GOLDEN / "answers-remittent.yaml").write_text(text, encoding="utf-8")
    assert text == (GOLDEN / "answers-remittent.yaml").read_text(encoding="utf-8")


def test_init_speaks_english() -> None:
    assert main(["declaration", "init", "--role", "remittent", "--lang", "en"]) == 0
    text = Path("answers.yaml").read_text(encoding="utf-8")
    assert "# Date on which the declaration was filled in (date, YYYY-MM-DD)" in text
    assert not re.search(r"[åäöÅÄÖ]", text.replace("ÅÄÖ", "").replace("remissmottagare", "")), "some Swedish is left"


def test_a_role_may_be_named_with_its_domain_as_for_an_environment() -> None:
    assert main(["declaration", "init", "--role", f"{REMISS}/remittent", "-o", "named.yaml"]) == 0
    assert main(["declaration", "init", "--role", "remittent", "--domain", REMISS, "-o", "apart.yaml"]) == 0
    assert Path("named.yaml").read_bytes() == Path("apart.yaml").read_bytes()


def test_init_asks_both_roles_at_once() -> None:
    assert main(["declaration", "init", "--role", "remittent", "--role", "remissmottagare"]) == 0
    found = answers.read(Path("answers.yaml"))
    assert found.roles == ("remittent", "remissmottagare")
    assert {"prc-forwarding-supported", "pr-forwarding-supported", "sla-availability"} <= found.answers.keys()


def test_init_writes_over_nobodys_answers(capsys: pytest.CaptureFixture[str]) -> None:
    Path("answers.yaml").write_text("mine", encoding="utf-8")
    assert main(["declaration", "init", "--role", "remittent"]) == UNREADABLE
    assert "add --update" in capsys.readouterr().err
    assert Path("answers.yaml").read_text(encoding="utf-8") == "mine"


def test_update_adds_what_lacks_and_keeps_the_rest() -> None:
    written = f"domain: {REMISS}\nroles: [remittent]  # bara den\nanswers:\n  sla-load: {{value: nej, comment: Inte provat.}}\n"
    Path("answers.yaml").write_text(written, encoding="utf-8")
    assert main(["declaration", "init", "--update"]) == 0
    text = Path("answers.yaml").read_text(encoding="utf-8")
    assert text.startswith(written)
    found = answers.read(Path("answers.yaml"))
    assert (found.answers["sla-load"].value, found.answers["sla-load"].comment) == ("nej", "Inte provat.")
    assert "sla-recovery" in found.answers
    assert main(["declaration", "init", "--update"]) == 0
    assert Path("answers.yaml").read_text(encoding="utf-8") == text, "a second time adds nothing"


def test_update_does_not_declare_another_role_by_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["declaration", "init", "--role", "remittent"]) == 0
    assert main(["declaration", "init", "--role", "remissmottagare", "--update"]) == UNREADABLE
    assert "remissmottagare is not among the roles of this file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["init"], "add --role: remissmottagare, remittent"),
        (["init", "--role", "remitent"], "did you mean “remittent”?"),
        (["init", "--role", f"{REMISS}/remitent"], "did you mean “remittent”?"),
        (["init", "--role", "clinicalprocess.activity.requst/remittent"], f"did you mean “{REMISS}”?"),
        (["init", "--role", f"{REMISS}/remittent", "--domain", "ehr.log"], f"ehr.log and {REMISS} are two domains"),
        (["init", "--role", "remittent", "--domain", "clinicalprocess.activity.requst"], f"did you mean “{REMISS}”?"),
        (["check", "nowhere.yaml"], "there is no such file"),
        (["check", "nowhere.yaml", "--rin", "x"], "unrecognized arguments"),
        (["chek"], "invalid choice"),
        ([], "required: ACTION"),
    ],
)
def test_words_that_are_off(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["declaration", *words])
    except SystemExit as left:
        code = int(str(left.code))
    assert code == UNREADABLE
    assert told in capsys.readouterr().err


def test_check_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["declaration", "init", "--role", "remittent"]) == 0
    assert main(["declaration", "check", "answers.yaml"]) == LACKING
    out = capsys.readouterr().out
    assert re.search(r"answers\.yaml:\d+:3: sla-availability: no answer to “The service is available", out)
    assert "  → write it under vendor: signer" in out
    assert out.endswith("42 missing, 0 contradictory\n")


def test_check_reads_what_a_run_showed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["declaration", "init", "--role", "remittent", "--run", str(run)]) == 0
    text = Path("answers.yaml").read_text(encoding="utf-8")
    assert "organisation: Provregionen" in text, "what the environment says is not asked again"
    assert "# Provningen visar: nej (ProcessRequestConfirmation/3.3.1, ProcessRequestConfirmation/3.3.2, " in text
    capsys.readouterr()
    answered = text.replace("  prc-rules:\n    value:\n", "  prc-rules:\n    value: ja\n")
    assert answered != text
    Path("answers.yaml").write_text(answered, encoding="utf-8")
    assert main(["declaration", "check", "answers.yaml", "--run", str(run)]) == LACKING
    out = capsys.readouterr().out
    assert "prc-rules: The answer is yes but the evidence shows no (ProcessRequestConfirmation/3.3.1" in out
    assert "  → write reason: why the answer differs, and by: a name; or answer as the evidence shows" in out
    assert out.endswith(" missing, 1 contradictory\n")


def test_the_vendor_of_the_demo_is_done(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Held against a run of one contract with a fault: only what that run did not show, or showed to be broken, is left."""
    shipped = str(places.reference() / "answers-reference.yaml")
    assert main(["declaration", "check", shipped]) == COMPLETE
    assert capsys.readouterr().out.endswith("complete, as far as can be told without a run\n")
    assert main(["declaration", "check", shipped, "--run", str(run)]) == LACKING
    out = capsys.readouterr().out
    assert "prc-rules: nobody has looked at" in out
    assert "prc-accepted" not in out


def test_known_deviations_speak_for_themselves(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = "  - {{id: AVV-{0}, requirement: {0}, class: approved, rationale: Känt., decided-by: Gruppen}}\n"
    known = "deviations:\n" + line.format("PRC-S-forwardingRecipient") + line.format("GEN-VALIDATION")
    Path("deviations.yaml").write_text(known, encoding="utf-8")
    shipped = str(places.reference() / "answers-reference.yaml")
    words = ["declaration", "check", shipped, "--run", str(run)]
    main(words)
    assert "prc-rules: nobody has looked at" in capsys.readouterr().out
    main([*words, "--deviations", "deviations.yaml"])
    assert "prc-rules" not in capsys.readouterr().out
    assert main(["declaration", "init", "--run", str(run), "--deviations", "deviations.yaml"]) == 0
    assert "prc-rules" not in answers.read(Path("answers.yaml")).answers


def test_a_complete_file_is_told_how_to_confirm_the_rest(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shipped = (places.reference() / "answers-reference.yaml").read_text(encoding="utf-8")
    domain = remiss()
    Path("answers.yaml").write_text(shipped, encoding="utf-8")
    assert main(["declaration", "check", "answers.yaml", "--run", str(run)]) == LACKING
    left = re.findall(r"^answers\.yaml:\d+:\d+: ([a-z0-9-]+): ", capsys.readouterr().out, re.MULTILINE)
    asked = {
        q.id: q
        for role in domain.roles
        for one in form.for_role(domain, role)
        for s in one.sections
        for q in s.questions
    }
    bad = {id_: form.bad_value(asked[id_]) if asked[id_].answer == "yes-no" else "60" for id_ in left}
    told = "".join(
        f"  {id_}: {{value: {value}, comment: Se protokollet., by: Bo, reason: Provat för hand.}}\n"
        for id_, value in bad.items()
    )
    for id_ in left:
        shipped = re.sub(rf"^  {id_}:.*\n(?:    .*\n)*", "", shipped, flags=re.MULTILINE)
    Path("answers.yaml").write_text(shipped + told, encoding="utf-8")
    assert main(["declaration", "check", "answers.yaml", "--run", str(run)]) == COMPLETE
    out = capsys.readouterr().out
    assert "answers are proposals of the run" in out
    confirmed = re.findall(r"^  (confirmed-run: \S+)$", out, re.MULTILINE)
    text = (
        Path("answers.yaml")
        .read_text(encoding="utf-8")
        .replace("confirmed-run:", confirmed[0])
        .replace("confirmed-by:", "confirmed-by: Bo")
    )
    Path("answers.yaml").write_text(text, encoding="utf-8")
    assert main(["declaration", "check", "answers.yaml", "--run", str(run)]) == COMPLETE
    assert capsys.readouterr().out.endswith("\ncomplete\n")


def test_check_refuses_a_persons_number(capsys: pytest.CaptureFixture[str]) -> None:
    number = "".join(str(digit) for digit in (1, 9, 8, 9, 0, 1, 0, 1, 9, 8, 7))
    checked = number + str(-sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(number[2:])) % 10)
    Path("answers.yaml").write_text(f"domain: {REMISS}\nrols: [remittent]\nnote: {checked}\n", encoding="utf-8")
    assert main(["declaration", "check", "answers.yaml"]) == UNREADABLE
    err = capsys.readouterr().err
    assert "answers.yaml:3" in err
    assert checked not in err


def test_check_names_a_role_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    Path("answers.yaml").write_text(f"domain: {REMISS}\nroles: [remitent]\n", encoding="utf-8")
    assert main(["declaration", "check", "answers.yaml"]) == UNREADABLE
    assert "answers.yaml:2:1: unknown role “remitent”" in capsys.readouterr().err


def test_each_action_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["declaration", "--help"])
    out = capsys.readouterr().out
    assert all(
        name in out and said["is"].split()[0] in out for name, said in commands()["declaration"]["commands"].items()
    )
