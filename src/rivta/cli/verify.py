"""`rivta verify`: does what somebody hands over still say what the run said? In plain words, and offline."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rivta import environment, evidence
from rivta.cli.arguments import scenarios, suites
from rivta.evidence import envelope, seal, signature
from rivta.evidence.seal import EVIDENCE, Outcome, SealedFiles, State, Statement, Verification
from rivta.evidence.seal.verification import SIGNED_PDF, contradictions
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Lang, Text
from rivta.report import attestation, formats
from rivta.report.again import Again
from rivta.text import files
from rivta.text.catalogue import text, words

EXIT: dict[Outcome, int] = {"holds": 0, "changed": 1, "unsealed": 2}
_STATES: tuple[State, ...] = ("changed", "unsealed", "holds", "absent", "note")
"""What attention goes to first."""


@frozen
class Signed:
    """A signature that was found. `holds` is None where it could not be tried; `why` says what stands in the way."""

    file: str
    holds: bool | None
    why: Text
    facts: signature.SignatureFacts | None = None


Subject = tuple[Verification | None, seal.Storage]
"""What holds of what is verified by its seals, None where only a signature can speak for it; and where signatures are looked for."""


def run(args: argparse.Namespace) -> int:
    """Recompute, print what holds and what does not, and return the exit code."""
    try:
        found, place = _subject(args)
        signed = [*_signatures(place, args.ca)]
    except (UsageError, OSError) as error:
        print(json.dumps({"outcome": "unsealed", "error": str(error)}) if args.json else _plain(str(error)))
        return EXIT["unsealed"]
    if found is None and not signed:
        signed = [Signed(args.subject.name, None, text("cli", "neither"))]
    outcome = _outcome(found, signed)
    told = _as_json(found, signed, outcome) if args.json else None
    print(told or "\n".join(_in_words(found, signed, outcome, args.lang)))
    return EXIT[outcome]


def _subject(args: argparse.Namespace) -> Subject:
    path = args.subject
    if path.is_dir() or path.name == EVIDENCE or not path.exists():
        place = seal.run_folder(path)
        found = seal.verify_run(place, [name for name in place.names() if _is_attestation(name, place)])
        return _with_sense(found, place, args), place
    data = files.contents(path, files.MOST_BYTES)
    beside = path.with_name(f"{path.name}.p7s")
    alone = SealedFiles({path.name: data} | ({beside.name: files.contents(beside)} if beside.is_file() else {}))
    if path.suffix.lower() == ".zip" or data.startswith(b"PK"):
        return _archive(data, alone, args)
    if path.suffix.lower() in (".html", ".htm"):
        return seal.verify_report(path.name, data), alone
    return _attested_alone(path.name, alone) if _is_attestation(path.name, alone) else None, alone


def _is_attestation(name: str, files: seal.Storage) -> bool:
    """Whether a file is a statement or an envelope of in-toto's, by what it says of itself."""
    is_json = name.endswith(".json") and name != seal.FILE
    return is_json and any(mark in files.read(name) for mark in (b"vnd.in-toto+json", b"in-toto.io/Statement/"))


def _attested_alone(name: str, files: seal.Storage) -> Verification:
    """What an attestation says, where the run is not here."""
    opened = envelope.read(files.read(name))
    told = attestation.read(opened.payload)
    about, values = told["subject"][0]["annotations"], {"result": told["predicate"]["result"]}
    said = [Statement("attestation-alone", name, values)]
    said += [] if opened.signatures else [Statement("attestation-unsigned", name)]
    return Verification(tuple(said), str(about.get("run", "")), attestation.head_of(told))


def _attestations(found: Verification, place: seal.Storage, again: Again | None) -> Iterator[Statement]:
    """Whether each attestation beside a run is of that run, and says what its evidence gives as far as that can be tried."""
    for name in place.names():
        if not _is_attestation(name, place):
            continue
        try:
            told = attestation.read(envelope.read(place.read(name)).payload)
        except UsageError:
            yield Statement("attestation-unreadable", name)
            continue
        if attestation.head_of(told) != found.head:
            yield Statement("attestation-other-run", name)
        elif again:
            yield again.attested(name, told["predicate"])


def _with_sense(found: Verification, place: seal.Folder, args: argparse.Namespace) -> Verification:
    """What sums that are right do not show: what the lines say against one another, and reports that the evidence does not give."""
    if found.outcome == "changed":
        return replace(found, statements=(*found.statements, *_attestations(found, place, None)))
    keys = {each.key for each in found.statements}
    is_partial = bool(keys & {"messages-absent", "key-left-out"})
    read = evidence.read(place.path)
    told = [*contradictions(replace(read, damage=()) if is_partial else read, has_manifest=seal.FILE in place.names())]
    is_gone = any(each.key == "manifest-gone" for each in told)
    kept = [each for each in found.statements if not (is_gone and each.key == "manifest-missing")]
    again = None if told or is_partial else Again(read, args.suites, args.previous)
    told += _attestations(found, place, again)
    if again:
        reports = [each.place for each in kept if each.key == "report-of-run"]
        told += [again.of(name, place.read(name)) for name in reports]
    if args.again and not is_partial:
        from rivta.run.recheck import Recheck  # noqa: PLC0415 - only who asks for it waits for it

        settings = environment.read(args.env) if args.env else None
        told += Recheck(read, suites(args), scenarios(args), settings, _tell_progress).statements()
    return replace(found, statements=(*kept, *told))


def _tell_progress(suite: str) -> None:
    """Whoever waits sees for what; what is printed otherwise is the answer alone."""
    if sys.stderr.isatty():
        print(f"once more: {suite}", file=sys.stderr, flush=True)


def _archive(data: bytes, alone: seal.Storage, args: argparse.Namespace) -> Subject:
    from rivta.report import archive  # noqa: PLC0415 - only a zip needs it

    found = archive.verify(data)
    try:
        inside = archive.ZipArchive(data)
    except archive.UnsafeArchive:
        return found, alone
    with TemporaryDirectory() as folder:
        found = _with_sense(found, archive.unpack(inside, Path(folder)), args) if EVIDENCE in inside.names() else found
    return found, SealedFiles({**_readable(inside), **_readable(alone)})


def _readable(place: seal.Storage) -> dict[str, bytes]:
    """The files that are or may be signed, and their signatures. Where one is damaged, the archive's own list tells."""
    names = place.names()
    signed = {name.removesuffix(".p7s") for name in names if name.endswith(".p7s")}
    found: dict[str, bytes] = {}
    for name in names:
        if name in signed or name.endswith((".p7s", ".pdf", formats.SUFFIXES["attestation"])):
            with suppress(KeyError):
                found[name] = place.read(name)
    return found


def _signatures(files: seal.Storage, ca: Path | None) -> Iterator[Signed]:
    names = files.names()
    for name in names:
        subject = name.removesuffix(".p7s")
        if subject not in names:
            yield Signed(name, False, text("cli", "subject_missing", subject=subject))
            continue
        try:
            for facts in _facts(files, name, ca):
                yield Signed(subject, facts.holds, facts.why, facts)
        except UsageError as error:
            is_ours = isinstance(error, signature.SigningNotInstalled)
            why = f"{error.what}; {error.todo}" if is_ours else error.what
            yield Signed(name, None if is_ours else False, Text.same(why))


def _facts(files: seal.Storage, name: str, ca: Path | None) -> Iterable[signature.SignatureFacts]:
    """What the signatures in a file say: one beside another file, those within an attestation or a PDF."""
    if name.endswith(".p7s"):
        return [signature.read_signature(files.read(name.removesuffix(".p7s")), files.read(name), ca)]
    if _is_attestation(name, files):
        return envelope.facts(envelope.read(files.read(name)), ca)
    is_signed = name.endswith(".pdf") and SIGNED_PDF in files.read(name)
    return signature.read_pdf_signatures(files.read(name), ca) if is_signed else ()


def _outcome(found: Verification | None, signed: list[Signed]) -> Outcome:
    if any(each.holds is False for each in signed):
        return "changed"
    if found is None:
        return "holds" if any(each.holds for each in signed) else "unsealed"
    if any(each.state == "holds" for each in found.statements) or any(each.holds for each in signed):
        return found.outcome
    return "changed" if found.outcome == "changed" else "unsealed"


def _in_words(found: Verification | None, signed: list[Signed], outcome: Outcome, lang: Lang) -> Iterator[str]:
    said = words("cli", lang)
    yield said[f"outcome_{outcome}"]
    statements = found.statements if found else ()
    for state in _STATES:
        yield from _group(said[f"group_{state}"], [each.text.in_(lang) for each in statements if each.state == state])
    for each in signed:
        yield from _group(f"{said['signature']} {_plain(each.file)}", _signature_words(each, lang))
    if found and found.head:
        yield from _group(said["chain"], [f"{said['run']} {found.run}", f"{said['head']} {found.head}"])
    yield from _group(said["limits"], [f"{each.in_(lang)}." for each in seal.limits()])


def _group(heading: str, sentences: list[str]) -> Iterator[str]:
    if sentences:
        yield f"\n{heading}"
        yield from (f"  {_plain(sentence)}" for sentence in sentences)


def _signature_words(signed: Signed, lang: Lang) -> list[str]:
    said, why = words("cli", lang), signed.why.in_(lang)
    verdict = said[f"signature_{_standing(signed)}"]
    told = [f"{verdict}: {why}." if why else f"{verdict}."]
    if signed.facts:
        clock = said["stamped" if signed.facts.timestamped else "own_clock"]
        told += [f"{said['signer']}: {signed.facts.signer}", f"{said['path']}: {' → '.join(signed.facts.chain)}"]
        told += [f"{said['time']}: {signed.facts.time} ({clock})"] if signed.facts.time else []
    return told


def _standing(signed: Signed) -> str:
    if not signed.holds:
        return "untried" if signed.holds is None else "broken"
    return "open" if signed.facts and signed.facts.trusted is None else "holds"


def _as_json(found: Verification | None, signed: list[Signed], outcome: Outcome) -> str:
    statements = [
        {"key": each.key, "state": each.state, "place": each.place, "text": asdict(each.text)}
        for each in (found.statements if found else ())
    ]
    signatures = [
        {"file": each.file, "holds": each.holds, **(asdict(each.facts) if each.facts else {}), "why": asdict(each.why)}
        for each in signed
    ]
    told = {"outcome": outcome, "run": found.run if found else "", "head": found.head if found else ""}
    limits = [asdict(each) for each in seal.limits()]
    return json.dumps({**told, "statements": statements, "signatures": signatures, "limits": limits}, indent=1)


def _plain(text: str) -> str:
    """Text from a stranger's file without what would steer a terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)
