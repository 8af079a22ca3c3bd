"""What a system is to accept and to refuse, to try it by: `rivta certs`, certificates; `rivta saml`, responses to post to it, and its metadata."""

import argparse
from base64 import b64decode
from pathlib import Path
from urllib.parse import parse_qsl

from rivta.evidence import disk
from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import UsageError
from rivta.text import authority, files, saml, xml
from rivta.text.catalogue import words

SOUND = "sound"
_MOST_BYTES = 4 * 1024 * 1024
PASSWORD = "trial-p12"  # noqa: S105 - of a key that nobody trusts, and that the manual tells


def run_certs(args: argparse.Namespace, clock: Clock = SYSTEM) -> int:
    """Make them, and say what each is."""
    folder: Path = args.output
    if (folder / "ca.pem").exists():
        raise UsageError(f"{folder} already holds certificates", todo="name another folder with --output")
    with disk.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        made = [*authority.write(folder, clock.now(), PASSWORD)]
    for name, what in made:
        print(f"{folder / name!s:<36}{words('certs', args.lang)[what]}")
    return 0


def run_saml(args: argparse.Namespace, clock: Clock = SYSTEM) -> int:
    """Print what is amiss, and return 1 if anything is; or write the responses."""
    metadata = _document(args.metadata)
    if not (args.responses or args.examine):
        return _told([*saml.amiss(metadata, clock.now())])
    if args.certificate is None or (args.responses and args.key is None):
        raise UsageError(
            "nothing says by whom responses are signed", todo="add --certificate PEM, and to write some --key PEM"
        )
    key = files.contents(args.key, _MOST_BYTES) if args.key else b""
    provider = saml.provider_of(args.issuer, key, files.contents(args.certificate, _MOST_BYTES))
    question = saml.request_of(metadata, args.request)
    if args.examine:
        return _told([*saml.untrue(_posted(args.examine), question, provider, clock.now())])
    for name in (SOUND, *saml.FLAWS):
        answer = saml.response(question, provider, clock.now(), "" if name == SOUND else name)
        files.write_file(args.responses / f"{name}.xml", answer)
        files.write_file(args.responses / f"{name}.html", saml.form(answer, question).encode())
        print(f"{args.responses / name}.html  {'to be accepted' if name == SOUND else 'to be refused'}")
    return 0


def _document(path: Path) -> bytes:
    """A file that is XML; one that is none is told by its path, line and column."""
    body = files.contents(path, _MOST_BYTES)
    xml.parse(body, path=str(path), is_message=False)
    return body


def _posted(path: Path) -> bytes:
    """A response as it was posted: what is form-urlencoded, or base64 alone, is decoded; what is XML stands as it is."""
    body = files.contents(path, _MOST_BYTES).strip()
    if not body.startswith(b"<"):
        said = dict(parse_qsl(body.decode(errors="replace"))).get("SAMLResponse", "").encode() or body
        try:
            body = b64decode(b"".join(said.replace(b" ", b"+").split()), validate=True)
        except ValueError as broken:
            todo = "give its XML, or what the browser posted: SAMLResponse=…"
            raise UsageError(f"{path}: this is no SAML response: neither XML nor base64", todo=todo) from broken
    xml.parse(body, path=str(path), is_message=False)
    return body


def _told(lines: list[str]) -> int:
    print("\n".join(lines) or "nothing is amiss")
    return 1 if lines else 0
