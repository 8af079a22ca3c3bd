"""A release package fetched by domain and version, from where this user's packages are published, and held to its checksum.

There is no one address for all packages, so it is a template of the user's own. The first fetch of a version writes its SHA-256
down beside the store; a later one that brings other bytes is refused.
"""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlsplit

from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.text.files import write_file

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


class Pins:
    """The checksums that this user's packages had when they were first fetched: `<store>/pins.json`."""

    def __init__(self, store: Path) -> None:
        self._path = store / "pins.json"

    def hold(self, domain: str, version: str, fetched: Fetched, said: str = "") -> None:
        """Refuse bytes of another checksum than is `said`, or than this version had; write it down where it is new."""
        pins = self._read()
        key = f"{domain} {version}"
        wanted = said.lower() or pins.get(key, "")
        if wanted and wanted != fetched.digest:
            whose = "that was said" if said else "that it had when it was first fetched"
            what = f"{fetched.name} does not have the checksum {whose}: {wanted}"
            todo = f"nothing was installed; ask who publishes it, and if it is right say --sha256 {fetched.digest}"
            raise UsageError(what, todo=todo)
        if pins.get(key) != fetched.digest:
            write_file(self._path, f"{json.dumps(pins | {key: fetched.digest}, indent=1)}\n".encode())

    def _read(self) -> dict[str, str]:
        try:
            pins: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise UsageError(
                f"{self._path} is no list of checksums", todo="delete it to trust what is fetched next"
            ) from error
        return pins
