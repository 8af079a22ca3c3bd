"""The manifest of a run: the SHA-256 of everything that it used and saw, in a chain, so that a change afterwards shows.

    manifest.json       written when the run ends: a line an entry, in order, and the head of the chain
    declaration.html    carries the same manifest and a seal over its own bytes, so that it can be verified alone

Each entry's link hashes the link before it, so the head stands for every entry and for their order. Whoever can write the
files can write a new manifest too: it finds changes, it does not say who made the run. A signature does.
"""

from rivta.evidence.disk import FILE as EVIDENCE
from rivta.evidence.seal.chain import (
    FILE,
    SUMS,
    Folder,
    Kind,
    Manifest,
    ManifestEntry,
    SealedFiles,
    Storage,
    head_of,
    run_folder,
)
from rivta.evidence.seal.gather import (
    for_report,
    is_edited,
    kept,
    left_out,
    of,
    sealed_by,
    to_be_signed,
    without_key,
    write,
)
from rivta.evidence.seal.sealing import ReportPart, block, differing, language, manifest_of, seal, sealed
from rivta.evidence.seal.statement import State, Statement, joined, limits
from rivta.evidence.seal.verification import Outcome, Verification, verify_report, verify_run
