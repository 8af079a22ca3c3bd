"""A package from the zip or folder that it came in, or from an address, to the store: opened without trust, examined, kept if a contract of
it is usable.
"""

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from rivta.contract import openapi
from rivta.contract.packages.examination import examine
from rivta.contract.packages.layout import Package, PackageFinding, read_package
from rivta.contract.packages.store import Installed, PackageStore
from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.text import archive
from rivta.text.files import contents, write_file


@frozen
class Arrival:
    """What came of an installation: the package as it lies in the store, what was installed there, and what was found.

    `before` is another package of the same name and version, whose place it took.
    """

    package: Package
    installed: Installed
    findings: tuple[PackageFinding, ...]
    before: Installed | None = None


def install(
    source: Path,
    store: PackageStore,
    *,
    version: str = "",
    name: str = "",
    progress: Callable[[str], None] = lambda _: None,
    clock: Clock = SYSTEM,
) -> Arrival:
    """Install a release package, and say what is amiss in it. `version` is said where the package's name does not have it.

    UsageError, and a store as it was, for what cannot be opened, holds no contract, or none that can be used.
    """
    name = name or source.resolve().name
    progress(f"opening {name}")
    with archive.opened(source) as entries, store.incoming(entries) as coming:
        package, found = read_package(coming, name, version)
        usable, more = examine(package, progress)
        findings, before = (*found, *more), store.there(package.domain, package.version)
        if not usable:
            told = "\n".join(map(str, findings))
            raise UsageError(f"no contract of {name} can be used, so nothing was installed:\n{told}")
        installed = store.keep(
            package.root,
            package.domain,
            package.version,
            origin=name,
            contracts={f"{each.name} {each.version}": package.place(each.wsdl.path) for each in usable},
            findings=[str(each) for each in findings],
            now=clock.now(),
        )
    is_another = before is not None and before.digest != installed.digest
    return Arrival(replace(package, root=installed.folder), installed, findings, before if is_another else None)


def install_document(
    source: Path, store: PackageStore, domain: str, *, version: str = "", clock: Clock = SYSTEM
) -> Installed:
    """Install an OpenAPI document as the package of a domain. `version` is the document's own where it is not said.

    UsageError, and a store as it was, for what is no such document, or where nobody says which domain it is of.
    """
    description = openapi.read(source)
    version = version or description.version
    _demand_named(source, domain, version)
    entry = archive.ArchiveEntry(PurePosixPath(source.name), source.stat().st_size, lambda: contents(source))
    with store.incoming((entry,)) as coming:
        return store.keep(
            coming,
            domain,
            version,
            origin=source.name,
            contracts=dict.fromkeys(description.operations, source.name),
            findings=(),
            now=clock.now(),
        )


def _demand_named(source: Path, domain: str, version: str) -> None:
    if not domain:
        what = f"{source.name} does not say which domain it is of"
        raise UsageError(what, todo="say --domain, as in --domain org.example.library")
    if not re.fullmatch(r"\w+(\.\w+)*", domain):
        todo = "words with dots between them, as in org.example.library"
        raise UsageError(f"“{domain}” is no name of a domain", todo=todo)
    if not re.fullmatch(r"\d+(\.\d+)*", version):
        raise UsageError(f"“{version}” is no version", todo="say --version, as in --version 1.0")


# Fetched by domain and version, from where this user's packages are published, and held to its checksum. There is no one address for all
# packages, so it is a template of the user's own. The first fetch of a version writes its SHA-256 down beside the store; a later one that
# brings other bytes is refused.

TEMPLATE = "RIVTA_PACKAGE_URL"
"""The environment variable that holds the template."""
_MOST = 400 * 1024 * 1024
_PIECE = 256 * 1024
_SILENCE_S = 30
_HERE = {"localhost", "127.0.0.1", "::1"}


@frozen
class Fetched:
    """A package as it came: its bytes, the name it came under, and the SHA-256 of its bytes."""

    body: bytes
    name: str
    digest: str


def url_of(template: str, domain: str, version: str) -> str:
    """The address of a version. `{domain}` has points in it, `{domain_}` underscores.

    UsageError for a template without the version in it, and for one that is not https, unless it is this machine.
    """
    try:
        url = template.format(domain=quote(domain), domain_=quote(domain.replace(".", "_")), version=quote(version))
    except (KeyError, IndexError, ValueError) as error:
        raise UsageError(f"the URL template has a place that is unknown: {error}", todo=_HOW) from error
    parts = urlsplit(url)
    if "{version}" not in template or not parts.hostname:
        raise UsageError(f"“{template}” is no template of a package’s URL", todo=_HOW)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        raise UsageError(f"a package is fetched over https, not {parts.scheme or 'from a file'}", todo=_HOW)
    if parts.username or parts.password:
        raise UsageError("the URL template holds a user or a password", todo="have the server answer without one")
    return url


_HOW = f"set {TEMPLATE}, or say --url: https://packages.example/{{domain_}}_{{version}}.zip"


def template(said: str | None) -> str:
    """What was said, else what the environment has. UsageError for neither."""
    found = said or os.environ.get(TEMPLATE)
    if not found:
        raise UsageError("it is not known where packages are published", todo=_HOW)
    return found


def fetch(url: str, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Fetched:
    """The bytes at an address. `progress` is told the bytes that have come, and of how many (0 where that is not known)."""
    try:
        with urllib.request.urlopen(url, timeout=_SILENCE_S) as answer:  # noqa: S310 - url_of lets https through, and this machine
            length = int(answer.headers.get("Content-Length") or 0)
            body = bytearray()
            while piece := answer.read(_PIECE):
                body += piece
                progress(len(body), length)
                if len(body) > _MOST:
                    raise UsageError(f"{url} is larger than {_MOST} bytes: no package is")
    except urllib.error.HTTPError as error:
        todo = "see that the domain and the version are right, and the template" if error.code == 404 else ""
        raise UsageError(f"{url} was answered with HTTP {error.code} {error.reason}", todo=todo) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise UsageError(f"{url} cannot be fetched: {reason}") from error
    return Fetched(bytes(body), urlsplit(url).path.rpartition("/")[2], sha256(body).hexdigest())


def demand_checksum(store: Path, domain: str, version: str, fetched: Fetched, said: str = "") -> None:
    """Refuse bytes of another checksum than is `said`, or than this version had when it was first fetched, as `pins.json` in the store has
    it; write it down where it is new.
    """
    path, key = store / "pins.json", f"{domain} {version}"
    pins = _pins(path)
    wanted = said.lower() or pins.get(key, "")
    if wanted and wanted != fetched.digest:
        whose = "that was said" if said else "that it had when it was first fetched"
        what = f"{fetched.name} does not have the checksum {whose}: {wanted}"
        todo = f"nothing was installed; ask who publishes it, and if it is right say --sha256 {fetched.digest}"
        raise UsageError(what, todo=todo)
    if pins.get(key) != fetched.digest:
        write_file(path, f"{json.dumps(pins | {key: fetched.digest}, indent=1)}\n".encode())


def _pins(path: Path) -> dict[str, str]:
    try:
        pins: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UsageError(f"{path} is no list of checksums", todo="delete it to trust what is fetched next") from error
    return pins
