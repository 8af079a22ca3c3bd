"""What a report says of its own seal, as HTML in the report's language."""

from __future__ import annotations

from html import escape

from rivta.evidence.seal.chain import Manifest
from rivta.evidence.seal.sentences import LIMITS
from rivta.model.words import Lang, Text

_HEADING = Text("Sigill", "Seal")
_LEAD = Text(
    "Varje meddelande, testsvit, regelfil och schema som körningen använde, och varje rad i beviset, är sammanfattade med "
    "SHA-256 i en kedja. Sigillet gör detsamma med den här filen. Den som granskar räknar om allt med kommandot rivta verify "
    "följt av filens namn och får veta vad som i så fall är ändrat, och var.",
    "Each message, test suite, rule file and schema that the run used, and each line of the evidence, is summed up by SHA-256 "
    "in a chain. The seal does the same with this file. A reviewer recomputes it all with the command rivta verify followed by "
    "the file's name, and learns what was changed, if anything, and where.",
)
_HEAD = Text("Kedjans sista länk", "The chain's last link")
_VALUE = Text("Sigill", "Seal")
_COUNT = Text("Poster i kedjan", "Entries in the chain")
_LIMITS = Text("Vad sigillet inte kan visa", "What the seal cannot prove")
_MANIFEST = Text("Manifestet", "The manifest")
_PARTS = Text("Rapportens delar", "The parts of the report")


def section(lang: Lang, manifest: Manifest, block: str, parts: str, value: str) -> str:
    """The report's last section. `block` and `parts` are HTML already; `value` is what the seal's own value is to be."""
    facts = "".join(
        f"<div><dt>{name.in_(lang)}</dt><dd>{content}</dd></div>\n"
        for name, content in (
            (_HEAD, f"<code>{manifest.head}</code>"),
            (_VALUE, f'<code id="seal-value">{value}</code>'),
            (_COUNT, str(manifest.count)),
        )
    )
    limits = "".join(f"<li>{escape(limit.in_(lang), quote=False)}.</li>\n" for limit in LIMITS)
    return (
        f'<section id="seal" aria-labelledby="h-seal">\n<h2 id="h-seal">{_HEADING.in_(lang)}</h2>\n'
        f'<p>{_LEAD.in_(lang)}</p>\n<dl class="facts">\n{facts}</dl>\n<h3>{_LIMITS.in_(lang)}</h3>\n<ul>\n{limits}</ul>\n'
        f'<details><summary>{_MANIFEST.in_(lang)}</summary><pre id="manifest" class="code">{block}</pre></details>\n'
        f'<details><summary>{_PARTS.in_(lang)}</summary><pre id="parts" class="code">{parts}</pre></details>\n'
        "</section>"
    )
