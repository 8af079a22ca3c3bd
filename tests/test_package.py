"""What is shipped: the wheel and the sdist hold what a newcomer needs, and the wheel runs on its own."""

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from projects import ENVIRONMENT_REST, SYSTEM, system

ROOT = Path(__file__).parent.parent
SHIPPED = ("suites", "scenarios")
NEEDED = {
    "rivta/py.typed",
    "rivta/report/templates/declaration.html.j2",
    "rivta/report/declaration.css",
    "rivta/report/declaration.js",
    "rivta/report/pdf/declaration.typ",
    "rivta/text/words/report.sv.yaml",
    "rivta/shipped/reference/environment.yaml",
    "rivta/shipped/reference/answers-reference.yaml",
    "rivta/shipped/reference/deviations.yaml",
    "rivta/shipped/reference/referrals.yaml",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the sdist of this tree. The wheel is built from the sdist, as an index's user would."""
    out = tmp_path_factory.mktemp("dist")
    words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(words, check=True, capture_output=True)
    return out


def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


def files_below(folder: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return set(listed.split())


def test_the_wheel_holds_suites_scenarios_schemas_and_templates(built: Path) -> None:
    names = set(zipfile.ZipFile(wheel(built)).namelist())
    assert names >= NEEDED
    shipped = {path for folder in SHIPPED for path in files_below(folder)}
    assert len(shipped) > 30
    assert {name.removeprefix("rivta/shipped/") for name in names} >= shipped


def test_the_wheel_holds_nothing_that_is_not_the_program(built: Path) -> None:
    names = zipfile.ZipFile(wheel(built)).namelist()
    assert [name for name in names if not name.startswith(("rivta/", "pytest_rivta-"))] == []


def test_the_sdist_holds_what_a_packager_needs(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert names >= {
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "pyproject.toml",
        "conftest.py",
        "Makefile",
        "tests/test_layers.py",
    }
    assert not [name for name in names if name.startswith((".venv", "reports/demo", ".git/"))]


@pytest.fixture(scope="module")
def rivta(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command as the wheel installs it, in an environment of its own, which has what it needs from here.

    That the wheel names all that it needs, a test of the imports says, and `make oldest`, which installs nothing else.
    """
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-compile", "--no-deps", "--no-index", wheel(built)], check=True)
    ask: list[str | Path] = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    # A folder on the path, whose own .pth files are not read: so not the one by which the sources are installed here.
    (own / "here.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    for domain in (own / "rivta" / "shipped").rglob("domain.yaml"):  # a busy machine's time says nothing of the system
        slow = domain.read_text(encoding="utf-8").replace("max-ms: 2000", "max-ms: 60000")
        domain.write_text(slow, encoding="utf-8")
    return environment / "bin" / "rivta"


def test_the_wheel_runs_on_its_own(rivta: Path, tmp_path: Path) -> None:
    asked: list[str | Path] = [rivta.with_name("python"), "-c", "import rivta; print(rivta.__file__)"]
    found = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert Path(found).is_relative_to(rivta.parents[1]), "not the sources"
    linted = subprocess.run([rivta, "lint"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    with system() as url:
        endpoint = f"endpoints: {{ProcessRequest: {{url: '{url}', logical-address: SE2321000016-MOT1}}}}\n"
        (tmp_path / "env.yaml").write_text(SYSTEM + endpoint + ENVIRONMENT_REST, encoding="utf-8")
        words: list[str | Path] = [
            rivta,
            "run",
            "--env",
            "env.yaml",
            "--report",
            "run",
            "--contract",
            "ProcessRequest",
            "--case",
            "1.1",
        ]
        ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "outcome: conforms" in ran.stdout
    assert (tmp_path / "run" / "declaration.html").stat().st_size > 50_000
