"""The contract store: the release packages that this user has installed, versions side by side.

A package's files lie in `<store>/<domain>/<digest>/` as they were in the package. `<store>/<domain>/<version>.json` says which
folder that version is, and what was found in it. That file is written last, in one step: until then the version that was there
is the one that is used, whatever becomes of the installation.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from rivta.model.errors import NotInstalled, UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.text import places
from rivta.text.archive import BROKEN, ArchiveEntry
from rivta.text.files import write_file, writing

_COMING = ".coming-"
MISSPELT = 0.9
"""How like two names are of which one is the other misspelt: the names of domains share much of their words."""


@frozen
class Installed:
    """One version of a domain's release package, as it lies in the store.

    `origin` is the name of the zip or folder that it came from, `digest` the SHA-256 over its files' names and bytes, `at` the
    moment of the installation (UTC, ISO 8601). `contracts` are `Name Version` → WSDL, relative to `folder`; `findings` are the
    sentences that the installation printed.
    """

    domain: str
    version: str
    folder: Path
    origin: str
    digest: str
    at: str
    contracts: Mapping[str, str]
    findings: Sequence[str]


class PackageStore:
    """The folder of installed packages: the user's own, or the one that RIVTA_CONTRACTS names."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or places.contracts()

    def all(self) -> Iterator[Installed]:
        """Every installed package, by domain, then by version."""
        for domain in sorted({path.parent.name for path in self.folder.glob("*/*.json")}):
            yield from self._versions(domain)

    def _versions(self, domain: str) -> Iterator[Installed]:
        """A domain's packages, the oldest version first. What is amiss in another domain's is not met here."""
        for path in sorted((self.folder / domain).glob("*.json"), key=lambda each: _ordered(each.stem)):
            yield self._read(path)

    def there(self, domain: str, version: str) -> Installed | None:
        """A domain's package in that very version, if there is one."""
        return next((each for each in self._versions(domain) if each.version == version), None)

    def find(self, domain: str, version: str = "") -> Installed:
        """A domain's package in a version, or in its newest. UsageError, with how to install it, where there is none."""
        versions = {each.version: each for each in self._versions(domain)}
        if version in versions:
            return versions[version]
        if versions and not version:
            return max(versions.values(), key=lambda each: _ordered(each.version))
        wanted = f"{domain} {version}".strip()
        todo = "rivta contracts add PACKAGE.zip"
        if versions:
            todo += f"; installed of it: {', '.join(versions)}"
        elif near := get_close_matches(
            domain, {each.parent.name for each in self.folder.glob("*/*.json")}, 1, MISSPELT
        ):
            todo += f"; did you mean “{near[0]}”?"
        raise NotInstalled(f"the release package of {wanted} is not installed", todo=todo)

    @contextmanager
    def incoming(self, entries: Sequence[ArchiveEntry]) -> Iterator[Path]:
        """A folder within the store with these files, gone when the block ends unless `keep` has taken it."""
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            folder = Path(mkdtemp(prefix=_COMING, dir=self.folder))
        try:
            for entry in entries:
                write_file(folder / entry.name, _content(entry))
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(
        self,
        coming: Path,
        domain: str,
        version: str,
        *,
        origin: str,
        contracts: Mapping[str, str],
        findings: Sequence[str],
        now: datetime,
    ) -> Installed:
        """Make what has come in a version of a domain, in the place of what that version was."""
        digest = digest_of(coming)
        folder = self.folder / domain / digest[:16]
        if not folder.is_dir():
            with writing(folder):
                folder.parent.mkdir(parents=True, exist_ok=True)
                coming.rename(folder)
        package = Installed(
            domain, version, folder, origin, digest, now.isoformat(timespec="seconds"), contracts, tuple(findings)
        )
        before = self.there(domain, version)
        self._write(package)
        if before:
            self._delete_unused(before)
        return package

    def remove(self, package: Installed) -> None:
        """Forget a version, and delete its files if no other version is the same."""
        self._path(package).unlink()
        self._delete_unused(package)

    def _path(self, package: Installed) -> Path:
        return self.folder / package.domain / f"{package.version}.json"

    def _write(self, package: Installed) -> None:
        path = self._path(package)
        facts = asdict(package) | {"folder": package.folder.name}
        coming = path.with_suffix(f"{_COMING}{os.getpid()}")
        write_file(coming, f"{json.dumps(facts, ensure_ascii=False, indent=1)}\n".encode())
        coming.replace(path)

    def _read(self, path: Path) -> Installed:
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            package = Installed(
                **facts | {"folder": path.parent / facts["folder"], "findings": tuple(facts["findings"])}
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            todo = "delete it, and install the package again"
            raise UsageError("not readable as an installed package", source=Source(str(path)), todo=todo) from error
        return package

    def _delete_unused(self, package: Installed) -> None:
        if package.folder not in {each.folder for each in self._versions(package.domain)}:
            shutil.rmtree(package.folder, ignore_errors=True)


def digest_of(folder: Path) -> str:
    """SHA-256 over the sorted names and the bytes of all files in a folder."""
    digest = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _content(entry: ArchiveEntry) -> bytes:
    try:
        return entry.read()
    except BROKEN as error:
        raise UsageError(f"{entry.name} cannot be unpacked: {error}") from error


def _ordered(version: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in version.replace("_", ".").split("."))
