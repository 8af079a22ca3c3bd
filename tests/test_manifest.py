"""The manifest: what it holds, how it is chained, and the seal of a report."""

import json
import re
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from random import Random
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import report_sample
from rivta.evidence import RunBodies, seal
from rivta.evidence.seal import Kind, ManifestEntry
from rivta.evidence.seal.chain import NoManifest, chained, parse, written
from rivta.evidence.seal.gather import lines_of, without_key
from rivta.model.errors import UsageError
from rivta.model.words import Lang
from rivta.report import html
from sealed_run import Lines, sealed_report, sealed_run, whole_run, write_run

DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
ENTRIES = st.builds(
    ManifestEntry, st.sampled_from(get_args(Kind)), st.text(max_size=20), DIGESTS, st.integers(0, 2**40)
)
LISTS = st.lists(ENTRIES, max_size=8)


def test_a_manifest_names_every_line_message_suite_rule_and_schema_set_in_order(tmp_path: Path) -> None:
    made = seal.of(write_run(tmp_path / "run"))
    lines = [each.name for each in made.of_kind("line")]
    assert lines[0] == "header"
    assert lines[-1] == "footer"
    assert "ProcessRequest/4.2" in lines
    counted = Counter(each.kind for each in made.entries)
    assert counted["message"] == len([*RunBodies(tmp_path / "run").names()])
    assert (counted["suite"], counted["schemas"], counted["key"]) == (len(whole_run().header.suites), 2, 1)
    assert made.run == report_sample.run().header.run
    assert made.count == len(made.entries)


def test_each_hash_is_that_of_the_bytes_on_disk(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    made = seal.of(folder)
    raw = (folder / "evidence.jsonl").read_bytes().splitlines(keepends=True)
    assert [each.sha256 for each in made.of_kind("line")][1:] == [sha256(line).hexdigest() for line in raw[1:]]
    assert [each.size for each in made.of_kind("line")] == [len(line) for line in raw]
    for each in made.of_kind("message"):
        assert sha256(seal.Folder(folder).read(each.name)).hexdigest() == each.sha256


def test_the_chain_can_be_recomputed_by_anyone_from_the_documented_rule(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run")
    data = json.loads((folder / "manifest.json").read_text())
    link = sha256(b"rivta manifest 1").hexdigest()
    for each in (data["run"], *data["entries"]):
        link = sha256(f"{link}\n{json.dumps(each, separators=(',', ':'))}".encode()).hexdigest()
    assert link == data["head"]


def test_suites_are_named_without_where_they_lie_on_somebodys_disk(tmp_path: Path) -> None:
    suites = seal.of(write_run(tmp_path / "run")).of_kind("suite")
    assert [each.name for each in suites] == [path.removeprefix("/home/someone/") for path in whole_run().header.suites]
    assert "suites/clinicalprocess.activity.request/ProcessRequest/producer.yaml" in {each.name for each in suites}


def test_rule_files_are_named_where_the_evidence_names_them(tmp_path: Path) -> None:
    run = report_sample.run()
    domain = run.header.domains[0]
    ruled = replace(domain.contracts[0], rules={"ProcessRequest/rules-request.sch": "e" * 64})
    header = replace(run.header, domains=(replace(domain, contracts=(ruled,)),))
    made = seal.of(write_run(tmp_path / "run", replace(run, header=header)))
    assert made.of_kind("rules") == (
        ManifestEntry("rules", f"{domain.name}/ProcessRequest/rules-request.sch", "e" * 64, 0),
    )


@given(LISTS, st.text(max_size=10))
def test_what_is_written_is_read_back(entries: list[ManifestEntry], run: str) -> None:
    made = chained(run, entries)
    assert parse(written(made)) == made


@given(LISTS, LISTS)
def test_two_lists_have_two_heads(one: list[ManifestEntry], other: list[ManifestEntry]) -> None:
    assume(one != other)
    assert seal.head_of("run", one) != seal.head_of("run", other)


@given(LISTS, st.randoms(use_true_random=False))
def test_order_shows_in_the_head(entries: list[ManifestEntry], random: Random) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)
    assume(shuffled != entries)
    assert seal.head_of("run", shuffled) != seal.head_of("run", entries)


@given(st.text(max_size=200))
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(NoManifest):
        parse(text)


@pytest.mark.parametrize(
    "entry",
    [
        '["line"]',
        '["spell","a",1,"' + "0" * 64 + '"]',
        '["line","a",1,"short"]',
        '["line",1,1,"' + "0" * 64 + '"]',
        "7",
    ],
)
def test_an_entry_that_is_none_makes_the_manifest_unreadable(entry: str) -> None:
    with pytest.raises(NoManifest):
        parse(f'{{"manifest":"rivta","version":1,"run":"r","entries":[{entry}],"count":1,"head":"0"}}')


def test_a_killed_run_has_no_manifest_but_its_report_gets_one(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", report_sample.run(is_truncated=True))
    assert seal.kept(folder) is None
    assert seal.manifest_of(sealed_report(folder)) == seal.of(folder)


def test_answers_and_deviations_come_last_in_a_reports_manifest(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run")
    answers, deviations = folder / "answers.yaml", folder / "deviations.yaml"
    answers.write_text("vendor: {}\n")
    deviations.write_text("deviations: []\n")
    made = seal.for_report(folder, [("answers", answers), ("deviations", deviations)])
    assert [each.name for each in made.entries[-2:]] == ["answers.yaml", "deviations.yaml"]
    assert made.own == seal.of(folder).entries
    assert made.head != seal.of(folder).head


def test_no_report_is_sealed_of_evidence_that_was_changed(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run")
    Lines(folder).change(lambda lines: [line.replace(b"FAILED", b"PASSED") for line in lines])
    with pytest.raises(UsageError, match="not as it was when it ended"):
        seal.for_report(folder)


def test_a_broken_manifest_says_how_to_learn_more(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run")
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(UsageError, match="was changed") as caught:
        seal.for_report(folder)
    assert "rivta verify" in caught.value.todo


def test_a_used_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        seal.of(write_run(tmp_path / "run"), [("answers", tmp_path / "none.yaml")])


def test_only_what_a_person_wrote_can_be_given(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="own"):
        seal.of(write_run(tmp_path / "run"), [("suite", tmp_path)])


def test_the_key_to_masked_identities_is_hashed_apart(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    before = seal.of(folder)
    raw = (folder / "evidence.jsonl").read_bytes()
    (folder / "evidence.jsonl").write_bytes(without_key(raw))
    assert b"0123456789abcdef0123456789abcdef" in raw
    assert b"0123456789abcdef0123456789abcdef" not in without_key(raw)
    assert len(without_key(raw)) == len(raw)
    after = seal.of(folder)
    assert after.of_kind("line") == before.of_kind("line")
    assert after.of_kind("key") != before.of_kind("key")


@given(st.binary(max_size=400))
def test_lines_of_any_bytes_are_all_the_bytes(raw: bytes) -> None:
    lines = lines_of(raw)
    assert b"".join(line.raw for line in lines) == raw
    assert [(line.name, line.messages) for line in lines] == [("unreadable", ()) for _ in lines]


def test_a_line_that_nests_deep_is_only_unreadable() -> None:
    deep = b'{"a":' * 900 + b"{}" + b"}" * 900
    assert lines_of(deep)[0].messages == ()


# The seal


@pytest.mark.parametrize(("lang", "heading"), [("sv", "Sigill"), ("en", "Seal")])
def test_a_report_is_sealed_in_its_own_language(tmp_path: Path, lang: Lang, heading: str) -> None:
    made = seal.of(write_run(tmp_path / "run"))
    sealed = seal.seal(html.render(report_sample.small(), lang), made).decode()
    assert f'<h2 id="h-seal">{heading}</h2>' in sealed
    assert made.head in sealed


def test_the_seal_is_the_hash_of_the_report_with_zeros_in_its_place(tmp_path: Path) -> None:
    sealed = seal.seal(html.render(report_sample.small()), seal.of(write_run(tmp_path / "run")))
    found = re.search(rb'<code id="seal-value">([0-9a-f]{64})</code>', sealed)
    assert found
    assert sha256(sealed.replace(found.group(1), b"0" * 64)).hexdigest().encode() == found.group(1)


def test_the_manifest_in_a_report_is_the_file_itself(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run")
    report = (folder / "declaration.html").read_text(encoding="utf-8")
    found = re.search(r'<pre id="manifest"[^>]*>([^<]*)</pre>', report)
    assert found
    assert unescape(found.group(1)) == (folder / "manifest.json").read_text()


def test_a_block_holds_no_markup() -> None:
    made = chained("</pre><script>", [ManifestEntry("suite", "<b>&amp;", "a" * 64, 0)])
    block = seal.block(made)
    assert "<" not in block
    assert parse(unescape(block)) == made


def test_a_report_is_sealed_once(tmp_path: Path) -> None:
    made = seal.of(write_run(tmp_path / "run"))
    sealed = seal.seal(html.render(report_sample.small()), made)
    with pytest.raises(ValueError, match="one place"):
        seal.seal(sealed, made)


def test_sealing_twice_from_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run")
    assert sealed_report(folder) == (folder / "declaration.html").read_bytes()
