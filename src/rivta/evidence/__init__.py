"""The evidence of a run: `evidence.jsonl` and the messages beside it, written line by line and read back after anything.

    reports/<run>/evidence.jsonl            a header, a line a case, a line for each call that no case asked for, a footer;
                                            without the footer the run was cut short
    reports/<run>/not-played.txt            in place of all else, why nothing was played
    reports/<run>/messages/*.bodies         each body as it was on the wire, behind the SHA-256 that it is named by

Each line says its `kind` and the `version` of the format. This is the one place that redacts.
"""

from rivta.evidence.bodies import RunBodies, own_file
from rivta.evidence.codec import Json, Misfit
from rivta.evidence.disk import FILE, NOT_PLAYED, held
from rivta.evidence.reader import by_identity, from_line, in_words, read
from rivta.evidence.redaction import SECRET, masked
from rivta.evidence.writer import VERSION, EvidenceWriter, Line, line_of, put_back, put_in_place, set_aside
