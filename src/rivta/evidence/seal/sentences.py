"""What a verification says, in Swedish and English, one sentence a kind of change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from rivta.model.words import Lang, Text

State = Literal["holds", "changed", "unsealed", "absent", "note"]
"""Holds, was changed, has no seal that can be read, could not be recomputed because it is not here, or is only to be known."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a verification found. `key` is stable, for programs; `place` is a file, a line or a part of a report."""

    key: str
    place: str = ""
    values: Mapping[str, str | int | Text] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """What the sentence means for the outcome."""
        return SENTENCES[self.key][0]

    @property
    def text(self) -> Text:
        """The sentence."""
        return Text(self._said("sv"), self._said("en"))

    def _said(self, lang: Lang) -> str:
        values = {name: each.in_(lang) if isinstance(each, Text) else each for name, each in self.values.items()}
        return SENTENCES[self.key][1].in_(lang).format(place=self.place, **values)


SENTENCES: Final[Mapping[str, tuple[State, Text]]] = MappingProxyType(
    {
        # The manifest
        "manifest-holds": (
            "holds",
            Text(
                "Manifestet hänger ihop: {count} poster i kedja, och sista länken stämmer.",
                "The manifest is whole: {count} entries in a chain, and the last link is right.",
            ),
        ),
        "manifest-missing": (
            "unsealed",
            Text(
                "Körningen har inget manifest (manifest.json). Den avbröts innan den var klar, eller så är manifestet borttaget.",
                "The run has no manifest (manifest.json). It was cut short before it was done, or the manifest was removed.",
            ),
        ),
        "manifest-from-report": (
            "note",
            Text(
                "Körningen har inget eget manifest (manifest.json); den jämförs med det som står i {place}.",
                "The run has no manifest of its own (manifest.json); it is held against the one in {place}.",
            ),
        ),
        "manifest-unreadable": (
            "changed",
            Text(
                "{place} går inte att läsa som ett manifest: filen är ändrad.",
                "{place} cannot be read as a manifest: the file was changed.",
            ),
        ),
        "manifest-head": (
            "changed",
            Text(
                "{place} är ändrad: kedjan av dess poster leder inte till den länk som står sist.",
                "{place} was changed: the chain of its entries does not lead to the link that stands last.",
            ),
        ),
        "manifest-form": (
            "changed",
            Text(
                "{place} är ändrad: innehållet stämmer, men filen är inte skriven som rivta skriver den (blanksteg eller radslut).",
                "{place} was changed: its content is right, but it is not written as rivta writes it (white space or line endings).",
            ),
        ),
        "manifest-other-run": (
            "changed",
            Text(
                "{place} hör till en annan körning ({theirs}); beviset är från {ours}.",
                "{place} belongs to another run ({theirs}); the evidence is of {ours}.",
            ),
        ),
        # The evidence
        "lines-hold": (
            "holds",
            Text(
                "Beviset är orört: alla {count} rader finns, i ordning, byte för byte.",
                "The evidence is untouched: all {count} lines are there, in order, byte for byte.",
            ),
        ),
        "evidence-missing": (
            "changed",
            Text("{place} saknas.", "{place} is missing."),
        ),
        "line-changed": (
            "changed",
            Text("Rad {number} i beviset är ändrad ({name}).", "Line {number} of the evidence was changed ({name})."),
        ),
        "line-ending": (
            "changed",
            Text(
                "Rad {number} i beviset har ett annat radslut ({name}); i övrigt är den orörd.",
                "Line {number} of the evidence has another line ending ({name}); otherwise it is untouched.",
            ),
        ),
        "line-deleted": (
            "changed",
            Text(
                "En rad är borttagen ur beviset: rad {number} i körningen ({name}).",
                "A line was removed from the evidence: line {number} of the run ({name}).",
            ),
        ),
        "footer-deleted": (
            "changed",
            Text(
                "Bevisets avslut, rad {number} i körningen, är borttaget: körningen ser ut att ha avbrutits.",
                "The evidence's footer, line {number} of the run, was removed: the run looks as if it was cut short.",
            ),
        ),
        "line-added": (
            "changed",
            Text(
                "En rad är tillagd i beviset: rad {number} ({name}).",
                "A line was added to the evidence: line {number} ({name}).",
            ),
        ),
        "line-moved": (
            "changed",
            Text(
                "En rad har bytt plats i beviset: rad {before} i körningen är nu rad {number} ({name}).",
                "A line was moved in the evidence: line {before} of the run is now line {number} ({name}).",
            ),
        ),
        "key-changed": (
            "changed",
            Text(
                "Rad 1 i beviset är ändrad: nyckeln till maskerade identiteter är en annan.",
                "Line 1 of the evidence was changed: the key to masked identities is another.",
            ),
        ),
        "key-left-out": (
            "absent",
            Text(
                "Nyckeln till maskerade identiteter är utelämnad, som den ska i det som lämnas vidare.",
                "The key to masked identities is left out, as it should be in what is handed on.",
            ),
        ),
        # The calls that were received
        "received-hold": (
            "holds",
            Text(
                "De mottagna anropen är orörda: alla {count} rader i {place} finns, i ordning, byte för byte.",
                "The received calls are untouched: all {count} lines of {place} are there, in order, byte for byte.",
            ),
        ),
        "received-absent": (
            "absent",
            Text(
                "{place} ({count} rader) är utelämnad och kan inte räknas om; det som hör till testfallen, och anropen som inget "
                "testfall väntade, står i beviset.",
                "{place} ({count} lines) is left out and cannot be recomputed; what belongs to cases, and the calls that no case "
                "asked for, are in the evidence.",
            ),
        ),
        "received-missing": (
            "changed",
            Text("{place} ({count} rader) saknas eller är tom.", "{place} ({count} lines) is missing or empty."),
        ),
        "received-changed": (
            "changed",
            Text("{place} är ändrad ({name}).", "{place} was changed ({name})."),
        ),
        "received-ending": (
            "changed",
            Text(
                "{place} har ett annat radslut ({name}); i övrigt är raden orörd.",
                "{place} has another line ending ({name}); otherwise the line is untouched.",
            ),
        ),
        "received-deleted": (
            "changed",
            Text(
                "En rad är borttagen ur {place}: rad {number} i körningen ({name}).",
                "A line was removed from {place}: line {number} of the run ({name}).",
            ),
        ),
        "received-added": (
            "changed",
            Text(
                "En rad är tillagd efter körningen: {place} ({name}).",
                "A line was added after the run: {place} ({name}).",
            ),
        ),
        "received-moved": (
            "changed",
            Text(
                "En rad har bytt plats: rad {before} i körningen är nu {place} ({name}).",
                "A line was moved: line {before} of the run is now {place} ({name}).",
            ),
        ),
        # The messages
        "messages-hold": (
            "holds",
            Text(
                "Alla {count} meddelanden finns och har det innehåll de är namngivna efter.",
                "All {count} messages are there and have the content that they are named after.",
            ),
        ),
        "messages-absent": (
            "absent",
            Text(
                "{count} meddelanden är utelämnade och kan inte räknas om; deras SHA-256 står i manifestet.",
                "{count} messages are left out and cannot be recomputed; their SHA-256 are in the manifest.",
            ),
        ),
        "message-changed": (
            "changed",
            Text(
                "Meddelandet {place} är ändrat ({used}).",
                "The message {place} was changed ({used}).",
            ),
        ),
        "message-missing": (
            "changed",
            Text("Meddelandet {place} saknas ({used}).", "The message {place} is missing ({used})."),
        ),
        "message-added": (
            "changed",
            Text(
                "Meddelandet {place} är tillagt efter körningen: det finns inte i manifestet ({used}).",
                "The message {place} was added after the run: it is not in the manifest ({used}).",
            ),
        ),
        # What the run was based on
        "basis-named": (
            "note",
            Text(
                "{suites} sviter, {rules} regelfiler och {schemas} schemapaket är angivna med SHA-256. Filerna ligger utanför "
                "körningen och är inte omräknade.",
                "{suites} suites, {rules} rule files and {schemas} schema sets are named by SHA-256. The files lie outside the "
                "run and are not recomputed.",
            ),
        ),
        "basis-changed": (
            "changed",
            Text(
                "Manifestet anger andra sviter, regler eller scheman än bevisets första rad.",
                "The manifest names other suites, rules or schemas than the first line of the evidence.",
            ),
        ),
        "used-holds": (
            "holds",
            Text(
                "{place}, som rapporten bygger på, är orörd.",
                "{place}, which the report is drawn up with, is untouched.",
            ),
        ),
        "used-changed": (
            "changed",
            Text(
                "{place} är inte den fil som rapporten bygger på: den är ändrad efteråt.",
                "{place} is not the file that the report is drawn up with: it was changed afterwards.",
            ),
        ),
        "used-absent": (
            "absent",
            Text(
                "{place}, som rapporten bygger på, finns inte här och kan inte räknas om.",
                "{place}, which the report is drawn up with, is not here and cannot be recomputed.",
            ),
        ),
        "not-covered": (
            "note",
            Text(
                "Inte med i manifestet, så inget är sagt om: {names}.",
                "Not part of the manifest, so nothing is said of: {names}.",
            ),
        ),
        # The report
        "report-holds": (
            "holds",
            Text("{place} är orörd: sigillet stämmer.", "{place} is untouched: its seal is right."),
        ),
        "report-unsealed": (
            "unsealed",
            Text(
                "{place} har inget sigill som går att läsa: det är borttaget eller skadat, eller så skrevs filen inte av rivta.",
                "{place} has no seal that can be read: it was removed or damaged, or rivta did not write the file.",
            ),
        ),
        "report-changed": (
            "changed",
            Text(
                "{place} är ändrad. Var går inte att säga, för förteckningen över dess delar är också skadad.",
                "{place} was changed. Where cannot be told, for the list of its parts is damaged too.",
            ),
        ),
        "report-encoding": (
            "changed",
            Text(
                "{place} är ändrad, men bara i radslut eller inledande märke, som när post eller versionshantering räknar om "
                "texter. Ordalydelsen är orörd.",
                "{place} was changed, but only in line endings or an opening mark, as when mail or version control converts "
                "texts. The wording is untouched.",
            ),
        ),
        "report-part-changed": (
            "changed",
            Text("{place} är ändrad i {part}.", "{place} was changed in {part}."),
        ),
        "report-part-removed": (
            "changed",
            Text("Ur {place} är {part} borttaget.", "From {place}, {part} was removed."),
        ),
        "report-part-added": (
            "changed",
            Text("I {place} är {part} tillagt.", "To {place}, {part} was added."),
        ),
        "report-part-moved": (
            "changed",
            Text("I {place} har {part} bytt plats.", "In {place}, {part} was moved."),
        ),
        "report-seal-changed": (
            "changed",
            Text(
                "{place} är ändrad i sigillet eller i manifestet som det omger; övriga delar är orörda.",
                "{place} was changed in the seal or in the manifest that it holds; all other parts are untouched.",
            ),
        ),
        "report-other-run": (
            "changed",
            Text(
                "{place} är inte en rapport av den här körningen: dess manifest är ett annat än körningens.",
                "{place} is not a report of this run: its manifest is another than the run's.",
            ),
        ),
        "report-of-run": (
            "holds",
            Text(
                "{place} bygger på just den här körningen.",
                "{place} is drawn up from this very run.",
            ),
        ),
        "report-alone": (
            "absent",
            Text(
                "Bara rapporten är här: bevis och meddelanden ({count} poster i manifestet) kan inte räknas om ur den.",
                "Only the report is here: evidence and messages ({count} entries of the manifest) cannot be recomputed from it.",
            ),
        ),
        # The archive
        "archive-holds": (
            "holds",
            Text("Arkivet är orört: dess sigill stämmer.", "The archive is untouched: its seal is right."),
        ),
        "archive-unsealed": (
            "unsealed",
            Text(
                "Arkivet har inget sigill som går att läsa: det är packat om av ett annat program, eller skadat.",
                "The archive has no seal that can be read: another program packed it again, or it is damaged.",
            ),
        ),
        "archive-changed": (
            "changed",
            Text("Arkivet är ändrat: dess sigill stämmer inte.", "The archive was changed: its seal is wrong."),
        ),
        "archive-unreadable": (
            "changed",
            Text("Arkivet går inte att öppna: {why}", "The archive cannot be opened: {why}"),
        ),
        "member-changed": (
            "changed",
            Text("{place} i arkivet är ändrad.", "{place} in the archive was changed."),
        ),
        "member-missing": (
            "changed",
            Text("{place} saknas i arkivet.", "{place} is missing from the archive."),
        ),
        "member-added": (
            "changed",
            Text("{place} är tillagd i arkivet.", "{place} was added to the archive."),
        ),
        "members-hold": (
            "holds",
            Text(
                "Alla {count} filer i arkivet har den SHA-256 som dess förteckning anger.",
                "All {count} files of the archive have the SHA-256 that its list gives.",
            ),
        ),
    }
)

LIMITS: Final[tuple[Text, ...]] = (
    Text(
        "att det provade systemet är det som anges: sigillet täcker vad som skrevs ned, inte vad som stod i andra änden",
        "that the system tested is the one stated: the seal covers what was written down, not what stood at the other end",
    ),
    Text(
        "att körningen ägde rum: den som kan skriva filerna kan göra en helt ny körning med ett nytt, riktigt sigill. Jämför "
        "kedjans sista länk med den du fått på annat sätt, eller begär en underskrift",
        "that the run took place: whoever can write the files can make a whole new run with a new, right seal. Compare the "
        "chain's last link with one that you got another way, or ask for a signature",
    ),
    Text(
        "när det skedde: tiderna är den provande datorns egna, om inte en underskrift har en betrodd tidsstämpel",
        "when it happened: the times are the testing computer's own, unless a signature has a trusted timestamp",
    ),
)
"""What no seal can prove."""
