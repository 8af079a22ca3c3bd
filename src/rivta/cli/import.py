"""`rivta import soapui`: a SoapUI project as domains, suites and messages of ours, and what could not be carried."""  # noqa: N999 - a command has the name that people type

import argparse
import json
from pathlib import Path

from rivta.cli.arguments import progress
from rivta.importer import data, folder, parity, project, reading, tally
from rivta.text.xml import CONTROLS


def run(args: argparse.Namespace) -> int:
    """Write the folder and tell what was carried; who is no test person is masked. UsageError for what is no project, and for a folder that is not empty."""
    read = reading.read(args.project)
    beside = data.read(args.data or _beside(read, "data.xml"), args.doc or _beside(read, "*-doc.html"))
    imported = folder.imported(read, beside, args.output)
    proofs = _proofs(imported, args) if args.prove else None
    clean = read.mask.text
    if args.json:
        told = tally.data(imported) | ({} if proofs is None else {"parity": parity.data(proofs)})
        print(clean(json.dumps(told, ensure_ascii=False, indent=2)))
        return 0
    for line in (*tally.table(imported), *(() if proofs is None else ("", *parity.table(proofs)))):
        print(clean(line).translate(CONTROLS))
    return 0


def _proofs(imported: folder.Imported, args: argparse.Namespace) -> list[parity.Proof]:
    say, found = progress(), list[parity.Proof]()
    for each in parity.proofs(imported, reading.read(args.prove), args.output):
        say(f"{each.case} {each.assertion}")
        found.append(each)
    say("")
    return found


def _beside(read: project.Project, pattern: str) -> Path | None:
    return next(iter(sorted(read.folder.glob(pattern))), None)
