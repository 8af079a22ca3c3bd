"""What only the printed report says, in Swedish and English; everything else it says with the words of the other reports."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rivta.model.words import Lang, Text
from rivta.report.words import catalogue


def words_of(lang: Lang) -> Mapping[str, str]:
    """Every sentence that the printed report may say, by key."""
    return {**catalogue(lang), **{key: text.in_(lang) for key, text in PRINTED.items()}}


PRINTED: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "page_of": Text("Sidan {n} av {all}", "Page {n} of {all}"),
        "page_n": Text("(sidan\N{NO-BREAK SPACE}{n})", "(page\N{NO-BREAK SPACE}{n})"),
        "footer": Text("{title}, {organisation}. Körning {run}", "{title}, {organisation}. Run {run}"),
        "seal": Text("Kontrollsumma för hela bevismaterialet (SHA-256)", "Checksum of all the evidence (SHA-256)"),
        "comment": Text("Kommentar", "Comment"),
        "more_occurrences": Text("… och {n} ställen till.", "… and {n} more places."),
        "deviations_new_unsorted": Text("Avvikelser efter krav", "Deviations by requirement"),
        # Cases
        "cases_print_lead": Text(
            "Varje testfall med sitt utfall. De som avviker eller hindrades redovisas med kontroller, fynd och de rader i "
            "meddelandena där de syns. Hela meddelandena finns i körningens mapp.",
            "Each case with its outcome. Those that deviate or were stopped follow with their checks, their findings and the "
            "lines of the messages where they show. The whole messages are in the run's folder.",
        ),
        "cases_n": Text("{n} testfall", "{n} cases"),
        "column_title": Text("Titel", "Title"),
        "column_call": Text("Anrop", "Call"),
        "sequence_alt": Text("Sekvensdiagram över förloppet i testfall", "Sequence diagram of the course of case"),
    },
)
