"""`rivta declaration fill`: the official Word form, filled in."""

import argparse
import json
from pathlib import Path

from rivta import evidence
from rivta.cli.arguments import add_lang, add_path, refuse_identity_in, write
from rivta.declaration import answers, form
from rivta.model.declaration import Answers, FilledForm
from rivta.model.errors import UsageError
from rivta.model.words import Lang
from rivta.report import word
from rivta.text import places


def configure(parser: argparse.ArgumentParser) -> None:
    add_path(parser, "form", metavar="FORM.docx", help="the form as it was published, or filled in by hand in part")
    add_path(parser, "--output", "-o", metavar="OUT.docx", required=True, help="where to write")
    add_path(parser, "--run", metavar="RUN", help="the folder of a run: what it shows is filled in as proposals")
    add_path(parser, "--answers", help="the vendor's file: what it answers is filled in")
    add_lang(parser, "the language of the list")
    parser.add_argument("--json", action="store_true", help="print the list as JSON")


def run(args: argparse.Namespace) -> int:
    """Fill in, write, and print what was filled in, what is only proposed, and what had no place."""
    source, output = args.form, args.output
    refuse_identity_in(output)
    if output.exists() and source.exists() and output.samefile(source):
        raise UsageError("the form would be written over", todo="give another file to -o")
    read = word.read_form(source)
    seen = evidence.read(args.run) if args.run else None
    identities = seen.header.test_identities if seen else ()
    said = answers.read(args.answers, test_identities=identities) if args.answers else None
    filled = word.fill(read, seen, said, _skeleton(read, said))
    write(output, filled.body)
    print(_shown(filled.report, output, args.lang, as_json=args.json))
    return 0


def _shown(report: word.FillReport, output: Path, lang: Lang, *, as_json: bool) -> str:
    if as_json:
        listed = {"output": str(output), **word.as_json(report, lang)}
        return json.dumps(listed, ensure_ascii=False, indent=2)
    return f"{word.as_text(report, lang)}\n\n{output}"


def _skeleton(read: word.WordForm, said: Answers | None) -> tuple[FilledForm, ...]:
    """Our own form for the same side, whose questions cite the official test cases too."""
    if said is None:
        return ()
    skeleton = form.read(places.suites() / "forms" / f"{read.role}.yaml", role=read.role)
    return (form.fill(skeleton, None, said),)
