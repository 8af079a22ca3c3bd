"""`rivta check`: is this message valid? Nothing is sent, and no suite or environment is needed."""

import argparse
import json
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lxml import etree

from rivta import check, contract
from rivta.cli.arguments import suites
from rivta.contract.message import Envelope, open_envelope, wrap
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable, UsageError, caret, did_you_mean
from rivta.model.exchange import Exchange, Message
from rivta.model.frozen import frozen
from rivta.model.run import Finding
from rivta.model.steps import Expectation
from rivta.model.words import Direction, Source, Text, Verdict
from rivta.text import identity, xml

VALID, INVALID, UNREADABLE = 0, 1, 2
_WIDTH = 160
_ADDRESS = "any"  # a bare body has no header, so any address does
_AROUND = "/soapenv:Envelope/soapenv:Body"
_CHECKS = ("schema", "rules", "encoding")
_IN_HEADER = re.compile(r"/[^/]+/[^/]*:Header(/|$)")


@frozen
class CheckedFile:
    """One file's verdict. `unreadable` says why it could not be read at all, and then nothing else is known."""

    file: str
    body: bytes
    contract: str = ""
    direction: str = ""
    is_fault: bool = False
    findings: tuple[tuple[str, Finding], ...] = ()
    unreadable: Unreadable | None = None

    @property
    def code(self) -> int:
        if self.unreadable:
            return UNREADABLE
        return INVALID if self.findings else VALID


def run(args: argparse.Namespace) -> int:
    """Print the findings; persons who are no test persons are masked. Returns 0 if all files are valid, 1 if one is not, 2 if one could not be read."""
    contracts = _Contracts(contract.find_domains(suites(args)))
    checked = [check_file(Path(name), contracts) for name in args.files]
    clean = identity.Mask(secrets.token_hex(16), ()).text
    if args.json:
        print(clean(json.dumps([_as_json(each) for each in checked], indent=2, ensure_ascii=False)))
    else:
        for each in checked:
            for line in _as_text(each, clean):
                print(clean(line).translate(xml.CONTROLS))
    return max(each.code for each in checked)


Clean = Callable[[str], str]


class _Contracts:
    """Every contract and direction by the name of the root element that tells them. Which domains have one is seen by their files; the others,
    with their schemas, are read only where none of those does.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._left = [*folders]
        self.known: dict[str, tuple[Contract, Direction]] = {}

    def find(self, root: str) -> tuple[Contract, Direction] | None:
        """None where no contract has it; all are known then."""
        if root not in self.known:
            word = re.compile(rf"\b{re.escape(etree.QName(root).localname.removesuffix('Response'))}\b")
            self._read(
                lambda folder: word.search((folder / "domain.yaml").read_text(encoding="utf-8", errors="replace"))
            )
        if root not in self.known:
            self._read(lambda _: True)
        return self.known.get(root)

    def _read(self, may_have: Callable[[Path], object]) -> None:
        for folder in [each for each in self._left if may_have(each)]:
            self._left.remove(folder)
            for one in contract.kept_domain(folder, contract.inputs_of(folder)).contracts.values():
                self.known[f"{{{one.namespace}}}{one.request_root}"] = (one, Direction.REQUEST)
                self.known[f"{{{one.namespace}}}{one.response_root}"] = (one, Direction.RESPONSE)


def check_file(path: Path, contracts: _Contracts) -> CheckedFile:
    """Check one file. What cannot be read is told in the result, never raised."""
    body = b""
    try:
        with path.open("rb") as file:  # a pipe is as good
            body = file.read(xml.LIMIT_BYTES + 1)
        envelope_body = _enveloped(body, path, contracts)
        envelope = open_envelope(envelope_body)
        if envelope.fault is not None:
            return CheckedFile(str(path), body, "", Direction.RESPONSE, is_fault=True)
        one, direction = _told_by_root(envelope, contracts)
    except OSError as error:
        return CheckedFile(str(path), body, unreadable=Unreadable(f"{path}: {error.strerror}"))
    except Unreadable as error:
        return CheckedFile(str(path), body, unreadable=_placed(error, path))
    findings = (*_findings(envelope_body, one, direction), *_header(envelope, one, direction))
    if envelope_body is not body:  # the envelope around it was ours
        bare = ((kind, each, each.location.removeprefix(_AROUND)) for kind, each in findings)
        findings = tuple((kind, replace(each, location=place)) for kind, each, place in bare)
    return CheckedFile(str(path), body, one.name, direction, findings=findings)


def _enveloped(body: bytes, path: Path, contracts: _Contracts) -> bytes:
    """The body in an envelope, its lines keeping their numbers; what is an envelope already comes back untouched."""
    root = xml.parse(body, path=str(path))
    if etree.QName(root).localname == "Envelope":
        return body
    encoding = xml.codec_of(xml.prolog_encoding(body))
    told = contracts.find(str(root.tag))
    return wrap(xml.decoded(body), _ADDRESS, told[0].header if told else "").encode(encoding)


def _told_by_root(envelope: Envelope, contracts: _Contracts) -> tuple[Contract, Direction]:
    told = contracts.find(envelope.payload_name)
    if told is None:
        todo = did_you_mean(envelope.payload_name, contracts.known)
        raise Unreadable(f"no known contract has the root element {envelope.payload_name}", todo=todo)
    return told


def _findings(body: bytes, one: Contract, direction: Direction) -> Iterator[tuple[str, Finding]]:
    message = Message((("Content-Type", "text/xml"),), body)
    exchange = Exchange(one.name, "", message, message, 200, "", 0.0)
    seen = check.Seen(exchange, one, {})
    for kind in _CHECKS:
        args = {} if kind == "encoding" else {"of": direction.value}
        result = check.evaluate(Expectation(kind, args, Source("")), seen, verifies=())
        if result.verdict is Verdict.ERROR:
            raise UsageError(result.note.en if result.note else f"the check {kind} broke")
        yield from ((_name(kind, finding), finding) for finding in result.findings)
        if result.note is not None and len(result.findings) == check.MOST_FINDINGS:
            yield kind, Finding(result.note, direction)


def _header(envelope: Envelope, one: Contract, direction: Direction) -> Iterator[tuple[str, Finding]]:
    """A request's address that is blank, which no schema minds, addresses nobody."""
    element = envelope.header(one.header)
    if direction is Direction.REQUEST and element is not None and not "".join(element.itertext()).strip():
        name = etree.QName(element).localname
        text = Text(f"{name} i SOAP-huvudet är tomt.", f"{name} in the SOAP header is empty.")
        place = xml.path_of(element)
        yield "header", Finding(text, direction, location=place, line=element.sourceline, rule="RIV-TA BP")


def _name(kind: str, finding: Finding) -> str:
    """The header goes by its own name here, though it is the schema check that looks at it."""
    about_header = _IN_HEADER.match(finding.location) or "SOAP header" in finding.message.en
    return "header" if kind == "schema" and about_header else kind


def _placed(error: Unreadable, path: Path) -> Unreadable:
    source = error.source
    placed = Source(str(path), source.line, source.column, source.text) if source else Source(str(path))
    return Unreadable(error.what, source=placed, todo=error.todo)


def _as_json(checked: CheckedFile) -> dict[str, object]:
    if checked.unreadable:
        source = checked.unreadable.source
        line = source.line if source else None
        findings = [{"check": "read", "rule": "", "message": checked.unreadable.what, "path": "", "line": line}]
    else:
        findings = [
            {"check": kind, "rule": each.rule, "message": each.message.en, "path": each.location, "line": each.line}
            for kind, each in checked.findings
        ]
    return {
        "file": checked.file,
        "contract": checked.contract,
        "direction": checked.direction,
        "valid": checked.code == VALID,
        "findings": findings,
    }


def _as_text(checked: CheckedFile, clean: Clean) -> Iterator[str]:
    if checked.unreadable:
        yield str(checked.unreadable)
        return
    what = "SOAP Fault" if checked.is_fault else f"{checked.contract} {checked.direction}"
    if not checked.findings:
        yield f"{checked.file}: valid ({what})"
        return
    count = len(checked.findings)
    yield f"{checked.file}: {count} finding{'s' if count > 1 else ''} ({what})"
    lines = clean(xml.decoded(checked.body)).split("\n")
    for kind, finding in checked.findings:
        yield from _finding_text(checked.file, kind, replace(finding, actual=clean(finding.actual)), lines)


def _finding_text(file: str, kind: str, finding: Finding, lines: Sequence[str]) -> Iterator[str]:
    place = f"{file}:{finding.line}" if finding.line else file
    yield f"{place}: {kind}: {finding.message.en}"
    if finding.line and finding.line <= len(lines):
        text = lines[finding.line - 1]
        # Where on its line the named element or attribute stands: validators give lines only.
        name = finding.location.rpartition("/")[2].partition("[")[0].lstrip("@").rpartition(":")[2]
        at = text.find(finding.actual) if finding.actual and finding.actual in text else text.find(name)
        column = max(at, len(text) - len(text.lstrip())) + 1
        yield f"    {text[:_WIDTH].rstrip()}"
        yield "    " + caret(Source(file, finding.line, column, text[:_WIDTH]))
    rule = f"[{finding.rule}] " if finding.rule else ""
    yield f"    {rule}{finding.location}"
