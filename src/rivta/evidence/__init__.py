"""The evidence of a run: `evidence.jsonl` and the messages beside it, written line by line and read back after anything.

    reports/<run>/evidence.jsonl            a header, a line a case, a line for each call that no case asked for, a footer;
                                            without the footer the run was cut short
    reports/<run>/messages/<sha256>.xml     each body as it was on the wire, named by its content

Each line says its `kind` and the `version` of the format. This is the one place that redacts.
"""

from rivta.evidence.bodies import path_of
from rivta.evidence.codec import Json, Misfit
from rivta.evidence.disk import held
from rivta.evidence.reader import FILE, VERSION, Line, by_identity, from_line, in_words, read, to_line
from rivta.evidence.redaction import SECRET, masked
from rivta.evidence.writer import Writer, store
