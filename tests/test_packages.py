"""Release packages: installed as they are published, told about as a linter tells, kept side by side, held to their checksum."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rivta import contract
from rivta.cli import main
from rivta.contract.packages.installing import Fetched, demand_checksum, fetch, install, url_of
from rivta.contract.packages.store import MISSPELT, PackageStore
from rivta.model.errors import NotInstalled, UsageError
from rivta.text import archive, places

TINY = Path(__file__).parent / "domains" / "suites" / "tiny.library.loan"
SHARED = Path(__file__).parents[1].parent / "shared" / "contracts"
NAME = "ServiceContracts_tiny_library_loan_2.0.1"
GET = "interactions/GetLoansInteraction"
CORE = "core_components"
RULES = """\
<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
  <ns prefix="g" uri="urn:riv:tiny:library:loan:GetLoansResponder:1"/>
  <pattern id="loans"><rule context="g:{name}"><assert test="g:borrowerId">x</assert></rule></pattern>
</schema>"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackageStore:
    monkeypatch.setenv("RIVTA_CONTRACTS", str(tmp_path / "store"))
    return PackageStore()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The tiny domain's schemas as a release package."""
    folder = tmp_path / NAME
    shutil.copytree(TINY / "schemas", folder / "schemas")
    return folder


def zipped(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


def findings(package: Path, store: PackageStore) -> list[str]:
    return [str(each) for each in install(package, store).findings]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# --- the store -------------------------------------------------------------------------------------------------------


def test_a_folder_and_its_zip_are_installed_alike(package: Path, store: PackageStore) -> None:
    as_folder = install(package, store).installed
    assert (as_folder.domain, as_folder.version) == ("tiny.library.loan", "2.0.1")
    assert list(as_folder.contracts) == ["GetLoans 1.0", "RegisterLoan 1.0", "RegisterLoan 2.0"]
    as_zip = install(zipped(package), store).installed
    assert as_zip.digest == as_folder.digest
    assert [each.version for each in store.all()] == ["2.0.1"]
    assert all((as_zip.folder / wsdl).is_file() for wsdl in as_zip.contracts.values())


def test_versions_lie_side_by_side_and_the_newest_is_found(package: Path, store: PackageStore) -> None:
    install(package, store, version="2.0.10")
    edit(package / "schemas" / CORE / "tiny_library_loan_2.0.xsd", "<xs:schema", "<!-- newer --><xs:schema")
    install(package, store, version="2.0.9")
    assert [each.version for each in store.all()] == ["2.0.9", "2.0.10"]
    assert store.find("tiny.library.loan").version == "2.0.10"
    store.remove(store.find("tiny.library.loan", "2.0.10"))
    (left,) = store.all()
    assert all((left.folder / wsdl).is_file() for wsdl in left.contracts.values())
    assert len([each for each in left.folder.parent.iterdir() if each.is_dir()]) == 1


def test_what_is_not_installed_says_how_it_would_be(package: Path, store: PackageStore) -> None:
    with pytest.raises(NotInstalled, match=r"the release package of tiny\.library\.loan 1 is not installed"):
        store.find("tiny.library.loan", "1")
    install(package, store)
    with pytest.raises(NotInstalled) as caught:
        store.find("tiny.library.loans")
    assert "did you mean “tiny.library.loan”?" in caught.value.todo
    with pytest.raises(NotInstalled) as caught:
        store.find("tiny.library.returns")
    assert caught.value.todo == "rivta contracts add PACKAGE.zip", "another name is not that one misspelt"


def test_no_two_shipped_domains_are_taken_for_one_that_is_misspelt() -> None:
    names = [each.parent.name for each in places.suites().glob("*/domain.yaml")]
    assert not [(one, near) for one in names if (near := get_close_matches(one, {*names} - {one}, 1, MISSPELT))]


def no_contract(package: Path) -> None:
    shutil.rmtree(package / "schemas" / "interactions")


def nothing_compiles(package: Path) -> None:
    for path in (package / "schemas" / CORE).glob("tiny*.xsd"):
        edit(path, 'type="xs:string"', 'type="xs:strong"')


def half_gone(package: Path) -> None:
    shutil.rmtree(package / "schemas" / CORE)


@pytest.mark.parametrize("spoil", [no_contract, nothing_compiles, half_gone])
def test_an_installation_that_fails_leaves_the_store_as_it_was(
    spoil: Callable[[Path], None], package: Path, store: PackageStore
) -> None:
    before = install(package, store).installed
    spoil(package)
    with pytest.raises(UsageError):
        install(package, store)
    assert list(store.all()) == [before]
    assert all((before.folder / wsdl).is_file() for wsdl in before.contracts.values())
    assert sorted(each.name for each in store.folder.iterdir()) == ["tiny.library.loan"]


def test_an_installation_that_is_killed_while_it_unpacks_leaves_the_old_one(
    package: Path, store: PackageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = install(package, store).installed
    read: list[Path] = []

    def killed(path: Path) -> bytes:
        read.append(path)
        if len(read) > 3:
            raise KeyboardInterrupt
        return b""

    monkeypatch.setattr(Path, "read_bytes", killed)
    with pytest.raises(KeyboardInterrupt):
        install(package, store)
    monkeypatch.undo()
    assert [each.digest for each in PackageStore(before.folder.parents[1]).all()] == [before.digest]


# --- what is found in a package --------------------------------------------------------------------------------------


def test_a_sound_package_has_nothing_to_tell(package: Path, store: PackageStore) -> None:
    assert findings(package, store) == []


def test_one_contract_that_cannot_be_read_leaves_the_others(package: Path, store: PackageStore) -> None:
    (package / "schemas" / GET / "GetLoansResponder_1.0.xsd").unlink()
    arrival = install(package, store)
    assert list(arrival.installed.contracts) == ["RegisterLoan 1.0", "RegisterLoan 2.0"]
    told, unreached = map(str, arrival.findings)
    assert unreached.endswith(
        "infrastructure_itintegration_registry_2.0.xsd: note: no WSDL leads to it, so no message is held against it"
    )
    assert told.startswith(f"schemas/{GET}/GetLoansInteraction_1.0_RIVTABP21.wsdl:")
    assert "error: there is no file" in told


def test_repairs_are_told(package: Path, store: PackageStore) -> None:
    path = package / "schemas" / CORE / "tiny_library_loan_2.0.xsd"
    edit(path, '<xs:enumeration value="NEW"/>', '<xs:pattern value="^NEW$"/>')
    edit(path, '<xs:enumeration value="RENEWAL"/>', "")
    (told,) = findings(package, store)
    assert "warning: " in told
    assert "^ and $ mean themselves in XML Schema" in told


def test_minor_versions_that_differ_are_told(package: Path, store: PackageStore) -> None:
    folder = package / "schemas" / GET
    (folder / "GetLoansResponder_1.0.xsd").rename(folder / "GetLoansResponder_1.1.xsd")
    edit(folder / "GetLoansInteraction_1.0_RIVTABP21.wsdl", "GetLoansResponder_1.0", "GetLoansResponder_1.1")
    (told,) = findings(package, store)
    assert told.endswith("warning: it is version 1.0, and takes its messages from GetLoansResponder_1.1.xsd")


def test_minor_versions_and_profiles_of_one_contract_are_one(package: Path, store: PackageStore) -> None:
    folder = package / "schemas" / GET
    shutil.copy(folder / "GetLoansInteraction_1.0_RIVTABP21.wsdl", folder / "GetLoansInteraction_1.0_RIVTABP20.wsdl")
    arrival = install(package, store)
    assert arrival.installed.contracts["GetLoans 1.0"].endswith("RIVTABP21.wsdl")
    (told,) = map(str, arrival.findings)
    assert "BP20.wsdl: note: GetLoans is taken from GetLoansInteraction_1.0_RIVTABP21.wsdl" in told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (f"schemas/{CORE}/more_ext.xsd", b"<x/>", "note: no WSDL leads to it"),
        ("test-suite/data.xml", '<?xml version="1.0" encoding="ISO-8859-1"?><å/>'.encode("latin-1"), "in ISO-8859-1"),
        ("docs/read.txt", "Läs\nmig å\n".encode("cp1252"), "read.txt:1: warning: it is not UTF-8"),
        ("test-suite/header.xml", b"#!XML <a/>", "header.xml:1: warning: it is no well-formed XML"),
        ("docs/more.zip", b"PK", "note: an archive within the package is not opened"),
        ("test-suite/r.sch", RULES.format(name="loan"), ""),
        ("test-suite/r.sch", RULES.format(name="lone"), "r.sch:3: warning: the rule on g:lone can never fire: no schema declares g:lone"),
        ("test-suite/r.sch", RULES.replace("g:borrowerId", "g:borrower").format(name="loan"), "looks for what cannot be there"),
        ("test-suite/r.sch", RULES.replace('test="', 'test="((').format(name="loan"), "r.sch:3: error: "),
        (
            "test-suite/r.sch",
            RULES.format(name="$of").replace("<pattern", '<pattern abstract="true"').replace(
                "</schema>", '<pattern is-a="loans"><param name="of" value="loan"/><param name="of" value="x"/></pattern></schema>'
            ),
            "r.sch:4: warning: the parameter of is given twice",
        ),
    ],
)  # fmt: skip
def test_what_lies_beside_the_schemas_is_looked_at(
    name: str, content: bytes | str, told: str, package: Path, store: PackageStore
) -> None:
    path = package / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = findings(package, store)
    assert (told in found[0] and len(found) == 1) if told else found == []


def test_where_zeep_reads_another_contract_it_is_told(
    package: Path, store: PackageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rivta.contract.packages import examination  # noqa: PLC0415 - its reading is what the test replaces

    facts = examination._read_by_zeep(package / "schemas" / GET / "GetLoansInteraction_1.0_RIVTABP21.wsdl")
    monkeypatch.setattr(examination, "_read_by_zeep", lambda _: ("urn:other", *facts[1:]))
    assert "warning: zeep reads another SOAPAction from it: urn:other, and not " in findings(package, store)[0]


def test_several_packages_in_one_folder_are_to_be_told_apart(package: Path, store: PackageStore) -> None:
    shutil.copytree(package, package.parent / "both" / "1.0")
    shutil.copytree(package, package.parent / "both" / "2.0")
    with pytest.raises(UsageError, match=r"several packages lie in it: 1\.0, 2\.0"):
        install(package.parent / "both", store)


# --- published packages ----------------------------------------------------------------------------------------------

PUBLISHED = {
    "clinicalprocess.healthcond.description": (4, "can never fire"),
    "ehr.accesscontrol": (1, "mean themselves"),
    "ehr.blocking": (16, ""),
    "itintegration.monitoring": (1, "another package lies here"),
    "infrastructure.directory.authorizationmanagement/2.4.5": (4, "takes its messages from"),
}
"""Packages of each layout, how many contracts they have, and a finding. `make domains` goes through all that there are."""


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published contracts are not at hand (../shared/contracts)")
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_packages_are_taken_as_they_are(name: str, store: PackageStore) -> None:
    contracts, told = PUBLISHED[name]
    arrival = install(SHARED / name, store)
    assert len(arrival.installed.contracts) == contracts
    assert any(told in str(each) for each in arrival.findings) or not told


# --- a domain whose schemas come from a package ----------------------------------------------------------------------


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    """The tiny domain without schemas of its own."""
    folder = tmp_path / "suites" / TINY.name
    shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns("schemas"))
    edit(folder / "domain.yaml", "origin: restatement", 'origin: official\npackage: "2.0.1"')
    return folder


def test_a_domain_takes_its_schemas_from_the_installed_package(
    domain: Path, package: Path, store: PackageStore
) -> None:
    lacking = contract.read_domain(domain)
    assert (
        lacking.lacks
        == "the release package of tiny.library.loan 2.0.1 is not installed: rivta contracts add PACKAGE.zip"
    )
    assert lacking.contracts == {}
    assert lacking.requirements
    install(package, store)
    there = contract.read_domain(domain)
    assert not there.lacks
    assert len(there.contracts) == 3
    assert store.folder in there.contracts["GetLoans"].wsdl.parents


def test_without_its_package_a_suite_is_skipped_and_says_which(
    domain: Path, store: PackageStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", "--suites", str(domain.parent)]) == 0
    assert "not read: the release package of tiny.library.loan 2.0.1 is not installed" in capsys.readouterr().out
    assert not store.folder.exists()


SUPPORT = "riv-application.sob.apps.resident"
"""A shipped domain whose contracts are known by name only."""


def support_package(folder: Path) -> Path:
    """What its release package may look like: each contract as the tiny domain's is, in that namespace, in a folder that nobody was told of."""
    names = re.findall(r"name: (\w+),", (places.suites() / SUPPORT / "domain.yaml").read_text(encoding="utf-8"))
    schemas = folder / "ServiceContracts_sob_apps_resident_1.0" / "schemas"
    shutil.copytree(TINY / "schemas" / CORE, schemas / CORE)
    for name in names:
        for path in (TINY / "schemas" / GET).iterdir():
            text = path.read_text(encoding="utf-8").replace("GetLoans", name)
            text = text.replace("urn:riv:tiny:library:loan:" + name, f"urn:{SUPPORT.replace('.', ':')}:{name}")
            place = schemas / "interactions" / "residents" / name / path.name.replace("GetLoans", name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text.replace("../../core", "../../../core"), encoding="utf-8")
    return schemas.parent


def test_a_domain_known_by_name_says_that_its_files_are_missing_and_reads_them_once_they_are_there(
    tmp_path: Path, store: PackageStore, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(places.suites() / SUPPORT, tmp_path / "suites" / SUPPORT)
    assert main(["lint", "--suites", str(tmp_path / "suites"), "--quiet"]) == 0
    missing = (
        f"{SUPPORT}: not read: the release package of {SUPPORT} 1.0 is not installed: rivta contracts add PACKAGE.zip"
    )
    assert missing in capsys.readouterr().out
    assert main(["contracts", "add", str(zipped(support_package(tmp_path)))]) == 0
    assert f"{SUPPORT} 1.0: 12 contracts installed" in capsys.readouterr().out
    there = contract.read_domain(tmp_path / "suites" / SUPPORT)
    assert len(there.contracts) == 12
    assert there.contracts["SetConsent"].namespace == "urn:riv-application:sob:apps:resident:SetConsentResponder:1"
    assert there.contracts["SetConsent"].path == "/SetConsent/1/rivtabp21"
    assert main(["lint", "--suites", str(tmp_path / "suites"), "--quiet"]) == 0
    assert "not read" not in capsys.readouterr().out


def test_a_package_that_takes_the_place_of_another_is_told(
    tmp_path: Path, store: PackageStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two packages of one name and version have been published."""
    folder = support_package(tmp_path)
    for _ in range(2):
        assert main(["contracts", "add", str(zipped(folder))]) == 0
    assert "takes the place" not in capsys.readouterr().out, "the very same is no other"
    shutil.rmtree(next(each.parent for each in folder.rglob("SetConsent*.wsdl")))
    assert main(["contracts", "add", str(zipped(folder))]) == 0
    told = capsys.readouterr().out
    assert "it takes the place of another package of that name and version, from " in told
    assert "; no longer there: SetConsent 1.0" in told


def test_a_domain_that_is_misspelt_is_told_and_one_whose_package_lacks_too(
    store: PackageStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contracts", "show", f"{SUPPORT}x", "--suites", str(places.suites())]) == 4
    assert f"did you mean “{SUPPORT}”?" in capsys.readouterr().err
    assert main(["contracts", "show", SUPPORT, "--suites", str(places.suites())]) == 4
    assert f"the release package of {SUPPORT} 1.0 is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("contracts", "show"), ("new", "message")])
def test_a_contract_whose_package_lacks_is_no_unknown_one(
    store: PackageStore, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    for name in ("GetStep", f"{SUPPORT}/GetStep", f"{SUPPORT}/GetStep@1"):
        assert main([*words, name, "--suites", str(places.suites())]) == 4
        assert f"the release package of {SUPPORT} 1.0 is not installed" in capsys.readouterr().err
    assert main([*words, "GetStairs", "--suites", str(places.suites())]) == 4
    assert "unknown contract “GetStairs”" in capsys.readouterr().err


def test_the_list_names_the_contracts_of_a_domain_whose_package_lacks(
    store: PackageStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contracts", "list", "--suites", str(places.suites())]) == 0
    lines = capsys.readouterr().out.splitlines()
    (told,) = (line for line in lines if f"the release package of {SUPPORT} 1.0 is not installed" in line)
    assert "GetStep" in told


def test_a_contract_that_the_package_does_not_have_is_told(tmp_path: Path, store: PackageStore) -> None:
    folder = shutil.copytree(places.suites() / SUPPORT, tmp_path / "suites" / SUPPORT)
    edit(folder / "domain.yaml", "name: GetStep,", "name: GetStairs,")
    install(support_package(tmp_path), store)
    with pytest.raises(UsageError, match=r"nothing says where the WSDL of GetStairs 1\.0 is"):
        contract.read_domain(folder)


# --- the command line ------------------------------------------------------------------------------------------------


def test_the_commands_tell_what_there_is(
    package: Path, store: PackageStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contracts", "add", str(zipped(package))]) == 0
    assert "tiny.library.loan 2.0.1: 3 contracts installed in " in capsys.readouterr().out
    assert main(["contracts", "list", "--suites", str(TINY.parent)]) == 0
    assert f"from {NAME}.zip" in capsys.readouterr().out
    assert main(["contracts", "show", "tiny.library.loan"]) == 0
    assert "RegisterLoan 2.0  schemas/interactions/" in capsys.readouterr().out
    assert main(["contracts", "remove", "tiny.library.loan", "2.0.1"]) == 0
    assert list(store.all()) == []
    assert main(["contracts", "remove", "tiny.library.loan", "2.0.1"]) == 4


def test_a_store_or_a_folder_that_cannot_be_written_is_a_sentence(
    package: Path,
    store: PackageStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(package, store)
    (tmp_path / "file").touch()
    assert main(["contracts", "start", "tiny.library.loan", "-o", str(tmp_path / "file" / "suites")]) == 6
    monkeypatch.setenv("RIVTA_CONTRACTS", str(tmp_path / "file" / "store"))
    assert main(["contracts", "add", str(package)]) == 6
    assert capsys.readouterr().err.count("cannot be written: Not a directory") == 2


# --- fetching --------------------------------------------------------------------------------------------------------


@pytest.fixture
def published(package: Path) -> Iterator[str]:
    """A server that publishes the package, under the name that a template makes."""
    body = zipped(package).read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_there = self.path == "/tiny_library_loan/2.0.1.zip"
            self.send_response(200 if is_there else 404)
            self.send_header("Content-Length", str(len(body) if is_there else 0))
            self.end_headers()
            self.wfile.write(body if is_there else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{{domain_}}/{{version}}.zip"
    server.shutdown()
    server.server_close()


def test_a_package_is_fetched_and_held_to_its_checksum(
    published: str,
    package: Path,
    store: PackageStore,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RIVTA_PACKAGE_URL", published)
    assert main(["contracts", "fetch", "tiny.library.loan", "2.0.1"]) == 0
    digest = sha256(package.with_suffix(".1.zip").read_bytes()).hexdigest()
    assert main(["contracts", "fetch", "tiny.library.loan", "2.0.1", "--sha256", digest]) == 0
    capsys.readouterr()
    assert main(["contracts", "fetch", "tiny.library.loan", "2.0.1", "--sha256", "0" * 64]) == 4
    assert f"does not have the checksum that was said: {'0' * 64}" in capsys.readouterr().err
    assert main(["contracts", "fetch", "tiny.library.loan", "9.9"]) == 4
    assert "was answered with HTTP 404" in capsys.readouterr().err


def test_other_bytes_than_the_first_time_are_refused(tmp_path: Path) -> None:
    demand_checksum(tmp_path, "d", "1", Fetched(b"", "d.zip", "a" * 64))
    demand_checksum(tmp_path, "d", "1", Fetched(b"", "d.zip", "a" * 64))
    with pytest.raises(UsageError, match="that it had when it was first fetched"):
        demand_checksum(tmp_path, "d", "1", Fetched(b"", "d.zip", "b" * 64))
    demand_checksum(tmp_path, "d", "1", Fetched(b"", "d.zip", "b" * 64), "B" * 64)
    demand_checksum(tmp_path, "d", "1", Fetched(b"", "d.zip", "b" * 64))


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("http://packages.example/{version}", "over https, not http"),
        ("file:///packages/{version}", "is no template"),
        ("https://packages.example/newest", "is no template"),
        ("https://packages.example/{release}/{version}", "a place that is unknown"),
        ("https://u:hemligt@packages.example/{version}", "holds a user or a password"),
    ],
)
def test_a_template_that_cannot_be_trusted_is_refused(template: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        url_of(template, "d", "1")
    assert "hemligt" not in str(caught.value)


def test_nobody_who_answers_is_told() -> None:
    with pytest.raises(UsageError, match="cannot be fetched"):
        fetch("http://127.0.0.1:9/1.zip")


def test_the_archive_that_came_is_never_unpacked_elsewhere(package: Path, store: PackageStore) -> None:
    with archive.opened(package) as entries, store.incoming(entries) as coming:
        assert store.folder in coming.parents
    assert not coming.exists()


def test_a_run_without_the_package_skips_and_says_how_to_install_it(
    domain: Path, store: PackageStore, pytester: pytest.Pytester
) -> None:
    environment = TINY.parents[1] / "environment.yaml"
    shutil.copy(environment, domain.parent)
    run = pytester.runpytest_inprocess("--rivta-env", str(domain.parent / environment.name), "-rs", str(domain))
    run.stdout.fnmatch_lines(["SKIPPED*tiny.library.loan 2.0.1 is not installed: rivta contracts add PACKAGE.zip*"])
    assert not store.folder.exists()
