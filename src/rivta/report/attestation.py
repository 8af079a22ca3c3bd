"""`declaration.intoto.json`: what a run came to, for a release gate: an in-toto Statement with the test-result predicate, v0.1.

https://github.com/in-toto/attestation, spec/v1/statement.md and spec/predicates/test-result.md. The subject is the run's evidence, with
the head of the manifest's chain, which stands for all of it; and whatever artifacts the vendor says that the tested system was made of.
Tests are the cases, by key. `PASSED`: the run is whole, each of its cases was meant to run, and it conforms; `WARNED`: it conforms but
for known deviations, or only some cases were chosen; `FAILED`: anything else, also where something stood in the way.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from rivta.declaration import deviations, proven
from rivta.declaration.dossier import Dossier
from rivta.evidence import seal
from rivta.model.declaration import Declaration
from rivta.model.errors import UsageError
from rivta.model.words import Verdict
from rivta.report import material
from rivta.text import files

Json = dict[str, Any]
STATEMENT, PREDICATE = "https://in-toto.io/Statement/v1", "https://in-toto.io/attestation/test-result/v0.1"
HEAD = "manifestHead"
"""The annotation of the subject that names the last link of the run's own manifest."""


def render(dossier: Dossier, artifacts: Sequence[Path] = ()) -> bytes:
    """The statement as JSON in UTF-8. UsageError where the evidence is not as it was when the run ended."""
    told = {
        "_type": STATEMENT,
        "subject": [_evidence(dossier), *(_file(path.name, path) for path in artifacts)],
        "predicateType": PREDICATE,
        "predicate": predicate(dossier),
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def read(payload: bytes) -> Json:
    """A statement of this kind. UsageError for anything else."""
    try:
        told = json.loads(payload)
        about, result = told["subject"][0], told["predicate"]
        is_ours = (told["_type"], told["predicateType"]) == (STATEMENT, PREDICATE)
        is_whole = isinstance(about["annotations"][HEAD], str) and isinstance(result["result"], str)
        is_read = is_ours and is_whole and all(isinstance(each, dict) for each in result["configuration"])
    except (ValueError, LookupError, TypeError):
        is_read = False
    if not is_read:
        raise UsageError("it is no attestation of a run of rivta’s", todo="rivta report --format attestation makes one")
    return cast("Json", told)


def head_of(told: Json) -> str:
    """The last link of the manifest of the run that a statement is of."""
    return cast("str", told["subject"][0]["annotations"][HEAD])


def predicate(dossier: Dossier) -> Json:
    """What the run came to, by its cases."""
    shown = material.shown(dossier.declaration)
    held = shown.deviations
    # The cases that deviate in what is known, and in nothing else.
    known = {key for _, keys in held.known for key in keys} - {*held.new} if held else set()
    failed = {result.key for result in shown.run.cases if result.verdict is Verdict.FAILED}
    of = {verdict: [each.key for each in shown.run.cases if each.verdict is verdict] for verdict in Verdict}
    return {
        "result": _result(shown, known),
        "configuration": [*_configuration(dossier)],
        "passedTests": of[Verdict.PASSED],
        "warnedTests": sorted(failed & known),
        "failedTests": sorted({*failed - known, *of[Verdict.BLOCKED], *of[Verdict.ERROR]}),
    }


def _result(declaration: Declaration, known: Collection[str]) -> str:
    run = declaration.run
    if deviations.outcome(run, declaration.deviations) != "conforms" or not proven.is_whole(run):
        return "FAILED"
    return "WARNED" if known or run.header.selection else "PASSED"


def _evidence(dossier: Dossier) -> Json:
    run, manifest = dossier.declaration.run, dossier.manifest()
    system = run.header.system
    annotations = {
        "run": run.header.run,
        HEAD: seal.head_of(manifest.run, manifest.own),
        "system": f"{system.product} {system.version}",
        "organisation": system.organisation,
        "roles": [*run.header.roles],
    }
    return _file(seal.EVIDENCE, run.folder / seal.EVIDENCE) | {"annotations": annotations}


def _configuration(dossier: Dossier) -> Iterator[Json]:
    """What it was tested with: this program, suites, schemas and rules, and the known deviations that it was held against."""
    header = dossier.declaration.run.header
    yield {"name": "rivta", "uri": f"pkg:pypi/pytest-rivta@{header.rivta}"}
    root = f"{header.repository}/" if header.repository else ""
    yield from (_named(path.removeprefix(root), digest) for path, digest in header.suites.items())
    for contract in header.contracts.values():
        yield _named(f"{contract.word} {contract.version}", contract.digest)
        yield from (_named(path, digest) for path, digest in contract.rules.items())
    if known := dossier.papers.deviations:
        yield _file(deviations.FILE, known)


def _file(name: str, path: Path) -> Json:
    return _named(name, sha256(files.contents(path, files.MOST_BYTES)).hexdigest())


def _named(name: str, digest: str) -> Json:
    return {"name": name, "digest": {"sha256": digest}}
